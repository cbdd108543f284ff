/* SPDX-License-Identifier: MIT */
/*
 * vIOMMUs of the SMMU itself: who may have one, nested attach, trapped
 * commands with their count, hardware information.
 */
#include "arm_bench.h"

#include <stdlib.h>
#include <string.h>

#define SID 0x100
#define VSID 0x77

struct bench {
	struct rig *rig;
	struct platform_device *pdev;
	struct device *dev;
	struct iommu_domain *parent;
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdev;
	struct iommu_attach_handle handle[2];
	u16 vmid;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->rig = bench_boot_default();
	b->pdev = bench_plug(b->rig, "dev", SID);
	b->dev = &b->pdev->dev;
	b->parent = bench_domain(b->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	b->vmid = to_smmu3_domain(b->parent)->vmid;
	assert_int_equal(iommu_device_claim_dma_owner(b->dev, b), 0);
	assert_int_equal(core_viommu_new(b->dev, b->parent,
					 IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NULL,
					 &b->viommu),
			 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	bench_detach(b->dev);
	if (b->vdev)
		core_vdevice_free(b->vdev);
	core_viommu_free(b->viommu);
	iommu_device_release_dma_owner(b->dev);
	iommu_domain_free(b->parent);
	rig_unplug(b->pdev);
	assert_int_equal(bench_warnings(b->rig), 0);
	rig_free(b->rig);
	free(b);
	return 0;
}

/* --- who may have one ---------------------------------------------------- */

/*
 * Law (spec/70 11.1): there is a vIOMMU only with nesting, and only where the
 * device snoops whatever the guest says: forced write-back, or a coherent root
 * port.
 */
static void a_viommu_needs_nesting_and_coherency(void **state)
{
	struct {
		u32 idr0_without, idr3_without;
		bool canwbs, has;
	} cases[] = {
		{ 0, 0, false, true },
		{ SMMU3_IDR0_S1P, 0, false, false },
		{ SMMU3_IDR0_S2P, 0, false, false },
		{ 0, SMMU3_IDR3_FWB, false, false },
		{ 0, SMMU3_IDR3_FWB, true, true },
	};
	struct rig_config config;
	struct platform_device *pdev;
	struct rig *rig;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rig_config_init(&config);
		config.idr[0] &= ~cases[i].idr0_without;
		config.idr[3] &= ~cases[i].idr3_without;
		rig = bench_boot(&config);
		pdev = bench_plug(rig, "dev", SID);
		if (cases[i].canwbs)
			dev_iommu_fwspec_get(&pdev->dev)->flags |=
				IOMMU_FWSPEC_PCI_RC_CANWBS;
		assert_int_equal(smmu3_get_viommu_size(
					 &pdev->dev,
					 IOMMU_VIOMMU_TYPE_ARM_SMMUV3) != 0,
				 cases[i].has);
		/* Without a CMDQV there is no other type. */
		assert_int_equal(smmu3_get_viommu_size(
					 &pdev->dev,
					 IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV),
				 0);
		rig_unplug(pdev);
		rig_free(rig);
	}
}

/* Law (11.1): a vDEVICE needs exactly one stream, on the real type too. */
static void a_vdevice_has_one_stream(void **state)
{
	struct bench *b = *state;
	const u32 sids[] = { 0x110, 0x111 };
	struct platform_device *pdev;
	struct iommufd_vdevice *vdev;
	int count;

	for (count = 0; count <= 2; count++) {
		pdev = rig_plug(b->rig, "some", sids, count, NULL);
		assert_int_equal(core_vdevice_new(b->viommu, &pdev->dev, 1,
						  &vdev),
				 count == 1 ? 0 : -EOPNOTSUPP);
		if (count == 1)
			core_vdevice_free(vdev);
		rig_unplug(pdev);
	}
}

/* --- nested domains ------------------------------------------------------ */

static struct iommu_domain *nested(struct bench *b, u64 ste0, u64 ste1)
{
	u64 words[2] = { ste0, ste1 };
	struct iommu_user_data data = {
		.type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.uptr = words,
		.len = sizeof(words),
	};
	struct iommu_domain *domain =
		b->viommu->ops->alloc_domain_nested(b->viommu, 0, &data);

