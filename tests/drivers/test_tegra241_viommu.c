/* SPDX-License-Identifier: MIT */
/*
 * What guests get of the CMDQV: VINTFs, SID slots, queues; rule by rule, with
 * the registers that each leaves.
 */
#include "arm_bench.h"

#include <stdlib.h>
#include <string.h>

#include <linux/sizes.h>
#include <uik/irq.h>

#define SID 0x100
#define TYPE IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV

/* 4 VINTFs, 8 VCMDQs, 2 SIDs each. */
#define PARAM (1 | 3 << 4 | 2 << 8 | 1 << 12)

#define VINTF(v) (0x1000 + 0x100 * (v))
#define MATCH(v, s) (VINTF(v) + 0x40 + 4 * (s))
#define REPLACE(v, s) (VINTF(v) + 0x80 + 4 * (s))
#define ALLOC(v, l) (0x200 + 4 * (2 * (v) + (l)))
#define LV(v, l) (0x30000 + 0x20000 * (v) + 0x80 * (l))
#define LV1(v, l) (0x40000 + 0x20000 * (v) + 0x80 * (l))

struct bench {
	struct rig *rig;
	struct platform_device *pdev;
	struct device *dev;
	struct iommu_domain *parent;
	u64 blocks;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct rig_config config;

