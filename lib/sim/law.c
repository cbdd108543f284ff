/* SPDX-License-Identifier: MIT */
/*
 * The law of dma.h: who used a stale translation, and why it was stale.
 *
 * The law does not trust the caches.  It keeps the latest commands of all
 * queues with a sequence number and, once a CMD_SYNC of their queue is done,
 * the number of that; and for each translation in a cache the number at which
 * it came in.  Whether a command covers a translation is worked out here from
 * the command's own fields, not by the code that executes it.
 *
 * Everything is protected by devices.lock.
 */
#include "device.h"

#include <errno.h>
#include <glib.h>
#include <kit/backtrace.h>
#include <asm/barrier.h>
#include <linux/bitfield.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <stdarg.h>
#include <string.h>
#include <uik/machine.h>
#include <uik/pin.h>

#define LAW_COMMANDS 1024
#define LAW_FILLS 4096
#define LAW_RELEASES 64
#define LAW_FRAMES 24
#define REPORT_COMMANDS 16
#define REPORT_BYTES 6144

struct law_entry {
	u64 seq;		/* 0: none */
	u64 synced;		/* of the CMD_SYNC that completed it; 0: not yet */
	u64 word[2];
	int queue;
};

struct law_fill {
	enum uiommufd_cache cache;
	struct cache_tag tag;
	u64 address;
	u64 seq;		/* 0: none */
	u8 log2_page;
};

/* Memory that was given back: by the last unpin, or because it was said. */
struct law_release {
	u64 phys, length;
	bool pins;
	void *frame[LAW_FRAMES];
	u32 frames;
};

struct law {
	uiommufd_dma_handler handler;
	void *arg;
	u64 seq;
	u64 violations;		/* atomic */
	u32 releases;		/* so many were there, ever */
	struct law_entry command[LAW_COMMANDS];	/* at seq % LAW_COMMANDS */
	struct law_fill fill[LAW_FILLS];
	struct law_release release[LAW_RELEASES]; /* at number % LAW_RELEASES */
	GHashTable *pins;	/* pfn to PIN_VALUE; owned */
};

const size_t law_bytes = sizeof(struct law);

/* --- what happened ----------------------------------------------------------*/

void law_command(struct sim_queue *queue, const struct sim_entry *executed)
{
	struct sim *sim = queue->sim;
	struct devices *devices = READ_ONCE(sim->devices);
	struct law *law = sim->law;
	u64 seq;

	spin_lock(&devices->lock);
	seq = ++law->seq;
	law->command[seq % LAW_COMMANDS] = (struct law_entry){
		.seq = seq,
		.word = { executed->word[0], executed->word[1] },
		.queue = queue->number,
	};
	if ((u8)executed->word[0] == CMD_SYNC)
		for (int i = 0; i < LAW_COMMANDS; i++)
			if (law->command[i].queue == queue->number &&
			    law->command[i].seq && !law->command[i].synced)
				law->command[i].synced = seq;
	spin_unlock(&devices->lock);
}

static bool same_translation(const struct law_fill *fill,
			     const struct device_hit *hit)
{
	return fill->seq && fill->cache == hit->cache &&
	       fill->tag.regime == hit->tag.regime &&
	       fill->tag.vmid == hit->tag.vmid && fill->tag.id == hit->tag.id &&
	       fill->tag.ssid == hit->tag.ssid &&
	       fill->address == hit->address &&
	       fill->log2_page == hit->log2_page;
}

static struct law_fill *fill_slot(struct law *law, const struct device_hit *hit)
{
	u64 key = hit->address >> 12 ^ (u64)hit->tag.id << 20 ^
		  (u64)hit->tag.ssid << 36 ^ (u64)hit->cache << 60 ^
		  (u64)hit->tag.vmid << 44 ^ (u64)hit->tag.regime << 57;

	return &law->fill[(key * 0x9e3779b97f4a7c15ull >> 40) % LAW_FILLS];
}

/*
 * Users of a page come and go while the law is on: how many there are, and
 * the release that took the last one away.
 */
