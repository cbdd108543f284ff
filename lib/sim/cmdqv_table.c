/* SPDX-License-Identifier: MIT */
/*
 * The registers of the CMDQV block (spec/70 section 2).
 *
 * The table describes the largest geometry; a smaller one has fewer cells of
 * the same rows.  VCMDQ registers are declared once, in the direct pages; the
 * VINTF pages are one alias.
 */
#include <string.h>
#include "cmdqv.h"

#define ALL32 UIOMMUFD_MMIO_ALL32
#define ALL64 UIOMMUFD_MMIO_ALL64
#define HALVES UIOMMUFD_MMIO_HALVES
#define REG UIOMMUFD_MMIO_ROW
#define BASE_BITS (GENMASK_ULL(4, 0) | GENMASK_ULL(47, 5))
#define VINTF_CONFIG_BITS (VINTF_EN | VINTF_VMID | VINTF_HYP_OWN)
#define ALLOC_BITS (ALLOC_ALLOCATED | ALLOC_LVCMDQ | ALLOC_VINTF)
#define CONFIG_BITS GENMASK(20, 0)
#define CONS_BITS (GENMASK(30, 24) | QUEUE_INDEX_BITS)

static const struct uiommufd_mmio_field config_fields[] = {
	{ "CMDQV_EN", 0, 0 },	      { "PER_CMD_OFFSET", 1, 3 },
	{ "MAX_CLK_BATCH", 4, 11 },   { "MAX_CMD_BATCH", 12, 19 },
	{ "CONS_DRAM_EN", 20, 20 },   { 0 },
};
static const struct uiommufd_mmio_field param_fields[] = {
	{ "VER", 0, 3 }, { "LOG2_VCMDQS", 4, 7 }, { "LOG2_VINTFS", 8, 11 },
	{ "LOG2_SIDS", 12, 15 }, { 0 },
};
static const struct uiommufd_mmio_field status_fields[] = {
	{ "ENABLED", 0, 0 }, { 0 },
};
static const struct uiommufd_mmio_field alloc_fields[] = {
	{ "ALLOCATED", 0, 0 }, { "LVCMDQ", 1, 7 }, { "VINTF", 15, 20 }, { 0 },
};
static const struct uiommufd_mmio_field vconfig_fields[] = {
	{ "EN", 0, 0 }, { "VMID", 1, 16 }, { "HYP_OWN", 17, 17 }, { 0 },
};
static const struct uiommufd_mmio_field vstatus_fields[] = {
	{ "ENABLED", 0, 0 }, { "STATUS", 1, 3 }, { "LVCMDQS", 16, 23 }, { 0 },
};
static const struct uiommufd_mmio_field match_fields[] = {
	{ "ENABLE", 0, 0 }, { "VIRT_SID", 1, 20 }, { 0 },
};
static const struct uiommufd_mmio_field replace_fields[] = {
	{ "PHYS_SID", 0, 31 }, { 0 },
};
static const struct uiommufd_mmio_field cons_fields[] = {
	{ "INDEX", 0, 19 }, { "ERR", 24, 30 }, { 0 },
};
static const struct uiommufd_mmio_field prod_fields[] = {
	{ "INDEX", 0, 19 }, { 0 },
};
static const struct uiommufd_mmio_field qconfig_fields[] = {
	{ "EN", 0, 0 }, { 0 },
};
static const struct uiommufd_mmio_field gerror_fields[] = {
	{ "CMDQ_ERR", 0, 0 }, { "CONS_DRAM_WR_ABT_ERR", 1, 1 },
	{ "CMDQ_INIT_ERR", 2, 2 }, { 0 },
};
static const struct uiommufd_mmio_field base_fields[] = {
	{ "LOG2SIZE", 0, 4 }, { "ADDR", 5, 47 }, { 0 },
};

