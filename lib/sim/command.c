/* SPDX-License-Identifier: MIT */
/*
 * Executing SMMUv3 commands.
 *
 * Three paths, from the usual to the rare.  While nothing is cached that a TLBI
 * could hit, command_run_in_place() goes over the ring without fetching.  Else
 * command_run() takes what was fetched: invalidations in runs of one kind, the
 * rest by one table look-up and one switch.  Faults and the observer live on a
 * path of their own, command_run_one(), which meets the same execute().
 */
#include "command.h"

#include <asm/barrier.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/limits.h>
#include <linux/printk.h>
#include <string.h>
#include "kit/usercopy.h"
#include "sim.h"

#define IDR0_S2P BIT(0)
#define IDR0_S1P BIT(1)
#define IDR0_HYP BIT(9)
#define IDR0_ATS BIT(10)
#define IDR0_PRI BIT(16)

struct opcode_rule {
	u8 opcode;
	u8 action;
	u32 needs;		/* all these bits of IDR0 */
	bool guest;		/* a guest-owned queue may issue it */
};

/*
 * The row's number + 1 is the counting slot.  What a guest's queue carries comes
 * first: its counters share a line of the processor's cache.
 */
static const struct opcode_rule rules[] = {
	{ CMD_SYNC, ACTION_SYNC, 0, true },
	{ CMD_TLBI_NH_VA, ACTION_TLBI, IDR0_S1P, true },
	{ CMD_TLBI_NH_ASID, ACTION_TLBI, IDR0_S1P, true },
	{ CMD_ATC_INV, ACTION_ATC_INV, IDR0_ATS, true },
	{ CMD_PREFETCH_CFG, ACTION_NONE, 0, false },
	{ CMD_PREFETCH_ADDR, ACTION_NONE, 0, false },
	{ CMD_CFGI_STE, ACTION_CFGI, 0, false },
	{ CMD_CFGI_ALL, ACTION_CFGI, 0, false },
	{ CMD_CFGI_CD, ACTION_CFGI, IDR0_S1P, false },
	{ CMD_CFGI_CD_ALL, ACTION_CFGI, IDR0_S1P, false },
	{ CMD_TLBI_NH_ALL, ACTION_TLBI, IDR0_S1P, false },
	{ CMD_TLBI_NH_VAA, ACTION_TLBI, IDR0_S1P, false },
	{ CMD_TLBI_EL2_ALL, ACTION_TLBI, IDR0_HYP, false },
	{ CMD_TLBI_EL2_ASID, ACTION_TLBI, IDR0_HYP, false },
	{ CMD_TLBI_EL2_VA, ACTION_TLBI, IDR0_HYP, false },
	{ CMD_TLBI_S12_VMALL, ACTION_TLBI, IDR0_S2P, false },
	{ CMD_TLBI_S2_IPA, ACTION_TLBI, IDR0_S2P, false },
	{ CMD_TLBI_NSNH_ALL, ACTION_TLBI, 0, false },
	{ CMD_PRI_RESP, ACTION_RESPONSE, IDR0_PRI, false },
	{ CMD_RESUME, ACTION_RESPONSE, 0, false },
};

_Static_assert(ARRAY_SIZE(rules) < OPCODE_SLOTS, "a slot per rule, and one");

const u8 command_slot[256] = {
	[CMD_SYNC] = 1,		  [CMD_TLBI_NH_VA] = 2,
	[CMD_TLBI_NH_ASID] = 3,	  [CMD_ATC_INV] = 4,
	[CMD_PREFETCH_CFG] = 5,	  [CMD_PREFETCH_ADDR] = 6,
	[CMD_CFGI_STE] = 7,	  [CMD_CFGI_ALL] = 8,
	[CMD_CFGI_CD] = 9,	  [CMD_CFGI_CD_ALL] = 10,
	[CMD_TLBI_NH_ALL] = 11,	  [CMD_TLBI_NH_VAA] = 12,
	[CMD_TLBI_EL2_ALL] = 13,  [CMD_TLBI_EL2_ASID] = 14,
	[CMD_TLBI_EL2_VA] = 15,	  [CMD_TLBI_S12_VMALL] = 16,
	[CMD_TLBI_S2_IPA] = 17,	  [CMD_TLBI_NSNH_ALL] = 18,
	[CMD_PRI_RESP] = 19,	  [CMD_RESUME] = 20,
};

