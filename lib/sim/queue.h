/* SPDX-License-Identifier: MIT */
/*
 * One command queue: the SMMU's own or a VCMDQ.
 *
 * The registers' truth are the cells of the register blocks; a queue keeps
 * pointers to its own.  What enabling latches (base, size, permits, VMID) and
 * the read index are the queue's private state.
 *
 * lock protects every member that is not constant.  Members that are read
 * without it, to decide whether the lock is worth taking, are marked; they are
 * written with WRITE_ONCE.  Order: sim.config_lock, queue.lock, then sim.map_lock or a
 * cache's lock.
 */
#ifndef UIK_SIM_QUEUE_H
#define UIK_SIM_QUEUE_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/spinlock.h>
#include "command.h"
#include "mmio.h"

struct sim;

#define QUEUE_INDEX_BITS GENMASK(19, 0)
#define QUEUE_ERR_SHIFT 24
#define QUEUE_MAX_LOG2 19
#define ENTRY_BYTES 16

/* A level that software turns on and off by a handshake. */
struct sim_enable {
	u32 want;
	u32 is;
	bool moving;		/* is != want, and no more writes are needed */
	bool held;		/* does not follow before want changes */
	u64 at_ns;		/* earliest time to follow */
};

/* Registers of a queue that a VINTF page shows, in the page's order. */
enum page_cell {
	PAGE_CONS,
	PAGE_PROD,
	PAGE_CONFIG,
	PAGE_STATUS,
	PAGE_GERROR,
	PAGE_GERRORN,
	PAGE_CELLS
};

struct queue_counters {
	u64 doorbells;
	u64 slot[OPCODE_SLOTS];	/* by command_slot */
	u64 errors;
	u64 error_code[8];
	u64 msi_writes;
	u64 timeouts_dropped;
};

/* In lines of the processor's cache: what every look reads comes first. */
struct sim_queue {
	u32 *page;		/* slot in the VINTF page; read unlocked */
	u32 seen[PAGE_CELLS] __aligned(8); /* what the page should hold */
	u32 cons;		/* index and wrap bit; read unlocked */
	u32 mask;		/* 2^(log2 + 1) - 1 while enabled */
	bool enabled;		/* STATUS; read unlocked */
	bool stopped;		/* by an error; read unlocked */
	bool in_flight;		/* a command is taking its time; unlocked */
	bool allowed;		/* mapped, VINTF and CMDQV enabled */
	bool guest;		/* permits and VMID are a guest's */
	bool back_to_back;	/* the next one starts where the last ended */
	bool stopping;		/* finishes what is in flight, no more */
	bool init_failed;	/* BASE was bad when EN was set */
	bool atc_pending;	/* ATC_INVs since the last CMD_SYNC */
	bool atc_timeout;	/* one of them was never answered */
	u8 log2_size;
	u32 last_prod;		/* to count doorbells */
	struct sim *sim;	/* constant */

	u64 *cell[PAGE_CELLS];	/* constant; main: CONS and PROD only */
	spinlock_t lock;

	const u8 *permit;	/* action by opcode */
	u64 vmid_keep;		/* bits of word 0 that substitution keeps */
	u64 vmid_bits;		/* and those it puts in */
	u64 base;
	u64 mirror;		/* where CONS is mirrored to, or 0 */
	struct sim_enable enable;

	u64 done_ns;		/* end of the command in flight */
	struct sim_entry flight; /* the command in flight */
	u64 *base_cell;		/* constant */
	int number;		/* constant; UIOMMUFD_QUEUE_MAIN or VCMDQ */
	int vintf;		/* -1: unmapped, or the main queue */
	int lvcmdq;
	struct queue_counters counters __aligned(64);
} __aligned(64);

void queue_init(struct sim_queue *queue, struct sim *sim, int number);

/*
 * Converges the queue to its registers: enable handshake, restart after an
 * acknowledged error, the page.  Every trigger ends here.  Lock held.
 */
