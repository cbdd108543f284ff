// SPDX-License-Identifier: MIT
/*
 * Law: whatever a client does, nothing crashes, hangs, warns or leaks.  Random
 * bytes to every number, from several threads, while descriptors come and go.
 */
#include "client_rig.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define FIRST 0x3b80u
#define LAST 0x3b95u
#define WORDS 12

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return dice->state;
}

#define MEMORY (64 * 4096ul)

/*
 * What commands may write to.  A hole follows: lengths are random, too, and a
 * client that gives too long ones gets what it asked for.
 */
static char *memory;

/* Mostly small numbers, which are IDs, flags and types that exist. */
static uint32_t word(struct dice *dice)
{
	switch (roll(dice) % 8) {
	case 0:
		return roll(dice);
	case 1:
		return 0xdeadbeef;
	case 2:
		return 4096 * (roll(dice) % 32);
	default:
		return roll(dice) % 12;
	}
}

static uint64_t address(struct dice *dice)
{
	switch (roll(dice) % 4) {
	case 0:
		return roll(dice);
	case 1:
		return 0x1000000 + 4096 * (roll(dice) % 64);
	default:
		return (uintptr_t)memory + 4096 * (roll(dice) % 64);
	}
}

static void random_command(int fd, struct dice *dice)
{
	static const uint32_t sizes[] = { 8, 12, 16, 24, 28, 32, 40, 48, 72 };
	union {
		uint32_t word[2 * WORDS];
		uint64_t wide[WORDS];
	} cmd;
	uint32_t number = FIRST + roll(dice) % (LAST - FIRST + 1);
	uint32_t result[2 * WORDS];

	for (int i = 0; i < 2 * WORDS; i++)
		cmd.word[i] = word(dice);
	for (int i = 2; i < WORDS; i++)
		if (roll(dice) & 1)
			cmd.wide[i] = address(dice);
	cmd.word[0] = sizes[roll(dice) % 9];
	memcpy(result, &cmd, sizeof(result));
	if (uiommufd_ioctl(fd, number, result))
		return;
	/* Descriptors that came out are closed again. */
	if (number == IOMMU_FAULT_QUEUE_ALLOC)
		uiommufd_close(result[3]);
	if (number == IOMMU_VEVENTQ_ALLOC)
		uiommufd_close(result[6]);
}

static void random_map(int fd, struct dice *dice)
{
	uint64_t offset = 4096 * (roll(dice) % 8);
	size_t length = 4096 * (roll(dice) % 4);
	void *at = uiommufd_mmap(NULL, length, PROT_READ, 1 + roll(dice) % 2,
				 fd, offset);

	if (at != MAP_FAILED)
		assert_int_equal(uiommufd_munmap(at, length), 0);
}

/* One thread, many seeds: each context ends clean. */
static void random_bytes(void **state)
{
	struct client *client = *state;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct dice dice = { seed * 0x9e3779b97f4a7c15ull };
		int fd = uiommufd_open(client->platform, O_RDWR);

		assert_true(fd >= 0);
		make_guest(fd);
		for (int i = 0; i < 400; i++) {
			random_command(fd, &dice);
			if (!(roll(&dice) % 16))
				random_map(fd, &dice);
		}
		assert_int_equal(uiommufd_close(fd), 0);
	}
}

static struct {
	struct client *client;
	atomic_int fd;			/* shared; comes and goes */
	atomic_bool stop;
} shared;

static void *misuse_thread(void *arg)
{
	struct dice dice = { (uintptr_t)arg * 0x9e3779b97f4a7c15ull };

	while (!atomic_load(&shared.stop)) {
		int fd = atomic_load(&shared.fd);

		if (roll(&dice) % 16)
			random_command(fd, &dice);
		else
			random_map(fd, &dice);
	}
	return NULL;
}

/*
 * Several threads on one descriptor, which another closes and opens.  Numbers
 * above all others keep it apart from what the commands make.
 */
static void from_many_threads(void **state)
{
	pthread_t threads[3];

	shared.client = *state;
	atomic_store(&shared.stop, false);
	atomic_store(&shared.fd, 400);
	assert_int_equal(uiommufd_dup2(shared.client->fd, 400), 400);
	for (uintptr_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						misuse_thread, (void *)(i + 1)),
				 0);
	for (int round = 0; round < 40; round++) {
		int fd = uiommufd_open(shared.client->platform, O_RDWR);

		assert_true(fd >= 0);
		make_guest(fd);
		assert_int_equal(uiommufd_dup2(fd, 400), 400);
		assert_int_equal(uiommufd_close(fd), 0);
		for (int pause = 0; pause < 50; pause++)
			sched_yield();
	}
	atomic_store(&shared.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(uiommufd_close(400), 0);
}

/* Descriptors closed in any order: event files, duplicates, the context. */
static void any_order_of_closing(void **state)
{
	struct client *client = *state;
	struct dice dice = { 77 };

	for (int round = 0; round < 100; round++) {
		int fd[5] = { uiommufd_open(client->platform, O_RDWR) };
		struct guest guest = make_guest(fd[0]);
		struct iommu_fault_alloc fault = { .size = sizeof(fault) };
		struct iommu_veventq_alloc events = {
			.size = sizeof(events), .viommu_id = guest.viommu,
			.type = 1, .veventq_depth = 2,
		};
		void *at = uiommufd_mmap(NULL, guest.length, PROT_READ,
					 MAP_SHARED, fd[0], guest.offset);

		assert_int_equal(uiommufd_ioctl(fd[0], IOMMU_FAULT_QUEUE_ALLOC,
						&fault), 0);
		assert_int_equal(uiommufd_ioctl(fd[0], IOMMU_VEVENTQ_ALLOC,
						&events), 0);
		fd[1] = fault.out_fault_fd;
		fd[2] = events.out_veventq_fd;
		fd[3] = uiommufd_dup(fd[0]);
		fd[4] = uiommufd_dup(fd[1]);
		for (int left = 5; left; left--) {
			int pick = roll(&dice) % left;

			if (at && !(roll(&dice) % 3)) {
				assert_int_equal(uiommufd_munmap(at,
							guest.length), 0);
				at = NULL;
			}
			assert_int_equal(uiommufd_close(fd[pick]), 0);
			fd[pick] = fd[left - 1];
		}
		if (at)
			assert_int_equal(uiommufd_munmap(at, guest.length), 0);
	}
}

static int make_memory(void **state)
{
	memory = mmap(NULL, MEMORY + 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	return mprotect(memory + MEMORY, 4096, PROT_NONE);
}

static int end_memory(void **state)
{
	return munmap(memory, MEMORY + 4096);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(random_bytes),
		CLIENT_TEST(from_many_threads),
		CLIENT_TEST(any_order_of_closing),
	};

	return cmocka_run_group_tests(tests, make_memory, end_memory);
}
