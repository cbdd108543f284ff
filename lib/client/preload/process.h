/* SPDX-License-Identifier: MIT */
/*
 * Processes: fork, exec, and the end.
 *
 * The process that opened a context keeps it.  Its children reach it through a
 * socket; see service.h and remote.h.
 */
#ifndef PRELOAD_PROCESS_H
#define PRELOAD_PROCESS_H

/** process_setup - before the first descriptor of ours exists. */
void process_setup(void);

#endif
