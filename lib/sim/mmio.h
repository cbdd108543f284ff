/* SPDX-License-Identifier: MIT */
/*
 * A compiled register table: what an access needs, and nothing else.
 *
 * map has one entry per 32-bit word of those pages of the window that hold
 * registers: the number of the cell that covers it.  Cell 0 is nobody's and
 * stands where there is no register.  pages has one entry per 4 KiB of the
 * whole window: 1 + the number of the alias it belongs to, or 0.  Both are
 * constant after uiommufd_mmio_new().
 *
 * Cells lie in the order of their offsets, so that those of one queue or
 * channel share cache lines.  An access over the bus knows from its page
 * whether it goes to registers or through an alias (mmio_bus_ops.page).
 *
 * Cell values are atomic.  error_lock protects the text of the last error
 * and nothing on the fast path.
 */
#ifndef UIK_SIM_MMIO_H
#define UIK_SIM_MMIO_H

#include <linux/types.h>
#include <linux/spinlock.h>
#include <uik/hook.h>
#include <uik/task.h>
#include <uiommufd/mmio.h>

#define MMIO_SHARDS 16
#define MMIO_PAGE_SHIFT 12
#define MMIO_ERROR_BYTES 160
#define MMIO_MAX_CELLS 65534

enum mmio_error {
	MMIO_WRONG_WIDTH,
	MMIO_MISALIGNED,
	MMIO_NO_REGISTER,
	MMIO_RESERVED_BITS,
	MMIO_READ_ONLY,
	MMIO_REPORTED,
	MMIO_ERROR_NR
};

/* What of a row an access looks at: one cache line. */
struct mmio_row {
	u64 plain;		/* bits a write sets */
	u64 read_only;
	u64 write_1_clear;
	uint64_t (*check)(void *device, uint32_t index, uint64_t old,
			  uint64_t value);
	void (*written)(void *device, uint32_t index, uint64_t old,
			uint64_t value);
	u64 reserved;
	u8 width;
	u8 flags;
	bool simple;		/* bits plain or reserved, no check */
	u32 number;
};

/* What a plain read looks at: half a cache line. */
struct mmio_cell {
	u64 value;		/* atomic */
	uint64_t (*read)(void *device, uint32_t index, uint64_t value);
	const struct mmio_row *row;
	u32 key;		/* mmio_key(): an access that fits has the same */
	u32 index;
};

/*
 * While a test watches the block no key is any access's: all of them take the
 * odd path, which asks the test first.
 */
#define MMIO_KEY_WIDTH_BITS 4
#define MMIO_KEY_WATCHED 0xfu
#define MMIO_MAX_BYTES (1u << (32 - MMIO_KEY_WIDTH_BITS))

static inline u32 mmio_key(u32 offset, unsigned int width)
{
	return offset << MMIO_KEY_WIDTH_BITS | width;
}

static inline u32 mmio_cell_offset(const struct mmio_cell *cell)
{
	return cell->key >> MMIO_KEY_WIDTH_BITS;
}

/* Counters of the tasks that share a CPU number. */
struct mmio_shard {
	u64 reads;
	u64 writes;
	u64 unmapped;
} __attribute__((aligned(64)));

/* What of an alias an access looks at. */
struct mmio_alias {
	struct uiommufd_mmio *mmio;
	const u16 *slots;	/* borrowed; NULL: translate */
	u32 start;
	u32 shift;		/* log2 of slot_bytes */
	u32 mask;		/* slot_bytes - 1 */
	uint32_t (*translate)(void *device, uint32_t offset);
};

struct uik_mmio_ops;
struct uik_mmio_page;

