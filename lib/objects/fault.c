// SPDX-License-Identifier: MIT
/*
 * FAULT: a queue of page faults that user space answers.
 *
 * A group of requests is always in exactly one place: on the deliver list, in
 * the table of outstanding answers (read, not answered), or in the hands of who
 * holds the mutex.  Whoever takes it out of its place answers it and frees it,
 * once.  The mutex serialises readers, writers and automatic answers, so that a
 * handle that goes away leaves nothing behind; the spinlock is all that the
 * reporting side takes.
 *
 * Cookies are the lowest free numbers from 1.  Number 0 becomes an ordinary one
 * once somebody has answered 0 while others were outstanding (spec/30 4.1).
 */
#include "objects/objects.h"

#include <linux/file.h>
#include <linux/kcsan-checks.h>
#include <linux/poll.h>

#define FAULT_BYTES sizeof(struct iommu_hwpt_pgfault)
#define RESPONSE_BYTES sizeof(struct iommu_hwpt_page_response)

BUILD_ASSERT((int)IOMMUFD_PAGE_RESP_SUCCESS == (int)IOMMU_PAGE_RESP_SUCCESS);
BUILD_ASSERT((int)IOMMUFD_PAGE_RESP_INVALID == (int)IOMMU_PAGE_RESP_INVALID);
BUILD_ASSERT((int)IOMMU_PGFAULT_FLAGS_PASID_VALID ==
	     IOMMU_FAULT_PAGE_REQUEST_PASID_VALID);
BUILD_ASSERT((int)IOMMU_PGFAULT_FLAGS_LAST_PAGE ==
	     IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE);

static struct iommufd_fault *file_fault(struct file *file)
{
	return container_of(file->private_data, struct iommufd_fault, common);
}

int iommufd_fault_handler(struct iopf_group *group)
{
	struct iommufd_hw_pagetable *hwpt =
		group->attach_handle->domain->iommufd_hwpt;
	struct iommufd_eventq *eventq = &hwpt->fault->common;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	list_add_tail(&group->node, &eventq->deliver);
	iommufd_eventq_update(eventq);
	spin_unlock(&eventq->lock);
	wake_up_interruptible(&eventq->wait_queue);
	return 0;
}

/* The oldest group, off the list; NULL if there is none. */
static struct iopf_group *take_oldest(struct iommufd_fault *fault)
{
	struct iommufd_eventq *eventq = &fault->common;
	struct iopf_group *group;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	group = list_first_entry_or_null(&eventq->deliver, struct iopf_group,
					 node);
	if (group) {
		list_del(&group->node);
		iommufd_eventq_update(eventq);
	}
	spin_unlock(&eventq->lock);
	return group;
}

static void put_back(struct iommufd_fault *fault, struct iopf_group *group)
{
	struct iommufd_eventq *eventq = &fault->common;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	list_add(&group->node, &eventq->deliver);
	iommufd_eventq_update(eventq);
	spin_unlock(&eventq->lock);
}

static void answer(struct iopf_group *group, enum iommu_page_response_code code)
{
	iopf_group_response(group, code);
	iopf_free_group(group);
}

/* Groups that came through @handle; NULL: all. */
static void answer_invalid(struct iommufd_fault *fault,
			   const struct iommu_attach_handle *handle)
{
	struct iommufd_eventq *eventq = &fault->common;
	struct iopf_group *group, *next;
	LIST_HEAD(mine);
	unsigned long index;

	mutex_lock(&fault->mutex);
	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	list_for_each_entry_safe(group, next, &eventq->deliver, node)
		if (!handle || group->attach_handle == handle)
			list_move_tail(&group->node, &mine);
	iommufd_eventq_update(eventq);
	spin_unlock(&eventq->lock);
	list_for_each_entry_safe(group, next, &mine, node) {
		list_del(&group->node);
		answer(group, IOMMU_PAGE_RESP_INVALID);
	}
	xa_for_each(&fault->response, index, group) {
		if (handle && group->attach_handle != handle)
			continue;
		xa_erase(&fault->response, index);
		answer(group, IOMMU_PAGE_RESP_INVALID);
	}
	mutex_unlock(&fault->mutex);
}

void iommufd_fault_answer(struct iommufd_hw_pagetable *hwpt,
			  struct iommufd_attach_handle *handle)
{
	if (hwpt->fault && handle)
		answer_invalid(hwpt->fault, &handle->handle);
}

void iommufd_fault_destroy(struct iommufd_object *obj)
{
	struct iommufd_fault *fault =
		container_of(obj, struct iommufd_fault, common.obj);

	answer_invalid(fault, NULL);
	xa_destroy(&fault->response);
	mutex_destroy(&fault->mutex);
}

