/* SPDX-License-Identifier: MIT */
/*
 * Blocks of memory: the traffic.
 *
 * A small block comes from the calling CPU's list of its class and goes back
 * to the list of whoever frees it; lists that run empty or full exchange with
 * the arena's depot.  Larger ones are spans of pages.  In checked mode the
 * lists stay empty, so that all traffic comes through slab_checked.c.
 *
 * Costs: a hit is one exchange (busy), one tag write and two counter updates.
 */
#include "kit/slab.h"

#include <sched.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uik/slab.h>

#include "kit/machine.h"
#include "kit/poison.h"

#define CLEAR_INLINE_MAX 512u
#define AGAIN ((void *)1)	/* the list has blocks now */

/* Class of a size, by its 64-byte units up to 1 KiB, then by 256. */
static const uint8_t class_of_unit[17] = {
	0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
};
static const uint8_t class_of_quarter[65] = {
	0,  0,	1,  2,	15, 16, 17, 18, 19, 20, 20, 21, 21, 22, 22, 22, 22,
	23, 23, 23, 23, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 25,
	26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
	27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
};

static inline unsigned int size_class(size_t bytes)
{
	if (uik_likely(bytes <= 1024))
		return class_of_unit[(bytes + 63) >> 6];
	return class_of_quarter[(bytes + 255) >> 8];
}

static noinline void cpu_wait(struct arena_cpu *cpu)
{
	unsigned int spins = 0;

	do {
		if (++spins > 64)
			sched_yield();
	} while (__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE));
}

/* Two tasks may share a CPU number: whoever comes second waits. */
static inline struct arena_cpu *cpu_enter(struct arena *arena,
					  const struct task_struct *task)
{
	struct arena_cpu *cpu = &arena->cpu[(unsigned int)task->cpu %
					    ARENA_CPUS];

	if (uik_unlikely(__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE)))
		cpu_wait(cpu);
	return cpu;
}

static inline void cpu_leave(struct arena_cpu *cpu)
{
	__atomic_store_n(&cpu->busy, 0, __ATOMIC_RELEASE);
}

/* Read by the audit while others count on. */
static inline void cpu_count(struct arena_cpu *cpu, int64_t blocks,
			     int64_t bytes)
{
	__atomic_store_n(&cpu->blocks, cpu->blocks + blocks, __ATOMIC_RELAXED);
	__atomic_store_n(&cpu->bytes, cpu->bytes + bytes, __ATOMIC_RELAXED);
}

static inline uint64_t live_tag(enum block_kind kind, size_t unused,
				uint64_t owner)
{
	return TAG_LIVE(kind) << TAG_SHIFT | (uint64_t)unused << TAG_FIELD_SHIFT |
	       owner;
}

static inline void *clear(void *p, size_t class_bytes, size_t bytes)
{
	typedef uint64_t word __attribute__((may_alias, vector_size(16)));
	word *at = p, *end = (word *)((char *)p + class_bytes);

	if (uik_unlikely(class_bytes > CLEAR_INLINE_MAX))
		return memset(p, 0, bytes);
	do {
		at[0] = (word){ 0 };
		at[1] = (word){ 0 };
		at[2] = (word){ 0 };
		at[3] = (word){ 0 };
		at += 4;
	} while (at < end);
	return p;
}

static noinline void *
small_slow(struct arena *arena, struct arena_cpu *cpu, unsigned int class,
	   size_t bytes, enum block_kind kind, gfp_t gfp, const void *site)
{
	bool refilled = false;
	void *p;

	if (arena->checked) {
		p = checked_alloc(arena, class, bytes, kind, gfp & __GFP_ZERO,
				  site);
		if (p)
			cpu_count(cpu, 1, uik_arena_class_size[class]);
		cpu_leave(cpu);
		return p;
	}
	arena_lock(arena);
	refilled = arena_refill(arena, class, &cpu->list[class]);
	arena_unlock(arena);
	cpu_leave(cpu);
	return refilled ? AGAIN : NULL;
}

static __always_inline void *
small_alloc(struct arena *arena, const struct task_struct *task, size_t bytes,
	    enum block_kind kind, gfp_t gfp, const void *site)
{
	unsigned int class = size_class(bytes);
	struct arena_list *list;
	struct arena_cpu *cpu;
	uint64_t *tag;
	uintptr_t p;
	void *slow;

