// SPDX-License-Identifier: MIT
/*
 * What CPUs want invalidated, and what they do in between.
 */
#include <string.h>

#include "world.h"

#define OP_TLBI_NH_ASID 0x11
#define OP_TLBI_NH_VA 0x12
#define OP_ATC_INV 0x40
#define OP_SYNC 0x46
#define IOVA_TOP 0x100000000ull
#define PAGE_SHIFT 12
#define MAX_RANGE 32u
#define TG_4K (1ull << 10)
#define LEAF 1ull
#define TTL_3 (3ull << 8)

static void add(struct uiommufd_lab_cpu *cpu, unsigned int *count,
		uint64_t word0, uint64_t word1)
{
	if (*count == cpu->list_room) {
		cpu->list_room = MAX(64, 2 * cpu->list_room);
		cpu->list = g_realloc_n(cpu->list, cpu->list_room,
					sizeof(*cpu->list));
	}
	cpu->list[*count][0] = word0;
	cpu->list[*count][1] = word1;
	++*count;
}

/* Each CPU works for a device, thus a domain, of its own. */
static uint64_t asid(const struct uiommufd_lab_cpu *cpu)
{
	return (uint64_t)(cpu->number + 1) << 48;
}

static uint64_t next_iova(struct uiommufd_lab_cpu *cpu, unsigned int pages)
{
	uint64_t bytes = (uint64_t)pages << PAGE_SHIFT;

	cpu->iova = cpu->iova < 2 * bytes ? IOVA_TOP - bytes :
					    cpu->iova - bytes;
	return cpu->iova & ~((1ull << PAGE_SHIFT) - 1);
}

/* As few range commands as the encoding allows: (NUM + 1) << SCALE pages. */
static void add_ranges(struct uiommufd_lab_cpu *cpu, unsigned int *count,
		       unsigned int pages)
{
	uint64_t iova = next_iova(cpu, pages);

	while (pages) {
		unsigned int scale = __builtin_ctz(pages);
		unsigned int num = MIN(pages >> scale, MAX_RANGE);

		if (pages >> scale > MAX_RANGE)
			num = (pages >> scale) % MAX_RANGE;
		add(cpu, count,
		    OP_TLBI_NH_VA | asid(cpu) | (uint64_t)(num - 1) << 12 |
			    (uint64_t)scale << 20,
		    iova | TG_4K | TTL_3 | LEAF);
		iova += (uint64_t)num << scale << PAGE_SHIFT;
		pages -= num << scale;
	}
}

static void add_single(struct uiommufd_lab_cpu *cpu, unsigned int *count,
		       unsigned int pages)
{
	uint64_t iova = next_iova(cpu, pages);

	for (unsigned int i = 0; i < pages; i++)
		add(cpu, count, OP_TLBI_NH_VA | asid(cpu),
		    (iova + ((uint64_t)i << PAGE_SHIFT)) | LEAF);
}

/* The benchmark around it: one call maps, one unmaps. */
static void map_and_unmap(struct uiommufd_lab_cpu *cpu, unsigned int times)
{
	struct world *world = cpu->world;
	unsigned int pages = world->design->batch ? world->design->batch :
						    world->design->pages;
	uint64_t took = 0;

	for (unsigned int i = 0; i < times; i++)
		took += world_time(world, V_MAP_CALL) +
			world_time(world, V_UNMAP_CALL) +
			pages * (world_time(world, V_MAP_PAGE) +
				 world_time(world, V_UNMAP_PAGE));
	cpu_spend_ps(cpu, UIOMMUFD_LAB_BUILD, took);
}

static bool is_workload(const struct world *world, const char *name)
{
	return !strcmp(world->design->workload, name);
}

static bool next_unmap(struct uiommufd_lab_cpu *cpu,
		       struct uiommufd_lab_list *out)
{
	const struct uiommufd_lab_design *design = cpu->world->design;
	unsigned int count = 0;

	map_and_unmap(cpu, 1);
	if (design->batch)
		add_single(cpu, &count, design->batch);
	else
		add_ranges(cpu, &count, design->pages);
	out->count = count;
	return true;
}

