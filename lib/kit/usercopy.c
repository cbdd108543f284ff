/* SPDX-License-Identifier: MIT */
/*
 * User memory: the functions of <linux/uaccess.h>.
 */
#include <linux/uaccess.h>

#include <string.h>
#include <linux/compiler.h>
#include <linux/mm_types.h>
#include <linux/slab.h>

#include "kit/slab.h"
#include "kit/usercopy.h"

#define CALLER __builtin_return_address(0)
#define SCAN_PART 64u

/* Nobody watches, and [@user, @user + @n) may be touched here and now. */
static __always_inline bool may_go_straight(const void *user, size_t n)
{
	return user_is_own() &&
	       uik_likely(fault_trusts_unseen((uintptr_t)user, n));
}

/* One failure point for a copy: true when it must fail. */
static bool copy_point(const void *user, size_t n, bool write, const void *site)
{
	if (uik_hooks)
		uik_point_slow(UIK_POINT_COPY, user, (uint32_t)n, write, site);
	return uik_is_watched() && uik_fail_slow(UIK_FAIL_COPY, site);
}

static size_t fetch(void *to, const void *from, size_t n)
{
	const struct mm_struct *mm = current->mm;
	size_t before = mm->own ? fault_before_hole((uintptr_t)from, n) : n;
	size_t after = n - before;

	if (uik_unlikely(!before))
		return after;
	if (!mm->own || !fault_may_touch((uintptr_t)from, before))
		return foreign_read(mm, to, (uintptr_t)from, before) + after;
	return uik_raw_copy(to, from, before) + after;
}

static size_t store(void *to, const void *from, size_t n)
{
	const struct mm_struct *mm = current->mm;
	size_t before = mm->own ? fault_before_hole((uintptr_t)to, n) : n;
	size_t after = n - before;

	if (uik_unlikely(!before))
		return after;
	if (!mm->own || !fault_may_touch((uintptr_t)to, before))
		return foreign_write(mm, (uintptr_t)to, from, before) + after;
	return uik_raw_copy(to, from, before) + after;
}

static noinline unsigned long fetch_checked(void *to, const void *from,
					    unsigned long n)
{
	unsigned long left = n;

	if (!n)
		return 0;
	check_ours(to, n, true);
	if (access_ok(from, n))
		left = fetch(to, from, n);
	if (left)
		memset((char *)to + n - left, 0, left);
	return left;
}

static noinline unsigned long fetch_watched(void *to, const void *from,
					    unsigned long n, const void *site)
{
	if (!copy_point(from, n, false, site))
		return fetch_checked(to, from, n);
	memset(to, 0, n);
	return n;
}

static noinline unsigned long fetch_slow(void *to, const void *from,
					 unsigned long n, const void *site)
{
	return uik_is_watched() ? fetch_watched(to, from, n, site) :
				  fetch_checked(to, from, n);
}

unsigned long copy_from_user(void *to, const void *from, unsigned long n)
{
	if (uik_unlikely(!may_go_straight(from, n)))
		return fetch_slow(to, from, n, CALLER);
	check_ours(to, n, true);
	return uik_raw_fetch(to, from, n);
}

static noinline unsigned long store_slow(void *to, const void *from,
					 unsigned long n, const void *site)
{
	if (copy_point(to, n, true, site))
		return n;
	if (!n)
		return 0;
	check_ours(from, n, false);
	return access_ok(to, n) ? store(to, from, n) : n;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long n)
{
	if (uik_unlikely(!may_go_straight(to, n)))
		return store_slow(to, from, n, CALLER);
	check_ours(from, n, false);
	return uik_raw_copy(to, from, n);
}

static size_t wipe(void *to, size_t n)
{
	static const char zeroes[SCAN_PART];
	const struct mm_struct *mm = current->mm;
	size_t part, left;

	if (mm->own && fault_may_touch((uintptr_t)to, n))
		return uik_raw_clear(to, n);
	for (left = n; left; left -= part, to = (char *)to + part) {
		part = left < SCAN_PART ? left : SCAN_PART;
		n = foreign_write(mm, (uintptr_t)to, zeroes, part);
		if (n)
			return left - part + n;
	}
	return 0;
}

unsigned long clear_user(void *to, unsigned long n)
{
	if (copy_point(to, n, true, CALLER))
		return n;
	if (!n)
		return 0;
	return access_ok(to, n) ? wipe(to, n) : n;
}

/* 1, 0 or -EFAULT; parts end at multiples of their size, so within pages. */
static int scan_foreign(const struct mm_struct *mm, uintptr_t from, size_t n)
{
	char buf[SCAN_PART];
	size_t part, i;

	for (; n; n -= part, from += part) {
		part = SCAN_PART - from % SCAN_PART;
		part = n < part ? n : part;
		if (foreign_read(mm, buf, from, part))
			return -EFAULT;
		for (i = 0; i < part; i++)
			if (buf[i])
				return 0;
	}
	return 1;
}

static int scan(const void *from, size_t n)
{
	const struct mm_struct *mm = current->mm;
	size_t before, left;
	char seen = 0;

	if (!n)
		return 1;
	if (!access_ok(from, n))
		return -EFAULT;
	before = mm->own ? fault_before_hole((uintptr_t)from, n) : n;
	if (!before)
		return -EFAULT;
	if (!mm->own || !fault_may_touch((uintptr_t)from, before)) {
		int zeroed = scan_foreign(mm, (uintptr_t)from, before);

		return zeroed == 1 && before < n ? -EFAULT : zeroed;
	}
	left = uik_raw_scan(from, before, &seen);
	if (seen)
		return 0;
	return left || before < n ? -EFAULT : 1;
}

