/* SPDX-License-Identifier: MIT */
/*
 * Domains: which commands an invalidation becomes.
 */
#include "arm_bench.h"

#include <stdlib.h>
#include <string.h>

#include <linux/sizes.h>

/* --- covering a range ---------------------------------------------------- */

/* How often each page of a window was named by range commands. */
#define WINDOW 4096
static unsigned int named[WINDOW];

static void count_pages(struct rig *rig, u64 base, u8 op)
{
	unsigned int i;
	u64 page;

	memset(named, 0, sizeof(named));
	for (i = 0; i < rig->command_count; i++) {
		const u64 *word = rig->commands[i].word;
		u64 first, count;

		if ((u8)word[0] != op)
			continue;
		first = (word[1] & SMMU3_TLBI1_IPA) - base;
		first >>= 12;
		count = (FIELD_GET(SMMU3_TLBI0_NUM, word[0]) + 1)
			<< FIELD_GET(SMMU3_TLBI0_SCALE, word[0]);
		for (page = first; page < first + count; page++) {
			assert_in_range(page, 0, WINDOW - 1);
			named[page]++;
		}
	}
}

/*
 * Law (spec/70 5): with range invalidation the commands of a leaf flush name
 * each granule of the range once and no other; each of them is a command that
 * would be accepted from a guest.
 */
static void ranges_are_covered_exactly(void **state)
{
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	struct iommu_domain *domain = bench_domain(&pdev->dev, 0);
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	u64 base = 0x12340000000;
	unsigned int count, i;

	for (count = 1; count < 700; count += count < 70 ? 1 : 37) {
		rig_clear(rig);
		smmu3_domain_flush(sdom, base + 8 * SZ_4K,
				   (size_t)count * SZ_4K, SZ_4K, true);
		count_pages(rig, base, SMMU3_OP_TLBI_NH_VA);
		for (i = 0; i < WINDOW; i++)
			assert_int_equal(named[i], i >= 8 && i < 8 + count);
		for (i = 0; i < rig->command_count; i++) {
			struct arm_smmu_cmd cmd;

			memcpy(cmd.data, rig->commands[i].word,
			       sizeof(cmd.data));
			if ((u8)cmd.data[0] == SMMU3_OP_SYNC)
				continue;
			assert_int_equal(smmu3_user_cmd_check(bench_sd(rig),
							      &cmd),
					 0);
			assert_int_equal(FIELD_GET(SMMU3_TLBI0_ASID,
						   cmd.data[0]),
					 sdom->asid);
			assert_int_equal(cmd.data[1] & 0xfff,
					 1 | 3 << 8 | 1 << 10);
		}
	}
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

/* Law: without a level hint nothing is missed either, and no command is void. */
static void walks_are_covered_too(void **state)
{
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	struct iommu_domain *domain = bench_domain(&pdev->dev, 0);
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	unsigned int count, i;

	for (count = 1; count < 100; count++) {
		rig_clear(rig);
		smmu3_domain_flush(sdom, 0, (size_t)count * SZ_4K, SZ_4K,
				   false);
		count_pages(rig, 0, SMMU3_OP_TLBI_NH_VA);
		for (i = 0; i < count; i++)
			assert_int_equal(named[i], 1);
		for (i = 0; i < rig->command_count; i++) {
			const u64 *word = rig->commands[i].word;

			if ((u8)word[0] == SMMU3_OP_SYNC)
				continue;
			assert_int_equal(word[1] & 0xfff, 1 << 10);
			assert_int_not_equal(word[0] & (SMMU3_TLBI0_NUM |
							SMMU3_TLBI0_SCALE),
					     0);
		}
	}
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

/*
 * Law (spec/70 8.2): without range invalidation there is one command a granule,
 * up to 511 of 4 KiB; from 512 on one command by ASID.
 */
static void many_granules_become_one_asid(void **state)
{
	struct rig_config config;
	struct platform_device *pdev;
	struct iommu_domain *domain;
	struct smmu3_domain *sdom;
	struct rig *rig;

	rig_config_init(&config);
	config.idr[3] &= ~SMMU3_IDR3_RIL;
	rig = bench_boot(&config);
	pdev = bench_plug(rig, "dev", 0x100);
	domain = bench_domain(&pdev->dev, 0);
	sdom = to_smmu3_domain(domain);
	rig_clear(rig);
	smmu3_domain_flush(sdom, 0, 511 * SZ_4K, SZ_4K, true);
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_VA), 511);
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_ASID), 0);
	assert_int_equal(rig_last(rig, SMMU3_OP_TLBI_NH_VA)->word[1],
			 510 * SZ_4K | 1);
	assert_int_equal(rig_count(rig, SMMU3_OP_SYNC), 1);
	rig_clear(rig);
	smmu3_domain_flush(sdom, 0, 512 * SZ_4K, SZ_4K, true);
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_VA), 0);
	assert_int_equal(rig_last(rig, SMMU3_OP_TLBI_NH_ASID)->word[0],
			 SMMU3_OP_TLBI_NH_ASID | (u64)sdom->asid << 48);
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

