/* SPDX-License-Identifier: MIT */
/*
 * IDA: printing.
 *
 * In a file of its own, so that a program may have an ida_dump() of its own.
 */
#include <linux/idr.h>

#include <linux/printk.h>

void ida_dump(struct ida *ida)
{
	unsigned int first, last;
	int id = 0;

	pr_info("ida %p%s\n", ida, ida_is_empty(ida) ? ": empty" : ":");
	while ((id = ida_find_first_range(ida, id, INT_MAX)) >= 0) {
		first = last = id;
		while (last < INT_MAX && ida_exists(ida, last + 1))
			last++;
		pr_info("  %u..%u\n", first, last);
		if (last == INT_MAX)
			break;
		id = last + 1;
	}
}
