/* SPDX-License-Identifier: MIT */
/*
 * The observer: a user's eye on every command after it took effect.
 */
#include <errno.h>
#include "sim.h"

void observe_command(struct sim_queue *queue, const struct sim_entry *raw,
		     const struct sim_entry *executed,
		     enum uiommufd_command_error error)
{
	struct sim *sim = queue->sim;
	/* Pairs with the install: the argument is there first. */
	uiommufd_vcmdq_observer observer =
		__atomic_load_n(&sim->observer, __ATOMIC_ACQUIRE);
	struct uiommufd_vcmdq_command command = {
		.word = { executed->word[0], executed->word[1] },
		.raw = { raw->word[0], raw->word[1] },
		.queue = queue->number,
		.vintf = queue->vintf,
		.position = queue->cons,
		.error = error,
	};

	if (observer)
		observer(sim->observer_arg, &command);
}

/* Observers run under their queue's lock: taking each once drains them. */
static void observer_end(struct sim *sim)
{
	__atomic_store_n(&sim->observer, NULL, __ATOMIC_RELEASE);
	for (u32 i = 0; i <= sim->vcmdqs; i++) {
		spin_lock(&sim->queue[i].lock);
		spin_unlock(&sim->queue[i].lock);
	}
}

int uiommufd_vcmdq_observe(struct uiommufd_platform *platform,
			   uiommufd_vcmdq_observer observer, void *arg)
{
	struct sim *sim = platform_sim(platform);

	if (!sim) {
		errno = ENODEV;
		return -1;
	}
	observer_end(sim);
	sim->observer_arg = arg;
	__atomic_store_n(&sim->observer, observer, __ATOMIC_RELEASE);
	sim_update_slow(sim);
	return 0;
}
