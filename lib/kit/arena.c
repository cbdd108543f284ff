/* SPDX-License-Identifier: MIT */
/*
 * Arenas: reserving addresses, committing memory, page spans, block lists.
 * See arena.h for the layout.
 */
#include "kit/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>
#include <uik/file.h>

#include "kit/fork.h"
#include "kit/poison.h"
#include "kit/snapshot.h"
#include "kit/task.h"

#ifdef KIT_TSAN
#define ARENA_HINT 0x550000000000ul	/* a thread checker allows little else */
#else
#define ARENA_HINT 0x200000000000ul	/* 32 TiB: free under other checkers */
#endif
#define ARENA_HINT_VALGRIND 0x400000000ul
#define ARENA_ALIGN (1ul << ARENA_SLOT_SHIFT)
#define STEP_BYTES (ARENA_PAGE << ARENA_STEP_ORDER)
#define BATCH_BYTES 8192u
#define BATCH_MAX 32u

/* Process-wide door: written when machines come and go. */
struct arena *uik_arena_of_slot[ARENA_SLOTS];
static uintptr_t slots_low = ARENA_SLOTS, slots_high;	/* ever used */
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

FORK_LOCK(slots_lock)

const uint16_t uik_arena_class_size[ARENA_CLASSES] = {
	64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896,
	960, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 4096, 5120, 6144, 8192,
	12288, 16384,
};

const uint32_t uik_arena_reciprocal[ARENA_CLASSES] = {
	1048576, 524288, 349526, 262144, 209716, 174763, 149797, 131072,
	116509, 104858, 95326, 87382, 80660, 74899, 69906, 65536, 52429,
	43691, 37450, 32768, 26215, 21846, 16384, 13108, 10923, 8192, 5462,
	4096,
};

