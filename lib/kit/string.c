/* SPDX-License-Identifier: MIT */
/* Strings, and allocated bit arrays. */
#include <ctype.h>
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

ssize_t uik_strscpy(char *dst, const char *src, size_t size)
{
	size_t length = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (length < size) {
		memcpy(dst, src, length + 1);
		return length;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = 0;
	return -E2BIG;
}

ssize_t uik_strscpy_pad(char *dst, const char *src, size_t size)
{
	ssize_t length = uik_strscpy(dst, src, size);

	if (length >= 0)
		memset(dst + length, 0, size - length);
	return length;
}

void *memchr_inv(const void *start, int c, size_t bytes)
{
	const u8 *byte = start;

	for (; bytes; bytes--, byte++)
		if (*byte != (u8)c)
			return (void *)byte;
	return NULL;
}

bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return true;
	return (!*a && !strcmp(b, "\n")) || (!*b && !strcmp(a, "\n"));
}

int match_string(const char *const *array, size_t n, const char *string)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], string))
			return i;
	return -EINVAL;
}

int __sysfs_match_string(const char *const *array, size_t n, const char *string)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (sysfs_streq(array[i], string))
			return i;
	return -EINVAL;
}

char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)text;
}

char *strim(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	text[length] = '\0';
	return skip_spaces(text);
}

char *strnchr(const char *text, size_t count, int c)
{
	for (; count--; text++) {
		if (*text == (char)c)
			return (char *)text;
		if (!*text)
			return NULL;
	}
	return NULL;
}

char *strreplace(char *text, char old, char new)
{
	for (char *at = text; *at; at++)
		if (*at == old)
			*at = new;
	return text;
}

unsigned long *bitmap_alloc(unsigned int nbits, gfp_t flags)
{
	return kmalloc_array(BITS_TO_LONGS(nbits), sizeof(long), flags);
}

unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
{
	return kcalloc(BITS_TO_LONGS(nbits), sizeof(long), flags);
}

void bitmap_free(const unsigned long *bitmap)
{
	kfree(bitmap);
}

void *uik_alloc_percpu(size_t size)
{
	return kcalloc(NR_CPUS, ALIGN(size, L1_CACHE_BYTES), GFP_KERNEL);
}

void free_percpu(void *p)
{
	kfree(p);
}
