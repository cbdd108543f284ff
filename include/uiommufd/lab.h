/* SPDX-License-Identifier: MIT */
/*
 * The laboratory: what a command queue design would cost on a machine that is
 * not at hand.
 *
 * A prediction is a discrete-event simulation on a virtual clock.  What takes
 * how long comes from a timing profile, a file whose every value says where it
 * is from; what a command means (may this queue issue it, what stops a queue,
 * what a CMD_SYNC waits for) is decided by the hardware model of vcmdq.h,
 * which executes each command at its simulated time.
 *
 *	profile + design --uiommufd_lab_run()--> result --write--> report
 *
 * A design says who issues what, how, through how many queues.  How a CPU
 * issues is a policy (policy.h): five are built in, and one's own is registered
 * or given with the design.  The same code is run by simulated CPUs here and,
 * by uiommufd_lab_measure(), by real threads.
 *
 * Where the driver's ops come in: what a trapped guest command turns into is
 * asked from a real driver's cache_invalidate, the stock one or one's own
 * (uiommufd_lab_driver).  What the host's CPUs issue for an unmap is what the
 * SMMUv3 driver's iotlb_sync issues; a test holds one against the other.  How
 * slots are taken and doorbells rung is the policy's code.
 *
 * Times are picoseconds of virtual time unless a name says otherwise.  A
 * result is a function of profile, design and seed: the same on every machine.
 * Failing functions return NULL or -1 and, when @out_error is not NULL, a
 * message in it that the caller releases with free().
 *
 * Context: any thread; profile, design and result are one thread's at a time.
 */
#ifndef UIOMMUFD_LAB_H
#define UIOMMUFD_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mmio.h"
#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

#define UIOMMUFD_LAB_MAX_CPUS 144
#define UIOMMUFD_LAB_MAX_QUEUES 128

/* --- the timing profile --------------------------------------------------- */

struct uiommufd_lab_profile;

/**
 * uiommufd_lab_profile_load - read a timing profile.
 * @path: a file, or the name of a built-in one such as "tegra241"; NULL: that
 *
 * A profile is a key file.  Each value reads 'NUMBER UNIT | SOURCE', where
 * SOURCE is free text or starts with the word 'assumed'.  [profile] based_on =
 * NAME takes every value not given from that profile; else all are needed, but
 * by a file of a [design] alone, whose values are those of "tegra241".
 *
 * Return: the profile, freed by uiommufd_lab_profile_free(); NULL with a
 * message that names the file, the line, if it has one, and the key.
 */
struct uiommufd_lab_profile *
uiommufd_lab_profile_load(const char *path, char **out_error) UIOMMUFD_API;

/** uiommufd_lab_profile_free - release a profile; NULL is fine. */
void uiommufd_lab_profile_free(struct uiommufd_lab_profile *profile)
	UIOMMUFD_API;

/**
 * uiommufd_lab_profile_copy - the same profile with one value scaled.
 * @key: "group.key", or NULL to change none
 * @factor: what its value is multiplied by, as far as its limits allow; a flag
 *	is set (1 or more) or cleared
 *
 * Return: owned by the caller; NULL if there is no such key.
 */
struct uiommufd_lab_profile *
uiommufd_lab_profile_copy(const struct uiommufd_lab_profile *profile,
			  const char *key, double factor) UIOMMUFD_API;

/**
 * uiommufd_lab_profile_count - how many values a profile has.
 *
 * Return: their number, the same for every profile.
 */
unsigned int uiommufd_lab_profile_count(void) UIOMMUFD_API;

/* One value of a profile; strings live as long as the profile. */
struct uiommufd_lab_value {
	const char *key;		/* "group.key" */
	const char *unit;
	const char *source;
	const char *meaning;
	double value;
};

/**
 * uiommufd_lab_profile_value - look at a value.
 * @index: 0 .. uiommufd_lab_profile_count() - 1
 *
 * Return: 0; -1 when there is no such value.
 */
int uiommufd_lab_profile_value(const struct uiommufd_lab_profile *profile,
			       unsigned int index,
			       struct uiommufd_lab_value *out) UIOMMUFD_API;

