/* SPDX-License-Identifier: MIT */
/* Mutexes: exclusion, ownership, and everything that is reported. */
#include "kit_test.h"

#include <signal.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#define ROUNDS 20000

struct counter {
	struct mutex lock;
	long value;		/* plain: only the lock orders it */
};

static int count_up(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&c->lock);
		c->value++;
		mutex_unlock(&c->lock);
	}
	return 0;
}

/* Law: one holder at a time, and it sees what the one before wrote. */
static void excludes(void **state)
{
	struct counter c = { .value = 0 };
	struct uik_thread *threads[4];

	mutex_init(&c.lock);
	for (int i = 0; i < 4; i++)
		threads[i] = start(count_up, &c);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	assert_int_equal(c.value, 4 * ROUNDS);
	assert_false(mutex_is_locked(&c.lock));
	mutex_destroy(&c.lock);
}

struct visit {
	struct mutex *lock;
	int got;
};

static int try_it(void *arg)
{
	struct visit *v = arg;

	v->got = mutex_trylock(v->lock);
	if (v->got)
		mutex_unlock(v->lock);
	return 0;
}

static int other_gets(struct mutex *lock)
{
	struct visit v = { .lock = lock };

	join(start(try_it, &v));
	return v.got;
}

static void trylock(void **state)
{
	DEFINE_MUTEX(lock);

	assert_int_equal(mutex_trylock(&lock), 1);
	assert_int_equal(mutex_trylock(&lock), 0);
	assert_int_equal(other_gets(&lock), 0);
	mutex_unlock(&lock);
	assert_int_equal(other_gets(&lock), 1);
}

static int unlock_it(void *arg)
{
	mutex_unlock(arg);
	return 0;
}

/* Law: only the owner unlocks; a refused unlock changes nothing. */
static void owner_only(void **state)
{
	DEFINE_MUTEX(lock);

	assert_int_equal(warnings_of(mutex_unlock(&lock)), 1);
	mutex_lock(&lock);
	assert_int_equal(warnings_of(join(start(unlock_it, &lock))), 1);
	assert_true(mutex_is_locked(&lock));
	assert_int_equal(warnings_of(mutex_destroy(&lock)), 1);
	mutex_unlock(&lock);
	assert_int_equal(warnings_of(mutex_unlock(&lock)), 1);
	assert_int_equal(warnings_of(mutex_destroy(&lock)), 0);
}

/* Law: a destroyed mutex is taken with a warning, and free when made again. */
static void after_the_end(void **state)
{
	struct mutex lock;

	mutex_init(&lock);
	mutex_destroy(&lock);
	assert_false(mutex_is_locked(&lock));
	assert_int_equal(warnings_of(mutex_destroy(&lock)), 0);
	assert_int_equal(warnings_of(mutex_trylock(&lock)), 1);
	assert_int_equal(warnings_of(mutex_lock(&lock)), 1);
	assert_true(mutex_is_locked(&lock));
	assert_int_equal(warnings_of(mutex_unlock(&lock)), 0);
	mutex_destroy(&lock);
	mutex_init(&lock);
	assert_int_equal(mutex_trylock(&lock), 1);
	mutex_unlock(&lock);
	mutex_destroy(&lock);
}

/* Law: the assertion asks this task, not whether anybody holds the lock. */
static int assert_held(void *arg)
{
	return warnings_of(lockdep_assert_held((struct mutex *)arg));
}

static int assert_held_there(void *arg)
{
	struct visit *v = arg;

	v->got = assert_held(v->lock);
	return 0;
}

static void assertion(void **state)
{
	DEFINE_MUTEX(lock);
	struct visit v = { .lock = &lock };

	assert_int_equal(assert_held(&lock), 1);
	mutex_lock(&lock);
	assert_int_equal(assert_held(&lock), 0);
	assert_int_equal(warnings_of(lockdep_assert_not_held(&lock)), 1);
	join(start(assert_held_there, &v));
	assert_int_equal(v.got, 1);
	mutex_unlock(&lock);
	assert_int_equal(assert_held(&lock), 1);
}

/* Law: locks may be released in any order. */
static void any_order(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);
	DEFINE_MUTEX(c);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_lock(&c);
	mutex_unlock(&a);
	assert_true(lockdep_is_held(&b));
	assert_true(lockdep_is_held(&c));
	assert_false(lockdep_is_held(&a));
	mutex_unlock(&c);
	mutex_unlock(&b);
	assert_int_equal(uik_held_count(current), 0);
}

