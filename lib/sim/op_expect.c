/* SPDX-License-Identifier: MIT */
/*
 * Driver ops that a test expects, in order.
 *
 * The lists belong to the test and outlive what is wrong with the library: they
 * come from GLib, and do not count as the machine's memory.  The machine's lock
 * of driver_op_watch protects them while commands run; texts are made when
 * nothing is watched any more.
 */
#include <uiommufd/ops.h>

#include <glib.h>
#include <linux/err.h>
#include <linux/kernel.h>

#include "kit/backtrace.h"
#include "kit/driver_op.h"
#include "kit/machine.h"
#include "sim/platform.h"

#define WRONGS_MAX 20
#define RUNS_MAX 64		/* of calls that are shown */
#define FRAMES 12
#define FRAMES_SKIP 3		/* blame(), called(), driver_op_slow() */

/* Calls of one op, one after the other. */
struct run {
	enum driver_op op;
	unsigned int count;
};

struct expectation {
	struct uiommufd_op_expected said;
	enum driver_op op;
	unsigned int left;
};

struct wrong {
	enum driver_op op;
	int expected;		/* index of the expectation, or -1: no more */
	void *frames[FRAMES];
	unsigned int frame_count;
};

/* What a test has said of one op. */
struct about {
	bool named;
	bool never;
	const char *file;	/* where it was forbidden */
	int line;
};

struct op_expect {
	struct driver_op_watch watch;
	GArray *list;		/* of struct expectation */
	guint next;
	struct about about[DRIVER_OP_NR];
	bool only_named;
	const char *only_file;
	int only_line;
	GArray *wrongs;		/* of struct wrong, the first WRONGS_MAX */
	unsigned int wrong_count;
	GArray *runs;		/* of struct run, the first RUNS_MAX */
	bool more_runs;
};

static struct op_expect *to_expect(struct driver_op_watch *watch)
{
	return container_of(watch, struct op_expect, watch);
}

/* --- when an op is called ------------------------------------------------ */

static void note_call(struct op_expect *expect, enum driver_op op)
{
	struct run run = { op, 1 }, *last;

	if (expect->runs->len) {
		last = &g_array_index(expect->runs, struct run,
				      expect->runs->len - 1);
		if (last->op == op && !expect->more_runs) {
			last->count++;
			return;
		}
	}
	if (expect->runs->len < RUNS_MAX)
		g_array_append_val(expect->runs, run);
	else
		expect->more_runs = true;
}

static struct expectation *expected_next(const struct op_expect *expect)
{
	if (expect->next == expect->list->len)
		return NULL;
	return &g_array_index(expect->list, struct expectation, expect->next);
}

static noinline void blame(struct op_expect *expect, enum driver_op op)
{
	struct wrong wrong = {
		.op = op,
		.expected = expected_next(expect) ? (int)expect->next : -1,
	};

	if (expect->wrong_count++ >= WRONGS_MAX)
		return;
	wrong.frame_count = backtrace_take(wrong.frames, FRAMES, FRAMES_SKIP);
	g_array_append_val(expect->wrongs, wrong);
}

static bool called(struct driver_op_watch *watch, enum driver_op op,
		   long *value)
{
	struct op_expect *expect = to_expect(watch);
	const struct about *about = &expect->about[op];
	struct expectation *next = expected_next(expect);

	note_call(expect, op);
	if (!next || next->op != op) {
		if (about->named || about->never || expect->only_named)
			blame(expect, op);
		return false;
	}
	if (!--next->left)
		expect->next++;
	*value = next->said.value;
	return next->said.answers;
}

/* --- what is expected ---------------------------------------------------- */

static struct uik_machine *machine_behind(struct uiommufd_platform *platform)
{
	return platform ? platform->machine : uik_machine_default();
}

static struct op_expect *op_expect_new(void)
{
	struct op_expect *expect = g_new0(struct op_expect, 1);

	expect->watch.called = called;
	expect->list = g_array_new(FALSE, FALSE, sizeof(struct expectation));
	expect->wrongs = g_array_new(FALSE, FALSE, sizeof(struct wrong));
	expect->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	return expect;
}

static void op_expect_free(struct op_expect *expect)
{
	g_array_free(expect->list, TRUE);
	g_array_free(expect->wrongs, TRUE);
	g_array_free(expect->runs, TRUE);
	g_free(expect);
}

static bool find_op(const char *name, enum driver_op *op)
{
	for (unsigned int i = 0; i < DRIVER_OP_NR; i++) {
		if (strcmp(driver_op_rows[i].name, name))
			continue;
		*op = i;
		return true;
	}
	return false;
}

static char *unknown_op(const char *name)
{
	GString *text = g_string_new(NULL);
	char *result;

	g_string_append_printf(text, "no driver op is called \"%s\"; there are",
			       name);
	for (unsigned int i = 0; i < DRIVER_OP_NR; i++)
		g_string_append_printf(text, "%s%s", i % 4 ? " " : "\n  ",
				       driver_op_rows[i].name);
	g_string_append_c(text, '\n');
	result = strdup(text->str);
	g_string_free(text, TRUE);
	return result;
}

/* Whether an op that gives this may be answered for so; if not, what may. */
static const char *wrong_answer(enum driver_op_result result, long value)
{
	switch (result) {
	case DRIVER_OP_NUMBER:
		return value <= 0 && value >= -MAX_ERRNO ? NULL : "0 or -errno";
	case DRIVER_OP_POINTER:
		return value < 0 && value >= -MAX_ERRNO ? NULL : "-errno";
	case DRIVER_OP_SIZE:
		return value ? "0" : NULL;
	case DRIVER_OP_TRUTH:
		return value == !!value ? NULL : "0 or 1";
	case DRIVER_OP_NOTHING:
		break;
	}
	return "nothing";
}

