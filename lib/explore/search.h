/* SPDX-License-Identifier: MIT */
/*
 * Strategies: how decisions are made, and when nothing is left to decide.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/engine.h"

/* Small, quick and repeatable: splitmix64. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* 0 to @count - 1. */
static inline unsigned int random_below(uint64_t *state, unsigned int count)
{
	return (unsigned int)((random_next(state) >> 32) * count >> 32);
}

struct search_totals {
	uint64_t distinct;
	uint64_t redundant;
	bool exhausted;
	bool single;		/* it never mattered who went on */
};

/*
 * Makes @run's strategy; @which is not AUTO.  Executions since the last
 * search_mark() can be taken back by search_rewind().  0 or -ENOMEM.
 */
int search_start(struct uiommufd_run *run, enum uiommufd_strategy which);
void search_stop(struct uiommufd_run *run);
void search_mark(struct uiommufd_run *run);
void search_rewind(struct uiommufd_run *run);
void search_totals(const struct uiommufd_run *run, struct search_totals *out);

/* What all kinds of search begin with. */
struct search {
	struct search_totals totals, marked;
	void (*stop)(struct search *search);
	void (*mark)(struct search *search);
	void (*rewind)(struct search *search);
};

int random_start(struct uiommufd_run *run, bool priorities);
int guided_start(struct uiommufd_run *run);
int tree_start(struct uiommufd_run *run, bool reduce);
/* Follows the decisions given, then keeps whoever runs, failing nothing. */
int follow_start(struct uiommufd_run *run, const struct decision *decisions,
		 uint32_t count);
/* The decisions given, one execution. */
int given_start(struct uiommufd_run *run, const struct uiommufd_choice *choices,
		size_t count);
/* The same in between: what was searched goes on after follow_back(). */
struct search_hold {
	void *search;
	const struct strategy *strategy;
};
int follow_again(struct uiommufd_run *run, const struct decision *decisions,
		 uint32_t count, struct search_hold *hold);
void follow_back(struct uiommufd_run *run, const struct search_hold *hold);
/* Whether all decisions were followed as they were recorded. */
bool follow_kept(const struct uiommufd_run *run);

/*
 * Drawn executions may repeat: counts the one that ended as distinct or not by
 * a hash of its decisions.  *@seen starts as NULL and is the caller's to give to
 * search_forget().
 */
void search_count(struct uiommufd_run *run, uint64_t **seen);
void search_forget(uint64_t *seen);

#endif