static void take_twice(void)
{
	DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	mutex_lock(&lock);
}

/* Law: a lock that would wait for itself ends the process. */
static void recursion(void **state)
{
	assert_int_equal(signal_of(take_twice), SIGABRT);
}

/* Law: sleeping locks are not for atomic sections, free or not. */
static void atomic_sleep(void **state)
{
	DEFINE_MUTEX(lock);
	DEFINE_SPINLOCK(spin);

	spin_lock(&spin);
	assert_int_equal(warnings_of(mutex_lock(&lock)), 1);
	mutex_unlock(&lock);
	assert_int_equal(warnings_of(might_sleep()), 1);
	spin_unlock(&spin);
	assert_int_equal(warnings_of(might_sleep()), 0);
}

static int interrupted(void *arg)
{
	struct visit *v = arg;

	current->signal_pending = true;
	v->got = mutex_lock_interruptible(v->lock);
	if (!v->got)
		mutex_unlock(v->lock);
	return 0;
}

/* Law: a pending signal ends the wait, not an acquisition without wait. */
static void interruptible(void **state)
{
	DEFINE_MUTEX(lock);
	struct visit v = { .lock = &lock };

	mutex_lock(&lock);
	join(start(interrupted, &v));
	assert_int_equal(v.got, -EINTR);
	mutex_unlock(&lock);
	join(start(interrupted, &v));
	assert_int_equal(v.got, 0);
}

static void locks_at_return(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	assert_int_equal(warnings_of(uik_lock_check_return(0)), 2);
	assert_int_equal(warnings_of(uik_lock_check_return(1)), 1);
	mutex_unlock(&b);
	mutex_unlock(&a);
	assert_int_equal(warnings_of(uik_lock_check_return(0)), 0);
}

static int guarded(struct mutex *lock, bool early)
{
	guard(mutex)(lock);

	if (early)
		return 1;
	return lockdep_is_held(lock) ? 2 : 3;
}

/* Law: a guard gives back on every way out of its scope. */
static void guards(void **state)
{
	DEFINE_MUTEX(lock);
	int runs = 0;

	assert_int_equal(guarded(&lock, true), 1);
	assert_false(mutex_is_locked(&lock));
	assert_int_equal(guarded(&lock, false), 2);
	assert_false(mutex_is_locked(&lock));
	scoped_guard(mutex, &lock) {
		runs++;
		assert_true(lockdep_is_held(&lock));
		scoped_guard(mutex_try, &lock)
			runs += 10;
		scoped_cond_guard(mutex_try, runs += 100, &lock)
			runs += 1000;
	}
	assert_int_equal(runs, 101);
	assert_false(mutex_is_locked(&lock));
	scoped_guard(mutex, &lock)
		break;
	assert_false(mutex_is_locked(&lock));
}

static void dec_and_lock(void **state)
{
	DEFINE_MUTEX(lock);
	atomic_t count = ATOMIC_INIT(2);

	assert_int_equal(atomic_dec_and_mutex_lock(&count, &lock), 0);
	assert_false(mutex_is_locked(&lock));
	assert_int_equal(atomic_dec_and_mutex_lock(&count, &lock), 1);
	assert_true(lockdep_is_held(&lock));
	mutex_unlock(&lock);
}

/* Law: more locks than the stack records still work. */
static void deep_stack(void **state)
{
	struct mutex locks[UIK_LOCK_DEPTH + 2];

	uik_warn_once_reset();
	for (unsigned int i = 0; i < ARRAY_SIZE(locks); i++)
		mutex_init(&locks[i]);
	uik_warn_expect_begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(locks); i++)
		mutex_lock(&locks[i]);
	for (unsigned int i = ARRAY_SIZE(locks); i--;)
		mutex_unlock(&locks[i]);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(uik_held_count(current), 0);
	assert_false(mutex_is_locked(&locks[UIK_LOCK_DEPTH + 1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excludes),
		cmocka_unit_test(trylock),
		cmocka_unit_test(owner_only),
		cmocka_unit_test(after_the_end),
		cmocka_unit_test(assertion),
		cmocka_unit_test(any_order),
		cmocka_unit_test(recursion),
		cmocka_unit_test(atomic_sleep),
		cmocka_unit_test(interruptible),
		cmocka_unit_test(locks_at_return),
		cmocka_unit_test(guards),
		cmocka_unit_test(dec_and_lock),
		cmocka_unit_test(deep_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