#define PIN_COUNT(value) ((u32)GPOINTER_TO_SIZE(value))
#define PIN_RELEASE(value) (GPOINTER_TO_SIZE(value) >> 32)
#define PIN_VALUE(count, release) \
	GSIZE_TO_POINTER((u64)(release) << 32 | (u32)(count))

/* Neighbours that are released by one call share what is kept of it. */
static u32 note_release(struct law *law, u64 phys)
{
	struct law_release *last =
		&law->release[(law->releases - 1) % LAW_RELEASES];

	if (law->releases && last->pins && last->phys + last->length == phys) {
		last->length += PAGE_SIZE;
		return law->releases - 1;
	}
	last = &law->release[law->releases % LAW_RELEASES];
	*last = (struct law_release){ .phys = phys, .length = PAGE_SIZE,
				      .pins = true };
	last->frames = backtrace_take(last->frame, LAW_FRAMES, 2);
	return law->releases++;
}

static void count_pin(struct law *law, u64 pfn, bool pinned)
{
	gpointer key = GSIZE_TO_POINTER(pfn);
	gpointer value = g_hash_table_lookup(law->pins, key);
	u32 count = PIN_COUNT(value);
	u32 release = 0;

	/* Pinned before the law was on: nothing is known about it. */
	if (!pinned && !count)
		return;
	count += pinned ? 1 : -1;
	if (!count)
		release = note_release(law, pfn << PAGE_SHIFT);
	g_hash_table_insert(law->pins, key, PIN_VALUE(count, release));
}

static void pin_changed(void *arg, uint64_t pfn, bool pinned)
{
	struct sim *sim = arg;

	spin_lock(&sim->devices->lock);
	if (smp_load_acquire(&sim->law_on))
		count_pin(sim->law, pfn, pinned);
	spin_unlock(&sim->devices->lock);
}

void law_filled(struct sim *sim, const struct device_hit *hit)
{
	*fill_slot(sim->law, hit) = (struct law_fill){
		.cache = hit->cache,
		.tag = hit->tag,
		.address = hit->address,
		.seq = ++sim->law->seq,
		.log2_page = hit->log2_page,
	};
}

/* --- which commands cover a translation -------------------------------------*/

static bool range_covers(const struct sim *sim, const struct law_entry *cmd,
		     const struct device_hit *hit)
{
	u64 start = cmd->word[1] & CMD_ADDR;
	u64 page_last = hit->address + (1ull << hit->log2_page) - 1;
	u64 bytes = 1;
	u32 tg = FIELD_GET(CMD_RANGE_TG, cmd->word[1]);

	if (tg && (sim->config.idr[3] & BIT(10))) {
		u32 shift = 10 + 2 * tg +
			    FIELD_GET(CMD_RANGE_SCALE, cmd->word[0]);

		bytes = shift < 58 ? (FIELD_GET(CMD_RANGE_NUM, cmd->word[0]) +
				      1) << shift : U64_MAX - start;
	}
	return start <= page_last && start + (bytes - 1) >= hit->address;
}

static bool tlbi_covers(const struct sim *sim, const struct law_entry *cmd,
			const struct device_hit *hit)
{
	bool vmid = hit->tag.vmid == FIELD_GET(CMD_VMID, cmd->word[0]);
	bool asid = hit->tag.id == FIELD_GET(CMD_ASID, cmd->word[0]);
	bool global = hit->tag.regime == REGIME_NH_GLOBAL;
	bool nh = hit->tag.regime == REGIME_NH || global;
	bool el2 = hit->tag.regime == REGIME_EL2;

	switch (cmd->word[0] & 0xff) {
	case CMD_TLBI_NH_ALL:
		return nh && vmid;
	case CMD_TLBI_NH_ASID:
		return nh && !global && vmid && asid;
	case CMD_TLBI_NH_VA:
		return nh && vmid && (global || asid) && range_covers(sim, cmd, hit);
	case CMD_TLBI_NH_VAA:
		return nh && vmid && range_covers(sim, cmd, hit);
	case CMD_TLBI_EL2_ALL:
		return el2;
	case CMD_TLBI_EL2_ASID:
		return el2 && asid;
	case CMD_TLBI_EL2_VA:
		return el2 && asid && range_covers(sim, cmd, hit);
	case CMD_TLBI_S12_VMALL:
		return !el2 && vmid;
	case CMD_TLBI_S2_IPA:
		return hit->tag.regime == REGIME_S2 && vmid &&
		       range_covers(sim, cmd, hit);
	case CMD_TLBI_NSNH_ALL:
		return !el2;
	default:
		return false;
	}
}

