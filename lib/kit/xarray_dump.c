/* SPDX-License-Identifier: MIT */
/*
 * XArray: printing.
 *
 * In a file of its own, so that a program may have an xa_dump() of its own.
 */
#include "kit/xarray.h"

static void dump_entry(const struct xarray *xa, void *entry,
		       unsigned long index, int shift)
{
	if (!entry)
		return;
	pr_info("%*s%lu: ", 2 * (int)(10 - shift / XA_CHUNK_SHIFT), "", index);
	if (shift >= 0 && xa_is_node(entry)) {
		struct xa_node *node = xa_to_node(entry);

		xa_dump_node(node);
		for (unsigned long i = 0; i < XA_CHUNK_SIZE; i++)
			dump_entry(xa, xa_entry_locked(xa, node, i),
				   index + (i << node->shift),
				   (int)node->shift - XA_CHUNK_SHIFT);
	} else if (xa_is_value(entry)) {
		pr_cont("value %lu (%#lx)\n", xa_to_value(entry),
			xa_to_value(entry));
	} else if (xa_is_zero(entry)) {
		pr_cont("reserved\n");
	} else {
		pr_cont("%p\n", entry);
	}
}

void xa_dump_node(const struct xa_node *node)
{
	pr_cont("node %p offset %u shift %u count %u values %u parent %p "
		"marks %lx %lx %lx\n", node, node->offset, node->shift,
		node->count, node->nr_values, node->parent, node->marks[0][0],
		node->marks[1][0], node->marks[2][0]);
}

void xa_dump(const struct xarray *xa)
{
	void *entry = xa_head_locked(xa);

	pr_info("xarray %p head %p flags %x marks %d %d %d\n", xa, entry,
		xa->xa_flags, xa_marked(xa, XA_MARK_0),
		xa_marked(xa, XA_MARK_1), xa_marked(xa, XA_MARK_2));
	dump_entry(xa, entry, 0, xa_is_node(entry) ?
		   xa_to_node(entry)->shift : -(int)XA_CHUNK_SHIFT);
}
