/* SPDX-License-Identifier: MIT */
/*
 * /dev/iommu as a client uses it: open, ioctl, mmap, read, write, poll, close.
 *
 * Descriptors are real: they have numbers, they can be polled together with
 * others, they count against the limit.  The calls below do to them what the
 * system calls of the same name do in Linux, with the same results: -1 and
 * errno on failure.  On a descriptor that is not ours each fails with EBADF,
 * except where said.  Raw system calls on our descriptors fail (EINVAL, ENODEV,
 * ENOTTY) and do no harm, but a raw close() or dup() is not seen: use the
 * calls here, or preload the library.
 *
 * Functions whose name begins with uiommufd_device_ play the kernel driver
 * (VFIO, say) that owns a device.  They fail with EFAULT when a pointer is NULL.
 *
 * Context: any thread, also while others are in calls on the same descriptor,
 * but no signal handler.  Calls may sleep and may call the platform's drivers.
 */
#ifndef UIOMMUFD_CLIENT_H
#define UIOMMUFD_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

struct iovec;
struct uiommufd_platform;

/**
 * uiommufd_open - open /dev/iommu of a platform.
 * @platform: outlives every descriptor opened on it; NULL: the process's
 *	default platform, which has no IOMMU
 * @flags: O_RDWR, O_CLOEXEC, O_NONBLOCK
 *
 * Return: the lowest free descriptor, a new and empty context; -1 with ENOMEM,
 * EMFILE, ENFILE.
 */
UIOMMUFD_API int uiommufd_open(struct uiommufd_platform *platform, int flags);

/**
 * uiommufd_open_path - open what a platform has at a path.
 * @path: absolute: "/dev/iommu"; "/dev/vfio/vfio", whose contexts charge
 *	memory to the process from the beginning; "/dev/vfio/devices/vfioN" and
 *	"/dev/vfio/<group>", see <linux/vfio.h>; what clients read in /sys
 *
 * A device gives a descriptor of ours, for the calls of this header.  What is
 * no device is a plain file or directory: its descriptor is the system's.
 * Return: as uiommufd_open(); also -1 with ENOENT (the platform has no such
 * path), ENODEV (the device is gone), EBUSY (the group is in use), ENOTDIR,
 * ELOOP, ENAMETOOLONG, EFAULT (@path is NULL), or what open(2) gives.
 */
UIOMMUFD_API int uiommufd_open_path(struct uiommufd_platform *platform,
				    const char *path, int flags);

/**
 * uiommufd_close - close a descriptor.
 *
 * The context ends with its last descriptor, mapping, event file and bound
 * device: then everything in it is destroyed.
 *
 * Return: 0; -1 with EBADF.
 */
UIOMMUFD_API int uiommufd_close(int fd);

/**
 * uiommufd_ioctl - what <linux/iommufd.h> describes.
 * @request: IOMMU_*, or a VFIO container command
 * @arg: the command's structure, or the value where the command takes one
 *
 * Return: 0, or what the command gives; -1 with errno, see the head of
 * <linux/iommufd.h>.
 */
UIOMMUFD_API int uiommufd_ioctl(int fd, unsigned long request, void *arg);

/**
 * uiommufd_mmap - map an area that an IOMMU driver offers.
 * @offset: from the driver's structure of IOMMU_VIOMMU_ALLOC
 * @length: exactly the length given there; @flags: MAP_SHARED, maybe MAP_FIXED
 *
 * Return: the address; MAP_FAILED with EINVAL (not shared, not page aligned),
 * EPERM (PROT_EXEC), ENXIO (no area has that offset and length), ENODEV (an
 * event file), ENOMEM, EBADF.
 */
UIOMMUFD_API void *uiommufd_mmap(void *addr, size_t length, int prot, int flags,
				 int fd, off_t offset);

/**
 * uiommufd_munmap - unmap a range, whatever is mapped there.
 *
 * Parts of our mappings are split off; the owner of the area stays busy until
 * the last part is gone.
 * Return: 0; -1 with EINVAL, ENOMEM.
 */
UIOMMUFD_API int uiommufd_munmap(void *addr, size_t length);

