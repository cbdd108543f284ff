// SPDX-License-Identifier: MIT
/*
 * How many inputs of about ten calls are run in a second.
 *
 * Inputs are made before the clock starts: longer ones are cut behind their
 * tenth call, shorter ones and those with decisions are left out.  Every input
 * runs on a context of its own, as always.
 */
#include "fuzz_calls.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uiommufd/fuzz.h>

#define CALLS 10u
#define GROWN 4096u		/* inputs, if none are given */
#define PART_NS 250000000ull

struct input {
	uint8_t *data;
	size_t size;
};

static struct input *inputs;
static size_t input_count;

/* Its calls, by the lines of what is printed; 0 if it has decisions. */
static unsigned int call_count(const uint8_t *data, size_t size)
{
	unsigned int lines = 0;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return 0;
	uiommufd_fuzz_print(out, data, size);
	fclose(out);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	if (!strncmp(text, "decisions", 9))
		lines = 0;
	free(text);
	return lines;
}

/* The most of it that is so many calls. */
static size_t cut(const uint8_t *data, size_t size)
{
	size_t enough = 0, too_much = size + 1;

	while (too_much - enough > 1) {
		size_t middle = enough + (too_much - enough) / 2;

		if (call_count(data, middle) > CALLS)
			too_much = middle;
		else
			enough = middle;
	}
	return enough;
}

void speed_add(const uint8_t *data, size_t size)
{
	unsigned int calls = call_count(data, size);
	struct input *more;

	if (calls > CALLS)
		size = cut(data, size);
	if (calls < CALLS || call_count(data, size) < CALLS)
		return;
	more = realloc(inputs, (input_count + 1) * sizeof(*inputs));
	if (!more)
		abort();
	inputs = more;
	inputs[input_count].data = malloc(size);
	if (!inputs[input_count].data)
		abort();
	memcpy(inputs[input_count].data, data, size);
	inputs[input_count++].size = size;
}

/* By mutation from nothing, each until it has its calls. */
static void grow(void)
{
	uint8_t data[512];
	unsigned int seed = 0;
	size_t size = 0;

	while (input_count < GROWN) {
		size_t before = input_count;

		size = LLVMFuzzerCustomMutator(data, size, sizeof(data),
					       ++seed);
		speed_add(data, size);
		if (input_count > before || seed % 64 == 0)
			size = 0;
	}
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Parts of a quarter of a second, since a machine's speed changes: the median.
 * Of the processor's time, which others on the machine take less from.
 */
int speed_run(double seconds)
{
	size_t parts = seconds * 1e9 / PART_NS + 1, next = 0;
	double *rate = calloc(parts, sizeof(*rate));

	if (!input_count)
		grow();
	for (size_t part = 0; rate && part < parts; part++) {
		uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID), end;
		unsigned long runs = 0;

		do {
			for (unsigned int i = 0; i < 64; i++, runs++) {
				const struct input *input =
					&inputs[next++ % input_count];

				LLVMFuzzerTestOneInput(input->data,
						       input->size);
			}
			end = now_ns(CLOCK_THREAD_CPUTIME_ID);
		} while (end - begin < PART_NS);
		rate[part] = runs * 1e9 / (end - begin);
	}
	if (!rate)
		return 2;
	qsort(rate, parts, sizeof(*rate), by_value);
	printf("%zu inputs of %u calls each: %.0f a processor second (median of %zu; "
	       "%.0f to %.0f)\n", input_count, CALLS, rate[parts / 2], parts,
	       rate[0], rate[parts - 1]);
	free(rate);
	while (input_count)
		free(inputs[--input_count].data);
	free(inputs);
	return 0;
}
