/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV's register numbers and geometry, shared by its table and model.
 */
#ifndef UIK_SIM_CMDQV_H
#define UIK_SIM_CMDQV_H

#include <linux/bits.h>
#include "sim.h"

#define CMDQV_DIRECT0 0x10000u
#define CMDQV_DIRECT1 0x20000u
#define CMDQV_LOGICAL 0x30000u
#define CMDQV_VINTF_STRIDE 0x20000u
#define CMDQV_PAGE_BYTES 0x10000u
#define CMDQV_VINTF_SLOTS (CMDQV_VINTF_STRIDE / SLOT_BYTES)
#define CMDQV_PAGE_SLOTS (CMDQV_PAGE_BYTES / SLOT_BYTES)

#define CMDQV_EN BIT(0)
#define CMDQV_CONS_DRAM_EN BIT(20)
#define VINTF_EN BIT(0)
#define VINTF_VMID GENMASK(16, 1)
#define VINTF_HYP_OWN BIT(17)
#define VINTF_STATUS_ENABLED BIT(0)
#define VINTF_STATUS_ERROR BIT(1)
#define VINTF_STATUS_QUEUES GENMASK(23, 16)
#define ALLOC_ALLOCATED BIT(0)
#define ALLOC_LVCMDQ GENMASK(7, 1)
#define ALLOC_VINTF GENMASK(20, 15)
#define SID_MATCH_ENABLE BIT(0)
#define SID_MATCH_VSID GENMASK(20, 1)
#define QUEUE_EN BIT(0)
#define QUEUE_ERRORS GENMASK(2, 0)
#define GERROR_CONS_DRAM BIT(1)

enum cmdqv_row {
	CMDQV_CONFIG,
	CMDQV_PARAM,
	CMDQV_STATUS,
	CMDQV_VINTF_ERR_MAP,
	CMDQV_VINTF_INT_MASK,
	CMDQV_CMDQ_ERR_MAP,
	CMDQV_CMDQ_ALLOC,
	CMDQV_VINTF_CONFIG,
	CMDQV_VINTF_STATUS,
	CMDQV_SID_MATCH,
	CMDQV_SID_REPLACE,
	CMDQV_LVCMDQ_ERR_MAP,
	CMDQV_CONS,
	CMDQV_PROD,
	CMDQV_QCONFIG,
	CMDQV_QSTATUS,
	CMDQV_GERROR,
	CMDQV_GERRORN,
	CMDQV_BASE,
	CMDQV_CONS_BASE,
	CMDQV_ROWS
};

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
