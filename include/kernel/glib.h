/* SPDX-License-Identifier: MIT */
/*
 * GLib beside the kit: GLib asks the compiler about an attribute by a name that
 * is a macro in kernel code.
 */
#pragma push_macro("fallthrough")
#undef fallthrough
#include_next <glib.h>
#pragma pop_macro("fallthrough")

#ifndef UIK_GLIB_H
#define UIK_GLIB_H
#undef G_GNUC_FALLTHROUGH
#define G_GNUC_FALLTHROUGH __attribute__((__fallthrough__))
#endif
