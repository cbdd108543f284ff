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

static struct uiommufd_platform *platform;
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

static uint64_t blocks(void)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(platform, &audit);
	assert_int_equal(audit.warnings, 0);
	assert_int_equal(audit.locks, 0);
	return audit.blocks;
}

static void open_context(struct sweep *s, const struct sweep_row *row)
{
	memset(s->id, 0, sizeof(s->id));
	s->event_fd = -1;
	s->fd = uiommufd_open(platform, O_RDWR | O_CLOEXEC);
	assert_true(s->fd >= 0);
	if (row->setup && row->setup(s))
		fail_msg("%s: setup: %s", row->name, strerror(errno));
}

static void close_context(struct sweep *s, const struct sweep_row *row)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (s->event_fd >= 0)
		assert_int_equal(uiommufd_close(s->event_fd), 0);
	s->event_fd = -1;
	assert_int_equal(uiommufd_close(s->fd), 0);
	s->fd = -1;
	if (uiommufd_platform_audit(platform, &audit))
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

/* What the call makes when nothing fails. */
static char *successful_state(struct sweep *s, const struct sweep_row *row)
{
	char *graph;

	open_context(s, row);
	if (row->act(s))
		fail_msg("%s: fails without being made to: %s", row->name,
			 strerror(errno));
	graph = uiommufd_graph(s->fd);
	close_context(s, row);
	return graph;
}

/* One point made to fail.  Returns whether the call reached it. */
static bool try_point(struct sweep *s, const struct sweep_row *row,
		      unsigned int kind, bool sticky, uint32_t nth,
		      const char *success)
{
	char *before, *after;
	uint64_t count;
	bool hit;
	int error;

	open_context(s, row);
	before = uiommufd_graph(s->fd);
	count = blocks();
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
	    !(row->partial && !strcmp(after, success)))
		fail_msg("%s: %s %u changed the context:\n%s-- is now --\n%s",
			 row->name, kinds[kind].name, nth, before, after);
	if (error && !strcmp(before, after) && blocks() != count)
		fail_msg("%s: %s %u leaks %lld blocks", row->name,
			 kinds[kind].name, nth, (long long)(blocks() - count));
	if (!error && strcmp(after, success))
		fail_msg("%s: %s %u: success, but\n%s-- not --\n%s", row->name,
			 kinds[kind].name, nth, after, success);
	free(before);
	free(after);
	close_context(s, row);
	return hit;
}

/* Law: see sweep.h. */
static void sweep_one(void **state)
{
	const struct sweep_row *row = *state;
	unsigned int points = 0;
	char *success = successful_state(&sweep, row);

	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		for (int sticky = 0; sticky < 2; sticky++)
			for (uint32_t nth = 1; nth < MAX_POINTS; nth++) {
				if (!try_point(&sweep, row, kind, sticky, nth,
					       success))
					break;
				points++;
			}
	free(success);
	print_message("%u points\n", points);
	assert_true(points > 0);
}

/* A row that failed leaves its context open: the next one starts clean. */
static int close_failed(void **state)
{
	uiommufd_fail_nth(0, 0);
	if (sweep.event_fd >= 0)
		uiommufd_close(sweep.event_fd);
	if (sweep.fd >= 0)
		uiommufd_close(sweep.fd);
	sweep.fd = sweep.event_fd = -1;
	return 0;
}

static int make_platform(void **state)
{
	sweep.memory = mmap(NULL, SWEEP_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	platform = mock_platform();
	return platform && sweep.memory != MAP_FAILED ? 0 : -1;
}

static int free_platform(void **state)
{
	uiommufd_platform_free(platform);
	munmap(sweep.memory, SWEEP_BYTES);
	return 0;
}

int main(void)
{
	struct CMUnitTest *tests = calloc(sweep_row_count, sizeof(*tests));
	int failed;

	for (unsigned int i = 0; i < sweep_row_count; i++)
		tests[i] = (struct CMUnitTest){
			.name = sweep_rows[i].name,
			.test_func = sweep_one,
			.teardown_func = close_failed,
			.initial_state = (void *)&sweep_rows[i],
		};
	failed = _cmocka_run_group_tests("failure sweep", tests,
					 sweep_row_count, make_platform,
					 free_platform);
	free(tests);
	return failed;
}