/**
 * uiommufd_mremap - move or shrink a mapping of ours.
 * @flags: MREMAP_MAYMOVE, MREMAP_FIXED
 * @new_addr: with MREMAP_FIXED
 *
 * Return: the address; MAP_FAILED with EFAULT (cannot grow, or not ours),
 * EINVAL, ENOMEM.
 */
UIOMMUFD_API void *uiommufd_mremap(void *old_addr, size_t old_size,
				   size_t new_size, int flags, void *new_addr);

/**
 * uiommufd_read - read from an event file.
 *
 * Never blocks: nothing queued gives 0.
 * Return: bytes; -1 with EINVAL (first record does not fit; no event file),
 * ESPIPE (a fault queue, @count not a multiple of the record), EFAULT, EBADF
 * (also: not opened for reading).
 */
UIOMMUFD_API ssize_t uiommufd_read(int fd, void *buf, size_t count);

/**
 * uiommufd_write - answer page faults.
 *
 * Return: bytes; -1 with EINVAL (bad code or cookie; cannot be written to),
 * ESPIPE (not a multiple of the record), EFAULT, EBADF.
 */
UIOMMUFD_API ssize_t uiommufd_write(int fd, const void *buf, size_t count);

/** uiommufd_readv - one uiommufd_read() for each element; returns the sum. */
UIOMMUFD_API ssize_t uiommufd_readv(int fd, const struct iovec *iov, int count);
/** uiommufd_writev - one uiommufd_write() for each; returns the sum. */
UIOMMUFD_API ssize_t uiommufd_writev(int fd, const struct iovec *iov,
				     int count);
/**
 * uiommufd_pread - read from a region of a VFIO device file.
 * @offset: the region's, and the place in it
 *
 * Return: bytes; -1 with ESPIPE (an event file has no position), EINVAL (a
 * context; not bound; no such region, or past its end; @offset < 0), EFAULT (past the end of
 * the configuration space), EIO (memory is switched off), EBADF.
 */
UIOMMUFD_API ssize_t uiommufd_pread(int fd, void *buf, size_t count,
				    off_t offset);
/** uiommufd_pwrite - write to one; returns as uiommufd_pread(). */
UIOMMUFD_API ssize_t uiommufd_pwrite(int fd, const void *buf, size_t count,
				     off_t offset);
/** uiommufd_preadv - one uiommufd_pread() after another; returns the sum. */
UIOMMUFD_API ssize_t uiommufd_preadv(int fd, const struct iovec *iov, int count,
				     off_t offset);
/** uiommufd_pwritev - one uiommufd_pwrite() after another; returns the sum. */
UIOMMUFD_API ssize_t uiommufd_pwritev(int fd, const struct iovec *iov,
				      int count, off_t offset);
/** uiommufd_lseek - files without position: returns -1, ESPIPE or EBADF. */
UIOMMUFD_API off_t uiommufd_lseek(int fd, off_t offset, int whence);

/**
 * uiommufd_poll - as poll(2), for any mixture of descriptors.
 *
 * A context is always readable and writable, a fault queue always writable.
 * Return: number of ready descriptors; 0: timed out; -1 with errno.
 */
UIOMMUFD_API int uiommufd_poll(struct pollfd *fds, nfds_t count,
			       int timeout_ms);

/** uiommufd_dup - another descriptor of the same file; returns it, or -1. */
UIOMMUFD_API int uiommufd_dup(int fd);
/**
 * uiommufd_dup2 - the same at a given number, which is closed before.
 * @flags: of uiommufd_dup3(): O_CLOEXEC
 *
 * Return: @new_fd; -1 with EBADF; EINVAL (dup3: the same number, or a flag).
 */
UIOMMUFD_API int uiommufd_dup2(int fd, int new_fd);
/** uiommufd_dup3 - dup2 with flags; returns @new_fd, or -1 with errno. */
UIOMMUFD_API int uiommufd_dup3(int fd, int new_fd, int flags);
/** uiommufd_dup_from - fcntl F_DUPFD: returns the lowest from @min, or -1. */
UIOMMUFD_API int uiommufd_dup_from(int fd, int min, bool cloexec);

