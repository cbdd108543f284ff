// SPDX-License-Identifier: MIT
/*
 * The devices of a platform, as VFIO knows them.
 *
 * A device gets the lowest free number when it is first seen and keeps it.
 * One that was unplugged leaves the list; its open files keep what is left.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/property.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uik/machine.h>
#include <uiommufd/platform.h>

#include "client/vfio/vfio.h"

/* Far from where a real machine has its devices. */
#define FIRST_DOMAIN 0xd000u
/* Requester IDs of devices that have no StreamID: as dev0's. */
#define FIRST_REQUESTER 0x100u

static void device_free(struct vfio_device *device)
{
	ida_destroy(&device->pasids);
	g_free(device);
}

void vfio_device_put(struct vfio_device *device)
{
	if (device && g_atomic_ref_count_dec(&device->refs))
		device_free(device);
}

static void unlist(gpointer data)
{
	vfio_device_put(data);
}

static void host_free(void *value)
{
	struct vfio_host *host = value;

	g_ptr_array_unref(host->devices);
	g_ptr_array_unref(host->groups);
	mutex_destroy(&host->lock);
	g_free(host);
}

static struct vfio_host *host_new(void)
{
	struct vfio_host *host = g_new0(struct vfio_host, 1);

	mutex_init(&host->lock);
	host->devices = g_ptr_array_new_with_free_func(unlist);
	host->groups = g_ptr_array_new();
	return host;
}

struct vfio_host *vfio_host(void)
{
	struct uik_machine *machine = uik_this_machine();
	struct vfio_host *host = uik_slot_get(machine, UIK_SLOT_VFIO);
	struct vfio_host *fresh;

	if (host)
		return host;
	fresh = host_new();
	host = uik_slot_set(machine, UIK_SLOT_VFIO, fresh, host_free);
	if (host != fresh)
		host_free(fresh);
	return host;
}

static struct vfio_device *find_number(const struct vfio_host *host,
				       unsigned int number)
{
	for (guint i = 0; i < host->devices->len; i++) {
		struct vfio_device *device = host->devices->pdata[i];

		if (device->number == number)
			return device;
	}
	return NULL;
}

struct vfio_device *vfio_device_get(struct vfio_host *host, unsigned int number)
{
	struct vfio_device *device;

	mutex_lock(&host->lock);
	device = find_number(host, number);
	if (device)
		g_atomic_ref_count_inc(&device->refs);
	mutex_unlock(&host->lock);
	return device;
}

/* --- what the machine tells about a device --------------------------------*/

static struct vfio_address address_of(struct uiommufd_platform *platform,
				      const char *name)
{
	int64_t sid = uiommufd_platform_stream_id(platform, name, 0);
	u32 requester = sid >= 0 ? (u32)sid :
		FIRST_REQUESTER + (u32)strtoul(name + strcspn(name, "0123456789"),
					       NULL, 10);

	return (struct vfio_address){
		.domain = FIRST_DOMAIN + (requester >> 16),
		.bus = requester >> 8,
		.devfn = requester,
	};
}

void vfio_address_print(const struct vfio_address *address, char out[16])
{
	snprintf(out, 16, "%04x:%02x:%02x.%x", address->domain, address->bus,
		 address->devfn >> 3, address->devfn & 7u);
}

static unsigned int group_of(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	unsigned int id = iommu_group_id(group);

	iommu_group_put(group);
	return id;
}

static unsigned int pasid_bits_of(const struct device *dev)
{
	unsigned int width = dev->iommu->max_pasids, bits = 0;

	while (width > 1u << bits)
		bits++;
	return bits;
}

static const char *iommu_of(const struct device *dev)
{
	const struct fwnode_handle *node = dev->iommu->iommu_dev->fwnode;

	return node->name ? node->name : "iommu";
}

static struct vfio_device *device_new(struct vfio_host *host,
				      struct uiommufd_platform *platform,
				      struct device *dev)
{
	struct vfio_device *device = g_new0(struct vfio_device, 1);

	g_atomic_ref_count_init(&device->refs);
	device->host = host;
	g_strlcpy(device->name, dev_name(dev), sizeof(device->name));
	device->sequence = dev->sequence_;
	device->group_id = group_of(dev);
	device->address = address_of(platform, device->name);
	device->pasid_bits = pasid_bits_of(dev);
	g_strlcpy(device->iommu, iommu_of(dev), sizeof(device->iommu));
	device->ats = device_iommu_capable(dev, IOMMU_CAP_PCI_ATS_SUPPORTED);
	ida_init(&device->pasids);
	while (find_number(host, device->number))
		device->number++;
	return device;
}

static struct vfio_device *find_dev(const struct vfio_host *host,
				    const struct device *dev)
{
	for (guint i = 0; i < host->devices->len; i++) {
		struct vfio_device *device = host->devices->pdata[i];

		if (device->sequence == dev->sequence_ &&
		    !strcmp(device->name, dev_name(dev)))
			return device;
	}
	return NULL;
}

static bool is_there(const struct vfio_device *device)
{
	struct device *dev = uik_device_find(uik_this_machine(), device->name);
	bool same = dev && dev->sequence_ == device->sequence;

	put_device(dev);
	return same;
}

static void drop_gone(struct vfio_host *host)
{
	for (guint i = host->devices->len; i--;)
		if (!is_there(host->devices->pdata[i]))
			g_ptr_array_remove_index(host->devices, i);
}

void vfio_host_sync(struct vfio_host *host, struct uiommufd_platform *platform)
{
	char name[VFIO_NAME_MAX];

	mutex_lock(&host->lock);
	drop_gone(host);
	for (unsigned int i = 0; uiommufd_platform_device_name(
		     platform, i, name, sizeof(name)) >= 0; i++) {
		struct device *dev = uik_device_find(uik_this_machine(), name);

		if (dev && dev->iommu && dev->iommu_group &&
		    !find_dev(host, dev))
			g_ptr_array_add(host->devices,
					device_new(host, platform, dev));
		put_device(dev);
	}
	mutex_unlock(&host->lock);
}
