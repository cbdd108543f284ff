// SPDX-License-Identifier: MIT
/*
 * A client of /dev/iommu in several processes: what a child maps, what it
 * leaves behind, who pays, who keeps what alive.  It knows nothing of the
 * library, forks as the kernel's harness does, and passes on a real kernel
 * whose mock IOMMU is built in.
 */
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "iommu.h"

static void *pages(size_t length, int flags)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void expect_child(int pid)
{
	int status;

	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- accounting ---- */

enum { ACCOUNT_NONE, ACCOUNT_USER, ACCOUNT_MM };

struct cap_header {
	uint32_t version;
	int32_t pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

static void drop_ipc_lock(void)
{
	struct cap_header header = { 0x20080522, 0 };
	struct cap_data data[2];

	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1u << 14);
	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

static void account_by(int fd, int mode)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = IOMMU_OPTION_OP_SET,
		.val64 = mode == ACCOUNT_MM,
	};

	if (mode != ACCOUNT_NONE)
		drop_ipc_lock();
	CHECK_EQ(ioctl(fd, IOMMU_OPTION, &cmd), 0);
}

static long status_kib(int pid, const char *label)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, label, strlen(label)))
			value = atol(line + strlen(label));
	fclose(f);
	CHECK(value >= 0);
	return value;
}

static int change_process(int fd)
{
	struct iommu_ioas_change_process cmd = { .size = sizeof(cmd) };

	return ioctl(fd, IOMMU_IOAS_CHANGE_PROCESS, &cmd);
}

/* Pins that somebody pays for move from parent to child. */
static void test_change_process(int mode)
{
	int fd = open_iommu(), file = memfd_create("pages", 0), pid;
	int parent = getpid();
	void *memory = pages(PAGE, MAP_PRIVATE);
	long locked = mode == ACCOUNT_MM ? 4 : 0;
	long moved = mode == ACCOUNT_NONE ? 0 : 4;
	uint32_t ioas;

	account_by(fd, mode);
	ioas = ioas_alloc(fd);
	mock_domain(fd, ioas);
	CHECK_EQ(map_at(fd, ioas, memory, PAGE, APERTURE), 0);
	CHECK_EQ(status_kib(parent, "VmPin:"), 4);
	CHECK_EQ(status_kib(parent, "VmLck:"), locked);
	CHECK_ERRNO(EINVAL, change_process(fd));
	CHECK_EQ(unmap_all(fd, ioas), 0);
	CHECK_EQ(status_kib(parent, "VmPin:"), 0);
	CHECK_EQ(ftruncate(file, PAGE), 0);
	CHECK_EQ(map_file_at(fd, ioas, file, PAGE, APERTURE), 0);
	CHECK_EQ(status_kib(parent, "VmPin:"), 4);
	CHECK_EQ(status_kib(parent, "VmLck:"), locked);
	CHECK_EQ(change_process(fd), 0);	/* nothing changes */
	pid = fork();
	if (!pid) {
		CHECK_EQ(status_kib(getpid(), "VmPin:"), 0);
		CHECK_EQ(change_process(fd), 0);
		CHECK_EQ(status_kib(parent, "VmPin:"), 4 - moved);
		CHECK_EQ(status_kib(parent, "VmLck:"), 0);
		CHECK_EQ(status_kib(getpid(), "VmPin:"), moved);
		CHECK_EQ(status_kib(getpid(), "VmLck:"), locked);
		_exit(0);
	}
	expect_child(pid);
	CHECK_EQ(status_kib(parent, "VmPin:"), 4 - moved);
	close(fd);
}

/* ---- memory of children ---- */

/* A child maps, says so, and ends: with @domain its pages are still there. */
static void test_fork_gone(int domain)
{
	int fd = open_iommu(), pid;
	uint32_t ioas = ioas_alloc(fd), other = ioas_alloc(fd);
	void *memory = pages(8 * PAGE, MAP_SHARED);
	struct mock mock;

	if (domain)
		mock_domain(fd, ioas);
	pid = fork();
	if (!pid) {
		void *own = pages(8 * PAGE, MAP_PRIVATE);

		memset(own, 7, 8 * PAGE);
		CHECK_EQ(map_at(fd, ioas, own, 8 * PAGE, APERTURE), 0);
		_exit(0);
	}
	expect_child(pid);
	mock = mock_domain(fd, other);
	if (domain) {
		CHECK_EQ(copy_to_ioas(fd, ioas, APERTURE, other, APERTURE,
				      8 * PAGE), 0);
		CHECK_ERRNO(EINVAL, check_map(fd, mock.hwpt, memory, PAGE,
					      APERTURE));
	} else {
		CHECK_ERRNO(EFAULT, copy_to_ioas(fd, ioas, APERTURE, other,
						 APERTURE, 8 * PAGE));
	}
	CHECK_EQ(check_refs(fd, memory, 8 * PAGE, 0), 0);
	CHECK_EQ(unmap_all(fd, ioas), 0);
	close(fd);
}

