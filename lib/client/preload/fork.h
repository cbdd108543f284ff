/* SPDX-License-Identifier: MIT */
/* Births: what happens around a fork. */
#ifndef PRELOAD_FORK_H
#define PRELOAD_FORK_H

struct birth;

/** birth_prepare - before a process is made; NULL without memory. */
struct birth *birth_prepare(void);
/** birth_parent - it has this number; -1: it was not made.  Keeps errno. */
void birth_parent(struct birth *birth, int pid);
/** birth_child - in the child, before it runs anything of its own. */
void birth_child(struct birth *birth);

#endif
