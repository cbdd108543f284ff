// SPDX-License-Identifier: MIT
/* Laws of fault.c and eventq.c: spec/30 sections 1 to 5. */
#include "rig.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define RECORD sizeof(struct iommu_hwpt_pgfault)

struct fault_rig {
	u32 ioas, hwpt, fault;
	int fd;
};

static struct iommu_fault_alloc make_queue(struct rig *rig)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };

	assert_int_equal(rig_ioctl(rig, IOMMU_FAULT_QUEUE_ALLOC, &cmd), 0);
	return cmd;
}

static u32 make_hwpt(struct rig *rig, u32 ioas, u32 fault, u32 flags)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = IOMMU_HWPT_FAULT_ID_VALID | flags,
		.dev_id = rig->dev_id[0], .pt_id = ioas, .fault_id = fault,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), 0);
	return cmd.out_hwpt_id;
}

/* Device 0 attached to a HWPT with a fault queue. */
static struct fault_rig begin(struct rig *rig)
{
	struct iommu_fault_alloc queue;
	struct fault_rig f;

	rig_bind(rig, 0);
	assert_int_equal(iopf_queue_add_device(rig->iopf,
					       &rig->device[0].dev), 0);
	f.ioas = rig_ioas(rig);
	queue = make_queue(rig);
	f.fault = queue.out_fault_id;
	f.fd = queue.out_fault_fd;
	f.hwpt = make_hwpt(rig, f.ioas, f.fault, IOMMU_HWPT_ALLOC_PASID);
	assert_int_equal(iommufd_device_attach(rig->idev[0], 0, &f.hwpt), 0);
	return f;
}

static void end(struct rig *rig, struct fault_rig *f)
{
	iommufd_device_detach(rig->idev[0], 0);
	iopf_queue_remove_device(rig->iopf, &rig->device[0].dev);
	assert_int_equal(uiommufd_close(f->fd), 0);
}

static int request(struct rig *rig, u32 pasid, u32 grpid, u64 addr, bool last)
{
	struct iopf_fault evt = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.flags = (last ?
					IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE :
					0) | (pasid ?
					IOMMU_FAULT_PAGE_REQUEST_PASID_VALID :
					0),
				.pasid = pasid, .grpid = grpid,
				.perm = IOMMU_FAULT_PERM_READ, .addr = addr,
			},
		},
	};

	return iommu_report_device_fault(&rig->device[0].dev, &evt);
}

static int respond(struct fault_rig *f, u32 cookie, u32 code)
{
	struct iommu_hwpt_page_response r = { .cookie = cookie, .code = code };

	return uiommufd_write(f->fd, &r, sizeof(r)) < 0 ? -errno : 0;
}

static ssize_t read_records(int fd, void *to, size_t count)
{
	ssize_t ret = uiommufd_read(fd, to, count);

	return ret < 0 ? -errno : ret;
}

/* The queue: two counts while its file is open, then one. */
static void lives_and_ends(void **state)
{
	struct rig *rig = *state;
	long files = file_count(rig_ctx(rig)->file);
	struct iommu_fault_alloc queue = make_queue(rig);

	assert_int_equal(rig_users(rig, queue.out_fault_id), 2);
	assert_int_equal(file_count(rig_ctx(rig)->file), files + 1);
	assert_int_equal(rig_destroy(rig, queue.out_fault_id), -EBUSY);
	assert_int_equal(uiommufd_close(queue.out_fault_fd), 0);
	assert_int_equal(file_count(rig_ctx(rig)->file), files);
	assert_int_equal(rig_destroy(rig, queue.out_fault_id), 0);
}

