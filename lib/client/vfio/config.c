// SPDX-License-Identifier: MIT
/*
 * The configuration space: layout and first values, by PCI Express Base
 * Specification.
 *
 *	00	header, type 0, interrupt pin A
 *	40	power management
 *	50	MSI, 4 vectors, 64-bit
 *	70	MSI-X, 16 vectors, table and PBA in BAR 4
 *	80	PCI Express endpoint with function level reset
 *	100	PASID if the device has PASIDs; ATS if it has that
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "client/vfio/pci.h"

#define AT_PM 0x40
#define AT_EXP 0x80
#define EXTENDED_STEP 0x10

struct bar_row {
	size_t size;
	u32 flags;
	u64 base;
};

/* A 64-bit one takes two places. */
static const struct bar_row bar_rows[VFIO_BARS] = {
	[0] = { 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64, 0x1000000000 },
	[2] = { 0x10000, PCI_BASE_ADDRESS_MEM_TYPE_64 |
			 PCI_BASE_ADDRESS_MEM_PREFETCH, 0x1800000000 },
	[VFIO_MSIX_BAR] = { 0x1000, PCI_BASE_ADDRESS_MEM_TYPE_32, 0xc0000000 },
};

size_t vfio_bar_size(unsigned int bar)
{
	return bar < VFIO_BARS ? bar_rows[bar].size : 0;
}

u32 vfio_bar_flags(unsigned int bar)
{
	return bar_rows[bar].flags;
}

u64 vfio_bar_address(const struct vfio_device *device, unsigned int bar)
{
	return bar_rows[bar].base + device->number * bar_rows[bar].size;
}

/* What is being laid out. */
struct space {
	u8 *config, *writable;
};

static void put(struct space *space, unsigned int at, unsigned int bytes,
		u32 value, u32 writable)
{
	for (unsigned int i = 0; i < bytes; i++) {
		space->config[at + i] = value >> (8 * i);
		space->writable[at + i] = writable >> (8 * i);
	}
}

static void put_header(struct space *space)
{
	put(space, PCI_VENDOR_ID, 2, VFIO_VENDOR, 0);
	put(space, PCI_DEVICE_ID, 2, VFIO_DEVICE_ID, 0);
	put(space, PCI_COMMAND, 2, PCI_COMMAND_MEMORY,
	    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
		    PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	put(space, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	put(space, PCI_CLASS_REVISION, 4, VFIO_CLASS << 8 | VFIO_REVISION, 0);
	put(space, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	put(space, PCI_SUBSYSTEM_VENDOR_ID, 2, VFIO_SUBVENDOR, 0);
	put(space, PCI_SUBSYSTEM_ID, 2, VFIO_SUBDEVICE, 0);
	put(space, PCI_CAPABILITY_LIST, 1, AT_PM, 0);
	put(space, PCI_INTERRUPT_LINE, 1, 0xff, 0xff);
	put(space, PCI_INTERRUPT_PIN, 1, 1, 0);
}

/* The size is in the bits that cannot be written. */
static void put_bar(struct space *space, const struct vfio_device *device,
		    unsigned int bar)
{
	const struct bar_row *row = &bar_rows[bar];
	u64 address = vfio_bar_address(device, bar);
	u64 mask = ~((u64)row->size - 1);
	unsigned int at = PCI_BASE_ADDRESS_0 + 4 * bar;

	put(space, at, 4, (u32)address | row->flags, mask);
	if (row->flags & PCI_BASE_ADDRESS_MEM_TYPE_64)
		put(space, at + 4, 4, address >> 32, mask >> 32);
}

static void put_capabilities(struct space *space)
{
	put(space, AT_PM, 2, PCI_CAP_ID_PM | VFIO_AT_MSI << 8, 0);
	put(space, AT_PM + PCI_PM_PMC, 2, 3, 0);
	put(space, AT_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET,
	    PCI_PM_CTRL_STATE_MASK);
	put(space, VFIO_AT_MSI, 2, PCI_CAP_ID_MSI | VFIO_AT_MSIX << 8, 0);
	put(space, VFIO_AT_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | 2 << 1,
	    PCI_MSI_FLAGS_QSIZE);
	put(space, VFIO_AT_MSI + PCI_MSI_ADDRESS_LO, 4, 0, ~3u);
	put(space, VFIO_AT_MSI + PCI_MSI_ADDRESS_HI, 4, 0, ~0u);
	put(space, VFIO_AT_MSI + PCI_MSI_DATA_64, 2, 0, 0xffff);
	put(space, VFIO_AT_MSIX, 2, PCI_CAP_ID_MSIX | AT_EXP << 8, 0);
	put(space, VFIO_AT_MSIX + PCI_MSIX_FLAGS, 2, VFIO_MSIX_VECTORS - 1,
	    PCI_MSIX_FLAGS_MASKALL);
	put(space, VFIO_AT_MSIX + PCI_MSIX_TABLE, 4, VFIO_MSIX_BAR, 0);
	put(space, VFIO_AT_MSIX + PCI_MSIX_PBA, 4,
	    VFIO_MSIX_PBA | VFIO_MSIX_BAR, 0);
	put(space, AT_EXP, 2, PCI_CAP_ID_EXP, 0);
	put(space, AT_EXP + PCI_EXP_FLAGS, 2, PCI_EXP_TYPE_ENDPOINT << 4 | 2,
	    0);
	put(space, AT_EXP + PCI_EXP_DEVCAP, 4,
	    PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR, 0);
	put(space, AT_EXP + PCI_EXP_DEVCTL, 2, 0x2810, 0x78ef);
	put(space, AT_EXP + PCI_EXP_LNKCAP, 4, 0x11, 0);
	put(space, AT_EXP + PCI_EXP_LNKSTA, 2, 0x11, 0);
}

static void put_extended(struct space *space, unsigned int *at,
			 unsigned int id, u32 value, bool last)
{
	u32 next = last ? 0 : *at + EXTENDED_STEP;

	put(space, *at, 4, id | 1u << 16 | next << 20, 0);
	put(space, *at + 4, 4, value, 0);
	*at += EXTENDED_STEP;
}

void vfio_config_init(const struct vfio_device *device, u8 *config,
		      u8 *writable)
{
	struct space space = { config, writable };
	unsigned int at = VFIO_AT_EXTENDED;

	memset(config, 0, VFIO_CONFIG_SIZE);
	memset(writable, 0, VFIO_CONFIG_SIZE);
	put_header(&space);
	for (unsigned int bar = 0; bar < VFIO_BARS; bar++)
		if (bar_rows[bar].size)
			put_bar(&space, device, bar);
	put_capabilities(&space);
	if (device->pasid_bits)
		put_extended(&space, &at, PCI_EXT_CAP_ID_PASID,
			     device->pasid_bits << 8, !device->ats);
	if (device->ats)
		put_extended(&space, &at, PCI_EXT_CAP_ID_ATS, 0, true);
}

bool vfio_memory_enabled(const struct vfio_pci *pci)
{
	return pci->config[PCI_COMMAND] & PCI_COMMAND_MEMORY;
}
