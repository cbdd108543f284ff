/* SPDX-License-Identifier: MIT */
/*
 * The measured world: CPUs are threads, queues are registers of the hardware
 * model, time is the wall clock's.
 *
 * wall.c runs it, wall_queue.c has its side of policy.h's blocks.  @queue is
 * the model's number throughout.
 *
 * Whoever waits for something that does not come fails the whole world: all
 * blocks return at once from then on, and the run ends with @why.
 */
#ifndef LAB_WALL_H
#define LAB_WALL_H

#include <linux/cache.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <stdbool.h>
#include <stdint.h>
#include <uiommufd/policy.h>

/* One command queue, as its users share it. */
struct wall_queue {
	/* A ticket lock. */
	uint64_t next_ticket;		/* atomic */
	uint64_t serving;		/* atomic */
	/* Slots; top bit: the open group of uiommufd_lab_insert() is owned. */
	uint64_t reserved ____cacheline_aligned; /* atomic */
	uint64_t published ____cacheline_aligned; /* atomic */
	uint64_t consumed;		/* atomic; at least so far */
	bool mending;			/* atomic: somebody handles the error */
	uint32_t *lap;			/* owned; atomic; 1 + lap written, by slot */
};

/* What one CPU counts; its thread's own until it has ended. */
struct wall_counts {
	uint64_t doorbells;
	uint64_t mmio_reads;
	uint64_t mmio_writes;
	uint64_t contended;
	uint64_t errors;
	uint64_t ioctls;
	uint64_t refused;
	uint64_t commands;		/* by a driver, on its own machine */
	uint64_t syncs;
};

struct wall_cpu {
	struct wall_counts counts;
	struct task_struct *thread;
	uint64_t *latency_ps;		/* owned; by list */
	uint64_t end_ns;
} ____cacheline_aligned;

struct wall {
	struct wall_queue *queues;	/* owned; by model queue */
	struct wall_cpu *cpus;		/* owned */
	uint64_t mask;			/* of an index with its wrap bit */
	struct mutex trap_lock;		/* one footprint, one call */
	struct completion start;
	struct completion ended;	/* by each CPU */
	uint64_t start_ns;
	bool stop;			/* atomic: after the list */
	const char *why;		/* atomic; NULL: nothing has failed */
};

/* False: the world has failed. */
bool wall_is_up(const struct uiommufd_lab_cpu *cpu);
void wall_fail(struct uiommufd_lab_cpu *cpu, const char *why);
uint64_t wall_now_ns(void);

void wall_pause(struct uiommufd_lab_cpu *cpu);
void wall_lock(struct uiommufd_lab_cpu *cpu, unsigned int queue);
unsigned int wall_waiters(struct uiommufd_lab_cpu *cpu, unsigned int queue);
void wall_unlock(struct uiommufd_lab_cpu *cpu, unsigned int queue);
uint64_t wall_reserve(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		      uint32_t total);
void wall_write(struct uiommufd_lab_cpu *cpu, unsigned int queue, uint64_t start,
		const struct uiommufd_lab_list *list);
void wall_publish(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		  uint64_t end);
uint64_t wall_published(struct uiommufd_lab_cpu *cpu, unsigned int queue);
void wall_wait(struct uiommufd_lab_cpu *cpu, unsigned int queue, uint64_t end);
void wall_insert(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		 const struct uiommufd_lab_list *list);
void wall_trap(struct uiommufd_lab_cpu *cpu,
	       const struct uiommufd_lab_list *list);

#endif
