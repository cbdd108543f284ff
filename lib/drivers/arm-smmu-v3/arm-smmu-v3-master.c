// SPDX-License-Identifier: MIT
/*
 * Masters: attaching devices to domains.
 *
 * Every change goes the same way: prepare allocates and makes the new domain
 * know the master, so that no invalidation is missed once the hardware looks at
 * it; then the entries are written; commit makes the old domain forget the
 * master.  Only prepare can fail.
 *
 * Traffic without a PASID and traffic with one meet in one stream table entry.
 * While PASIDs are in use the entry must point to the descriptor table, also
 * when traffic without a PASID is blocked or untranslated (S1DSS says which).
 *
 * All of it runs under the IOMMU core's group mutex.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/kcsan-checks.h>
#include <linux/slab.h>

bool smmu3_master_canwbs(const struct smmu3_master *master)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(master->dev);

	return fwspec && fwspec->flags & IOMMU_FWSPEC_PCI_RC_CANWBS;
}

/* --- page faults --------------------------------------------------------- */

static int master_iopf_get(struct smmu3_master *master)
{
	int ret;

	if (!master->stall || !master->sd->iopf_queue)
		return -EOPNOTSUPP;
	if (!master->iopf_users) {
		ret = iopf_queue_add_device(master->sd->iopf_queue,
					    master->dev);
		if (ret)
			return ret;
	}
	master->iopf_users++;
	return 0;
}

static void master_iopf_put(struct smmu3_master *master)
{
	if (--master->iopf_users == 0)
		iopf_queue_remove_device(master->sd->iopf_queue, master->dev);
}

/* --- changes ------------------------------------------------------------- */

static struct smmu3_lane *lane_of(struct smmu3_master *master, u32 ssid)
{
	if (ssid == IOMMU_NO_PASID)
		return master->rid_lane;
	return xa_load(&master->pasid_lanes, ssid);
}

static struct smmu3_lane *lane_new(const struct smmu3_change *change)
{
	struct smmu3_lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL);
	int ret;

	if (!lane)
		return ERR_PTR(-ENOMEM);
	lane->master = change->master;
	lane->sdom = change->sdom;
	lane->ssid = change->ssid;
	lane->nested = change->nested;
	if (change->domain->iopf_handler) {
		ret = master_iopf_get(change->master);
		if (ret) {
			kfree(lane);
			return ERR_PTR(ret);
		}
		lane->iopf = true;
	}
	return lane;
}

static void lane_free(struct smmu3_lane *lane)
{
	if (!lane)
		return;
	if (lane->iopf)
		master_iopf_put(lane->master);
	kfree(lane);
}

/* Fails when the domain must stay coherent and the master is not. */
static int lane_link(struct smmu3_lane *lane)
{
	struct smmu3_domain *sdom = lane->sdom;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&sdom->lanes_lock, flags);
	if (sdom->enforce_coherency && !smmu3_master_canwbs(lane->master))
		ret = -EINVAL;
	else
		list_add_tail(&lane->list, &sdom->lanes);
	spin_unlock_irqrestore(&sdom->lanes_lock, flags);
	return ret;
}

static void lane_unlink(struct smmu3_lane *lane)
{
	struct smmu3_domain *sdom = lane->sdom;
	unsigned long flags;

	spin_lock_irqsave(&sdom->lanes_lock, flags);
	list_del(&lane->list);
	spin_unlock_irqrestore(&sdom->lanes_lock, flags);
}

/*
 * Fills lane and old of @change; all else is the caller's.
 * Return: 0; -ENOMEM; -EOPNOTSUPP (faults wanted, master cannot stall);
 * -EINVAL (coherency).
 */
int smmu3_change_prepare(struct smmu3_change *change)
{
	struct smmu3_master *master = change->master;
	struct smmu3_lane *lane;
	int ret;

	change->old = lane_of(master, change->ssid);
	if (!change->sdom)
		return 0;
	lane = lane_new(change);
	if (IS_ERR(lane))
		return PTR_ERR(lane);
	ret = lane_link(lane);
	if (ret)
		goto err_free;
	if (change->ssid != IOMMU_NO_PASID) {
		ret = xa_err(xa_store(&master->pasid_lanes, change->ssid, lane,
				      GFP_KERNEL));
		if (ret)
			goto err_unlink;
	}
	change->lane = lane;
	return 0;

err_unlink:
	lane_unlink(lane);
err_free:
	lane_free(lane);
	return ret;
}

/* Writes the streams' entries.  ATC invalidation starts before ATS does. */
void smmu3_change_install(struct smmu3_change *change,
			  const struct smmu3_ste *ste)
{
	struct smmu3_master *master = change->master;
	unsigned int i;

	if (change->ats)
		WRITE_ONCE(master->ats_enabled, true);
	for (i = 0; i < master->master.num_streams; i++)
		smmu3_ste_write(master->sd, master->master.streams[i].id, ste);
}

