/* SPDX-License-Identifier: MIT */
/* Type predicates of the compiler: same type, unqualified type, native word. */
#ifndef UIK_LINUX_COMPILER_TYPES_H
#define UIK_LINUX_COMPILER_TYPES_H

#include <linux/compiler_attributes.h>

#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))

/* Whether an access to @t is one machine access. */
#define __native_word(t) \
	(sizeof(t) == sizeof(char) || sizeof(t) == sizeof(short) || \
	 sizeof(t) == sizeof(int) || sizeof(t) == sizeof(long))

/*
 * The type of @x without const, volatile and _Atomic.  A comma expression
 * converts its right operand to a value, which has no qualifiers.
 */
#define __unqual_scalar_typeof(x) typeof(((void)0, (x)))

#endif
