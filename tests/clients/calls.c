// SPDX-License-Identifier: MIT
/*
 * A client of /dev/iommu that reaches it by every call there is: paths,
 * descriptors, mappings, waiting, huge pages, failure injection.  It knows
 * nothing of the library.
 */
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "iommu.h"

#define HUGE (2ul << 20)

/* ---- paths ---- */

static void test_paths(int unused)
{
	struct statx stx;
	struct stat st;
	char link[64], target[64];
	FILE *f;
	int fd;

	CHECK_EQ(stat("/dev/iommu", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 10);
	CHECK_EQ(st.st_mode & 0777, 0660);
	CHECK_EQ(lstat("/dev/../dev//iommu", &st), 0);
	CHECK_EQ(statx(AT_FDCWD, "/dev/iommu", 0, STATX_BASIC_STATS, &stx), 0);
	CHECK_EQ(stx.stx_rdev_major, 10);
	CHECK_EQ(access("/dev/iommu", R_OK | W_OK), 0);
	CHECK_ERRNO(EACCES, access("/dev/iommu", X_OK));
	CHECK_EQ(faccessat(AT_FDCWD, "/dev/vfio/vfio", F_OK, 0), 0);
	CHECK(!opendir("/dev/iommu"));
	CHECK_EQ(errno, ENOTDIR);
	CHECK_ERRNO(EINVAL, readlink("/dev/iommu", link, sizeof(link)));
	fd = openat(AT_FDCWD, "/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(minor(st.st_rdev), 196);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	CHECK_EQ(readlink(link, target, sizeof(target)), 14);
	CHECK(!memcmp(target, "/dev/vfio/vfio", 14));
	CHECK_EQ(close(fd), 0);
	f = fopen("/dev/iommu", "r+e");
	CHECK(f);
	CHECK_EQ(ioas_alloc(fileno(f)), 1);
	CHECK_EQ(fclose(f), 0);
	CHECK_ERRNO(EEXIST, open("/dev/iommu", O_CREAT | O_EXCL | O_RDWR, 0600));
	CHECK_ERRNO(ENOTDIR, open("/dev/iommu", O_RDWR | O_DIRECTORY));
	CHECK_ERRNO(ENOENT, open("/dev/iommu0", O_RDWR));
}

/* ---- descriptors ---- */

static void test_descriptors(int unused)
{
	int fd = open("/dev/iommu", O_RDWR | O_NONBLOCK), copy, other;
	struct iovec part = { &copy, sizeof(copy) };

	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR);
	copy = dup(fd);
	CHECK_EQ(copy, fd + 1);
	CHECK_EQ(ioas_alloc(copy), 1);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(ioas_alloc(copy), 2);
	CHECK_ERRNO(EBADF, ioctl(fd, IOMMU_IOAS_ALLOC, NULL));
	CHECK_EQ(fcntl(copy, F_DUPFD_CLOEXEC, 100), 100);
	CHECK_EQ(fcntl(100, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(copy, 101), 101);
	CHECK_EQ(dup3(copy, 101, O_CLOEXEC), 101);
	CHECK_ERRNO(EINVAL, dup3(copy, copy, 0));
	CHECK_EQ(close_range(100, 101, 0), 0);
	CHECK_ERRNO(EBADF, destroy(100, 1));
	other = open("/dev/null", O_RDWR);
	CHECK_EQ(dup2(other, copy), copy);	/* the context ends */
	CHECK_ERRNO(ENOTTY, destroy(copy, 1));
	CHECK_EQ(dup2(open_iommu(), other), other);
	CHECK_EQ(ioas_alloc(other), 1);
	CHECK_ERRNO(EINVAL, read(other, &copy, 4));
	CHECK_ERRNO(EINVAL, write(other, &copy, 4));
	CHECK_ERRNO(EINVAL, readv(other, &part, 1));
	CHECK_ERRNO(ESPIPE, lseek(other, 0, SEEK_SET));
	CHECK_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
				 open("/dev/null", O_RDWR), 0) ==
			    MAP_FAILED ? -1 : 0);
	closefrom(3);
	CHECK_EQ(open_iommu(), 3);
}

/* ---- waiting ---- */

