/* SPDX-License-Identifier: MIT */
/*
 * Masters: what the hardware's tables say after each attach, and who may be
 * attached where.
 */
#include "arm_bench.h"

#include <stdlib.h>
#include <string.h>

#define SID 0x100

/* One device and the domains it may meet. */
struct bench {
	struct rig *rig;
	struct platform_device *pdev;
	struct device *dev;
	struct smmu3_master *master;
	struct iommu_domain *s1;
	struct iommu_domain *other_s1;
	struct iommu_domain *s2;
	struct iommu_attach_handle handle[4];
	u64 boot_blocks;
};

static int setup(void **state)
{
	/* Second-level stream tables stay: make them once. */
	static const u32 later[] = { 0x200, 0x300, 0x5000 };
	struct bench *b = calloc(1, sizeof(*b));

	b->rig = bench_boot_default();
	rig_unplug(rig_plug(b->rig, "warm", later, 3, NULL));
	b->pdev = bench_plug(b->rig, "dev", SID);
	rig_unplug(b->pdev);
	b->boot_blocks = bench_blocks(b->rig);
	b->pdev = bench_plug(b->rig, "dev", SID);
	b->dev = &b->pdev->dev;
	b->master = to_smmu3_master(b->dev);
	b->s1 = bench_domain(b->dev, 0);
	b->other_s1 = bench_domain(b->dev, IOMMU_HWPT_ALLOC_PASID);
	b->s2 = bench_domain(b->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	/* As iommufd: whatever the device used before is gone. */
	assert_int_equal(iommu_device_claim_dma_owner(b->dev, b), 0);
	*state = b;
	return 0;
}

/* Nothing may be left of a test but what it detached itself. */
static int teardown(void **state)
{
	struct bench *b = *state;

	iommu_device_release_dma_owner(b->dev);
	iommu_domain_free(b->s1);
	iommu_domain_free(b->other_s1);
	iommu_domain_free(b->s2);
	rig_unplug(b->pdev);
	assert_int_equal(bench_blocks(b->rig), b->boot_blocks);
	assert_int_equal(bench_warnings(b->rig), 0);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_ABORT);
	rig_free(b->rig);
	free(b);
	return 0;
}

static const u64 *cd_of(struct bench *b, u32 ssid)
{
	return (const u64 *)b->master->cdtab.base + 8 * ssid;
}

static u64 cd_asid(struct bench *b, u32 ssid)
{
	const u64 *cd = cd_of(b, ssid);

	/* No table while nothing needs one. */
	return b->master->cdtab.base && cd[0] & SMMU3_CD0_V ? FIELD_GET(SMMU3_CD0_ASID, cd[0]) : 0;
}

static u32 s1dss(struct bench *b)
{
	return FIELD_GET(SMMU3_STE1_S1DSS, bench_ste(b->rig, SID)[1]);
}

/* --- without PASIDs ------------------------------------------------------ */

/* Law: a device that somebody owns and nothing is attached to is blocked. */
static void a_claimed_device_aborts(void **state)
{
	struct bench *b = *state;

	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_ABORT);
}

/*
 * Law: a stage 1 is reached through descriptor 0: the entry names the
 * descriptor table, the descriptor names the page table and the ASID.
 */
static void a_stage_1_is_behind_descriptor_0(void **state)
{
	struct bench *b = *state;
	struct smmu3_domain *sdom = to_smmu3_domain(b->s1);
	const u64 *ste, *cd;

	assert_int_equal(bench_attach(b->dev, b->s1, b->handle), 0);
	ste = bench_ste(b->rig, SID);
	cd = cd_of(b, 0);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_S1);
	assert_int_equal(ste[0] & SMMU3_STE0_S1CTXPTR,
			 b->master->cdtab.base_dma);
	assert_int_equal(FIELD_GET(SMMU3_STE0_S1CDMAX, ste[0]), 8);
	assert_int_equal(s1dss(b), SMMU3_S1DSS_SSID0);
	assert_int_equal(FIELD_GET(SMMU3_STE1_EATS, ste[1]), 1);
	assert_int_equal(cd[1], smmu3_table_root(&sdom->table));
	assert_int_equal(cd_asid(b, 0), sdom->asid);
	assert_int_equal(FIELD_GET(SMMU3_CD0_T0SZ, cd[0]), 16);
	bench_detach(b->dev);
	assert_int_equal(cd_asid(b, 0), 0);
	assert_null(b->master->cdtab.base);
}

