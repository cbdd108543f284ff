/* SPDX-License-Identifier: MIT */
/* Page-table libraries: known by pointer only. */
#ifndef UIK_LINUX_IO_PGTABLE_H
#define UIK_LINUX_IO_PGTABLE_H

#include <linux/types.h>

struct io_pgtable_ops;

#endif
