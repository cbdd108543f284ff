/* SPDX-License-Identifier: MIT */
/* refcount_t: counting, saturation, and each of the five warnings. */
#include "kit_test.h"

#include <linux/kref.h>
#include <linux/refcount.h>

static int value(const refcount_t *r)
{
	return (int)refcount_read(r);
}

/* Every misuse saturates and is warned about once until the flags are reset. */
#define assert_saturates(start, operation) \
	do { \
		refcount_t r; \
		uik_warn_once_reset(); \
		refcount_set(&r, start); \
		assert_int_equal(warnings_of(operation), 1); \
		assert_int_equal(value(&r), REFCOUNT_SATURATED); \
		refcount_set(&r, start); \
		assert_int_equal(warnings_of(operation), 0); \
		assert_int_equal(value(&r), REFCOUNT_SATURATED); \
	} while (0)

/* Law: taking at zero is a use after free. */
static void inc_on_zero(void **state)
{
	assert_saturates(0, refcount_inc(&r));
	assert_saturates(0, refcount_add(3, &r));
}

/* Law: a count beyond INT_MAX saturates; INT_MAX itself is a good count. */
static void overflow_saturates(void **state)
{
	refcount_t r;

	refcount_set(&r, REFCOUNT_MAX - 1);
	refcount_inc(&r);
	assert_int_equal(value(&r), REFCOUNT_MAX);
	assert_saturates(REFCOUNT_MAX, refcount_inc(&r));
	assert_saturates(REFCOUNT_MAX - 1, refcount_add(2, &r));
	assert_saturates(REFCOUNT_SATURATED, refcount_inc(&r));
}

static void not_zero_overflow(void **state)
{
	bool took;

	assert_saturates(REFCOUNT_MAX, took = refcount_inc_not_zero(&r));
	assert_true(took);
	assert_saturates(REFCOUNT_MAX - 2, took = refcount_add_not_zero(3, &r));
	assert_true(took);
}

/* Law: dropping at zero, below zero or more than there is saturates. */
static void underflow(void **state)
{
	bool last;

	assert_saturates(0, last = refcount_dec_and_test(&r));
	assert_false(last);
	assert_saturates(1, last = refcount_sub_and_test(2, &r));
	assert_false(last);
	assert_saturates(REFCOUNT_SATURATED, last = refcount_dec_and_test(&r));
	assert_false(last);
}

/* Law: refcount_dec() must not drop the last reference. */
static void dec_to_zero(void **state)
{
	refcount_t r = REFCOUNT_INIT(2);

	refcount_dec(&r);
	assert_int_equal(value(&r), 1);
	assert_saturates(1, refcount_dec(&r));
	assert_saturates(0, refcount_dec(&r));
}

/* Law: the five kinds have five flags. */
static void kinds_are_independent(void **state)
{
	refcount_t r;
	int seen = 0;

	uik_warn_once_reset();
	for (int kind = 0; kind <= REFCOUNT_DEC_LEAK; kind++)
		seen += warnings_of(refcount_warn_saturate(&r, kind));
	assert_int_equal(seen, 5);
}

static void normal_life(void **state)
{
	refcount_t r = REFCOUNT_INIT(1);

	assert_true(refcount_inc_not_zero(&r));
	refcount_inc(&r);
	assert_int_equal(value(&r), 3);
	assert_false(refcount_dec_and_test(&r));
	refcount_dec(&r);
	assert_false(refcount_dec_not_one(&r));
	assert_int_equal(value(&r), 1);
	assert_true(refcount_dec_if_one(&r));
	assert_false(refcount_inc_not_zero(&r));
	assert_false(refcount_dec_if_one(&r));
	assert_int_equal(value(&r), 0);
}

/* Law: dec_not_one warns at zero, and lets a saturated count be. */
static void dec_not_one_edges(void **state)
{
	refcount_t r = REFCOUNT_INIT(0);

	uik_warn_once_reset();
	assert_int_equal(warnings_of(assert_true(refcount_dec_not_one(&r))), 1);
	refcount_set(&r, REFCOUNT_SATURATED);
	assert_true(refcount_dec_not_one(&r));
	assert_int_equal(value(&r), REFCOUNT_SATURATED);
}

/* Law: the lock is held exactly when the last reference was dropped. */
static void last_drop_locks(void **state)
{
	DEFINE_MUTEX(mutex);
	DEFINE_SPINLOCK(spin);
	refcount_t r = REFCOUNT_INIT(2);

	assert_false(refcount_dec_and_mutex_lock(&r, &mutex));
	assert_false(mutex_is_locked(&mutex));
	assert_true(refcount_dec_and_mutex_lock(&r, &mutex));
	assert_true(mutex_is_locked(&mutex));
	mutex_unlock(&mutex);
	refcount_set(&r, 2);
	assert_false(refcount_dec_and_lock(&r, &spin));
	assert_true(refcount_dec_and_lock(&r, &spin));
	assert_true(spin_is_locked(&spin));
	spin_unlock(&spin);
}

