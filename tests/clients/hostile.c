// SPDX-License-Identifier: MIT
/*
 * A client that does what it likes: random calls with arguments that are half
 * right, from several threads and several processes that share descriptors.
 * Nothing may crash, hang or complain; results are not looked at.
 *
 * usage: hostile [-t THREADS] [-p PROCESSES] [-n CALLS] [-s SEED] [-d SECONDS]
 *
 * -d goes on for that long instead, each worker in rounds of CALLS with other
 * numbers.  Minutes of it, with a sanitizer:
 *
 *   TSAN_OPTIONS=suppressions=tests/clients/hostile.tsan \
 *	uiommufd run -- client_hostile_thread -t 8 -p 3 -d 60
 */
#include <poll.h>
#include <pthread.h>
#include <sys/uio.h>
#include <time.h>

#include "iommu.h"

#define FDS 24
#define MEMORY (64 * PAGE)
#define HANG_SECONDS 240

struct worker {
	pthread_t thread;
	uint64_t random;
	unsigned int calls;
};

static int fds[FDS];		/* shared by all threads; any may be stale */
static char *memory;		/* what they map and give as arguments */
static unsigned int threads = 4, processes = 2, calls = 2000, seconds;

static uint64_t next(struct worker *worker)
{
	uint64_t x = worker->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	worker->random = x;
	return x * 0x2545f4914f6cdd1dull;
}

static uint32_t below(struct worker *worker, uint32_t limit)
{
	return (uint32_t)(next(worker) >> 33) % limit;
}

static int some_fd(struct worker *worker)
{
	return __atomic_load_n(&fds[below(worker, FDS)], __ATOMIC_ACQUIRE);
}

/* Keeps a descriptor in the table and closes the one that was there. */
static void keep_fd(struct worker *worker, int fd)
{
	int old;

	if (fd < 0)
		return;
	old = __atomic_exchange_n(&fds[below(worker, FDS)], fd,
				  __ATOMIC_ACQ_REL);
	if (old >= 3)
		close(old);
}

/* A number as a client would pass it, mostly. */
static uint64_t some_value(struct worker *worker)
{
	switch (below(worker, 10)) {
	case 0:
		return 0;
	case 1:
		return next(worker);
	case 2:
		return (uintptr_t)memory + below(worker, MEMORY);
	case 3:
		return (uintptr_t)memory + PAGE * below(worker, 60);
	case 4:
		return APERTURE + PAGE * below(worker, 64);
	case 5:
		return PAGE << below(worker, 8);
	case 6:
		return (uint64_t)some_fd(worker);
	default:
		return below(worker, 16);
	}
}

