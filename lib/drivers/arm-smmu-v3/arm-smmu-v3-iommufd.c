// SPDX-License-Identifier: MIT
/*
 * The parts of an SMMU that a guest gets: hardware information, vIOMMUs,
 * nested domains, trapped commands, forwarded events.
 *
 * What a guest hands over is never trusted: of a stream table entry and of a
 * command exactly the known bits are accepted, everything else is refused
 * before anything reaches the hardware.  Identifiers are the guest's: a VMID
 * is replaced by the vIOMMU's, a StreamID by the one behind the vDEVICE.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/kcsan-checks.h>
#include <linux/slab.h>

#include <uapi/linux/iommufd.h>

/* --- hardware information ------------------------------------------------ */

/* ops->hw_info.  Return: to be kfreed; ERR_PTR(-EOPNOTSUPP, -ENOMEM). */
void *smmu3_hw_info(struct device *dev, u32 *length,
		    enum iommu_hw_info_type *type)
{
	struct smmu3_device *sd = to_smmu3_master(dev)->sd;
	const struct arm_smmu_impl_ops *ops = sd->smmu->impl_ops;
	struct iommu_hw_info_arm_smmuv3 *info;

	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != IOMMU_HW_INFO_TYPE_ARM_SMMUV3) {
		if (!ops || !ops->hw_info)
			return ERR_PTR(-EOPNOTSUPP);
		return ops->hw_info(sd->smmu, length, type);
	}
	info = kzalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return ERR_PTR(-ENOMEM);
	memcpy(info->idr, sd->idr, sizeof(info->idr));
	info->iidr = sd->iidr;
	info->aidr = sd->aidr;
	if (sd->quirks & SMMU3_QUIRK_REPEAT_INVALIDATE)
		info->flags |=
			IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI;
	*length = sizeof(*info);
	*type = IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
	return info;
}

/* --- nested domains: the guest's stream table entry ---------------------- */

#define NESTED_STE0_OK \
	(SMMU3_STE0_V | SMMU3_STE0_CONFIG | SMMU3_STE0_S1FMT | \
	 SMMU3_STE0_S1CTXPTR | SMMU3_STE0_S1CDMAX)
#define NESTED_STE1_OK \
	(SMMU3_STE1_S1DSS | SMMU3_STE1_S1CIR | SMMU3_STE1_S1COR | \
	 SMMU3_STE1_S1CSH | SMMU3_STE1_S1STALLD | SMMU3_STE1_EATS)

static u32 nested_config(const u64 ste[2])
{
	return FIELD_GET(SMMU3_STE0_CONFIG, ste[0]);
}

/*
 * Checks and normalises an entry (CPU order): an invalid one becomes zeros,
 * EATS is taken out of the others.
 * Return: 0, -EIO.  Source: CMDQV hardware 11.2.
 */
int smmu3_nested_check(u64 ste[2], bool *out_ats)
{
	u32 config, eats;

	*out_ats = false;
	if (!(ste[0] & SMMU3_STE0_V)) {
		ste[0] = 0;
		ste[1] = 0;
		return 0;
	}
	if (ste[0] & ~NESTED_STE0_OK || ste[1] & ~NESTED_STE1_OK)
		return -EIO;
	config = nested_config(ste);
	if (config != SMMU3_STE_ABORT && config != SMMU3_STE_BYPASS &&
	    config != SMMU3_STE_S1)
		return -EIO;
	eats = FIELD_GET(SMMU3_STE1_EATS, ste[1]);
	if (eats != SMMU3_EATS_ABORT && eats != SMMU3_EATS_TRANS)
		return -EIO;
	*out_ats = eats == SMMU3_EATS_TRANS && config == SMMU3_STE_S1;
	ste[1] &= ~SMMU3_STE1_EATS;
	return 0;
}

static struct smmu3_domain *vsmmu_s2(const struct arm_vsmmu *vsmmu)
{
	/* Only this driver gives the shared type a meaning. */
	return (struct smmu3_domain *)vsmmu->s2_parent;
}

