/* SPDX-License-Identifier: MIT */
/*
 * Enable handshakes: a status follows what software asked for, after a while.
 *
 * The same for CMDQV, VINTF, VCMDQ, CR0 and IRQ_CTRL.
 */
#include <uik/clock.h>
#include "sim.h"

/*
 * Moves @enable towards @want; true when it just arrived.  It cannot arrive
 * while @blocked (work in flight), before its latency is over, or while a
 * fault holds it.  Until then moving stays set and the caller tries again.
 */
bool enable_drive(struct sim *sim, struct sim_enable *enable, u32 want,
		  enum uiommufd_fault_unit unit, int number, bool blocked)
{
	u64 latency = sim->config.enable_latency_ns;

	if (enable->want != want) {
		enable->want = want;
		if (latency)
			enable->at_ns =
				uik_machine_now_ns(sim->machine) + latency;
	}
	if (enable->is == want) {
		WRITE_ONCE(enable->moving, false);
		return false;
	}
	if (blocked ||
	    (latency && uik_machine_now_ns(sim->machine) < enable->at_ns) ||
	    fault_strikes(sim, UIOMMUFD_FAULT_STUCK_ENABLE, unit, number, -1,
			  NULL)) {
		WRITE_ONCE(enable->moving, true);
		WRITE_ONCE(sim->moving, true);
		return false;
	}
	WRITE_ONCE(enable->is, want);
	WRITE_ONCE(enable->moving, false);
	return true;
}
