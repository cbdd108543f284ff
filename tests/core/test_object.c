// SPDX-License-Identifier: MIT
/* Laws of object.c: IDs, birth, lookup, references. */
#include "core_rig.h"

#include <linux/anon_inodes.h>

/* The lowest free ID is taken, from 1; reserved ones count as taken. */
static void ids_are_lowest_free(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct rig_object *b = rig_alloc(rig, IOMMUFD_OBJ_IOAS);
	struct rig_object *c = rig_make(rig, IOMMUFD_OBJ_IOAS);

	assert_int_equal(a->obj.id, 1);
	assert_int_equal(b->obj.id, 2);
	assert_int_equal(c->obj.id, 3);
	assert_int_equal(rig_destroy(rig, 1), 0);
	a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	assert_int_equal(a->obj.id, 1);
	iommufd_object_abort(rig->ictx, &b->obj);
	b = rig_make(rig, IOMMUFD_OBJ_IOAS);
	assert_int_equal(b->obj.id, 2);
}

/* A new object is zero but for its type, ID and counters of 1. */
static void memory_is_zeroed(void **state)
{
	struct rig *rig = *state;
	struct iommufd_object *obj;
	const size_t size = 4096;

	obj = iommufd_object_alloc_size(rig->ictx, size, IOMMUFD_OBJ_IOAS);
	assert_false(IS_ERR(obj));
	assert_int_equal(obj->type, IOMMUFD_OBJ_IOAS);
	assert_int_equal(refcount_read(&obj->users), 1);
	assert_int_equal(refcount_read(&obj->wait_cnt), 1);
	for (size_t i = sizeof(*obj); i < size; i++)
		assert_int_equal(((u8 *)obj)[i], 0);
	iommufd_object_abort(rig->ictx, obj);
}

/* A reserved object is found by nobody; a published one by its type or any. */
static void lookup_needs_publication_and_type(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_IOAS);
	struct iommufd_object *found;
	u32 id = a->obj.id;

	assert_int_equal(iommufd_object_state(rig->ictx, &a->obj),
			 IOMMUFD_STATE_RESERVED);
	found = iommufd_get_object(rig->ictx, id, IOMMUFD_OBJ_ANY);
	assert_int_equal(PTR_ERR(found), -ENOENT);
	assert_int_equal(rig_destroy(rig, id), -ENOENT);
	iommufd_object_finalize(rig->ictx, &a->obj);
	assert_int_equal(iommufd_object_state(rig->ictx, &a->obj),
			 IOMMUFD_STATE_LIVE);
	found = iommufd_get_object(rig->ictx, id, IOMMUFD_OBJ_DEVICE);
	assert_int_equal(PTR_ERR(found), -ENOENT);
	found = iommufd_get_object(rig->ictx, 0xffffffff, IOMMUFD_OBJ_ANY);
	assert_int_equal(PTR_ERR(found), -ENOENT);
	found = iommufd_get_object(rig->ictx, 0, IOMMUFD_OBJ_ANY);
	assert_int_equal(PTR_ERR(found), -ENOENT);
	found = iommufd_get_object(rig->ictx, id, IOMMUFD_OBJ_IOAS);
	assert_ptr_equal(found, &a->obj);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 2);
	iommufd_put_object(rig->ictx, found);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 1);
}

/* A lock attempt gives back what it took when the second count is closed. */
static void lock_fails_whole(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	refcount_inc(&a->obj.users);	/* the owner that closes it */
	refcount_set(&a->obj.wait_cnt, 0);
	assert_false(iommufd_object_lock(&a->obj));
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(PTR_ERR(iommufd_get_object(rig->ictx, a->obj.id,
						    IOMMUFD_OBJ_ANY)),
			 -ENOENT);
	refcount_set(&a->obj.wait_cnt, 1);
	refcount_dec(&a->obj.users);
}

/* A pointer is good for a users reference while its slot holds it. */
static void try_inc_users_looks_at_the_slot(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_IOAS);

	assert_int_equal(iommufd_try_inc_users(rig->ictx, &a->obj), -EBUSY);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	iommufd_object_finalize(rig->ictx, &a->obj);
	assert_int_equal(iommufd_try_inc_users(rig->ictx, &a->obj), 0);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 1);
	refcount_dec(&a->obj.users);
}

/* Abort gives ID and memory back and runs no op. */
static void abort_runs_no_op(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_IOAS);

	assert_int_equal(rig_live_objects(rig), 1);
	iommufd_object_abort(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed + rig->aborted, 0);
	assert_int_equal(rig_live_objects(rig), 0);
	assert_int_equal(rig_live_blocks(rig), blocks);
}

