/* SPDX-License-Identifier: MIT */
/* How much the library says. */
#ifndef KIT_LOG_H
#define KIT_LOG_H

/*
 * Messages above this kernel level (LOGLEVEL_*) are dropped before GLib sees
 * them; all pass by default.  Set before the library is used.
 */
extern int uik_log_level;

#endif