/* Flags are refused; the file is close-on-exec and has no position. */
static void file_rules(void **state)
{
	struct rig *rig = *state;
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd), .flags = 1 };
	struct iommu_fault_alloc queue;
	char byte;

	assert_int_equal(rig_ioctl(rig, IOMMU_FAULT_QUEUE_ALLOC, &cmd),
			 -EOPNOTSUPP);
	queue = make_queue(rig);
	assert_int_equal(fcntl(queue.out_fault_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(uiommufd_lseek(queue.out_fault_fd, 0, SEEK_SET), -1);
	assert_int_equal(errno, ESPIPE);
	assert_int_equal(uiommufd_pread(queue.out_fault_fd, &byte, 0, 0), -1);
	assert_int_equal(errno, ESPIPE);
	assert_int_equal(uiommufd_ioctl(queue.out_fault_fd, IOMMU_DESTROY,
					&cmd), -1);
	assert_int_equal(errno, ENOTTY);
	assert_ptr_equal(uiommufd_mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				       queue.out_fault_fd, 0), MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(uiommufd_close(queue.out_fault_fd), 0);
}

/* A record says what the device reported; its group has one cookie. */
static void records(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record[4];

	assert_int_equal(request(rig, 0, 7, 0x1000, false), 0);
	assert_int_equal(request(rig, 0, 7, 0x2000, true), 0);
	assert_int_equal(request(rig, 0, 8, 0x3000, true), 0);
	memset(record, 0xee, sizeof(record));
	assert_int_equal(read_records(f.fd, record, sizeof(record)),
			 3 * RECORD);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(record[i].dev_id, rig->dev_id[0]);
		assert_int_equal(record[i].addr, 0x1000 * (i + 1));
		assert_int_equal(record[i].grpid, i < 2 ? 7 : 8);
		assert_int_equal(record[i].cookie, i < 2 ? 1 : 2);
		assert_int_equal(record[i].perm, IOMMU_PGFAULT_PERM_READ);
		assert_int_equal(record[i].length, 0);
		assert_int_equal(record[i].__reserved, 0);
		assert_int_equal(record[i].flags,
				 i ? IOMMU_PGFAULT_FLAGS_LAST_PAGE : 0);
	}
	assert_int_equal(respond(&f, 2, 0), 0);
	assert_int_equal(seen.last_response, IOMMU_PAGE_RESP_SUCCESS);
	assert_int_equal(respond(&f, 1, 1), 0);
	assert_int_equal(seen.last_response, IOMMU_PAGE_RESP_INVALID);
	assert_int_equal(seen.responses, 2);
	end(rig, &f);
}

/* Sizes: ESPIPE for odd ones, 0 when empty, EINVAL when a group is too big. */
static void read_sizes(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record[3];

	assert_int_equal(read_records(f.fd, record, 0), 0);
	assert_int_equal(read_records(f.fd, record, RECORD), 0);
	assert_int_equal(read_records(f.fd, record, 39), -ESPIPE);
	assert_int_equal(read_records(f.fd, record, 41), -ESPIPE);
	request(rig, 0, 1, 0x1000, false);
	request(rig, 0, 1, 0x2000, true);
	request(rig, 0, 2, 0x3000, false);
	request(rig, 0, 2, 0x4000, true);
	assert_int_equal(read_records(f.fd, record, 0), -EINVAL);
	assert_int_equal(read_records(f.fd, record, RECORD), -EINVAL);
	/* One group and a half: the first only, never split. */
	assert_int_equal(read_records(f.fd, record, 3 * RECORD), 2 * RECORD);
	assert_int_equal(record[0].addr, 0x1000);
	assert_int_equal(read_records(f.fd, record, 3 * RECORD), 2 * RECORD);
	assert_int_equal(record[0].addr, 0x3000);
	end(rig, &f);
	/* Detaching has answered both. */
	assert_int_equal(seen.responses, 2);
	assert_int_equal(seen.last_response, IOMMU_PAGE_RESP_INVALID);
}

