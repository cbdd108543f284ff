/* SPDX-License-Identifier: MIT */
/* Shrinking of counterexamples. */
#ifndef EXPLORE_SHRINK_H
#define EXPLORE_SHRINK_H

#include "explore/trail.h"

/*
 * Makes @trail, which breaks a law on @run, as short as can be: fewer threads,
 * failures, turns.  It breaks the same law in the end.
 */
void trail_shrink(struct uiommufd_run *run, struct uiommufd_trail *trail);

#endif