/**
 * uiommufd_lab_profile_name - what it calls itself.
 *
 * Return: lives as long as the profile.
 */
const char *
uiommufd_lab_profile_name(const struct uiommufd_lab_profile *profile)
	UIOMMUFD_API;

/* --- who issues what ------------------------------------------------------ */

/* What a driver did for some trapped commands. */
struct uiommufd_lab_footprint {
	uint64_t (*commands)[2];	/* issued, CMD_SYNCs included */
	unsigned int count;
	unsigned int room;		/* of @commands, set by the laboratory */
};

/*
 * Asks a real driver what @count trapped commands turn into, for instance by
 * IOMMU_HWPT_INVALIDATE on a platform whose commands are observed.
 */
struct uiommufd_lab_driver {
	void *arg;
	/* 0, or -1 if the driver refuses them. */
	int (*invalidate)(void *arg, const uint64_t (*commands)[2],
			  unsigned int count,
			  struct uiommufd_lab_footprint *out);
};

/* A recorded command stream to replay; borrowed during the run. */
struct uiommufd_lab_stream {
	const char *name;
	const uint64_t (*commands)[2];
	size_t count;
	const uint32_t *doorbells;	/* commands a doorbell made visible */
	const uint8_t *cpus;		/* which CPU rang it */
	const uint32_t *gaps_us;	/* before each doorbell; or NULL */
	size_t doorbell_count;
};

/* Fill with uiommufd_lab_design_init(), then change what you like. */
struct uiommufd_lab_design {
	size_t size;			/* sizeof, set by _init */
	const char *policy;		/* by name; default "per-cpu" */
	/*
	 * "unmap"	map and unmap pages; strict: each unmap is invalidated
	 * "batched"	the same, one invalidation by ASID for many unmaps
	 * "ats"	devices have caches of their own: ATC_INV after TLBI
	 * "replay"	a recorded stream, CPU by CPU
	 */
	const char *workload;		/* default "unmap" */
	unsigned int cpus;		/* 1..144 in all; default 4 */
	unsigned int queues;		/* 1..128, of each owner; default 4 */
	unsigned int vms;		/* 1..63, for guests' policies; 1 */
	unsigned int pages;		/* unmapped at a time; default 1 */
	unsigned int batch;		/* commands a list (no ranges): 0: pages
					 * are covered by one range command */
	unsigned int flush_after;	/* "batched": unmaps a flush; 256 */
	unsigned int entries;		/* a queue; power of two, 128..65536 */
	unsigned int lists;		/* in all; default 4000 */
	unsigned int illegal_ppm;	/* lists with an illegal command */
	unsigned int gaps_percent;	/* "replay": of recorded gaps; 0 */
	uint64_t seed;			/* default 1 */
	bool trace;			/* keep what the trace needs */
	const struct uiommufd_lab_stream *stream; /* for "replay" */
	const struct uiommufd_lab_driver *driver; /* NULL: a built-in rule */
	const struct uiommufd_lab_policy *own_policy; /* instead of policy */
	const char *label;		/* title of a single run in a report;
					 * NULL: the policy's name */
};

/** uiommufd_lab_design_init - the defaults. */
void uiommufd_lab_design_init(struct uiommufd_lab_design *design) UIOMMUFD_API;

/**
 * uiommufd_lab_design_load - take what [design] in a profile file says.
 * @path: as for uiommufd_lab_profile_load(); without [design] nothing changes
 * @design: its strings live on until the process ends
 *
 * Return: 0; -1 with a message that names the file and the key.
 */
int uiommufd_lab_design_load(const char *path,
			     struct uiommufd_lab_design *design,
			     char **out_error) UIOMMUFD_API;

/**
 * uiommufd_lab_design_check - can it be run?
 *
 * Return: 0; -1 with a message that names the member.
 */
int uiommufd_lab_design_check(const struct uiommufd_lab_design *design,
			      char **out_error) UIOMMUFD_API;

/* --- results ---------------------------------------------------------------- */