/* The physical entry: the guest's stage 1 on the parent's stage 2. */
static void nested_ste(struct smmu3_ste *out,
		       const struct smmu3_nested_domain *nested, bool ats)
{
	u64 ste0 = nested->ste[0];

	if (!(ste0 & SMMU3_STE0_V) ||
	    nested_config(nested->ste) == SMMU3_STE_ABORT) {
		smmu3_ste_abort(out);
		return;
	}
	smmu3_make_s2_ste(out, vsmmu_s2(nested->vsmmu), ats);
	if (nested_config(nested->ste) == SMMU3_STE_BYPASS)
		return;
	ste0 = (ste0 & ~SMMU3_STE0_CONFIG) |
	       FIELD_PREP(SMMU3_STE0_CONFIG, SMMU3_STE_NESTED);
	out->data[0] = cpu_to_le64(ste0);
	/* The guest says how stage 1 is walked; incoming attributes are its. */
	out->data[1] &= ~cpu_to_le64(SMMU3_STE1_SHCFG);
	out->data[1] |= cpu_to_le64(nested->ste[1] | SMMU3_STE1_MEV |
				    FIELD_PREP(SMMU3_STE1_STRW,
					       SMMU3_STRW_NSEL1));
}

/*
 * Who forwarded events go to.  Translating needs a vDEVICE, else the guest
 * could not invalidate; the others do without.
 * Return: 0 (*@out may be NULL), -ENOENT, -ENOMEM.
 */
static int nested_vmaster(const struct smmu3_nested_domain *nested,
			  struct device *dev, struct smmu3_vmaster **out)
{
	struct smmu3_vmaster *vmaster;
	unsigned long vsid;
	int ret;

	*out = NULL;
	ret = iommufd_viommu_get_vdev_id(&nested->vsmmu->core, dev, &vsid);
	if (ret)
		return nested_config(nested->ste) == SMMU3_STE_S1 ? ret : 0;
	vmaster = kzalloc(sizeof(*vmaster), GFP_KERNEL);
	if (!vmaster)
		return -ENOMEM;
	vmaster->vsmmu = nested->vsmmu;
	vmaster->vsid = vsid;
	*out = vmaster;
	return 0;
}

/*
 * Return: 0; -EINVAL another SMMU; -EBUSY the device's PASIDs are in use;
 * -ENOENT no vDEVICE; -EOPNOTSUPP (faults); -ENOMEM.
 */
static int nested_attach(struct iommu_domain *domain, struct device *dev,
			 struct iommu_domain *old)
{
	struct smmu3_nested_domain *nested = to_smmu3_nested(domain);
	struct smmu3_master *master = to_smmu3_master(dev);
	struct smmu3_change change = {
		.master = master,
		.ssid = IOMMU_NO_PASID,
		.domain = domain,
		.sdom = vsmmu_s2(nested->vsmmu),
		.nested = true,
		.ats = master->ats_supported && nested->ats,
	};
	struct smmu3_ste ste;
	int ret;

	if (nested->vsmmu->smmu != master->sd->smmu)
		return -EINVAL;
	if (master->cdtab.pasids)
		return -EBUSY;
	ret = nested_vmaster(nested, dev, &change.vmaster);
	if (ret)
		return ret;
	ret = smmu3_change_prepare(&change);
	if (ret) {
		kfree(change.vmaster);
		return ret;
	}
	nested_ste(&ste, nested, change.ats);
	smmu3_change_install(&change, &ste);
	smmu3_cd_clear(master, IOMMU_NO_PASID);
	smmu3_change_commit(&change, SMMU3_RID_NESTED);
	return 0;
}

static void nested_free(struct iommu_domain *domain)
{
	kfree(to_smmu3_nested(domain));
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = nested_attach,
	.free = nested_free,
};

struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data)
{
	struct arm_vsmmu *vsmmu = container_of(viommu, struct arm_vsmmu, core);
	struct smmu3_nested_domain *nested;
	struct iommu_hwpt_arm_smmuv3 arg;
	int ret;

	if (flags)
		return ERR_PTR(-EOPNOTSUPP);
	ret = iommu_copy_struct_from_user(&arg, user_data,
					  IOMMU_HWPT_DATA_ARM_SMMUV3, ste);
	if (ret)
		return ERR_PTR(ret);
	nested = kzalloc(sizeof(*nested), GFP_KERNEL);
	if (!nested)
		return ERR_PTR(-ENOMEM);
	nested->ste[0] = le64_to_cpu(arg.ste[0]);
	nested->ste[1] = le64_to_cpu(arg.ste[1]);
	ret = smmu3_nested_check(nested->ste, &nested->ats);
	if (ret) {
		kfree(nested);
		return ERR_PTR(ret);
	}
	nested->domain.type = IOMMU_DOMAIN_NESTED;
	nested->domain.ops = &nested_ops;
	nested->vsmmu = vsmmu;
	return &nested->domain;
}

/* --- trapped commands ---------------------------------------------------- */