static bool atc_inv_covers(const struct law_entry *cmd,
			   const struct device_hit *hit)
{
	u32 size = FIELD_GET(CMD_ATC_SIZE, cmd->word[1]);
	bool substream = cmd->word[0] & CMD_SSV;
	u64 start, last;

	if ((cmd->word[0] & 0xff) != CMD_ATC_INV ||
	    hit->tag.id != FIELD_GET(CMD_SID, cmd->word[0]) ||
	    (hit->tag.regime == REGIME_SUBSTREAM) != substream)
		return false;
	if (substream && !(cmd->word[0] & CMD_ATC_GLOBAL) &&
	    hit->tag.ssid != FIELD_GET(CMD_SSID, cmd->word[0]))
		return false;
	if (size >= CMD_ATC_SIZE_ALL)
		return true;
	start = (cmd->word[1] & CMD_ADDR) & ~((1ull << (size + 12)) - 1);
	last = start + (1ull << (size + 12)) - 1;
	return start <= hit->address + (1ull << hit->log2_page) - 1 &&
	       last >= hit->address;
}

static bool covers(const struct sim *sim, const struct law_entry *cmd,
		   const struct device_hit *hit)
{
	if (hit->cache == UIOMMUFD_CACHE_ATC)
		return atc_inv_covers(cmd, hit);
	return hit->cache == UIOMMUFD_CACHE_IOTLB &&
	       tlbi_covers(sim, cmd, hit);
}

/* Was it invalidated, and the invalidation waited for, since it came in? */
static bool is_lost(struct sim *sim, const struct law_fill *fill,
		    const struct device_hit *hit)
{
	const struct law *law = sim->law;

	for (int i = 0; i < LAW_COMMANDS; i++) {
		const struct law_entry *cmd = &law->command[i];

		if (cmd->seq > fill->seq && cmd->synced &&
		    covers(sim, cmd, hit))
			return true;
	}
	return false;
}

/* --- judging ------------------------------------------------------------------*/

static const struct law_release *said_release(const struct law *law, u64 phys)
{
	for (u32 i = 0; i < LAW_RELEASES; i++)
		if (!law->release[i].pins &&
		    phys - law->release[i].phys < law->release[i].length)
			return &law->release[i];
	return NULL;
}

/* The release of the page at @phys, or NULL: it has users, or is unknown. */
static const struct law_release *release_of(const struct law *law, u64 phys)
{
	gpointer key = GSIZE_TO_POINTER(phys >> PAGE_SHIFT);
	gpointer value;

	if (!g_hash_table_lookup_extended(law->pins, key, NULL, &value) ||
	    PIN_COUNT(value))
		return said_release(law, phys);
	return &law->release[PIN_RELEASE(value) % LAW_RELEASES];
}

/* What the tables say at this moment; 0: nothing. */
static u64 translate_now(struct sim *sim, const struct device_access *access)
{
	const struct uiommufd_dma *dma = access->dma;
	struct walk_config config;
	struct walk_result found;

	if (walk_configure(sim, dma->stream_id, dma->ssid_valid, dma->ssid,
			   &config) ||
	    walk_translate(sim, &config, access->address, &found))
		return 0;
	return found.phys | (access->address & ((1ull << found.log2_page) - 1));
}

void law_judge(struct sim *sim, const struct device_access *access,
	       const struct device_hit *hit, struct law_finding *out)
{
	struct law *law = sim->law;
	const struct law_fill *fill = fill_slot(law, hit);
	u64 used = hit->phys + (access->address - hit->address);
	bool known = same_translation(fill, hit);

	out->now = translate_now(sim, access);
	if (known && is_lost(sim, fill, hit))
		out->fault = UIOMMUFD_DMA_LOST;
	else if (out->now && out->now != used)
		out->fault = UIOMMUFD_DMA_REUSED;
	else if (release_of(law, used))
		out->fault = UIOMMUFD_DMA_FORGOTTEN;
}