/* --- order --------------------------------------------------------------- */

static void assert_ops(struct rig *rig, const u8 *ops, unsigned int count)
{
	unsigned int i;

	assert_int_equal(rig->command_count, count);
	for (i = 0; i < count; i++)
		assert_int_equal((u8)rig->commands[i].word[0], ops[i]);
}

/*
 * Law (spec/70 8.2): devices' caches are invalidated after the TLB
 * invalidation has completed; of an attached nesting parent all guests'
 * stage 1 goes in between.
 */
static void caches_follow_completed_tlb_flushes(void **state)
{
	static const u8 s1[] = { SMMU3_OP_TLBI_NH_VA, SMMU3_OP_SYNC,
				 SMMU3_OP_ATC_INV, SMMU3_OP_SYNC };
	static const u8 s2[] = { SMMU3_OP_TLBI_S2_IPA, SMMU3_OP_SYNC,
				 SMMU3_OP_TLBI_NH_ALL, SMMU3_OP_SYNC,
				 SMMU3_OP_ATC_INV, SMMU3_OP_SYNC };
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	struct iommu_attach_handle handle;
	struct iommu_domain *domain;
	u16 vmid;

	domain = bench_domain(&pdev->dev, 0);
	assert_int_equal(bench_attach(&pdev->dev, domain, &handle), 0);
	rig_clear(rig);
	smmu3_domain_flush(to_smmu3_domain(domain), 0x5000, SZ_4K, SZ_4K, true);
	assert_ops(rig, s1, ARRAY_SIZE(s1));
	assert_int_equal(rig->commands[2].word[0],
			 SMMU3_OP_ATC_INV | 0x100ull << 32);
	assert_int_equal(rig->commands[2].word[1], 0x5000);
	bench_detach(&pdev->dev);
	rig_clear(rig);
	smmu3_domain_flush(to_smmu3_domain(domain), 0x5000, SZ_4K, SZ_4K, true);
	assert_ops(rig, s1, 2);
	iommu_domain_free(domain);

	domain = bench_domain(&pdev->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	vmid = to_smmu3_domain(domain)->vmid;
	assert_int_equal(bench_attach(&pdev->dev, domain, &handle), 0);
	rig_clear(rig);
	smmu3_domain_flush(to_smmu3_domain(domain), 0x5000, SZ_4K, SZ_4K, true);
	assert_ops(rig, s2, ARRAY_SIZE(s2));
	assert_int_equal(rig->commands[2].word[0],
			 SMMU3_OP_TLBI_NH_ALL | (u64)vmid << 32);
	bench_detach(&pdev->dev);
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

/* --- map and unmap ------------------------------------------------------- */

/*
 * Law: an unmap through the IOMMU core is found by no lookup and followed by
 * one flush of exactly that range, with the level of the pages.
 */
static void an_unmap_is_flushed(void **state)
{
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	struct iommu_domain *domain = bench_domain(&pdev->dev, 0);
	int prot = IOMMU_READ | IOMMU_WRITE;

	assert_int_equal(iommu_map(domain, SZ_2M, SZ_1G, SZ_4M + 2 * SZ_4K,
				   prot, GFP_KERNEL),
			 0);
	assert_int_equal(iommu_iova_to_phys(domain, SZ_4M + SZ_2M + 5),
			 SZ_1G + SZ_4M + 5);
	rig_clear(rig);
	assert_int_equal(iommu_unmap(domain, SZ_2M, SZ_4M + 2 * SZ_4K),
			 SZ_4M + 2 * SZ_4K);
	assert_int_equal(iommu_iova_to_phys(domain, SZ_2M), 0);
	/* Two blocks by level 2, then two pages by level 3. */
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_VA), 2);
	assert_int_equal(FIELD_GET(SMMU3_TLBI1_TTL, rig->commands[0].word[1]),
			 2);
	assert_int_equal(rig->commands[0].word[1] & SMMU3_TLBI1_VA, SZ_2M);
	assert_int_equal(FIELD_GET(SMMU3_TLBI1_TTL, rig->commands[2].word[1]),
			 3);
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

/* --- allocation ---------------------------------------------------------- */

/*
 * Law (spec/70 11.1): exactly the flags 0, PASID and NEST_PARENT make a domain,
 * the last one a stage 2; combinations, dirty tracking and user data are
 * refused.  Each gets a tag of its own, and gives it back.
 */
static void flags_decide_the_stage(void **state)
{
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	const struct iommu_user_data data = { .type = 1, .len = 1 };
	struct iommu_domain *domain;
	u64 blocks = bench_blocks(rig);
	u32 flags;

	for (flags = 0; flags < 16; flags++) {
		bool good = flags == 0 || flags == IOMMU_HWPT_ALLOC_PASID ||
			    flags == IOMMU_HWPT_ALLOC_NEST_PARENT;

		domain = smmu3_domain_alloc(&pdev->dev, flags, NULL);
		if (!good) {
			assert_ptr_equal(domain, ERR_PTR(-EOPNOTSUPP));
			continue;
		}
		assert_int_equal(to_smmu3_domain(domain)->stage,
				 flags == IOMMU_HWPT_ALLOC_NEST_PARENT ?
					 SMMU3_STAGE_2 : SMMU3_STAGE_1);
		assert_int_equal(to_smmu3_domain(domain)->asid +
					 to_smmu3_domain(domain)->vmid,
				 1);
		iommu_domain_free(domain);
	}
	assert_ptr_equal(smmu3_domain_alloc(&pdev->dev, 0, &data),
			 ERR_PTR(-EOPNOTSUPP));
	assert_int_equal(bench_blocks(rig), blocks);
	rig_unplug(pdev);
	rig_free(rig);
}

/* Law: when any allocation fails there is -ENOMEM and nothing is left. */
static void every_allocation_may_fail(void **state)
{
	struct rig *rig = bench_boot_default();
	struct platform_device *pdev = bench_plug(rig, "dev", 0x100);
	struct iommu_domain *domain = NULL;
	u64 blocks;
	unsigned int nth;

	/* Maps of tags keep their nodes: make them once. */
	iommu_domain_free(bench_domain(&pdev->dev, 0));
	blocks = bench_blocks(rig);
	for (nth = 1; !domain; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		domain = smmu3_domain_alloc(&pdev->dev, 0, NULL);
		uik_fail_nth(0, 0, false);
		if (!IS_ERR(domain))
			break;
		assert_ptr_equal(domain, ERR_PTR(-ENOMEM));
		assert_int_equal(bench_blocks(rig), blocks);
		domain = NULL;
	}
	assert_in_range(nth, 3, 10);
	iommu_domain_free(domain);
	rig_unplug(pdev);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_covered_exactly),
		cmocka_unit_test(walks_are_covered_too),
		cmocka_unit_test(many_granules_become_one_asid),
		cmocka_unit_test(caches_follow_completed_tlb_flushes),
		cmocka_unit_test(an_unmap_is_flushed),
		cmocka_unit_test(flags_decide_the_stage),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
