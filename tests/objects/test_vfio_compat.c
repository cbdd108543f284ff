// SPDX-License-Identifier: MIT
/* VFIO container commands on an iommufd file: spec/50. */
#include "ioas_rig.h"

#include <sys/mman.h>

#include "objects/vfio_compat.h"

#define NOWHERE 0x10000000ull

static int vfio_ioas(struct rig *rig, u16 op, u32 *id)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd), .op = op, .ioas_id = *id,
	};
	int ret = rig_ioctl(rig, IOMMU_VFIO_IOAS, &cmd);

	*id = cmd.ioas_id;
	return ret;
}

static u32 compat(struct rig *rig)
{
	u32 ioas = rig_ioas(rig);

	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_SET, &ioas), 0);
	return ioas;
}

static int call(struct rig *rig, unsigned long request, unsigned long arg)
{
	return rig_ioctl(rig, request, (void *)arg);
}

/* ---- which IOAS ---- */

static void test_association(void **state)
{
	struct rig *rig = *state;
	struct iommu_vfio_ioas bad = {
		.size = sizeof(bad), .op = 9, .__reserved = 1,
	};
	u32 one, two, id = 77;

	assert_int_equal(rig_ioctl(rig, IOMMU_VFIO_IOAS, &bad), -EOPNOTSUPP);
	bad.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_VFIO_IOAS, &bad), -EOPNOTSUPP);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_GET, &id), -ENODEV);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_SET, &id), -ENOENT);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_CLEAR, &id), 0);
	one = compat(rig);
	two = compat(rig);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_GET, &id), 0);
	assert_true(id == two);
	/* No reference: it goes, and the association with it. */
	assert_int_equal(rig_destroy(rig, two), 0);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_GET, &id), -ENODEV);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_SET, &one), 0);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_CLEAR, &id), 0);
	assert_int_equal(vfio_ioas(rig, IOMMU_VFIO_IOAS_GET, &id), -ENODEV);
	assert_int_equal(rig_destroy(rig, one), 0);
}

static void test_group_interface(void **state)
{
	struct rig *rig = *state;
	struct iommufd_ctx *ictx = rig_ctx(rig);
	u32 id = 0, again = 0;

	assert_int_equal(iommufd_vfio_compat_ioas_get_id(ictx, &id), -ENODEV);
	assert_int_equal(iommufd_vfio_compat_ioas_create(ictx), 0);
	assert_int_equal(iommufd_vfio_compat_ioas_get_id(ictx, &id), 0);
	assert_int_equal(iommufd_vfio_compat_ioas_create(ictx), 0);
	assert_int_equal(iommufd_vfio_compat_ioas_get_id(ictx, &again), 0);
	assert_true(id == again);
	assert_int_equal(iommufd_vfio_compat_set_no_iommu(ictx), -EINVAL);
	/* The one made in vain gave its ID back. */
	assert_true(rig_ioas(rig) == id + 1);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(iommufd_vfio_compat_set_no_iommu(ictx), 0);
	assert_int_equal(iommufd_vfio_compat_set_no_iommu(ictx), 0);
	assert_int_equal(iommufd_vfio_compat_ioas_create(ictx), -EINVAL);
}

static int sweep_create(struct rig *rig)
{
	return iommufd_vfio_compat_ioas_create(rig_ctx(rig));
}

static void sweep_destroy(struct rig *rig)
{
	u32 id;

	assert_int_equal(iommufd_vfio_compat_ioas_get_id(rig_ctx(rig), &id), 0);
	assert_int_equal(rig_destroy(rig, id), 0);
}

static void test_create_failing_steps(void **state)
{
	const int errnos[] = { ENOMEM, 0 };

	rig_sweep(*state, sweep_create, sweep_destroy, errnos);
}

/* ---- questions ---- */

static void test_extensions(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt;

	assert_int_equal(call(rig, VFIO_GET_API_VERSION, 0), 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 4), -ENODEV);
	for (unsigned long i = 0; i < 12; i++) {
		bool have = i == 1 || i == 3 || i == 8 || i == 9;

		if (i != 4)
			assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, i),
					 have);
	}
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 0x100000001), 0);
	ioas = compat(rig);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 4), 1);
	rig_bind(rig, 0);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 4), 0);
	assert_int_equal(rig_destroy(rig, hwpt), 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 4), 1);
	/* Everything else is not a command. */
	assert_int_equal(call(rig, 0x3b75, 0), -ENOTTY);
	assert_int_equal(call(rig, 0x3b67, 0), -ENOTTY);
	assert_int_equal(call(rig, 0x40003b64, 0), -ENOTTY);
}