static void test_waiting(int unused)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	int fd = open_iommu(), poller = epoll_create1(0), pipes[2];
	struct epoll_event event = { .events = EPOLLIN };
	struct timeval none = { 0, 1000 };
	struct timespec short_time = { 0, 1000 };
	struct pollfd fds[3];
	fd_set in, out;

	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd), 0);
	CHECK_ERRNO(EPERM, epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event));
	CHECK_EQ(epoll_ctl(poller, EPOLL_CTL_ADD, cmd.out_fault_fd, &event), 0);
	CHECK_EQ(epoll_wait(poller, &event, 1, 0), 0);
	fds[0] = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	fds[1] = (struct pollfd){ cmd.out_fault_fd, POLLIN, 0 };
	fds[2] = (struct pollfd){ pipes[0], POLLIN, 0 };
	CHECK_EQ(poll(fds, 3, -1), 1);
	CHECK_EQ(fds[0].revents, POLLIN | POLLOUT);
	CHECK_EQ(poll(fds + 1, 2, 1), 0);
	CHECK_EQ(ppoll(fds + 1, 2, &short_time, NULL), 0);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(poll(fds + 1, 2, -1), 1);
	CHECK_EQ(fds[2].revents, POLLIN);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(cmd.out_fault_fd, &in);
	FD_SET(cmd.out_fault_fd, &out);
	FD_SET(fd, &in);
	CHECK_EQ(select(cmd.out_fault_fd + 1, &in, &out, NULL, &none), 2);
	CHECK(!FD_ISSET(cmd.out_fault_fd, &in));
	CHECK(FD_ISSET(cmd.out_fault_fd, &out));
	CHECK(FD_ISSET(fd, &in));
}

/* ---- mappings ---- */

static struct iommu_viommu_selftest data;

static uint32_t mappable(int fd)
{
	struct mock mock = mock_domain(fd, ioas_alloc(fd));
	uint32_t parent = hwpt_alloc(fd, mock.idev, 1,
				     IOMMU_HWPT_ALLOC_NEST_PARENT);

	data.in_data = 0x1234;
	return viommu_alloc(fd, mock.idev, parent, &data);
}

/* Each way in which a mapping can end lets the vIOMMU go, and no earlier. */
static void test_mappings(int way)
{
	int fd = open_iommu();
	uint32_t viommu = mappable(fd);
	size_t length = data.out_mmap_length;
	char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       data.out_mmap_offset);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(length, 2 * PAGE);
	CHECK_ERRNO(EBUSY, destroy(fd, viommu));
	switch (way) {
	case 0:
		CHECK_EQ(munmap(p, PAGE), 0);
		CHECK_ERRNO(EBUSY, destroy(fd, viommu));
		CHECK_EQ(munmap(p + PAGE, PAGE), 0);
		break;
	case 1:
		CHECK(mmap(p, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
			   MAP_FIXED, -1, 0) == p);
		CHECK_EQ(*p, 0);
		break;
	case 2:
		CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_READ), 0);
		CHECK_EQ(*(uint32_t *)p, 0x1234);
		CHECK_EQ(munmap(p + PAGE, PAGE), 0);
		CHECK_ERRNO(EBUSY, destroy(fd, viommu));
		CHECK_EQ(munmap(p, PAGE), 0);
		break;
	case 3: {
		char *to = mmap(NULL, length, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(mremap(p, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
			     to) == to);
		CHECK_EQ(*(uint32_t *)to, 0x1234);
		CHECK_ERRNO(EBUSY, destroy(fd, viommu));
		CHECK(mremap(to, length, 4 * length, MREMAP_MAYMOVE) ==
		      MAP_FAILED);
		CHECK_EQ(errno, EFAULT);
		CHECK_EQ(munmap(to, length), 0);
		break;
	}
	}
	CHECK_EQ(destroy(fd, viommu), 0);
	CHECK(mmap(NULL, length, PROT_READ, MAP_SHARED, fd,
		   data.out_mmap_offset) == MAP_FAILED);
	CHECK_EQ(errno, ENXIO);
}

/* ---- huge pages, whether the machine has some or not ---- */

