/* SPDX-License-Identifier: MIT */
/* Compile-time proof that a value has a type. */
#ifndef UIK_LINUX_TYPECHECK_H
#define UIK_LINUX_TYPECHECK_H

#define typecheck(type, x) \
	({ \
		type uik_typed; \
		typeof(x) uik_value; \
		(void)(&uik_typed == &uik_value); \
		1; \
	})
#define typecheck_pointer(x) \
	({ \
		typeof(x) uik_pointer; \
		(void)sizeof(*uik_pointer); \
		1; \
	})

#endif
