/* SPDX-License-Identifier: MIT */
/* Reaching a page: all of them are always mapped or not reachable at all. */
#ifndef UIK_LINUX_HIGHMEM_H
#define UIK_LINUX_HIGHMEM_H

#include <linux/mm.h>

#define kmap_local_page(page) page_address(page)
#define kunmap_local(addr) ((void)(addr))

#endif
