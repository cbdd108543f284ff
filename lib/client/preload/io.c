// SPDX-License-Identifier: MIT
/* What is read, written and asked through descriptors. */
#include "client/preload/preload.h"

int preload_ioctl(int fd, unsigned long request, void *arg)
{
	return ours(fd) ? TRACED(ioctl, fd, request, arg) :
			  NEXT(ioctl)(fd, request, arg);
}

ssize_t preload_read(int fd, void *buf, size_t count)
{
	return ours(fd) ? TRACED(read, fd, buf, count) :
			  NEXT(read)(fd, buf, count);
}

/* Too small a buffer is libc's to punish. */
ssize_t preload___read_chk(int fd, void *buf, size_t count, size_t room)
{
	return ours(fd) && count <= room ?
		       TRACED(read, fd, buf, count) :
		       NEXT(__read_chk)(fd, buf, count, room);
}

PRELOAD_OWN(read);

ssize_t preload_write(int fd, const void *buf, size_t count)
{
	return ours(fd) ? TRACED(write, fd, buf, count) :
			  NEXT(write)(fd, buf, count);
}

PRELOAD_OWN(write);

ssize_t preload_readv(int fd, const struct iovec *iov, int count)
{
	return ours(fd) ? uiommufd_readv(fd, iov, count) :
			  NEXT(readv)(fd, iov, count);
}

ssize_t preload_writev(int fd, const struct iovec *iov, int count)
{
	return ours(fd) ? uiommufd_writev(fd, iov, count) :
			  NEXT(writev)(fd, iov, count);
}

ssize_t preload_pread(int fd, void *buf, size_t count, off_t at)
{
	return ours(fd) ? TRACED(pread, fd, buf, count, at) :
			  NEXT(pread)(fd, buf, count, at);
}

ssize_t preload_pread64(int fd, void *buf, size_t count, off_t at)
{
	return ours(fd) ? TRACED(pread, fd, buf, count, at) :
			  NEXT(pread64)(fd, buf, count, at);
}

ssize_t preload___pread_chk(int fd, void *buf, size_t count, off_t at,
			    size_t room)
{
	return ours(fd) && count <= room ?
		       TRACED(pread, fd, buf, count, at) :
		       NEXT(__pread_chk)(fd, buf, count, at, room);
}

ssize_t preload___pread64_chk(int fd, void *buf, size_t count, off_t at,
			      size_t room)
{
	return ours(fd) && count <= room ?
		       TRACED(pread, fd, buf, count, at) :
		       NEXT(__pread64_chk)(fd, buf, count, at, room);
}

ssize_t preload_pwrite(int fd, const void *buf, size_t count, off_t at)
{
	return ours(fd) ? TRACED(pwrite, fd, buf, count, at) :
			  NEXT(pwrite)(fd, buf, count, at);
}

ssize_t preload_pwrite64(int fd, const void *buf, size_t count, off_t at)
{
	return ours(fd) ? TRACED(pwrite, fd, buf, count, at) :
			  NEXT(pwrite64)(fd, buf, count, at);
}

ssize_t preload_preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_preadv(fd, iov, count, at) :
			  NEXT(preadv)(fd, iov, count, at);
}

ssize_t preload_preadv64(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_preadv(fd, iov, count, at) :
			  NEXT(preadv64)(fd, iov, count, at);
}

ssize_t preload_pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pwritev(fd, iov, count, at) :
			  NEXT(pwritev)(fd, iov, count, at);
}

ssize_t preload_pwritev64(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pwritev(fd, iov, count, at) :
			  NEXT(pwritev64)(fd, iov, count, at);
}

/* With flags: none of them changes what our files do; -1 is their position. */
static ssize_t read_vector(int fd, const struct iovec *iov, int count, off_t at)
{
	return at == -1 ? uiommufd_readv(fd, iov, count) :
			  uiommufd_preadv(fd, iov, count, at);
}

static ssize_t write_vector(int fd, const struct iovec *iov, int count,
			    off_t at)
{
	return at == -1 ? uiommufd_writev(fd, iov, count) :
			  uiommufd_pwritev(fd, iov, count, at);
}

ssize_t preload_preadv2(int fd, const struct iovec *iov, int count, off_t at,
			int flags)
{
	return ours(fd) ? read_vector(fd, iov, count, at) :
			  NEXT(preadv2)(fd, iov, count, at, flags);
}

ssize_t preload_preadv64v2(int fd, const struct iovec *iov, int count, off_t at,
			   int flags)
{
	return ours(fd) ? read_vector(fd, iov, count, at) :
			  NEXT(preadv64v2)(fd, iov, count, at, flags);
}

ssize_t preload_pwritev2(int fd, const struct iovec *iov, int count, off_t at,
			 int flags)
{
	return ours(fd) ? write_vector(fd, iov, count, at) :
			  NEXT(pwritev2)(fd, iov, count, at, flags);
}

ssize_t preload_pwritev64v2(int fd, const struct iovec *iov, int count,
			    off_t at, int flags)
{
	return ours(fd) ? write_vector(fd, iov, count, at) :
			  NEXT(pwritev64v2)(fd, iov, count, at, flags);
}

off_t preload_lseek(int fd, off_t offset, int whence)
{
	return ours(fd) ? uiommufd_lseek(fd, offset, whence) :
			  NEXT(lseek)(fd, offset, whence);
}

off_t preload_lseek64(int fd, off_t offset, int whence)
{
	return ours(fd) ? uiommufd_lseek(fd, offset, whence) :
			  NEXT(lseek64)(fd, offset, whence);
}
