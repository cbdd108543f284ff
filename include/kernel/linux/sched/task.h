/* SPDX-License-Identifier: MIT */
/* Task references. */
#ifndef UIK_LINUX_SCHED_TASK_H
#define UIK_LINUX_SCHED_TASK_H

#include <linux/sched.h>

#endif
