// SPDX-License-Identifier: MIT
/* Laws of veventq.c: spec/30 sections 6 to 8. */
#include "rig.h"

#include <sched.h>
#include <sys/mman.h>

struct queue {
	struct rig_guest guest;
	u32 id;
	int fd;
	struct iommufd_viommu *viommu;
};

static int alloc(struct rig *rig, u32 viommu, u32 type, u32 depth,
		 struct iommu_veventq_alloc *cmd)
{
	*cmd = (struct iommu_veventq_alloc){
		.size = sizeof(*cmd), .viommu_id = viommu, .type = type,
		.veventq_depth = depth,
	};
	return rig_ioctl(rig, IOMMU_VEVENTQ_ALLOC, cmd);
}

static struct queue begin(struct rig *rig, u32 depth)
{
	struct queue q = { .guest = rig_guest(rig) };
	struct iommu_veventq_alloc cmd;

	assert_int_equal(alloc(rig, q.guest.viommu, RIG_EVENT_TYPE, depth,
			       &cmd), 0);
	q.id = cmd.out_veventq_id;
	q.fd = cmd.out_veventq_fd;
	q.viommu = container_of(rig_object(rig, q.guest.viommu),
				struct iommufd_viommu, obj);
	return q;
}

static void end(struct rig *rig, struct queue *q)
{
	assert_int_equal(uiommufd_close(q->fd), 0);
	assert_int_equal(rig_destroy(rig, q->id), 0);
}

static int report(struct queue *q, u64 value)
{
	return iommufd_viommu_report_event(q->viommu, RIG_EVENT_TYPE, &value,
					   sizeof(value));
}

struct record {
	struct iommufd_vevent_header header;
	u64 value;
};

static ssize_t take(struct queue *q, void *to, size_t count)
{
	ssize_t ret = uiommufd_read(q->fd, to, count);

	return ret < 0 ? -errno : ret;
}

static void expect(struct queue *q, u32 sequence, u64 value)
{
	struct record r;

	assert_int_equal(take(q, &r, sizeof(r)), sizeof(r));
	assert_int_equal(r.header.flags, 0);
	assert_int_equal(r.header.sequence, sequence);
	assert_int_equal(r.value, value);
}

static void expect_lost(struct queue *q, u32 sequence)
{
	struct record r;

	assert_int_equal(take(q, &r, sizeof(r.header)), sizeof(r.header));
	assert_int_equal(r.header.flags, IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	assert_int_equal(r.header.sequence, sequence);
}

/* It holds its vIOMMU; its file holds it. */
static void lives_and_ends(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 4);

	assert_int_equal(rig_users(rig, q.id), 2);
	assert_int_equal(rig_users(rig, q.guest.viommu), 2);
	assert_int_equal(rig_destroy(rig, q.id), -EBUSY);
	assert_int_equal(rig_destroy(rig, q.guest.viommu), -EBUSY);
	assert_int_equal(report(&q, 1), 0);
	assert_int_equal(uiommufd_close(q.fd), 0);
	assert_int_equal(report(&q, 2), 0);	/* still collected */
	assert_int_equal(rig_destroy(rig, q.id), 0);
	assert_int_equal(report(&q, 3), -EOPNOTSUPP);
	rig_guest_end(rig, &q.guest);
}

/* Rows in order. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 1);
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd), .flags = 1, .viommu_id = 999,
	};
	u32 id = q.id;

	assert_int_equal(rig_ioctl(rig, IOMMU_VEVENTQ_ALLOC, &cmd),
			 -EOPNOTSUPP);
	cmd.flags = 0;
	cmd.type = 1;
	cmd.__reserved = 1;
	assert_int_equal(rig_ioctl(rig, IOMMU_VEVENTQ_ALLOC, &cmd),
			 -EOPNOTSUPP);
	assert_int_equal(alloc(rig, 999, 0, 0, &cmd), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, 999, 1, 0, &cmd), -EINVAL);
	assert_int_equal(alloc(rig, 999, 1, (1 << 19) + 1, &cmd), -EINVAL);
	assert_int_equal(alloc(rig, 999, 1, 1 << 19, &cmd), -ENOENT);
	assert_int_equal(alloc(rig, q.guest.parent, 1, 1, &cmd), -ENOENT);
	assert_int_equal(alloc(rig, q.guest.viommu, RIG_EVENT_TYPE, 1, &cmd),
			 -EEXIST);
	/* Any other type will do. */
	assert_int_equal(alloc(rig, q.guest.viommu, 4242, 1 << 19, &cmd), 0);
	assert_int_equal(uiommufd_close(cmd.out_veventq_fd), 0);
	end(rig, &q);
	/* The type is free again. */
	assert_int_equal(alloc(rig, q.guest.viommu, RIG_EVENT_TYPE, 1, &cmd),
			 0);
	assert_int_equal(cmd.out_veventq_id, id);
	assert_int_equal(uiommufd_close(cmd.out_veventq_fd), 0);
}