/* A faulting buffer: EFAULT, the group stays first, its cookie is free (B32). */
static void read_faults(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(pages + 4096, 4096, PROT_NONE);
	request(rig, 0, 1, 0x1000, true);
	request(rig, 0, 2, 0x2000, true);
	assert_int_equal(read_records(f.fd, NULL, RECORD), -EFAULT);
	/* The first fits, the second faults: the error is hidden. */
	assert_int_equal(read_records(f.fd, pages + 4096 - 56, 2 * RECORD),
			 RECORD);
	assert_int_equal(((struct iommu_hwpt_pgfault *)
				  (pages + 4096 - 56))->cookie, 1);
	assert_int_equal(read_records(f.fd, &record, RECORD), RECORD);
	assert_int_equal(record.addr, 0x2000);
	assert_int_equal(record.cookie, 2);
	munmap(pages, 8192);
	end(rig, &f);
}

/* Responses: code before cookie, each once, as many as were good. */
static void write_rules(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record[3];
	struct iommu_hwpt_page_response answers[3] = {
		{ 1, 0 }, { 2, 2 }, { 3, 0 },
	};

	for (u32 i = 1; i <= 3; i++)
		request(rig, 0, i, 0x1000 * i, true);
	assert_int_equal(read_records(f.fd, record, sizeof(record)),
			 sizeof(record));
	assert_int_equal(uiommufd_write(f.fd, answers, 7), -1);
	assert_int_equal(errno, ESPIPE);
	assert_int_equal(uiommufd_write(f.fd, answers, 0), 0);
	assert_int_equal(uiommufd_write(f.fd, NULL, 8), -1);
	assert_int_equal(errno, EFAULT);
	/* The second has a bad code: one record done. */
	assert_int_equal(uiommufd_write(f.fd, answers, sizeof(answers)), 8);
	assert_int_equal(respond(&f, 1, 0), -EINVAL);
	assert_int_equal(respond(&f, 99, 5), -EINVAL);
	assert_int_equal(respond(&f, 99, 0), -EINVAL);
	assert_int_equal(seen.responses, 1);
	assert_int_equal(respond(&f, 3, 0), 0);
	assert_int_equal(respond(&f, 2, 0), 0);
	assert_int_equal(seen.responses, 3);
	end(rig, &f);
	assert_int_equal(seen.responses, 3);
}

static u32 next_cookie(struct rig *rig, struct fault_rig *f)
{
	struct iommu_hwpt_pgfault record;

	assert_int_equal(request(rig, 0, 1, 0x1000, true), 0);
	assert_int_equal(read_records(f->fd, &record, RECORD), RECORD);
	return record.cookie;
}

/* Cookies are the lowest free from 1. */
static void cookies_are_lowest_free(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);

	for (u32 i = 1; i <= 3; i++)
		assert_int_equal(next_cookie(rig, &f), i);
	assert_int_equal(respond(&f, 2, 0), 0);
	assert_int_equal(next_cookie(rig, &f), 2);
	assert_int_equal(respond(&f, 1, 0), 0);
	assert_int_equal(respond(&f, 2, 0), 0);
	assert_int_equal(respond(&f, 3, 0), 0);
	/* Nothing outstanding: 0 has no effect. */
	assert_int_equal(respond(&f, 0, 0), -EINVAL);
	assert_int_equal(next_cookie(rig, &f), 1);
	end(rig, &f);
}

/* The example of spec/30 4.1: 0 becomes an ordinary cookie. */
static void cookie_zero(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);

	assert_int_equal(next_cookie(rig, &f), 1);
	assert_int_equal(respond(&f, 0, 5), -EINVAL);	/* bad code: no effect */
	assert_int_equal(respond(&f, 0, 0), -EINVAL);
	assert_int_equal(next_cookie(rig, &f), 0);
	assert_int_equal(next_cookie(rig, &f), 2);
	assert_int_equal(respond(&f, 0, 0), 0);
	assert_int_equal(next_cookie(rig, &f), 0);
	for (u32 i = 0; i <= 2; i++)
		assert_int_equal(respond(&f, i, 0), 0);
	assert_int_equal(next_cookie(rig, &f), 0);
	end(rig, &f);
}

