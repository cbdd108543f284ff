/* SPDX-License-Identifier: MIT */
/* Counting address spaces. */
#ifndef UIK_LINUX_SCHED_MM_H
#define UIK_LINUX_SCHED_MM_H

#include <linux/mm_types.h>
#include <uik/mm.h>

/** mmgrab - one more user of the structure. */
static inline void mmgrab(struct mm_struct *mm)
{
	uik_mm_get(mm);
}

/** mmdrop - one user less; the last one frees it. */
static inline void mmdrop(struct mm_struct *mm)
{
	uik_mm_put(mm);
}

/** mmget_not_zero - a user of the memory; false once its process is gone. */
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	if (!uik_mm_alive(mm))
		return false;
	uik_mm_get(mm);
	return true;
}

/** mmput - undo mmget_not_zero(). */
static inline void mmput(struct mm_struct *mm)
{
	uik_mm_put(mm);
}

#endif