/* What a command may carry beside its opcode. */
#define FIELDS_VMID BIT(0)
#define FIELDS_ASID BIT(1)
#define FIELDS_ADDRESS BIT(2)	/* LEAF, VA */
#define FIELDS_RANGE BIT(3)	/* with range invalidation */
#define FIELDS_SID BIT(4)
#define FIELDS_SSID BIT(5)	/* with substreams */
#define FIELDS_SSV BIT(6)	/* with substreams: SSV, Global */
#define FIELDS_LEAF BIT(7)
#define FIELDS_ATC BIT(8)	/* Size, Addr; only with ATS */

static const struct {
	u8 op;
	u16 fields;
} user_commands[] = {
	{ SMMU3_OP_TLBI_NSNH_ALL, 0 },
	{ SMMU3_OP_TLBI_NH_ALL, FIELDS_VMID },
	{ SMMU3_OP_TLBI_NH_ASID, FIELDS_VMID | FIELDS_ASID },
	{ SMMU3_OP_TLBI_NH_VA,
	  FIELDS_VMID | FIELDS_ASID | FIELDS_ADDRESS | FIELDS_RANGE },
	{ SMMU3_OP_TLBI_NH_VAA, FIELDS_VMID | FIELDS_ADDRESS | FIELDS_RANGE },
	{ SMMU3_OP_ATC_INV,
	  FIELDS_SID | FIELDS_SSID | FIELDS_SSV | FIELDS_ATC },
	{ SMMU3_OP_CFGI_CD, FIELDS_SID | FIELDS_SSID | FIELDS_LEAF },
	{ SMMU3_OP_CFGI_CD_ALL, FIELDS_SID },
};

static u64 scale_mask(const struct smmu3_device *sd)
{
	return sd->features & SMMU3_FEAT_DS ? SMMU3_TLBI0_SCALE_DS :
					      SMMU3_TLBI0_SCALE;
}

/* The bits that @fields stand for on this SMMU. */
static void fields_to_masks(const struct smmu3_device *sd, u16 fields,
			    u64 mask[2])
{
	mask[0] = SMMU3_CMD0_OP;
	mask[1] = 0;
	if (fields & FIELDS_VMID)
		mask[0] |= SMMU3_TLBI0_VMID;
	if (fields & FIELDS_ASID)
		mask[0] |= sd->asid_bits == 16 ? SMMU3_TLBI0_ASID :
						 SMMU3_TLBI0_ASID8;
	if (fields & FIELDS_ADDRESS)
		mask[1] |= SMMU3_TLBI1_LEAF | SMMU3_TLBI1_VA;
	if (fields & FIELDS_RANGE && sd->features & SMMU3_FEAT_RANGE) {
		mask[0] |= SMMU3_TLBI0_NUM | scale_mask(sd);
		mask[1] |= SMMU3_TLBI1_TG | SMMU3_TLBI1_TTL;
	}
	if (fields & FIELDS_SID)
		mask[0] |= SMMU3_CMD0_SID;
	if (fields & FIELDS_SSID && sd->ssid_bits)
		mask[0] |= SMMU3_CMD0_SSID;
	if (fields & FIELDS_SSV && sd->ssid_bits)
		mask[0] |= SMMU3_CMD0_SSV | SMMU3_CMD0_GLOBAL;
	if (fields & FIELDS_LEAF)
		mask[1] |= SMMU3_CFGI1_LEAF;
	if (fields & FIELDS_ATC)
		mask[1] |= SMMU3_ATC1_SIZE | SMMU3_ATC1_ADDR;
}

/* Combinations of range fields that mean nothing. */
static bool range_is_valid(const struct smmu3_device *sd,
			   const struct arm_smmu_cmd *cmd)
{
	u64 extent = cmd->data[0] & (SMMU3_TLBI0_NUM | scale_mask(sd));
	u32 tg = FIELD_GET(SMMU3_TLBI1_TG, cmd->data[1]);
	u32 ttl = FIELD_GET(SMMU3_TLBI1_TTL, cmd->data[1]);

	if (!(sd->features & SMMU3_FEAT_RANGE))
		return true;
	if (!tg)
		return !extent && !ttl;
	if (!extent && !ttl)
		return false;
	/* Blocks of level 1 with 16 KiB granules came with DS. */
	return tg != 2 || ttl != 1 || sd->features & SMMU3_FEAT_DS;
}

/*
 * Whether a guest's command (CPU order) may be carried out.
 * Return: 0, -EIO.  Source: CMDQV hardware 11.3.
 */
