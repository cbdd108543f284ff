// SPDX-License-Identifier: MIT
/*
 * Simulated CPUs: making time pass, and keeping the books.
 */
#include "world.h"

#include <string.h>

static void run_fiber(void *arg, uint64_t unused)
{
	fiber_enter(((struct uiommufd_lab_cpu *)arg)->fiber);
}

void cpu_wake(struct uiommufd_lab_cpu *cpu, uint64_t at_ps)
{
	event_post(&cpu->world->events, at_ps, run_fiber, cpu, 0);
}

void cpu_park(struct uiommufd_lab_cpu *cpu)
{
	fiber_leave(cpu->fiber);
}

void cpu_book(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	      uint64_t until_ps)
{
	uint64_t until = MIN(until_ps, cpu->world->now_ps);

	if (until <= cpu->booked_ps)
		return;
	if (cpu->invalidating)
		cpu->phase_ps[phase] += until - cpu->booked_ps;
	else
		cpu->other_ps += until - cpu->booked_ps;
	uiommufd_lab_trace_span(cpu->world->trace, UIOMMUFD_LAB_CPU_TRACK,
				cpu->number,
				cpu->invalidating ?
					uiommufd_lab_phase_name(phase) :
					"other",
				cpu->booked_ps, until);
	cpu->booked_ps = until;
}

void cpu_spend_ps(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
		  uint64_t ps)
{
	struct world *world = cpu->world;
	uint64_t until = world->now_ps + ps;

	if (!ps)
		return;
	/* Nothing else happens before: no need to leave. */
	if (event_next_ps(&world->events) > until) {
		world->now_ps = until;
		world->events.done++;
	} else {
		cpu_wake(cpu, until);
		cpu_park(cpu);
	}
	cpu_book(cpu, phase, UINT64_MAX);
}

void cpu_spend(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	       enum lab_value value)
{
	cpu_spend_ps(cpu, phase, world_time(cpu->world, value));
}

void cpu_touch(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	       struct line *line)
{
	struct world *world = cpu->world;
	uint64_t start = MAX(world->now_ps, line->free_ps);
	uint64_t took = world_time(world, V_ATOMIC);

	world->result->contended += start > world->now_ps;
	if (line->holder >= 0 && line->holder != (int)cpu->number)
		took += world_time(world, V_HANDOVER);
	line->holder = cpu->number;
	line->free_ps = start + took;
	cpu_spend_ps(cpu, phase, line->free_ps - world->now_ps);
}

void cpu_lock(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	      struct lab_lock *lock)
{
	cpu_touch(cpu, phase, &lock->line);
	if (!lock->holder) {
		lock->holder = cpu;
		return;
	}
	g_queue_push_tail(&lock->waiters, cpu);
	cpu_park(cpu);
	cpu_book(cpu, phase, UINT64_MAX);
	g_assert(lock->holder == cpu);
}

/* First come, first served: the next one sees it after a hand-over. */
void cpu_unlock(struct uiommufd_lab_cpu *cpu, struct lab_lock *lock)
{
	struct world *world = cpu->world;

	g_assert(lock->holder == cpu);
	lock->holder = g_queue_pop_head(&lock->waiters);
	if (lock->holder)
		cpu_wake(lock->holder,
			 world->now_ps + world_time(world, V_HANDOVER));
}

/*
 * The driver's loop: poll_reads reads at a time, a pause after each such row,
 * twice as long each time.  A read looks at the register half-way through.
 */
uint64_t cpu_poll(struct uiommufd_lab_cpu *cpu, uint64_t start_ps,
		  uint64_t done_ps)
{
	struct world *world = cpu->world;
	uint64_t pause = world->ps[V_POLL_DELAY];
	uint64_t read = MAX(world->ps[V_MMIO_READ], 1);
	uint64_t row = world->ps[V_POLL_READS];
	uint64_t sees_ps = done_ps > read / 2 ? done_ps - read / 2 : 0;

	if (!pause && start_ps < sees_ps) {
		/* Nothing but reads, which may be very many. */
		uint64_t early = (sees_ps - start_ps + read - 1) / read;

		world->result->mmio_reads += early;
		start_ps += early * read;
	}
	for (uint64_t n = 1;; n++) {
		world->result->mmio_reads++;
		if (start_ps + read / 2 >= done_ps)
			return start_ps + read;
		start_ps += read;
		if (n % row)
			continue;
		start_ps += pause;
		pause *= 2;
	}
}

static void count_in(struct world *world, int step)
{
	world->in_system_ps += world->in_system *
			       (world->now_ps - world->in_system_since_ps);
	world->in_system_since_ps = world->now_ps;
	world->in_system += step;
}

static uint64_t sum_phases(const uint64_t *phase_ps)
{
	uint64_t sum = 0;

	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++)
		sum += phase_ps[i];
	return sum;
}

void cpu_invalidate(struct uiommufd_lab_cpu *cpu,
		    const struct uiommufd_lab_list *list)
{
	struct world *world = cpu->world;
	uint64_t start = world->now_ps, took;
	uint64_t before[UIOMMUFD_LAB_PHASES];

	g_assert(cpu->booked_ps == start);
	memcpy(before, cpu->phase_ps, sizeof(before));
	count_in(world, 1);
	cpu->invalidating = true;
	world->policy->issue(cpu, list);
	block_settle(cpu);
	cpu->invalidating = false;
	count_in(world, -1);
	took = world->now_ps - start;
	g_assert(sum_phases(cpu->phase_ps) - sum_phases(before) == took);
	g_array_append_val(world->latencies, took);
	tail_add(&world->tail, took, before, cpu->phase_ps);
	world->result->lists++;
	world->result->invalidating_ps += took;
	cpu->done++;
}