struct uiommufd_lab_percentiles {
	uint64_t samples;
	double mean_ps;
	uint64_t p50_ps, p90_ps, p99_ps, p999_ps, max_ps;
};

/* All sums are exact: times are integers. */
struct uiommufd_lab_result {
	bool partial;			/* interrupted */
	uint64_t elapsed_ps;
	uint64_t lists;			/* invalidations completed */
	uint64_t commands;		/* executed by the device */
	uint64_t syncs;
	uint64_t doorbells;		/* PROD writes that reached hardware */
	uint64_t mmio_reads;
	uint64_t mmio_writes;
	uint64_t exits;
	uint64_t ioctls;
	uint64_t contended;		/* waits for another CPU's cache line */
	uint64_t interrupts;
	uint64_t errors;		/* commands that stopped a queue */
	uint64_t refused;		/* trapped and refused by the driver */
	uint64_t events;		/* of the simulation */
	struct uiommufd_lab_percentiles latency; /* of an invalidation */
	uint64_t phase_ps[UIOMMUFD_LAB_PHASES];
	uint64_t invalidating_ps;	/* sum over lists; equals the phases' */
	uint64_t slowest_lists;		/* the slowest hundredth of all, */
	uint64_t slowest_ps;		/* and the sum of their time: */
	uint64_t slowest_phase_ps[UIOMMUFD_LAB_PHASES];
	uint64_t other_ps;		/* CPUs doing something else */
	uint64_t cpu_ps;		/* all CPUs, start to their end */
	uint64_t device_busy_ps;	/* the back end executing */
	uint64_t in_system_ps;		/* integral of lists being worked on */
	uint64_t occupancy_ps;		/* integral of commands in all queues */
	uint64_t occupancy_max;		/* of one queue, in commands */
	unsigned int queues;		/* that had commands */
	struct uiommufd_lab_trace *trace; /* owned; NULL without */
};

/* Called now and then; false interrupts. */
typedef bool (*uiommufd_lab_progress)(void *arg, uint64_t done, uint64_t total);

/**
 * uiommufd_lab_run - simulate.
 * @progress: may be NULL
 *
 * Return: a result, freed by uiommufd_lab_result_free(); NULL with a message.
 */
struct uiommufd_lab_result *
uiommufd_lab_run(const struct uiommufd_lab_profile *profile,
		 const struct uiommufd_lab_design *design,
		 uiommufd_lab_progress progress, void *arg, char **out_error)
	UIOMMUFD_API;

/**
 * uiommufd_lab_measure - the same design on the wall clock.
 *
 * Each CPU is a real thread that runs the policy's code; the queues are those of
 * the hardware model, whose engine is a thread, too, and are driven through
 * their registers.  What cannot be had here is left out: time between lists,
 * exits from a guest, the recorded gaps of a stream.  Trapped lists go to
 * @design->driver, one at a time.
 *
 * Of the result elapsed_ps, lists, commands, syncs, doorbells, mmio_reads,
 * mmio_writes, ioctls, contended, errors, refused, latency, invalidating_ps and
 * queues are measured; phases are not told apart.
 *
 * Return: a result, freed by uiommufd_lab_result_free(); NULL with a message: a
 * bad design, no memory, a list was trapped without a driver, or a queue did
 * not move for ten seconds.
 */
struct uiommufd_lab_result *
uiommufd_lab_measure(const struct uiommufd_lab_design *design,
		     uiommufd_lab_progress progress, void *arg,
		     char **out_error) UIOMMUFD_API;

/**
 * uiommufd_lab_result_check - is time conserved, are limits kept?
 * @profile: of the run, as @design
 *
 * The phases of all invalidations are the time spent on them; with what CPUs
 * did besides they are the CPUs' time; lists in the system, over time, are how
 * long they stayed (Little); the back end, CMD_SYNC slots, queues and CPUs do no
 * more than the profile and the design allow.  Reports check each of their
 * runs.  A partial result has no sums to check.
 *
 * Return: 0; -1 with a message that names the law and both figures.
 */
