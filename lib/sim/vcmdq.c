/* SPDX-License-Identifier: MIT */
/*
 * Looking at the hardware from outside: configuration, counters, state,
 * caches, events.
 */
#include <errno.h>
#include <linux/bits.h>
#include <linux/limits.h>
#include <string.h>
#include <uik/machine.h>
#include "sim.h"
#include "walk.h"

/*
 * What software sees of the SMMU: both stages, AArch64 tables, coherent walks,
 * dirty and access flags, EL2, ATS, 16-bit ASIDs and VMIDs, MSIs, two-level
 * tables, little-endian, stalls; no SEV (spec/70 section 6.3), no PRI.
 */
#define DEFAULT_IDR0                                                       \
	(BIT(0) | BIT(1) | 2u << 2 | BIT(4) | 2u << 6 | BIT(9) | BIT(10) | \
	 BIT(12) | BIT(13) | BIT(18) | BIT(19) | 2u << 21 | 1u << 27)
/* 20-bit StreamIDs and SSIDs; the queue sizes have members of their own. */
#define DEFAULT_IDR1 (20u | 20u << 6)
/* Forced write-back, range invalidation, BBM level 2. */
#define DEFAULT_IDR3 (BIT(8) | BIT(10) | 2u << 11)
/* 48-bit output, all granules, 128 stalls. */
#define DEFAULT_IDR5 (5u | BIT(4) | BIT(5) | BIT(6) | 128u << 16)
/* Not Arm: its errata do not apply. */
#define DEFAULT_IIDR 0x0000036bu
#define DEFAULT_AIDR 0x00000001u

void uiommufd_vcmdq_config_init(struct uiommufd_vcmdq_config *config)
{
	*config = (struct uiommufd_vcmdq_config){
		.size = sizeof(*config),
		.log2_vintfs = 6,
		.log2_vcmdqs = 7,
		.log2_sids = 4,
		.version = 1,
		.config_reset = 0x00020403,
		.idr = { DEFAULT_IDR0, DEFAULT_IDR1, 0, DEFAULT_IDR3, 0,
			 DEFAULT_IDR5 },
		.iidr = DEFAULT_IIDR,
		.aidr = DEFAULT_AIDR,
		.log2_commands = 16,
		.log2_events = 12,
		.engine = UIOMMUFD_ENGINE_THREAD,
		.batch_commands = 256,
		.idle_sleep_ns = 1000000,
	};
}

static struct sim *sim_or_errno(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	if (!sim)
		errno = ENODEV;
	return sim;
}

static struct sim_queue *queue_by_number(struct sim *sim, int queue)
{
	if (queue == UIOMMUFD_QUEUE_MAIN)
		return sim_main_queue(sim);
	if (queue >= 0 && queue < (int)sim->vcmdqs)
		return sim_vcmdq(sim, queue);
	errno = EINVAL;
	return NULL;
}

/* --- counters -------------------------------------------------------------*/

static void add_queue(struct sim_queue *queue,
		      struct uiommufd_vcmdq_counters *out)
{
	const struct queue_counters *from = &queue->counters;

	spin_lock(&queue->lock);
	for (unsigned int slot = 1; slot < OPCODE_SLOTS; slot++) {
		out->opcode[command_slot_opcode(slot)] += from->slot[slot];
		out->commands += from->slot[slot];
	}
	out->doorbells += from->doorbells;
	out->errors += from->errors;
	for (int code = 0; code < 8; code++)
		out->error_code[code] += from->error_code[code];
	out->msi_writes += from->msi_writes;
	out->atc_timeouts_dropped += from->timeouts_dropped;
	spin_unlock(&queue->lock);
	out->syncs = out->opcode[CMD_SYNC];
}

static void add_block(const struct uiommufd_mmio *mmio,
		      struct uiommufd_vcmdq_counters *out)
{
	struct uiommufd_mmio_counters counters;

	uiommufd_mmio_read_counters(mmio, &counters);
	out->mmio_reads += counters.reads;
	out->mmio_writes += counters.writes;
	out->guest_errors += counters.guest_errors;
}

