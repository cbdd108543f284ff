/* SPDX-License-Identifier: MIT */
/* The cache line size that kit structures and drivers are laid out for. */
#ifndef UIK_ASM_CACHE_H
#define UIK_ASM_CACHE_H

#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)

#endif
