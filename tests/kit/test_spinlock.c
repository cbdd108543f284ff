/* SPDX-License-Identifier: MIT */
/* Spinlocks and reader-writer spinlocks. */
#include "kit_test.h"

#include <linux/spinlock.h>

#define ROUNDS 20000

struct counter {
	spinlock_t spin;
	rwlock_t rw;
	long value;
	long torn;
	long twin;
};

static int count_up(void *arg)
{
	struct counter *c = arg;
	unsigned long flags;

	for (int i = 0; i < ROUNDS; i++) {
		spin_lock_irqsave(&c->spin, flags);
		c->value++;
		spin_unlock_irqrestore(&c->spin, flags);
	}
	return 0;
}

static void excludes(void **state)
{
	struct counter c = { .value = 0 };
	struct uik_thread *threads[3];

	spin_lock_init(&c.spin);
	for (int i = 0; i < 3; i++)
		threads[i] = start(count_up, &c);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	assert_int_equal(c.value, 3 * ROUNDS);
	assert_false(spin_is_locked(&c.spin));
}

/* Law: a task is atomic exactly while it holds a spinning lock. */
static void atomic(void **state)
{
	DEFINE_SPINLOCK(spin);
	DEFINE_RWLOCK(rw);

	assert_false(in_atomic());
	spin_lock(&spin);
	read_lock(&rw);
	assert_true(in_atomic());
	spin_unlock(&spin);
	assert_true(in_atomic());
	read_unlock(&rw);
	assert_false(in_atomic());
	assert_int_equal(write_trylock(&rw), 1);
	assert_true(in_atomic());
	assert_int_equal(read_trylock(&rw), 0);
	write_unlock(&rw);
	assert_false(in_atomic());
	assert_int_equal(spin_trylock(&spin), 1);
	assert_int_equal(spin_trylock(&spin), 0);
	spin_unlock(&spin);
	assert_false(in_atomic());
}

/* Law: releases that match no acquisition are reported and change nothing. */
static void unowned(void **state)
{
	DEFINE_SPINLOCK(spin);
	DEFINE_RWLOCK(rw);

	assert_int_equal(warnings_of(spin_unlock(&spin)), 1);
	assert_int_equal(warnings_of(read_unlock(&rw)), 1);
	assert_int_equal(warnings_of(write_unlock(&rw)), 1);
	assert_false(in_atomic());
	write_lock(&rw);
	write_unlock(&rw);
}

static int write_both(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		write_lock(&c->rw);
		c->value++;
		c->twin++;
		write_unlock(&c->rw);
	}
	return 0;
}

static int read_both(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		read_lock(&c->rw);
		if (c->value != c->twin)
			__atomic_fetch_add(&c->torn, 1, __ATOMIC_RELAXED);
		read_unlock(&c->rw);
	}
	return 0;
}

/* Law: readers never see half of a write. */
static void readers_and_writers(void **state)
{
	struct counter c = { .value = 0 };
	struct uik_thread *threads[4];

	rwlock_init(&c.rw);
	for (int i = 0; i < 4; i++)
		threads[i] = start(i & 1 ? write_both : read_both, &c);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	assert_int_equal(c.torn, 0);
	assert_int_equal(c.value, 2 * ROUNDS);
}

static void dec_and_lock(void **state)
{
	DEFINE_SPINLOCK(lock);
	atomic_t count = ATOMIC_INIT(2);

	assert_int_equal(atomic_dec_and_lock(&count, &lock), 0);
	assert_int_equal(atomic_dec_and_lock(&count, &lock), 1);
	lockdep_assert_held(&lock);
	spin_unlock(&lock);
}

/* Law: trying says whether it took the lock, and takes nothing when not. */
static void tries(void **state)
{
	DEFINE_SPINLOCK(spin);
	DEFINE_RWLOCK(rw);

	assert_int_equal(read_trylock(&rw), 1);
	assert_true(in_atomic());
	assert_int_equal(read_trylock(&rw), 1);
	assert_int_equal(write_trylock(&rw), 0);
	assert_int_equal(uik_held_count(current), 2);
	read_unlock(&rw);
	assert_int_equal(write_trylock(&rw), 0);
	read_unlock(&rw);
	assert_false(in_atomic());
	assert_int_equal(write_trylock(&rw), 1);
	write_unlock(&rw);
	spin_lock_nested(&spin, 1);
	lockdep_assert_held(&spin);
	assert_int_equal(uik_held(current, 0)->subclass, 1);
	assert_int_equal(spin_trylock(&spin), 0);
	spin_unlock(&spin);
	assert_int_equal(uik_held_count(current), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excludes),
		cmocka_unit_test(atomic),
		cmocka_unit_test(unowned),
		cmocka_unit_test(readers_and_writers),
		cmocka_unit_test(dec_and_lock),
		cmocka_unit_test(tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