	if (!IS_ERR(domain))
		domain->owner = b->viommu->iommu_dev->ops;
	return domain;
}

/* Law (11.2): which data and flags make a nested domain. */
static void nested_domains_want_exact_data(void **state)
{
	struct bench *b = *state;
	const struct iommufd_viommu_ops *ops = b->viommu->ops;
	u64 words[3] = { 1 };
	struct iommu_user_data data = { IOMMU_HWPT_DATA_ARM_SMMUV3, words, 16 };

	assert_ptr_equal(ops->alloc_domain_nested(b->viommu,
						  IOMMU_HWPT_ALLOC_PASID,
						  &data),
			 ERR_PTR(-EOPNOTSUPP));
	data.type = 1;
	assert_ptr_equal(ops->alloc_domain_nested(b->viommu, 0, &data),
			 ERR_PTR(-EINVAL));
	data.type = IOMMU_HWPT_DATA_ARM_SMMUV3;
	for (data.len = 0; data.len <= 24; data.len += 8)
		if (data.len != 16)
			assert_ptr_equal(ops->alloc_domain_nested(
						 b->viommu, 0, &data),
					 ERR_PTR(-EINVAL));
	data.len = 16;
	data.uptr = NULL;
	assert_ptr_equal(ops->alloc_domain_nested(b->viommu, 0, &data),
			 ERR_PTR(-EFAULT));
	assert_ptr_equal(nested(b, 1 | 6 << 1, 0), ERR_PTR(-EIO));
}

/*
 * Law (11.2): stage 1 becomes nested on the parent's stage 2 with the guest's
 * fields; bypass is the parent alone; abort and invalid abort.
 */
static void the_entry_is_the_guests_on_the_parents(void **state)
{
	struct bench *b = *state;
	u64 ste0 = 1 | 5 << 1 | 0x123456789000 | 3ull << 59;
	u64 ste1 = 2 | 1 << 2 | 3 << 6 | 1 << 27 | 1 << 28;
	static const u64 plain[][2] = {
		{ 1 | 4 << 1, SMMU3_STE_S2 },
		{ 1 | 0 << 1, SMMU3_STE_ABORT },
		{ 0xfff0, SMMU3_STE_ABORT },
	};
	struct iommu_domain *domain;
	const u64 *ste;
	size_t i;

	assert_int_equal(core_vdevice_new(b->viommu, b->dev, VSID, &b->vdev),
			 0);
	domain = nested(b, ste0, ste1);
	assert_int_equal(bench_attach(b->dev, domain, b->handle), 0);
	ste = bench_ste(b->rig, SID);
	assert_int_equal(ste[0], (ste0 & ~0xeull) | SMMU3_STE_NESTED << 1);
	/* ATS was asked for and is there; events are merged. */
	assert_int_equal(ste[1] & ~SMMU3_STE1_S2FWB, ste1 | SMMU3_STE1_MEV);
	assert_int_equal(FIELD_GET(SMMU3_STE2_VMID, ste[2]), b->vmid);
	assert_int_equal(ste[3],
			 smmu3_table_root(&to_smmu3_domain(b->parent)->table));
	bench_detach(b->dev);
	iommu_domain_free(domain);
	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		domain = nested(b, plain[i][0], 0);
		assert_int_equal(bench_attach(b->dev, domain, b->handle), 0);
		assert_int_equal(bench_config(b->rig, SID), plain[i][1]);
		bench_detach(b->dev);
		iommu_domain_free(domain);
	}
}

/*
 * Law (11.2): stage 1 needs a vDEVICE (-ENOENT), the others do without; a
 * device with PASIDs in use is -EBUSY; another SMMU's domain is -EINVAL.
 */
static void nested_attach_is_refused(void **state)
{
	struct bench *b = *state;
	struct iommu_domain *stage1 = nested(b, 1 | 5 << 1, 0);
	struct iommu_domain *bypass = nested(b, 1 | 4 << 1, 0);
	struct iommu_domain *paging = bench_domain(b->dev, 0);

	assert_int_equal(bench_attach(b->dev, stage1, b->handle), -ENOENT);
	assert_int_equal(bench_attach(b->dev, bypass, b->handle), 0);
	assert_null(to_smmu3_master(b->dev)->vmaster);
	bench_detach(b->dev);
	assert_int_equal(core_vdevice_new(b->viommu, b->dev, VSID, &b->vdev),
			 0);
	assert_int_equal(iommu_attach_device_pasid(paging, b->dev, 3,
						   b->handle + 1),
			 0);
	assert_int_equal(bench_attach(b->dev, stage1, b->handle), -EBUSY);
	iommu_detach_device_pasid(paging, b->dev, 3);
	assert_int_equal(bench_attach(b->dev, stage1, b->handle), 0);
	bench_detach(b->dev);
	iommu_domain_free(paging);
	iommu_domain_free(bypass);
	iommu_domain_free(stage1);
}

