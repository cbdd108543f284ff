/* SPDX-License-Identifier: MIT */
/* Device tree: no nodes exist here, the types do. */
#ifndef UIK_LINUX_OF_H
#define UIK_LINUX_OF_H

#include <linux/types.h>
#include <linux/mod_devicetable.h>

struct device;
struct device_node;

#define MAX_PHANDLE_ARGS 16

struct of_phandle_args {
	struct device_node *np;
	int args_count;
	u32 args[MAX_PHANDLE_ARGS];
};

/* No configuration has a device tree: a driver's table is never used. */
#define of_match_ptr(table) NULL

#endif