/* A report without data is a bug of the driver. */
static void report_without_data_warns(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 1);
	u64 value = 0;

	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(iommufd_viommu_report_event(q.viommu, RIG_EVENT_TYPE,
						     NULL, 8), -EINVAL);
	assert_int_equal(iommufd_viommu_report_event(q.viommu, RIG_EVENT_TYPE,
						     &value, 0), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(iommufd_viommu_report_event(q.viommu, 1, &value, 8),
			 -EOPNOTSUPP);
	end(rig, &q);
}

/* The examples of spec/30 7.2: losses show as a marker, then as a gap. */
static void losses(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 2);

	for (u64 i = 0; i < 4; i++)
		assert_int_equal(report(&q, i), 0);
	expect(&q, 0, 0);
	expect(&q, 1, 1);
	expect_lost(&q, 3);
	assert_int_equal(take(&q, &q, 8), 0);
	assert_int_equal(report(&q, 4), 0);
	expect(&q, 4, 4);
	end(rig, &q);
}

static void losses_covered_by_the_next_event(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 2);

	for (u64 i = 0; i < 3; i++)
		report(&q, i);
	expect(&q, 0, 0);
	report(&q, 3);
	expect(&q, 1, 1);
	expect(&q, 3, 3);
	end(rig, &q);
}

/* Out of memory: ENOMEM, and the loss is told. */
static void out_of_memory(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 2);

	uik_fail_nth(1, 1 << UIK_FAIL_ALLOC, false);
	assert_int_equal(report(&q, 1), -ENOMEM);
	assert_true(uik_fail_nth(0, 0, false));
	expect_lost(&q, 0);
	report(&q, 2);
	expect(&q, 1, 2);
	end(rig, &q);
}

/* After INT_MAX comes 0. */
static void sequence_wraps(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 4);

	container_of(rig_object(rig, q.id), struct iommufd_veventq, common.obj)
		->sequence = 0x7fffffff;
	report(&q, 1);
	report(&q, 2);
	expect(&q, 0x7fffffff, 1);
	expect(&q, 0, 2);
	end(rig, &q);
}

/* Sizes: less than a header never; an event is never split. */
static void read_sizes(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 4);
	struct record r[3];

	assert_int_equal(take(&q, r, 0), -EINVAL);
	assert_int_equal(take(&q, r, 7), -EINVAL);
	assert_int_equal(take(&q, r, 8), 0);
	report(&q, 1);
	report(&q, 2);
	assert_int_equal(take(&q, r, 8), -EINVAL);
	assert_int_equal(take(&q, r, 15), -EINVAL);
	assert_int_equal(take(&q, r, 31), 16);
	assert_int_equal(r[0].value, 1);
	assert_int_equal(take(&q, r, sizeof(r)), 16);
	assert_int_equal(r[0].value, 2);
	end(rig, &q);
}

/* A fault puts the event back whole; progress hides it (B43). */
static void read_faults(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 4);
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *last = pages + 4096;

	mprotect(last, 4096, PROT_NONE);
	report(&q, 1);
	report(&q, 2);
	assert_int_equal(take(&q, last, 64), -EFAULT);
	/* The header fits, the payload does not. */
	assert_int_equal(take(&q, last - 8, 64), -EFAULT);
	assert_int_equal(take(&q, last - 24, 64), 16);
	expect(&q, 1, 2);
	/* The lost-events record comes back if nothing newer has come. */
	for (u64 i = 0; i < 5; i++)
		report(&q, i);
	for (u64 i = 0; i < 4; i++)
		expect(&q, 2 + i, i);
	assert_int_equal(take(&q, last, 8), -EFAULT);
	expect_lost(&q, 6);
	munmap(pages, 8192);
	end(rig, &q);
}