struct uiommufd_mmio {
	struct mmio_cell *cells;
	const u16 *map;
	void *device;		/* borrowed, for the hooks */
	const struct uiommufd_mmio_block *block;
	u32 map_bytes;		/* offsets below have a map entry */
	u32 cell_count;
	const struct mmio_alias *aliases;
	const u8 *pages;
	/* The device may send a page's accesses elsewhere; or NULL. */
	void (*page)(void *device, struct uik_mmio_page *page);
	struct mmio_row *rows;
	u32 *first;		/* of each row, place of its cells in numbers */
	u16 *numbers;		/* of cells, row by row */
	struct uik_machine *machine; /* borrowed while attached, or NULL */
	u64 phys;
	struct mmio_expect *expect; /* a test's, or NULL */
	u64 errors[MMIO_ERROR_NR];
	spinlock_t error_lock;
	char error_text[MMIO_ERROR_BYTES];
	struct mmio_shard shard[MMIO_SHARDS];
};

static inline u64 mmio_load(const u64 *value)
{
	return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

/* Pairs with mmio_load(): what the device did before is visible. */
static inline void mmio_store(u64 *value, u64 new_value)
{
	__atomic_store_n(value, new_value, __ATOMIC_RELEASE);
}

static inline struct mmio_cell *mmio_cell_of(const struct uiommufd_mmio *mmio,
					     u32 row, u32 index)
{
	return &mmio->cells[mmio->numbers[mmio->first[row] + index]];
}

/* The value of a cell, for device code that keeps the pointer. */
static inline u64 *mmio_cell(struct uiommufd_mmio *mmio, u32 row, u32 index)
{
	return &mmio_cell_of(mmio, row, index)->value;
}

/* Adds one on the caller's own CPU: exact unless two tasks share it. */
static inline void mmio_count(u64 *counter)
{
	__atomic_store_n(counter,
			 __atomic_load_n(counter, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
}

/* A thread without a task yet counts with CPU 0. */
static inline struct mmio_shard *mmio_my_shard(struct uiommufd_mmio *mmio)
{
	const struct task_struct *task = uik_current_task;
	unsigned int cpu = uik_likely(task) ? task->cpu : 0;

	return &mmio->shard[cpu % MMIO_SHARDS];
}

void mmio_error(struct uiommufd_mmio *mmio, enum mmio_error kind,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* mmio.c: accesses that come over the machine's bus. */
extern const struct uik_mmio_ops mmio_bus_ops;
/* Keys for the time that a test watches, and back. */
void mmio_watch(struct uiommufd_mmio *mmio, bool on);

/* mmio_expect.c: an access while a test watches; @value: read or to write. */
void mmio_expect_tell(struct uiommufd_mmio *mmio, bool write, u32 offset,
		      unsigned int width, u64 value);

/* mmio_attach.c: the physical address, or 0 with errno. */
u64 mmio_attach(struct uiommufd_mmio *mmio, struct uik_machine *machine,
		u64 phys);
void mmio_detach(struct uiommufd_mmio *mmio);

/* mmio_table.c: NULL if the table is good, else what is wrong with it. */
const char *mmio_table_check(const struct uiommufd_mmio_block *block,
			     u32 *out_cells, u32 *out_map_bytes);
u32 mmio_row_cells(const struct uiommufd_mmio_register *row);
u32 mmio_row_offset(const struct uiommufd_mmio_register *row, u32 index);

/* Where the slot with the alias's byte @at is, or UIOMMUFD_MMIO_UNMAPPED. */
static inline u32 mmio_follow_slot(const struct mmio_alias *alias, u32 at)
{
	/* Pairs with the device's store: what is shown is ready. */
	u32 slot = __atomic_load_n(&alias->slots[at >> alias->shift],
				   __ATOMIC_ACQUIRE);

	if (uik_unlikely(!slot))
		return UIOMMUFD_MMIO_UNMAPPED;
	return slot << alias->shift | (at & alias->mask);
}

/* Follows an alias once, by whichever way it has. */
static inline u32 mmio_follow(const struct uiommufd_mmio *mmio, u8 number,
			      u32 offset)
{
	const struct mmio_alias *alias = &mmio->aliases[number - 1];

	if (alias->slots)
		return mmio_follow_slot(alias, offset - alias->start);
	return alias->translate(mmio->device, offset);
}

#endif
