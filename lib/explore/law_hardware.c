// SPDX-License-Identifier: MIT
/*
 * Law about what the driver asks of the hardware.
 *
 *   hardware  Nothing that the hardware does not allow: the simulation counts
 *             accesses that it refuses or that have no meaning.
 *
 * What setup does there counts for nothing: it may stand for a guest.
 */
#include <uiommufd/mmio.h>
#include <uiommufd/vcmdq.h>

#include "explore/laws.h"

uint64_t law_hardware_count(struct uiommufd_run *run)
{
	struct uiommufd_vcmdq_counters counters;

	if (uiommufd_vcmdq_read_counters(run->platform, UIOMMUFD_QUEUE_ANY,
					 &counters))
		return 0;
	return counters.guest_errors;
}

static struct uiommufd_mmio *registers(struct uiommufd_run *run)
{
	return uiommufd_vcmdq_registers(run->platform) ?:
	       uiommufd_smmu_registers(run->platform);
}

static void check(struct uiommufd_run *run, void *memory)
{
	char text[160] = "";
	uint64_t count;

	if (run->scenario->flags & UIOMMUFD_SCENARIO_MISUSES)
		return;
	/* One that does not answer cannot be handled by its rules. */
	if (uiommufd_run_failures(run))
		return;
	count = law_hardware_count(run);
	if (count == run->misuses)
		return;
	uiommufd_mmio_last_error(registers(run), text, sizeof(text));
	uiommufd_run_break(run, "hardware",
			   "%llu times what the hardware does not allow; last %s",
			   (unsigned long long)(count - run->misuses), text);
}

const struct uiommufd_law law_hardware = {
	.name = "hardware",
	.summary = "drivers ask of the hardware what it allows",
	.closed = check,
};
