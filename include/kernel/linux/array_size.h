/* SPDX-License-Identifier: MIT */
/* The number of elements of an array; a pointer does not compile. */
#ifndef UIK_LINUX_ARRAY_SIZE_H
#define UIK_LINUX_ARRAY_SIZE_H

#include <linux/compiler.h>

#undef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]) + __must_be_array(a))

#endif
