/* SPDX-License-Identifier: MIT */
/* Access files and dma-bufs of the test command.  spec/80 sections 12, 13 */
#include "mock_test.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define PINS MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES

static int create(uint32_t ioas, uint32_t flags, int *access_fd)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_CREATE_ACCESS, ioas);
	int ret;

	cmd.create_access.flags = flags;
	ret = test_run(&cmd);
	*access_fd = cmd.create_access.out_access_fd;
	return ret;
}

static int pin(int access_fd, uint64_t iova, uint64_t len, const void *uptr,
	       uint32_t flags, uint32_t *id)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_ACCESS_PAGES,
					     access_fd);
	int ret;

	cmd.access_pages.flags = flags;
	cmd.access_pages.iova = iova;
	cmd.access_pages.length = len;
	cmd.access_pages.uptr = (uintptr_t)uptr;
	ret = test_run(&cmd);
	*id = cmd.access_pages.out_access_pages_id;
	return ret;
}

static int unpin(int access_fd, uint32_t id)
{
	return test_op(DESTROY_ACCESS_PAGES, access_fd,
		       .destroy_access_pages = { id });
}

static int rw(int access_fd, uint64_t iova, uint64_t len, void *uptr,
	      uint32_t flags)
{
	return test_op(ACCESS_RW, access_fd,
		       .access_rw = { iova, len, (uintptr_t)uptr, flags });
}

static int refs(const void *uptr, uint64_t len, uint32_t count)
{
	return test_op(MD_CHECK_REFS, 0,
		       .check_refs = { len, (uintptr_t)uptr, count });
}

/* An IOAS without domains: nothing is pinned but by accesses. */
static int access_setup(void **state)
{
	return bench_setup(state) || mock_destroy(b.fd, b.stdev) ||
	       mock_map(b.fd, b.ioas, b.memory, 16 * PAGE, IOVA);
}

static void create_errors(void **state)
{
	struct rlimit old, none;
	int fd;

	assert_int_equal(create(b.ioas, 2, &fd), EOPNOTSUPP);
	assert_int_equal(create(999, 0, &fd), ENOENT);
	/* Mappings that are not page aligned keep pinning ones out. */
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory + 2048, PAGE,
				  IOVA + 0x100800), 0);
	assert_int_equal(create(b.ioas, PINS, &fd), EADDRINUSE);
	assert_int_equal(create(b.ioas, 0, &fd), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	uiommufd_close(fd);
	/* No descriptor is ENOMEM here. */
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = fd;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(create(b.ioas, 0, &fd), ENOMEM);
	setrlimit(RLIMIT_NOFILE, &old);
}

