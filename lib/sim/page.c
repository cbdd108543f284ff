/* SPDX-License-Identifier: MIT */
/*
 * The mmap-able page 0 of a VINTF.
 *
 * Shared memory, so no store to it traps.  For each mapped VCMDQ, seen[] is
 * what the page was last known to hold.  A cell that software owns (CONFIG,
 * PROD, GERRORN, and CONS while the queue is off) and that differs from seen[]
 * was stored to since: it becomes a register write.  Every other cell is put
 * right again whenever it is looked at.
 *
 * PROD written through the register block is stored to the page as well
 * without the queue's lock: cell first, page second.  Between the two the
 * page still holds what seen[] says, and afterwards the page's value arrives
 * as a store of the same value; so none is lost.
 */
#include "sim.h"

#include <linux/bits.h>
#include <linux/minmax.h>

static const u32 software_bits[PAGE_CELLS] = {
	[PAGE_CONS] = GENMASK(30, 24) | QUEUE_INDEX_BITS,
	[PAGE_PROD] = QUEUE_INDEX_BITS,
	[PAGE_CONFIG] = BIT(0),
	[PAGE_GERRORN] = GENMASK(2, 0),
};

static u32 page_load(const u32 *word)
{
	/* Pairs with software's release store: commands before PROD. */
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static bool software_owns(const struct sim_queue *queue, enum page_cell cell)
{
	if (cell == PAGE_CONS)
		return !READ_ONCE(queue->enabled);
	return software_bits[cell];
}

/* Lets the page show what the registers hold, wherever it does not. */
static void page_push(struct sim_queue *queue, bool count)
{
	for (int cell = 0; cell < PAGE_CELLS; cell++) {
		u32 value = queue_get(queue, cell);

		if (page_load(&queue->page[cell]) == value &&
		    queue->seen[cell] == value)
			continue;
		if (count && !software_owns(queue, cell))
			mmio_count(&queue->sim->scrubbed);
		WRITE_ONCE(queue->seen[cell], value);
		__atomic_store_n(&queue->page[cell], value, __ATOMIC_RELEASE);
	}
}

/* Takes software's stores over; true when there were any.  Lock held. */
bool page_pull(struct sim_queue *queue)
{
	bool changed = false;

	if (!queue->page)
		return false;
	for (int cell = 0; cell < PAGE_CELLS; cell++) {
		u32 value = page_load(&queue->page[cell]);

		if (value == queue->seen[cell])
			continue;
		if (!software_owns(queue, cell)) {
			queue_set(queue, cell, queue_get(queue, cell));
			mmio_count(&queue->sim->scrubbed);
			continue;
		}
		changed = true;
		if (value & ~software_bits[cell])
			queue_set(queue, cell, value & software_bits[cell]);
		else
			mmio_store(queue->cell[cell], value);
		WRITE_ONCE(queue->seen[cell], value & software_bits[cell]);
	}
	return changed;
}

void page_attach(struct sim_queue *queue, u32 *slot)
{
	WRITE_ONCE(queue->page, slot);
	page_push(queue, false);
}

/* The slot is unmapped: it reads as zero from now on. */
void page_detach(struct sim_queue *queue)
{
	u32 *slot = queue->page;

	if (!slot)
		return;
	WRITE_ONCE(queue->page, NULL);
	for (int cell = 0; cell < PAGE_CELLS; cell++)
		__atomic_store_n(&slot[cell], 0, __ATOMIC_RELEASE);
}

static void scrub_word(struct sim *sim, u64 *word)
{
	if (!__atomic_load_n(word, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(word, 0, __ATOMIC_RELAXED);
	mmio_count(&sim->scrubbed);
}

/* Whether the words of a slot that show no register are zero, as they should. */
static inline bool slot_is_clean(const u64 *slot, u32 first)
{
	u64 all = 0;

#pragma GCC unroll 16
	for (u32 i = first; i < SLOT_BYTES / 8; i++)
		all |= __atomic_load_n(&slot[i], __ATOMIC_RELAXED);
	return !all;
}

static noinline void scrub_words(struct sim *sim, u64 *slot, u32 first)
{
	for (u32 i = first; i < SLOT_BYTES / 8; i++)
		scrub_word(sim, &slot[i]);
}

/* Two loops without a variable in their bounds: most of a step's own cost. */
static inline void scrub_slot(struct sim *sim, u64 *slot, bool mapped)
{
	if (mapped) {
		if (!slot_is_clean(slot, PAGE_CELLS / 2))
			scrub_words(sim, slot, PAGE_CELLS / 2);
	} else if (!slot_is_clean(slot, 0)) {
		scrub_words(sim, slot, 0);
	}
}

static bool is_mapped(const struct sim_vintf *vintf, u32 slot)
{
	return slot < MAX_VCMDQS &&
	       __atomic_load_n(&vintf->logical[slot], __ATOMIC_ACQUIRE);
}

/*
 * Zeroes slots that show no queue, and the reserved words of the others, in
 * @bytes of the page from where it was.
 */
void page_scrub(struct sim *sim, struct sim_vintf *vintf, u32 bytes)
{
	u32 at = vintf->scrub_at;

	for (u32 left = bytes; left; left -= SLOT_BYTES) {
		bool mapped = is_mapped(vintf, at / SLOT_BYTES);

		scrub_slot(sim, (u64 *)(vintf->page + at), mapped);
		at = (at + SLOT_BYTES) % VINTF_PAGE_BYTES;
	}
	vintf->scrub_at = at;
}
