// SPDX-License-Identifier: MIT
/*
 * What the environment asks to be told about any program.
 *
 *   UIOMMUFD_GRAPH=FILE        the graph of each context when it is closed, and
 *                              of those still open at exit; the form follows
 *                              the name: .dot, .json, .html, else text; -:
 *                              text to standard error
 *   UIOMMUFD_GRAPH_SIGNAL=USR1 of all open contexts whenever that signal comes
 *   UIOMMUFD_WHY=ID            with each graph, why that object is needed
 *   UIOMMUFD_EXPLAIN=1         why, whenever IOMMU_DESTROY gives EBUSY
 *   UIOMMUFD_TRACE=FILE        the lives of all objects, for Perfetto
 *
 * Text is appended; every other form is a file of its own, the second one with
 * -2 before its suffix.  A forked child is not told on signals.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/file.h>
#include <uik/file.h>
#include <uik/machine.h>

#include "inspect/forms.h"
#include "inspect/inspect.h"
#include "inspect/life.h"
#include "inspect/model.h"

static struct {
	const char *file;
	const char *suffix;		/* of file; "" if it is text */
	void (*print)(FILE *out, const struct model *model); /* NULL: text */
	uint32_t why;			/* 0: nothing */
	bool explain;
	const char *trace;
	unsigned int written;
	pthread_mutex_t lock;		/* files; written */
	sem_t wanted;			/* posted by the signal's handler */
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct {
	const char *suffix;
	void (*print)(FILE *out, const struct model *model);
} forms[] = {
	{ ".dot", model_print_dot },
	{ ".json", model_print_json },
	{ ".html", model_print_html },
};

static FILE *open_output(void)
{
	bool is_text = !watch.print;
	char *name;
	FILE *out;

	if (!strcmp(watch.file, "-"))
		return stderr;
	if (is_text || !watch.written)
		name = g_strdup(watch.file);
	else
		name = g_strdup_printf("%.*s-%u%s",
				       (int)(strlen(watch.file) -
					     strlen(watch.suffix)), watch.file,
				       watch.written + 1, watch.suffix);
	out = fopen(name, is_text ? "ae" : "we");
	if (!out)
		fprintf(stderr, "uiommufd: UIOMMUFD_GRAPH: %s: %s\n", name,
			g_strerror(errno));
	g_free(name);
	return out;
}

static void close_output(FILE *out)
{
	if (out == stderr)
		fflush(out);
	else
		fclose(out);
	watch.written++;
}

static void print_text(FILE *out, const struct model *model, const char *when)
{
	fprintf(out, "# context of process %d, %s\n", getpid(), when);
	model_each_node(model, node) {
		bool says = node->about && *node->about;

		fprintf(out, "%s %u users %u wait %u%s%s\n", node->type_name,
			node->id, node->users, node->wait_cnt,
			node->leaving ? " leaving" : says ? " " : "",
			says ? node->about : "");
		if (node->more && *node->more)
			fprintf(out, "  %s", node->more);
	}
}

/* Inside the machine of @ictx. */
static void write_context(struct iommufd_ctx *ictx, const char *when)
{
	struct model *model = model_of(ictx);
	FILE *out;

	pthread_mutex_lock(&watch.lock);
	out = watch.file ? open_output() : NULL;
	if (out) {
		if (watch.print)
			watch.print(out, model);
		else
			print_text(out, model, when);
		close_output(out);
	}
	if (watch.why)
		model_explain(stderr, model, watch.why);
	pthread_mutex_unlock(&watch.lock);
	model_free(model);
}

/* A context is written once, at the lowest of its descriptors. */
static bool is_lowest(int fd, struct file *file, void *arg)
{
	struct { struct file *file; int fd; } *search = arg;

	if (file != search->file)
		return true;
	search->fd = fd;
	return false;
}

static bool write_open(int fd, struct file *file, void *arg)
{
	struct { struct file *file; int fd; } search = { file, fd };
	struct iommufd_ctx *ictx = iommufd_file_ctx(file);
	struct uik_machine *outer;

	if (!ictx)
		return true;
	uik_fd_each(is_lowest, &search);
	if (search.fd != fd)
		return true;
	outer = uik_enter(ictx->machine);
	write_context(ictx, arg);
	uik_leave(outer);
	return true;
}

static void on_closing(struct iommufd_ctx *ictx)
{
	if (watch.file || watch.why)
		write_context(ictx, "when it was closed");
	if (watch.trace)
		life_closing(ictx);
}

static void on_refused(struct iommufd_ctx *ictx, uint32_t id)
{
	struct model *model;

	if (!watch.explain)
		return;
	model = model_of(ictx);
	pthread_mutex_lock(&watch.lock);
	model_explain(stderr, model, id);
	pthread_mutex_unlock(&watch.lock);
	model_free(model);
}

static void on_exit_write(void)
{
	if (watch.file || watch.why)
		uik_fd_each(write_open, (void *)"open at exit");
}

static void on_signal(int number)
{
	int error = errno;

	sem_post(&watch.wanted);
	errno = error;
}

static void *write_on_signals(void *unused)
{
	for (;;)
		if (!sem_wait(&watch.wanted))
			uik_fd_each(write_open, (void *)"when the signal came");
	return NULL;
}

static int signal_number(const char *name)
{
	static const struct { const char *name; int number; } signals[] = {
		{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "HUP", SIGHUP },
		{ "QUIT", SIGQUIT }, { "WINCH", SIGWINCH },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		if (!strcmp(name, signals[i].name) ||
		    (g_str_has_prefix(name, "SIG") &&
		     !strcmp(name + 3, signals[i].name)))
			return signals[i].number;
	fprintf(stderr, "uiommufd: UIOMMUFD_GRAPH_SIGNAL: '%s' is none of USR1, "
		"USR2, HUP, QUIT, WINCH\n", name);
	return 0;
}

/* A thread of the process, not of the library: it waits for the user. */
static void watch_signal(const char *name)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESTART };
	int number = signal_number(name);
	sigset_t all, before;
	pthread_t thread;

	if (!number || sem_init(&watch.wanted, 0, 0))
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, write_on_signals, NULL)) {
		pthread_detach(thread);
		sigaction(number, &action, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void choose_form(void)
{
	watch.suffix = "";
	for (gsize i = 0; watch.file && i < G_N_ELEMENTS(forms); i++)
		if (g_str_has_suffix(watch.file, forms[i].suffix)) {
			watch.suffix = forms[i].suffix;
			watch.print = forms[i].print;
		}
}

static const char *asked(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static __attribute__((constructor)) void watch_environment(void)
{
	static struct iommufd_watcher watcher = {
		.refused = on_refused,
		.closing = on_closing,
	};
	const char *why = asked("UIOMMUFD_WHY");
	const char *signal = asked("UIOMMUFD_GRAPH_SIGNAL");

	watch.file = asked("UIOMMUFD_GRAPH");
	watch.explain = asked("UIOMMUFD_EXPLAIN");
	watch.why = why ? (uint32_t)strtoul(why, NULL, 0) : 0;
	watch.trace = asked("UIOMMUFD_TRACE");
	if (!watch.file && !watch.why && !watch.explain && !watch.trace)
		return;
	if (watch.trace) {
		watcher.stage = life_stage;
		life_begin(watch.trace);
	}
	choose_form();
	iommufd_watcher = &watcher;
	atexit(on_exit_write);
	if (signal)
		watch_signal(signal);
}
