// SPDX-License-Identifier: MIT
/*
 * Feeding queues and reading the clock.
 */
#include "measure.h"

#include <sys/resource.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void timeline_start(struct timeline *line, struct uiommufd_lab_trace *trace)
{
	*line = (struct timeline){ trace, now_ns() };
}

uint64_t timeline_now(const struct timeline *line)
{
	return line->trace ? now_ns() : 0;
}

void timeline_span(const struct timeline *line, enum uiommufd_lab_track track,
		   guint number, const char *name, uint64_t start_ns)
{
	if (line->trace)
		uiommufd_lab_trace_span(line->trace, track, number, name,
					(start_ns - line->start_ns) * 1000,
					(now_ns() - line->start_ns) * 1000);
}

static int by_value(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t quantile(const GArray *samples, double q)
{
	return samples->len ? g_array_index(samples, uint64_t,
					    (guint)((samples->len - 1) * q)) :
			      0;
}

/* Of all threads, yields too; a wait then lasts as long as others run. */
static uint64_t preemptions(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) ? 0 : usage.ru_nivcsw;
}

static void summarise(GArray *samples, struct latency *out)
{
	g_array_sort(samples, by_value);
	*out = (struct latency){
		.samples = samples->len,
		.p50_ns = quantile(samples, 0.5),
		.p90_ns = quantile(samples, 0.9),
		.p99_ns = quantile(samples, 0.99),
		.p999_ns = quantile(samples, 0.999),
		.max_ns = quantile(samples, 1),
	};
}

static void collect_mmio(struct guest_queue *queues, guint count,
			 struct measurement *out)
{
	for (guint i = 0; i < count; i++) {
		out->mmio_reads += queues[i].mmio_reads;
		out->mmio_writes += queues[i].mmio_writes;
	}
}

static void reset_mmio(struct guest_queue *queues, guint count)
{
	for (guint i = 0; i < count; i++)
		queues[i].mmio_reads = queues[i].mmio_writes = 0;
}

/* What one doorbell made visible. */
struct group {
	const struct command *commands;
	guint count;
	guint cpu;
	guint queue;
	gboolean direct;	/* something waits in the queue */
	gboolean sync;
};

/*
 * A trapped command must not overtake direct ones before it, so they are
 * completed first.  The CMD_SYNC after a trapped command has nothing left to
 * wait for but is still executed by the queue, as it would be.
 */
static gboolean play_trapped(struct vmm *vmm, struct guest_queue *queue,
			     const struct group *group,
			     const struct command *command,
			     const struct timeline *line)
{
	uint64_t start = timeline_now(line);

	guest_queue_doorbell(queue);
	if (!guest_queue_wait(queue) || !vmm_trap(vmm, command))
		return FALSE;
	timeline_span(line, UIOMMUFD_LAB_CPU_TRACK, group->cpu, "trapped",
		      start);
	return TRUE;
}

static gboolean play_group(struct vmm *vmm, struct guest_queue *queue,
			   struct group *group, const struct timeline *line,
			   struct measurement *out)
{
	uint64_t start = timeline_now(line);

	for (guint i = 0; i < group->count; i++) {
		const struct command *command = &group->commands[i];

		if (command_opcode(command) == OP_CMD_SYNC) {
			guest_queue_sync(queue);
			group->sync = TRUE;
			out->syncs++;
		} else if (command_is_direct(command)) {
			if (!guest_queue_put(queue, command))
				return FALSE;
		} else {
			if (!play_trapped(vmm, queue, group, command, line))
				return FALSE;
			out->trapped++;
			start = timeline_now(line);
			continue;
		}
		group->direct = TRUE;
		out->commands++;
	}
	timeline_span(line, UIOMMUFD_LAB_CPU_TRACK, group->cpu, "build", start);
	return TRUE;
}

static gboolean finish_group(struct guest_queue *queue,
			     const struct group *group,
			     const struct timeline *line, GArray *samples)
{
	uint64_t start, took;

	if (!group->direct)
		return TRUE;
	start = now_ns();
	guest_queue_doorbell(queue);
	if (!group->sync)
		return TRUE;
	if (!guest_queue_wait(queue))
		return FALSE;
	took = now_ns() - start;
	g_array_append_val(samples, took);
	timeline_span(line, UIOMMUFD_LAB_CPU_TRACK, group->cpu, "wait", start);
	timeline_span(line, UIOMMUFD_LAB_QUEUE_TRACK, group->queue + 1,
		      "doorbell to CMD_SYNC", start);
	return TRUE;
}

gboolean measure_recorded(struct vmm *vmm, struct guest_queue *queues,
			  guint count, const struct stream *stream,
			  const struct timeline *line,
			  struct progress *progress, struct measurement *out,
			  struct latency *latency)
{
	g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	size_t at = 0;
	uint64_t start = now_ns(), preempted = preemptions();

	*out = (struct measurement){ .queues = count };
	reset_mmio(queues, count);
	for (size_t i = 0; i < stream->doorbell_count && at < stream->count;
	     i++) {
		struct guest_queue *queue = &queues[stream->cpus[i] % count];
		struct group group = {
			.commands = stream->commands + at,
			.count = stream->doorbells[i],
			.cpu = stream->cpus[i],
			.queue = queue - queues,
		};

		if (!play_group(vmm, queue, &group, line, out) ||
		    !finish_group(queue, &group, line, samples))
			return FALSE;
		at += group.count;
		if (!progress_show(progress, "replay", at, stream->count))
			break;
	}
	for (guint i = 0; i < count; i++)
		if (!guest_queue_wait(&queues[i]))
			return FALSE;
	out->duration_ns = now_ns() - start;
	collect_mmio(queues, count, out);
	summarise(samples, latency);
	latency->preempted = preemptions() - preempted;
	return TRUE;
}

/* The next direct command that is no CMD_SYNC, going round the stream. */
static const struct command *next_direct(const struct stream *stream,
					 size_t *at)
{
	for (size_t tries = 0; tries < stream->count; tries++) {
		const struct command *command = &stream->commands[*at];

		*at = (*at + 1) % stream->count;
		if (command_is_direct(command) &&
		    command_opcode(command) != OP_CMD_SYNC)
			return command;
	}
	return NULL;
}

static gboolean put_batch(struct guest_queue *queue, guint batch,
			  const struct stream *stream, size_t *at)
{
	for (guint i = 1; i < batch; i++) {
		const struct command *command = next_direct(stream, at);

		if (command && !guest_queue_put(queue, command))
			return FALSE;
	}
	guest_queue_sync(queue);
	guest_queue_doorbell(queue);
	return TRUE;
}

gboolean measure_batches(struct guest_queue *queues, guint count, guint batch,
			 const struct stream *stream, size_t limit,
			 struct progress *progress, struct measurement *out)
{
	size_t at = 0;
	uint64_t start = now_ns();

	*out = (struct measurement){ .queues = count, .batch = batch };
	reset_mmio(queues, count);
	while (out->commands < limit) {
		for (guint q = 0; q < count; q++)
			if (!put_batch(&queues[q], batch, stream, &at))
				return FALSE;
		for (guint q = 0; q < count; q++)
			if (!guest_queue_wait(&queues[q]))
				return FALSE;
		out->commands += (uint64_t)batch * count;
		out->syncs += count;
		if (progress_interrupted(progress))
			break;
	}
	out->duration_ns = now_ns() - start;
	collect_mmio(queues, count, out);
	return TRUE;
}
