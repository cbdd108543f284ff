// SPDX-License-Identifier: MIT
/*
 * The policies that are built in, and the doors for those that are not.
 */
#include <string.h>

#include "world.h"

static void issue_locked(struct uiommufd_lab_cpu *cpu,
			 const struct uiommufd_lab_list *list)
{
	ring_insert_locked(&cpu->world->rings[0], cpu, list);
}

static void issue_cmdlist(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	ring_insert(&cpu->world->rings[0], cpu, list);
}

static struct ring *own_ring(struct uiommufd_lab_cpu *cpu, unsigned int number)
{
	struct world *world = cpu->world;

	return &world->rings[hwmodel_queue(world->model, cpu->owner,
					 number % world->design->queues)];
}

static void issue_per_cpu(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	ring_insert(own_ring(cpu, cpu->number_in_owner), cpu, list);
}

static void issue_trapped(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	uiommufd_lab_trap(cpu, list);
}

/*
 * What the guest's queue may not issue goes the other way; the order is kept
 * by a CMD_SYNC wherever the way changes.
 */
static void issue_direct(struct uiommufd_lab_cpu *cpu,
			 const struct uiommufd_lab_list *list)
{
	struct ring *ring = own_ring(cpu, cpu->number_in_owner);
	struct hwmodel *model = cpu->world->model;
	unsigned int at = 0;

	do {
		bool direct = !list->count ||
			      hwmodel_permits(model, ring->queue,
					    list->commands[at]);
		unsigned int end = at;
		struct uiommufd_lab_list part;

		while (end < list->count &&
		       hwmodel_permits(model, ring->queue,
				     list->commands[end]) == direct)
			end++;
		part = (struct uiommufd_lab_list){
			.commands = list->commands + at,
			.count = end - at,
			.sync = list->sync || end < list->count,
		};
		if (direct)
			ring_insert(ring, cpu, &part);
		else
			uiommufd_lab_trap(cpu, &part);
		at = end;
	} while (at < list->count);
}

static const struct uiommufd_lab_policy policies[] = {
	{ "shared-lock", "host: one queue, a lock around its use", false,
	  issue_locked },
	{ "cmdlist", "host: one queue, slots by compare-and-swap", false,
	  issue_cmdlist },
	{ "per-cpu", "host: a queue for each CPU, as far as they go", false,
	  issue_per_cpu },
	{ "guest-direct", "guests: VCMDQs of their own", true, issue_direct },
	{ "guest-trapped", "guests: an emulated queue, cache_invalidate", true,
	  issue_trapped },
};

const struct uiommufd_lab_policy *uiommufd_lab_policy_at(unsigned int index)
{
	return index < G_N_ELEMENTS(policies) ? &policies[index] : NULL;
}

const struct uiommufd_lab_policy *uiommufd_lab_policy_find(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(policies); i++)
		if (!strcmp(name, policies[i].name))
			return &policies[i];
	return NULL;
}

void uiommufd_lab_insert(struct uiommufd_lab_cpu *cpu, int queue,
			 const struct uiommufd_lab_list *list)
{
	ring_insert(queue < 0 ? &cpu->world->rings[0] : own_ring(cpu, queue),
		    cpu, list);
}

void uiommufd_lab_trap(struct uiommufd_lab_cpu *cpu,
		       const struct uiommufd_lab_list *list)
{
	g_assert(cpu->owner);
	ring_insert(&cpu->world->emulated[cpu->owner - 1], cpu, list);
}

const char *uiommufd_lab_phase_name(enum uiommufd_lab_phase phase)
{
	static const char *const names[UIOMMUFD_LAB_PHASES] = {
		[UIOMMUFD_LAB_BUILD] = "build commands",
		[UIOMMUFD_LAB_RESERVE] = "reserve slots",
		[UIOMMUFD_LAB_PUBLISH] = "publish",
		[UIOMMUFD_LAB_EXIT] = "exit and enter",
		[UIOMMUFD_LAB_VMM] = "monitor",
		[UIOMMUFD_LAB_IOCTL] = "ioctl and driver",
		[UIOMMUFD_LAB_FETCH] = "doorbell and fetch",
		[UIOMMUFD_LAB_QUEUED] = "behind others",
		[UIOMMUFD_LAB_EXECUTE] = "execute",
		[UIOMMUFD_LAB_ATC] = "device's ATC",
		[UIOMMUFD_LAB_SYNC] = "CMD_SYNC",
		[UIOMMUFD_LAB_POLL] = "notice",
	};

	return (unsigned int)phase < UIOMMUFD_LAB_PHASES ? names[phase] : "?";
}
