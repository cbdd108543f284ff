/* SPDX-License-Identifier: MIT */
/* Snapshots as the fault handler sees them. */
#ifndef KIT_SNAPSHOT_H
#define KIT_SNAPSHOT_H

#include <stdbool.h>
#include <uik/snapshot.h>

/* Whether the fault at @addr was a first write that may now go on. */
bool snapshot_fault(const void *addr);
/* The host's kernel, or memory of no arena, holds something new. */
void snapshot_host_changed(void);

#endif
