/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV: three levels of enabling, the allocation map, error maps.
 *
 * Levels depend downwards: a VCMDQ runs while it is enabled, mapped, and its
 * VINTF and the block are enabled.  Enabling goes from the block down,
 * disabling from the queues up: a level's STATUS falls only when everything
 * below it has stopped.  Whatever changes, cmdqv_update() or the part of it
 * that covers the change recomputes what follows.
 *
 * Software that breaks the order rules (map ascending, unmap descending, VINTF
 * enabled around both) gets what it asked for, as far as a state exists, and a
 * guest error.
 */
#include "cmdqv.h"

#include <linux/bitfield.h>
#include <linux/limits.h>
#include <linux/slab.h>

/* --- error maps -----------------------------------------------------------*/

static void set_bit_of(u64 *cell, u32 bit, bool on)
{
	if (on)
		__atomic_fetch_or(cell, 1ull << bit, __ATOMIC_ACQ_REL);
	else
		__atomic_fetch_and(cell, ~(1ull << bit), __ATOMIC_ACQ_REL);
}

/* Every place that shows queue @number of (@v, @l); map_lock held. */
static void maps_set(struct sim *sim, u32 v, u32 l, u32 number, bool error)
{
	struct uiommufd_mmio *mmio = sim->cmdqv;
	bool any;

	set_bit_of(mmio_cell(mmio, CMDQV_LVCMDQ_ERR_MAP_64, 2 * v + l / 64),
		   l % 64, error);
	set_bit_of(mmio_cell(mmio, CMDQV_CMDQ_ERR_MAP, number / 32),
		   number % 32, error);
	any = uiommufd_mmio_get(mmio, CMDQV_LVCMDQ_ERR_MAP_64, 2 * v) |
	      uiommufd_mmio_get(mmio, CMDQV_LVCMDQ_ERR_MAP_64, 2 * v + 1);
	set_bit_of(mmio_cell(mmio, CMDQV_VINTF_ERR_MAP, v / 32), v % 32, any);
	set_bit_of(mmio_cell(mmio, CMDQV_VINTF_STATUS, v),
		   __builtin_ctz(VINTF_STATUS_ERROR), any);
}

static u32 active_errors(const struct sim_queue *queue)
{
	return (queue_get(queue, PAGE_GERROR) ^
		queue_get(queue, PAGE_GERRORN)) &
	       QUEUE_ERRORS;
}

void cmdqv_refresh_maps(struct sim_queue *queue)
{
	struct sim *sim = queue->sim;

	if (queue->vintf < 0)
		return;
	spin_lock(&sim->map_lock);
	maps_set(sim, queue->vintf, queue->lvcmdq, queue->number,
		 active_errors(queue));
	spin_unlock(&sim->map_lock);
}

static bool is_masked(struct sim *sim, u32 v)
{
	return uiommufd_mmio_get(sim->cmdqv, CMDQV_VINTF_INT_MASK, v / 32) >>
		       v % 32 &
	       1;
}

/* A new error of a VINTF: one edge, now or when it is no longer masked. */
static void vintf_interrupt(struct sim *sim, u32 v)
{
	bool masked;

	spin_lock(&sim->map_lock);
	masked = is_masked(sim, v);
	if (masked)
		sim->vintf[v].held_interrupt = true;
	spin_unlock(&sim->map_lock);
	if (!masked)
		sim_raise(sim, SIM_LINE_CMDQV);
}

void cmdqv_mask_update(struct sim *sim)
{
	bool due = false;
	unsigned long flags;

	spin_lock_irqsave(&sim->map_lock, flags);
	for (u32 v = 0; v < sim->vintfs; v++) {
		struct sim_vintf *vintf = &sim->vintf[v];

		if (!vintf->held_interrupt || is_masked(sim, v))
			continue;
		vintf->held_interrupt = false;
		due |= uiommufd_mmio_get(sim->cmdqv, CMDQV_VINTF_ERR_MAP,
					 v / 32) >> v % 32 & 1;
	}
	spin_unlock_irqrestore(&sim->map_lock, flags);
	if (due)
		sim_raise(sim, SIM_LINE_CMDQV);
}

/* Makes an error of a queue active and reports it; the queue's lock held. */
void cmdqv_queue_error(struct sim_queue *queue, u32 gerror_bit)
{
	u32 gerror = queue_get(queue, PAGE_GERROR);

	if (active_errors(queue) & gerror_bit)
		return;
	queue_set(queue, PAGE_GERROR, gerror ^ gerror_bit);
	cmdqv_refresh_maps(queue);
	if (queue->vintf >= 0)
		vintf_interrupt(queue->sim, queue->vintf);
}

