// SPDX-License-Identifier: MIT
/*
 * Strategies by name, and the one that follows a trail.
 */
#include "explore/search.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static const char *const names[UIOMMUFD_STRATEGY_NR] = {
	[UIOMMUFD_STRATEGY_AUTO] = "auto",
	[UIOMMUFD_STRATEGY_DPOR] = "dpor",
	[UIOMMUFD_STRATEGY_DFS] = "dfs",
	[UIOMMUFD_STRATEGY_RANDOM] = "random",
	[UIOMMUFD_STRATEGY_PCT] = "pct",
	[UIOMMUFD_STRATEGY_GUIDED] = "guided",
};

const char *uiommufd_strategy_name(unsigned int strategy)
{
	return strategy < UIOMMUFD_STRATEGY_NR ? names[strategy] : NULL;
}

int search_start(struct uiommufd_run *run, enum uiommufd_strategy which)
{
	search_stop(run);
	switch (which) {
	case UIOMMUFD_STRATEGY_DPOR:
		return tree_start(run, true);
	case UIOMMUFD_STRATEGY_DFS:
		return tree_start(run, false);
	case UIOMMUFD_STRATEGY_RANDOM:
		return random_start(run, false);
	case UIOMMUFD_STRATEGY_PCT:
		return random_start(run, true);
	case UIOMMUFD_STRATEGY_GUIDED:
		return guided_start(run);
	default:
		return -EINVAL;
	}
}

void search_stop(struct uiommufd_run *run)
{
	struct search *search = run->search;

	if (search)
		search->stop(search);
	run->search = NULL;
	run->strategy = NULL;
}

void search_mark(struct uiommufd_run *run)
{
	struct search *search = run->search;

	search->marked = search->totals;
	if (search->mark)
		search->mark(search);
}

void search_rewind(struct uiommufd_run *run)
{
	struct search *search = run->search;

	search->totals = search->marked;
	if (search->rewind)
		search->rewind(search);
}

void search_totals(const struct uiommufd_run *run, struct search_totals *out)
{
	const struct search *search = run->search;

	*out = search ? search->totals : (struct search_totals){ 0 };
}

/* ---- counting ------------------------------------------------------------ */

#define SEEN (1u << 18)			/* a power of two; more are forgotten */

/* Pages that nobody writes to cost nothing. */
static uint64_t *seen_new(void)
{
	void *p = mmap(NULL, SEEN * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void search_forget(uint64_t *seen)
{
	if (seen)
		munmap(seen, SEEN * sizeof(uint64_t));
}

void search_count(struct uiommufd_run *run, uint64_t **seen)
{
	struct search *search = run->search;
	uint64_t hash = run->decision_hash, *slot;

	if (!*seen)
		*seen = seen_new();
	slot = *seen ? &(*seen)[(hash >> 16) % SEEN] : NULL;
	if (slot && *slot == (hash | 1)) {
		search->totals.redundant++;
		return;
	}
	if (slot)
		*slot = hash | 1;
	search->totals.distinct++;
}

/* ---- following ----------------------------------------------------------- */

struct follow {
	struct search search;
	const struct decision *decisions;	/* borrowed */
	uint32_t count, next;
	bool kept;
};

static bool follow_begin(struct uiommufd_run *run)
{
	struct follow *follow = run->search;

	follow->next = 0;
	follow->kept = true;
	return true;
}

/* The next decision if it is of the kind and its choice is possible. */
static int follow_next(struct follow *follow, enum decision_kind kind,
		       uint64_t options)
{
	const struct decision *d;

	if (follow->next == follow->count)
		return -1;
	d = &follow->decisions[follow->next];
	if (d->kind != kind) {
		follow->kept = false;
		return -1;
	}
	follow->next++;
	if (options >> d->chosen & 1)
		return d->chosen;
	follow->kept = false;
	return -1;
}

static unsigned int follow_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	int chosen = -1;

	if (!(enabled & (enabled - 1)))
		return __builtin_ctz(enabled);
	chosen = follow_next(run->search, DECISION_SCHEDULE, enabled);
	if (chosen >= 0)
		return chosen;
	if (run->running != NOBODY && enabled & 1u << run->running)
		return run->running;
	return __builtin_ctz(enabled);
}

static bool follow_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
			const void *site)
{
	return follow_next(run->search, DECISION_FAIL, 3) > 0;
}

static unsigned int follow_choose(struct uiommufd_run *run, unsigned int count)
{
	int chosen = follow_next(run->search, DECISION_CHOOSE,
				 count == 64 ? ~0ull : option(count) - 1);

	return chosen < 0 ? 0 : chosen;
}

static const struct strategy follow_strategy = {
	.name = "replay",
	.begin = follow_begin,
	.schedule = follow_schedule,
	.fail = follow_fail,
	.choose = follow_choose,
};

static void follow_stop(struct search *search)
{
	free(search);
}

int follow_start(struct uiommufd_run *run, const struct decision *decisions,
		 uint32_t count)
{
	struct follow *follow;

	search_stop(run);
	follow = calloc(1, sizeof(*follow));
	if (!follow)
		return -ENOMEM;
	follow->search.stop = follow_stop;
	follow->decisions = decisions;
	follow->count = count;
	run->search = follow;
	run->strategy = &follow_strategy;
	return 0;
}

int follow_again(struct uiommufd_run *run, const struct decision *decisions,
		 uint32_t count, struct search_hold *hold)
{
	*hold = (struct search_hold){ run->search, run->strategy };
	run->search = NULL;
	if (!follow_start(run, decisions, count))
		return 0;
	follow_back(run, hold);
	return -ENOMEM;
}

void follow_back(struct uiommufd_run *run, const struct search_hold *hold)
{
	search_stop(run);
	run->search = hold->search;
	run->strategy = hold->strategy;
}

bool follow_kept(const struct uiommufd_run *run)
{
	const struct follow *follow = run->search;

	return follow->kept && follow->next == follow->count;
}
