/* SPDX-License-Identifier: MIT */
/* File descriptors. */
#ifndef UIK_LINUX_FILE_H
#define UIK_LINUX_FILE_H

#include <linux/types.h>
#include <linux/fs.h>
#include <uik/abi.h>
#include <uik/file.h>

/** fget - the file behind a number, counted; NULL if it is not ours. */
struct file *fget(unsigned int fd) __uik(fget);
/** fput - drop a file; the last one releases it, here and now. */
void fput(struct file *file) __uik(fput);
/** __fput_sync - the same: nothing is ever deferred here. */
void __fput_sync(struct file *file) __uik(fput_sync);

/**
 * get_unused_fd_flags - reserve the lowest free number.
 * @flags: O_CLOEXEC
 *
 * Context: may sleep.  Failure point (UIK_FAIL_OP): -EMFILE.
 * Return: the number; -EMFILE, -ENFILE, -ENOMEM.
 */
int get_unused_fd_flags(unsigned int flags) __uik(get_unused_fd_flags);
/** put_unused_fd - give a reserved number back. */
void put_unused_fd(unsigned int fd) __uik(put_unused_fd);
/** fd_install - a reserved number gets its file, and the caller's count. */
void fd_install(unsigned int fd, struct file *file) __uik(fd_install);

struct fd {
	struct file *file_;
};
static inline struct fd fdget(unsigned int fd)
{
	return (struct fd){ fget(fd) };
}
static inline void fdput(struct fd f)
{
	if (f.file_)
		fput(f.file_);
}
#define fd_file(f) ((f).file_)
#define fd_empty(f) (!(f).file_)

#endif
