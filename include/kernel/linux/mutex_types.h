/* SPDX-License-Identifier: MIT */
/* Layout of mutexes. */
#ifndef UIK_LINUX_MUTEX_TYPES_H
#define UIK_LINUX_MUTEX_TYPES_H

#include <linux/mutex.h>

#endif
