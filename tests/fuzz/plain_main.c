// SPDX-License-Identifier: MIT
/*
 * main() for a harness without a fuzzer.
 *
 *   fuzz_calls FILE|DIRECTORY...	runs these inputs, once each
 *   fuzz_calls --random N [SEED]	N inputs grown by mutation, none kept
 *   fuzz_calls --speed S [FILE|DIRECTORY...]	inputs a second, over S seconds
 *   fuzz_calls --print FILE...		shows their calls
 *   fuzz_calls --table			shows the operations
 *   fuzz_calls --dictionary		writes a dictionary
 */
#include "fuzz_calls.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uiommufd/fuzz.h>

static unsigned long inputs;

static void run(const uint8_t *data, size_t size)
{
	LLVMFuzzerTestOneInput(data, size);
	inputs++;
}

static void show(const uint8_t *data, size_t size)
{
	uiommufd_fuzz_print(stdout, data, size);
}

static int with_file(const char *path, void (*use)(const uint8_t *, size_t))
{
	uint8_t data[UIOMMUFD_FUZZ_MAX_BYTES], *copy;
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return 2;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* Of its exact size, so that reading too far is seen. */
	copy = malloc(size ? size : 1);
	if (!copy)
		return 2;
	memcpy(copy, data, size);
	use(copy, size);
	free(copy);
	return 0;
}

static int with_path(const char *path, void (*use)(const uint8_t *, size_t))
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[4096];
	int ret = 0;

	if (!directory)
		return with_file(path, use);
	while (!ret && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ret = with_file(name, use);
	}
	closedir(directory);
	return ret;
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec * 1e-9;
}

/* An input lives for some generations, then a new one is begun. */
static int run_random(unsigned long count, unsigned int seed)
{
	uint8_t data[512];
	size_t size = 0;
	double begin = now();

	for (unsigned long i = 0; i < count; i++) {
		if (i % 16 == 0)
			size = 0;
		size = LLVMFuzzerCustomMutator(data, size, sizeof(data),
					       seed * 1000003u + i);
		run(data, size);
	}
	printf("%lu random inputs, %.0f a second\n", count,
	       count / (now() - begin));
	return 0;
}

int main(int argc, char **argv)
{
	bool print = argc > 1 && !strcmp(argv[1], "--print");
	int ret = 0;

	if (argc == 2 && !strcmp(argv[1], "--table")) {
		uiommufd_fuzz_describe(stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--dictionary")) {
		uiommufd_fuzz_dictionary(stdout);
		return 0;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	if (argc > 2 && !strcmp(argv[1], "--speed")) {
		for (int i = 3; i < argc && !ret; i++)
			ret = with_path(argv[i], speed_add);
		return ret ? ret : speed_run(strtod(argv[2], NULL));
	}
	if (argc > 2 && !strcmp(argv[1], "--random"))
		return run_random(strtoul(argv[2], NULL, 0),
				  argc > 3 ? strtoul(argv[3], NULL, 0) : 1);
	for (int i = 1 + print; i < argc && !ret; i++)
		ret = with_path(argv[i], print ? show : run);
	if (!ret && !print)
		printf("%lu inputs\n", inputs);
	return ret;
}
