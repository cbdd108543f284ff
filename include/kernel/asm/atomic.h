/* SPDX-License-Identifier: MIT */
/* Atomic types. */
#ifndef UIK_ASM_ATOMIC_H
#define UIK_ASM_ATOMIC_H

#include <linux/atomic.h>

#endif
