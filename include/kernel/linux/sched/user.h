/* SPDX-License-Identifier: MIT */
/* The user that a task belongs to: struct user_struct of <uik/task.h>. */
#ifndef UIK_LINUX_SCHED_USER_H
#define UIK_LINUX_SCHED_USER_H

#include <uik/mm.h>
#include <uik/task.h>

/** get_uid - one more user of it. */
static inline struct user_struct *get_uid(struct user_struct *user)
{
	uik_user_get(user);
	return user;
}

/** free_uid - one user less. */
static inline void free_uid(struct user_struct *user)
{
	uik_user_put(user);
}

#define current_user() (current->user)

#endif