#define ROUNDS 20000

struct shared {
	refcount_t refs;
	int payload;		/* written by each user before its drop */
	int freed;
};

static int take_and_drop(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		refcount_inc(&s->refs);
		if (refcount_dec_and_test(&s->refs))
			s->freed++;
	}
	__atomic_fetch_add(&s->payload, 1, __ATOMIC_RELAXED);
	if (refcount_dec_and_test(&s->refs))
		s->freed = 100 + s->payload;
	return 0;
}

/* Law: exactly one dropper is the last, and it sees what the others did. */
static void one_is_last(void **state)
{
	struct shared s = { .refs = REFCOUNT_INIT(3) };
	struct uik_thread *threads[3];

	for (int i = 0; i < 3; i++)
		threads[i] = start(take_and_drop, &s);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	assert_int_equal(s.freed, 103);
	assert_int_equal(value(&s.refs), 0);
}

static int released;

static void release(struct kref *kref)
{
	released++;
}

static void kref_releases_once(void **state)
{
	struct kref kref;

	kref_init(&kref);
	kref_get(&kref);
	assert_int_equal(kref_put(&kref, release), 0);
	assert_true(kref_get_unless_zero(&kref));
	assert_int_equal(kref_put(&kref, release), 0);
	assert_int_equal(kref_put(&kref, release), 1);
	assert_int_equal(released, 1);
	assert_false(kref_get_unless_zero(&kref));
}

static refcount_t *taken_again;

/* Somebody takes a reference while the last one's holder waits for the lock. */
static void take_at_lock(const struct uik_point *point)
{
	refcount_t *r = taken_again;

	if (point->kind != UIK_POINT_LOCK || !r)
		return;
	taken_again = NULL;
	refcount_inc(r);
}

/* Law: who finds another reference under the lock gives it back. */
static void not_the_last_after_all(void **state)
{
	static const struct uik_hooks hooks = { .point = take_at_lock };
	DEFINE_MUTEX(mutex);
	DEFINE_SPINLOCK(spin);
	atomic_t count = ATOMIC_INIT(1);
	refcount_t r = REFCOUNT_INIT(1);

	uik_hooks_install(&hooks);
	taken_again = &r;
	assert_false(refcount_dec_and_mutex_lock(&r, &mutex));
	assert_false(mutex_is_locked(&mutex));
	taken_again = &r;
	assert_false(refcount_dec_and_lock(&r, &spin));
	assert_false(spin_is_locked(&spin));
	taken_again = (refcount_t *)&count;
	assert_int_equal(atomic_dec_and_mutex_lock(&count, &mutex), 0);
	assert_false(mutex_is_locked(&mutex));
	taken_again = (refcount_t *)&count;
	assert_int_equal(atomic_dec_and_lock(&count, &spin), 0);
	assert_false(spin_is_locked(&spin));
	uik_hooks_install(NULL);
	assert_int_equal(value(&r), 1);
	assert_int_equal(atomic_read(&count), 1);
}

/* Law: a misuse of a kind nobody knows saturates as well; each is told once. */
static void unknown_misuse(void **state)
{
	refcount_t r = REFCOUNT_INIT(0);

	uik_warn_once_reset();
	assert_int_equal(warnings_of(refcount_warn_saturate(&r, 99)), 1);
	assert_int_equal(value(&r), REFCOUNT_SATURATED);
	assert_int_equal(warnings_of(refcount_warn_saturate(&r, 99)), 0);
	refcount_set(&r, 0);
	assert_int_equal(warnings_of(assert_true(refcount_dec_not_one(&r))), 1);
	assert_int_equal(warnings_of(assert_true(refcount_dec_not_one(&r))), 0);
	refcount_set(&r, INT_MIN);
	assert_int_equal(warnings_of(assert_true(refcount_dec_not_one(&r))), 0);
	assert_int_equal(value(&r), INT_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inc_on_zero),
		cmocka_unit_test(overflow_saturates),
		cmocka_unit_test(not_zero_overflow),
		cmocka_unit_test(underflow),
		cmocka_unit_test(dec_to_zero),
		cmocka_unit_test(kinds_are_independent),
		cmocka_unit_test(normal_life),
		cmocka_unit_test(dec_not_one_edges),
		cmocka_unit_test(last_drop_locks),
		cmocka_unit_test(one_is_last),
		cmocka_unit_test(kref_releases_once),
		cmocka_unit_test(not_the_last_after_all),
		cmocka_unit_test(unknown_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
