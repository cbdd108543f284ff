/* SPDX-License-Identifier: MIT */
/* Reader-writer semaphores. */
#include "kit_test.h"

#include <linux/completion.h>
#include <linux/rwsem.h>

#include "kit/rw.h"

#define ROUNDS 20000

struct shared {
	struct rw_semaphore sem;
	struct completion go;
	long a, b;
	long torn;
	int step;		/* atomic */
	int got;
};

static void shared_init(struct shared *s)
{
	*s = (struct shared){ .a = 0 };
	init_rwsem(&s->sem);
	init_completion(&s->go);
}

static int write_both(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		down_write(&s->sem);
		s->a++;
		s->b++;
		up_write(&s->sem);
	}
	return 0;
}

static int read_both(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		down_read(&s->sem);
		if (s->a != s->b)
			__atomic_fetch_add(&s->torn, 1, __ATOMIC_RELAXED);
		up_read(&s->sem);
	}
	return 0;
}

static void excludes(void **state)
{
	struct shared s;
	struct uik_thread *threads[4];

	shared_init(&s);
	for (int i = 0; i < 4; i++)
		threads[i] = start(i & 1 ? write_both : read_both, &s);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	assert_int_equal(s.torn, 0);
	assert_int_equal(s.a, 2 * ROUNDS);
	assert_false(rwsem_is_locked(&s.sem));
}

static int read_and_tell(void *arg)
{
	struct shared *s = arg;

	down_read(&s->sem);
	__atomic_store_n(&s->step, 1, __ATOMIC_RELEASE);
	up_read(&s->sem);
	return 0;
}

/* Law: readers do not wait for readers. */
static void readers_share(void **state)
{
	struct shared s;

	shared_init(&s);
	down_read(&s.sem);
	join(start(read_and_tell, &s));
	assert_int_equal(s.step, 1);
	up_read(&s.sem);
}

static int write_and_tell(void *arg)
{
	struct shared *s = arg;

	down_write(&s->sem);
	__atomic_store_n(&s->step, s->step * 10 + 2, __ATOMIC_RELEASE);
	up_write(&s->sem);
	return 0;
}

static int read_after(void *arg)
{
	struct shared *s = arg;

	down_read(&s->sem);
	__atomic_store_n(&s->step, s->step * 10 + 3, __ATOMIC_RELEASE);
	up_read(&s->sem);
	return 0;
}

/* Law: a waiting writer goes before readers that come later. */
static void writers_first(void **state)
{
	struct uik_thread *writer, *reader;
	struct shared s;

	shared_init(&s);
	down_read(&s.sem);
	writer = start(write_and_tell, &s);
	eventually(__atomic_load_n(&s.sem.rw.state, __ATOMIC_RELAXED) &
		   RW_ALL_WAITING);
	assert_int_equal(down_write_trylock(&s.sem), 0);
	reader = start(read_after, &s);
	usleep(2000);
	assert_int_equal(__atomic_load_n(&s.step, __ATOMIC_ACQUIRE), 0);
	up_read(&s.sem);
	join(writer);
	join(reader);
	assert_int_equal(s.step, 23);
}

/* Law: a downgrade lets readers in and keeps writers out. */
static void downgrade(void **state)
{
	struct shared s;

	shared_init(&s);
	down_write(&s.sem);
	lockdep_assert_held_write(&s.sem);
	downgrade_write(&s.sem);
	lockdep_assert_held_read(&s.sem);
	assert_int_equal(warnings_of(lockdep_assert_held_write(&s.sem)), 1);
	join(start(read_and_tell, &s));
	assert_int_equal(s.step, 1);
	assert_int_equal(down_write_trylock(&s.sem), 0);
	up_read(&s.sem);
	assert_int_equal(down_write_trylock(&s.sem), 1);
	assert_int_equal(down_read_trylock(&s.sem), 0);
	up_write(&s.sem);
}

static int interrupted(void *arg)
{
	struct shared *s = arg;

	current->signal_pending = true;
	s->got = down_write_killable(&s->sem);
	s->step = down_read_interruptible(&s->sem);
	return 0;
}

/* Law: an interrupted writer leaves no trace: readers come in. */
static void interruptible(void **state)
{
	struct shared s;

	shared_init(&s);
	down_write(&s.sem);
	join(start(interrupted, &s));
	assert_int_equal(s.got, -EINTR);
	assert_int_equal(s.step, -EINTR);
	assert_int_equal(s.sem.rw.state, RW_WRITER);
	downgrade_write(&s.sem);
	join(start(read_and_tell, &s));
	up_read(&s.sem);
	assert_false(rwsem_is_locked(&s.sem));
}

static void unowned(void **state)
{
	DECLARE_RWSEM(sem);

	assert_int_equal(warnings_of(up_read(&sem)), 1);
	assert_int_equal(warnings_of(up_write(&sem)), 1);
	assert_int_equal(warnings_of(downgrade_write(&sem)), 1);
	assert_false(rwsem_is_locked(&sem));
	down_read(&sem);
	assert_int_equal(warnings_of(up_write(&sem)), 1);
	up_read(&sem);
}

/* Law: trying says whether it took the lock, and takes nothing when not. */
static void tries(void **state)
{
	DECLARE_RWSEM(sem);

	assert_int_equal(down_read_trylock(&sem), 1);
	assert_int_equal(down_read_trylock(&sem), 1);
	lockdep_assert_held_read(&sem);
	assert_int_equal(down_write_trylock(&sem), 0);
	assert_int_equal(uik_held_count(current), 2);
	up_read(&sem);
	up_read(&sem);
	down_write_nested(&sem, 1);
	lockdep_assert_held_write(&sem);
	assert_int_equal(uik_held(current, 0)->subclass, 1);
	assert_int_equal(down_read_trylock(&sem), 0);
	up_write(&sem);
	assert_int_equal(uik_held_count(current), 0);
}

static void write_twice(void)
{
	DECLARE_RWSEM(sem);

	down_write(&sem);
	down_write(&sem);
}

static void write_then_read(void)
{
	DECLARE_RWSEM(sem);

	down_write(&sem);
	down_read(&sem);
}

/* Law: a writer that would wait for itself ends the process. */
static void recursion(void **state)
{
	assert_int_equal(signal_of(write_twice), SIGABRT);
	assert_int_equal(signal_of(write_then_read), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excludes),
		cmocka_unit_test(readers_share),
		cmocka_unit_test(writers_first),
		cmocka_unit_test(downgrade),
		cmocka_unit_test(interruptible),
		cmocka_unit_test(unowned),
		cmocka_unit_test(tries),
		cmocka_unit_test(recursion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
