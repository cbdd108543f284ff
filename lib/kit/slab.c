/* SPDX-License-Identifier: MIT */
/*
 * Blocks of memory: the traffic.
 *
 * A small block comes from the calling CPU's list of its class and goes back
 * to the list of whoever frees it; lists that run empty or full exchange with
 * the arena's depot.  Larger ones are spans of pages.  In checked mode the
 * lists stay empty, so that all traffic comes through slab_checked.c.
 *
 * Costs: a hit is one exchange (busy) and one tag write.  Live blocks are not
 * counted as they come and go: they are those that are not free.
 */
#include "kit/slab.h"

#include <string.h>
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uik/slab.h>

#include "kit/machine.h"
#include "kit/poison.h"

#define CALLER __builtin_return_address(0)
#define CLEAR_INLINE_MAX 512u
/* Spares the compiler the idea of computing a pointer twice. */
#define KEEP(p) __asm__("" : "+r"(p))
#define FAST_MAX 1024u		/* classes of 64, 128, ... 1024 bytes */

/* Class of a larger size, by its units of 256 bytes. */
static const uint8_t class_of_quarter[65] = {
	0,  0,	0,  0,	0,  16, 17, 18, 19, 20, 20, 21, 21, 22, 22, 22, 22,
	23, 23, 23, 23, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 25,
	26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
	27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
};

static inline unsigned int size_class(size_t bytes)
{
	if (bytes <= FAST_MAX)
		return (bytes - 1) / 64;
	return class_of_quarter[(bytes + 255) / 256];
}

/*
 * Blocks of a class lie side by side from the start of a chunk, so that they have
 * whatever alignment their size has; spans have that of a power of two that holds
 * them.
 */
size_t slab_aligned_bytes(size_t bytes, size_t align)
{
	unsigned int class;

	if (bytes > ARENA_SMALL_MAX || align > ARENA_SMALL_MAX)
		return max3(bytes, align, ARENA_SMALL_MAX + 1);
	class = size_class(max(bytes, 1));
	if (uik_arena_class_size[class] % align == 0)
		return bytes;
	while (uik_arena_class_size[class] % align)
		class++;
	return uik_arena_class_size[class];
}

static inline struct arena_cpu *cpu_of(struct arena *arena,
				       const struct task_struct *task)
{
	return &arena->cpu[(unsigned int)task->cpu % ARENA_CPUS];
}

static inline uint64_t live_tag(enum block_kind kind, size_t unused,
				uint64_t owner)
{
	return TAG_LIVE(kind) << TAG_SHIFT | (uint64_t)unused << TAG_FIELD_SHIFT |
	       owner;
}

static inline void *clear(void *p, size_t bytes)
{
	typedef uint64_t word __attribute__((may_alias, vector_size(16)));
	word *at = p, *end = (word *)((char *)p + bytes);

	if (uik_unlikely(bytes > CLEAR_INLINE_MAX))
		return memset(p, 0, bytes);
	do {	/* blocks are whole multiples of 64 bytes */
		at[0] = (word){ 0 };
		at[1] = (word){ 0 };
		at[2] = (word){ 0 };
		at[3] = (word){ 0 };
		at += 4;
	} while (at < end);
	return p;
}

/* From a CPU's list, which is busy and not empty. */
static __always_inline void *list_take(struct arena *arena,
				       struct arena_list *list, size_t size,
				       size_t bytes, enum block_kind kind,
				       const void *site)
{
	uintptr_t p = list->head;
	uint64_t *tag = arena_tag(arena, p);

	list->head = *tag;
	list->count--;
	*tag = live_tag(kind, size - bytes, (uintptr_t)site);
	return (void *)p;
}

static void *small_alloc(struct arena *arena, const struct task_struct *task,
			 size_t bytes, enum block_kind kind, gfp_t gfp,
			 const void *site)
{
	struct arena_cpu *cpu = cpu_of(arena, task);
	unsigned int class = size_class(bytes);
	size_t size = uik_arena_class_size[class];
	struct arena_list *list = &cpu->list[class];
	void *p = NULL;

	if (arena->checked)
		return checked_alloc(arena, class, bytes, kind,
				     gfp & __GFP_ZERO, site);
	arena_cpu_enter(cpu);
	if (!list->head) {
		arena_lock(arena);
		arena_refill(arena, class, list);
		arena_unlock(arena);
	}
	if (list->head)
		p = list_take(arena, list, size, bytes, kind, site);
	arena_cpu_leave(cpu);
	return p && gfp & __GFP_ZERO ? clear(p, size) : p;
}

/* Who holds a spinlock, or serves an interrupt, has no time for it. */
static void point_alloc(const struct task_struct *task, size_t bytes, gfp_t gfp,
			const void *site)
{
	uik_point_slow(UIK_POINT_ALLOC, NULL, (uint32_t)bytes, true, site);
	WARN(task->atomic_depth && gfpflags_allow_blocking(gfp),
	     "allocation that may sleep while atomic, at %p", site);
}

