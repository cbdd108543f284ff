/* SPDX-License-Identifier: MIT */
/*
 * Register tables: accesses.
 *
 * The table is data; behaviour is masks and hooks.  An access that fits its
 * register takes a straight path of two look-ups.  Everything else (halves,
 * pairs, misuse) goes through the odd path, which decides what the access
 * means and then meets the same two functions, cell_read() and cell_write().
 */
#include "mmio.h"

#include <linux/printk.h>
#include <stdarg.h>
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
static inline u8 alias_at(const struct uiommufd_mmio *mmio, u32 offset)
{
	if (uik_unlikely(offset >= mmio->block->size))
		return 0;
	return mmio->pages[offset >> MMIO_PAGE_SHIFT];
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

/* Keys do not tell: a watched block has none. */
static bool is_whole(const struct mmio_cell *cell, u32 offset,
		     unsigned int width)
{
	return mmio_cell_offset(cell) == offset && cell->row->width == width;
}

static noinline u64 slow_read(struct uiommufd_mmio *mmio, u32 shown, u32 offset,
			      unsigned int width)
{
	const struct mmio_cell *cell = cell_at(mmio, offset);
	u64 value;

	if (exists(mmio, cell) && is_whole(cell, offset, width))
		value = cell_read(mmio, cell);
	else
		value = odd_read(mmio, offset, width);
	if (mmio->expect)
		mmio_expect_tell(mmio, false, shown, width, value);
	return value;
}

static noinline void slow_write(struct uiommufd_mmio *mmio, u32 shown,
				u32 offset, unsigned int width, u64 value)
{
	struct mmio_cell *cell = cell_at(mmio, offset);

	if (mmio->expect)
		mmio_expect_tell(mmio, true, shown, width, value);
	if (exists(mmio, cell) && is_whole(cell, offset, width))
		cell_write(mmio, cell, value);
	else
		odd_write(mmio, offset, width, value);
}

/* @shown: the offset that software gave; @offset: that of the register. */
static inline u64 access_read(struct uiommufd_mmio *mmio,
			      const struct mmio_cell *cell, u32 shown,
			      u32 offset, unsigned int width)
{
	mmio_count(&mmio_my_shard(mmio)->reads);
	if (uik_likely(fits(cell, offset, width)))
		return cell_read(mmio, cell);
	return slow_read(mmio, shown, offset, width);
}

static inline void access_write(struct uiommufd_mmio *mmio,
				struct mmio_cell *cell, u32 shown, u32 offset,
				unsigned int width, u64 value)
{
	mmio_count(&mmio_my_shard(mmio)->writes);
	if (uik_likely(fits(cell, offset, width)))
		cell_write(mmio, cell, value);
	else
		slow_write(mmio, shown, offset, width, value);
}

/* The register that @offset leads to, alias or not. */
static inline u32 follow(const struct uiommufd_mmio *mmio, u32 offset)
{
	u8 alias = alias_at(mmio, offset);

	return alias ? mmio_follow(mmio, alias, offset) : offset;
}

uint64_t uiommufd_mmio_read(struct uiommufd_mmio *mmio, uint32_t offset,
			    unsigned int width)
{
	u32 real = follow(mmio, offset);

	return access_read(mmio, cell_at(mmio, real), offset, real, width);
}

void uiommufd_mmio_write(struct uiommufd_mmio *mmio, uint32_t offset,
			 unsigned int width, uint64_t value)
{
	u32 real = follow(mmio, offset);

	if (width == 4)
		value = (u32)value;
	access_write(mmio, cell_at(mmio, real), offset, real, width, value);
}

/* --- from the bus: each page says what it is ------------------------------*/

static uint64_t any_read(void *priv, uint64_t offset, unsigned int width)
{
	return uiommufd_mmio_read(priv, offset, width);
}

static void any_write(void *priv, uint64_t offset, unsigned int width,
		      uint64_t value)
{
	uiommufd_mmio_write(priv, offset, width, value);
}

static uint64_t register_read(void *priv, uint64_t offset, unsigned int width)
{
	struct uiommufd_mmio *mmio = priv;

	return access_read(mmio, &mmio->cells[mmio->map[offset / 4]], offset,
			   offset, width);
}

static void register_write(void *priv, uint64_t offset, unsigned int width,
			   uint64_t value)
{
	struct uiommufd_mmio *mmio = priv;

	access_write(mmio, &mmio->cells[mmio->map[offset / 4]], offset, offset,
		     width, value);
}

/* @at counts from the alias's start. */
static uint64_t slot_read(void *priv, uint64_t at, unsigned int width)
{
	const struct mmio_alias *alias = priv;
	u32 offset = mmio_follow_slot(alias, at);

	return access_read(alias->mmio, cell_at(alias->mmio, offset),
			   alias->start + at, offset, width);
}

static void slot_write(void *priv, uint64_t at, unsigned int width,
		       uint64_t value)
{
	const struct mmio_alias *alias = priv;
	u32 offset = mmio_follow_slot(alias, at);

	access_write(alias->mmio, cell_at(alias->mmio, offset),
		     alias->start + at, offset, width, value);
}

static void table_page(const struct uiommufd_mmio *mmio,
		       struct uik_mmio_page *page)
{
	u8 number = alias_at(mmio, page->offset);

	if (!number) {
		if (page->offset >= mmio->map_bytes)
			return;
		page->read = register_read;
		page->write = register_write;
	} else if (mmio->aliases[number - 1].slots) {
		page->read = slot_read;
		page->write = slot_write;
		page->priv = (void *)&mmio->aliases[number - 1];
		page->offset -= mmio->aliases[number - 1].start;
	}
}

static void bus_page(struct uik_mmio_page *page)
{
	const struct uiommufd_mmio *mmio = page->priv;

	if (mmio->page)
		mmio->page(mmio->device, page);
	/* Not taken by the device: to the table or an alias. */
	if (page->priv == mmio)
		table_page(mmio, page);
}

const struct uik_mmio_ops mmio_bus_ops = {
	.read = any_read,
	.write = any_write,
	.page = bus_page,
};

void mmio_watch(struct uiommufd_mmio *mmio, bool on)
{
	for (u32 i = 1; i <= mmio->cell_count; i++) {
		struct mmio_cell *cell = &mmio->cells[i];

		cell->key = mmio_key(mmio_cell_offset(cell),
				     on ? MMIO_KEY_WATCHED : cell->row->width);
	}
}

uint64_t uiommufd_mmio_get(const struct uiommufd_mmio *mmio, uint32_t row,
			   uint32_t index)
{
	return mmio_load(&mmio_cell_of(mmio, row, index)->value);
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
