/* SPDX-License-Identifier: MIT */
/* The counted, named part of a device. */
#ifndef UIK_LINUX_KOBJECT_H
#define UIK_LINUX_KOBJECT_H

#include <linux/types.h>
#include <linux/kref.h>

struct kobject {
	const char *name;	/* owned; see dev_set_name() */
	struct kref kref;
	struct kobject *parent;
};

static inline const char *kobject_name(const struct kobject *kobj)
{
	return kobj->name;
}

#endif