/* Whatever the device cached at @ssid is from before. */
static void master_flush_atc(struct smmu3_master *master, u32 ssid)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_ATC_INV);
	struct smmu3_batch batch;
	unsigned int i;

	smmu3_batch_start(&batch, master->sd, &cmd);
	for (i = 0; i < master->master.num_streams; i++)
		smmu3_batch_add(&batch,
				smmu3_cmd_atc_inv(master->master.streams[i].id,
						  ssid, 0, 0));
	smmu3_batch_submit(&batch);
}

static void master_set_vmaster(struct smmu3_master *master,
			       struct smmu3_vmaster *vmaster)
{
	struct smmu3_vmaster *old;

	mutex_lock(&master->sd->streams_lock);
	kcsan_check_write(&master->vmaster, sizeof(master->vmaster));
	old = master->vmaster;
	master->vmaster = vmaster;
	mutex_unlock(&master->sd->streams_lock);
	kfree(old);
}

/* No entry leads to the context descriptors: they can go. */
static void cdtab_trim(struct smmu3_master *master)
{
	if (master->rid != SMMU3_RID_S1 && !master->cdtab.pasids)
		smmu3_cdtab_fini(master);
}

/* @rid: what traffic without a PASID meets now; ignored for a PASID. */
void smmu3_change_commit(struct smmu3_change *change, enum smmu3_rid rid)
{
	struct smmu3_master *master = change->master;

	if (master->ats_enabled)
		master_flush_atc(master, change->ssid);
	if (!change->ats)
		WRITE_ONCE(master->ats_enabled, false);
	if (change->ssid == IOMMU_NO_PASID) {
		master->rid = rid;
		master->rid_lane = change->lane;
		master_set_vmaster(master, change->vmaster);
	} else if (!change->lane) {
		xa_erase(&master->pasid_lanes, change->ssid);
	}
	if (change->old)
		lane_unlink(change->old);
	lane_free(change->old);
	cdtab_trim(master);
}

/* --- blocked and identity ------------------------------------------------ */

/* The entry for a static domain, with or without PASIDs beside it. */
static void static_ste(struct smmu3_change *change, enum smmu3_rid rid,
		       bool pasids, struct smmu3_ste *out)
{
	struct smmu3_master *master = change->master;
	bool bypass = rid == SMMU3_RID_IDENTITY;

	change->ats = pasids && master->ats_supported;
	if (pasids)
		smmu3_cdtab_make_ste(out, master, bypass ?
						  SMMU3_S1DSS_BYPASS :
						  SMMU3_S1DSS_TERMINATE,
				     change->ats);
	else if (bypass)
		smmu3_ste_bypass(out);
	else
		smmu3_ste_abort(out);
}

static int attach_static(struct smmu3_master *master, enum smmu3_rid rid)
{
	struct smmu3_change change = {
		.master = master,
		.ssid = IOMMU_NO_PASID,
	};
	struct smmu3_ste ste;
	int ret;

	ret = smmu3_change_prepare(&change);
	if (ret)
		return ret;
	static_ste(&change, rid, master->cdtab.pasids, &ste);
	smmu3_change_install(&change, &ste);
	smmu3_cd_clear(master, IOMMU_NO_PASID);
	smmu3_change_commit(&change, rid);
	return 0;
}

static int identity_attach(struct iommu_domain *domain, struct device *dev,
			   struct iommu_domain *old)
{
	return attach_static(to_smmu3_master(dev), SMMU3_RID_IDENTITY);
}

static int blocked_attach(struct iommu_domain *domain, struct device *dev,
			  struct iommu_domain *old)
{
	return attach_static(to_smmu3_master(dev), SMMU3_RID_BLOCKED);
}

static bool rid_is_static(const struct smmu3_master *master)
{
	return master->rid == SMMU3_RID_BLOCKED ||
	       master->rid == SMMU3_RID_IDENTITY;
}

/* A PASID goes.  The last one lets a static entry be simple again. */
static int blocked_set_pasid(struct iommu_domain *domain, struct device *dev,
			     ioasid_t pasid, struct iommu_domain *old)
{
	struct smmu3_master *master = to_smmu3_master(dev);
	struct smmu3_change change = { .master = master, .ssid = pasid };
	struct smmu3_ste ste;
	int ret;

	ret = smmu3_change_prepare(&change);
	if (ret)
		return ret;
	change.ats = master->ats_enabled;
	smmu3_cd_clear(master, pasid);
	if (rid_is_static(master) && !master->cdtab.pasids) {
		static_ste(&change, master->rid, false, &ste);
		smmu3_change_install(&change, &ste);
	}
	smmu3_change_commit(&change, master->rid);
	return 0;
}

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = identity_attach,
};

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = blocked_attach,
	.set_dev_pasid = blocked_set_pasid,
};

