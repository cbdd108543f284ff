/* SPDX-License-Identifier: MIT */
/*
 * One run of the simulation: CPUs, rings, the device, the books.
 *
 *	workload --list--> CPU --policy--> ring --doorbell--> device
 *
 * A CPU is a fiber.  It makes time pass by cpu_spend() and cpu_park(); every
 * picosecond of its life is booked, to a phase while it invalidates, else to
 * other_ps.  A job is one list on its way through one ring; the device notes
 * on it when it got how far, and what the CPU waited for is read off these
 * notes.
 *
 * Single-threaded.  Invariants, asserted: the phases of an invalidation sum up
 * to its duration; a CPU's books sum up to its life.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <uiommufd/lab.h>

#include "event.h"
#include "fiber.h"
#include "hwmodel.h"
#include "profile.h"
#include "tail.h"
#include "trace.h"

#define GROUPS 1024u		/* of a ring that can be open at once */
#define PS_PER_US 1000000ull

struct world;
struct job;
struct wall;

/* A cache line that CPUs write to in turn. */
struct line {
	uint64_t free_ps;
	int holder;		/* CPU that wrote last; -1: none */
};

/* A first-come lock that sleeps in the simulation only. */
struct lab_lock {
	struct line line;
	struct uiommufd_lab_cpu *holder;
	GQueue waiters;
};

/* What went into one ring with one reservation after another. */
struct job {
	struct uiommufd_lab_cpu *cpu;
	struct job *next;		/* in the ring's list of unfinished ones */
	struct job *next_own;		/* of the CPU: not waited for yet */
	unsigned int queue;		/* of the model */
	uint64_t end;			/* position behind its CMD_SYNC */
	uint32_t left;			/* commands not executed yet */
	bool sync;
	bool waiting;			/* the CPU waits; the job ends with it */
	bool done;
	bool emulated;			/* waits for the monitor, not the device */
	/* The device's notes; 0: not yet. */
	uint64_t published_ps;
	uint64_t fetched_ps;		/* its first command */
	uint64_t executed_ps;		/* its last command but the CMD_SYNC */
	uint64_t wait_ps;		/* the CPU began to wait */
	uint64_t own_ps;		/* back end time for it since then */
	uint64_t sync_ps;		/* the CMD_SYNC begins */
	uint64_t acked_ps;		/* the TLBs have answered it */
	uint64_t done_ps;
};

struct slot {
	struct job *job;		/* borrowed; NULL: nobody cares */
};

/* One command queue, as software sees it. */
struct ring {
	struct world *world;
	int queue;			/* of the model; -1: emulated */
	unsigned int owner;		/* VINTF; the VM of an emulated one */
	uint64_t entries;
	uint64_t prod;			/* reserved up to here */
	uint64_t cons_seen;
	uint64_t published;		/* PROD as written */
	bool owned;			/* the open group has an owner */
	uint32_t group;			/* number of the open one */
	uint64_t group_start[GROUPS];
	uint32_t valid[GROUPS];		/* commands written, by group */
	struct line state;		/* what is compared and swapped */
	struct slot *slots;		/* owned */
	GQueue publish_waiters;		/* CPUs */
	GQueue group_waiters;		/* CPUs */
	struct lab_lock lock;
	/* An emulated queue's memory and read index: the monitor's. */
	uint64_t (*memory)[2];		/* owned; NULL if it is the model's */
	uint64_t consumed;
};

enum lane_place {
	LANE_IDLE,		/* nothing fetched, or stopped */
	LANE_READY,		/* in the arbiter's list */
	LANE_WAITS_SLOT,	/* its CMD_SYNC wants a slot */
	LANE_WAITS_TIME,	/* an acknowledgement or a tag comes back */
	LANE_RUNS,		/* on the back end */
};

/* One command queue, as the device sees it. */
struct lane {
	struct world *world;
	struct ring *ring;		/* its software side */
	unsigned int queue;
	uint64_t prod;			/* as arrived */
	uint64_t fetched;
	uint64_t executed;		/* CONS */
	enum lane_place place;
	bool fetching;
	bool stopped;
	bool sync_slot;			/* its CMD_SYNC holds one */
	uint64_t sync_ps;		/* its CMD_SYNC began */
	uint64_t atc_ps;		/* all its ATC_INVs are answered */
	struct job *first;		/* unfinished jobs with a CMD_SYNC */
	struct job *last;
	uint64_t changed_ps;
	uint64_t occupancy_ps;		/* integral of PROD - CONS */
	uint64_t occupancy_max;
	uint64_t busy_ps;
	uint64_t commands;
};

struct device {
	struct lane *lanes;		/* owned; one a model queue */
	unsigned int lane_count;
	GQueue ready;			/* lanes, in the arbiter's order */
	GQueue sync_waiters;		/* lanes that want a sync slot */
	bool busy;
	struct lane *served;		/* had the last turn */
	unsigned int turn;		/* commands it had in a row */
	unsigned int sync_slots_used;
	GArray *atc_back_ps;		/* when ATC_INVs on their way are back */
	uint64_t busy_ps;
};

struct uiommufd_lab_cpu {
	struct world *world;
	unsigned int number;
	unsigned int owner;		/* VINTF: 0 is the host */
	unsigned int number_in_owner;
	struct fiber *fiber;		/* owned */
	uint64_t booked_ps;		/* everything before is booked */
	uint64_t start_ps;
	bool invalidating;
	uint64_t phase_ps[UIOMMUFD_LAB_PHASES];
	uint64_t other_ps;
	uint64_t end_ps;
	uint64_t rng;
	uint64_t (*list)[2];		/* owned; the workload's scratch */
	unsigned int list_room;
	uint64_t (*trapped)[2];		/* owned; what the monitor copied */
	unsigned int trapped_room;
	uint64_t done;			/* lists */
	size_t replay_at;		/* doorbell */
	size_t replay_command;		/* its first */
	uint32_t replay_offset;		/* commands of it that are done */
	uint64_t iova;
	struct job *jobs;		/* owned: reserved with a CMD_SYNC */
	struct wall_cpu *wall;		/* owned; NULL when predicted */
};

