// SPDX-License-Identifier: MIT
/*
 * What `uiommufd run` was told, the machine behind the paths, and the last
 * words of a process.
 *
 * The command passes its options in UIOMMUFD_RUN as "key=value" joined by ';'.
 * It has checked them; here a wrong word is ignored.  The machine is built when
 * a path of ours is first opened, so a program that opens none has none.
 */
#include "client/preload/preload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fs.h>
#include <uik/file.h>
#include <uik/module.h>

#include "client/preload/remote.h"
#include "kit/log.h"

#define LEAK_STATUS 99

static struct preload_config config;
static pthread_once_t config_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t platform_lock = PTHREAD_MUTEX_INITIALIZER;
static struct uiommufd_platform *platform;	/* atomic */
static char *words;				/* owned, for ever */

static bool is_word(const char *word, const char *key, const char **value)
{
	size_t length = strlen(key);

	if (strncmp(word, key, length) || word[length] != '=')
		return false;
	*value = word + length + 1;
	return true;
}

static void take_word(char *word)
{
	const char *value;

	if (is_word(word, "graph", &value))
		config.graph = value;
	else if (is_word(word, "record", &value))
		config.record = value;
	else if (is_word(word, "leaks", &value))
		config.leak_check = !strcmp(value, "all") ? PRELOAD_LEAKS_ALL :
							    PRELOAD_LEAKS;
	else if (is_word(word, "dmabuf-fd", &value))
		config.mock_dmabuf_fd = *value == '1';
	else if (is_word(word, "as-root", &value))
		config.as_root = *value == '1';
	else if (is_word(word, "fail-nth", &value))
		config.fail_nth = strtoul(value, NULL, 0);
	else if (is_word(word, "fail-kinds", &value))
		config.fail_kinds = strtoul(value, NULL, 0);
	else if (is_word(word, "devices", &value))
		config.platform.devices = strtoul(value, NULL, 0);
	else if (is_word(word, "pasid-bits", &value))
		config.platform.pasid_bits = strtoul(value, NULL, 0);
	else if (is_word(word, "seed", &value))
		config.platform.seed = strtoull(value, NULL, 0);
	else if (is_word(word, "scatter", &value))
		config.platform.scatter_pages = *value == '1';
	else if (is_word(word, "log", &value))
		uik_log_level = strtol(value, NULL, 0);
}

/* The kind first: the other words change what it has by default. */
static void config_read(void)
{
	const char *text = getenv("UIOMMUFD_RUN"), *kind;
	char *word, *rest;

	uiommufd_platform_config_init(&config.platform, NULL);
	words = text ? strdup(text) : NULL;
	if (!words)
		return;
	if (is_word(words, "platform", &kind)) {
		char *end = strchr(words, ';');

		if (end)
			*end = '\0';
		uiommufd_platform_config_init(&config.platform, kind);
		if (!end)
			return;
		rest = end + 1;
	} else {
		rest = words;
	}
	while ((word = strsep(&rest, ";")))
		take_word(word);
}

const struct preload_config *preload_config(void)
{
	pthread_once(&config_once, config_read);
	return &config;
}

static bool set_dmabuf(const struct uik_param *param, void *arg)
{
	if (strcmp(param->name, "dmabuf_get_returns_fd"))
		return true;
	*(bool *)param->value = preload_config()->mock_dmabuf_fd;
	return false;
}

static void begin_trace(const char *file)
{
	int ret = trace_record_begin(file, getenv("UIOMMUFD_RUN"));

	if (ret)
		fprintf(stderr, "uiommufd: record: %s: %s\n", file,
			strerror(-ret));
}

static struct uiommufd_platform *build(void)
{
	const struct preload_config *wanted = preload_config();
	struct uiommufd_platform *built;

	built = uiommufd_platform_new(&wanted->platform);
	if (!built)
		return NULL;
	uik_param_each(set_dmabuf, NULL);
	if (wanted->record)
		begin_trace(wanted->record);
	if (wanted->fail_nth)
		uiommufd_fail_nth(wanted->fail_nth, wanted->fail_kinds);
	return built;
}

struct uiommufd_platform *preload_platform(void)
{
	struct uiommufd_platform *built;
	int error = errno;

	built = __atomic_load_n(&platform, __ATOMIC_ACQUIRE);
	if (built)
		return built;
	pthread_mutex_lock(&platform_lock);
	built = platform;
	if (!built) {
		built = build();
		if (built)
			errno = error;
		__atomic_store_n(&platform, built, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&platform_lock);
	return built;
}

struct uiommufd_platform *preload_platform_built(void)
{
	return __atomic_load_n(&platform, __ATOMIC_ACQUIRE);
}

void preload_platform_forget(void)
{
	trace_record_end();
	pthread_mutex_init(&platform_lock, NULL);
	__atomic_store_n(&platform, NULL, __ATOMIC_RELEASE);
}

static bool show_graph(int fd, struct file *file, void *arg)
{
	char *graph = uiommufd_graph(fd);

	if (graph)
		fprintf(arg, "# process %d, descriptor %d\n%s", getpid(), fd,
			graph);
	free(graph);
	return true;
}

static void write_graph(const char *path)
{
	bool to_stderr = !strcmp(path, "-");
	FILE *out = to_stderr ? stderr : NEXT(fopen)(path, "ae");

	if (!out) {
		fprintf(stderr, "uiommufd: graph: %s: %m\n", path);
		return;
	}
	uik_fd_each(show_graph, out);
	if (to_stderr)
		fflush(out);
	else
		NEXT(fclose)(out);
}

bool preload_in_use(void)
{
	return preload_platform_built() || peers_any();
}

struct leftovers {
	unsigned int descriptors;
	bool report;
};

static bool close_one(int fd, struct file *file, void *arg)
{
	struct leftovers *left = arg;

	left->descriptors++;
	if (left->report)
		fprintf(stderr, "uiommufd: leak: descriptor %d (%s) is open\n",
			fd, file->name);
	uik_fd_close(fd);
	return true;
}

/* What the system does when a process ends, and then: is anything left? */
static bool leaks(bool all)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	struct leftovers left = { .report = all };
	unsigned int mappings = uik_vma_end_all();

	uik_fd_each(close_one, &left);
	if (all && mappings)
		fprintf(stderr, "uiommufd: leak: %u mappings\n", mappings);
	uiommufd_platform_audit(preload_platform_built(), &audit);
	if (audit.objects || audit.blocks || audit.locks || audit.mappings ||
	    audit.warnings) {
		fprintf(stderr, "uiommufd: leak: %llu objects, %llu blocks "
			"(%llu bytes), %llu locks, %llu mappings, "
			"%llu warnings\n",
			(unsigned long long)audit.objects,
			(unsigned long long)audit.blocks,
			(unsigned long long)audit.block_bytes,
			(unsigned long long)audit.locks,
			(unsigned long long)audit.mappings,
			(unsigned long long)audit.warnings);
		return true;
	}
	return all && (left.descriptors || mappings);
}

int preload_last_words(int status)
{
	static bool said;
	const struct preload_config *wanted = preload_config();

	if (!preload_platform_built() ||
	    __atomic_exchange_n(&said, true, __ATOMIC_ACQ_REL))
		return status;
	if (wanted->graph)
		write_graph(wanted->graph);
	if (wanted->leak_check &&
	    leaks(wanted->leak_check == PRELOAD_LEAKS_ALL) && !status)
		return LEAK_STATUS;
	return status;
}
