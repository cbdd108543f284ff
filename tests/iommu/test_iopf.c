/* SPDX-License-Identifier: MIT */
/* Page requests: groups, routing, who owns and who answers. */
#include "iommu_rig.h"

#include <linux/list.h>

static struct rig_dev *a;
static struct iopf_queue *queue;
static struct iommu_attach_handle handle, pasid_handle;
static LIST_HEAD(taken);
static int handler_result;

static int take(struct iopf_group *group)
{
	/* It comes alone: on no list of the core's. */
	assert_true(list_empty(&group->pending_node));
	if (handler_result)
		return handler_result;
	list_add_tail(&group->node, &taken);
	return 0;
}

static struct iopf_group *next_taken(void)
{
	struct iopf_group *group =
		list_first_entry_or_null(&taken, struct iopf_group, node);

	if (group)
		list_del(&group->node);
	return group;
}

static int setup(void **state)
{
	handler_result = 0;
	if (rig_setup(state))
		return 1;
	a = rig_dev_add('a', NULL, 5);
	queue = iopf_queue_alloc("test");
	rig_domain('A')->iopf_handler = take;
	return iopf_queue_add_device(queue, &a->dev) ||
	       iommu_device_claim_dma_owner(&a->dev, a) ||
	       iommu_attach_group_handle(rig_domain('A'), a->dev.iommu_group,
					 &handle);
}

static int teardown(void **state)
{
	int left = !list_empty(&taken);

	iommu_detach_group_handle(rig_domain('A'), a->dev.iommu_group);
	iommu_device_release_dma_owner(&a->dev);
	iopf_queue_free(queue);
	rig_dev_del(a);
	return rig_teardown(state) || left;
}

static int report(u32 grpid, u32 pasid, u32 flags, u64 addr)
{
	struct iopf_fault fault = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = { .flags = flags, .pasid = pasid,
				 .grpid = grpid, .addr = addr },
		},
	};

	return iommu_report_device_fault(&a->dev, &fault);
}

#define LAST IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE
#define WITH_PASID IOMMU_FAULT_PAGE_REQUEST_PASID_VALID

static void expect_response(u32 code, u32 grpid, unsigned int count)
{
	assert_int_equal(a->responses, count);
	assert_int_equal(a->last_response.code, code);
	assert_int_equal(a->last_response.grpid, grpid);
}

/* Requests of one group arrive in order; others stay for their own. */
static void groups(void **state)
{
	struct iopf_fault *fault;
	struct iopf_group *group;
	u64 addr = 1;

	assert_int_equal(report(5, 0, 0, 1), 0);
	assert_int_equal(report(6, 0, 0, 100), 0);
	assert_int_equal(report(5, 0, 0, 2), 0);
	assert_null(next_taken());
	assert_int_equal(report(5, 0, LAST, 3), 0);
	group = next_taken();
	assert_int_equal(group->fault_count, 3);
	assert_ptr_equal(group->attach_handle, &handle);
	list_for_each_entry(fault, &group->faults, list)
		assert_int_equal(fault->fault.prm.addr, addr++);
	assert_ptr_equal(fault ? list_last_entry(&group->faults,
						 struct iopf_fault, list) :
				 NULL, &group->last_fault);
	assert_int_equal(a->responses, 0);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	expect_response(IOMMU_PAGE_RESP_SUCCESS, 5, 1);
	/* Once. */
	iopf_group_response(group, IOMMU_PAGE_RESP_INVALID);
	expect_response(IOMMU_PAGE_RESP_SUCCESS, 5, 1);
	iopf_free_group(group);
	/* The other group's request is still there. */
	assert_int_equal(report(6, 0, LAST, 101), 0);
	group = next_taken();
	assert_int_equal(group->fault_count, 2);
	iopf_free_group(group);
}

/* With a PASID: its own domain, or the RID's if that is the guest's. */
static void routing(void **state)
{
	rig_domain('B')->iopf_handler = take;
	assert_int_equal(iommu_attach_device_pasid(rig_domain('B'), &a->dev, 3,
						   &pasid_handle), 0);
	assert_int_equal(report(1, 3, LAST | WITH_PASID, 0), 0);
	assert_ptr_equal(list_first_entry(&taken, struct iopf_group,
					  node)->attach_handle, &pasid_handle);
	iopf_free_group(next_taken());
	/* Nothing at that PASID and the RID's domain is not nested. */
	assert_int_equal(report(2, 4, LAST | WITH_PASID, 0), -EINVAL);
	expect_response(IOMMU_PAGE_RESP_INVALID, 2, 1);
	rig_domain('A')->type = IOMMU_DOMAIN_NESTED;
	assert_int_equal(report(3, 4, LAST | WITH_PASID, 0), 0);
	assert_ptr_equal(list_first_entry(&taken, struct iopf_group,
					  node)->attach_handle, &handle);
	iopf_free_group(next_taken());
	iommu_detach_device_pasid(rig_domain('B'), &a->dev, 3);
}

