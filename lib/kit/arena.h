/* SPDX-License-Identifier: MIT */
/*
 * The arena: a machine's memory, in one reserved range of addresses.
 *
 *   base     the machine itself (this structure is inside), up to 256 KiB
 *   +256 K   class of each 64 KiB chunk, one byte each
 *   +2 M     one word for each 64 bytes of the arena: the tag
 *   heap     chunks of equal blocks, and spans of pages
 *   zone     spans of pages backed by a memfd, which clients can map
 *
 * base is 4 GiB-aligned, so that the address of any block leads to its arena
 * through a table indexed by address >> 32.
 *
 * The tag of a block's first 64 bytes says what it is; nothing is ever stored
 * in free memory, so that it can be poisoned.
 *
 *   live block   kind + 1 in bits 63:60, bytes unused at its end in bits
 *                59:48, caller (or debug record) in bits 47:0
 *   free block   the next free block of its list, or 0
 *   free span    9 in bits 63:60, order in bits 59:48, next in bits 47:0;
 *                the word after it: the previous one
 *   otherwise    0
 * A live span has its size in bytes in the word after its tag.
 *
 * Locks: a magazine's busy flag, then the arena's lock.  Both are leaves: no
 * hook, no other lock, no sleep beneath them.
 */
#ifndef KIT_ARENA_H
#define KIT_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/hook.h>

#define ARENA_SLOT_SHIFT 32
#define ARENA_SLOTS 65536u
#define ARENA_CLASS_MAP (256ul << 10)
#define ARENA_TAGS (2ul << 20)
#define ARENA_MAX (64ul << 30)
#define ARENA_DEFAULT (16ul << 30)
#define ARENA_MIN (64ul << 20)

#define ARENA_PAGE 4096ul
#define ARENA_CHUNK_SHIFT 16
#define ARENA_CHUNK_ORDER 4
#define ARENA_STEP_ORDER 10	/* memory is committed 4 MiB at a time */
#define ARENA_ORDERS 25
#define ARENA_CLASSES 28
#define ARENA_SMALL_MAX 16384ul
#define ARENA_CPUS 64
#define ARENA_QUARANTINE 4096u

enum block_kind {
	BLOCK_KMALLOC,
	BLOCK_VMALLOC,
	BLOCK_PAGES,
	BLOCK_INTERNAL,		/* the kit's own: not counted, not reported */
};

#define TAG_SHIFT 60
#define TAG_LIVE(kind) ((uint64_t)(kind) + 1)
#define TAG_FREE_SPAN 9u
#define TAG_FIELD_SHIFT 48
#define TAG_POINTER ((1ull << TAG_FIELD_SHIFT) - 1)

/* Free blocks of a class, linked through their tags. */
struct arena_list {
	uintptr_t head;
	uint32_t count;
	uint32_t limit;		/* of a CPU's list: more go to the depot */
};

/* Used by whoever holds busy. */
struct arena_cpu {
	uint32_t busy;
	struct arena_list list[ARENA_CLASSES];
} __attribute__((aligned(64)));

/* Page spans of a range of the arena, by buddies. */
struct arena_zone {
	uintptr_t start;
	uintptr_t brk;		/* committed up to here; atomic */
	uintptr_t end;
	uintptr_t free[ARENA_ORDERS];
	int fd;			/* memfd behind it, or -1 */
	int copy_fd;		/* over a fork: the child's; -1 */
	bool is_file;
};

struct arena {
	uintptr_t base;		/* its own address: it lies at its start */
	size_t size;		/* reserved */
	bool checked;		/* all traffic takes the slow path */
	bool fills;		/* patterns in fresh and freed blocks */
	bool debug;		/* stacks are kept */
	struct arena_cpu cpu[ARENA_CPUS];
	pthread_mutex_t lock;	/* everything below */
	struct arena_list depot[ARENA_CLASSES];
	uint64_t carved[ARENA_CLASSES];	/* blocks ever cut from chunks */
	uint64_t last_serial;		/* of a record */
	uintptr_t bump[ARENA_CLASSES];
	uintptr_t bump_end[ARENA_CLASSES];
	struct arena_zone heap;
	struct arena_zone zone;
	uintptr_t quarantine[ARENA_QUARANTINE];
	uint64_t checked_blocks; /* live, if all traffic is checked */
	uint64_t checked_bytes;
	uint32_t quarantine_next;
	uint32_t late_writes;	/* found in quarantine */
	uint32_t quarantine_seen; /* up to here all was looked at */
	uint32_t quarantine_aged; /* up to here but few are left */
	uint32_t quarantine_old; /* at the last uik_slab_age() */
	uint64_t span_blocks;	/* live spans but the kit's own */
	uint64_t span_bytes;
};

