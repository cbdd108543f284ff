/* SPDX-License-Identifier: MIT */
/*
 * The PCI face of an opened device: configuration space, BARs, interrupts.
 *
 * A register's behaviour is its byte's mask of writable bits: sizing a BAR
 * needs no more.
 */
#ifndef CLIENT_VFIO_PCI_H
#define CLIENT_VFIO_PCI_H

#include <linux/mm_types.h>

#include "client/vfio/vfio.h"

#define VFIO_OFFSET_SHIFT 40		/* region number in a file offset */
#define VFIO_CONFIG_SIZE 4096u
#define VFIO_BARS 6
#define VFIO_MSI_VECTORS 4u
#define VFIO_MSIX_VECTORS 16u
#define VFIO_MSIX_BAR 4
#define VFIO_MSIX_TABLE_BYTES (VFIO_MSIX_VECTORS * 16)
#define VFIO_MSIX_PBA 0x800u

/* Where things are in the configuration space. */
#define VFIO_AT_MSI 0x50
#define VFIO_AT_MSIX 0x70
#define VFIO_AT_EXTENDED 0x100

/* What it says it is: Red Hat's PCI test device, in no class. */
#define VFIO_VENDOR 0x1b36
#define VFIO_DEVICE_ID 0x0005
#define VFIO_SUBVENDOR 0x1af4
#define VFIO_SUBDEVICE 0x1100
#define VFIO_CLASS 0xff0000u
#define VFIO_REVISION 1

/* The one kind of interrupt that is enabled. */
enum vfio_irq_type {
	VFIO_IRQ_NONE = -1,
	VFIO_IRQ_INTX = VFIO_PCI_INTX_IRQ_INDEX,
	VFIO_IRQ_MSI = VFIO_PCI_MSI_IRQ_INDEX,
	VFIO_IRQ_MSIX = VFIO_PCI_MSIX_IRQ_INDEX,
};

struct vfio_irqs {
	enum vfio_irq_type type;
	unsigned int vectors;		/* that can get an eventfd */
	int triggers[VFIO_MSIX_VECTORS]; /* eventfds, owned; -1 */
	bool masked;			/* INTx */
	int unmask;			/* eventfd for INTx, owned; -1 */
	int error, request;		/* eventfds, owned; -1 */
};

struct vfio_bar {
	size_t size;			/* 0: there is none */
	void *pages;			/* owned */
};

struct vfio_pci {
	struct uik_machine *machine;
	u8 config[VFIO_CONFIG_SIZE];
	u8 writable[VFIO_CONFIG_SIZE];
	struct vfio_bar bars[VFIO_BARS];
	struct vfio_irqs irqs;
};

/* Powered up as after pci_enable_device(); NULL without memory. */
struct vfio_pci *vfio_pci_new(const struct vfio_device *device);
void vfio_pci_free(struct vfio_pci *pci);
/* A function level reset: memory is cleared, configuration restored. */
void vfio_pci_reset(struct vfio_pci *pci);

/* config.c: what sysfs shows, and files at first. */
void vfio_config_init(const struct vfio_device *device, u8 *config,
		      u8 *writable);
size_t vfio_bar_size(unsigned int bar);
/* Where the firmware has put it, and its low bits. */
u64 vfio_bar_address(const struct vfio_device *device, unsigned int bar);
u32 vfio_bar_flags(unsigned int bar);
bool vfio_memory_enabled(const struct vfio_pci *pci);

/* region.c: bytes, or -errno. */
ssize_t vfio_region_read(struct vfio_device *device, char __user *buf,
			 size_t count, loff_t *pos);
ssize_t vfio_region_write(struct vfio_device *device, const char __user *buf,
			  size_t count, loff_t *pos);
int vfio_region_mmap(struct vfio_device *device, struct vm_area_struct *vma);

/* irq.c */
void vfio_irqs_init(struct vfio_irqs *irqs);
void vfio_irqs_fini(struct vfio_irqs *irqs);

#endif
