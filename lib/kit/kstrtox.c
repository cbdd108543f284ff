/* SPDX-License-Identifier: MIT */
/* Strict numbers from text, ours and the user's. */
#include <linux/kstrtox.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <linux/limits.h>
#include <linux/uaccess.h>

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

/* A type whose every value is one of @wide's. */
#define NARROW(name, type, wide, wide_type) \
	int name(const char *text, unsigned int base, type *out) \
	{ \
		wide_type value; \
		int rc = wide(text, base, &value); \
\
		if (rc) \
			return rc; \
		if (value != (type)value) \
			return -ERANGE; \
		*out = value; \
		return 0; \
	}

NARROW(kstrtoul, unsigned long, kstrtoull, unsigned long long)
NARROW(kstrtol, long, kstrtoll, long long)
NARROW(kstrtouint, unsigned int, kstrtoull, unsigned long long)
NARROW(kstrtoint, int, kstrtoll, long long)
NARROW(kstrtou16, u16, kstrtoull, unsigned long long)
NARROW(kstrtos16, s16, kstrtoll, long long)
NARROW(kstrtou8, u8, kstrtoull, unsigned long long)
NARROW(kstrtos8, s8, kstrtoll, long long)

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

/* No number is longer, in binary and with sign, newline and NUL. */
#define NUMBER_MAX (1 + 64 + 1 + 1)

/* The text of a number; false: unreadable. */
static bool fetch_number(char *out, const char __user *text, size_t count)
{
	if (count > NUMBER_MAX - 1)
		count = NUMBER_MAX - 1;
	out[count] = '\0';
	return !copy_from_user(out, text, count);
}

#define FROM_USER(name, type) \
	int name##_from_user(const char __user *text, size_t count, \
			     unsigned int base, type *out) \
	{ \
		char copy[NUMBER_MAX]; \
\
		if (!fetch_number(copy, text, count)) \
			return -EFAULT; \
		return name(copy, base, out); \
	}

FROM_USER(kstrtoull, unsigned long long)
FROM_USER(kstrtoll, long long)
FROM_USER(kstrtoul, unsigned long)
FROM_USER(kstrtol, long)
FROM_USER(kstrtouint, unsigned int)
FROM_USER(kstrtoint, int)
FROM_USER(kstrtou16, u16)
FROM_USER(kstrtos16, s16)
FROM_USER(kstrtou8, u8)
FROM_USER(kstrtos8, s8)

int kstrtobool_from_user(const char __user *text, size_t count, bool *out)
{
	char copy[NUMBER_MAX];

	if (!fetch_number(copy, text, count))
		return -EFAULT;
	return kstrtobool(copy, out);
}
