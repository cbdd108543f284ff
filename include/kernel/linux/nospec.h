/* SPDX-License-Identifier: MIT */
/* Bounds that hold in speculation, too. */
#ifndef UIK_LINUX_NOSPEC_H
#define UIK_LINUX_NOSPEC_H

#include <linux/compiler.h>
#include <linux/types.h>

/* All ones if @index < @size, else 0, without a branch. */
static inline unsigned long array_index_mask_nospec(unsigned long index,
						    unsigned long size)
{
	/* The optimiser must not find out what was compared before. */
	OPTIMIZER_HIDE_VAR(index);
	return -(unsigned long)(index < size);
}

/* @index, or 0 if it is @size or more. */
#define array_index_nospec(index, size) \
	({ \
		typeof(index) uik_index = (index); \
		typeof(size) uik_size = (size); \
		(typeof(uik_index))(uik_index & \
			array_index_mask_nospec(uik_index, uik_size)); \
	})

#define barrier_nospec() barrier()

#endif
