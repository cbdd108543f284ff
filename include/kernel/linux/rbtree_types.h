/* SPDX-License-Identifier: MIT */
/* What is embedded to be in a red-black tree; see <linux/rbtree.h>. */
#ifndef UIK_LINUX_RBTREE_TYPES_H
#define UIK_LINUX_RBTREE_TYPES_H

/*
 * The parent's address, and the colour in its lowest bit (1: black).  The
 * children are also reachable by side: 0 right, 1 left.
 */
struct rb_node {
	unsigned long __rb_parent_color;
	union {
		struct {
			struct rb_node *rb_right;
			struct rb_node *rb_left;
		};
		struct rb_node *uik_child[2];
	};
} __attribute__((__aligned__(sizeof(long))));

struct rb_root {
	struct rb_node *rb_node;
};

/* A tree whose first node is found in one step. */
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#define RB_ROOT ((struct rb_root){ NULL, })
#define RB_ROOT_CACHED ((struct rb_root_cached){ { NULL, }, NULL })

#endif
