/* SPDX-License-Identifier: MIT */
/* The scenarios that come with the library: a NULL-terminated list a file. */
#ifndef EXPLORE_SCENARIOS_H
#define EXPLORE_SCENARIOS_H

#include <uiommufd/explore.h>

#define hidden __attribute__((visibility("hidden")))

extern const struct uiommufd_scenario *const scenarios_generated[] hidden;
extern const struct uiommufd_scenario *const scenarios_vdevice[] hidden;

#endif
