// SPDX-License-Identifier: MIT
/*
 * Command queues: how many CPUs feed one ring in memory.
 *
 * A list of commands is inserted in five steps.
 *
 *  1. Reserve consecutive entries by compare-and-swap on the shadow, a 64-bit
 *     pair of the producer index and the last known consumer index.  Bit 31 of
 *     the producer says that the open group has an owner; whoever reserves
 *     while it is clear becomes the owner of a new group.
 *  2. Write the entries.  A list that ends in a CMD_SYNC takes the lock shared:
 *     while anybody waits for a sync, the consumer index in the shadow stays
 *     behind that sync, so its entry cannot be reused under the waiter.
 *  3. Flip the entries' bits in the valid map.  Which value means valid changes
 *     with each lap, so nothing is ever cleared.
 *  4. The owner waits for the owner before it, closes its group by clearing the
 *     flag, waits until every entry of the group is valid, and writes PROD once
 *     for all of them.
 *  5. Wait for the CMD_SYNC.
 *
 * Ordering.  The flip is a release and pairs with the acquire in step 4, so
 * PROD is written after every entry it covers.  owner_prod is released by one
 * owner and acquired by the next, so PROD only grows.
 *
 * lock: counts waiters (shared); INT_MIN while one CPU refreshes the consumer
 * index from the register (exclusive).
 */
#include "arm-smmu-v3-impl.h"

#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include <asm/barrier.h>

#define RING_OWNED BIT_ULL(31)
#define RING_LOCKED INT_MIN
#define WAIT_SPINS 10

/* --- waiting ------------------------------------------------------------- */

void smmu3_wait_start(struct smmu3_wait *wait, bool for_event)
{
	wait->deadline = ktime_add_us(ktime_get(), ARM_SMMU_POLL_TIMEOUT_US);
	wait->delay_us = 1;
	wait->spins = 0;
	wait->for_event = for_event;
}

int smmu3_wait_more(struct smmu3_wait *wait)
{
	if (ktime_compare(ktime_get(), wait->deadline) > 0)
		return -ETIMEDOUT;
	if (wait->for_event || ++wait->spins < WAIT_SPINS) {
		cpu_relax();
		return 0;
	}
	udelay(wait->delay_us);
	wait->delay_us *= 2;
	wait->spins = 0;
	return 0;
}

/* --- the shadow ---------------------------------------------------------- */

static u32 shadow_prod(u64 shadow)
{
	return (u32)shadow & ~(u32)RING_OWNED;
}

static u32 shadow_cons(u64 shadow)
{
	return shadow >> 32;
}

static u64 shadow_make(u32 prod, u32 cons)
{
	return (u64)cons << 32 | prod;
}

static bool ring_has_room(const struct smmu3_ring *ring, u64 shadow, u32 count)
{
	return smmu3_ring_free(ring->shift, shadow_prod(shadow),
			       shadow_cons(shadow)) >= count;
}

static u32 ring_read_cons(struct smmu3_ring *ring)
{
	return readl(ring->cons_reg) & smmu3_ring_mask(ring->shift);
}

/* Caller holds the lock exclusively or is its last sharer. */
static void ring_set_cons(struct smmu3_ring *ring, u32 cons)
{
	s64 old = atomic64_read(&ring->shadow);

	while (!atomic64_try_cmpxchg(&ring->shadow, &old,
				     shadow_make((u32)old, cons)))
		;
}

/* --- the lock ------------------------------------------------------------ */

static void ring_lock_shared(struct smmu3_ring *ring)
{
	int sharers = atomic_read(&ring->lock);

	for (;;) {
		if (sharers < 0) {
			cpu_relax();
			sharers = atomic_read(&ring->lock);
		} else if (atomic_try_cmpxchg(&ring->lock, &sharers,
					      sharers + 1)) {
			return;
		}
	}
}

/* The last sharer first records @cons: nobody waits behind it any more. */
static void ring_unlock_shared(struct smmu3_ring *ring, u32 cons)
{
	if (atomic_read(&ring->lock) == 1)
		ring_set_cons(ring, cons);
	atomic_dec_return(&ring->lock);
}