/* Where CONS is mirrored to, or 0; latched by enabling. */
u64 cmdqv_mirror_address(const struct sim_queue *queue)
{
	const struct uiommufd_mmio *mmio = queue->sim->cmdqv;

	if (!(uiommufd_mmio_get(mmio, CMDQV_CONFIG, 0) & CMDQV_CONS_DRAM_EN))
		return 0;
	return uiommufd_mmio_get(mmio, CMDQV_VCMDQ_CONS_INDX_BASE, queue->number);
}

void cmdqv_mirror_cons(struct sim_queue *queue, u32 value)
{
	if (!sim_dma_write32(queue->sim, queue->mirror, value))
		cmdqv_queue_error(queue, GERROR_CONS_DRAM);
}

/* --- StreamIDs ------------------------------------------------------------*/

/*
 * Software writes REPLACE before MATCH and clears MATCH before REPLACE; so a
 * MATCH that still matches after REPLACE was read vouches for it.
 */
bool cmdqv_replace_sid(struct sim *sim, int vintf, u32 vsid, u32 *out_sid)
{
	u64 wanted = FIELD_PREP(SID_MATCH_VSID, vsid) | SID_MATCH_ENABLE;

	for (u32 s = 0; s < sim->sids; s++) {
		u32 index = vintf * sim->sids + s;
		u32 sid;

		if (uiommufd_mmio_get(sim->cmdqv, CMDQV_SID_MATCH, index) !=
		    wanted)
			continue;
		sid = uiommufd_mmio_get(sim->cmdqv, CMDQV_SID_REPLACE, index);
		if (uiommufd_mmio_get(sim->cmdqv, CMDQV_SID_MATCH, index) !=
		    wanted)
			continue;
		*out_sid = sid & PHYS_SID_BITS;
		return true;
	}
	return false;
}

/* --- enabling -------------------------------------------------------------*/

/* Lets a queue know what the levels above it say.  config_lock held. */
static void queue_follow(struct sim *sim, struct sim_queue *queue, bool allowed)
{
	struct sim_vintf *vintf = &sim->vintf[queue->vintf];

	spin_lock(&queue->lock);
	if (allowed && !queue->allowed) {
		queue->guest = !vintf->hyp_own;
		queue->permit = vintf->hyp_own ? sim->host_permit :
						 sim->guest_permit;
		queue->vmid_keep = vintf->hyp_own ? U64_MAX : ~CMD_VMID;
		queue->vmid_bits =
			vintf->hyp_own ? 0 :
					 FIELD_PREP(CMD_VMID, (u64)vintf->vmid);
	}
	WRITE_ONCE(queue->allowed, allowed);
	queue_update(queue);
	spin_unlock(&queue->lock);
}

/* Do any of the VINTF's queues still run?  config_lock held. */
static bool queues_follow(struct sim *sim, u32 v, bool allowed, bool complain)
{
	bool running = false;

	for (u32 l = 0; l < MAX_VCMDQS; l++) {
		u8 logical = sim->vintf[v].logical[l];
		struct sim_queue *queue;

		if (!logical)
			continue;
		queue = sim_vcmdq(sim, logical - 1);
		if (complain && !allowed)
			uiommufd_mmio_guest_error(
				sim->cmdqv,
				"VINTF %u disabled with VCMDQ %d mapped", v,
				queue->number);
		queue_follow(sim, queue, allowed);
		running |= READ_ONCE(queue->enabled);
	}
	return running;
}

static void vintf_show(struct sim *sim, u32 v)
{
	u64 *cell = mmio_cell(sim->cmdqv, CMDQV_VINTF_STATUS, v);
	u32 queues = 0;
	u64 status;

	for (u32 l = 0; l < MAX_VCMDQS; l++)
		queues += !!sim->vintf[v].logical[l];
	spin_lock(&sim->map_lock);
	status = mmio_load(cell) & VINTF_STATUS_ERROR;
	if (sim->vintf[v].enable.is)
		status |= VINTF_STATUS_ENABLED |
			  FIELD_PREP(VINTF_STATUS_QUEUES, queues);
	mmio_store(cell, status);
	spin_unlock(&sim->map_lock);
}

static void vintf_latch(struct sim *sim, u32 v)
{
	u32 config = uiommufd_mmio_get(sim->cmdqv, CMDQV_VINTF_CONFIG, v);

	sim->vintf[v].vmid = FIELD_GET(VINTF_VMID, config);
	sim->vintf[v].hyp_own = config & VINTF_HYP_OWN;
}

