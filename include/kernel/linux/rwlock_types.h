/* SPDX-License-Identifier: MIT */
/* Layout of reader-writer spinlocks. */
#ifndef UIK_LINUX_RWLOCK_TYPES_H
#define UIK_LINUX_RWLOCK_TYPES_H

#include <linux/spinlock_types.h>

#endif
