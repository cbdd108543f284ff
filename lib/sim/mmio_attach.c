/* SPDX-License-Identifier: MIT */
/*
 * Register blocks in a machine's physical address space.
 */
#include <errno.h>
#include <linux/slab.h>
#include <uik/mmio.h>
#include "mmio.h"
#include "sim.h"

static uint64_t bus_read(void *priv, uint64_t offset, unsigned int width)
{
	return uiommufd_mmio_read(priv, offset, width);
}

static void bus_write(void *priv, uint64_t offset, unsigned int width,
		      uint64_t value)
{
	uiommufd_mmio_write(priv, offset, width, value);
}

static const struct uik_mmio_ops bus_ops = {
	.read = bus_read,
	.write = bus_write,
};

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
	rc = phys ? uik_mmio_register(machine, phys, size, &bus_ops, mmio) :
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