u8 command_slot_opcode(unsigned int slot)
{
	return slot && slot <= ARRAY_SIZE(rules) ? rules[slot - 1].opcode : 0;
}

void command_permits(const u32 idr[6], u8 host[256], u8 guest[256])
{
	memset(host, ACTION_ILLEGAL, 256);
	memset(guest, ACTION_ILLEGAL, 256);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct opcode_rule *rule = &rules[i];

		if ((idr[0] & rule->needs) != rule->needs)
			continue;
		host[rule->opcode] = rule->action;
		guest[rule->opcode] =
			rule->guest ? rule->action : ACTION_REFUSED;
	}
}

/* --- effects --------------------------------------------------------------*/

/* First and last byte that a TLBI with a range form covers. */
static void tlbi_range(const struct sim *sim, const struct sim_entry *cmd,
		       u64 *out_start, u64 *out_last)
{
	u64 start = cmd->word[1] & CMD_ADDR;
	u32 tg = FIELD_GET(CMD_RANGE_TG, cmd->word[1]);
	u64 bytes = 1;

	if (tg && sim->config.idr[3] & BIT(10)) {
		u32 scale = FIELD_GET(CMD_RANGE_SCALE, cmd->word[0]);
		u64 pages = FIELD_GET(CMD_RANGE_NUM, cmd->word[0]) + 1;
		u32 shift = scale + 10 + 2 * tg;

		bytes = shift < 58 ? pages << shift : U64_MAX;
	}
	*out_start = start;
	*out_last = bytes - 1 > U64_MAX - start ? U64_MAX : start + bytes - 1;
}

/*
 * TLBIs by address come in runs of one VMID and ASID, whose sets are looked up
 * once a run.
 */
struct tlbi_va {
	u8 regime;
	bool known;		/* view is that of who */
	u32 who;		/* VMID and ASID, as far as the regime has them */
	struct cache_view view;
};

static void tlbi_va(struct sim *sim, struct tlbi_va *run,
		    const struct sim_entry *cmd, u64 who_mask)
{
	struct cache *cache = &sim->cache[UIOMMUFD_CACHE_IOTLB];
	u64 word = cmd->word[0] & who_mask;
	u64 start, last;

	if (!run->known || run->who != word >> 32) {
		struct cache_tag tag = {
			.regime = run->regime,
			.vmid = FIELD_GET(CMD_VMID, word),
			.id = FIELD_GET(CMD_ASID, word),
		};

		cache_view(cache, &tag, &run->view);
		run->who = word >> 32;
		run->known = true;
	}
	tlbi_range(sim, cmd, &start, &last);
	cache_drop_viewed(cache, &run->view, start, last);
}

static void tlbi_va_one(struct sim *sim, u8 regime, const struct sim_entry *cmd,
			u64 who_mask)
{
	struct tlbi_va run = { .regime = regime };

	if (cache_has(&sim->cache[UIOMMUFD_CACHE_IOTLB], regime))
		tlbi_va(sim, &run, cmd, who_mask);
}

/* Global entries are hit by any ASID. */
static void tlbi_nh_va_one(struct sim *sim, const struct sim_entry *cmd)
{
	tlbi_va_one(sim, REGIME_NH, cmd, CMD_VMID | CMD_ASID);
	tlbi_va_one(sim, REGIME_NH_GLOBAL, cmd, CMD_VMID);
}

static void tlbi_match(struct cache *cache, const struct sim *sim,
		       const struct sim_entry *cmd)
{
	struct cache_match match = {
		.vmid = FIELD_GET(CMD_VMID, cmd->word[0]),
		.id = FIELD_GET(CMD_ASID, cmd->word[0]),
		.id_mask = U32_MAX,
	};
	u64 start = 0, last = U64_MAX;

	switch (cmd->word[0] & 0xff) {
	case CMD_TLBI_NH_ASID:
		match.regimes = BIT(REGIME_NH);
		match.by_vmid = match.by_id = true;
		break;
	case CMD_TLBI_NH_VAA:
		tlbi_range(sim, cmd, &start, &last);
		fallthrough;
	case CMD_TLBI_NH_ALL:
		match.regimes = BIT(REGIME_NH) | BIT(REGIME_NH_GLOBAL);
		match.by_vmid = true;
		break;
	case CMD_TLBI_S12_VMALL:
		match.regimes = BIT(REGIME_NH) | BIT(REGIME_NH_GLOBAL) |
				BIT(REGIME_S2);
		match.by_vmid = true;
		break;
	case CMD_TLBI_EL2_ASID:
		match.by_id = true;
		fallthrough;
	case CMD_TLBI_EL2_ALL:
		match.regimes = BIT(REGIME_EL2);
		break;
	default: /* NSNH_ALL */
		match.regimes = BIT(REGIME_NH) | BIT(REGIME_NH_GLOBAL) |
				BIT(REGIME_S2);
		break;
	}
	cache_drop_match(cache, &match, start, last);
}