static bool ring_try_lock_exclusive(struct smmu3_ring *ring)
{
	return atomic_cmpxchg(&ring->lock, 0, RING_LOCKED) == 0;
}

static void ring_unlock_exclusive(struct smmu3_ring *ring)
{
	atomic_set_release(&ring->lock, 0);
}

/* --- step 1: reserve ----------------------------------------------------- */

/* Waits until the shadow shows room.  Interrupts are on. */
static int ring_wait_room(struct smmu3_ring *ring, u32 count)
{
	struct smmu3_wait wait;

	smmu3_wait_start(&wait, false);
	while (!ring_has_room(ring, atomic64_read(&ring->shadow), count)) {
		if (ring_try_lock_exclusive(ring)) {
			ring_set_cons(ring, ring_read_cons(ring));
			ring_unlock_exclusive(ring);
			if (ring_has_room(ring, atomic64_read(&ring->shadow),
					  count))
				break;
		}
		if (smmu3_wait_more(&wait))
			return -ETIMEDOUT;
	}
	return 0;
}

/* Returns with interrupts off, also on failure. */
static int ring_reserve(struct smmu3_ring *ring, u32 count, u32 *out_start,
			bool *out_owner, unsigned long *flags)
{
	s64 old;
	u64 new;
	int ret;

	local_irq_save(*flags);
	old = atomic64_read(&ring->shadow);
	do {
		while (!ring_has_room(ring, old, count)) {
			local_irq_restore(*flags);
			ret = ring_wait_room(ring, count);
			local_irq_save(*flags);
			if (ret)
				return ret;
			old = atomic64_read(&ring->shadow);
		}
		new = shadow_make(smmu3_ring_add(ring->shift, shadow_prod(old),
						 count) | RING_OWNED,
				  shadow_cons(old));
	} while (!atomic64_try_cmpxchg(&ring->shadow, &old, new));
	*out_start = shadow_prod(old);
	*out_owner = !((u32)old & RING_OWNED);
	return 0;
}

/* --- steps 2 and 3: write, mark valid ------------------------------------ */

static __le64 *ring_entry(struct smmu3_ring *ring, u32 index)
{
	return ring->base + (size_t)(index & ((1u << ring->shift) - 1)) *
				    ring->dwords;
}

static void ring_write(struct smmu3_ring *ring, u32 index,
		       const struct arm_smmu_cmd *cmd)
{
	__le64 *entry = ring_entry(ring, index);

	WRITE_ONCE(entry[0], cpu_to_le64(cmd->data[0]));
	WRITE_ONCE(entry[1], cpu_to_le64(cmd->data[1]));
}

/* Entries from @start in one word of the valid map, at most up to @end. */
static u32 ring_word_run(const struct smmu3_ring *ring, u32 start, u32 end,
			 unsigned long *out_mask)
{
	u32 size = 1u << ring->shift;
	u32 index = start & (size - 1);
	u32 first = index % BITS_PER_LONG;
	u32 run = smmu3_ring_used(ring->shift, end, start);

	run = min_t(u32, run, size - index);
	run = min_t(u32, run, BITS_PER_LONG - first);
	*out_mask = GENMASK(first + run - 1, first);
	return run;
}

static atomic_long_t *ring_word(struct smmu3_ring *ring, u32 index)
{
	return &ring->valid[(index & ((1u << ring->shift) - 1)) /
			    BITS_PER_LONG];
}

static void ring_mark_valid(struct smmu3_ring *ring, u32 start, u32 end)
{
	unsigned long mask;
	u32 run;

	dma_wmb();
	for (; start != end; start = smmu3_ring_add(ring->shift, start, run)) {
		run = ring_word_run(ring, start, end, &mask);
		atomic_long_fetch_xor_release(mask, ring_word(ring, start));
	}
}

