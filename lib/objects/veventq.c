// SPDX-License-Identifier: MIT
/*
 * VEVENTQ: events of one kind for the guest behind a vIOMMU.
 *
 * Every report consumes a sequence number, stored or not.  What could not be
 * stored shows as the queue's one lost-events record, which is only ever the
 * last element: the next event that is stored replaces it, and the gap in the
 * sequence tells the loss.  It does not count against the depth.
 *
 * Memory for an event is allocated outside of the spinlock.  An event leaves
 * the queue for good only when all of it has been copied out.
 */
#include "objects/objects.h"

#include <linux/file.h>
#include <linux/kcsan-checks.h>
#include <linux/poll.h>
#include <linux/slab.h>

#define DEPTH_MAX (1u << 19)
#define SEQUENCE_MASK 0x7fffffffu
#define HEADER_BYTES sizeof(struct iommufd_vevent_header)

static struct iommufd_veventq *eventq_veventq(struct iommufd_eventq *eventq)
{
	return container_of(eventq, struct iommufd_veventq, common);
}

static bool is_lost_record(struct iommufd_veventq *veventq,
			   struct iommufd_vevent *vevent)
{
	return vevent == &veventq->lost_events;
}

/* viommu->veventqs_rwsem is held. */
static struct iommufd_veventq *find_veventq(struct iommufd_viommu *viommu,
					    enum iommu_veventq_type type)
{
	struct iommufd_veventq *veventq;

	lockdep_assert_held(&viommu->veventqs_rwsem);
	kcsan_check_read(&viommu->veventqs, sizeof(viommu->veventqs));
	list_for_each_entry(veventq, &viommu->veventqs, node)
		if (veventq->type == type)
			return veventq;
	return NULL;
}

/* Appends an event or the lost-events record; eventq->lock is held. */
static void enqueue_locked(struct iommufd_veventq *veventq,
			   struct iommufd_vevent *vevent)
{
	struct iommufd_eventq *eventq = &veventq->common;

	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	/* Not on the list it points to itself, so this is always right. */
	list_del_init(&veventq->lost_events.node);
	list_add_tail(&vevent->node, &eventq->deliver);
	vevent->header.sequence = veventq->sequence;
	veventq->sequence = (veventq->sequence + 1) & SEQUENCE_MASK;
	iommufd_eventq_update(eventq);
}

static struct iommufd_vevent *vevent_new(const void *data, size_t length)
{
	struct iommufd_vevent *vevent =
		kmalloc(sizeof(*vevent) + length, GFP_KERNEL_ACCOUNT);

	if (!vevent)
		return NULL;
	vevent->header = (struct iommufd_vevent_header){};
	vevent->data_len = length;
	memcpy(vevent + 1, data, length);
	return vevent;
}

static int report(struct iommufd_veventq *veventq, const void *data,
		  size_t length)
{
	struct iommufd_eventq *eventq = &veventq->common;
	struct iommufd_vevent *vevent = vevent_new(data, length);
	int ret = vevent ? 0 : -ENOMEM;

	spin_lock(&eventq->lock);
	kcsan_check_write(&veventq->num_events, sizeof(veventq->num_events));
	if (vevent && veventq->num_events < veventq->depth) {
		veventq->num_events++;
		enqueue_locked(veventq, vevent);
		vevent = NULL;
	} else {
		enqueue_locked(veventq, &veventq->lost_events);
	}
	spin_unlock(&eventq->lock);
	wake_up_interruptible(&eventq->wait_queue);
	kfree(vevent);
	return ret;
}

int iommufd_viommu_report_event(struct iommufd_viommu *viommu,
				enum iommu_veventq_type type, void *event_data,
				size_t data_len)
{
	struct iommufd_veventq *veventq;
	int ret = -EOPNOTSUPP;

	if (WARN_ON_ONCE(!data_len || !event_data))
		return -EINVAL;
	down_read(&viommu->veventqs_rwsem);
	veventq = find_veventq(viommu, type);
	if (veventq)
		ret = report(veventq, event_data, data_len);
	up_read(&viommu->veventqs_rwsem);
	return ret;
}

/* An element taken off the list: an event, or a copy of the lost record. */
struct taken {
	struct iommufd_vevent *vevent;	/* NULL: the lost-events record */
	struct iommufd_vevent_header header;
	size_t data_len;
};

static bool take_first(struct iommufd_veventq *veventq, struct taken *taken)
{
	struct iommufd_eventq *eventq = &veventq->common;
	struct iommufd_vevent *vevent;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	vevent = list_first_entry_or_null(&eventq->deliver,
					  struct iommufd_vevent, node);
	if (vevent) {
		list_del_init(&vevent->node);
		taken->header = vevent->header;
		taken->data_len = vevent->data_len;
		taken->vevent =
			is_lost_record(veventq, vevent) ? NULL : vevent;
		iommufd_eventq_update(eventq);
	}
	spin_unlock(&eventq->lock);
	return vevent;
}

static void put_back(struct iommufd_veventq *veventq, struct taken *taken)
{
	struct iommufd_eventq *eventq = &veventq->common;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->deliver, sizeof(eventq->deliver));
	if (taken->vevent)
		list_add(&taken->vevent->node, &eventq->deliver);
	else if (list_empty(&eventq->deliver))
		/* Else something newer shows the gap. */
		list_add(&veventq->lost_events.node, &eventq->deliver);
	iommufd_eventq_update(eventq);
	spin_unlock(&eventq->lock);
}

static void taken_end(struct iommufd_veventq *veventq, struct taken *taken)
{
	if (!taken->vevent)
		return;
	spin_lock(&veventq->common.lock);
	kcsan_check_write(&veventq->num_events, sizeof(veventq->num_events));
	veventq->num_events--;
	spin_unlock(&veventq->common.lock);
	kfree(taken->vevent);
}

