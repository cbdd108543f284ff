// SPDX-License-Identifier: MIT
/* Laws of lib/inspect/check.c: counts are what claims explain, no more. */
#include "inspect_rig.h"

#include <linux/file.h>
#include <linux/refcount.h>

/* A guest's whole set of objects, with an area mapped. */
static void all_counts_are_explained(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	uint32_t vdev = make_vdevice(client->fd, &guest, 0x10);
	void *area = uiommufd_mmap(NULL, guest.length, PROT_READ, MAP_SHARED,
				   client->fd, guest.offset);

	assert_ptr_not_equal(area, MAP_FAILED);
	assert_int_equal(uiommufd_graph_check(client->fd, stderr), 0);
	assert_int_equal(uiommufd_munmap(area, guest.length), 0);
	assert_int_equal(uiommufd_graph_check(client->fd, stderr), 0);
	assert_int_equal(destroy_id(client->fd, vdev), 0);
	assert_int_equal(uiommufd_graph_check(client->fd, stderr), 0);
}

/* One reference that nobody accounts for, of either kind, is found. */
static void a_stray_reference_is_found(void **state)
{
	struct client *client = *state;
	uint32_t ioas = make_ioas(client->fd);
	struct file *file = fget(client->fd);
	struct iommufd_ctx *ictx = iommufd_file_ctx(file);
	struct uik_machine *outer = uik_enter(ictx->machine);
	struct iommufd_object *obj =
		iommufd_get_object(ictx, ioas, IOMMUFD_OBJ_IOAS);

	assert_false(IS_ERR(obj));
	assert_int_equal(inspect_check(ictx, NULL), 1);
	refcount_dec(&obj->users);
	assert_int_equal(inspect_check(ictx, NULL), 1);
	refcount_inc(&obj->users);
	iommufd_put_object(ictx, obj);
	assert_int_equal(inspect_check(ictx, NULL), 0);
	uik_leave(outer);
	fput(file);
}

/* Contexts with more objects than the small table holds. */
static void many_objects(void **state)
{
	struct client *client = *state;

	for (int i = 0; i < 400; i++)
		make_ioas(client->fd);
	make_guest(client->fd);
	assert_int_equal(uiommufd_graph_check(client->fd, stderr), 0);
}

/* Not a context: EBADF. */
static void only_contexts(void **state)
{
	errno = 0;
	assert_int_equal(uiommufd_graph_check(0, NULL), -1);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(all_counts_are_explained),
		CLIENT_TEST(a_stray_reference_is_found),
		CLIENT_TEST(many_objects),
		CLIENT_TEST(only_contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