/* Law: a stage 2 is in the entry itself; the descriptor is cleared. */
static void a_stage_2_is_in_the_entry(void **state)
{
	struct bench *b = *state;
	struct smmu3_domain *sdom = to_smmu3_domain(b->s2);
	const u64 *ste;

	assert_int_equal(bench_attach(b->dev, b->s1, b->handle), 0);
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle + 1), 0);
	ste = bench_ste(b->rig, SID);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_S2);
	assert_int_equal(FIELD_GET(SMMU3_STE2_VMID, ste[2]), sdom->vmid);
	assert_int_equal(ste[3], smmu3_table_root(&sdom->table));
	/* VTCR: T0SZ 16, SL0 2 (level 0), inner shareable write-back, 4K, 48 */
	assert_int_equal(FIELD_GET(SMMU3_STE2_VTCR, ste[2]),
			 16 | 2 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 5 << 16);
	/* FWB was offered. */
	assert_true(ste[1] & SMMU3_STE1_S2FWB);
	assert_int_equal(cd_asid(b, 0), 0);
	assert_true(list_empty(&to_smmu3_domain(b->s1)->lanes));
	bench_detach(b->dev);
	assert_true(list_empty(&sdom->lanes));
}

/* Law: every change of an entry is followed by CFGI_STE and a CMD_SYNC. */
static void changes_are_announced(void **state)
{
	struct bench *b = *state;
	const struct rig_command *command;

	rig_clear(b->rig);
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle), 0);
	command = rig_last(b->rig, SMMU3_OP_CFGI_STE);
	assert_int_equal(command->word[0],
			 SMMU3_OP_CFGI_STE | (u64)SID << 32);
	assert_int_equal(command->word[1], 1);
	assert_int_equal((u8)command[1].word[0], SMMU3_OP_SYNC);
	bench_detach(b->dev);
}

/* --- PASIDs -------------------------------------------------------------- */

static int set_pasid(struct bench *b, ioasid_t pasid, struct iommu_domain *to,
		     int handle)
{
	return iommu_attach_device_pasid(to, b->dev, pasid,
					 &b->handle[handle]);
}

/*
 * Law: beside a blocked or untranslated device the entry points to the
 * descriptors while a PASID is in use, and S1DSS says what happens without
 * one; afterwards it is simple again.
 */
static void a_pasid_lives_beside_a_blocked_device(void **state)
{
	struct bench *b = *state;

	assert_int_equal(set_pasid(b, 5, b->s1, 0), 0);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_S1);
	assert_int_equal(s1dss(b), SMMU3_S1DSS_TERMINATE);
	assert_int_equal(cd_asid(b, 5), to_smmu3_domain(b->s1)->asid);
	assert_int_equal(cd_asid(b, 0), 0);
	assert_int_equal(set_pasid(b, 6, b->other_s1, 1), 0);
	iommu_detach_device_pasid(b->s1, b->dev, 5);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_S1);
	assert_int_equal(cd_asid(b, 5), 0);
	iommu_detach_device_pasid(b->other_s1, b->dev, 6);
	assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_ABORT);
}

/* Law: beside a stage 1 only descriptors change, the entry does not. */
static void a_pasid_lives_beside_a_stage_1(void **state)
{
	struct bench *b = *state;
	u64 before[8];

	assert_int_equal(bench_attach(b->dev, b->s1, b->handle), 0);
	memcpy(before, bench_ste(b->rig, SID), sizeof(before));
	assert_int_equal(set_pasid(b, 7, b->other_s1, 1), 0);
	assert_memory_equal(before, bench_ste(b->rig, SID), sizeof(before));
	assert_int_equal(cd_asid(b, 7), to_smmu3_domain(b->other_s1)->asid);
	/* Taking the RID away leaves the PASID where it is. */
	bench_detach(b->dev);
	assert_int_equal(s1dss(b), SMMU3_S1DSS_TERMINATE);
	assert_int_equal(cd_asid(b, 0), 0);
	assert_int_equal(cd_asid(b, 7), to_smmu3_domain(b->other_s1)->asid);
	iommu_detach_device_pasid(b->other_s1, b->dev, 7);
}

/*
 * Law: a stage 2 has no place for PASIDs: it is refused while one is in use
 * (-EBUSY), and a PASID is refused beside it (-EINVAL); so is a PASID on a
 * stage 2, or one with too many bits.
 */
static void a_stage_2_and_pasids_exclude_each_other(void **state)
{
	struct bench *b = *state;

	assert_int_equal(set_pasid(b, 5, b->s1, 0), 0);
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle + 1), -EBUSY);
	assert_int_equal(s1dss(b), SMMU3_S1DSS_TERMINATE);
	iommu_detach_device_pasid(b->s1, b->dev, 5);
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle + 1), 0);
	assert_int_equal(set_pasid(b, 5, b->s1, 0), -EINVAL);
	bench_detach(b->dev);
	assert_int_equal(set_pasid(b, 5, b->s2, 0), -EINVAL);
	assert_int_equal(set_pasid(b, 256, b->s1, 0), -EINVAL);
	assert_int_equal(set_pasid(b, 255, b->s1, 0), 0);
	iommu_detach_device_pasid(b->s1, b->dev, 255);
}

/* --- refusal ------------------------------------------------------------- */

static int want_faults(struct iopf_group *group)
{
	return -EINVAL;
}

/*
 * Law: a domain that handles page faults is refused by a device that cannot
 * stall, and by the others it is not.
 */
