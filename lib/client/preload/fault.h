/* SPDX-License-Identifier: MIT */
/*
 * Fault injection as Linux offers it to programs: /proc/<pid>/fail-nth and the
 * attributes below /sys/kernel/debug.
 */
#ifndef PRELOAD_FAULT_H
#define PRELOAD_FAULT_H

#include "client/preload/node.h"

/** fault_find - the attribute, or the directory of one, at a path. */
bool fault_find(const char *path, struct node *out);
/** fault_nth_node - the fail-nth file of a thread, if it is ours. */
bool fault_nth_node(const char *path, int pid, int tid, struct node *out);

#endif
