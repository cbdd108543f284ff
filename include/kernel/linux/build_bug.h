/* SPDX-License-Identifier: MIT */
/* Assertions that the compiler proves. */
#ifndef UIK_LINUX_BUILD_BUG_H
#define UIK_LINUX_BUILD_BUG_H

#include <assert.h>
#include <linux/compiler.h>

/*
 * <assert.h> redefines static_assert each time it is included; ours takes one
 * or two arguments and is a declaration, as there.
 */
#undef static_assert
#define static_assert(expr, ...) uik_static_assert(expr, ##__VA_ARGS__, #expr)
#define uik_static_assert(expr, message, ...) _Static_assert(expr, message)

/*
 * Zero of type int, an integer constant expression; fails to compile if @e,
 * with the message that may follow.
 */
#define BUILD_BUG_ON_ZERO(e, ...) \
	uik_zero_or_bug(e, ##__VA_ARGS__, #e " is true")
#define uik_zero_or_bug(e, message, ...) \
	((int)sizeof(struct { _Static_assert(!(e), message); }))
#define BUILD_BUG_ON_INVALID(e) ((void)(sizeof((long)(e))))

/* Fails to compile where the optimiser cannot prove @cond false. */
#define uik_build_bug(cond, function, message) \
	uik_build_bug_named(cond, function, message)
#define uik_build_bug_named(cond, function, message) \
	do { \
		extern void function(void) \
			__attribute__((__error__(message))); \
		if (cond) \
			function(); \
	} while (0)

/* Fails to compile when the constant @cond is true. */
#define BUILD_BUG_ON(cond) \
	_Static_assert(!(cond), "BUILD_BUG_ON failed: " #cond)
#define BUILD_BUG_ON_MSG(cond, message) _Static_assert(!(cond), message)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n) \
	BUILD_BUG_ON((n) == 0 || (((n) & ((n) - 1)) != 0))
#define BUILD_BUG() \
	do { \
		extern void uik_cat(uik_build_bug_, __LINE__)(void) \
			__attribute__((__error__("BUILD_BUG failed"))); \
		uik_cat(uik_build_bug_, __LINE__)(); \
	} while (0)

#endif