/* Law: when any allocation of a nested attach fails nothing has changed. */
static void every_allocation_may_fail(void **state)
{
	struct bench *b = *state;
	struct iommu_domain *stage1 = nested(b, 1 | 5 << 1, 0);
	u64 blocks;
	unsigned int nth;
	int ret = -1;

	assert_int_equal(core_vdevice_new(b->viommu, b->dev, VSID, &b->vdev),
			 0);
	assert_int_equal(bench_attach(b->dev, stage1, b->handle), 0);
	bench_detach(b->dev);
	blocks = bench_blocks(b->rig);
	for (nth = 1; ret; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		ret = bench_attach(b->dev, stage1, b->handle);
		uik_fail_nth(0, 0, false);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(bench_config(b->rig, SID), SMMU3_STE_ABORT);
		assert_int_equal(bench_blocks(b->rig), blocks);
	}
	assert_in_range(nth, 3, 10);
	bench_detach(b->dev);
	iommu_domain_free(stage1);
}

/* --- trapped commands ---------------------------------------------------- */

#define NH_ASID(asid) (SMMU3_OP_TLBI_NH_ASID | (u64)(asid) << 48)

static int invalidate(struct bench *b, void *cmds, size_t entry_len, u32 *num)
{
	struct iommu_user_data_array array = {
		.type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.uptr = cmds,
		.entry_len = entry_len,
		.entry_num = *num,
	};
	int ret;

	rig_clear(b->rig);
	ret = b->viommu->ops->cache_invalidate(b->viommu, &array);
	*num = array.entry_num;
	return ret;
}

/*
 * Law (11.3): VMIDs become the vIOMMU's, NSNH_ALL becomes NH_ALL, virtual
 * StreamIDs the physical ones, everything else stays.
 */
static void commands_are_converted(void **state)
{
	struct bench *b = *state;
	u64 vmid = (u64)b->vmid << 32;
	u64 cmds[][2] = {
		{ SMMU3_OP_TLBI_NSNH_ALL, 0 },
		{ SMMU3_OP_TLBI_NH_ALL | 0xabcull << 32, 0 },
		{ NH_ASID(9) | 0xabcull << 32, 0 },
		{ SMMU3_OP_TLBI_NH_VA | 5ull << 48, 0x7001 },
		{ SMMU3_OP_ATC_INV | (u64)VSID << 32, 52 },
		{ SMMU3_OP_CFGI_CD | (u64)VSID << 32 | 3 << 12, 1 },
		{ SMMU3_OP_CFGI_CD_ALL | (u64)VSID << 32, 0 },
	};
	const u64 want[][2] = {
		{ SMMU3_OP_TLBI_NH_ALL | vmid, 0 },
		{ SMMU3_OP_TLBI_NH_ALL | vmid, 0 },
		{ NH_ASID(9) | vmid, 0 },
		{ SMMU3_OP_TLBI_NH_VA | 5ull << 48 | vmid, 0x7001 },
		{ SMMU3_OP_ATC_INV | (u64)SID << 32, 52 },
		{ SMMU3_OP_CFGI_CD | (u64)SID << 32 | 3 << 12, 1 },
		{ SMMU3_OP_CFGI_CD_ALL | (u64)SID << 32, 0 },
	};
	u32 num = ARRAY_SIZE(cmds), i;

	assert_int_equal(core_vdevice_new(b->viommu, b->dev, VSID, &b->vdev),
			 0);
	assert_int_equal(invalidate(b, cmds, 16, &num), 0);
	assert_int_equal(num, ARRAY_SIZE(cmds));
	assert_int_equal(b->rig->command_count, ARRAY_SIZE(cmds) + 1);
	for (i = 0; i < num; i++)
		assert_memory_equal(b->rig->commands[i].word, want[i], 16);
}

/* Law (11.3): 63 commands and a CMD_SYNC go out at a time. */
static void commands_go_out_by_63(void **state)
{
	static u64 cmds[200][2];
	struct bench *b = *state;
	static const u32 counts[] = { 1, 62, 63, 64, 126, 127, 200 };
	u32 num, i;
	size_t j;

	for (i = 0; i < 200; i++)
		cmds[i][0] = NH_ASID(i);
	for (j = 0; j < ARRAY_SIZE(counts); j++) {
		num = counts[j];
		assert_int_equal(invalidate(b, cmds, 16, &num), 0);
		assert_int_equal(num, counts[j]);
		assert_int_equal(rig_count(b->rig, SMMU3_OP_TLBI_NH_ASID),
				 counts[j]);
		assert_int_equal(rig_count(b->rig, SMMU3_OP_SYNC),
				 (counts[j] + 62) / 63);
		if (counts[j] > 63)
			assert_int_equal((u8)b->rig->commands[63].word[0],
					 SMMU3_OP_SYNC);
	}
}

/*
 * Law (11.3): a refused command k gives -EIO and k; those of its piece before
 * it are counted but were not sent.
 */