int uiommufd_lab_result_check(const struct uiommufd_lab_profile *profile,
			      const struct uiommufd_lab_design *design,
			      const struct uiommufd_lab_result *result,
			      char **out_error) UIOMMUFD_API;

/** uiommufd_lab_result_free - release a result; NULL is fine. */
void uiommufd_lab_result_free(struct uiommufd_lab_result *result) UIOMMUFD_API;

/**
 * uiommufd_lab_trace_write - what happened, for chrome://tracing or Perfetto.
 *
 * One track per CPU, per queue, and for interrupts.
 * Return: 0; -1 with errno from the file, or EINVAL (run without trace).
 */
int uiommufd_lab_trace_write(const struct uiommufd_lab_result *result,
			     FILE *out) UIOMMUFD_API;

/* Groups of tracks.  Queues: 0 is the SMMU's own, then VCMDQs from 1. */
enum uiommufd_lab_track {
	UIOMMUFD_LAB_CPU_TRACK,
	UIOMMUFD_LAB_QUEUE_TRACK,
	UIOMMUFD_LAB_INTERRUPT_TRACK,
	UIOMMUFD_LAB_TRACKS
};

/**
 * uiommufd_lab_trace_new - a trace of something else than a simulation.
 * @mode: what the groups of tracks are called by, as "Measured"; a constant
 * @clock: which clock the times are of; a constant
 *
 * Return: owned by the caller, never NULL.
 */
struct uiommufd_lab_trace *uiommufd_lab_trace_new(const char *mode,
						  const char *clock)
	UIOMMUFD_API;
/** uiommufd_lab_trace_free - release a trace; NULL is fine. */
void uiommufd_lab_trace_free(struct uiommufd_lab_trace *trace) UIOMMUFD_API;

/**
 * uiommufd_lab_trace_span - something took from @start_ps to @end_ps.
 * @trace: NULL: nothing is kept
 * @number: of the track in its group, below 65,536
 * @name: a constant
 *
 * After 400,000 spans the rest is only counted, interrupts a little later.  One
 * thread at a time.
 */
void uiommufd_lab_trace_span(struct uiommufd_lab_trace *trace,
			     enum uiommufd_lab_track track,
			     unsigned int number, const char *name,
			     uint64_t start_ps, uint64_t end_ps) UIOMMUFD_API;

/**
 * uiommufd_lab_trace_save - write it; see uiommufd_lab_trace_write().
 *
 * Return: 0; -1 with errno from the file.
 */
int uiommufd_lab_trace_save(const struct uiommufd_lab_trace *trace, FILE *out)
	UIOMMUFD_API;

/* --- reports ------------------------------------------------------------------ */

struct uiommufd_lab_report;

/**
 * uiommufd_lab_report_new - an empty report.
 * @title: copied
 *
 * Return: owned by the caller, never NULL.
 */
struct uiommufd_lab_report *uiommufd_lab_report_new(const char *title)
	UIOMMUFD_API;

/** uiommufd_lab_report_free - release a report; NULL is fine. */
void uiommufd_lab_report_free(struct uiommufd_lab_report *report) UIOMMUFD_API;

/* What longer jobs tell and ask. */
struct uiommufd_lab_watch {
	void *arg;
	/* @fraction of @what is done; false interrupts. */
	bool (*progress)(void *arg, const char *what, double fraction);
};

/**
 * uiommufd_lab_report_run - predict one design and add it.
 * @watch: may be NULL
 *
 * Return: the result, owned by the report; NULL with a message.
 */
const struct uiommufd_lab_result *
uiommufd_lab_report_run(struct uiommufd_lab_report *report,
			const struct uiommufd_lab_profile *profile,
			const struct uiommufd_lab_design *design,
			const struct uiommufd_lab_watch *watch,
			char **out_error) UIOMMUFD_API;

/**
 * uiommufd_lab_report_sweep - the design at other numbers of CPUs and queues,
 *	other batch sizes, and under the other policies of its side.
 *
 * What was done when interrupted stays.
 * Return: 0; 1 when interrupted; -1 with a message.
 */
