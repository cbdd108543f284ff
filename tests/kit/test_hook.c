/* SPDX-License-Identifier: MIT */
/* Schedule points, failure points and parking. */
#include "kit_test.h"

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <uik/plain.h>

#include "kit/leaf.h"

#define LOG_MAX 64

static struct uik_point seen[LOG_MAX];
static unsigned int seen_count;

static void record(const struct uik_point *point)
{
	if (seen_count < LOG_MAX)
		seen[seen_count++] = *point;
}

static const struct uik_hooks recorder = { .point = record };

/* Runs @statement with the recorder installed. */
#define recording(statement) \
	do { \
		seen_count = 0; \
		uik_hooks_install(&recorder); \
		statement; \
		uik_hooks_install(NULL); \
	} while (0)

static void assert_point(unsigned int i, enum uik_point_kind kind,
			 const void *addr, unsigned int size, bool write)
{
	assert_true(i < seen_count);
	assert_int_equal(seen[i].kind, kind);
	assert_ptr_equal(seen[i].addr, addr);
	assert_int_equal(seen[i].size, size);
	assert_int_equal(seen[i].write, write);
	assert_non_null(seen[i].site);
}

/* Law: each access tells what it does to which bytes. */
static void operands(void **state)
{
	unsigned long bits[2] = { 0 };
	refcount_t ref = REFCOUNT_INIT(1);
	atomic64_t wide = ATOMIC64_INIT(0);
	bool flag = false;
	u32 word = 0;

	recording(WRITE_ONCE(flag, true); (void)READ_ONCE(word));
	assert_int_equal(seen_count, 2);
	assert_point(0, UIK_POINT_STORE, &flag, 1, true);
	assert_point(1, UIK_POINT_LOAD, &word, 4, false);
	recording(smp_store_release(&word, 1);
		  (void)smp_load_acquire(&word));
	assert_point(0, UIK_POINT_STORE, &word, 4, true);
	assert_point(1, UIK_POINT_LOAD, &word, 4, false);
	recording(refcount_inc(&ref); atomic64_inc(&wide); set_bit(70, bits));
	assert_point(0, UIK_POINT_REF, &ref, 4, true);
	assert_point(1, UIK_POINT_ATOMIC, &wide, 8, true);
	assert_point(2, UIK_POINT_ATOMIC, &bits[1], 8, true);
}

static void lock_points(void **state)
{
	DEFINE_MUTEX(lock);
	DECLARE_RWSEM(sem);

	/* Its making has points of its own. */
	assert_non_null(current);
	recording(mutex_lock(&lock); mutex_unlock(&lock));
	assert_point(0, UIK_POINT_LOCK, &lock, sizeof(lock), true);
	assert_point(1, UIK_POINT_UNLOCK, &lock, sizeof(lock), true);
	recording(mutex_trylock(&lock));
	assert_point(0, UIK_POINT_TRYLOCK, &lock, sizeof(lock), true);
	mutex_unlock(&lock);
	recording(down_read(&sem));
	assert_point(0, UIK_POINT_LOCK, &sem, sizeof(sem), false);
	up_read(&sem);
}

/* Law: who makes a lock, or ends it, tells; and so it is with the first of a class. */
static void lock_lives(void **state)
{
	static struct lock_class_key key;
	struct mutex lock;

	assert_non_null(current);
	for (int i = 0; i < 2; i++) {
		recording(__mutex_init(&lock, "lock", &key));
		assert_int_equal(seen_count, 1);
		assert_point(0, UIK_POINT_REF, &lock, sizeof(long) | UIK_PLAIN,
			     true);
		assert_string_equal(key.name, "lock");
		recording(mutex_destroy(&lock));
		assert_int_equal(seen_count, 2);
		assert_point(0, UIK_POINT_STORE, &lock, sizeof(lock), true);
		assert_point(1, UIK_POINT_LOAD, &lock.owner, sizeof(long),
			     false);
		assert_false(mutex_is_locked(&lock));
	}
}

/* Law: under a process-wide lock nobody is told, so that nobody else runs. */
static void leaves_are_one_step(void **state)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static LIST_HEAD(list);
	struct list_head entry;

	recording(leaf_lock(&lock); list_add_tail(&entry, &list);
		  leaf_unlock(&lock));
	assert_int_equal(seen_count, 0);
	recording(list_del(&entry));
	assert_int_not_equal(seen_count, 0);
}

static noinline bool none(unsigned long word)
{
	return uik_none_or_watched(word);
}

static noinline bool some(unsigned long word)
{
	return uik_some_or_watched(word);
}

/* Law: a question that is asked together with the look is a yes while watched. */
static void joint_questions(void **state)
{
	static const unsigned long words[] = { 0, 1, 0x7fffffffffff,
					       UIK_ARMED - 1 };

	/* Nobody; then a counter, both, hooks. */
	for (int armed = 0; armed < 4; armed++) {
		uik_fail_nth(armed == 1 || armed == 2, UIK_FAIL_ANY, true);
		uik_hooks_install(armed >= 2 ? &recorder : NULL);
		for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
			assert_int_equal(none(words[i]), armed || !words[i]);
			assert_int_equal(some(words[i]), armed || words[i]);
		}
	}
	uik_hooks_install(NULL);
	assert_int_equal(uik_fail_armed, 0);
}

static noinline bool fail_point(void)
{
	return uik_fail(UIK_FAIL_ALLOC);
}

static noinline bool copy_point(void)
{
	return uik_fail(UIK_FAIL_COPY);
}

