/* SPDX-License-Identifier: MIT */
/* States that were ended before; see ended.c. */
#ifndef EXPLORE_ENDED_H
#define EXPLORE_ENDED_H

#include "explore/engine.h"

/* 0 or -1. */
int ended_prepare(struct uiommufd_run *run);
void ended_free(struct uiommufd_run *run);
void ended_begin(struct uiommufd_run *run);
/* Every thread has returned: whether what they left was ended before. */
bool ended_before(struct uiommufd_run *run);
/* The execution has ended, and no law was broken. */
void ended_well(struct uiommufd_run *run);
/* What was ended may have begun with something else. */
void ended_forget(struct uiommufd_run *run);

#endif
