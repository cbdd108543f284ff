// SPDX-License-Identifier: MIT
/*
 * What the SMMU tells: events, page requests, global errors.
 *
 * An event belongs to the host unless it is one that a guest causes and can
 * understand, and its device translates through a guest's stage 1: then it goes
 * to that guest, with the device's guest name in it.  A stalled transaction
 * waits in the hardware until it is resumed, so every stall gets an answer.
 */
#include "arm-smmu-v3-impl.h"

/* --- consumer rings ------------------------------------------------------ */

/*
 * The next entry, in CPU order, or false.  Bit 31 of PROD and CONS differ while
 * the hardware has dropped entries that nobody was told about.
 */
static bool ring_pop(struct smmu3_ring *ring, u64 *out_entry)
{
	u32 mask = smmu3_ring_mask(ring->shift);
	u32 prod = readl(ring->prod_reg);
	const __le64 *entry;
	u32 i;

	if ((prod ^ ring->cons) & SMMU3_Q_OVERFLOW) {
		dev_err_ratelimited(ring->owner->dev,
				    "%s overflow: entries lost\n", ring->name);
		ring->cons ^= SMMU3_Q_OVERFLOW;
		writel(ring->cons, ring->cons_reg);
	}
	if (!smmu3_ring_used(ring->shift, prod, ring->cons))
		return false;
	entry = ring->base + (size_t)(ring->cons &
				      ((1u << ring->shift) - 1)) *
				     ring->dwords;
	for (i = 0; i < ring->dwords; i++)
		out_entry[i] = le64_to_cpu(READ_ONCE(entry[i]));
	ring->cons = (ring->cons & SMMU3_Q_OVERFLOW) |
		     ((ring->cons + 1) & mask);
	writel(ring->cons, ring->cons_reg);
	return true;
}

/* --- events -------------------------------------------------------------- */

static u32 event_sid(const u64 *event)
{
	return FIELD_GET(SMMU3_EVT0_SID, event[0]);
}

static bool event_is_guests(const u64 *event)
{
	switch (FIELD_GET(SMMU3_EVT0_ID, event[0])) {
	case SMMU3_EVT_BAD_STE:
	case SMMU3_EVT_STREAM_DISABLED:
	case SMMU3_EVT_BAD_SUBSTREAMID:
	case SMMU3_EVT_BAD_CD:
	case SMMU3_EVT_TRANSLATION:
	case SMMU3_EVT_ADDR_SIZE:
	case SMMU3_EVT_ACCESS:
	case SMMU3_EVT_PERMISSION:
		return !(event[1] & SMMU3_EVT1_S2);
	default:
		return false;
	}
}

static bool event_is_stall(const u64 *event)
{
	u32 id = FIELD_GET(SMMU3_EVT0_ID, event[0]);

	return id >= SMMU3_EVT_TRANSLATION && id <= SMMU3_EVT_PERMISSION &&
	       event[1] & SMMU3_EVT1_STALL;
}

static void resume(struct smmu3_device *sd, u32 sid, u16 stag, u32 response)
{
	smmu3_issue_one(sd, smmu3_cmd_resume(sid, stag, response), false);
}

/* The handler of the master's domain answers, or the IOMMU core does. */
static void report_stall(struct smmu3_master *master, const u64 *event)
{
	u32 perm = event[1] & SMMU3_EVT1_RNW ? IOMMU_FAULT_PERM_READ :
					       IOMMU_FAULT_PERM_WRITE;
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
		.fault.prm.grpid = FIELD_GET(SMMU3_EVT1_STAG, event[1]),
		.fault.prm.addr = event[2],
	};

	if (event[1] & SMMU3_EVT1_IND)
		perm |= IOMMU_FAULT_PERM_EXEC;
	if (event[1] & SMMU3_EVT1_PNU)
		perm |= IOMMU_FAULT_PERM_PRIV;
	fault.fault.prm.perm = perm;
	if (event[0] & SMMU3_EVT0_SSV) {
		fault.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		fault.fault.prm.pasid = FIELD_GET(SMMU3_EVT0_SSID, event[0]);
	}
	iommu_report_device_fault(master->dev, &fault);
}

