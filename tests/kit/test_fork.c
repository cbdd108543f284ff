/* SPDX-License-Identifier: MIT */
/* Forks: a child has machines of its own, at work as the parent's are. */
#include "kit_test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/workqueue.h>
#include <linux/slab.h>
#include <uik/file.h>
#include <uik/irq.h>
#include <uik/mm.h>

#include "kit/poison.h"

/* In the child, where cmocka has no business: the first that is not so. */
#define MUST(cond) \
	do { \
		if (!(cond)) \
			return __LINE__; \
	} while (0)
#define SOON(cond) \
	do { \
		for (int tries_ = 0; !(cond); tries_++) { \
			MUST(tries_ < 100000); \
			usleep(100); \
		} \
	} while (0)

/* No thread begins in a child where TSan watches. */
static void skip_under_tsan(void)
{
#ifdef KIT_TSAN
	skip();
#endif
}

/* qemu-user aborts when a thread starts after a fork. */
static void skip_without_threads_in_child(void)
{
	skip_under_tsan();
	skip_if_emulated("threads that start in a child");
}

static int (*child_main)(void *arg);

/* Runs @fn in a child; the line that is wrong, 0: none. */
static int child_of(int (*fn)(void *arg), void *arg)
{
	int ends[2], line = -1;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child_main = fn;
	child = fork();
	if (!child) {
		line = child_main(arg);
		child_exit(write(ends[1], &line, sizeof(line)) != sizeof(line));
	}
	close(ends[1]);
	if (read(ends[0], &line, sizeof(line)) != sizeof(line))
		line = -1;
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return line;
}

/* ---- threads ---- */

struct served {
	struct kit_machine m;
	int irq;
	int irqs, works;		/* atomic */
	struct work_struct work;
};

static irqreturn_t hard(int irq, void *dev)
{
	return IRQ_WAKE_THREAD;
}

static irqreturn_t threaded(int irq, void *dev)
{
	struct served *s = dev;

	__atomic_add_fetch(&s->irqs, 1, __ATOMIC_SEQ_CST);
	return IRQ_HANDLED;
}

static void worked(struct work_struct *work)
{
	struct served *s = container_of(work, struct served, work);

	__atomic_add_fetch(&s->works, 1, __ATOMIC_SEQ_CST);
}

static void served_begin(struct served *s)
{
	*s = (struct served){ .m = machine_with(NULL) };
	s->irq = uik_irq_alloc(s->m.machine);
	assert_true(s->irq > 0);
	assert_int_equal(request_threaded_irq(s->irq, hard, threaded, 0, "test",
					      s), 0);
	INIT_WORK(&s->work, worked);
	assert_true(schedule_work(&s->work));
	flush_work(&s->work);
}

static void served_end(struct served *s)
{
	assert_ptr_equal(free_irq(s->irq, s), "test");
	uik_irq_release(s->m.machine, s->irq);
	machine_end(s->m);
}

/* Both threads are at work; and everything ends as it does in the parent. */
static int is_served(void *arg)
{
	struct served *s = arg;
	int irqs = s->irqs, works = s->works;

	uik_irq_raise(s->m.machine, s->irq);
	/* More if some were on their way at the fork. */
	SOON(__atomic_load_n(&s->irqs, __ATOMIC_SEQ_CST) > irqs);
	schedule_work(&s->work);	/* or it was on its way, too */
	flush_work(&s->work);
	MUST(__atomic_load_n(&s->works, __ATOMIC_SEQ_CST) > works);
	return 0;
}

static int is_served_and_ends(void *arg)
{
	struct served *s = arg;
	int line = is_served(arg);

	MUST(!line);
	free_irq(s->irq, s);
	uik_irq_release(s->m.machine, s->irq);
	uik_leave(s->m.before);
	uik_machine_free(s->m.machine);
	return 0;
}

/* Law: interrupts and works of a machine are served in the child, too. */
static void served_in_child(void **state)
{
	struct served s;

	skip_without_threads_in_child();
	served_begin(&s);
	assert_int_equal(child_of(is_served_and_ends, &s), 0);
	assert_int_equal(is_served(&s), 0);
	served_end(&s);
}

static int child_and_grandchild(void *arg)
{
	MUST(!is_served(arg));
	return child_of(is_served, arg);
}

/* Law: and in the child's child. */
static void served_in_grandchild(void **state)
{
	struct served s;

	skip_without_threads_in_child();
	served_begin(&s);
	assert_int_equal(child_of(child_and_grandchild, &s), 0);
	served_end(&s);
}

static int nothing(void *arg)
{
	return 0;
}

