// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's sweeps of failure points for iommufd: a
 * sequence of calls is run again and again, its first, second, ... point failing,
 * until one run meets none that fails.  A run that fails must leave nothing.
 */
#include "selftest.h"

#define BIG HUGEPAGE
#define MOST 5000

static int attribute(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY), ret = -1;

	if (fd < 0)
		return -1;
	if (write(fd, value, strlen(value)) == (ssize_t)strlen(value))
		ret = 0;
	close(fd);
	return ret;
}

static void arm(int nth_fd, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	CHECK_EQ(pwrite(nth_fd, text, (size_t)length, 0), length);
}

/* Whether the armed point was met; either way none is armed any more. */
static bool disarm(int nth_fd)
{
	char text[16] = "";

	CHECK(pread(nth_fd, text, sizeof(text) - 1, 0) > 0);
	arm(nth_fd, 0);
	return atoi(text) == 0;
}

/* ---- the sequences: -1 as soon as a call fails ---- */

struct run {
	int nth_fd;
	unsigned int n;
	int fd;
	int access;
	int file;
	char *memory;			/* of the file, or anonymous */
};

#define TRY(call)                \
	do {                     \
		if ((call) < 0)  \
			return -1; \
	} while (0)

static int try_ioas(struct run *r, uint32_t *out)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	int ret = ioctl(r->fd, IOMMU_IOAS_ALLOC, &cmd);

	*out = cmd.out_ioas_id;
	return ret;
}

static int map_run(struct run *r, uint32_t ioas, size_t length, uint64_t *iova)
{
	return r->file >= 0 ?
		       map_file_from(r->fd, ioas, r->file, 0, length, iova) :
		       map_any(r->fd, ioas, r->memory, length, iova);
}

static int run_basic(struct run *r)
{
	struct iommu_iova_range range[10];
	struct iommu_ioas_iova_ranges ranges = {
		.size = sizeof(ranges), .num_iovas = 10,
		.allowed_iovas = (uintptr_t)range,
	};
	uint32_t one = 0, two = 0;
	uint64_t iova = 0;

	TRY(r->fd = open("/dev/iommu", O_RDWR));
	TRY(try_ioas(r, &one));
	ranges.ioas_id = one;
	TRY(ioctl(r->fd, IOMMU_IOAS_IOVA_RANGES, &ranges));
	TRY(allow(r->fd, one, 16 * 1024, UINT64_MAX));
	TRY(map_run(r, one, 2 * PAGE, &iova));
	TRY(try_ioas(r, &two));
	TRY(copy_to_ioas(r->fd, one, iova, two, iova, PAGE));
	TRY(unmap(r->fd, one, iova, 2 * PAGE, NULL));
	/* Nothing is there, whether or not a point fails in it. */
	unmap(r->fd, one, iova, 2 * PAGE, NULL);
	return 0;
}

static int some_devices(struct run *r, int count)
{
	struct mock mock[2] = { { 0 } };
	uint64_t iova = 0;
	uint32_t ioas = 0;

	TRY(r->fd = open("/dev/iommu", O_RDWR));
	arm(r->nth_fd, 0);
	CHECK_EQ(memory_limit(r->fd, 32), 0);
	arm(r->nth_fd, r->n);
	TRY(try_ioas(r, &ioas));
	for (int i = 0; i < count; i++)
		TRY(new_device(r->fd, ioas, 0, &mock[i]));
	TRY(map_run(r, ioas, 262144, &iova));
	TRY(destroy(r->fd, mock[0].stdev));
	TRY(new_device(r->fd, ioas, 0, &mock[0]));
	return 0;
}

static int run_domain(struct run *r)
{
	return some_devices(r, 1);
}

static int run_two_domains(struct run *r)
{
	return some_devices(r, 2);
}

static int try_access(struct run *r, uint32_t ioas, uint32_t flags)
{
	r->access = create_access(r->fd, ioas, flags);
	return r->access;
}

