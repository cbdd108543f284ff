// SPDX-License-Identifier: MIT
/*
 * Descriptors: open, close, dup, and what is read, written and asked through
 * them.  What a file does is its operations' business; this file gives Linux's
 * answers where an operation is absent, and the checks Linux makes before it.
 */
#include <limits.h>
#include <linux/fiemap.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uik/file.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>

#include "client/entry.h"
#include "client/vfs.h"
#include "client/vfs_populate.h"
#include "objects/objects.h"

/* The kit's <linux/fs.h> has what drivers need of it. */
#ifndef FIGETBSZ
#define FIGETBSZ _IO(0x00, 2)
#endif
#ifndef FS_IOC_FIEMAP
#define FS_IOC_FIEMAP _IOWR('f', 11, struct fiemap)
#endif
/* Linux's own cap on one read or write with 4 KiB pages. */
#define RW_MAX_COUNT 0x7ffff000ul
#define USER_END 0x7ffffffff000ul

struct uik_machine *client_machine(struct uiommufd_platform *platform)
{
	return platform ? uiommufd_platform_machine(platform) :
			  uik_this_machine();
}

int client_install(struct file *file, int fd)
{
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static fmode_t mode_of(int flags)
{
	int access = flags & O_ACCMODE;

	return (access != O_WRONLY ? FMODE_READ : 0) |
	       (access != O_RDONLY ? FMODE_WRITE : 0);
}

static struct file *context_file(enum iommufd_account_mode mode, int flags,
				 dev_t rdev)
{
	struct file *file = iommufd_ctx_open(&iommufd_model, mode, flags);

	if (!IS_ERR(file)) {
		/* A device node's file has positions, used or not. */
		file->f_mode = mode_of(flags) | FMODE_PREAD | FMODE_PWRITE;
		file->f_inode->i_mode = S_IFCHR;
		file->f_inode->i_rdev = rdev;
	}
	return file;
}

int client_open_context(struct uiommufd_platform *platform,
			enum iommufd_account_mode mode, int flags, dev_t rdev)
{
	struct uik_machine *outer = uik_enter(client_machine(platform));
	int fd;

	uik_point(UIK_POINT_CALL, NULL, 0, false);
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd >= 0)
		fd = client_install(context_file(mode, flags, rdev), fd);
	uik_point(UIK_POINT_RETURN, NULL, 0, false);
	uik_leave(outer);
	return fd;
}

int uiommufd_open(struct uiommufd_platform *platform, int flags)
{
	return entry_result(client_open_context(
		platform, IOMMUFD_ACCOUNT_DEFAULT, flags,
		makedev(VFS_MISC_MAJOR, VFS_IOMMU_MINOR)));
}

int uiommufd_open_path(struct uiommufd_platform *platform, const char *path,
		       int flags)
{
	struct vfs_node node;
	int ret = path ? vfs_find(platform, path, VFS_FOLLOW, &node) : -EFAULT;

	if (ret)
		return entry_result(ret);
	return entry_result(vfs_open(platform, &node, flags));
}

int uiommufd_close(int fd)
{
	struct entry entry;
	int ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = uik_fd_close(fd);
	entry_end(&entry);
	return entry_result(ret);
}

/*
 * What Linux does with any file before it asks the driver.  None of these
 * numbers is ours, so they are looked at when nobody wants them.
 */