/* What is kept of a block's allocation when the arena is in debug mode. */
#define RECORD_FRAMES 13
#define RECORD_INNER 4		/* frames of the slab itself, at most */
#define RECORD_CLASS 1		/* 128 bytes */
struct block_record {
	uint64_t serial;		/* records are numbered from 1 */
	const void *site;
	uint32_t frame_count;
	int32_t pid;
	void *frames[RECORD_FRAMES];
};

extern struct arena *uik_arena_of_slot[ARENA_SLOTS];
extern const uint16_t uik_arena_class_size[ARENA_CLASSES];
/* 2^20 divided by the size in units of 64 bytes, rounded up. */
extern const uint32_t uik_arena_reciprocal[ARENA_CLASSES];

/* Reserves a range, of which the head (up to the tags) is usable; NULL. */
void *arena_reserve(size_t wanted_bytes, size_t *size);
void arena_release(void *base, size_t size);
/* @arena is at the start of the range. */
int arena_init(struct arena *arena, size_t size);
void arena_fini(struct arena *arena);

static inline struct arena *arena_of(const void *p)
{
	return uik_arena_of_slot[((uintptr_t)p >> ARENA_SLOT_SHIFT) %
				 ARENA_SLOTS];
}

static inline uint64_t *arena_tag(const struct arena *arena, uintptr_t p)
{
	uintptr_t base = (uintptr_t)arena;

	return (uint64_t *)(base + ARENA_TAGS) + ((p - base) >> 6);
}

static inline uint8_t *arena_class_byte(const struct arena *arena, uintptr_t p)
{
	uintptr_t base = (uintptr_t)arena;

	return (uint8_t *)(base + ARENA_CLASS_MAP) +
	       ((p - base) >> ARENA_CHUNK_SHIFT);
}

/* Whether @p lies in committed memory; looked at without the lock. */
static inline bool zone_holds(const struct arena_zone *zone, uintptr_t p)
{
	return p - zone->start < __atomic_load_n(&zone->brk, __ATOMIC_RELAXED) -
					 zone->start;
}

static inline bool arena_holds(const struct arena *arena, uintptr_t p)
{
	return zone_holds(&arena->heap, p) || zone_holds(&arena->zone, p);
}

/* Spans; the lock is held.  0 without memory.  They are not tagged live. */
uintptr_t arena_span_alloc(struct arena *arena, struct arena_zone *zone,
			   unsigned int order);
void arena_span_free(struct arena *arena, struct arena_zone *zone, uintptr_t p,
		     unsigned int order);
/* Free blocks of a class; the lock is held.  0 without memory. */
uintptr_t arena_block_take(struct arena *arena, unsigned int class);
void arena_block_give(struct arena *arena, unsigned int class, uintptr_t p);
/* Live blocks and their bytes; waits for CPUs at work. */
void arena_count(struct arena *arena, uint64_t *blocks, uint64_t *bytes);
/* Moves free blocks from the depot to an empty list; false without memory. */
bool arena_refill(struct arena *arena, unsigned int class,
		  struct arena_list *list);
/* Moves about half of a full list to the depot. */
void arena_drain(struct arena *arena, unsigned int class,
		 struct arena_list *list);

void arena_cpu_wait(struct arena_cpu *cpu);

/* Two tasks may share a CPU number: whoever comes second waits. */
static inline void arena_cpu_enter(struct arena_cpu *cpu)
{
	if (uik_unlikely(__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE)))
		arena_cpu_wait(cpu);
}

static inline void arena_cpu_leave(struct arena_cpu *cpu)
{
	__atomic_store_n(&cpu->busy, 0, __ATOMIC_RELEASE);
}

static inline void arena_lock(struct arena *arena)
{
	pthread_mutex_lock(&arena->lock);
}

static inline void arena_unlock(struct arena *arena)
{
	pthread_mutex_unlock(&arena->lock);
}

static inline unsigned int arena_order(size_t bytes)
{
	if (bytes <= ARENA_PAGE)
		return 0;
	return 64 - __builtin_clzl(bytes - 1) - 12;
}

/* The kit's own memory: cleared, not a failure point; NULL. */
void *arena_own_alloc(struct arena *arena, size_t bytes);
void arena_own_free(struct arena *arena, void *p);

#endif
