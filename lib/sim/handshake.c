/* SPDX-License-Identifier: MIT */
/*
 * Enable handshakes: a status follows what software asked for, after a while.
 *
 * The same for CMDQV, VINTF, VCMDQ, CR0 and IRQ_CTRL.
 */
#include <uik/clock.h>
#include <uik/hardware_fault.h>
#include "sim.h"

/* What a look at it costs then: whoever polls is to see its timeout soon. */
#define HELD_NS 100000000u

/* By a fault that was armed; or by an explorer's, which lasts. */
static bool is_held(struct sim *sim, struct sim_enable *enable,
		    enum uiommufd_fault_unit unit, int number)
{
	if (uik_hardware_may_fail() && !enable->held)
		enable->held = uik_hardware_fails();
	if (enable->held)
		uik_clock_advance(sim->machine, HELD_NS);
	return enable->held ||
	       fault_strikes(sim, UIOMMUFD_FAULT_STUCK_ENABLE, unit, number, -1,
			     NULL);
}

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
		enable->held = false;
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
	    is_held(sim, enable, unit, number)) {
		WRITE_ONCE(enable->moving, true);
		WRITE_ONCE(sim->moving, true);
		return false;
	}
	WRITE_ONCE(enable->is, want);
	WRITE_ONCE(enable->moving, false);
	return true;
}