static void test_set_iommu(void **state)
{
	struct rig *rig = *state;
	u32 ioas;

	assert_int_equal(call(rig, VFIO_SET_IOMMU, 8), -EINVAL);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 4), -EINVAL);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 3), -ENODEV);
	ioas = compat(rig);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 0x100000001), -EINVAL);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 3), 0);
	assert_true(ioas_alignment(rig, ioas) == 1);
	assert_int_equal(ioas_map_at(rig, ioas, NULL, 0x800, 0), 0);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 1), -EADDRINUSE);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 1), 0);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 1), 0);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 3), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
}

static void test_no_iommu_mode(void **state)
{
	struct rig *rig = *state;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = 1, .vaddr = NOWHERE,
		.size = 0x1000,
	};

	assert_int_equal(iommufd_vfio_compat_set_no_iommu(rig_ctx(rig)), 0);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 8), 0);
	current->capabilities &= ~(1ull << UIK_CAP_SYS_RAWIO);
	assert_int_equal(call(rig, VFIO_SET_IOMMU, 8), -EPERM);
	current->capabilities = UIK_CAP_ALL;
	for (int i = 1; i <= 3; i += 2)
		assert_int_equal(call(rig, VFIO_SET_IOMMU, i), -EINVAL);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 1), 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 3), 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 9), 0);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 8), 1);
	assert_int_equal(call(rig, VFIO_CHECK_EXTENSION, 4), -ENODEV);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_MAP_DMA, &map), -ENODEV);
	/* Nothing prevents that an IOAS is set. */
	compat(rig);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_MAP_DMA, &map), 0);
}

/* ---- mapping ---- */

static int map_dma(struct rig *rig, u32 argsz, u32 flags, u64 vaddr, u64 iova,
		   u64 size)
{
	struct vfio_iommu_type1_dma_map cmd = {
		argsz, flags, vaddr, iova, size
	};

	return rig_ioctl(rig, VFIO_IOMMU_MAP_DMA, &cmd);
}

/* *@size is what the structure has afterwards. */
static int unmap_dma(struct rig *rig, u32 argsz, u32 flags, u64 iova, u64 *size)
{
	struct vfio_iommu_type1_dma_unmap cmd = { argsz, flags, iova, *size };
	int ret = rig_ioctl(rig, VFIO_IOMMU_UNMAP_DMA, &cmd);

	*size = cmd.size;
	return ret;
}

