/* SPDX-License-Identifier: MIT */
/* Typed constants, added to the system's <linux/const.h>. */
#include_next <linux/const.h>

#ifndef UIK_LINUX_CONST_H
#define UIK_LINUX_CONST_H

#define UL(x) (_UL(x))
#define ULL(x) (_ULL(x))

#endif
