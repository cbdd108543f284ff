// SPDX-License-Identifier: MIT
/*
 * Hardware queues of the mock: two slots, the second needs the first.
 *
 * A queue never notes its slot, so destroying any queue empties slot 0.  The
 * kernel's mock does that and clients can see it: spec/80 15.2.  The pointers
 * in the slots are used under queue_mutex and only while their queue lives.
 */
#include "mock.h"

#include <linux/kcsan-checks.h>

size_t mock_get_hw_queue_size(struct iommufd_viommu *viommu,
			      enum iommu_hw_queue_type queue_type)
{
	if ((u32)queue_type != IOMMU_HW_QUEUE_TYPE_SELFTEST)
		return 0;
	return HW_QUEUE_STRUCT_SIZE(struct mock_hw_queue, core);
}

static void mock_hw_queue_destroy(struct iommufd_hw_queue *hw_queue)
{
	struct mock_hw_queue *queue =
		container_of(hw_queue, struct mock_hw_queue, core);
	struct mock_viommu *viommu = queue->mock_viommu;

	mutex_lock(&viommu->queue_mutex);
	kcsan_check_write(&viommu->queues, sizeof(viommu->queues));
	viommu->queues[queue->index] = NULL;
	if (queue->prev)
		iommufd_hw_queue_undepend(queue, queue->prev, core);
	mutex_unlock(&viommu->queue_mutex);
}

/* queue_mutex is held. */
static int claim_slot(struct mock_viommu *viommu, struct mock_hw_queue *queue,
		      u32 index, phys_addr_t base_addr_pa)
{
	int rc;

	kcsan_check_write(&viommu->queues, sizeof(viommu->queues));
	if (viommu->queues[index])
		return -EEXIST;
	if (index) {
		queue->prev = viommu->queues[index - 1];
		if (!queue->prev)
			return -EIO;
	}
	/* The core must have translated what the guest said. */
	if (base_addr_pa != iommu_iova_to_phys(&viommu->s2_parent->domain,
					       queue->core.base_addr))
		return -EFAULT;
	if (index) {
		rc = iommufd_hw_queue_depend(queue, queue->prev, core);
		if (rc)
			return rc;
	}
	queue->mock_viommu = viommu;
	viommu->queues[index] = queue;
	queue->core.destroy = mock_hw_queue_destroy;
	return 0;
}

int mock_hw_queue_init(struct iommufd_hw_queue *hw_queue, u32 index,
		       phys_addr_t base_addr_pa)
{
	struct mock_hw_queue *queue =
		container_of(hw_queue, struct mock_hw_queue, core);
	struct mock_viommu *viommu = to_mock_viommu(hw_queue->viommu);
	int rc;

	if (index >= IOMMU_TEST_HW_QUEUE_MAX)
		return -EINVAL;
	mutex_lock(&viommu->queue_mutex);
	rc = claim_slot(viommu, queue, index, base_addr_pa);
	mutex_unlock(&viommu->queue_mutex);
	return rc;
}