static void ring_wait_valid(struct smmu3_ring *ring, u32 start, u32 end)
{
	unsigned long mask, want;
	u32 run;

	for (; start != end; start = smmu3_ring_add(ring->shift, start, run)) {
		run = ring_word_run(ring, start, end, &mask);
		want = start >> ring->shift & 1 ? 0 : mask;
		while ((atomic_long_read_acquire(ring_word(ring, start)) &
			mask) != want)
			cpu_relax();
	}
}

/* --- step 4: publish ----------------------------------------------------- */

static void ring_publish(struct smmu3_ring *ring, u32 start)
{
	u32 end;

	while (atomic_read_acquire(&ring->owner_prod) != start)
		cpu_relax();
	end = shadow_prod(atomic64_fetch_and(~RING_OWNED, &ring->shadow));
	ring_wait_valid(ring, start, end);
	dma_wmb();
	writel_relaxed(end, ring->prod_reg);
	atomic_set_release(&ring->owner_prod, end);
}

/* --- step 5: the CMD_SYNC ------------------------------------------------ */

static bool ring_polls_memory(const struct smmu3_ring *ring)
{
	return !ring->secondary && ring->owner->features & SMMU3_FEAT_MSI_POLL;
}

static struct arm_smmu_cmd ring_make_sync(const struct smmu3_ring *ring,
					  u32 index)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_SYNC);
	u64 entry = index & ((1u << ring->shift) - 1);
	u32 signal = SMMU3_SYNC_CS_SEV;

	if (ring->secondary)
		signal = SMMU3_SYNC_CS_NONE;
	else if (ring_polls_memory(ring))
		signal = SMMU3_SYNC_CS_IRQ;
	cmd.data[0] |= FIELD_PREP(SMMU3_SYNC0_CS, signal) |
		       FIELD_PREP(SMMU3_SYNC0_MSH, SMMU3_MSH_INNER) |
		       FIELD_PREP(SMMU3_SYNC0_MSIATTR, SMMU3_MSIATTR_WB);
	if (signal == SMMU3_SYNC_CS_IRQ)
		cmd.data[1] = (ring->base_dma +
			       entry * ring->dwords * sizeof(u64)) &
			      SMMU3_SYNC1_MSIADDR;
	return cmd;
}

/* Has the sync at @index completed?  *@out_cons: what may be reused. */
static bool ring_sync_done(struct smmu3_ring *ring, u32 index, u32 *out_cons)
{
	if (ring_polls_memory(ring)) {
		/* The completion overwrites the command's first word by 0. */
		if (smp_load_acquire((u32 *)ring_entry(ring, index)))
			return false;
		*out_cons = smmu3_ring_add(ring->shift, index, 1);
		return true;
	}
	*out_cons = ring_read_cons(ring);
	return smmu3_ring_consumed(ring->shift, *out_cons, index);
}

static int ring_wait_sync(struct smmu3_ring *ring, u32 index)
{
	bool event = ring->owner->features & SMMU3_FEAT_SEV &&
		     !ring_polls_memory(ring);
	struct smmu3_wait wait;
	bool late = false;
	int ret = 0;
	u32 cons;

	smmu3_wait_start(&wait, event);
	while (!ring_sync_done(ring, index, &cons)) {
		if (late) {
			ret = -ETIMEDOUT;
			break;
		}
		/* Past the deadline look once more before giving up. */
		late = smmu3_wait_more(&wait) != 0;
	}
	if (ret) {
		cons = ring_read_cons(ring);
		dev_err_ratelimited(ring->owner->dev,
				    "%s: CMD_SYNC timeout at 0x%08x [cons 0x%08x]\n",
				    ring->name, index, cons);
	}
	ring_unlock_shared(ring, cons);
	return ret;
}

/* --- the list ------------------------------------------------------------ */

/*
 * Inserts @n commands and, with @sync, a CMD_SYNC, and waits for that.
 * Return: 0, -ETIMEDOUT.
 */
