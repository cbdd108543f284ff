/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 and Tegra241 CMDQV hardware model: shape, speed, counters, faults.
 *
 * A platform of kind "smmuv3" has one SMMUv3; kind "tegra241" adds a CMDQV
 * block with many command queues (VCMDQs) in virtual interfaces (VINTFs).
 *
 * Queues are numbered as the hardware does: 0 .. VCMDQs-1, and
 * UIOMMUFD_QUEUE_MAIN for the SMMU's own.
 *
 * The engine consumes them.  Registers reached with readl()/writel() act at
 * once.  The mmap-able page 0 of a VINTF is shared memory: the model's own
 * state is the truth; at each scan it takes CONFIG, PROD, GERRORN and, while
 * the queue is disabled, CONS from the page, and rewrites every other cell.
 * Use __atomic loads and stores (or READ_ONCE/WRITE_ONCE) on it.
 *
 * int functions return 0, or -1 with errno; ENODEV when the platform has no such
 * hardware.
 *
 * Context: any thread while the platform lives, except where said.
 */
#ifndef UIOMMUFD_VCMDQ_H
#define UIOMMUFD_VCMDQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uiommufd_platform;

#define UIOMMUFD_QUEUE_MAIN (-1)
#define UIOMMUFD_QUEUE_ANY (-2)

/* CONS.ERR codes. */
enum uiommufd_command_error {
	UIOMMUFD_COMMAND_OK = 0,
	UIOMMUFD_COMMAND_ILLEGAL = 1,
	UIOMMUFD_COMMAND_FETCH_ABORT = 2,
	UIOMMUFD_COMMAND_ATC_TIMEOUT = 3, /* at the CMD_SYNC that learnt it */
	UIOMMUFD_COMMAND_ACCESS = 4,	/* guest queue: not its command or ID */
};

/* Who moves the queues. */
enum uiommufd_engine {
	/*
	 * A thread of the model's own.  When there is nothing to do it looks
	 * on for 50 us, then 128 times after 20 us, at last every
	 * idle_sleep_ns.  While it sleeps, a doorbell register write or
	 * uiommufd_kick() wakes it.  Stores to a VINTF page do not: they are
	 * seen at its next look.  On a virtual clock it sleeps until one of
	 * these two, without limit.
	 */
	UIOMMUFD_ENGINE_THREAD,
	/*
	 * The thread that triggers: a doorbell register write returns when the
	 * queue is empty or stopped.  Stores to a VINTF page are seen at the
	 * next uiommufd_kick() or uiommufd_vcmdq_step(), or when any register
	 * of that queue is accessed.  Interrupt handlers run in
	 * uiommufd_platform_interrupts() only.
	 */
	UIOMMUFD_ENGINE_INLINE,
	/*
	 * Nothing moves but in uiommufd_vcmdq_step(); interrupts as above.
	 * A driver that waits for a queue waits for another thread to step:
	 * boot with one of the others, then uiommufd_vcmdq_set_engine().
	 */
	UIOMMUFD_ENGINE_STEPPED,
};

/*
 * The hardware's shape and speed.  Fill with uiommufd_vcmdq_config_init() and
 * change what you like.  Times are in nanoseconds of the platform's clock.
 */
struct uiommufd_vcmdq_config {
	size_t size;			/* sizeof, set by _init */
	/* CMDQV geometry (PARAM); defaults 6, 7, 4: 64, 128, 16 */
	unsigned int log2_vintfs;	/* 0..6 */
	unsigned int log2_vcmdqs;	/* log2_vintfs..7; all VINTFs together */
	unsigned int log2_sids;		/* 0..4; per VINTF */
	unsigned int version;		/* PARAM.VER; default 1 */
	uint32_t config_reset;		/* CONFIG at reset; default 0x00020403 */
	bool guest_view;		/* HYP_OWN wired to 0 everywhere */
	/* SMMUv3 identification registers as software reads them */
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
	unsigned int log2_commands;	/* IDR1.CMDQS: 7..19; default 16 */
	unsigned int log2_events;	/* IDR1.EVTQS: 0..19; default 12 */
	/* engine */
	enum uiommufd_engine engine;
	unsigned int batch_commands;	/* per queue and turn; default 256 */
	uint64_t idle_sleep_ns;		/* longest sleep; default 1,000,000 */
	/* speed; 0 (default) means at once */
	uint64_t enable_latency_ns;	/* CONFIG to STATUS, CR0 to CR0ACK */
	uint64_t command_latency_ns;	/* each command */
	uint64_t atc_latency_ns;	/* a CMD_SYNC that waits for ATC_INV */
};

