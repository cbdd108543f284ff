// SPDX-License-Identifier: MIT
/*
 * Regions: what a device has, and reading, writing and mapping it.
 *
 * What is not as on hardware: a mapping of a BAR stays readable while the
 * guest has switched memory off or resets the device.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <string.h>
#include <uik/file.h>

#include "client/vfio/pci.h"

static unsigned int region_of(u64 offset)
{
	return offset >> VFIO_OFFSET_SHIFT;
}

static u64 offset_in_region(u64 offset)
{
	return offset & ((1ull << VFIO_OFFSET_SHIFT) - 1);
}

static bool is_bar(unsigned int region)
{
	return region <= VFIO_PCI_BAR5_REGION_INDEX;
}

struct vfio_pci *vfio_pci_new(const struct vfio_device *device)
{
	struct vfio_pci *pci = kzalloc_obj(*pci);

	if (!pci)
		return NULL;
	pci->machine = uik_this_machine();
	vfio_config_init(device, pci->config, pci->writable);
	vfio_irqs_init(&pci->irqs);
	for (unsigned int i = 0; i < VFIO_BARS; i++) {
		struct vfio_bar *bar = &pci->bars[i];

		bar->size = vfio_bar_size(i);
		if (!bar->size)
			continue;
		bar->pages = uik_mappable_alloc(pci->machine, bar->size);
		if (!bar->pages) {
			vfio_pci_free(pci);
			return NULL;
		}
	}
	return pci;
}

void vfio_pci_free(struct vfio_pci *pci)
{
	if (!pci)
		return;
	vfio_irqs_fini(&pci->irqs);
	for (unsigned int i = 0; i < VFIO_BARS; i++)
		if (pci->bars[i].pages)
			uik_mappable_free(pci->machine, pci->bars[i].pages,
					  pci->bars[i].size);
	kfree(pci);
}

void vfio_pci_reset(struct vfio_pci *pci)
{
	for (unsigned int i = 0; i < VFIO_BARS; i++)
		if (pci->bars[i].size)
			memset(pci->bars[i].pages, 0, pci->bars[i].size);
}

/* --- GET_REGION_INFO ------------------------------------------------------*/

static int fill_region(struct vfio_region_info *info)
{
	info->flags = 0;
	info->size = 0;
	info->offset = (u64)info->index << VFIO_OFFSET_SHIFT;
	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = VFIO_CONFIG_SIZE;
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
	} else if (is_bar(info->index)) {
		info->size = vfio_bar_size(info->index);
		if (info->size)
			info->flags = VFIO_REGION_INFO_FLAG_READ |
				      VFIO_REGION_INFO_FLAG_WRITE |
				      VFIO_REGION_INFO_FLAG_MMAP;
	} else if (info->index != VFIO_PCI_ROM_REGION_INDEX) {
		return -EINVAL;		/* no VGA, nothing of our own */
	}
	return 0;
}

/* Says that the table of MSI-X may be mapped with the rest. */
static int add_msix_mappable(struct vfio_region_info *info, void __user *arg)
{
	const struct vfio_info_cap_header header = {
		.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
		.version = 1,
	};
	u32 argsz = info->argsz;

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	info->argsz = sizeof(*info) + sizeof(header);
	info->cap_offset = 0;
	if (argsz < info->argsz)
		return 0;
	info->argsz = argsz;
	info->cap_offset = sizeof(*info);
	return copy_to_user((char __user *)arg + sizeof(*info), &header,
			    sizeof(header)) ? -EFAULT : 0;
}