/* Whatever is not the common case. */
static noinline void *alloc_slow(size_t bytes, enum block_kind kind, gfp_t gfp,
				 const void *site)
{
	const struct task_struct *task = current;
	struct arena *arena;

	if (uik_hooks)
		point_alloc(task, bytes, gfp, site);
	if (uik_is_watched() && !(gfp & __GFP_NOFAIL) &&
	    uik_fail_slow(UIK_FAIL_ALLOC, site))
		return NULL;
	arena = &machine_of(task)->arena;
	if (!bytes)
		return ZERO_SIZE_PTR;
	if (bytes <= ARENA_SMALL_MAX)
		return small_alloc(arena, task, bytes, kind, gfp, site);
	if (bytes > (kind == BLOCK_KMALLOC ? KMALLOC_MAX_SIZE : arena->size))
		return NULL;
	return slab_span_alloc(arena, &arena->heap, bytes, kind,
			       gfp & __GFP_ZERO, site);
}

/* Small and listed, nobody watching: all in line; else the slow way. */
static __always_inline void *block_alloc(size_t bytes, enum block_kind kind,
					 gfp_t gfp, const void *site)
{
	const struct task_struct *task = uik_current_task;
	unsigned int class = (bytes - 1) / 64;
	struct uik_machine *machine;
	struct arena_list *list;
	struct arena_cpu *cpu;
	void *p;

	if (uik_unlikely(bytes - 1 >= FAST_MAX) ||
	    uik_none_or_watched((unsigned long)task))
		return alloc_slow(bytes, kind, gfp, site);
	machine = task->machine;
	if (uik_unlikely(!machine))
		return alloc_slow(bytes, kind, gfp, site);
	cpu = cpu_of(&machine->arena, task);
	if (uik_unlikely(__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE)))
		return alloc_slow(bytes, kind, gfp, site);
	KEEP(cpu);
	list = &cpu->list[class];
	if (uik_unlikely(!list->head)) {
		arena_cpu_leave(cpu);
		return alloc_slow(bytes, kind, gfp, site);
	}
	p = list_take(&machine->arena, list, (class + 1) * 64, bytes, kind,
		      site);
	arena_cpu_leave(cpu);
	return gfp & __GFP_ZERO ? clear(p, (class + 1) * 64) : p;
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

void *slab_valloc_at(size_t bytes, unsigned int gfp, const void *site)
{
	return block_alloc(bytes, BLOCK_VMALLOC, gfp, site);
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

/* In the list there is room again, or the block went another way. */
static void small_free(struct arena *arena, uintptr_t p, unsigned int class)
{
	struct arena_cpu *cpu = cpu_of(arena, current);
	struct arena_list *list = &cpu->list[class];

	if (arena->checked) {
		checked_free(arena, class, p);
		return;
	}
	arena_cpu_enter(cpu);
	if (list->count >= list->limit) {
		arena_lock(arena);
		arena_drain(arena, class, list);
		arena_unlock(arena);
	}
	*arena_tag(arena, p) = list->head;
	list->head = p;
	list->count++;
	arena_cpu_leave(cpu);
}

/* Everything kfree() does not expect: spans, other kinds, errors. */
static noinline void free_slow(const void *block, bool any_kind,
			       const char *who, const void *site)
{
	struct arena *arena = arena_of(block);
	uintptr_t p = (uintptr_t)block;
	unsigned int class;
	uint64_t tag;

	if (ZERO_OR_NULL_PTR(block))
		return;
	if (uik_hooks)
		uik_point_slow(UIK_POINT_FREE, block, 0, true, site);
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
	const struct task_struct *task = uik_current_task;
	struct arena *arena = arena_of(block);
	uintptr_t p = (uintptr_t)block;
	struct arena_list *list;
	struct arena_cpu *cpu;
	unsigned int class;
	uint64_t *tag;

	if (uik_unlikely(!arena || p % 64) ||
	    uik_none_or_watched((unsigned long)task))
		goto slow;
	class = *arena_class_byte(arena, p);
	tag = arena_tag(arena, p);
	if (uik_unlikely(!class ||
			 *tag >> TAG_SHIFT != TAG_LIVE(BLOCK_KMALLOC)))
		goto slow;
	cpu = cpu_of(arena, task);
	if (uik_unlikely(__atomic_exchange_n(&cpu->busy, 1, __ATOMIC_ACQUIRE)))
		goto slow;
	KEEP(cpu);
	list = &cpu->list[class - 1];
	if (uik_unlikely(list->count >= list->limit)) {
		arena_cpu_leave(cpu);
		goto slow;
	}
	*tag = list->head;
	list->head = p;
	list->count++;
	arena_cpu_leave(cpu);
	return;
slow:
	free_slow(block, false, "kfree", CALLER);
}

void kvfree(const void *block)
{
	free_slow(block, true, "kvfree", CALLER);
}

void vfree(const void *block)
{
	WARN(block && !is_vmalloc_addr(block), "vfree(%p): not from vmalloc()",
	     block);
	free_slow(block, true, "vfree", CALLER);
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
	if (uik_is_watched() && !(gfp & __GFP_NOFAIL) &&
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
	struct arena *arena;
	uint64_t tag;

	if (!addr)
		return;
	tag = tag_of((void *)addr);
	arena = arena_of((void *)addr);
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