/** uiommufd_vcmdq_config_init - the defaults. */
void uiommufd_vcmdq_config_init(struct uiommufd_vcmdq_config *config)
	UIOMMUFD_API;

/**
 * uiommufd_vcmdq_step - let the hardware work by hand.
 * @max_commands: bound over all queues; UINT64_MAX for as many as there are
 *
 * Scans every enabled VINTF's page, then executes commands, batch_commands a
 * queue in turn, starting with the main queue and then by number.  A command
 * that still takes time (command_latency_ns) is not waited for.  For a platform whose
 * engine is a thread the caller works beside it.
 *
 * Return: commands executed, 0 without such hardware.
 */
uint64_t uiommufd_vcmdq_step(struct uiommufd_platform *platform,
			     uint64_t max_commands) UIOMMUFD_API;

/**
 * uiommufd_kick - tell the engine that a VINTF page was written.
 *
 * THREAD: wakes it.  INLINE: does the work before it returns.  STEPPED:
 * nothing.  With THREAD on a wall clock it only saves time.
 */
void uiommufd_kick(struct uiommufd_platform *platform) UIOMMUFD_API;

/**
 * uiommufd_vcmdq_set_engine - change who moves the queues.
 *
 * Who runs interrupt handlers stays: by themselves on a platform that was made
 * with THREAD, else in uiommufd_platform_interrupts().
 *
 * Return: 0; -1 with EINVAL, ENODEV or ENOMEM (no thread).
 */
int uiommufd_vcmdq_set_engine(struct uiommufd_platform *platform,
			      enum uiommufd_engine engine) UIOMMUFD_API;

/* --- seeing ------------------------------------------------------------- */

struct uiommufd_vcmdq_counters {
	uint64_t commands;		/* executed; CMD_SYNC included */
	uint64_t opcode[256];		/* the same by opcode */
	uint64_t syncs;
	uint64_t doorbells;		/* PROD changes seen, register or page */
	uint64_t errors;		/* queue errors raised */
	uint64_t error_code[8];		/* the same by CONS.ERR */
	uint64_t msi_writes;		/* CMD_SYNC completions into memory */
	uint64_t atc_timeouts_dropped;	/* by a CMD_SYNC on the main queue */
	uint64_t mmio_reads;
	uint64_t mmio_writes;
	uint64_t guest_errors;		/* of both register blocks */
	uint64_t interrupts;		/* CMDQV error interrupts raised */
	uint64_t smmu_interrupts;
	uint64_t events;		/* records written */
	uint64_t events_lost;		/* event queue full, off or unreachable */
	uint64_t scans;			/* looks at the VINTF pages */
	uint64_t scrubbed;		/* page cells found overwritten */
};

/**
 * uiommufd_vcmdq_read_counters - counters since the platform was made.
 * @queue: one queue (only the first eight members are its own, the others 0),
 *	or UIOMMUFD_QUEUE_ANY for the sum and everything
 *
 * Return: 0; -1 with ENODEV or EINVAL (no such queue).
 */
int uiommufd_vcmdq_read_counters(struct uiommufd_platform *platform, int queue,
				 struct uiommufd_vcmdq_counters *out)
	UIOMMUFD_API;

/* A command as executed: word[] after VMID and StreamID substitution. */
struct uiommufd_vcmdq_command {
	uint64_t word[2];
	uint64_t raw[2];		/* as fetched */
	int queue;
	int vintf;			/* -1 for the main queue */
	uint32_t position;		/* CONS: index and wrap bit */
	enum uiommufd_command_error error; /* refused, with this code */
};

typedef void (*uiommufd_vcmdq_observer)(
	void *arg, const struct uiommufd_vcmdq_command *command);

/**
 * uiommufd_vcmdq_observe - see each command right after it took effect.
 * @observer: called on the thread that executes, one command at a time per
 *	queue, and must not call back into this header; NULL ends it
 *
 * Costs a call per command while installed.  After it was ended, no call is
 * running.  Return: 0; -1 with ENODEV.
 */
int uiommufd_vcmdq_observe(struct uiommufd_platform *platform,
			   uiommufd_vcmdq_observer observer, void *arg)
	UIOMMUFD_API;

struct uiommufd_vcmdq_state {
	bool mapped;			/* main queue: always */
	bool enabled;			/* STATUS says so */
	bool stopped;			/* by an error not yet acknowledged */
	int vintf;			/* -1 if unmapped or the main queue */
	int lvcmdq;
	unsigned int log2_size;
	uint64_t base;			/* physical address of entry 0 */
	uint32_t prod;
	uint32_t cons;			/* without ERR */
	enum uiommufd_command_error error; /* CONS.ERR */
	uint32_t gerror;
	uint32_t gerrorn;
};

