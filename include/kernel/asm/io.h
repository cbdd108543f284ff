/* SPDX-License-Identifier: MIT */
/* Register accessors. */
#ifndef UIK_ASM_IO_H
#define UIK_ASM_IO_H

#include <linux/io.h>

#endif
