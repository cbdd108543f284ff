/* SPDX-License-Identifier: MIT */
/* Notifier chains: order, stopping, who is in twice or not at all. */
#include "kit_test.h"

#include <linux/notifier.h>

struct listener {
	struct notifier_block nb;
	int answer;
	int heard;		/* the how-manieth it was */
	unsigned long action;
	void *data;
};

static int turn;

static int listen(struct notifier_block *nb, unsigned long action, void *data)
{
	struct listener *l = container_of(nb, struct listener, nb);

	l->heard = ++turn;
	l->action = action;
	l->data = data;
	return l->answer;
}

static struct listener listener(int priority, int answer)
{
	return (struct listener){
		.nb = { .notifier_call = listen, .priority = priority },
		.answer = answer,
	};
}

/* Law: higher priorities first, equal ones in order of registration. */
static void in_order(void **state)
{
	struct listener a = listener(0, NOTIFY_DONE);
	struct listener b = listener(5, NOTIFY_OK);
	struct listener c = listener(0, NOTIFY_OK);
	struct blocking_notifier_head chain;

	BLOCKING_INIT_NOTIFIER_HEAD(&chain);
	assert_int_equal(blocking_notifier_call_chain(&chain, 1, NULL),
			 NOTIFY_DONE);
	assert_int_equal(blocking_notifier_chain_register(&chain, &a.nb), 0);
	assert_int_equal(blocking_notifier_chain_register(&chain, &b.nb), 0);
	assert_int_equal(blocking_notifier_chain_register(&chain, &c.nb), 0);
	turn = 0;
	assert_int_equal(blocking_notifier_call_chain(&chain, 7, &turn),
			 NOTIFY_OK);
	assert_int_equal(b.heard, 1);
	assert_int_equal(a.heard, 2);
	assert_int_equal(c.heard, 3);
	assert_int_equal(a.action, 7);
	assert_ptr_equal(a.data, &turn);
}

/* Law: who says stop is the last to hear, and its answer counts. */
static void one_stops(void **state)
{
	struct listener a = listener(2, NOTIFY_OK);
	struct listener b = listener(1, notifier_from_errno(-EBUSY));
	struct listener c = listener(0, NOTIFY_OK);
	struct blocking_notifier_head chain;
	int answer;

	BLOCKING_INIT_NOTIFIER_HEAD(&chain);
	blocking_notifier_chain_register(&chain, &a.nb);
	blocking_notifier_chain_register(&chain, &b.nb);
	blocking_notifier_chain_register(&chain, &c.nb);
	turn = 0;
	answer = blocking_notifier_call_chain(&chain, 0, NULL);
	assert_true(answer & NOTIFY_STOP_MASK);
	assert_int_equal(notifier_to_errno(answer), -EBUSY);
	assert_int_equal(b.heard, 2);
	assert_int_equal(c.heard, 0);
	b.answer = notifier_from_errno(0);
	assert_int_equal(notifier_to_errno(b.answer), 0);
	blocking_notifier_call_chain(&chain, 0, NULL);
	assert_int_equal(c.heard, 5);
}

/* Law: in once, out once. */
static void membership(void **state)
{
	struct listener a = listener(0, NOTIFY_OK);
	struct listener b = listener(0, NOTIFY_OK);
	struct blocking_notifier_head chain;

	BLOCKING_INIT_NOTIFIER_HEAD(&chain);
	assert_int_equal(blocking_notifier_chain_register(&chain, &a.nb), 0);
	assert_int_equal(blocking_notifier_chain_register(&chain, &a.nb),
			 -EEXIST);
	assert_int_equal(blocking_notifier_chain_unregister(&chain, &b.nb),
			 -ENOENT);
	assert_int_equal(blocking_notifier_chain_register(&chain, &b.nb), 0);
	assert_int_equal(blocking_notifier_chain_unregister(&chain, &a.nb), 0);
	turn = 0;
	blocking_notifier_call_chain(&chain, 0, NULL);
	assert_int_equal(a.heard, 0);
	assert_int_equal(b.heard, 1);
	assert_int_equal(blocking_notifier_chain_unregister(&chain, &b.nb), 0);
	assert_int_equal(blocking_notifier_chain_unregister(&chain, &b.nb),
			 -ENOENT);
	assert_null(chain.head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(one_stops),
		cmocka_unit_test(membership),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
