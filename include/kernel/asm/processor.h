/* SPDX-License-Identifier: MIT */
/* Spin loop hint: cpu_relax(). */
#ifndef UIK_ASM_PROCESSOR_H
#define UIK_ASM_PROCESSOR_H

#include <linux/atomic.h>

#endif
