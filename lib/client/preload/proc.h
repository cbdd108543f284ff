/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc and of debugfs that the library answers: a process's status,
 * its fail-nth, and the fault attributes.
 */
#ifndef PRELOAD_PROC_H
#define PRELOAD_PROC_H

#include "client/preload/node.h"

/** proc_may_be_ours - whether a relative path's last part may be one. */
bool proc_may_be_ours(const char *last);
/** proc_find - the node at an absolute path, copied to @out. */
bool proc_find(const char *path, struct node *out);

#endif
