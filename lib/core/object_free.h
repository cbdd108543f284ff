/* SPDX-License-Identifier: MIT */
/* The first and the last step of objects: they are counted in the machine. */
#ifndef CORE_OBJECT_FREE_H
#define CORE_OBJECT_FREE_H

#include <linux/slab.h>

#include "core/core.h"
#include "kit/machine.h"

static inline void iommufd_object_count(struct uik_machine *machine, int delta)
{
	__atomic_fetch_add(&machine->objects, delta, __ATOMIC_RELAXED);
}

static inline void iommufd_object_free(struct uik_machine *machine,
				       struct iommufd_object *obj)
{
	ASSERT(!refcount_read(&obj->users));
	iommufd_object_count(machine, -1);
	kfree(obj);
}

#endif