static void a_refused_command_is_counted_to(void **state)
{
	static u64 cmds[150][2];
	struct bench *b = *state;
	u32 bad, num, i;

	for (bad = 0; bad < 150; bad += 7) {
		for (i = 0; i < 150; i++)
			cmds[i][0] = NH_ASID(i);
		/* An unknown vSID, at the end of the checks. */
		cmds[bad][0] = SMMU3_OP_CFGI_CD_ALL | 0x999ull << 32;
		num = 150;
		assert_int_equal(invalidate(b, cmds, 16, &num), -EIO);
		assert_int_equal(num, bad);
		assert_int_equal(rig_count(b->rig, SMMU3_OP_TLBI_NH_ASID),
				 bad / 63 * 63);
	}
}

/* Law (11.3): a queue that times out after the piece ending with k-1: k-1. */
static void a_dead_queue_is_counted_to(void **state)
{
	static u64 cmds[100][2];
	struct bench *b = *state;
	u32 num = 100, i;

	for (i = 0; i < 100; i++)
		cmds[i][0] = NH_ASID(i);
	b->rig->deaf = true;
	assert_int_equal(invalidate(b, cmds, 16, &num), -ETIMEDOUT);
	assert_int_equal(num, 62);
	b->rig->deaf = false;
}

/* Law (11.3): the errors before any command, and what the count says then. */
static void odd_input_is_refused(void **state)
{
	struct bench *b = *state;
	u64 wide[2][3] = { { NH_ASID(1), 0, 0 }, { NH_ASID(2), 0, 0 } };
	u64 narrow[2] = { NH_ASID(1), NH_ASID(2) };
	struct iommu_user_data_array array = { .type = 7, .uptr = wide,
					       .entry_len = 16,
					       .entry_num = 1 };
	u32 num = 0;

	assert_int_equal(invalidate(b, wide, 16, &num), -EINVAL);
	assert_int_equal(num, 0);
	assert_int_equal(b->viommu->ops->cache_invalidate(b->viommu, &array),
			 -EINVAL);
	assert_int_equal(array.entry_num, 0);
	num = 2;
	assert_int_equal(invalidate(b, NULL, 16, &num), -EFAULT);
	assert_int_equal(num, 0);
	num = 2;
	assert_int_equal(invalidate(b, wide, 24, &num), 0);
	assert_int_equal(num, 2);
	wide[1][2] = 1;
	assert_int_equal(invalidate(b, wide, 24, &num), -E2BIG);
	num = 2;
	assert_int_equal(invalidate(b, narrow, 8, &num), 0);
	assert_int_equal(num, 2);
	assert_int_equal(rig_count(b->rig, SMMU3_OP_TLBI_NH_ASID), 2);
	/* No memory: before all checks, and the count stays. */
	num = 2;
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(invalidate(b, NULL, 16, &num), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(num, 2);
	num = 262145;
	assert_int_equal(invalidate(b, NULL, 16, &num), -ENOMEM);
	assert_int_equal(num, 262145);
}

/* --- hardware information ------------------------------------------------ */

/* Law (11.5): the raw registers; bit 0 of the flags is the erratum. */
static void hardware_information_is_raw(void **state)
{
	struct bench *b = *state;
	enum iommu_hw_info_type type;
	struct iommu_hw_info_arm_smmuv3 *info;
	u32 length, i;

	for (i = 0; i <= 2; i += 2) {
		type = i;
		info = smmu3_hw_info(b->dev, &length, &type);
		assert_int_equal(length, 40);
		assert_int_equal(type, IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
		assert_int_equal(info->flags, 0);
		assert_memory_equal(info->idr, b->rig->config.idr, 24);
		assert_int_equal(info->iidr, b->rig->config.iidr);
		kfree(info);
	}
	type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV;
	assert_ptr_equal(smmu3_hw_info(b->dev, &length, &type),
			 ERR_PTR(-EOPNOTSUPP));
	bench_sd(b->rig)->quirks |= SMMU3_QUIRK_REPEAT_INVALIDATE;
	type = 0;
	info = smmu3_hw_info(b->dev, &length, &type);
	assert_int_equal(info->flags, 1);
	kfree(info);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_viommu_needs_nesting_and_coherency),
		TEST(a_vdevice_has_one_stream),
		TEST(nested_domains_want_exact_data),
		TEST(the_entry_is_the_guests_on_the_parents),
		TEST(nested_attach_is_refused),
		TEST(every_allocation_may_fail),
		TEST(commands_are_converted),
		TEST(commands_go_out_by_63),
		TEST(a_refused_command_is_counted_to),
		TEST(a_dead_queue_is_counted_to),
		TEST(odd_input_is_refused),
		TEST(hardware_information_is_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
