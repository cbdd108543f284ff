// SPDX-License-Identifier: MIT
/*
 * Commands: one constructor for each that this driver sends.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/bitops.h>

struct arm_smmu_cmd smmu3_cmd_op(enum smmu3_op op)
{
	return (struct arm_smmu_cmd){
		.data = { FIELD_PREP(SMMU3_CMD0_OP, op) },
	};
}

struct arm_smmu_cmd smmu3_cmd_cfgi_ste(u32 sid, bool leaf)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_CFGI_STE);

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid);
	cmd.data[1] = FIELD_PREP(SMMU3_CFGI1_LEAF, leaf);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_cfgi_all(void)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_CFGI_ALL);

	cmd.data[1] = FIELD_PREP(SMMU3_CFGI1_RANGE, SMMU3_CFGI_RANGE_ALL);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_cfgi_cd(u32 sid, u32 ssid, bool leaf)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_CFGI_CD);

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid) |
		       FIELD_PREP(SMMU3_CMD0_SSID, ssid);
	cmd.data[1] = FIELD_PREP(SMMU3_CFGI1_LEAF, leaf);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_prefetch(u32 sid)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_PREFETCH_CFG);

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_tlbi_asid(u16 asid)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_TLBI_NH_ASID);

	cmd.data[0] |= FIELD_PREP(SMMU3_TLBI0_ASID, asid);
	return cmd;
}

/* @op: TLBI_NH_ALL or TLBI_S12_VMALL. */
struct arm_smmu_cmd smmu3_cmd_tlbi_vmid(enum smmu3_op op, u16 vmid)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(op);

	cmd.data[0] |= FIELD_PREP(SMMU3_TLBI0_VMID, vmid);
	return cmd;
}

/*
 * ATC invalidations name a naturally aligned power of two of 4 KiB pages: the
 * smallest one that contains the range.  Two addresses share such a block
 * exactly when they agree above its size, so the size is the position of the
 * highest bit in which first and last page differ.  @size 0 means everything.
 */
struct arm_smmu_cmd smmu3_cmd_atc_inv(u32 sid, u32 ssid, u64 iova, u64 size)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_ATC_INV);
	unsigned int log2 = SMMU3_ATC_SIZE_ALL;
	u64 first, last;

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid) |
		       FIELD_PREP(SMMU3_CMD0_SSID, ssid) |
		       FIELD_PREP(SMMU3_CMD0_SSV, ssid != IOMMU_NO_PASID);
	if (size) {
		first = iova >> SMMU3_ATC_SHIFT;
		last = (iova + size - 1) >> SMMU3_ATC_SHIFT;
		log2 = fls64(first ^ last);
		cmd.data[1] = (first >> log2 << log2) << SMMU3_ATC_SHIFT;
	}
	cmd.data[1] |= FIELD_PREP(SMMU3_ATC1_SIZE, log2);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_resume(u32 sid, u16 stag, u32 resp)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_RESUME);

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid) |
		       FIELD_PREP(SMMU3_RESP0_CODE, resp);
	cmd.data[1] = FIELD_PREP(SMMU3_RESUME1_STAG, stag);
	return cmd;
}

struct arm_smmu_cmd smmu3_cmd_pri_resp(u32 sid, u32 ssid, bool ssv, u16 grpid,
				       u32 resp)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_PRI_RESP);

	cmd.data[0] |= FIELD_PREP(SMMU3_CMD0_SID, sid) |
		       FIELD_PREP(SMMU3_CMD0_SSID, ssid) |
		       FIELD_PREP(SMMU3_CMD0_SSV, ssv);
	cmd.data[1] = FIELD_PREP(SMMU3_PRIRESP1_GRPID, grpid) |
		      FIELD_PREP(SMMU3_PRIRESP1_RESP, resp);
	return cmd;
}
