/* SPDX-License-Identifier: MIT */
/*
 * Lists that are read without a lock.
 *
 * Writers exclude each other by a lock of theirs.  A reader inside of
 * rcu_read_lock() walks with the _rcu forms: it sees each entry that is in the
 * list all the time, once, and of those that come and go meanwhile some.  An
 * entry that was taken out still leads on; it may be freed, or put into a list
 * again, only after the readers of then have ended.
 *
 * Context of the walks and of list_*_rcu that return entries: a reader section,
 * or the writers' lock.  Of the others: the writers' lock.
 */
#ifndef UIK_LINUX_RCULIST_H
#define UIK_LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

/* As a list's reader reads and its writer publishes: they pair. */
#define list_next_rcu(list) ((list)->next)
#define list_tail_rcu(head) ((head)->prev)
#define hlist_first_rcu(head) ((head)->first)
#define hlist_next_rcu(node) ((node)->next)
#define hlist_pprev_rcu(node) (*(node)->pprev)

/** INIT_LIST_HEAD_RCU - make @list empty while readers may look at it. */
static inline void INIT_LIST_HEAD_RCU(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	WRITE_ONCE(list->prev, list);
}

/* @entry is whole before anybody sees it. */
static inline void uik_list_publish(struct list_head *entry,
				    struct list_head *left,
				    struct list_head *right)
{
	entry->next = right;
	entry->prev = left;
	rcu_assign_pointer(left->next, entry);
	right->prev = entry;
}

/** list_add_rcu - put @entry right after @head: it becomes the first. */
static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	uik_list_publish(entry, head, head->next);
}

/** list_add_tail_rcu - put @entry right before @head: it becomes the last. */
static inline void list_add_tail_rcu(struct list_head *entry,
				     struct list_head *head)
{
	uik_list_publish(entry, head->prev, head);
}

/** list_del_rcu - take @entry out; its next pointer stays for readers. */
static inline void list_del_rcu(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->prev = LIST_POISON2;
}

/** list_bidir_del_rcu - the same, and its back pointer stays, too. */
static inline void list_bidir_del_rcu(struct list_head *entry)
{
	__list_del_entry(entry);
}

/** list_replace_rcu - @entry takes the place of @old, as list_del_rcu(). */
static inline void list_replace_rcu(struct list_head *old,
				    struct list_head *entry)
{
	entry->next = old->next;
	entry->prev = old->prev;
	rcu_assign_pointer(entry->prev->next, entry);
	entry->next->prev = entry;
	old->prev = LIST_POISON2;
}

/* The entries of @list, private to the caller, between two of a read list. */
static inline void uik_list_publish_all(struct list_head *list,
					struct list_head *left,
					struct list_head *right,
					void (*sync)(void))
{
	struct list_head *first = list->next, *last = list->prev;

	if (list_empty(list))
		return;
	INIT_LIST_HEAD_RCU(list);
	/* Whoever walks @list must have come to its end before that moves. */
	sync();
	last->next = right;
	first->prev = left;
	rcu_assign_pointer(left->next, first);
	right->prev = last;
}

/**
 * list_splice_init_rcu - entries of @list become the first of @head.
 * @sync: waits for readers: synchronize_rcu
 *
 * Readers of either list go on; @list becomes empty.
 * Context: also what @sync asks for.
 */
static inline void list_splice_init_rcu(struct list_head *list,
					struct list_head *head,
					void (*sync)(void))
{
	uik_list_publish_all(list, head, head->next, sync);
}

/** list_splice_tail_init_rcu - the same, but the last. */
static inline void list_splice_tail_init_rcu(struct list_head *list,
					     struct list_head *head,
					     void (*sync)(void))
{
	uik_list_publish_all(list, head->prev, head, sync);
}

#define list_entry_rcu(ptr, type, member) \
	container_of(rcu_dereference(ptr), type, member)
/* NULL when there is none. */
#define list_first_or_null_rcu(head, type, member) \
	({ \
		struct list_head *uik_head = (head); \
		struct list_head *uik_at = rcu_dereference(uik_head->next); \
		uik_at != uik_head ? list_entry(uik_at, type, member) : NULL; \
	})
#define list_next_or_null_rcu(head, ptr, type, member) \
	({ \
		struct list_head *uik_head = (head); \
		struct list_head *uik_at = rcu_dereference((ptr)->next); \
		uik_at != uik_head ? list_entry(uik_at, type, member) : NULL; \
	})

/*
 * Walks.  A condition after @member says which lock the caller holds instead of
 * being a reader.
 */
#define uik_rcu_next(at, type, member) \
	list_entry(rcu_dereference((at)->next), type, member)
