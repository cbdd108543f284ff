// SPDX-License-Identifier: MIT
/*
 * One run, from a design to a result.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVENTS 0x3fffu
#define LINE 64			/* what a policy's memory is aligned to */

uint64_t world_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t world_time(struct world *world, enum lab_value value)
{
	uint64_t ps = world->ps[value];
	uint64_t spread = ps * world->ps[V_JITTER] / 100;

	if (!spread)
		return ps;
	return ps - spread + world_random(&world->rng) % (2 * spread + 1);
}

/* --- CPUs -----------------------------------------------------------------*/

static void live(void *arg)
{
	struct uiommufd_lab_cpu *cpu = arg;
	struct uiommufd_lab_list list;

	cpu_book(cpu, UIOMMUFD_LAB_BUILD, UINT64_MAX);
	while (workload_next(cpu, &list))
		cpu_invalidate(cpu, &list);
	cpu->end_ps = cpu->world->now_ps;
}

static void enter_cpu(void *arg, uint64_t unused)
{
	fiber_enter(((struct uiommufd_lab_cpu *)arg)->fiber);
}

static bool start_cpus(struct world *world)
{
	uik_fiber_init_self(&world->home);
	for (unsigned int i = 0; i < world->cpu_count; i++) {
		struct uiommufd_lab_cpu *cpu = &world->cpus[i];

		cpu->fiber = fiber_new(&world->home, live, cpu);
		if (!cpu->fiber)
			return false;
		event_post(&world->events, 0, enter_cpu, cpu, 0);
	}
	return true;
}

/* --- building ---------------------------------------------------------------*/

static unsigned int owner_count(const struct world *world)
{
	return world->policy->guest ? 1 + world->design->vms : 1;
}

static void fill_sids(const struct uiommufd_lab_design *design,
		      struct hwmodel_shape *shape)
{
	const struct uiommufd_lab_stream *stream = design->stream;
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	if (!stream || strcmp(design->workload, "replay")) {
		for (uint32_t sid = 1; sid <= MODEL_MAX_SIDS; sid++)
			shape->sids[shape->sid_count++] = sid;
		return;
	}
	for (size_t i = 0; i < stream->count; i++) {
		uint32_t sid = stream->commands[i][0] >> 32;

		if ((stream->commands[i][0] & 0xff) == 0x40 &&
		    shape->sid_count < MODEL_MAX_SIDS &&
		    g_hash_table_add(seen, GUINT_TO_POINTER(sid)))
			shape->sids[shape->sid_count++] = sid;
	}
}

static bool make_model(struct world *world)
{
	const struct uiommufd_lab_design *design = world->design;
	struct hwmodel_shape shape = {
		.owners = owner_count(world),
		.per_owner = design->queues,
		.log2_entries = __builtin_ctz(design->entries),
		.threaded = world->wall,
	};

	fill_sids(design, &shape);
	world->model = hwmodel_new(&shape, design->seed);
	return world->model;
}

static void make_cpus(struct world *world)
{
	const struct uiommufd_lab_design *design = world->design;

	world->cpu_count = design->cpus;
	world->cpus = g_new0(struct uiommufd_lab_cpu, design->cpus);
	for (unsigned int i = 0; i < design->cpus; i++) {
		struct uiommufd_lab_cpu *cpu = &world->cpus[i];

		cpu->world = world;
		cpu->number = cpu->number_in_owner = i;
		cpu->rng = world_random(&world->rng);
		if (!world->policy->guest)
			continue;
		cpu->owner = 1 + i % design->vms;
		cpu->number_in_owner = i / design->vms;
	}
}

static void free_cpus(struct world *world)
{
	for (unsigned int i = 0; world->cpus && i < world->cpu_count; i++) {
		block_forget(&world->cpus[i]);
		fiber_free(world->cpus[i].fiber);
		g_free(world->cpus[i].list);
		g_free(world->cpus[i].trapped);
	}
	g_free(world->cpus);
}

