/* SPDX-License-Identifier: MIT */
/* A module as the kernel would have it, for test_module.c. */
#include <linux/module.h>

#include "module_trace.h"

static int __init start(void)
{
	return trace('b');
}

static void __exit stop(void)
{
	trace('B');
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_AUTHOR("nobody");
MODULE_DESCRIPTION("a module");
MODULE_IMPORT_NS("IOMMUFD");
