/* SPDX-License-Identifier: MIT */
/*
 * Circular doubly linked lists (list_) and hash chains (hlist_).
 *
 * A list is a struct list_head whose neighbours are the first and the last
 * entry; an empty one points to itself.  An hlist head is one pointer, so a
 * table of them is small; its entries know the pointer that points to them.
 *
 * Invariants: entry->next->prev == entry and entry->prev->next == entry; an
 * entry removed by list_del() or hlist_del() holds poison until it is added
 * again or initialised.
 *
 * Locking is the caller's.  Only list_empty(), list_empty_careful(),
 * hlist_empty() and hlist_unhashed_lockless() may race with changes.  The
 * store that links or unlinks an entry is a schedule point.
 *
 * Context of all functions: any; the caller holds whatever protects the list.
 */
#ifndef UIK_LINUX_LIST_H
#define UIK_LINUX_LIST_H

#include <linux/container_of.h>
#include <linux/types.h>
#include <linux/poison.h>
#include <linux/stddef.h>
#include <linux/const.h>
#include <asm/barrier.h>

#define LIST_HEAD_INIT(name) { &(name), &(name) }
/* Defines an empty list. */
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

/** INIT_LIST_HEAD - make @list empty, whatever it was. */
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	__atomic_store_n(&list->next, list, __ATOMIC_RELAXED);
	__atomic_store_n(&list->prev, list, __ATOMIC_RELAXED);
}

/* Makes @left and @right neighbours. */
static inline void uik_list_join(struct list_head *left,
				 struct list_head *right)
{
	__atomic_store_n(&right->prev, left, __ATOMIC_RELAXED);
	WRITE_ONCE(left->next, right);
}

static inline void uik_list_put_between(struct list_head *entry,
					struct list_head *left,
					struct list_head *right)
{
	__atomic_store_n(&right->prev, entry, __ATOMIC_RELAXED);
	entry->next = right;
	entry->prev = left;
	WRITE_ONCE(left->next, entry);
}

/** list_add - put @entry right after @head: it becomes the first. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	uik_list_put_between(entry, head, head->next);
}

/** list_add_tail - put @entry right before @head: it becomes the last. */
static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	uik_list_put_between(entry, head->prev, head);
}

/* Takes @entry out; its own pointers stay as they were. */
static inline void __list_del_entry(struct list_head *entry)
{
	uik_list_join(entry->prev, entry->next);
}

/** list_del - take @entry out and poison it. */
static inline void list_del(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->next = LIST_POISON1;
	entry->prev = LIST_POISON2;
}

/** list_del_init - take @entry out; it becomes an empty list. */
static inline void list_del_init(struct list_head *entry)
{
	__list_del_entry(entry);
	INIT_LIST_HEAD(entry);
}

/** list_replace - @entry takes the place of @old, which keeps its pointers. */
static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	uik_list_join(entry, old->next);
	uik_list_join(old->prev, entry);
}

/** list_replace_init - the same, and @old becomes empty. */
static inline void list_replace_init(struct list_head *old,
				     struct list_head *entry)
{
	list_replace(old, entry);
	INIT_LIST_HEAD(old);
}

/** list_swap - exchange the places of two entries, of one list or two. */
static inline void list_swap(struct list_head *a, struct list_head *b)
{
	struct list_head *before_b = b->prev;

	list_del_init(b);
	list_replace(a, b);
	if (before_b == a)
		before_b = b;
	list_add(a, before_b);
}

/** list_move - take @entry out of its list and make it the first of @head. */
static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_del_entry(entry);
	list_add(entry, head);
}

/** list_move_tail - the same, but the last. */
static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	__list_del_entry(entry);
	list_add_tail(entry, head);
}

/** list_bulk_move_tail - move the run @first..@last to the tail of @head.
 *
 * @first comes before @last in one list, which is not that of @head itself
 * inside the run.
 */
static inline void list_bulk_move_tail(struct list_head *head,
				       struct list_head *first,
				       struct list_head *last)
{
	uik_list_join(first->prev, last->next);
	uik_list_join(head->prev, first);
	uik_list_join(last, head);
}

/** list_is_first - whether @entry is the first of @head. */
static inline int list_is_first(const struct list_head *entry,
				const struct list_head *head)
{
	return entry->prev == head;
}