long vfio_get_region_info(struct vfio_device *device, void __user *arg)
{
	struct vfio_region_info info;
	int ret = vfio_fetch(&info, arg, sizeof(info));

	if (ret)
		return ret;
	ret = fill_region(&info);
	if (!ret && info.index == VFIO_MSIX_BAR)
		ret = add_msix_mappable(&info, arg);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* --- reading and writing --------------------------------------------------*/

/* Kept on the stack while a byte range is copied. */
#define CHUNK 256u

static ssize_t read_config(struct vfio_pci *pci, char __user *buf, size_t count,
			   u64 at)
{
	if (at >= VFIO_CONFIG_SIZE || count > VFIO_CONFIG_SIZE - at)
		return -EFAULT;
	return copy_to_user(buf, pci->config + at, count) ? -EFAULT : count;
}

static ssize_t write_config(struct vfio_pci *pci, const char __user *buf,
			    size_t count, u64 at)
{
	u8 bytes[CHUNK];
	size_t done = 0;

	if (at >= VFIO_CONFIG_SIZE || count > VFIO_CONFIG_SIZE - at)
		return -EFAULT;
	while (done < count) {
		size_t size = min(count - done, sizeof(bytes));

		if (copy_from_user(bytes, buf + done, size))
			return done ? (ssize_t)done : -EFAULT;
		for (size_t i = 0; i < size; i++) {
			u8 *byte = &pci->config[at + done + i];
			u8 mask = pci->writable[at + done + i];

			*byte = (*byte & ~mask) | (bytes[i] & mask);
		}
		done += size;
	}
	return done;
}

/* The bytes of a BAR that belong to VFIO: [0, this). */
static size_t hidden_bytes(unsigned int region)
{
	return region == VFIO_MSIX_BAR ? VFIO_MSIX_TABLE_BYTES : 0;
}

/* 0 and the count cut to the BAR's end; -errno. */
static int check_bar(const struct vfio_pci *pci, unsigned int region, u64 at,
		     size_t *count)
{
	const struct vfio_bar *bar = &pci->bars[region];

	if (at >= bar->size)
		return -EINVAL;
	*count = min(*count, bar->size - at);
	return vfio_memory_enabled(pci) ? 0 : -EIO;
}

static ssize_t read_bar(struct vfio_pci *pci, unsigned int region,
			char __user *buf, size_t count, u64 at)
{
	size_t hidden = hidden_bytes(region), masked;
	u8 ones[VFIO_MSIX_TABLE_BYTES];
	int ret = check_bar(pci, region, at, &count);

	if (ret)
		return ret;
	masked = at < hidden ? min(count, hidden - at) : 0;
	memset(ones, 0xff, masked);
	if (copy_to_user(buf, ones, masked) ||
	    copy_to_user(buf + masked, pci->bars[region].pages + at + masked,
			 count - masked))
		return -EFAULT;
	return count;
}

static ssize_t write_bar(struct vfio_pci *pci, unsigned int region,
			 const char __user *buf, size_t count, u64 at)
{
	size_t hidden = hidden_bytes(region), masked;
	int ret = check_bar(pci, region, at, &count);

	if (ret)
		return ret;
	masked = at < hidden ? min(count, hidden - at) : 0;
	if (copy_from_user(pci->bars[region].pages + at + masked, buf + masked,
			   count - masked))
		return -EFAULT;
	return count;
}

ssize_t vfio_region_read(struct vfio_device *device, char __user *buf,
			 size_t count, loff_t *pos)
{
	unsigned int region = region_of(*pos);
	u64 at = offset_in_region(*pos);
	ssize_t ret = -EINVAL;

	if (region >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	if (!count)
		return 0;
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		ret = read_config(device->pci, buf, count, at);
	else if (is_bar(region))
		ret = read_bar(device->pci, region, buf, count, at);
	if (ret > 0)
		*pos += ret;
	return ret;
}

ssize_t vfio_region_write(struct vfio_device *device, const char __user *buf,
			  size_t count, loff_t *pos)
{
	unsigned int region = region_of(*pos);
	u64 at = offset_in_region(*pos);
	ssize_t ret = -EINVAL;

	if (region >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	if (!count)
		return 0;
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		ret = write_config(device->pci, buf, count, at);
	else if (is_bar(region))
		ret = write_bar(device->pci, region, buf, count, at);
	if (ret > 0)
		*pos += ret;
	return ret;
}

int vfio_region_mmap(struct vfio_device *device, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	size_t length = vma->vm_end - vma->vm_start;
	unsigned int region = region_of(offset);
	u64 at = offset_in_region(offset);
	struct vfio_bar *bar;

	if (!(vma->vm_flags & VM_SHARED) || !is_bar(region))
		return -EINVAL;
	bar = &device->pci->bars[region];
	if (!bar->size || at > bar->size || length > bar->size - at)
		return -EINVAL;
	return io_remap_pfn_range(vma, vma->vm_start,
				  PHYS_PFN(virt_to_phys(bar->pages + at)),
				  length, vma->vm_page_prot);
}