static bool make_state(struct world *world)
{
	size_t bytes = (world->policy->state_bytes + LINE - 1) / LINE * LINE;

	if (!bytes)
		return true;
	world->state = g_new0(void *, owner_count(world));
	for (unsigned int i = 0; i < owner_count(world); i++) {
		world->state[i] = aligned_alloc(LINE, bytes);
		if (!world->state[i])
			return false;
		memset(world->state[i], 0, bytes);
	}
	return true;
}

static void free_state(struct world *world)
{
	for (unsigned int i = 0; world->state && i < owner_count(world); i++)
		free(world->state[i]);
	g_free(world->state);
}

bool world_build(struct world *world)
{
	make_cpus(world);
	return make_model(world) && make_state(world);
}

void world_demolish(struct world *world)
{
	free_cpus(world);
	free_state(world);
	hwmodel_free(world->model);
}

static void make_rings(struct world *world)
{
	const struct uiommufd_lab_design *design = world->design;
	unsigned int count = hwmodel_queue_count(world->model);

	world->rings = g_new0(struct ring, count);
	for (unsigned int i = 0; i < count; i++)
		ring_init(&world->rings[i], world, i,
			  i ? (i - 1) / design->queues : 0);
	if (!world->policy->guest)
		return;
	world->emulated = g_new0(struct ring, design->vms);
	world->monitor = g_new0(struct lab_lock, design->vms);
	for (unsigned int i = 0; i < design->vms; i++) {
		ring_init(&world->emulated[i], world, -1, i);
		world->monitor[i].line.holder = -1;
	}
}

static void free_rings(struct world *world)
{
	unsigned int count = hwmodel_queue_count(world->model);

	for (unsigned int i = 0; i < count; i++)
		ring_fini(&world->rings[i]);
	for (unsigned int i = 0; world->emulated && i < world->design->vms;
	     i++) {
		ring_fini(&world->emulated[i]);
		g_queue_clear(&world->monitor[i].waiters);
	}
	g_free(world->rings);
	g_free(world->emulated);
	g_free(world->monitor);
}

/* --- the result -----------------------------------------------------------------*/

static int by_value(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The smallest sample that at least @q of all do not exceed. */
static uint64_t percentile(const GArray *sorted, double q)
{
	gsize rank = q * sorted->len;

	if (rank < q * sorted->len)
		rank++;
	return g_array_index(sorted, uint64_t, rank ? rank - 1 : 0);
}

void percentiles_fill(GArray *samples, struct uiommufd_lab_percentiles *out)
{
	double sum = 0;

	*out = (struct uiommufd_lab_percentiles){ .samples = samples->len };
	if (!samples->len)
		return;
	g_array_sort(samples, by_value);
	for (guint i = 0; i < samples->len; i++)
		sum += g_array_index(samples, uint64_t, i);
	out->mean_ps = sum / samples->len;
	out->p50_ps = percentile(samples, 0.5);
	out->p90_ps = percentile(samples, 0.9);
	out->p99_ps = percentile(samples, 0.99);
	out->p999_ps = percentile(samples, 0.999);
	out->max_ps = percentile(samples, 1);
}

static void add_cpu(struct uiommufd_lab_result *result,
		    struct uiommufd_lab_cpu *cpu)
{
	uint64_t phases = 0;

	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++) {
		result->phase_ps[i] += cpu->phase_ps[i];
		phases += cpu->phase_ps[i];
	}
	result->other_ps += cpu->other_ps;
	result->cpu_ps += cpu->booked_ps;
	g_assert(phases + cpu->other_ps == cpu->booked_ps);
	result->elapsed_ps = MAX(result->elapsed_ps, cpu->booked_ps);
}

static void add_lane(struct uiommufd_lab_result *result,
		     const struct lane *lane)
{
	result->occupancy_ps += lane->occupancy_ps;
	result->occupancy_max = MAX(result->occupancy_max, lane->occupancy_max);
	result->queues += lane->commands > 0;
}

