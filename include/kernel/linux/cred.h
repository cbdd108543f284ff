/* SPDX-License-Identifier: MIT */
/* Who the caller is. */
#ifndef UIK_LINUX_CRED_H
#define UIK_LINUX_CRED_H

#include <linux/types.h>
#include <linux/capability.h>
#include <linux/sched/user.h>

#endif