	rig_config_init(&config);
	config.cmdqv = true;
	config.param = PARAM;
	b->rig = bench_boot(&config);
	b->pdev = bench_plug(b->rig, "dev", SID);
	b->dev = &b->pdev->dev;
	b->parent = bench_domain(b->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	b->blocks = bench_blocks(b->rig);
	memset(&core_event, 0, sizeof(core_event));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	assert_int_equal(bench_blocks(b->rig), b->blocks);
	assert_int_equal(core_mmaps, 0);
	assert_int_equal(bench_warnings(b->rig), 0);
	iommu_domain_free(b->parent);
	rig_unplug(b->pdev);
	rig_free(b->rig);
	free(b);
	return 0;
}

static u32 reg(struct bench *b, u32 offset)
{
	return b->rig->cmdqv[offset / 4];
}

static u64 reg64(struct bench *b, u32 offset)
{
	return reg(b, offset) | (u64)reg(b, offset + 4) << 32;
}

static struct iommu_viommu_tegra241_cmdqv reply;

static int new_viommu(struct bench *b, struct iommufd_viommu **out)
{
	struct iommu_user_data data = { TYPE, &reply, sizeof(reply) };

	memset(&reply, 0xee, sizeof(reply));
	return core_viommu_new(b->dev, b->parent, TYPE, &data, out);
}

/* --- the vIOMMU ---------------------------------------------------------- */

/*
 * Law (spec/70 10.1): a vIOMMU is the lowest free VINTF from 1 on, enabled,
 * with the parent's VMID and no hypervisor's rights; user space learns where
 * its page 0 is; destroying it leaves the VINTF off and free.
 */
static void a_viommu_is_a_vintf(void **state)
{
	struct bench *b = *state;
	u16 vmid = to_smmu3_domain(b->parent)->vmid;
	struct iommufd_viommu *viommu[4];
	int v;

	for (v = 1; v <= 3; v++) {
		assert_int_equal(new_viommu(b, &viommu[v]), 0);
		assert_int_equal(reg(b, VINTF(v)), (u32)vmid << 1 | 1);
		assert_int_equal(reg(b, VINTF(v) + 4), 1);
		assert_int_equal(reply.out_vintf_mmap_offset, 0x1000);
		assert_int_equal(reply.out_vintf_mmap_length, 0x10000);
		assert_int_equal(core_mmap_phys,
				 b->rig->cmdqv_phys + 0x30000 + 0x20000 * v);
		assert_int_equal(core_mmaps, v);
	}
	assert_int_equal(new_viommu(b, &viommu[0]), -ENOSPC);
	core_viommu_free(viommu[2]);
	assert_int_equal(reg(b, VINTF(2)), 0);
	assert_int_equal(reg(b, VINTF(2) + 4), 0);
	assert_int_equal(new_viommu(b, &viommu[2]), 0);
	assert_int_equal(reg(b, VINTF(2) + 4), 1);
	for (v = 1; v <= 3; v++)
		core_viommu_free(viommu[v]);
}

/* Law (10.1): user data of exactly 16 bytes, of this type, that can be read. */
static void user_data_is_exact(void **state)
{
	struct bench *b = *state;
	struct iommu_user_data data = { TYPE, &reply, 0 };
	struct iommufd_viommu *viommu;

	assert_int_equal(core_viommu_new(b->dev, b->parent, TYPE, NULL,
					 &viommu),
			 -EINVAL);
	for (data.len = 0; data.len <= 24; data.len += 8)
		if (data.len != 16)
			assert_int_equal(core_viommu_new(b->dev, b->parent,
							 TYPE, &data, &viommu),
					 -EINVAL);
	data.len = 16;
	data.uptr = NULL;
	assert_int_equal(core_viommu_new(b->dev, b->parent, TYPE, &data,
					 &viommu),
			 -EFAULT);
	data.uptr = &reply;
	data.type = 1;
	assert_int_equal(core_viommu_new(b->dev, b->parent, TYPE, &data,
					 &viommu),
			 -EINVAL);
	assert_int_equal(reg(b, VINTF(1)), 0);
}

/*
 * Law: whatever fails on the way (an allocation, the enable, the window, the
 * copy of the reply) gives its error, and the VINTF is off and free again.
 */
static void every_step_may_fail(void **state)
{
	struct bench *b = *state;
	struct iommufd_viommu *viommu;
	unsigned int nth;
	int ret;

	b->rig->stuck_offset = VINTF(1) + 4;
	assert_int_equal(new_viommu(b, &viommu), -ETIMEDOUT);
	b->rig->stuck_offset = 0;
	core_fail_mmap = -EBUSY;
	assert_int_equal(new_viommu(b, &viommu), -EBUSY);
	assert_int_equal(reg(b, VINTF(1)), 0);
	/* The second copy is the reply. */
	uik_fail_nth(2, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(new_viommu(b, &viommu), -EFAULT);
	uik_fail_nth(0, 0, false);
	assert_int_equal(core_mmaps, 0);
	assert_int_equal(reg(b, VINTF(1)), 0);
	for (nth = 1;; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		ret = new_viommu(b, &viommu);
		uik_fail_nth(0, 0, false);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(reg(b, VINTF(1)), 0);
		assert_int_equal(bench_blocks(b->rig), b->blocks);
	}
	assert_in_range(nth, 3, 6);
	assert_int_equal(reg(b, VINTF(1) + 4), 1);
	core_viommu_free(viommu);
}

/* --- vDEVICEs ------------------------------------------------------------ */

/*
 * Law (10.2): a vDEVICE takes the lowest free slot; REPLACE is written before
 * MATCH, and MATCH is cleared before REPLACE.
 */
static void a_vdevice_is_a_sid_slot(void **state)
{
	struct bench *b = *state;
	struct platform_device *pdev[2];
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdev[3];
	struct rig_step *trace = b->rig->trace;

	pdev[0] = bench_plug(b->rig, "a", 0x111);
	pdev[1] = bench_plug(b->rig, "b", 0x122);
	assert_int_equal(new_viommu(b, &viommu), 0);
	rig_clear(b->rig);
	b->rig->tracing = true;
	assert_int_equal(core_vdevice_new(viommu, b->dev, 0xfffff, &vdev[0]),
			 0);
	assert_int_equal(b->rig->trace_count, 2);
	assert_int_equal(trace[0].offset, REPLACE(1, 0));
	assert_int_equal(trace[0].value, SID);
	assert_int_equal(trace[1].offset, MATCH(1, 0));
	assert_int_equal(trace[1].value, 0xfffff << 1 | 1);
	assert_int_equal(core_vdevice_new(viommu, &pdev[0]->dev, 7, &vdev[1]),
			 0);
	assert_int_equal(reg(b, REPLACE(1, 1)), 0x111);
	assert_int_equal(core_vdevice_new(viommu, &pdev[1]->dev, 8, &vdev[2]),
			 -ENOSPC);
	rig_clear(b->rig);
	core_vdevice_free(vdev[0]);
	assert_int_equal(trace[0].offset, MATCH(1, 0));
	assert_int_equal(trace[1].offset, REPLACE(1, 0));
	assert_int_equal(trace[0].value | trace[1].value, 0);
	assert_int_equal(core_vdevice_new(viommu, &pdev[1]->dev, 8, &vdev[0]),
			 0);
	assert_int_equal(reg(b, REPLACE(1, 0)), 0x122);
	core_vdevice_free(vdev[0]);
	core_vdevice_free(vdev[1]);
	core_viommu_free(viommu);
	rig_unplug(pdev[0]);
	rig_unplug(pdev[1]);
}

/* Law (10.2): a virtual ID of 20 bits, and exactly one stream. */
static void a_vdevice_is_checked(void **state)
{
	struct bench *b = *state;
	const u32 sids[] = { 0x130, 0x131 };
	struct platform_device *many = rig_plug(b->rig, "many", sids, 2, NULL);
	struct platform_device *none = rig_plug(b->rig, "none", NULL, 0, NULL);
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdev;

	assert_int_equal(new_viommu(b, &viommu), 0);
	assert_int_equal(core_vdevice_new(viommu, b->dev, 0x100000, &vdev),
			 -EINVAL);
	assert_int_equal(core_vdevice_new(viommu, b->dev, 1ull << 32, &vdev),
			 -EINVAL);
	assert_int_equal(core_vdevice_new(viommu, &many->dev, 1, &vdev),
			 -EOPNOTSUPP);
	assert_int_equal(core_vdevice_new(viommu, &none->dev, 1, &vdev),
			 -EOPNOTSUPP);
	/* The first rule wins. */
	assert_int_equal(core_vdevice_new(viommu, &none->dev, 1ull << 20,
					  &vdev),
			 -EINVAL);
	assert_int_equal(reg(b, MATCH(1, 0)), 0);
	core_viommu_free(viommu);
	rig_unplug(many);
	rig_unplug(none);
}

/* --- queues -------------------------------------------------------------- */

/*
 * Law (10.3): a queue is mapped, cleared, given its base, and not enabled;
 * destroyed, it is stopped and unmapped; the second depends on the first.
 */
static void a_queue_is_an_lvcmdq(void **state)
{
	struct bench *b = *state;
	struct iommufd_viommu *viommu;
	struct iommufd_hw_queue *queue[2];

	assert_int_equal(new_viommu(b, &viommu), 0);
	rig_clear(b->rig);
	assert_int_equal(core_queue_new(viommu, 0, SZ_4K, 0x123456000,
					&queue[0]),
			 0);
	/* The end sequence flushed the SMMU's queue: one and the implicit. */
	assert_int_equal(rig_count(b->rig, SMMU3_OP_SYNC), 2);
	assert_int_equal(reg(b, ALLOC(1, 0)), 1 << 15 | 1);
	assert_int_equal(reg64(b, LV1(1, 0)), 0x123456000 | 8);
	assert_int_equal(reg(b, LV(1, 0) + 8), 0);
	assert_int_equal(core_queue_new(viommu, 1, 32, 0x1000, &queue[1]), 0);
	assert_int_equal(reg(b, ALLOC(1, 1)), 1 << 15 | 1 << 1 | 1);
	assert_int_equal(reg64(b, LV1(1, 1)), 0x1000 | 1);
	assert_int_equal(core_queue_free(queue[0]), -EBUSY);
	/* The guest left it running. */
	b->rig->cmdqv[(LV(1, 1) + 8) / 4] = 1;
	b->rig->cmdqv[(LV(1, 1) + 12) / 4] = 1;
	assert_int_equal(core_queue_free(queue[1]), 0);
	assert_int_equal(reg(b, LV(1, 1) + 12), 0);
	assert_int_equal(reg(b, ALLOC(1, 1)), 1 << 15 | 1 << 1);
	assert_int_equal(core_queue_free(queue[0]), 0);
	assert_int_equal(reg(b, ALLOC(1, 0)), 1 << 15);
	core_viommu_free(viommu);
}

/* Law (10.3): the rules in their order; a refusal leaves nothing. */
static void a_queue_is_checked(void **state)
{
	struct bench *b = *state;
	/* CMDQS is 8 here: 4 KiB at most. */
	static const struct {
		u64 length;
		phys_addr_t base;
		int error;
	} memory[] = {
		{ 16, 0, -EINVAL },	      { 48, 0, -EINVAL },
		{ SZ_8K, 0, -EINVAL },	      { SZ_4K, SZ_2K, -EINVAL },
		{ 32, 1ull << 48, -EINVAL },  { 32, 16, -EINVAL },
		{ SZ_4K, SZ_4K, 0 },	      { 32, 0xffffffffffe0, 0 },
	};
	struct iommufd_viommu *viommu;
	struct iommufd_hw_queue *queue, *other;
	size_t i;

	assert_int_equal(new_viommu(b, &viommu), 0);
	/* Out of range beats order beats size. */
	assert_int_equal(core_queue_new(viommu, 2, 1, 1, &queue), -EINVAL);
	assert_int_equal(core_queue_new(viommu, 1, 1, 1, &queue), -EIO);
	for (i = 0; i < ARRAY_SIZE(memory); i++) {
		assert_int_equal(core_queue_new(viommu, 0, memory[i].length,
						memory[i].base, &queue),
				 memory[i].error);
		assert_int_equal(reg(b, ALLOC(1, 0)) & 1, !memory[i].error);
		if (memory[i].error)
			continue;
		assert_int_equal(core_queue_new(viommu, 0, 1, 1, &other),
				 -EEXIST);
		core_queue_free(queue);
	}
	assert_int_equal(viommu->ops->get_hw_queue_size(viommu, 2), 0);
	core_viommu_free(viommu);
}

/* Law (4): queues and VINTFs of different guests never meet. */
static void guests_have_their_own_registers(void **state)
{
	struct bench *b = *state;
	struct iommufd_viommu *viommu[2];
	struct iommufd_hw_queue *queue[2];
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(new_viommu(b, &viommu[i]), 0);
		assert_int_equal(core_queue_new(viommu[i], 0, SZ_4K,
						SZ_1M * (i + 1), &queue[i]),
				 0);
	}
	assert_int_equal(reg(b, ALLOC(1, 0)), 1 << 15 | 1);
	assert_int_equal(reg(b, ALLOC(2, 0)), 2 << 15 | 1);
	assert_int_equal(reg64(b, LV1(1, 0)), SZ_1M | 8);
	assert_int_equal(reg64(b, LV1(2, 0)), 2 * SZ_1M | 8);
	core_queue_free(queue[0]);
	core_viommu_free(viommu[0]);
	assert_int_equal(reg64(b, LV1(2, 0)), 2 * SZ_1M | 8);
	core_queue_free(queue[1]);
	core_viommu_free(viommu[1]);
}

/* --- errors -------------------------------------------------------------- */

/*
 * Law (9.8): an error of a guest's queue becomes one vEVENT with both maps,
 * and is not acknowledged here; of a VINTF that is not there it is nothing.
 */
static void errors_go_to_the_guest(void **state)
{
	struct bench *b = *state;
	struct iommufd_viommu *viommu;
	struct iommufd_hw_queue *queue;

	assert_int_equal(new_viommu(b, &viommu), 0);
	assert_int_equal(core_queue_new(viommu, 0, SZ_4K, SZ_1M, &queue), 0);
	b->rig->cmdqv[0x14 / 4] = 1 << 1 | 1 << 3;
	b->rig->cmdqv[(VINTF(1) + 0xc0) / 4] = 0x1;
	b->rig->cmdqv[(VINTF(1) + 0xcc) / 4] = 0x80000000;
	b->rig->cmdqv[(LV(1, 0) + 0x10) / 4] = 1;
	uik_irq_raise(b->rig->machine, b->rig->irq[3]);
	uik_irq_run_pending(b->rig->machine);
	assert_int_equal(core_event.count, 1);
	assert_ptr_equal(core_event.viommu, viommu);
	assert_int_equal(core_event.type, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
	assert_int_equal(core_event.length, 16);
	assert_int_equal(core_event.data[0], 1);
	assert_int_equal(core_event.data[1], 1ull << 63);
	assert_int_equal(reg(b, LV(1, 0) + 0x14), 0);
	core_queue_free(queue);
	core_viommu_free(viommu);
	/* The error is still shown, nobody is there. */
	uik_irq_raise(b->rig->machine, b->rig->irq[3]);
	uik_irq_run_pending(b->rig->machine);
	assert_int_equal(core_event.count, 1);
}

/* Law (10.4): the block's shape as a guest shall see it. */
static void hardware_information_is_of_one_vintf(void **state)
{
	struct bench *b = *state;
	enum iommu_hw_info_type type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV;
	struct iommu_hw_info_tegra241_cmdqv *info;
	u32 length;

	info = smmu3_hw_info(b->dev, &length, &type);
	assert_int_equal(length, 8);
	assert_int_equal(type, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV);
	assert_int_equal(info->flags, 0);
	assert_int_equal(info->version, 1);
	assert_int_equal(info->log2vcmdqs, 1);
	assert_int_equal(info->log2vsids, 1);
	assert_int_equal(info->__reserved, 0);
	kfree(info);
	type = 99;
	assert_ptr_equal(smmu3_hw_info(b->dev, &length, &type),
			 ERR_PTR(-EOPNOTSUPP));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_viommu_is_a_vintf),
		TEST(user_data_is_exact),
		TEST(every_step_may_fail),
		TEST(a_vdevice_is_a_sid_slot),
		TEST(a_vdevice_is_checked),
		TEST(a_queue_is_an_lvcmdq),
		TEST(a_queue_is_checked),
		TEST(guests_have_their_own_registers),
		TEST(errors_go_to_the_guest),
		TEST(hardware_information_is_of_one_vintf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