static int copy_out(const struct taken *taken, char __user *to, size_t room)
{
	if (HEADER_BYTES + taken->data_len > room)
		return -EINVAL;
	if (copy_to_user(to, &taken->header, HEADER_BYTES))
		return -EFAULT;
	if (taken->data_len &&
	    copy_to_user(to + HEADER_BYTES, taken->vevent + 1,
			 taken->data_len))
		return -EFAULT;
	return 0;
}

static ssize_t veventq_read(struct file *file, char __user *buf, size_t count,
			    loff_t *pos)
{
	struct iommufd_veventq *veventq = eventq_veventq(file->private_data);
	struct taken taken;
	size_t done = 0;
	int ret = 0;

	if (*pos)
		return -ESPIPE;
	if (count < HEADER_BYTES)
		return -EINVAL;
	while (take_first(veventq, &taken)) {
		ret = copy_out(&taken, user_at(buf, done), count - done);
		if (ret) {
			put_back(veventq, &taken);
			break;
		}
		taken_end(veventq, &taken);
		done += HEADER_BYTES + taken.data_len;
	}
	return done ? done : ret;
}

static __poll_t veventq_poll(struct file *file, struct poll_table_struct *wait)
{
	return iommufd_eventq_poll(file, wait, 0);
}

static const struct file_operations veventq_fops = {
	.read = veventq_read,
	.poll = veventq_poll,
	.release = iommufd_eventq_release,
};

/* Out of the vIOMMU's list, and empty; its rwsem is held for writing. */
static void unlink_locked(struct iommufd_veventq *veventq)
{
	struct iommufd_vevent *vevent, *next;

	lockdep_assert_held_write(&veventq->viommu->veventqs_rwsem);
	list_for_each_entry_safe(vevent, next, &veventq->common.deliver, node) {
		list_del_init(&vevent->node);
		if (!is_lost_record(veventq, vevent))
			kfree(vevent);
	}
	kcsan_check_write(&veventq->viommu->veventqs, 
			  sizeof(veventq->viommu->veventqs));
	list_del(&veventq->node);
}

void iommufd_veventq_abort(struct iommufd_object *obj)
{
	struct iommufd_veventq *veventq =
		container_of(obj, struct iommufd_veventq, common.obj);

	unlink_locked(veventq);
	/* Not the last: the command has entered the vIOMMU. */
	refcount_dec(&veventq->viommu->obj.users);
}

void iommufd_veventq_destroy(struct iommufd_object *obj)
{
	struct iommufd_veventq *veventq =
		container_of(obj, struct iommufd_veventq, common.obj);
	struct iommufd_viommu *viommu = veventq->viommu;

	down_write(&viommu->veventqs_rwsem);
	unlink_locked(veventq);
	up_write(&viommu->veventqs_rwsem);
	/* Only now may the vIOMMU, and the lock in it, go. */
	refcount_dec(&viommu->obj.users);
}

static void veventq_link(struct iommufd_veventq *veventq,
			 struct iommufd_viommu *viommu, u32 type, u32 depth)
{
	veventq->type = type;
	veventq->depth = depth;
	veventq->lost_events.header.flags = IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
	INIT_LIST_HEAD(&veventq->lost_events.node);
	refcount_inc(&viommu->obj.users);
	veventq->viommu = viommu;
	kcsan_check_write(&viommu->veventqs, sizeof(viommu->veventqs));
	list_add_tail(&veventq->node, &viommu->veventqs);
}

/* The rwsem is held for writing until the object is finished. */
static int veventq_alloc_locked(struct iommufd_ucmd *ucmd,
				struct iommufd_viommu *viommu)
{
	struct iommu_veventq_alloc *cmd = ucmd->cmd;
	struct iommufd_veventq *veventq;
	struct file *file;
	int fd, ret;

	if (find_veventq(viommu, cmd->type))
		return -EEXIST;
	veventq = iommufd_object_alloc_member(
		ucmd->ictx, veventq, IOMMUFD_OBJ_VEVENTQ, common.obj);
	if (IS_ERR(veventq))
		return PTR_ERR(veventq);
	veventq_link(veventq, viommu, cmd->type, cmd->veventq_depth);
	fd = iommufd_eventq_init(&veventq->common, "[iommufd-viommu-event]",
				 ucmd->ictx, &veventq_fops);
	if (fd < 0)
		return iommufd_object_finish(ucmd->ictx, &veventq->common.obj,
					     fd);
	cmd->out_veventq_id = veventq->common.obj.id;
	cmd->out_veventq_fd = fd;
	file = veventq->common.filep;
	ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	iommufd_object_finish(ucmd->ictx, &veventq->common.obj, ret);
	if (ret)
		put_unused_fd(fd);
	else
		fd_install(fd, file);
	return ret;
}

int iommufd_veventq_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_veventq_alloc *cmd = ucmd->cmd;
	struct iommufd_viommu *viommu;
	int ret;

	if (cmd->flags || cmd->__reserved ||
	    cmd->type == IOMMU_VEVENTQ_TYPE_DEFAULT)
		return -EOPNOTSUPP;
	if (!cmd->veventq_depth || cmd->veventq_depth > DEPTH_MAX)
		return -EINVAL;
	viommu = iommufd_get_viommu(ucmd->ictx, cmd->viommu_id);
	if (IS_ERR(viommu))
		return PTR_ERR(viommu);
	down_write(&viommu->veventqs_rwsem);
	ret = veventq_alloc_locked(ucmd, viommu);
	up_write(&viommu->veventqs_rwsem);
	iommufd_put_object(ucmd->ictx, &viommu->obj);
	return ret;
}
