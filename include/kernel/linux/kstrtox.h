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
int __must_check kstrtou16(const char *text, unsigned int base, u16 *out)
	__uik(kstrtou16);
int __must_check kstrtos16(const char *text, unsigned int base, s16 *out)
	__uik(kstrtos16);
int __must_check kstrtou8(const char *text, unsigned int base, u8 *out)
	__uik(kstrtou8);
int __must_check kstrtos8(const char *text, unsigned int base, s8 *out)
	__uik(kstrtos8);
/* y, Y, t, T, 1, on: true; n, N, f, F, 0, off: false. */
int __must_check kstrtobool(const char *text, bool *out) __uik(kstrtobool);

static inline int __must_check kstrtou64(const char *text, unsigned int base,
					 u64 *out)
{
	return kstrtoull(text, base, out);
}

static inline int __must_check kstrtos64(const char *text, unsigned int base,
					 s64 *out)
{
	return kstrtoll(text, base, out);
}

static inline int __must_check kstrtos32(const char *text, unsigned int base,
					 s32 *out)
{
	return kstrtoint(text, base, out);
}

static inline int __must_check kstrtou32(const char *text, unsigned int base,
					 u32 *out)
{
	return kstrtouint(text, base, out);
}

/*
 * From @count bytes of user memory; also -EFAULT.  A text too long for a number
 * is cut.  Context: may sleep; one failure point.
 */
#define uik_kstrto_user(name, type) \
	int __must_check name##_from_user(const char __user *text, \
					  size_t count, unsigned int base, \
					  type *out) __uik(name##_from_user)
uik_kstrto_user(kstrtoull, unsigned long long);
uik_kstrto_user(kstrtoll, long long);
uik_kstrto_user(kstrtoul, unsigned long);
uik_kstrto_user(kstrtol, long);
uik_kstrto_user(kstrtouint, unsigned int);
uik_kstrto_user(kstrtoint, int);
uik_kstrto_user(kstrtou16, u16);
uik_kstrto_user(kstrtos16, s16);
uik_kstrto_user(kstrtou8, u8);
uik_kstrto_user(kstrtos8, s8);
int __must_check kstrtobool_from_user(const char __user *text, size_t count,
				      bool *out) __uik(kstrtobool_from_user);
#define kstrtou64_from_user(text, count, base, out) \
	kstrtoull_from_user((text), (count), (base), (out))
#define kstrtos64_from_user(text, count, base, out) \
	kstrtoll_from_user((text), (count), (base), (out))
#define kstrtou32_from_user(text, count, base, out) \
	kstrtouint_from_user((text), (count), (base), (out))
#define kstrtos32_from_user(text, count, base, out) \
	kstrtoint_from_user((text), (count), (base), (out))

#endif