/* What is wrong with it, or NULL and the op in *@op. */
static char *check(const struct uiommufd_op_expected *said, enum driver_op *op)
{
	const char *may;
	char *text;

	if (!said->op && said->count)
		return strdup("an op that is expected has a name\n");
	if (said->op && !find_op(said->op, op))
		return unknown_op(said->op);
	if (!said->answers)
		return NULL;
	if (!said->count)
		return strdup("what is not called gives nothing\n");
	may = wrong_answer(driver_op_rows[*op].result, said->value);
	if (may && asprintf(&text, "%s gives %s, not %ld\n", said->op, may,
			    said->value) >= 0)
		return text;
	return may ? strdup("the op cannot give that\n") : NULL;
}

static void add(struct op_expect *expect,
		const struct uiommufd_op_expected *said, enum driver_op op)
{
	struct expectation one = { *said, op, said->count };

	if (!said->op) {
		expect->only_named = true;
		expect->only_file = said->file;
		expect->only_line = said->line;
	} else if (!said->count) {
		expect->about[op].never = true;
		expect->about[op].file = said->file;
		expect->about[op].line = said->line;
	} else {
		expect->about[op].named = true;
		g_array_append_val(expect->list, one);
	}
}

char *uiommufd_op_expect(struct uiommufd_platform *platform,
			 const struct uiommufd_op_expected *expected)
{
	enum driver_op op = DRIVER_OP_NR;
	struct uik_machine *machine = machine_behind(platform);
	char *text = check(expected, &op);
	struct driver_op_watch *watch;
	struct op_expect *expect;

	if (text)
		return text;
	/* Unwatched while the lists change: calls meanwhile are free. */
	watch = driver_op_watch_get(machine);
	driver_op_watch_set(machine, NULL);
	expect = watch ? to_expect(watch) : op_expect_new();
	add(expect, expected, op);
	driver_op_watch_set(machine, &expect->watch);
	return NULL;
}

/* --- what went wrong ----------------------------------------------------- */

static void append_place(GString *to, const char *file, int line)
{
	if (file)
		g_string_append_printf(to, " (%s:%d)", file, line);
}

static void append_instead(GString *to, const struct op_expect *expect,
			   const struct wrong *wrong)
{
	const struct about *about = &expect->about[wrong->op];
	const struct expectation *one;

	if (about->never) {
		g_string_append(to, ", expected was no such call");
		append_place(to, about->file, about->line);
	} else if (!about->named) {
		g_string_append(to, ", expected was no other op");
		append_place(to, expect->only_file, expect->only_line);
	} else if (wrong->expected < 0) {
		g_string_append(to, ", expected was no more of it");
	} else {
		one = &g_array_index(expect->list, struct expectation,
				     wrong->expected);
		g_string_append_printf(to, ", expected was %s", one->said.op);
		append_place(to, one->said.file, one->said.line);
	}
}

static void append_wrong(GString *to, const struct op_expect *expect,
			 const struct wrong *wrong)
{
	char frames[2048] = "";

	g_string_append_printf(to, "driver op %s was called",
			       driver_op_rows[wrong->op].name);
	append_instead(to, expect, wrong);
	g_string_append_c(to, '\n');
	backtrace_format(wrong->frames, wrong->frame_count, frames,
			 sizeof(frames));
	g_string_append(to, frames);
	if (*frames && !g_str_has_suffix(frames, "\n"))
		g_string_append_c(to, '\n');
}

static void append_missing(GString *to, const struct op_expect *expect)
{
	for (guint i = expect->next; i < expect->list->len; i++) {
		const struct expectation *one =
			&g_array_index(expect->list, struct expectation, i);

		g_string_append_printf(to, "driver op %s was not called",
				       one->said.op);
		if (one->said.count > 1)
			g_string_append_printf(to, " %u of %u times", one->left,
					       one->said.count);
		append_place(to, one->said.file, one->said.line);
		g_string_append_c(to, '\n');
	}
}

static void append_calls(GString *to, const struct op_expect *expect)
{
	g_string_append(to, "ops that were called:");
	for (guint i = 0; i < expect->runs->len; i++) {
		const struct run *run =
			&g_array_index(expect->runs, struct run, i);

		g_string_append_printf(to, "%s%s", i % 4 ? " " : "\n  ",
				       driver_op_rows[run->op].name);
		if (run->count > 1)
			g_string_append_printf(to, "*%u", run->count);
	}
	if (!expect->runs->len)
		g_string_append(to, " none");
	g_string_append(to, expect->more_runs ? " ...\n" : "\n");
}

static char *describe(const struct op_expect *expect)
{
	GString *text = g_string_new(NULL);
	char *result;

	for (guint i = 0; i < expect->wrongs->len; i++)
		append_wrong(text, expect,
			     &g_array_index(expect->wrongs, struct wrong, i));
	if (expect->wrong_count > WRONGS_MAX)
		g_string_append_printf(text, "and %u more calls\n",
				       expect->wrong_count - WRONGS_MAX);
	append_missing(text, expect);
	append_calls(text, expect);
	result = strdup(text->str);
	g_string_free(text, TRUE);
	return result;
}

char *uiommufd_op_expect_end(struct uiommufd_platform *platform)
{
	struct uik_machine *machine = machine_behind(platform);
	struct driver_op_watch *watch = driver_op_watch_get(machine);
	struct op_expect *expect;
	char *text = NULL;

	if (!watch)
		return NULL;
	driver_op_watch_set(machine, NULL);
	expect = to_expect(watch);
	if (expect->wrong_count || expected_next(expect))
		text = describe(expect);
	op_expect_free(expect);
	return text;
}
