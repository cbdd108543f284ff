// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for what a page table holds: one
 * domain or two, of ordinary or huge pages, of memory or of a file.
 */
#include "selftest.h"

struct variant {
	const char *name;
	int domains;
	bool huge;
	bool file;
};

static const struct variant variants[] = {
	{ "one_domain", 1, false, false },
	{ "two_domains", 2, false, false },
	{ "one_domain_hugepage", 1, true, false },
	{ "two_domains_hugepage", 2, true, false },
	{ "one_domain_file", 1, false, true },
	{ "one_domain_file_hugepage", 1, true, true },
};

struct fixture {
	const struct variant *v;
	int fd;
	uint32_t ioas;
	struct mock mock[2];
	int file;			/* of @v->file */
	char *memory;			/* what is mapped */
	size_t size;
	bool compound;			/* no counts of single pages */
};

static struct fixture setup(int which)
{
	struct fixture f = { .v = &variants[which], .fd = open_iommu() };
	int flags = MAP_SHARED | (f.v->file ? 0 : MAP_ANONYMOUS);

	f.ioas = ioas_alloc(f.fd);
	for (int i = 0; i < f.v->domains; i++)
		f.mock[i] = mock_domain(f.fd, f.ioas);
	f.size = f.v->huge ? 2 * HUGEPAGE : BUFFER;
	f.compound = f.v->huge;
	f.file = -1;
	if (f.v->file) {
		f.file = memfd_create("domain", f.v->huge ? MFD_HUGETLB : 0);
		CHECK(f.file >= 0);
		CHECK_EQ(ftruncate(f.file, (off_t)f.size), 0);
	} else if (f.v->huge) {
		flags |= MAP_HUGETLB | MAP_POPULATE;
	}
	f.memory = mmap(NULL, f.size, PROT_READ | PROT_WRITE, flags, f.file, 0);
	CHECK(f.memory != MAP_FAILED);
	memset(f.memory, 0x5a, f.size);
	return f;
}

static int map_part(struct fixture *f, size_t from, size_t length,
		    uint64_t *iova)
{
	return f->v->file ?
		       map_file_from(f->fd, f->ioas, f->file, from, length,
				     iova) :
		       map_any(f->fd, f->ioas, f->memory + from, length, iova);
}

static void check_part(struct fixture *f, size_t from, size_t length,
		       uint64_t iova)
{
	for (int i = 0; i < f->v->domains; i++)
		CHECK_EQ(check_map(f->fd, f->mock[i].hwpt, f->memory + from,
				   length, iova), 0);
}

static void check_pins(struct fixture *f, size_t from, size_t length,
		       uint32_t refs)
{
	size_t end = (from + length + PAGE - 1) & ~(PAGE - 1);

	from &= ~(PAGE - 1);
	if (!f->compound)
		CHECK_EQ(check_refs(f->fd, f->memory + from, end - from, refs),
			 0);
}

static void teardown(struct fixture *f)
{
	CHECK_EQ(munmap(f->memory, f->size), 0);
	if (f->file >= 0)
		CHECK_EQ(close(f->file), 0);
	finish(f->fd);
}

static void test_basic_file(struct fixture *f, size_t unit)
{
	uint64_t iova = 0;

	CHECK_ERRNO(EINVAL, map_part(f, 0, f->size + unit, &iova));
	CHECK_ERRNO(EINVAL, map_part(f, f->size, unit, &iova));
	CHECK_EQ(ftruncate(f->file, 0), 0);
	CHECK_ERRNO(EINVAL, map_part(f, 0, unit, &iova));
	CHECK_EQ(ftruncate(f->file, (off_t)f->size), 0);
	CHECK_EQ(map_part(f, 0, unit, &iova), 0);
}

static void test_basic(int which)
{
	struct fixture f = setup(which);
	size_t unit = f.v->huge ? HUGEPAGE : PAGE;
	uint64_t iova = 0;
	char *holed;

	CHECK_EQ(map_part(&f, 0, unit, &iova), 0);
	check_part(&f, 0, unit, iova);
	check_pins(&f, 0, unit, 1);
	CHECK_EQ(unmap(f.fd, f.ioas, iova, unit, NULL), 0);
	check_pins(&f, 0, unit, 0);
	if (f.v->file) {
		test_basic_file(&f, unit);
		teardown(&f);
		return;
	}
	holed = anonymous(8 * PAGE, MAP_PRIVATE);
	CHECK_EQ(munmap(holed + 4 * PAGE, 4 * PAGE), 0);
	CHECK_ERRNO(EFAULT, map_any(f.fd, f.ioas, holed, 8 * PAGE, &iova));
	CHECK_EQ(check_refs(f.fd, holed, 4 * PAGE, 0), 0);
	CHECK_ERRNO(EFAULT, map_any(f.fd, f.ioas, holed + 4 * PAGE, PAGE,
				    &iova));
	CHECK_EQ(munmap(holed, 4 * PAGE), 0);
	teardown(&f);
}

