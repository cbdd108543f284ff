/* SPDX-License-Identifier: MIT */
/* Open files and what can be done with them. */
#ifndef UIK_LINUX_FS_H
#define UIK_LINUX_FS_H

#include <fcntl.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/mm_types.h>
#include <linux/poll.h>
#include <uik/abi.h>

struct module;
struct inode;
struct seq_file;
struct uik_machine;

#define FMODE_READ ((fmode_t)0x1)
#define FMODE_WRITE ((fmode_t)0x2)
#define FMODE_LSEEK ((fmode_t)0x4)
#define FMODE_PREAD ((fmode_t)0x8)
#define FMODE_PWRITE ((fmode_t)0x10)

struct inode {
	void *i_private;
	umode_t i_mode;
	dev_t i_rdev;			/* of a device node */
};

/* NULL operations: read and write EINVAL, ioctl ENOTTY, mmap ENODEV. */
struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	ssize_t (*read)(struct file *file, char __user *buf, size_t count,
			loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf,
			 size_t count, loff_t *pos);
	__poll_t (*poll)(struct file *file, struct poll_table_struct *wait);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd,
			       unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int cmd,
			     unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file, void *id);
	int (*release)(struct inode *inode, struct file *file);
	void (*show_fdinfo)(struct seq_file *out, struct file *file);
};

/* Memory of a struct file is never reused for anything else. */
struct file {
	long f_count;			/* atomic; 0: free */
	const struct file_operations *f_op;
	void *private_data;		/* the operations' own */
	unsigned int f_flags;		/* O_* */
	fmode_t f_mode;
	loff_t f_pos;
	struct uik_machine *machine;	/* borrowed: outlives its files */
	struct inode *f_inode;		/* = &inode_ */
	const char *name;		/* borrowed, static */
	int host_fd_;			/* epoll descriptor, or -1 */
	int event_fd_;			/* what it watches, or -1 */
	bool readable_;			/* what the client's poll sees */
	struct inode inode_;
	struct file *next_free_;
};

/** get_file - one more user. */
static inline struct file *get_file(struct file *file)
{
	__atomic_fetch_add(&file->f_count, 1, __ATOMIC_RELAXED);
	return file;
}

static inline struct inode *file_inode(const struct file *file)
{
	return file->f_inode;
}

static inline long file_count(const struct file *file)
{
	return __atomic_load_n(&file->f_count, __ATOMIC_RELAXED);
}

#define iminor(inode) (0u)

static inline loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

/** stream_open - no positions, neither read nor seek. */
static inline int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode &= ~FMODE_LSEEK;
	return 0;
}

/** nonseekable_open - the same here. */
static inline int nonseekable_open(struct inode *inode, struct file *file)
{
	return stream_open(inode, file);
}

static inline loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

#endif