/* Poll: writable always, readable while something is undelivered. */
static void poll_tells(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record;
	struct pollfd p = { .fd = f.fd, .events = POLLIN | POLLOUT };
	struct pollfd raw = { .fd = f.fd, .events = POLLIN };

	assert_int_equal(uiommufd_poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_int_equal(poll(&raw, 1, 0), 0);
	request(rig, 0, 1, 0x1000, true);
	assert_int_equal(uiommufd_poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLIN | POLLOUT);
	/* The system's own poll sees it too. */
	assert_int_equal(poll(&raw, 1, 0), 1);
	assert_int_equal(read_records(f.fd, &record, RECORD), RECORD);
	assert_int_equal(uiommufd_poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_int_equal(poll(&raw, 1, 0), 0);
	end(rig, &f);
}

/* Replace answers what came through the old handle, and only that (B29). */
static void replace_answers(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	struct iommu_hwpt_pgfault record;
	u32 plain = rig_hwpt(rig, 0, f.ioas, IOMMU_HWPT_ALLOC_PASID);
	u32 pasid_hwpt = make_hwpt(rig, f.ioas, f.fault,
				   IOMMU_HWPT_ALLOC_PASID);
	u32 id = pasid_hwpt;

	assert_int_equal(iommufd_device_attach(rig->idev[0], 3, &id), 0);
	request(rig, 0, 1, 0x1000, true);	/* read, not answered */
	assert_int_equal(read_records(f.fd, &record, RECORD), RECORD);
	request(rig, 0, 2, 0x2000, true);	/* not read */
	request(rig, 3, 3, 0x3000, true);	/* another handle */
	id = f.hwpt;
	assert_int_equal(iommufd_device_replace(rig->idev[0], 0, &id), 0);
	assert_int_equal(seen.responses, 0);
	id = plain;
	assert_int_equal(iommufd_device_replace(rig->idev[0], 0, &id), 0);
	assert_int_equal(seen.responses, 2);
	assert_int_equal(respond(&f, record.cookie, 0), -EINVAL);
	assert_int_equal(read_records(f.fd, &record, RECORD), RECORD);
	assert_int_equal(record.addr, 0x3000);
	assert_int_equal(record.pasid, 3);
	assert_int_equal(respond(&f, record.cookie, 0), 0);
	iommufd_device_detach(rig->idev[0], 3);
	end(rig, &f);
}

/* Nobody handles it: the driver is told INVALID, nothing is queued. */
static void no_handler(void **state)
{
	struct rig *rig = *state;
	u32 ioas, id;

	rig_bind(rig, 0);
	assert_int_equal(iopf_queue_add_device(rig->iopf,
					       &rig->device[0].dev), 0);
	assert_int_equal(request(rig, 0, 1, 0x1000, true), -EINVAL);
	ioas = rig_ioas(rig);
	id = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(iommufd_device_attach(rig->idev[0], 0, &id), 0);
	assert_int_equal(request(rig, 0, 1, 0x1000, true), -EINVAL);
	assert_int_equal(seen.responses, 2);
	assert_int_equal(seen.last_response, IOMMU_PAGE_RESP_INVALID);
	iommufd_device_detach(rig->idev[0], 0);
	iopf_queue_remove_device(rig->iopf, &rig->device[0].dev);
}

/* A queue whose file is closed goes on collecting. */
static void collects_after_close(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	int fd = f.fd;

	f.fd = uiommufd_dup(fd);
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(rig_users(rig, f.fault), 3);
	assert_int_equal(uiommufd_close(f.fd), 0);
	assert_int_equal(rig_users(rig, f.fault), 2);
	assert_int_equal(request(rig, 0, 1, 0x1000, true), 0);
	iommufd_device_detach(rig->idev[0], 0);
	assert_int_equal(seen.responses, 1);
	iopf_queue_remove_device(rig->iopf, &rig->device[0].dev);
	assert_int_equal(rig_destroy(rig, f.hwpt), 0);
	assert_int_equal(rig_destroy(rig, f.fault), 0);
}

static void size_rules(void **state)
{
	u64 room[5] = {};

	rig_check_sizes(*state, IOMMU_FAULT_QUEUE_ALLOC, room, 16, 16);
}

static struct iommu_fault_alloc sweep_queue;

static int sweep_op(struct rig *rig)
{
	sweep_queue = (struct iommu_fault_alloc){ .size = sizeof(sweep_queue) };
	return rig_ioctl(rig, IOMMU_FAULT_QUEUE_ALLOC, &sweep_queue);
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(uiommufd_close(sweep_queue.out_fault_fd), 0);
	assert_int_equal(rig_destroy(rig, sweep_queue.out_fault_id), 0);
}

/* Allocation: no descriptor, file or ID is left behind (B28). */
static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, EMFILE, 0 };
	struct rig *rig = *state;
	long files = file_count(rig_ctx(rig)->file);
	int lowest = dup(0);

	close(lowest);
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
	assert_int_equal(file_count(rig_ctx(rig)->file), files);
	assert_int_equal(dup(0), lowest);
	close(lowest);
}

