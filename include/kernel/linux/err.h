/* SPDX-License-Identifier: MIT */
/*
 * Error numbers carried in pointers: the last 4095 addresses are -1..-4095.
 *
 * A function that returns such a pointer never also returns NULL for failure.
 */
#ifndef UIK_LINUX_ERR_H
#define UIK_LINUX_ERR_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#define MAX_ERRNO 4095

#define IS_ERR_VALUE(x) \
	unlikely((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

/* The pointer that carries @error, -1..-4095. */
static inline void *__must_check ERR_PTR(long error)
{
	return (void *)error;
}

#define INIT_ERR_PTR(error) ((void *)(error))
#define IOMEM_ERR_PTR(error) ((void __iomem *)ERR_PTR(error))

/* The error that @ptr carries. */
static inline long __must_check PTR_ERR(__force const void *ptr)
{
	return (long)ptr;
}

static inline bool __must_check IS_ERR(__force const void *ptr)
{
	return IS_ERR_VALUE((unsigned long)ptr);
}

static inline bool __must_check IS_ERR_OR_NULL(__force const void *ptr)
{
	return unlikely(!ptr) || IS_ERR_VALUE((unsigned long)ptr);
}

/* The same error as a pointer of another type. */
static inline void *__must_check ERR_CAST(__force const void *ptr)
{
	return (void *)ptr;
}

/* The error that @ptr carries, 0 for a good pointer. */
static inline int __must_check PTR_ERR_OR_ZERO(__force const void *ptr)
{
	return IS_ERR(ptr) ? PTR_ERR(ptr) : 0;
}

#endif
