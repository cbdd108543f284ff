/* SPDX-License-Identifier: MIT */
/*
 * Forks: locks are held over them, a child's memory of its parent is set right.
 *
 * Whoever intercepts fork() brackets it with the functions here; libc calls
 * them, too, through pthread_atfork().  They nest: the outermost pair counts.
 */
#include "kit/fork.h"

#include <uik/task.h>

static struct fork_lock *locks;
static __thread unsigned int depth;

void fork_lock_add(struct fork_lock *entry)
{
	entry->next = locks;
	locks = entry;
}

void uik_fork_prepare(void)
{
	struct fork_lock *entry;

	if (depth++)
		return;
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
}

void uik_fork_child(void)
{
	struct fork_lock *entry;

	if (--depth)
		return;
	tasks_fork_child();
	for (entry = locks; entry; entry = entry->next)
		pthread_mutex_unlock(entry->lock);
	pagemap_fork_child();
}

void uik_fork_forget(void)
{
	machine_forget();
	mm_forget();
	pin_files_forget();
	files_forget();
	vmas_forget();
}
