/* SPDX-License-Identifier: MIT */
/* Blocks: alignment, contents, accounting, failure points, misuse. */
#include "kit_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uik/fill.h>
#include <uik/slab.h>

#include "kit/poison.h"

static uint64_t live_blocks(void)
{
	uint64_t blocks, bytes;

	uik_slab_live(uik_this_machine(), &blocks, &bytes);
	return blocks;
}

/* Law: every size is aligned, cleared if asked, writable to its last byte. */
static void sizes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	static const size_t more[] = { 5000, 8192, 16384, 16385, 65536, 70000,
				       1 << 20, (5 << 20) + 3 };
	size_t size, i;
	char *p;

	for (size = 1; size <= 4200; size += size < 1100 ? 1 : 13) {
		p = kmalloc(size, GFP_KERNEL);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		if (!(size & (size - 1)))
			assert_int_equal((uintptr_t)p % size, 0);
		memset(p, 0xff, size);
		kfree(p);
		p = kzalloc(size, GFP_KERNEL);
		for (i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		assert_true(ksize(p) >= size);
		kfree(p);
	}
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		p = kvzalloc(more[i], GFP_KERNEL);
		assert_non_null(p);
		assert_int_equal(p[0] | p[more[i] - 1], 0);
		memset(p, 0xff, more[i]);
		kvfree(p);
	}
	machine_end(m);
}

/*
 * Law: AddressSanitizer, where built with it, sees the first byte beyond a block
 * and every byte of a freed one.
 */
static void checked_to_the_byte(void **state)
{
	struct kit_machine m = machine_with(NULL);
	size_t i, size;
	char *p;

	for (size = 1; size <= 20000; size += size < 300 ? 1 : 677) {
		p = kvmalloc(size, size % 2 ? GFP_KERNEL : __GFP_ZERO);
		assert_null(__asan_region_is_poisoned(p, size));
		if (KIT_HAS_ASAN && size % 64)
			assert_ptr_equal(__asan_region_is_poisoned(p, size + 1),
					 p + size);
		kvfree(p);
		for (i = 0; KIT_HAS_ASAN && i < size; i += size < 300 ? 1 : 61)
			assert_ptr_equal(__asan_region_is_poisoned(p + i, 1),
					 p + i);
	}
	machine_end(m);
}

/* Law: blocks in use do not overlap, whatever was freed before. */
static void no_overlap(void **state)
{
	struct kit_machine m = machine_with(NULL);
	enum { N = 600 };
	static unsigned char *blocks[N];
	static size_t size_of[N];
	unsigned int seed = 1, round, i, j;

	for (round = 0; round < 20 * N; round++) {
		i = (seed = seed * 1103515245 + 12345) >> 8;
		i %= N;
		if (blocks[i]) {
			for (j = 0; j < size_of[i]; j++)
				assert_int_equal(blocks[i][j], i & 0xff);
			kfree(blocks[i]);
			blocks[i] = NULL;
			continue;
		}
		size_of[i] = 1 + seed % 3000;
		blocks[i] = kmalloc(size_of[i], GFP_KERNEL);
		memset(blocks[i], i & 0xff, size_of[i]);
	}
	for (i = 0; i < N; i++) {
		kfree(blocks[i]);
		blocks[i] = NULL;
	}
	machine_end(m);
}

/* Law: no bytes are a block, overflow is no memory. */
static void edges(void **state)
{
	struct kit_machine m = machine_with(NULL);
	void *volatile p = kmalloc(0, GFP_KERNEL);
	int *typed;

	assert_ptr_equal(p, ZERO_SIZE_PTR);
	kfree(p);
	kfree(NULL);
	kvfree(NULL);
	vfree(NULL);
	p = (void *)(SIZE_MAX / 2 + 1);
	assert_null(kcalloc((size_t)p, 2, GFP_KERNEL));
	typed = kzalloc_objs(*typed, 0);
	assert_non_null(typed);
	kfree(typed);
	typed = kzalloc_objs(int, 5, GFP_KERNEL_ACCOUNT);
	assert_int_equal(typed[4], 0);
	kfree(typed);
	assert_null(kzalloc_objs(int, (size_t)p));
	machine_end(m);
}