int smmu3_user_cmd_check(const struct smmu3_device *sd,
			 const struct arm_smmu_cmd *cmd)
{
	u8 op = FIELD_GET(SMMU3_CMD0_OP, cmd->data[0]);
	u16 fields;
	u64 mask[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(user_commands); i++)
		if (user_commands[i].op == op)
			break;
	if (i == ARRAY_SIZE(user_commands))
		return -EIO;
	fields = user_commands[i].fields;
	fields_to_masks(sd, fields, mask);
	if (cmd->data[0] & ~mask[0] || cmd->data[1] & ~mask[1])
		return -EIO;
	if (fields & FIELDS_RANGE && !range_is_valid(sd, cmd))
		return -EIO;
	if (fields & FIELDS_ATC &&
	    (!(sd->features & SMMU3_FEAT_ATS) ||
	     FIELD_GET(SMMU3_ATC1_SIZE, cmd->data[1]) > SMMU3_ATC_SIZE_ALL))
		return -EIO;
	return 0;
}

/* The physical stream behind a guest's.  Return: 0, -EIO. */
static int user_sid(struct arm_vsmmu *vsmmu, u32 vsid, u32 *out_sid)
{
	struct smmu3_master *master;
	struct device *dev;
	int ret = -EIO;

	xa_lock(&vsmmu->core.vdevs);
	dev = iommufd_viommu_find_dev(&vsmmu->core, vsid);
	if (dev) {
		/* vdevice_init made sure that there is one stream. */
		master = to_smmu3_master(dev);
		*out_sid = master->master.streams[0].id;
		ret = 0;
	}
	xa_unlock(&vsmmu->core.vdevs);
	return ret;
}

/* Checks a command and turns it into one for the hardware.  Return: 0, -EIO. */
static int user_cmd_convert(struct arm_vsmmu *vsmmu, struct smmu3_device *sd,
			    struct arm_smmu_cmd *cmd)
{
	u8 op = FIELD_GET(SMMU3_CMD0_OP, cmd->data[0]);
	u32 sid;

	if (smmu3_user_cmd_check(sd, cmd))
		return -EIO;
	switch (op) {
	case SMMU3_OP_TLBI_NSNH_ALL:
		*cmd = smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_NH_ALL, vsmmu->vmid);
		return 0;
	case SMMU3_OP_TLBI_NH_ALL:
	case SMMU3_OP_TLBI_NH_ASID:
	case SMMU3_OP_TLBI_NH_VA:
	case SMMU3_OP_TLBI_NH_VAA:
		cmd->data[0] &= ~SMMU3_TLBI0_VMID;
		cmd->data[0] |= FIELD_PREP(SMMU3_TLBI0_VMID, vsmmu->vmid);
		return 0;
	}
	if (user_sid(vsmmu, FIELD_GET(SMMU3_CMD0_SID, cmd->data[0]), &sid))
		return -EIO;
	cmd->data[0] &= ~SMMU3_CMD0_SID;
	cmd->data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid);
	return 0;
}

/*
 * Converts and sends all, in pieces that a batch with its CMD_SYNC would hold.
 * They take the SMMU's own queue and are never repeated: that is the guest's
 * business.  *@out_done: the index of the command that stopped it.
 */
static int user_cmds_issue(struct arm_vsmmu *vsmmu, struct arm_smmu_cmd *cmds,
			   u32 count, u32 *out_done)
{
	struct smmu3_device *sd = to_smmu3(vsmmu->smmu);
	u32 sent = 0;
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		*out_done = i;
		cmds[i].data[0] = le64_to_cpu((__force __le64)cmds[i].data[0]);
		cmds[i].data[1] = le64_to_cpu((__force __le64)cmds[i].data[1]);
		ret = user_cmd_convert(vsmmu, sd, &cmds[i]);
		if (ret)
			return ret;
		if (i + 1 < count && i + 1 - sent < SMMU3_BATCH_ENTRIES - 1)
			continue;
		ret = smmu3_ring_issue(sd->cmdq, &cmds[sent], i + 1 - sent,
				       true);
		if (ret)
			return ret;
		sent = i + 1;
	}
	*out_done = count;
	return 0;
}

