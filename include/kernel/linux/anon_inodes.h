/* SPDX-License-Identifier: MIT */
/* Files that are nothing but their operations. */
#ifndef UIK_LINUX_ANON_INODES_H
#define UIK_LINUX_ANON_INODES_H

#include <linux/types.h>
#include <linux/err.h>
#include <uik/abi.h>

struct file;
struct file_operations;

/**
 * anon_inode_getfile - a new file with no name.
 * @name: borrowed for the file's life
 * @fops: borrowed for the file's life
 * @priv: its private_data
 * @flags: O_RDWR, O_NONBLOCK...
 *
 * Context: may sleep.  Failure point (UIK_FAIL_ALLOC).
 * Return: the file, one count for the caller; ERR_PTR(-ENOMEM), -ENFILE.
 */
struct file *anon_inode_getfile(const char *name,
				const struct file_operations *fops, void *priv,
				int flags) __uik(anon_inode_getfile);
/** anon_inode_getfd - the same with a number installed; or -errno. */
int anon_inode_getfd(const char *name, const struct file_operations *fops,
		     void *priv, int flags) __uik(anon_inode_getfd);

#endif
