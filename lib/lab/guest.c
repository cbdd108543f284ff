// SPDX-License-Identifier: MIT
/*
 * An emulated command queue: its registers trap, and the monitor forwards what
 * it finds through cache_invalidate to the SMMU's own queue.
 *
 * A monitor does one thing at a time (its lock).  It forwards the commands
 * before a CMD_SYNC in one call; the driver splits them further.
 */
#include <string.h>

#include "world.h"

#define OP_SYNC 0x46

/* What a monitor forwards; it keeps configuration changes to itself. */
static bool is_forwarded(uint8_t opcode)
{
	switch (opcode) {
	case 0x05:	/* CFGI_CD, CFGI_CD_ALL */
	case 0x06:
	case 0x10:	/* TLBI_NH_ALL, ASID, VA, VAA */
	case 0x11:
	case 0x12:
	case 0x13:
	case 0x30:	/* TLBI_NSNH_ALL */
	case 0x40:	/* ATC_INV */
		return true;
	default:
		return false;
	}
}

static void access_begin(struct ring *ring, struct uiommufd_lab_cpu *cpu)
{
	struct world *world = ring->world;

	world->result->exits++;
	cpu_spend(cpu, UIOMMUFD_LAB_EXIT, V_EXIT);
	cpu_lock(cpu, UIOMMUFD_LAB_VMM, &world->monitor[ring->owner]);
	cpu_spend(cpu, UIOMMUFD_LAB_VMM, V_VMM);
}

static void access_end(struct ring *ring, struct uiommufd_lab_cpu *cpu)
{
	cpu_unlock(cpu, &ring->world->monitor[ring->owner]);
	cpu_spend(cpu, UIOMMUFD_LAB_EXIT, V_ENTER);
}

/* In chunks with a CMD_SYNC each, as the kernel's driver does. */
static void forward_by_rule(struct uiommufd_lab_cpu *cpu,
			    const uint64_t (*commands)[2], unsigned int count)
{
	struct world *world = cpu->world;
	unsigned int chunk = world->ps[V_CONVERT_CHUNK];

	for (unsigned int at = 0; at < count; at += chunk) {
		struct uiommufd_lab_list list = {
			.commands = commands + at,
			.count = MIN(chunk, count - at),
			.sync = true,
		};

		ring_insert(&world->rings[0], cpu, &list);
	}
}

/* What the driver issued, from CMD_SYNC to CMD_SYNC. */
static void replay_driver(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_footprint *got)
{
	unsigned int start = 0;

	for (unsigned int i = 0; i < got->count; i++) {
		bool sync = (got->commands[i][0] & 0xff) == OP_SYNC;
		struct uiommufd_lab_list list = {
			.commands = (const uint64_t (*)[2])got->commands + start,
			.count = i - start + !sync,
			.sync = sync,
		};

		if (!sync && i + 1 < got->count)
			continue;
		ring_insert(&cpu->world->rings[0], cpu, &list);
		start = i + 1;
	}
}

static void forward_by_driver(struct uiommufd_lab_cpu *cpu,
			      const uint64_t (*commands)[2], unsigned int count)
{
	const struct uiommufd_lab_driver *driver = cpu->world->design->driver;
	struct uiommufd_lab_footprint got = { .room = 2 * count + 2 };

	got.commands = g_malloc_n(got.room, sizeof(*got.commands));
	if (driver->invalidate(driver->arg, commands, count, &got))
		cpu->world->result->refused += count;
	else
		replay_driver(cpu, &got);
	g_free(got.commands);
}

static void forward(struct uiommufd_lab_cpu *cpu, const uint64_t (*commands)[2],
		    unsigned int count)
{
	struct world *world = cpu->world;
	uint64_t took = world_time(world, V_IOCTL);

	if (!count)
		return;
	world->result->ioctls++;
	for (unsigned int i = 0; i < count; i++)
		took += world_time(world, V_CONVERT);
	cpu_spend_ps(cpu, UIOMMUFD_LAB_IOCTL, took);
	if (world->design->driver)
		forward_by_driver(cpu, commands, count);
	else
		forward_by_rule(cpu, commands, count);
}

static void take_command(struct uiommufd_lab_cpu *cpu,
			 const uint64_t command[2], unsigned int *count)
{
	if (*count == cpu->trapped_room) {
		cpu->trapped_room = MAX(64, 2 * cpu->trapped_room);
		cpu->trapped = g_realloc_n(cpu->trapped, cpu->trapped_room,
					   sizeof(*cpu->trapped));
	}
	memcpy(cpu->trapped[(*count)++], command, 16);
}

void guest_doorbell(struct ring *ring, struct uiommufd_lab_cpu *cpu)
{
	uint64_t end = ring->published, copied = 0;
	unsigned int count = 0;

	access_begin(ring, cpu);
	for (uint64_t at = ring->consumed; at < end; at++) {
		const uint64_t *command = ring->memory[at % ring->entries];
		uint8_t opcode = command[0];

		copied += world_time(ring->world, V_COPY);
		if (is_forwarded(opcode))
			take_command(cpu, command, &count);
		if (opcode != OP_SYNC && at + 1 < end)
			continue;
		cpu_spend_ps(cpu, UIOMMUFD_LAB_VMM, copied);
		forward(cpu, (const uint64_t (*)[2])cpu->trapped, count);
		copied = count = 0;
		ring->consumed = at + 1;
	}
	access_end(ring, cpu);
}

void guest_poll(struct ring *ring, struct uiommufd_lab_cpu *cpu)
{
	access_begin(ring, cpu);
	ring->cons_seen = MAX(ring->cons_seen, ring->consumed);
	access_end(ring, cpu);
}