int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array)
{
	struct arm_vsmmu *vsmmu = container_of(viommu, struct arm_vsmmu, core);
	u32 count = array->entry_num;
	struct arm_smmu_cmd *cmds;
	int ret;

	static_assert(sizeof(*cmds) ==
		      sizeof(struct iommu_viommu_arm_smmuv3_invalidate));
	cmds = kcalloc(count, sizeof(*cmds), GFP_KERNEL);
	if (!cmds)
		return -ENOMEM;
	ret = iommu_copy_struct_from_full_user_array(
		cmds, sizeof(*cmds), array,
		IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3);
	array->entry_num = 0;
	if (!ret)
		ret = user_cmds_issue(vsmmu, cmds, count, &array->entry_num);
	kfree(cmds);
	return ret;
}

/* --- vIOMMUs ------------------------------------------------------------- */

/* A vSID leads to one physical stream, so there must be exactly one. */
static int vsmmu_vdevice_init(struct iommufd_vdevice *vdev)
{
	struct device *dev = iommufd_vdevice_to_device(vdev);

	if (to_smmu3_master(dev)->master.num_streams != 1)
		return -EOPNOTSUPP;
	return 0;
}

static const struct iommufd_viommu_ops vsmmu_ops = {
	.alloc_domain_nested = arm_vsmmu_alloc_domain_nested,
	.cache_invalidate = arm_vsmmu_cache_invalidate,
	.vdevice_init = vsmmu_vdevice_init,
};

/*
 * ops->get_viommu_size.  A guest controls cacheability of its own accesses, so
 * the device must snoop whatever it says.
 */
size_t smmu3_get_viommu_size(struct device *dev,
			     enum iommu_viommu_type viommu_type)
{
	struct smmu3_master *master = to_smmu3_master(dev);
	struct smmu3_device *sd = master->sd;
	const struct arm_smmu_impl_ops *ops = sd->smmu->impl_ops;

	if (!(sd->features & SMMU3_FEAT_NESTING))
		return 0;
	/* Such parts have no nesting: errata say so. */
	if (WARN_ON(sd->quirks & SMMU3_QUIRK_FORCE_SYNC))
		return 0;
	if (!smmu3_master_canwbs(master) && !(sd->features & SMMU3_FEAT_FWB))
		return 0;
	if (viommu_type == IOMMU_VIOMMU_TYPE_ARM_SMMUV3)
		return VIOMMU_STRUCT_SIZE(struct arm_vsmmu, core);
	if (!ops || !ops->get_viommu_size)
		return 0;
	return ops->get_viommu_size(viommu_type);
}

/*
 * ops->viommu_init.  Return: 0; -EINVAL the parent is another SMMU's; errors
 * of the implementation driver.
 */
int smmu3_viommu_init(struct iommufd_viommu *viommu,
		      struct iommu_domain *parent,
		      const struct iommu_user_data *user_data)
{
	struct arm_vsmmu *vsmmu = container_of(viommu, struct arm_vsmmu, core);
	struct arm_smmu_device *smmu = container_of(
		viommu->iommu_dev, struct arm_smmu_device, iommu);
	struct smmu3_domain *s2 = to_smmu3_domain(parent);

	if (s2->sd->smmu != smmu)
		return -EINVAL;
	vsmmu->smmu = smmu;
	vsmmu->s2_parent = (struct arm_smmu_domain *)s2;
	vsmmu->vmid = s2->vmid;
	if (viommu->type != IOMMU_VIOMMU_TYPE_ARM_SMMUV3)
		return smmu->impl_ops->vsmmu_init(vsmmu, user_data);
	viommu->ops = &vsmmu_ops;
	return 0;
}

/* --- events -------------------------------------------------------------- */

/*
 * Gives an event (CPU order) to the guest, under the name it knows.
 * Context: streams_lock.  Return: 0; -ENOENT the device is not a guest's;
 * errors of iommufd_viommu_report_event().
 */
int smmu3_master_forward(struct smmu3_master *master, const u64 *event)
{
	struct iommu_vevent_arm_smmuv3 vevent;
	struct smmu3_vmaster *vmaster;
	int i;

	lockdep_assert_held(&master->sd->streams_lock);
	kcsan_check_read(&master->vmaster, sizeof(master->vmaster));
	vmaster = master->vmaster;
	if (!vmaster)
		return -ENOENT;
	vevent.evt[0] = cpu_to_le64(
		(event[0] & ~SMMU3_EVT0_SID) |
		FIELD_PREP(SMMU3_EVT0_SID, vmaster->vsid));
	for (i = 1; i < SMMU3_EVT_DWORDS; i++)
		vevent.evt[i] = cpu_to_le64(event[i]);
	return iommufd_viommu_report_event(&vmaster->vsmmu->core,
					   IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
					   &vevent, sizeof(vevent));
}
