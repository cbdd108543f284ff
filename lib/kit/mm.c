/* SPDX-License-Identifier: MIT */
/*
 * Address spaces and users.
 *
 * Process-wide doors: the process's own address space, and small fixed tables
 * of others' address spaces and of users, under one lock.  An entry whose count
 * is zero is free.
 */
#include <uik/mm.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/atomic.h>
#include <linux/mm_types.h>
#include <uik/task.h>

#include "kit/fork.h"
#include "kit/pages.h"

#define FOREIGN_MAX 256
#define USER_MAX 256
#define STAT_TGID_FIELDS 22	/* starttime is field 22 of /proc/pid/stat */

static struct mm_struct own_mm = {
	.mm_count = ATOMIC_INIT(1),
	.own = true,
};
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t tables_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mm_struct foreign[FOREIGN_MAX];
static struct user_struct users[USER_MAX];

FORK_LOCK(tables_lock)

static void own_init(void)
{
	init_rwsem(&own_mm.mmap_lock);
	own_mm.pid = getpid();
}

struct mm_struct *uik_mm_self(void)
{
	pthread_once(&own_once, own_init);
	uik_mm_get(&own_mm);
	return &own_mm;
}

/* The text of a small /proc file of a process; false if it is gone. */
static bool read_proc(int pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* When a process started; 0 if it is gone.  Its name may hold anything. */
static u64 start_time(int pid)
{
	char buf[1024], *at;
	int field;

	if (!read_proc(pid, "stat", buf, sizeof(buf)))
		return 0;
	at = strrchr(buf, ')');
	for (field = 2; at && field < STAT_TGID_FIELDS; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

/* The process that a thread belongs to; 0 if it is gone. */
static int process_of(int pid)
{
	char buf[4096], *at;

	if (!read_proc(pid, "status", buf, sizeof(buf)))
		return 0;
	at = strstr(buf, "\nTgid:");
	return at ? atoi(at + 6) : 0;
}

static struct mm_struct *foreign_find(int pid, u64 started)
{
	struct mm_struct *mm, *unused = NULL;
	int i;

	for (i = 0; i < FOREIGN_MAX; i++) {
		mm = &foreign[i];
		if (!mm->mm_count.counter)
			unused = unused ? unused : mm;
		else if (mm->pid == pid && mm->start_time == started)
			return mm;
	}
	return unused;
}

struct mm_struct *uik_mm_foreign(int pid)
{
	int process = process_of(pid);
	struct mm_struct *mm;
	u64 started;

	if (process == getpid())
		return uik_mm_self();
	started = process ? start_time(process) : 0;
	if (!started)
		return NULL;
	pthread_mutex_lock(&tables_lock);
	mm = foreign_find(process, started);
	if (mm && !mm->mm_count.counter) {
		*mm = (struct mm_struct){ .pid = process,
					  .start_time = started };
		init_rwsem(&mm->mmap_lock);
	}
	if (mm)
		uik_mm_get(mm);
	pthread_mutex_unlock(&tables_lock);
	return mm;
}

void uik_mm_get(struct mm_struct *mm)
{
	__atomic_fetch_add(&mm->mm_count.counter, 1, __ATOMIC_RELAXED);
}

/* Under the lock, so that a find never sees a count on its way to zero. */
void uik_mm_put(struct mm_struct *mm)
{
	if (mm->own) {
		__atomic_fetch_sub(&mm->mm_count.counter, 1, __ATOMIC_RELEASE);
		return;
	}
	pthread_mutex_lock(&tables_lock);
	__atomic_fetch_sub(&mm->mm_count.counter, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&tables_lock);
}

bool uik_mm_alive(struct mm_struct *mm)
{
	return mm->own || start_time(mm->pid) == mm->start_time;
}

/* Who has a count may take more without the lock; from 0 nobody can. */
static bool user_is_free(const struct user_struct *user)
{
	return !__atomic_load_n(&user->refs, __ATOMIC_ACQUIRE);
}

struct user_struct *uik_user_of(uint32_t uid)
{
	struct user_struct *user = NULL;
	int i;

	pthread_mutex_lock(&tables_lock);
	for (i = 0; i < USER_MAX; i++) {
		bool is_free = user_is_free(&users[i]);

		if (!is_free && users[i].uid == uid) {
			user = &users[i];
			break;
		}
		if (is_free && !user)
			user = &users[i];
	}
	if (user && user_is_free(user))
		*user = (struct user_struct){ .uid = uid };
	if (user)
		uik_user_get(user);
	pthread_mutex_unlock(&tables_lock);
	return user;
}

void uik_user_get(struct user_struct *user)
{
	__atomic_fetch_add(&user->refs, 1, __ATOMIC_RELAXED);
}

/*
 * Without the lock: a find that has seen the count looks again before it takes
 * one, and a count that then goes to zero under it rises again, to the same
 * uid's.
 */
void uik_user_put(struct user_struct *user)
{
	__atomic_fetch_sub(&user->refs, 1, __ATOMIC_RELEASE);
}

/*
 * The address space is new, and nothing of it is pinned.  Counts stay: tasks
 * and machines of the parent's keep what they have for ever.
 */
void mm_forget(void)
{
	unsigned int i;

	pthread_once(&own_once, own_init);
	own_mm.pid = getpid();
	own_mm.locked_vm = 0;
	atomic64_set(&own_mm.pinned_vm, 0);
	init_rwsem(&own_mm.mmap_lock);
	for (i = 0; i < FOREIGN_MAX; i++)
		foreign[i].mm_count.counter = 0;
	for (i = 0; i < USER_MAX; i++)
		users[i].locked_vm_pages = 0;
}

struct mm_struct *mm_own(void)
{
	pthread_once(&own_once, own_init);
	return &own_mm;
}

unsigned int mm_index(const struct mm_struct *mm)
{
	return mm->own ? 0 : mm - foreign;
}