static int run_access_rw(struct run *r)
{
	char bytes[4096] = { 1 };
	uint64_t iova = 0;
	uint32_t ioas = 0;

	TRY(r->fd = open("/dev/iommu", O_RDWR));
	TRY(try_ioas(r, &ioas));
	TRY(map_run(r, ioas, 262144, &iova));
	TRY(try_access(r, ioas, 0));
	for (uint32_t way = 0; way <= MOCK_ACCESS_RW_SLOW_PATH;
	     way += MOCK_ACCESS_RW_SLOW_PATH) {
		TRY(access_rw(r->fd, r->access, iova, bytes, sizeof(bytes),
			      way));
		TRY(access_rw(r->fd, r->access, iova, bytes, sizeof(bytes),
			      way | MOCK_ACCESS_RW_WRITE));
	}
	TRY(access_rw(r->fd, r->access, iova, r->memory + BIG / 2, 32768,
		      MOCK_ACCESS_RW_SLOW_PATH));
	return 0;
}

static int pins(struct run *r, bool domain)
{
	uint32_t ioas = 0, item = 0;
	uint64_t iova = 0;

	TRY(r->fd = open("/dev/iommu", O_RDWR));
	arm(r->nth_fd, 0);
	CHECK_EQ(memory_limit(r->fd, 32), 0);
	arm(r->nth_fd, r->n);
	TRY(try_ioas(r, &ioas));
	if (domain)
		TRY(new_device(r->fd, ioas, 0, NULL));
	TRY(map_run(r, ioas, BIG, &iova));
	TRY(try_access(r, ioas, MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES));
	TRY(pin(r->fd, r->access, iova, r->memory, BIG, 0, &item));
	TRY(unpin(r->fd, r->access, item));
	CHECK_EQ(close(r->access), 0);
	r->access = -1;
	return 0;
}

static int run_access_pin(struct run *r)
{
	return pins(r, false);
}

static int run_access_pin_domain(struct run *r)
{
	return pins(r, true);
}

static int virtual_part(struct run *r, const struct mock *mock,
			uint32_t parent, uint64_t iova)
{
	uint32_t viommu = 0, vdev = 0, queue = 0, faultq = 0, fault_fd = 0;
	uint32_t iopf = 0, events = 0, events_fd = 0;

	TRY(new_viommu(r->fd, mock->idev, parent, IOMMU_VIOMMU_TYPE_SELFTEST,
		       NULL, 0, &viommu));
	TRY(new_vdevice(r->fd, viommu, mock->idev, 0, &vdev));
	TRY(new_queue(r->fd, viommu, IOMMU_HW_QUEUE_TYPE_SELFTEST, 0, iova,
		      PAGE, &queue));
	TRY(new_faultq(r->fd, &faultq, &fault_fd));
	close((int)fault_fd);
	TRY(nested(r->fd, mock->idev, parent, IOMMU_HWPT_FAULT_ID_VALID, faultq,
		   &iopf));
	TRY(new_veventq(r->fd, viommu, IOMMU_VEVENTQ_TYPE_SELFTEST, 2, &events,
			&events_fd));
	close((int)events_fd);
	return 0;
}

static int run_device(struct run *r)
{
	uint32_t ioas = 0, other = 0, one = 0, two = 0, parent = 0;
	uint32_t flag = IOMMU_HWPT_ALLOC_PASID;
	struct iommu_test_hw_info data;
	struct iommu_hw_info info;
	struct mock mock = { 0 };
	uint64_t iova = 0;

	TRY(r->fd = open("/dev/iommu", O_RDWR));
	TRY(try_ioas(r, &ioas));
	TRY(try_ioas(r, &other));
	TRY(new_device(r->fd, ioas, MOCK_FLAGS_DEVICE_PASID, &mock));
	TRY(map_run(r, ioas, PAGE, &iova));
	TRY(get_hw_info(r->fd, mock.idev, 0, &data, sizeof(data), &info));
	TRY(paging(r->fd, mock.idev, ioas, flag, &one));
	TRY(replace(r->fd, mock.stdev, other));
	TRY(replace(r->fd, mock.stdev, one));
	TRY(paging(r->fd, mock.idev, ioas, flag | IOMMU_HWPT_ALLOC_NEST_PARENT,
		   &parent));
	TRY(virtual_part(r, &mock, parent, iova));
	TRY(paging(r->fd, mock.idev, ioas, flag, &two));
	TRY(pasid_attach(r->fd, mock.stdev, 100, one));
	if (pasid_replace(r->fd, mock.stdev, 100, two) ||
	    pasid_detach(r->fd, mock.stdev, 100)) {
		/* PASIDs have to be gone before their device. */
		arm(r->nth_fd, 0);
		CHECK_EQ(pasid_detach(r->fd, mock.stdev, 100), 0);
		return -1;
	}
	return 0;
}

