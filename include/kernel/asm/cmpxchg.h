/* SPDX-License-Identifier: MIT */
/* Compare and exchange. */
#ifndef UIK_ASM_CMPXCHG_H
#define UIK_ASM_CMPXCHG_H

#include <linux/atomic.h>

#endif