/* Nobody handles it: answered at once. */
static void no_handler(void **state)
{
	rig_domain('A')->iopf_handler = NULL;
	assert_int_equal(report(1, 0, LAST, 0), -EINVAL);
	expect_response(IOMMU_PAGE_RESP_INVALID, 1, 1);
	assert_int_equal(report(2, 0, 0, 0), -EINVAL);
	expect_response(IOMMU_PAGE_RESP_INVALID, 2, 2);
}

/* A handler that does not want it: FAILURE, and the core frees it. */
static void handler_refuses(void **state)
{
	handler_result = -EIO;
	assert_int_equal(report(1, 0, LAST, 0), 0);
	expect_response(IOMMU_PAGE_RESP_FAILURE, 1, 1);
}

static void no_memory(void **state)
{
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(report(1, 0, 0, 0), -ENOMEM);
	assert_int_equal(a->responses, 0);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(report(1, 0, LAST, 0), 0);
	assert_true(uik_fail_nth(0, 0, false));
	expect_response(IOMMU_PAGE_RESP_FAILURE, 1, 1);
	assert_null(next_taken());
}

/*
 * A group that a handler has belongs to it alone: the device may leave its
 * queue, and the group can still be answered and freed (bugs B26, B29).
 */
static void group_outlives_registration(void **state)
{
	struct iopf_group *group;

	assert_int_equal(report(1, 0, 0, 0), 0);
	assert_int_equal(report(2, 0, LAST, 0), 0);
	group = next_taken();
	iopf_queue_remove_device(queue, &a->dev);
	/* Neither the partial request nor the group was answered. */
	assert_int_equal(a->responses, 0);
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	expect_response(IOMMU_PAGE_RESP_SUCCESS, 2, 1);
	iopf_free_group(group);
}

static int report_in_between;

static void leave_queue_and_report(void)
{
	rig.on_switch = NULL;
	iopf_queue_remove_device(queue, &a->dev);
	report_in_between = report(1, 0, LAST, 0);
}

/*
 * While a device is being moved its driver may have taken it off the queue
 * although the old domain is still on record: an INVALID answer, no warning.
 */
static void report_while_moving(void **state)
{
	struct iommu_attach_handle other;

	rig.on_switch = leave_queue_and_report;
	assert_int_equal(iommu_replace_group_handle(a->dev.iommu_group,
						    rig_domain('B'), &other),
			 0);
	assert_int_equal(report_in_between, -EINVAL);
	expect_response(IOMMU_PAGE_RESP_INVALID, 1, 1);
	assert_int_equal(iommu_replace_group_handle(a->dev.iommu_group,
						    rig_domain('A'), &handle),
			 0);
	assert_int_equal(iopf_queue_add_device(queue, &a->dev), 0);
}

static void queue_rules(void **state)
{
	struct device orphan = { 0 };
	struct iopf_group *group;

	assert_int_equal(iopf_queue_add_device(queue, &a->dev), -EBUSY);
	assert_int_equal(iopf_queue_add_device(queue, &orphan), -ENODEV);
	assert_int_equal(iopf_queue_flush_dev(&a->dev), 0);
	uik_warn_expect_begin();
	assert_int_equal(iopf_queue_flush_dev(&orphan), -ENODEV);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(iopf_queue_discard_partial(NULL), -EINVAL);
	assert_int_equal(report(1, 0, 0, 0), 0);
	assert_int_equal(iopf_queue_discard_partial(queue), 0);
	assert_int_equal(report(1, 0, LAST, 0), 0);
	group = next_taken();
	assert_int_equal(group->fault_count, 1);
	iopf_free_group(group);
	iopf_queue_remove_device(queue, &a->dev);
	/* A driver that reports without being on a queue. */
	uik_warn_expect_begin();
	assert_int_equal(report(1, 0, LAST, 0), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	expect_response(IOMMU_PAGE_RESP_INVALID, 1, 1);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(iopf_queue_add_device(queue, &a->dev), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(iopf_queue_add_device(queue, &a->dev), 0);
}

#define IOPF_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOPF_TEST(groups),
		IOPF_TEST(routing),
		IOPF_TEST(no_handler),
		IOPF_TEST(handler_refuses),
		IOPF_TEST(no_memory),
		IOPF_TEST(group_outlives_registration),
		IOPF_TEST(report_while_moving),
		IOPF_TEST(queue_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
