/* SPDX-License-Identifier: MIT */
/*
 * Devices that access memory through the SMMU.
 *
 * An access looks its translation up under devices.lock and transfers before it
 * drops the lock; a CMD_SYNC takes the lock once, so it completes after the
 * accesses that were under way.
 *
 * What is not cached is walked for without the lock.  With it, it is put into
 * the cache and walked for once more: if the tables say something else by then,
 * it goes out again before anybody uses it.  So an invalidation between the
 * first walk and the filling is not missed: whoever invalidates has changed the
 * tables before.
 */
#include "device.h"

#include <errno.h>
#include <asm/barrier.h>
#include <linux/bitfield.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <string.h>
#include <uik/machine.h>

#define FILL_TRIES 64
#define EVENT_SSV BIT_ULL(11)
#define EVENT_READ BIT_ULL(35)
#define PHYS_RIGHTS ((u64)(WALK_READ | WALK_WRITE))

const size_t device_bytes = sizeof(struct devices);

void device_drain(struct sim *sim)
{
	struct devices *devices = READ_ONCE(sim->devices);

	spin_lock(&devices->lock);
	spin_unlock(&devices->lock);
}

/* Engines that look for it under a queue's lock see it from now on. */
static int start_devices(struct sim *sim)
{
	struct devices *devices = kvzalloc(sizeof(*devices), GFP_KERNEL);
	struct devices *none = NULL;

	if (!devices)
		return -ENOMEM;
	spin_lock_init(&devices->lock);
	if (!__atomic_compare_exchange_n(&sim->devices, &none, devices, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		kvfree(devices);
	for (u32 i = 0; i <= sim->vcmdqs; i++) {
		spin_lock(&sim->queue[i].lock);
		spin_unlock(&sim->queue[i].lock);
	}
	return 0;
}

/* --- the configuration cache ----------------------------------------------*/

static struct cache_tag stream_tag(const struct uiommufd_dma *dma)
{
	return (struct cache_tag){ .regime = REGIME_STREAM,
				   .id = dma->stream_id };
}

static struct cache_tag substream_tag(const struct uiommufd_dma *dma)
{
	return (struct cache_tag){
		.regime = REGIME_SUBSTREAM,
		.id = dma->stream_id,
		.ssid = dma->ssid_valid ? dma->ssid : 0,
	};
}

static struct device_config *config_slot(struct sim *sim,
					 const struct uiommufd_dma *dma)
{
	u32 key = dma->stream_id * 31 + dma->ssid * 7 + dma->ssid_valid;

	return &sim->devices->config[key % CONFIG_SLOTS];
}

static bool has(struct sim *sim, enum uiommufd_cache cache,
		const struct cache_tag *tag)
{
	unsigned int log2_page;
	u64 phys;

	return cache_lookup(&sim->cache[cache], tag, 0, &phys, &log2_page);
}

/* Both the stream's and, with a stage 1, the context's entry must be there. */
static bool find_config(struct sim *sim, const struct uiommufd_dma *dma,
			struct walk_config *out)
{
	struct device_config *slot = config_slot(sim, dma);
	struct cache_tag stream = stream_tag(dma);
	struct cache_tag substream = substream_tag(dma);

	if (!slot->used || slot->sid != dma->stream_id ||
	    slot->ssid_valid != dma->ssid_valid ||
	    (dma->ssid_valid && slot->ssid != dma->ssid))
		return false;
	if (!has(sim, UIOMMUFD_CACHE_CONFIG, &stream) ||
	    (slot->config.stage1 &&
	     !has(sim, UIOMMUFD_CACHE_CONFIG, &substream)))
		return false;
	*out = slot->config;
	return true;
}

static enum walk_fault configure(struct sim *sim,
				 const struct uiommufd_dma *dma,
				 struct walk_config *out)
{
	return walk_configure(sim, dma->stream_id, dma->ssid_valid, dma->ssid,
			      out);
}

static bool same_stage(const struct walk_stage *a, const struct walk_stage *b)
{
	return a->root == b->root && a->in_bits == b->in_bits &&
	       a->granule_shift == b->granule_shift &&
	       a->start_level == b->start_level;
}

static bool same_config(const struct walk_config *a,
			const struct walk_config *b)
{
	return a->stage1 == b->stage1 && a->stage2 == b->stage2 &&
	       a->ats == b->ats && a->el2 == b->el2 && a->vmid == b->vmid &&
	       a->asid == b->asid && same_stage(&a->s1, &b->s1) &&
	       same_stage(&a->s2, &b->s2);
}

static enum walk_fault fill_config(struct sim *sim,
				   const struct uiommufd_dma *dma,
				   struct walk_config *out)
{
	struct device_config *slot = config_slot(sim, dma);
	struct cache *cache = &sim->cache[UIOMMUFD_CACHE_CONFIG];
	struct cache_tag tags[2] = { stream_tag(dma), substream_tag(dma) };
	struct walk_config again;
	enum walk_fault fault = configure(sim, dma, out);

	if (fault)
		return fault;
	cache_prepare(cache, &tags[0], 12);
	cache_prepare(cache, &tags[1], 12);
	spin_lock(&sim->devices->lock);
	*slot = (struct device_config){
		.used = true, .sid = dma->stream_id, .ssid = dma->ssid,
		.ssid_valid = dma->ssid_valid, .config = *out,
	};
	for (int i = 0; i < 2; i++)
		cache_place(cache, &tags[i], 12, 0, 0);
	slot->used = !configure(sim, dma, &again) &&
		     same_config(&again, out);
	spin_unlock(&sim->devices->lock);
	return WALK_OK;
}

/* --- translations ----------------------------------------------------------*/

static struct cache_tag iotlb_tag(const struct walk_config *config, bool global)
{
	struct cache_tag tag = { .vmid = config->vmid, .id = config->asid };

	if (!config->stage1) {
		tag.regime = REGIME_S2;
		tag.id = 0;
	} else if (config->el2) {
		tag.regime = REGIME_EL2;
		tag.vmid = 0;
	} else if (global) {
		tag.regime = REGIME_NH_GLOBAL;
		tag.id = 0;
	} else {
		tag.regime = REGIME_NH;
	}
	return tag;
}

static struct cache_tag atc_tag(const struct uiommufd_dma *dma)
{
	return dma->ssid_valid ? substream_tag(dma) : stream_tag(dma);
}

static bool try_tag(struct sim *sim, struct device_hit *hit, u64 address)
{
	unsigned int log2_page;
	u64 phys;

	if (!cache_lookup(&sim->cache[hit->cache], &hit->tag, address, &phys,
			  &log2_page))
		return false;
	hit->log2_page = log2_page;
	hit->address = address & ~((1ull << log2_page) - 1);
	hit->phys = phys & ~PHYS_RIGHTS;
	hit->rights = phys & PHYS_RIGHTS;
	return true;
}

/* What no stage translates: the configuration alone is what was cached. */
static struct device_hit bypassed(const struct device_access *access)
{
	return (struct device_hit){
		.cache = UIOMMUFD_CACHE_CONFIG,
		.tag = stream_tag(access->dma),
		.address = access->address & ~0xfffull,
		.phys = access->address & ~0xfffull,
		.log2_page = 12,
		.rights = WALK_READ | WALK_WRITE,
	};
}

/* A device asks its ATC before it asks the SMMU. */
bool device_lookup(struct sim *sim, const struct device_access *access,
		   struct device_hit *out)
{
	const struct uiommufd_dma *dma = access->dma;
	struct walk_config config;

	if (!find_config(sim, dma, &config))
		return false;
	if (!config.stage1 && !config.stage2) {
		*out = bypassed(access);
		return true;
	}
	out->cache = UIOMMUFD_CACHE_ATC;
	out->tag = atc_tag(dma);
	if (config.ats && try_tag(sim, out, access->address))
		return true;
	out->cache = UIOMMUFD_CACHE_IOTLB;
	for (int global = 0; global <= config.stage1; global++) {
		out->tag = iotlb_tag(&config, global);
		if (try_tag(sim, out, access->address))
			return true;
	}
	return false;
}

static void drop(struct sim *sim, const struct device_hit *hit)
{
	cache_drop_range(&sim->cache[hit->cache], &hit->tag, hit->address,
			 hit->address);
}

static bool same_result(const struct walk_result *a,
			const struct walk_result *b)
{
	return a->phys == b->phys && a->log2_page == b->log2_page &&
	       a->rights == b->rights && a->global == b->global &&
	       a->in_stage2 == b->in_stage2;
}

/* With devices.lock held: in, unless the tables say something else by now. */
static void place(struct sim *sim, const struct device_access *access,
		  const struct walk_config *config,
		  const struct walk_result *found, const struct device_hit *hit)
{
	struct walk_result again;

	cache_place(&sim->cache[hit->cache], &hit->tag, hit->log2_page,
		    hit->address, hit->phys | hit->rights);
	if (walk_translate(sim, config, access->address, &again) ||
	    !same_result(&again, found))
		drop(sim, hit);
	else if (smp_load_acquire(&sim->law_on))
		law_filled(sim, hit);
}

/* Puts what the walk found where it belongs. */
static void fill(struct sim *sim, const struct device_access *access,
		 const struct walk_config *config,
		 const struct walk_result *found)
{
	struct device_hit hit = {
		.cache = UIOMMUFD_CACHE_IOTLB,
		.tag = iotlb_tag(config, found->global),
		.address = access->address & ~((1ull << found->log2_page) - 1),
		.phys = found->phys,
		.log2_page = found->log2_page,
		.rights = found->rights,
	};
	struct device_hit atc = hit;

	atc.cache = UIOMMUFD_CACHE_ATC;
	atc.tag = atc_tag(access->dma);
	cache_prepare(&sim->cache[hit.cache], &hit.tag, hit.log2_page);
	if (config->ats)
		cache_prepare(&sim->cache[atc.cache], &atc.tag, atc.log2_page);
	spin_lock(&sim->devices->lock);
	place(sim, access, config, found, &hit);
	if (config->ats)
		place(sim, access, config, found, &atc);
	spin_unlock(&sim->devices->lock);
}

static enum walk_fault miss(struct sim *sim, const struct device_access *access)
{
	struct walk_config config;
	struct walk_result found;
	enum walk_fault fault;
	bool known;

	spin_lock(&sim->devices->lock);
	known = find_config(sim, access->dma, &config);
	spin_unlock(&sim->devices->lock);
	fault = known ? WALK_OK : fill_config(sim, access->dma, &config);
	if (fault || (!config.stage1 && !config.stage2))
		return fault;
	fault = walk_translate(sim, &config, access->address, &found);
	if (!fault)
		fill(sim, access, &config, &found);
	return fault;
}

/* --- an access --------------------------------------------------------------*/

static int transfer(struct sim *sim, const struct device_access *access,
		    const struct device_hit *hit)
{
	u64 phys = hit->phys + (access->address - hit->address);
	bool ok;

	if (access->dma->write)
		ok = sim_dma_write(sim, phys, access->buffer, access->length);
	else
		ok = sim_dma_read(sim, phys, access->buffer, access->length);
	return ok ? 0 : -EIO;
}

static void tell_software(struct sim *sim, const struct device_access *access,
			  enum walk_fault fault)
{
	const struct uiommufd_dma *dma = access->dma;
	u64 record[4] = {
		fault | (u64)dma->stream_id << 32,
		dma->write ? 0 : EVENT_READ,
		access->address,
	};

	if (fault == WALK_ABORT)
		return;
	if (dma->ssid_valid)
		record[0] |= EVENT_SSV | (u64)dma->ssid << 12;
	smmu_event(sim, record);
}

static int errno_of(enum walk_fault fault)
{
	return fault >= WALK_EABT && fault != WALK_ABORT ? -EFAULT : -EPERM;
}

static int access_hit(struct sim *sim, const struct device_access *access,
		      const struct device_hit *hit, struct law_finding *finding)
{
	u8 need = access->dma->write ? WALK_WRITE : WALK_READ;

	if (!(hit->rights & need))
		return -EFAULT;
	if (smp_load_acquire(&sim->law_on))
		law_judge(sim, access, hit, finding);
	return transfer(sim, access, hit);
}

/* True when the access was done (or failed); its result in *out_rc. */
static bool try_access(struct sim *sim, const struct device_access *access,
		       int *out_rc)
{
	struct law_finding finding = { 0 };
	struct device_hit hit;
	bool found;

	spin_lock(&sim->devices->lock);
	found = device_lookup(sim, access, &hit);
	if (found)
		*out_rc = access_hit(sim, access, &hit, &finding);
	spin_unlock(&sim->devices->lock);
	if (!found)
		return false;
	if (*out_rc == -EFAULT) {
		/* What is cached may be older than a grant: look again. */
		drop(sim, &hit);
		tell_software(sim, access, WALK_PERMISSION);
		return true;
	}
	if (finding.fault)
		law_tell(sim, access, &hit, &finding);
	return true;
}

static int access_page(struct sim *sim, const struct device_access *access)
{
	enum walk_fault fault;
	int rc = -EIO;

	for (int i = 0; i < FILL_TRIES; i++) {
		if (try_access(sim, access, &rc))
			return rc;
		fault = miss(sim, access);
		if (fault) {
			tell_software(sim, access, fault);
			return errno_of(fault);
		}
	}
	return rc;
}

static int access_all(struct sim *sim, const struct uiommufd_dma *dma)
{
	struct device_access access = { .dma = dma, .address = dma->address,
					.buffer = dma->buffer };
	size_t left = dma->length;

	for (; left; left -= access.length) {
		int rc;

		access.length = min_t(size_t, left,
				      4096 - (access.address & 4095));
		rc = access_page(sim, &access);
		if (rc)
			return rc;
		access.address += access.length;
		access.buffer += access.length;
	}
	return 0;
}

int uiommufd_dma(struct uiommufd_platform *platform,
		 const struct uiommufd_dma *dma)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	int rc;

	if (!sim || dma->size != sizeof(*dma) || !dma->length ||
	    dma->length - 1 > U64_MAX - dma->address) {
		errno = sim ? EINVAL : ENODEV;
		return -1;
	}
	previous = uik_enter(sim->machine);
	rc = READ_ONCE(sim->devices) ? 0 : start_devices(sim);
	if (!rc)
		rc = access_all(sim, dma);
	uik_leave(previous);
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}
