// SPDX-License-Identifier: MIT
/*
 * Runs the rows.
 */
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <uiommufd/inspect.h>

#include "support/mock.h"

#define MAX_POINTS 4000
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The first is that of rows which name none. */
static struct {
	const char *kind;
	struct uiommufd_platform *platform;
} platforms[] = { { "mock" }, { "noiommu" }, { "tegra241" } };
static bool was_halfway, was_lacking;
static uint32_t looks;		/* what the row's look gave so far */
static struct sweep sweep = { .fd = -1, .event_fd = -1 };

static const struct {
	uint32_t kind;
	const char *name;
	int error;		/* what it gives; 0: see operations.c */
} kinds[] = {
	{ UIOMMUFD_FAIL_ALLOC, "allocation", ENOMEM },
	{ UIOMMUFD_FAIL_COPY, "user copy", EFAULT },
	{ UIOMMUFD_FAIL_PIN, "pin", EFAULT },
	{ UIOMMUFD_FAIL_OP, "operation", 0 },
};

static uint64_t blocks(const struct sweep *s)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(s->platform, &audit);
	assert_int_equal(audit.warnings, 0);
	assert_int_equal(audit.locks, 0);
	return audit.blocks;
}

static struct uiommufd_platform *find_platform(const char *kind)
{
	for (size_t i = 0; kind && i < COUNT(platforms); i++)
		if (!strcmp(platforms[i].kind, kind))
			return platforms[i].platform;
	assert_null(kind);
	return platforms[0].platform;
}

static void open_context(struct sweep *s, const struct sweep_row *row)
{
	memset(s->id, 0, sizeof(s->id));
	s->event_fd = -1;
	s->mapping = NULL;
	s->mapping_bytes = SWEEP_MAPPING;
	s->platform = find_platform(row->kind);
	s->fd = uiommufd_open(s->platform, O_RDWR | O_CLOEXEC);
	assert_true(s->fd >= 0);
	if (row->setup && row->setup(s))
		fail_msg("%s: setup: %s", row->name, strerror(errno));
}

/* Rows on other platforms bind a device, and maybe attach it. */
static void release_device(const struct sweep *s, const struct sweep_row *row)
{
	if (!row->kind)
		return;
	uiommufd_device_detach(s->fd, "dev0", 0);
	uiommufd_device_unbind(s->fd, "dev0");
}

static void close_context(struct sweep *s, const struct sweep_row *row)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (s->event_fd >= 0)
		assert_int_equal(uiommufd_close(s->event_fd), 0);
	s->event_fd = -1;
	if (s->mapping)
		assert_int_equal(uiommufd_munmap(s->mapping, s->mapping_bytes),
				 0);
	s->mapping = NULL;
	release_device(s, row);
	assert_int_equal(uiommufd_close(s->fd), 0);
	s->fd = -1;
	if (uiommufd_platform_audit(s->platform, &audit))
		fail_msg("%s: left behind %llu objects, %llu blocks",
			 row->name, (unsigned long long)audit.objects,
			 (unsigned long long)audit.blocks);
}

/* What the call says to it; an operation has nothing to make up for it. */
static void check_errno(const struct sweep_row *row, unsigned int kind,
			uint32_t nth, int error)
{
	int wanted = kinds[kind].error;

	if (!wanted)
		wanted = sweep_operation_errno(row, nth);
	else if (!error)
		return;
	if (error != wanted)
		fail_msg("%s: %s %u: errno %s, not %s", row->name,
			 kinds[kind].name, nth, strerror(error),
			 wanted ? strerror(wanted) : "listed");
}

/* What is compared of a context. */
struct state {
	char *graph;		/* owned; NULL: there is no such state */
	uint64_t blocks;
	uint64_t charges;
};

/* What the call makes. */
struct states {
	struct state success;
	struct state halfway;
	struct state lacking;
};

static struct state state_of(const struct sweep *s)
{
	return (struct state){ .graph = uiommufd_graph(s->fd),
			       .blocks = blocks(s),
			       .charges = sweep_charges() };
}