	for (;;) {
		cpu = cpu_enter(arena, task);
		list = &cpu->list[class];
		p = list->head;
		if (uik_likely(p))
			break;
		slow = small_slow(arena, cpu, class, bytes, kind, gfp, site);
		if (slow != AGAIN)
			return slow;
	}
	tag = arena_tag(arena, p);
	list->head = *tag & TAG_POINTER;
	list->count--;
	*tag = live_tag(kind, uik_arena_class_size[class] - bytes,
			(uintptr_t)site);
	cpu_count(cpu, 1, uik_arena_class_size[class]);
	cpu_leave(cpu);
	if (gfp & __GFP_ZERO)
		clear((void *)p, uik_arena_class_size[class], bytes);
	return (void *)p;
}

static noinline void *
large_alloc(struct arena *arena, size_t bytes, enum block_kind kind, gfp_t gfp,
	    const void *site)
{
	if (!bytes)
		return ZERO_SIZE_PTR;
	if (bytes > arena->size)
		return NULL;
	return slab_span_alloc(arena, &arena->heap, bytes, kind,
			       gfp & __GFP_ZERO, site);
}

static __always_inline void *
block_alloc(size_t bytes, enum block_kind kind, gfp_t gfp, const void *site)
{
	const struct task_struct *task = current;
	struct arena *arena;

	uik_point(UIK_POINT_ALLOC, NULL, bytes > UINT32_MAX ? 0 : bytes, true);
	if (uik_unlikely(uik_fail_armed) && !(gfp & __GFP_NOFAIL) &&
	    uik_fail_slow(UIK_FAIL_ALLOC, site))
		return NULL;
	arena = &machine_of(task)->arena;
	if (uik_unlikely(bytes - 1 >= ARENA_SMALL_MAX))
		return large_alloc(arena, bytes, kind, gfp, site);
	return small_alloc(arena, task, bytes, kind, gfp, site);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return block_alloc(size, BLOCK_KMALLOC, gfp,
			   __builtin_return_address(0));
}

void *slab_alloc_at(size_t bytes, unsigned int gfp, const void *site)
{
	return block_alloc(bytes, BLOCK_KMALLOC, gfp, site);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	return block_alloc(size, BLOCK_VMALLOC, gfp,
			   __builtin_return_address(0));
}

/* Whole pages are page-aligned: classes of whole pages are, and spans. */
static size_t whole_pages(size_t size)
{
	size_t bytes = PAGE_ALIGN(size);

	return bytes < size ? SIZE_MAX : bytes;
}

void *vmalloc(unsigned long size)
{
	return block_alloc(whole_pages(size), BLOCK_VMALLOC, GFP_KERNEL,
			   __builtin_return_address(0));
}

void *vzalloc(unsigned long size)
{
	return block_alloc(whole_pages(size), BLOCK_VMALLOC,
			   GFP_KERNEL | __GFP_ZERO,
			   __builtin_return_address(0));
}

static inline enum block_kind tag_kind(uint64_t tag)
{
	return (enum block_kind)((tag >> TAG_SHIFT) - 1);
}

static inline bool tag_is_live(uint64_t tag)
{
	return tag >> TAG_SHIFT >= TAG_LIVE(BLOCK_KMALLOC) &&
	       tag >> TAG_SHIFT <= TAG_LIVE(BLOCK_INTERNAL);
}

size_t slab_block_bytes(const struct arena *arena, uintptr_t p)
{
	unsigned int class = *arena_class_byte(arena, p);
	const uint64_t *tag = arena_tag(arena, p);

	if (!class)
		return tag[1];
	return uik_arena_class_size[class - 1] -
	       (tag[0] >> TAG_FIELD_SHIFT & 0xfff);
}

static void small_free(struct arena *arena, uintptr_t p, unsigned int class)
{
	struct arena_cpu *cpu = cpu_enter(arena, current);
	struct arena_list *list = &cpu->list[class];
	uint64_t *tag = arena_tag(arena, p);

	cpu_count(cpu, -1, -(int64_t)uik_arena_class_size[class]);
	if (uik_unlikely(list->count >= list->limit)) {
		if (arena->checked) {
			checked_free(arena, class, p);
			cpu_leave(cpu);
			return;
		}
		arena_lock(arena);
		arena_drain(arena, class, list);
		arena_unlock(arena);
	}
	*tag = (uint64_t)TAG_FREE_BLOCK << TAG_SHIFT | list->head;
	list->head = p;
	list->count++;
	cpu_leave(cpu);
}

/* Everything kfree() does not expect: spans, other kinds, errors. */
static noinline __cold void
free_slow(const void *block, bool any_kind, const char *who)
{
	struct arena *arena = arena_of(block);
	uintptr_t p = (uintptr_t)block;
	unsigned int class;
	uint64_t tag;

	if (!arena || !arena_holds(arena, p)) {
		WARN(1, "%s(%p): not a block of ours", who, block);
		return;
	}
	tag = *arena_tag(arena, p);
	if (p % 64 || !tag_is_live(tag) || tag_kind(tag) == BLOCK_PAGES ||
	    tag_kind(tag) == BLOCK_INTERNAL) {
		WARN(1, "%s(%p): free already, or not a block", who, block);
		return;
	}
	WARN(!any_kind && tag_kind(tag) != BLOCK_KMALLOC,
	     "%s(%p): this block wants kvfree()", who, block);
	class = *arena_class_byte(arena, p);
	if (class)
		small_free(arena, p, class - 1);
	else
		slab_span_free(arena, p);
}