static u64 relaxed(const u64 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void add_all(struct sim *sim, struct uiommufd_vcmdq_counters *out)
{
	for (u32 i = 0; i <= sim->vcmdqs; i++)
		add_queue(&sim->queue[i], out);
	add_block(sim->smmu, out);
	if (sim->cmdqv)
		add_block(sim->cmdqv, out);
	out->interrupts = relaxed(&sim->interrupts);
	out->smmu_interrupts = relaxed(&sim->smmu_interrupts);
	out->scans = relaxed(&sim->scans);
	out->scrubbed = relaxed(&sim->scrubbed);
	spin_lock(&sim->event_lock);
	out->events = sim->events;
	out->events_lost = sim->events_lost;
	spin_unlock(&sim->event_lock);
}

int uiommufd_vcmdq_read_counters(struct uiommufd_platform *platform, int queue,
				 struct uiommufd_vcmdq_counters *out)
{
	struct sim *sim = sim_or_errno(platform);
	struct sim_queue *one;

	if (!sim)
		return -1;
	memset(out, 0, sizeof(*out));
	if (queue == UIOMMUFD_QUEUE_ANY) {
		add_all(sim, out);
		return 0;
	}
	one = queue_by_number(sim, queue);
	if (!one)
		return -1;
	add_queue(one, out);
	return 0;
}

/* --- state ----------------------------------------------------------------*/

static void read_vcmdq(struct sim_queue *queue,
		       struct uiommufd_vcmdq_state *out)
{
	out->mapped = queue->vintf >= 0;
	out->gerror = queue_get(queue, PAGE_GERROR);
	out->gerrorn = queue_get(queue, PAGE_GERRORN);
}

int uiommufd_vcmdq_read_state(struct uiommufd_platform *platform, int queue,
			      struct uiommufd_vcmdq_state *out)
{
	struct sim *sim = sim_or_errno(platform);
	struct sim_queue *q = sim ? queue_by_number(sim, queue) : NULL;
	u32 cons;

	if (!q)
		return -1;
	memset(out, 0, sizeof(*out));
	spin_lock(&q->lock);
	cons = queue_get(q, PAGE_CONS);
	out->enabled = q->enabled;
	out->stopped = q->stopped;
	out->vintf = q->vintf;
	out->lvcmdq = q->vintf < 0 ? -1 : q->lvcmdq;
	out->log2_size = q->log2_size;
	out->base = q->base;
	out->prod = queue_get(q, PAGE_PROD);
	out->cons = cons & QUEUE_INDEX_BITS;
	out->error = cons >> QUEUE_ERR_SHIFT & 0x7f;
	if (queue == UIOMMUFD_QUEUE_MAIN)
		out->mapped = true;
	else
		read_vcmdq(q, out);
	spin_unlock(&q->lock);
	return 0;
}

struct uiommufd_mmio *
uiommufd_vcmdq_registers(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	return sim ? sim->cmdqv : NULL;
}

struct uiommufd_mmio *
uiommufd_smmu_registers(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	return sim ? sim->smmu : NULL;
}

uint64_t uiommufd_vcmdq_base(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	return sim ? sim->cmdqv_phys : 0;
}

uint64_t uiommufd_smmu_base(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	return sim ? sim->smmu_phys : 0;
}

/* --- caches and events ----------------------------------------------------*/

static u8 iotlb_regime(const struct uiommufd_translation *entry)
{
	if (entry->el2)
		return REGIME_EL2;
	if (entry->stage2)
		return REGIME_S2;
	return entry->global ? REGIME_NH_GLOBAL : REGIME_NH;
}

static struct cache_tag tag_of(enum uiommufd_cache cache,
			       const struct uiommufd_translation *entry)
{
	struct cache_tag tag = { 0 };

	if (cache != UIOMMUFD_CACHE_IOTLB) {
		tag.regime = entry->ssid_valid ? REGIME_SUBSTREAM :
						 REGIME_STREAM;
		tag.id = entry->stream_id;
		tag.ssid = entry->ssid_valid ? entry->ssid : 0;
		return tag;
	}
	tag.regime = iotlb_regime(entry);
	if (tag.regime != REGIME_EL2)
		tag.vmid = entry->vmid;
	if (tag.regime == REGIME_NH || tag.regime == REGIME_EL2)
		tag.id = entry->asid;
	return tag;
}

static bool is_entry(enum uiommufd_cache cache,
		     const struct uiommufd_translation *entry)
{
	if ((unsigned int)cache > UIOMMUFD_CACHE_CONFIG)
		return false;
	if (cache == UIOMMUFD_CACHE_CONFIG)
		return true;
	return entry->log2_page >= 12 && entry->log2_page < 52 &&
	       !(entry->address & ((1ull << entry->log2_page) - 1));
}

int uiommufd_cache_fill(struct uiommufd_platform *platform,
			enum uiommufd_cache cache,
			const struct uiommufd_translation *entry)
{
	struct sim *sim = sim_or_errno(platform);
	bool config = cache == UIOMMUFD_CACHE_CONFIG;
	struct uik_machine *previous;
	struct cache_tag tag;
	int rc;

	if (!sim)
		return -1;
	if (!is_entry(cache, entry)) {
		errno = EINVAL;
		return -1;
	}
	tag = tag_of(cache, entry);
	previous = uik_enter(sim->machine);
	rc = cache_insert(&sim->cache[cache], &tag,
			  config ? 12 : entry->log2_page,
			  config ? 0 : entry->address,
			  entry->phys | WALK_READ | WALK_WRITE);
	uik_leave(previous);
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}

int uiommufd_cache_find(struct uiommufd_platform *platform,
			enum uiommufd_cache cache,
			struct uiommufd_translation *entry)
{
	struct sim *sim = sim_or_errno(platform);
	bool config = cache == UIOMMUFD_CACHE_CONFIG;
	struct cache_tag tag;
	unsigned int log2_page;
	u64 phys;

	if (!sim)
		return -1;
	if ((unsigned int)cache > UIOMMUFD_CACHE_CONFIG)
		return 0;
	tag = tag_of(cache, entry);
	if (!cache_lookup(&sim->cache[cache], &tag, config ? 0 : entry->address,
			  &phys, &log2_page))
		return 0;
	if (config)
		return 1;
	entry->phys = phys & ~(u64)(WALK_READ | WALK_WRITE);
	entry->log2_page = log2_page;
	entry->address &= ~((1ull << log2_page) - 1);
	return 1;
}

uint64_t uiommufd_cache_count(struct uiommufd_platform *platform,
			      enum uiommufd_cache cache)
{
	struct sim *sim = platform_sim(platform);

	if (!sim || (unsigned int)cache > UIOMMUFD_CACHE_CONFIG)
		return 0;
	return cache_live(&sim->cache[cache]);
}

int uiommufd_smmu_event(struct uiommufd_platform *platform,
			const uint64_t record[4])
{
	struct sim *sim = sim_or_errno(platform);
	u64 copy[4] = { record[0], record[1], record[2], record[3] };
	struct uik_machine *previous;
	int rc;

	if (!sim)
		return -1;
	previous = uik_enter(sim->machine);
	rc = smmu_event(sim, copy);
	uik_leave(previous);
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}