int smmu3_ring_issue(struct smmu3_ring *ring, const struct arm_smmu_cmd *cmds,
		     int n, bool sync)
{
	u32 total = n + sync;
	u32 start, at, i;
	struct arm_smmu_cmd cmd;
	unsigned long flags;
	bool owner;
	int ret;

	if (!total)
		return 0;
	ret = ring_reserve(ring, total, &start, &owner, &flags);
	if (ret) {
		local_irq_restore(flags);
		dev_err_ratelimited(ring->owner->dev, "%s: queue stays full\n",
				    ring->name);
		return ret;
	}
	for (i = 0; i < n; i++)
		ring_write(ring, smmu3_ring_add(ring->shift, start, i),
			   &cmds[i]);
	at = smmu3_ring_add(ring->shift, start, n);
	if (sync) {
		cmd = ring_make_sync(ring, at);
		ring_write(ring, at, &cmd);
		ring_lock_shared(ring);
	}
	ring_mark_valid(ring, start, smmu3_ring_add(ring->shift, start, total));
	if (owner)
		ring_publish(ring, start);
	local_irq_restore(flags);
	return sync ? ring_wait_sync(ring, at) : 0;
}

/* --- errors -------------------------------------------------------------- */

static const char *cerror_name(u32 error)
{
	static const char *const names[] = {
		[SMMU3_CERROR_NONE] = "No error",
		[SMMU3_CERROR_ILLEGAL] = "Illegal command",
		[SMMU3_CERROR_ABORT] = "Abort on command fetch",
		[SMMU3_CERROR_ATC_SYNC] = "ATC invalidate timeout",
	};

	return error < ARRAY_SIZE(names) ? names[error] : "Unknown";
}

/*
 * The queue stands still at the failing entry; only its memory is touched.
 * After the caller's acknowledgement the entry is fetched again.
 */
void smmu3_ring_skip_error(struct smmu3_ring *ring)
{
	u32 cons = readl_relaxed(ring->cons_reg);
	u32 index = cons & smmu3_ring_mask(ring->shift);
	u32 error = FIELD_GET(SMMU3_CONS_ERR, cons);
	struct arm_smmu_cmd sync = smmu3_cmd_op(SMMU3_OP_SYNC);
	__le64 *entry = ring_entry(ring, index);

	dev_err_ratelimited(ring->owner->dev, "%s: error (cons 0x%08x): %s\n",
			    ring->name, cons, cerror_name(error));
	if (error == SMMU3_CERROR_NONE || error == SMMU3_CERROR_ABORT ||
	    error == SMMU3_CERROR_ATC_SYNC)
		return;
	dev_err_ratelimited(ring->owner->dev,
			    "%s: skipping command 0x%016llx 0x%016llx\n",
			    ring->name, le64_to_cpu(READ_ONCE(entry[0])),
			    le64_to_cpu(READ_ONCE(entry[1])));
	sync.data[0] |= FIELD_PREP(SMMU3_SYNC0_CS, ring->secondary ?
						   SMMU3_SYNC_CS_NONE :
						   SMMU3_SYNC_CS_SEV) |
			FIELD_PREP(SMMU3_SYNC0_MSH, SMMU3_MSH_INNER) |
			FIELD_PREP(SMMU3_SYNC0_MSIATTR, SMMU3_MSIATTR_WB);
	ring_write(ring, index, &sync);
}

/* --- making rings -------------------------------------------------------- */

static size_t ring_bytes(u32 shift, u32 dwords)
{
	return ((size_t)dwords * sizeof(u64)) << shift;
}

/*
 * Allocates a ring of 1 << *@shift entries, or a smaller one and lowers
 * *@shift.  All memory is devres.  Return: 0, -ENOMEM.
 */
int smmu3_ring_alloc(struct smmu3_device *sd, u32 *shift, u32 dwords,
		     void __iomem *page, unsigned long prod_off,
		     unsigned long cons_off, const char *name,
		     struct smmu3_ring **out_ring)
{
	struct smmu3_ring *ring;

