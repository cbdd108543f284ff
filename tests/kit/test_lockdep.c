/* SPDX-License-Identifier: MIT */
/* The order of lock classes. */
#include "kit_test.h"

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <uik/log.h>

static int setup(void **state)
{
	uik_lock_debug(true);
	uik_lock_forget_orders();
	return 0;
}

static int teardown(void **state)
{
	uik_lock_debug(false);
	return 0;
}

static void both(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

/* Law: two orders are a cycle although nobody ever waited; said once. */
static void two_orders(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);

	assert_int_equal(warnings_of(both(&a, &b)), 0);
	assert_int_equal(warnings_of(both(&a, &b)), 0);
	assert_int_equal(warnings_of(both(&b, &a)), 1);
	assert_int_equal(warnings_of(both(&b, &a)), 0);
}

/* Law: cycles of any length are found, across kinds of locks. */
static void long_cycle(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(c);
	DECLARE_RWSEM(b);

	mutex_lock(&a);
	down_read(&b);
	up_read(&b);
	mutex_unlock(&a);
	down_write(&b);
	mutex_lock(&c);
	mutex_unlock(&c);
	up_write(&b);
	assert_int_equal(warnings_of(both(&c, &a)), 1);
}

/* Law: a trylock cannot deadlock, so its order does not count. */
static void trylock_has_no_order(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);

	both(&a, &b);
	mutex_lock(&b);
	assert_int_equal(warnings_of(assert_int_equal(mutex_trylock(&a), 1)),
			 0);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

struct node {
	struct mutex lock;
};

static void node_init(struct node *node)
{
	mutex_init(&node->lock);
}

/* Law: locks of one place are one class; subclasses are told apart. */
static void classes(void **state)
{
	struct node x, y;
	DEFINE_MUTEX(other);

	node_init(&x);
	node_init(&y);
	both(&x.lock, &other);
	assert_int_equal(warnings_of(both(&other, &y.lock)), 1);
	uik_lock_forget_orders();
	mutex_lock(&x.lock);
	mutex_lock_nested(&y.lock, SINGLE_DEPTH_NESTING);
	mutex_unlock(&y.lock);
	mutex_unlock(&x.lock);
	mutex_lock_nested(&x.lock, SINGLE_DEPTH_NESTING);
	assert_int_equal(warnings_of(mutex_lock(&y.lock)), 1);
	mutex_unlock(&y.lock);
	mutex_unlock(&x.lock);
}

/* Law: might_lock() counts as taking. */
static void might(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);

	both(&a, &b);
	mutex_lock(&b);
	assert_int_equal(warnings_of(might_lock(&a)), 1);
	mutex_unlock(&b);
}

/* Law: a forgotten class has no orders, the rest keep theirs. */
static void forgetting(void **state)
{
	static struct lock_class_key key;
	struct mutex a;
	DEFINE_MUTEX(b);
	DEFINE_MUTEX(c);

	mutex_init_with_key(&a, &key);
	both(&a, &b);
	both(&b, &c);
	lockdep_unregister_key(&key);
	assert_int_equal(warnings_of(both(&b, &a)), 0);
	assert_int_equal(warnings_of(both(&c, &b)), 1);
}

/* Law: a full table says so once, and locks go on without orders. */
static void table_full(void **state)
{
	enum { MANY = 1100 };
	struct mutex *locks = calloc(MANY, sizeof(*locks));
	struct lock_class_key *keys = calloc(MANY, sizeof(*keys));
	u64 logged = uik_log_count();
	DEFINE_MUTEX(outer);

	uik_log_hush(true);
	uik_warn_once_reset();
	for (int i = 0; i < MANY; i++) {
		mutex_init_with_key(&locks[i], &keys[i]);
		assert_int_equal(warnings_of(both(&outer, &locks[i])), 0);
	}
	assert_int_equal(uik_log_count(), logged + 1);
	/* An order of two that it knows is still found, of others not. */
	assert_int_equal(warnings_of(both(&locks[0], &outer)), 1);
	assert_int_equal(warnings_of(both(&locks[MANY - 1], &outer)), 0);
	assert_int_equal(uik_log_count(), logged + 1);
	uik_log_hush(false);
	uik_lock_forget_orders();
	free(locks);
	free(keys);
}

/* Law: two ways around a class are one cycle each, and the walk ends. */
static void many_ways(void **state)
{
	DEFINE_MUTEX(a);
	DEFINE_MUTEX(b);
	DEFINE_MUTEX(c);
	DEFINE_MUTEX(d);

	both(&a, &b);
	both(&a, &c);
	both(&b, &d);
	both(&c, &d);
	assert_int_equal(warnings_of(both(&d, &a)), 1);
	assert_int_equal(warnings_of(both(&b, &c)), 1);
	uik_lock_forget_orders();
	uik_lock_debug(false);
	might_lock(&a);
	both(&a, &b);
	uik_lock_debug(true);
	assert_int_equal(warnings_of(both(&b, &a)), 0);
}

/* Law: several locks of a class want the one over them, and no order. */
static void nested_under_one(void **state)
{
	struct mutex outer, pair[2];
	struct rw_semaphore sems[2];
	spinlock_t spins[2];

	mutex_init(&outer);
	for (int i = 0; i < 2; i++) {
		mutex_init(&pair[i]);
		init_rwsem(&sems[i]);
		spin_lock_init(&spins[i]);
	}
	for (int i = 0; i < 2; i++) {
		mutex_lock(&outer);
		mutex_lock_nest_lock(&pair[i], &outer);
		mutex_lock_nest_lock(&pair[!i], &outer);
		down_write_nest_lock(&sems[i], &outer);
		down_write_nest_lock(&sems[!i], &outer);
		spin_lock_nest_lock(&spins[i], &outer);
		raw_spin_lock_nest_lock(&spins[!i], &outer);
		assert_true(lockdep_is_held(&spins[0]) &&
			    lockdep_is_held(&spins[1]));
		spin_unlock(&spins[0]);
		spin_unlock(&spins[1]);
		up_write(&sems[0]);
		up_write(&sems[1]);
		mutex_unlock(&pair[0]);
		mutex_unlock(&pair[1]);
		mutex_unlock(&outer);
	}
	assert_int_equal(warnings_of(mutex_lock_nest_lock(&pair[0], &outer)),
			 1);
	mutex_unlock(&pair[0]);
	assert_int_equal(warnings_of(spin_lock_nest_lock(&spins[0], &outer)),
			 1);
	spin_unlock(&spins[0]);
	assert_int_equal(warnings_of(down_write_nest_lock(&sems[0], &outer)),
			 1);
	up_write(&sems[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(long_cycle, setup, teardown),
		cmocka_unit_test_setup_teardown(trylock_has_no_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(classes, setup, teardown),
		cmocka_unit_test_setup_teardown(might, setup, teardown),
		cmocka_unit_test_setup_teardown(forgetting, setup, teardown),
		cmocka_unit_test_setup_teardown(table_full, setup, teardown),
		cmocka_unit_test_setup_teardown(many_ways, setup, teardown),
		cmocka_unit_test(nested_under_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
