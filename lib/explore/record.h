/* SPDX-License-Identifier: MIT */
/* Recording what a trail does. */
#ifndef EXPLORE_RECORD_H
#define EXPLORE_RECORD_H

#include "explore/trail.h"

/* Runs the trail and fills in its rows; whether it was kept to. */
bool record_trail(struct uiommufd_run *run, struct uiommufd_trail *trail);

#endif
