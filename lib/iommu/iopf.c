// SPDX-License-Identifier: MIT
/*
 * Page requests: collected into groups, handed to the domain's handler,
 * answered.
 *
 * Who owns a group: report_fault() until it calls the handler, the handler
 * from then until it frees the group.  No list here ever has a group, so
 * taking a device off its queue cannot free what a handler has.  A group holds
 * a count on the device's fault parameter, by which it can be answered later;
 * the parameter is freed with the last group.
 *
 * A group is answered once, whoever asks how often.
 */
#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/iommu.h>
#include <linux/kcsan-checks.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "iommu/group.h"
#include "kit/driver_op.h"

struct iopf_queue {
	const char *name;		/* borrowed */
	struct mutex lock;		/* devices */
	struct list_head devices;	/* iommu_fault_param.queue_list */
};

static void free_partial(struct iommu_fault_param *param)
{
	struct iopf_fault *fault, *next;
	LIST_HEAD(partial);

	spin_lock(&param->lock);
	kcsan_check_write(&param->partial, sizeof(param->partial));
	list_splice_init(&param->partial, &partial);
	spin_unlock(&param->lock);
	list_for_each_entry_safe(fault, next, &partial, list)
		kfree(fault);
}

static void param_put(struct iommu_fault_param *param)
{
	if (!refcount_dec_and_test(&param->users))
		return;
	/* A report may have come when the device was just off its queue. */
	free_partial(param);
	kfree(param);
}

/* The device's parameter, counted; NULL: not added to a queue. */
static struct iommu_fault_param *param_get(struct device *dev)
{
	struct dev_iommu *iommu = dev->iommu;
	struct iommu_fault_param *param;

	if (!iommu)
		return NULL;
	spin_lock(&iommu->lock);
	kcsan_check_read(&iommu->fault_param, sizeof(iommu->fault_param));
	param = iommu->fault_param;
	if (param)
		refcount_inc(&param->users);
	spin_unlock(&iommu->lock);
	return param;
}

/* --- answers ------------------------------------------------------------- */

static void respond(struct device *dev, struct iopf_fault *fault,
		    enum iommu_page_response_code code)
{
	struct iommu_page_response response = {
		.pasid = fault->fault.prm.pasid,
		.grpid = fault->fault.prm.grpid,
		.code = code,
	};
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	if (ops->page_response)
		driver_tell(ops, page_response, dev, fault, &response);
}

void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status)
{
	/* Whoever has the group has it alone. */
	if (group->answered)
		return;
	group->answered = true;
	respond(group->fault_param->dev, &group->last_fault, status);
}

void iopf_free_group(struct iopf_group *group)
{
	struct iopf_fault *fault, *next;

	list_for_each_entry_safe(fault, next, &group->faults, list)
		if (fault != &group->last_fault)
			kfree(fault);
	param_put(group->fault_param);
	kfree(group);
}

/* --- reports ------------------------------------------------------------- */

static int keep_partial(struct iommu_fault_param *param,
			const struct iopf_fault *evt)
{
	struct iopf_fault *copy = kzalloc_obj(*copy);

	if (!copy)
		return -ENOMEM;
	copy->fault = evt->fault;
	spin_lock(&param->lock);
	kcsan_check_write(&param->partial, sizeof(param->partial));
	list_add_tail(&copy->list, &param->partial);
	spin_unlock(&param->lock);
	return 0;
}

/* The group that @evt completes; takes over the count on @param. */
static struct iopf_group *build_group(struct iommu_fault_param *param,
				      const struct iopf_fault *evt,
				      struct iommu_attach_handle *handle)
{
	struct iopf_group *group = kzalloc_obj(*group);
	struct iopf_fault *fault, *next;

	if (!group)
		return NULL;
	group->fault_param = param;
	group->attach_handle = handle;
	group->last_fault.fault = evt->fault;
	INIT_LIST_HEAD(&group->faults);
	INIT_LIST_HEAD(&group->pending_node);
	INIT_LIST_HEAD(&group->node);
	group->fault_count = 1;
	spin_lock(&param->lock);
	kcsan_check_write(&param->partial, sizeof(param->partial));
	list_for_each_entry_safe(fault, next, &param->partial, list) {
		if (fault->fault.prm.grpid != evt->fault.prm.grpid)
			continue;
		list_move_tail(&fault->list, &group->faults);
		group->fault_count++;
	}
	list_add_tail(&group->last_fault.list, &group->faults);
	spin_unlock(&param->lock);
	return group;
}

static void hand_over(struct iopf_group *group)
{
	/* From here on it is the handler's, even before it returns. */
	if (group->attach_handle->domain->iopf_handler(group)) {
		iopf_group_response(group, IOMMU_PAGE_RESP_FAILURE);
		iopf_free_group(group);
	}
}

/* Takes over the count on @param. */
static int report_fault(struct iommu_fault_param *param,
			struct iopf_fault *evt,
			struct iommu_attach_handle *handle)
{
	struct iopf_group *group;
	int ret;

	if (!(evt->fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE)) {
		ret = keep_partial(param, evt);
		param_put(param);
		return ret;
	}
	group = build_group(param, evt, handle);
	if (group) {
		hand_over(group);
		return 0;
	}
	respond(param->dev, evt, IOMMU_PAGE_RESP_FAILURE);
	param_put(param);
	return 0;
}

