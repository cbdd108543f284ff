// SPDX-License-Identifier: MIT
/*
 * Laws of object_remove.c: who may destroy, who waits for whom, and the end of
 * a context.  Threads are kit threads; the 60 seconds are virtual.
 */
#include "core_rig.h"

#include <sched.h>
#include <linux/atomic.h>

/* IOMMU_DESTROY: 0, ENOENT for what is not there, EBUSY while needed. */
static void destroy_by_id(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	u32 id = a->obj.id;

	assert_int_equal(rig_destroy(rig, id + 1), -ENOENT);
	refcount_inc(&a->obj.users);
	assert_int_equal(rig_destroy(rig, id), -EBUSY);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 1);
	refcount_dec(&a->obj.users);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(rig->destroyed, 1);
	assert_int_equal(rig_destroy(rig, id), -ENOENT);
}

/* Destroying the compatibility IOAS makes the context forget it. */
static void destroy_clears_the_vfio_ioas(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	rig->ictx->vfio_ioas = (void *)a;
	assert_int_equal(rig_destroy(rig, a->obj.id), 0);
	assert_null(rig->ictx->vfio_ioas);
}

/* The owner's reference is consumed; the object goes if it was the last. */
static void put_and_try_destroy(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	refcount_add(2, &a->obj.users);
	iommufd_object_put_and_try_destroy(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed, 0);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	iommufd_object_put_and_try_destroy(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed, 1);
}

/* Nobody inside: pre_destroy does not run. */
static void pre_destroy_only_if_somebody_is_inside(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_DEVICE);

	refcount_inc(&a->obj.users);
	iommufd_object_destroy_user(rig->ictx, &a->obj);
	assert_int_equal(rig->pre_destroyed, 0);
	assert_int_equal(rig->destroyed, 1);
}

/* Somebody inside: pre_destroy runs once, before the wait, and may end it. */
static void pre_destroy_can_end_the_wait(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_DEVICE);

	assert_true(iommufd_object_lock(&a->obj));
	a->inside = &a->obj;
	refcount_inc(&a->obj.users);
	iommufd_object_destroy_user(rig->ictx, &a->obj);
	assert_int_equal(rig->pre_destroyed, 1);
	assert_int_equal(rig->destroyed, 1);
}

/* An owner waits in vain for a minute: WARN, and the object works again. */
static void owner_timeout_keeps_the_object(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	u64 before = uik_machine_now_ns(rig->machine);

	assert_true(iommufd_object_lock(&a->obj));
	refcount_inc(&a->obj.users);
	uik_warn_expect_begin();
	iommufd_object_destroy_user(rig->ictx, &a->obj);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_true(uik_machine_now_ns(rig->machine) - before >= 60000000000ull);
	assert_int_equal(rig->destroyed, 0);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 2);
	iommufd_put_object(rig->ictx, &a->obj);
	assert_int_equal(rig_destroy(rig, a->obj.id), 0);
}

/* A user waits in vain: EBUSY, the ID is free, the object leaks with a WARN. */
static void user_timeout_leaks_the_object(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct rig_object *b;
	u32 id = a->obj.id;

	/* Nothing of ours does this: inside without users. */
	refcount_inc(&a->obj.wait_cnt);
	uik_warn_expect_begin();
	assert_int_equal(rig_destroy(rig, id), -EBUSY);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig->destroyed, 0);
	b = rig_make(rig, IOMMUFD_OBJ_IOAS);
	assert_int_equal(b->obj.id, id);
	assert_ptr_not_equal(b, a);
	uik_count_object(-1);
	kfree(a);
}

/* Waited, but users remain: EBUSY, lookups work again. */
static void owner_finds_users_left(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct iommufd_object *found;

	refcount_add(2, &a->obj.users);
	uik_warn_expect_begin();
	iommufd_object_destroy_user(rig->ictx, &a->obj);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 1);
	found = iommufd_get_object(rig->ictx, a->obj.id, IOMMUFD_OBJ_IOAS);
	assert_ptr_equal(found, &a->obj);
	iommufd_put_object(rig->ictx, found);
	refcount_dec(&a->obj.users);
}

