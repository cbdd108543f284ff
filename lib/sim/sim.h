/* SPDX-License-Identifier: MIT */
/*
 * The hardware of one platform: an SMMUv3 and, beside it or not, a CMDQV.
 *
 * Lock order: config_lock, queue.lock, map_lock | event_lock | a cache's.
 * devices.lock comes after queue.lock and before a cache's.  fault.lock is
 * innermost.  All are spinlocks; nothing sleeps under them.
 *
 *   config_lock   the three-level enable handshakes, the allocation map
 *   queue.lock    one queue (queue.h)
 *   map_lock      error maps, pending interrupts
 *   event_lock    the event queue's write side
 *
 * Interrupts are noted under locks and delivered after the last one is dropped.
 */
#ifndef UIK_SIM_SIM_H
#define UIK_SIM_SIM_H

#include <linux/types.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <uik/pin.h>
#include <uiommufd/platform.h>
#include <uiommufd/vcmdq.h>
#include "kit/pages.h"
#include "cache.h"
#include "command.h"
#include "mmio.h"
#include "queue.h"

#define MAX_VINTFS 64
#define MAX_VCMDQS 128
#define MAX_SIDS 16
#define VINTF_PAGE_BYTES 0x10000
#define SLOT_BYTES 0x80
#define MAX_FAULTS 32

struct engine;
struct devices;
struct law;

enum sim_line { SIM_LINE_EVENTQ, SIM_LINE_GERROR, SIM_LINE_CMDQV, SIM_LINES };

/* Why a trigger is more than a store; lines to deliver are bits 0 and up. */
#define ATTENTION_LINES ((1u << SIM_LINES) - 1)
#define ATTENTION_INLINE (1u << 8)		/* the triggering thread works */
#define ATTENTION_RESTING (1u << 9)	/* the engine waits for a trigger */
#define ATTENTION_VIRTUAL (1u << 10)	/* the clock is virtual */

struct sim_vintf {
	struct sim *sim;		/* constant */
	struct sim_enable enable;	/* config_lock */
	u16 vmid;			/* latched by enabling */
	bool hyp_own;
	bool held_interrupt;		/* map_lock: happened while masked */
	u8 *page;			/* page 0, borrowed from the machine */
	u8 logical[MAX_VCMDQS];		/* LVCMDQ to 1 + VCMDQ; atomic */
	u32 scrub_at;			/* next byte of the page to look at */
};

struct armed_fault {
	struct uiommufd_fault what;
	bool armed;
	u64 chances;
	u64 hits;
};

struct faults {
	spinlock_t lock;
	u32 kinds;			/* mask of armed kinds; atomic */
	struct armed_fault fault[MAX_FAULTS];
};

struct sim {
	struct uik_machine *machine;	/* borrowed, outlives us */
	struct uiommufd_vcmdq_config config;
	struct uiommufd_mmio *smmu;	/* owned */
	struct uiommufd_mmio *cmdqv;	/* owned; NULL without one */
	u64 smmu_phys;
	u64 cmdqv_phys;
	int irq[SIM_LINES];		/* 0: not wired */
	u32 attention;			/* ATTENTION_*; atomic */
	enum uiommufd_engine mode;	/* engine's; atomic */
	bool virtual_clock;
	u32 vintfs;
	u32 vcmdqs;
	u32 sids;
	bool slow;			/* faults, latency or observer; atomic */
	bool moving;			/* a handshake is on its way; atomic */
	u32 timeouts;			/* queues with atc_timeout; atomic */
	u8 host_permit[256];
	u8 guest_permit[256];

	spinlock_t config_lock;
	struct sim_enable enable;	/* the CMDQV as a whole */
	bool touched;			/* CONFIG was written since reset */
	struct sim_enable cr0;
	struct sim_enable irq_ctrl;
	struct sim_vintf vintf[MAX_VINTFS];

	spinlock_t map_lock;
	u64 interrupts;			/* atomic */
	u64 smmu_interrupts;		/* atomic */

	spinlock_t event_lock;
	u64 events;
	u64 events_lost;

	struct cache cache[3];		/* by enum uiommufd_cache */
	struct devices *devices;	/* owned; NULL until the first DMA; atomic */
	struct law *law;		/* owned; NULL until it was on; atomic */
	bool law_on;			/* atomic */
	struct faults faults;
	uiommufd_vcmdq_observer observer; /* atomic; see observe.c */
	void *observer_arg;
	struct engine *engine;		/* owned */
	u64 scans;			/* atomic */
	u64 scrubbed;			/* atomic */
	u64 mapped[MAX_VCMDQS / 64];	/* bit per mapped VCMDQ; atomic */
	u8 *pages;			/* all VINTF pages, machine's */
	struct uiommufd_mmio_register *smmu_rows; /* owned */
	struct uiommufd_mmio_register *cmdqv_rows; /* owned */
	struct uiommufd_mmio_block smmu_block;
	struct uiommufd_mmio_block cmdqv_block;
	struct uiommufd_mmio_alias cmdqv_alias;
	u16 *alias_slots;		/* owned; what VINTF pages show */
	struct sim_queue *queue;	/* owned: main, then VCMDQs */
};