/* Maps exactly @size at @at, or fails. */
static void *reserve_at(uintptr_t at, size_t size)
{
	void *p = mmap((void *)at, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if ((uintptr_t)p == at)
		return p;
	munmap(p, size);	/* an old kernel took it as a hint */
	return NULL;
}

/* Maps more than wanted and cuts off what is not aligned. */
static void *reserve_anywhere(size_t size)
{
	size_t room = size + ARENA_ALIGN;
	uintptr_t p, start;

	p = (uintptr_t)mmap(NULL, room, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == (uintptr_t)MAP_FAILED)
		return NULL;
	start = (p + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if (start > p)
		munmap((void *)p, start - p);
	munmap((void *)(start + size), p + room - start - size);
	return (void *)start;
}

static bool slots_free(uintptr_t at, size_t size)
{
	uintptr_t slot;

	for (slot = at >> ARENA_SLOT_SHIFT;
	     slot <= (at + size - 1) >> ARENA_SLOT_SHIFT; slot++)
		if (slot >= ARENA_SLOTS ||
		    __atomic_load_n(&uik_arena_of_slot[slot], __ATOMIC_RELAXED))
			return false;
	return true;
}

/* The lowest place from the hint on, so that runs repeat their addresses. */
static void *reserve(size_t size)
{
	uintptr_t at = RUNNING_ON_VALGRIND ? ARENA_HINT_VALGRIND : ARENA_HINT;
	size_t stride = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	unsigned int tries;
	void *p;

	for (tries = 0; tries < 64; tries++, at += stride) {
		if (!slots_free(at, size))
			continue;
		p = reserve_at(at, size);
		if (p)
			return p;
	}
	return reserve_anywhere(size);
}

/* Without the lock: whoever sets slots owns the memory they stand for. */
static void span_include(uintptr_t first, uintptr_t last)
{
	uintptr_t low = __atomic_load_n(&slots_low, __ATOMIC_RELAXED);
	uintptr_t high = __atomic_load_n(&slots_high, __ATOMIC_RELAXED);

	while (first < low &&
	       !__atomic_compare_exchange_n(&slots_low, &low, first, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	while (last > high &&
	       !__atomic_compare_exchange_n(&slots_high, &high, last, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void slots_set(uintptr_t at, size_t size, struct arena *arena)
{
	uintptr_t first = at >> ARENA_SLOT_SHIFT;
	uintptr_t last = (at + size - 1) >> ARENA_SLOT_SHIFT;

	for (uintptr_t slot = first; slot <= last; slot++)
		__atomic_store_n(&uik_arena_of_slot[slot], arena,
				 __ATOMIC_RELEASE);
	span_include(first, last);
}

void *arena_reserve(size_t wanted_bytes, size_t *size)
{
	size_t bytes = wanted_bytes ? wanted_bytes : ARENA_DEFAULT;
	void *p = NULL;

	if (!wanted_bytes && RUNNING_ON_VALGRIND)
		bytes = 1ul << 30;
	if (bytes > ARENA_MAX)
		bytes = ARENA_MAX;
	bytes = (bytes + STEP_BYTES - 1) & ~(STEP_BYTES - 1);
	if (bytes < ARENA_MIN)
		bytes = ARENA_MIN;
	pthread_mutex_lock(&slots_lock);
	for (; bytes >= ARENA_MIN; bytes = (bytes / 2) & ~(STEP_BYTES - 1)) {
		p = reserve(bytes);
		if (p || wanted_bytes)
			break;
	}
	/* Claimed at once: the slot leads to the head, made ready by init. */
	if (p)
		slots_set((uintptr_t)p, bytes, p);
	pthread_mutex_unlock(&slots_lock);
	if (!p)
		return NULL;
	if (mprotect(p, ARENA_TAGS, PROT_READ | PROT_WRITE)) {
		arena_release(p, bytes);
		return NULL;
	}
	*size = bytes;
	return p;
}

void arena_release(void *base, size_t size)
{
	pthread_mutex_lock(&slots_lock);
	slots_set((uintptr_t)base, size, NULL);
	unpoison_range(base, size);
	munmap(base, size);
	pthread_mutex_unlock(&slots_lock);
}

static void lists_init(struct arena *arena)
{
	unsigned int cpu, class, batch;

	for (class = 0; class < ARENA_CLASSES; class++) {
		batch = BATCH_BYTES / uik_arena_class_size[class];
		batch = batch < 1 ? 1 : batch > BATCH_MAX ? BATCH_MAX : batch;
		for (cpu = 0; cpu < ARENA_CPUS; cpu++)
			arena->cpu[cpu].list[class].limit =
				arena->checked ? 0 : 2 * batch;
	}
}

int arena_init(struct arena *arena, size_t size)
{
	uintptr_t at = (uintptr_t)arena, start;

	arena->base = at;
	arena->size = size;
	start = at + ARENA_TAGS + size / 8;
	arena->heap.start = (start + STEP_BYTES - 1) & ~(STEP_BYTES - 1);
	arena->zone.end = at + size;
	arena->zone.start = at + ((size / 4 * 3) & ~(STEP_BYTES - 1));
	arena->heap.brk = arena->heap.start;
	arena->heap.end = arena->zone.start;
	arena->heap.fd = -1;
	arena->zone.brk = arena->zone.start;
	arena->zone.fd = -1;
	arena->zone.copy_fd = -1;
	arena->zone.is_file = true;
	lists_init(arena);
	slots_set(at, size, arena);
	return -pthread_mutex_init(&arena->lock, NULL);
}

void arena_fini(struct arena *arena)
{
	if (arena->zone.fd >= 0)
		uik_fd_high_close(arena->zone.fd);
	pthread_mutex_destroy(&arena->lock);
}

/* The memfd behind a zone, made with its first page. */
static bool zone_open(struct arena_zone *zone)
{
	int fd;

	if (!zone->is_file || zone->fd >= 0)
		return true;
	fd = memfd_create("uiommufd-pages", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	zone->fd = uik_fd_high(fd);
	return true;
}

/* ---- forks: pages are shared, and a child's machine is its own ---- */

static int zone_copy(const struct arena_zone *zone)
{
	size_t left = zone->brk - zone->start;
	int fd = memfd_create("uiommufd-pages", MFD_CLOEXEC);
	off_t from = 0;

	if (fd < 0 || ftruncate(fd, left))
		goto err_close;
	while (left) {
		ssize_t done = sendfile(fd, zone->fd, &from, left);

		if (done <= 0)
			goto err_close;
		left -= done;
	}
	return fd;

err_close:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Visits each arena whose pages clients may have mapped. */
static void zones_each(void (*visit)(struct arena_zone *zone))
{
	struct arena *last = NULL;

	for (uintptr_t slot = slots_low; slot <= slots_high; slot++) {
		struct arena *arena = uik_arena_of_slot[slot];

		if (arena && arena != last && arena->zone.is_file &&
		    arena->zone.fd >= 0)
			visit(&arena->zone);
		last = arena;
	}
}

static void zone_fork_prepare(struct arena_zone *zone)
{
	zone->copy_fd = zone_copy(zone);
}

static void zone_fork_parent(struct arena_zone *zone)
{
	if (zone->copy_fd >= 0)
		close(zone->copy_fd);
	zone->copy_fd = -1;
}

/* The copy takes the number: whoever knows it need not learn another. */
static void zone_fork_child(struct arena_zone *zone)
{
	int copy = zone->copy_fd;

	zone->copy_fd = -1;
	if (copy < 0)
		return;		/* no memory for it: shared */
	if (mmap((void *)zone->start, zone->brk - zone->start,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, copy,
		 0) != MAP_FAILED &&
	    dup3(copy, zone->fd, O_CLOEXEC) >= 0)
		vmas_fork_pages(zone->fd);
	close(copy);
}

void arenas_fork_prepare(void)
{
	zones_each(zone_fork_prepare);
}

void arenas_fork_parent(void)
{
	zones_each(zone_fork_parent);
}

void arenas_fork_child(void)
{
	zones_each(zone_fork_child);
}

/* Makes [brk, brk + bytes) and its tags usable. */
static bool zone_commit(struct arena *arena, struct arena_zone *zone,
			size_t bytes)
{
	uintptr_t tags = (uintptr_t)arena_tag(arena, zone->brk);
	void *p = (void *)zone->brk;
	off_t offset = zone->brk - zone->start;

	if (bytes > zone->end - zone->brk || !zone_open(zone))
		return false;
	if (mprotect((void *)tags, bytes / 8, PROT_READ | PROT_WRITE))
		return false;
	if (!zone->is_file) {
		if (mprotect(p, bytes, PROT_READ | PROT_WRITE))
			return false;
	} else {
		if (ftruncate(zone->fd, offset + bytes))
			return false;
		if (mmap(p, bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, zone->fd, offset) ==
		    MAP_FAILED)
			return false;
	}
	snapshot_host_changed();
	poison_region(p, bytes);
	__atomic_store_n(&zone->brk, zone->brk + bytes, __ATOMIC_RELAXED);
	return true;
}

static uint64_t span_tag(unsigned int order, uintptr_t next)
{
	return (uint64_t)TAG_FREE_SPAN << TAG_SHIFT |
	       (uint64_t)order << TAG_FIELD_SHIFT | next;
}

static void span_push(struct arena *arena, struct arena_zone *zone,
		      uintptr_t p, unsigned int order)
{
	uintptr_t next = zone->free[order];
	uint64_t *tag = arena_tag(arena, p);

	tag[0] = span_tag(order, next);
	tag[1] = 0;
	if (next)
		arena_tag(arena, next)[1] = p;
	zone->free[order] = p;
}

static void span_unlink(struct arena *arena, struct arena_zone *zone,
			uintptr_t p, unsigned int order)
{
	uint64_t *tag = arena_tag(arena, p);
	uintptr_t next = tag[0] & TAG_POINTER;
	uintptr_t previous = tag[1];

	if (next)
		arena_tag(arena, next)[1] = previous;
	if (previous)
		arena_tag(arena, previous)[0] = span_tag(order, next);
	else
		zone->free[order] = next;
	tag[0] = 0;
	tag[1] = 0;
}

void arena_span_free(struct arena *arena, struct arena_zone *zone, uintptr_t p,
		     unsigned int order)
{
	uintptr_t buddy;
	uint64_t tag;

	for (; order < ARENA_ORDERS - 1; order++) {
		buddy = arena->base +
			((p - arena->base) ^ (ARENA_PAGE << order));
		if (buddy < zone->start ||
		    buddy + (ARENA_PAGE << order) > zone->brk)
			break;
		tag = *arena_tag(arena, buddy);
		if ((tag & ~TAG_POINTER) != span_tag(order, 0))
			break;
		span_unlink(arena, zone, buddy, order);
		if (buddy < p)
			p = buddy;
	}
	span_push(arena, zone, p, order);
}

/* Commits a span of at least a step, aligned to itself. */
static uintptr_t zone_grow(struct arena *arena, struct arena_zone *zone,
			   unsigned int order)
{
	size_t bytes = ARENA_PAGE << order;
	uintptr_t p;

	while ((zone->brk - arena->base) & (bytes - 1)) {
		p = zone->brk;
		if (!zone_commit(arena, zone, STEP_BYTES))
			return 0;
		arena_span_free(arena, zone, p, ARENA_STEP_ORDER);
	}
	p = zone->brk;
	return zone_commit(arena, zone, bytes) ? p : 0;
}

uintptr_t arena_span_alloc(struct arena *arena, struct arena_zone *zone,
			   unsigned int order)
{
	unsigned int have;
	uintptr_t p = 0;

	if (order >= ARENA_ORDERS)
		return 0;
	for (have = order; have < ARENA_ORDERS && !p; have++)
		p = zone->free[have];
	have--;
	if (p) {
		span_unlink(arena, zone, p, have);
	} else {
		have = order > ARENA_STEP_ORDER ? order : ARENA_STEP_ORDER;
		p = zone_grow(arena, zone, have);
	}
	if (!p)
		return 0;
	while (have > order) {
		have--;
		span_push(arena, zone, p + (ARENA_PAGE << have), have);
	}
	return p;
}

uintptr_t arena_block_take(struct arena *arena, unsigned int class)
{
	struct arena_list *depot = &arena->depot[class];
	size_t size = uik_arena_class_size[class];
	uintptr_t p = depot->head;

	if (p) {
		depot->head = *arena_tag(arena, p);
		depot->count--;
		return p;
	}
	if (arena->bump[class] + size > arena->bump_end[class]) {
		p = arena_span_alloc(arena, &arena->heap, ARENA_CHUNK_ORDER);
		if (!p)
			return 0;
		*arena_class_byte(arena, p) = class + 1;
		arena->bump[class] = p;
		arena->bump_end[class] = p + (1ul << ARENA_CHUNK_SHIFT);
	}
	p = arena->bump[class];
	arena->bump[class] += size;
	arena->carved[class]++;
	return p;
}

void arena_block_give(struct arena *arena, unsigned int class, uintptr_t p)
{
	struct arena_list *depot = &arena->depot[class];

	*arena_tag(arena, p) = depot->head;
	depot->head = p;
	depot->count++;
}

bool arena_refill(struct arena *arena, unsigned int class,
		  struct arena_list *list)
{
	uintptr_t p;

	while (list->count <= list->limit / 2) {
		p = arena_block_take(arena, class);
		if (!p)
			break;
		*arena_tag(arena, p) = list->head;
		list->head = p;
		list->count++;
	}
	return list->count;
}

void arena_drain(struct arena *arena, unsigned int class,
		 struct arena_list *list)
{
	uintptr_t p;

	while (list->count > list->limit / 2) {
		p = list->head;
		list->head = *arena_tag(arena, p);
		list->count--;
		arena_block_give(arena, class, p);
	}
}

void arena_cpu_wait(struct arena_cpu *cpu)
{
	unsigned int spins = 0;

	do {
		if (++spins > 64)
			sched_yield();
	} while (__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE));
}

/* Checked traffic leaves nothing in the lists, and counts. */
static void count_checked(struct arena *arena, uint64_t *blocks,
			  uint64_t *bytes)
{
	arena_lock(arena);
	*blocks = arena->checked_blocks + arena->span_blocks;
	*bytes = arena->checked_bytes + arena->span_bytes;
	arena_unlock(arena);
}

/* What was cut and is not free is live. */
static void count_lists(struct arena *arena, uint64_t *blocks, uint64_t *bytes)
{
	uint64_t live, sum = 0, size = 0;
	unsigned int cpus = __atomic_load_n(&uik_cpus_used, __ATOMIC_ACQUIRE);
	unsigned int cpu, class;

	for (cpu = 0; cpu < cpus; cpu++)
		arena_cpu_enter(&arena->cpu[cpu]);
	arena_lock(arena);
	for (class = 0; class < ARENA_CLASSES; class++) {
		live = arena->carved[class] - arena->depot[class].count;
		for (cpu = 0; cpu < cpus; cpu++)
			live -= arena->cpu[cpu].list[class].count;
		sum += live;
		size += live * uik_arena_class_size[class];
	}
	*blocks = sum + arena->span_blocks;
	*bytes = size + arena->span_bytes;
	arena_unlock(arena);
	for (cpu = 0; cpu < cpus; cpu++)
		arena_cpu_leave(&arena->cpu[cpu]);
}

void arena_count(struct arena *arena, uint64_t *blocks, uint64_t *bytes)
{
	if (arena->checked)
		count_checked(arena, blocks, bytes);
	else
		count_lists(arena, blocks, bytes);
}

/* Its tag is live and internal; a span's size is in the next word. */
void *arena_own_alloc(struct arena *arena, size_t bytes)
{
	size_t span = (bytes + ARENA_PAGE - 1) & ~(ARENA_PAGE - 1);
	uintptr_t p;

	arena_lock(arena);
	p = arena_span_alloc(arena, &arena->heap, arena_order(span));
	if (p) {
		arena_tag(arena, p)[0] = TAG_LIVE(BLOCK_INTERNAL) << TAG_SHIFT;
		arena_tag(arena, p)[1] = span;
	}
	arena_unlock(arena);
	if (!p)
		return NULL;
	unpoison_region((void *)p, span);
	return memset((void *)p, 0, span);
}

void arena_own_free(struct arena *arena, void *p)
{
	size_t span;

	if (!p)
		return;
	span = arena_tag(arena, (uintptr_t)p)[1];
	poison_region(p, span);
	arena_lock(arena);
	arena_tag(arena, (uintptr_t)p)[0] = 0;
	arena_span_free(arena, &arena->heap, (uintptr_t)p, arena_order(span));
	arena_unlock(arena);
}
