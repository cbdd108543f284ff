/* SPDX-License-Identifier: MIT */
/* Files and descriptor numbers. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

static bool stop_at_once(int fd, struct file *file, void *arg)
{
	++*(int *)arg;
	return false;
}

/* Law: a walk ends when it is told to; a forgotten number is not visited. */
static void forgetting(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int a, b, n = 0;

	released = 0;
	a = open_one(O_RDWR);
	b = open_one(O_RDWR);
	uik_fd_each(stop_at_once, &n);
	assert_int_equal(n, 1);
	assert_true(uik_fd_forget(a));
	assert_int_equal(released, 1);
	assert_false(uik_fd_forget(a));
	assert_false(uik_fd_forget(-1));
	/* It stays open, and leads nowhere. */
	assert_int_equal(fcntl(a, F_GETFD), 0);
	assert_null(fget(a));
	n = 0;
	uik_fd_each(count_ours, &n);
	assert_int_equal(n, 1);
	close(a);
	uik_fd_close(b);
	machine_end(m);
}

static const struct file_operations mute = { .release = NULL };

/* Law: what fails leaves no number and no file behind. */
static void failures(void **state)
{
	int next = get_unused_fd_flags(0);
	struct file *file;

	put_unused_fd(next);
	uik_fail_nth(1, 1u << UIK_FAIL_OP, false);
	assert_int_equal(anon_inode_getfd("x", &mute, NULL, 0), -EMFILE);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(anon_inode_getfd("x", &mute, NULL, 0), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(get_unused_fd_flags(0), next);
	put_unused_fd(next);
	/* A file may have no readiness, and nothing to say at its end. */
	file = anon_inode_getfile("x", &mute, NULL, O_WRONLY);
	assert_int_equal(file->f_mode & (FMODE_READ | FMODE_WRITE),
			 FMODE_WRITE);
	uik_file_set_readable(file, true);
	__fput_sync(file);
}

enum { MANY = 20000 };

/* Law: files are many, but not endless; those that end are used again. */
static void too_many_files(void **state)
{
	static struct file *all[MANY];
	int counts[2];

	for (int round = 0; round < 2; round++) {
		int n = 0;

		while (n < MANY) {
			all[n] = anon_inode_getfile("x", &mute, NULL, 0);
			if (IS_ERR(all[n]))
				break;
			n++;
		}
		assert_true(n < MANY);
		assert_int_equal(PTR_ERR(all[n]), -ENFILE);
		counts[round] = n;
		while (n--)
			fput(all[n]);
	}
	assert_true(counts[0] > 10000);
	assert_int_equal(counts[0], counts[1]);
}

/* Only so many numbers from here on; the limit that was. */
static struct rlimit numbers_left(int count)
{
	int next = dup(0);
	struct rlimit old, low;

	close(next);
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = next + count;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	return old;
}

/* Law: readiness needs two numbers, wherever they are to be had. */
static void readiness_limits(void **state)
{
	struct file *file = anon_inode_getfile("x", &mute, NULL, O_RDWR);
	struct rlimit old;
	int next = dup(0), after;

	close(next);
	for (int left = 0; left < 2; left++) {
		old = numbers_left(left);
		assert_int_equal(uik_file_set_pollable(file), -EMFILE);
		setrlimit(RLIMIT_NOFILE, &old);
		after = dup(0);
		assert_int_equal(after, next);
		close(after);
	}
	/* No high numbers: low ones do. */
	old = numbers_left(2);
	assert_int_equal(uik_file_set_pollable(file), 0);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(fcntl(next, F_GETFD), FD_CLOEXEC);
	uik_file_set_readable(file, true);
	assert_int_equal(polled(file->host_fd_), POLLIN);
	fput(file);
	assert_int_equal(fcntl(next, F_GETFD), -1);
}

/* Law: no number is left for a copy: the copy fails, nothing else. */
static void copy_limits(void **state)
{
	int fd = open_one(O_RDWR);
	struct rlimit old = numbers_left(0);
	struct file *file;

	assert_int_equal(uik_fd_dup(fd, 0, false, false), -EMFILE);
	assert_int_equal(uik_fd_dup(fd, 1 << 20, false, false), -EINVAL);
	setrlimit(RLIMIT_NOFILE, &old);
	file = fget(fd);
	assert_int_equal(file_count(file), 2);
	fput(file);
	uik_fd_close(fd);
}

/* Law: numbers of the library's own are as good, and the system's go on. */
static void virtual_numbers(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct file *file;
	int a, b, c, fd, n = 0;

	released = 0;
	uik_fd_virtual(true);
	a = open_one(O_RDWR);
	b = open_one(O_RDWR | O_CLOEXEC);
	assert_true(uik_fd_is_virtual(a) && uik_fd_is_virtual(b));
	assert_false(uik_fd_is_virtual(b + 1));
	assert_false(uik_fd_is_virtual(0));
	assert_int_equal(fcntl(a, F_GETFD), -1);
	assert_int_equal(uik_fd_host(a), a);
	assert_int_equal(uik_fd_host(b + 1), -EBADF);
	assert_int_equal(uik_fd_next_virtual(-1), a);
	assert_int_equal(uik_fd_next_virtual(a), b);
	assert_int_equal(uik_fd_next_virtual(b), -1);
	assert_int_equal(uik_fd_next_virtual(1 << 20), -1);
	/* Copies: the lowest from a number on, or that of another file. */
	c = uik_fd_dup(a, b + 5, false, false);
	assert_int_equal(c, b + 5);
	assert_int_equal(uik_fd_dup(a, 0, false, false), b + 1);
	assert_int_equal(uik_fd_dup(a, b, true, false), b);
	assert_int_equal(released, 1);
	assert_int_equal(uik_fd_dup(a, a + 64, false, false), -EMFILE);
	/* The system's numbers are not theirs to take. */
	assert_int_equal(uik_fd_dup(a, 5, true, false), -EBADF);
	file = fget(b);
	assert_ptr_equal(file->private_data, &released);
	assert_int_equal(file_count(file), 5);
	assert_int_equal(uik_file_set_pollable(file), 0);
	assert_int_equal(file->host_fd_, -1);
	fput(file);
	/* What is reserved and given back is free again. */
	fd = get_unused_fd_flags(0);
	put_unused_fd(fd);
	assert_false(uik_fd_is_virtual(fd));
	while ((fd = get_unused_fd_flags(0)) >= 0)
		n++;
	assert_int_equal(fd, -EMFILE);
	assert_int_equal(n, 64 - 4);
	for (fd = a; fd < a + 64; fd++)
		if (!uik_fd_is_ours(fd))
			put_unused_fd(fd);
	assert_int_equal(uik_fd_close_virtual(), 4);
	assert_int_equal(uik_fd_close_virtual(), 0);
	assert_int_equal(released, 2);
	uik_fd_virtual(false);
	fd = open_one(O_RDWR);
	assert_false(uik_fd_is_virtual(fd));
	uik_fd_close(fd);
	machine_end(m);
}

static void *claim_in_vain(void *arg)
{
	*(bool *)arg = uik_fd_virtual_claim();
	return NULL;
}

static bool count_number(int fd, struct file *file, void *arg)
{
	*(int *)arg += uik_fd_is_virtual(fd) ? 100 : 1;
	return true;
}

/* Law: a thread that claims them has them alone; others' are the system's. */
static void virtual_numbers_of_a_thread(void **state)
{
	struct kit_machine m = machine_with(NULL);
	bool other = true;
	pthread_t thread;
	int a, b, before = 0, sum = 0;

	uik_fd_each(count_number, &before);
	assert_true(uik_fd_virtual_claim());
	a = open_one(O_RDWR);
	assert_true(uik_fd_is_virtual(a));
	assert_int_equal(pthread_create(&thread, NULL, claim_in_vain, &other),
			 0);
	pthread_join(thread, NULL);
	assert_false(other);
	uik_fd_each(count_number, &sum);
	assert_int_equal(sum, before + 100);
	assert_int_equal(uik_fd_close_virtual(), 1);
	uik_fd_virtual_release();
	b = open_one(O_RDWR);
	assert_false(uik_fd_is_virtual(b));
	uik_fd_close(b);
	machine_end(m);
}

/* ---- another process's numbers ---- */

struct other_process {
	struct uik_files files;
	struct file *file;	/* behind number 5 */
	unsigned int reserved, freed;
};

static int other_reserve(struct uik_files *files, unsigned int flags)
{
	container_of(files, struct other_process, files)->reserved++;
	return 5;
}

static void other_release(struct uik_files *files, unsigned int fd)
{
	assert_int_equal(fd, 5);
	container_of(files, struct other_process, files)->freed++;
}

static void other_install(struct uik_files *files, unsigned int fd,
			  struct file *file)
{
	assert_int_equal(fd, 5);
	container_of(files, struct other_process, files)->file = file;
}

static struct file *other_get(struct uik_files *files, unsigned int fd)
{
	struct other_process *other =
		container_of(files, struct other_process, files);

	return fd == 5 && other->file ? get_file(other->file) : NULL;
}

static int other_host(struct uik_files *files, int fd)
{
	return fd == 5 ? uik_fd_high(dup(0)) : -EBADF;
}

/* Law: a task that stands for another process has that one's numbers. */
static void other_process(void **state)
{
	struct other_process other = {
		.files = { other_reserve, other_release, other_install,
			   other_get, other_host },
	};
	struct file *file;
	int fd, host;

	current->files = &other.files;
	fd = anon_inode_getfd("x", &mute, NULL, O_RDWR);
	assert_int_equal(fd, 5);
	assert_non_null(other.file);
	file = fget(5);
	assert_ptr_equal(file, other.file);
	fput(file);
	assert_null(fget(6));
	host = uik_fd_host(5);
	assert_true(host >= 512);
	uik_fd_host_put(5, host);
	assert_int_equal(fcntl(host, F_GETFD), -1);
	assert_true(uik_fd_is_open(5));
	assert_false(uik_fd_is_open(6));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(anon_inode_getfd("x", &mute, NULL, 0), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(other.reserved, 2);
	assert_int_equal(other.freed, 1);
	current->files = NULL;
	/* The number here is another one. */
	assert_null(fget(5));
	fput(other.file);
}

/* Law: readiness that is another process's to set is what a poll sees. */
static void shared_readiness(void **state)
{
	struct file *file = anon_inode_getfile("x", &mute, NULL, O_RDWR);
	int ends[2], fd;

	assert_int_equal(pipe(ends), 0);
	uik_file_share(file, uik_fd_high(ends[0]));
	fd = get_unused_fd_flags(0);
	fd_install(fd, file);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(polled(fd), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(polled(fd), POLLIN);
	uik_fd_close(fd);
	close(ends[1]);
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
		cmocka_unit_test(forgetting),
		cmocka_unit_test(failures),
		cmocka_unit_test(too_many_files),
		cmocka_unit_test(readiness_limits),
		cmocka_unit_test(copy_limits),
		cmocka_unit_test(virtual_numbers),
		cmocka_unit_test(virtual_numbers_of_a_thread),
		cmocka_unit_test(other_process),
		cmocka_unit_test(shared_readiness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
