/* SPDX-License-Identifier: MIT */
/*
 * Once-only accesses, branch hints and optimiser barriers.
 *
 * READ_ONCE() and WRITE_ONCE() are relaxed atomic accesses of a scalar (char to
 * long, bool, enum, pointer): races between them are defined and clean under a
 * thread checker.  Each is a schedule point.
 */
#ifndef UIK_LINUX_COMPILER_H
#define UIK_LINUX_COMPILER_H

#include <linux/kconfig.h>
#include <linux/compiler_types.h>
#include <uik/hook.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define barrier() __asm__ __volatile__("" : : : "memory")
#define barrier_data(pointer) \
	__asm__ __volatile__("" : : "r"(pointer) : "memory")
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
#define unreachable() __builtin_unreachable()
#define RELOC_HIDE(pointer, offset) \
	((typeof(pointer))((unsigned long)(pointer) + (offset)))
#define absolute_pointer(value) RELOC_HIDE((void *)(value), 0)

#define uik_cat2(a, b) a##b
#define uik_cat(a, b) uik_cat2(a, b)
#define __UNIQUE_ID(prefix) uik_cat(uik_id_##prefix##_, __COUNTER__)

#define data_race(expr) ({ (expr); })

/* Value of scalar lvalue @x, read by one relaxed atomic load. */
#define READ_ONCE(x) \
	({ \
		uik_point(UIK_POINT_LOAD, (const void *)&(x), sizeof(x), \
			  false); \
		__atomic_load_n(&(x), __ATOMIC_RELAXED); \
	})

/* As READ_ONCE(), but no schedule point and no race report. */
#define READ_ONCE_NOCHECK(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)

/* Writes @val to scalar lvalue @x by one relaxed atomic store. */
#define WRITE_ONCE(x, val) \
	do { \
		uik_point(UIK_POINT_STORE, (const void *)&(x), sizeof(x), \
			  true); \
		__atomic_store_n(&(x), (val), __ATOMIC_RELAXED); \
	} while (0)

/* The address of the code that called the current function. */
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))
#define _THIS_IP_ \
	({ \
		__label__ uik_here; \
uik_here: \
		(unsigned long)&&uik_here; \
	})

#define __must_be_array(a) \
	((int)sizeof(struct { \
		int uik_not_an_array \
			: 1 - 2 * !!__same_type((a), &(a)[0]); \
	}) * 0)

#define is_signed_type(type) (((type)(-1)) < (type)1)
#define is_unsigned_type(type) (!is_signed_type(type))
#define __is_constexpr(x) \
	(sizeof(int) == sizeof(*(8 ? ((void *)((long)(x) * 0l)) : (int *)8)))
#define statically_true(x) (__builtin_constant_p(x) && (x))
#define statically_false(x) (__builtin_constant_p(x) && !(x))

#endif
