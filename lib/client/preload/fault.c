// SPDX-License-Identifier: MIT
/*
 * Fault injection as Linux offers it to programs.
 *
 * fail-nth: writing N makes the N-th failure point of that thread fail; reading
 * gives what is left of N, 0 once it has struck.  Allocations count if
 * failslab/ignore-gfp-wait is N, as those of the library may all wait.
 *
 * Attributes: failslab stands for allocations, fail_page_alloc for none here,
 * fail_iommufd for pinning and the steps that iommufd itself makes fail,
 * fail_usercopy for copies.  A failure by probability is drawn evenly: the calls
 * whose share of failures would fall below it fail.
 */
#include "client/preload/fault.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uik/file.h>

#include "client/preload/preload.h"
#include "kit/task.h"

#define DEBUGFS "/sys/kernel/debug/"
#define TEXT_MAX 32

/* ---- attributes ---- */

enum knob {
	PROBABILITY, INTERVAL, TIMES, SPACE, VERBOSE, RATE_BURST, RATE_INTERVAL,
	TASK_FILTER, STACK_DEPTH, STACK_START, STACK_END, REJECT_START,
	REJECT_END, IGNORE_WAIT, IGNORE_HIGH, CACHE_FILTER, MIN_ORDER, KNOBS
};

static const struct {
	const char *name;
	bool is_bool;
	long initial;
} knobs[KNOBS] = {
	[PROBABILITY] = { "probability", false, 0 },
	[INTERVAL] = { "interval", false, 1 },
	[TIMES] = { "times", false, 1 },
	[SPACE] = { "space", false, 0 },
	[VERBOSE] = { "verbose", false, 2 },
	[RATE_BURST] = { "verbose_ratelimit_burst", false, 10 },
	[RATE_INTERVAL] = { "verbose_ratelimit_interval_ms", false, 0 },
	[TASK_FILTER] = { "task-filter", true, 0 },
	[STACK_DEPTH] = { "stacktrace-depth", false, 32 },
	[STACK_START] = { "require-start", false, 0 },
	[STACK_END] = { "require-end", false, 0 },
	[REJECT_START] = { "reject-start", false, 0 },
	[REJECT_END] = { "reject-end", false, 0 },
	[IGNORE_WAIT] = { "ignore-gfp-wait", true, 1 },
	[IGNORE_HIGH] = { "ignore-gfp-highmem", true, 1 },
	[CACHE_FILTER] = { "cache-filter", true, 0 },
	[MIN_ORDER] = { "min-order", false, 1 },
};

static struct attribute {
	const char *name;
	uint32_t kinds;			/* of failure points */
	uint32_t lacks;			/* knobs it has not */
	long value[KNOBS];		/* atomic */
	struct fault_attr knob;		/* what decides */
} attributes[] = {
	{ "failslab", 1u << UIK_FAIL_ALLOC,
	  1u << IGNORE_HIGH | 1u << MIN_ORDER, { 0 }, FAULT_ATTR_INITIALIZER },
	{ "fail_page_alloc", 0, 1u << CACHE_FILTER, { 0 },
	  FAULT_ATTR_INITIALIZER },
	{ "fail_iommufd", 1u << UIK_FAIL_PIN | 1u << UIK_FAIL_OP,
	  1u << IGNORE_WAIT | 1u << IGNORE_HIGH | 1u << CACHE_FILTER |
		  1u << MIN_ORDER, { 0 }, FAULT_ATTR_INITIALIZER },
	{ "fail_usercopy", 1u << UIK_FAIL_COPY,
	  1u << IGNORE_WAIT | 1u << IGNORE_HIGH | 1u << CACHE_FILTER |
		  1u << MIN_ORDER, { 0 }, FAULT_ATTR_INITIALIZER },
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))
static pthread_mutex_t knobs_lock = PTHREAD_MUTEX_INITIALIZER;
static bool drawing;			/* some probability is not zero */

static __attribute__((constructor)) void attributes_init(void)
{
	for (unsigned int i = 0; i < ATTRIBUTES; i++)
		for (unsigned int k = 0; k < KNOBS; k++)
			attributes[i].value[k] = knobs[k].initial;
}

/* The tools of failure do not fail themselves. */
static __thread bool exempt;

static bool allocations_fail(void)
{
	return !attributes[0].value[IGNORE_WAIT];
}

