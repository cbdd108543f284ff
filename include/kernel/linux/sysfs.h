/* SPDX-License-Identifier: MIT */
/* Attribute tables: types only, there is no sysfs. */
#ifndef UIK_LINUX_SYSFS_H
#define UIK_LINUX_SYSFS_H

#include <linux/types.h>

struct kobject;

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	const char *name;
	umode_t (*is_visible)(struct kobject *kobj, struct attribute *attr,
			      int n);
	struct attribute **attrs;
};

#define __ATTRIBUTE_GROUPS(name_)                               \
	static const struct attribute_group *name_##_groups[] = \
		{ &name_##_group, NULL }
#define ATTRIBUTE_GROUPS(name_)                                 \
	static const struct attribute_group name_##_group = {   \
		.attrs = name_##_attrs,                         \
	};                                                      \
	__ATTRIBUTE_GROUPS(name_)

#endif
