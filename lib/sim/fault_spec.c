/* SPDX-License-Identifier: MIT */
/*
 * Faults in words: "KIND[,KEY=VALUE]...", and faults out of a seed.
 */
#include <errno.h>
#include <linux/array_size.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim.h"

struct word {
	const char *name;
	unsigned int value;
};

static const struct word kinds[] = {
	{ "illegal-opcode", UIOMMUFD_FAULT_ILLEGAL_COMMAND },
	{ "illegal-operand", UIOMMUFD_FAULT_ILLEGAL_OPERAND },
	{ "fetch-abort", UIOMMUFD_FAULT_FETCH_ABORT },
	{ "atc-timeout", UIOMMUFD_FAULT_ATC_TIMEOUT },
	{ "stuck-enable", UIOMMUFD_FAULT_STUCK_ENABLE },
	{ "lost-interrupt", UIOMMUFD_FAULT_LOST_INTERRUPT },
	{ "spurious-interrupt", UIOMMUFD_FAULT_SPURIOUS_INTERRUPT },
	{ "slow", UIOMMUFD_FAULT_SLOW },
	{ "lost-invalidation", UIOMMUFD_FAULT_LOST_INVALIDATION },
};

static const struct word units[] = {
	{ "queue", UIOMMUFD_UNIT_QUEUE },
	{ "vintf", UIOMMUFD_UNIT_VINTF },
	{ "cmdqv", UIOMMUFD_UNIT_CMDQV },
	{ "smmu", UIOMMUFD_UNIT_SMMU },
};

static const struct word *find_word(const struct word *words, size_t count,
				    const char *text, size_t length)
{
	for (; count; count--, words++)
		if (strlen(words->name) == length &&
		    !memcmp(words->name, text, length))
			return words;
	return NULL;
}

static bool is_interrupt(enum uiommufd_fault_kind kind)
{
	return kind == UIOMMUFD_FAULT_LOST_INTERRUPT ||
	       kind == UIOMMUFD_FAULT_SPURIOUS_INTERRUPT;
}

static struct uiommufd_fault fault_of_kind(enum uiommufd_fault_kind kind)
{
	return (struct uiommufd_fault){
		.size = sizeof(struct uiommufd_fault),
		.kind = kind,
		.unit = is_interrupt(kind) ? UIOMMUFD_UNIT_CMDQV :
					     UIOMMUFD_UNIT_QUEUE,
		.number = UIOMMUFD_QUEUE_ANY,
		.times = kind == UIOMMUFD_FAULT_SLOW ? 0 : 1,
		.delay_ns = kind == UIOMMUFD_FAULT_SLOW ? 1000 : 0,
	};
}

static const char *parse_number(const char *text, size_t length, u64 *out)
{
	char copy[24];
	char *end;

	if (!length || length >= sizeof(copy) || *text < '0' || *text > '9')
		return "a number is needed";
	memcpy(copy, text, length);
	copy[length] = '\0';
	errno = 0;
	*out = strtoull(copy, &end, 0);
	return errno || *end ? "a number is needed" : NULL;
}

/* "main", "any" or a queue's number. */
static const char *parse_target(struct uiommufd_fault *fault, const char *text,
				size_t length)
{
	const char *why;
	u64 number;

	if (length == 3 && !memcmp(text, "any", 3)) {
		fault->number = UIOMMUFD_QUEUE_ANY;
		return NULL;
	}
	if (length == 4 && !memcmp(text, "main", 4)) {
		fault->number = UIOMMUFD_QUEUE_MAIN;
		return NULL;
	}
	why = parse_number(text, length, &number);
	if (why || number >= MAX_VCMDQS)
		return "a queue is a number, 'main' or 'any'";
	fault->number = number;
	return NULL;
}

static const char *parse_unit(struct uiommufd_fault *fault, const char *text,
			      size_t length)
{
	const struct word *unit =
		find_word(units, ARRAY_SIZE(units), text, length);

	if (!unit)
		return "a unit is queue, vintf, cmdqv or smmu";
	fault->unit = unit->value;
	return NULL;
}