/* Abort-and-destroy runs abort where the type has one, else destroy. */
static void abort_and_destroy_prefers_abort(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_VDEVICE);
	struct rig_object *b = rig_alloc(rig, IOMMUFD_OBJ_IOAS);

	iommufd_object_abort_and_destroy(rig->ictx, &a->obj);
	assert_int_equal(rig->aborted, 1);
	assert_int_equal(rig->destroyed, 0);
	iommufd_object_abort_and_destroy(rig->ictx, &b->obj);
	assert_int_equal(rig->aborted, 1);
	assert_int_equal(rig->destroyed, 1);
}

static int file_release(struct inode *inode, struct file *file)
{
	struct rig_object *object = file->private_data;

	/* Before the type's op: the object is whole. */
	assert_int_equal(the_rig->destroyed, 0);
	object->file = NULL;
	refcount_dec(&object->obj.users);
	return 0;
}

/* A file that was made is released before the object is undone (B18, B28). */
static void abort_drops_the_file_first(void **state)
{
	static const struct file_operations fops = { .release = file_release };
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_FAULT);
	struct rig_object *b = rig_alloc(rig, IOMMUFD_OBJ_FAULT);

	a->file = anon_inode_getfile("[test]", &fops, a, O_RDWR);
	assert_false(IS_ERR(a->file));
	refcount_inc(&a->obj.users);
	iommufd_object_abort_and_destroy(rig->ictx, &a->obj);
	assert_int_equal(rig->destroyed, 1);
	/* Not made yet: nothing to drop. */
	iommufd_object_abort_and_destroy(rig->ictx, &b->obj);
	assert_int_equal(rig->destroyed, 2);
}

/* An aborted object that somebody still holds is leaked with a WARN (B19). */
static void abort_of_a_held_object_warns(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_IOAS);

	refcount_inc(&a->obj.users);
	uik_warn_expect_begin();
	iommufd_object_abort(rig->ictx, &a->obj);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_live_objects(rig), 1);
	/* The memory is good: finish what the leak left. */
	uik_count_object(-1);
	kfree(a);
}

/* Publishing or aborting what is not reserved WARNs. */
static void finalize_twice_warns(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	uik_warn_expect_begin();
	iommufd_object_finalize(rig->ictx, &a->obj);
	assert_int_equal(uik_warn_expect_end(), 1);
}

/* Allocation fails with ENOMEM at each of its steps and leaves nothing. */
static void alloc_failure_sweep(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	unsigned int failed = 0;

	for (unsigned int nth = 1;; nth++) {
		struct iommufd_object *obj;
		bool hit;

		uik_fail_nth(nth, UIK_FAIL_ANY, false);
		obj = iommufd_object_alloc_size(rig->ictx, 256,
						IOMMUFD_OBJ_IOAS);
		hit = uik_fail_nth(0, 0, false);
		if (!hit) {
			assert_false(IS_ERR(obj));
			iommufd_object_abort(rig->ictx, obj);
			break;
		}
		failed++;
		assert_int_equal(PTR_ERR(obj), -ENOMEM);
		assert_int_equal(rig_live_objects(rig), 0);
		assert_int_equal(rig_live_blocks(rig), blocks);
	}
	assert_true(failed >= 1);
}

/* A dependency is one users reference on another object of the same type. */
static void depend_counts(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct rig_object *b = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct rig_object *d = rig_make(rig, IOMMUFD_OBJ_DEVICE);

	assert_int_equal(_iommufd_object_depend(&a->obj, &a->obj), -EINVAL);
	assert_int_equal(_iommufd_object_depend(&a->obj, &d->obj), -EINVAL);
	assert_int_equal(_iommufd_object_depend(&b->obj, &a->obj), 0);
	assert_int_equal(rig_destroy(rig, a->obj.id), -EBUSY);
	_iommufd_object_undepend(&b->obj, &a->obj);
	assert_int_equal(rig_destroy(rig, a->obj.id), 0);
	uik_warn_expect_begin();
	_iommufd_object_undepend(&b->obj, &d->obj);
	uik_warn_expect_end();
	assert_int_equal(refcount_read(&d->obj.users), 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(ids_are_lowest_free),
		TEST(memory_is_zeroed),
		TEST(lookup_needs_publication_and_type),
		TEST(lock_fails_whole),
		TEST(try_inc_users_looks_at_the_slot),
		TEST(abort_runs_no_op),
		TEST(abort_and_destroy_prefers_abort),
		TEST(abort_drops_the_file_first),
		TEST(abort_of_a_held_object_warns),
		TEST(finalize_twice_warns),
		TEST(alloc_failure_sweep),
		TEST(depend_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