/**
 * uiommufd_vcmdq_read_state - one queue as it is now.
 *
 * Return: 0; -1 with ENODEV or EINVAL (no such queue).
 */
int uiommufd_vcmdq_read_state(struct uiommufd_platform *platform, int queue,
			      struct uiommufd_vcmdq_state *out) UIOMMUFD_API;

/**
 * uiommufd_vcmdq_registers - the CMDQV's register block.
 *
 * Return: owned by the platform; NULL if it has none.
 */
struct uiommufd_mmio *
uiommufd_vcmdq_registers(struct uiommufd_platform *platform) UIOMMUFD_API;
/**
 * uiommufd_smmu_registers - the SMMU's register block.
 *
 * Return: owned by the platform; NULL if it has none.
 */
struct uiommufd_mmio *
uiommufd_smmu_registers(struct uiommufd_platform *platform) UIOMMUFD_API;
/**
 * uiommufd_vcmdq_base - where the CMDQV's registers are.
 *
 * Return: the physical address, 0 if there is none.
 */
uint64_t uiommufd_vcmdq_base(struct uiommufd_platform *platform) UIOMMUFD_API;
/**
 * uiommufd_smmu_base - where the SMMU's registers are.
 *
 * Return: the physical address, 0 if there is none.
 */
uint64_t uiommufd_smmu_base(struct uiommufd_platform *platform) UIOMMUFD_API;

/* --- what invalidation works on ----------------------------------------- */

/* A cached translation.  In an ATC the tag is the StreamID, else VMID/ASID. */
struct uiommufd_translation {
	uint16_t vmid;
	uint16_t asid;
	uint32_t stream_id;
	uint32_t ssid;
	bool ssid_valid;
	bool global;			/* IOTLB: any ASID */
	bool stage2;			/* IOTLB: tagged by VMID only, IPA */
	bool el2;			/* IOTLB: EL2 regime, no VMID */
	uint64_t address;		/* IOVA, page aligned */
	uint64_t phys;
	unsigned int log2_page;		/* 12, 14, 16, 21, ... */
};

enum uiommufd_cache {
	UIOMMUFD_CACHE_IOTLB,
	UIOMMUFD_CACHE_ATC,
	UIOMMUFD_CACHE_CONFIG,		/* stream table and context entries */
};

/**
 * uiommufd_cache_fill - a translation (or, for CONFIG, a StreamID with its
 *	SSID) enters a cache, as a device's access would make it.
 *
 * Caches are finite and may drop an old entry for it.
 *
 * Return: 0; -1 with ENODEV, ENOMEM or EINVAL (not page aligned, page size).
 */
int uiommufd_cache_fill(struct uiommufd_platform *platform,
			enum uiommufd_cache cache,
			const struct uiommufd_translation *entry) UIOMMUFD_API;

/**
 * uiommufd_cache_find - is there an entry with this tag covering the address?
 * @entry: tag and address in; on a hit the whole entry out
 *
 * Return: 1 or 0; -1 with ENODEV.
 */
int uiommufd_cache_find(struct uiommufd_platform *platform,
			enum uiommufd_cache cache,
			struct uiommufd_translation *entry) UIOMMUFD_API;

/**
 * uiommufd_cache_count - how much a cache holds.
 *
 * Return: live entries; 0 without such hardware.
 */
uint64_t uiommufd_cache_count(struct uiommufd_platform *platform,
			      enum uiommufd_cache cache) UIOMMUFD_API;

/* --- events and faults --------------------------------------------------- */

/**
 * uiommufd_smmu_event - the SMMU writes a record to its event queue.
 * @record: four words, layout of an SMMUv3 event
 *
 * Return: 0; -1 with ENODEV, EAGAIN (queue off) or ENOSPC (full: overflow is
 * flagged to the driver).
 */
int uiommufd_smmu_event(struct uiommufd_platform *platform,
			const uint64_t record[4]) UIOMMUFD_API;

