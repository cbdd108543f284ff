// SPDX-License-Identifier: MIT
/*
 * What memory is charged, as the kit keeps it.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <uik/task.h>

#include "sweep.h"

uint64_t sweep_charges(void)
{
	return current->user->locked_vm_pages + current->mm->locked_vm +
	       atomic64_read(&current->mm->pinned_vm);
}
