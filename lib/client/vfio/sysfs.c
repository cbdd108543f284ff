// SPDX-License-Identifier: MIT
/*
 * The paths of devices.
 */
#include "client/vfio/sysfs.h"

#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "client/vfio/pci.h"
#include "client/vfs_populate.h"

#define PATH 160

/* A device's names while its paths are made. */
struct face {
	struct vfs_entry *root;
	const struct vfio_device *device;
	char address[16], dir[PATH];
};

static char *path_in(const struct face *face, const char *name)
{
	return g_strconcat(face->dir, "/", name, NULL);
}

static void put_text(const struct face *face, const char *name,
		     const char *format, ...) G_GNUC_PRINTF(3, 4);

static void put_text(const struct face *face, const char *name,
		     const char *format, ...)
{
	g_autofree char *text = NULL, *path = path_in(face, name);
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	vfs_tree_text(face->root, path, "%s", text);
}

static void put_link(const struct face *face, const char *name,
		     const char *format, ...) G_GNUC_PRINTF(3, 4);

static void put_link(const struct face *face, const char *name,
		     const char *format, ...)
{
	g_autofree char *target = NULL, *path = path_in(face, name);
	va_list args;

	va_start(args, format);
	target = g_strdup_vprintf(format, args);
	va_end(args);
	vfs_tree_link(face->root, path, target);
}

/* Start, end and kind of each BAR, of the ROM and of what bridges have. */
static void put_resource(const struct face *face)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *path = path_in(face, "resource");
	const u64 memory = 0x40200, wide = 0x100000, prefetch = 0x2000;

	for (unsigned int bar = 0; bar < 13; bar++) {
		size_t size = vfio_bar_size(bar);
		u64 start = 0, flags = 0;

		if (size) {
			u32 low = vfio_bar_flags(bar);

			start = vfio_bar_address(face->device, bar);
			flags = memory | low;
			if (low & PCI_BASE_ADDRESS_MEM_TYPE_64)
				flags |= wide;
			if (low & PCI_BASE_ADDRESS_MEM_PREFETCH)
				flags |= prefetch;
		}
		g_string_append_printf(text, "0x%016llx 0x%016llx 0x%016llx\n",
				       start, size ? start + size - 1 : 0,
				       flags);
	}
	vfs_tree_file(face->root, path, 0444, text->str, text->len);
}

static void put_config(const struct face *face)
{
	u8 config[VFIO_CONFIG_SIZE], writable[VFIO_CONFIG_SIZE];
	g_autofree char *path = path_in(face, "config");

	vfio_config_init(face->device, config, writable);
	vfs_tree_file(face->root, path, 0644, config, sizeof(config));
}

static void put_attributes(const struct face *face)
{
	put_text(face, "vendor", "0x%04x", VFIO_VENDOR);
	put_text(face, "device", "0x%04x", VFIO_DEVICE_ID);
	put_text(face, "subsystem_vendor", "0x%04x", VFIO_SUBVENDOR);
	put_text(face, "subsystem_device", "0x%04x", VFIO_SUBDEVICE);
	put_text(face, "class", "0x%06x", VFIO_CLASS);
	put_text(face, "revision", "0x%02x", VFIO_REVISION);
	put_text(face, "irq", "0");
	put_text(face, "enable", "1");
	put_text(face, "numa_node", "-1");
	put_text(face, "driver_override", "vfio-pci");
	put_text(face, "reset_method", "flr");
	put_text(face, "modalias",
		 "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", VFIO_VENDOR,
		 VFIO_DEVICE_ID, VFIO_SUBVENDOR, VFIO_SUBDEVICE,
		 VFIO_CLASS >> 16, VFIO_CLASS >> 8 & 0xff, VFIO_CLASS & 0xff);
	put_text(face, "uevent",
		 "DRIVER=vfio-pci\nPCI_CLASS=%X\nPCI_ID=%04X:%04X\n"
		 "PCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s", VFIO_CLASS,
		 VFIO_VENDOR, VFIO_DEVICE_ID, VFIO_SUBVENDOR, VFIO_SUBDEVICE,
		 face->address);
	put_resource(face);
	put_config(face);
}

static void put_vfio(const struct face *face)
{
	unsigned int n = face->device->number;
	char name[64];

	snprintf(name, sizeof(name), "vfio-dev/vfio%u/dev", n);
	put_text(face, name, "%u:%u", VFS_VFIO_MAJOR, n);
	snprintf(name, sizeof(name), "vfio-dev/vfio%u/uevent", n);
	put_text(face, name, "MAJOR=%u\nMINOR=%u\nDEVNAME=vfio/devices/vfio%u",
		 VFS_VFIO_MAJOR, n, n);
	snprintf(name, sizeof(name), "vfio-dev/vfio%u/device", n);
	put_link(face, name, "../../../%s", face->address);
	snprintf(name, sizeof(name), "vfio-dev/vfio%u/subsystem", n);
	put_link(face, name, "../../../../../class/vfio-dev");
}

