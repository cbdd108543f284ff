/* SPDX-License-Identifier: MIT */
/* Reclamation after readers. */
#include "kit_test.h"

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uik/slab.h>

struct item {
	long magic;
	struct rcu_head rcu;
	int *calls;
};

#define GOOD 0x600d
#define DEAD 0xdead

static struct item *item_new(int *calls)
{
	struct item *item = kzalloc_obj(*item);

	assert_non_null(item);
	item->magic = GOOD;
	item->calls = calls;
	return item;
}

static void item_end(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	item->magic = DEAD;
	++*item->calls;
	kfree(item);
}

/* Law: a callback runs at the barrier at the latest, and once. */
static void barrier_runs_all(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int calls = 0;

	for (int i = 0; i < 5; i++)
		call_rcu(&item_new(&calls)->rcu, item_end);
	assert_int_equal(calls, 0);
	rcu_barrier();
	assert_int_equal(calls, 5);
	rcu_barrier();
	assert_int_equal(calls, 5);
	machine_end(m);
}

struct reader {
	struct completion in, out;
};

static int read_until_told(void *arg)
{
	struct reader *r = arg;

	rcu_read_lock();
	rcu_read_lock();
	complete(&r->in);
	rcu_read_unlock();
	wait_for_completion(&r->out);
	rcu_read_unlock();
	return 0;
}

/* Law: many callbacks run by themselves, but not while a reader is open. */
static void reader_holds_off(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *thread;
	struct reader r;
	int calls = 0;

	init_completion(&r.in);
	init_completion(&r.out);
	thread = start(read_until_told, &r);
	wait_for_completion(&r.in);
	for (int i = 0; i < 1000; i++)
		call_rcu(&item_new(&calls)->rcu, item_end);
	assert_int_equal(calls, 0);
	complete(&r.out);
	join(thread);
	for (int i = 0; i < 200; i++)
		call_rcu(&item_new(&calls)->rcu, item_end);
	assert_true(calls >= 1000);
	rcu_barrier();
	assert_int_equal(calls, 1200);
	machine_end(m);
}

/* Law: callbacks do not run under the caller's locks; blocks are freed. */
static void locks_hold_off_calls(void **state)
{
	struct kit_machine m = machine_with(NULL);
	uint64_t blocks, bytes;
	DEFINE_MUTEX(lock);
	int calls = 0;

	mutex_lock(&lock);
	for (int i = 0; i < 500; i++) {
		call_rcu(&item_new(&calls)->rcu, item_end);
		kfree_rcu(item_new(&calls), rcu);
	}
	assert_int_equal(calls, 0);
	uik_slab_live(m.machine, &blocks, &bytes);
	assert_in_range(blocks, 500, 700);
	mutex_unlock(&lock);
	/* The end of the outermost entry is a place for callbacks. */
	uik_leave(m.before);
	assert_int_equal(calls, 500);
	m.before = uik_enter(m.machine);
	rcu_barrier();
	machine_end(m);
}

static int synchronize(void *arg)
{
	synchronize_rcu();
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Law: synchronize_rcu() waits for readers that were open, not for others. */
static void synchronizes(void **state)
{
	struct uik_thread *thread;
	int done = 0;

	rcu_read_lock();
	thread = start(synchronize, &done);
	usleep(3000);
	assert_int_equal(__atomic_load_n(&done, __ATOMIC_ACQUIRE), 0);
	rcu_read_unlock();
	join(thread);
	assert_int_equal(done, 1);
	assert_false(rcu_read_lock_held());
}

/* Law: waiting for oneself is reported and not done. */
static void own_section(void **state)
{
	rcu_read_lock();
	assert_true(rcu_read_lock_held());
	assert_int_equal(warnings_of(synchronize_rcu()), 1);
	rcu_read_unlock();
	scoped_guard(rcu)
		assert_true(rcu_read_lock_held());
	assert_false(rcu_read_lock_held());
}

/* Law: a reader that sleeps on an automatic clock does not block it. */
static int sleep_as_reader(void *arg)
{
	struct reader *r = arg;

	rcu_read_lock();
	complete(&r->in);
	uik_sleep_ns(NSEC_PER_MSEC);
	rcu_read_unlock();
	return 0;
}

static void virtual_time(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct uik_thread *thread;
	struct reader r;

	init_completion(&r.in);
	thread = start(sleep_as_reader, &r);
	wait_for_completion(&r.in);
	synchronize_rcu();
	assert_true(uik_now_ns() >= NSEC_PER_MSEC);
	join(thread);
	machine_end(m);
}

#define ROUNDS 3000

struct torture {
	struct item *item;
	bool stop;		/* atomic */
	long bad;		/* atomic */
	long reads;		/* atomic */
};

static int torture_read(void *arg)
{
	struct torture *t = arg;

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		rcu_read_lock();
		if (rcu_dereference(t->item)->magic != GOOD)
			__atomic_fetch_add(&t->bad, 1, __ATOMIC_RELAXED);
		rcu_read_unlock();
		__atomic_fetch_add(&t->reads, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/* Law: no reader ever sees a reclaimed item. */
static void torture(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct torture t = { .bad = 0 };
	struct uik_thread *threads[2];
	int calls = 0;

	t.item = item_new(&calls);
	for (int i = 0; i < 2; i++)
		threads[i] = start(torture_read, &t);
	for (int i = 0; i < ROUNDS; i++) {
		struct item *old = t.item;

		rcu_assign_pointer(t.item, item_new(&calls));
		if (i % 3)
			call_rcu(&old->rcu, item_end);
		else
			kfree_rcu(old, rcu);
	}
	eventually(__atomic_load_n(&t.reads, __ATOMIC_RELAXED) > 100);
	__atomic_store_n(&t.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		join(threads[i]);
	assert_int_equal(t.bad, 0);
	rcu_barrier();
	assert_int_equal(calls, ROUNDS - ROUNDS / 3);
	kfree_rcu_mightsleep(t.item);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(barrier_runs_all),
		cmocka_unit_test(reader_holds_off),
		cmocka_unit_test(locks_hold_off_calls),
		cmocka_unit_test(synchronizes),
		cmocka_unit_test(own_section),
		cmocka_unit_test(virtual_time),
		cmocka_unit_test(torture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