struct iommu_domain smmu3_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};

struct iommu_domain smmu3_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

/* --- paging -------------------------------------------------------------- */

/*
 * Domain op.  Return: 0; -EINVAL (another SMMU's domain, coherency); -EBUSY (a
 * stage 2 has no place for the PASIDs in use); -EOPNOTSUPP (faults); -ENOMEM.
 */
int smmu3_attach_paging(struct iommu_domain *domain, struct device *dev,
			struct iommu_domain *old)
{
	struct smmu3_master *master = to_smmu3_master(dev);
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	struct smmu3_change change = {
		.master = master,
		.ssid = IOMMU_NO_PASID,
		.domain = domain,
		.sdom = sdom,
		.ats = master->ats_supported,
	};
	bool s1 = sdom->stage == SMMU3_STAGE_1;
	struct smmu3_ste ste;
	struct smmu3_cd cd;
	int ret;

	if (sdom->sd != master->sd)
		return -EINVAL;
	if (!s1 && master->cdtab.pasids)
		return -EBUSY;
	ret = s1 ? smmu3_cdtab_prepare(master, IOMMU_NO_PASID) : 0;
	if (!ret)
		ret = smmu3_change_prepare(&change);
	if (ret) {
		cdtab_trim(master);
		return ret;
	}
	if (s1) {
		smmu3_make_s1_cd(&cd, sdom, master->stall);
		smmu3_cd_write(master, IOMMU_NO_PASID, &cd);
		smmu3_cdtab_make_ste(&ste, master, SMMU3_S1DSS_SSID0,
				     change.ats);
	} else {
		smmu3_make_s2_ste(&ste, sdom, change.ats);
	}
	smmu3_change_install(&change, &ste);
	if (!s1)
		smmu3_cd_clear(master, IOMMU_NO_PASID);
	smmu3_change_commit(&change, s1 ? SMMU3_RID_S1 : SMMU3_RID_S2);
	return 0;
}

/*
 * Domain op.  Return: 0; -EINVAL (another SMMU's domain, not stage 1, a PASID
 * too large, or traffic without PASID goes through a stage 2); -EOPNOTSUPP,
 * -ENOMEM.
 */
int smmu3_set_pasid_paging(struct iommu_domain *domain, struct device *dev,
			   ioasid_t pasid, struct iommu_domain *old)
{
	struct smmu3_master *master = to_smmu3_master(dev);
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	struct smmu3_change change = {
		.master = master,
		.ssid = pasid,
		.domain = domain,
		.sdom = sdom,
		.ats = master->ats_enabled,
	};
	struct smmu3_ste ste;
	struct smmu3_cd cd;
	bool first;
	int ret;

	if (sdom->sd != master->sd || sdom->stage != SMMU3_STAGE_1 ||
	    pasid >> master->ssid_bits)
		return -EINVAL;
	if (!rid_is_static(master) && master->rid != SMMU3_RID_S1)
		return -EINVAL;
	ret = smmu3_cdtab_prepare(master, pasid);
	if (!ret)
		ret = smmu3_change_prepare(&change);
	if (ret) {
		cdtab_trim(master);
		return ret;
	}
	first = rid_is_static(master) && !master->cdtab.pasids;
	smmu3_make_s1_cd(&cd, sdom, master->stall);
	smmu3_cd_write(master, pasid, &cd);
	if (first) {
		static_ste(&change, master->rid, true, &ste);
		smmu3_change_install(&change, &ste);
	}
	smmu3_change_commit(&change, master->rid);
	return 0;
}

/* --- life ---------------------------------------------------------------- */

void smmu3_master_init(struct smmu3_master *master, struct smmu3_device *sd,
		       struct device *dev)
{
	master->sd = sd;
	master->dev = dev;
	master->rid = SMMU3_RID_BLOCKED;
	xa_init(&master->pasid_lanes);
}

/* Its streams abort from now on, and no domain knows it any more. */
void smmu3_master_fini(struct smmu3_master *master)
{
	struct smmu3_lane *lane;
	unsigned long pasid;

	xa_for_each(&master->pasid_lanes, pasid, lane)
		blocked_set_pasid(&smmu3_blocked_domain, master->dev, pasid,
				  NULL);
	attach_static(master, SMMU3_RID_BLOCKED);
	smmu3_cdtab_fini(master);
	xa_destroy(&master->pasid_lanes);
}