/* A failure point passed the task's own fail-nth: does an attribute strike? */
static bool draw(enum uik_fail_kind kind, const void *site)
{
	if (exempt)
		return false;
	for (unsigned int i = 0; i < ATTRIBUTES; i++) {
		struct attribute *attr = &attributes[i];

		if (!(attr->kinds >> kind & 1) || !attr->knob.probability ||
		    (kind == UIK_FAIL_ALLOC && !allocations_fail()) ||
		    attr->value[TASK_FILTER])
			continue;
		if (uik_fault_draw(&attr->knob))
			return true;
	}
	return false;
}

static void apply(struct attribute *attr)
{
	bool any = false;

	attr->knob.probability = attr->value[PROBABILITY];
	attr->knob.interval = attr->value[INTERVAL];
	attr->knob.times.counter = (int)attr->value[TIMES];
	attr->knob.space.counter = (int)attr->value[SPACE];
	attr->knob.verbose = attr->value[VERBOSE];
	for (unsigned int i = 0; i < ATTRIBUTES; i++)
		any |= attributes[i].value[PROBABILITY] != 0;
	if (any == drawing)
		return;
	drawing = any;
	uik_fail_more = any ? draw : NULL;
	uik_fail_arm(any ? 1 : -1);
}

static ssize_t attribute_show(struct attribute *attr, unsigned int k,
			      char *text)
{
	long value = k == TIMES ? attr->knob.times.counter : attr->value[k];

	if (k == TIMES && !attr->value[PROBABILITY])
		value = attr->value[k];
	return knobs[k].is_bool ?
		       snprintf(text, TEXT_MAX, "%c\n", value ? 'Y' : 'N') :
		       snprintf(text, TEXT_MAX, "%ld\n", value);
}

/* What a bool of debugfs takes; -1: nothing else. */
static long parse_bool(const char *text)
{
	if (strchr("yYtT1", *text) && *text)
		return 1;
	if (strchr("nNfF0", *text) && *text)
		return 0;
	if ((text[0] == 'o' || text[0] == 'O') && text[1])
		return text[1] == 'n' || text[1] == 'N' ? 1 :
		       text[1] == 'f' || text[1] == 'F' ? 0 : -1;
	return -1;
}

static int attribute_store(struct attribute *attr, unsigned int k,
			   const char *text)
{
	char *end;
	long value = knobs[k].is_bool ? parse_bool(text) :
					strtol(text, &end, 0);

	if (knobs[k].is_bool ? value < 0 :
			       end == text || (*end && *end != '\n'))
		return -EINVAL;
	pthread_mutex_lock(&knobs_lock);
	attr->value[k] = value;
	apply(attr);
	pthread_mutex_unlock(&knobs_lock);
	return 0;
}

/* ---- fail-nth ---- */

struct find {
	int tid;
	struct task_struct *task;
};

static bool is_thread(struct task_struct *task, void *arg)
{
	struct find *find = arg;

	if (task->pid == find->tid && !task->exited && !find->task)
		find->task = task;
	return true;
}

/* The task of a thread of this process; NULL: it never entered the library. */
static struct task_struct *task_of(int tid)
{
	struct find find = { .tid = tid };

	if (tid == gettid())
		return current;
	task_each(is_thread, &find);
	return find.task;
}

static uint32_t nth_kinds(void)
{
	return 1u << UIK_FAIL_PIN | 1u << UIK_FAIL_OP |
	       (allocations_fail() ? 1u << UIK_FAIL_ALLOC : 0);
}

static int nth_store(int tid, const char *text)
{
	struct task_struct *task = task_of(tid);
	unsigned long nth;
	bool was;
	char *end;

	nth = strtoul(text, &end, 10);
	if (end == text || (*end && *end != '\n') || *text == '-' ||
	    nth > UINT32_MAX)
		return -EINVAL;
	if (!task)
		return -ESRCH;
	was = task->fail.kinds;
	task->fail = (struct uik_fail_nth){
		.kinds = nth ? nth_kinds() : 0,
		.countdown = (uint32_t)nth,
	};
	if (was != (nth != 0))
		uik_fail_arm(nth ? 1 : -1);
	return 0;
}

static ssize_t nth_show(int tid, char *text)
{
	struct task_struct *task = task_of(tid);

	return snprintf(text, TEXT_MAX, "%u\n",
			task ? task->fail.countdown : 0);
}