static void test_map(void **state)
{
	struct rig *rig = *state;
	const struct {
		u32 argsz, flags;
		u64 vaddr, iova, size;
		int error;
	} rows[] = {
		{ 31, 3, 0, 0, 0, -EINVAL },
		{ 32, 4, 0, 0, 0, -EINVAL },
		{ 32, 3, U64_MAX, 0, 1, -EOVERFLOW },
		{ 32, 3, NOWHERE, 0, 0, -EINVAL },
		{ 32, 3, 0, 0, U64_MAX - 4095, -EINVAL },
		{ 32, 3, NOWHERE, U64_MAX, 2, -EOVERFLOW },
		{ 32, 3, NOWHERE, 0x10000, 0x1000, 0 },
		{ 32, 3, NOWHERE, 0x10fff, 1, -EEXIST },
		/* Neither read nor write. */
		{ 40, 0, NOWHERE, 0x20000, 0x1000, 0 },
	};
	u32 ioas;

	assert_int_equal(map_dma(rig, 31, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(map_dma(rig, 32, 0, 0, 0, 0), -ENODEV);
	assert_int_equal(call(rig, VFIO_IOMMU_MAP_DMA, 0), -EFAULT);
	ioas = compat(rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = map_dma(rig, rows[i].argsz, rows[i].flags,
				  rows[i].vaddr, rows[i].iova, rows[i].size);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
	}
	assert_true(area_count(rig, ioas) == 2);
}

/* The table of spec/50 section 9. */
static void test_unmap_type1(void **state)
{
	struct rig *rig = *state;
	u32 ioas = compat(rig);
	const struct {
		u32 flags;
		u64 iova, size;
		int error;
		u64 after;
		unsigned long areas;
	} rows[] = {
		{ 0, 0x12000, 0x1000, 0, 0x1000, 2 },
		{ 0, 0x12000, 0x1000, 0, 0, 2 },
		{ 0, 0x14000, 0x800, -EINVAL, 0x800, 2 },
		{ 0, 0x14800, 0x1000, -EINVAL, 0x1000, 2 },
		{ 0, 0x1f000, 0x2000, 0, 0x1000, 2 },
		/* The area has been cut all the same. */
		{ 0, 0x1e000, 0, -EINVAL, 0, 3 },
		{ 0, 0x1000, U64_MAX, -EOVERFLOW, 0, 3 },
		{ 2, 0, 1, -EINVAL, 1, 3 },
		{ 2, 1, 0, -EINVAL, 0, 3 },
		{ 1, 0, 0, -EINVAL, 0, 3 },
		{ 2, 0, 0, 0, 0xe000, 0 },
		{ 2, 0, 0, 0, 0, 0 },
	};
	u64 size = 0;

	assert_int_equal(call(rig, VFIO_SET_IOMMU, 1), 0);
	assert_int_equal(map_dma(rig, 32, 3, NOWHERE, 0x10000, 0x10000), 0);
	assert_int_equal(unmap_dma(rig, 23, 0, 0, &size), -EINVAL);
	assert_int_equal(call(rig, VFIO_IOMMU_UNMAP_DMA, 0), -EFAULT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret;

		size = rows[i].size;
		ret = unmap_dma(rig, 24, rows[i].flags, rows[i].iova, &size);
		if (ret != rows[i].error || size != rows[i].after ||
		    area_count(rig, ioas) != rows[i].areas)
			fail_msg("row %zu: %d, %#llx, %lu areas", i, ret, size,
				 area_count(rig, ioas));
	}
}

/* Whole areas only; what was below is gone, and its size is told. */
static void test_unmap_type1v2(void **state)
{
	struct rig *rig = *state;
	u32 ioas = compat(rig);
	u64 size = 0x6000;

	assert_int_equal(map_dma(rig, 32, 3, NOWHERE, 0x10000, 0x4000), 0);
	assert_int_equal(map_dma(rig, 32, 3, NOWHERE, 0x14000, 0x4000), 0);
	assert_int_equal(unmap_dma(rig, 24, 0, 0x10000, &size), -ENOENT);
	assert_true(size == 0x4000);
	assert_true(area_count(rig, ioas) == 1);
	/* B69: nothing there is success. */
	size = 0x4000;
	assert_int_equal(unmap_dma(rig, 24, 0, 0x10000, &size), 0);
	assert_true(size == 0);
}

/* The size cannot be told: the result is that, and the areas are gone. */
static void test_unmap_reply_fault(void **state)
{
	struct rig *rig = *state;
	u32 ioas = compat(rig);
	struct vfio_iommu_type1_dma_unmap *cmd = (void *)memory(0x1000);

	assert_int_equal(map_dma(rig, 32, 3, NOWHERE, 0x10000, 0x4000), 0);
	cmd->argsz = sizeof(*cmd);
	cmd->iova = 0x10000;
	cmd->size = 0x4000;
	assert_int_equal(mprotect(cmd, 0x1000, PROT_READ), 0);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_UNMAP_DMA, cmd), -EFAULT);
	assert_true(area_count(rig, ioas) == 0);
}

/* ---- GET_INFO ---- */

#define UNTOUCHED 0xee

static u32 word(const u8 *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static u64 quad(const u8 *at)
{
	u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Puts what must be there for argsz @a over a buffer of UNTOUCHED. */
static void expect_info(u8 *want, u32 a, u64 page_sizes,
			const struct iommu_iova_range *ranges, u32 n)
{
	u32 total = 56 + 16 * n;
	u8 head[24] = { 0 };

	if (a >= 36)
		memcpy(want + 24, "\3\0\1\0\0\0\0\0\xff\xff\xff\xff", 12);
	if (a >= 40)
		memcpy(want + 28, "\x28\0\0\0", 4);
	for (u32 k = 0; k < n; k++)
		if (a >= 56 + 16 * (k + 1))
			memcpy(want + 56 + 16 * k, &ranges[k], 16);
	if (a >= total) {
		memcpy(want + 40, "\1\0\1\0\0\0\0\0", 8);
		memcpy(want + 48, &n, 4);
		memset(want + 52, 0, 4);
	}
	memcpy(head, &total, 4);
	head[4] = 3;
	memcpy(head + 8, &page_sizes, 8);
	head[16] = a >= total ? 24 : 0;
	/* B70: nothing is left of what was there. */
	memcpy(want, head, min(a, 24u));
}

static void check_info(struct rig *rig, u64 page_sizes,
		       const struct iommu_iova_range *ranges, u32 n)
{
	for (u32 a = 16; a < 128; a++) {
		u8 got[160], want[160];

		memset(got, UNTOUCHED, sizeof(got));
		memcpy(got, &a, sizeof(a));
		memcpy(want, got, sizeof(want));
		expect_info(want, a, page_sizes, ranges, n);
		assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, got), 0);
		if (memcmp(got, want, sizeof(got)))
			fail_msg("n %u, argsz %u: %#x %#llx", n, a, word(got),
				 quad(got + 8));
	}
}

