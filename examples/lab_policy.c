// SPDX-License-Identifier: MIT
/*
 * A queue policy of one's own, for the laboratory: one queue under its lock,
 * where who has the lock leaves the doorbell to the next in line.
 *
 * Built as a shared object it is there by its name in the command:
 *
 *	uiommufd vcmdq --load ./lab_policy.so --policy last-rings --cpus 64
 *
 * Linked into a program, as into lab_policy_test.c, it is there as well.
 */
#include <uiommufd/policy.h>

static bool is_mine_to_ring(struct uiommufd_lab_cpu *cpu, int queue,
			    uint64_t end)
{
	uint64_t silent = end - uiommufd_lab_published(cpu, queue);

	return !uiommufd_lab_waiters(cpu, queue) ||
	       silent >= UIOMMUFD_LAB_MAX_RESERVE;
}

static void issue(struct uiommufd_lab_cpu *cpu,
		  const struct uiommufd_lab_list *list)
{
	const int queue = UIOMMUFD_LAB_SMMU;
	struct uiommufd_lab_list part = *list;
	unsigned int left = list->count;
	uint64_t end;

	uiommufd_lab_lock(cpu, queue);
	do {
		part.count = left < UIOMMUFD_LAB_MAX_RESERVE ?
				     left : UIOMMUFD_LAB_MAX_RESERVE;
		left -= part.count;
		part.sync = list->sync && !left;
		end = uiommufd_lab_write(cpu, queue,
					 uiommufd_lab_reserve(cpu, queue, &part),
					 &part);
		if (is_mine_to_ring(cpu, queue, end))
			uiommufd_lab_publish(cpu, queue, end);
		part.commands += part.count;
	} while (left);
	uiommufd_lab_unlock(cpu, queue);
	if (list->sync)
		uiommufd_lab_wait(cpu, queue, end);
}

static const struct uiommufd_lab_policy last_rings = {
	.name = "last-rings",
	.summary = "host: one queue, a lock, the last in line rings",
	.issue = issue,
};

static void __attribute__((constructor)) load(void)
{
	uiommufd_lab_policy_register(&last_rings);
}

static void __attribute__((destructor)) unload(void)
{
	uiommufd_lab_policy_unregister(&last_rings);
}