static bool next_batched(struct uiommufd_lab_cpu *cpu,
			 struct uiommufd_lab_list *out)
{
	unsigned int count = 0;

	map_and_unmap(cpu, cpu->world->design->flush_after);
	add(cpu, &count, OP_TLBI_NH_ASID | asid(cpu), 0);
	out->count = count;
	return true;
}

/* After the SMMU's own TLBs are done, each device's; in turns. */
static bool next_ats(struct uiommufd_lab_cpu *cpu,
		     struct uiommufd_lab_list *out)
{
	unsigned int count = 0;
	uint64_t sid = 1 + cpu->number % MODEL_MAX_SIDS;

	if (cpu->done % 2 == 0)
		return next_unmap(cpu, out);
	add(cpu, &count, OP_ATC_INV | sid << 32, cpu->iova);
	out->count = count;
	return true;
}

static uint64_t gap_ps(const struct world *world, size_t doorbell)
{
	const struct uiommufd_lab_stream *stream = world->design->stream;

	return stream->gaps_us ? (uint64_t)stream->gaps_us[doorbell] *
					 world->design->gaps_percent *
					 (PS_PER_US / 100) :
				 0;
}

/* Where this CPU's next doorbell is; false at the end. */
static bool find_doorbell(struct uiommufd_lab_cpu *cpu)
{
	const struct world *world = cpu->world;
	const struct uiommufd_lab_stream *stream = world->design->stream;
	uint64_t gap = 0;

	for (; cpu->replay_at < stream->doorbell_count; cpu->replay_at++) {
		gap += gap_ps(world, cpu->replay_at);
		if (stream->cpus[cpu->replay_at] % world->cpu_count ==
		    cpu->number) {
			cpu_spend_ps(cpu, UIOMMUFD_LAB_BUILD, gap);
			return true;
		}
		cpu->replay_command += stream->doorbells[cpu->replay_at];
	}
	return false;
}

/* Up to the next CMD_SYNC of a doorbell, or its end. */
static bool next_replay(struct uiommufd_lab_cpu *cpu,
			struct uiommufd_lab_list *out)
{
	const struct uiommufd_lab_stream *stream = cpu->world->design->stream;
	uint32_t size, at;

	if (!cpu->replay_offset && !find_doorbell(cpu))
		return false;
	size = stream->doorbells[cpu->replay_at];
	out->commands = stream->commands + cpu->replay_command +
			cpu->replay_offset;
	out->count = 0;
	out->sync = false;
	for (at = cpu->replay_offset; at < size && !out->sync; at++)
		if ((out->commands[out->count][0] & 0xff) == OP_SYNC)
			out->sync = true;
		else
			out->count++;
	cpu->replay_offset = at;
	if (at == size) {
		cpu->replay_command += size;
		cpu->replay_offset = 0;
		cpu->replay_at++;
	}
	return true;
}

double workload_pages(const struct uiommufd_lab_design *design)
{
	double pages = design->batch ? design->batch : design->pages;

	if (!strcmp(design->workload, "replay"))
		return 0;
	if (!strcmp(design->workload, "batched"))
		return pages * design->flush_after;
	/* The second list of a pair is for the pages of the first. */
	return strcmp(design->workload, "ats") ? pages : pages / 2;
}

/* The lists are shared out beforehand: runs stay comparable. */
uint64_t workload_share(const struct world *world, unsigned int cpu)
{
	return world->lists_total / world->cpu_count +
	       (cpu < world->lists_total % world->cpu_count);
}

bool workload_next(struct uiommufd_lab_cpu *cpu, struct uiommufd_lab_list *out)
{
	struct world *world = cpu->world;
	bool more;

	if (cpu->done >= workload_share(world, cpu->number))
		return false;
	*out = (struct uiommufd_lab_list){ .sync = true };
	if (is_workload(world, "replay"))
		return next_replay(cpu, out);
	if (is_workload(world, "batched"))
		more = next_batched(cpu, out);
	else if (is_workload(world, "ats"))
		more = next_ats(cpu, out);
	else
		more = next_unmap(cpu, out);
	out->commands = (const uint64_t (*)[2])cpu->list;
	return more;
}