/* --- telling --------------------------------------------------------------------*/

struct report {
	char text[REPORT_BYTES];
	size_t used;
};

static void add(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct report *report, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(report->text + report->used,
		      sizeof(report->text) - report->used, format, args);
	va_end(args);
	report->used = min_t(size_t, report->used + n,
			     sizeof(report->text) - 1);
}

static void add_frames(struct report *report, const char *what,
		       void *const *frames, u32 count)
{
	add(report, "%s\n", what);
	backtrace_format(frames, count, report->text, sizeof(report->text));
	report->used = strlen(report->text);
	add(report, "\n");
}

static void add_access(struct report *report,
		       const struct device_access *access,
		       const struct device_hit *hit,
		       const struct law_finding *finding)
{
	static const char *const why[] = {
		[UIOMMUFD_DMA_LOST] = "a completed CMD_SYNC covers it",
		[UIOMMUFD_DMA_REUSED] = "its address leads elsewhere by now",
		[UIOMMUFD_DMA_FORGOTTEN] = "its memory was given back",
	};
	static const char *const caches[] = { "IOTLB", "ATC", "configuration" };
	const struct uiommufd_dma *dma = access->dma;

	add(report, "stale translation used: %s\n", why[finding->fault]);
	add(report, "  StreamID 0x%x", dma->stream_id);
	if (dma->ssid_valid)
		add(report, " SSID 0x%x", dma->ssid);
	add(report, " %ss 0x%llx, %zu bytes\n", dma->write ? "write" : "read",
	    (unsigned long long)access->address, access->length);
	add(report, "  %s of VMID %u, ID 0x%x: page of 2^%u at 0x%llx\n",
	    caches[hit->cache], hit->tag.vmid, hit->tag.id, hit->log2_page,
	    (unsigned long long)hit->phys);
	if (finding->now)
		add(report, "  the tables say 0x%llx\n",
		    (unsigned long long)finding->now);
	else
		add(report, "  the tables say nothing\n");
}

static void add_commands(struct report *report, const struct law *law)
{
	u64 seq = law->seq > LAW_COMMANDS ? law->seq - LAW_COMMANDS : 0;
	u32 kept = 0;
	u32 skip;

	for (u64 i = seq + 1; i <= law->seq; i++)
		kept += law->command[i % LAW_COMMANDS].seq == i;
	skip = kept > REPORT_COMMANDS ? kept - REPORT_COMMANDS : 0;
	add(report, "latest commands\n");
	for (u64 i = seq + 1; i <= law->seq; i++) {
		const struct law_entry *cmd = &law->command[i % LAW_COMMANDS];

		if (cmd->seq != i || (skip && skip--))
			continue;
		add(report, "  %llu queue %d: %016llx %016llx%s\n",
		    (unsigned long long)i, cmd->queue,
		    (unsigned long long)cmd->word[0],
		    (unsigned long long)cmd->word[1],
		    cmd->synced ? "" : " (no CMD_SYNC yet)");
	}
}

static void write_report(struct sim *sim, struct report *report,
			 const struct device_access *access,
			 const struct device_hit *hit,
			 const struct law_finding *finding)
{
	u64 used = hit->phys + (access->address - hit->address);
	const struct law_release *release;
	struct law_release copy = { 0 };
	void *frame[LAW_FRAMES];
	u32 frames;

	add_access(report, access, hit, finding);
	spin_lock(&sim->devices->lock);
	add_commands(report, sim->law);
	release = release_of(sim->law, used);
	/* Old ones make room for new ones: is it still that one? */
	if (release && used - release->phys >= release->length)
		release = NULL;
	if (release)
		copy = *release;
	spin_unlock(&sim->devices->lock);
	frames = backtrace_take(frame, LAW_FRAMES, 2);
	add_frames(report, "the access", frame, frames);
	if (release)
		add_frames(report, "the memory was given back", copy.frame,
			   copy.frames);
}

