// SPDX-License-Identifier: MIT
/*
 * A measured run: a thread for each CPU, and what they have counted.
 */
#include "wall.h"
#include "world.h"

#include <asm/barrier.h>
#include <linux/kthread.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <time.h>

#define PROGRESS_MS 50

uint64_t wall_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

bool wall_is_up(const struct uiommufd_lab_cpu *cpu)
{
	return uik_likely(!READ_ONCE(cpu->world->wall->why));
}

void wall_fail(struct uiommufd_lab_cpu *cpu, const char *why)
{
	const char *none = NULL;

	__atomic_compare_exchange_n(&cpu->world->wall->why, &none, why, false,
				    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* --- CPUs -----------------------------------------------------------------*/

static void invalidate(struct uiommufd_lab_cpu *cpu,
		       const struct uiommufd_lab_list *list)
{
	uint64_t start = wall_now_ns();

	cpu->world->policy->issue(cpu, list);
	block_settle(cpu);
	cpu->wall->latency_ps[cpu->done] = (wall_now_ns() - start) * 1000;
	/* The creator looks at it for progress. */
	WRITE_ONCE(cpu->done, cpu->done + 1);
}

static int live(void *arg)
{
	struct uiommufd_lab_cpu *cpu = arg;
	struct wall *wall = cpu->world->wall;
	struct uiommufd_lab_list list;

	wait_for_completion(&wall->start);
	while (wall_is_up(cpu) && !READ_ONCE(wall->stop) &&
	       workload_next(cpu, &list))
		invalidate(cpu, &list);
	cpu->wall->end_ns = wall_now_ns();
	complete(&wall->ended);
	return 0;
}

static bool make_thread(struct uiommufd_lab_cpu *cpu)
{
	struct wall_cpu *own = &cpu->world->wall->cpus[cpu->number];
	struct task_struct *thread;

	cpu->wall = own;
	own->latency_ps = kvcalloc(workload_share(cpu->world, cpu->number) + 1,
				  sizeof(*own->latency_ps), GFP_KERNEL);
	if (!own->latency_ps)
		return false;
	thread = kthread_run(live, cpu, "lab-cpu/%u", cpu->number);
	if (IS_ERR(thread))
		return false;
	own->thread = thread;
	return true;
}

/* Threads that wait for the start have nothing to do once stop is set. */
static bool make_threads(struct world *world)
{
	for (unsigned int i = 0; i < world->cpu_count; i++)
		if (!make_thread(&world->cpus[i]))
			return false;
	return true;
}

static uint64_t lists_done(const struct world *world)
{
	uint64_t done = 0;

	for (unsigned int i = 0; i < world->cpu_count; i++)
		done += READ_ONCE(world->cpus[i].done);
	return done;
}

static void watch(struct world *world, uiommufd_lab_progress progress,
		  void *arg)
{
	struct wall *wall = world->wall;
	unsigned int left = world->cpu_count;

	while (left) {
		if (wait_for_completion_timeout(
			    &wall->ended, msecs_to_jiffies(PROGRESS_MS)))
			left--;
		else if (progress && !READ_ONCE(wall->stop) &&
			 !progress(arg, lists_done(world), world->lists_total))
			WRITE_ONCE(wall->stop, true);
	}
}

static void end_threads(struct world *world)
{
	for (unsigned int i = 0; i < world->cpu_count; i++)
		if (world->wall->cpus[i].thread)
			kthread_stop(world->wall->cpus[i].thread);
}

/* --- the result -------------------------------------------------------------*/

static void add_cpu(struct world *world, const struct uiommufd_lab_cpu *cpu)
{
	struct uiommufd_lab_result *r = world->result;
	const struct wall_counts *counts = &cpu->wall->counts;

	r->doorbells += counts->doorbells;
	r->mmio_reads += counts->mmio_reads;
	r->mmio_writes += counts->mmio_writes;
	r->contended += counts->contended;
	r->errors += counts->errors;
	r->ioctls += counts->ioctls;
	r->refused += counts->refused;
	r->commands += counts->commands;
	r->syncs += counts->syncs;
	r->lists += cpu->done;
	r->elapsed_ps = MAX(r->elapsed_ps, (cpu->wall->end_ns -
					    world->wall->start_ns) * 1000);
	for (uint64_t i = 0; i < cpu->done; i++)
		r->invalidating_ps += cpu->wall->latency_ps[i];
	g_array_append_vals(world->latencies, cpu->wall->latency_ps, cpu->done);
}

static void collect(struct world *world)
{
	struct uiommufd_lab_result *r = world->result;

	for (unsigned int i = 0; i < world->cpu_count; i++)
		add_cpu(world, &world->cpus[i]);
	for (unsigned int q = 0; q < hwmodel_queue_count(world->model); q++) {
		uint64_t commands, syncs;

		hwmodel_count(world->model, q, &commands, &syncs);
		r->commands += commands;
		r->syncs += syncs;
		r->queues += commands > 0;
	}
	r->partial = world->wall->stop;
	percentiles_fill(world->latencies, &r->latency);
}

/* --- running ------------------------------------------------------------------*/

static bool wall_make(struct world *world)
{
	unsigned int count = hwmodel_queue_count(world->model);
	struct wall *wall = world->wall;

	wall->mask = 2ull * world->design->entries - 1;
	mutex_init(&wall->trap_lock);
	init_completion(&wall->start);
	init_completion(&wall->ended);
	wall->queues = kcalloc(count, sizeof(*wall->queues), GFP_KERNEL);
	wall->cpus = kcalloc(world->cpu_count, sizeof(*wall->cpus), GFP_KERNEL);
	if (!wall->queues || !wall->cpus)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		wall->queues[i].lap = kcalloc(world->design->entries,
					      sizeof(u32), GFP_KERNEL);
		if (!wall->queues[i].lap)
			return false;
	}
	return true;
}

static void wall_unmake(struct world *world)
{
	unsigned int count = hwmodel_queue_count(world->model);
	struct wall *wall = world->wall;

	for (unsigned int i = 0; wall->queues && i < count; i++)
		kfree(wall->queues[i].lap);
	for (unsigned int i = 0; wall->cpus && i < world->cpu_count; i++)
		kvfree(wall->cpus[i].latency_ps);
	kfree(wall->queues);
	kfree(wall->cpus);
	mutex_destroy(&wall->trap_lock);
}

/* On the model's machine; returns what is wrong, or NULL. */
static const char *run(struct world *world, uiommufd_lab_progress progress,
		       void *arg)
{
	struct wall *wall = world->wall;
	bool ok = wall_make(world) && make_threads(world);

	if (!ok)
		WRITE_ONCE(wall->stop, true);
	wall->start_ns = wall_now_ns();
	complete_all(&wall->start);
	if (ok)
		watch(world, progress, arg);
	if (wall->cpus)
		end_threads(world);
	if (!ok)
		return "no memory for the threads";
	return smp_load_acquire(&wall->why);
}

static const char *measure(struct world *world, uiommufd_lab_progress progress,
			   void *arg)
{
	const char *why;

	hwmodel_enter(world->model);
	why = run(world, progress, arg);
	if (!why)
		collect(world);
	wall_unmake(world);
	hwmodel_leave(world->model);
	return why;
}

struct uiommufd_lab_result *
uiommufd_lab_measure(const struct uiommufd_lab_design *design,
		     uiommufd_lab_progress progress, void *arg,
		     char **out_error)
{
	struct wall wall = { 0 };
	struct world world;
	const char *why;

	if (uiommufd_lab_design_check(design, out_error))
		return NULL;
	world_init(&world, NULL, design);
	world.wall = &wall;
	why = world_build(&world) ? measure(&world, progress, arg) :
				    "no memory for the machine";
	world_demolish(&world);
	event_queue_fini(&world.events);
	g_array_unref(world.latencies);
	tail_fini(&world.tail);
	uiommufd_lab_trace_free(world.trace);
	if (!why)
		return world.result;
	uiommufd_lab_result_free(world.result);
	if (out_error)
		*out_error = g_strdup_printf("measured: %s", why);
	return NULL;
}