static bool key_is(const char *text, size_t length, const char *key)
{
	return strlen(key) == length && !memcmp(text, key, length);
}

static const char *parse_value(struct uiommufd_fault *fault, const char *key,
			       size_t key_length, const char *text,
			       size_t length)
{
	const char *why;
	u64 number = 0;

	if (key_is(key, key_length, "unit"))
		return parse_unit(fault, text, length);
	if (key_is(key, key_length, "queue")) {
		fault->unit = UIOMMUFD_UNIT_QUEUE;
		return parse_target(fault, text, length);
	}
	why = parse_number(text, length, &number);
	if (key_is(key, key_length, "vintf")) {
		fault->unit = UIOMMUFD_UNIT_VINTF;
		fault->number = why ? 0 : (int)number;
		return why || number < MAX_VINTFS ? why : "no such VINTF";
	}
	if (key_is(key, key_length, "opcode")) {
		fault->match_opcode = true;
		fault->opcode = number;
		return why || number < 256 ? why : "an opcode has 8 bits";
	}
	if (key_is(key, key_length, "skip"))
		fault->skip = number;
	else if (key_is(key, key_length, "times"))
		fault->times = number;
	else if (key_is(key, key_length, "delay"))
		fault->delay_ns = number;
	else
		return "a key is unit, queue, vintf, opcode, skip, times or "
		       "delay";
	return why;
}

static const char *parse(const char *spec, struct uiommufd_fault *fault)
{
	size_t length = strcspn(spec, ",");
	const struct word *kind =
		find_word(kinds, ARRAY_SIZE(kinds), spec, length);
	const char *why = NULL;

	if (!kind)
		return "a kind is illegal-opcode, illegal-operand, "
		       "fetch-abort, atc-timeout, stuck-enable, "
		       "lost-interrupt, spurious-interrupt, slow or "
		       "lost-invalidation";
	*fault = fault_of_kind(kind->value);
	for (spec += length; *spec && !why; spec += length) {
		size_t key_length;

		length = strcspn(++spec, ",");
		key_length = strcspn(spec, "=,");
		if (key_length >= length)
			return "KEY=VALUE is needed after a comma";
		why = parse_value(fault, spec, key_length,
				  spec + key_length + 1,
				  length - key_length - 1);
	}
	return why;
}

int uiommufd_fault_parse(const char *spec, struct uiommufd_fault *out,
			 const char **out_why)
{
	struct uiommufd_fault fault;
	const char *why = parse(spec, &fault);

	if (out_why)
		*out_why = why;
	if (why) {
		errno = EINVAL;
		return -1;
	}
	*out = fault;
	return 0;
}

static u64 step_seed(uint64_t *seed)
{
	u64 z = (*seed += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/*
 * Kinds that a running machine gets over, each a bounded number of times.  A
 * lost interrupt is one: whoever waits for it has to look for himself.
 */
void uiommufd_fault_random(uint64_t *seed, struct uiommufd_fault *out)
{
	u64 choice = step_seed(seed);
	/* All but LOST_INVALIDATION, which only the DMA law would notice. */
	enum uiommufd_fault_kind kind =
		choice % (UIOMMUFD_FAULT_LOST_INVALIDATION);

	*out = fault_of_kind(kind);
	out->skip = step_seed(seed) % 200;
	out->times = 1 + step_seed(seed) % 4;
	if (kind == UIOMMUFD_FAULT_SPURIOUS_INTERRUPT)
		out->skip = 0;
	if (kind == UIOMMUFD_FAULT_SLOW)
		out->delay_ns = step_seed(seed) % 5000;
	if (kind == UIOMMUFD_FAULT_STUCK_ENABLE)
		out->unit = step_seed(seed) % 4;
	else if (is_interrupt(kind))
		out->unit = step_seed(seed) % 2 ? UIOMMUFD_UNIT_CMDQV :
						  UIOMMUFD_UNIT_SMMU;
}

const char *uiommufd_fault_name(enum uiommufd_fault_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].value == kind)
			return kinds[i].name;
	return NULL;
}
