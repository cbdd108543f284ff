/* SPDX-License-Identifier: MIT */
/*
 * Registers in words: dumps with decoded fields, names of offsets.
 *
 * Works on stored values; no hook runs and nothing is counted.
 */
#include "mmio.h"

static void cell_name(const struct uiommufd_mmio_register *row, u32 index,
		      char *buffer, size_t size)
{
	u32 inner = row->count > 1 ? row->count : 1;
	u32 outer = row->outer_count > 1 ? row->outer_count : 1;

	if (inner == 1 && outer == 1)
		snprintf(buffer, size, "%s", row->name);
	else if (inner == 1 || outer == 1)
		snprintf(buffer, size, "%s[%u]", row->name, index);
	else
		snprintf(buffer, size, "%s[%u][%u]", row->name, index / inner,
			 index % inner);
}

static void print_fields(const struct uiommufd_mmio_field *field, u64 value,
			 FILE *out)
{
	for (; field && field->name; field++) {
		unsigned int bits = field->last_bit - field->first_bit + 1;
		u64 part = value >> field->first_bit;

		if (bits < 64)
			part &= (UINT64_C(1) << bits) - 1;
		fprintf(out, part < 10 ? " %s=%llu" : " %s=0x%llx",
			field->name, (unsigned long long)part);
	}
}

static void print_cell(const struct uiommufd_mmio_register *row,
		       const struct mmio_cell *cell, FILE *out)
{
	u64 value = mmio_load(&cell->value);
	char name[64];

	cell_name(row, cell->index, name, sizeof(name));
	fprintf(out, "0x%06x %-24s = 0x%0*llx", mmio_cell_offset(cell), name,
		row->width * 2, (unsigned long long)value);
	print_fields(row->fields, value, out);
	fputc('\n', out);
}

void uiommufd_mmio_dump(struct uiommufd_mmio *mmio, FILE *out,
			unsigned int flags)
{
	const struct uiommufd_mmio_block *block = mmio->block;

	fprintf(out, "%s\n", block->name);
	for (u32 r = 0; r < block->register_count; r++) {
		const struct uiommufd_mmio_register *row = &block->registers[r];

		for (u32 i = 0; i < mmio_row_cells(row); i++) {
			const struct mmio_cell *cell =
				mmio_cell_of(mmio, r, i);

			if ((flags & UIOMMUFD_MMIO_DUMP_ALL) ||
			    mmio_load(&cell->value) != row->reset)
				print_cell(row, cell, out);
		}
	}
}

unsigned int uiommufd_mmio_decode(struct uiommufd_mmio *mmio, uint32_t offset,
				  char *buffer, size_t size)
{
	const struct uiommufd_mmio_register *row;
	const struct mmio_cell *cell;
	u8 alias;

	if (size)
		buffer[0] = '\0';
	if (offset >= mmio->block->size)
		return 0;
	alias = mmio->pages[offset >> MMIO_PAGE_SHIFT];
	if (alias)
		offset = mmio_follow(mmio, alias, offset);
	if (offset >= mmio->map_bytes || !mmio->map[offset / 4])
		return 0;
	cell = &mmio->cells[mmio->map[offset / 4]];
	row = &mmio->block->registers[cell->row->number];
	cell_name(row, cell->index, buffer, size);
	return row->width;
}