static inline struct sim_queue *sim_main_queue(struct sim *sim)
{
	return &sim->queue[0];
}

static inline struct sim_queue *sim_vcmdq(struct sim *sim, u32 number)
{
	return &sim->queue[1 + number];
}

struct sim *sim_new(struct uik_machine *machine,
		    const struct uiommufd_vcmdq_config *config, bool cmdqv,
		    bool virtual_clock);
void sim_free(struct sim *sim);
/* What it has allocated since it was made: caches, devices, law. */
void sim_blocks(const struct sim *sim, u64 *out_blocks, u64 *out_bytes);
/* Latency, fault or observer: recompute whether the fast path may be taken. */
void sim_update_slow(struct sim *sim);

/*
 * interrupt.c.  Raising only notes the edge, so it may be done under any lock;
 * delivering hands it to the kit, where a driver's handler may run at once.
 */
void sim_raise(struct sim *sim, enum sim_line line);
/* Whether there was any. */
bool sim_deliver(struct sim *sim);

/* handshake.c */
bool enable_drive(struct sim *sim, struct sim_enable *enable, u32 want,
		  enum uiommufd_fault_unit unit, int number, bool blocked);

/* dma.c: false when no memory answers at that address. */
static inline bool sim_dma_read(struct sim *sim, u64 phys, void *to,
				size_t bytes)
{
	return !uik_phys_read(sim->machine, phys, to, bytes);
}

/* For uik_raw_*() only; NULL: read it. */
static inline const void *sim_dma_known(struct sim *sim, u64 phys, size_t bytes)
{
	return phys_known(sim->machine, phys, bytes);
}

bool sim_dma_write(struct sim *sim, u64 phys, const void *from, size_t bytes);
bool sim_dma_write32(struct sim *sim, u64 phys, u32 value);

/* device.c: a CMD_SYNC waits for accesses that are under way. */
void device_drain(struct sim *sim);
/* law.c: a command took effect; the queue's lock held. */
void law_command(struct sim_queue *queue, const struct sim_entry *executed);
void law_free(struct sim *sim);
extern const size_t device_bytes;
extern const size_t law_bytes;

/* fault.c */
void fault_init(struct sim *sim);
bool fault_strikes(struct sim *sim, enum uiommufd_fault_kind kind,
		   enum uiommufd_fault_unit unit, int number, int opcode,
		   u64 *out_delay_ns);

static inline bool fault_armed(const struct sim *sim,
			       enum uiommufd_fault_kind kind)
{
	return __atomic_load_n(&sim->faults.kinds, __ATOMIC_RELAXED) >> kind &
	       1;
}

/* smmu.c: builds the block and gives the main queue its cells. */
struct uiommufd_mmio *smmu_new(struct sim *sim);
void smmu_update(struct sim *sim);
void smmu_command_error(struct sim *sim);
/* A CMD_SYNC's message went nowhere. */
void smmu_message_abort(struct sim *sim);
int smmu_event(struct sim *sim, const u64 record[4]);
void smmu_stream_table(struct sim *sim, u64 *out_base, u32 *out_cfg);
bool smmu_translates(struct sim *sim, bool *out_flag);

/* cmdqv.c */
struct uiommufd_mmio *cmdqv_new(struct sim *sim);
void cmdqv_update(struct sim *sim);
void cmdqv_queue_error(struct sim_queue *queue, u32 gerror_bit);
void cmdqv_refresh_maps(struct sim_queue *queue);
bool cmdqv_replace_sid(struct sim *sim, int vintf, u32 vsid, u32 *out_sid);
void cmdqv_mirror_cons(struct sim_queue *queue, u32 value);
u64 cmdqv_mirror_address(const struct sim_queue *queue);

/* page.c */
void page_attach(struct sim_queue *queue, u32 *slot);
void page_detach(struct sim_queue *queue);
bool page_pull(struct sim_queue *queue);
void page_scrub(struct sim *sim, struct sim_vintf *vintf, u32 bytes);

/* engine.c */
int engine_start(struct sim *sim, enum uiommufd_engine mode);
void engine_stop(struct sim *sim);
/* After a trigger, with no lock held: the engine's mode decides what runs. */
void engine_trigger_slow(struct sim *sim, struct sim_queue *queue);
/*
 * One look at everything; returns commands executed.  @out_more: whether it left
 * anything that the next look finds, unless software adds to it.
 */
u64 engine_pass(struct sim *sim, u64 max_commands, bool *out_more);

/*
 * A wake-up lost because resting is seen too late costs one idle_sleep_ns on
 * a wall clock.  On a virtual clock the engine rests without limit, so there
 * the slow path looks again behind a barrier.
 */
static inline void engine_trigger(struct sim *sim, struct sim_queue *queue)
{
	if (uik_unlikely(__atomic_load_n(&sim->attention, __ATOMIC_RELAXED)))
		engine_trigger_slow(sim, queue);
}

/* observe.c */
void observe_command(struct sim_queue *queue, const struct sim_entry *raw,
		     const struct sim_entry *executed,
		     enum uiommufd_command_error error);

/* platform.c */
struct sim *platform_sim(struct uiommufd_platform *platform);

#endif
