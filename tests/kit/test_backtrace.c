/* SPDX-License-Identifier: MIT */
/* Call stacks: whose frames they are, how many, and what they are called. */
#include "kit_test.h"

#include <string.h>

#include "kit/backtrace.h"

#define FRAMES 16

/* The compiler leaves both and their calls as they stand. */
noinline unsigned int taken_by_inner(void **frames, unsigned int max,
				     unsigned int skip);
noinline unsigned int taken_by_outer(void **frames, unsigned int max,
				     unsigned int skip);

unsigned int taken_by_inner(void **frames, unsigned int max, unsigned int skip)
{
	unsigned int count = backtrace_take(frames, max, skip);

	__asm__ volatile("" ::: "memory");
	return count;
}

unsigned int taken_by_outer(void **frames, unsigned int max, unsigned int skip)
{
	unsigned int count = taken_by_inner(frames, max, skip);

	__asm__ volatile("" ::: "memory");
	return count;
}

/* The first frame that has the name; FRAMES: none. */
static unsigned int place_of(void *const *frames, unsigned int count,
			     const char *name)
{
	char text[256];
	unsigned int i;

	for (i = 0; i < count; i++) {
		backtrace_name(frames[i], text, sizeof(text));
		if (!strncmp(text, name, strlen(name)))
			return i;
	}
	return FRAMES;
}

/* Law: callers follow the called, and what is to be left out is. */
static void innermost_first(void **state)
{
	void *frames[FRAMES], *fewer[FRAMES];
	unsigned int count = taken_by_outer(frames, FRAMES, 0);
	unsigned int inner = place_of(frames, count, "taken_by_inner");
	unsigned int left = taken_by_outer(fewer, FRAMES, inner + 1);

	assert_true(count > 2 && count <= FRAMES);
	assert_true(inner < FRAMES);
	assert_int_equal(place_of(frames, count, "taken_by_outer"), inner + 1);
	assert_int_equal(place_of(fewer, left, "taken_by_outer"), 0);
	assert_int_equal(place_of(fewer, left, "taken_by_inner"), FRAMES);
}

/* Law: no more than there is room for. */
static void as_many_as_fit(void **state)
{
	void *frames[FRAMES] = { 0 };

	assert_int_equal(taken_by_outer(frames, 2, 0), 2);
	assert_non_null(frames[1]);
	assert_null(frames[2]);
	assert_int_equal(taken_by_outer(frames, 1, 1000), 0);
}

/* Law: text stays in its room and always ends. */
static void short_text(void **state)
{
	void *frames[FRAMES];
	unsigned int count = taken_by_outer(frames, FRAMES, 0);
	char text[1024] = "", room[24];

	backtrace_format(frames, count, text, sizeof(text));
	assert_non_null(strstr(text, "taken_by_inner+0x"));
	assert_true(strstr(text, "taken_by_outer") >
		    strstr(text, "taken_by_inner"));
	memset(room, 'x', sizeof(room));
	room[0] = 0;
	backtrace_format(frames, count, room, 16);
	assert_true(strlen(room) < 16);
	assert_int_equal(room[16], 'x');
	memset(room, 'x', sizeof(room));
	backtrace_name(frames[0], room, 8);
	assert_true(strlen(room) < 8);
	assert_int_equal(room[8], 'x');
	/* Not code at all. */
	backtrace_name((void *)16, text, sizeof(text));
	assert_non_null(strstr(text, "0x10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(innermost_first),
		cmocka_unit_test(as_many_as_fit),
		cmocka_unit_test(short_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
