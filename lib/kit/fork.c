/* SPDX-License-Identifier: MIT */
/*
 * Forks: locks are held over them, a child's memory of its parent is set right.
 *
 * Whoever intercepts fork() brackets it with the functions here; libc calls
 * them, too, through pthread_atfork().  They nest: the outermost pair counts.
 */
#include "kit/fork.h"

#include <uik/hook.h>
#include <uik/task.h>

static struct fork_lock *locks;
static __thread unsigned int depth;

void fork_lock_add(struct fork_lock *entry)
{
	entry->next = locks;
	locks = entry;
}

/* Who hosts all threads keeps them, and the memory they work in. */
static bool hooks_host(void)
{
	return uik_hooks && uik_hooks->start;
}

void uik_fork_prepare(void)
{
	struct fork_lock *entry;

	if (depth++)
		return;
	/* Waiting is a schedule point, of which hosting hooks know nothing. */
	if (!hooks_host())
		vmas_fork_prepare();
	threads_fork_prepare();
	for (entry = locks; entry; entry = entry->next)
		pthread_mutex_lock(entry->lock);
	tasks_fork_prepare();
}

void uik_fork_parent(void)
{
	struct fork_lock *entry;

	if (--depth)
		return;
	tasks_fork_parent();
	for (entry = locks; entry; entry = entry->next)
		pthread_mutex_unlock(entry->lock);
	threads_fork_parent();
	if (!hooks_host())
		vmas_fork_parent();
}

/* @anew: the child goes on with copies of the parent's machines. */
static void fork_child(bool anew)
{
	struct fork_lock *entry;

	if (--depth)
		return;
	tasks_fork_child();
	for (entry = locks; entry; entry = entry->next)
		pthread_mutex_unlock(entry->lock);
	pagemap_fork_child();
	if (anew)
		arenas_fork_child();
	threads_fork_child(anew);
	if (!hooks_host())
		vmas_fork_child();
}

void uik_fork_child(void)
{
	fork_child(false);
}

/*
 * What libc calls.  Under whoever brackets a fork, too, and then does nothing:
 * the child's calls will be made in the parent, by that one's doing.
 */
static void libc_prepare(void)
{
	uik_fork_prepare();
	if (depth == 1 && !hooks_host())
		arenas_fork_prepare();
}

static void libc_parent(void)
{
	if (depth == 1)
		arenas_fork_parent();
	uik_fork_parent();
}

static void libc_child(void)
{
	fork_child(!hooks_host());
}

int fork_listen(void)
{
	return pthread_atfork(libc_prepare, libc_parent, libc_child);
}

void uik_fork_forget(void)
{
	machine_forget();
	mm_forget();
	pin_files_forget();
	files_forget();
	vmas_forget();
}