/** list_is_last - whether @entry is the last of @head. */
static inline int list_is_last(const struct list_head *entry,
			       const struct list_head *head)
{
	return entry->next == head;
}

/** list_is_head - whether a cursor came back to the head. */
static inline int list_is_head(const struct list_head *entry,
			       const struct list_head *head)
{
	return entry == head;
}

/** list_empty - whether there is no entry; may race with changes. */
static inline int list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/** list_is_singular - whether there is exactly one entry. */
static inline int list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/**
 * list_del_init_careful - as list_del_init(), for list_empty_careful().
 *
 * What the caller wrote before is visible to who then sees the entry empty.
 */
static inline void list_del_init_careful(struct list_head *entry)
{
	__list_del_entry(entry);
	WRITE_ONCE(entry->prev, entry);
	/* Pairs with the acquire in list_empty_careful(). */
	smp_store_release(&entry->next, entry);
}

/**
 * list_empty_careful - whether nobody is changing an empty list.
 *
 * Without a lock, only if the sole change that can happen meanwhile is
 * list_del_init_careful().
 */
static inline int list_empty_careful(const struct list_head *head)
{
	struct list_head *next = smp_load_acquire(&head->next);

	return next == head && next == READ_ONCE(head->prev);
}

/** list_rotate_left - the first entry becomes the last. */
static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

/** list_rotate_to_front - turn the list until @entry is the first. */
static inline void list_rotate_to_front(struct list_head *entry,
					struct list_head *head)
{
	list_move_tail(head, entry);
}

/** list_cut_before - move what comes before @entry from @head to @list.
 *
 * @list is overwritten.  @entry may be @head: everything moves.
 */
static inline void list_cut_before(struct list_head *list,
				   struct list_head *head,
				   struct list_head *entry)
{
	if (head->next == entry) {
		INIT_LIST_HEAD(list);
		return;
	}
	uik_list_join(list, head->next);
	uik_list_join(entry->prev, list);
	uik_list_join(head, entry);
}

/** list_cut_position - move everything up to and with @entry to @list.
 *
 * @list is overwritten.  @entry may be @head: nothing moves.
 */
static inline void list_cut_position(struct list_head *list,
				     struct list_head *head,
				     struct list_head *entry)
{
	if (entry == head)
		INIT_LIST_HEAD(list);
	else
		list_cut_before(list, head, entry->next);
}

/* The entries of @list, not empty, go between @left and @right. */
static inline void uik_list_splice(const struct list_head *list,
				   struct list_head *left,
				   struct list_head *right)
{
	struct list_head *first = list->next, *last = list->prev;

	uik_list_join(last, right);
	uik_list_join(left, first);
}

/** list_splice - entries of @list become the first of @head.
 *
 * @list itself is left dangling; see list_splice_init().
 */
static inline void list_splice(const struct list_head *list,
			       struct list_head *head)
{
	if (!list_empty(list))
		uik_list_splice(list, head, head->next);
}

/** list_splice_tail - the same, but the last. */
static inline void list_splice_tail(const struct list_head *list,
				    struct list_head *head)
{
	if (!list_empty(list))
		uik_list_splice(list, head->prev, head);
}

/** list_splice_init - as list_splice(), and @list becomes empty. */
static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

/** list_splice_tail_init - as list_splice_tail(), and @list becomes empty. */
static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

/** list_count_nodes - how many entries; walks the list. */
static inline size_t list_count_nodes(const struct list_head *head)
{
	const struct list_head *at = head->next;
	size_t count = 0;

	for (; at != head; at = at->next)
		count++;
	return count;
}

/*
 * From list_head to the structure around it.  first/last of an empty list and
 * next/prev at an end give the head dressed up as an entry, unless the name
 * says or_null or circular.
 */
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(ptr, type, member) \
	list_entry((ptr)->next, type, member)
#define list_last_entry(ptr, type, member) list_entry((ptr)->prev, type, member)
#define uik_list_entry_or_null(at, head, type, member) \
	({ \
		struct list_head *uik_head = (head); \
		struct list_head *uik_at = READ_ONCE(uik_head->at); \
		uik_at != uik_head ? list_entry(uik_at, type, member) : NULL; \
	})
#define list_first_entry_or_null(ptr, type, member) \
	uik_list_entry_or_null(next, ptr, type, member)