/* Reset leaves EN set and STATUS clear: only a write starts the block. */
static bool wants_block(struct sim *sim)
{
	return READ_ONCE(sim->touched) &&
	       (uiommufd_mmio_get(sim->cmdqv, CMDQV_CONFIG, 0) & CMDQV_EN);
}

static void vintf_converge(struct sim *sim, u32 v)
{
	struct sim_enable *enable = &sim->vintf[v].enable;
	u32 config = uiommufd_mmio_get(sim->cmdqv, CMDQV_VINTF_CONFIG, v);
	bool want = (config & VINTF_EN) && wants_block(sim) && sim->enable.is;
	bool running = false;

	if (!want)
		running = queues_follow(sim, v, false,
					enable->want && enable->is);
	if (enable_drive(sim, enable, want, UIOMMUFD_UNIT_VINTF, v,
			 !want && running) &&
	    want)
		vintf_latch(sim, v);
	if (want && enable->is)
		queues_follow(sim, v, true, false);
	vintf_show(sim, v);
}

static bool any_vintf_on(const struct sim *sim)
{
	for (u32 v = 0; v < sim->vintfs; v++)
		if (sim->vintf[v].enable.is)
			return true;
	return false;
}

static void all_converge(struct sim *sim)
{
	bool want = wants_block(sim);

	if (!want)
		for (u32 v = 0; v < sim->vintfs; v++)
			vintf_converge(sim, v);
	if (enable_drive(sim, &sim->enable, want, UIOMMUFD_UNIT_CMDQV,
			 UIOMMUFD_QUEUE_ANY, !want && any_vintf_on(sim)))
		uiommufd_mmio_set(sim->cmdqv, CMDQV_STATUS, 0, want);
	if (want && sim->enable.is)
		for (u32 v = 0; v < sim->vintfs; v++)
			vintf_converge(sim, v);
}

void cmdqv_update(struct sim *sim)
{
	unsigned long flags;

	spin_lock_irqsave(&sim->config_lock, flags);
	all_converge(sim);
	spin_unlock_irqrestore(&sim->config_lock, flags);
}

void cmdqv_vintf_update(struct sim *sim, u32 v)
{
	unsigned long flags;

	spin_lock_irqsave(&sim->config_lock, flags);
	vintf_converge(sim, v);
	spin_unlock_irqrestore(&sim->config_lock, flags);
}

/* --- the allocation map ---------------------------------------------------*/

static void order_error(struct sim *sim, const char *what, u32 v, u32 l)
{
	uiommufd_mmio_guest_error(sim->cmdqv, "VINTF %u LVCMDQ %u: %s", v, l,
				  what);
}

/* Lets the slot (@v, @l) of both logical pages show @number, or nothing. */
static void show_slot(struct sim *sim, u32 v, u32 l, int number)
{
	u32 at = v * CMDQV_VINTF_SLOTS + l;
	u16 page0 = 0, page1 = 0;

	if (number >= 0) {
		page0 = CMDQV_DIRECT0 / SLOT_BYTES + number;
		page1 = CMDQV_DIRECT1 / SLOT_BYTES + number;
	}
	__atomic_store_n(&sim->alias_slots[at], page0, __ATOMIC_RELEASE);
	__atomic_store_n(&sim->alias_slots[at + CMDQV_PAGE_SLOTS], page1,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&sim->vintf[v].logical[l], number + 1,
			 __ATOMIC_RELEASE);
}

static void unmap(struct sim *sim, struct sim_queue *queue)
{
	struct sim_vintf *vintf = &sim->vintf[queue->vintf];
	u32 l = queue->lvcmdq;

	if (l + 1 < MAX_VCMDQS && vintf->logical[l + 1])
		order_error(sim, "unmapped before the next one", queue->vintf,
			    l);
	if (!vintf->enable.is)
		order_error(sim, "unmapped after its VINTF was disabled",
			    queue->vintf, l);
	show_slot(sim, queue->vintf, l, -1);
	__atomic_fetch_and(&sim->mapped[queue->number / 64],
			   ~(1ull << queue->number % 64), __ATOMIC_RELEASE);
	spin_lock(&queue->lock);
	if (queue->enabled)
		order_error(sim, "unmapped while enabled", queue->vintf, l);
	WRITE_ONCE(queue->allowed, false);
	queue_abort(queue);
	page_detach(queue);
	spin_lock(&sim->map_lock);
	maps_set(sim, queue->vintf, l, queue->number, false);
	spin_unlock(&sim->map_lock);
	queue->vintf = -1;
	spin_unlock(&queue->lock);
}

