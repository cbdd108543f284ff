/* SPDX-License-Identifier: MIT */
/* Who wants to be told. */
#ifndef UIK_LINUX_NOTIFIER_H
#define UIK_LINUX_NOTIFIER_H

#include <linux/types.h>
#include <linux/errno.h>
#include <linux/rwsem.h>
#include <uik/abi.h>

struct notifier_block;
typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action,
			     void *data);

struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;		/* higher first */
};

#define NOTIFY_DONE 0x0000
#define NOTIFY_OK 0x0001
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_BAD (NOTIFY_STOP_MASK | 0x0002)
#define NOTIFY_STOP (NOTIFY_OK | NOTIFY_STOP_MASK)

static inline int notifier_from_errno(int err)
{
	return err ? NOTIFY_STOP_MASK | (NOTIFY_OK - err) : NOTIFY_OK;
}

static inline int notifier_to_errno(int ret)
{
	ret &= ~NOTIFY_STOP_MASK;
	return ret > NOTIFY_OK ? NOTIFY_OK - ret : 0;
}

struct blocking_notifier_head {
	struct rw_semaphore rwsem;
	struct notifier_block *head;
};

#define BLOCKING_INIT_NOTIFIER_HEAD(name)  \
	do {                               \
		init_rwsem(&(name)->rwsem); \
		(name)->head = NULL;       \
	} while (0)

/** blocking_notifier_chain_register - 0, or -EEXIST. */
int blocking_notifier_chain_register(struct blocking_notifier_head *chain,
				     struct notifier_block *nb)
	__uik(blocking_notifier_chain_register);
/** blocking_notifier_chain_unregister - 0, or -ENOENT. */
int blocking_notifier_chain_unregister(struct blocking_notifier_head *chain,
				       struct notifier_block *nb)
	__uik(blocking_notifier_chain_unregister);
/** blocking_notifier_call_chain - tell all, until one says stop; its answer. */
int blocking_notifier_call_chain(struct blocking_notifier_head *chain,
				 unsigned long action, void *data)
	__uik(blocking_notifier_call_chain);

#endif
