/* SPDX-License-Identifier: MIT */
/*
 * The last step of objects, and their count in the machine.  An object counts by
 * its number, see <kit/object_tally.h>; here count an object without a number,
 * which has leaked (1), and a number without an object, a tombstone (-1).
 */
#ifndef CORE_OBJECT_FREE_H
#define CORE_OBJECT_FREE_H

#include <linux/slab.h>

#include "core/core.h"
#include "kit/machine.h"

static inline void iommufd_object_count(struct uik_machine *machine, int delta)
{
	__atomic_fetch_add(&machine->objects, delta, __ATOMIC_RELAXED);
}

static inline void iommufd_object_free(struct iommufd_object *obj)
{
	ASSERT(!refcount_read(&obj->users));
	kfree(obj);
}

#endif