/* A private file's page, pinned to be read, stays the device's when written. */
static void test_ro_unshare(int which)
{
	struct fixture f = setup(which);
	char path[] = "/tmp/uiommufd-XXXXXX", *page;
	int file = mkstemp(path);
	uint64_t iova = 0;

	CHECK(file >= 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(ftruncate(file, PAGE), 0);
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(map_flags(f.fd, f.ioas, page, PAGE, IOMMU_IOAS_MAP_READABLE,
			   &iova), 0);
	for (int i = 0; i < f.v->domains; i++)
		CHECK_EQ(check_map(f.fd, f.mock[i].hwpt, page, PAGE, iova), 0);
	CHECK_EQ(mprotect(page, PAGE, PROT_READ | PROT_WRITE), 0);
	*(volatile char *)page = 1;
	for (int i = 0; i < f.v->domains; i++)
		CHECK_EQ(check_map(f.fd, f.mock[i].hwpt, page, PAGE, iova), 0);
	CHECK_EQ(unmap_all(f.fd, f.ioas), 0);
	CHECK_EQ(munmap(page, PAGE), 0);
	CHECK_EQ(close(file), 0);
	teardown(&f);
}

/* Where a sweep begins and what it steps by. */
static size_t sweep_start(const struct fixture *f)
{
	return f->v->huge ? HUGEPAGE - MOCK_PAGE_SIZE * 8 : 0;
}

static size_t sweep_span(const struct fixture *f)
{
	return f->v->huge ? MOCK_PAGE_SIZE * 16 : BUFFER;
}

static void all_aligns(struct fixture *f, void (*within)(struct fixture *,
							 size_t, size_t,
							 uint64_t))
{
	size_t start = sweep_start(f), last = start + sweep_span(f);
	size_t step = within ? 3 * MOCK_PAGE_SIZE : MOCK_PAGE_SIZE;

	for (size_t from = start; from < last; from += step)
		for (size_t end = from + MOCK_PAGE_SIZE; end <= last;
		     end += step) {
			uint64_t iova = 0;

			CHECK_EQ(map_part(f, from, end - from, &iova), 0);
			check_part(f, from, end - from, iova);
			check_pins(f, from, end - from, 1);
			if (within)
				within(f, from, end - from, iova);
			CHECK_EQ(unmap(f->fd, f->ioas, iova, end - from, NULL),
				 0);
			check_pins(f, from, end - from, 0);
		}
}

static void test_all_aligns(int which)
{
	struct fixture f = setup(which);

	all_aligns(&f, NULL);
	teardown(&f);
}

/* Another device comes and goes. */
static void one_more(struct fixture *f, size_t from, size_t length,
		     uint64_t iova)
{
	struct mock mock = { 0 };

	CHECK_EQ(new_device(f->fd, f->ioas, MOCK_FLAGS_DEVICE_NO_DIRTY, &mock),
		 0);
	CHECK_EQ(check_map(f->fd, mock.hwpt, f->memory + from, length, iova),
		 0);
	check_pins(f, from, length, 1);
	CHECK_EQ(destroy(f->fd, mock.stdev), 0);
	check_pins(f, from, length, 1);
	check_part(f, from, length, iova);
}

static void test_all_aligns_copy(int which)
{
	struct fixture f = setup(which);

	all_aligns(&f, one_more);
	teardown(&f);
}

static int map_here(struct fixture *f, uint32_t ioas, uint64_t iova)
{
	return f->v->file ?
		       map_file_at(f->fd, ioas, f->file, BUFFER, iova) :
		       map_at(f->fd, ioas, f->memory, BUFFER, iova);
}

/* A driver's pins and its moves between address spaces, then a copy. */
static void copy_once(struct fixture *f, uint32_t source, int access)
{
	uint64_t at = MOCK_APERTURE_START;
	struct mock mock = { 0 };
	uint32_t item = 0, other = ioas_alloc(f->fd);

	CHECK_EQ(map_here(f, source, at), 0);
	CHECK_EQ(pin(f->fd, access, at, f->memory, BUFFER, 0, &item), 0);
	CHECK_EQ(copy_to_ioas(f->fd, source, at, f->ioas, at, BUFFER), 0);
	check_part(f, 0, BUFFER, at);
	CHECK_EQ(unpin(f->fd, access, item), 0);
	CHECK_EQ(copy_to_ioas(f->fd, source, at, other, at, BUFFER), 0);
	CHECK_EQ(move_access(f->fd, access, other), 0);
	CHECK_EQ(pin(f->fd, access, at, f->memory, BUFFER, 0, &item), 0);
	CHECK_EQ(new_device(f->fd, other, 0, &mock), 0);
	CHECK_EQ(check_map(f->fd, mock.hwpt, f->memory, BUFFER, at), 0);
	CHECK_EQ(move_access(f->fd, access, source), 0);
	CHECK_ERRNO(ENOENT, unpin(f->fd, access, item));
	CHECK_ERRNO(ENOENT, move_access(f->fd, access, 999));
	CHECK_EQ(destroy(f->fd, mock.stdev), 0);
	CHECK_EQ(destroy(f->fd, other), 0);
	CHECK_EQ(unmap(f->fd, f->ioas, at, BUFFER, NULL), 0);
	CHECK_EQ(unmap(f->fd, source, at, BUFFER, NULL), 0);
	check_pins(f, 0, BUFFER, 0);
}

static void test_user_copy(int which)
{
	struct fixture f = setup(which);
	uint32_t source = ioas_alloc(f.fd);
	int access = create_access(f.fd, source,
				   MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES);

	CHECK(access >= 0);
	for (int i = 0; i < 3; i++)
		copy_once(&f, source, access);
	CHECK_EQ(close(access), 0);
	CHECK_EQ(destroy(f.fd, source), 0);
	teardown(&f);
}

static void test_replace(int which)
{
	struct fixture f = setup(which);
	uint32_t ioas = ioas_alloc(f.fd), hwpt = 0, automatic = f.mock[0].hwpt;

	CHECK_EQ(paging(f.fd, f.mock[0].idev, ioas, 0, &hwpt), 0);
	CHECK_EQ(replace(f.fd, f.mock[0].stdev, ioas), 0);
	if (f.v->domains == 1)
		CHECK_ERRNO(ENOENT, replace(f.fd, f.mock[0].stdev, automatic));
	else
		CHECK_EQ(replace(f.fd, f.mock[0].stdev, automatic), 0);
	CHECK_EQ(replace(f.fd, f.mock[0].stdev, hwpt), 0);
	CHECK_EQ(replace(f.fd, f.mock[0].stdev, hwpt), 0);
	CHECK_ERRNO(EBUSY, destroy(f.fd, hwpt));
	CHECK_ERRNO(EBUSY, destroy(f.fd, ioas));
	CHECK_ERRNO(EINVAL, replace(f.fd, f.mock[0].stdev, f.mock[0].idev));
	CHECK_EQ(replace(f.fd, f.mock[0].stdev, f.ioas), 0);
	CHECK_EQ(destroy(f.fd, hwpt), 0);
	CHECK_EQ(destroy(f.fd, ioas), 0);
	teardown(&f);
}

static void test_alloc_hwpt(int which)
{
	struct fixture f = setup(which);

	for (int i = 0; i < f.v->domains; i++) {
		uint32_t idev = f.mock[i].idev, stdev = f.mock[i].stdev;
		uint32_t one = 0, two = 0;
		struct mock other = { 0 };

		CHECK_ERRNO(EOPNOTSUPP, paging(f.fd, idev, f.ioas, ~0u, &one));
		CHECK_EQ(paging(f.fd, idev, f.ioas, 0, &one), 0);
		CHECK_EQ(paging(f.fd, idev, f.ioas,
				IOMMU_HWPT_ALLOC_NEST_PARENT, &two), 0);
		CHECK_EQ(replace(f.fd, stdev, one), 0);
		CHECK_ERRNO(EBUSY, destroy(f.fd, one));
		CHECK_EQ(replace(f.fd, stdev, two), 0);
		CHECK_EQ(destroy(f.fd, one), 0);
		CHECK_EQ(new_device(f.fd, two, 0, &other), 0);
		CHECK_ERRNO(EBUSY, destroy(f.fd, two));
		CHECK_EQ(destroy(f.fd, other.stdev), 0);
		CHECK_EQ(replace(f.fd, stdev, f.ioas), 0);
		CHECK_EQ(destroy(f.fd, two), 0);
	}
	teardown(&f);
}

#define DOMAIN_TEST(name, run)                        \
	{ name, "one_domain", 0, run },               \
	{ name, "two_domains", 1, run },              \
	{ name, "one_domain_hugepage", 2, run },      \
	{ name, "two_domains_hugepage", 3, run },     \
	{ name, "one_domain_file", 4, run },          \
	{ name, "one_domain_file_hugepage", 5, run }

static const struct test tests[] = {
	DOMAIN_TEST("basic", test_basic),
	DOMAIN_TEST("ro_unshare", test_ro_unshare),
	DOMAIN_TEST("all_aligns", test_all_aligns),
	DOMAIN_TEST("all_aligns_copy", test_all_aligns_copy),
	DOMAIN_TEST("user_copy", test_user_copy),
	DOMAIN_TEST("replace", test_replace),
	DOMAIN_TEST("alloc_hwpt", test_alloc_hwpt),
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
