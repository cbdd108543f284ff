// SPDX-License-Identifier: MIT
/*
 * Descriptors: open, close, dup, and what is read, written and asked through
 * them.  What a file does is its operations' business; this file gives Linux's
 * answers where an operation is absent, and the checks Linux makes before it.
 */
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <linux/err.h>
#include <uik/file.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>

#include "client/entry.h"
#include "client/vfs.h"
#include "client/vfs_populate.h"
#include "objects/objects.h"

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

static struct file *context_file(enum iommufd_account_mode mode, int flags,
				 dev_t rdev)
{
	struct file *file = iommufd_ctx_open(&iommufd_model, mode, flags);

	if (!IS_ERR(file)) {
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
	int ret = vfs_find(platform, path, VFS_FOLLOW, &node);

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
	default:
		return -ENOTTY;
	}
}

int uiommufd_ioctl(int fd, unsigned long request, void *arg)
{
	struct entry entry;
	long ret;

	if (uik_unlikely(!entry_begin(&entry, fd)))
		return entry_result(-EBADF);
	if (uik_likely(entry.file->f_op->unlocked_ioctl))
		ret = entry.file->f_op->unlocked_ioctl(entry.file, request,
						       (unsigned long)arg);
	else
		ret = -ENOTTY;
	if (uik_unlikely(ret == -ENOTTY))
		ret = generic_ioctl(entry.file, fd, request, arg);
	entry_end(&entry);
	return entry_result(ret);
}

static int check_buffer(const void *buf, size_t count)
{
	if ((ssize_t)count < 0)
		return -EINVAL;
	if (count > USER_END || (unsigned long)buf > USER_END - count)
		return -EFAULT;
	return 0;
}

static ssize_t do_read(struct file *file, void *buf, size_t count)
{
	int ret;

	if (!file->f_op->read)
		return -EINVAL;
	ret = check_buffer(buf, count);
	if (ret)
		return ret;
	return file->f_op->read(file, buf, min(count, RW_MAX_COUNT),
				&file->f_pos);
}

static ssize_t do_write(struct file *file, const void *buf, size_t count)
{
	int ret;

	if (!file->f_op->write)
		return -EINVAL;
	ret = check_buffer(buf, count);
	if (ret)
		return ret;
	return file->f_op->write(file, buf, min(count, RW_MAX_COUNT),
				 &file->f_pos);
}

ssize_t uiommufd_read(int fd, void *buf, size_t count)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = do_read(entry.file, buf, count);
	entry_end(&entry);
	return entry_result(ret);
}

ssize_t uiommufd_write(int fd, const void *buf, size_t count)
{
	struct entry entry;
	ssize_t ret;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	ret = do_write(entry.file, buf, count);
	entry_end(&entry);
	return entry_result(ret);
}

/* One operation an element, in order, up to the first short or failing one. */
static ssize_t each_element(struct file *file, const struct iovec *iov,
			    int count, bool write)
{
	ssize_t done = 0, ret;

	for (int i = 0; i < count; i++) {
		ret = write ? do_write(file, iov[i].iov_base, iov[i].iov_len) :
			      do_read(file, iov[i].iov_base, iov[i].iov_len);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
		if ((size_t)ret != iov[i].iov_len)
			break;
	}
	return done;
}

static ssize_t do_vector(int fd, const struct iovec *iov, int count, bool write)
{
	struct entry entry;
	ssize_t ret = -EINVAL;

	if (!entry_begin(&entry, fd))
		return entry_result(-EBADF);
	if (count >= 0 && count <= IOV_MAX)
		ret = each_element(entry.file, iov, count, write);
	entry_end(&entry);
	return entry_result(ret);
}

ssize_t uiommufd_readv(int fd, const struct iovec *iov, int count)
{
	return do_vector(fd, iov, count, false);
}

ssize_t uiommufd_writev(int fd, const struct iovec *iov, int count)
{
	return do_vector(fd, iov, count, true);
}

/* Files of devices have positions; event files and contexts have none. */
static ssize_t do_pread(struct file *file, void *buf, size_t count,
			loff_t offset)
{
	int ret;

	if (offset < 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_PREAD))
		return -ESPIPE;
	ret = check_buffer(buf, count);
	if (ret)
		return ret;
	return file->f_op->read(file, buf, min(count, RW_MAX_COUNT), &offset);
}

static ssize_t do_pwrite(struct file *file, const void *buf, size_t count,
			 loff_t offset)
{
	int ret;

	if (offset < 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_PWRITE))
		return -ESPIPE;
	ret = check_buffer(buf, count);
	if (ret)
		return ret;
	return file->f_op->write(file, buf, min(count, RW_MAX_COUNT), &offset);
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
	return entry_result(uik_fd_is_ours(fd) ? -ESPIPE : -EBADF);
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
