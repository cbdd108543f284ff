// SPDX-License-Identifier: MIT
/* Laws of lib/client/file.c: descriptors as Linux's. */
#include <limits.h>

#include "client_rig.h"

#define FAILS(call, error) \
	do { \
		errno = 0; \
		assert_int_equal((call), -1); \
		assert_int_equal(errno, (error)); \
	} while (0)

/* The lowest free number is taken, and free again after close. */
static void lowest_number(void **state)
{
	struct client *client = *state;
	int a = uiommufd_open(client->platform, O_RDWR);
	int b = uiommufd_open(client->platform, O_RDWR);
	int hole = dup(0);

	assert_true(a < b && b < hole);
	close(hole);
	assert_int_equal(uiommufd_close(a), 0);
	assert_int_equal(uiommufd_open(client->platform, O_RDWR), a);
	assert_int_equal(uiommufd_close(a), 0);
	assert_int_equal(uiommufd_close(b), 0);
	assert_int_equal(fcntl(b, F_GETFD), -1);
}

/* O_CLOEXEC is honoured, and FIOCLEX, FIONCLEX, FIONBIO as for any file. */
static void generic_ioctls(void **state)
{
	struct client *client = *state;
	int fd = uiommufd_open(client->platform, O_RDWR), on = 1;

	assert_int_equal(fcntl(client->fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(uiommufd_ioctl(fd, FIOCLEX, NULL), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(uiommufd_ioctl(fd, FIONCLEX, NULL), 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(uiommufd_ioctl(fd, FIONBIO, &on), 0);
	FAILS(uiommufd_ioctl(fd, FIONBIO, NULL), EFAULT);
	FAILS(uiommufd_ioctl(fd, 0x1234, &on), ENOTTY);
	assert_int_equal(uiommufd_close(fd), 0);
}

/* Two nodes; anything else is not there. */
static void nodes(void **state)
{
	struct client *client = *state;
	int fd;

	FAILS(uiommufd_open_path(client->platform, "/dev/null", O_RDWR),
	      ENOENT);
	fd = uiommufd_open_path(client->platform, "/dev/iommu", O_RDWR);
	assert_true(fd >= 0);
	assert_true(uiommufd_fd_is_ours(fd));
	assert_int_equal(uiommufd_close(fd), 0);
	assert_false(uiommufd_fd_is_ours(fd));
	fd = uiommufd_open_path(client->platform, "/dev/vfio/vfio", O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(uiommufd_ioctl(fd, 0x3b64, NULL), 0);
	assert_int_equal(uiommufd_close(fd), 0);
}

/* A context can neither be read, written nor positioned. */
static void a_context_has_no_data(void **state)
{
	struct client *client = *state;
	char bytes[16];
	struct iovec iov = { bytes, sizeof(bytes) };

	FAILS(uiommufd_read(client->fd, bytes, 16), EINVAL);
	FAILS(uiommufd_write(client->fd, bytes, 16), EINVAL);
	FAILS(uiommufd_readv(client->fd, &iov, 1), EINVAL);
	FAILS(uiommufd_writev(client->fd, &iov, 1), EINVAL);
	FAILS(uiommufd_pread(client->fd, bytes, 16, 0), EINVAL);
	FAILS(uiommufd_pwrite(client->fd, bytes, 16, 0), EINVAL);
	FAILS(uiommufd_lseek(client->fd, 0, SEEK_CUR), ESPIPE);
}

/* Requests that Linux answers for every file. */
static void generic_requests(void **state)
{
	struct client *client = *state;
	int value = 0;

	assert_int_equal(uiommufd_ioctl(client->fd, FIOASYNC, &value), 0);
	value = 1;
	FAILS(uiommufd_ioctl(client->fd, FIOASYNC, &value), ENOTTY);
	FAILS(uiommufd_ioctl(client->fd, FIOASYNC, (void *)8), EFAULT);
	assert_int_equal(uiommufd_ioctl(client->fd, 2 /* FIGETBSZ */, &value), 0);
	assert_int_equal(value, 4096);
	FAILS(uiommufd_ioctl(client->fd, 2 /* FIGETBSZ */, (void *)8), EFAULT);
	FAILS(uiommufd_ioctl(client->fd, 0xc020660b /* FIEMAP */, &value), EOPNOTSUPP);
	FAILS(uiommufd_ioctl(client->fd, FIONBIO, (void *)8), EFAULT);
	assert_int_equal(uiommufd_ioctl(client->fd, FIONBIO, &value), 0);
}

/* What Linux looks at before it asks the file: how it was opened, ranges. */
static void before_the_file(void **state)
{
	struct client *client = *state;
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	struct iovec iov[2] = { { NULL, 0 }, { NULL, 0 } };
	char bytes[40];
	int fd = uiommufd_open(client->platform, O_RDONLY);

	FAILS(uiommufd_read(fd, bytes, 16), EINVAL);
	FAILS(uiommufd_write(fd, bytes, 16), EBADF);
	FAILS(uiommufd_writev(fd, iov, 0), EBADF);
	FAILS(uiommufd_pwrite(fd, bytes, 16, 0), EBADF);
	FAILS(uiommufd_pread(fd, bytes, 16, -1), EINVAL);
	assert_int_equal(uiommufd_close(fd), 0);
	fd = uiommufd_open(client->platform, O_WRONLY);
	FAILS(uiommufd_read(fd, bytes, 16), EBADF);
	FAILS(uiommufd_readv(fd, iov, 0), EBADF);
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(uiommufd_ioctl(client->fd, IOMMU_FAULT_QUEUE_ALLOC,
					&cmd), 0);
	fd = cmd.out_fault_fd;
	FAILS(uiommufd_read(fd, bytes, SIZE_MAX), EFAULT);
	FAILS(uiommufd_write(fd, bytes, (size_t)SSIZE_MAX + 1), EFAULT);
	FAILS(uiommufd_pread(fd, bytes, 40, -1), EINVAL);
	FAILS(uiommufd_pread(fd, bytes, 40, 0), ESPIPE);
	/* No element, or only empty ones: nothing to do. */
	assert_int_equal(uiommufd_readv(fd, iov, 0), 0);
	assert_int_equal(uiommufd_readv(fd, iov, 2), 0);
	FAILS(uiommufd_readv(fd, iov, -1), EINVAL);
	FAILS(uiommufd_readv(fd, (void *)8, 1), EFAULT);
	FAILS(uiommufd_readv(fd, iov, 1025), EINVAL);
	/* A bad element is seen before the first is used. */
	iov[0] = (struct iovec){ bytes, 39 };
	FAILS(uiommufd_readv(fd, iov, 1), ESPIPE);
	iov[1] = (struct iovec){ bytes, (size_t)SSIZE_MAX + 1 };
	FAILS(uiommufd_readv(fd, iov, 2), EINVAL);
	iov[1] = (struct iovec){ (void *)-4096l, 16 };
	FAILS(uiommufd_readv(fd, iov, 2), EFAULT);
	assert_int_equal(uiommufd_close(fd), 0);
}

/* Raw calls on our descriptors fail closed. */
static void raw_calls_fail_closed(void **state)
{
	struct client *client = *state;
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	FAILS(ioctl(client->fd, IOMMU_IOAS_ALLOC, &cmd), ENOTTY);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, client->fd, 0),
			 MAP_FAILED);
}

/* Our calls on descriptors that are not ours: EBADF, nothing happens. */
static void foreign_descriptors(void **state)
{
	int pipes[2];
	char byte;

	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < 3; i++) {
		int fd = i < 2 ? pipes[i] : -1;

		FAILS(uiommufd_close(fd), EBADF);
		FAILS(uiommufd_ioctl(fd, IOMMU_DESTROY, NULL), EBADF);
		FAILS(uiommufd_read(fd, &byte, 1), EBADF);
		FAILS(uiommufd_write(fd, &byte, 1), EBADF);
		FAILS(uiommufd_dup(fd), EBADF);
		FAILS(uiommufd_lseek(fd, 0, SEEK_SET), EBADF);
		assert_false(uiommufd_fd_is_ours(fd));
	}
	assert_int_equal(close(pipes[0]), 0);
	assert_int_equal(close(pipes[1]), 0);
}

/* A duplicate is the same context; the last close ends it. */
static void duplicates(void **state)
{
	struct client *client = *state;
	uint32_t id = make_ioas(client->fd);
	int copy = uiommufd_dup(client->fd), high, exact;

	assert_true(copy > client->fd);
	assert_int_equal(uiommufd_close(client->fd), 0);
	client->fd = copy;
	assert_int_equal(destroy_id(copy, id), 0);
	high = uiommufd_dup_from(copy, 100, true);
	assert_int_equal(high, 100);
	assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	exact = uiommufd_dup2(copy, 101);
	assert_int_equal(exact, 101);
	assert_int_equal(uiommufd_dup2(copy, copy), copy);
	FAILS(uiommufd_dup3(copy, copy, 0), EINVAL);
	FAILS(uiommufd_dup3(copy, 102, O_APPEND), EINVAL);
	/* Over another of ours: that one is closed. */
	assert_int_equal(uiommufd_dup3(copy, high, 0), high);
	assert_int_equal(fcntl(high, F_GETFD), 0);
	assert_int_equal(uiommufd_close(high), 0);
	assert_int_equal(uiommufd_close(exact), 0);
	make_ioas(copy);
}

/* Contexts know nothing of each other. */
static void contexts_are_independent(void **state)
{
	struct client *client = *state;
	int other = uiommufd_open(client->platform, O_RDWR);
	uint32_t id = make_ioas(client->fd);

	assert_int_equal(destroy_id(other, id), -ENOENT);
	assert_int_equal(make_ioas(other), id);
	assert_int_equal(uiommufd_close(other), 0);
	assert_int_equal(destroy_id(client->fd, id), 0);
}

/* Vectors are one operation an element, up to the first that is short. */
static void vectors(void **state)
{
	struct client *client = *state;
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	struct iommu_hwpt_page_response answer = { 1, 0 };
	struct iovec iov[2] = { { &answer, 8 }, { &answer, 7 } };

	assert_int_equal(uiommufd_ioctl(client->fd, IOMMU_FAULT_QUEUE_ALLOC,
					&cmd), 0);
	FAILS(uiommufd_writev(cmd.out_fault_fd, iov, 2), EINVAL);
	FAILS(uiommufd_writev(cmd.out_fault_fd, &iov[1], 1), ESPIPE);
	assert_int_equal(uiommufd_writev(cmd.out_fault_fd, iov, 0), 0);
	FAILS(uiommufd_writev(cmd.out_fault_fd, iov, -1), EINVAL);
	FAILS(uiommufd_read(cmd.out_fault_fd, iov, (size_t)-1), EFAULT);
	FAILS(uiommufd_read(cmd.out_fault_fd, (void *)-4096l, 40), EFAULT);
	assert_int_equal(uiommufd_close(cmd.out_fault_fd), 0);
}

/* Opening fails at every step without leaving a descriptor. */
static void open_failure_sweep(void **state)
{
	struct client *client = *state;
	int lowest = dup(0), fd;
	uint32_t nth = 1;

	close(lowest);
	for (;; nth++) {
		uiommufd_fail_nth(nth, UIOMMUFD_FAIL_ANY);
		fd = uiommufd_open(client->platform, O_RDWR);
		if (!uiommufd_fail_nth(0, 0))
			break;
		assert_int_equal(fd, -1);
		assert_true(errno == ENOMEM || errno == EMFILE);
		assert_int_equal(dup(0), lowest);
		close(lowest);
	}
	assert_true(nth > 1);
	assert_int_equal(fd, lowest);
	assert_int_equal(uiommufd_close(fd), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(lowest_number),
		CLIENT_TEST(generic_ioctls),
		CLIENT_TEST(nodes),
		CLIENT_TEST(a_context_has_no_data),
		CLIENT_TEST(before_the_file),
		CLIENT_TEST(generic_requests),
		CLIENT_TEST(raw_calls_fail_closed),
		CLIENT_TEST(foreign_descriptors),
		CLIENT_TEST(duplicates),
		CLIENT_TEST(contexts_are_independent),
		CLIENT_TEST(vectors),
		CLIENT_TEST(open_failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
