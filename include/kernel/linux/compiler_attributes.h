/* SPDX-License-Identifier: MIT */
/*
 * Function, type and variable attributes by their kernel names.
 *
 * Names that glibc's <sys/cdefs.h> also defines are taken from there, so that
 * both include orders mean the same.
 */
#ifndef UIK_LINUX_COMPILER_ATTRIBUTES_H
#define UIK_LINUX_COMPILER_ATTRIBUTES_H

#include <sys/cdefs.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#define __alias(symbol) __attribute__((__alias__(#symbol)))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __aligned_largest __attribute__((__aligned__))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define __always_unused __attribute__((__unused__))
#ifndef __attribute_const__
#define __attribute_const__ __attribute__((__const__))
#endif
#define __cleanup(function) __attribute__((__cleanup__(function)))
#define __cold __attribute__((__cold__))
#define __hot __attribute__((__hot__))
/* The length of a flexible array; a note to the reader with these compilers. */
#ifndef __counted_by
#define __counted_by(member)
#endif
#define __gnu_inline __attribute__((__gnu_inline__))
#define __malloc __attribute__((__malloc__))
#define __maybe_unused __attribute__((__unused__))
#define __must_check __attribute__((__warn_unused_result__))
#define __noreturn __attribute__((__noreturn__))
#define __packed __attribute__((__packed__))
#define __printf(format, first) \
	__attribute__((__format__(__printf__, format, first)))
#define __pure __attribute__((__pure__))
#define __section(name) __attribute__((__section__(name)))
#define __used __attribute__((__used__))
#define __visible __attribute__((__externally_visible__))
#define __weak __attribute__((__weak__))
#define __randomize_layout
#define __no_randomize_layout
#define __designated_init
#define __nonstring
#ifndef __cplusplus
#define fallthrough __attribute__((__fallthrough__))
#define noinline __attribute__((__noinline__))
#endif
#define notrace
#define asmlinkage

/* Address spaces and lock annotations: notes for static checkers. */
#define __iomem
#define __user
#define __kernel
#define __rcu
#define __percpu
#define __force
#define __nocast
#define __safe
#define __private
#define __must_hold(lock)
#define __acquires(lock)
#define __releases(lock)
#define __acquire(lock) ((void)0)
#define __release(lock) ((void)0)
#define __cond_lock(lock, cond) (cond)
#define __chk_user_ptr(pointer) ((void)0)
#define __chk_io_ptr(pointer) ((void)0)

#endif