int check_zeroed_user(const void *from, size_t size)
{
	if (copy_point(from, size, false, CALLER))
		return -EFAULT;
	return scan(from, size);
}

int copy_struct_from_user(void *dst, size_t ksize, const void *src,
			  size_t usize)
{
	size_t size = ksize < usize ? ksize : usize;
	int zeroed;

	if (uik_likely(usize <= ksize)) {
		if (usize < ksize)
			memset((char *)dst + usize, 0, ksize - usize);
		if (uik_likely(may_go_straight(src, size))) {
			check_ours(dst, size, true);
			return uik_raw_fetch(dst, src, size) ? -EFAULT : 0;
		}
	}
	if (copy_point(src, usize, false, CALLER))
		return -EFAULT;
	if (usize > ksize) {
		zeroed = scan((const char *)src + ksize, usize - ksize);
		if (zeroed <= 0)
			return zeroed ? zeroed : -E2BIG;
	}
	return fetch_checked(dst, src, size) ? -EFAULT : 0;
}

static bool is_zero(const char *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

int copy_struct_to_user(void *dst, size_t usize, const void *src, size_t ksize,
			bool *ignored_trailing)
{
	size_t size = ksize < usize ? ksize : usize;

	if (copy_point(dst, usize, true, CALLER) || !access_ok(dst, usize))
		return -EFAULT;
	if (usize > ksize && wipe((char *)dst + size, usize - size))
		return -EFAULT;
	if (ignored_trailing)
		*ignored_trailing = ksize > usize &&
			!is_zero((const char *)src + size, ksize - size);
	check_ours(src, size, false);
	return size && store(dst, src, size) ? -EFAULT : 0;
}

/* Fills the new @block; frees it and is an error if that fails. */
static void *fill(void *block, const void *src, size_t size, const void *site)
{
	if (!block)
		return ERR_PTR(-ENOMEM);
	if (copy_point(src, size, false, site) ||
	    fetch_checked(block, src, size)) {
		kvfree(block);
		return ERR_PTR(-EFAULT);
	}
	return block;
}

void *memdup_user(const void *src, size_t size)
{
	return fill(slab_alloc_at(size, GFP_USER, CALLER), src, size, CALLER);
}

void *vmemdup_user(const void *src, size_t size)
{
	return fill(slab_valloc_at(size, GFP_USER, CALLER), src, size, CALLER);
}

void *memdup_array_user(const void *src, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return ERR_PTR(-EOVERFLOW);
	return fill(slab_alloc_at(bytes, GFP_USER, CALLER), src, bytes, CALLER);
}

void *vmemdup_array_user(const void *src, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return ERR_PTR(-EOVERFLOW);
	return fill(slab_valloc_at(bytes, GFP_USER, CALLER), src, bytes,
		    CALLER);
}

static void *duplicate_nul(const void *src, size_t size, const void *site)
{
	size_t bytes;
	char *copy;

	if (__builtin_add_overflow(size, 1, &bytes))
		return ERR_PTR(-ENOMEM);
	copy = fill(slab_alloc_at(bytes, GFP_USER, site), src, size, site);
	if (!IS_ERR(copy))
		copy[size] = '\0';
	return copy;
}

void *memdup_user_nul(const void *src, size_t size)
{
	return duplicate_nul(src, size, CALLER);
}

/* Up to the NUL or the end; the length without it, @count: none; -EFAULT. */
static long fetch_text(char *dst, const char *src, long count)
{
	char byte;
	long i;

	for (i = 0; i < count; i++) {
		/* Any number may be an address: no arithmetic of pointers. */
		const void *at = (const void *)((uintptr_t)src + i);

		if (!access_ok(at, 1) || fetch(&byte, at, 1))
			return -EFAULT;
		if (dst)
			dst[i] = byte;
		if (!byte)
			return i;
	}
	return count;
}

long strncpy_from_user(char *dst, const char *src, long count)
{
	if (copy_point(src, count, false, CALLER))
		return -EFAULT;
	return fetch_text(dst, src, count);
}

static long text_length(const char *src, long count, const void *site)
{
	long length;

	if (copy_point(src, count, false, site))
		return 0;
	length = fetch_text(NULL, src, count);
	return length < 0 ? 0 : length + 1;
}

long strnlen_user(const char *src, long count)
{
	return text_length(src, count, CALLER);
}

char *strndup_user(const char *src, long n)
{
	long length = text_length(src, n, CALLER);

	if (!length)
		return ERR_PTR(-EFAULT);
	if (length > n)
		return ERR_PTR(-EINVAL);
	/* The last byte may have changed since: it is what we put there. */
	return duplicate_nul(src, length - 1, CALLER);
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf,
		     int len, unsigned int gup_flags)
{
	bool write = gup_flags & FOLL_WRITE;
	size_t left = len;

	if (len <= 0 || copy_point((void *)addr, len, write, CALLER) ||
	    !access_ok((void *)addr, len))
		return 0;
	check_ours(buf, len, !write);
	if (!mm->own || !fault_may_touch(addr, len))
		left = write ? foreign_write(mm, addr, buf, len) :
			       foreign_read(mm, buf, addr, len);
	else
		left = write ? uik_raw_copy((void *)addr, buf, len) :
			       uik_raw_copy(buf, (void *)addr, len);
	return len - (int)left;
}
