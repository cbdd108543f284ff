// SPDX-License-Identifier: MIT
/* Laws of hw_queue.c: spec/60 sections 10 to 12. */
#include "rig.h"

#include <sys/mman.h>

#include "objects/ioas.h"

#define IOVA 0x1000000ull
#define PAGES_MAPPED 16

struct queue_rig {
	struct rig_guest guest;
	char *memory;
};

static struct queue_rig queue_rig(struct rig *rig)
{
	struct queue_rig q = { .guest = rig_guest(rig) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = q.guest.ioas,
		.length = PAGES_MAPPED * 4096,
		.iova = IOVA,
	};

	q.memory = mmap(NULL, map.length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	assert_true(q.memory != MAP_FAILED);
	map.user_va = (uintptr_t)q.memory;
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_MAP, &map), 0);
	return q;
}

static struct iommu_hw_queue_alloc command(struct queue_rig *q, u32 index,
					   u64 iova, u64 length)
{
	return (struct iommu_hw_queue_alloc){
		.size = sizeof(struct iommu_hw_queue_alloc),
		.viommu_id = q->guest.viommu,
		.type = RIG_QUEUE_TYPE,
		.index = index,
		.nesting_parent_iova = iova,
		.length = length,
	};
}

static int alloc(struct rig *rig, struct queue_rig *q, u32 index, u64 iova,
		 u64 length)
{
	struct iommu_hw_queue_alloc cmd = command(q, index, iova, length);
	int ret = rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd);

	return ret ?: (int)cmd.out_hw_queue_id;
}

static int unmap(struct rig *rig, struct queue_rig *q, u64 iova, u64 length)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd), .ioas_id = q->guest.ioas,
		.iova = iova, .length = length,
	};

	return rig_ioctl(rig, IOMMU_IOAS_UNMAP, &cmd);
}

/*
 * It takes two IDs, holds the vIOMMU, keeps its memory from being unmapped, and
 * gives all of it back.
 */
static void lives_and_ends(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct rig_queue *queue;
	int id = alloc(rig, &q, 3, IOVA + 4096, 4096);

	assert_true(id > 0);
	queue = container_of(rig_object(rig, id), struct rig_queue, core.obj);
	assert_int_equal(queue->core.viommu->obj.id, q.guest.viommu);
	assert_int_equal(queue->core.base_addr, IOVA + 4096);
	assert_int_equal(queue->core.length, 4096);
	assert_int_equal(queue->core.type, RIG_QUEUE_TYPE);
	assert_int_equal(queue->index, 3);
	assert_true(queue->base == (uintptr_t)q.memory + 4096);
	assert_int_equal(rig_users(rig, q.guest.viommu), 2);
	assert_int_equal(rig_object(rig, id + 1)->type, IOMMUFD_OBJ_ACCESS);
	assert_int_equal(rig_destroy(rig, id + 1), -EBUSY);
	assert_int_equal(rig_destroy(rig, q.guest.viommu), -EBUSY);
	assert_int_equal(unmap(rig, &q, IOVA, PAGES_MAPPED * 4096), -EBUSY);
	assert_int_equal(unmap(rig, &q, 0, ~0ull), -EBUSY);

	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(seen.queue_destroy, 1);
	assert_null(rig_object(rig, id + 1));
	assert_int_equal(rig_users(rig, q.guest.viommu), 1);
	assert_int_equal(unmap(rig, &q, IOVA, PAGES_MAPPED * 4096), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* Errno row by row. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct iommu_hw_queue_alloc cmd = command(&q, 0, IOVA, 0);
	static const struct {
		u64 iova, length;
		int ret;
	} ranges[] = {
		{ 0, ~0ull, -ERANGE },
		{ 0, 1ull << 62, -ENOMEM },
		{ ~0ull, 1, -ENOENT },
		{ ~0ull, 2, -EOVERFLOW },
		{ 0x5000000, 4096, -ENOENT },
		{ IOVA + (PAGES_MAPPED - 1) * 4096, 8192, -ENOENT },
	};

	cmd.flags = 1;
	cmd.viommu_id = 999;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd),
			 -EOPNOTSUPP);
	cmd.flags = 0;
	cmd.type = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd),
			 -EOPNOTSUPP);
	cmd.type = 4242;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd), -EINVAL);
	cmd.nesting_parent_iova = ~0ull;
	cmd.length = 2;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd),
			 -EOVERFLOW);
	cmd.length = 1;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd), -ENOENT);
	cmd.viommu_id = q.guest.parent;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd), -ENOENT);
	cmd.viommu_id = q.guest.viommu;
	assert_int_equal(rig_ioctl(rig, IOMMU_HW_QUEUE_ALLOC, &cmd),
			 -EOPNOTSUPP);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(alloc(rig, &q, 0, ranges[i].iova,
				       ranges[i].length), ranges[i].ret);
	knobs.queue_error = -EDOM;
	assert_int_equal(alloc(rig, &q, 0, IOVA, 4096), -EDOM);
	assert_int_equal(seen.queue_destroy, 0);
	assert_int_equal(rig_users(rig, q.guest.viommu), 1);
	assert_int_equal(unmap(rig, &q, IOVA, PAGES_MAPPED * 4096), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* Both ops are needed; a size below the core's is a driver's bug. */
static void driver_declares_queues(void **state)
{
	static const struct iommufd_viommu_ops none;
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);

	uik_warn_once_reset();
	knobs.queue_size = sizeof(struct iommufd_hw_queue) - 1;
	uik_warn_expect_begin();
	assert_int_equal(alloc(rig, &q, 0, IOVA, 4096), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, &q, 0, IOVA, 4096), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_destroy(rig, q.guest.viommu), 0);
	knobs.viommu_ops = &none;
	q.guest.viommu = rig_viommu(rig, 0, q.guest.parent);
	assert_int_equal(alloc(rig, &q, 0, IOVA, 4096), -EOPNOTSUPP);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* What is pinned is unpinned, whatever base and length (B08). */
