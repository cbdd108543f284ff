/* SPDX-License-Identifier: MIT */
/*
 * Register tables: compiling one, and accesses to it.
 *
 * The table is data; behaviour is masks and hooks.  An access that fits its
 * register takes a straight path of two look-ups.  Everything else (halves,
 * pairs, misuse) goes through the odd path, which decides what the access
 * means and then meets the same two functions, cell_read() and cell_write().
 */
#include "mmio.h"

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uik/mmio.h>

static const char *const error_words[MMIO_ERROR_NR] = {
	[MMIO_WRONG_WIDTH] = "wrong width",
	[MMIO_MISALIGNED] = "misaligned",
	[MMIO_NO_REGISTER] = "no register",
	[MMIO_RESERVED_BITS] = "reserved bits",
	[MMIO_READ_ONLY] = "read-only",
	[MMIO_REPORTED] = "misuse",
};

static void mmio_verror(struct uiommufd_mmio *mmio, enum mmio_error kind,
			const char *format, va_list args)
{
	char text[MMIO_ERROR_BYTES];
	unsigned long flags;
	int used;

	__atomic_fetch_add(&mmio->errors[kind], 1, __ATOMIC_RELAXED);
	used = snprintf(text, sizeof(text), "%s: %s: ", mmio->block->name,
			error_words[kind]);
	if (used > 0 && used < (int)sizeof(text))
		vsnprintf(text + used, sizeof(text) - used, format, args);
	spin_lock_irqsave(&mmio->error_lock, flags);
	memcpy(mmio->error_text, text, sizeof(text));
	spin_unlock_irqrestore(&mmio->error_lock, flags);
	pr_debug("guest error: %s\n", text);
}

void mmio_error(struct uiommufd_mmio *mmio, enum mmio_error kind,
		const char *format, ...)
{
	va_list args;

	va_start(args, format);
	mmio_verror(mmio, kind, format, args);
	va_end(args);
}

void uiommufd_mmio_guest_error(struct uiommufd_mmio *mmio, const char *format,
			       ...)
{
	va_list args;

	va_start(args, format);
	mmio_verror(mmio, MMIO_REPORTED, format, args);
	va_end(args);
}

void uiommufd_mmio_last_error(struct uiommufd_mmio *mmio, char *buffer,
			      size_t size)
{
	unsigned long flags;

	if (!size)
		return;
	spin_lock_irqsave(&mmio->error_lock, flags);
	snprintf(buffer, size, "%s", mmio->error_text);
	spin_unlock_irqrestore(&mmio->error_lock, flags);
}

/* --- access ---------------------------------------------------------------*/

/* The cell that covers @offset (no alias); cell 0 if there is none. */
static inline struct mmio_cell *cell_at(struct uiommufd_mmio *mmio, u32 offset)
{
	u32 number = 0;

	if (uik_likely(offset < mmio->map_bytes))
		number = mmio->map[offset / 4];
	return &mmio->cells[number];
}

static inline bool exists(const struct uiommufd_mmio *mmio,
			  const struct mmio_cell *cell)
{
	return cell != mmio->cells;
}

/* 1 + the number of the alias that @offset belongs to, or 0. */
static inline u8 true_alias_at(const struct uiommufd_mmio *mmio, u32 offset)
{
	if (uik_unlikely(offset >= mmio->block->size))
		return 0;
	return mmio->pages[offset >> MMIO_PAGE_SHIFT];
}

/* While a test watches, every access is to one more alias: watched(). */
static inline u8 alias_at(const struct uiommufd_mmio *mmio, u32 offset)
{
	if (uik_unlikely(offset >= mmio->size))
		return mmio->expect ? mmio->block->alias_count + 1 : 0;
	return mmio->pages[offset >> MMIO_PAGE_SHIFT];
}

static inline bool watched(const struct uiommufd_mmio *mmio, u8 alias)
{
	return alias > mmio->block->alias_count;
}

static inline bool fits(const struct mmio_cell *cell, u32 offset,
			unsigned int width)
{
	return cell->key == mmio_key(offset, width);
}

static inline u64 cell_read(struct uiommufd_mmio *mmio,
			    const struct mmio_cell *cell)
{
	u64 value = mmio_load(&cell->value);

	if (!cell->read)
		return value;
	return cell->read(mmio->device, cell->index, value);
}

/* What the masks make of writing @value over @old. */
static inline u64 masked(const struct mmio_row *row, u64 old, u64 value)
{
	return (value & row->plain) | (old & row->read_only) |
	       (old & row->write_1_clear & ~value);
}

