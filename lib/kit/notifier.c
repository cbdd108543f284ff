/* SPDX-License-Identifier: MIT */
/* Chains of callbacks, by falling priority, then in order of registration. */
#include <linux/notifier.h>

int blocking_notifier_chain_register(struct blocking_notifier_head *chain,
				     struct notifier_block *nb)
{
	struct notifier_block **at;
	int rc = 0;

	down_write(&chain->rwsem);
	for (at = &chain->head; *at; at = &(*at)->next)
		if (*at == nb)
			rc = -EEXIST;
	if (!rc) {
		at = &chain->head;
		while (*at && (*at)->priority >= nb->priority)
			at = &(*at)->next;
		nb->next = *at;
		*at = nb;
	}
	up_write(&chain->rwsem);
	return rc;
}

int blocking_notifier_chain_unregister(struct blocking_notifier_head *chain,
				       struct notifier_block *nb)
{
	struct notifier_block **at = &chain->head;
	int rc = -ENOENT;

	down_write(&chain->rwsem);
	while (*at && *at != nb)
		at = &(*at)->next;
	if (*at) {
		*at = nb->next;
		rc = 0;
	}
	up_write(&chain->rwsem);
	return rc;
}

int blocking_notifier_call_chain(struct blocking_notifier_head *chain,
				 unsigned long action, void *data)
{
	struct notifier_block *nb;
	int rc = NOTIFY_DONE;

	if (!__atomic_load_n(&chain->head, __ATOMIC_ACQUIRE))
		return rc;
	down_read(&chain->rwsem);
	for (nb = chain->head; nb; nb = nb->next) {
		rc = nb->notifier_call(nb, action, data);
		if (rc & NOTIFY_STOP_MASK)
			break;
	}
	up_read(&chain->rwsem);
	return rc;
}
