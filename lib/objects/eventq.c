// SPDX-License-Identifier: MIT
/*
 * Event queues, the common part: a list of what is to be delivered, and a file
 * to read it from.
 *
 * The file holds the object and the context; the object only knows the file, to
 * tell the client's poll, and forgets it at its release.  An object whose file
 * is gone goes on collecting.
 */
#include "objects/objects.h"

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/kcsan-checks.h>
#include <linux/poll.h>
#include <uik/file.h>

int iommufd_eventq_init(struct iommufd_eventq *eventq, const char *name,
			struct iommufd_ctx *ictx,
			const struct file_operations *fops)
{
	struct file *file;
	int ret;

	spin_lock_init(&eventq->lock);
	INIT_LIST_HEAD(&eventq->deliver);
	init_waitqueue_head(&eventq->wait_queue);
	file = anon_inode_getfile(name, fops, eventq, O_RDWR);
	if (IS_ERR(file))
		return PTR_ERR(file);
	iommufd_ctx_get(ictx);
	eventq->ictx = ictx;
	refcount_inc(&eventq->obj.users);
	/* From here on the object's end drops the file. */
	eventq->filep = file;
	ret = uik_file_set_pollable(file);
	if (ret)
		return ret;
	return get_unused_fd_flags(O_CLOEXEC);
}

void iommufd_eventq_update(struct iommufd_eventq *eventq)
{
	lockdep_assert_held(&eventq->lock);
	kcsan_check_read(&eventq->filep, sizeof(eventq->filep));
	if (eventq->filep)
		uik_file_set_readable(eventq->filep,
				      !list_empty(&eventq->deliver));
}

__poll_t iommufd_eventq_poll(struct file *file, struct poll_table_struct *wait,
			     __poll_t always)
{
	struct iommufd_eventq *eventq = file->private_data;
	__poll_t events = always;

	poll_wait(file, &eventq->wait_queue, wait);
	spin_lock(&eventq->lock);
	kcsan_check_read(&eventq->deliver, sizeof(eventq->deliver));
	if (!list_empty(&eventq->deliver))
		events |= EPOLLIN | EPOLLRDNORM;
	spin_unlock(&eventq->lock);
	return events;
}

int iommufd_eventq_release(struct inode *inode, struct file *file)
{
	struct iommufd_eventq *eventq = file->private_data;
	struct iommufd_ctx *ictx = eventq->ictx;

	spin_lock(&eventq->lock);
	kcsan_check_write(&eventq->filep, sizeof(eventq->filep));
	eventq->filep = NULL;
	spin_unlock(&eventq->lock);
	/* The object may be gone after this, the context after the next. */
	refcount_dec(&eventq->obj.users);
	iommufd_ctx_put(ictx);
	return 0;
}