static void tlbi(struct sim *sim, const struct sim_entry *cmd)
{
	switch (cmd->word[0] & 0xff) {
	case CMD_TLBI_NH_VA:
		tlbi_nh_va_one(sim, cmd);
		break;
	case CMD_TLBI_EL2_VA:
		tlbi_va_one(sim, REGIME_EL2, cmd, CMD_ASID);
		break;
	case CMD_TLBI_S2_IPA:
		tlbi_va_one(sim, REGIME_S2, cmd, CMD_VMID);
		break;
	default:
		tlbi_match(&sim->cache[UIOMMUFD_CACHE_IOTLB], sim, cmd);
	}
}

static void cfgi(struct sim *sim, const struct sim_entry *cmd)
{
	struct cache_match match = {
		.regimes = BIT(REGIME_STREAM) | BIT(REGIME_SUBSTREAM),
		.by_id = true,
		.id = FIELD_GET(CMD_SID, cmd->word[0]),
		.id_mask = U32_MAX,
	};

	switch (cmd->word[0] & 0xff) {
	case CMD_CFGI_ALL: {
		u32 range = FIELD_GET(CMD_CFGI_RANGE, cmd->word[1]);

		match.id_mask = range < 31 ? ~((2u << range) - 1) : 0;
		break;
	}
	case CMD_CFGI_CD:
		match.regimes = BIT(REGIME_SUBSTREAM);
		match.by_ssid = true;
		match.ssid = FIELD_GET(CMD_SSID, cmd->word[0]);
		break;
	case CMD_CFGI_CD_ALL:
		match.regimes = BIT(REGIME_SUBSTREAM);
		break;
	}
	cache_drop_match(&sim->cache[UIOMMUFD_CACHE_CONFIG], &match, 0,
			 U64_MAX);
}

static void atc_inv(struct sim *sim, const struct sim_entry *cmd)
{
	u32 size = FIELD_GET(CMD_ATC_SIZE, cmd->word[1]);
	struct cache_match match = {
		.regimes = BIT(REGIME_STREAM),
		.by_id = true,
		.id = FIELD_GET(CMD_SID, cmd->word[0]),
		.id_mask = U32_MAX,
	};
	u64 start = 0, last = U64_MAX;

	if (cmd->word[0] & CMD_SSV) {
		match.regimes = BIT(REGIME_SUBSTREAM);
		match.by_ssid = !(cmd->word[0] & CMD_ATC_GLOBAL);
		match.ssid = FIELD_GET(CMD_SSID, cmd->word[0]);
	}
	if (size < CMD_ATC_SIZE_ALL) {
		last = (1ull << (size + 12)) - 1;
		start = cmd->word[1] & CMD_ADDR & ~last;
		last |= start;
	}
	cache_drop_match(&sim->cache[UIOMMUFD_CACHE_ATC], &match, start, last);
}

/* A guest's virtual StreamID becomes the physical one, or is refused. */
static bool substitute_sid(struct sim_queue *queue, struct sim_entry *cmd)
{
	u32 vsid = FIELD_GET(CMD_SID, cmd->word[0]);
	u32 sid;

	if (!queue->guest)
		return true;
	if (vsid >> VSID_BITS ||
	    !cmdqv_replace_sid(queue->sim, queue->vintf, vsid, &sid))
		return false;
	cmd->word[0] &= ~CMD_SID;
	cmd->word[0] |= FIELD_PREP(CMD_SID, (u64)sid);
	return true;
}

/* May it be issued?  If so, with whose StreamID? */
static enum uiommufd_command_error accept_atc_inv(struct sim_queue *queue,
						  struct sim_entry *cmd)
{
	if (FIELD_GET(CMD_ATC_SIZE, cmd->word[1]) > CMD_ATC_SIZE_ALL)
		return UIOMMUFD_COMMAND_ILLEGAL;
	if (!substitute_sid(queue, cmd))
		return UIOMMUFD_COMMAND_ACCESS;
	queue->atc_pending = true;
	return UIOMMUFD_COMMAND_OK;
}

