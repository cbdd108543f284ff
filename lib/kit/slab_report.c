/* SPDX-License-Identifier: MIT */
/*
 * Looking at live blocks: counts, walks, the leak report.
 */
#include <uik/slab.h>

#include <dlfcn.h>
#include <string.h>

#include "kit/machine.h"
#include "kit/poison.h"
#include "kit/slab.h"

void uik_slab_live(struct uik_machine *machine, uint64_t *blocks,
		   uint64_t *bytes)
{
	arena_count(&machine->arena, blocks, bytes);
}

uint64_t uik_slab_serial(struct uik_machine *machine)
{
	struct arena *arena = &machine->arena;
	uint64_t serial;

	arena_lock(arena);
	serial = arena->last_serial;
	arena_unlock(arena);
	return serial;
}

bool uik_slab_debug(struct uik_machine *machine)
{
	return machine->arena.debug;
}

static bool tag_reported(uint64_t tag)
{
	return tag >> TAG_SHIFT >= TAG_LIVE(BLOCK_KMALLOC) &&
	       tag >> TAG_SHIFT < TAG_LIVE(BLOCK_INTERNAL);
}

static void describe(const struct arena *arena, uintptr_t p,
		     struct uik_slab_block *out)
{
	uint64_t tag = *arena_tag(arena, p);
	const struct block_record *record;

	out->addr = (void *)p;
	out->size = slab_block_bytes(arena, p);
	out->site = checked_site(arena, tag);
	out->frames = NULL;
	out->frame_count = 0;
	out->serial = 0;
	record = (void *)(uintptr_t)(tag & TAG_POINTER);
	if (arena->debug && record) {
		out->frames = record->frames;
		out->frame_count = record->frame_count;
		out->serial = record->serial;
	}
}

typedef bool (*block_visit)(const struct uik_slab_block *block, void *arg);

static bool visit_at(const struct arena *arena, uintptr_t p, block_visit visit,
		     void *arg)
{
	struct uik_slab_block block;

	if (!tag_reported(*arena_tag(arena, p)))
		return true;
	describe(arena, p, &block);
	return visit(&block, arg);
}

static bool each_in_chunk(const struct arena *arena, uintptr_t chunk,
			  block_visit visit, void *arg)
{
	size_t size = uik_arena_class_size[*arena_class_byte(arena, chunk) - 1];
	size_t at;

	for (at = 0; at + size <= 1ul << ARENA_CHUNK_SHIFT; at += size)
		if (!visit_at(arena, chunk + at, visit, arg))
			return false;
	return true;
}

static size_t span_length(const struct arena *arena, uintptr_t p)
{
	const uint64_t *tag = arena_tag(arena, p);

	if (tag[0] >> TAG_SHIFT == TAG_FREE_SPAN)
		return ARENA_PAGE << (tag[0] >> TAG_FIELD_SHIFT & 0xfff);
	if (tag[0])
		return ARENA_PAGE << arena_order(tag[1]);
	return ARENA_PAGE;
}

static bool each_in_zone(const struct arena *arena,
			 const struct arena_zone *zone, block_visit visit,
			 void *arg)
{
	uintptr_t p = zone->start;

	while (p < zone->brk) {
		if (*arena_class_byte(arena, p)) {
			if (!each_in_chunk(arena, p, visit, arg))
				return false;
			p += 1ul << ARENA_CHUNK_SHIFT;
			continue;
		}
		if (!visit_at(arena, p, visit, arg))
			return false;
		p += span_length(arena, p);
	}
	return true;
}

void uik_slab_each(struct uik_machine *machine, block_visit visit, void *arg)
{
	const struct arena *arena = &machine->arena;

	if (each_in_zone(arena, &arena->heap, visit, arg))
		each_in_zone(arena, &arena->zone, visit, arg);
}

/*
 * Where the block begins that offset @in of a chunk lies in.  Sizes are whole
 * units of 64 bytes, 1024 of which make a chunk: the product is exact.
 */
static size_t chunk_block(unsigned int class, size_t in)
{
	uint32_t units = uik_arena_class_size[class] / 64;
	uint32_t reciprocal = uik_arena_reciprocal[class];

	return (size_t)((uint32_t)(in / 64) * reciprocal >> 20) * units * 64;
}

/* Start of the block or span that @p points into. */
static uintptr_t block_start(const struct arena *arena, uintptr_t p)
{
	unsigned int class = *arena_class_byte(arena, p);
	const struct arena_zone *zone = zone_holds(&arena->heap, p) ?
						&arena->heap : &arena->zone;
	size_t in;

	if (class) {
		in = (p - arena->base) & ((1ul << ARENA_CHUNK_SHIFT) - 1);
		return p - in + chunk_block(class - 1, in);
	}
	p &= ~(ARENA_PAGE - 1);
	while (p > zone->start && !*arena_tag(arena, p) &&
	       !*arena_class_byte(arena, p))
		p -= ARENA_PAGE;
	return p;
}

bool uik_slab_find(const void *addr, struct uik_slab_block *out)
{
	struct arena *arena = arena_of(addr);
	uintptr_t p = (uintptr_t)addr;

	if (!arena || !arena_holds(arena, p))
		return false;
	p = block_start(arena, p);
	if (!tag_reported(*arena_tag(arena, p)))
		return false;
	describe(arena, p, out);
	return (uintptr_t)addr < p + out->size;
}

bool uik_slab_is_free(const void *addr)
{
	struct arena *arena = arena_of(addr);
	uintptr_t p = (uintptr_t)addr;
	uint64_t tag;

	if (!arena || !arena_holds(arena, p))
		return false;
	tag = *arena_tag(arena, block_start(arena, p));
	if (*arena_class_byte(arena, p))
		return tag >> TAG_SHIFT < TAG_LIVE(BLOCK_KMALLOC) ||
		       tag >> TAG_SHIFT > TAG_LIVE(BLOCK_INTERNAL);
	return tag >> TAG_SHIFT == TAG_FREE_SPAN;
}

const void *uik_slab_block(const void *addr)
{
	struct arena *arena = arena_of(addr);
	uintptr_t p = (uintptr_t)addr;

	if (!arena || !arena_holds(arena, p))
		return NULL;
	return (const void *)block_start(arena, p);
}

static void print_site(FILE *out, const void *pc)
{
	Dl_info info;

	if (!dladdr(pc, &info) || !info.dli_fname) {
		fprintf(out, "%p", pc);
		return;
	}
	if (info.dli_sname)
		fprintf(out, "%s+0x%zx ", info.dli_sname,
			(size_t)((char *)pc - (char *)info.dli_saddr));
	fprintf(out, "(%s+0x%zx)", info.dli_fname,
		(size_t)((char *)pc - (char *)info.dli_fbase));
}

struct report {
	FILE *out;
	uint64_t blocks;
};

static bool report_block(const struct uik_slab_block *block, void *arg)
{
	struct report *report = arg;
	unsigned int i;

	report->blocks++;
	fprintf(report->out, "block %p, %zu bytes, allocated at ", block->addr,
		block->size);
	print_site(report->out, block->site);
	fputc('\n', report->out);
	for (i = 0; i < block->frame_count; i++) {
		fprintf(report->out, "    #%u ", i);
		print_site(report->out, block->frames[i]);
		fputc('\n', report->out);
	}
	return true;
}

uint64_t uik_slab_report(struct uik_machine *machine, FILE *out)
{
	struct report report = { .out = out };

	uik_slab_each(machine, report_block, &report);
	return report.blocks;
}

unsigned int uik_slab_verify(struct uik_machine *machine)
{
	return slab_verify(&machine->arena);
}