	ring = devm_kzalloc(sd->dev, sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	for (;; (*shift)--) {
		size_t bytes = ring_bytes(*shift, dwords);

		ring->base = dmam_alloc_coherent(sd->dev, bytes,
						 &ring->base_dma, GFP_KERNEL);
		if (ring->base)
			break;
		if (bytes <= PAGE_SIZE)
			return -ENOMEM;
	}
	ring->owner = sd;
	ring->prod_reg = page + prod_off;
	ring->cons_reg = page + cons_off;
	ring->shift = *shift;
	ring->dwords = dwords;
	ring->name = name;
	*out_ring = ring;
	return 0;
}

/* Adds what producers need.  Return: 0, -ENOMEM. */
int smmu3_ring_make_commands(struct smmu3_ring *ring)
{
	size_t words = BITS_TO_LONGS(1UL << ring->shift);

	atomic64_set(&ring->shadow, 0);
	atomic_set(&ring->owner_prod, 0);
	atomic_set(&ring->lock, 0);
	ring->valid = devm_kcalloc(ring->owner->dev, words,
				   sizeof(*ring->valid), GFP_KERNEL);
	return ring->valid ? 0 : -ENOMEM;
}

u64 smmu3_ring_base_value(const struct smmu3_ring *ring)
{
	return SMMU3_Q_BASE_RWA | (ring->base_dma & SMMU3_Q_BASE_ADDR) |
	       FIELD_PREP(SMMU3_Q_BASE_LOG2SIZE, ring->shift);
}

/* --- the contract with implementation drivers ---------------------------- */

static unsigned long ring_key(const struct arm_smmu_queue *q)
{
	return (unsigned long)q / sizeof(long);
}

/* The ring behind @cmdq; NULL if it was never initialised. */
struct smmu3_ring *smmu3_ring_of(struct arm_smmu_device *smmu,
				 struct arm_smmu_cmdq *cmdq)
{
	struct smmu3_device *sd = to_smmu3(smmu);

	if (cmdq == &smmu->cmdq && likely(sd->cmdq))
		return sd->cmdq;
	return xa_load(&sd->rings, ring_key(&cmdq->q));
}

int arm_smmu_init_one_queue(struct arm_smmu_device *smmu,
			    struct arm_smmu_queue *q, void __iomem *page,
			    unsigned long prod_off, unsigned long cons_off,
			    size_t dwords, const char *name)
{
	struct smmu3_device *sd = to_smmu3(smmu);
	u32 shift = q->llq.max_n_shift;
	struct smmu3_ring *ring;
	int ret;

	ret = smmu3_ring_alloc(sd, &shift, dwords, page, prod_off, cons_off,
			       name, &ring);
	if (ret) {
		dev_err(sd->dev, "no memory for %s queue\n", name);
		return ret;
	}
	ring->secondary = q != &smmu->cmdq.q;
	q->llq.max_n_shift = shift;
	q->base = (void *)ring->base;
	q->base_dma = ring->base_dma;
	q->prod_reg = ring->prod_reg;
	q->cons_reg = ring->cons_reg;
	q->ent_dwords = dwords;
	q->q_base = smmu3_ring_base_value(ring);
	return xa_err(xa_store(&sd->rings, ring_key(q), ring, GFP_KERNEL));
}

int arm_smmu_cmdq_init(struct arm_smmu_device *smmu, struct arm_smmu_cmdq *cmdq)
{
	struct smmu3_ring *ring = smmu3_ring_of(smmu, cmdq);

	if (WARN_ON(!ring))
		return -EINVAL;
	return smmu3_ring_make_commands(ring);
}

/* CFGI and TLBI lists that end in a sync are repeated on affected parts. */
static bool must_repeat(const struct smmu3_device *sd,
			const struct arm_smmu_cmd *first)
{
	u8 op = FIELD_GET(SMMU3_CMD0_OP, first->data[0]);

	return sd->quirks & SMMU3_QUIRK_REPEAT_INVALIDATE &&
	       op >= SMMU3_OP_CFGI_STE && op <= SMMU3_OP_INVALIDATE_LAST;
}

int arm_smmu_cmdq_issue_cmdlist(struct arm_smmu_device *smmu,
				struct arm_smmu_cmdq *cmdq,
				struct arm_smmu_cmd *cmds, int n, bool sync)
{
	struct smmu3_ring *ring = smmu3_ring_of(smmu, cmdq);
	int ret;