static void faults_need_a_device_that_stalls(void **state)
{
	struct bench *b = *state;
	u32 sid = SID + 1;
	struct platform_device *plain =
		rig_plug(b->rig, "plain", &sid, 1, NULL);
	struct iommu_attach_handle handle;

	b->s1->iopf_handler = want_faults;
	assert_int_equal(bench_attach(&plain->dev, b->s1, &handle),
			 -EOPNOTSUPP);
	assert_int_equal(bench_attach(b->dev, b->s1, b->handle), 0);
	assert_int_equal(b->master->iopf_users, 1);
	bench_detach(b->dev);
	assert_int_equal(b->master->iopf_users, 0);
	b->s1->iopf_handler = NULL;
	rig_unplug(plain);
}

/*
 * Law: a domain that must stay coherent refuses a device that is not behind a
 * coherent root port, and cannot become so while such a device uses it.
 */
static void coherency_is_kept_once_promised(void **state)
{
	struct bench *b = *state;
	const struct iommu_domain_ops *ops = b->s2->ops;

	assert_int_equal(bench_attach(b->dev, b->s2, b->handle), 0);
	assert_false(ops->enforce_cache_coherency(b->s2));
	bench_detach(b->dev);
	assert_true(ops->enforce_cache_coherency(b->s2));
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle), -EINVAL);
	dev_iommu_fwspec_get(b->dev)->flags |= IOMMU_FWSPEC_PCI_RC_CANWBS;
	assert_int_equal(bench_attach(b->dev, b->s2, b->handle), 0);
	bench_detach(b->dev);
}

/*
 * Law: when any allocation of an attach fails, everything is as before: the
 * entry, the lanes, the memory but for the descriptor table.
 */
static void every_allocation_may_fail(void **state)
{
	struct bench *b = *state;
	unsigned int nth, failures = 0;
	u64 ste[8];
	int ret;

	memcpy(ste, bench_ste(b->rig, SID), sizeof(ste));
	for (nth = 1; nth < 100; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		ret = set_pasid(b, 9, b->s1, 0);
		uik_fail_nth(0, 0, false);
		if (!ret)
			break;
		failures++;
		assert_int_equal(ret, -ENOMEM);
		assert_memory_equal(ste, bench_ste(b->rig, SID), sizeof(ste));
		assert_true(list_empty(&to_smmu3_domain(b->s1)->lanes));
	}
	assert_in_range(failures, 3, 20);
	iommu_detach_device_pasid(b->s1, b->dev, 9);
}

/* --- streams ------------------------------------------------------------- */

/* Law: all streams of a device get the same entry; none, one, or three. */
static void all_streams_are_written(void **state)
{
	struct bench *b = *state;
	const u32 sids[] = { 0x200, 0x2ff, 0x5000 };
	struct platform_device *many =
		rig_plug(b->rig, "many", sids, 3, NULL);
	struct platform_device *none =
		rig_plug(b->rig, "none", NULL, 0, NULL);
	struct iommu_attach_handle handle;
	int i;

	assert_int_equal(bench_attach(&many->dev, b->s2, &handle), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(bench_config(b->rig, sids[i]), SMMU3_STE_S2);
	bench_detach(&many->dev);
	assert_int_equal(bench_attach(&none->dev, b->s2, &handle), 0);
	bench_detach(&none->dev);
	rig_unplug(none);
	rig_unplug(many);
	for (i = 0; i < 3; i++)
		assert_int_equal(bench_config(b->rig, sids[i]),
				 SMMU3_STE_ABORT);
}

/* Law: a stream has one device, and an ID beyond the table has none. */
static void a_stream_is_taken_once(void **state)
{
	struct bench *b = *state;
	const u32 sids[] = { 0x300, SID };
	const u32 beyond = 1u << 16;
	struct iommu_domain *domain;
	struct platform_device *pdev;

	pdev = rig_plug(b->rig, "greedy", sids, 2, NULL);
	if (pdev) {
		assert_null(pdev->dev.iommu_group);
		rig_unplug(pdev);
	}
	pdev = rig_plug(b->rig, "beyond", &beyond, 1, NULL);
	if (pdev) {
		assert_null(pdev->dev.iommu_group);
		rig_unplug(pdev);
	}
	/* What the first of them took is free again. */
	pdev = rig_plug(b->rig, "modest", sids, 1, NULL);
	assert_non_null(pdev);
	domain = iommu_get_domain_for_dev(&pdev->dev);
	assert_non_null(domain);
	rig_unplug(pdev);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_claimed_device_aborts),
		TEST(a_stage_1_is_behind_descriptor_0),
		TEST(a_stage_2_is_in_the_entry),
		TEST(changes_are_announced),
		TEST(a_pasid_lives_beside_a_blocked_device),
		TEST(a_pasid_lives_beside_a_stage_1),
		TEST(a_stage_2_and_pasids_exclude_each_other),
		TEST(faults_need_a_device_that_stalls),
		TEST(coherency_is_kept_once_promised),
		TEST(every_allocation_may_fail),
		TEST(all_streams_are_written),
		TEST(a_stream_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
