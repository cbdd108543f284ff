/* SPDX-License-Identifier: MIT */
/*
 * Strict numbers from text: the whole text (but for one trailing newline) is a
 * number in @base (0: by its prefix).  Return: 0, -EINVAL for no number,
 * -ERANGE when it does not fit.
 */
#ifndef UIK_LINUX_KSTRTOX_H
#define UIK_LINUX_KSTRTOX_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <uik/abi.h>

int __must_check kstrtoull(const char *text, unsigned int base,
			   unsigned long long *out) __uik(kstrtoull);
int __must_check kstrtoll(const char *text, unsigned int base,
			  long long *out) __uik(kstrtoll);
int __must_check kstrtoul(const char *text, unsigned int base,
			  unsigned long *out) __uik(kstrtoul);
int __must_check kstrtol(const char *text, unsigned int base, long *out)
	__uik(kstrtol);
int __must_check kstrtouint(const char *text, unsigned int base,
			    unsigned int *out) __uik(kstrtouint);
int __must_check kstrtoint(const char *text, unsigned int base, int *out)
	__uik(kstrtoint);
/* y, Y, t, T, 1, on: true; n, N, f, F, 0, off: false. */
int __must_check kstrtobool(const char *text, bool *out) __uik(kstrtobool);

static inline int __must_check kstrtou64(const char *text, unsigned int base,
					 u64 *out)
{
	return kstrtoull(text, base, out);
}

static inline int __must_check kstrtou32(const char *text, unsigned int base,
					 u32 *out)
{
	return kstrtouint(text, base, out);
}

#endif