/* Law: forks in the midst of work lose nothing of the parent's. */
static void amid_work(void **state)
{
	struct served s;

	skip_without_threads_in_child();
	served_begin(&s);
	for (int i = 0; i < 40; i++) {
		int works = s.works;

		uik_irq_raise(s.m.machine, s.irq);
		schedule_work(&s.work);
		assert_int_equal(child_of(i % 8 ? nothing : is_served, &s), 0);
		flush_work(&s.work);
		assert_int_equal(s.works, works + 1);
	}
	uik_irq_run_pending(s.m.machine);
	assert_true(s.irqs > 0);
	served_end(&s);
}

/* ---- threads that do not last ---- */

static int wait_for(void *arg)
{
	wait_for_completion(arg);
	return 0;
}

static int joins_at_once(void *arg)
{
	MUST(!uik_thread_join(arg));
	return 0;
}

/* Law: in the child any other thread has come to its end. */
static void others_are_over(void **state)
{
	struct completion go;
	struct uik_thread *thread;

	init_completion(&go);
	thread = start(wait_for, &go);
	assert_int_equal(child_of(joins_at_once, thread), 0);
	complete(&go);
	join(thread);
}

struct stuck {
	struct completion entered, go;
};

static irqreturn_t sticks(int irq, void *dev)
{
	struct stuck *stuck = dev;

	complete(&stuck->entered);
	wait_for_completion(&stuck->go);
	return IRQ_HANDLED;
}

/* Law: a thread that cannot stand still holds up nobody for ever. */
static void one_is_stuck(void **state)
{
	struct kit_machine m;
	struct stuck stuck;
	int irq;

	skip_without_threads_in_child();
	m = machine_with(NULL);
	irq = uik_irq_alloc(m.machine);
	init_completion(&stuck.entered);
	init_completion(&stuck.go);
	assert_int_equal(request_threaded_irq(irq, hard, sticks, 0, "stuck",
					      &stuck), 0);
	uik_irq_raise(m.machine, irq);
	wait_for_completion(&stuck.entered);
	assert_int_equal(child_of(nothing, NULL), 0);
	complete(&stuck.go);
	free_irq(irq, &stuck);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

/* ---- pages that clients map ---- */

struct shown {
	struct kit_machine m;
	struct file *file;
	char *pages;		/* the driver's view */
	char *client;		/* two pages; the second is read-only */
};

static uint64_t shown_phys;

static int on_mmap(struct file *file, struct vm_area_struct *vma)
{
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(shown_phys),
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

static const struct file_operations fops = { .mmap = on_mmap };

static void shown_begin(struct shown *s)
{
	void *at;

	s->m = machine_with(NULL);
	s->pages = (char *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);
	assert_non_null(s->pages);
	shown_phys = __pa(s->pages);
	s->file = anon_inode_getfile("[test]", &fops, NULL, O_RDWR);
	assert_int_equal(uik_file_mmap(s->file, NULL, 2 * PAGE_SIZE,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       &at), 0);
	s->client = at;
	assert_int_equal(uik_mprotect(s->client + PAGE_SIZE, PAGE_SIZE,
				      PROT_READ), 0);
	strcpy(s->pages, "before");
	strcpy(s->pages + PAGE_SIZE, "behind");
}

static void shown_end(struct shown *s)
{
	assert_int_equal(uik_munmap(s->client, 2 * PAGE_SIZE), 0);
	fput(s->file);
	free_pages((unsigned long)s->pages, 1);
	machine_end(s->m);
}

static bool is_writable(const char *at)
{
	char line[256], can[8] = "";
	unsigned long start, end;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &start, &end, can) == 3 &&
		    start <= (unsigned long)at && (unsigned long)at < end)
			break;
	if (maps)
		fclose(maps);
	return can[1] == 'w';
}

static int is_own_copy(void *arg)
{
	struct shown *s = arg;

	MUST(!strcmp(s->client, "before"));
	MUST(!strcmp(s->client + PAGE_SIZE, "behind"));
	MUST(is_writable(s->client) && !is_writable(s->client + PAGE_SIZE));
	strcpy(s->client, "child");
	MUST(!strcmp(s->pages, "child"));
	strcpy(s->pages + PAGE_SIZE, "beyond");
	MUST(!strcmp(s->client + PAGE_SIZE, "beyond"));
	/* New ones are of the same memory. */
	MUST(!uik_munmap(s->client, 2 * PAGE_SIZE));
	MUST(!uik_file_mmap(s->file, NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, 0,
			    (void **)&s->client));
	MUST(!strcmp(s->client, "child"));
	return 0;
}

/* Law: what clients map is the child's own, as it was at the fork. */
static void pages_are_own(void **state)
{
	struct shown s;

	shown_begin(&s);
	assert_int_equal(child_of(is_own_copy, &s), 0);
	assert_string_equal(s.client, "before");
	assert_string_equal(s.client + PAGE_SIZE, "behind");
	shown_end(&s);
}