static void check_huge(char *p, int fd, uint32_t ioas, uint32_t hwpt)
{
	CHECK(p != MAP_FAILED);
	CHECK_EQ((uintptr_t)p % HUGE, 0);
	memset(p, 1, 2 * HUGE);
	CHECK_EQ(map_at(fd, ioas, p, 2 * HUGE, 0x2000000), 0);
	CHECK_EQ(check_map(fd, hwpt, p, 2 * HUGE, 0x2000000), 0);
	CHECK_EQ(check_refs(fd, p, 2 * HUGE, 0), 0);	/* compound: skipped */
	CHECK_EQ(unmap_all(fd, ioas), 0);
	CHECK_EQ(munmap(p, 2 * HUGE), 0);
}

static void test_huge(int unused)
{
	int fd = open_iommu(), file;
	uint32_t ioas = ioas_alloc(fd);
	struct mock mock = mock_domain(fd, ioas);

	check_huge(mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			MAP_ANONYMOUS | MAP_HUGETLB, -1, 0), fd, ioas,
		   mock.hwpt);
	check_huge(mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED |
			MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26, -1, 0), fd,
		   ioas, mock.hwpt);
	file = memfd_create("huge", MFD_HUGETLB);
	CHECK(file >= 0);
	CHECK_EQ(ftruncate(file, 2 * HUGE), 0);
	check_huge(mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			file, 0), fd, ioas, mock.hwpt);
	CHECK_EQ(map_file_at(fd, ioas, file, 2 * HUGE, 0x2000000), 0);
	CHECK(mmap((void *)PAGE, HUGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_HUGETLB | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
}

/* ---- signals ---- */

/* By a runtime with a handler of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED true
#elif defined(__has_feature)
#define WATCHED (__has_feature(address_sanitizer) || \
		 __has_feature(thread_sanitizer) || \
		 __has_feature(undefined_behavior_sanitizer))
#else
#define WATCHED false
#endif

static sigjmp_buf back;
static volatile int faults;

static void on_fault(int signal)
{
	faults++;
	siglongjmp(back, 1);
}

/* A program's own SIGSEGV handler and the library's copies do not meet. */
static void test_signals(int block)
{
	volatile int *wild = (int *)strtoul("8", NULL, 0);
	struct sigaction action = { .sa_handler = on_fault }, old;
	int fd = open_iommu();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)8));
	CHECK_EQ(sigaction(SIGSEGV, &action, &old), 0);
	CHECK(WATCHED || old.sa_handler == SIG_DFL);
	CHECK_EQ(sigaction(SIGSEGV, NULL, &old), 0);
	CHECK(old.sa_handler == on_fault);
	if (block)
		CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)8));
	CHECK_EQ(faults, 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	if (!sigsetjmp(back, 1))
		*wild = 1;
	CHECK_EQ(faults, 1);
	CHECK(signal(SIGSEGV, SIG_DFL) == on_fault);
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)8));
}

/* ---- failure injection ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A sequence; -1 as soon as something fails. */
static int sequence(void)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	struct iommu_test_cmd mock = {
		.size = sizeof(mock),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN,
	};
	static char memory[4 * PAGE] __attribute__((aligned(4096)));
	int fd = open("/dev/iommu", O_RDWR), ret = -1;

	if (fd < 0)
		return -1;
	if (!ioctl(fd, IOMMU_IOAS_ALLOC, &cmd)) {
		mock.id = cmd.out_ioas_id;
		if (!ioctl(fd, IOMMU_TEST_CMD, &mock) &&
		    !map_at(fd, cmd.out_ioas_id, memory, sizeof(memory),
			    APERTURE))
			ret = 0;
	}
	close(fd);
	return ret;
}

/* Every point fails once; then the sequence passes without a hit. */
static void test_fail_nth(int by_thread)
{
	int nth = 1, left, fd, hits = 0;
	char path[64], text[16];

	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", gettid());
	fd = open(by_thread ? path : "/proc/self/fail-nth", O_RDWR);
	CHECK(fd >= 0);
	for (;; nth++) {
		int ret, length = snprintf(text, sizeof(text), "%d", nth);

		CHECK_EQ(pwrite(fd, text, length, 0), length);
		ret = sequence();
		memset(text, 0, sizeof(text));
		CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
		left = atoi(text);
		CHECK_EQ(pwrite(fd, "0", 1, 0), 1);
		hits += !left;
		if (left) {
			CHECK_EQ(ret, 0);
			break;
		}
		CHECK(nth < 500);
	}
	CHECK(hits > 10);
	CHECK_ERRNO(EINVAL, pwrite(fd, "x", 1, 0));
}

