/* SPDX-License-Identifier: MIT */
/*
 * Events: who hears of them.
 */
#include "arm_bench.h"

#include <stdlib.h>
#include <string.h>

#define SID 0x100
#define VSID 0x77

/* A device on a guest's stage 1. */
struct bench {
	struct rig *rig;
	struct platform_device *pdev;
	struct device *dev;
	struct iommu_domain *parent;
	struct iommu_domain *nested;
	struct iommufd_viommu *viommu;
	struct iommufd_vdevice *vdev;
	struct iommu_attach_handle handle[2];
};

static u64 ste_words[2] = { 1 | 5 << 1 | 0x7000, 0 };

static struct iommu_domain *nested_on(struct iommufd_viommu *viommu)
{
	struct iommu_user_data data = {
		.type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.uptr = ste_words,
		.len = sizeof(ste_words),
	};
	struct iommu_domain *domain =
		viommu->ops->alloc_domain_nested(viommu, 0, &data);

	assert_false(IS_ERR(domain));
	domain->owner = viommu->iommu_dev->ops;
	return domain;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->rig = bench_boot_default();
	b->pdev = bench_plug(b->rig, "dev", SID);
	b->dev = &b->pdev->dev;
	b->parent = bench_domain(b->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	assert_int_equal(iommu_device_claim_dma_owner(b->dev, b), 0);
	assert_int_equal(core_viommu_new(b->dev, b->parent,
					 IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NULL,
					 &b->viommu),
			 0);
	assert_int_equal(core_vdevice_new(b->viommu, b->dev, VSID, &b->vdev),
			 0);
	b->nested = nested_on(b->viommu);
	memset(&core_event, 0, sizeof(core_event));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	bench_detach(b->dev);
	iommu_domain_free(b->nested);
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

static void send(struct bench *b, u8 id, u64 word1)
{
	const u64 record[4] = { id | 0xabc000 | (u64)SID << 32, word1, 0x1234,
				0x5678 };

	core_event.count = 0;
	rig_event(b->rig, record);
}

/*
 * Law (spec/70 11.4): of all 256 events exactly 04 06 08 0a 10 11 12 13 go to
 * the guest, unless they are about stage 2.
 */
static void exactly_the_guests_events_are_forwarded(void **state)
{
	static const u8 guests[] = { 0x04, 0x06, 0x08, 0x0a,
				     0x10, 0x11, 0x12, 0x13 };
	struct bench *b = *state;
	unsigned int id;

	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	for (id = 0; id < 256; id++) {
		bool forwarded = memchr(guests, id, sizeof(guests));

		send(b, id, 0);
		assert_int_equal(core_event.count, forwarded);
		send(b, id, SMMU3_EVT1_S2);
		assert_int_equal(core_event.count, 0);
	}
}

/* Law: the record arrives whole, with the guest's name of the device in it. */
static void the_guest_reads_its_own_stream_id(void **state)
{
	struct bench *b = *state;

	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	send(b, 0x10, SMMU3_EVT1_RNW);
	assert_int_equal(core_event.count, 1);
	assert_ptr_equal(core_event.viommu, b->viommu);
	assert_int_equal(core_event.type, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
	assert_int_equal(core_event.length, 32);
	assert_int_equal(core_event.data[0],
			 0x10 | 0xabc000 | (u64)VSID << 32);
	assert_int_equal(core_event.data[1], SMMU3_EVT1_RNW);
	assert_int_equal(core_event.data[2], 0x1234);
	assert_int_equal(core_event.data[3], 0x5678);
}

/*
 * Law: without an attached nested domain nothing is forwarded; the name is the
 * one of the time of the attach, also when the vDEVICE has gone since.
 */
static void the_attach_decides(void **state)
{
	struct bench *b = *state;

	send(b, 0x10, 0);
	assert_int_equal(core_event.count, 0);
	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	core_vdevice_free(b->vdev);
	b->vdev = NULL;
	send(b, 0x10, 0);
	assert_int_equal(core_event.count, 1);
	assert_int_equal(bench_attach(b->dev, b->parent, b->handle + 1), 0);
	send(b, 0x10, 0);
	assert_int_equal(core_event.count, 0);
}

/* Law: an event of a stream that nobody has disturbs nobody. */
static void an_unknown_stream_is_only_logged(void **state)
{
	struct bench *b = *state;
	const u64 record[4] = { 0x10 | 0x999ull << 32 };

	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	rig_event(b->rig, record);
	assert_int_equal(core_event.count, 0);
}

/* Law: a whole lap and more of the queue is read, in order. */
static void the_queue_wraps(void **state)
{
	struct bench *b = *state;
	unsigned int i;

	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	for (i = 0; i < 300; i++) {
		send(b, 0x10, i);
		assert_int_equal(core_event.count, 1);
		assert_int_equal(core_event.data[1], i);
	}
}

/* --- stalls -------------------------------------------------------------- */

static struct iopf_group *waiting;

static int keep_group(struct iopf_group *group)
{
	waiting = group;
	return 0;
}

static void send_stall(struct bench *b, u16 tag, u64 flags)
{
	send(b, 0x10, tag | SMMU3_EVT1_STALL | flags);
}

static u32 resume_of(struct bench *b, u16 tag)
{
	const struct rig_command *command =
		rig_last(b->rig, SMMU3_OP_RESUME);

	assert_non_null(command);
	assert_int_equal(command->word[1], tag);
	assert_int_equal(command->word[0] >> 32, SID);
	return FIELD_GET(SMMU3_RESP0_CODE, command->word[0]);
}

/*
 * Law (spec/70 5, 11.4): a stall is never forwarded; with a fault handler it
 * goes there, and the answer retries or aborts it; with none it is aborted.
 */
static void every_stall_is_answered(void **state)
{
	struct bench *b = *state;

	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	send_stall(b, 11, 0);
	assert_int_equal(core_event.count, 0);
	assert_int_equal(resume_of(b, 11), SMMU3_RESUME_ABORT);
	bench_detach(b->dev);

	b->nested->iopf_handler = keep_group;
	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	rig_clear(b->rig);
	send_stall(b, 12, SMMU3_EVT1_RNW);
	assert_int_equal(rig_count(b->rig, SMMU3_OP_RESUME), 0);
	assert_int_equal(waiting->last_fault.fault.prm.addr, 0x1234);
	assert_int_equal(waiting->last_fault.fault.prm.perm,
			 IOMMU_FAULT_PERM_READ);
	iopf_group_response(waiting, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(waiting);
	assert_int_equal(resume_of(b, 12), SMMU3_RESUME_RETRY);
	/* No CMD_SYNC: nobody waits for it. */
	assert_int_equal(rig_count(b->rig, SMMU3_OP_SYNC), 0);

	send_stall(b, 13, 0);
	iopf_group_response(waiting, IOMMU_PAGE_RESP_INVALID);
	iopf_free_group(waiting);
	assert_int_equal(resume_of(b, 13), SMMU3_RESUME_ABORT);
	/* Not a guest's business, and no handler may see it. */
	send_stall(b, 14, SMMU3_EVT1_S2);
	assert_int_equal(resume_of(b, 14), SMMU3_RESUME_ABORT);
}

/* Law: a stall with a PASID carries it to the handler. */
static void a_stall_names_its_pasid(void **state)
{
	struct bench *b = *state;
	const u64 record[4] = { 0x10 | SMMU3_EVT0_SSV | 5 << 12 |
					(u64)SID << 32,
				9 | SMMU3_EVT1_STALL, 0x9000 };

	b->nested->iopf_handler = keep_group;
	assert_int_equal(bench_attach(b->dev, b->nested, b->handle), 0);
	rig_event(b->rig, record);
	assert_int_equal(waiting->last_fault.fault.prm.pasid, 5);
	assert_true(waiting->last_fault.fault.prm.flags &
		    IOMMU_FAULT_PAGE_REQUEST_PASID_VALID);
	iopf_group_response(waiting, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(waiting);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exactly_the_guests_events_are_forwarded),
		TEST(the_guest_reads_its_own_stream_id),
		TEST(the_attach_decides),
		TEST(an_unknown_stream_is_only_logged),
		TEST(the_queue_wraps),
		TEST(every_stall_is_answered),
		TEST(a_stall_names_its_pasid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