/* ---- whoever brackets a fork ---- */

/* As child_of(), by somebody who forks with copies of nothing. */
static int bracketed(int (*fn)(void *arg), void *arg)
{
	int ends[2], line = -1;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	uik_fork_prepare();
	child = fork();
	if (!child) {
		uik_fork_child();
		line = fn(arg);
		child_exit(write(ends[1], &line, sizeof(line)) !=
			   sizeof(line));
	}
	uik_fork_parent();
	close(ends[1]);
	if (read(ends[0], &line, sizeof(line)) != sizeof(line))
		line = -1;
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return line;
}

static int is_shared(void *arg)
{
	struct shown *s = arg;

	strcpy(s->client, "child");
	MUST(!strcmp(s->pages, "child"));
	return 0;
}

/* Law: a bracket is the outer one: memory that clients map is shared. */
static void bracket_shares(void **state)
{
	struct shown s;

	shown_begin(&s);
	assert_int_equal(bracketed(is_shared, &s), 0);
	assert_string_equal(s.client, "child");
	/* And the next fork without one is as before. */
	strcpy(s.client, "before");
	assert_int_equal(child_of(is_own_copy, &s), 0);
	assert_string_equal(s.client, "before");
	shown_end(&s);
}

struct left {
	struct shown *shown;
	int fd;
};

static int starts_afresh(void *arg)
{
	struct left *left = arg;
	struct mm_struct *mm;
	struct kit_machine m;
	void *p;

	MUST(uik_fd_is_ours(left->fd));
	MUST(uik_vma_covers(left->shown->client, PAGE_SIZE));
	uik_fork_forget();
	MUST(!uik_fd_is_ours(left->fd));
	MUST(!uik_vma_covers(left->shown->client, PAGE_SIZE));
	mm = uik_mm_self();
	MUST(mm->pid == getpid() && !mm->locked_vm);
	uik_mm_put(mm);
	/* What is made now is of this process only, and works. */
	m.machine = uik_machine_new(NULL);
	MUST(m.machine && m.machine != left->shown->m.machine);
	m.before = uik_enter(m.machine);
	p = kmalloc(100, GFP_KERNEL);
	MUST(p);
	kfree(p);
	uik_leave(m.before);
	uik_machine_free(m.machine);
	return 0;
}

/* Law: who forgets finds none of the parent's files, mappings, pins. */
static void forgetting(void **state)
{
	struct shown s;
	struct left left = { .shown = &s };

	shown_begin(&s);
	left.fd = anon_inode_getfd("[test]", &fops, NULL, O_RDWR);
	assert_true(left.fd >= 0);
	assert_int_equal(bracketed(starts_afresh, &left), 0);
	assert_true(uik_fd_is_ours(left.fd));
	assert_int_equal(uik_fd_close(left.fd), 0);
	shown_end(&s);
}

/* All are over: whoever waits is told, and nobody works. */
static int nobody_serves(void *arg)
{
	struct served *s = arg;
	int irqs = s->irqs;

	uik_irq_raise(s->m.machine, s->irq);
	usleep(20000);
	MUST(__atomic_load_n(&s->irqs, __ATOMIC_SEQ_CST) == irqs);
	return 0;
}

/* Law: in the child of a bracketed fork no thread begins anew. */
static void bracket_serves_nobody(void **state)
{
	struct served s;

	skip_under_tsan();
	served_begin(&s);
	assert_int_equal(bracketed(nobody_serves, &s), 0);
	assert_int_equal(is_served(&s), 0);
	served_end(&s);
}

static struct rlimit file_size;

static int is_shared_for_want(void *arg)
{
	struct shown *s = arg;

	MUST(!setrlimit(RLIMIT_FSIZE, &file_size));
	strcpy(s->client, "child");
	MUST(!strcmp(s->pages, "child"));
	return 0;
}

/* Law: where pages cannot be copied for the child, they stay those of both. */
static void no_memory_for_copies(void **state)
{
	struct rlimit none;
	struct shown s;
	int line;

	shown_begin(&s);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &file_size), 0);
	none = (struct rlimit){ 0, file_size.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	line = child_of(is_shared_for_want, &s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &file_size), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(line, 0);
	assert_string_equal(s.client, "child");
	shown_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_over),
		cmocka_unit_test(pages_are_own),
		cmocka_unit_test(bracket_shares),
		cmocka_unit_test(forgetting),
		cmocka_unit_test(served_in_child),
		cmocka_unit_test(served_in_grandchild),
		cmocka_unit_test(amid_work),
		cmocka_unit_test(one_is_stuck),
		cmocka_unit_test(bracket_serves_nobody),
		cmocka_unit_test(no_memory_for_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
