// SPDX-License-Identifier: MIT
/* Files of /proc and of debugfs that the library answers. */
#include "client/preload/proc.h"

#include "client/preload/preload.h"

bool proc_may_be_ours(const char *last)
{
	return false;
}

bool proc_find(const char *path, struct node *out)
{
	return false;
}
