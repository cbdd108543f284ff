/* SPDX-License-Identifier: MIT */
/* The entry points that libFuzzer calls. */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t max_size, unsigned int seed);

/* ---- speed.c, without a fuzzer ---- */

/* Inputs to be run; if there are none, some are made. */
void speed_add(const uint8_t *data, size_t size);
int speed_run(double seconds);

#endif
