/* SPDX-License-Identifier: MIT */
/* String helpers beyond libc's.  Allocating ones are in <linux/slab.h>. */
#include_next <linux/string.h>

#ifndef UIK_LINUX_STRING_H
#define UIK_LINUX_STRING_H

#include <string.h>
#include <linux/array_size.h>
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

/*
 * User memory into a new block, owned by the caller: kfree(), and kvfree() for
 * the vmem forms.  One failure point for the block and one for the copy.
 * Context: may sleep.
 * Return: ERR_PTR(-ENOMEM), ERR_PTR(-EFAULT).
 */
void *memdup_user(const void __user *src, size_t size) __uik(memdup_user);
void *vmemdup_user(const void __user *src, size_t size) __uik(vmemdup_user);
/* @n elements of @size bytes; also ERR_PTR(-EOVERFLOW). */
void *memdup_array_user(const void __user *src, size_t n, size_t size)
	__uik(memdup_array_user);
void *vmemdup_array_user(const void __user *src, size_t n, size_t size)
	__uik(vmemdup_array_user);
/* @size bytes, and a NUL behind them. */
void *memdup_user_nul(const void __user *src, size_t size)
	__uik(memdup_user_nul);
/* A text of at most @n bytes with its NUL; also ERR_PTR(-EINVAL): longer. */
char *strndup_user(const char __user *src, long n) __uik(strndup_user);

/* Whether both texts are equal but for one trailing newline. */
bool sysfs_streq(const char *a, const char *b) __uik(sysfs_streq);

/* Index of @string among @n texts (up to a NULL), or -EINVAL. */
int match_string(const char *const *array, size_t n, const char *string)
	__uik(match_string);

/** skip_spaces - the first byte of @text that is no white space. */
char *skip_spaces(const char *text) __uik(skip_spaces);
/** strim - cut trailing white space; what follows the leading one. */
char *strim(char *text) __uik(strim);
#define strstrip(text) strim(text)
/** strnchr - the first @c of the @count bytes of a text, or NULL. */
char *strnchr(const char *text, size_t count, int c) __uik(strnchr);
/** strreplace - put @new for each @old; @text. */
char *strreplace(char *text, char old, char new) __uik(strreplace);
/* As match_string(); a newline at the end of @string does not count. */
int __sysfs_match_string(const char *const *array, size_t n, const char *string)
	__uik(sysfs_match_string);
#define sysfs_match_string(array, string) \
	__sysfs_match_string(array, ARRAY_SIZE(array), string)

/* Length of @prefix if @string begins with it, else 0. */
static inline size_t str_has_prefix(const char *string, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(string, prefix, length) ? 0 : length;
}

static inline bool strends(const char *string, const char *suffix)
{
	size_t length = strlen(string), end = strlen(suffix);

	return length >= end && !strcmp(string + length - end, suffix);
}

static inline bool mem_is_zero(const void *start, size_t bytes)
{
	return !memchr_inv(start, 0, bytes);
}

/** memcpy_and_pad - @count bytes of @src, then @pad up to @size; or cut. */
static inline void memcpy_and_pad(void *dst, size_t size, const void *src,
				  size_t count, int pad)
{
	size_t copied = count < size ? count : size;

	memcpy(dst, src, copied);
	memset((char *)dst + copied, pad, size - copied);
}

/* A text to an array of bytes that need not end in NUL, padded with @pad. */
#define strtomem_pad(array, src, pad) \
	do { \
		const char *uik_src = (src); \
		\
		/* A shorter one ends by itself, whatever gcc fears. */ \
		OPTIMIZER_HIDE_VAR(uik_src); \
		memcpy_and_pad(array, sizeof(array) + __must_be_array(array), \
			       uik_src, strnlen(uik_src, sizeof(array)), \
			       (pad)); \
	} while (0)

/* @count numbers. */
static inline void *memset16(u16 *start, u16 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		start[i] = value;
	return start;
}

static inline void *memset32(u32 *start, u32 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		start[i] = value;
	return start;
}

static inline void *memset64(u64 *start, u64 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		start[i] = value;
	return start;
}

static inline void *memset_l(unsigned long *start, unsigned long value,
			     size_t count)
{
	return memset64((u64 *)start, value, count);
}

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