static void test_attributes(int unused)
{
	char text[16] = "";
	int fd, failed = 0;

	write_file("/sys/kernel/debug/fail_iommufd/probability", "100");
	write_file("/sys/kernel/debug/fail_iommufd/times", "2");
	for (int i = 0; i < 4; i++)
		failed += !!sequence();
	CHECK_EQ(failed, 2);
	fd = open("/sys/kernel/debug/fail_iommufd/times", O_RDONLY);
	CHECK_EQ(read(fd, text, sizeof(text)), 2);
	CHECK_EQ(text[0], '0');
	write_file("/sys/kernel/debug/fail_iommufd/probability", "0");
	CHECK_EQ(sequence(), 0);
	CHECK_EQ(access("/sys/kernel/debug/failslab", F_OK), 0);
	CHECK_ERRNO(ENOENT, open("/sys/kernel/debug/failslab/none", O_RDWR));
}

/* The same files as streams, which libc reads and writes behind its own back. */
static void test_streams(int unused)
{
	static const char path[] = "/sys/kernel/debug/fail_iommufd/times";
	int next = open("/dev/null", O_RDWR), fd;
	char text[16];
	FILE *f;

	close(next);
	f = fopen(path, "w");
	CHECK(f);
	CHECK_EQ(fprintf(f, "%d", 77), 2);
	CHECK_EQ(fclose(f), 0);
	f = fopen(path, "re");
	CHECK(f && fgets(text, sizeof(text), f));
	CHECK_EQ(atoi(text), 77);
	rewind(f);
	CHECK(fgets(text, sizeof(text), f));
	CHECK_EQ(atoi(text), 77);
	CHECK_EQ(fclose(f), 0);
	fd = open(path, O_RDWR);
	CHECK_EQ(fd, next);		/* the streams left nothing open */
	CHECK_EQ(read(fd, text, 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, text, 15), 3);
	CHECK_EQ(close(fd), 0);
	f = freopen("/dev/iommu", "r+", stdin);
	CHECK(f);
	CHECK_EQ(ioas_alloc(fileno(f)), 1);
}

/* Calls made by number, for want of a wrapper. */
static void test_by_number(int unused)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/iommu", O_RDWR), file;
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	CHECK_EQ(syscall(SYS_ioctl, fd, IOMMU_IOAS_ALLOC, &cmd), 0);
	CHECK_EQ(cmd.out_ioas_id, 1);
	CHECK_EQ(syscall(SYS_close, fd), 0);
	CHECK_EQ(open_iommu(), fd);
	CHECK_EQ(ioas_alloc(fd), 1);	/* a new context under the number */
	CHECK_EQ(syscall(SYS_close_range, fd, fd, 0), 0);
	CHECK_ERRNO(EBADF, destroy(fd, 1));
	file = (int)syscall(SYS_memfd_create, "huge", MFD_HUGETLB);
	CHECK(file >= 0);
	CHECK_EQ(ftruncate(file, 2 * HUGE), 0);
	fd = open_iommu();
	mock_domain(fd, ioas_alloc(fd));
	check_huge(mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			file, 0), fd, 1, 4);
}

static const struct test tests[] = {
	{ "streams", "", 0, test_streams },
	{ "by_number", "", 0, test_by_number },
	{ "paths", "", 0, test_paths },
	{ "descriptors", "", 0, test_descriptors },
	{ "waiting", "", 0, test_waiting },
	{ "mappings", "unmap", 0, test_mappings },
	{ "mappings", "map_over", 1, test_mappings },
	{ "mappings", "protect", 2, test_mappings },
	{ "mappings", "move", 3, test_mappings },
	{ "huge", "", 0, test_huge },
	{ "signals", "", 0, test_signals },
	{ "signals", "blocked", 1, test_signals },
	{ "fail_nth", "self", 0, test_fail_nth },
	{ "fail_nth", "thread", 1, test_fail_nth },
	{ "attributes", "", 0, test_attributes },
};

int main(int argc, char **argv)
{
	return run_all(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
