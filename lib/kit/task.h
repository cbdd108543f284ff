/* SPDX-License-Identifier: MIT */
/* Tasks as the kit's own files see them. */
#ifndef UIK_KIT_TASK_H
#define UIK_KIT_TASK_H

#include <stdbool.h>
#include <uik/task.h>

/* No task ever had this processor number or a higher one. */
extern unsigned int uik_cpus_used;

/*
 * Calls @visit for every task of the process until it returns false; whether
 * all returned true.  @visit runs under the list's lock and takes none.
 */
bool task_each(bool (*visit)(struct task_struct *task, void *arg), void *arg);

#endif