static void any_base_and_length(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	unsigned int seed = 7;

	for (int i = 0; i < 300; i++) {
		u64 base, length;
		struct rig_queue *queue;
		int id;

		seed = seed * 1103515245 + 12345;
		base = (seed >> 8) % (PAGES_MAPPED * 4096);
		seed = seed * 1103515245 + 12345;
		length = 1 + (seed >> 8) % (PAGES_MAPPED * 4096 - base);
		id = alloc(rig, &q, 0, IOVA + base, length);
		assert_true(id > 0);
		queue = container_of(rig_object(rig, id), struct rig_queue,
				     core.obj);
		assert_true(queue->base == (uintptr_t)q.memory + base);
		assert_int_equal(rig_destroy(rig, id), 0);
	}
	/* All pins and locks are gone. */
	assert_int_equal(unmap(rig, &q, IOVA, PAGES_MAPPED * 4096), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* Mapped without READ: EPERM. */
static void needs_read_permission(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = q.guest.ioas,
		.user_va = (uintptr_t)q.memory, .length = 4096,
		.iova = 0x9000000,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_MAP, &map), 0);
	assert_int_equal(alloc(rig, &q, 0, 0x9000000, 4096), -EPERM);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* Pages that do not follow each other: EFAULT; across mappings: fine. */
static void needs_contiguous_pages(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.ioas_id = q.guest.ioas, .length = 4096,
	};
	int id;

	/* Pages 0, 1 | 1, 0 of the memory, mapped one by one. */
	for (int i = 0; i < 4; i++) {
		map.user_va = (uintptr_t)q.memory + (i == 1 || i == 2) * 4096;
		map.iova = 0x9000000 + i * 4096;
		assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_MAP, &map), 0);
	}
	assert_int_equal(alloc(rig, &q, 0, 0x9002000, 8192), -EFAULT);
	id = alloc(rig, &q, 0, 0x9000000, 8192);
	assert_true(id > 0);
	assert_int_equal(rig_destroy(rig, id), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* A queue that another depends on is busy until that one is gone. */
static void dependencies(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	int first, second;

	knobs.queue_depends = true;
	first = alloc(rig, &q, 0, IOVA, 4096);
	second = alloc(rig, &q, 1, IOVA + 4096, 4096);
	assert_true(first > 0 && second == first + 2);
	assert_int_equal(rig_destroy(rig, first), -EBUSY);
	assert_int_equal(rig_destroy(rig, second), 0);
	assert_int_equal(rig_destroy(rig, first), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* depend and undepend across vIOMMUs are bugs of the driver. */
static void dependency_across_viommus_warns(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct rig_queue *a, *b;
	u32 other = rig_viommu(rig, 0, q.guest.parent);
	int first = alloc(rig, &q, 0, IOVA, 4096), second;

	q.guest.viommu = other;
	second = alloc(rig, &q, 1, IOVA + 4096, 4096);
	a = container_of(rig_object(rig, first), struct rig_queue, core.obj);
	b = container_of(rig_object(rig, second), struct rig_queue, core.obj);
	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(iommufd_hw_queue_depend(b, a, core), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(iommufd_hw_queue_depend(a, a, core), -EINVAL);
	assert_int_equal(rig_users(rig, first), 1);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/*
 * A queue that its command has not published can still be given up: nobody can
 * hold it before.  Afterwards it is counted.
 */
static void unpublished_is_not_held(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct rig_queue *waiting, *made;
	int first = alloc(rig, &q, 0, IOVA, 4096), second;

	waiting = container_of(rig_object(rig, first), struct rig_queue,
			       core.obj);
	knobs.queue_waits = waiting;
	second = alloc(rig, &q, 1, IOVA + 4096, 4096);
	knobs.queue_waits = NULL;
	assert_int_equal(seen.queue_waits, -ENOENT);
	assert_int_equal(rig_users(rig, second), 1);
	made = container_of(rig_object(rig, second), struct rig_queue,
			    core.obj);
	assert_int_equal(iommufd_hw_queue_depend(waiting, made, core), 0);
	assert_int_equal(rig_users(rig, second), 2);
	assert_int_equal(rig_destroy(rig, second), -EBUSY);
	iommufd_hw_queue_undepend(waiting, made, core);
	assert_int_equal(rig_destroy(rig, second), 0);
	assert_int_equal(rig_destroy(rig, first), 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* While a queue lives its IOAS has page alignment, even without domains. */
static void raises_the_alignment(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct iommufd_ioas *ioas = container_of(
		rig_object(rig, q.guest.ioas), struct iommufd_ioas, obj);
	int id = alloc(rig, &q, 0, IOVA, 4096);

	assert_true(id > 0);
	assert_int_equal(ioas->iopt.page_accesses, 1);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(ioas->iopt.page_accesses, 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

/* Size rules. */
static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);
	struct {
		struct iommu_hw_queue_alloc cmd;
		u8 tail[16];
	} big = { .cmd = command(&q, 0, IOVA, 4096) };

	rig_check_sizes(rig, IOMMU_HW_QUEUE_ALLOC, &big, 40, 40);
	assert_int_equal(seen.queue_init, 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

static struct queue_rig sweep_queue;

static int sweep_op(struct rig *rig)
{
	int id = alloc(rig, &sweep_queue, 0, IOVA + 100, 8192);

	return id < 0 ? id : 0;
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(rig_destroy(rig, rig->queues[0]->core.obj.id), 0);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, ENOENT, EINVAL, 0 };
	struct rig *rig = *state;

	sweep_queue = queue_rig(rig);
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
	assert_int_equal(seen.queue_init, seen.queue_destroy);
	assert_int_equal(unmap(rig, &sweep_queue, IOVA, PAGES_MAPPED * 4096),
			 0);
	munmap(sweep_queue.memory, PAGES_MAPPED * 4096);
}

/* The context's end: the queue before its vIOMMU, dependents first. */
static void freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct queue_rig q = queue_rig(rig);

	knobs.queue_depends = true;
	assert_true(alloc(rig, &q, 0, IOVA, 4096) > 0);
	assert_true(alloc(rig, &q, 1, IOVA + 4096, 4096) > 0);
	rig_unbind(rig, 0);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(seen.queue_destroy, 2);
	assert_int_equal(seen.viommu_destroy, 1);
	assert_int_equal(rig_audit(rig).objects, 0);
	munmap(q.memory, PAGES_MAPPED * 4096);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lives_and_ends),
		RIG_TEST(errno_rows),
		RIG_TEST(driver_declares_queues),
		RIG_TEST(any_base_and_length),
		RIG_TEST(needs_read_permission),
		RIG_TEST(needs_contiguous_pages),
		RIG_TEST(dependencies),
		RIG_TEST(unpublished_is_not_held),
		RIG_TEST(dependency_across_viommus_warns),
		RIG_TEST(raises_the_alignment),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(freed_at_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