static bool write_is_misuse(struct uiommufd_mmio *mmio,
			    const struct mmio_cell *cell, u64 value)
{
	const struct mmio_row *row = cell->row;
	const char *name = mmio->block->registers[row->number].name;

	if (!(row->plain | row->write_1_clear)) {
		if (!(row->flags & UIOMMUFD_MMIO_QUIET))
			mmio_error(mmio, MMIO_READ_ONLY,
				   "write 0x%llx to %s[%u]",
				   (unsigned long long)value, name,
				   cell->index);
		return true;
	}
	if (value & row->reserved)
		mmio_error(mmio, MMIO_RESERVED_BITS, "write 0x%llx to %s[%u]",
			   (unsigned long long)value, name, cell->index);
	return false;
}

/*
 * Bits that a write keeps may be changed by the device at the same time, so
 * they are exchanged, not stored.
 */
static noinline void cell_write_checked(struct uiommufd_mmio *mmio,
				       struct mmio_cell *cell, u64 value)
{
	const struct mmio_row *row = cell->row;
	u64 old = mmio_load(&cell->value);
	u64 stored;

	if (write_is_misuse(mmio, cell, value))
		return;
	do {
		stored = masked(row, old, value);
		if (row->check)
			stored = row->check(mmio->device, cell->index, old,
					    stored);
	} while (!__atomic_compare_exchange_n(&cell->value, &old, stored, false,
					      __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	if (row->written)
		row->written(mmio->device, cell->index, old, stored);
}

static inline void cell_write(struct uiommufd_mmio *mmio,
			      struct mmio_cell *cell, u64 value)
{
	const struct mmio_row *row = cell->row;
	u64 old;

	if (uik_unlikely(!row->simple || (value & row->reserved))) {
		cell_write_checked(mmio, cell, value);
		return;
	}
	old = mmio_load(&cell->value);
	mmio_store(&cell->value, value);
	if (row->written)
		row->written(mmio->device, cell->index, old, value);
}

/* A half of a 64-bit register: the other half is written as it is. */
static void half_write(struct uiommufd_mmio *mmio, struct mmio_cell *cell,
		       u32 offset, u64 value)
{
	unsigned int shift = (offset - mmio_cell_offset(cell)) * 8;
	u64 half = (u64)UIOMMUFD_MMIO_ALL32 << shift;
	u64 rest = mmio_load(&cell->value) & ~half & ~cell->row->write_1_clear;

	cell_write(mmio, cell, rest | (value & UIOMMUFD_MMIO_ALL32) << shift);
}

static bool is_half(const struct mmio_cell *cell, u32 offset,
		    unsigned int width)
{
	return width == 4 && cell->row->width == 8 && offset % 4 == 0 &&
	       (cell->row->flags & UIOMMUFD_MMIO_HALVES);
}

/* The upper one of two registers under one 64-bit access, or NULL. */
static struct mmio_cell *pair_of(struct uiommufd_mmio *mmio,
				 const struct mmio_cell *cell, u32 offset,
				 unsigned int width)
{
	struct mmio_cell *next;

	if (width != 8 || cell->row->width != 4 || offset % 8 ||
	    !(cell->row->flags & UIOMMUFD_MMIO_PAIRS))
		return NULL;
	next = cell_at(mmio, offset + 4);
	if (!exists(mmio, next) || next->row->width != 4 ||
	    !(next->row->flags & UIOMMUFD_MMIO_PAIRS))
		return NULL;
	return next;
}

/* Names what is wrong with an access that neither fits nor is allowed. */
static void odd_error(struct uiommufd_mmio *mmio, const struct mmio_cell *cell,
		      u32 offset, unsigned int width, const char *verb)
{
	enum mmio_error kind = MMIO_WRONG_WIDTH;

	if (!width || offset % width)
		kind = MMIO_MISALIGNED;
	else if (!exists(mmio, cell))
		kind = MMIO_NO_REGISTER;
	mmio_error(mmio, kind, "%u-byte %s at 0x%x", width, verb, offset);
}

/* What neither fits a register nor is nothing. */
static noinline u64 odd_read(struct uiommufd_mmio *mmio, u32 offset,
			     unsigned int width)
{
	struct mmio_cell *cell = cell_at(mmio, offset);
	struct mmio_cell *next = NULL;

	if (offset == UIOMMUFD_MMIO_UNMAPPED) {
		mmio_count(&mmio_my_shard(mmio)->unmapped);
		return 0;
	}
	if (exists(mmio, cell) && is_half(cell, offset, width))
		return (cell_read(mmio, cell) >>
			(offset - mmio_cell_offset(cell)) * 8) &
		       UIOMMUFD_MMIO_ALL32;
	if (exists(mmio, cell))
		next = pair_of(mmio, cell, offset, width);
	if (next) {
		u64 low = cell_read(mmio, cell);

		return low | cell_read(mmio, next) << 32;
	}
	odd_error(mmio, cell, offset, width, "read");
	return 0;
}

static noinline void odd_write(struct uiommufd_mmio *mmio, u32 offset,
			       unsigned int width, u64 value)
{
	struct mmio_cell *cell = cell_at(mmio, offset);
	struct mmio_cell *next = NULL;

	if (offset == UIOMMUFD_MMIO_UNMAPPED) {
		mmio_count(&mmio_my_shard(mmio)->unmapped);
		return;
	}
	if (exists(mmio, cell) && is_half(cell, offset, width)) {
		half_write(mmio, cell, offset, value);
		return;
	}
	if (exists(mmio, cell))
		next = pair_of(mmio, cell, offset, width);
	if (next) {
		cell_write(mmio, cell, value & UIOMMUFD_MMIO_ALL32);
		cell_write(mmio, next, value >> 32);
		return;
	}
	odd_error(mmio, cell, offset, width, "write");
}

/* At an offset of no alias; UIOMMUFD_MMIO_UNMAPPED reads 0. */
static inline u64 real_read(struct uiommufd_mmio *mmio, u32 offset,
			    unsigned int width)
{
	const struct mmio_cell *cell = cell_at(mmio, offset);

	if (uik_likely(fits(cell, offset, width)))
		return cell_read(mmio, cell);
	return odd_read(mmio, offset, width);
}

static inline void real_write(struct uiommufd_mmio *mmio, u32 offset,
			      unsigned int width, u64 value)
{
	struct mmio_cell *cell = cell_at(mmio, offset);

	if (uik_likely(fits(cell, offset, width)))
		cell_write(mmio, cell, value);
	else
		odd_write(mmio, offset, width, value);
}

/* Where an access that a test sees goes. */
static u32 watched_follow(struct uiommufd_mmio *mmio, u32 offset)
{
	u8 alias = true_alias_at(mmio, offset);

	return alias ? mmio_follow(mmio, alias, offset) : offset;
}

/* Through an alias's function: apart, to keep the usual paths slim. */
static noinline u64 translated_read(struct uiommufd_mmio *mmio, u8 alias,
				    u32 offset, unsigned int width)
{
	u64 value;

	if (!watched(mmio, alias))
		return real_read(mmio, mmio_follow(mmio, alias, offset), width);
	value = real_read(mmio, watched_follow(mmio, offset), width);
	mmio_expect_tell(mmio, false, offset, width, value);
	return value;
}

static noinline void translated_write(struct uiommufd_mmio *mmio, u8 alias,
				      u32 offset, unsigned int width,
				      u64 value)
{
	if (watched(mmio, alias)) {
		mmio_expect_tell(mmio, true, offset, width, value);
		real_write(mmio, watched_follow(mmio, offset), width, value);
		return;
	}
	real_write(mmio, mmio_follow(mmio, alias, offset), width, value);
}

static inline u64 access_read(struct uiommufd_mmio *mmio, u32 offset,
			      unsigned int width)
{
	u8 number = alias_at(mmio, offset);

	mmio_count(&mmio_my_shard(mmio)->reads);
	if (number) {
		const struct mmio_alias *alias = &mmio->aliases[number - 1];

		if (uik_unlikely(!alias->slots))
			return translated_read(mmio, number, offset, width);
		offset = mmio_follow_slot(alias, offset);
	}
	return real_read(mmio, offset, width);
}

static inline void access_write(struct uiommufd_mmio *mmio, u32 offset,
				unsigned int width, u64 value)
{
	u8 number = alias_at(mmio, offset);

	mmio_count(&mmio_my_shard(mmio)->writes);
	if (width == 4)
		value = (u32)value;
	if (number) {
		const struct mmio_alias *alias = &mmio->aliases[number - 1];

		if (uik_unlikely(!alias->slots)) {
			translated_write(mmio, number, offset, width, value);
			return;
		}
		offset = mmio_follow_slot(alias, offset);
	}
	real_write(mmio, offset, width, value);
}

uint64_t uiommufd_mmio_read(struct uiommufd_mmio *mmio, uint32_t offset,
			    unsigned int width)
{
	return access_read(mmio, offset, width);
}

void uiommufd_mmio_write(struct uiommufd_mmio *mmio, uint32_t offset,
			 unsigned int width, uint64_t value)
{
	access_write(mmio, offset, width, value);
}

static uint64_t bus_read(void *priv, uint64_t offset, unsigned int width)
{
	return access_read(priv, offset, width);
}

static void bus_write(void *priv, uint64_t offset, unsigned int width,
		      uint64_t value)
{
	access_write(priv, offset, width, value);
}

const struct uik_mmio_ops mmio_bus_ops = {
	.read = bus_read,
	.write = bus_write,
};

uint64_t uiommufd_mmio_get(const struct uiommufd_mmio *mmio, uint32_t row,
			   uint32_t index)
{
	return mmio_load(&mmio->cells[mmio->first[row] + index].value);
}

void uiommufd_mmio_set(struct uiommufd_mmio *mmio, uint32_t row,
		       uint32_t index, uint64_t value)
{
	mmio_store(mmio_cell(mmio, row, index), value);
}

void uiommufd_mmio_reset(struct uiommufd_mmio *mmio)
{
	for (u32 i = 1; i <= mmio->cell_count; i++) {
		struct mmio_cell *cell = &mmio->cells[i];

		mmio_store(&cell->value,
			   mmio->block->registers[cell->row->number].reset);
	}
}

void uiommufd_mmio_read_counters(const struct uiommufd_mmio *mmio,
				 struct uiommufd_mmio_counters *out)
{
	u64 kinds[MMIO_ERROR_NR];

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < MMIO_SHARDS; i++) {
		const struct mmio_shard *s = &mmio->shard[i];

		out->reads += __atomic_load_n(&s->reads, __ATOMIC_RELAXED);
		out->writes += __atomic_load_n(&s->writes, __ATOMIC_RELAXED);
		out->unmapped +=
			__atomic_load_n(&s->unmapped, __ATOMIC_RELAXED);
	}
	for (int i = 0; i < MMIO_ERROR_NR; i++) {
		kinds[i] = __atomic_load_n(&mmio->errors[i], __ATOMIC_RELAXED);
		out->guest_errors += kinds[i];
	}
	out->wrong_width = kinds[MMIO_WRONG_WIDTH];
	out->misaligned = kinds[MMIO_MISALIGNED];
	out->no_register = kinds[MMIO_NO_REGISTER];
	out->reserved_bits = kinds[MMIO_RESERVED_BITS];
	out->read_only = kinds[MMIO_READ_ONLY];
	out->reported = kinds[MMIO_REPORTED];
}

/* --- making and unmaking --------------------------------------------------*/

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

/* Lays the cells of row @r out from number @cell on; false if they overlap. */
static bool compile_cells(struct uiommufd_mmio *mmio, u16 *map, u32 r,
			  u32 cell)
{
	const struct uiommufd_mmio_register *row = &mmio->block->registers[r];

	for (u32 i = 0; i < mmio_row_cells(row); i++, cell++) {
		u32 offset = mmio_row_offset(row, i);

		mmio->cells[cell] = (struct mmio_cell){
			.value = row->reset,
			.read = row->read,
			.row = &mmio->rows[r],
			.key = mmio_key(offset, row->width),
			.index = i,
		};
		for (u32 at = offset; at < offset + row->width; at += 4) {
			if (map[at / 4])
				return false;
			map[at / 4] = cell;
		}
	}
	return true;
}

static bool compile_table(struct uiommufd_mmio *mmio, u16 *map)
{
	const struct uiommufd_mmio_block *block = mmio->block;
	u32 cell = 1;

	/* No access has this key: its width is none. */
	mmio->cells[0].key = mmio_key(0, 0xf);
	for (u32 r = 0; r < block->register_count; r++) {
		compile_row(&mmio->rows[r], &block->registers[r], r);
		mmio->first[r] = cell;
		if (!compile_cells(mmio, map, r, cell))
			return false;
		cell += mmio_row_cells(&block->registers[r]);
	}
	return true;
}

static void compile_aliases(struct uiommufd_mmio *mmio,
			    struct mmio_alias *aliases, u8 *pages)
{
	const struct uiommufd_mmio_alias *from = mmio->block->aliases;

	for (u32 i = 0; i < mmio->block->alias_count; i++, from++) {
		aliases[i] = (struct mmio_alias){
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
	mmio->size = block->size;
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
	if (mmio->cells && mmio->map && mmio->pages && mmio->aliases &&
	    mmio->rows && mmio->first)
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
