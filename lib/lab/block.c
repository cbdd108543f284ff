// SPDX-License-Identifier: MIT
/*
 * The blocks that policies are made of: which queue is meant, which CMD_SYNCs
 * are waited for, and in which world.
 */
#include "wall.h"
#include "world.h"

static unsigned int model_queue(const struct uiommufd_lab_cpu *cpu, int queue)
{
	const struct world *world = cpu->world;

	return queue < 0 ? 0 :
			   hwmodel_queue(world->model, cpu->owner,
					 queue % world->design->queues);
}

static struct ring *ring_of(struct uiommufd_lab_cpu *cpu, int queue)
{
	return &cpu->world->rings[model_queue(cpu, queue)];
}

/* --- who is asking ----------------------------------------------------------*/

unsigned int uiommufd_lab_cpu_number(const struct uiommufd_lab_cpu *cpu)
{
	return cpu->number;
}

unsigned int uiommufd_lab_cpu_in_owner(const struct uiommufd_lab_cpu *cpu)
{
	return cpu->number_in_owner;
}

unsigned int uiommufd_lab_queues(const struct uiommufd_lab_cpu *cpu)
{
	return cpu->world->design->queues;
}

void *uiommufd_lab_state(struct uiommufd_lab_cpu *cpu)
{
	return cpu->world->state ? cpu->world->state[cpu->owner] : NULL;
}

bool uiommufd_lab_permits(struct uiommufd_lab_cpu *cpu, int queue,
			  const uint64_t command[2])
{
	return queue < 0 || hwmodel_permits(cpu->world->model,
					    model_queue(cpu, queue), command);
}

/* --- CMD_SYNCs that a CPU has to wait for -----------------------------------------*/

static struct job *job_new(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			   const struct uiommufd_lab_list *list)
{
	struct job *job;

	if (!list->sync)
		return NULL;
	job = g_new0(struct job, 1);
	job->cpu = cpu;
	job->queue = queue;
	job->sync = true;
	job->left = list->count + 1;
	job->next_own = cpu->jobs;
	cpu->jobs = job;
	return job;
}

static struct job **job_find(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			     uint64_t end)
{
	struct job **at = &cpu->jobs;

	while (*at && ((*at)->queue != queue || (*at)->end != end))
		at = &(*at)->next_own;
	return at;
}

static void job_wait(struct uiommufd_lab_cpu *cpu, struct job **at)
{
	struct job *job = *at;

	if (cpu->world->wall)
		wall_wait(cpu, job->queue, job->end);
	else
		ring_wait(&cpu->world->rings[job->queue], cpu, job);
	*at = job->next_own;
	g_free(job);
}

void block_settle(struct uiommufd_lab_cpu *cpu)
{
	while (cpu->jobs)
		job_wait(cpu, &cpu->jobs);
}

void block_forget(struct uiommufd_lab_cpu *cpu)
{
	while (cpu->jobs) {
		struct job *job = cpu->jobs;

		cpu->jobs = job->next_own;
		g_free(job);
	}
}

/* --- blocks -----------------------------------------------------------------------*/

int uiommufd_lab_spend(struct uiommufd_lab_cpu *cpu,
		       enum uiommufd_lab_phase phase, const char *key,
		       unsigned int times)
{
	int value = profile_key(key);

	if (value < 0 || (unsigned int)phase >= UIOMMUFD_LAB_PHASES)
		return -1;
	for (unsigned int i = 0; i < times && !cpu->world->wall; i++)
		cpu_spend(cpu, phase, value);
	return 0;
}

void uiommufd_lab_pause(struct uiommufd_lab_cpu *cpu,
			enum uiommufd_lab_phase phase)
{
	struct world *world = cpu->world;

	if (world->wall)
		wall_pause(cpu);
	else
		/* Time must pass, or nobody else ever runs. */
		cpu_spend_ps(cpu, phase,
			     MAX(world_time(world, V_HANDOVER), 1));
}

void uiommufd_lab_lock(struct uiommufd_lab_cpu *cpu, int queue)
{
	if (cpu->world->wall)
		wall_lock(cpu, model_queue(cpu, queue));
	else
		cpu_lock(cpu, UIOMMUFD_LAB_RESERVE, &ring_of(cpu, queue)->lock);
}