/* Law: the nth point of the kinds fails, once, and is told. */
static void nth_once(void **state)
{
	assert_int_equal(uik_fail_armed, 0);
	assert_false(uik_fail_nth(3, 1 << UIK_FAIL_ALLOC, false));
	assert_int_equal(uik_fail_armed, UIK_ARMED);
	assert_false(fail_point());
	assert_false(copy_point());
	assert_false(fail_point());
	assert_true(fail_point());
	assert_non_null(current->fail.site);
	assert_false(fail_point());
	assert_int_equal(current->fail.seen, 4);
	assert_true(uik_fail_nth(0, 0, false));
	assert_int_equal(uik_fail_armed, 0);
	assert_false(uik_fail_nth(0, 0, false));
}

static void nth_sticky(void **state)
{
	uik_fail_nth(2, UIK_FAIL_ANY, true);
	assert_false(copy_point());
	assert_true(fail_point());
	assert_true(copy_point());
	assert_true(fail_point());
	assert_true(uik_fail_nth(0, 0, false));
	assert_false(fail_point());
}

static void count_failures(int *count)
{
	for (int i = 0; i < 5; i++)
		*count += fail_point();
}

/* Law: a counter belongs to its task. */
static void nth_is_private(void **state)
{
	int failures = 0;

	struct task_struct *other = uik_task_new("other"), *self = current;

	uik_fail_nth(1, UIK_FAIL_ANY, true);
	uik_task_switch(other);
	count_failures(&failures);
	uik_task_switch(self);
	assert_int_equal(failures, 0);
	assert_true(fail_point());
	uik_fail_nth(0, 0, false);
	uik_task_put(other);
}

static bool fail_copies(enum uik_fail_kind kind, const void *site)
{
	return kind == UIK_FAIL_COPY;
}

static void hooks_fail(void **state)
{
	static const struct uik_hooks hooks = { .fail = fail_copies };

	uik_hooks_install(&hooks);
	assert_false(fail_point());
	assert_true(copy_point());
	uik_hooks_install(NULL);
}

/*
 * A miniature explorer: two tasks on one thread.  When the second one parks,
 * the first one does what makes it ready.
 */
static struct task_struct *first;
static void (*unblock)(void);
static int parks;
static const void *parked_on;

static bool park(const struct uik_point *point, bool (*ready)(void *arg),
		 void *arg, uint64_t deadline_ns)
{
	struct task_struct *parked;

	parks++;
	parked_on = point->addr;
	assert_false(ready(arg));
	parked = uik_task_switch(first);
	unblock();
	uik_task_switch(parked);
	assert_true(ready(arg));
	return true;
}

static const struct uik_hooks parker = { .park = park };
static struct mutex park_mutex;
static struct rw_semaphore park_sem;
static struct completion park_done;

static void release_mutex(void)
{
	mutex_unlock(&park_mutex);
}

static void release_sem(void)
{
	up_write(&park_sem);
}

static void release_done(void)
{
	complete(&park_done);
}

/* Law: what cannot go on parks, with a predicate that says when it can. */
static void parking(void **state)
{
	struct task_struct *second = uik_task_new("second");

	first = current;
	mutex_init(&park_mutex);
	init_rwsem(&park_sem);
	init_completion(&park_done);
	mutex_lock(&park_mutex);
	down_write(&park_sem);
	uik_hooks_install(&parker);
	uik_task_switch(second);
	unblock = release_mutex;
	mutex_lock(&park_mutex);
	assert_int_equal(parks, 1);
	assert_ptr_equal(parked_on, &park_mutex);
	unblock = release_sem;
	down_read(&park_sem);
	assert_int_equal(parks, 2);
	unblock = release_done;
	wait_for_completion(&park_done);
	assert_int_equal(parks, 3);
	up_read(&park_sem);
	mutex_unlock(&park_mutex);
	uik_task_switch(first);
	uik_hooks_install(NULL);
	uik_task_put(second);
}

static bool park_expires(const struct uik_point *point,
			 bool (*ready)(void *arg), void *arg,
			 uint64_t deadline_ns)
{
	assert_false(ready(arg));
	uik_clock_advance(uik_this_machine(), deadline_ns - uik_now_ns());
	return false;
}

/* Law: the explorer ends a timed wait by letting its deadline pass. */
static void parked_timeout(void **state)
{
	static const struct uik_hooks hooks = { .park = park_expires };
	struct kit_machine m = machine_with(&uik_clock_manual);
	DECLARE_COMPLETION(never);

	uik_hooks_install(&hooks);
	assert_int_equal(wait_for_completion_timeout(&never, 77), 0);
	assert_int_equal(uik_now_ns(), 77 * NSEC_PER_MSEC);
	uik_sleep_ns(23 * NSEC_PER_MSEC);
	assert_int_equal(uik_now_ns(), 100 * NSEC_PER_MSEC);
	uik_hooks_install(NULL);
	machine_end(m);
}

static int births, ends;

static void count_thread(int (*fn)(void *), void *arg)
{
	__atomic_fetch_add(fn ? &births : &ends, 1, __ATOMIC_RELAXED);
}

static int nothing(void *arg)
{
	return 0;
}

static void thread_hook(void **state)
{
	static const struct uik_hooks hooks = { .thread = count_thread };

	uik_hooks_install(&hooks);
	join(start(nothing, NULL));
	uik_hooks_install(NULL);
	assert_int_equal(births, 1);
	assert_int_equal(ends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands),
		cmocka_unit_test(lock_points),
		cmocka_unit_test(lock_lives),
		cmocka_unit_test(leaves_are_one_step),
		cmocka_unit_test(joint_questions),
		cmocka_unit_test(nth_once),
		cmocka_unit_test(nth_sticky),
		cmocka_unit_test(nth_is_private),
		cmocka_unit_test(hooks_fail),
		cmocka_unit_test(parking),
		cmocka_unit_test(parked_timeout),
		cmocka_unit_test(thread_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
