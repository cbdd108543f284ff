/* SPDX-License-Identifier: MIT */
/*
 * The short way to what drivers touch most: a doorbell (PROD) and the look at
 * how far a queue is (CONS), through page 0 of a VINTF.
 *
 * Both do what the registers' rows say, without a look at the table: the slot
 * leads straight to the queue.  Whatever is unusual about an access goes the
 * way of all others: another register or width, reserved bits, an unmapped
 * slot, a page that software stored to, a test that watches.
 */
#include <uik/mmio.h>
#include "cmdqv.h"

#define AT_CONS (PAGE_CONS * 4)
#define AT_PROD (PAGE_PROD * 4)

static u32 block_offset(const struct sim_vintf *vintf, u32 at)
{
	u32 v = vintf - vintf->sim->vintf;

	return CMDQV_LOGICAL + v * CMDQV_VINTF_STRIDE + at;
}

/* The queue that the slot shows; the main queue stands for none. */
static inline struct sim_queue *shown(const struct sim_vintf *vintf, u32 at)
{
	u8 logical = __atomic_load_n(&vintf->logical[at / SLOT_BYTES],
				     __ATOMIC_ACQUIRE);

	return &vintf->sim->queue[logical];
}

/* Is it a 32-bit access to register @cell of a slot, that nobody watches? */
static inline bool is_plain(const struct sim_vintf *vintf, u32 at,
			    unsigned int width, u32 cell)
{
	return (at & (SLOT_BYTES - 1)) == cell && width == 4 &&
	       uik_likely(!vintf->sim->cmdqv->expect);
}

static uint64_t door_read(void *priv, uint64_t at, unsigned int width)
{
	const struct sim_vintf *vintf = priv;

	if (is_plain(vintf, at, width, AT_CONS)) {
		const struct sim_queue *queue = shown(vintf, at);
		const u32 *page = __atomic_load_n(&queue->page,
						  __ATOMIC_RELAXED);

		if (uik_likely(page &&
			       !page_pair_differs(queue, page, PAGE_CONS))) {
			mmio_count(&mmio_my_shard(vintf->sim->cmdqv)->reads);
			return queue_get(queue, PAGE_CONS);
		}
	}
	return uiommufd_mmio_read(vintf->sim->cmdqv, block_offset(vintf, at),
				  width);
}

static void door_write(void *priv, uint64_t at, unsigned int width,
		       uint64_t value)
{
	const struct sim_vintf *vintf = priv;

	if (is_plain(vintf, at, width, AT_PROD) &&
	    !(value & ~(u64)QUEUE_INDEX_BITS)) {
		struct sim_queue *queue = shown(vintf, at);
		u32 *page = __atomic_load_n(&queue->page, __ATOMIC_RELAXED);

		if (uik_likely(page)) {
			mmio_count(&mmio_my_shard(vintf->sim->cmdqv)->writes);
			mmio_store(queue->cell[PAGE_PROD], value);
			cmdqv_doorbell(queue, page, value);
			return;
		}
	}
	uiommufd_mmio_write(vintf->sim->cmdqv, block_offset(vintf, at), width,
			    value);
}

void cmdqv_page(void *device, struct uik_mmio_page *page)
{
	struct sim *sim = device;
	u32 in_logical = page->offset - CMDQV_LOGICAL;
	u32 at = in_logical % CMDQV_VINTF_STRIDE;

	if (page->offset < CMDQV_LOGICAL || at >= MAX_VCMDQS * SLOT_BYTES)
		return;
	page->read = door_read;
	page->write = door_write;
	page->priv = &sim->vintf[in_logical / CMDQV_VINTF_STRIDE];
	page->offset = at;
}