struct world {
	const struct uiommufd_lab_profile *profile;
	const struct uiommufd_lab_design *design;
	const struct uiommufd_lab_policy *policy;
	uint64_t ps[LAB_VALUES];	/* profile_ps() */
	struct hwmodel *model;		/* owned */
	struct event_queue events;
	struct device device;
	uint64_t now_ps;
	uint64_t rng;
	struct uik_fiber home;		/* who runs the CPUs */
	unsigned int cpu_count;
	struct uiommufd_lab_cpu *cpus;	/* owned */
	struct ring *rings;		/* owned; by model queue */
	struct ring *emulated;		/* owned; by VM */
	struct lab_lock *monitor;	/* owned; by VM */
	GArray *latencies;		/* u64 */
	struct tail tail;
	struct uiommufd_lab_result *result;
	struct uiommufd_lab_trace *trace; /* NULL: off */
	uint64_t lists_total;
	uint64_t in_system;
	uint64_t in_system_ps;
	uint64_t in_system_since_ps;
	void **state;			/* owned: the policy's, by owner */
	struct wall *wall;		/* measured; NULL when predicted */
};

/* world.c */
/* @profile: NULL when measured: nothing takes time that is told. */
void world_init(struct world *world, const struct uiommufd_lab_profile *profile,
		const struct uiommufd_lab_design *design);
/* The machine, the CPUs (not running) and the policy's memory; false: none. */
bool world_build(struct world *world);
void world_demolish(struct world *world);
/* @value's time, with the profile's jitter. */
uint64_t world_time(struct world *world, enum lab_value value);
uint64_t world_random(uint64_t *state);
/* Sorts @samples, u64. */
void percentiles_fill(GArray *samples, struct uiommufd_lab_percentiles *out);

/* cpu.c: on the CPU's own fiber. */
void cpu_spend_ps(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
		  uint64_t ps);
void cpu_spend(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	       enum lab_value value);
/* Leaves until cpu_wake(); what it waited for is booked by the caller. */
void cpu_park(struct uiommufd_lab_cpu *cpu);
/* Everything up to @until, or to now if that is earlier, was @phase. */
void cpu_book(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	      uint64_t until_ps);
void cpu_wake(struct uiommufd_lab_cpu *cpu, uint64_t at_ps);
/* A write to @line: the wait for it, its transfer, the atomic. */
void cpu_touch(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	       struct line *line);
void cpu_lock(struct uiommufd_lab_cpu *cpu, enum uiommufd_lab_phase phase,
	      struct lab_lock *lock);
void cpu_unlock(struct uiommufd_lab_cpu *cpu, struct lab_lock *lock);
/* One invalidation from beginning to end. */
void cpu_invalidate(struct uiommufd_lab_cpu *cpu,
		    const struct uiommufd_lab_list *list);
/* Time of register reads up to the first that samples at or after @done. */
uint64_t cpu_poll(struct uiommufd_lab_cpu *cpu, uint64_t start_ps,
		  uint64_t done_ps);

/* ring.c */
void ring_init(struct ring *ring, struct world *world, int queue,
	       unsigned int owner);
void ring_fini(struct ring *ring);
/* The reservation scheme; waits for the CMD_SYNC if there is one. */
void ring_insert(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		 const struct uiommufd_lab_list *list);
/* The steps of policy.h; @job: NULL without a CMD_SYNC, else set up. */
uint64_t ring_reserve(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		      uint32_t total, struct job *job);
void ring_write(struct ring *ring, struct uiommufd_lab_cpu *cpu, uint64_t at,
		const struct uiommufd_lab_list *list, struct job *job);
void ring_publish(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		  uint64_t end);
void ring_wait(struct ring *ring, struct uiommufd_lab_cpu *cpu,
	       struct job *job);

/* block.c: waits for what the policy has left. */
void block_settle(struct uiommufd_lab_cpu *cpu);
void block_forget(struct uiommufd_lab_cpu *cpu);

/* guest.c: what a doorbell of, and a look at, an emulated queue do. */
void guest_doorbell(struct ring *ring, struct uiommufd_lab_cpu *cpu);
void guest_poll(struct ring *ring, struct uiommufd_lab_cpu *cpu);

/* device.c */
void device_init(struct world *world);
void device_fini(struct world *world);
/* Brings the books up to now. */
void device_settle(struct world *world);
/* PROD was written just now. */
void device_doorbell(struct world *world, unsigned int queue, uint64_t prod);
/* A job with a CMD_SYNC: tell it, in order of its position. */
void device_expect(struct world *world, unsigned int queue, struct job *job);
/* When a CPU that watches since @start sees what completed at @done. */
uint64_t device_seen_ps(struct world *world, unsigned int queue,
			struct uiommufd_lab_cpu *cpu, uint64_t start_ps,
			uint64_t done_ps);

/* workload.c: how many lists a CPU does */
uint64_t workload_share(const struct world *world, unsigned int cpu);
/* How many an invalidation is for, in the mean; 0 if it is not known. */
double workload_pages(const struct uiommufd_lab_design *design);
/* The next list; false when the CPU has no more. */
bool workload_next(struct uiommufd_lab_cpu *cpu, struct uiommufd_lab_list *out);

#endif
