// SPDX-License-Identifier: MIT
/*
 * Mutation that knows calls.  Inputs that come without the header get it.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#define ROUNDS 4
#define CHOICES 32		/* that mutation makes */

/*
 * The calls of an input, one after the other, decoded.  Where there are
 * decisions a call has a place: 0 the beginning, then the threads.
 */
struct calls {
	unsigned int count;
	size_t size;			/* of @bytes */
	size_t begin[FUZZ_MAX_CALLS + 1]; /* the last: the end */
	uint8_t place[FUZZ_MAX_CALLS];
	bool decided;
	size_t choice_count;
	struct uiommufd_choice choices[FUZZ_MAX_CHOICES];
	uint8_t bytes[UIOMMUFD_FUZZ_MAX_BYTES];
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static unsigned int pick(uint64_t *state, unsigned int n)
{
	return next_random(state) % n;
}

static void add_bytes(struct calls *calls, unsigned int place,
		      const uint8_t *bytes, size_t size)
{
	if (calls->count == FUZZ_MAX_CALLS ||
	    size > sizeof(calls->bytes) - calls->size)
		return;
	calls->place[calls->count] = place;
	calls->begin[calls->count++] = calls->size;
	memcpy(calls->bytes + calls->size, bytes, size);
	calls->size += size;
	calls->begin[calls->count] = calls->size;
}

/* Without decisions sections become one. */
static void split(struct calls *calls, const uint8_t *data, size_t size)
{
	unsigned int section = 0;
	struct fuzz_reader reader;
	struct fuzz_call call;
	size_t at = 0;

	calls->decided = fuzz_read_choices(data, size, calls->choices,
					   FUZZ_MAX_CHOICES,
					   &calls->choice_count);
	while (section < FUZZ_MAX_SECTIONS &&
	       fuzz_next_section(data, size, &at, &reader)) {
		while (fuzz_next_call(&reader, &call))
			add_bytes(calls, calls->decided ? section : 0,
				  call.begin, call.end - call.begin);
		section++;
	}
}

static void write_place(const struct calls *calls, unsigned int place,
			struct fuzz_writer *w)
{
	size_t section = fuzz_write_section(w, 'C');

