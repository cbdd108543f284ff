// SPDX-License-Identifier: MIT
/*
 * Devices meet the instance that serves them.
 *
 * The kit calls when a device has been added to its bus and before it is
 * removed.  dev->iommu exists from the first description of the device
 * (iommu_fwspec_init()) or from probing on; dev->iommu_group only while the
 * device is served, and is the last thing set.
 */
#include "iommu/probe.h"

#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/minmax.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "iommu/group.h"
#include "iommu/state.h"
#include "kit/driver_op.h"

struct dev_iommu *dev_iommu_need(struct device *dev)
{
	struct dev_iommu *param = dev->iommu;

	if (param)
		return param;
	param = kzalloc_obj(*param);
	if (!param)
		return NULL;
	spin_lock_init(&param->lock);
	dev->iommu = param;
	return param;
}

void dev_iommu_free(struct device *dev)
{
	struct dev_iommu *param = dev->iommu;

	if (!param)
		return;
	dev->iommu = NULL;
	kfree(param->fwspec);
	kfree(param);
}

/* The device's data back to what its description alone has made. */
static void forget_instance(struct device *dev)
{
	struct dev_iommu *param = dev->iommu;

	param->iommu_dev = NULL;
	param->priv = NULL;
	param->max_pasids = 0;
	param->require_direct = 0;
	if (!param->fwspec)
		dev_iommu_free(dev);
}

/* A property of width n says 2^n PASIDs; without one there are none. */
static u32 device_pasids(struct device *dev, u32 limit)
{
	u32 bits;

	if (device_property_read_u32(dev, "pasid-num-bits", &bits))
		return 0;
	return min_t(u64, limit, 1ull << min_t(u32, bits, 32));
}

static const struct iommu_ops *ops_of(struct device *dev)
{
	struct iommu_state *state = iommu_state_get(dev->machine);
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct iommu_device *iommu;

	if (!fwspec || !state)
		return NULL;
	list_for_each_entry(iommu, &state->instances, list)
		if (iommu->fwnode == fwspec->iommu_fwnode)
			return iommu->ops;
	return NULL;
}

static int join_group(struct device *dev, const struct iommu_ops *ops)
{
	struct iommu_group *group = driver_call(ops, device_group, dev);
	int ret;

	if (WARN_ON(!group))
		return -EINVAL;
	if (IS_ERR(group))
		return PTR_ERR(group);
	ret = iommu_group_add(group, dev);
	if (ret)
		iommu_group_put(group);
	else
		dev->iommu_group = group;
	return ret;
}

static int probe(struct device *dev, const struct iommu_ops *ops)
{
	struct iommu_device *iommu = driver_call(ops, probe_device, dev);
	int ret;

	if (IS_ERR(iommu))
		return PTR_ERR(iommu) == -ENODEV ? 0 : PTR_ERR(iommu);
	dev->iommu->iommu_dev = iommu;
	dev->iommu->max_pasids = device_pasids(dev, iommu->max_pasids);
	ret = join_group(dev, ops);
	if (ret) {
		if (ops->release_device)
			driver_tell(ops, release_device, dev);
		forget_instance(dev);
	} else if (ops->probe_finalize) {
		driver_tell(ops, probe_finalize, dev);
	}
	return ret;
}

int iommu_probe_device_locked(struct device *dev)
{
	const struct iommu_ops *ops;

	if (dev->iommu_group)
		return 0;
	ops = ops_of(dev);
	return ops ? probe(dev, ops) : 0;
}

void iommu_release_device_locked(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;
	/* A driver takes its devices off the fault queue. */
	if (WARN_ON(dev->iommu->fault_param))
		iopf_queue_remove_device(dev->iommu->fault_param->queue, dev);
	iommu_group_remove(group, dev);
	dev->iommu_group = NULL;
	forget_instance(dev);
	iommu_group_put(group);
}

/* --- the kit's events ---------------------------------------------------- */

static int device_added(struct device *dev)
{
	struct iommu_state *state;
	int ret;

	/* Nobody has said that an IOMMU might serve it. */
	if (!dev->iommu)
		return 0;
	state = iommu_state_get(dev->machine);
	if (!state)
		return -ENOMEM;
	mutex_lock(&state->probe_mutex);
	ret = iommu_probe_device_locked(dev);
	mutex_unlock(&state->probe_mutex);
	return ret;
}

static void device_removing(struct device *dev)
{
	struct iommu_state *state;

	if (!dev->iommu)
		return;
	state = iommu_state_get(dev->machine);
	if (dev->iommu_group && !WARN_ON(!state)) {
		mutex_lock(&state->probe_mutex);
		iommu_release_device_locked(dev);
		mutex_unlock(&state->probe_mutex);
	}
	dev_iommu_free(dev);
}

static const struct uik_device_events device_events = {
	.added = device_added,
	.removing = device_removing,
};

static __attribute__((constructor)) void listen(void)
{
	uik_device_events_set(&device_events);
}