/* A tombstone: ENOENT for ever, the ID never given again, not "empty", no object. */
static void tombstones_stay(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	u32 id = a->obj.id;

	refcount_inc(&a->obj.users);
	iommufd_object_tombstone_user(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed, 1);
	assert_int_equal(rig_destroy(rig, id), -ENOENT);
	assert_int_equal(PTR_ERR(iommufd_get_object(rig->ictx, id,
						    IOMMUFD_OBJ_ANY)),
			 -ENOENT);
	assert_false(idmap_is_empty(&rig->ictx->objects));
	assert_int_equal(rig_live_objects(rig), 0);
	for (unsigned int i = 0; i < 300; i++)
		assert_int_not_equal(rig_make(rig, IOMMUFD_OBJ_IOAS)->obj.id,
				     id);
	assert_int_equal(rig_live_objects(rig), 300);
	/* And the end of the context does not spin on it. */
	rig_close(rig);
	assert_int_equal(rig->destroyed, 301);
}

struct holder {
	struct rig *rig;
	struct iommufd_object *obj;
	u64 sleep_ns;
	atomic_t go;
	atomic_t waiting;
};

static int hold_for_a_while(void *arg)
{
	struct holder *holder = arg;
	struct uik_machine *outer = uik_enter(holder->rig->machine);

	uik_sleep_ns(holder->sleep_ns);
	iommufd_put_object(holder->rig->ictx, holder->obj);
	uik_leave(outer);
	return 0;
}

/* The waiter is woken when the last one leaves, not by its timer. */
static void wakes_promptly(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct holder holder = {
		.rig = rig, .obj = &a->obj, .sleep_ns = 5000000,
	};
	u64 before = uik_machine_now_ns(rig->machine);
	struct uik_thread *thread;

	assert_true(iommufd_object_lock(&a->obj));
	thread = uik_thread_start(hold_for_a_while, &holder, "holder");
	assert_false(IS_ERR_OR_NULL(thread));
	refcount_inc(&a->obj.users);
	iommufd_object_destroy_user(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed, 1);
	assert_true(uik_machine_now_ns(rig->machine) - before < 2000000000);
	assert_int_equal(uik_thread_join(thread), 0);
}

struct racer {
	struct rig *rig;
	u32 id;
	atomic_t start;
};

static int look_up_often(void *arg)
{
	struct racer *racer = arg;
	struct uik_machine *outer = uik_enter(racer->rig->machine);

	atomic_inc(&racer->start);
	for (;;) {
		struct iommufd_object *obj = iommufd_get_object(
			racer->rig->ictx, racer->id, IOMMUFD_OBJ_ANY);

		if (IS_ERR(obj))
			break;
		iommufd_put_object(racer->rig->ictx, obj);
	}
	uik_leave(outer);
	return 0;
}

/*
 * Lookups against an owner's removal: the owner always succeeds, and nobody
 * touches the object afterwards (memory checkers watch).
 */
static void removal_races_with_lookups(void **state)
{
	struct rig *rig = *state;

	for (unsigned int round = 0; round < 60; round++) {
		struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
		struct racer racer = { .rig = rig, .id = a->obj.id };
		struct uik_thread *threads[2];

		refcount_inc(&a->obj.users);
		for (unsigned int i = 0; i < 2; i++)
			threads[i] = uik_thread_start(look_up_often, &racer,
						      "lookup");
		while (atomic_read(&racer.start) < 2)
			sched_yield();
		iommufd_object_tombstone_user(rig->ictx, &a->obj);
		for (unsigned int i = 0; i < 2; i++)
			assert_int_equal(uik_thread_join(threads[i]), 0);
		assert_int_equal(rig->destroyed, round + 1);
	}
}

