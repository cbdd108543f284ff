/* SPDX-License-Identifier: MIT */
/* Symbol export markers.  Every symbol is visible within one link unit. */
#ifndef UIK_LINUX_EXPORT_H
#define UIK_LINUX_EXPORT_H

#include <linux/compiler.h>

struct module;

#ifndef THIS_MODULE
#define THIS_MODULE ((struct module *)0)
#endif

#define uik_export_marker(symbol) extern typeof(symbol) symbol
#define EXPORT_SYMBOL(symbol) uik_export_marker(symbol)
#define EXPORT_SYMBOL_GPL(symbol) uik_export_marker(symbol)
#define EXPORT_SYMBOL_NS(symbol, ns) uik_export_marker(symbol)
#define EXPORT_SYMBOL_NS_GPL(symbol, ns) uik_export_marker(symbol)
#define EXPORT_SYMBOL_FOR_MODULES(symbol, modules) uik_export_marker(symbol)

#endif
