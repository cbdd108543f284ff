/* SPDX-License-Identifier: MIT */
/* What the caller may do. */
#include_next <linux/capability.h>

#ifndef UIK_LINUX_CAPABILITY_H
#define UIK_LINUX_CAPABILITY_H

#include <stdbool.h>
#include <uik/task.h>

/** capable - whether current has a capability. */
static inline bool capable(int capability)
{
	return uik_capable(capability);
}

#endif
