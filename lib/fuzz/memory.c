// SPDX-License-Identifier: MIT
/*
 * The memory that calls point into.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uik/trust.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define ARGS_AT 1
#define GOOD_AT 3
#define READ_ONLY_AT (GOOD_AT + FUZZ_PAGES + 1)
#define USED_PAGES (READ_ONLY_AT + 1)
/* No power of two, so that no sum of round numbers ends right behind it. */
#define BEHIND_BYTES (96ull << 30)
#define ALL_BYTES (USED_PAGES * FUZZ_PAGE + BEHIND_BYTES)
#define NULL_BYTES 65536u

_Static_assert(sizeof(struct fuzz_memory) <= FUZZ_PAGE, "it is one page");

static void memory_free(void *arg)
{
	struct fuzz_memory *memory = arg;

	uiommufd_player_free(memory->player);
	if (memory->file >= 0)
		close(memory->file);
	munmap(memory, ALL_BYTES);
}

static void make_key(void)
{
	pthread_key_create(&key, memory_free);
}

static bool memory_fill(struct fuzz_memory *memory)
{
	uint8_t *base = (uint8_t *)memory;

	memory->args = base + ARGS_AT * FUZZ_PAGE;
	memory->good = base + GOOD_AT * FUZZ_PAGE;
	memory->hole = memory->good + FUZZ_PAGES * FUZZ_PAGE;
	memory->read_only = base + READ_ONLY_AT * FUZZ_PAGE;
	memory->file = memfd_create("fuzz", MFD_CLOEXEC);
	if (memory->file < 0 || ftruncate(memory->file, FUZZ_PAGES * FUZZ_PAGE))
		return false;
	/* The holes stay reserved: nothing else comes to lie there. */
	return !mprotect(memory->hole, FUZZ_PAGE, PROT_NONE) &&
	       !mprotect(memory->args + FUZZ_PAGE, FUZZ_PAGE, PROT_NONE) &&
	       !mprotect(memory->read_only, FUZZ_PAGE, PROT_READ);
}

/* The system maps nothing near NULL, unless a program insists. */
static bool null_is_hole(void)
{
	for (uintptr_t at = 0; at < NULL_BYTES; at += FUZZ_PAGE)
		if (!msync((void *)at, FUZZ_PAGE, MS_ASYNC) || errno != ENOMEM)
			return false;
	return true;
}

static void tell_holes(const struct fuzz_memory *memory)
{
	uik_trust_hole(memory->hole, FUZZ_PAGE);
	uik_trust_hole(memory->args + FUZZ_PAGE, FUZZ_PAGE);
	if (null_is_hole())
		uik_trust_hole(NULL, NULL_BYTES);
}

/*
 * What lies behind is out of reach: calls take lengths of any size, and an
 * access would write to a library's data there, or a check look at all of it.
 */
static struct fuzz_memory *memory_new(void)
{
	void *base = mmap(NULL, ALL_BYTES, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	if (!mprotect(base, USED_PAGES * FUZZ_PAGE, PROT_READ | PROT_WRITE))
		return base;
	munmap(base, ALL_BYTES);
	return NULL;
}

struct fuzz_memory *fuzz_memory_get(void)
{
	struct fuzz_memory *memory;

	pthread_once(&once, make_key);
	memory = pthread_getspecific(key);
	if (memory)
		return memory;
	memory = memory_new();
	if (!memory)
		return NULL;
	if (memory_fill(memory) && !pthread_setspecific(key, memory)) {
		tell_holes(memory);
		return memory;
	}
	memory_free(memory);
	return NULL;
}

void fuzz_memory_keep(struct fuzz_memory *memory, struct uiommufd_run *run)
{
	uiommufd_run_keep(run, memory, 2 * FUZZ_PAGE);
	uiommufd_run_keep(run, memory->good, FUZZ_PAGES * FUZZ_PAGE);
}

/*
 * It is nobody's but ours, so a checker needs not look at each word.
 */
#define unchecked __attribute__((__no_sanitize__("address", "undefined")))
typedef uint64_t word __attribute__((may_alias, vector_size(16)));

unchecked void fuzz_args_reset(uint8_t *args)
{
	volatile word *at = (volatile word *)args;

	for (unsigned int i = 0; i < FUZZ_ARG_BYTES / sizeof(*at); i++)
		at[i] = (word){ 0 };
}

/* Most of it is clear: looking costs a fraction of writing. */
unchecked static void clear_page(void *start)
{
	word *at = start, *end = (word *)((uint8_t *)start + FUZZ_PAGE);

	for (; at < end; at += 8) {
		word all = at[0] | at[1] | at[2] | at[3] | at[4] | at[5] |
			   at[6] | at[7];

		if (all[0] | all[1])
			memset(at, 0, 8 * sizeof(*at));
	}
}

/* Few: those that calls came near. */
static void clear_pages(const struct fuzz_memory *memory)
{
	uintptr_t first = (uintptr_t)memory->good / FUZZ_PAGE;
	uint64_t near = uik_trust_pages();

	for (unsigned int i = 0; i < FUZZ_PAGES; i++)
		if ((near >> (first + i) % 64 | memory->written >> i) & 1)
			clear_page(memory->good + i * FUZZ_PAGE);
}

void fuzz_memory_reset(struct fuzz_memory *memory)
{
	clear_pages(memory);
	if (memory->file_used)
		fallocate(memory->file,
			  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  FUZZ_PAGES * FUZZ_PAGE);
	memory->written = 0;
	memory->file_used = false;
	memory->used = 0;
}

static uint64_t special_pointer(const struct fuzz_memory *memory, uint8_t code)
{
	switch (code & 7) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)memory->hole;
	case 2:
		return (uintptr_t)memory->read_only;
	case 3:
		return (uintptr_t)memory->hole - 1;
	case 4:
		return 8;
	case 5:
		return 0xffff800000000000;
	case 6:
		return 1ull << 63 | 0x123456789000;
	default:
		return UINT64_MAX - 4095;
	}
}

uint64_t fuzz_pointer(struct fuzz_memory *memory,
		      const struct fuzz_value *value)
{
	uint64_t offset = value->wide % (FUZZ_PAGES * FUZZ_PAGE);

	if (value->code >= 0x40 && value->code != 0xf0 && value->code != 0xf1)
		return special_pointer(memory, value->code);
	if (value->code < 0x40)
		offset = value->code % FUZZ_PAGES * FUZZ_PAGE;
	return (uintptr_t)memory->good + offset;
}

uint64_t fuzz_data(struct fuzz_memory *memory, const struct fuzz_value *value)
{
	/* A little more than was given, so that lengths may be off. */
	size_t room = (value->length + 32u) & ~15u;
	uint8_t *at = memory->scratch + memory->used;

	if (value->code > 0x40)
		return fuzz_pointer(memory, value);
	if (room > FUZZ_SCRATCH - memory->used) {
		at = memory->scratch;
		memory->used = 0;
	}
	memory->used += room;
	memcpy(at, value->bytes, value->length);
	memset(at + value->length, 0, room - value->length);
	return (uintptr_t)at;
}
