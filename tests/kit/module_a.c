/* SPDX-License-Identifier: MIT */
/* A module as the kernel would have it, for test_module.c. */
#include <linux/module.h>

#include "module_trace.h"

static bool disable_cmdqv;
module_param(disable_cmdqv, bool, 0444);
MODULE_PARM_DESC(disable_cmdqv, "a switch");
static int number = 3;
module_param(number, int, 0644);
static unsigned int count;
module_param_named(alias, count, uint, 0444);
static unsigned short small;
module_param(small, ushort, 0444);
static unsigned long wide;
module_param(wide, ulong, 0444);
static char *text = "default";
module_param(text, charp, 0444);

static int __init start(void)
{
	trace_param(disable_cmdqv, number, count, small, wide, text);
	return trace('a');
}

static void __exit stop(void)
{
	trace('A');
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_AUTHOR("nobody");
MODULE_DESCRIPTION("a module");
MODULE_IMPORT_NS("IOMMUFD");