struct flexible {
	unsigned int count;
	u64 items[] __counted_by(count);
};

/* Law: a flexible object has room for its elements. */
static void flexible_objects(void **state)
{
	struct kit_machine m = machine_with(NULL);
	void *volatile many = (void *)(SIZE_MAX / 4);
	struct flexible *f = kzalloc_flex(*f, items, 7);

	assert_non_null(f);
	f->count = 7;
	f->items[6] = 1;
	assert_true(ksize(f) >= sizeof(*f) + 7 * 8);
	kfree(f);
	f = kvzalloc_flex(struct flexible, items, 100000, GFP_KERNEL);
	f->count = 100000;
	assert_int_equal(f->items[99999], 0);
	kvfree(f);
	f = kzalloc_flex(*f, items, (size_t)many);
	assert_null(f);
	machine_end(m);
}

/* Law: krealloc keeps what was there, or on failure everything. */
static void reallocation(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = kmemdup("0123456789", 11, GFP_KERNEL), *q;

	q = krealloc(p, 5000, GFP_KERNEL);
	assert_string_equal(q, "0123456789");
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(krealloc(q, 9000, GFP_KERNEL));
	uik_fail_nth(0, 0, false);
	assert_string_equal(q, "0123456789");
	p = krealloc(q, 3, GFP_KERNEL);
	assert_memory_equal(p, "012", 3);
	assert_ptr_equal(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	p = krealloc(NULL, 8, GFP_KERNEL);
	assert_non_null(p);
	kfree(p);
	machine_end(m);
}

/* Law: strings are copies. */
static void strings(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *a = kstrdup("abc", GFP_KERNEL), *b = kstrndup("abcdef", 2,
							   GFP_KERNEL);
	char *c = kasprintf(GFP_KERNEL, "%s-%d", a, 7);

	assert_string_equal(a, "abc");
	assert_string_equal(b, "ab");
	assert_string_equal(c, "abc-7");
	assert_null(kstrdup(NULL, GFP_KERNEL));
	kfree(a);
	kfree(b);
	kfree(c);
	machine_end(m);
}

static void *one_of_each(unsigned int kind)
{
	switch (kind) {
	case 0:
		return kmalloc(100, GFP_KERNEL);
	case 1:
		return kvzalloc(100000, GFP_KERNEL);
	case 2:
		return vmalloc(100);
	case 3:
		return kstrdup("x", GFP_KERNEL);
	case 4:
		return kmemdup("x", 1, GFP_KERNEL);
	case 5:
		return kasprintf(GFP_KERNEL, "x");
	case 6:
		return (void *)__get_free_pages(GFP_KERNEL, 1);
	case 7:
		return kmem_cache_create("x", 10, 0, 0, NULL);
	default:
		return krealloc(NULL, 10, GFP_KERNEL);
	}
}

/* Law: each allocation is one failure point, and a failed one takes nothing. */
static void failure_points(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned int kind;

	for (kind = 0; kind < 9; kind++) {
		uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
		assert_null(one_of_each(kind));
		assert_int_equal(current->fail.seen, 1);
		assert_int_equal(live_blocks(), 0);
	}
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	kfree(kmalloc(10, GFP_KERNEL | __GFP_NOFAIL));
	assert_int_equal(current->fail.seen, 0);
	uik_fail_nth(0, 0, false);
	machine_end(m);
}

static noinline void *made_here(void)
{
	void *p = kmalloc(33, GFP_KERNEL);

	barrier();
	return p;
}

static bool remember(const struct uik_slab_block *block, void *arg)
{
	*(struct uik_slab_block *)arg = *block;
	return true;
}

/* Law: a live block tells its size and who made it; the report names it. */
static void sites(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_slab_block found = { 0 }, seen = { 0 };
	char *p = made_here(), *text;
	size_t size;
	FILE *out;

	assert_true(uik_slab_find(p + 32, &found));
	assert_ptr_equal(found.addr, p);
	assert_int_equal(found.size, 33);
	assert_in_range((uintptr_t)found.site, (uintptr_t)made_here,
			(uintptr_t)made_here + 200);
	assert_false(uik_slab_find(&found, &found));
	uik_slab_each(m.machine, remember, &seen);
	assert_ptr_equal(seen.addr, p);
	out = open_memstream(&text, &size);
	assert_int_equal(uik_slab_report(m.machine, out), 1);
	fclose(out);
	assert_non_null(strstr(text, "33 bytes"));
	free(text);
	if (uik_slab_debug(m.machine))
		assert_true(found.frame_count > 1);
	kfree(p);
	assert_false(uik_slab_find(p, &found));
	machine_end(m);
}

/* Law: wrong frees are warned about and change nothing. */
static void wrong_frees(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = kmalloc(100, GFP_KERNEL), *q = kmalloc(100, GFP_KERNEL);
	unsigned long pages;
	int local = 0;
	void *big;

	assert_int_equal(warnings_of(kfree(p + 64)), 1);
	assert_int_equal(warnings_of(kfree(p + 1)), 1);
	assert_int_equal(warnings_of(kfree(*(void *volatile *)&(void *){
				 &local })), 1);
	kfree(p);
	assert_int_equal(warnings_of(kfree(*(char *volatile *)&p)), 1);
	assert_int_equal(live_blocks(), 1);
	kfree(q);
	/* The pair must match. */
	big = kvmalloc(100000, GFP_KERNEL);
	assert_int_equal(warnings_of(kfree(big)), 1);
	big = kmalloc(10, GFP_KERNEL);
	assert_int_equal(warnings_of(vfree(big)), 1);
	pages = __get_free_pages(GFP_KERNEL, 0);
	assert_int_equal(warnings_of(kfree((void *)pages)), 1);
	assert_int_equal(warnings_of(free_pages(pages, 1)), 1);
	assert_int_equal(warnings_of(free_pages(pages, 0)), 1);
	machine_end(m);
}

/* Law: pages are aligned to their order and cleared when asked. */
static void pages(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long p[MAX_PAGE_ORDER + 1];
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		p[order] = __get_free_pages(GFP_KERNEL, order);
		assert_int_equal(p[order] % (PAGE_SIZE << order), 0);
		memset((void *)p[order], 1, PAGE_SIZE << order);
	}
	while (order--)
		free_pages(p[order], order);
	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO,
						order);

		assert_int_equal(*(char *)page_address(page), 0);
		assert_ptr_equal(virt_to_page(page_address(page)), page);
		assert_int_equal(page_to_pfn(page + 3), page_to_pfn(page) + 3);
		__free_pages(page, order);
	}
	assert_int_equal(get_order(1), 0);
	assert_int_equal(get_order(4097), 1);
	assert_int_equal(get_order(3 * 4096), 2);
	machine_end(m);
}

