// SPDX-License-Identifier: MIT
/*
 * What a device is, its resets and its features.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <string.h>

#include "client/vfio/group.h"
#include "client/vfio/pci.h"

#define min_size(a, b) ((a) < (b) ? (a) : (b))

long vfio_get_info(struct vfio_device *device, void __user *arg)
{
	struct vfio_device_info info = { 0 };
	int ret = vfio_fetch(&info, arg,
			     offsetofend(struct vfio_device_info, num_irqs));
	size_t argsz;

	if (ret)
		return ret;
	argsz = info.argsz;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, min_size(argsz, sizeof(info))) ?
		       -EFAULT : 0;
}

long vfio_reset(struct vfio_device *device)
{
	vfio_pci_reset(device->pci);
	return 0;
}

/* --- hot reset: of everything on the same bus -----------------------------*/

static bool same_bus(const struct vfio_device *a, const struct vfio_device *b)
{
	return a->address.domain == b->address.domain &&
	       a->address.bus == b->address.bus;
}

/* Whether the context has another device of the same group. */
static bool group_is_bound(const struct vfio_host *host,
			   const struct vfio_device *device,
			   const struct iommufd_ctx *ictx)
{
	for (guint i = 0; i < host->devices->len; i++) {
		const struct vfio_device *other = host->devices->pdata[i];

		if (other->group_id == device->group_id &&
		    other->ictx == ictx)
			return true;
	}
	return false;
}

/* What stands for @device in the eyes of a file's context. */
static u32 devid_for(const struct vfio_host *host,
		     const struct vfio_device *device,
		     const struct iommufd_ctx *ictx)
{
	if (device->ictx == ictx)
		return device->devid;
	if (group_is_bound(host, device, ictx))
		return VFIO_PCI_DEVID_OWNED;
	return VFIO_PCI_DEVID_NOT_OWNED;
}

static struct vfio_pci_dependent_device
describe(const struct vfio_host *host, const struct vfio_file *file,
	 const struct vfio_device *device)
{
	return (struct vfio_pci_dependent_device){
		.group_id = file->group ? device->group_id :
			devid_for(host, device, file->device->ictx),
		.segment = device->address.domain,
		.bus = device->address.bus,
		.devfn = device->address.devfn,
	};
}

/* All devices of the bus: their number; whether the context owns them. */
static u32 count_bus(const struct vfio_host *host,
		     const struct vfio_file *file, bool *out_owned)
{
	u32 count = 0;

	*out_owned = true;
	for (guint i = 0; i < host->devices->len; i++) {
		const struct vfio_device *device = host->devices->pdata[i];

		if (!same_bus(device, file->device))
			continue;
		count++;
		if (devid_for(host, device, file->device->ictx) ==
		    (u32)VFIO_PCI_DEVID_NOT_OWNED)
			*out_owned = false;
	}
	return count;
}

static int put_bus(const struct vfio_host *host, const struct vfio_file *file,
		   struct vfio_pci_dependent_device __user *out)
{
	for (guint i = 0; i < host->devices->len; i++) {
		const struct vfio_device *device = host->devices->pdata[i];
		struct vfio_pci_dependent_device one;

		if (!same_bus(device, file->device))
			continue;
		one = describe(host, file, device);
		if (copy_to_user(out++, &one, sizeof(one)))
			return -EFAULT;
	}
	return 0;
}

long vfio_get_hot_reset_info(struct vfio_file *file, void __user *arg)
{
	struct vfio_host *host = file->device->host;
	struct vfio_pci_hot_reset_info info;
	int ret = vfio_fetch(&info, arg, sizeof(info));
	bool owned;
	u32 room;

	if (ret)
		return ret;
	room = (info.argsz - sizeof(info)) /
	       sizeof(struct vfio_pci_dependent_device);
	info.count = count_bus(host, file, &owned);
	info.flags = 0;
	if (!file->group)
		info.flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
			     (owned ? VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED : 0);
	if (copy_to_user(arg, &info, sizeof(info)))
		return -EFAULT;
	if (room < info.count)
		return -ENOSPC;
	return put_bus(host, file, (void __user *)((char __user *)arg +
						   sizeof(info)));
}