static enum uiommufd_command_error run_atc_inv(struct sim_queue *queue,
					       struct sim_entry *cmd)
{
	enum uiommufd_command_error error = accept_atc_inv(queue, cmd);

	if (!error)
		atc_inv(queue->sim, cmd);
	return error;
}

/*
 * Timeouts that a disabled VCMDQ left behind belong to nobody: a CMD_SYNC on
 * the main queue collects them, so that the queue's next owner never sees one.
 */
static void drop_timeouts(struct sim_queue *main_queue)
{
	struct sim *sim = main_queue->sim;

	for (u32 i = 0; i < sim->vcmdqs; i++) {
		struct sim_queue *queue = sim_vcmdq(sim, i);

		/* Set and cleared with the queue off: nobody else writes. */
		if (READ_ONCE(queue->enabled) ||
		    !__atomic_exchange_n(&queue->atc_timeout, false,
					 __ATOMIC_ACQ_REL))
			continue;
		__atomic_fetch_sub(&sim->timeouts, 1, __ATOMIC_ACQ_REL);
		main_queue->counters.timeouts_dropped++;
	}
}

static void sync_msi(struct sim_queue *queue, const struct sim_entry *cmd)
{
	u64 phys = cmd->word[1] & CMD_SYNC_MSIADDR;

	/* A guest does not choose physical addresses. */
	if (queue->guest) {
		uiommufd_mmio_guest_error(queue->sim->cmdqv,
					  "VCMDQ %d: CMD_SYNC with MSI",
					  queue->number);
		return;
	}
	if (sim_dma_write32(queue->sim, phys,
			    FIELD_GET(CMD_SYNC_MSIDATA, cmd->word[0])))
		queue->counters.msi_writes++;
	else
		smmu_message_abort(queue->sim);
}

static inline enum uiommufd_command_error
run_sync(struct sim_queue *queue, const struct sim_entry *cmd)
{
	struct sim *sim = queue->sim;
	u32 cs = FIELD_GET(CMD_SYNC_CS, cmd->word[0]);

	if (cs == CMD_SYNC_CS_RESERVED)
		return UIOMMUFD_COMMAND_ILLEGAL;
	queue->atc_pending = false;
	if (uik_unlikely(__atomic_load_n(&queue->atc_timeout,
					 __ATOMIC_RELAXED))) {
		__atomic_store_n(&queue->atc_timeout, false, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&sim->timeouts, 1, __ATOMIC_ACQ_REL);
		return UIOMMUFD_COMMAND_ATC_TIMEOUT;
	}
	if (uik_unlikely(__atomic_load_n(&sim->timeouts, __ATOMIC_ACQUIRE)) &&
	    queue->number == UIOMMUFD_QUEUE_MAIN)
		drop_timeouts(queue);
	if (uik_unlikely(__atomic_load_n(&sim->devices, __ATOMIC_RELAXED)))
		device_drain(sim);
	if (cs == CMD_SYNC_CS_MSI)
		sync_msi(queue, cmd);
	return UIOMMUFD_COMMAND_OK;
}

static enum uiommufd_command_error run_response(const struct sim_entry *cmd)
{
	bool pri = (cmd->word[0] & 0xff) == CMD_PRI_RESP;
	u64 word = pri ? cmd->word[1] : cmd->word[0];

	return FIELD_GET(CMD_RESP, word) == 3 ? UIOMMUFD_COMMAND_ILLEGAL :
						UIOMMUFD_COMMAND_OK;
}

/* All but TLBI and CMD_SYNC, which the loop does itself. */
static noinline enum uiommufd_command_error
execute(struct sim_queue *queue, struct sim_entry *cmd, u8 action)
{
	switch (action) {
	case ACTION_SYNC:
		return run_sync(queue, cmd);
	case ACTION_ATC_INV:
		return run_atc_inv(queue, cmd);
	case ACTION_CFGI:
		cfgi(queue->sim, cmd);
		return UIOMMUFD_COMMAND_OK;
	case ACTION_RESPONSE:
		return run_response(cmd);
	case ACTION_NONE:
		return UIOMMUFD_COMMAND_OK;
	case ACTION_REFUSED:
		return UIOMMUFD_COMMAND_ACCESS;
	default:
		return UIOMMUFD_COMMAND_ILLEGAL;
	}
}

