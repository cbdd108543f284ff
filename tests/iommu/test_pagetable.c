/* SPDX-License-Identifier: MIT */
/*
 * The page table: against a model of one entry a granule, and by hand where it
 * matters which leaves are made.
 */
#include "iommu_rig.h"

#include <linux/generic_pt/iommu.h>
#include <linux/sizes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uik/slab.h>

struct table {
	struct uik_machine *machine, *previous;
	struct pt_iommu_amdv1 pt;
	u64 blocks;
};

static void no_free(struct iommu_domain *domain)
{
}

static const struct iommu_domain_ops table_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.free = no_free,
};

static struct table t;

static struct iommu_domain *domain(void)
{
	return &t.pt.iommu.domain;
}

static u64 live_blocks(void)
{
	uint64_t blocks, bytes;

	uik_slab_live(t.machine, &blocks, &bytes);
	return blocks;
}

static int start(bool mock, unsigned int width)
{
	struct pt_iommu_amdv1_cfg cfg = {
		.common.hw_max_vasz_lg2 = width,
		.common.hw_max_oasz_lg2 = 52,
	};

	memset(&t, 0, sizeof(t));
	rig_recorded[0] = '\0';
	t.machine = uik_machine_new(NULL);
	t.previous = uik_enter(t.machine);
	domain()->ops = &table_ops;
	t.blocks = live_blocks();
	return mock ? pt_iommu_amdv1_mock_init(&t.pt, &cfg, GFP_KERNEL) :
		      pt_iommu_amdv1_init(&t.pt, &cfg, GFP_KERNEL);
}

static int setup_mock(void **state)
{
	return start(true, 31);
}

static int setup_wide(void **state)
{
	return start(false, 64);
}

static int teardown(void **state)
{
	int left;

	pt_iommu_deinit(&t.pt.iommu);
	left = live_blocks() != t.blocks;
	uik_leave(t.previous);
	uik_machine_free(t.machine);
	return left;
}

static int map(u64 iova, u64 paddr, u64 size)
{
	return iommu_map(domain(), iova, paddr, size, IOMMU_READ | IOMMU_WRITE,
			 GFP_KERNEL);
}

static u64 phys(u64 iova)
{
	return iommu_iova_to_phys(domain(), iova);
}

/* Leaves of the range, as "first+size" each, found through dirty bits. */
static const char *leaves(u64 iova, u64 size)
{
	struct iommu_dirty_bitmap dirty = { .bitmap = (void *)1 };
	u64 at;

	for (at = iova; at < iova + size; at += SZ_2K)
		t.pt.iommu.ops->set_dirty(&t.pt.iommu, at);
	rig_recorded[0] = '\0';
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), iova, size, 0, &dirty), 0);
	return rig_recorded;
}

/* --- leaves --------------------------------------------------------------- */

/* The largest size that IOVA, physical address and the rest are good for. */
static void largest_leaves(void **state)
{
	assert_int_equal(map(0x100000, 0x300000, 0x100000), 0);
	assert_string_equal(leaves(0x100000, 0x100000), "100000+100000 ");
	assert_int_equal(map(0x201000, 0x7001000, 0x6800), 0);
	assert_string_equal(leaves(0x201000, 0x6800),
			    "201000+1000 202000+2000 204000+2000 206000+1000 "
			    "207000+800 ");
	/* Different alignment of the two: small leaves. */
	assert_int_equal(map(0x400000, 0x800800, 0x2000), 0);
	assert_string_equal(leaves(0x400000, 0x2000),
			    "400000+800 400800+800 401000+800 401800+800 ");
	assert_int_equal(iommu_unmap(domain(), 0x100000, 0x100000), 0x100000);
	assert_int_equal(iommu_unmap(domain(), 0x201000, 0x6800), 0x6800);
	assert_int_equal(iommu_unmap(domain(), 0x400000, 0x2000), 0x2000);
}

