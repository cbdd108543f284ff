// SPDX-License-Identifier: MIT
/*
 * The process's capabilities, user and limits, as its tasks carry them.
 *
 * They are the real ones, with one exception: root has the three capabilities
 * that iommufd asks for even where the system (a container) withholds them.
 * capget() and capset() show and take them, so that a program can drop them.
 *
 * A task is told when it is made; the calls that change something tell it
 * again.
 */
#include "client/preload/creds.h"

#include <string.h>
#include <unistd.h>
#include <uik/mm.h>
#include <uik/task.h>

#include "client/preload/preload.h"

/* By number: the header with the types is the system's own. */
struct cap_header {
	uint32_t version;
	int32_t pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

#define CAP_VERSION_3 0x20080522u
#define ASKED_FOR (1ull << UIK_CAP_IPC_LOCK | 1ull << UIK_CAP_SYS_RAWIO | \
		   1ull << UIK_CAP_SYS_RESOURCE)

/* What new threads start with; atomic.  Until it is known: all. */
static uint64_t process_caps = UIK_CAP_ALL;

static uint64_t real_effective(void)
{
	struct cap_header header = { CAP_VERSION_3, 0 };
	struct cap_data data[2] = { { 0 } };

	if (NEXT(capget)(&header, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static uint64_t first_caps(void)
{
	uint64_t caps = real_effective();

	if (!geteuid() || preload_config()->as_root)
		caps |= ASKED_FOR;
	return caps;
}

static uint64_t caps_here(void)
{
	uint64_t caps = __atomic_load_n(&process_caps, __ATOMIC_RELAXED);

	if (uik_current_task)
		return uik_current_task->capabilities;
	if (caps != UIK_CAP_ALL)
		return caps;
	caps = first_caps();
	__atomic_store_n(&process_caps, caps, __ATOMIC_RELAXED);
	return caps;
}

static void set_caps(uint64_t caps)
{
	__atomic_store_n(&process_caps, caps, __ATOMIC_RELAXED);
	if (uik_current_task)
		uik_current_task->capabilities = caps;
}

static bool is_about_us(const struct cap_header *header)
{
	return !header->pid || header->pid == getpid() ||
	       header->pid == gettid();
}

int preload_capget(void *header, void *data)
{
	struct cap_data *caps = data;
	int ret = NEXT(capget)(header, data);

	if (ret || !data || !is_about_us(header))
		return ret;
	caps[0].effective |= (uint32_t)(caps_here() & ASKED_FOR);
	if (!geteuid())
		caps[0].permitted |= (uint32_t)ASKED_FOR;
	return 0;
}

/* The system sees of the three only what it has permitted. */
int preload_capset(void *header, const void *data)
{
	struct cap_header own = { CAP_VERSION_3, 0 };
	struct cap_data given[2], real[2];
	uint64_t wanted;
	uint32_t hidden;

	if (((struct cap_header *)header)->version != CAP_VERSION_3 ||
	    !is_about_us(header) || NEXT(capget)(&own, real))
		return NEXT(capset)(header, data);
	memcpy(given, data, sizeof(given));
	wanted = (uint64_t)given[1].effective << 32 | given[0].effective;
	hidden = (uint32_t)ASKED_FOR & ~real[0].permitted;
	given[0].effective &= ~hidden;
	given[0].permitted &= ~hidden;
	given[0].inheritable &= ~hidden;
	if (NEXT(capset)(header, given))
		return -1;
	set_caps(wanted);
	return 0;
}

static void set_limit(struct task_struct *task)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		__atomic_store_n(&task->rlimit_memlock_bytes,
				 limit.rlim_cur == RLIM_INFINITY ?
					 UIK_NO_LIMIT : limit.rlim_cur,
				 __ATOMIC_RELAXED);
}

static void set_up(struct task_struct *task)
{
	struct user_struct *user = uik_user_of(getuid());

	set_limit(task);
	set_limit(task->group_leader);
	if (user) {
		if (task->user)
			uik_user_put(task->user);
		task->user = user;
	}
}

void creds_refresh(void)
{
	if (uik_current_task)
		set_up(uik_current_task);
}

static void set_up_new(struct task_struct *task)
{
	uik_current_task = NULL;	/* not the one to ask yet */
	task->capabilities = caps_here();
	uik_current_task = task;
	set_up(task);
}

static __attribute__((constructor)) void watch_tasks(void)
{
	uik_task_setup = set_up_new;
}

/* A new user has the capabilities that the system gives it. */
#define DEFINE_CHANGE(name, parameters, arguments)   \
	int preload_##name parameters                \
	{                                            \
		uid_t before = geteuid();            \
		int ret = NEXT(name) arguments;      \
						     \
		if (geteuid() != before)             \
			set_caps(first_caps());      \
		creds_refresh();                     \
		return ret;                          \
	}

DEFINE_CHANGE(setuid, (uid_t uid), (uid))
DEFINE_CHANGE(seteuid, (uid_t uid), (uid))
DEFINE_CHANGE(setreuid, (uid_t real, uid_t effective), (real, effective))
DEFINE_CHANGE(setresuid, (uid_t real, uid_t effective, uid_t saved),
	      (real, effective, saved))
DEFINE_CHANGE(setrlimit, (int what, const struct rlimit *limit), (what, limit))
DEFINE_CHANGE(setrlimit64, (int what, const struct rlimit64 *limit),
	      (what, limit))
DEFINE_CHANGE(prlimit,
	      (pid_t pid, int what, const struct rlimit *limit,
	       struct rlimit *old),
	      (pid, what, limit, old))
DEFINE_CHANGE(prlimit64,
	      (pid_t pid, int what, const struct rlimit64 *limit,
	       struct rlimit64 *old),
	      (pid, what, limit, old))