static void cut_line(char *text, const char *line)
{
	char *at = strstr(text, line);

	assert_non_null(at);
	memmove(at, at + strlen(line), strlen(at + strlen(line)) + 1);
}

static void must_succeed(struct sweep *s, const struct sweep_row *row)
{
	if (row->act(s))
		fail_msg("%s: fails without being made to: %s", row->name,
			 strerror(errno));
}

/* After the setup and @step. */
static struct state make_state(struct sweep *s, const struct sweep_row *row,
			       void (*step)(struct sweep *s,
					    const struct sweep_row *row))
{
	struct state state;

	open_context(s, row);
	if (step)
		step(s, row);
	state = state_of(s);
	close_context(s, row);
	return state;
}

static void go_halfway(struct sweep *s, const struct sweep_row *row)
{
	row->halfway(s);
}

static void make_states(struct sweep *s, const struct sweep_row *row,
			struct states *out)
{
	*out = (struct states){ .success = make_state(s, row, must_succeed) };
	if (row->halfway)
		out->halfway = make_state(s, row, go_halfway);
	if (!row->may_lack)
		return;
	out->lacking = make_state(s, row, row->partial ? NULL : must_succeed);
	cut_line(out->lacking.graph, row->may_lack);
}

/*
 * The state that @after should be: by its graph, which the others may share.
 * NULL: none.  A state halfway or lacking a line must really be met, or the
 * row has no right to it.
 */
static const struct state *expected(const struct sweep_row *row, bool failed,
				    const struct state *before,
				    const struct states *states,
				    const struct state *after)
{
	const struct state *const all[] = {
		failed ? before : NULL,
		failed && row->partial ? &states->halfway : NULL,
		!failed || (row->partial && !row->may_lack) ?
			&states->success : NULL,
		failed == !!row->partial ? &states->lacking : NULL,
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		if (!all[i] || !all[i]->graph ||
		    strcmp(all[i]->graph, after->graph))
			continue;
		was_halfway |= all[i] == &states->halfway;
		was_lacking |= all[i] == &states->lacking;
		return all[i];
	}
	return NULL;
}

static void take_look(struct sweep *s, const struct sweep_row *row,
		      const char *kind, uint32_t nth)
{
	unsigned int look = row->look(s);

	assert_true(look < 32);
	if (!(row->seen & 1u << look))
		fail_msg("%s: %s %u: the client sees %u", row->name, kind, nth,
			 look);
	looks |= 1u << look;
}

/* What is there after the call, against what may be. */
static void compare_states(const struct sweep_row *row, const char *kind,
			   uint32_t nth, const struct state *want,
			   const struct state *before,
			   const struct state *after)
{
	if (!want)
		fail_msg("%s: %s %u changed the context:\n%s-- is now --\n%s",
			 row->name, kind, nth, before->graph, after->graph);
	if (after->blocks > want->blocks)
		fail_msg("%s: %s %u leaks %lld blocks", row->name, kind, nth,
			 (long long)(after->blocks - want->blocks));
	if (after->charges != want->charges)
		fail_msg("%s: %s %u leaks a charge of %lld pages", row->name,
			 kind, nth, (long long)(after->charges - want->charges));
}

/* The one call with its @nth point failing; its errno. */
static int act_failing(struct sweep *s, const struct sweep_row *row,
		       unsigned int kind, bool sticky, uint32_t nth, bool *hit)
{
	const char *name = kinds[kind].name;
	int error;

	uiommufd_fail_nth(nth, kinds[kind].kind |
				       (sticky ? UIOMMUFD_FAIL_STICKY : 0));
	error = row->act(s);
	*hit = uiommufd_fail_nth(0, 0);
	if (uiommufd_graph_check(s->fd, stderr))
		fail_msg("%s: %s %u: counts and claims differ", row->name,
			 name, nth);
	if (error && !*hit)
		fail_msg("%s: %s %u: fails though nothing was made to: %s",
			 row->name, name, nth, strerror(error));
	if (*hit)
		check_errno(row, kind, nth, error);
	return error;
}