/* Only sizes of the bitmap are used. */
static void bitmap_restricts(void **state)
{
	domain()->pgsize_bitmap = SZ_4K | SZ_1M;
	assert_int_equal(map(0x100000, 0x300000, 0x104000), 0);
	assert_string_equal(leaves(0x100000, 0x104000),
			    "100000+100000 200000+1000 201000+1000 202000+1000 "
			    "203000+1000 ");
	assert_int_equal(map(0x800, 0x800, 0x1000), -ENXIO);
	assert_int_equal(map(0x1000, 0x1800, 0x1000), -ENXIO);
	assert_int_equal(map(0x1000, 0x1000, 0x800), -ENXIO);
	assert_int_equal(map(0x1000, 0x1000, 0), -ENXIO);
}

static void range_errors(void **state)
{
	assert_int_equal(map(0x7ffff800, 0, 0x1000), -ERANGE);
	assert_int_equal(map(-0x800ull, 0, 0x1000), -ERANGE);
	assert_int_equal(map(0, 1ull << 52, 0x1000), -ERANGE);
	assert_int_equal(map(0x7ffff800, (1ull << 52) - 0x800, 0x800), 0);
	assert_int_equal(phys(0x7fffffff), (1ull << 52) - 1);
}

/* What is mapped is not mapped over, and a failed call leaves nothing. */
static void overlap(void **state)
{
	u64 blocks;

	assert_int_equal(map(0x104000, 0x4000, 0x1000), 0);
	blocks = live_blocks();
	assert_int_equal(map(0x100000, 0x100000, 0x10000), -EADDRINUSE);
	assert_int_equal(map(0x104800, 0x4800, 0x800), -EADDRINUSE);
	assert_int_equal(map(0x0, 0x0, 0x10000000), -EADDRINUSE);
	assert_int_equal(phys(0x100000), 0);
	assert_int_equal(phys(0x104900), 0x4900);
	assert_int_equal(live_blocks(), blocks);
	assert_int_equal(iommu_unmap(domain(), 0x104000, 0x1000), 0x1000);
	assert_int_equal(live_blocks(), t.blocks);
}

/* A leaf goes whole or not at all; up to the first hole; exact sizes. */
static void unmap_sizes(void **state)
{
	assert_int_equal(map(0x100000, 0x100000, 0x3000), 0);
	assert_int_equal(map(0x104000, 0x104000, 0x4000), 0);
	assert_int_equal(iommu_unmap(domain(), 0x100000, 0x8000), 0x3000);
	assert_int_equal(iommu_unmap(domain(), 0x100000, 0x8000), 0);
	uik_warn_expect_begin();
	assert_int_equal(iommu_unmap(domain(), 0x104000, 0x2000), 0);
	assert_int_equal(iommu_unmap(domain(), 0x105000, 0x3000), 0);
	assert_int_equal(uik_warn_expect_end(), 2);
	assert_int_equal(phys(0x107fff), 0x107fff);
	assert_int_equal(iommu_unmap(domain(), 0x104000, 0x4000), 0x4000);
	assert_int_equal(live_blocks(), t.blocks);
}

/* What was unmapped is gathered for one flush. */
static void unmap_gathers(void **state)
{
	struct iommu_iotlb_gather gather;

	assert_int_equal(map(0x100000, 0x100000, 0x3000), 0);
	iommu_iotlb_gather_init(&gather);
	assert_int_equal(iommu_unmap_fast(domain(), 0x100000, 0x3000, &gather),
			 0x3000);
	assert_int_equal(gather.start, 0x100000);
	assert_int_equal(gather.end, 0x102fff);
}

/* Each allocation fails in turn: -ENOMEM, nothing mapped, nothing left. */
static void map_without_memory(void **state)
{
	unsigned int n;
	u64 before;

	/* Some tables are at hand: use them up first. */
	assert_int_equal(map(0x100000, 0x100000, 0x800), 0);
	before = live_blocks();
	for (n = 1;; n++) {
		int rc;

		uik_fail_nth(n, 1u << UIK_FAIL_ALLOC, false);
		rc = map(0x7ff00800, 0x800, 0x10000);
		if (!uik_fail_nth(0, 0, false))
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(phys(0x7ff00800), 0);
		assert_int_equal(live_blocks(), before);
		assert_int_equal(phys(0x100000), 0x100000);
	}
	assert_true(n > 3);
	assert_int_equal(iommu_unmap(domain(), 0x100000, 0x800), 0x800);
	assert_int_equal(iommu_unmap(domain(), 0x7ff00800, 0x10000), 0x10000);
	assert_int_equal(live_blocks(), t.blocks);
}

