/* SPDX-License-Identifier: MIT */
/* Bug reports. */
#ifndef UIK_ASM_BUG_H
#define UIK_ASM_BUG_H

#include <linux/bug.h>

#endif
