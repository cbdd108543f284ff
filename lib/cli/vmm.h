/* SPDX-License-Identifier: MIT */
/*
 * A small virtual machine monitor on the public client API: gives a guest RAM,
 * devices, a nested vIOMMU and direct command queues, handles what the guest
 * may not do itself, and takes everything down again.
 *
 * A step that the kernel refuses prints what was refused and why; functions
 * return whether they got through.
 */
#ifndef CLI_VMM_H
#define CLI_VMM_H

#include <glib.h>
#include <stdint.h>
#include <uiommufd/uiommufd.h>

#include "stream.h"

#define VMM_MAX_DEVICES 64
#define VMM_MAX_QUEUES 128
#define VMM_RAM_IOVA 0x40000000ull

struct vmm_device {
	char name[16];
	uint32_t id;
	uint32_t vdevice_id;
	uint32_t hwpt_id;		/* nested, attached */
	uint32_t virt_id;		/* StreamID as the guest knows it */
};

struct vmm_ebusy {
	const char *step;
	gboolean refused;		/* with EBUSY, as it should */
};

struct vmm {
	struct uiommufd_platform *platform;	/* borrowed */
	int fd;
	uint32_t ioas_id;
	uint32_t parent_id;
	uint32_t viommu_id;
	uint32_t veventq_id;
	int veventq_fd;
	guint device_count;
	struct vmm_device devices[VMM_MAX_DEVICES];
	guint queue_count;
	uint32_t queue_ids[VMM_MAX_QUEUES];
	guint log2_entries;
	uint8_t *ram;
	size_t ram_bytes;
	volatile uint32_t *page;	/* VINTF page 0 */
	uint64_t page_offset;
	uint64_t page_bytes;
	uint8_t hw_version;
	uint8_t hw_log2_queues;
	uint8_t hw_log2_sids;
	struct vmm_ebusy ebusy[3];
	/* What trapped commands turned into. */
	uint64_t forwarded;		/* through IOMMU_HWPT_INVALIDATE */
	uint64_t reattached;		/* nested HWPT replaced for CFGI_STE */
	uint64_t absorbed;		/* no hardware behind it */
};

/* @sids: virtual StreamIDs for the devices, in order; may be shorter. */
gboolean vmm_build(struct vmm *vmm, struct uiommufd_platform *platform,
		   guint queues, guint log2_entries, const GArray *sids);

/* A command that a guest queue may not execute. */
gboolean vmm_trap(struct vmm *vmm, const struct command *command);

/* Waits for one vEVENT at most @timeout_ms; its two error maps. */
gboolean vmm_event(struct vmm *vmm, int timeout_ms, uint64_t map[2]);

/* Three steps that must be refused with EBUSY, then the legal order. */
gboolean vmm_try_illegal_teardown(struct vmm *vmm);
gboolean vmm_teardown(struct vmm *vmm);

/* Instead, after a step that failed: everything goes, as if the monitor died. */
void vmm_abandon(struct vmm *vmm);

#endif
