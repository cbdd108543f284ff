/* SPDX-License-Identifier: MIT */
/*
 * A platform's private body.
 *
 * platform.c builds the machine and its hardware; platform_boot.c makes it
 * visible to drivers and plugs devices.  The firmware description a driver
 * finds on the bus "platform":
 *
 *   "arm-smmu-v3"     memory 0: registers; interrupts "eventq", "gerror";
 *                     properties "dma-coherent" and, with a CMDQV,
 *                     "nvidia,cmdqv": the name of its platform device
 *   "tegra241-cmdqv"  memory 0: registers; interrupt 0
 *   "devN"            fwspec with the SMMU's firmware node and its StreamIDs;
 *                     properties "pasid-num-bits", "dma-can-stall"
 *
 * A mock has only the mock IOMMU's platform device; its "mockN" are on the
 * bus of the mock.
 *
 * lock protects the endpoints and the baseline of the audit.
 */
#ifndef UIK_SIM_PLATFORM_H
#define UIK_SIM_PLATFORM_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <uiommufd/platform.h>
#include "sim.h"

/* The SMMU's platform device, unless the configuration says otherwise. */
#define SMMU_NAME "arm-smmu-v3"

struct endpoint {
	struct endpoint *next;
	struct device *dev;		/* counted by being registered */
	unsigned int number;
};

struct uiommufd_platform {
	struct uik_machine *machine;	/* owned */
	struct uiommufd_platform_config config;
	char kind[16];
	char smmu_name[32];
	struct sim *sim;		/* owned; NULL: mock */
	struct platform_device *smmu;	/* or mock: registered, or NULL */
	struct platform_device *cmdqv;	/* registered, or NULL */
	struct fwnode_handle smmu_node;
	void (*shutdown)(struct uiommufd_platform *platform); /* NULL: none */
	struct mutex lock;
	struct endpoint *endpoints;	/* by rising number */
	u64 boot_blocks;
	u64 boot_bytes;
	u64 boot_serial;		/* of the boot's last allocation */
};

/* The machine and its hardware, no driver yet; NULL with errno. */
struct uiommufd_platform *
platform_build(const struct uiommufd_platform_config *config);
/* What exists now belongs to the boot, as far as the audit goes. */
void platform_set_baseline(struct uiommufd_platform *platform);

#endif