/** uiommufd_fd_is_ours - true if the library made the descriptor. */
UIOMMUFD_API bool uiommufd_fd_is_ours(int fd);

/**
 * uiommufd_device_bind - a driver binds a device to a context.
 * @fd: of the context
 * @name: as the platform calls it
 * @out_id: receives the object ID
 *
 * Return: 0; -1 with ENOENT (no such device), EEXIST (bound by this function
 * or through a VFIO file already), EBADF, or what iommufd_device_bind() gives:
 * EINVAL, ENODEV, EPERM, EBUSY, ENOMEM.
 */
UIOMMUFD_API int uiommufd_device_bind(int fd, const char *name,
				      uint32_t *out_id);

/**
 * uiommufd_device_unbind - the driver takes the device back.
 *
 * Detach it first.  Waits for commands that run on it.
 * Return: 0; -1 with ENOENT (not bound to this context), EBADF.
 */
UIOMMUFD_API int uiommufd_device_unbind(int fd, const char *name);

/**
 * uiommufd_device_attach - the driver attaches its device.
 * @pasid: 0 for the device itself
 * @pt_id: in: IOAS or HWPT; out: the HWPT
 *
 * Return: 0; -1 with ENOENT, EINVAL, EBUSY, EADDRINUSE, ENOMEM, EBADF, or what
 * the IOMMU driver gave.
 */
UIOMMUFD_API int uiommufd_device_attach(int fd, const char *name,
					uint32_t pasid, uint32_t *pt_id);
/** uiommufd_device_replace - the driver moves it; returns as attach. */
UIOMMUFD_API int uiommufd_device_replace(int fd, const char *name,
					 uint32_t pasid, uint32_t *pt_id);
/** uiommufd_device_detach - and detaches it; returns 0, or -1 as unbind. */
UIOMMUFD_API int uiommufd_device_detach(int fd, const char *name,
					uint32_t pasid);

/* What can be made to fail. */
#define UIOMMUFD_FAIL_ALLOC (1u << 0)	/* an allocation */
#define UIOMMUFD_FAIL_COPY (1u << 1)	/* a copy from or to the client */
#define UIOMMUFD_FAIL_PIN (1u << 2)	/* pinning of memory */
#define UIOMMUFD_FAIL_OP (1u << 3)	/* another operation that may fail */
#define UIOMMUFD_FAIL_ANY 0xfu
#define UIOMMUFD_FAIL_STICKY (1u << 31)	/* and all that come after it */

/**
 * uiommufd_fail_nth - make the nth step of the calling thread fail.
 * @nth: counted from now, 1 is the next; 0: nothing fails any more
 * @kinds: UIOMMUFD_FAIL_*, which steps count
 *
 * Return: true if the step asked for before has failed: loop until false to
 * have failed every one.
 */
UIOMMUFD_API bool uiommufd_fail_nth(uint32_t nth, uint32_t kinds);

/**
 * uiommufd_expect_warn_begin - from here on warnings are expected.
 * @platform: NULL: the process's default platform
 *
 * They are not reported and do not count in the audit.  Scopes nest.  Any other
 * warning ends the process with UIOMMUFD_WARN=abort in the environment.
 */
UIOMMUFD_API void
uiommufd_expect_warn_begin(struct uiommufd_platform *platform);
/** uiommufd_expect_warn_end - returns how many there were since _begin. */
UIOMMUFD_API uint64_t
uiommufd_expect_warn_end(struct uiommufd_platform *platform);

/**
 * uiommufd_modules_init - run module_init() of everything linked in.
 *
 * The library's own drivers are started by the first platform; this is for
 * yours and for test modules.  Call it before the platform that a driver of
 * yours is meant for.
 * Return: 0, or the first error as -errno.
 */
UIOMMUFD_API int uiommufd_modules_init(void);
/** uiommufd_modules_exit - run module_exit(), last one first. */
UIOMMUFD_API void uiommufd_modules_exit(void);

#ifdef __cplusplus
}
#endif

#endif