static void collect(struct world *world)
{
	struct uiommufd_lab_result *result = world->result;

	device_settle(world);
	for (unsigned int i = 0; i < world->cpu_count; i++)
		add_cpu(result, &world->cpus[i]);
	for (unsigned int i = 0; i < world->device.lane_count; i++)
		add_lane(result, &world->device.lanes[i]);
	result->device_busy_ps = world->device.busy_ps;
	result->in_system_ps = world->in_system_ps;
	result->events = world->events.done;
	result->trace = world->trace;
	percentiles_fill(world->latencies, &result->latency);
	tail_collect(&world->tail, result);
}

/* --- running ------------------------------------------------------------------*/

/* A CPU that nobody will wake any more, in words. */
static char *stuck(const struct world *world)
{
	for (unsigned int i = 0; i < world->cpu_count; i++)
		if (!fiber_is_done(world->cpus[i].fiber))
			return g_strdup_printf("policy: '%s' leaves CPU %u "
					       "waiting for what nobody does",
					       world->policy->name, i);
	return NULL;
}

/* Returns what is wrong, or NULL. */
static char *loop(struct world *world, uiommufd_lab_progress progress,
		  void *arg)
{
	struct uiommufd_lab_result *result = world->result;

	while (world->events.count) {
		struct event event = event_take(&world->events);

		g_assert(event.at_ps >= world->now_ps);
		world->now_ps = event.at_ps;
		event.run(event.arg, event.data);
		if (!(world->events.done & PROGRESS_EVENTS) && progress &&
		    !progress(arg, result->lists, world->lists_total)) {
			result->partial = true;
			return NULL;
		}
	}
	return stuck(world);
}

void world_init(struct world *world, const struct uiommufd_lab_profile *profile,
		const struct uiommufd_lab_design *design)
{
	*world = (struct world){
		.profile = profile,
		.design = design,
		.policy = design->own_policy ?
				  design->own_policy :
				  uiommufd_lab_policy_find(design->policy),
		.rng = design->seed * 0x2545f4914f6cdd1dull + 1,
		.lists_total = design->lists,
		.latencies = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.result = g_new0(struct uiommufd_lab_result, 1),
		.trace = design->trace ? trace_new() : NULL,
	};
	for (int i = 0; i < LAB_VALUES && profile; i++)
		world->ps[i] = profile_ps(profile, i);
	tail_init(&world->tail, design->lists);
	event_queue_init(&world->events);
}

/* Returns what is wrong, or NULL. */
static char *simulate(struct world *world, uiommufd_lab_progress progress,
		      void *arg)
{
	char *fault;

	make_rings(world);
	device_init(world);
	hwmodel_enter(world->model);
	fault = start_cpus(world) ? loop(world, progress, arg) :
				    g_strdup("no memory for the CPUs");
	if (!fault)
		collect(world);
	hwmodel_leave(world->model);
	device_fini(world);
	free_rings(world);
	return fault;
}

struct uiommufd_lab_result *
uiommufd_lab_run(const struct uiommufd_lab_profile *profile,
		 const struct uiommufd_lab_design *design,
		 uiommufd_lab_progress progress, void *arg, char **out_error)
{
	struct world world;
	char *fault;

	if (uiommufd_lab_design_check(design, out_error))
		return NULL;
	world_init(&world, profile, design);
	fault = world_build(&world) ? simulate(&world, progress, arg) :
				      g_strdup("no memory for the machine");
	world_demolish(&world);
	event_queue_fini(&world.events);
	g_array_unref(world.latencies);
	tail_fini(&world.tail);
	if (!fault)
		return world.result;
	world.result->trace = world.trace;
	uiommufd_lab_result_free(world.result);
	if (out_error)
		*out_error = fault;
	else
		g_free(fault);
	return NULL;
}

void uiommufd_lab_result_free(struct uiommufd_lab_result *result)
{
	if (!result)
		return;
	uiommufd_lab_trace_free(result->trace);
	g_free(result);
}