static const struct uiommufd_mmio_register rows_template[CMDQV_ROWS] = {
	[CMDQV_CONFIG] = REG("CONFIG", 0x0000, 4, 0, 0, ALL32 & ~CONFIG_BITS,
			     .fields = config_fields,
			     .written = cmdqv_config_written),
	[CMDQV_PARAM] = REG("PARAM", 0x0004, 4, ALL32, 0, 0,
			    .fields = param_fields),
	[CMDQV_STATUS] = REG("STATUS", 0x0008, 4, ALL32, 0, 0,
			     .fields = status_fields,
			     .read = cmdqv_status_read),
	[CMDQV_VINTF_ERR_MAP] = REG("VINTF_ERR_MAP", 0x0014, 4, ALL32, 0, 0,
				    .count = 2),
	[CMDQV_VINTF_INT_MASK] = REG("VINTF_INT_MASK", 0x001c, 4, 0, 0, 0,
				     .count = 2,
				     .written = cmdqv_mask_written),
	[CMDQV_CMDQ_ERR_MAP] = REG("CMDQ_ERR_MAP", 0x0024, 4, ALL32, 0, 0,
				   .count = 4),
	[CMDQV_CMDQ_ALLOC] = REG("CMDQ_ALLOC", 0x0200, 4, 0, 0,
				 ALL32 & ~ALLOC_BITS, .count = MAX_VCMDQS,
				 .fields = alloc_fields,
				 .written = cmdqv_alloc_written),
	[CMDQV_VINTF_CONFIG] = REG("VINTF_CONFIG", 0x1000, 4, 0, 0,
				   ALL32 & ~VINTF_CONFIG_BITS,
				   .count = MAX_VINTFS, .stride = 0x100,
				   .fields = vconfig_fields,
				   .check = cmdqv_vconfig_check,
				   .written = cmdqv_vconfig_written),
	[CMDQV_VINTF_STATUS] = REG("VINTF_STATUS", 0x1004, 4, ALL32, 0, 0,
				   .count = MAX_VINTFS, .stride = 0x100,
				   .fields = vstatus_fields,
				   .read = cmdqv_vstatus_read),
	[CMDQV_SID_MATCH] = REG("SID_MATCH", 0x1040, 4, 0, 0,
				ALL32 & ~(SID_MATCH_ENABLE | SID_MATCH_VSID),
				.count = MAX_SIDS, .outer_count = MAX_VINTFS,
				.outer_stride = 0x100, .fields = match_fields),
	[CMDQV_SID_REPLACE] = REG("SID_REPLACE", 0x1080, 4, 0, 0, 0,
				  .count = MAX_SIDS, .outer_count = MAX_VINTFS,
				  .outer_stride = 0x100,
				  .fields = replace_fields),
	[CMDQV_LVCMDQ_ERR_MAP] = REG("LVCMDQ_ERR_MAP_64", 0x10c0, 8, ALL64, 0,
				     0, .count = 2, .outer_count = MAX_VINTFS,
				     .outer_stride = 0x100, .flags = HALVES),
	[CMDQV_CONS] = REG("VCMDQ_CONS", CMDQV_DIRECT0 + 0x00, 4, 0, 0,
			   ALL32 & ~CONS_BITS, .count = MAX_VCMDQS,
			   .stride = SLOT_BYTES, .fields = cons_fields,
			   .read = cmdqv_cons_read, .check = cmdqv_cons_check,
			   .written = cmdqv_cons_written),
	[CMDQV_PROD] = REG("VCMDQ_PROD", CMDQV_DIRECT0 + 0x04, 4, 0, 0,
			   ALL32 & ~QUEUE_INDEX_BITS, .count = MAX_VCMDQS,
			   .stride = SLOT_BYTES, .fields = prod_fields,
			   .read = cmdqv_prod_read,
			   .written = cmdqv_prod_written),
	[CMDQV_QCONFIG] = REG("VCMDQ_CONFIG", CMDQV_DIRECT0 + 0x08, 4, 0, 0,
			      ALL32 & ~QUEUE_EN, .count = MAX_VCMDQS,
			      .stride = SLOT_BYTES, .fields = qconfig_fields,
			      .read = cmdqv_qconfig_read,
			      .written = cmdqv_qconfig_written),
	[CMDQV_QSTATUS] = REG("VCMDQ_STATUS", CMDQV_DIRECT0 + 0x0c, 4, ALL32,
			      0, 0, .count = MAX_VCMDQS, .stride = SLOT_BYTES,
			      .fields = status_fields,
			      .read = cmdqv_qstatus_read),
	[CMDQV_GERROR] = REG("VCMDQ_GERROR", CMDQV_DIRECT0 + 0x10, 4, ALL32, 0,
			     0, .count = MAX_VCMDQS, .stride = SLOT_BYTES,
			     .fields = gerror_fields,
			     .read = cmdqv_gerror_read),
	[CMDQV_GERRORN] = REG("VCMDQ_GERRORN", CMDQV_DIRECT0 + 0x14, 4, 0, 0,
			      ALL32 & ~QUEUE_ERRORS, .count = MAX_VCMDQS,
			      .stride = SLOT_BYTES, .fields = gerror_fields,
			      .read = cmdqv_gerrorn_read,
			      .written = cmdqv_gerrorn_written),
	[CMDQV_BASE] = REG("VCMDQ_BASE", CMDQV_DIRECT1 + 0x00, 8, 0, 0,
			   ALL64 & ~BASE_BITS, .count = MAX_VCMDQS,
			   .stride = SLOT_BYTES, .fields = base_fields,
			   .flags = HALVES, .check = cmdqv_base_check),
	[CMDQV_CONS_BASE] = REG("VCMDQ_CONS_INDX_BASE", CMDQV_DIRECT1 + 0x08,
				8, 0, 0, 0, .count = MAX_VCMDQS,
				.stride = SLOT_BYTES, .flags = HALVES,
				.check = cmdqv_base_check),
};

static bool is_per_queue(enum cmdqv_row row)
{
	return row == CMDQV_CMDQ_ALLOC || row >= CMDQV_CONS;
}

void cmdqv_fill_table(struct sim *sim,
		      struct uiommufd_mmio_register rows[CMDQV_ROWS])
{
	const struct uiommufd_vcmdq_config *config = &sim->config;

	memcpy(rows, rows_template, sizeof(rows_template));
	rows[CMDQV_CONFIG].reset = config->config_reset & CONFIG_BITS;
	rows[CMDQV_PARAM].reset = config->version | config->log2_vcmdqs << 4 |
				  config->log2_vintfs << 8 |
				  config->log2_sids << 12;
	for (int row = 0; row < CMDQV_ROWS; row++)
		if (is_per_queue(row))
			rows[row].count = sim->vcmdqs;
	rows[CMDQV_VINTF_CONFIG].count = sim->vintfs;
	rows[CMDQV_VINTF_STATUS].count = sim->vintfs;
	rows[CMDQV_SID_MATCH].count = sim->sids;
	rows[CMDQV_SID_MATCH].outer_count = sim->vintfs;
	rows[CMDQV_SID_REPLACE].count = sim->sids;
	rows[CMDQV_SID_REPLACE].outer_count = sim->vintfs;
	rows[CMDQV_LVCMDQ_ERR_MAP].outer_count = sim->vintfs;
}
