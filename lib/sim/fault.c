/* SPDX-License-Identifier: MIT */
/*
 * Fault injection: what shall go wrong, when, and how often it did.
 */
#include <errno.h>
#include <uik/hardware_fault.h>
#include <uik/machine.h>
#include "sim.h"

void fault_init(struct sim *sim)
{
	spin_lock_init(&sim->faults.lock);
}

static bool applies(const struct uiommufd_fault *what,
		    enum uiommufd_fault_unit unit, int number, int opcode)
{
	return what->unit == unit &&
	       (what->number == UIOMMUFD_QUEUE_ANY || what->number == number) &&
	       (!what->match_opcode || what->opcode == opcode);
}

/* One more chance for @fault; does it strike this time? */
static bool strike(struct armed_fault *fault)
{
	u64 chance = fault->chances++;
	u64 skip = fault->what.skip;

	if (chance < skip ||
	    (fault->what.times && chance - skip >= fault->what.times))
		return false;
	fault->hits++;
	return true;
}

/*
 * Delays are no failures, lost invalidations are for the law of dma.h, and what
 * does not follow is handshake.c's.
 */
static bool decided_elsewhere(enum uiommufd_fault_kind kind)
{
	return kind != UIOMMUFD_FAULT_SLOW &&
	       kind != UIOMMUFD_FAULT_STUCK_ENABLE &&
	       kind != UIOMMUFD_FAULT_LOST_INVALIDATION &&
	       kind != UIOMMUFD_FAULT_SPURIOUS_INTERRUPT &&
	       uik_hardware_fails();
}

bool fault_strikes(struct sim *sim, enum uiommufd_fault_kind kind,
		   enum uiommufd_fault_unit unit, int number, int opcode,
		   u64 *out_delay_ns)
{
	struct faults *faults = &sim->faults;
	unsigned long flags;
	bool hit = false;

	if (uik_hardware_may_fail() && decided_elsewhere(kind))
		return true;
	if (!fault_armed(sim, kind))
		return false;
	spin_lock_irqsave(&faults->lock, flags);
	for (int i = 0; i < MAX_FAULTS && !hit; i++) {
		struct armed_fault *fault = &faults->fault[i];

		if (!fault->armed || fault->what.kind != kind ||
		    !applies(&fault->what, unit, number, opcode))
			continue;
		hit = strike(fault);
		if (hit && out_delay_ns)
			*out_delay_ns = fault->what.delay_ns;
	}
	spin_unlock_irqrestore(&faults->lock, flags);
	return hit;
}

static void count_kinds(struct faults *faults)
{
	u32 kinds = 0;

	for (int i = 0; i < MAX_FAULTS; i++)
		if (faults->fault[i].armed)
			kinds |= 1u << faults->fault[i].what.kind;
	__atomic_store_n(&faults->kinds, kinds, __ATOMIC_RELEASE);
}

static bool is_valid(const struct sim *sim, const struct uiommufd_fault *what)
{
	int limit = what->unit == UIOMMUFD_UNIT_VINTF ? sim->vintfs :
							sim->vcmdqs;

	if (what->size < sizeof(*what) ||
	    what->kind > UIOMMUFD_FAULT_LOST_INVALIDATION || what->unit > UIOMMUFD_UNIT_SMMU)
		return false;
	if (what->unit == UIOMMUFD_UNIT_CMDQV && !sim->cmdqv)
		return false;
	return what->unit >= UIOMMUFD_UNIT_CMDQV ||
	       what->number == UIOMMUFD_QUEUE_ANY ||
	       (what->number == UIOMMUFD_QUEUE_MAIN &&
		what->unit == UIOMMUFD_UNIT_QUEUE) ||
	       (what->number >= 0 && what->number < limit);
}

static int arm(struct sim *sim, const struct uiommufd_fault *what)
{
	struct faults *faults = &sim->faults;
	unsigned long flags;
	int handle = -ENOSPC;

	spin_lock_irqsave(&faults->lock, flags);
	for (int i = 0; i < MAX_FAULTS && handle < 0; i++) {
		if (faults->fault[i].armed)
			continue;
		handle = i;
		faults->fault[i] = (struct armed_fault){ .what = *what,
							 .armed = true };
		/* There is one SMMU and one CMDQV: their number is no matter */
		if (what->unit >= UIOMMUFD_UNIT_CMDQV)
			faults->fault[i].what.number = UIOMMUFD_QUEUE_ANY;
	}
	count_kinds(faults);
	spin_unlock_irqrestore(&faults->lock, flags);
	return handle;
}

static void raise_spurious(struct sim *sim, enum uiommufd_fault_unit unit)
{
	sim_raise(sim, unit == UIOMMUFD_UNIT_SMMU ? SIM_LINE_GERROR :
						    SIM_LINE_CMDQV);
	sim_deliver(sim);
}

static int inject(struct sim *sim, const struct uiommufd_fault *fault)
{
	int handle = is_valid(sim, fault) ? arm(sim, fault) : -EINVAL;

	if (handle < 0)
		return handle;
	sim_update_slow(sim);
	if (fault->kind == UIOMMUFD_FAULT_SPURIOUS_INTERRUPT &&
	    fault_strikes(sim, fault->kind, fault->unit, UIOMMUFD_QUEUE_ANY,
			  -1, NULL))
		raise_spurious(sim, fault->unit);
	return handle;
}

int uiommufd_fault_inject(struct uiommufd_platform *platform,
			  const struct uiommufd_fault *fault)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	int handle;

	if (!sim) {
		errno = ENODEV;
		return -1;
	}
	previous = uik_enter(sim->machine);
	handle = inject(sim, fault);
	uik_leave(previous);
	if (handle >= 0)
		return handle;
	errno = -handle;
	return -1;
}

uint64_t uiommufd_fault_hits(struct uiommufd_platform *platform, int handle)
{
	struct sim *sim = platform_sim(platform);
	unsigned long flags;
	u64 hits;

	if (!sim || handle < 0 || handle >= MAX_FAULTS)
		return 0;
	spin_lock_irqsave(&sim->faults.lock, flags);
	hits = sim->faults.fault[handle].hits;
	spin_unlock_irqrestore(&sim->faults.lock, flags);
	return hits;
}

static void disarm(struct sim *sim, int handle)
{
	unsigned long flags;

	spin_lock_irqsave(&sim->faults.lock, flags);
	for (int i = 0; i < MAX_FAULTS; i++)
		if (handle < 0 || handle == i)
			sim->faults.fault[i] = (struct armed_fault){ 0 };
	count_kinds(&sim->faults);
	spin_unlock_irqrestore(&sim->faults.lock, flags);
	sim_update_slow(sim);
}

int uiommufd_fault_clear(struct uiommufd_platform *platform, int handle)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;

	if (!sim || handle < -1 || handle >= MAX_FAULTS) {
		errno = sim ? EINVAL : ENODEV;
		return -1;
	}
	previous = uik_enter(sim->machine);
	disarm(sim, handle);
	/* What was held up goes on. */
	smmu_update(sim);
	if (sim->cmdqv)
		cmdqv_update(sim);
	engine_trigger(sim, NULL);
	uik_leave(previous);
	return 0;
}
