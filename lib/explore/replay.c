// SPDX-License-Identifier: MIT
/*
 * Replaying one trail.
 */
#include <errno.h>
#include <string.h>

#include "explore/record.h"
#include "explore/search.h"

static int prepare_and_record(struct uiommufd_run *run,
			      struct uiommufd_trail *trail)
{
	int ret = run_prepare(run);

	/* Setup itself broke a law: there is nothing more to run. */
	if (ret == -ECANCELED)
		return trail_take(trail, run) ? -ENOMEM : 1;
	if (ret)
		return ret;
	if (!record_trail(run, trail))
		return -ESTALE;
	ret = trail_take(trail, run);
	return ret ? ret : run->verdict == VERDICT_BROKEN;
}

int uiommufd_explore_replay(const struct uiommufd_scenario *scenario,
			    const struct uiommufd_explore_options *options,
			    struct uiommufd_trail *trail)
{
	struct uiommufd_explore_options defaults;
	struct uiommufd_run *run;
	int ret;

	uiommufd_explore_options_init(&defaults);
	options = options ? options : &defaults;
	if (strcmp(trail->scenario, scenario->name)) {
		errno = EINVAL;
		return -1;
	}
	run = run_new(scenario, options);
	ret = run ? prepare_and_record(run, trail) : -ENOMEM;
	if (run)
		search_stop(run);
	run_free(run);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}
