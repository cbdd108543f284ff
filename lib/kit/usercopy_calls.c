/* SPDX-License-Identifier: MIT */
/*
 * User copies by system calls, which answer a bad pointer with an error.
 *
 * process_vm_readv() and process_vm_writev() are for that, but not everybody
 * has them: some containers forbid them, and qemu-user does not know them.
 * Memory of this process then goes through a pipe: write() reads it and read()
 * writes it, with the same answer to a bad pointer.  Memory of another process
 * has no such way.
 */
#include "kit/usercopy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/mm_types.h>

/* Known once a call was refused; atomic, and never taken back. */
static bool calls_refused;

/*
 * One page at a time, because these calls say only in whole pages how far they
 * came; and an empty pipe has room for a page.
 */
static size_t page_part(uintptr_t at, size_t n)
{
	size_t room = 4096 - (at & 4095);

	return n < room ? n : room;
}

static pid_t pid_of(const struct mm_struct *mm)
{
	return mm->own ? getpid() : mm->pid;
}

/*
 * A pipe for one copy: nothing to share between threads or across a fork.  Raw
 * calls, because what stands before those of libc - sanitizers, a preloaded
 * library - would touch the memory itself.
 */
static size_t through_pipe(void *to, const void *from, uintptr_t user, size_t n)
{
	int ends[2];

	if (syscall(SYS_pipe2, ends, O_CLOEXEC))
		return n;
	while (n) {
		long part = (long)page_part(user, n);

		if (syscall(SYS_write, ends[1], from, part) != part ||
		    syscall(SYS_read, ends[0], to, part) != part)
			break;
		to = (char *)to + part;
		from = (const char *)from + part;
		user += part;
		n -= part;
	}
	syscall(SYS_close, ends[0]);
	syscall(SYS_close, ends[1]);
	return n;
}

/*
 * Whether that error of a copy within @mm says that there are no such calls.
 * Nobody is forbidden its own memory but by a filter of system calls.
 */
static bool refused(const struct mm_struct *mm, int error)
{
	if (!mm->own || (error != ENOSYS && error != EPERM))
		return false;
	__atomic_store_n(&calls_refused, true, __ATOMIC_RELAXED);
	return true;
}

static bool use_pipe(const struct mm_struct *mm)
{
	return mm->own && __atomic_load_n(&calls_refused, __ATOMIC_RELAXED);
}

size_t foreign_read(const struct mm_struct *mm, void *buf, uintptr_t from,
		    size_t n)
{
	pid_t pid = pid_of(mm);

	while (n && !use_pipe(mm)) {
		size_t part = page_part(from, n);
		struct iovec local = { buf, part };
		struct iovec remote = { (void *)from, part };
		ssize_t done = process_vm_readv(pid, &local, 1, &remote, 1, 0);

		if (done < 0 && refused(mm, errno))
			break;
		if (done != (ssize_t)part)
			return n;
		buf = (char *)buf + part;
		from += part;
		n -= part;
	}
	return n ? through_pipe(buf, (void *)from, from, n) : 0;
}

size_t foreign_write(const struct mm_struct *mm, uintptr_t to, const void *buf,
		     size_t n)
{
	pid_t pid = pid_of(mm);

	while (n && !use_pipe(mm)) {
		size_t part = page_part(to, n);
		struct iovec local = { (void *)buf, part };
		struct iovec remote = { (void *)to, part };
		ssize_t done = process_vm_writev(pid, &local, 1, &remote, 1, 0);

		if (done < 0 && refused(mm, errno))
			break;
		if (done != (ssize_t)part)
			return n;
		buf = (const char *)buf + part;
		to += part;
		n -= part;
	}
	return n ? through_pipe((void *)to, buf, to, n) : 0;
}