/* A living child's pages are read and written from here. */
static void test_fork_present(int domain)
{
	int fd = open_iommu(), pid, access, to_child[2], to_parent[2];
	uint32_t ioas = ioas_alloc(fd);
	char bytes[64], byte = 0;

	CHECK_EQ(pipe(to_child), 0);
	CHECK_EQ(pipe(to_parent), 0);
	if (domain)
		mock_domain(fd, ioas);
	pid = fork();
	if (!pid) {
		char *own = pages(2 * PAGE, MAP_PRIVATE);

		memset(own, 'c', 2 * PAGE);
		CHECK_EQ(map_at(fd, ioas, own, 2 * PAGE, APERTURE), 0);
		CHECK_EQ(write(to_parent[1], &byte, 1), 1);
		CHECK_EQ(read(to_child[0], &byte, 1), 1);
		CHECK_EQ(own[PAGE - 1], 'p');
		CHECK_EQ(own[PAGE], 'p');
		CHECK_EQ(own[PAGE + 63], 'c');
		_exit(0);
	}
	CHECK_EQ(read(to_parent[0], &byte, 1), 1);
	access = create_access(fd, ioas, 0);
	CHECK(access >= 0);
	CHECK_EQ(access_rw(fd, access, APERTURE + PAGE - 32, bytes, 64, 0), 0);
	CHECK_EQ(bytes[0], 'c');
	CHECK_EQ(bytes[63], 'c');
	memset(bytes, 'p', 64);
	CHECK_EQ(access_rw(fd, access, APERTURE + PAGE - 32, bytes, 64,
			   MOCK_ACCESS_RW_WRITE), 0);
	CHECK_EQ(write(to_child[1], &byte, 1), 1);
	expect_child(pid);
	close(access);
	close(fd);
}

/* ---- who keeps what ---- */

/* A child that has the descriptor keeps the context after the parent's close. */
static void test_child_keeps(int unused)
{
	int fd = open_iommu(), pid, gate[2];
	uint32_t ioas = ioas_alloc(fd);
	char byte;

	CHECK_EQ(pipe(gate), 0);
	pid = fork();
	if (!pid) {
		close(gate[1]);
		CHECK_EQ(read(gate[0], &byte, 1), 0);
		CHECK_EQ(ioas_alloc(fd), ioas + 1);
		CHECK_EQ(destroy(fd, ioas), 0);
		CHECK_ERRNO(ENOENT, destroy(fd, ioas));
		_exit(0);
	}
	close(fd);
	close(gate[0]);
	close(gate[1]);
	expect_child(pid);
	CHECK_ERRNO(EBADF, destroy(fd, ioas));
}

/* A child's mapping of a vIOMMU's page keeps it busy until the child ends. */
static void test_child_maps(int by_signal)
{
	struct iommu_viommu_selftest data = { .in_data = 0xbeef };
	int fd = open_iommu(), pid, gate[2];
	struct mock mock = mock_domain(fd, ioas_alloc(fd));
	uint32_t parent = hwpt_alloc(fd, mock.idev, 1,
				     IOMMU_HWPT_ALLOC_NEST_PARENT);
	uint32_t viommu = viommu_alloc(fd, mock.idev, parent, &data);
	uint32_t *page = mmap(NULL, data.out_mmap_length,
			      PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      data.out_mmap_offset);
	char byte = 0;

	CHECK(page != MAP_FAILED);
	CHECK_EQ(*page, 0xbeef);
	CHECK_EQ(pipe(gate), 0);
	pid = fork();
	if (!pid) {
		uint32_t *mine = mmap(NULL, data.out_mmap_length, PROT_READ,
				      MAP_SHARED, fd, data.out_mmap_offset);

		CHECK(mine != MAP_FAILED);
		CHECK_EQ(*page, 0xbeef);
		CHECK_EQ(*mine, 0xbeef);
		*page = 0xcafe;
		CHECK_EQ(munmap(mine, PAGE), 0);
		CHECK_EQ(write(gate[1], &byte, 1), 1);
		pause();
	}
	CHECK_EQ(read(gate[0], &byte, 1), 1);
	CHECK_EQ(*page, 0xcafe);
	CHECK_EQ(munmap(page, data.out_mmap_length), 0);
	CHECK_ERRNO(EBUSY, destroy(fd, viommu));
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(destroy(fd, viommu), 0);
	close(fd);
}

/* Event files of a child: made, read and polled there. */
static void test_child_events(int unused)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	int fd = open_iommu(), pid = fork();
	char record[40];

	if (!pid) {
		struct pollfd poll_fd = { .events = POLLIN | POLLOUT };

		CHECK_EQ(ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd), 0);
		CHECK_EQ(cmd.out_fault_fd, fd + 1);
		poll_fd.fd = cmd.out_fault_fd;
		CHECK_EQ(poll(&poll_fd, 1, 0), 1);
		CHECK_EQ(poll_fd.revents, POLLOUT);
		CHECK_EQ(read(cmd.out_fault_fd, record, sizeof(record)), 0);
		CHECK_ERRNO(ESPIPE, write(cmd.out_fault_fd, record, 7));
		CHECK_ERRNO(EBUSY, destroy(fd, cmd.out_fault_id));
		CHECK_EQ(close(cmd.out_fault_fd), 0);
		CHECK_EQ(destroy(fd, cmd.out_fault_id), 0);
		CHECK_EQ(ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd), 0);
		_exit(0);
	}
	expect_child(pid);
	/* The queue the child left open is closed with it. */
	CHECK_EQ(destroy(fd, 1), 0);
	close(fd);
}