static long generic_ioctl(struct file *file, int fd, unsigned int request,
			  void *arg)
{
	int on;

	switch (request) {
	case FIOCLEX:
		return fcntl(fd, F_SETFD, FD_CLOEXEC) ? -errno : 0;
	case FIONCLEX:
		return fcntl(fd, F_SETFD, 0) ? -errno : 0;
	case FIONBIO:
		if (get_user(on, (int __user *)arg))
			return -EFAULT;
		if (on)
			file->f_flags |= O_NONBLOCK;
		else
			file->f_flags &= ~O_NONBLOCK;
		return 0;
	case FIOASYNC:		/* none of our files sends signals */
		if (get_user(on, (int __user *)arg))
			return -EFAULT;
		return on ? -ENOTTY : 0;
	case FIGETBSZ:
		return put_user((int)PAGE_SIZE, (int __user *)arg);
	case FS_IOC_FIEMAP:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

static inline long own_ioctl(struct file *file, unsigned int request, void *arg)
{
	if (uik_unlikely(!file->f_op->unlocked_ioctl))
		return -ENOTTY;
	return file->f_op->unlocked_ioctl(file, request, (unsigned long)arg);
}

/* A number that may be one of generic_ioctl()'s. */
static noinline long any_ioctl(struct file *file, int fd, unsigned int request,
			       void *arg)
{
	long ret = own_ioctl(file, request, arg);

	return ret == -ENOTTY ? generic_ioctl(file, fd, request, arg) : ret;
}

/* The long way, complete. */
static noinline int ioctl_slow(int fd, unsigned long request, void *arg)
{
	struct entry entry;
	long ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = any_ioctl(entry.file, fd, request, arg);
	entry_end(&entry);
	return entry_result(ret);
}

/* Its two ends, for a short way that is not: @file is counted. */
static noinline int ioctl_counted(struct file *file, unsigned int request,
				  void *arg)
{
	struct entry entry = {
		.file = file, .outer = machine_enter(current, file->machine)
	};
	long ret = own_ioctl(file, request, arg);

	entry_end(&entry);
	return entry_result(ret);
}

static noinline int ioctl_last_put(struct file *file, struct uik_machine *outer,
				   long ret)
{
	file_last_put(file);
	machine_leave(current, current->machine, outer);
	return entry_result(ret);
}

static noinline int ioctl_leave(struct task_struct *task,
				struct uik_machine *outer, long ret)
{
	machine_leave(task, task->machine, outer);
	return entry_result(ret);
}

/*
 * Each condition leads to a function that does all the rest, so that the short
 * way keeps next to nothing for the others.
 */
int uiommufd_ioctl(int fd, unsigned long request, void *arg)
{
	struct task_struct *task = uik_current_task;
	struct uik_machine *outer;
	struct file *file;
	long ret;

	/* Of the type of IOMMUFD and VFIO there is none in generic_ioctl(). */
	if (uik_unlikely(!task || _IOC_TYPE(request) != IOMMUFD_TYPE))
		return ioctl_slow(fd, request, arg);
	/* NULL while hooks are installed, too. */
	file = file_get_quick(fd);
	if (uik_unlikely(!file))
		return ioctl_slow(fd, request, arg);
	if (uik_unlikely(!machine_is_plain(file->machine)))
		return ioctl_counted(file, request, arg);
	outer = machine_enter_plain(task, file->machine);
	ret = own_ioctl(file, request, arg);
	if (uik_unlikely(!file_drop_quick(file)))
		return ioctl_last_put(file, outer, ret);
	if (uik_unlikely(ret < 0 || !machine_leaves_plainly(task)))
		return ioctl_leave(task, outer, ret);
	machine_leave_plain(task, outer);
	return ret;
}

static bool is_user_range(const void *buf, size_t count)
{
	return count <= USER_END && (unsigned long)buf <= USER_END - count;
}

/* Opened for it, and able to: 0, -EBADF, -EINVAL. */
static int check_mode(const struct file *file, fmode_t mode, bool able)
{
	if (!(file->f_mode & mode))
		return -EBADF;
	return able ? 0 : -EINVAL;
}

static int may_read(const struct file *file)
{
	return check_mode(file, FMODE_READ, file->f_op->read);
}

static int may_write(const struct file *file)
{
	return check_mode(file, FMODE_WRITE, file->f_op->write);
}

static ssize_t read_at(struct file *file, void *buf, size_t count, loff_t *pos)
{
	int ret = may_read(file);

	if (!ret && !is_user_range(buf, count))
		ret = -EFAULT;
	return ret ? ret : file->f_op->read(file, buf,
					    min(count, RW_MAX_COUNT), pos);
}

static ssize_t write_at(struct file *file, const void *buf, size_t count,
			loff_t *pos)
{
	int ret = may_write(file);

	if (!ret && !is_user_range(buf, count))
		ret = -EFAULT;
	return ret ? ret : file->f_op->write(file, buf,
					     min(count, RW_MAX_COUNT), pos);
}

ssize_t uiommufd_read(int fd, void *buf, size_t count)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = read_at(entry.file, buf, count, &entry.file->f_pos);
	entry_end(&entry);
	return entry_result(ret);
}

ssize_t uiommufd_write(int fd, const void *buf, size_t count)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = write_at(entry.file, buf, count, &entry.file->f_pos);
	entry_end(&entry);
	return entry_result(ret);
}

/* One operation an element, in order, up to the first short or failing one. */
static ssize_t each_element(struct file *file, const struct iovec *iov,
			    int count, loff_t *pos, bool write)
{
	ssize_t done = 0, ret;

	for (int i = 0; i < count; i++) {
		ret = write ? write_at(file, iov[i].iov_base, iov[i].iov_len,
				       pos) :
			      read_at(file, iov[i].iov_base, iov[i].iov_len,
				      pos);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
		if ((size_t)ret != iov[i].iov_len)
			break;
	}
	return done;
}

#define ELEMENTS_ON_STACK 8

