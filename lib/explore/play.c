// SPDX-License-Identifier: MIT
/*
 * Playing: one execution after the other on a platform as it is.
 *
 * Without a snapshot there is nothing to bring back and nothing to run again:
 * what a part leaves behind, the next finds.  The player keeps what costs time
 * to make: stacks, the memory of laws, the room for decisions.
 */
#include <errno.h>
#include <sys/mman.h>

#include "explore/laws.h"
#include "explore/search.h"
#include "explore/trail.h"

struct uiommufd_player {
	struct uiommufd_scenario none;	/* so that there always is one */
	struct uiommufd_run *run;
};

struct uiommufd_player *uiommufd_player_new(void)
{
	struct uiommufd_explore_options options;
	struct uiommufd_player *player;

	/* Beside all it holds, where no checker of the heap looks for pointers. */
	player = mmap(NULL, sizeof(*player), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (player == MAP_FAILED)
		return NULL;
	uiommufd_explore_options_init(&options);
	options.failures = UIOMMUFD_UNBOUNDED;
	player->run = run_new(&player->none, &options);
	if (player->run && !laws_prepare(player->run))
		return player;
	uiommufd_player_free(player);
	return NULL;
}

void uiommufd_player_free(struct uiommufd_player *player)
{
	if (!player)
		return;
	run_free(player->run);
	munmap(player, sizeof(*player));
}

/* 0, 1 if a law broke, or -errno. */
static int play(struct uiommufd_run *run, const struct uiommufd_choice *choices,
		size_t count)
{
	int ret = run_prepare_here(run);

	if (ret == -ECANCELED)
		return 1;
	if (!ret)
		ret = given_start(run, choices, count);
	if (ret)
		return ret;
	run->strategy->begin(run);
	run_once(run);
	search_stop(run);
	return run->verdict == VERDICT_BROKEN;
}

int uiommufd_play(struct uiommufd_player *player,
		  struct uiommufd_platform *platform,
		  const struct uiommufd_scenario *scenario,
		  const struct uiommufd_choice *choices, size_t count,
		  struct uiommufd_trail **broken)
{
	struct uiommufd_run *run = player->run;
	int ret;

	*broken = NULL;
	if (!scenario->thread[0] || scenario->state_bytes > STATE_MAX) {
		errno = EINVAL;
		return -1;
	}
	run->scenario = scenario;
	run->platform = platform;
	ret = play(run, choices, count);
	if (ret > 0)
		*broken = trail_of(run);
	run_leave_here(run);
	run->scenario = &player->none;
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}
