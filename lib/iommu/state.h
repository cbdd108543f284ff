/* SPDX-License-Identifier: MIT */
/*
 * What the IOMMU core keeps for a machine.
 *
 * Made at first use, freed with the machine.  probe_mutex serialises devices
 * and instances coming and going.
 */
#ifndef IOMMU_STATE_H
#define IOMMU_STATE_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>

struct iommu_device;
struct iommufd_mock_ops;
struct uik_machine;

struct iommu_state {
	struct mutex probe_mutex;
	struct list_head instances;	/* iommu_device.list; probe_mutex */
	struct ida group_ids;
	/* The mock's hook table; both or none; probe_mutex. */
	struct iommu_device *mock;
	const struct iommufd_mock_ops *mock_ops;
};

/* The machine's state; NULL without memory. */
struct iommu_state *iommu_state_get(struct uik_machine *machine);

#endif
