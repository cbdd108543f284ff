/* SPDX-License-Identifier: MIT */
/*
 * The registers of the CMDQV block (spec/70 section 2).
 *
 * registers/cmdqv.ini describes them in the largest geometry; a smaller one has
 * fewer cells of the same rows.  VCMDQ registers are declared once, in the
 * direct pages; the VINTF pages are one alias.
 */
#include "cmdqv.h"

#include <string.h>

_Static_assert(MAX_VINTFS == CMDQV_MAX_VINTFS &&
	       MAX_VCMDQS == CMDQV_MAX_VCMDQS && MAX_SIDS == CMDQV_MAX_SIDS,
	       "the model has room for what is described");

/* What registers/cmdqv.ini says, and the hooks. */
static const struct uiommufd_mmio_register rows_template[CMDQV_ROWS] = {
	[CMDQV_CONFIG] = CMDQV_CONFIG_ROW(.written = cmdqv_config_written),
	[CMDQV_PARAM] = CMDQV_PARAM_ROW(),
	[CMDQV_STATUS] = CMDQV_STATUS_ROW(.read = cmdqv_status_read),
	[CMDQV_VINTF_ERR_MAP] = CMDQV_VINTF_ERR_MAP_ROW(),
	[CMDQV_VINTF_INT_MASK] = CMDQV_VINTF_INT_MASK_ROW(
		.written = cmdqv_mask_written),
	[CMDQV_CMDQ_ERR_MAP] = CMDQV_CMDQ_ERR_MAP_ROW(),
	[CMDQV_CMDQ_ALLOC] = CMDQV_CMDQ_ALLOC_ROW(
		.written = cmdqv_alloc_written),
	[CMDQV_VINTF_CONFIG] = CMDQV_VINTF_CONFIG_ROW(
		.check = cmdqv_vconfig_check, .written = cmdqv_vconfig_written),
	[CMDQV_VINTF_STATUS] = CMDQV_VINTF_STATUS_ROW(
		.read = cmdqv_vstatus_read),
	[CMDQV_SID_MATCH] = CMDQV_SID_MATCH_ROW(),
	[CMDQV_SID_REPLACE] = CMDQV_SID_REPLACE_ROW(),
	[CMDQV_LVCMDQ_ERR_MAP_64] = CMDQV_LVCMDQ_ERR_MAP_64_ROW(),
	[CMDQV_VCMDQ_CONS] = CMDQV_VCMDQ_CONS_ROW(.read = cmdqv_cons_read,
		.check = cmdqv_cons_check, .written = cmdqv_cons_written),
	[CMDQV_VCMDQ_PROD] = CMDQV_VCMDQ_PROD_ROW(.read = cmdqv_prod_read,
		.written = cmdqv_prod_written),
	[CMDQV_VCMDQ_CONFIG] = CMDQV_VCMDQ_CONFIG_ROW(
		.read = cmdqv_qconfig_read, .written = cmdqv_qconfig_written),
	[CMDQV_VCMDQ_STATUS] = CMDQV_VCMDQ_STATUS_ROW(
		.read = cmdqv_qstatus_read),
	[CMDQV_VCMDQ_GERROR] = CMDQV_VCMDQ_GERROR_ROW(
		.read = cmdqv_gerror_read),
	[CMDQV_VCMDQ_GERRORN] = CMDQV_VCMDQ_GERRORN_ROW(
		.read = cmdqv_gerrorn_read, .written = cmdqv_gerrorn_written),
	[CMDQV_VCMDQ_BASE] = CMDQV_VCMDQ_BASE_ROW(.check = cmdqv_base_check),
	[CMDQV_VCMDQ_CONS_INDX_BASE] = CMDQV_VCMDQ_CONS_INDX_BASE_ROW(
		.check = cmdqv_base_check),
};

static bool is_per_queue(enum cmdqv_row row)
{
	return row == CMDQV_CMDQ_ALLOC || row >= CMDQV_VCMDQ_CONS;
}

void cmdqv_fill_table(struct sim *sim,
		      struct uiommufd_mmio_register rows[CMDQV_ROWS])
{
	const struct uiommufd_vcmdq_config *config = &sim->config;

	memcpy(rows, rows_template, sizeof(rows_template));
	rows[CMDQV_CONFIG].reset = config->config_reset &
				   ~rows[CMDQV_CONFIG].reserved;
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
	rows[CMDQV_LVCMDQ_ERR_MAP_64].outer_count = sim->vintfs;
}
