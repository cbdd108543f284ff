/* SPDX-License-Identifier: MIT */
/*
 * The hardware's own access to memory.
 *
 * Commands are copied out once and judged in the copy: a guest that rewrites
 * a command while it executes gains nothing.  User memory may be gone, so the
 * kit's fault-safe copy fetches it; kit memory is accessed directly.
 */
#include "sim.h"

bool sim_dma_write(struct sim *sim, u64 phys, const void *from, size_t bytes)
{
	return !uik_phys_write(sim->machine, phys, from, bytes);
}

/* A word that software polls: everything done before it must be visible. */
bool sim_dma_write32(struct sim *sim, u64 phys, u32 value)
{
	u32 *host;

	if (!uik_phys_is_kit(sim->machine, phys, sizeof(value)))
		return sim_dma_write(sim, phys, &value, sizeof(value));
	host = uik_phys_to_host(sim->machine, phys);
	__atomic_store_n(host, value, __ATOMIC_RELEASE);
	return true;
}
