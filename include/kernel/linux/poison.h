/* SPDX-License-Identifier: MIT */
/* Pointers that belong to nobody: a dereference faults near address zero. */
#ifndef UIK_LINUX_POISON_H
#define UIK_LINUX_POISON_H

/* What a removed list entry points to. */
#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)

#endif