void law_tell(struct sim *sim, const struct device_access *access,
	      const struct device_hit *hit, const struct law_finding *finding)
{
	struct law *law = sim->law;
	struct report *report = kzalloc(sizeof(*report), GFP_KERNEL);
	struct uiommufd_dma_violation violation = {
		.fault = finding->fault,
		.access = *access->dma,
		.cache = hit->cache,
		.used = hit->phys + (access->address - hit->address),
		.now = finding->now,
		.report = "out of memory",
	};

	__atomic_fetch_add(&law->violations, 1, __ATOMIC_RELAXED);
	violation.access.address = access->address;
	violation.access.length = access->length;
	if (report) {
		write_report(sim, report, access, hit, finding);
		violation.report = report->text;
	}
	if (law->handler)
		law->handler(law->arg, &violation);
	else
		pr_err("%s", violation.report);
	kfree(report);
}

/* --- public doors -----------------------------------------------------------------*/

/* An empty access makes the devices, whatever comes of it. */
static int have_devices(struct uiommufd_platform *platform)
{
	u8 byte;
	struct uiommufd_dma dma = { .size = sizeof(dma), .stream_id = U32_MAX,
				    .buffer = &byte, .length = 1 };

	return uiommufd_dma(platform, &dma) && errno == ENOMEM ? -1 : 0;
}

static int start(struct sim *sim, uiommufd_dma_handler handler, void *arg)
{
	struct law *law = kvzalloc(sizeof(*law), GFP_KERNEL);

	if (!law) {
		errno = ENOMEM;
		return -1;
	}
	law->handler = handler;
	law->arg = arg;
	law->pins = g_hash_table_new(NULL, NULL);
	/* It outlives the law: whoever is on the way in may still look at it. */
	sim->devices->watch = (struct uik_pin_watch){ pin_changed, sim };
	sim->law = law;
	/* Pairs with the acquire of whoever reports to it or asks it. */
	smp_store_release(&sim->law_on, true);
	uik_pin_watch_set(sim->machine, &sim->devices->watch);
	sim_update_slow(sim);
	return 0;
}

/* Queues that judged by it are done with it once their locks were ours. */
static void stop(struct sim *sim)
{
	uik_pin_watch_set(sim->machine, NULL);
	WRITE_ONCE(sim->law_on, false);
	sim_update_slow(sim);
	for (u32 i = 0; i <= sim->vcmdqs; i++) {
		spin_lock(&sim->queue[i].lock);
		spin_unlock(&sim->queue[i].lock);
	}
	if (sim->devices)
		device_drain(sim);
	law_free(sim);
}

int uiommufd_dma_law(struct uiommufd_platform *platform, bool on,
		     uiommufd_dma_handler handler, void *arg)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	int rc = 0;

	if (!sim) {
		errno = ENODEV;
		return -1;
	}
	if (on && have_devices(platform))
		return -1;
	previous = uik_enter(sim->machine);
	stop(sim);
	if (on)
		rc = start(sim, handler, arg);
	uik_leave(previous);
	return rc;
}

void law_free(struct sim *sim)
{
	if (!sim->law)
		return;
	uik_pin_watch_set(sim->machine, NULL);
	g_hash_table_destroy(sim->law->pins);
	kvfree(sim->law);
	sim->law = NULL;
}

uint64_t uiommufd_dma_violations(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);

	return sim && sim->law ?
		       __atomic_load_n(&sim->law->violations,
				       __ATOMIC_RELAXED) : 0;
}

void uiommufd_dma_release(struct uiommufd_platform *platform, uint64_t phys,
			  uint64_t length)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	struct law_release *slot;

	if (!sim || !smp_load_acquire(&sim->law_on))
		return;
	previous = uik_enter(sim->machine);
	spin_lock(&sim->devices->lock);
	if (!length) {
		memset(sim->law->release, 0, sizeof(sim->law->release));
	} else {
		slot = &sim->law->release[sim->law->releases++ % LAW_RELEASES];
		slot->phys = phys;
		slot->length = length;
		slot->pins = false;
		slot->frames = backtrace_take(slot->frame, LAW_FRAMES, 1);
	}
	spin_unlock(&sim->devices->lock);
	uik_leave(previous);
}