/* One point made to fail.  Returns whether the call reached it. */
static bool try_point(struct sweep *s, const struct sweep_row *row,
		      unsigned int kind, bool sticky, uint32_t nth,
		      const struct states *states)
{
	struct state before, after;
	bool hit;
	int error;

	open_context(s, row);
	before = state_of(s);
	error = act_failing(s, row, kind, sticky, nth, &hit);
	after = state_of(s);
	compare_states(row, kinds[kind].name, nth,
		       expected(row, error, &before, states, &after), &before,
		       &after);
	if (error && row->look)
		take_look(s, row, kinds[kind].name, nth);
	free(before.graph);
	free(after.graph);
	close_context(s, row);
	return hit;
}

/* All points of a kind; their number. */
static unsigned int sweep_kind(const struct sweep_row *row, unsigned int kind,
			       bool sticky, const struct states *states)
{
	uint32_t nth = 1;

	while (nth < MAX_POINTS &&
	       try_point(&sweep, row, kind, sticky, nth, states))
		nth++;
	if (!kinds[kind].error && sweep_operation_errno(row, nth))
		fail_msg("%s: %s %u is listed and not met", row->name,
			 kinds[kind].name, nth);
	return nth - 1;
}

/* Law: see sweep.h. */
static void sweep_one(void **state)
{
	const struct sweep_row *row = *state;
	struct states states;
	unsigned int points = 0;

	was_halfway = was_lacking = false;
	looks = 0;
	make_states(&sweep, row, &states);
	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		for (int sticky = 0; sticky < 2; sticky++)
			points += sweep_kind(row, kind, sticky, &states);
	free(states.success.graph);
	free(states.halfway.graph);
	free(states.lacking.graph);
	print_message("%u points\n", points);
	assert_int_equal(points == 0, row->cannot_fail);
	assert_int_equal(was_halfway, !!row->halfway);
	assert_int_equal(was_lacking, !!row->may_lack);
	assert_int_equal(looks, row->seen);
}

/* A row that failed leaves its context open: the next one starts clean. */
static int close_failed(void **state)
{
	uiommufd_fail_nth(0, 0);
	if (sweep.event_fd >= 0)
		uiommufd_close(sweep.event_fd);
	if (sweep.mapping)
		uiommufd_munmap(sweep.mapping, sweep.mapping_bytes);
	if (sweep.fd >= 0 && sweep.platform != platforms[0].platform) {
		uiommufd_device_detach(sweep.fd, "dev0", 0);
		uiommufd_device_unbind(sweep.fd, "dev0");
	}
	if (sweep.fd >= 0)
		uiommufd_close(sweep.fd);
	sweep.fd = sweep.event_fd = -1;
	return 0;
}

static int make_platforms(void **state)
{
	struct uiommufd_platform_config config;

	sweep.memory = mmap(NULL, SWEEP_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sweep.memory == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < COUNT(platforms); i++) {
		uiommufd_platform_config_init(&config, platforms[i].kind);
		config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
		platforms[i].platform = uiommufd_platform_new(&config);
		if (!platforms[i].platform)
			return -1;
	}
	return 0;
}

static int free_platforms(void **state)
{
	for (size_t i = 0; i < COUNT(platforms); i++)
		uiommufd_platform_free(platforms[i].platform);
	munmap(sweep.memory, SWEEP_BYTES);
	return 0;
}

/* Where the rows are. */
static const struct sweep_row *const tables[] = {
	sweep_command_rows, sweep_test_rows, sweep_other_rows,
	sweep_told_rows, sweep_arm_rows,
};

static size_t count_rows(void)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct sweep_row *row = tables[i]; row->name; row++)
			count++;
	return count;
}

int main(void)
{
	struct CMUnitTest *tests = calloc(count_rows(), sizeof(*tests));
	struct CMUnitTest *test = tests;
	int failed;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct sweep_row *row = tables[i]; row->name; row++)
			*test++ = (struct CMUnitTest){
				.name = row->name,
				.test_func = sweep_one,
				.teardown_func = close_failed,
				.initial_state = (void *)row,
			};
	failed = _cmocka_run_group_tests("failure sweep", tests, test - tests,
					 make_platforms, free_platforms);
	free(tests);
	return failed;
}
