/* SPDX-License-Identifier: MIT */
/* Alignment to powers of two. */
#ifndef UIK_LINUX_ALIGN_H
#define UIK_LINUX_ALIGN_H

#include <linux/const.h>

#define uik_align_mask(x, mask) (((x) + (mask)) & ~(mask))
#undef ALIGN
#define ALIGN(x, a) uik_align_mask(x, (typeof(x))(a) - 1)
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define __ALIGN_MASK(x, mask) uik_align_mask(x, mask)
#define PTR_ALIGN(p, a) ((typeof(p))ALIGN((unsigned long)(p), (a)))
#define PTR_ALIGN_DOWN(p, a) ((typeof(p))ALIGN_DOWN((unsigned long)(p), (a)))
#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a) - 1)) == 0)
#define PTR_IS_ALIGNED(p, a) IS_ALIGNED((unsigned long)(p), (a))

#endif
