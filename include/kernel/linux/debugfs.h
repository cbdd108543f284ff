/* SPDX-License-Identifier: MIT */
/*
 * A tree of named values for people who debug.  It lives in the machine's
 * memory; uik_debugfs_read(), uik_debugfs_write() and uik_debugfs_list() are
 * how one gets at it.
 */
#ifndef UIK_LINUX_DEBUGFS_H
#define UIK_LINUX_DEBUGFS_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <uik/abi.h>

struct dentry;
struct file_operations;

/**
 * debugfs_create_dir - a directory.
 * @name: copied
 * @parent: NULL: the top; an error pointer is passed on
 *
 * Return: the directory; ERR_PTR(-EEXIST) or -ENOMEM.
 */
struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
	__uik(debugfs_create_dir);
/** debugfs_create_bool - a value shown as Y or N. */
void debugfs_create_bool(const char *name, umode_t mode, struct dentry *parent,
			 bool *value) __uik(debugfs_create_bool);
/** debugfs_create_u8 - a value shown in decimal. */
void debugfs_create_u8(const char *name, umode_t mode, struct dentry *parent,
		       u8 *value) __uik(debugfs_create_u8);
/** debugfs_create_u32 - a value shown in decimal. */
void debugfs_create_u32(const char *name, umode_t mode, struct dentry *parent,
			u32 *value) __uik(debugfs_create_u32);
/** debugfs_create_u64 - a value shown in decimal. */
void debugfs_create_u64(const char *name, umode_t mode, struct dentry *parent,
			u64 *value) __uik(debugfs_create_u64);
/** debugfs_create_ulong - a value shown in decimal. */
void debugfs_create_ulong(const char *name, umode_t mode, struct dentry *parent,
			  unsigned long *value) __uik(debugfs_create_ulong);
/** debugfs_create_x32 - a value shown in hexadecimal. */
void debugfs_create_x32(const char *name, umode_t mode, struct dentry *parent,
			u32 *value) __uik(debugfs_create_x32);
/** debugfs_create_x64 - a value shown in hexadecimal. */
void debugfs_create_x64(const char *name, umode_t mode, struct dentry *parent,
			u64 *value) __uik(debugfs_create_x64);
/** debugfs_create_atomic_t - a value shown in decimal. */
void debugfs_create_atomic_t(const char *name, umode_t mode,
			     struct dentry *parent, atomic_t *value)
	__uik(debugfs_create_atomic_t);
/** debugfs_remove - an entry and all below it; NULL and errors are fine. */
void debugfs_remove(struct dentry *entry) __uik(debugfs_remove);
#define debugfs_remove_recursive debugfs_remove
/** debugfs_lookup - an entry by name; NULL.  Borrowed. */
struct dentry *debugfs_lookup(const char *name, struct dentry *parent)
	__uik(debugfs_lookup);
/** debugfs_initialized - yes. */
static inline bool debugfs_initialized(void)
{
	return true;
}

/**
 * uik_debugfs_read - a value as text, without newline.
 * @path: names separated by '/', from the top of the caller's machine
 *
 * Return: its length; -ENOENT, -EISDIR, -EACCES (mode), -ENOSPC.
 */
int uik_debugfs_read(const char *path, char *buf, size_t size) __uik_export;
/** uik_debugfs_write - set a value: 0, -ENOENT, -EISDIR, -EACCES, -EINVAL. */
int uik_debugfs_write(const char *path, const char *text) __uik_export;
/** uik_debugfs_list - visit all entries, parents first; paths as above. */
void uik_debugfs_list(void (*visit)(const char *path, bool directory,
				    void *arg), void *arg) __uik_export;

#endif
