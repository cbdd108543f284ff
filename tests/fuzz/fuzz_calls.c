// SPDX-License-Identifier: MIT
/*
 * The harness: the entry points of libFuzzer, which AFL++ and others know too.
 *
 * Built once for each kind of platform (FUZZ_PLATFORM), since services that run
 * fuzz targets know programs only.  UIOMMUFD_FUZZ_PLATFORM names another kind.
 */
#include "fuzz_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/fuzz.h>
#include <uiommufd/platform.h>

#ifndef FUZZ_PLATFORM
#define FUZZ_PLATFORM "mock"
#endif

static struct uiommufd_platform *platform;

static void end(void)
{
	uiommufd_platform_free(platform);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *kind = getenv("UIOMMUFD_FUZZ_PLATFORM");

	platform = uiommufd_fuzz_platform(kind ? kind : FUZZ_PLATFORM);
	if (platform && !atexit(end))
		return 0;
	perror("uiommufd_fuzz_platform");
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t left = uiommufd_fuzz_one(platform, data, size);

	if (!left)
		return 0;
	if (uiommufd_fuzz_complaint())
		fprintf(stderr, "broken: %s, by\n", uiommufd_fuzz_complaint());
	else
		fprintf(stderr, "%lld things are left or warned of, after\n",
			(long long)left);
	uiommufd_fuzz_print(stderr, data, size);
	abort();
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	return uiommufd_fuzz_mutate(data, size, max_size, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t max_size, unsigned int seed)
{
	return uiommufd_fuzz_cross(a, a_size, b, b_size, out, max_size, seed);
}
