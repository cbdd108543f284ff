/* SPDX-License-Identifier: MIT */
/* Counting files in line: what fget() and fput() do when nobody watches. */
#ifndef UIK_KIT_FILE_H
#define UIK_KIT_FILE_H

#include <linux/file.h>
#include <linux/fs.h>
#include <uik/hook.h>

#include "kit/number.h"

/* The last count has gone: the file's operations say goodbye. */
void file_last_put(struct file *file) __attribute__((visibility("hidden")));

/* Numbers that can be looked up in line: NUMBERS_MAX, or 0 with hooks. */
extern unsigned int uik_numbers_quick __attribute__((visibility("hidden")));

/* An atomic load is one instruction more than a comparison with memory. */
static inline __attribute__((always_inline)) bool
file_is_quick(unsigned int fd)
{
#ifdef UIK_UNDER_TSAN
	return fd < __atomic_load_n(&uik_numbers_quick, __ATOMIC_RELAXED);
#else
	return uik_likely(fd < uik_numbers_quick);
#endif
}

/*
 * Takes a count unless somebody interferes or watches; NULL: ask fget().
 */
static inline __attribute__((always_inline)) struct file *
file_get_quick(unsigned int fd)
{
	struct file *file;
	long count;

	if (uik_unlikely(!file_is_quick(fd)))
		return NULL;
	file = __atomic_load_n(&uik_numbers[fd], __ATOMIC_ACQUIRE);
	if (uik_unlikely(!file))
		return NULL;
	count = __atomic_load_n(&file->f_count, __ATOMIC_RELAXED);
	if (uik_unlikely(!count ||
			 !__atomic_compare_exchange_n(
				 &file->f_count, &count, count + 1, false,
				 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		return NULL;
	if (uik_likely(__atomic_load_n(&uik_numbers[fd], __ATOMIC_ACQUIRE) ==
		       file))
		return file;
	fput(file);	/* it was another one's by now */
	return NULL;
}

/* Drops a count.  False: it was the last, file_last_put() is owed. */
static inline __attribute__((always_inline)) bool
file_drop_quick(struct file *file)
{
	return __atomic_sub_fetch(&file->f_count, 1, __ATOMIC_ACQ_REL);
}

/* fput() without its point. */
static inline __attribute__((always_inline)) void
file_put_quick(struct file *file)
{
	if (uik_unlikely(!file_drop_quick(file)))
		file_last_put(file);
}

#endif
