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

static struct uiommufd_platform *mock, *noiommu;
static bool was_halfway;
static uint32_t looks;		/* what the row's look gave so far */
static struct sweep sweep = { .fd = -1, .event_fd = -1 };

static const struct {
	uint32_t kind;
	const char *name;
	int errnos[6];		/* allowed, 0 ends */
} kinds[] = {
	{ UIOMMUFD_FAIL_ALLOC, "allocation", { ENOMEM } },
	{ UIOMMUFD_FAIL_COPY, "user copy", { EFAULT } },
	{ UIOMMUFD_FAIL_PIN, "pin", { EFAULT, EINVAL } },
	{ UIOMMUFD_FAIL_OP, "operation",
	  { ENOENT, EINVAL, ENOMEM, EMFILE, EFAULT } },
};

static uint64_t blocks(const struct sweep *s)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(s->platform, &audit);
	assert_int_equal(audit.warnings, 0);
	assert_int_equal(audit.locks, 0);
	return audit.blocks;
}

static void open_context(struct sweep *s, const struct sweep_row *row)
{
	memset(s->id, 0, sizeof(s->id));
	s->event_fd = -1;
	s->mapping = NULL;
	s->platform = row->kind ? noiommu : mock;
	s->fd = uiommufd_open(s->platform, O_RDWR | O_CLOEXEC);
	assert_true(s->fd >= 0);
	if (row->setup && row->setup(s))
		fail_msg("%s: setup: %s", row->name, strerror(errno));
}

/* Rows on devices without IOMMU bind one, and maybe attach it. */
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
		assert_int_equal(uiommufd_munmap(s->mapping, SWEEP_MAPPING), 0);
	s->mapping = NULL;
	release_device(s, row);
	assert_int_equal(uiommufd_close(s->fd), 0);
	s->fd = -1;
	if (uiommufd_platform_audit(s->platform, &audit))
		fail_msg("%s: left behind %llu objects, %llu blocks",
			 row->name, (unsigned long long)audit.objects,
			 (unsigned long long)audit.blocks);
}

static bool is_allowed(unsigned int kind, int error)
{
	for (unsigned int i = 0; kinds[kind].errnos[i]; i++)
		if (kinds[kind].errnos[i] == error)
			return true;
	return false;
}

/* Graphs of what the call makes; owned. */
struct states {
	char *success;
	char *halfway;		/* NULL: none */
};

static void make_states(struct sweep *s, const struct sweep_row *row,
			struct states *out)
{
	*out = (struct states){};
	open_context(s, row);
	if (row->act(s))
		fail_msg("%s: fails without being made to: %s", row->name,
			 strerror(errno));
	out->success = uiommufd_graph(s->fd);
	close_context(s, row);
	if (!row->halfway)
		return;
	open_context(s, row);
	row->halfway(s);
	out->halfway = uiommufd_graph(s->fd);
	close_context(s, row);
}

/* The halfway state must really be met, or the row has no right to it. */
static bool is_partial(const char *after, const struct states *states,
		       bool *out_halfway)
{
	if (states->halfway && !strcmp(after, states->halfway)) {
		*out_halfway = true;
		return true;
	}
	return !strcmp(after, states->success);
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

/* One point made to fail.  Returns whether the call reached it. */
static bool try_point(struct sweep *s, const struct sweep_row *row,
		      unsigned int kind, bool sticky, uint32_t nth,
		      const struct states *states)
{
	char *before, *after;
	uint64_t count, charges;
	bool hit;
	int error;

	open_context(s, row);
	before = uiommufd_graph(s->fd);
	count = blocks(s);
	charges = sweep_charges();
	uiommufd_fail_nth(nth, kinds[kind].kind |
				       (sticky ? UIOMMUFD_FAIL_STICKY : 0));
	error = row->act(s);
	hit = uiommufd_fail_nth(0, 0);
	after = uiommufd_graph(s->fd);
	if (uiommufd_graph_check(s->fd, stderr))
		fail_msg("%s: %s %u: counts and claims differ in:\n%s",
			 row->name, kinds[kind].name, nth, after);
	if (error && !hit)
		fail_msg("%s: %s %u: fails though nothing was made to: %s",
			 row->name, kinds[kind].name, nth, strerror(error));
	if (error && !is_allowed(kind, error))
		fail_msg("%s: %s %u: errno %s", row->name, kinds[kind].name,
			 nth, strerror(error));
	if (error && strcmp(before, after) &&
	    !(row->partial && is_partial(after, states, &was_halfway)))
		fail_msg("%s: %s %u changed the context:\n%s-- is now --\n%s",
			 row->name, kinds[kind].name, nth, before, after);
	if (error && !strcmp(before, after) && blocks(s) > count)
		fail_msg("%s: %s %u leaks %lld blocks", row->name,
			 kinds[kind].name, nth, (long long)(blocks(s) - count));
	if (error && !strcmp(before, after) && sweep_charges() != charges)
		fail_msg("%s: %s %u leaks a charge of %lld pages", row->name,
			 kinds[kind].name, nth,
			 (long long)(sweep_charges() - charges));
	if (!error && strcmp(after, states->success))
		fail_msg("%s: %s %u: success, but\n%s-- not --\n%s", row->name,
			 kinds[kind].name, nth, after, states->success);
	if (error && row->look)
		take_look(s, row, kinds[kind].name, nth);
	free(before);
	free(after);
	close_context(s, row);
	return hit;
}

/* Law: see sweep.h. */
static void sweep_one(void **state)
{
	const struct sweep_row *row = *state;
	struct states states;
	unsigned int points = 0;

	was_halfway = false;
	looks = 0;
	make_states(&sweep, row, &states);
	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		for (int sticky = 0; sticky < 2; sticky++)
			for (uint32_t nth = 1; nth < MAX_POINTS; nth++) {
				if (!try_point(&sweep, row, kind, sticky, nth,
					       &states))
					break;
				points++;
			}
	free(states.success);
	free(states.halfway);
	print_message("%u points\n", points);
	assert_int_equal(points == 0, row->cannot_fail);
	assert_int_equal(was_halfway, !!row->halfway);
	assert_int_equal(looks, row->seen);
}

/* A row that failed leaves its context open: the next one starts clean. */
static int close_failed(void **state)
{
	uiommufd_fail_nth(0, 0);
	if (sweep.event_fd >= 0)
		uiommufd_close(sweep.event_fd);
	if (sweep.fd >= 0)
		uiommufd_close(sweep.fd);
	if (sweep.mapping)
		uiommufd_munmap(sweep.mapping, SWEEP_MAPPING);
	sweep.fd = sweep.event_fd = -1;
	return 0;
}

static int make_platforms(void **state)
{
	struct uiommufd_platform_config config;

	sweep.memory = mmap(NULL, SWEEP_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mock = mock_platform();
	uiommufd_platform_config_init(&config, "noiommu");
	noiommu = uiommufd_platform_new(&config);
	return mock && noiommu && sweep.memory != MAP_FAILED ? 0 : -1;
}

static int free_platforms(void **state)
{
	uiommufd_platform_free(mock);
	uiommufd_platform_free(noiommu);
	munmap(sweep.memory, SWEEP_BYTES);
	return 0;
}

/* Where the rows are. */
static const struct sweep_row *const tables[] = {
	sweep_command_rows, sweep_test_rows, sweep_other_rows,
	sweep_told_rows,
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
