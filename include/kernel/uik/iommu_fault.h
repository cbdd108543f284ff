/* SPDX-License-Identifier: MIT */
/*
 * Page requests of devices; a part of <linux/iommu.h>, which is what to
 * include.
 */
#ifndef UIK_IOMMU_FAULT_H
#define UIK_IOMMU_FAULT_H

#include <linux/iommu.h>

/**
 * iopf_queue_alloc - where an IOMMU's page requests are handled.
 * @name: for messages, borrowed
 *
 * Return: NULL without memory.
 */
struct iopf_queue *iopf_queue_alloc(const char *name) __uik(iopf_queue_alloc);
/** iopf_queue_free - removes all devices first; NULL is fine. */
void iopf_queue_free(struct iopf_queue *queue) __uik(iopf_queue_free);
/** iopf_queue_add_device - 0; -ENODEV no page_response; -EBUSY; -ENOMEM. */
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
	__uik(iopf_queue_add_device);
/**
 * iopf_queue_remove_device - no page requests of it any more.
 *
 * Partial requests are dropped.  Groups that a handler has stay its own and
 * can still be answered.
 * Context: may sleep.
 */
void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
	__uik(iopf_queue_remove_device);
/** iopf_queue_flush_dev - handlers run at once: 0; WARN, -ENODEV: not added. */
int iopf_queue_flush_dev(struct device *dev) __uik(iopf_queue_flush_dev);
/** iopf_queue_discard_partial - drop partial requests; 0, -EINVAL for NULL. */
int iopf_queue_discard_partial(struct iopf_queue *queue)
	__uik(iopf_queue_discard_partial);
/**
 * iommu_report_device_fault - a device asks for a page.
 * @evt: copied
 *
 * Context: may sleep.
 * Return: 0, also if the answer was FAILURE; -EINVAL nobody handles it (the
 * answer was INVALID); -ENOMEM (not the last of its group).  spec/30 5.1
 */
int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt)
	__uik(iommu_report_device_fault);
/** iopf_group_response - answer a group; once, later answers are dropped. */
void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status)
	__uik(iopf_group_response);
/** iopf_free_group - free it; no answer is given. */
void iopf_free_group(struct iopf_group *group) __uik(iopf_free_group);

#endif
