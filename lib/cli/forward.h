/* SPDX-License-Identifier: MIT */
/*
 * What the library's own driver makes of trapped commands: the laboratory asks
 * it through IOMMU_HWPT_INVALIDATE on a machine of its own, whose main queue
 * is observed.
 */
#ifndef CLI_FORWARD_H
#define CLI_FORWARD_H

#include <uiommufd/lab.h>

#include "vmm.h"

struct forward {
	struct uiommufd_platform *platform;	/* owned */
	struct vmm vmm;
	struct uiommufd_lab_driver driver;
	struct uiommufd_lab_footprint *footprint; /* of the call that runs */
};

/* @sids: virtual StreamIDs that devices have, up to 16. */
gboolean forward_open(struct forward *forward, const GArray *sids);
/* Takes everything down again; FALSE if something was left. */
gboolean forward_close(struct forward *forward);

#endif
