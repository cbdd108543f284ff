/* SPDX-License-Identifier: MIT */
/* Files and descriptor numbers. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>

static int released;

static int on_release(struct inode *inode, struct file *file)
{
	assert_ptr_equal(inode, file->f_inode);
	assert_ptr_equal(uik_this_machine(), file->machine);
	__atomic_add_fetch(&released, 1, __ATOMIC_RELAXED);
	return 0;
}

static const struct file_operations fops = { .release = on_release };

static int open_one(int flags)
{
	int fd = anon_inode_getfd("[test]", &fops, &released, flags);

	assert_true(fd >= 0);
	return fd;
}

/* Law: the file lives as long as a number or a count does. */
static void lifetime(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct file *file;
	int fd;

	released = 0;
	fd = open_one(O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	file = fget(fd);
	assert_non_null(file);
	assert_int_equal(file_count(file), 2);
	assert_ptr_equal(file->private_data, &released);
	assert_int_equal(file->f_flags, O_RDWR);
	assert_int_equal(uik_fd_close(fd), 0);
	assert_null(fget(fd));
	assert_int_equal(uik_fd_close(fd), -EBADF);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(released, 0);
	fput(file);
	assert_int_equal(released, 1);
	machine_end(m);
}

/* Law: numbers that are not ours lead nowhere and stay open. */
static void other_numbers(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_null(fget(fd));
	assert_null(fget(1u << 30));
	assert_int_equal(uik_fd_close(fd), -EBADF);
	assert_int_equal(uik_fd_close(-1), -EBADF);
	assert_int_equal(uik_fd_dup(fd, 0, false, false), -EBADF);
	assert_false(uik_fd_is_ours(fd));
	assert_false(uik_fd_is_ours(-1));
	assert_int_equal(close(fd), 0);
}

/* Law: a reserved number is the lowest free one and leads nowhere yet. */
static void reservation(void **state)
{
	int fd = get_unused_fd_flags(0), next;

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_null(fget(fd));
	put_unused_fd(fd);
	next = get_unused_fd_flags(O_CLOEXEC);
	assert_int_equal(next, fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	put_unused_fd(next);
	uik_fail_nth(1, 1u << UIK_FAIL_OP, false);
	assert_int_equal(get_unused_fd_flags(0), -EMFILE);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(PTR_ERR(anon_inode_getfile("x", &fops, NULL, 0)),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
}

/* Law: the process's limit is the client's answer. */
static void limit(void **state)
{
	struct rlimit old, low;

	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	assert_int_equal(get_unused_fd_flags(0), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
}

/* Law: copies of a number share the file; the last one releases it. */
static void duplicates(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int a, b, c, d;

	released = 0;
	a = open_one(O_RDWR);
	b = uik_fd_dup(a, 40, false, true);
	assert_int_equal(b, 40);
	assert_int_equal(fcntl(b, F_GETFD), FD_CLOEXEC);
	c = open_one(O_RDWR);
	/* dup2 closes what was there, */
	assert_int_equal(uik_fd_dup(a, c, true, false), c);
	assert_int_equal(released, 1);
	/* also over a descriptor that is not ours. */
	d = open("/dev/null", O_RDONLY);
	assert_int_equal(uik_fd_dup(a, d, true, false), d);
	assert_true(uik_fd_is_ours(d));
	assert_int_equal(uik_fd_dup(a, -1, true, false), -EBADF);
	uik_fd_close(a);
	uik_fd_close(b);
	uik_fd_close(d);
	assert_int_equal(released, 1);
	uik_fd_close(c);
	assert_int_equal(released, 2);
	machine_end(m);
}

/* Law: a number closed behind our back is cleared when it is used again. */
static void closed_raw(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int fd;

	released = 0;
	fd = open_one(O_RDWR);
	close(fd);
	assert_int_equal(open_one(O_RDWR), fd);
	assert_int_equal(released, 1);
	uik_fd_close(fd);
	assert_int_equal(released, 2);
	machine_end(m);
}

static short polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* Law: a client's own poll sees readiness; its raw reads and writes fail. */
static void readiness(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct file *file = anon_inode_getfile("[test]", &fops, NULL, O_RDWR);
	int fd, copy;
	char c = 0;

	assert_int_equal(uik_file_set_pollable(file), 0);
	fd = get_unused_fd_flags(O_CLOEXEC);
	fd_install(fd, file);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(polled(fd), 0);
	uik_file_set_readable(file, true);
	uik_file_set_readable(file, true);
	assert_int_equal(polled(fd), POLLIN);
	copy = uik_fd_dup(fd, 0, false, false);
	assert_int_equal(polled(copy), POLLIN);
	uik_file_set_readable(file, false);
	assert_int_equal(polled(fd), 0);
	assert_int_equal(read(fd, &c, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(write(fd, &c, 1), -1);
	uik_fd_close(fd);
	uik_fd_close(copy);
	machine_end(m);
}

/* Law: what the library keeps for itself has high numbers. */
static void high_numbers(void **state)
{
	struct file *file = anon_inode_getfile("[test]", &fops, NULL, O_RDWR);
	int before = dup(0), after;

	close(before);
	assert_int_equal(uik_file_set_pollable(file), 0);
	after = dup(0);
	assert_int_equal(after, before);
	close(after);
	fput(file);
}

enum { ROUNDS = 20000 };
static int raced_fd;
static int looks;

static int looker(void *arg)
{
	struct file *file;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		file = fget(raced_fd);
		if (!file)
			continue;
		if (file->f_op == &fops)
			__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
		fput(file);
	}
	return 0;
}

static int opener(void *arg)
{
	int i, fd;

	for (i = 0; i < ROUNDS / 10; i++) {
		fd = open_one(O_RDWR);
		uik_fd_close(fd);
	}
	return 0;
}

/* Law: looking a number up while it opens and closes is safe. */
static void racing(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *a, *b;

	released = 0;
	raced_fd = dup(0);
	close(raced_fd);
	a = start(looker, NULL);
	b = start(opener, NULL);
	join(a);
	join(b);
	assert_int_equal(released, ROUNDS / 10);
	machine_end(m);
}

static bool count_ours(int fd, struct file *file, void *arg)
{
	if (file->f_op == &fops)
		++*(int *)arg;
	return true;
}

/* Law: each visits every open number. */
static void walking(void **state)
{
	int a = open_one(O_RDWR), b = open_one(O_RDWR), n = 0;

	uik_fd_each(count_ours, &n);
	assert_int_equal(n, 2);
	uik_fd_close(a);
	uik_fd_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetime),
		cmocka_unit_test(other_numbers),
		cmocka_unit_test(reservation),
		cmocka_unit_test(limit),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(closed_raw),
		cmocka_unit_test(readiness),
		cmocka_unit_test(high_numbers),
		cmocka_unit_test(racing),
		cmocka_unit_test(walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