void queue_update(struct sim_queue *queue);
/* Latches base, size and indices from the registers; false if they are bad. */
bool queue_latch(struct sim_queue *queue);
/* Stops or forgets what is in flight at once; lock held. */
void queue_abort(struct sim_queue *queue);
/* Executes up to @max_commands; lock held.  Returns how many. */
u32 queue_run(struct sim_queue *queue, u32 max_commands);
/* Shows the read index (and error) to software.  Lock held. */
void queue_publish(struct sim_queue *queue, u32 error);
/* Stores a register cell and its copy in the page.  Lock held. */
void queue_set(struct sim_queue *queue, enum page_cell cell, u32 value);

static inline u32 queue_get(const struct sim_queue *queue, enum page_cell cell)
{
	return __atomic_load_n(queue->cell[cell], __ATOMIC_ACQUIRE);
}

/*
 * What of two neighbouring cells the page holds otherwise than expected.  No
 * lock needed, so it may be wrong for a moment.
 */
static inline u64 page_pair_differs(const struct sim_queue *queue,
				    const u32 *page, enum page_cell cell)
{
	return __atomic_load_n((const u64 *)page + cell / 2, __ATOMIC_RELAXED) ^
	       __atomic_load_n((const u64 *)queue->seen + cell / 2,
			       __ATOMIC_RELAXED);
}

static inline bool page_differs(const struct sim_queue *queue)
{
	const u32 *page = __atomic_load_n(&queue->page, __ATOMIC_RELAXED);

	return page && (page_pair_differs(queue, page, PAGE_CONS) |
			page_pair_differs(queue, page, PAGE_CONFIG) |
			page_pair_differs(queue, page, PAGE_GERROR));
}

/*
 * Takes over a store to PROD if there was no other; true if it is all that
 * there was.  Lock held.
 */
static inline bool page_pull_prod(struct sim_queue *queue)
{
	const u32 *page = queue->page;
	u32 value;

	if (!page)
		return true;
	if (page_pair_differs(queue, page, PAGE_CONFIG) |
	    page_pair_differs(queue, page, PAGE_GERROR) |
	    (__atomic_load_n(&page[PAGE_CONS], __ATOMIC_RELAXED) ^
	     queue->seen[PAGE_CONS]))
		return false;
	/* Pairs with software's release store: commands before PROD. */
	value = __atomic_load_n(&page[PAGE_PROD], __ATOMIC_ACQUIRE);
	if (value & ~(u32)QUEUE_INDEX_BITS)
		return value == queue->seen[PAGE_PROD];
	if (value != queue->seen[PAGE_PROD]) {
		mmio_store(queue->cell[PAGE_PROD], value);
		WRITE_ONCE(queue->seen[PAGE_PROD], value);
	}
	return true;
}

/* Is there something to do?  No lock needed; may be wrong for a moment. */
static inline bool queue_wants_work(const struct sim_queue *queue)
{
	if (page_differs(queue))
		return true;
	if (READ_ONCE(queue->enable.moving) || READ_ONCE(queue->in_flight))
		return true;
	return READ_ONCE(queue->enabled) && !READ_ONCE(queue->stopped) &&
	       ((queue_get(queue, PAGE_PROD) ^ READ_ONCE(queue->cons)) &
		READ_ONCE(queue->mask));
}

/* Pure arithmetic on (log2 + 1)-bit counters. */
static inline u32 queue_mask(unsigned int log2_size)
{
	return (2u << log2_size) - 1;
}

static inline u32 queue_pending(u32 prod, u32 cons, unsigned int log2_size)
{
	return (prod - cons) & queue_mask(log2_size);
}

static inline bool queue_is_overrun(u32 prod, u32 cons, unsigned int log2_size)
{
	return queue_pending(prod, cons, log2_size) > 1u << log2_size;
}

static inline u32 queue_advance(u32 cons, u32 count, unsigned int log2_size)
{
	return (cons + count) & queue_mask(log2_size);
}

/* Sets the read index; others look at it without the lock. */
static inline void queue_move(struct sim_queue *queue, u32 from, u32 count)
{
	__atomic_store_n(&queue->cons, (from + count) & queue->mask,
			 __ATOMIC_RELAXED);
}

static inline u32 queue_slot(u32 cons, unsigned int log2_size)
{
	return cons & ((1u << log2_size) - 1);
}

#endif
