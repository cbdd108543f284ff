/* SPDX-License-Identifier: MIT */
/*
 * User memory, through one door.
 *
 * User memory is the memory of current's address space.  A bad pointer is an
 * error, never a crash: addresses at or above TASK_SIZE without any access,
 * others by what touching them gives.  Each user byte is fetched once.  A
 * failing copy moves every byte before the first that faults.
 *
 * How: on good pointers a plain copy whose faults a SIGSEGV and SIGBUS handler
 * turns into a result (other faults go on to the handler that was there
 * before).  Where that handler cannot run - the thread blocks these signals,
 * someone replaced it, valgrind runs - and for another process's memory,
 * process_vm_readv() and process_vm_writev(); where these are refused (ENOSYS,
 * EPERM), the own process's memory goes through a pipe.  A thread looks which of
 * the ways holds at its first copy, at every page it did not touch lately, and
 * at every 64th copy.
 *
 * Context: all functions may sleep; each call is one failure point
 * (UIK_FAIL_COPY), at which nothing is copied.
 */
#ifndef UIK_LINUX_UACCESS_H
#define UIK_LINUX_UACCESS_H

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/err.h>
#include <uik/abi.h>
#include <uik/task.h>

/* End of user addresses. */
#ifdef __aarch64__
#define TASK_SIZE 0x1000000000000ul
#else
#define TASK_SIZE 0x7ffffffff000ul
#endif
#define TASK_SIZE_MAX TASK_SIZE

/** access_ok - whether the range lies below TASK_SIZE; touches nothing. */
static inline bool access_ok(const void __user *addr, unsigned long size)
{
	return size <= TASK_SIZE && (unsigned long)addr <= TASK_SIZE - size;
}

/**
 * copy_from_user - fetch user memory.
 * @to: receives @n bytes; what could not be read is cleared
 * @from: user address
 * @n: bytes
 *
 * Return: bytes not copied, 0 on success.
 */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
	__uik(copy_from_user) __attribute__((__warn_unused_result__));

/** copy_to_user - store to user memory; returns bytes not copied. */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
	__uik(copy_to_user) __attribute__((__warn_unused_result__));

/** clear_user - store zeroes; returns bytes not cleared. */
unsigned long clear_user(void __user *to, unsigned long n) __uik(clear_user)
	__attribute__((__warn_unused_result__));

/** __copy_from_user, __copy_to_user - the same; the check is not skipped. */
#define __copy_from_user(to, from, n) copy_from_user((to), (from), (n))
#define __copy_to_user(to, from, n) copy_to_user((to), (from), (n))
#define __clear_user(to, n) clear_user((to), (n))
#define raw_copy_from_user(to, from, n) copy_from_user((to), (from), (n))
#define raw_copy_to_user(to, from, n) copy_to_user((to), (from), (n))

/**
 * get_user - fetch one scalar: get_user(x, ptr).
 *
 * Return: 0, or -EFAULT and x is 0.
 */
#define get_user(x, ptr)                                                 \
	({                                                               \
		typeof(*(ptr)) uik_value_;                               \
		int uik_error_ = copy_from_user(&uik_value_, (ptr),      \
						sizeof(uik_value_)) ?    \
					 -EFAULT : 0;                    \
		(x) = uik_error_ ? (typeof(x))0 : (typeof(x))uik_value_; \
		uik_error_;                                              \
	})

/** put_user - store one scalar: put_user(x, ptr); 0 or -EFAULT. */
#define put_user(x, ptr)                                                  \
	({                                                                \
		typeof(*(ptr)) uik_value_ = (typeof(*(ptr)))(x);          \
		copy_to_user((ptr), &uik_value_, sizeof(uik_value_)) ?    \
			-EFAULT : 0;                                      \
	})
#define __get_user(x, ptr) get_user(x, ptr)
#define __put_user(x, ptr) put_user(x, ptr)

