/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines of the hardware.
 */
#include <uik/irq.h>
#include "sim.h"

void sim_raise(struct sim *sim, enum sim_line line)
{
	bool cmdqv = line == SIM_LINE_CMDQV;
	u64 *counter = cmdqv ? &sim->interrupts : &sim->smmu_interrupts;

	if (fault_strikes(sim, UIOMMUFD_FAULT_LOST_INTERRUPT,
			  cmdqv ? UIOMMUFD_UNIT_CMDQV : UIOMMUFD_UNIT_SMMU,
			  UIOMMUFD_QUEUE_ANY, -1, NULL))
		return;
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&sim->attention, 1u << line, __ATOMIC_RELEASE);
}

bool sim_deliver(struct sim *sim)
{
	u32 lines;

	if (!(__atomic_load_n(&sim->attention, __ATOMIC_RELAXED) &
	      ATTENTION_LINES))
		return false;
	/* Pairs with sim_raise(): what is reported is visible first. */
	lines = __atomic_fetch_and(&sim->attention, ~ATTENTION_LINES,
				   __ATOMIC_ACQUIRE);
	for (int line = 0; line < SIM_LINES; line++)
		if ((lines >> line & 1) && sim->irq[line])
			uik_irq_raise(sim->machine, sim->irq[line]);
	return true;
}
