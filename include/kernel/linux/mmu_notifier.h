/* SPDX-License-Identifier: MIT */
/* Embedded in drivers' structures; nothing is ever notified. */
#ifndef UIK_LINUX_MMU_NOTIFIER_H
#define UIK_LINUX_MMU_NOTIFIER_H

#include <linux/mm_types.h>
#include <linux/list.h>

struct mmu_notifier_ops;

struct mmu_notifier {
	struct hlist_node hlist;
	const struct mmu_notifier_ops *ops;
	struct mm_struct *mm;
	unsigned int users;
};

#endif