	if (WARN_ON_ONCE(!ring || !ring->valid))
		return -EINVAL;
	ret = smmu3_ring_issue(ring, cmds, n, sync);
	if (ret || !sync || !n || !must_repeat(ring->owner, cmds))
		return ret;
	return smmu3_ring_issue(ring, cmds, n, true);
}

void __arm_smmu_cmdq_skip_err(struct arm_smmu_device *smmu,
			      struct arm_smmu_cmdq *cmdq)
{
	struct smmu3_ring *ring = smmu3_ring_of(smmu, cmdq);

	if (!WARN_ON_ONCE(!ring))
		smmu3_ring_skip_error(ring);
}

/* --- batches ------------------------------------------------------------- */

static struct arm_smmu_cmdq *pick_cmdq(struct smmu3_device *sd,
				       const struct arm_smmu_cmd *cmd)
{
	struct arm_smmu_device *smmu = sd->smmu;
	struct arm_smmu_cmd copy = *cmd;
	struct arm_smmu_cmdq *cmdq = NULL;

	if (smmu->impl_ops && smmu->impl_ops->get_secondary_cmdq)
		cmdq = smmu->impl_ops->get_secondary_cmdq(smmu, &copy);
	return cmdq ? cmdq : &smmu->cmdq;
}

static bool cmdq_supports(struct arm_smmu_cmdq *cmdq, struct arm_smmu_cmd *cmd)
{
	return !cmdq->supports_cmd || cmdq->supports_cmd(cmd);
}

/* @first decides the queue; it is not added. */
void smmu3_batch_start(struct smmu3_batch *batch, struct smmu3_device *sd,
		       const struct arm_smmu_cmd *first)
{
	batch->sd = sd;
	batch->count = 0;
	batch->error = 0;
	batch->cmdq = pick_cmdq(sd, first);
}

static void batch_flush(struct smmu3_batch *batch, bool sync)
{
	int ret = arm_smmu_cmdq_issue_cmdlist(batch->sd->smmu, batch->cmdq,
					      batch->cmds, batch->count, sync);

	if (!batch->error)
		batch->error = ret;
	batch->count = 0;
}

/* A full batch goes out without a sync, unless a quirk wants one. */
static void batch_make_room(struct smmu3_batch *batch)
{
	unsigned long quirks = batch->sd->quirks;

	if (batch->count == SMMU3_BATCH_ENTRIES - 1 &&
	    quirks & SMMU3_QUIRK_FORCE_SYNC)
		batch_flush(batch, true);
	else if (batch->count == SMMU3_BATCH_ENTRIES)
		batch_flush(batch, must_repeat(batch->sd, batch->cmds));
}

void smmu3_batch_add(struct smmu3_batch *batch, struct arm_smmu_cmd cmd)
{
	if (!cmdq_supports(batch->cmdq, &cmd)) {
		if (batch->count)
			batch_flush(batch, true);
		batch->cmdq = pick_cmdq(batch->sd, &cmd);
	}
	batch_make_room(batch);
	batch->cmds[batch->count++] = cmd;
}

/*
 * Sends the rest and a CMD_SYNC.
 * Return: 0, or the first error of any part.
 */
int smmu3_batch_submit(struct smmu3_batch *batch)
{
	batch_flush(batch, true);
	return batch->error;
}

int smmu3_issue_one(struct smmu3_device *sd, struct arm_smmu_cmd cmd,
		    bool sync)
{
	return arm_smmu_cmdq_issue_cmdlist(sd->smmu, pick_cmdq(sd, &cmd), &cmd,
					   1, sync);
}
