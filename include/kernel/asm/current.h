/* SPDX-License-Identifier: MIT */
/* The calling task. */
#ifndef UIK_ASM_CURRENT_H
#define UIK_ASM_CURRENT_H

#include <uik/task.h>

#endif