/* The same against IOMMU_DESTROY, which may be refused but never spoils. */
static void destroy_races_with_lookups(void **state)
{
	struct rig *rig = *state;

	for (unsigned int round = 0; round < 60; round++) {
		struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
		struct racer racer = { .rig = rig, .id = a->obj.id };
		struct uik_thread *thread;
		int ret;

		thread = uik_thread_start(look_up_often, &racer, "lookup");
		while (!atomic_read(&racer.start))
			sched_yield();
		do {
			ret = rig_destroy(rig, racer.id);
			assert_true(!ret || ret == -EBUSY);
		} while (ret);
		assert_int_equal(uik_thread_join(thread), 0);
		assert_int_equal(rig->destroyed, round + 1);
	}
}

static int write_and_part(void *arg)
{
	struct rig_object *a = arg;
	struct uik_machine *outer = uik_enter(a->rig->machine);

	a->holds = NULL;
	refcount_dec(&a->obj.users);
	uik_leave(outer);
	return 0;
}

/*
 * Law: who destroys an object has seen what those did who had counts on it; the
 * quick way, and the long one that the compatibility IOAS takes.  (TSan sees it.)
 */
static void destroy_sees_what_others_did(void **state)
{
	struct rig *rig = *state;

	for (unsigned int round = 0; round < 60; round++) {
		struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
		u32 id = a->obj.id;
		struct uik_thread *thread;
		int ret;

		rig->ictx->vfio_ioas = round % 2 ? (void *)a : NULL;
		refcount_inc(&a->obj.users);
		thread = uik_thread_start(write_and_part, a, "parting");
		while ((ret = rig_destroy(rig, id)) == -EBUSY)
			sched_yield();
		assert_int_equal(ret, 0);
		assert_int_equal(uik_thread_join(thread), 0);
	}
}

static struct rig_object *make_on(struct rig *rig, struct rig_object *needed)
{
	struct rig_object *object = rig_make(rig, IOMMUFD_OBJ_IOAS);

	refcount_inc(&needed->obj.users);
	object->holds = &needed->obj;
	return object;
}

/* The context's end destroys what nobody needs, in rounds of ascending IDs. */
static void teardown_follows_the_counts(void **state)
{
	struct rig *rig = *state;
	struct rig_object *base = rig_make(rig, IOMMUFD_OBJ_IOAS);	/* 1 */
	struct rig_object *middle = make_on(rig, base);			/* 2 */
	struct rig_object *gap = rig_make(rig, IOMMUFD_OBJ_IOAS);	/* 3 */
	struct rig_object *top;

	make_on(rig, middle);						/* 4 */
	assert_int_equal(rig_destroy(rig, gap->obj.id), 0);
	top = make_on(rig, rig_make(rig, IOMMUFD_OBJ_IOAS));	/* 5 on 3 */
	assert_int_equal(top->obj.id, 5);
	rig->destroyed = 0;
	rig_close(rig);
	assert_int_equal(rig->destroyed, 5);
	assert_int_equal(rig->order[0], 4);
	assert_int_equal(rig->order[1], 5);
	assert_int_equal(rig->order[2], 2);
	assert_int_equal(rig->order[3], 3);
	assert_int_equal(rig->order[4], 1);
}

/* What nobody can destroy is reported with a WARN, and the end comes. */
static void teardown_reports_leaks(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	refcount_inc(&a->obj.users);
	rig_make(rig, IOMMUFD_OBJ_IOAS);
	uik_warn_expect_begin();
	rig_close(rig);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig->destroyed, 1);
	uik_count_object(-1);
	kfree(a);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define TEST_AUTO(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup_auto_clock, \
					rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(destroy_by_id),
		TEST(destroy_clears_the_vfio_ioas),
		TEST(put_and_try_destroy),
		TEST(pre_destroy_only_if_somebody_is_inside),
		TEST(pre_destroy_can_end_the_wait),
		TEST_AUTO(owner_timeout_keeps_the_object),
		TEST_AUTO(user_timeout_leaks_the_object),
		TEST(owner_finds_users_left),
		TEST(tombstones_stay),
		TEST(wakes_promptly),
		TEST(removal_races_with_lookups),
		TEST(destroy_races_with_lookups),
		TEST(destroy_sees_what_others_did),
		TEST(teardown_follows_the_counts),
		TEST(teardown_reports_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