/* Children of children, and each has its own contexts too. */
static void test_generations(int depth)
{
	int fd = open_iommu(), pid;
	uint32_t ioas = ioas_alloc(fd);

	for (int i = 0; i < depth; i++) {
		pid = i % 2 ? fork() : spawn_suspended();
		if (pid) {
			expect_child(pid);
			if (i)
				_exit(0);
			CHECK_EQ(ioas_alloc(fd), ioas + depth + 1);
			close(fd);
			return;
		}
		CHECK_EQ(ioas_alloc(fd), ioas + 1 + i);
	}
	fd = open_iommu();
	CHECK_EQ(ioas_alloc(fd), 1);
	_exit(0);
}

/* ---- descriptors that travel ---- */

static void send_fd(int socket, int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = { 0 }, byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	int fd;

	CHECK_EQ(recvmsg(socket, &message, 0), 1);
	CHECK(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* A process that was there before the context receives it. */
static void test_message(int from_child)
{
	int pair[2], pid, fd;
	void *memory = pages(PAGE, MAP_PRIVATE);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (!pid == !!from_child) {
		fd = open_iommu();
		CHECK_EQ(ioas_alloc(fd), 1);
		send_fd(pair[0], fd);
		CHECK_EQ(read(pair[0], memory, 1), 1);
		CHECK_EQ(ioas_alloc(fd), 3);
	} else {
		fd = receive_fd(pair[1]);
		CHECK_EQ(map_at(fd, 1, memory, PAGE, APERTURE), 0);
		CHECK_EQ(ioas_alloc(fd), 2);
		CHECK_EQ(write(pair[1], memory, 1), 1);
		close(fd);
	}
	if (!pid)
		_exit(0);
	expect_child(pid);
}

/* By any of the functions that there are. */
static void execute(char *const *args, int how)
{
	if (how < 2)
		execv(args[0], args);
	else if (how == 2)
		execl(args[0], args[0], args[1], args[2], (char *)NULL);
	else if (how == 3)
		execle(args[0], args[0], args[1], args[2], (char *)NULL,
		       environ);
	else if (how == 4)
		execveat(AT_FDCWD, args[0], args, environ, 0);
	else
		execlp(args[0], args[0], args[1], args[2], (char *)NULL);
}

/* A program that is executed inherits what is not close-on-exec. */
static void test_exec(int how)
{
	int fd = open_iommu(), pid;
	char number[16];
	char *args[] = { "/proc/self/exe", "--inherited", number, NULL };

	CHECK_EQ(ioas_alloc(fd), 1);
	snprintf(number, sizeof(number), "%d", fd);
	pid = how == 1 ? vfork() : fork();
	if (!pid) {
		execute(args, how);
		_exit(3);
	}
	expect_child(pid);
	CHECK_EQ(ioas_alloc(fd), 3);
	CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		execl("/nonexistent", "x", NULL);
		CHECK_EQ(ioas_alloc(fd), 4);	/* still works */
		_exit(0);
	}
	expect_child(pid);
}

static int inherited(int fd)
{
	CHECK_EQ(ioas_alloc(fd), 2);
	return 0;
}

static const struct test tests[] = {
	{ "change_process", "none", ACCOUNT_NONE, test_change_process },
	{ "change_process", "user", ACCOUNT_USER, test_change_process },
	{ "change_process", "mm", ACCOUNT_MM, test_change_process },
	{ "fork_gone", "no_domain", 0, test_fork_gone },
	{ "fork_gone", "domain", 1, test_fork_gone },
	{ "fork_present", "no_domain", 0, test_fork_present },
	{ "fork_present", "domain", 1, test_fork_present },
	{ "child_keeps", "", 0, test_child_keeps },
	{ "child_maps", "", 0, test_child_maps },
	{ "child_events", "", 0, test_child_events },
	{ "generations", "1", 1, test_generations },
	{ "generations", "4", 4, test_generations },
	{ "message", "from_parent", 0, test_message },
	{ "message", "from_child", 1, test_message },
	{ "exec", "fork", 0, test_exec },
	{ "exec", "vfork", 1, test_exec },
	{ "exec", "execl", 2, test_exec },
	{ "exec", "execle", 3, test_exec },
	{ "exec", "execveat", 4, test_exec },
	{ "exec", "execlp", 5, test_exec },
};

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--inherited"))
		return inherited(atoi(argv[2]));
	return run_all(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
