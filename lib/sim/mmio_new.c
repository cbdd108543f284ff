/* SPDX-License-Identifier: MIT */
/*
 * Register tables: making one, and unmaking it.
 *
 * mmio_table.c has judged the table; what is left to find is two registers in
 * the same place.
 */
#include "mmio.h"

#include <linux/errno.h>
#include <linux/slab.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void compile_row(struct mmio_row *to,
			const struct uiommufd_mmio_register *from, u32 number)
{
	u64 all = from->width == 8 ? UIOMMUFD_MMIO_ALL64 : UIOMMUFD_MMIO_ALL32;

	to->read_only = from->read_only;
	to->write_1_clear = from->write_1_clear;
	to->reserved = from->reserved;
	to->plain = all &
		    ~(from->read_only | from->write_1_clear | from->reserved);
	to->check = from->check;
	to->written = from->written;
	to->simple = to->plain && !from->check &&
		     !(from->read_only | from->write_1_clear);
	to->width = from->width;
	to->flags = from->flags;
	to->number = number;
}

/* Notes in the map which register has which words; false if two want one. */
static bool claim_words(const struct uiommufd_mmio_register *row, u16 *map,
			u32 id)
{
	for (u32 i = 0; i < mmio_row_cells(row); i++, id++) {
		u32 word = mmio_row_offset(row, i) / 4;

		for (u32 end = word + row->width / 4; word < end; word++) {
			if (map[word])
				return false;
			map[word] = id;
		}
	}
	return true;
}

/* Gives numbers in the order of offsets to what was claimed row by row. */
static void number_cells(u16 *map, u32 map_bytes, u16 *numbers)
{
	u32 cell = 0;
	u16 last = 0;

	for (u32 word = 0; word < map_bytes / 4; word++) {
		if (!map[word])
			continue;
		if (map[word] != last)
			numbers[map[word]] = ++cell;
		last = map[word];
		map[word] = cell;
	}
}

static void fill_cells(struct uiommufd_mmio *mmio, u32 r)
{
	const struct uiommufd_mmio_register *row = &mmio->block->registers[r];

	for (u32 i = 0; i < mmio_row_cells(row); i++)
		*mmio_cell_of(mmio, r, i) = (struct mmio_cell){
			.value = row->reset,
			.read = row->read,
			.row = &mmio->rows[r],
			.key = mmio_key(mmio_row_offset(row, i), row->width),
			.index = i,
		};
}

static bool compile_table(struct uiommufd_mmio *mmio, u16 *map)
{
	const struct uiommufd_mmio_block *block = mmio->block;
	u32 id = 1;

	/* No access has this key: its width is none. */
	mmio->cells[0].key = mmio_key(0, MMIO_KEY_WATCHED);
	for (u32 r = 0; r < block->register_count; r++) {
		compile_row(&mmio->rows[r], &block->registers[r], r);
		mmio->first[r] = id;
		if (!claim_words(&block->registers[r], map, id))
			return false;
		id += mmio_row_cells(&block->registers[r]);
	}
	number_cells(map, mmio->map_bytes, mmio->numbers);
	for (u32 r = 0; r < block->register_count; r++)
		fill_cells(mmio, r);
	return true;
}

static void compile_aliases(struct uiommufd_mmio *mmio,
			    struct mmio_alias *aliases, u8 *pages)
{
	const struct uiommufd_mmio_alias *from = mmio->block->aliases;

	for (u32 i = 0; i < mmio->block->alias_count; i++, from++) {
		aliases[i] = (struct mmio_alias){
			.mmio = mmio,
			.slots = from->slots,
			.start = from->start,
			.shift = from->slots ?
					 __builtin_ctz(from->slot_bytes) : 0,
			.mask = from->slots ? from->slot_bytes - 1 : 0,
			.translate = from->translate,
		};
		memset(&pages[from->start >> MMIO_PAGE_SHIFT], i + 1,
		       from->size >> MMIO_PAGE_SHIFT);
	}
}

static void mmio_release(struct uiommufd_mmio *mmio)
{
	kvfree(mmio->cells);
	kvfree(mmio->map);
	kvfree(mmio->pages);
	kvfree(mmio->aliases);
	kvfree(mmio->rows);
	kvfree(mmio->first);
	kvfree(mmio->numbers);
	kfree(mmio);
}

void uiommufd_mmio_free(struct uiommufd_mmio *mmio)
{
	if (!mmio)
		return;
	free(uiommufd_mmio_expect_end(mmio));
	mmio_detach(mmio);
	mmio_release(mmio);
}

static struct uiommufd_mmio *
mmio_alloc(const struct uiommufd_mmio_block *block, u32 cells, u32 map_bytes)
{
	struct uiommufd_mmio *mmio = kzalloc(sizeof(*mmio), GFP_KERNEL);

	if (!mmio)
		return NULL;
	mmio->block = block;
	mmio->cell_count = cells;
	mmio->map_bytes = map_bytes;
	spin_lock_init(&mmio->error_lock);
	mmio->cells = kvcalloc(cells + 1, sizeof(*mmio->cells), GFP_KERNEL);
	mmio->map = kvcalloc(map_bytes / 4 + 1, sizeof(u16), GFP_KERNEL);
	mmio->pages = kvcalloc(block->size >> MMIO_PAGE_SHIFT, 1, GFP_KERNEL);
	mmio->aliases = kvcalloc(block->alias_count + 1,
				 sizeof(*mmio->aliases), GFP_KERNEL);
	mmio->rows = kvcalloc(block->register_count + 1, sizeof(*mmio->rows),
			      GFP_KERNEL);
	mmio->first = kvcalloc(block->register_count + 1, sizeof(u32),
			       GFP_KERNEL);
	mmio->numbers = kvcalloc(cells + 1, sizeof(u16), GFP_KERNEL);
	if (mmio->cells && mmio->map && mmio->pages && mmio->aliases &&
	    mmio->rows && mmio->first && mmio->numbers)
		return mmio;
	mmio_release(mmio);
	return NULL;
}

struct uiommufd_mmio *uiommufd_mmio_new(const struct uiommufd_mmio_block *block,
					void *device, const char **why)
{
	struct uiommufd_mmio *mmio;
	const char *wrong;
	u32 map_bytes = 0;
	u32 cells = 0;

	wrong = mmio_table_check(block, &cells, &map_bytes);
	if (why)
		*why = wrong;
	if (wrong) {
		errno = EINVAL;
		return NULL;
	}
	mmio = mmio_alloc(block, cells, map_bytes);
	if (!mmio) {
		errno = ENOMEM;
		return NULL;
	}
	mmio->device = device;
	compile_aliases(mmio, (struct mmio_alias *)mmio->aliases,
			(u8 *)mmio->pages);
	if (!compile_table(mmio, (u16 *)mmio->map)) {
		if (why)
			*why = "two registers overlap";
		mmio_release(mmio);
		errno = EINVAL;
		return NULL;
	}
	return mmio;
}