#define list_last_entry_or_null(ptr, type, member) \
	uik_list_entry_or_null(prev, ptr, type, member)
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, typeof(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, typeof(*(pos)), member)
#define list_next_entry_circular(pos, head, member) \
	(list_is_last(&(pos)->member, head) ? \
		 list_first_entry(head, typeof(*(pos)), member) : \
		 list_next_entry(pos, member))
#define list_prev_entry_circular(pos, head, member) \
	(list_is_first(&(pos)->member, head) ? \
		 list_last_entry(head, typeof(*(pos)), member) : \
		 list_prev_entry(pos, member))
#define list_entry_is_head(pos, head, member) \
	list_is_head(&(pos)->member, (head))

/*
 * Walks.  _safe: the body may take the current entry out.  _continue: from the
 * one after @pos.  _from: from @pos itself.
 */
#define list_for_each(pos, head) \
	for (pos = (head)->next; !list_is_head(pos, (head)); pos = pos->next)
#define list_for_each_prev(pos, head) \
	for (pos = (head)->prev; !list_is_head(pos, (head)); pos = pos->prev)
#define list_for_each_continue(pos, head) \
	for (pos = pos->next; !list_is_head(pos, (head)); pos = pos->next)
#define list_for_each_safe(pos, n, head) \
	for (pos = (head)->next, n = pos->next; !list_is_head(pos, (head)); \
	     pos = n, n = pos->next)
#define list_for_each_prev_safe(pos, n, head) \
	for (pos = (head)->prev, n = pos->prev; !list_is_head(pos, (head)); \
	     pos = n, n = pos->prev)

