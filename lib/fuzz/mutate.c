// SPDX-License-Identifier: MIT
/*
 * Mutation that knows calls.  Inputs that come without the header get it.
 */
#include "fuzz/fuzz.h"

#include <string.h>

/* Header and the head of the one section. */
#define PREFIX_BYTES 12
#define ROUNDS 4

/* The calls of an input, one after the other, decoded. */
struct calls {
	unsigned int count;
	size_t size;			/* of @bytes */
	size_t begin[FUZZ_MAX_CALLS + 1]; /* the last: the end */
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

static void add_bytes(struct calls *calls, const uint8_t *bytes, size_t size)
{
	if (calls->count == FUZZ_MAX_CALLS ||
	    size > sizeof(calls->bytes) - calls->size)
		return;
	calls->begin[calls->count++] = calls->size;
	memcpy(calls->bytes + calls->size, bytes, size);
	calls->size += size;
	calls->begin[calls->count] = calls->size;
}

/* Sections become one: which client made a call is not kept. */
static void split(struct calls *calls, const uint8_t *data, size_t size)
{
	struct fuzz_reader reader;
	struct fuzz_call call;
	size_t at = 0;

	calls->count = 0;
	calls->size = 0;
	while (fuzz_next_section(data, size, &at, &reader))
		while (fuzz_next_call(&reader, &call))
			add_bytes(calls, call.begin, call.end - call.begin);
}

/* Writes the input; calls that do not fit are left out. */
static size_t join(const struct calls *calls, uint8_t *out, size_t max_size)
{
	static const uint8_t head[] = { 'U', 'I', 'F', 'Z', 1, 0, 0, 0, 'C', 0 };
	size_t size;

	if (max_size <= PREFIX_BYTES)
		return 0;
	size = max_size - PREFIX_BYTES;
	if (size > calls->size)
		size = calls->size;
	memcpy(out, head, sizeof(head));
	out[sizeof(head)] = size;
	out[sizeof(head) + 1] = size >> 8;
	memcpy(out + PREFIX_BYTES, calls->bytes, size);
	return PREFIX_BYTES + size;
}

/* Puts @length bytes in the place of [from, to). */
static void replace(struct calls *calls, size_t from, size_t to,
		    const uint8_t *bytes, size_t length)
{
	struct calls old = *calls;

	if (old.size - (to - from) + length > sizeof(old.bytes))
		return;
	if (length)
		memcpy(calls->bytes + from, bytes, length);
	memcpy(calls->bytes + from + length, old.bytes + to, old.size - to);
	calls->size = old.size - (to - from) + length;
	/* Calls are found anew. */
	memcpy(old.bytes, calls->bytes, calls->size);
	split(calls, old.bytes, calls->size);
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
	replace(calls, byte - calls->bytes, byte - calls->bytes + 1, &value, 1);
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
	replace(calls, at, at + 1, extra, 1 + pick(state, 4));
}

static void mutate_calls(struct calls *calls, uint64_t *state)
{
	unsigned int from = pick(state, calls->count);
	unsigned int to = pick(state, calls->count + 1);
	uint8_t copy[UIOMMUFD_FUZZ_MAX_BYTES];
	size_t begin = calls->begin[from];
	size_t length = calls->begin[from + 1] - begin;

	memcpy(copy, calls->bytes + begin, length);
	if (pick(state, 2)) {
		/* Removed, or moved. */
		replace(calls, begin, begin + length, NULL, 0);
		if (pick(state, 2) || to > calls->count)
			return;
	}
	replace(calls, calls->begin[to], calls->begin[to], copy, length);
}

static void mutate_once(struct calls *calls, uint64_t *state)
{
	uint8_t fresh[64];
	size_t at;

	if (!calls->count || !pick(state, 4)) {
		at = calls->begin[pick(state, calls->count + 1)];
		replace(calls, at, at, fresh, make_call(state, fresh));
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
	keep = pick(&state, first.count + 1);
	first.count = keep;
	first.size = first.begin[keep];
	for (unsigned int i = pick(&state, second.count + 1); i < second.count;
	     i++)
		add_bytes(&first, second.bytes + second.begin[i],
			  second.begin[i + 1] - second.begin[i]);
	return join(&first, out, max_size);
}
