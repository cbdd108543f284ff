/* SPDX-License-Identifier: MIT */
/*
 * A guest's side of one direct command queue: writes commands into its own
 * RAM and its index registers through the mmapped VINTF page, as a guest
 * kernel does; counts what it costs.
 */
#ifndef CLI_GUEST_H
#define CLI_GUEST_H

#include <glib.h>
#include <stdint.h>

#include "stream.h"
#include "vmm.h"

struct guest_queue {
	struct uiommufd_platform *platform;	/* borrowed */
	volatile uint32_t *slot;	/* its registers in the page */
	struct command *entries;	/* in guest RAM */
	guint log2_entries;
	uint32_t prod;			/* index and wrap bit, not yet rung */
	uint32_t cons;			/* last seen */
	guint spins;			/* looks in vain before a pause */
	uint64_t mmio_reads;
	uint64_t mmio_writes;
	gboolean mends;			/* gets over errors by itself */
	uint64_t mended[8];		/* how often, by CONS.ERR */
};

void guest_queue_init(struct guest_queue *queue, struct vmm *vmm, guint index);
/* Writes CONFIG.EN and polls STATUS, at most ten seconds. */
gboolean guest_queue_enable(struct guest_queue *queue);
gboolean guest_queue_disable(struct guest_queue *queue);

/* Appends; waits for room when full.  Visible only after the doorbell. */
gboolean guest_queue_put(struct guest_queue *queue,
			 const struct command *command);
void guest_queue_sync(struct guest_queue *queue);	/* appends CMD_SYNC */
void guest_queue_doorbell(struct guest_queue *queue);
/*
 * Polls CONS until everything rung is done; FALSE on error (of a queue that
 * does not mend) or after 10 s.
 */
gboolean guest_queue_wait(struct guest_queue *queue);

/*
 * The error protocol: is the queue stopped, and at which CONS.ERR; replace
 * an illegal entry by a CMD_SYNC and acknowledge.
 */
gboolean guest_queue_error(struct guest_queue *queue, uint32_t *out_code);
void guest_queue_recover(struct guest_queue *queue);

#endif
