/* SPDX-License-Identifier: MIT */
/* Limits of the page allocator. */
#ifndef UIK_LINUX_MMZONE_H
#define UIK_LINUX_MMZONE_H

#include <linux/cache.h>
#include <linux/numa.h>
#include <linux/types.h>

#define MAX_PAGE_ORDER 10
#define NR_PAGE_ORDERS (MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES (1 << MAX_PAGE_ORDER)
#define PAGE_ALLOC_COSTLY_ORDER 3

#endif
