/* SPDX-License-Identifier: MIT */
/* The last step of an object's life, shared by abort and removal. */
#ifndef CORE_OBJECT_FREE_H
#define CORE_OBJECT_FREE_H

#include <linux/slab.h>

#include "core/core.h"

static inline void iommufd_object_free(struct iommufd_object *obj)
{
	ASSERT(!refcount_read(&obj->users));
	uik_count_object(-1);
	kfree(obj);
}

#endif