/* The command as executed: for a TLBI of a guest, with the VINTF's VMID. */
static inline struct sim_entry transform(const struct sim_queue *queue,
					 const struct sim_entry *raw)
{
	struct sim_entry cmd = *raw;

	cmd.word[0] = (cmd.word[0] & queue->vmid_keep) | queue->vmid_bits;
	return cmd;
}

/*
 * Which regimes have entries is asked once for all: an entry that comes in
 * later is checked against the tables, which changed before these commands
 * were issued (device.c).
 */
static void run_nh_va(struct sim_queue *queue, const struct sim_entry *entry,
		      u32 count)
{
	struct sim *sim = queue->sim;
	const struct cache *cache = &sim->cache[UIOMMUFD_CACHE_IOTLB];
	struct tlbi_va own, global;
	bool has_own = cache_has(cache, REGIME_NH);
	bool has_global = cache_has(cache, REGIME_NH_GLOBAL);

	own.regime = REGIME_NH;
	global.regime = REGIME_NH_GLOBAL;
	own.known = global.known = false;
	for (u32 i = 0; i < count && (has_own || has_global); i++) {
		struct sim_entry cmd = transform(queue, &entry[i]);

		if (has_own)
			tlbi_va(sim, &own, &cmd, CMD_VMID | CMD_ASID);
		if (has_global)
			tlbi_va(sim, &global, &cmd, CMD_VMID);
	}
}

static inline bool has_nh_entries(const struct sim *sim)
{
	const struct cache *cache = &sim->cache[UIOMMUFD_CACHE_IOTLB];

	return cache_has(cache, REGIME_NH) ||
	       cache_has(cache, REGIME_NH_GLOBAL);
}

static void run_other_tlbis(struct sim_queue *queue,
			    const struct sim_entry *entry, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		struct sim_entry cmd = transform(queue, &entry[i]);

		tlbi(queue->sim, &cmd);
	}
}

/* Executes TLBIs of one kind that @entry begins with; how many. */
static u32 run_tlbis(struct sim_queue *queue, const struct sim_entry *entry,
		     u32 count)
{
	u8 opcode = entry->word[0];
	u32 same = uik_raw_alike(entry, count, opcode);

	if (opcode != CMD_TLBI_NH_VA)
		run_other_tlbis(queue, entry, same);
	else if (has_nh_entries(queue->sim))
		run_nh_va(queue, entry, same);
	queue->counters.slot[command_slot[opcode]] += same;
	return same;
}

/* What a waiter for this CMD_SYNC looks at must move now. */
static inline void show_sync(struct sim_queue *queue, u32 start, u32 done)
{
	queue_move(queue, start, done);
	queue_publish(queue, 0);
}

/* A CMD_SYNC and no other, without an error. */
static inline bool run_if_sync(struct sim_queue *queue,
			       const struct sim_entry *at,
			       enum uiommufd_command_error *out_error)
{
	struct sim_entry cmd;

	if (uik_raw_exact[sizeof(cmd) / 4](&cmd, at) ||
	    queue->permit[(u8)cmd.word[0]] != ACTION_SYNC)
		return false;
	*out_error = run_sync(queue, &cmd);
	queue->counters.slot[command_slot[CMD_SYNC]] += !*out_error;
	return !*out_error;
}

u32 command_run_in_place(struct sim_queue *queue, const struct sim_entry *ring,
			 u32 count, enum uiommufd_command_error *out_error)
{
	u32 start = queue->cons;
	u32 done = 0, syncs = 0;

	*out_error = UIOMMUFD_COMMAND_OK;
	if (queue->permit[CMD_TLBI_NH_VA] != ACTION_TLBI ||
	    has_nh_entries(queue->sim))
		return 0;
	for (;;) {
		done += uik_raw_alike(&ring[done], count - done,
				      CMD_TLBI_NH_VA);
		if (done == count || !run_if_sync(queue, &ring[done],
						  out_error))
			break;
		syncs++;
		show_sync(queue, start, ++done);
	}
	queue->counters.slot[command_slot[CMD_TLBI_NH_VA]] += done - syncs;
	queue_move(queue, start, done);
	return done;
}