/**
 * check_zeroed_user - whether user memory is all zero.
 * @from: user address
 * @size: bytes
 *
 * Stops at the first word that is not zero, before looking further.
 * Return: 1 all zero, 0 not, -EFAULT unreadable.
 */
int check_zeroed_user(const void __user *from, size_t size)
	__uik(check_zeroed_user);

/**
 * copy_struct_from_user - fetch a structure that may differ in size.
 * @dst: receives @ksize bytes
 * @ksize: bytes we know
 * @src: user address
 * @usize: bytes the caller has
 *
 * What the caller does not have becomes zero; what we do not know must be
 * zero, and is looked at before anything is copied.
 * Return: 0; -E2BIG a byte beyond @ksize is not zero; -EFAULT.
 * spec/10 section 10.3
 */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src,
			  size_t usize) __uik(copy_struct_from_user)
	__attribute__((__warn_unused_result__));

/**
 * copy_struct_to_user - store a structure that may differ in size.
 * @dst: user address
 * @usize: bytes the caller has; those beyond @ksize are cleared
 * @ignored_trailing: if not NULL, set to whether non-zero bytes did not fit
 *
 * Return: 0 or -EFAULT.
 */
int copy_struct_to_user(void __user *dst, size_t usize, const void *src,
			size_t ksize, bool *ignored_trailing)
	__uik(copy_struct_to_user) __attribute__((__warn_unused_result__));

/** strncpy_from_user - length without NUL (@count if none), or -EFAULT. */
long strncpy_from_user(char *dst, const char __user *src, long count)
	__uik(strncpy_from_user);
/**
 * strnlen_user - how long a text is.
 * @src: user address
 * @count: bytes that are looked at, at most
 *
 * Return: its length with the NUL; more than @count if there is no NUL in
 * them; 0 unreadable.
 */
long strnlen_user(const char __user *src, long count) __uik(strnlen_user);

/*
 * user_access_begin - whether the range lies below TASK_SIZE, as access_ok();
 * and between these two the unsafe_ forms go.  Each of those is a copy like the
 * others, so that nothing is lost where the check alone would not do.
 */
#define user_access_begin(ptr, len) access_ok((ptr), (len))
#define user_access_end() ((void)0)
#define user_read_access_begin(ptr, len) user_access_begin((ptr), (len))
#define user_read_access_end() user_access_end()
#define user_write_access_begin(ptr, len) user_access_begin((ptr), (len))
#define user_write_access_end() user_access_end()
static inline unsigned long user_access_save(void)
{
	return 0;
}

static inline void user_access_restore(unsigned long flags)
{
}

/* No address is masked here: the forms above are to be taken. */
#define can_do_masked_user_access() 0
#define masked_user_access_begin(ptr) (ptr)

/* Go on at @label when the access faults; @x is 0 then. */
#define unsafe_get_user(x, ptr, label) \
	do { \
		if (unlikely(get_user(x, ptr))) \
			goto label; \
	} while (0)
#define unsafe_put_user(x, ptr, label) \
	do { \
		if (unlikely(put_user(x, ptr))) \
			goto label; \
	} while (0)
#define unsafe_copy_from_user(dst, src, len, label) \
	do { \
		if (unlikely(copy_from_user((dst), (src), (len)))) \
			goto label; \
	} while (0)
#define unsafe_copy_to_user(dst, src, len, label) \
	do { \
		if (unlikely(copy_to_user((dst), (src), (len)))) \
			goto label; \
	} while (0)

/**
 * access_remote_vm - copy to or from any address space.
 * @mm: whose memory
 * @buf: @len bytes
 * @gup_flags: FOLL_WRITE stores @buf, else fetches into it
 *
 * Return: bytes copied.
 */
struct mm_struct;
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf,
		     int len, unsigned int gup_flags) __uik(access_remote_vm);
#define FOLL_WRITE 0x1u
#define FOLL_LONGTERM 0x100u

#endif