/* Law: an arena that is full says so, and recovers. */
static void exhaustion(void **state)
{
	struct uik_machine_config config = { .arena_bytes = 64 << 20 };
	struct uik_machine *machine = uik_machine_new(&config);
	struct uik_machine *before = uik_enter(machine);
	void **list = NULL, **block;
	unsigned int n = 0, again = 0, round;
	unsigned int counts[2];

	for (round = 0; round < 2; round++) {
		for (n = 0; (block = kmalloc(60000, GFP_KERNEL)); n++) {
			*block = list;
			list = block;
		}
		counts[round] = n;
		while ((block = list)) {
			list = *block;
			kfree(block);
			again++;
		}
	}
	assert_true(counts[0] > 100);
	assert_int_equal(counts[0], counts[1]);
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	assert_null(kvmalloc(128 << 20, GFP_KERNEL));
	assert_int_equal(live_blocks(), 0);
	uik_leave(before);
	uik_machine_free(machine);
}

enum { SWAPS = 20000, SHARED = 64 };
static void *shared[SHARED];

/* Each thread frees what others made. */
static int swapper(void *arg)
{
	unsigned int seed = (uintptr_t)arg, i;
	void *old;

	for (i = 0; i < SWAPS; i++) {
		seed = seed * 1103515245 + 12345;
		old = __atomic_exchange_n(&shared[(seed >> 8) % SHARED],
					  kzalloc(1 + (seed >> 16) % 700,
						  GFP_KERNEL),
					  __ATOMIC_ACQ_REL);
		kfree(old);
	}
	return 0;
}

