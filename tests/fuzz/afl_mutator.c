// SPDX-License-Identifier: MIT
/*
 * The mutator that knows calls, for AFL++ (AFL_CUSTOM_MUTATOR_LIBRARY).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/fuzz.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void *afl_custom_init(void *afl, unsigned int seed);
EXPORT size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size,
			      uint8_t **out, uint8_t *add, size_t add_size,
			      size_t max_size);
EXPORT void afl_custom_deinit(void *data);

struct mutator {
	unsigned int seed;
	uint8_t out[UIOMMUFD_FUZZ_MAX_BYTES];
};

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct mutator *mutator = calloc(1, sizeof(*mutator));

	if (mutator)
		mutator->seed = seed;
	return mutator;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out,
		       uint8_t *add, size_t add_size, size_t max_size)
{
	struct mutator *mutator = data;
	unsigned int seed = mutator->seed++;

	if (max_size > sizeof(mutator->out))
		max_size = sizeof(mutator->out);
	*out = mutator->out;
	if (add && seed % 8 == 0)
		return uiommufd_fuzz_cross(buf, buf_size, add, add_size,
					   mutator->out, max_size, seed);
	if (buf_size > max_size)
		buf_size = max_size;
	memcpy(mutator->out, buf, buf_size);
	return uiommufd_fuzz_mutate(mutator->out, buf_size, max_size, seed);
}

void afl_custom_deinit(void *data)
{
	free(data);
}