void kfree(const void *block)
{
	struct arena *arena = arena_of(block);
	uintptr_t p = (uintptr_t)block;
	unsigned int class;

	if (uik_unlikely(ZERO_OR_NULL_PTR(block)))
		return;
	uik_point(UIK_POINT_FREE, block, 0, true);
	if (uik_unlikely(!arena || p % 64 || !zone_holds(&arena->heap, p) ||
			 *arena_tag(arena, p) >> TAG_SHIFT !=
				 TAG_LIVE(BLOCK_KMALLOC))) {
		free_slow(block, false, "kfree");
		return;
	}
	class = *arena_class_byte(arena, p);
	if (uik_likely(class))
		small_free(arena, p, class - 1);
	else
		slab_span_free(arena, p);
}

void kvfree(const void *block)
{
	if (ZERO_OR_NULL_PTR(block))
		return;
	uik_point(UIK_POINT_FREE, block, 0, true);
	free_slow(block, true, "kvfree");
}

void vfree(const void *block)
{
	if (!block)
		return;
	uik_point(UIK_POINT_FREE, block, 0, true);
	WARN(!is_vmalloc_addr(block), "vfree(%p): not from vmalloc()", block);
	free_slow(block, true, "vfree");
}

static uint64_t tag_of(const void *block)
{
	struct arena *arena = arena_of(block);

	if (!arena || (uintptr_t)block % 64 ||
	    !arena_holds(arena, (uintptr_t)block))
		return 0;
	return *arena_tag(arena, (uintptr_t)block);
}

bool is_vmalloc_addr(const void *p)
{
	return tag_of(p) >> TAG_SHIFT == TAG_LIVE(BLOCK_VMALLOC);
}

size_t ksize(const void *block)
{
	if (ZERO_OR_NULL_PTR(block))
		return 0;
	if (WARN_ON(!tag_is_live(tag_of(block))))
		return 0;
	return slab_block_bytes(arena_of(block), (uintptr_t)block);
}

void *krealloc(const void *block, size_t size, gfp_t gfp)
{
	const void *site = __builtin_return_address(0);
	size_t old = ksize(block);
	void *p;

	if (!size) {
		kfree(block);
		return ZERO_SIZE_PTR;
	}
	p = block_alloc(size, BLOCK_KMALLOC, gfp, site);
	if (!p || ZERO_OR_NULL_PTR(block))
		return p;
	memcpy(p, block, old < size ? old : size);
	kfree(block);
	return p;
}

void kfree_sensitive(const void *block)
{
	if (!ZERO_OR_NULL_PTR(block))
		explicit_bzero((void *)block, ksize(block));
	kfree(block);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	const void *site = __builtin_return_address(0);
	struct arena *arena;
	void *p;

	uik_point(UIK_POINT_ALLOC, NULL, PAGE_SIZE << (order & 15), true);
	if (uik_unlikely(uik_fail_armed) && !(gfp & __GFP_NOFAIL) &&
	    uik_fail_slow(UIK_FAIL_ALLOC, site))
		return 0;
	if (WARN_ON_ONCE(order > MAX_PAGE_ORDER))
		return 0;
	arena = &machine_of(current)->arena;
	p = slab_span_alloc(arena, &arena->zone, PAGE_SIZE << order,
			    BLOCK_PAGES, gfp & __GFP_ZERO, site);
	return (unsigned long)p;
}

void free_pages(unsigned long addr, unsigned int order)
{
	uint64_t tag = tag_of((void *)addr);
	struct arena *arena = arena_of((void *)addr);

	if (!addr)
		return;
	uik_point(UIK_POINT_FREE, (void *)addr, 0, true);
	if (WARN(tag >> TAG_SHIFT != TAG_LIVE(BLOCK_PAGES),
		 "free_pages(%lx): not pages, or free already", addr))
		return;
	WARN(arena_tag(arena, addr)[1] != PAGE_SIZE << order,
	     "free_pages(%lx): wrong order %u", addr, order);
	slab_span_free(arena, addr);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned long addr = __get_free_pages(gfp, order);

	return addr ? virt_to_page(addr) : NULL;
}

void __free_pages(struct page *page, unsigned int order)
{
	if (page)
		free_pages((unsigned long)page_to_phys(page), order);
}