#define list_for_each_rcu(pos, head) \
	for (pos = rcu_dereference((head)->next); !list_is_head(pos, (head)); \
	     pos = rcu_dereference(pos->next))
#define list_for_each_entry_rcu(pos, head, member, cond...) \
	for (pos = uik_rcu_next(head, typeof(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = uik_rcu_next(&pos->member, typeof(*pos), member))
#define list_for_each_entry_lockless(pos, head, member) \
	list_for_each_entry_rcu(pos, head, member)
#define list_for_each_entry_continue_rcu(pos, head, member) \
	for (pos = uik_rcu_next(&pos->member, typeof(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = uik_rcu_next(&pos->member, typeof(*pos), member))
#define list_for_each_entry_from_rcu(pos, head, member) \
	for (; !list_entry_is_head(pos, head, member); \
	     pos = uik_rcu_next(&pos->member, typeof(*pos), member))

/** hlist_del_rcu - take @entry out; its next pointer stays for readers. */
static inline void hlist_del_rcu(struct hlist_node *entry)
{
	uik_hlist_unlink(entry);
	WRITE_ONCE(entry->pprev, (struct hlist_node **)LIST_POISON2);
}

/** hlist_del_init_rcu - the same; then it is unhashed.  Of none: nothing. */
static inline void hlist_del_init_rcu(struct hlist_node *entry)
{
	if (hlist_unhashed(entry))
		return;
	uik_hlist_unlink(entry);
	WRITE_ONCE(entry->pprev, NULL);
}

/* Puts @entry where @link points from; it is whole before anybody sees it. */
static inline void uik_hlist_publish(struct hlist_node *entry,
				     struct hlist_node **link)
{
	struct hlist_node *next = *link;

	entry->next = next;
	WRITE_ONCE(entry->pprev, link);
	rcu_assign_pointer(*link, entry);
	if (next)
		WRITE_ONCE(next->pprev, &entry->next);
}

/** hlist_add_head_rcu - put @entry first. */
static inline void hlist_add_head_rcu(struct hlist_node *entry,
				      struct hlist_head *head)
{
	uik_hlist_publish(entry, &head->first);
}

/** hlist_add_before_rcu - put @entry before @next. */
static inline void hlist_add_before_rcu(struct hlist_node *entry,
					struct hlist_node *next)
{
	uik_hlist_publish(entry, next->pprev);
}

/** hlist_add_behind_rcu - put @entry after @prev. */
static inline void hlist_add_behind_rcu(struct hlist_node *entry,
					struct hlist_node *prev)
{
	uik_hlist_publish(entry, &prev->next);
}

/** hlist_add_tail_rcu - put @entry last; walks the chain. */
static inline void hlist_add_tail_rcu(struct hlist_node *entry,
				      struct hlist_head *head)
{
	struct hlist_node **link = &head->first;

	while (*link)
		link = &(*link)->next;
	uik_hlist_publish(entry, link);
}

/** hlist_replace_rcu - @entry takes the place of @old, as hlist_del_rcu(). */
static inline void hlist_replace_rcu(struct hlist_node *old,
				     struct hlist_node *entry)
{
	struct hlist_node *next = old->next;

	entry->next = next;
	WRITE_ONCE(entry->pprev, old->pprev);
	rcu_assign_pointer(*entry->pprev, entry);
	if (next)
		WRITE_ONCE(next->pprev, &entry->next);
	WRITE_ONCE(old->pprev, (struct hlist_node **)LIST_POISON2);
}

#define uik_hlist_rcu_entry(link, type, member) \
	hlist_entry_safe(rcu_dereference(link), type, member)
#define hlist_for_each_entry_rcu(pos, head, member, cond...) \
	for (pos = uik_hlist_rcu_entry((head)->first, typeof(*(pos)), member); \
	     pos; \
	     pos = uik_hlist_rcu_entry((pos)->member.next, typeof(*(pos)), \
				       member))
#define hlist_for_each_entry_rcu_notrace(pos, head, member) \
	hlist_for_each_entry_rcu(pos, head, member)
#define hlist_for_each_entry_continue_rcu(pos, member) \
	for (pos = uik_hlist_rcu_entry((pos)->member.next, typeof(*(pos)), \
				       member); \
	     pos; \
	     pos = uik_hlist_rcu_entry((pos)->member.next, typeof(*(pos)), \
				       member))
#define hlist_for_each_entry_from_rcu(pos, member) \
	for (; pos; \
	     pos = uik_hlist_rcu_entry((pos)->member.next, typeof(*(pos)), \
				       member))

#endif
