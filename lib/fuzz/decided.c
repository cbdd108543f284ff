// SPDX-License-Identifier: MIT
/*
 * Inputs with decisions: their sections are the threads of a scenario.
 *
 * The first of several is the scenario's setup, which runs alone.  A thread of
 * the scenario makes its section's calls; all of them are one client, and share
 * what it has open and knows.
 */
#include "fuzz/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>

struct decided {
	struct uiommufd_scenario scenario;	/* first: others know this */
	struct fuzz_memory *memory;
	bool contexts_first;
	struct fuzz_reader beginning;
	struct fuzz_reader section[FUZZ_THREADS];
	/* The input and the name, if they are its own. */
	uint8_t *data;
	char *name;
};

static const struct decided *decided_of(struct uiommufd_run *run)
{
	return (const struct decided *)uiommufd_run_scenario(run);
}

static void begin(struct uiommufd_run *run, void *state)
{
	const struct decided *decided = decided_of(run);
	struct client *client = state;

	fuzz_memory_keep(decided->memory, run);
	/* Descriptors are the explorer's. */
	if (!fuzz_begin(client, uiommufd_run_platform(run), decided->memory,
			false))
		return;
	fuzz_make_calls(client, 0, &decided->beginning);
}

static void thread(struct uiommufd_run *run, void *state)
{
	int number = uiommufd_run_thread(run);

	fuzz_make_calls(state, number, &decided_of(run)->section[number]);
}

static void finish(struct uiommufd_run *run, void *state)
{
	/* Threads may be some of the system's. */
	decided_of(run)->memory->written = UINT32_MAX;
	fuzz_end(state, decided_of(run)->contexts_first);
}

static void find_sections(struct decided *decided, const uint8_t *data,
			  size_t size)
{
	struct fuzz_reader all[FUZZ_MAX_SECTIONS];
	unsigned int count = 0, first;
	size_t at = 0;

	while (count < FUZZ_MAX_SECTIONS &&
	       fuzz_next_section(data, size, &at, &all[count]))
		count++;
	first = count > 1;
	if (first)
		decided->beginning = all[0];
	for (unsigned int i = first; i < count; i++) {
		decided->section[i - first] = all[i];
		decided->scenario.thread[i - first] = thread;
	}
	/* An execution has a thread, if it makes no call. */
	decided->scenario.thread[0] = thread;
}

static void fill(struct decided *decided, struct fuzz_memory *memory,
		 const uint8_t *data, size_t size)
{
	*decided = (struct decided){
		.scenario = {
			.name = "input",
			.summary = "the calls of an input",
			.setup = begin,
			.finish = finish,
			.state_bytes = sizeof(struct client),
			.failures = UIOMMUFD_FAIL_ANY,
			.flags = UIOMMUFD_SCENARIO_OVERLAPS,
		},
		.memory = memory,
		.contexts_first = size && data[size - 1] & 1,
	};
	find_sections(decided, data, size);
}

/* What holds the player is a mapping: leak checkers look for it here. */
static __thread struct uiommufd_player *volatile mine;

bool fuzz_play(struct fuzz_memory *memory, struct uiommufd_platform *platform,
	       const uint8_t *data, size_t size)
{
	struct uiommufd_choice choices[FUZZ_MAX_CHOICES];
	struct uiommufd_trail *broken;
	struct decided decided;
	size_t count;

	if (!memory->player)
		memory->player = mine = uiommufd_player_new();
	if (!memory->player)
		return false;
	fuzz_read_choices(data, size, choices, FUZZ_MAX_CHOICES, &count);
	fill(&decided, memory, data, size);
	if (uiommufd_play(memory->player, platform, &decided.scenario, choices,
			  count, &broken) <= 0)
		return false;
	snprintf(memory->complaint, sizeof(memory->complaint), "%s: %s",
		 broken ? uiommufd_trail_law(broken) : "?",
		 broken ? uiommufd_trail_message(broken) : "no memory");
	uiommufd_trail_free(broken);
	return true;
}

/* ---- for the explorer ---------------------------------------------------- */

static void configure(struct uiommufd_platform_config *config)
{
	config->devices = CLIENT_DEVICES;
}

struct uiommufd_scenario *uiommufd_fuzz_scenario_new(const char *kind,
						     const char *name,
						     const uint8_t *data,
						     size_t size)
{
	struct decided *decided = malloc(sizeof(*decided));
	struct fuzz_memory *memory = fuzz_memory_get();
	uint8_t *copy;

	if (size > UIOMMUFD_FUZZ_MAX_BYTES)
		size = UIOMMUFD_FUZZ_MAX_BYTES;
	copy = malloc(size + 1);
	if (!decided || !memory || !copy) {
		free(decided);
		free(copy);
		return NULL;
	}
	memcpy(copy, data, size);
	fill(decided, memory, copy, size);
	decided->data = copy;
	decided->name = name ? strdup(name) : NULL;
	if (decided->name)
		decided->scenario.name = decided->name;
	decided->scenario.kind = kind;
	decided->scenario.configure = configure;
	return &decided->scenario;
}

void uiommufd_fuzz_scenario_free(struct uiommufd_scenario *scenario)
{
	struct decided *decided = (struct decided *)scenario;

	if (!decided)
		return;
	free(decided->data);
	free(decided->name);
	free(decided);
}

size_t uiommufd_fuzz_choices(const uint8_t *data, size_t size,
			     struct uiommufd_choice *out, size_t room)
{
	size_t count;

	fuzz_read_choices(data, size, out, room, &count);
	return count;
}

size_t uiommufd_fuzz_decide(const uint8_t *data, size_t size,
			    const struct uiommufd_trail *trail, uint8_t *out,
			    size_t max_size)
{
	struct uiommufd_choice choices[FUZZ_MAX_CHOICES];
	size_t count = uiommufd_trail_choices(trail, choices, FUZZ_MAX_CHOICES);

	if (count > FUZZ_MAX_CHOICES)
		count = FUZZ_MAX_CHOICES;
	return fuzz_write(data, size, uiommufd_trail_absent(trail), choices,
			  count, out, max_size);
}
