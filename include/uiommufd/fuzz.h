/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: one input is a sequence of calls, run on a fresh context.
 *
 * uiommufd_fuzz_one() is what a fuzzer's harness calls; it works for any
 * platform, so for one with a driver of your own too.  tests/fuzz has
 * harnesses for libFuzzer and AFL++, a maker of seeds, and how to use them.
 * Context: any thread.
 *
 * The input, format 1; numbers are little-endian:
 *
 *   "UIFZ" 1 0 0 0	then sections until the end:
 *   tag (1 byte), 0, length (2 bytes), that many bytes
 *
 *   'C'	calls, five such sections at most.  All are of one client.
 *   'D'	decisions: pairs of numbers in LEB128, each a choice of
 *		<uiommufd/explore.h>: at so many decision points all goes its
 *		usual way, at the next this is chosen.
 *   others	skipped.
 *
 * A section that is cut off ends with the input.  An input without the first
 * five bytes is the inside of one 'C' section.
 *
 * Without a 'D' section the calls are made one after the other.  With one,
 * even an empty one, the input is an execution of the explorer: the first of
 * several 'C' sections is made alone, then each of the others is a thread's.
 * Which thread goes on at a lock, an atomic, a copy, ... and whether a step
 * that can fail does are the decisions; the explorer's laws hold.
 *
 * A call is an operation (1 byte, modulo their number), modifiers (1 byte of
 * flags, each followed by what it needs), then one value for each argument.
 * uiommufd_fuzz_describe() lists operations and arguments with their kinds; a
 * missing byte is 0.  Modifiers, in this order:
 *
 *   0x01	a value: the structure's size
 *   0x02	a pointer, instead of the structure's
 *   0x04	2 bytes: which kinds of failure points, 0x80 for this and all
 *		later ones; the how manieth from the call's start fails
 *   0x08	1 byte, exclusive-ored into bits 8 to 15 of the request
 *   0x10	the structure ends where memory ends
 *   0x20	an offset and n (1 byte each, n modulo 16), then n + 1 bytes
 *		that go over the structure; these come after the arguments
 *   0xc0	which of the open contexts
 *
 * A value is one byte b: below 0x80 b times its kind's unit (below "start");
 * up to 0xbf 1 << (b - 0x80); up to 0xef (1 << (b - 0xb0)) - 1; 0xf0, 0xf1,
 * 0xf2: 2, 4 or 8 bytes follow; 0xff: all ones; else 0.
 *
 *   kind	start		unit	exceptions
 *   number	0		1
 *   iova	0x1000000	4096
 *   length	0		4096
 *   magic	0		1	0x40 to 0x4f: numbers of the test ABI
 *   pointer	good memory	4096	0x40 to 0x7f: NULL, unmapped, read-only,
 *					the last byte of memory, 8, addresses
 *					of the kernel, none at all; 0xf0 and
 *					0xf1: an offset into good memory
 *   data	-		-	up to 0x40: that many bytes follow, the
 *					value is their address; then pointers
 *   id, fd	-		-	below 0xc0: the b-th that calls made and
 *					that fits; then literally b - 0xc0
 */
#ifndef UIOMMUFD_FUZZ_H
#define UIOMMUFD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <uiommufd/explore.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

struct uiommufd_platform;

/* Longer inputs are cut. */
#define UIOMMUFD_FUZZ_MAX_BYTES 4096u

/**
 * uiommufd_fuzz_platform - the platform that the harnesses use.
 * @kind: of <uiommufd/platform.h>; NULL: "mock".  Four devices, time that
 *	jumps when everybody waits, hardware that works inside of calls
 *
 * Return: owned by the caller; NULL with errno as uiommufd_platform_new().
 */
UIOMMUFD_API struct uiommufd_platform *
uiommufd_fuzz_platform(const char *kind);

/**
 * uiommufd_fuzz_one - run one input.
 * @platform: nobody else uses it meanwhile
 * @data, @size: borrowed
 *
 * Opens a context, makes the calls, closes what is open, then audits.  What an
 * input does is a function of its bytes and of the platform.
 *
 * Context: any thread, one at a time for each platform.  A program that replaces
 * the actions of SIGSEGV or SIGBUS does so before its first input: the library's,
 * which come before those, are looked for at every 16th.  Inputs with decisions
 * as uiommufd_play(): one at a time in the process, on a platform whose hardware
 * has no thread of its own.
 * Return: 0; or the number of objects, blocks, locks and mappings that are
 * left, beyond those before the platform's first input, and of warnings that
 * were given, 1 if a law of the explorer broke: a bug, which a harness should
 * report by ending (the platform is not fit for another input).
 */