static bool may_map(struct sim *sim, u32 v, u32 l)
{
	if (v >= sim->vintfs) {
		order_error(sim, "mapped into no VINTF", v, l);
		return false;
	}
	if (sim->vintf[v].logical[l]) {
		order_error(sim, "mapped twice", v, l);
		return false;
	}
	if (l && !sim->vintf[v].logical[l - 1])
		order_error(sim, "mapped before the one below", v, l);
	if (!sim->vintf[v].enable.is)
		order_error(sim, "mapped before its VINTF was enabled", v, l);
	return true;
}

static void map(struct sim *sim, struct sim_queue *queue, u32 v, u32 l)
{
	struct sim_vintf *vintf = &sim->vintf[v];

	spin_lock(&queue->lock);
	queue->vintf = v;
	queue->lvcmdq = l;
	page_attach(queue, (u32 *)(vintf->page + l * SLOT_BYTES));
	spin_unlock(&queue->lock);
	__atomic_fetch_or(&sim->mapped[queue->number / 64],
			  1ull << queue->number % 64, __ATOMIC_RELEASE);
	show_slot(sim, v, l, queue->number);
	queue_follow(sim, queue, vintf->enable.is && vintf->enable.want);
}

void cmdqv_map_update(struct sim *sim, u32 number)
{
	struct sim_queue *queue = sim_vcmdq(sim, number);
	unsigned long flags;
	u32 alloc, v, l;
	bool on;

	spin_lock_irqsave(&sim->config_lock, flags);
	alloc = uiommufd_mmio_get(sim->cmdqv, CMDQV_CMDQ_ALLOC, number);
	on = alloc & ALLOC_ALLOCATED;
	v = FIELD_GET(ALLOC_VINTF, alloc);
	l = FIELD_GET(ALLOC_LVCMDQ, alloc);
	if (queue->vintf >= 0 &&
	    (!on || (u32)queue->vintf != v || (u32)queue->lvcmdq != l)) {
		u32 was = queue->vintf;

		unmap(sim, queue);
		vintf_show(sim, was);
	}
	if (on && queue->vintf < 0 && may_map(sim, v, l)) {
		map(sim, queue, v, l);
		vintf_show(sim, v);
	}
	spin_unlock_irqrestore(&sim->config_lock, flags);
}

/* --- making ---------------------------------------------------------------*/

static void bind_queue(struct sim *sim, struct uiommufd_mmio *mmio, u32 number)
{
	static const u8 row[PAGE_CELLS] = {
		[PAGE_CONS] = CMDQV_VCMDQ_CONS,	[PAGE_PROD] = CMDQV_VCMDQ_PROD,
		[PAGE_CONFIG] = CMDQV_VCMDQ_CONFIG,	[PAGE_STATUS] = CMDQV_VCMDQ_STATUS,
		[PAGE_GERROR] = CMDQV_VCMDQ_GERROR,	[PAGE_GERRORN] = CMDQV_VCMDQ_GERRORN,
	};
	struct sim_queue *queue = sim_vcmdq(sim, number);

	for (int cell = 0; cell < PAGE_CELLS; cell++)
		queue->cell[cell] = mmio_cell(mmio, row[cell], number);
	queue->base_cell = mmio_cell(mmio, CMDQV_VCMDQ_BASE, number);
}

struct uiommufd_mmio *cmdqv_new(struct sim *sim)
{
	struct uiommufd_mmio *mmio;
	u32 logical_bytes = CMDQV_VINTF_STRIDE * sim->vintfs;

	sim->cmdqv_rows =
		kcalloc(CMDQV_ROWS, sizeof(*sim->cmdqv_rows), GFP_KERNEL);
	sim->alias_slots = kvcalloc(sim->vintfs * CMDQV_VINTF_SLOTS,
				    sizeof(u16), GFP_KERNEL);
	if (!sim->cmdqv_rows || !sim->alias_slots)
		return NULL;
	cmdqv_fill_table(sim, sim->cmdqv_rows);
	sim->cmdqv_alias = (struct uiommufd_mmio_alias){
		.start = CMDQV_LOGICAL,
		.size = logical_bytes,
		.slot_bytes = SLOT_BYTES,
		.slots = sim->alias_slots,
	};
	sim->cmdqv_block = (struct uiommufd_mmio_block){
		.name = "CMDQV",
		.size = CMDQV_LOGICAL + logical_bytes,
		.registers = sim->cmdqv_rows,
		.register_count = CMDQV_ROWS,
		.aliases = &sim->cmdqv_alias,
		.alias_count = 1,
	};
	mmio = uiommufd_mmio_new(&sim->cmdqv_block, sim, NULL);
	if (mmio)
		mmio->page = cmdqv_page;
	for (u32 q = 0; mmio && q < sim->vcmdqs; q++)
		bind_queue(sim, mmio, q);
	return mmio;
}