#define GROUPS_MAX 16

/* Files that a client named; those that are none of ours are NULL. */
struct named {
	u32 count;
	struct file *files[GROUPS_MAX];
};

static int named_get(struct named *named, const s32 __user *list, u32 count)
{
	s32 fds[GROUPS_MAX];

	named->count = 0;
	if (count > GROUPS_MAX)
		return -EINVAL;
	if (copy_from_user(fds, list, count * sizeof(*fds)))
		return -EFAULT;
	for (; named->count < count; named->count++)
		named->files[named->count] = fget(fds[named->count]);
	return 0;
}

static void named_put(struct named *named)
{
	for (u32 i = 0; i < named->count; i++)
		if (named->files[i])
			fput(named->files[i]);
}

static const struct vfio_group *named_group(const struct named *named, u32 i)
{
	return named->files[i] ? vfio_group_of_file(named->files[i]) : NULL;
}

static bool is_named(const struct named *named, const struct vfio_device *device)
{
	for (u32 i = 0; i < named->count; i++) {
		const struct vfio_group *group = named_group(named, i);

		if (group->host == device->host &&
		    group->group_id == device->group_id)
			return true;
	}
	return false;
}

/* A reset of the bus needs that its caller has all that is on it. */
static int may_hot_reset(struct vfio_file *file, const struct named *named)
{
	const struct vfio_host *host = file->device->host;
	bool owned;
	u32 devices = count_bus(host, file, &owned);

	if (!file->group)
		return !named->count && owned ? 0 : -EINVAL;
	if (!named->count || named->count > devices)
		return -EINVAL;
	for (u32 i = 0; i < named->count; i++)
		if (!named_group(named, i))
			return -EINVAL;
	for (guint i = 0; i < host->devices->len; i++)
		if (same_bus(host->devices->pdata[i], file->device) &&
		    !is_named(named, host->devices->pdata[i]))
			return -EINVAL;
	return 0;
}

static int hot_reset_locked(struct vfio_file *file, const struct named *named)
{
	const struct vfio_host *host = file->device->host;
	int ret = may_hot_reset(file, named);

	for (guint i = 0; !ret && i < host->devices->len; i++) {
		struct vfio_device *device = host->devices->pdata[i];

		if (device->pci && same_bus(device, file->device))
			vfio_pci_reset(device->pci);
	}
	return ret;
}

long vfio_hot_reset(struct vfio_file *file, void __user *arg)
{
	struct vfio_host *host = file->device->host;
	struct vfio_pci_hot_reset reset;
	int ret = vfio_fetch(&reset, arg, sizeof(reset));
	struct named named;

	if (!ret && reset.flags)
		ret = -EINVAL;
	if (!ret)
		ret = named_get(&named, arg + sizeof(reset), reset.count);
	if (ret)
		return ret;
	mutex_lock(&host->lock);
	ret = hot_reset_locked(file, &named);
	mutex_unlock(&host->lock);
	named_put(&named);
	return ret;
}

/* --- VFIO_DEVICE_FEATURE --------------------------------------------------*/

long vfio_feature(struct vfio_device *device, void __user *arg)
{
	struct vfio_device_feature feature;
	const u32 ops = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	int ret = vfio_fetch(&feature, arg,
			     offsetofend(struct vfio_device_feature, flags));

	if (ret)
		return ret;
	if (feature.flags & ~(VFIO_DEVICE_FEATURE_MASK | ops |
			      VFIO_DEVICE_FEATURE_PROBE))
		return -EINVAL;
	if (!(feature.flags & VFIO_DEVICE_FEATURE_PROBE) &&
	    (feature.flags & ops) == ops)
		return -EINVAL;
	switch (feature.flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_PCI_VF_TOKEN:
		return -ENOENT;	/* neither a VF nor a PF with VFs */
	default:
		return -ENOTTY;	/* no migration, no low power, no logging */
	}
}
