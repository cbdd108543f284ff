/* SPDX-License-Identifier: MIT */
/*
 * Playing a stream through guest queues and measuring it with the wall clock.
 */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <glib.h>
#include <stdint.h>
#include <uiommufd/lab.h>

#include "guest.h"
#include "progress.h"
#include "stream.h"
#include "vmm.h"

/* One way of feeding the queues. */
struct measurement {
	guint queues;
	guint batch;		/* commands a doorbell; 0: as recorded */
	uint64_t commands;	/* executed by queues */
	uint64_t trapped;
	uint64_t syncs;
	uint64_t duration_ns;
	uint64_t mmio_reads;
	uint64_t mmio_writes;
};

struct latency {
	uint64_t samples;
	uint64_t p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
	uint64_t preempted;	/* how often threads left their processor */
};

/* What happened when, as software sees it; trace NULL: not kept. */
struct timeline {
	struct uiommufd_lab_trace *trace;	/* borrowed */
	uint64_t start_ns;
};

void timeline_start(struct timeline *line, struct uiommufd_lab_trace *trace);
uint64_t timeline_now(const struct timeline *line);
/* From @start_ns, as timeline_now() said, until now. */
void timeline_span(const struct timeline *line, enum uiommufd_lab_track track,
		   guint number, const char *name, uint64_t start_ns);

/*
 * As recorded: each doorbell's commands go to queue (CPU mod queues), what a
 * guest queue may not execute goes the trapped way, and a CMD_SYNC is waited
 * for.  @latency gets the time from doorbell to completion of each CMD_SYNC.
 * Ends early when @progress says so.
 */
gboolean measure_recorded(struct vmm *vmm, struct guest_queue *queues,
			  guint count, const struct stream *stream,
			  const struct timeline *line,
			  struct progress *progress, struct measurement *out,
			  struct latency *latency);

/*
 * The stream's direct commands in batches of @batch, the last of each a
 * CMD_SYNC, handed to the queues in turn; all queues are waited for after
 * each round.  Ends after the round in which @progress was interrupted.
 */
gboolean measure_batches(struct guest_queue *queues, guint count, guint batch,
			 const struct stream *stream, size_t limit,
			 struct progress *progress, struct measurement *out);

#endif
