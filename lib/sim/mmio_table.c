/* SPDX-License-Identifier: MIT */
/*
 * Judging a register table before it is compiled.
 *
 * The row builder of the public header refuses at compile time what it can
 * see in one row; this file refuses the rest, so that the access paths need
 * no checks of their own.
 */
#include "mmio.h"

#include <linux/errno.h>

static u32 at_least_one(u32 count)
{
	return count ? count : 1;
}

u32 mmio_row_cells(const struct uiommufd_mmio_register *row)
{
	return at_least_one(row->count) * at_least_one(row->outer_count);
}

static u32 row_stride(const struct uiommufd_mmio_register *row)
{
	return row->stride ? row->stride : row->width;
}

u32 mmio_row_offset(const struct uiommufd_mmio_register *row, u32 index)
{
	u32 inner = at_least_one(row->count);

	return row->offset + index % inner * row_stride(row) +
	       index / inner * row->outer_stride;
}

static u64 width_mask(const struct uiommufd_mmio_register *row)
{
	return row->width == 8 ? UIOMMUFD_MMIO_ALL64 : UIOMMUFD_MMIO_ALL32;
}

static const char *check_fields(const struct uiommufd_mmio_register *row)
{
	const struct uiommufd_mmio_field *field = row->fields;
	u64 seen = 0;

	for (; field && field->name; field++) {
		u64 mask;

		if (field->first_bit > field->last_bit ||
		    field->last_bit >= row->width * 8)
			return "a field does not fit its register";
		mask = UIOMMUFD_MMIO_ALL64 >>
		       (63 - (field->last_bit - field->first_bit));
		mask <<= field->first_bit;
		if (mask & seen)
			return "two fields of a register overlap";
		seen |= mask;
	}
	return NULL;
}

static const char *check_masks(const struct uiommufd_mmio_register *row)
{
	u64 all = row->read_only | row->write_1_clear | row->reserved;

	if (all & ~width_mask(row))
		return "a mask is wider than its register";
	if ((row->read_only & row->write_1_clear) ||
	    (row->read_only & row->reserved) ||
	    (row->write_1_clear & row->reserved))
		return "two masks of a register overlap";
	if (row->reset & ~width_mask(row))
		return "a reset value is wider than its register";
	if (row->reset & row->reserved)
		return "a reset value has reserved bits";
	return NULL;
}

static const char *check_shape(const struct uiommufd_mmio_block *block,
			       const struct uiommufd_mmio_register *row)
{
	u64 last;

	if (!row->name || !*row->name)
		return "a register has no name";
	if (row->width != 4 && row->width != 8)
		return "a register is neither 4 nor 8 bytes wide";
	if (row->offset % row->width || row_stride(row) % row->width ||
	    row->outer_stride % row->width)
		return "a register is not aligned to its width";
	if (row_stride(row) < row->width)
		return "a stride is smaller than its register";
	if ((u64)at_least_one(row->count) * at_least_one(row->outer_count) >
	    MMIO_MAX_CELLS)
		return "too many cells";
	last = row->offset +
	       (u64)(at_least_one(row->count) - 1) * row_stride(row) +
	       (u64)(at_least_one(row->outer_count) - 1) * row->outer_stride;
	if (last + row->width > block->size)
		return "a register lies beyond the window";
	return NULL;
}

static bool in_alias(const struct uiommufd_mmio_block *block, u32 offset)
{
	for (u32 i = 0; i < block->alias_count; i++)
		if (offset >= block->aliases[i].start &&
		    offset - block->aliases[i].start < block->aliases[i].size)
			return true;
	return false;
}

static const char *check_aliases(const struct uiommufd_mmio_block *block)
{
	const u32 page = 1u << MMIO_PAGE_SHIFT;

	if (block->alias_count > 254)
		return "more than 254 aliases";
	for (u32 i = 0; i < block->alias_count; i++) {
		const struct uiommufd_mmio_alias *a = &block->aliases[i];

		if (!a->size || a->start % page || a->size % page)
			return "an alias is not made of whole 4 KiB pages";
		if (!a->slots && !a->translate)
			return "an alias leads nowhere at all";
		if (a->slots && (a->slot_bytes < 8 || a->slot_bytes > page ||
				 a->slot_bytes & (a->slot_bytes - 1)))
			return "an alias's slots have no power-of-two size";
		if (a->start >= block->size || a->size > block->size - a->start)
			return "an alias lies beyond the window";
		for (u32 j = 0; j < i; j++)
			if (a->start < block->aliases[j].start +
					       block->aliases[j].size &&
			    block->aliases[j].start < a->start + a->size)
				return "two aliases overlap";
	}
	return NULL;
}

static const char *check_row(const struct uiommufd_mmio_block *block,
			     const struct uiommufd_mmio_register *row,
			     u32 *end)
{
	const char *why = check_shape(block, row);

	if (!why)
		why = check_masks(row);
	if (!why)
		why = check_fields(row);
	if (why)
		return why;
	for (u32 i = 0; i < mmio_row_cells(row); i++) {
		u32 offset = mmio_row_offset(row, i);

		if (in_alias(block, offset))
			return "a register lies in an alias";
		if (offset + row->width > *end)
			*end = offset + row->width;
	}
	return NULL;
}

const char *mmio_table_check(const struct uiommufd_mmio_block *block,
			     u32 *out_cells, u32 *out_map_bytes)
{
	const u32 page = 1u << MMIO_PAGE_SHIFT;
	const char *why;
	u32 cells = 0;
	u32 end = 0;

	if (!block->size || block->size % page)
		return "the window is not made of whole 4 KiB pages";
	if (block->size > MMIO_MAX_BYTES)
		return "the window is larger than 256 MiB";
	if (block->register_count > 65535)
		return "more than 65,535 rows";
	why = check_aliases(block);
	for (u32 r = 0; !why && r < block->register_count; r++) {
		const struct uiommufd_mmio_register *row = &block->registers[r];

		why = check_row(block, row, &end);
		if (!why) {
			cells += mmio_row_cells(row);
			if (cells > MMIO_MAX_CELLS)
				why = "too many cells";
		}
	}
	if (why)
		return why;
	*out_cells = cells;
	/* Whole pages: which ones have a map is decided when they are mapped. */
	*out_map_bytes = (end + page - 1) & ~(page - 1);
	return NULL;
}
