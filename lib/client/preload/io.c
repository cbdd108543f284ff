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

ssize_t preload_write(int fd, const void *buf, size_t count)
{
	return ours(fd) ? TRACED(write, fd, buf, count) :
			  NEXT(write)(fd, buf, count);
}

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

/* The vector calls with a position: none of our files has one. */
ssize_t preload_preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pread(fd, NULL, 0, at) :
			  NEXT(preadv)(fd, iov, count, at);
}

ssize_t preload_preadv64(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pread(fd, NULL, 0, at) :
			  NEXT(preadv64)(fd, iov, count, at);
}

ssize_t preload_pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pwrite(fd, NULL, 0, at) :
			  NEXT(pwritev)(fd, iov, count, at);
}

ssize_t preload_pwritev64(int fd, const struct iovec *iov, int count, off_t at)
{
	return ours(fd) ? uiommufd_pwrite(fd, NULL, 0, at) :
			  NEXT(pwritev64)(fd, iov, count, at);
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
