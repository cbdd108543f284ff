/* SPDX-License-Identifier: MIT */
/*
 * Scoped resources: what a variable owns is given back when it goes out of
 * scope, in reverse order of declaration.
 *
 * A class has a type, a constructor and a destructor; a guard is the class of a
 * held lock, a pointer that is NULL when a conditional lock was not taken.  In
 * the expressions given to the DEFINE_ macros, _T is the value.
 */
#ifndef UIK_LINUX_CLEANUP_H
#define UIK_LINUX_CLEANUP_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/types.h>

#define DEFINE_FREE(name, type, free_it...) \
	static inline void uik_free_##name(void *place) \
	{ \
		type _T = *(type *)place; \
		free_it; \
	}
#define __free(name) __cleanup(uik_free_##name)

/* The value of @p, which no longer owns it. */
#define no_free_ptr(p) \
	({ \
		__auto_type uik_taken = (p); \
		(p) = NULL; \
		uik_taken; \
	})
#define return_ptr(p) return no_free_ptr(p)
#define retain_and_null_ptr(p) ((void)no_free_ptr(p))

#define DEFINE_CLASS(name, type, exit_it, init_it, args...) \
	typedef type class_##name##_t; \
	static inline void class_##name##_destructor(type *place) \
	{ \
		type _T = *place; \
		exit_it; \
	} \
	static inline type class_##name##_constructor(args) \
	{ \
		type uik_new = init_it; \
		return uik_new; \
	}
/* Another constructor of an existing class. */
#define EXTEND_CLASS(name, ext, init_it, args...) \
	typedef class_##name##_t class_##name##ext##_t; \
	static inline void \
	class_##name##ext##_destructor(class_##name##_t *place) \
	{ \
		class_##name##_destructor(place); \
	} \
	static inline class_##name##_t class_##name##ext##_constructor(args) \
	{ \
		class_##name##_t uik_new = init_it; \
		return uik_new; \
	}

/* Declares @var; the constructor's arguments follow in parentheses. */
#define CLASS(name, var) \
	class_##name##_t var __maybe_unused \
		__cleanup(class_##name##_destructor) = \
		class_##name##_constructor

#define DEFINE_GUARD(name, type, lock_it, unlock_it) \
	DEFINE_CLASS(name, type, if (_T) { unlock_it; }, \
		     ({ lock_it; _T; }), type _T) \
	static inline void *class_##name##_lock_ptr(class_##name##_t *guard) \
	{ \
		return (void *)*guard; \
	}
/* @trylock_it is true when the lock was taken. */
#define DEFINE_GUARD_COND(name, ext, trylock_it) \
	EXTEND_CLASS(name, ext, ({ trylock_it ? _T : NULL; }), \
		     class_##name##_t _T) \
	static inline void * \
	class_##name##ext##_lock_ptr(class_##name##_t *guard) \
	{ \
		return class_##name##_lock_ptr(guard); \
	}

/* Guards with state of their own: _T->lock and the extra members. */
#define DEFINE_LOCK_GUARD_1(name, type, lock_it, unlock_it, members...) \
	typedef struct { \
		type *lock; \
		members; \
	} class_##name##_t; \
	static inline void class_##name##_destructor(class_##name##_t *_T) \
	{ \
		if (_T->lock) { \
			unlock_it; \
		} \
	} \
	static inline class_##name##_t class_##name##_constructor(type *l) \
	{ \
		class_##name##_t uik_new = { .lock = l }, *_T = &uik_new; \
		lock_it; \
		return uik_new; \
	} \
	static inline void *class_##name##_lock_ptr(class_##name##_t *guard) \
	{ \
		return (void *)guard->lock; \
	}
#define DEFINE_LOCK_GUARD_1_COND(name, ext, trylock_it) \
	EXTEND_CLASS(name, ext, \
		     ({ class_##name##_t uik_try = { .lock = l }, \
					 *_T = &uik_try; \
			if (_T->lock && !(trylock_it)) \
				_T->lock = NULL; \
			uik_try; }), typeof_member(class_##name##_t, lock) l) \
	static inline void * \
	class_##name##ext##_lock_ptr(class_##name##_t *guard) \
	{ \
		return class_##name##_lock_ptr(guard); \
	}
#define DEFINE_LOCK_GUARD_0(name, lock_it, unlock_it, members...) \
	typedef struct { \
		void *lock; \
		members; \
	} class_##name##_t; \
	static inline void class_##name##_destructor(class_##name##_t *_T) \
	{ \
		(void)_T; \
		unlock_it; \
	} \
	static inline class_##name##_t class_##name##_constructor(void) \
	{ \
		class_##name##_t uik_new = { .lock = (void *)1 }, \
				 *_T = &uik_new; \
		(void)_T; \
		lock_it; \
		return uik_new; \
	} \
	static inline void *class_##name##_lock_ptr(class_##name##_t *guard) \
	{ \
		return guard->lock; \
	}

/* Holds the lock to the end of the enclosing block. */
#define guard(name) CLASS(name, __UNIQUE_ID(guard))
/* Runs the next statement once with the lock held; not at all without it. */
#define scoped_guard(name, args...) \
	uik_scoped_guard(name, __UNIQUE_ID(scope), __UNIQUE_ID(once), args)
#define uik_scoped_guard(name, scope, once, args...) \
	for (bool once = true; once; once = false) \
		for (CLASS(name, scope)(args); \
		     once && class_##name##_lock_ptr(&scope); once = false)
/* As scoped_guard(); runs statement @fail when the lock was not taken. */
#define scoped_cond_guard(name, fail, args...) \
	uik_scoped_cond_guard(name, __UNIQUE_ID(scope), __UNIQUE_ID(once), \
			      fail, args)
#define uik_scoped_cond_guard(name, scope, once, fail, args...) \
	for (bool once = true; once; once = false) \
		for (CLASS(name, scope)(args); once; once = false) \
			if (!class_##name##_lock_ptr(&scope)) { \
				fail; \
			} else

#endif