enum uiommufd_fault_kind {
	/* The command is executed as if its opcode were unknown. */
	UIOMMUFD_FAULT_ILLEGAL_COMMAND,
	/* Reading the command from memory fails. */
	UIOMMUFD_FAULT_FETCH_ABORT,
	/* An ATC_INV is never answered; the queue's next CMD_SYNC reports. */
	UIOMMUFD_FAULT_ATC_TIMEOUT,
	/* STATUS or an ACK register does not follow, until cleared. */
	UIOMMUFD_FAULT_STUCK_ENABLE,
	/* An interrupt that should be raised is not. */
	UIOMMUFD_FAULT_LOST_INTERRUPT,
	/* An interrupt is raised now, with nothing to report. */
	UIOMMUFD_FAULT_SPURIOUS_INTERRUPT,
	/* Each command takes delay_ns more. */
	UIOMMUFD_FAULT_SLOW,
	/*
	 * An operand arrives as a value that the command does not have: the
	 * largest of CMD_SYNC's CS, of ATC_INV's Size, of a response; any
	 * other command is refused as if it had one.
	 */
	UIOMMUFD_FAULT_ILLEGAL_OPERAND,
	/*
	 * A TLBI, CFGI or ATC_INV completes without having invalidated
	 * anything: broken hardware, for the law of dma.h to find.
	 */
	UIOMMUFD_FAULT_LOST_INVALIDATION,
};

/* Which enable a STUCK_ENABLE holds up. */
enum uiommufd_fault_unit {
	UIOMMUFD_UNIT_QUEUE,
	UIOMMUFD_UNIT_VINTF,
	UIOMMUFD_UNIT_CMDQV,
	UIOMMUFD_UNIT_SMMU,		/* CR0ACK, IRQ_CTRLACK; its interrupts */
};

struct uiommufd_fault {
	size_t size;			/* sizeof */
	enum uiommufd_fault_kind kind;
	enum uiommufd_fault_unit unit;
	int number;			/* queue (or VINTF); _ANY for each */
	bool match_opcode;
	uint8_t opcode;			/* only commands with this one */
	uint64_t skip;			/* let this many chances pass first */
	uint64_t times;			/* then strike so often; 0: for ever */
	uint64_t delay_ns;
};

/**
 * uiommufd_fault_inject - arm a fault.
 *
 * Up to 32 at a time.  Faults are judged in the order of arming; the first one
 * that strikes decides.
 *
 * Return: a handle >= 0; -1 with ENODEV, EINVAL or ENOSPC.
 */
int uiommufd_fault_inject(struct uiommufd_platform *platform,
			  const struct uiommufd_fault *fault) UIOMMUFD_API;
/**
 * uiommufd_fault_parse - a fault from a line of text.
 * @spec: KIND[,KEY=VALUE]...; kinds illegal-opcode, illegal-operand,
 *	fetch-abort, atc-timeout, stuck-enable, lost-interrupt,
 *	spurious-interrupt, slow, lost-invalidation; keys queue (a number, main
 *	or any), vintf, unit (queue, vintf, cmdqv, smmu), opcode, skip, times
 *	(default 1, slow: 0), delay (ns; default 1000 for slow)
 * @out: written on success only
 * @out_why: if not NULL, a static text about what is wrong, or NULL
 *
 * Return: 0; -1 with EINVAL.
 */
int uiommufd_fault_parse(const char *spec, struct uiommufd_fault *out,
			 const char **out_why) UIOMMUFD_API;
/**
 * uiommufd_fault_name - the word for a kind, as above.
 *
 * Return: a static text; NULL for no kind.
 */
const char *uiommufd_fault_name(enum uiommufd_fault_kind kind) UIOMMUFD_API;
/**
 * uiommufd_fault_random - the next fault of a sequence.
 * @seed: any number first; moved on
 * @out: a fault of any kind but LOST_INVALIDATION that strikes 1 to 4 times,
 *	so that software which handles errors gets over it
 *
 * One error Linux's way of handling does not get over: an illegal CMD_SYNC of the
 * SMMU's own queue that somebody waits for in memory.  The CMD_SYNC that takes its
 * place writes no message, so the wait ends with ETIMEDOUT after a second.
 *
 * The same seed gives the same faults.
 */
void uiommufd_fault_random(uint64_t *seed, struct uiommufd_fault *out)
	UIOMMUFD_API;
/**
 * uiommufd_fault_hits - how often a fault has struck.
 *
 * Return: the number; 0 for a free handle.
 */
uint64_t uiommufd_fault_hits(struct uiommufd_platform *platform, int handle)
	UIOMMUFD_API;
/**
 * uiommufd_fault_clear - disarm one fault, or all with -1.
 *
 * Units that were stuck go on.
 * Return: 0; -1 with ENODEV or EINVAL.
 */
int uiommufd_fault_clear(struct uiommufd_platform *platform, int handle)
	UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
