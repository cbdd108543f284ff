// SPDX-License-Identifier: MIT
/*
 * UIOMMUFD_TRACE=FILE: the lives of objects, for Perfetto.
 *
 * A context is a process of the trace, an object a thread of it; slices are its
 * stages (reserved, live, leaving), instants are what was done to its counts, by
 * whom.  Counts are seen through the points of the kit: a point comes before its
 * operation, so the new value is read at the thread's next point.  The file is
 * a JSON array of trace events, which may lack its end.
 *
 * Invariant: an object is in the table from its birth to the point at which its
 * memory is freed; nobody else's memory is looked at.
 */
#include "inspect/life.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uik/file.h>
#include <uik/hook.h>
#include <unistd.h>

#include "kit/backtrace.h"

struct life {
	struct iommufd_object *obj;
	unsigned int context;
	uint32_t id;
};

/* What a thread is about to do to a count. */
struct intent {
	struct iommufd_object *obj;	/* NULL: nothing */
	bool wait;			/* wait_cnt, else users */
	unsigned int before;
	const void *site;
};

static struct {
	pthread_mutex_t lock;	/* all of this */
	const char *name;
	FILE *out;
	bool failed;
	unsigned int contexts;
	GHashTable *lives;	/* by object */
	GHashTable *numbers;	/* of contexts that are open */
} life = { .lock = PTHREAD_MUTEX_INITIALIZER };

static __thread struct intent intent;
static __thread bool inside;	/* our own work is not looked at */

static bool open_locked(void)
{
	int fd;

	if (life.out || life.failed)
		return life.out != NULL;
	fd = open(life.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0)
		life.out = fdopen(uik_fd_high(fd), "w");
	life.failed = !life.out;
	if (life.failed)
		fprintf(stderr, "uiommufd: UIOMMUFD_TRACE: %s: %s\n", life.name,
			g_strerror(errno));
	else
		fputs("[\n", life.out);
	return !life.failed;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void event_begin(const struct life *of, const char *phase)
{
	fprintf(life.out, "{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"ts\":%.3f",
		phase, of->context, of->id, now_us());
}

static void slice_locked(const struct life *of, const char *phase,
			 const char *name)
{
	event_begin(of, phase);
	fprintf(life.out, ",\"name\":\"%s\"},\n", name);
}

/* What the count did meanwhile, named after the change that was seen. */
static void settle_locked(void)
{
	const struct life *of = intent.obj ?
		g_hash_table_lookup(life.lives, intent.obj) : NULL;
	unsigned int after;
	char caller[128];

	if (!of) {
		intent.obj = NULL;
		return;
	}
	after = refcount_read(intent.wait ? &of->obj->wait_cnt :
					    &of->obj->users);
	backtrace_name(intent.site, caller, sizeof(caller));
	event_begin(of, "i");
	fprintf(life.out, ",\"s\":\"t\",\"name\":\"%s %s %u\",\"args\":{"
		"\"before\":%u,\"after\":%u,\"caller\":\"%s\",\"thread\":%d}},"
		"\n", after > intent.before ? "get" :
		after < intent.before ? "put" : "look at",
		intent.wait ? "wait_cnt" : "users", after, intent.before, after,
		caller, (int)gettid());
	intent.obj = NULL;
}

/* The object whose count that is; NULL: none of ours. */
static struct iommufd_object *counted_locked(const void *addr, bool *out_wait)
{
	char *users = (char *)addr - offsetof(struct iommufd_object, users);
	char *wait = (char *)addr - offsetof(struct iommufd_object, wait_cnt);

	*out_wait = g_hash_table_contains(life.lives, wait);
	if (*out_wait)
		return (struct iommufd_object *)wait;
	return g_hash_table_contains(life.lives, users) ?
		       (struct iommufd_object *)users : NULL;
}

static void intend_locked(const struct uik_point *point)
{
	struct iommufd_object *obj = counted_locked(point->addr, &intent.wait);

	if (!obj)
		return;
	intent.obj = obj;
	intent.site = point->site;
	intent.before = refcount_read(intent.wait ? &obj->wait_cnt :
						    &obj->users);
}

static void gone_locked(const void *addr)
{
	const struct life *of = g_hash_table_lookup(life.lives, addr);

	if (!of)
		return;
	slice_locked(of, "E", "");
	fflush(life.out);
	g_hash_table_remove(life.lives, addr);
}

static void on_point(const struct uik_point *point)
{
	bool matters = point->kind == UIK_POINT_REF ||
		       point->kind == UIK_POINT_FREE;

	if (inside || (!matters && !intent.obj))
		return;
	inside = true;
	pthread_mutex_lock(&life.lock);
	if (life.out) {
		settle_locked();
		if (point->kind == UIK_POINT_REF)
			intend_locked(point);
		else if (point->kind == UIK_POINT_FREE)
			gone_locked(point->addr);
	}
	pthread_mutex_unlock(&life.lock);
	inside = false;
}

static unsigned int number_locked(struct iommufd_ctx *ictx)
{
	gpointer known = g_hash_table_lookup(life.numbers, ictx);

	if (known)
		return GPOINTER_TO_UINT(known);
	life.contexts++;
	g_hash_table_insert(life.numbers, ictx,
			    GUINT_TO_POINTER(life.contexts));
	fprintf(life.out, "{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\","
		"\"args\":{\"name\":\"context %u\"}},\n", life.contexts,
		life.contexts);
	return life.contexts;
}

static void born_locked(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	struct life *of = g_new0(struct life, 1);

	of->obj = obj;
	of->id = obj->id;
	of->context = number_locked(ictx);
	g_hash_table_insert(life.lives, obj, of);
	fprintf(life.out, "{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":"
		"\"thread_name\",\"args\":{\"name\":\"%s %u\"}},\n",
		of->context, of->id, ictx->model->types[obj->type].name,
		of->id);
	slice_locked(of, "B", "reserved");
}

void life_stage(struct iommufd_ctx *ictx, struct iommufd_object *obj,
		enum iommufd_stage stage)
{
	const struct life *of;

	inside = true;
	pthread_mutex_lock(&life.lock);
	if (open_locked()) {
		settle_locked();
		of = g_hash_table_lookup(life.lives, obj);
		if (stage == IOMMUFD_STAGE_RESERVED) {
			born_locked(ictx, obj);
		} else if (of) {
			slice_locked(of, "E", "");
			slice_locked(of, "B", stage == IOMMUFD_STAGE_LIVE ?
					      "live" : "leaving");
		}
	}
	pthread_mutex_unlock(&life.lock);
	inside = false;
}

/* Its address may be another context's next; its objects know its number. */
void life_closing(struct iommufd_ctx *ictx)
{
	pthread_mutex_lock(&life.lock);
	g_hash_table_remove(life.numbers, ictx);
	pthread_mutex_unlock(&life.lock);
}

static void life_end(void)
{
	inside = true;
	pthread_mutex_lock(&life.lock);
	if (life.out) {
		settle_locked();
		fprintf(life.out, "{\"ph\":\"M\",\"pid\":0,\"name\":"
			"\"process_name\",\"args\":{\"name\":\"end\"}}\n]\n");
		fclose(life.out);
		life.out = NULL;
		life.failed = true;
	}
	pthread_mutex_unlock(&life.lock);
}

void life_begin(const char *file)
{
	static const struct uik_hooks hooks = { .point = on_point };

	life.name = file;
	life.lives = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	life.numbers = g_hash_table_new(NULL, NULL);
	uik_hooks_install(&hooks);
	atexit(life_end);
}