/* --- dirty bits ----------------------------------------------------------- */

/* One bit for a leaf, reported whole, cleared unless told not to. */
static void dirty_is_per_leaf(void **state)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty = { .bitmap = (void *)1,
					    .gather = &gather };
	const struct pt_iommu_ops *ops = t.pt.iommu.ops;

	iommu_iotlb_gather_init(&gather);
	assert_int_equal(map(0x100000, 0x100000, 0x8000), 0);
	assert_int_equal(map(0x110000, 0x110000, 0x1000), 0);
	assert_int_equal(ops->set_dirty(&t.pt.iommu, 0x107fff), 0);
	assert_int_equal(ops->set_dirty(&t.pt.iommu, 0x108000), -EINVAL);
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), 0x102000, 0x1000,
				 IOMMU_DIRTY_NO_CLEAR, &dirty), 0);
	assert_string_equal(rig_recorded, "100000+8000 ");
	assert_int_equal(gather.start, 0x100000);
	assert_int_equal(gather.end, 0x107fff);
	/* Still there; over a hole to the next leaf; then it is clean. */
	rig_recorded[0] = '\0';
	ops->set_dirty(&t.pt.iommu, 0x110800);
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), 0, 0x80000000, 0, &dirty), 0);
	assert_string_equal(rig_recorded, "100000+8000 110000+1000 ");
	rig_recorded[0] = '\0';
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), 0, 0x80000000, 0, &dirty), 0);
	assert_string_equal(rig_recorded, "");
}

/* A new mapping is clean. */
static void remap_is_clean(void **state)
{
	assert_int_equal(map(0x100000, 0x100000, 0x1000), 0);
	t.pt.iommu.ops->set_dirty(&t.pt.iommu, 0x100000);
	iommu_unmap(domain(), 0x100000, 0x1000);
	assert_int_equal(map(0x100000, 0x100000, 0x1000), 0);
	rig_recorded[0] = '\0';
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), 0x100000, 0x1000, 0,
				 &(struct iommu_dirty_bitmap){ (void *)1 }), 0);
	assert_string_equal(rig_recorded, "");
}

/* --- the whole address space ---------------------------------------------- */

/* First and last page of 64 bits, and the largest leaf; nothing between. */
static void wide(void **state)
{
	struct iommu_dirty_bitmap dirty = { .bitmap = (void *)1 };

	assert_int_equal(domain()->geometry.aperture_end, U64_MAX);
	assert_int_equal(map(0, 0x1000, 0x1000), 0);
	assert_int_equal(map(-0x1000ull, 0x2000, 0x1000), 0);
	assert_int_equal(map(1ull << 62, 1ull << 51, 1ull << 51), 0);
	assert_int_equal(phys(0xfff), 0x1fff);
	assert_int_equal(phys(U64_MAX), 0x2fff);
	assert_int_equal(phys((1ull << 62) + 12345), (1ull << 51) + 12345);
	assert_int_equal(phys(1ull << 40), 0);
	t.pt.iommu.ops->set_dirty(&t.pt.iommu, U64_MAX);
	t.pt.iommu.ops->set_dirty(&t.pt.iommu, (1ull << 62) + (1ull << 50));
	assert_int_equal(pt_iommu_amdv1_read_and_clear_dirty(
				 domain(), 0, U64_MAX, 0, &dirty), 0);
	assert_string_equal(rig_recorded,
			    "4000000000000000+8000000000000 "
			    "fffffffffffff000+1000 ");
	assert_int_equal(iommu_unmap(domain(), -0x1000ull, 0x1000), 0x1000);
	assert_int_equal(iommu_unmap(domain(), 0, 0x1000), 0x1000);
	assert_int_equal(iommu_unmap(domain(), 1ull << 62, 1ull << 51),
			 1ull << 51);
	assert_int_equal(live_blocks(), t.blocks);
}

