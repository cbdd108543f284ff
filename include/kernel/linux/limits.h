/* SPDX-License-Identifier: MIT */
/* Limits of the basic types, added to the system's <linux/limits.h>. */
#include_next <linux/limits.h>

#ifndef UIK_LINUX_LIMITS_H
#define UIK_LINUX_LIMITS_H

/* <limits.h> includes this file half way: nothing here needs other headers. */
#include <limits.h>
#include <stdint.h>

#define U8_MAX ((unsigned char)~0U)
#define S8_MAX ((signed char)(U8_MAX >> 1))
#define S8_MIN ((signed char)(-S8_MAX - 1))
#define U16_MAX ((unsigned short)~0U)
#define S16_MAX ((short)(U16_MAX >> 1))
#define S16_MIN ((short)(-S16_MAX - 1))
#define U32_MAX (~0U)
#define U32_MIN (0U)
#define S32_MAX ((int)(U32_MAX >> 1))
#define S32_MIN (-S32_MAX - 1)
#define U64_MAX (~0ULL)
#define S64_MAX ((long long)(U64_MAX >> 1))
#define S64_MIN (-S64_MAX - 1)
#define PHYS_ADDR_MAX (~0ULL)
#define RESOURCE_SIZE_MAX (~0ULL)

#endif