int uiommufd_lab_report_sweep(struct uiommufd_lab_report *report,
			      const struct uiommufd_lab_profile *profile,
			      const struct uiommufd_lab_design *design,
			      const struct uiommufd_lab_watch *watch,
			      char **out_error) UIOMMUFD_API;

/**
 * uiommufd_lab_report_study - hold a profile against what is published.
 * @seed: of all runs
 * @sensitivity: halve and double each value, too
 *
 * For a guest: 70 to 90 % less time with direct queues than trapped.  For a
 * host: up to 20 % less with many queues than with one.
 *
 * Return: 0 inside both bands; 1 outside, 2 when interrupted; -1 with a message.
 */
int uiommufd_lab_report_study(struct uiommufd_lab_report *report,
			      const struct uiommufd_lab_profile *profile,
			      uint64_t seed, bool sensitivity,
			      const struct uiommufd_lab_watch *watch,
			      char **out_error) UIOMMUFD_API;

/* One of two things compared. */
struct uiommufd_lab_side {
	const char *name;		/* copied */
	const struct uiommufd_lab_profile *profile;
	const struct uiommufd_lab_design *design;
};

/**
 * uiommufd_lab_report_compare - B against A over several seeds.
 * @seeds: 2..1000
 *
 * Return: 0; 1 when interrupted; -1 with a message.
 */
int uiommufd_lab_report_compare(struct uiommufd_lab_report *report,
				const struct uiommufd_lab_side *a,
				const struct uiommufd_lab_side *b,
				unsigned int seeds,
				const struct uiommufd_lab_watch *watch,
				char **out_error) UIOMMUFD_API;

/* One figure of a run on the wall clock, by real threads. */
struct uiommufd_lab_measured {
	const char *what;		/* copied: the stream, or "batches" */
	unsigned int queues;
	unsigned int batch;		/* 0: as recorded */
	uint64_t commands;
	uint64_t duration_ns;
	uint64_t mmio_reads;
	uint64_t mmio_writes;
	uint64_t samples;		/* 0: no latencies */
	uint64_t p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
	const char *policy;		/* copied; NULL: "guest-direct" */
	unsigned int cpus;		/* threads; 0: not told */
	uint64_t lists;			/* invalidations; 0: not told */
};

/** uiommufd_lab_report_measured - add what was measured, told apart as such. */
void uiommufd_lab_report_measured(struct uiommufd_lab_report *report,
				  const struct uiommufd_lab_measured *row)
	UIOMMUFD_API;

/**
 * uiommufd_lab_report_measure - measure one design and add it as a row.
 * @watch: may be NULL
 *
 * Return: 0; 1 when interrupted: the row says what was done; -1 with a message,
 * as uiommufd_lab_measure().
 */
int uiommufd_lab_report_measure(struct uiommufd_lab_report *report,
				const struct uiommufd_lab_design *design,
				const struct uiommufd_lab_watch *watch,
				char **out_error) UIOMMUFD_API;

enum uiommufd_lab_format {
	UIOMMUFD_LAB_TEXT,
	UIOMMUFD_LAB_JSON,
	UIOMMUFD_LAB_CSV,
	UIOMMUFD_LAB_HTML,	/* one page that needs nothing else */
};

/**
 * uiommufd_lab_report_write - write what the report has.
 *
 * Return: 0; -1 with errno from the file, or EINVAL (no such format).
 */
int uiommufd_lab_report_write(const struct uiommufd_lab_report *report,
			      enum uiommufd_lab_format format, FILE *out)
	UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#ifdef G_DEFINE_AUTOPTR_CLEANUP_FUNC
typedef struct uiommufd_lab_profile uiommufd_lab_profile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(uiommufd_lab_profile, uiommufd_lab_profile_free)
typedef struct uiommufd_lab_result uiommufd_lab_result;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(uiommufd_lab_result, uiommufd_lab_result_free)
typedef struct uiommufd_lab_report uiommufd_lab_report;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(uiommufd_lab_report, uiommufd_lab_report_free)
#endif

#endif