	for (unsigned int i = 0; i < calls->count; i++)
		if (calls->place[i] == place)
			fuzz_write_bytes(w, calls->bytes + calls->begin[i],
					 calls->begin[i + 1] - calls->begin[i]);
	fuzz_write_end(w, section);
}

static bool is_used(const struct calls *calls, unsigned int place)
{
	for (unsigned int i = 0; i < calls->count; i++)
		if (calls->place[i] == place)
			return true;
	return false;
}

/* Writes the input; what does not fit is left out. */
static size_t join(const struct calls *calls, uint8_t *out, size_t max_size)
{
	struct fuzz_writer w = { .out = out, .room = max_size };

	fuzz_write_header(&w);
	if (calls->decided)
		fuzz_write_choices(&w, calls->choices, calls->choice_count);
	write_place(calls, 0, &w);
	for (unsigned int place = 1; place < FUZZ_MAX_SECTIONS; place++)
		if (is_used(calls, place))
			write_place(calls, place, &w);
	return w.size;
}

/* Whose call was at an offset, or the last one. */
static unsigned int place_at(const struct calls *calls, size_t offset)
{
	unsigned int i = 0;

	while (i + 1 < calls->count && calls->begin[i + 1] <= offset)
		i++;
	return calls->count ? calls->place[i] : 0;
}

/* Puts @length bytes of @place in the place of [from, to); -1: as they were. */
static void replace(struct calls *calls, size_t from, size_t to, int place,
		    const uint8_t *bytes, size_t length)
{
	struct calls old = *calls;
	size_t size = old.size - (to - from) + length, at;
	struct fuzz_reader reader;
	struct fuzz_call call;

	if (size > sizeof(old.bytes))
		return;
	if (length)
		memcpy(calls->bytes + from, bytes, length);
	memcpy(calls->bytes + from + length, old.bytes + to, old.size - to);
	/* Calls are found anew. */
	reader = (struct fuzz_reader){ calls->bytes, calls->bytes + size };
	calls->count = 0;
	while (calls->count < FUZZ_MAX_CALLS && fuzz_next_call(&reader, &call)) {
		at = call.begin - calls->bytes;
		if (place >= 0 && at >= from && at < from + length)
			calls->place[calls->count] = place;
		else
			calls->place[calls->count] = place_at(&old,
				at < from + length ? at :
						     at - length + (to - from));
		calls->begin[calls->count++] = at;
	}
	calls->size = reader.at - calls->bytes;
	calls->begin[calls->count] = calls->size;
}

/* A new call with the simplest of arguments: small, referring to the first. */
static size_t make_call(uint64_t *state, uint8_t *out)
{
	unsigned int op = pick(state, fuzz_op_count);
	size_t size = 0;

	out[size++] = op;
	out[size++] = pick(state, 8) ? 0 : 1u << pick(state, 8);
	for (unsigned int i = 0; i < FUZZ_MAX_FIELDS; i++) {
		const struct fuzz_field *field = &fuzz_ops[op].fields[i];

		if (!field->kind)
			break;
		if (!fuzz_is_input(field))
			continue;
		if (field->kind == FUZZ_MAGIC)
			out[size++] = 0x40 + pick(state, 8);
		else if (field->kind == FUZZ_DATA)
			out[size++] = 0;
		else
			out[size++] = pick(state, 8);
	}
	return size;
}

static unsigned int any_place(const struct calls *calls, uint64_t *state)
{
	return calls->decided ? pick(state, FUZZ_MAX_SECTIONS) : 0;
}

static void mutate_byte(struct calls *calls, uint64_t *state)
{
	static const uint8_t odd[] = { 0, 1, 2, 0x40, 0x41, 0x80, 0x8b, 0x8c,
				       0xbf, 0xc0, 0xef, 0xf3, 0xfe, 0xff };
	uint8_t *byte = &calls->bytes[pick(state, calls->size)];
	uint8_t value = *byte;

	switch (pick(state, 4)) {
	case 0:
		value ^= 1u << pick(state, 8);
		break;
	case 1:
		value += pick(state, 2) ? 1 : -1;
		break;
	case 2:
		value = odd[pick(state, sizeof(odd))];
		break;
	default:
		value = next_random(state);
	}
	replace(calls, byte - calls->bytes, byte - calls->bytes + 1, -1, &value,
		1);
}

static void mutate_modifier(struct calls *calls, uint64_t *state)
{
	size_t at = calls->begin[pick(state, calls->count)] + 1;
	uint8_t extra[4] = { 0 };

	if (at >= calls->size)
		return;
	extra[0] = calls->bytes[at] ^ 1u << pick(state, 8);
	for (unsigned int i = 1; i < sizeof(extra); i++)
		extra[i] = pick(state, 16);
	replace(calls, at, at + 1, -1, extra, 1 + pick(state, 4));
}

static void mutate_calls(struct calls *calls, uint64_t *state)
{
	unsigned int from = pick(state, calls->count);
	unsigned int to = pick(state, calls->count + 1);
	unsigned int place = calls->place[from];
	uint8_t copy[UIOMMUFD_FUZZ_MAX_BYTES];
	size_t begin = calls->begin[from];
	size_t length = calls->begin[from + 1] - begin;

	memcpy(copy, calls->bytes + begin, length);
	if (pick(state, 2)) {
		/* Removed, or moved. */
		replace(calls, begin, begin + length, -1, NULL, 0);
		if (pick(state, 2) || to > calls->count)
			return;
	}
	/* Also between threads. */
	if (!pick(state, 4))
		place = any_place(calls, state);
	replace(calls, calls->begin[to], calls->begin[to], place, copy, length);
}

/* ---- decisions ----------------------------------------------------------- */

static struct uiommufd_choice any_choice(uint64_t *state)
{
	return (struct uiommufd_choice){
		.passed = pick(state, 1u << pick(state, 11)),
		.value = 1 + pick(state, 3),
	};
}

static void add_choice(struct calls *calls, uint64_t *state)
{
	size_t at = pick(state, calls->choice_count + 1);

	if (calls->choice_count >= CHOICES)
		return;
	memmove(&calls->choices[at + 1], &calls->choices[at],
		(calls->choice_count - at) * sizeof(calls->choices[0]));
	calls->choices[at] = any_choice(state);
	calls->choice_count++;
}

static void mutate_choices(struct calls *calls, uint64_t *state)
{
	size_t at;

	if (!calls->choice_count || !pick(state, 4)) {
		add_choice(calls, state);
		return;
	}
	at = pick(state, calls->choice_count);
	switch (pick(state, 4)) {
	case 0:
		memmove(&calls->choices[at], &calls->choices[at + 1],
			(calls->choice_count - at - 1) *
				sizeof(calls->choices[0]));
		calls->choice_count--;
		break;
	case 1:
		calls->choices[at] = any_choice(state);
		break;
	case 2:
		calls->choices[at].value = 1 + pick(state, 3);
		break;
	default:
		calls->choices[at].passed += pick(state, 9) - 4;
		calls->choices[at].passed &= 0xffff;
	}
}

/* What comes after some point is split over two threads or more. */
static void make_threads(struct calls *calls, uint64_t *state)
{
	unsigned int first = pick(state, calls->count + 1);
	unsigned int threads = 2 + (!pick(state, 4)) * pick(state, 3);

	calls->decided = true;
	for (unsigned int i = first; i < calls->count; i++)
		calls->place[i] = 1 + pick(state, threads);
	for (unsigned int n = pick(state, 4); n; n--)
		add_choice(calls, state);
}

static void mutate_threads(struct calls *calls, uint64_t *state)
{
	if (!calls->decided) {
		make_threads(calls, state);
	} else if (!pick(state, 32)) {
		calls->decided = false;
		calls->choice_count = 0;
		memset(calls->place, 0, sizeof(calls->place));
	} else if (calls->count && !pick(state, 3)) {
		calls->place[pick(state, calls->count)] =
			any_place(calls, state);
	} else {
		mutate_choices(calls, state);
	}
}

static void mutate_once(struct calls *calls, uint64_t *state)
{
	uint8_t fresh[64];
	size_t at;

	if (!pick(state, calls->decided ? 3 : 64)) {
		mutate_threads(calls, state);
		return;
	}
	if (!calls->count || !pick(state, 4)) {
		at = calls->begin[pick(state, calls->count + 1)];
		replace(calls, at, at, any_place(calls, state), fresh,
			make_call(state, fresh));
		return;
	}
	switch (pick(state, 4)) {
	case 0:
		mutate_calls(calls, state);
		break;
	case 1:
		mutate_modifier(calls, state);
		break;
	default:
		mutate_byte(calls, state);
	}
}

size_t uiommufd_fuzz_mutate(uint8_t *data, size_t size, size_t max_size,
			    unsigned int seed)
{
	uint64_t state = seed;
	struct calls calls = { .count = 0 };

	split(&calls, data, size);
	for (unsigned int n = 1 + pick(&state, ROUNDS); n; n--)
		mutate_once(&calls, &state);
	return join(&calls, data, max_size);
}

size_t uiommufd_fuzz_cross(const uint8_t *a, size_t a_size, const uint8_t *b,
			   size_t b_size, uint8_t *out, size_t max_size,
			   unsigned int seed)
{
	struct calls first = { .count = 0 }, second = { .count = 0 };
	uint64_t state = seed;
	unsigned int keep;

	split(&first, a, a_size);
	split(&second, b, b_size);
	if (second.decided && !first.decided) {
		first.decided = true;
		first.choice_count = second.choice_count;
		memcpy(first.choices, second.choices, sizeof(first.choices));
	}
	keep = pick(&state, first.count + 1);
	first.count = keep;
	first.size = first.begin[keep];
	for (unsigned int i = pick(&state, second.count + 1); i < second.count;
	     i++)
		add_bytes(&first, first.decided ? second.place[i] : 0,
			  second.bytes + second.begin[i],
			  second.begin[i + 1] - second.begin[i]);
	return join(&first, out, max_size);
}