/* Poll: readable while something is there; never writable. */
static void poll_tells(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 4);
	struct pollfd p = { .fd = q.fd, .events = POLLIN | POLLOUT };
	char byte = 0;

	assert_int_equal(uiommufd_poll(&p, 1, 0), 0);
	report(&q, 1);
	assert_int_equal(uiommufd_poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(uiommufd_write(q.fd, &byte, 1), -1);
	assert_int_equal(errno, EINVAL);
	expect(&q, 0, 1);
	assert_int_equal(uiommufd_poll(&p, 1, 0), 0);
	end(rig, &q);
}

static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct {
		struct iommu_veventq_alloc cmd;
		u8 tail[16];
	} big = { .cmd = { .type = 1, .veventq_depth = 1, .viommu_id = 999 } };

	rig_check_sizes(rig, IOMMU_VEVENTQ_ALLOC, &big, 32, 28);
	big.cmd.size = 28;
	assert_int_equal(rig_ioctl(rig, IOMMU_VEVENTQ_ALLOC, &big), -ENOENT);
}

static struct iommu_veventq_alloc sweep_cmd;
static u32 sweep_viommu;

static int sweep_op(struct rig *rig)
{
	return alloc(rig, sweep_viommu, 77, 5, &sweep_cmd);
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(uiommufd_close(sweep_cmd.out_veventq_fd), 0);
	assert_int_equal(rig_destroy(rig, sweep_cmd.out_veventq_id), 0);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, EMFILE, ENOENT, 0 };
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	int lowest = dup(0);

	close(lowest);
	sweep_viommu = guest.viommu;
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
	assert_int_equal(rig_users(rig, guest.viommu), 1);
	assert_int_equal(dup(0), lowest);
	close(lowest);
}

/* Undelivered events go with the context. */
static void freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 1);

	report(&q, 1);
	report(&q, 2);
	assert_int_equal(uiommufd_close(q.fd), 0);
	rig_unbind(rig, 0);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(rig_audit(rig).objects, 0);
}

static struct {
	struct rig *rig;
	struct queue *q;
	atomic_t stop;
	u64 got;
	u32 next;		/* of the sequence */
} race;

static int reader_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	struct record r;

	for (;;) {
		bool stop = atomic_read(&race.stop);
		ssize_t n = uiommufd_read(race.q->fd, &r, sizeof(r));

		if (n == 16) {
			/* Ascending, and gaps only where a loss was told. */
			assert_true(r.header.sequence >= race.next);
			race.next = r.header.sequence + 1;
			race.got++;
		} else if (!n) {
			if (stop)
				break;
			sched_yield();
		} else {
			assert_int_equal(n, 8);
		}
	}
	uik_leave(outer);
	return 0;
}

/* One reports, one reads: order is kept, nothing is told twice. */
static void race_of_report_and_read(void **state)
{
	struct rig *rig = *state;
	struct queue q = begin(rig, 3);
	struct uik_thread *thread;

	memset(&race, 0, sizeof(race));
	race.rig = rig;
	race.q = &q;
	thread = uik_thread_start(reader_thread, NULL, "reader");
	for (u64 i = 0; i < 3000; i++)
		assert_int_equal(report(&q, i), 0);
	atomic_set(&race.stop, 1);
	assert_int_equal(uik_thread_join(thread), 0);
	assert_true(race.got > 0 && race.got <= 3000);
	end(rig, &q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lives_and_ends),
		RIG_TEST(errno_rows),
		RIG_TEST(report_without_data_warns),
		RIG_TEST(losses),
		RIG_TEST(losses_covered_by_the_next_event),
		RIG_TEST(out_of_memory),
		RIG_TEST(sequence_wraps),
		RIG_TEST(read_sizes),
		RIG_TEST(read_faults),
		RIG_TEST(poll_tells),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(freed_at_close),
		RIG_TEST(race_of_report_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