/* All elements are looked at before anything is done. */
static int check_vector(const struct iovec *iov, int count, size_t *out_bytes)
{
	*out_bytes = 0;
	for (int i = 0; i < count; i++) {
		if ((ssize_t)iov[i].iov_len < 0)
			return -EINVAL;
		if (!is_user_range(iov[i].iov_base, iov[i].iov_len))
			return -EFAULT;
		*out_bytes += min(iov[i].iov_len, RW_MAX_COUNT);
	}
	return 0;
}

static ssize_t fetched_vector(struct file *file, const struct iovec *iov,
			      int count, loff_t *pos, bool write)
{
	size_t bytes;
	int ret = check_vector(iov, count, &bytes);

	return ret || !bytes ? ret : each_element(file, iov, count, pos, write);
}

static ssize_t user_vector(struct file *file, const struct iovec __user *from,
			   int count, loff_t *pos, bool write)
{
	struct iovec few[ELEMENTS_ON_STACK], *iov = few;
	ssize_t ret = write ? may_write(file) : may_read(file);

	if (!ret && (count < 0 || count > IOV_MAX))
		ret = -EINVAL;
	if (ret)
		return ret;
	if (count > ELEMENTS_ON_STACK)
		iov = kmalloc_array(count, sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return -ENOMEM;
	ret = copy_from_user(iov, from, count * sizeof(*iov)) ? -EFAULT :
		fetched_vector(file, iov, count, pos, write);
	if (iov != few)
		kfree(iov);
	return ret;
}

/* @at: where; NULL: at the file's own position. */
static ssize_t vector_at(struct file *file, const struct iovec *iov, int count,
			 const off_t *at, bool write)
{
	loff_t pos = at ? *at : 0;

	if (pos < 0)
		return -EINVAL;
	if (at && !(file->f_mode & (write ? FMODE_PWRITE : FMODE_PREAD)))
		return -ESPIPE;
	return user_vector(file, iov, count, at ? &pos : &file->f_pos, write);
}

static ssize_t do_vector(int fd, const struct iovec *iov, int count,
			 const off_t *at, bool write)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = vector_at(entry.file, iov, count, at, write);
	entry_end(&entry);
	return entry_result(ret);
}

ssize_t uiommufd_readv(int fd, const struct iovec *iov, int count)
{
	return do_vector(fd, iov, count, NULL, false);
}

ssize_t uiommufd_writev(int fd, const struct iovec *iov, int count)
{
	return do_vector(fd, iov, count, NULL, true);
}

ssize_t uiommufd_preadv(int fd, const struct iovec *iov, int count,
			off_t offset)
{
	return do_vector(fd, iov, count, &offset, false);
}

ssize_t uiommufd_pwritev(int fd, const struct iovec *iov, int count,
			 off_t offset)
{
	return do_vector(fd, iov, count, &offset, true);
}

/* Files of device nodes have positions; event files have none. */
static ssize_t do_pread(struct file *file, void *buf, size_t count,
			loff_t offset)
{
	if (offset < 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_PREAD))
		return -ESPIPE;
	return read_at(file, buf, count, &offset);
}

static ssize_t do_pwrite(struct file *file, const void *buf, size_t count,
			 loff_t offset)
{
	if (offset < 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_PWRITE))
		return -ESPIPE;
	return write_at(file, buf, count, &offset);
}

ssize_t uiommufd_pread(int fd, void *buf, size_t count, off_t offset)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = do_pread(entry.file, buf, count, offset);
	entry_end(&entry);
	return entry_result(ret);
}

ssize_t uiommufd_pwrite(int fd, const void *buf, size_t count, off_t offset)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = do_pwrite(entry.file, buf, count, offset);
	entry_end(&entry);
	return entry_result(ret);
}

off_t uiommufd_lseek(int fd, off_t offset, int whence)
{
	struct entry entry;
	loff_t ret = -ESPIPE;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	if (entry.file->f_op->llseek)
		ret = entry.file->f_op->llseek(entry.file, offset, whence);
	entry_end(&entry);
	return entry_result(ret);
}

static int do_dup(int fd, int min, bool exact, bool cloexec)
{
	return entry_result(uik_fd_dup(fd, min, exact, cloexec));
}

int uiommufd_dup(int fd)
{
	return do_dup(fd, 0, false, false);
}

int uiommufd_dup2(int fd, int new_fd)
{
	if (fd == new_fd && uik_fd_is_ours(fd))
		return new_fd;
	return do_dup(fd, new_fd, true, false);
}

int uiommufd_dup3(int fd, int new_fd, int flags)
{
	if (fd == new_fd || flags & ~O_CLOEXEC)
		return entry_result(-EINVAL);
	return do_dup(fd, new_fd, true, flags & O_CLOEXEC);
}

int uiommufd_dup_from(int fd, int min, bool cloexec)
{
	return do_dup(fd, min, false, cloexec);
}

bool uiommufd_fd_is_ours(int fd)
{
	return uik_fd_is_ours(fd);
}
