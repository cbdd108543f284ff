// SPDX-License-Identifier: MIT
/*
 * An execution as a table for people.
 *
 * A row says how far a thread comes before another one goes on: the steps in
 * between matter to nobody.  Failures that were injected, and the step that
 * breaks the law, have rows of their own.
 */
#include <stdlib.h>
#include <string.h>
#include <uik/hardware_fault.h>

#include "explore/symbol.h"
#include "explore/trail.h"

#define COLUMN 46

static const char *const verbs[UIK_POINT_NR] = {
	[UIK_POINT_LOCK] = "lock",
	[UIK_POINT_TRYLOCK] = "trylock",
	[UIK_POINT_UNLOCK] = "unlock",
	[UIK_POINT_WAIT] = "wait",
	[UIK_POINT_WAKE] = "wake",
	[UIK_POINT_REF] = "ref",
	[UIK_POINT_ATOMIC] = "atomic",
	[UIK_POINT_LOAD] = "load",
	[UIK_POINT_STORE] = "store",
	[UIK_POINT_ALLOC] = "alloc",
	[UIK_POINT_FREE] = "free",
	[UIK_POINT_COPY] = "copy",
	[UIK_POINT_CALL] = "enter",
	[UIK_POINT_RETURN] = "return",
	[UIK_POINT_MMIO] = "mmio",
	[UIK_POINT_IRQ] = "interrupt",
	[UIK_POINT_STEP] = "device step",
	[UIK_POINT_SLEEP] = "yield",
};

static const char *const failures[UIK_FAIL_KINDS] = {
	[UIK_FAIL_ALLOC] = "allocation fails",
	[UIK_FAIL_COPY] = "user copy fails",
	[UIK_FAIL_PIN] = "pinning fails",
	[UIK_FAIL_OP] = "operation fails",
	[UIK_FAIL_HARDWARE] = "hardware fails",
	[UIK_FAIL_DRIVER] = "driver refuses",
};

const char *row_verb(const struct trail_row *row)
{
	if (row->failure)
		return failures[row->kind % UIK_FAIL_KINDS];
	return verbs[row->kind % UIK_POINT_NR];
}

/* Whether the table shows row @i: the end of a turn, or what is special. */
static bool is_shown(const struct uiommufd_trail *trail, uint32_t i)
{
	const struct trail_row *row = &trail->rows[i];

	return row->failure || i + 1 == trail->row_count ||
	       trail->rows[i + 1].fiber != row->fiber;
}

unsigned int uiommufd_trail_length(const struct uiommufd_trail *trail)
{
	unsigned int length = 0;

	for (uint32_t i = 0; i < trail->row_count; i++)
		length += is_shown(trail, i);
	return length;
}

/* Columns are those of fibers with a row, in order. */
static void columns_of(const struct uiommufd_trail *trail,
			       unsigned int *column)
{
	unsigned int count = 0;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < trail->row_count; i++)
		if (is_shown(trail, i))
			seen |= 1u << trail->rows[i].fiber;
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		column[i] = seen >> i & 1 ? count++ : 0;
}

static void print_head(const struct uiommufd_trail *trail, FILE *out)
{
	fprintf(out, "%6s", "step");
	for (unsigned int i = 0; i < trail->fiber_count; i++)
		for (uint32_t r = 0; r < trail->row_count; r++)
			if (is_shown(trail, r) && trail->rows[r].fiber == i) {
				fprintf(out, "  %-*s", COLUMN,
					trail->fiber_names[i]);
				break;
			}
	fputc('\n', out);
}

static void print_row(const struct trail_row *row, unsigned int column,
		      FILE *out)
{
	char where[160], text[256];

	symbol_format(row->site, where, sizeof(where));
	if (row->failure || !row->addr)
		snprintf(text, sizeof(text), "%s: %s", row_verb(row), where);
	else
		snprintf(text, sizeof(text), "%s %p: %s", row_verb(row),
			 row->addr, where);
	fprintf(out, "%6u%*s  %s\n", row->step, column * (COLUMN + 2), "",
		text);
}

/* Frames of the engine, around what people want to see. */
static bool is_engine(const char *name)
{
	static const char *const names[] = {
		"broken", "engine_break", "uik_fiber_begin", "fiber_main",
		"hook_", "law_", "laws_step", "tell_hooks", "thread_part",
		"end_part", "setup_part", "uik_point_", "make_step",
		"uiommufd_run_break", "check_return", "check_recursion",
		"add_edge", "next_fiber", "take_turn", "all_wait",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static void print_stack(const char *who, const void *const *frames,
			unsigned int count, FILE *out)
{
	unsigned int shown = 0;
	char where[160];

	fprintf(out, "stack of %s:\n", who);
	for (unsigned int i = 0; i < count; i++) {
		symbol_format(frames[i], where, sizeof(where));
		if (!is_engine(where))
			fprintf(out, "    #%u %s\n", shown++, where);
	}
}

bool rows_clash(const struct trail_row *a, const struct trail_row *b)
{
	if (a->failure || b->failure || !a->addr || !b->addr)
		return false;
	return a->addr == b->addr && (a->write || b->write);
}

/* What the code addresses in a message are. */
static void explain_addresses(const char *message, FILE *out)
{
	const char *at = message;
	char where[160];

	while ((at = strstr(at, "0x"))) {
		char *end;
		const void *pc = (const void *)strtoull(at, &end, 16);

		symbol_format(pc, where, sizeof(where));
		if (strncmp(where, "0x", 2) && strchr(where, ':'))
			fprintf(out, "    %p is in %s\n", pc, where);
		at = end;
	}
}

/* The last step of another fiber on the guilty step's operand. */
static const struct trail_row *partner(const struct uiommufd_trail *trail)
{
	const struct trail_row *last, *row;

	if (!trail->row_count)
		return NULL;
	last = &trail->rows[trail->row_count - 1];
	for (row = last; row-- > trail->rows;)
		if (row->fiber != last->fiber && last->addr &&
		    rows_clash(row, last))
			return row;
	return NULL;
}

void uiommufd_trail_print(const struct uiommufd_trail *trail, FILE *out)
{
	const struct trail_row *other = partner(trail), *row;
	unsigned int column[FIBERS_MAX];

	columns_of(trail, column);
	print_head(trail, out);
	for (row = trail->rows; row < trail->rows + trail->row_count; row++)
		if (is_shown(trail, row - trail->rows))
			print_row(row, column[row->fiber], out);
	if (!*trail->law) {
		fputs("no law is broken\n", out);
		symbol_done();
		return;
	}
	fprintf(out, "broken: %s: %s\n", trail->law, trail->message);
	explain_addresses(trail->message, out);
	if (trail->guilty < FIBERS_MAX)
		print_stack(trail->fiber_names[trail->guilty],
			    trail->guilty_frames, trail->guilty_frame_count,
			    out);
	if (other)
		print_stack(trail->fiber_names[other->fiber], other->frames,
			    other->frame_count, out);
	symbol_done();
}
