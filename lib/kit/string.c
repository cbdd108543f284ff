/* SPDX-License-Identifier: MIT */
/* Strings, strict numbers, and allocated bit arrays. */
#include <errno.h>
#include <stdlib.h>
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
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

/* Whether @text ends here, but for one newline. */
static bool number_ends(const char *text)
{
	return !*text || !strcmp(text, "\n");
}

static bool is_digit_in(char c, unsigned int base)
{
	unsigned int digit = c >= '0' && c <= '9' ? c - '0' :
			     (c | 32) >= 'a' && (c | 32) <= 'f' ?
				     (c | 32) - 'a' + 10 : 16;

	return digit < base;
}

/* Resolves base 0 and skips the prefix of the base. */
static const char *number_start(const char *text, unsigned int *base)
{
	bool hex = text[0] == '0' && (text[1] | 32) == 'x' &&
		   is_digit_in(text[2], 16);

	if (!*base)
		*base = hex ? 16 : text[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? text + 2 : text;
}

int kstrtoull(const char *text, unsigned int base, unsigned long long *out)
{
	unsigned long long value;
	char *end;

	text += *text == '+';
	text = number_start(text, &base);
	/* strtoull() also takes white space and signs: not here. */
	if (!is_digit_in(*text, base))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, base);
	if (!number_ends(end))
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*out = value;
	return 0;
}

int kstrtoll(const char *text, unsigned int base, long long *out)
{
	unsigned long long magnitude;
	bool negative = *text == '-';
	int rc;

	if (negative && text[1] == '+')
		return -EINVAL;
	rc = kstrtoull(text + negative, base, &magnitude);
	if (rc)
		return rc;
	if (magnitude > (unsigned long long)LLONG_MAX + negative)
		return -ERANGE;
	*out = negative ? (long long)(0 - magnitude) : (long long)magnitude;
	return 0;
}

int kstrtoul(const char *text, unsigned int base, unsigned long *out)
{
	unsigned long long value;
	int rc = kstrtoull(text, base, &value);

	if (!rc)
		*out = value;
	return rc;
}

int kstrtol(const char *text, unsigned int base, long *out)
{
	long long value;
	int rc = kstrtoll(text, base, &value);

	if (!rc)
		*out = value;
	return rc;
}

int kstrtouint(const char *text, unsigned int base, unsigned int *out)
{
	unsigned long long value;
	int rc = kstrtoull(text, base, &value);

	if (rc)
		return rc;
	if (value > UINT_MAX)
		return -ERANGE;
	*out = value;
	return 0;
}

int kstrtoint(const char *text, unsigned int base, int *out)
{
	long long value;
	int rc = kstrtoll(text, base, &value);

	if (rc)
		return rc;
	if (value > INT_MAX || value < INT_MIN)
		return -ERANGE;
	*out = value;
	return 0;
}

int kstrtobool(const char *text, bool *out)
{
	if (!*text)
		return -EINVAL;
	if (strchr("yYtT1", *text) || !strncasecmp(text, "on", 2))
		*out = true;
	else if (strchr("nNfF0", *text) || !strncasecmp(text, "of", 2))
		*out = false;
	else
		return -EINVAL;
	return 0;
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
