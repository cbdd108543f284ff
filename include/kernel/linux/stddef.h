/* SPDX-License-Identifier: MIT */
/* Structure geometry: offsets, sizes of fields, groups, flexible arrays. */
#include_next <linux/stddef.h>

#ifndef UIK_LINUX_STDDEF_H
#define UIK_LINUX_STDDEF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/compiler_attributes.h>

#define sizeof_field(type, member) sizeof((((type *)0)->member))
/* The offset of the first byte after @member. */
#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof_field(type, member))

#ifndef __struct_group
#define __struct_group(tag, name, attrs, members...) \
	union { \
		struct { members } attrs; \
		struct tag { members } attrs name; \
	} attrs
#endif
#define struct_group(name, members...) \
	__struct_group(, name, , members)
#define struct_group_attr(name, attrs, members...) \
	__struct_group(, name, attrs, members)
#define struct_group_tagged(tag, name, members...) \
	__struct_group(tag, name, , members)

#ifndef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(type, name) \
	struct { \
		struct { } uik_empty_##name; \
		type name[]; \
	}
#endif
#define DECLARE_FLEX_ARRAY(type, name) __DECLARE_FLEX_ARRAY(type, name)

#endif
