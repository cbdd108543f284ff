// SPDX-License-Identifier: MIT
/*
 * Trails as text.
 *
 *   uiommufd trail 1
 *   scenario NAME
 *   law NAME            (- if none broke)
 *   absent MASK         threads that do nothing; in hexadecimal
 *   failures COUNT      at most so many were asked for; -1: any number
 *   s OPTIONS CHOSEN    who makes the next step; options in hexadecimal
 *   f KIND CHOSEN       whether a step fails
 *   c OPTIONS CHOSEN    a value
 *   end COUNT
 *
 * Repeated lines are written once with "xN" at their end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/trail.h"

#define HEAD "uiommufd trail 1"

static const char letters[] = { 's', 'f', 'c' };

static bool same(const struct decision *a, const struct decision *b)
{
	return a->kind == b->kind && a->options == b->options &&
	       a->chosen == b->chosen && a->fail_kind == b->fail_kind;
}

static void save_decision(const struct decision *d, uint32_t times, FILE *out)
{
	unsigned long long first = d->kind == DECISION_FAIL ? d->fail_kind :
							      d->options;

	fprintf(out, "%c %llx %u", letters[d->kind], first, d->chosen);
	if (times > 1)
		fprintf(out, " x%u", times);
	fputc('\n', out);
}

int uiommufd_trail_save(const struct uiommufd_trail *trail, FILE *out)
{
	uint32_t i, times;

	fprintf(out, HEAD "\nscenario %s\nlaw %s\nabsent %x\n"
		"failures %d\n", trail->scenario,
		*trail->law ? trail->law : "-", trail->absent,
		trail->failures);
	for (i = 0; i < trail->decision_count; i += times) {
		for (times = 1; i + times < trail->decision_count &&
		     same(&trail->decisions[i], &trail->decisions[i + times]);)
			times++;
		save_decision(&trail->decisions[i], times, out);
	}
	fprintf(out, "end %u\n", trail->decision_count);
	return ferror(out) || fflush(out) ? -1 : 0;
}

/* ---- loading ------------------------------------------------------------- */

struct loader {
	struct uiommufd_trail *trail;
	uint32_t room;
	bool ended;
};

static bool add(struct loader *l, const struct decision *d, unsigned int times)
{
	struct uiommufd_trail *trail = l->trail;
	uint64_t wanted = (uint64_t)trail->decision_count + times;
	struct decision *more;

	if (!times || wanted > DECISIONS_MAX)
		return false;
	if (wanted > l->room) {
		more = realloc(trail->decisions, 2 * wanted * sizeof(*more));
		if (!more)
			return false;
		trail->decisions = more;
		l->room = 2 * wanted;
	}
	while (times--)
		trail->decisions[trail->decision_count++] = *d;
	return true;
}

static bool load_decision(struct loader *l, const char *line)
{
	unsigned long long first;
	unsigned int chosen, times = 1;
	const char *at = memchr(letters, line[0], sizeof(letters));
	struct decision d = { .running = NOBODY };
	int used = 0;

	if (!at || sscanf(line + 1, " %llx %u%n", &first, &chosen, &used) < 2 ||
	    chosen > 63)
		return false;
	line += 1 + used;
	if (*line == ' ' && sscanf(line, " x%u%n", &times, &used) == 1)
		line += used;
	if (*line)
		return false;
	d.kind = at - letters;
	d.chosen = chosen;
	d.options = d.kind == DECISION_FAIL ? 3 : first;
	d.fail_kind = d.kind == DECISION_FAIL ? first : 0;
	return d.options >> chosen & 1 && add(l, &d, times);
}

static bool load_line(struct loader *l, const char *line, unsigned int number)
{
	struct uiommufd_trail *trail = l->trail;
	unsigned int count;

	if (number == 1)
		return !strcmp(line, HEAD);
	if (number == 2)
		return sscanf(line, "scenario %63s", trail->scenario) == 1;
	if (number == 3) {
		if (sscanf(line, "law %63s", trail->law) != 1)
			return false;
		if (!strcmp(trail->law, "-"))
			trail->law[0] = 0;
		return true;
	}
	if (number == 4)
		return sscanf(line, "absent %x", &trail->absent) == 1;
	if (number == 5)
		return sscanf(line, "failures %d", &trail->failures) == 1;
	if (sscanf(line, "end %u", &count) == 1) {
		l->ended = true;
		return count == trail->decision_count;
	}
	return !l->ended && load_decision(l, line);
}

struct uiommufd_trail *uiommufd_trail_load(FILE *in, unsigned int *error_line)
{
	struct loader l = { .trail = calloc(1, sizeof(*l.trail)) };
	unsigned int number = 0, wrong = 0;
	char line[256];

	if (error_line)
		*error_line = 0;
	if (!l.trail)
		return NULL;
	while (!wrong && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		number++;
		if (!load_line(&l, line, number))
			wrong = number;
	}
	if (!wrong && !l.ended)
		wrong = number + 1;
	if (!wrong)
		return l.trail;
	if (error_line)
		*error_line = wrong;
	uiommufd_trail_free(l.trail);
	errno = EINVAL;
	return NULL;
}
