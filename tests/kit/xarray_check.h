/* SPDX-License-Identifier: MIT */
/*
 * What the XArray's tests share: the invariants of a whole tree, and counting
 * of blocks.
 */
#ifndef TESTS_XARRAY_CHECK_H
#define TESTS_XARRAY_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <uik/slab.h>
#include <uik/task.h>
#include <uik/warn.h>

/* Blocks alive once everything that waits for readers is gone. */
static inline uint64_t live_blocks(void)
{
	uint64_t blocks, bytes;

	rcu_barrier();
	uik_slab_live(uik_this_machine(), &blocks, &bytes);
	return blocks;
}

/* An entry that differs for each index and is no value. */
static inline void *pointer_at(unsigned long index)
{
	return (void *)(0x100000ul + (index << 2));
}

static inline void *value_at(unsigned long index)
{
	return xa_mk_value(index & LONG_MAX);
}

struct tree_rules {
	bool empty_leaves;	/* xas_create_range() was used */
	bool free_marks;	/* exact free marks are expected */
};

static inline bool node_bit(const struct xa_node *node, unsigned int slot,
			    xa_mark_t mark)
{
	return node->marks[mark][slot / BITS_PER_LONG] >>
	       (slot % BITS_PER_LONG) & 1;
}

static inline bool node_bits(const struct xa_node *node, xa_mark_t mark)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < XA_MARK_LONGS; i++)
		any |= node->marks[mark][i] &
		       (XA_CHUNK_SIZE < BITS_PER_LONG ?
			(1ul << (XA_CHUNK_SIZE % BITS_PER_LONG)) - 1 : ~0ul);
	return any;
}

/* Marks of one slot: none on absent entries, and summed up above leaves. */
static inline void check_slot_marks(const struct xarray *xa,
				    const struct xa_node *node,
				    unsigned int slot, unsigned long index,
				    const struct tree_rules *rules)
{
	void *entry = xa_entry_locked(xa, node, slot);
	bool alloc = xa->xa_flags & XA_FLAGS_TRACK_FREE;

	for (xa_mark_t mark = alloc; mark <= XA_MARK_MAX; mark++) {
		bool want = entry && (!node->shift ||
				      node_bits(xa_to_node(entry), mark));

		if (node->shift)
			assert_int_equal(node_bit(node, slot, mark), want);
		else if (!entry)
			assert_false(node_bit(node, slot, mark));
	}
	if (!alloc || !rules->free_marks)
		return;
	if (node->shift && entry)
		assert_int_equal(node_bit(node, slot, XA_FREE_MARK),
				 node_bits(xa_to_node(entry), XA_FREE_MARK));
	else if (!index && !node->shift && xa->xa_flags & XA_FLAGS_ZERO_BUSY)
		assert_false(node_bit(node, slot, XA_FREE_MARK));
	else
		assert_int_equal(node_bit(node, slot, XA_FREE_MARK), !entry);
}

static inline unsigned long check_node(const struct xarray *xa,
				       const struct xa_node *node,
				       const struct xa_node *parent,
				       unsigned long base,
				       const struct tree_rules *rules)
{
	unsigned int count = 0, values = 0;
	unsigned long entries = 0;

	assert_ptr_equal(node->parent, parent);
	assert_ptr_equal(node->array, xa);
	assert_int_equal(node->shift % XA_CHUNK_SHIFT, 0);
	if (parent)
		assert_int_equal(node->shift + XA_CHUNK_SHIFT, parent->shift);
	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++) {
		void *entry = xa_entry_locked(xa, node, i);
		unsigned long index = base + ((unsigned long)i << node->shift);

		check_slot_marks(xa, node, i, index, rules);
		if (!entry)
			continue;
		count++;
		values += xa_is_value(entry);
		assert_false(xa_is_retry(entry));
		if (!node->shift) {
			entries++;
			continue;
		}
		assert_true(xa_is_node(entry));
		assert_int_equal(xa_to_node(entry)->offset, i);
		entries += check_node(xa, xa_to_node(entry), node, index,
				      rules);
	}
	assert_int_equal(node->count, count);
	assert_int_equal(node->nr_values, values);
	if (!rules->empty_leaves)
		assert_int_not_equal(count, 0);
	return entries;
}

/* Proves all invariants of a tree; how many entries it holds. */
static inline unsigned long check_tree_by(const struct xarray *xa,
					  const struct tree_rules *rules)
{
	void *head = xa_head_locked(xa);
	bool alloc = xa->xa_flags & XA_FLAGS_TRACK_FREE;
	struct xa_node *root;
	void *first;

	if (!xa_is_node(head)) {
		if (!head && alloc && !(xa->xa_flags & XA_FLAGS_ZERO_BUSY))
			assert_true(xa_marked(xa, XA_FREE_MARK));
		for (xa_mark_t mark = alloc; !head && mark <= XA_MARK_MAX;
		     mark++)
			assert_false(xa_marked(xa, mark));
		return head != NULL;
	}
	root = xa_to_node(head);
	first = xa_entry_locked(xa, root, 0);
	if (root->count == 1 && first && !rules->empty_leaves)
		assert_int_equal(root->shift, 0);	/* was reserved */
	for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++)
		assert_int_equal(xa_marked(xa, mark), node_bits(root, mark));
	return check_node(xa, root, NULL, 0, rules);
}

static inline unsigned long check_tree(const struct xarray *xa)
{
	static const struct tree_rules strict = { .free_marks = true };

	return check_tree_by(xa, &strict);
}

#endif
