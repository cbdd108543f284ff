/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV's register numbers and geometry, shared by its table and model.
 */
#ifndef UIK_SIM_CMDQV_H
#define UIK_SIM_CMDQV_H

#include <linux/bits.h>
#include <uiommufd/registers.h>
#include "sim.h"
#include "sim/cmdqv.inc"

#define CMDQV_DIRECT0 0x10000u
#define CMDQV_DIRECT1 0x20000u
#define CMDQV_LOGICAL 0x30000u
#define CMDQV_VINTF_STRIDE 0x20000u
#define CMDQV_PAGE_BYTES 0x10000u
#define CMDQV_VINTF_SLOTS (CMDQV_VINTF_STRIDE / SLOT_BYTES)
#define CMDQV_PAGE_SLOTS (CMDQV_PAGE_BYTES / SLOT_BYTES)

#define CMDQV_EN UIOMMUFD_CMDQV_CONFIG_CMDQV_EN
#define CMDQV_CONS_DRAM_EN UIOMMUFD_CMDQV_CONFIG_CONS_DRAM_EN
#define VINTF_EN UIOMMUFD_CMDQV_VINTF_CONFIG_EN
#define VINTF_VMID UIOMMUFD_CMDQV_VINTF_CONFIG_VMID
#define VINTF_HYP_OWN UIOMMUFD_CMDQV_VINTF_CONFIG_HYP_OWN
#define VINTF_STATUS_ENABLED UIOMMUFD_CMDQV_VINTF_STATUS_ENABLED
#define VINTF_STATUS_ERROR BIT(1) /* of the field STATUS */
#define VINTF_STATUS_QUEUES UIOMMUFD_CMDQV_VINTF_STATUS_LVCMDQS
#define ALLOC_ALLOCATED UIOMMUFD_CMDQV_CMDQ_ALLOC_ALLOCATED
#define ALLOC_LVCMDQ UIOMMUFD_CMDQV_CMDQ_ALLOC_LVCMDQ
#define ALLOC_VINTF UIOMMUFD_CMDQV_CMDQ_ALLOC_VINTF
#define SID_MATCH_ENABLE UIOMMUFD_CMDQV_SID_MATCH_ENABLE
#define SID_MATCH_VSID UIOMMUFD_CMDQV_SID_MATCH_VIRT_SID
/* What counts of SID_REPLACE, which keeps the whole word. */
#define PHYS_SID_BITS GENMASK(19, 0)
#define QUEUE_EN UIOMMUFD_CMDQV_VCMDQ_CONFIG_EN
#define QUEUE_ERRORS \
	(UIOMMUFD_CMDQV_VCMDQ_GERROR_CMDQ_ERR | GERROR_CONS_DRAM | \
	 UIOMMUFD_CMDQV_VCMDQ_GERROR_CMDQ_INIT_ERR)
#define GERROR_CONS_DRAM UIOMMUFD_CMDQV_VCMDQ_GERROR_CONS_DRAM_WR_ABT_ERR

/* cmdqv_table.c: the rows for a geometry, in memory of the caller. */
void cmdqv_fill_table(struct sim *sim,
		      struct uiommufd_mmio_register rows[CMDQV_ROWS]);

/* cmdqv_hooks.c: what accesses do beyond storing. */
uint64_t cmdqv_status_read(void *device, uint32_t index, uint64_t value);
void cmdqv_config_written(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_mask_written(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_alloc_written(void *device, uint32_t index, uint64_t old, uint64_t value);
uint64_t cmdqv_vconfig_check(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_vconfig_written(void *device, uint32_t index, uint64_t old, uint64_t value);
uint64_t cmdqv_vstatus_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_cons_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_prod_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_qconfig_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_qstatus_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_gerror_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_gerrorn_read(void *device, uint32_t index, uint64_t value);
uint64_t cmdqv_cons_check(void *device, uint32_t index, uint64_t old, uint64_t value);
uint64_t cmdqv_base_check(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_prod_written(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_cons_written(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_qconfig_written(void *device, uint32_t index, uint64_t old, uint64_t value);
void cmdqv_gerrorn_written(void *device, uint32_t index, uint64_t old, uint64_t value);

/* cmdqv_door.c: a page of the window is being mapped. */
struct uik_mmio_page;
void cmdqv_page(void *device, struct uik_mmio_page *page);

/* PROD was stored in its cell.  Cell first, page second: see page.c. */
static inline void cmdqv_doorbell(struct sim_queue *queue, u32 *page, u32 prod)
{
	if (page)
		__atomic_store_n(&page[PAGE_PROD], prod, __ATOMIC_RELEASE);
	engine_trigger(queue->sim, queue);
}

/* cmdqv.c */
void cmdqv_map_update(struct sim *sim, u32 number);
void cmdqv_vintf_update(struct sim *sim, u32 v);
void cmdqv_mask_update(struct sim *sim);

#endif