#define list_for_each_entry_from(pos, head, member) \
	for (; !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_from_reverse(pos, head, member) \
	for (; !list_entry_is_head(pos, head, member); \
	     pos = list_prev_entry(pos, member))
#define list_for_each_entry(pos, head, member) \
	for (pos = list_first_entry(head, typeof(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_last_entry(head, typeof(*pos), member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_prev_entry(pos, member))
#define list_prepare_entry(pos, head, member) \
	((pos) ?: list_entry(head, typeof(*pos), member))
#define list_for_each_entry_continue(pos, head, member) \
	for (pos = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_next_entry(pos, member))
#define list_for_each_entry_continue_reverse(pos, head, member) \
	for (pos = list_prev_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = list_prev_entry(pos, member))

#define list_for_each_entry_safe_from(pos, n, head, member) \
	for (n = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = n, n = list_next_entry(n, member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_first_entry(head, typeof(*pos), member), \
	     n = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = n, n = list_next_entry(n, member))
#define list_for_each_entry_safe_continue(pos, n, head, member) \
	for (pos = list_next_entry(pos, member), \
	     n = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = n, n = list_next_entry(n, member))
#define list_for_each_entry_safe_reverse(pos, n, head, member) \
	for (pos = list_last_entry(head, typeof(*pos), member), \
	     n = list_prev_entry(pos, member); \
	     !list_entry_is_head(pos, head, member); \
	     pos = n, n = list_prev_entry(n, member))
/* The successor of @pos once more, when the body changed the list there. */
#define list_safe_reset_next(pos, n, member) n = list_next_entry(pos, member)

#define HLIST_HEAD_INIT { .first = NULL }
/* Defines an empty chain. */
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(ptr) ((ptr)->first = NULL)

/** INIT_HLIST_NODE - an entry in no chain. */
static inline void INIT_HLIST_NODE(struct hlist_node *entry)
{
	entry->next = NULL;
	__atomic_store_n(&entry->pprev, NULL, __ATOMIC_RELAXED);
}

/** hlist_unhashed - whether @entry was initialised and is in no chain. */
static inline int hlist_unhashed(const struct hlist_node *entry)
{
	return !entry->pprev;
}

/** hlist_unhashed_lockless - the same, may race with changes. */
static inline int hlist_unhashed_lockless(const struct hlist_node *entry)
{
	return !READ_ONCE(entry->pprev);
}

/** hlist_empty - whether there is no entry; may race with changes. */
static inline int hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline void uik_hlist_unlink(struct hlist_node *entry)
{
	struct hlist_node *next = entry->next;

	if (next)
		__atomic_store_n(&next->pprev, entry->pprev, __ATOMIC_RELAXED);
	WRITE_ONCE(*entry->pprev, next);
}

/** hlist_del - take @entry out and poison it. */
static inline void hlist_del(struct hlist_node *entry)
{
	uik_hlist_unlink(entry);
	entry->next = LIST_POISON1;
	entry->pprev = LIST_POISON2;
}

/** hlist_del_init - take @entry out if it is in; it is initialised then. */
static inline void hlist_del_init(struct hlist_node *entry)
{
	if (hlist_unhashed(entry))
		return;
	uik_hlist_unlink(entry);
	INIT_HLIST_NODE(entry);
}

/* Puts @entry where *@place points. */
static inline void uik_hlist_put_at(struct hlist_node *entry,
				    struct hlist_node **place)
{
	struct hlist_node *next = *place;

	entry->next = next;
	__atomic_store_n(&entry->pprev, place, __ATOMIC_RELAXED);
	if (next)
		__atomic_store_n(&next->pprev, &entry->next, __ATOMIC_RELAXED);
	WRITE_ONCE(*place, entry);
}

/** hlist_add_head - @entry becomes the first. */
static inline void hlist_add_head(struct hlist_node *entry,
				  struct hlist_head *head)
{
	uik_hlist_put_at(entry, &head->first);
}

/** hlist_add_before - put @entry before @next, which is in a chain. */
static inline void hlist_add_before(struct hlist_node *entry,
				    struct hlist_node *next)
{
	uik_hlist_put_at(entry, next->pprev);
}

/** hlist_add_behind - put @entry after @prev, which is in a chain. */
static inline void hlist_add_behind(struct hlist_node *entry,
				    struct hlist_node *prev)
{
	uik_hlist_put_at(entry, &prev->next);
}

/** hlist_add_fake - an entry in no chain that hlist_del() works on. */
static inline void hlist_add_fake(struct hlist_node *entry)
{
	entry->pprev = &entry->next;
}

/** hlist_fake - whether @entry was made so. */
static inline bool hlist_fake(struct hlist_node *entry)
{
	return entry->pprev == &entry->next;
}

/** hlist_is_singular_node - whether @entry is the only one of @head. */
static inline bool hlist_is_singular_node(struct hlist_node *entry,
					  struct hlist_head *head)
{
	return !entry->next && entry->pprev == &head->first;
}

/** hlist_move_list - all entries of @old go to @head, which is overwritten. */
static inline void hlist_move_list(struct hlist_head *old,
				   struct hlist_head *head)
{
	head->first = old->first;
	if (head->first)
		head->first->pprev = &head->first;
	old->first = NULL;
}

/** hlist_splice_init - entries @from->first..@last become the first of @to. */
static inline void hlist_splice_init(struct hlist_head *from,
				     struct hlist_node *last,
				     struct hlist_head *to)
{
	if (to->first)
		to->first->pprev = &last->next;
	last->next = to->first;
	to->first = from->first;
	from->first->pprev = &to->first;
	from->first = NULL;
}

/** hlist_count_nodes - how many entries; walks the chain. */
static inline size_t hlist_count_nodes(const struct hlist_head *head)
{
	const struct hlist_node *at = head->first;
	size_t count = 0;

	for (; at; at = at->next)
		count++;
	return count;
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) \
	({ \
		typeof(ptr) uik_entry = (ptr); \
		uik_entry ? hlist_entry(uik_entry, type, member) : NULL; \
	})

#define hlist_for_each(pos, head) \
	for (pos = (head)->first; pos; pos = pos->next)
#define hlist_for_each_safe(pos, n, head) \
	for (pos = (head)->first; pos && (n = pos->next, 1); pos = n)
#define hlist_for_each_entry_from(pos, member) \
	for (; pos; \
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))
#define hlist_for_each_entry(pos, head, member) \
	for (pos = hlist_entry_safe((head)->first, typeof(*(pos)), member); \
	     pos; \
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))
#define hlist_for_each_entry_continue(pos, member) \
	for (pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), \
				    member); \
	     pos; \
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))
#define hlist_for_each_entry_safe(pos, n, head, member) \
	for (pos = hlist_entry_safe((head)->first, typeof(*pos), member); \
	     pos && (n = pos->member.next, 1); \
	     pos = hlist_entry_safe(n, typeof(*pos), member))

#endif