/* ---- the sweep ---- */

struct sweep {
	int (*run)(struct run *r);
	bool file;
	unsigned int least;		/* points there are at least */
};

enum { BASIC, DOMAIN, FILE_DOMAIN, TWO_DOMAINS, ACCESS_RW, ACCESS_PIN,
       ACCESS_PIN_DOMAIN, DEVICE };

static const struct sweep sweeps[] = {
	[BASIC] = { run_basic, false, 10 },
	[DOMAIN] = { run_domain, false, 20 },
	[FILE_DOMAIN] = { run_domain, true, 20 },
	[TWO_DOMAINS] = { run_two_domains, false, 20 },
	[ACCESS_RW] = { run_access_rw, false, 10 },
	[ACCESS_PIN] = { run_access_pin, false, 10 },
	[ACCESS_PIN_DOMAIN] = { run_access_pin_domain, false, 10 },
	[DEVICE] = { run_device, false, 40 },
};

static int try_once(struct run *r, const struct sweep *sweep, bool *hit)
{
	int ret;

	r->fd = -1;
	r->access = -1;
	arm(r->nth_fd, r->n);
	ret = sweep->run(r);
	*hit = disarm(r->nth_fd);
	if (r->access >= 0)
		CHECK_EQ(close(r->access), 0);
	if (r->fd >= 0) {
		CHECK_EQ(memory_limit(r->fd, 65536), 0);
		CHECK_EQ(close(r->fd), 0);
	}
	return ret;
}

static void test_sweep(int which)
{
	const struct sweep *sweep = &sweeps[which];
	struct run r = { .n = 1, .file = -1 };
	bool hit = true;
	char path[64];
	int check;

	CHECK_EQ(attribute("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"),
		 0);
	CHECK_EQ(attribute("/sys/kernel/debug/fail_iommufd/verbose", "0"), 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", gettid());
	r.nth_fd = open(path, O_RDWR);
	CHECK(r.nth_fd >= 0);
	if (sweep->file) {
		r.file = memfd_create("sweep", 0);
		CHECK_EQ(ftruncate(r.file, BIG), 0);
		r.memory = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_SHARED,
				r.file, 0);
		CHECK(r.memory != MAP_FAILED);
	} else {
		r.memory = anonymous(BIG, MAP_SHARED);
	}
	for (;; r.n++) {
		int ret = try_once(&r, sweep, &hit);

		check = open_iommu();
		CHECK_EQ(check_refs(check, r.memory, BIG, 0), 0);
		CHECK_EQ(close(check), 0);
		if (!hit) {
			CHECK_EQ(ret, 0);
			break;
		}
		CHECK(r.n < MOST);
	}
	CHECK(r.n > sweep->least);
}

static const struct test tests[] = {
	{ "basic", "", BASIC, test_sweep },
	{ "map_domain", "", DOMAIN, test_sweep },
	{ "map_file_domain", "", FILE_DOMAIN, test_sweep },
	{ "map_two_domains", "", TWO_DOMAINS, test_sweep },
	{ "access_rw", "", ACCESS_RW, test_sweep },
	{ "access_pin", "", ACCESS_PIN, test_sweep },
	{ "access_pin_domain", "", ACCESS_PIN_DOMAIN, test_sweep },
	{ "device", "", DEVICE, test_sweep },
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