static void log_event(struct smmu3_device *sd, const u64 *event)
{
	dev_info_ratelimited(sd->dev,
			     "event 0x%02x sid 0x%x: 0x%016llx 0x%016llx 0x%016llx 0x%016llx\n",
			     (u32)FIELD_GET(SMMU3_EVT0_ID, event[0]),
			     event_sid(event), event[0], event[1], event[2],
			     event[3]);
}

/* Context: streams_lock.  Return: whether the event is dealt with. */
static bool handle_stall(struct smmu3_device *sd, struct smmu3_master *master,
			 const u64 *event)
{
	if (master && !(event[1] & SMMU3_EVT1_S2)) {
		report_stall(master, event);
		return true;
	}
	resume(sd, event_sid(event), FIELD_GET(SMMU3_EVT1_STAG, event[1]),
	       SMMU3_RESUME_ABORT);
	return false;
}

static void handle_event(struct smmu3_device *sd, const u64 *event)
{
	struct smmu3_master *master;
	bool done = false;

	mutex_lock(&sd->streams_lock);
	master = xa_load(&sd->streams, event_sid(event));
	if (event_is_stall(event))
		done = handle_stall(sd, master, event);
	else if (master && event_is_guests(event))
		done = !smmu3_master_forward(master, event);
	mutex_unlock(&sd->streams_lock);
	if (!done)
		log_event(sd, event);
}

irqreturn_t smmu3_evtq_thread(int irq, void *data)
{
	struct smmu3_device *sd = data;
	u64 event[SMMU3_EVT_DWORDS];

	while (ring_pop(sd->evtq, event))
		handle_event(sd, event);
	return IRQ_HANDLED;
}

/* ops->page_response: the answer to report_stall(). */
void smmu3_page_response(struct device *dev, struct iopf_fault *evt,
			 struct iommu_page_response *msg)
{
	struct smmu3_master *master = to_smmu3_master(dev);
	bool retry = msg->code == IOMMU_PAGE_RESP_SUCCESS;

	if (!master->master.num_streams)
		return;
	/*
	 * Nothing waits for the retried access, so no sync.  A device that can
	 * stall has one stream.
	 */
	resume(master->sd, master->master.streams[0].id, msg->grpid,
	       retry ? SMMU3_RESUME_RETRY : SMMU3_RESUME_ABORT);
}

/* --- page requests ------------------------------------------------------- */

static void handle_page_request(struct smmu3_device *sd, const u64 *request)
{
	u32 sid = FIELD_GET(SMMU3_PRI0_SID, request[0]);
	u32 ssid = FIELD_GET(SMMU3_PRI0_SSID, request[0]);
	bool ssv = request[0] & SMMU3_PRI0_SSV;
	u16 group = FIELD_GET(SMMU3_PRI1_GRPID, request[1]);

	dev_info_ratelimited(sd->dev,
			     "page request denied: sid 0x%x ssid 0x%x group %u\n",
			     sid, ssid, group);
	if (request[0] & SMMU3_PRI0_LAST)
		smmu3_issue_one(sd,
				smmu3_cmd_pri_resp(sid, ssid, ssv, group,
						   SMMU3_PRI_RESP_DENY),
				true);
}

irqreturn_t smmu3_priq_thread(int irq, void *data)
{
	struct smmu3_device *sd = data;
	u64 request[SMMU3_PRI_DWORDS];

	while (ring_pop(sd->priq, request))
		handle_page_request(sd, request);
	return IRQ_HANDLED;
}

/* --- global errors ------------------------------------------------------- */

irqreturn_t smmu3_gerror_handler(int irq, void *data)
{
	struct smmu3_device *sd = data;
	u32 gerror = readl_relaxed(sd->base + SMMU3_GERROR);
	u32 active = gerror ^ readl_relaxed(sd->base + SMMU3_GERRORN);

	active &= SMMU3_GERROR_ALL;
	if (!active)
		return IRQ_NONE;
	dev_warn_ratelimited(sd->dev, "global error 0x%08x\n", active);
	if (active & SMMU3_GERROR_SFM) {
		dev_err(sd->dev, "service failure: SMMU switched off\n");
		smmu3_disable(sd);
	}
	if (active & SMMU3_GERROR_CMDQ)
		smmu3_ring_skip_error(sd->cmdq);
	/* The hardware goes on only after the repair. */
	writel(gerror, sd->base + SMMU3_GERRORN);
	return IRQ_HANDLED;
}