/* ---- files ---- */

/* What one of our files shows; private_data, freed with it. */
struct shown {
	struct attribute *attr;		/* NULL: fail-nth */
	unsigned int knob;
	int tid;
};

static ssize_t show(const struct shown *shown, char *text)
{
	return shown->attr ? attribute_show(shown->attr, shown->knob, text) :
			     nth_show(shown->tid, text);
}

static ssize_t fault_read(struct file *file, char *buf, size_t count,
			  loff_t *pos)
{
	char text[TEXT_MAX];
	ssize_t length = show(file->private_data, text);

	if (*pos >= length)
		return 0;
	count = count < (size_t)(length - *pos) ? count : length - *pos;
	if (copy_to_user(buf, text + *pos, count))
		return -EFAULT;
	*pos += count;
	return count;
}

static ssize_t fault_write(struct file *file, const char *buf, size_t count,
			   loff_t *pos)
{
	const struct shown *shown = file->private_data;
	char text[TEXT_MAX] = "";
	int rc;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	rc = shown->attr ? attribute_store(shown->attr, shown->knob, text) :
			   nth_store(shown->tid, text);
	if (rc)
		return rc;
	*pos += count;
	return count;
}

/* They have no end that one could seek from. */
static loff_t fault_seek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

static int fault_release(struct inode *inode, struct file *file)
{
	free(file->private_data);
	return 0;
}

static const struct file_operations fault_fops = {
	.llseek = fault_seek,
	.read = fault_read,
	.write = fault_write,
	.release = fault_release,
};

static int open_file(const struct shown *what, const char *name, int flags)
{
	struct shown *shown = malloc(sizeof(*shown));
	struct file *file;
	int fd;

	if (!shown)
		return fail_with(ENOMEM);
	*shown = *what;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0) {
		free(shown);
		return fail_with(-fd);
	}
	file = anon_inode_getfile(name, &fault_fops, shown, flags);
	if (IS_ERR(file)) {
		free(shown);
		put_unused_fd(fd);
		return fail_with(-PTR_ERR(file));
	}
	file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	fd_install(fd, file);
	return fd;
}

static int open_shown(const struct shown *what, const char *name, int flags)
{
	struct task_struct *task = current;
	struct uik_fail_nth armed = task->fail;
	int fd;

	task->fail.kinds = 0;
	exempt = true;
	fd = open_file(what, name, flags);
	exempt = false;
	task->fail = armed;
	return fd;
}

static int open_nth(const struct node *node, int flags)
{
	struct shown shown = { .tid = (int)node->data };

	return open_shown(&shown, "[fail-nth]", flags);
}

static int open_attribute(const struct node *node, int flags)
{
	struct shown shown = {
		.attr = &attributes[node->data / KNOBS],
		.knob = node->data % KNOBS,
	};

	return open_shown(&shown, "[fault-attribute]", flags);
}

static int open_directory(const struct node *node, int flags)
{
	return fail_with(EISDIR);
}

bool fault_nth_node(const char *path, int pid, int tid, struct node *out)
{
	if (pid != getpid())
		return false;
	*out = (struct node){
		.mode = S_IFREG | 0644,
		.ino = 0x75698000ul + tid,
		.data = tid,
		.open = open_nth,
	};
	return node_set_path(out, path);
}

bool fault_find(const char *path, struct node *out)
{
	const char *rest;
	size_t length;

	if (strncmp(path, DEBUGFS, sizeof(DEBUGFS) - 1))
		return false;
	rest = path + sizeof(DEBUGFS) - 1;
	for (unsigned int i = 0; i < ATTRIBUTES; i++) {
		length = strlen(attributes[i].name);
		if (strncmp(rest, attributes[i].name, length))
			continue;
		*out = (struct node){ .mode = S_IFDIR | 0755,
				      .open = open_directory,
				      .ino = 0x75699000ul + i * 64 };
		if (!rest[length])
			return node_set_path(out, path);
		for (unsigned int k = 0; rest[length] == '/' && k < KNOBS; k++) {
			if (strcmp(rest + length + 1, knobs[k].name) ||
			    attributes[i].lacks >> k & 1)
				continue;
			out->mode = S_IFREG | 0600;
			out->ino += k + 1;
			out->data = i * KNOBS + k;
			out->open = open_attribute;
			return node_set_path(out, path);
		}
	}
	return false;
}
