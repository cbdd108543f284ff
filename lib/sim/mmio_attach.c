/* SPDX-License-Identifier: MIT */
/*
 * Register blocks in a machine's physical address space.
 */
#include <errno.h>
#include <linux/errno.h>
#include <uik/mmio.h>
#include "mmio.h"
#include "sim.h"

u64 mmio_attach(struct uiommufd_mmio *mmio, struct uik_machine *machine,
		u64 phys)
{
	u32 size = mmio->block->size;
	int rc;

	if (mmio->machine) {
		errno = EINVAL;
		return 0;
	}
	if (!phys)
		phys = uik_mmio_find_space(machine, size);
	rc = phys ? uik_mmio_register(machine, phys, size, &mmio_bus_ops, mmio) :
		    -ENOMEM;
	if (rc) {
		errno = rc == -EBUSY ? EEXIST : -rc;
		return 0;
	}
	mmio->machine = machine;
	mmio->phys = phys;
	return phys;
}

void mmio_detach(struct uiommufd_mmio *mmio)
{
	if (mmio->machine)
		uik_mmio_unregister(mmio->machine, mmio->phys);
	mmio->machine = NULL;
}

uint64_t uiommufd_mmio_attach(struct uiommufd_mmio *mmio,
			      struct uiommufd_platform *platform,
			      uint64_t phys)
{
	struct uik_machine *machine = uiommufd_platform_machine(platform);
	struct uik_machine *previous = uik_enter(machine);

	phys = mmio_attach(mmio, machine, phys);
	uik_leave(previous);
	return phys;
}