unsigned int uiommufd_lab_waiters(struct uiommufd_lab_cpu *cpu, int queue)
{
	if (cpu->world->wall)
		return wall_waiters(cpu, model_queue(cpu, queue));
	return g_queue_get_length(&ring_of(cpu, queue)->lock.waiters);
}

void uiommufd_lab_unlock(struct uiommufd_lab_cpu *cpu, int queue)
{
	if (cpu->world->wall)
		wall_unlock(cpu, model_queue(cpu, queue));
	else
		cpu_unlock(cpu, &ring_of(cpu, queue)->lock);
}

uint64_t uiommufd_lab_reserve(struct uiommufd_lab_cpu *cpu, int queue,
			      const struct uiommufd_lab_list *list)
{
	unsigned int number = model_queue(cpu, queue);
	struct job *job = job_new(cpu, number, list);
	uint32_t total = list->count + list->sync;
	uint64_t start;

	g_assert(list->count <= UIOMMUFD_LAB_MAX_RESERVE);
	if (!cpu->world->wall)
		return ring_reserve(ring_of(cpu, queue), cpu, total, job);
	start = wall_reserve(cpu, number, total);
	if (job)
		job->end = start + total;
	return start;
}

uint64_t uiommufd_lab_write(struct uiommufd_lab_cpu *cpu, int queue,
			    uint64_t start,
			    const struct uiommufd_lab_list *list)
{
	unsigned int number = model_queue(cpu, queue);
	uint64_t end = start + list->count + list->sync;

	if (cpu->world->wall)
		wall_write(cpu, number, start, list);
	else
		ring_write(&cpu->world->rings[number], cpu, start, list,
			   *job_find(cpu, number, end));
	return end;
}

void uiommufd_lab_publish(struct uiommufd_lab_cpu *cpu, int queue, uint64_t end)
{
	if (cpu->world->wall)
		wall_publish(cpu, model_queue(cpu, queue), end);
	else
		ring_publish(ring_of(cpu, queue), cpu, end);
}

uint64_t uiommufd_lab_published(struct uiommufd_lab_cpu *cpu, int queue)
{
	return cpu->world->wall ? wall_published(cpu, model_queue(cpu, queue)) :
				  ring_of(cpu, queue)->published;
}

int uiommufd_lab_wait(struct uiommufd_lab_cpu *cpu, int queue, uint64_t end)
{
	struct job **at = job_find(cpu, model_queue(cpu, queue), end);

	if (!*at)
		return -1;
	job_wait(cpu, at);
	return 0;
}

void uiommufd_lab_insert(struct uiommufd_lab_cpu *cpu, int queue,
			 const struct uiommufd_lab_list *list)
{
	if (cpu->world->wall)
		wall_insert(cpu, model_queue(cpu, queue), list);
	else
		ring_insert(ring_of(cpu, queue), cpu, list);
}

void uiommufd_lab_trap(struct uiommufd_lab_cpu *cpu,
		       const struct uiommufd_lab_list *list)
{
	g_assert(cpu->owner);
	if (cpu->world->wall)
		wall_trap(cpu, list);
	else
		ring_insert(&cpu->world->emulated[cpu->owner - 1], cpu, list);
}

const char *uiommufd_lab_phase_name(enum uiommufd_lab_phase phase)
{
	static const char *const names[UIOMMUFD_LAB_PHASES] = {
		[UIOMMUFD_LAB_BUILD] = "build commands",
		[UIOMMUFD_LAB_RESERVE] = "reserve slots",
		[UIOMMUFD_LAB_PUBLISH] = "publish",
		[UIOMMUFD_LAB_EXIT] = "exit and enter",
		[UIOMMUFD_LAB_VMM] = "monitor",
		[UIOMMUFD_LAB_IOCTL] = "ioctl and driver",
		[UIOMMUFD_LAB_FETCH] = "doorbell and fetch",
		[UIOMMUFD_LAB_QUEUED] = "behind others",
		[UIOMMUFD_LAB_EXECUTE] = "execute",
		[UIOMMUFD_LAB_ATC] = "device's ATC",
		[UIOMMUFD_LAB_SYNC] = "CMD_SYNC",
		[UIOMMUFD_LAB_POLL] = "notice",
	};

	return (unsigned int)phase < UIOMMUFD_LAB_PHASES ? names[phase] : "?";
}