/* Every byte, for every size of the buffer and 0 to 3 ranges. */
static void test_info_bytes(void **state)
{
	struct rig *rig = *state;
	u32 ioas = compat(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct iommu_iova_range ranges[3] = { { 0, U64_MAX } };

	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	check_info(rig, 0xfffffffffffff000, ranges, 1);
	ranges[0].last = 0x7fff;
	ranges[1] = (struct iommu_iova_range){ 0x9000, U64_MAX };
	assert_int_equal(iopt_reserve(iopt, 0x8000, 0x8fff, rig), 0);
	check_info(rig, 0xfffffffffffff000, ranges, 2);
	ranges[1].last = 0xfffff;
	ranges[2] = (struct iommu_iova_range){ 0x101000, U64_MAX };
	assert_int_equal(iopt_reserve(iopt, 0x100000, 0x100fff, rig), 0);
	check_info(rig, 0xfffffffffffff000, ranges, 3);
	assert_int_equal(iopt_reserve(iopt, 0, U64_MAX, rig), 0);
	check_info(rig, 0xfffffffffffff000, ranges, 0);
}

static void test_info_errnos(void **state)
{
	struct rig *rig = *state;
	struct vfio_iommu_type1_info info = { .argsz = 15 };
	u8 *end = (u8 *)memory(0x2000) + 0x1000;

	assert_int_equal(call(rig, VFIO_IOMMU_GET_INFO, 0), -EFAULT);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, &info), -EINVAL);
	info.argsz = 16;
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, &info), -ENODEV);
	compat(rig);
	assert_int_equal(mprotect(end, 0x1000, PROT_NONE), 0);
	/* Only the first 16 bytes are read, only what argsz says is written. */
	*(u32 *)(end - 16) = 16;
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, end - 16), 0);
	*(u32 *)(end - 16) = 17;
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, end - 16),
			 -EFAULT);
}

/* What all domains have, pages at least, the alignment at least. */
static void test_info_page_sizes(void **state)
{
	struct rig *rig = *state;
	u32 ioas = compat(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *a = toy_new(0x40201000), *b = toy_new(0x200800);
	struct vfio_iommu_type1_info info;

	assert_int_equal(iopt_add_domain(iopt, &a->table.domain), 0);
	info.argsz = sizeof(info);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, &info), 0);
	assert_true(info.iova_pgsizes == 0x40201000);
	iopt_remove_domain(iopt, &a->table.domain);
	assert_int_equal(iopt_add_domain(iopt, &b->table.domain), 0);
	info.argsz = sizeof(info);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, &info), 0);
	assert_true(info.iova_pgsizes == 0x201000);
	assert_int_equal(iopt_add_domain(iopt, &a->table.domain), 0);
	info.argsz = sizeof(info);
	assert_int_equal(rig_ioctl(rig, VFIO_IOMMU_GET_INFO, &info), 0);
	assert_true(info.iova_pgsizes == 0x200000);
	iopt_remove_domain(iopt, &a->table.domain);
	iopt_remove_domain(iopt, &b->table.domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_association),
		IOAS_TEST(test_group_interface),
		IOAS_TEST(test_create_failing_steps),
		IOAS_TEST(test_extensions),
		IOAS_TEST(test_set_iommu),
		IOAS_TEST(test_no_iommu_mode),
		IOAS_TEST(test_map),
		IOAS_TEST(test_unmap_type1),
		IOAS_TEST(test_unmap_type1v2),
		IOAS_TEST(test_unmap_reply_fault),
		IOAS_TEST(test_info_bytes),
		IOAS_TEST(test_info_errnos),
		IOAS_TEST(test_info_page_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