static const struct {
	unsigned int number;
	unsigned int size;
} commands[] = {
	{ IOMMU_DESTROY, 8 },
	{ IOMMU_IOAS_ALLOC, 12 },
	{ IOMMU_IOAS_ALLOW_IOVAS, 24 },
	{ IOMMU_IOAS_COPY, 40 },
	{ IOMMU_IOAS_IOVA_RANGES, 32 },
	{ IOMMU_IOAS_MAP, 40 },
	{ IOMMU_IOAS_UNMAP, 24 },
	{ IOMMU_OPTION, 24 },
	{ IOMMU_VFIO_IOAS, 12 },
	{ IOMMU_HWPT_ALLOC, 48 },
	{ IOMMU_GET_HW_INFO, 40 },
	{ IOMMU_HWPT_SET_DIRTY_TRACKING, 16 },
	{ IOMMU_HWPT_GET_DIRTY_BITMAP, 48 },
	{ IOMMU_HWPT_INVALIDATE, 32 },
	{ IOMMU_FAULT_QUEUE_ALLOC, 16 },
	{ IOMMU_IOAS_MAP_FILE, 40 },
	{ IOMMU_VIOMMU_ALLOC, 40 },
	{ IOMMU_VDEVICE_ALLOC, 24 },
	{ IOMMU_IOAS_CHANGE_PROCESS, 8 },
	{ IOMMU_VEVENTQ_ALLOC, 32 },
	{ IOMMU_HW_QUEUE_ALLOC, 48 },
	{ IOMMU_TEST_CMD, 72 },
	{ IOMMU_TEST_CMD, 72 },
	{ IOMMU_TEST_CMD, 72 },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/*
 * Words are 32 bits wide or a pair that makes 64; descriptors that come out are
 * kept.  A wait inside the kernel is not provoked: the test command's memory
 * limit and huge buffers are left alone.
 */
static void some_ioctl(struct worker *worker)
{
	uint32_t which = below(worker, COMMANDS), i;
	uint32_t words[32] = { 0 };
	void *arg = words;

	for (i = 1; i < commands[which].size / 4; i++) {
		if (i % 2 == 0 && below(worker, 2)) {
			uint64_t wide = some_value(worker);

			memcpy(&words[i++], &wide, sizeof(wide));
		} else {
			words[i] = (uint32_t)some_value(worker);
		}
	}
	words[0] = below(worker, 20) ? commands[which].size :
				       below(worker, 128);
	if (commands[which].number == IOMMU_TEST_CMD)
		words[1] = 1 + below(worker, 24);
	if (commands[which].number == IOMMU_VDEVICE_ALLOC ||
	    below(worker, 3) == 0)
		words[1] = 0;
	if (!below(worker, 40))
		arg = (void *)some_value(worker);
	if (ioctl(some_fd(worker), commands[which].number, arg) || arg != words)
		return;
	if (commands[which].number == IOMMU_FAULT_QUEUE_ALLOC)
		keep_fd(worker, (int)words[3]);
	else if (commands[which].number == IOMMU_VEVENTQ_ALLOC)
		keep_fd(worker, (int)words[6]);
	else if (commands[which].number == IOMMU_TEST_CMD &&
		 words[1] == IOMMU_TEST_OP_CREATE_ACCESS)
		keep_fd(worker, (int)words[4]);
}

static void some_io(struct worker *worker)
{
	char buffer[256];
	struct iovec part = { buffer, below(worker, sizeof(buffer)) };
	struct pollfd poll_fd = { some_fd(worker), POLLIN | POLLOUT, 0 };
	int fd = some_fd(worker);

	if (fd < 3)
		return;
	memset(buffer, 0, sizeof(buffer));
	switch (below(worker, 6)) {
	case 0:
		if (read(fd, buffer, part.iov_len) < 0)
			return;
		break;
	case 1:
		if (write(fd, buffer, part.iov_len) < 0)
			return;
		break;
	case 2:
		if (readv(fd, &part, 1) < 0)
			return;
		break;
	case 3:
		poll(&poll_fd, 1, 0);
		break;
	case 4:
		lseek(fd, (off_t)next(worker), SEEK_SET);
		break;
	default:
		keep_fd(worker, dup(fd));
	}
}

static void some_mapping(struct worker *worker)
{
	size_t length = PAGE * (1 + below(worker, 3));
	off_t offset = PAGE * (off_t)below(worker, 8);
	char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
		       some_fd(worker), offset);

	if (p == MAP_FAILED)
		return;
	if (below(worker, 2))
		mprotect(p, PAGE, PROT_READ);
	munmap(p, PAGE);
	munmap(p, length);
}

static void do_calls(struct worker *worker);

/* A child that goes on with what it inherited. */
static void some_child(struct worker *worker)
{
	int pid = fork();

	if (!pid) {
		struct worker own = { .random = worker->random ^ 0x5555,
				      .calls = 50 };

		alarm(HANG_SECONDS);
		do_calls(&own);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void do_calls(struct worker *worker)
{
	for (unsigned int i = 0; i < worker->calls; i++) {
		switch (below(worker, 64)) {
		case 0:
			keep_fd(worker, open("/dev/iommu", O_RDWR | O_CLOEXEC));
			break;
		case 1:
			keep_fd(worker, open("/dev/vfio/vfio", O_RDWR));
			break;
		case 2:
		case 3:
		case 4:
		case 5:
		case 6:
		case 7:
			some_io(worker);
			break;
		case 8:
		case 9:
			some_mapping(worker);
			break;
		case 10:
			if (worker->calls > 50 && !below(worker, 8))
				some_child(worker);
			break;
		default:
			some_ioctl(worker);
		}
	}
}

static void *work(void *arg)
{
	time_t end = time(NULL) + seconds;

	do {
		do_calls(arg);
	} while (time(NULL) < end);
	return NULL;
}

static int run_process(uint64_t seed)
{
	struct worker *workers = calloc(threads, sizeof(*workers));

	CHECK(workers);
	alarm(HANG_SECONDS + seconds);
	for (unsigned int i = 0; i < threads; i++) {
		workers[i].random = seed * 977 + i * 131 + 1;
		workers[i].calls = calls;
		CHECK_EQ(pthread_create(&workers[i].thread, NULL, work,
					&workers[i]), 0);
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;
	int opt, failed = 0, status;

	while ((opt = getopt(argc, argv, "t:p:n:s:d:")) != -1) {
		if (opt == 't')
			threads = (unsigned int)atoi(optarg);
		else if (opt == 'p')
			processes = (unsigned int)atoi(optarg);
		else if (opt == 'n')
			calls = (unsigned int)atoi(optarg);
		else if (opt == 'd')
			seconds = (unsigned int)atoi(optarg);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	for (int i = 0; i < FDS; i++)
		fds[i] = i < 4 ? open("/dev/iommu", O_RDWR) : -1;
	for (unsigned int i = 1; i < processes; i++)
		if (!fork()) {
			run_process(seed + i);
			exit(0);
		}
	run_process(seed);
	while (wait(&status) > 0)
		failed += status != 0;
	printf("[  %s  ] %u process(es)\n", failed ? "FAILED" : "PASSED",
	       processes);
	return failed;
}
