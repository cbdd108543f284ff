/* SPDX-License-Identifier: MIT */
/* String helpers beyond libc's.  Allocating ones are in <linux/slab.h>. */
#include_next <linux/string.h>

#ifndef UIK_LINUX_STRING_H
#define UIK_LINUX_STRING_H

#include <string.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uik/abi.h>

/*
 * Copies @src into the @size bytes at @dst, always terminated when @size is not
 * 0.  Return: its length, or -E2BIG when it was cut or @size is 0.
 */
ssize_t uik_strscpy(char *dst, const char *src, size_t size) __uik_export;
/* As uik_strscpy(), and zeroes the rest of @dst. */
ssize_t uik_strscpy_pad(char *dst, const char *src, size_t size) __uik_export;
/* Third argument optional: the size of array @dst. */
#define uik_strscpy3(dst, src, size, ...) uik_strscpy(dst, src, size)
#define strscpy(dst, src, ...) \
	uik_strscpy3(dst, src, ##__VA_ARGS__, \
		     sizeof(dst) + __must_be_array(dst))
#define uik_strscpy_pad3(dst, src, size, ...) uik_strscpy_pad(dst, src, size)
#define strscpy_pad(dst, src, ...) \
	uik_strscpy_pad3(dst, src, ##__VA_ARGS__, \
			 sizeof(dst) + __must_be_array(dst))

/* First byte of @bytes that is not @c, NULL if there is none. */
void *memchr_inv(const void *start, int c, size_t bytes) __uik(memchr_inv);

/* Whether both texts are equal but for one trailing newline. */
bool sysfs_streq(const char *a, const char *b) __uik(sysfs_streq);

/* Index of @string among @n texts (up to a NULL), or -EINVAL. */
int match_string(const char *const *array, size_t n, const char *string)
	__uik(match_string);

static inline bool strstarts(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

static inline const char *kbasename(const char *path)
{
	const char *tail = strrchr(path, '/');

	return tail ? tail + 1 : path;
}

#define memset_after(object, value, member) \
	memset((u8 *)(object) + offsetofend(typeof(*(object)), member), \
	       (value), \
	       sizeof(*(object)) - offsetofend(typeof(*(object)), member))
#define memset_startat(object, value, member) \
	memset((u8 *)(object) + offsetof(typeof(*(object)), member), (value), \
	       sizeof(*(object)) - offsetof(typeof(*(object)), member))

/* Zeroes memory that the compiler believes dead. */
static inline void memzero_explicit(void *start, size_t bytes)
{
	memset(start, 0, bytes);
	barrier_data(start);
}

#endif
