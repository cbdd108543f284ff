/* SPDX-License-Identifier: MIT */
/* Exploring in one process or in several. */
#ifndef EXPLORE_WORKERS_H
#define EXPLORE_WORKERS_H

#include <uiommufd/explore.h>

/* As worker @number of @count; 1, 0 or -errno. */
int explore_alone(const struct uiommufd_scenario *scenario,
		  const struct uiommufd_explore_options *options,
		  unsigned int number, unsigned int count,
		  struct uiommufd_explore_result *result);
int explore_together(const struct uiommufd_scenario *scenario,
		     const struct uiommufd_explore_options *options,
		     struct uiommufd_explore_result *result);

#endif