u32 command_run(struct sim_queue *queue, const struct sim_entry *entry,
		u32 count, enum uiommufd_command_error *out_error)
{
	u32 start = queue->cons;
	u32 done = 0;

	*out_error = UIOMMUFD_COMMAND_OK;
	while (done < count) {
		u8 opcode = entry[done].word[0];
		u8 action = queue->permit[opcode];
		struct sim_entry cmd;

		if (uik_likely(action == ACTION_TLBI)) {
			done += run_tlbis(queue, &entry[done], count - done);
			continue;
		}
		if (action == ACTION_SYNC) {
			*out_error = run_sync(queue, &entry[done]);
		} else {
			cmd = entry[done];
			*out_error = execute(queue, &cmd, action);
		}
		if (*out_error)
			break;
		done++;
		queue->counters.slot[command_slot[opcode]]++;
		if (action == ACTION_SYNC)
			show_sync(queue, start, done);
	}
	queue_move(queue, start, done);
	return done;
}

/* --- one command, with faults --------------------------------------------- */

static bool strikes(struct sim_queue *queue, enum uiommufd_fault_kind kind,
		    u8 opcode)
{
	return fault_strikes(queue->sim, kind, UIOMMUFD_UNIT_QUEUE,
			     queue->number, opcode, NULL);
}

/* An operand that does not exist, where there is one; the action then. */
static u8 spoil_operand(struct sim_entry *cmd, u8 action)
{
	switch (action) {
	case ACTION_SYNC:
		cmd->word[0] |= CMD_SYNC_CS;
		return action;
	case ACTION_ATC_INV:
		cmd->word[1] |= CMD_ATC_SIZE;
		return action;
	case ACTION_RESPONSE:
		cmd->word[0] |= CMD_RESP;
		cmd->word[1] |= CMD_RESP;
		return action;
	default:
		return ACTION_ILLEGAL;
	}
}

static u8 action_with_faults(struct sim_queue *queue, struct sim_entry *cmd)
{
	u8 opcode = cmd->word[0];
	u8 action = queue->permit[opcode];

	if (strikes(queue, UIOMMUFD_FAULT_ILLEGAL_COMMAND, opcode))
		return ACTION_ILLEGAL;
	if (strikes(queue, UIOMMUFD_FAULT_ILLEGAL_OPERAND, opcode))
		return spoil_operand(cmd, action);
	return action;
}

/* Everything about an invalidation but that it invalidates. */
static enum uiommufd_command_error pretend(struct sim_queue *queue,
					   struct sim_entry *cmd, u8 action)
{
	if (action == ACTION_ATC_INV)
		return accept_atc_inv(queue, cmd);
	return UIOMMUFD_COMMAND_OK;
}

static bool invalidates(u8 action)
{
	return action == ACTION_TLBI || action == ACTION_CFGI ||
	       action == ACTION_ATC_INV;
}

static enum uiommufd_command_error
perform(struct sim_queue *queue, struct sim_entry *cmd, u8 action)
{
	if (action == ACTION_TLBI)
		*cmd = transform(queue, cmd);
	if (invalidates(action) &&
	    strikes(queue, UIOMMUFD_FAULT_LOST_INVALIDATION, cmd->word[0]))
		return pretend(queue, cmd, action);
	if (action != ACTION_TLBI)
		return execute(queue, cmd, action);
	tlbi(queue->sim, cmd);
	return UIOMMUFD_COMMAND_OK;
}

static void lose_answer(struct sim_queue *queue, u8 opcode)
{
	if (READ_ONCE(queue->atc_timeout) ||
	    !strikes(queue, UIOMMUFD_FAULT_ATC_TIMEOUT, opcode))
		return;
	__atomic_store_n(&queue->atc_timeout, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&queue->sim->timeouts, 1, __ATOMIC_ACQ_REL);
}

enum uiommufd_command_error command_run_one(struct sim_queue *queue,
					    const struct sim_entry *entry)
{
	struct sim_entry cmd = *entry;
	u8 opcode = entry->word[0];
	u8 action = action_with_faults(queue, &cmd);
	enum uiommufd_command_error error = perform(queue, &cmd, action);

	if (!error && action == ACTION_ATC_INV)
		lose_answer(queue, opcode);
	observe_command(queue, entry, &cmd, error);
	if (error)
		return error;
	if (smp_load_acquire(&queue->sim->law_on))
		law_command(queue, &cmd);
	queue->counters.slot[command_slot[opcode]]++;
	queue_move(queue, queue->cons, 1);
	return UIOMMUFD_COMMAND_OK;
}
