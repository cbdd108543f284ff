// SPDX-License-Identifier: MIT
/*
 * Trails: taking, keeping, following.
 */
#include "explore/trail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"

static void set_text(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from ? from : "");
}

int trail_take(struct uiommufd_trail *trail, const struct uiommufd_run *run)
{
	size_t bytes = run->decision_count * sizeof(struct decision);
	struct decision *copy = malloc(bytes + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, run->decisions, bytes);
	free(trail->decisions);
	trail->decisions = copy;
	trail->decision_count = run->decision_count;
	trail->absent = run->absent;
	trail->failures = run->options.failures;
	set_text(trail->scenario, TRAIL_NAME, run->scenario->name);
	set_text(trail->law, TRAIL_NAME, run->law);
	set_text(trail->message, MESSAGE_MAX, run->law ? run->message : NULL);
	return 0;
}

struct uiommufd_trail *trail_of(const struct uiommufd_run *run)
{
	struct uiommufd_trail *trail = calloc(1, sizeof(*trail));

	if (trail && trail_take(trail, run)) {
		free(trail);
		return NULL;
	}
	return trail;
}

void uiommufd_trail_free(struct uiommufd_trail *trail)
{
	if (!trail)
		return;
	free(trail->decisions);
	free(trail->rows);
	free(trail->dot);
	free(trail);
}

const char *uiommufd_trail_scenario(const struct uiommufd_trail *trail)
{
	return trail->scenario;
}

const char *uiommufd_trail_law(const struct uiommufd_trail *trail)
{
	return *trail->law ? trail->law : NULL;
}

const char *uiommufd_trail_message(const struct uiommufd_trail *trail)
{
	return *trail->law ? trail->message : NULL;
}

uint32_t uiommufd_trail_absent(const struct uiommufd_trail *trail)
{
	return trail->absent;
}

/* How far @d's choice is from the usual one, as search_given.c counts. */
static uint32_t value_of(const struct decision *d)
{
	uint64_t options = d->options;
	unsigned int at;
	uint32_t value = 0;

	if (d->kind != DECISION_SCHEDULE)
		return d->chosen;
	at = d->running < NOBODY && options >> d->running & 1 ?
		d->running : (unsigned int)__builtin_ctzll(options);
	while (at != d->chosen) {
		at = (at + 1) % 64;
		value += options >> at & 1;
	}
	return value;
}

size_t uiommufd_trail_choices(const struct uiommufd_trail *trail,
			      struct uiommufd_choice *out, size_t room)
{
	uint32_t passed = 0;
	size_t count = 0;

	for (uint32_t i = 0; i < trail->decision_count; i++) {
		uint32_t value = value_of(&trail->decisions[i]);

		if (!value) {
			passed++;
			continue;
		}
		if (count < room)
			out[count] = (struct uiommufd_choice){ passed, value };
		count++;
		passed = 0;
	}
	return count;
}

bool trail_follow(struct uiommufd_run *run, const struct uiommufd_trail *trail)
{
	bool kept;

	if (follow_start(run, trail->decisions, trail->decision_count))
		return false;
	run->absent = trail->absent;
	run->options.failures = trail->failures;
	run->strategy->begin(run);
	run_execute(run);
	kept = follow_kept(run);
	uik_snapshot_restore(run->snapshot, true);
	return kept;
}