static int copy_group(char __user *to, struct iopf_group *group)
{
	struct iommufd_device *idev =
		to_iommufd_handle(group->attach_handle)->idev;
	struct iopf_fault *iopf;

	list_for_each_entry(iopf, &group->faults, list) {
		const struct iommu_fault_page_request *prm = &iopf->fault.prm;
		struct iommu_hwpt_pgfault record = {
			.flags = prm->flags,
			.dev_id = idev->obj.id,
			.pasid = prm->pasid,
			.grpid = prm->grpid,
			.perm = prm->perm,
			.addr = prm->addr,
			.cookie = group->cookie,
		};

		if (copy_to_user(to, &record, sizeof(record)))
			return -EFAULT;
		to += sizeof(record);
	}
	return 0;
}

/* Makes a group outstanding and shows it: 0 or -errno, then it is neither. */
static int deliver(struct iommufd_fault *fault, struct iopf_group *group,
		   char __user *to)
{
	int ret = xa_alloc(&fault->response, &group->cookie, group,
			   XA_LIMIT(!fault->cookie_zero, U32_MAX),
			   GFP_KERNEL_ACCOUNT);

	if (ret)
		return ret;
	ret = copy_group(to, group);
	if (ret)
		xa_erase(&fault->response, group->cookie);
	return ret;
}

static ssize_t fault_read(struct file *file, char __user *buf, size_t count,
			  loff_t *pos)
{
	struct iommufd_fault *fault = file_fault(file);
	struct iopf_group *group;
	size_t done = 0;
	int ret = 0;

	if (*pos || count % FAULT_BYTES)
		return -ESPIPE;
	mutex_lock(&fault->mutex);
	while ((group = take_oldest(fault))) {
		size_t bytes = group->fault_count * FAULT_BYTES;

		ret = bytes > count - done ?
			      -EINVAL :
			      deliver(fault, group, user_at(buf, done));
		if (ret) {
			put_back(fault, group);
			break;
		}
		done += bytes;
	}
	mutex_unlock(&fault->mutex);
	return done ? done : ret;
}

/* The outstanding group of a cookie, not outstanding any more; or NULL. */
static struct iopf_group *take_outstanding(struct iommufd_fault *fault,
					   u32 cookie)
{
	kcsan_check_write(&fault->cookie_zero, sizeof(fault->cookie_zero));
	if (!cookie && !fault->cookie_zero) {
		fault->cookie_zero = !xa_empty(&fault->response);
		return NULL;
	}
	return xa_erase(&fault->response, cookie);
}

static int respond(struct iommufd_fault *fault, const char __user *from)
{
	struct iommu_hwpt_page_response response;
	struct iopf_group *group;

	if (copy_from_user(&response, from, sizeof(response)))
		return -EFAULT;
	if (response.code != IOMMUFD_PAGE_RESP_SUCCESS &&
	    response.code != IOMMUFD_PAGE_RESP_INVALID)
		return -EINVAL;
	group = take_outstanding(fault, response.cookie);
	if (!group)
		return -EINVAL;
	answer(group, response.code);
	return 0;
}

static ssize_t fault_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *pos)
{
	struct iommufd_fault *fault = file_fault(file);
	size_t done = 0;
	int ret = 0;

	if (*pos || count % RESPONSE_BYTES)
		return -ESPIPE;
	mutex_lock(&fault->mutex);
	while (done < count) {
		ret = respond(fault, user_at(buf, done));
		if (ret)
			break;
		done += RESPONSE_BYTES;
	}
	mutex_unlock(&fault->mutex);
	return done ? done : ret;
}

static __poll_t fault_poll(struct file *file, struct poll_table_struct *wait)
{
	return iommufd_eventq_poll(file, wait, EPOLLOUT);
}

static const struct file_operations fault_fops = {
	.read = fault_read,
	.write = fault_write,
	.poll = fault_poll,
	.release = iommufd_eventq_release,
};

int iommufd_fault_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_fault_alloc *cmd = ucmd->cmd;
	struct iommufd_fault *fault;
	struct iommufd_object *obj;
	struct file *file;
	int fd, ret;

	if (cmd->flags)
		return -EOPNOTSUPP;
	obj = iommufd_object_alloc_ucmd(ucmd, sizeof(*fault),
					IOMMUFD_OBJ_FAULT);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	fault = container_of(obj, struct iommufd_fault, common.obj);
	xa_init_flags(&fault->response, XA_FLAGS_ALLOC);
	mutex_init(&fault->mutex);
	fd = iommufd_eventq_init(&fault->common, "[iommufd-pgfault]",
				 ucmd->ictx, &fault_fops);
	if (fd < 0)
		return fd;
	cmd->out_fault_id = obj->id;
	cmd->out_fault_fd = fd;
	file = fault->common.filep;
	ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	if (ret)
		put_unused_fd(fd);
	else
		fd_install(fd, file);
	return ret;
}