static void put_links(const struct face *face)
{
	put_link(face, "driver", "../../../bus/pci/drivers/vfio-pci");
	put_link(face, "subsystem", "../../../bus/pci");
	put_link(face, "iommu_group", "../../../kernel/iommu_groups/%u",
		 face->device->group_id);
	put_link(face, "iommu", "../../virtual/iommu/%s", face->device->iommu);
}

/* Links to the device from elsewhere; PREFIX leads from there to /sys. */
static void put_links_to(const struct face *face)
{
	static const struct {
		const char *dir, *prefix;
	} rows[] = {
		{ "/sys/bus/pci/devices", "../../.." },
		{ "/sys/bus/pci/drivers/vfio-pci", "../../../.." },
	};
	char path[PATH], target[2 * PATH];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		snprintf(path, sizeof(path), "%s/%s", rows[i].dir,
			 face->address);
		snprintf(target, sizeof(target), "%s%s", rows[i].prefix,
			 face->dir + strlen("/sys"));
		vfs_tree_link(face->root, path, target);
	}
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/devices/%s",
		 face->device->group_id, face->address);
	snprintf(target, sizeof(target), "../../../..%s",
		 face->dir + strlen("/sys"));
	vfs_tree_link(face->root, path, target);
}

static void put_vfio_links(const struct face *face)
{
	unsigned int n = face->device->number;
	char path[PATH], target[2 * PATH];

	snprintf(target, sizeof(target), "../..%s/vfio-dev/vfio%u",
		 face->dir + strlen("/sys"), n);
	snprintf(path, sizeof(path), "/sys/class/vfio-dev/vfio%u", n);
	vfs_tree_link(face->root, path, target);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", VFS_VFIO_MAJOR, n);
	vfs_tree_link(face->root, path, target);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", n);
	vfs_tree_device(face->root, path, 0600, makedev(VFS_VFIO_MAJOR, n));
	snprintf(path, sizeof(path), "/dev/char/%u:%u", VFS_VFIO_MAJOR, n);
	snprintf(target, sizeof(target), "../vfio/devices/vfio%u", n);
	vfs_tree_link(face->root, path, target);
}

/* Several devices may be in one: made with the first. */
static void put_group(struct vfs_entry *root, unsigned int id)
{
	char path[PATH];
	struct vfs_entry *entry;

	snprintf(path, sizeof(path), "/dev/vfio/%u", id);
	if (!vfs_tree_walk(root, path, false, &entry))
		return;
	vfs_tree_device(root, path, 0600, makedev(VFS_GROUP_MAJOR, id));
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u", id);
	vfs_tree_dir(root, path);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/type", id);
	vfs_tree_text(root, path, "DMA-FQ");
}

/* The IOMMU and its list of devices. */
static void put_iommu(const struct face *face)
{
	const char *iommu = face->device->iommu;
	char path[PATH], target[2 * PATH];
	struct vfs_entry *entry;

	snprintf(path, sizeof(path), "/sys/devices/virtual/iommu/%s", iommu);
	vfs_tree_dir(face->root, path);
	snprintf(path, sizeof(path), "/sys/class/iommu/%s", iommu);
	snprintf(target, sizeof(target), "../../devices/virtual/iommu/%s",
		 iommu);
	if (vfs_tree_walk(face->root, path, false, &entry))
		vfs_tree_link(face->root, path, target);
	snprintf(path, sizeof(path), "/sys/devices/virtual/iommu/%s/devices/%s",
		 iommu, face->address);
	snprintf(target, sizeof(target), "../../../../..%s",
		 face->dir + strlen("/sys"));
	vfs_tree_link(face->root, path, target);
}

static void put_device(struct vfs_entry *root, const struct vfio_device *device)
{
	struct face face = { .root = root, .device = device };

	vfio_address_print(&device->address, face.address);
	snprintf(face.dir, sizeof(face.dir), "/sys/devices/pci%04x:%02x/%s",
		 device->address.domain, device->address.bus, face.address);
	vfs_tree_dir(root, face.dir);
	put_attributes(&face);
	put_vfio(&face);
	put_links(&face);
	put_links_to(&face);
	put_vfio_links(&face);
	put_group(root, device->group_id);
	put_iommu(&face);
}

/* Directories that clients list: with what the system has in them. */
static const char *const listed[] = {
	"/dev/vfio/devices",
	"/sys/bus/pci/devices",
	"/sys/bus/pci/drivers/vfio-pci",
	"/sys/class/iommu",
	"/sys/class/vfio-dev",
	"/sys/kernel/iommu_groups",
};

void vfio_sysfs_populate(struct vfs_entry *root, struct vfio_host *host)
{
	mutex_lock(&host->lock);
	for (size_t i = 0; host->devices->len && i < G_N_ELEMENTS(listed); i++)
		vfs_tree_dir(root, listed[i]);
	for (guint i = 0; i < host->devices->len; i++)
		put_device(root, host->devices->pdata[i]);
	mutex_unlock(&host->lock);
}
