// SPDX-License-Identifier: MIT
/*
 * Laws of lib/inspect/explain.c.  The order that an explanation gives is
 * carried out, step by step, for every object of a crowded context: each step
 * must succeed and the object must be gone at the end.
 */
#include "inspect_rig.h"

#include <stdio.h>
#include <sys/mman.h>

#include "../support/mock.h"

#define PAGE 4096ul
#define RAM_IOVA (16ul << 20)

struct crowd {
	struct uiommufd_platform *platform;
	int fd, event_fd, fault_fd, access_fd;
	struct guest guest;
	void *area;
	void *ram;
	uint32_t last;			/* highest object ID */
};

static uint32_t make_access(struct crowd *crowd)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd), .op = IOMMU_TEST_OP_CREATE_ACCESS,
		.id = crowd->guest.ioas,
	};

	assert_int_equal(mock_call(crowd->fd, IOMMU_TEST_CMD, &cmd), 0);
	crowd->access_fd = cmd.create_access.out_access_fd;
	return cmd.id;
}

/* Two queues, the second of which depends on the first. */
static void make_queues(struct crowd *crowd)
{
	uint32_t queue;

	assert_int_equal(mock_map(crowd->fd, crowd->guest.ioas, crowd->ram,
				  2 * PAGE, RAM_IOVA), 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(mock_hw_queue(crowd->fd, crowd->guest.viommu,
					       i, RAM_IOVA + i * PAGE, PAGE,
					       &queue), 0);
}

static void crowd_fill(struct crowd *crowd)
{
	struct guest *guest = &crowd->guest;
	int fd = crowd->fd;
	uint32_t id;

	*guest = make_guest(fd);
	make_vdevice(fd, guest, 0x10);
	assert_int_equal(mock_veventq(fd, guest->viommu, &id,
				      &crowd->event_fd), 0);
	assert_int_equal(mock_fault(fd, &id, &crowd->fault_fd), 0);
	assert_int_equal(mock_nested(fd, guest->idev, guest->viommu, &id), 0);
	make_queues(crowd);
	make_access(crowd);
	crowd->area = uiommufd_mmap(NULL, guest->length, PROT_READ, MAP_SHARED,
				    fd, guest->offset);
	assert_ptr_not_equal(crowd->area, MAP_FAILED);
	assert_int_equal(mock_ioas(fd, &crowd->last), 0);
}

static void crowd_open(struct crowd *crowd)
{
	crowd->fd = uiommufd_open(crowd->platform, O_RDWR | O_CLOEXEC);
	assert_true(crowd->fd >= 0);
	crowd_fill(crowd);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		assert_int_equal(uiommufd_close(*fd), 0);
	*fd = -1;
}

static void crowd_unmap(struct crowd *crowd)
{
	if (crowd->area)
		assert_int_equal(uiommufd_munmap(crowd->area,
						 crowd->guest.length), 0);
	crowd->area = NULL;
}

static void crowd_close(struct crowd *crowd)
{
	crowd_unmap(crowd);
	close_one(&crowd->event_fd);
	close_one(&crowd->fault_fd);
	close_one(&crowd->access_fd);
	close_one(&crowd->fd);
}

/* The event queue that has ID @id is closed through its descriptor. */
static void close_event_file(struct crowd *crowd, uint32_t id)
{
	char name[32], *graph = uiommufd_graph(crowd->fd);
	bool is_fault;

	snprintf(name, sizeof(name), "\nFAULT %u ", id);
	is_fault = strstr(graph, name) != NULL;
	free(graph);
	close_one(is_fault ? &crowd->fault_fd : &crowd->event_fd);
}

static void carry_out(struct crowd *crowd, const char *step)
{
	unsigned int number;
	uint32_t id;

	if (sscanf(step, " %u. IOMMU_DESTROY %u", &number, &id) == 2)
		assert_int_equal(mock_destroy(crowd->fd, id), 0);
	else if (sscanf(step, " %u. close the event file of %u", &number,
			&id) == 2)
		close_event_file(crowd, id);
	else if (strstr(step, "unmap the area of"))
		crowd_unmap(crowd);
	else if (strstr(step, "the driver destroys ACCESS"))
		close_one(&crowd->access_fd);
	else
		fail_msg("not a step that this test knows: %s", step);
}

static void carry_out_all(struct crowd *crowd, char *text, uint32_t id)
{
	char *steps = strstr(text, "the way there:\n");
	char *more = NULL;

	if (!steps) {
		assert_non_null(strstr(text, "nobody needs it"));
		assert_int_equal(mock_destroy(crowd->fd, id), 0);
		return;
	}
	assert_int_equal(mock_destroy(crowd->fd, id), EBUSY);
	for (char *step = strtok_r(strchr(steps, '\n'), "\n", &more); step;
	     step = strtok_r(NULL, "\n", &more))
		carry_out(crowd, step);
}

/* Carried out as told, the object is gone; nothing is asked in vain. */
static void the_order_works(void **state)
{
	struct crowd *crowd = *state;
	uint32_t id = 1, last = 1;

	for (; id <= last; id++) {
		char *text;

		crowd_open(crowd);
		last = crowd->last;
		text = uiommufd_explain(crowd->fd, id);
		assert_non_null(text);
		carry_out_all(crowd, text, id);
		free(text);
		text = uiommufd_explain(crowd->fd, id);
		assert_null(text);
		assert_int_equal(errno, ENOENT);
		crowd_close(crowd);
	}
	assert_true(last > 12);
}

/* Everybody who holds the IOAS is named. */
static void holders_are_named(void **state)
{
	struct crowd *crowd = *state;
	static const char *const holders[] = {
		"it is needed by", "  HWPT_PAGING 4\n", "  HWPT_PAGING 5\n",
		"  ACCESS ",
	};
	char *text;

	crowd_open(crowd);
	text = uiommufd_explain(crowd->fd, crowd->guest.ioas);
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		assert_non_null(strstr(text, holders[i]));
	free(text);
	crowd_close(crowd);
}

static void no_such_object(void **state)
{
	struct crowd *crowd = *state;

	crowd_open(crowd);
	errno = 0;
	assert_null(uiommufd_explain(crowd->fd, 0));
	assert_int_equal(errno, ENOENT);
	assert_null(uiommufd_explain(crowd->fd, 999));
	assert_int_equal(errno, ENOENT);
	assert_null(uiommufd_explain(0, 1));
	assert_int_equal(errno, EBADF);
	crowd_close(crowd);
}

static int crowd_setup(void **state)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	crowd->platform = mock_platform();
	crowd->event_fd = crowd->fault_fd = crowd->access_fd = -1;
	crowd->ram = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*state = crowd;
	return crowd->platform && crowd->ram != MAP_FAILED ? 0 : -1;
}

static int crowd_teardown(void **state)
{
	struct crowd *crowd = *state;
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	assert_int_equal(uiommufd_platform_audit(crowd->platform, &audit), 0);
	uiommufd_platform_free(crowd->platform);
	munmap(crowd->ram, 2 * PAGE);
	free(crowd);
	return 0;
}

#define CROWD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, crowd_setup, crowd_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CROWD_TEST(the_order_works),
		CROWD_TEST(holders_are_named),
		CROWD_TEST(no_such_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