/* --- against a model ------------------------------------------------------ */

#define SLOTS 2048u

/* The IOVA of a slot: spread over several branches of the tree. */
static u64 slot_iova(unsigned int slot)
{
	return 0x1000000ull + (slot / 512) * 0x10000000ull +
	       (slot % 512) * 0x800ull;
}

struct model {
	u64 phys[SLOTS];		/* of the slot; 0: nothing */
	u32 length[SLOTS];		/* slots of a call, at its first */
};

static void model_map(struct model *m, unsigned int slot, unsigned int count)
{
	u64 paddr = ((u64)rand() + 1) * 0x800;
	bool taken = false;
	unsigned int i;

	for (i = slot; i < slot + count; i++)
		taken |= m->phys[i] != 0;
	assert_int_equal(map(slot_iova(slot), paddr, count * 0x800ull),
			 taken ? -EADDRINUSE : 0);
	if (taken)
		return;
	for (i = 0; i < count; i++)
		m->phys[slot + i] = paddr + i * 0x800ull;
	m->length[slot] = count;
}

static void model_unmap(struct model *m, unsigned int slot)
{
	unsigned int count = m->length[slot];

	assert_int_equal(iommu_unmap(domain(), slot_iova(slot),
				     count * 0x800ull), count * 0x800ull);
	memset(&m->phys[slot], 0, count * sizeof(m->phys[0]));
	m->length[slot] = 0;
}

static void against_model(void **state)
{
	struct model *m = test_calloc(1, sizeof(*m));
	unsigned int i, step;

	srand(4711);
	for (step = 0; step < 20000; step++) {
		unsigned int slot = rand() % SLOTS;
		unsigned int most = 512 - slot % 512;
		unsigned int count = 1 + rand() % (rand() % 8 ? 16 : 512);

		if (m->length[slot])
			model_unmap(m, slot);
		else
			model_map(m, slot, count < most ? count : most);
		slot = rand() % SLOTS;
		assert_int_equal(phys(slot_iova(slot) + 5),
				 m->phys[slot] ? m->phys[slot] + 5 : 0);
	}
	for (i = 0; i < SLOTS; i++)
		if (m->length[i])
			model_unmap(m, i);
	/* No table stays behind. */
	assert_int_equal(live_blocks(), t.blocks);
	test_free(m);
}

static void bad_widths(void **state)
{
	struct pt_iommu_amdv1 pt = { 0 };
	struct pt_iommu_amdv1_cfg cfg = {
		.common.hw_max_vasz_lg2 = 65,
		.common.hw_max_oasz_lg2 = 52,
	};

	assert_int_equal(pt_iommu_amdv1_init(&pt, &cfg, GFP_KERNEL),
			 -EOPNOTSUPP);
	cfg.common.hw_max_vasz_lg2 = 48;
	cfg.common.hw_max_oasz_lg2 = 53;
	assert_int_equal(pt_iommu_amdv1_init(&pt, &cfg, GFP_KERNEL),
			 -EOPNOTSUPP);
	cfg.common.hw_max_oasz_lg2 = 52;
	cfg.common.features = BIT(PT_FEAT_SIGN_EXTEND);
	assert_int_equal(pt_iommu_amdv1_init(&pt, &cfg, GFP_KERNEL),
			 -EOPNOTSUPP);
	/* Not initialised: nothing to undo. */
	pt_iommu_deinit(&pt.iommu);
}

#define MOCK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_mock, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOCK_TEST(largest_leaves),
		MOCK_TEST(bitmap_restricts),
		MOCK_TEST(range_errors),
		MOCK_TEST(overlap),
		MOCK_TEST(unmap_sizes),
		MOCK_TEST(unmap_gathers),
		MOCK_TEST(map_without_memory),
		MOCK_TEST(dirty_is_per_leaf),
		MOCK_TEST(remap_is_clean),
		MOCK_TEST(against_model),
		MOCK_TEST(bad_widths),
		cmocka_unit_test_setup_teardown(wide, setup_wide, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