static void pin_rules(void **state)
{
	uint32_t id;
	int fd, plain;

	assert_int_equal(create(b.ioas, PINS, &fd), 0);
	assert_int_equal(create(b.ioas, 0, &plain), 0);
	/* The length comes before the descriptor. */
	assert_int_equal(pin(99, IOVA, (16 << 20) + 1, NULL, 0, &id), ENOMEM);
	assert_int_equal(pin(fd, IOVA, PAGE, NULL, 2, &id), EOPNOTSUPP);
	assert_int_equal(pin(99, IOVA, PAGE, NULL, 0, &id), EBADFD);
	assert_int_equal(pin(0, IOVA, PAGE, NULL, 0, &id), EBADFD);
	assert_int_equal(pin(b.fd, IOVA, PAGE, NULL, 0, &id), EBADFD);
	assert_int_equal(pin(plain, IOVA, PAGE, NULL, 0, &id), EOPNOTSUPP);
	assert_int_equal(pin(fd, IOVA, 0, NULL, 0, &id), EINVAL);
	assert_int_equal(pin(fd, UINT64_MAX, PAGE, NULL, 0, &id), EOVERFLOW);
	assert_int_equal(pin(fd, 0, PAGE, NULL, 0, &id), ENOENT);
	assert_int_equal(pin(fd, IOVA + 2048, PAGE, NULL, 0, &id), EINVAL);
	assert_int_equal(pin(fd, IOVA, PAGE, b.memory + PAGE, 0, &id), EBADE);
	assert_int_equal(pin(fd, IOVA, PAGE, (void *)PAGE, 0, &id), EFAULT);
	assert_int_equal(refs(b.memory, 16 * PAGE, 0), 0);
	assert_int_equal(pin(fd, IOVA, 4 * PAGE, b.memory, 1, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(refs(b.memory, 4 * PAGE, 1), 0);
	assert_int_equal(pin(fd, IOVA + PAGE, PAGE, b.memory + PAGE, 0, &id),
			 0);
	assert_int_equal(id, 1);
	/* A page is pinned once however many want it. */
	assert_int_equal(refs(b.memory, 4 * PAGE, 1), 0);
	assert_int_equal(unpin(fd, 0), 0);
	assert_int_equal(unpin(fd, 0), ENOENT);
	assert_int_equal(refs(b.memory, PAGE, 0), 0);
	assert_int_equal(refs(b.memory + PAGE, PAGE, 1), 0);
	/* Numbers are not used again; closing lets go of everything. */
	assert_int_equal(pin(fd, IOVA, PAGE, NULL, 0, &id), 0);
	assert_int_equal(id, 2);
	uiommufd_close(fd);
	assert_int_equal(refs(b.memory, 16 * PAGE, 0), 0);
	uiommufd_close(plain);
}

/* Unmapping asks for what is pinned, and gets it. */
static void unmap_takes_items(void **state)
{
	uint32_t one, two;
	int fd;

	assert_int_equal(mock_map(b.fd, b.ioas, b.memory + 32 * PAGE, PAGE,
				  IOVA + 0x100000), 0);
	assert_int_equal(create(b.ioas, PINS, &fd), 0);
	assert_int_equal(pin(fd, IOVA + PAGE, PAGE, NULL, 0, &one), 0);
	assert_int_equal(pin(fd, IOVA + 0x100000, PAGE, NULL, 0, &two), 0);
	assert_int_equal(mock_unmap(b.fd, b.ioas, IOVA, 16 * PAGE), 0);
	assert_int_equal(unpin(fd, one), ENOENT);
	assert_int_equal(unpin(fd, two), 0);
	assert_int_equal(refs(b.memory, 16 * PAGE, 0), 0);
	uiommufd_close(fd);
}

static void copying(void **state)
{
	char buffer[2 * PAGE];
	int fd;

	assert_int_equal(create(b.ioas, 0, &fd), 0);
	b.memory[PAGE - 1] = 'x';
	b.memory[PAGE] = 'y';
	assert_int_equal(rw(fd, IOVA + PAGE - 1, 2, buffer, 0), 0);
	assert_memory_equal(buffer, "xy", 2);
	memcpy(buffer, "ab", 2);
	assert_int_equal(rw(fd, IOVA + PAGE - 1, 2, buffer,
			    MOCK_ACCESS_RW_WRITE), 0);
	assert_memory_equal(b.memory + PAGE - 1, "ab", 2);
	memcpy(buffer, "cd", 2);
	assert_int_equal(rw(fd, IOVA + PAGE - 1, 2, buffer,
			    MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH),
			 0);
	assert_memory_equal(b.memory + PAGE - 1, "cd", 2);
	assert_int_equal(rw(99, 0, (16 << 20) + 1, buffer, 0), ENOMEM);
	assert_int_equal(rw(fd, IOVA, 1, buffer, 2), EOPNOTSUPP);
	assert_int_equal(rw(99, IOVA, 1, buffer, 0), EBADFD);
	assert_int_equal(rw(fd, IOVA, 1, (void *)8, MOCK_ACCESS_RW_WRITE),
			 EFAULT);
	assert_int_equal(rw(fd, IOVA, 1, (void *)8, 0), EFAULT);
	assert_int_equal(rw(fd, IOVA, 0, buffer, 0), EINVAL);
	assert_int_equal(rw(fd, UINT64_MAX, 2, buffer, 0), EOVERFLOW);
	assert_int_equal(rw(fd, IOVA + 16 * PAGE - 1, 2, buffer, 0), ENOENT);
	uiommufd_close(fd);
}

/* Fuzzers say which mapping and where in it. */
static void named_by_number(void **state)
{
	char byte;
	uint32_t id;
	int fd;

	assert_int_equal(mock_map(b.fd, b.ioas, b.memory + 32 * PAGE, PAGE,
				  IOVA + 0x100000), 0);
	assert_int_equal(create(b.ioas, PINS, &fd), 0);
	b.memory[32 * PAGE + 7] = 'n';
	assert_int_equal(rw(fd, 1 | 7ull << 32, 1, &byte,
			    MOCK_FLAGS_ACCESS_SYZ), 0);
	assert_int_equal(byte, 'n');
	assert_int_equal(rw(fd, 2 | 7ull << 32, 1, &byte,
			    MOCK_FLAGS_ACCESS_SYZ), ENOENT);
	assert_int_equal(pin(fd, 1, PAGE, b.memory + 32 * PAGE,
			     MOCK_FLAGS_ACCESS_SYZ, &id), 0);
	uiommufd_close(fd);
}

/* Another IOAS: what was pinned is let go; the same one: nothing. */
static void moving(void **state)
{
	uint32_t other, id;
	char byte;
	int fd;

	assert_int_equal(mock_ioas(b.fd, &other), 0);
	assert_int_equal(create(b.ioas, PINS, &fd), 0);
	assert_int_equal(pin(fd, IOVA, PAGE, NULL, 0, &id), 0);
	assert_int_equal(test_op(ACCESS_REPLACE_IOAS, fd,
				 .access_replace_ioas = { b.ioas }), 0);
	assert_int_equal(refs(b.memory, PAGE, 1), 0);
	assert_int_equal(test_op(ACCESS_REPLACE_IOAS, fd,
				 .access_replace_ioas = { 999 }), ENOENT);
	assert_int_equal(test_op(ACCESS_REPLACE_IOAS, 99,
				 .access_replace_ioas = { other }), EBADFD);
	assert_int_equal(test_op(ACCESS_REPLACE_IOAS, fd,
				 .access_replace_ioas = { other }), 0);
	assert_int_equal(unpin(fd, id), ENOENT);
	assert_int_equal(refs(b.memory, PAGE, 0), 0);
	assert_int_equal(rw(fd, IOVA, 1, &byte, 0), ENOENT);
	uiommufd_close(fd);
}

/* An access keeps the context: it works after the client closed that. */
static void outlives_context(void **state)
{
	int fd, again;

	assert_int_equal(create(b.ioas, PINS, &fd), 0);
	uiommufd_close(b.fd);
	again = uiommufd_open(b.platform, 0);
	uiommufd_close(fd);
	b.fd = again;
}

/* --- dma-bufs ------------------------------------------------------------- */

static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static int set_revoked(int dmabuf_fd, uint32_t revoked)
{
	return test_op(DMABUF_REVOKE, 0, .dmabuf_revoke = { dmabuf_fd,
							    revoked });
}

static int map_file(int file_fd, uint64_t len, uint64_t iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = b.ioas,
		.fd = file_fd,
		.length = len,
		.iova = iova,
	};

	return mock_call(b.fd, IOMMU_IOAS_MAP_FILE, &cmd);
}

static void dmabuf_rules(void **state)
{
	int fd = next_fd(), access;
	char byte;

	assert_int_equal(test_op(DMABUF_GET, 0, .dmabuf_get = { 0, 0 }),
			 EINVAL);
	assert_int_equal(test_op(DMABUF_GET, 0,
				 .dmabuf_get = { 512 * PAGE + 1, 0 }), EINVAL);
	/* It answers 0 and is at the lowest free number all the same. */
	assert_int_equal(test_op(DMABUF_GET, 0,
				 .dmabuf_get = { 2 * PAGE, O_CLOEXEC }), 0);
	assert_true(uiommufd_fd_is_ours(fd));
	assert_int_equal(create(b.ioas, 0, &access), 0);
	assert_int_equal(map_file(fd, 3 * PAGE, IOVA + 0x100000), EINVAL);
	assert_int_equal(map_file(fd, 2 * PAGE, IOVA + 0x100000), 0);
	/* No processor looks into it. */
	assert_int_equal(rw(access, IOVA + 0x100000, 1, &byte, 0), EINVAL);
	assert_int_equal(set_revoked(-1, 1), EBADF);
	assert_int_equal(set_revoked(access, 1), EINVAL);
	assert_int_equal(set_revoked(fd, 1), 0);
	assert_int_equal(map_file(fd, PAGE, IOVA + 0x200000), ENODEV);
	assert_int_equal(set_revoked(fd, 0), 0);
	assert_int_equal(map_file(fd, PAGE, IOVA + 0x200000), 0);
	assert_int_equal(mock_unmap(b.fd, b.ioas, IOVA + 0x100000, 2 * PAGE),
			 0);
	uiommufd_close(access);
	uiommufd_close(fd);
}

#define ACCESS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, access_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACCESS_TEST(create_errors),
		ACCESS_TEST(pin_rules),
		ACCESS_TEST(unmap_takes_items),
		ACCESS_TEST(copying),
		ACCESS_TEST(named_by_number),
		ACCESS_TEST(moving),
		ACCESS_TEST(outlives_context),
		ACCESS_TEST(dmabuf_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
