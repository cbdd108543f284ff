/* SPDX-License-Identifier: MIT */
/* From a member to the structure around it. */
#ifndef UIK_LINUX_CONTAINER_OF_H
#define UIK_LINUX_CONTAINER_OF_H

#include <stddef.h>
#include <linux/build_bug.h>

#define typeof_member(type, member) typeof(((type *)0)->member)

/*
 * The @type whose @member (a path is allowed) is at @ptr.  @ptr must point to
 * the member's type or be void *; constness of what it points to is lost.
 */
#define container_of(ptr, type, member) \
	({ \
		void *uik_member = (void *)(ptr); \
		_Static_assert(__same_type(*(ptr), ((type *)0)->member) || \
			       __same_type(*(ptr), void), \
			       "pointer type mismatch in container_of()"); \
		((type *)(uik_member - offsetof(type, member))); \
	})

/* As container_of(), keeping the constness of @ptr. */
#define container_of_const(ptr, type, member) \
	_Generic(ptr, \
		 const typeof(*(ptr)) *: \
		 ((const type *)container_of(ptr, type, member)), \
		 default: ((type *)container_of(ptr, type, member)))

#endif