/* Law: blocks may be freed by other threads than those that made them. */
static void threads(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *thread[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		thread[i] = start(swapper, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < 4; i++)
		join(thread[i]);
	for (i = 0; i < SHARED; i++)
		kfree(shared[i]);
	machine_end(m);
}

/* Law: a machine's memory goes with it; machines do not mix. */
static void machines(void **state)
{
	struct kit_machine a = machine_with(NULL), b;
	void *p = kmalloc(10, GFP_KERNEL);

	b = machine_with(NULL);
	assert_int_equal(live_blocks(), 0);
	kfree(p);	/* from inside the other machine */
	assert_int_equal(live_blocks(), 0);
	machine_end(b);
	assert_int_equal(live_blocks(), 0);
	machine_end(a);
}

/* Law: in debug mode writes beyond and after a block's life are found. */
static void late_writes(void **state)
{
	struct kit_machine m = machine_with(NULL);

#ifndef KIT_ASAN
	char *p;

	if (uik_slab_debug(m.machine)) {
		p = kmalloc(100, GFP_KERNEL);
		/* The compiler shall not see how long it is. */
		__asm__ volatile("" : "+r"(p));
		p[100] = 1;
		assert_int_equal(warnings_of(kfree(p)), 1);
		p = kmalloc(100, GFP_KERNEL);
		kfree(p);
		assert_int_equal(uik_slab_verify(m.machine), 0);
		*(*(char *volatile *)&p) = 1;
		assert_int_equal(uik_slab_verify(m.machine), 1);
	}
#endif
	machine_end(m);
}

/* A machine whose slab is watched, made and entered. */
static struct kit_machine watched_machine(void)
{
	struct kit_machine m;

	uik_slab_watch(true);
	m = machine_with(NULL);
	uik_slab_watch(false);
	return m;
}

#ifndef KIT_ASAN
/* Frees what the compiler shall not know to be freed. */
static char *freed(size_t bytes)
{
	char *p = kmalloc(bytes, GFP_KERNEL);

	kfree(p);
	return *(char *volatile *)&p;
}
#endif

/* Law: a watched machine finds late writes, each time since the last look. */
static void watched_writes(void **state)
{
	struct kit_machine m = watched_machine();

#ifndef KIT_ASAN
	char *p, *old;

	if (!RUNNING_ON_VALGRIND) {
		p = freed(100);
		assert_int_equal(uik_slab_verify_recent(m.machine), 0);
		/* Looked at already: only the thorough look sees it. */
		p[99] = 1;
		assert_int_equal(uik_slab_verify_recent(m.machine), 0);
		assert_int_equal(uik_slab_verify(m.machine), 1);
		p[99] = 0x6b;
		old = freed(200);
		old[0] = 1;
		assert_int_equal(uik_slab_verify_recent(m.machine), 1);
		old[0] = 0x6b;
		/* Beyond its end, but inside its room. */
		p = kmalloc(100, GFP_KERNEL);
		__asm__ volatile("" : "+r"(p));
		p[101] = 1;
		assert_int_equal(warnings_of(kfree(p)), 1);
	}
#endif
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: a block written to after its end is told when it is used again. */
static void late_write_told(void **state)
{
	struct kit_machine m = watched_machine();

#ifndef KIT_ASAN
	unsigned int told = 0, frees = 0;
	char *p;

	if (!RUNNING_ON_VALGRIND) {
		p = freed(300);
		p[299] = 1;
		for (; !told && frees < 10000; frees++)
			told = warnings_of(freed(20));
		assert_int_equal(told, 1);
		/* Not at once: it was held back meanwhile. */
		assert_true(frees > 1000);
	}
#endif
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: fresh memory of a watched machine has the pattern that is set. */
static void fresh_pattern(void **state)
{
	struct kit_machine m = watched_machine();
	unsigned char before = uik_fill_fresh(), *p;

	uik_fill_fresh_set(0x5c);
	assert_int_equal(uik_fill_fresh(), 0x5c);
	p = kmalloc(64, GFP_KERNEL);
	(void)VALGRIND_MAKE_MEM_DEFINED(p, 64);	/* we do look at it */
	assert_int_equal(p[0], 0x5c);
	assert_int_equal(p[63], 0x5c);
	kfree(p);
	p = vmalloc(5 * PAGE_SIZE);
	(void)VALGRIND_MAKE_MEM_DEFINED(p, 5 * PAGE_SIZE);
	assert_int_equal(p[5 * PAGE_SIZE - 1], 0x5c);
	vfree(p);
	p = kzalloc(64, GFP_KERNEL);
	assert_int_equal(p[63], 0);
	kfree(p);
	uik_fill_fresh_set(before);
	machine_end(m);
}

/* Law: words of UIOMMUFD_DEBUG are whole words between commas. */
static void debug_words(void **state)
{
	static const struct {
		const char *words;
		bool wanted;
	} rows[] = {
		{ "refs", true },	{ "x,refs", true },
		{ "refs,x", true },	{ ",,refs", true },
		{ "", false },		{ "ref", false },
		{ "refsx", false },	{ "x,refsx", false },
		{ "xrefs", false },	{ "xxxx", false },
	};
	const char *before = getenv("UIOMMUFD_DEBUG");
	char *kept = before ? strdup(before) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kit_machine m;

		setenv("UIOMMUFD_DEBUG", rows[i].words, 1);
		m = machine_with(NULL);
		assert_int_equal(uik_slab_debug(m.machine), rows[i].wanted);
		machine_end(m);
	}
	if (kept)
		setenv("UIOMMUFD_DEBUG", kept, 1);
	else
		unsetenv("UIOMMUFD_DEBUG");
	free(kept);
}

/* Law: stacks are kept with rising numbers, for spans as for blocks. */
static void serials(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_slab_block small = { 0 }, span = { 0 };
	bool debug = uik_slab_debug(m.machine);
	uint64_t before = uik_slab_serial(m.machine);
	char *p = kmalloc(10, GFP_KERNEL), *q = kvmalloc(100000, GFP_KERNEL);
	char *text;
	size_t size;
	FILE *out;

	assert_int_equal(uik_slab_serial(m.machine) - before, debug ? 2 : 0);
	assert_true(uik_slab_find(p, &small));
	assert_true(uik_slab_find(q + 99999, &span));
	assert_ptr_equal(span.addr, q);
	assert_int_equal(span.size, 100000);
	assert_int_equal(small.serial, debug ? before + 1 : 0);
	assert_int_equal(span.serial, debug ? before + 2 : 0);
	assert_int_equal(!!span.frames, debug);
	/* Records are not blocks: they are neither counted nor reported. */
	assert_int_equal(live_blocks(), 2);
	out = open_memstream(&text, &size);
	assert_int_equal(uik_slab_report(m.machine, out), 2);
	fclose(out);
	assert_non_null(strstr(text, "100000 bytes"));
	assert_int_equal(!!strstr(text, "    #0 "), debug);
	free(text);
	kvfree(q);
	kfree(p);
	machine_end(m);
}

static bool stop_at_second(const struct uik_slab_block *block, void *arg)
{
	return ++*(int *)arg < 2;
}

/* Law: a walk ends when told to, among blocks, spans and pages. */
static void walk_stops(void **state)
{
	struct kit_machine m = machine_with(NULL);
	void *small[3], *big[3];
	unsigned long page[3];
	int seen;

	for (int i = 0; i < 3; i++) {
		small[i] = kmalloc(10, GFP_KERNEL);
		assert_non_null(small[i]);
	}
	seen = 0;
	uik_slab_each(m.machine, stop_at_second, &seen);
	assert_int_equal(seen, 2);
	for (int i = 0; i < 3; i++)
		kfree(small[i]);
	for (int i = 0; i < 3; i++) {
		big[i] = vmalloc(100000);
		assert_non_null(big[i]);
	}
	seen = 0;
	uik_slab_each(m.machine, stop_at_second, &seen);
	assert_int_equal(seen, 2);
	for (int i = 0; i < 3; i++)
		vfree(big[i]);
	for (int i = 0; i < 3; i++)
		page[i] = __get_free_pages(GFP_KERNEL, 0);
	seen = 0;
	uik_slab_each(m.machine, stop_at_second, &seen);
	assert_int_equal(seen, 2);
	for (int i = 0; i < 3; i++)
		free_pages(page[i], 0);
	machine_end(m);
}

/* Law: an address tells whether its block is free, and where it begins. */
static void free_or_not(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = kmalloc(100, GFP_KERNEL), *big = vmalloc(9 * PAGE_SIZE);
	struct uik_slab_block found;
	int local = 0;

	assert_false(uik_slab_is_free(p));
	assert_false(uik_slab_is_free(p + 99));
	assert_false(uik_slab_is_free(big + 8 * PAGE_SIZE));
	assert_ptr_equal(uik_slab_block(p + 99), p);
	assert_ptr_equal(uik_slab_block(big + 8 * PAGE_SIZE + 5), big);
	/* The rest of a block's room is not of it. */
	assert_false(uik_slab_find(p + 100, &found));
	kfree(p);
	vfree(big);
	assert_true(uik_slab_is_free(*(char *volatile *)&p));
	assert_true(uik_slab_is_free(*(char *volatile *)&big));
	assert_false(uik_slab_find(*(char *volatile *)&big, &found));
	/* What lies in no machine is neither. */
	assert_false(uik_slab_is_free(&local));
	assert_null(uik_slab_block(&local));
	/* Nor is the machine itself, or what of it was never used. */
	assert_false(uik_slab_is_free(m.machine));
	assert_null(uik_slab_block(m.machine));
	assert_false(uik_slab_find(m.machine, &found));
	machine_end(m);
}

/* Law: what is no block has no size, no kind, and cannot be freed. */
static void no_blocks(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = kmalloc(100, GFP_KERNEL), *v = vzalloc(5000);
	size_t size = 1;
	int local = 0;

	assert_non_null(v);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(v[i], 0);
	assert_true(is_vmalloc_addr(v));
	assert_false(is_vmalloc_addr(p));
	assert_false(is_vmalloc_addr(p + 64));
	assert_false(is_vmalloc_addr(v + 1));
	assert_false(is_vmalloc_addr(&local));
	assert_int_equal(ksize(NULL), 0);
	assert_int_equal(warnings_of(size = ksize(p + 64)), 1);
	assert_int_equal(size, 0);
	assert_null(vmalloc(SIZE_MAX));
	assert_null(vzalloc(SIZE_MAX));
	free_pages(0, 0);
	__free_pages(NULL, 0);
	kfree_sensitive(p);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	vfree(v);
	assert_int_equal(warnings_of(size = __get_free_pages(
					     GFP_KERNEL, MAX_PAGE_ORDER + 1)),
			 1);
	assert_int_equal(size, 0);
	assert_null(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	machine_end(m);
}

/* Law: what is freed sensitively was overwritten before. */
static void sensitive(void **state)
{
	struct kit_machine m = machine_with(NULL);

#ifndef KIT_ASAN
	char *p = kmalloc(64, GFP_KERNEL);

	if (!uik_slab_debug(m.machine) && !RUNNING_ON_VALGRIND) {
		memset(p, 's', 64);
		kfree_sensitive(p);
		p = *(char *volatile *)&p;
		for (int i = 0; i < 64; i++)
			assert_int_not_equal(p[i], 's');
	} else {
		kfree(p);
	}
#endif
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(checked_to_the_byte),
		cmocka_unit_test(no_overlap),
		cmocka_unit_test(edges),
		cmocka_unit_test(flexible_objects),
		cmocka_unit_test(reallocation),
		cmocka_unit_test(strings),
		cmocka_unit_test(failure_points),
		cmocka_unit_test(sites),
		cmocka_unit_test(wrong_frees),
		cmocka_unit_test(pages),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(threads),
		cmocka_unit_test(machines),
		cmocka_unit_test(late_writes),
		cmocka_unit_test(watched_writes),
		cmocka_unit_test(late_write_told),
		cmocka_unit_test(fresh_pattern),
		cmocka_unit_test(debug_words),
		cmocka_unit_test(serials),
		cmocka_unit_test(walk_stops),
		cmocka_unit_test(free_or_not),
		cmocka_unit_test(no_blocks),
		cmocka_unit_test(sensitive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