/* Who is attached where the fault happened; NULL: nobody that handles it. */
static struct iommu_attach_handle *find_handle(struct iommu_group *group,
					       struct device *dev,
					       struct iopf_fault *evt)
{
	struct iommu_attach_handle *handle;
	unsigned int type = 0;

	if (evt->fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID) {
		handle = iommu_attach_handle_get(group, evt->fault.prm.pasid,
						 0);
		if (!IS_ERR(handle))
			goto found;
		if (!dev_iommu_ops(dev)->user_pasid_table)
			return NULL;
		/* The guest's table says what the PASID leads to. */
		type = IOMMU_DOMAIN_NESTED;
	}
	handle = iommu_attach_handle_get(group, IOMMU_NO_PASID, type);
	if (IS_ERR(handle))
		return NULL;
found:
	return handle->domain->iopf_handler ? handle : NULL;
}

/*
 * Until it is at the handler, the handle cannot go: who detaches or replaces
 * it waits for report_rwsem, and finds the group with the handler afterwards.
 */
static int route_fault(struct iommu_group *group, struct device *dev,
		       struct iopf_fault *evt)
{
	struct iommu_attach_handle *handle = find_handle(group, dev, evt);
	struct iommu_fault_param *param;

	if (!handle)
		return -EINVAL;
	param = param_get(dev);
	if (param)
		return report_fault(param, evt, handle);
	/* Being moved it may be off its queue already; else: a driver's bug. */
	WARN_ON(!READ_ONCE(group->changing));
	return -EINVAL;
}

int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt)
{
	struct iommu_group *group = dev->iommu_group;
	int ret = -EINVAL;

	if (!group)
		return ret;
	down_read(&group->report_rwsem);
	ret = route_fault(group, dev, evt);
	up_read(&group->report_rwsem);
	/* -ENOMEM: it was not the last of its group, no answer is due. */
	if (ret == -EINVAL && evt->fault.type == IOMMU_FAULT_PAGE_REQ)
		respond(dev, evt, IOMMU_PAGE_RESP_INVALID);
	return ret;
}

/* --- queues -------------------------------------------------------------- */

struct iopf_queue *iopf_queue_alloc(const char *name)
{
	struct iopf_queue *queue = kzalloc_obj(*queue);

	if (!queue)
		return NULL;
	queue->name = name;
	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->devices);
	return queue;
}

int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
{
	struct iommu_fault_param *param;
	int ret = 0;

	if (!dev_has_iommu(dev) || !dev_iommu_ops(dev)->page_response)
		return -ENODEV;
	mutex_lock(&queue->lock);
	if (dev->iommu->fault_param) {
		ret = -EBUSY;
		goto out_unlock;
	}
	param = kzalloc_obj(*param);
	if (!param) {
		ret = -ENOMEM;
		goto out_unlock;
	}
	spin_lock_init(&param->lock);
	refcount_set(&param->users, 1);
	param->dev = dev;
	param->queue = queue;
	INIT_LIST_HEAD(&param->partial);
	list_add(&param->queue_list, &queue->devices);
	spin_lock(&dev->iommu->lock);
	kcsan_check_write(&dev->iommu->fault_param, 
			  sizeof(dev->iommu->fault_param));
	dev->iommu->fault_param = param;
	spin_unlock(&dev->iommu->lock);
out_unlock:
	mutex_unlock(&queue->lock);
	return ret;
}

static void remove_param(struct iommu_fault_param *param)
{
	struct dev_iommu *iommu = param->dev->iommu;

	spin_lock(&iommu->lock);
	kcsan_check_write(&iommu->fault_param, sizeof(iommu->fault_param));
	iommu->fault_param = NULL;
	spin_unlock(&iommu->lock);
	list_del(&param->queue_list);
	param->queue = NULL;
	free_partial(param);
	param_put(param);
}

void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
{
	struct iommu_fault_param *param;

	mutex_lock(&queue->lock);
	param = dev->iommu->fault_param;
	if (!WARN_ON(!param || param->queue != queue))
		remove_param(param);
	mutex_unlock(&queue->lock);
}

void iopf_queue_free(struct iopf_queue *queue)
{
	struct iommu_fault_param *param, *next;

	if (!queue)
		return;
	mutex_lock(&queue->lock);
	list_for_each_entry_safe(param, next, &queue->devices, queue_list)
		remove_param(param);
	mutex_unlock(&queue->lock);
	mutex_destroy(&queue->lock);
	kfree(queue);
}

int iopf_queue_flush_dev(struct device *dev)
{
	/* Handlers run where the fault is reported: nothing is under way. */
	return WARN_ON(!dev->iommu || !dev->iommu->fault_param) ? -ENODEV : 0;
}

int iopf_queue_discard_partial(struct iopf_queue *queue)
{
	struct iommu_fault_param *param;

	if (!queue)
		return -EINVAL;
	mutex_lock(&queue->lock);
	list_for_each_entry(param, &queue->devices, queue_list)
		free_partial(param);
	mutex_unlock(&queue->lock);
	return 0;
}
