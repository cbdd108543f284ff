// SPDX-License-Identifier: MIT
/*
 * IOMMU instances, and the descriptions by which devices name them.
 *
 * An instance is found by its firmware node.  One without a node of its own
 * gets one that is part of it.
 */
#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uik/machine.h>

#include "iommu/probe.h"
#include "iommu/state.h"

/* --- descriptions -------------------------------------------------------- */

int iommu_fwspec_init(struct device *dev, struct fwnode_handle *iommu_fwnode)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (fwspec)
		return fwspec->iommu_fwnode == iommu_fwnode ? 0 : -EINVAL;
	if (!dev_iommu_need(dev))
		return -ENOMEM;
	fwspec = kzalloc_flex(*fwspec, ids, 0);
	if (!fwspec) {
		dev_iommu_free(dev);
		return -ENOMEM;
	}
	fwspec->iommu_fwnode = iommu_fwnode;
	dev->iommu->fwspec = fwspec;
	return 0;
}

int iommu_fwspec_add_ids(struct device *dev, const u32 *ids, int num_ids)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	unsigned int count;

	if (!fwspec || num_ids < 0)
		return -EINVAL;
	count = fwspec->num_ids + num_ids;
	fwspec = krealloc(fwspec, sizeof(*fwspec) + count * sizeof(*ids),
			  GFP_KERNEL);
	if (!fwspec)
		return -ENOMEM;
	memcpy(fwspec->ids + fwspec->num_ids, ids, num_ids * sizeof(*ids));
	fwspec->num_ids = count;
	dev->iommu->fwspec = fwspec;
	return 0;
}

void iommu_fwspec_free(struct device *dev)
{
	struct dev_iommu *param = dev->iommu;

	if (!param || !param->fwspec)
		return;
	kfree(param->fwspec);
	param->fwspec = NULL;
	if (!param->iommu_dev)
		dev_iommu_free(dev);
}

/* --- instances ----------------------------------------------------------- */

static int probe_one(struct device *dev, void *data)
{
	struct iommu_device *iommu = data;
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (!fwspec || fwspec->iommu_fwnode != iommu->fwnode)
		return 0;
	return iommu_probe_device_locked(dev);
}

static int release_one(struct device *dev, void *data)
{
	if (dev->iommu && dev->iommu->iommu_dev == data)
		iommu_release_device_locked(dev);
	return 0;
}

static void unlink_instance(struct iommu_device *iommu,
			    const struct bus_type *bus)
{
	bus_for_each_dev(bus, NULL, iommu, release_one);
	list_del(&iommu->list);
	iommu_group_put(iommu->singleton_group);
	iommu->singleton_group = NULL;
}

static void name_instance(struct iommu_device *iommu, struct device *hwdev)
{
	if (!iommu->fwnode && hwdev)
		iommu->fwnode = dev_fwnode(hwdev);
	if (!iommu->fwnode) {
		iommu->own_fwnode.name = "iommu";
		iommu->fwnode = &iommu->own_fwnode;
	}
}

static int register_instance(struct iommu_device *iommu,
			     const struct iommu_ops *ops, struct device *hwdev,
			     const struct bus_type *bus)
{
	struct iommu_state *state = iommu_state_get(uik_this_machine());
	int ret;

	if (!state)
		return -ENOMEM;
	if (hwdev)
		iommu->dev = hwdev;
	iommu->ops = ops;
	name_instance(iommu, hwdev);
	mutex_lock(&state->probe_mutex);
	list_add_tail(&iommu->list, &state->instances);
	ret = bus_for_each_dev(bus, NULL, iommu, probe_one);
	if (ret)
		unlink_instance(iommu, bus);
	mutex_unlock(&state->probe_mutex);
	return ret;
}

static void unregister_instance(struct iommu_device *iommu,
				const struct bus_type *bus)
{
	struct iommu_state *state = iommu_state_get(uik_this_machine());

	if (WARN_ON(!state))
		return;
	mutex_lock(&state->probe_mutex);
	unlink_instance(iommu, bus);
	mutex_unlock(&state->probe_mutex);
}

int iommu_device_register(struct iommu_device *iommu,
			  const struct iommu_ops *ops, struct device *hwdev)
{
	return register_instance(iommu, ops, hwdev, &platform_bus_type);
}

void iommu_device_unregister(struct iommu_device *iommu)
{
	unregister_instance(iommu, &platform_bus_type);
}

int iommu_device_register_bus(struct iommu_device *iommu,
			      const struct iommu_ops *ops,
			      const struct bus_type *bus,
			      struct notifier_block *nb)
{
	return register_instance(iommu, ops, NULL, bus);
}

void iommu_device_unregister_bus(struct iommu_device *iommu,
				 const struct bus_type *bus,
				 struct notifier_block *nb)
{
	unregister_instance(iommu, bus);
}

int iommu_mock_device_add(struct device *dev, struct iommu_device *iommu)
{
	int ret = iommu_fwspec_init(dev, iommu->fwnode);

	if (ret)
		return ret;
	ret = device_add(dev);
	if (ret)
		iommu_fwspec_free(dev);
	return ret;
}