UIOMMUFD_API int64_t uiommufd_fuzz_one(struct uiommufd_platform *platform,
				       const uint8_t *data, size_t size);

/**
 * uiommufd_fuzz_complaint - the law that the calling thread's last input broke.
 *
 * Return: its name and what was wrong, valid until the next input; NULL if no
 * law of the explorer broke.
 */
UIOMMUFD_API const char *uiommufd_fuzz_complaint(void);

/**
 * uiommufd_fuzz_mutate - change an input as its structure suggests.
 * @data: @size bytes, with room for @max_size; changed in place
 * @seed: what is done is a function of it
 *
 * Calls are removed, repeated, moved, added, given to other threads; arguments
 * and modifiers changed; decisions added, removed, moved, changed.  Now and then
 * an input without decisions gets some, and loses them again.
 * Return: the new size, at most @max_size.
 */
UIOMMUFD_API size_t uiommufd_fuzz_mutate(uint8_t *data, size_t size,
					 size_t max_size, unsigned int seed);

/**
 * uiommufd_fuzz_cross - begin as one input, go on as another.
 * @out: room for @max_size bytes
 *
 * Return: the size of what is in @out.
 */
UIOMMUFD_API size_t uiommufd_fuzz_cross(const uint8_t *a, size_t a_size,
					const uint8_t *b, size_t b_size,
					uint8_t *out, size_t max_size,
					unsigned int seed);

/**
 * uiommufd_fuzz_choices - an input's decisions, for uiommufd_explore_options.
 * @out: room for @room of them
 *
 * Return: how many there are in @out.
 */
UIOMMUFD_API size_t uiommufd_fuzz_choices(const uint8_t *data, size_t size,
					  struct uiommufd_choice *out,
					  size_t room);

/**
 * uiommufd_fuzz_scenario_new - an input as a scenario for the explorer.
 * @kind: of the platform; NULL: "mock".  A constant
 * @name: of the scenario; copied.  NULL: "input"
 * @data, @size: copied
 *
 * Context: the thread that explores it.
 * Return: owned by the caller, for uiommufd_fuzz_scenario_free(); NULL without
 * memory.
 */
UIOMMUFD_API struct uiommufd_scenario *
uiommufd_fuzz_scenario_new(const char *kind, const char *name,
			   const uint8_t *data, size_t size);

/** uiommufd_fuzz_scenario_free - NULL is fine. */
UIOMMUFD_API void
uiommufd_fuzz_scenario_free(struct uiommufd_scenario *scenario);

/**
 * uiommufd_fuzz_decide - an input with the decisions of a trail.
 * @data, @size: what the trail's scenario was made of
 * @trail: found or replayed
 * @out: room for @max_size bytes
 *
 * Threads that do nothing in the trail are left out, and so are decisions
 * beyond the 256th.
 * Return: the size of what is in @out; uiommufd_fuzz_one() breaks the same law.
 */
UIOMMUFD_API size_t uiommufd_fuzz_decide(const uint8_t *data, size_t size,
					 const struct uiommufd_trail *trail,
					 uint8_t *out, size_t max_size);

/** uiommufd_fuzz_print - write an input's calls as text, one a line. */
UIOMMUFD_API void uiommufd_fuzz_print(FILE *out, const uint8_t *data,
				      size_t size);

/**
 * uiommufd_fuzz_describe - write the operations, one a line.
 *
 * Number, name, then name:kind of each argument.
 */
UIOMMUFD_API void uiommufd_fuzz_describe(FILE *out);

/**
 * uiommufd_fuzz_dictionary - write a dictionary as libFuzzer and AFL++ read it.
 *
 * The header, and one call of each operation with the simplest arguments.
 */
UIOMMUFD_API void uiommufd_fuzz_dictionary(FILE *out);

#ifdef __cplusplus
}
#endif

#endif
