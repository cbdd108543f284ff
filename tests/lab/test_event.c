// SPDX-License-Identifier: MIT
/* Laws of the event queue: order of time, then of posting; nothing is lost. */
#include "lab_test.h"

#include "lab/event.h"

static void nothing(void *arg, uint64_t data)
{
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void test_time_orders(void **state)
{
	struct event_queue queue;
	uint64_t seed = 7, last = 0;

	event_queue_init(&queue);
	for (int i = 0; i < 5000; i++)
		event_post(&queue, next_random(&seed) % 1000000, nothing, NULL,
			   i);
	for (int i = 0; i < 5000; i++) {
		struct event event = event_take(&queue);

		assert_true(event.at_ps >= last);
		last = event.at_ps;
	}
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.done, 5000);
	assert_true(event_next_ps(&queue) == UINT64_MAX);
	event_queue_fini(&queue);
}

/* Events of one moment come in the order of posting. */
static void test_posting_orders(void **state)
{
	struct event_queue queue;
	uint64_t seed = 3, last[4] = { 0 };

	event_queue_init(&queue);
	for (uint64_t i = 1; i <= 2000; i++)
		event_post(&queue, next_random(&seed) % 4, nothing, NULL, i);
	while (queue.count) {
		struct event event = event_take(&queue);

		assert_true(event.data > last[event.at_ps]);
		last[event.at_ps] = event.data;
	}
	event_queue_fini(&queue);
}

/* Posting while taking, as a simulation does. */
static void test_hold(void **state)
{
	struct event_queue queue;
	uint64_t seed = 11, last = 0;

	event_queue_init(&queue);
	for (int i = 0; i < 100; i++)
		event_post(&queue, next_random(&seed) % 100, nothing, NULL, 0);
	for (int i = 0; i < 20000; i++) {
		struct event event = event_take(&queue);

		assert_true(event.at_ps >= last);
		last = event.at_ps;
		assert_true(event_next_ps(&queue) >= last);
		event_post(&queue, last + next_random(&seed) % 100, nothing,
			   NULL, 0);
	}
	assert_int_equal(queue.count, 100);
	event_queue_fini(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_orders),
		cmocka_unit_test(test_posting_orders),
		cmocka_unit_test(test_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