/* Open event files keep the context; the last of them ends it. */
static void freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct iommu_fault_alloc queue = make_queue(rig);

	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(rig_audit(rig).objects, 1);
	assert_int_equal(uiommufd_close(queue.out_fault_fd), 0);
	assert_int_equal(rig_audit(rig).objects, 0);
}

static struct {
	struct rig *rig;
	struct fault_rig *f;
	atomic_t stop;
	u32 answered;
} race;

static int answer_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	struct iommu_hwpt_pgfault record;

	while (!atomic_read(&race.stop)) {
		if (uiommufd_read(race.f->fd, &record, RECORD) != RECORD) {
			sched_yield();
			continue;
		}
		if (!respond(race.f, record.cookie, 0))
			race.answered++;
	}
	uik_leave(outer);
	return 0;
}

/* Reports, answers and replaces at once: every group is answered once (B26). */
static void race_of_answers(void **state)
{
	struct rig *rig = *state;
	struct fault_rig f = begin(rig);
	u32 other = make_hwpt(rig, f.ioas, f.fault, IOMMU_HWPT_ALLOC_PASID);
	struct uik_thread *thread;
	const u32 groups = 400;

	memset(&race, 0, sizeof(race));
	race.rig = rig;
	race.f = &f;
	thread = uik_thread_start(answer_thread, NULL, "answer");
	for (u32 i = 0; i < groups; i++) {
		u32 id = i & 8 ? other : f.hwpt;

		assert_int_equal(request(rig, 0, i, 0x1000, true), 0);
		if (!(i & 7))
			assert_int_equal(iommufd_device_replace(rig->idev[0], 0,
								&id), 0);
	}
	iommufd_device_detach(rig->idev[0], 0);
	atomic_set(&race.stop, 1);
	assert_int_equal(uik_thread_join(thread), 0);
	assert_int_equal(seen.responses, groups);
	iopf_queue_remove_device(rig->iopf, &rig->device[0].dev);
	assert_int_equal(uiommufd_close(f.fd), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lives_and_ends),
		RIG_TEST(file_rules),
		RIG_TEST(records),
		RIG_TEST(read_sizes),
		RIG_TEST(read_faults),
		RIG_TEST(write_rules),
		RIG_TEST(cookies_are_lowest_free),
		RIG_TEST(cookie_zero),
		RIG_TEST(poll_tells),
		RIG_TEST(replace_answers),
		RIG_TEST(no_handler),
		RIG_TEST(collects_after_close),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(freed_at_close),
		RIG_TEST(race_of_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
