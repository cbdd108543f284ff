// SPDX-License-Identifier: MIT
/* Mapping, copying, and what domains see: spec/40 sections 9, 12, 13. */
#include "ioas_rig.h"

#include <sys/mman.h>
#include <unistd.h>

#define NOWHERE ((void *)0x10000000)	/* nothing is there, none needs it */

/* ---- arguments, in the order of the checks ---- */

static void test_map_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	const u32 fixed = MAP_FIXED_RW;
	const struct {
		u32 flags, ioas_id, reserved;
		u64 va, length, iova;
		int error;
	} rows[] = {
		{ 8, 99, 0, 0, U64_MAX, 0, -EOPNOTSUPP },
		{ fixed, ioas, 1, 0, 4096, 0, -EOPNOTSUPP },
		/* Also when the IOVA is not asked for. */
		{ 0, 99, 0, 0, 4096, U64_MAX, -EOVERFLOW },
		{ 0, 99, 0, 0, U64_MAX, 0, -EOVERFLOW },
		{ 0, 99, 0, 0, 0, 0, -EINVAL },
		{ IOMMU_IOAS_MAP_FIXED_IOVA, 99, 0, 0, 0, 0, -EINVAL },
		{ fixed, 99, 0, U64_MAX, U64_MAX - 1, 0, -ENOENT },
		{ fixed, 0, 0, 0, 4096, 0, -ENOENT },
		{ fixed, ioas, 0, U64_MAX - 4095, 4096, 0, -EOVERFLOW },
		{ fixed, ioas, 0, U64_MAX, 1, 0, -EOVERFLOW },
		{ fixed, ioas, 0, 0x1000, 0, 0, -EINVAL },
		{ fixed, ioas, 0, 0, U64_MAX - 4095, 0, -EINVAL },
		{ fixed, ioas, 0, 0x1000, 0x2000, U64_MAX - 0x1000, -EOVERFLOW },
		{ MAP_RW, ioas, 0, 0, S64_MAX, 0, -EOVERFLOW },
		/* The last page of the pages must have an address. */
		{ fixed, ioas, 0, 0xfff, U64_MAX - 4096, 0, -EOVERFLOW },
		{ fixed, ioas, 0, 0x10000000, 4096, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iommu_ioas_map cmd = {
			.size = sizeof(cmd), .flags = rows[i].flags,
			.ioas_id = rows[i].ioas_id,
			.__reserved = rows[i].reserved,
			.user_va = rows[i].va, .length = rows[i].length,
			.iova = rows[i].iova,
		}, before = cmd;
		int ret = rig_ioctl(rig, IOMMU_IOAS_MAP, &cmd);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
		if (ret)
			assert_memory_equal(&cmd, &before, sizeof(cmd));
	}
	assert_true(area_count(rig, ioas) == 1);
}

/* An object of another type, or one that is gone, is no IOAS. */
static void test_map_wrong_object(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	u64 iova = 0;

	rig_bind(rig, 0);
	assert_int_equal(ioas_map(rig, rig->dev_id[0], MAP_RW, NOWHERE, 4096,
				  &iova), -ENOENT);
	assert_int_equal(rig_destroy(rig, ioas), 0);
	assert_int_equal(ioas_map(rig, ioas, MAP_RW, NOWHERE, 4096, &iova),
			 -ENOENT);
}

/* Fixed: alignment, reserved ranges, other areas; allowed does not matter. */
static void test_map_fixed_places(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iommu_iova_range allowed = { 0x100000, 0x1fffff };

	assert_int_equal(iopt_reserve(iopt_of(rig, ioas), 0x8000, 0x8fff, rig),
			 0);
	assert_int_equal(ioas_allow(rig, ioas, &allowed, 1), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0), -EEXIST);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 1, 0xfff), -EEXIST);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 1, 0x1000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 1, 0x1001), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 1, 0x8000), -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x2000, 0x7000),
			 -EINVAL);
	/* Reserved and taken: reserved wins. */
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x9000, 0), -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000,
				     U64_MAX - 0xfff), 0);
	iopt_check(iopt_of(rig, ioas));
}

/* With an alignment of a page everything has to be one. */
static void test_map_alignment(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	u64 iova = 0;

	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x800, 0), -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0x800),
			 -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE + 0x800, 0x1000, 0),
			 -EINVAL);
	/* Length first, then the choice. */
	assert_int_equal(ioas_map(rig, ioas, MAP_RW, NOWHERE,
				  S64_MAX, &iova), -EINVAL);
	assert_int_equal(ioas_map(rig, ioas, MAP_RW, NOWHERE + 0x800, 0x1000,
				  &iova), -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0x1000), 0);
}

static void test_map_file_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	int fd = memory_file(0x4000);
	const u32 fixed = MAP_FIXED_RW;
	const struct {
		u32 flags, ioas_id;
		int fd;
		u64 start, length, iova;
		int error;
	} rows[] = {
		{ 8, 99, -1, 0, U64_MAX, 0, -EOPNOTSUPP },
		{ 0, 99, -1, 0, 1, U64_MAX, -EOVERFLOW },
		{ 0, 99, -1, 0, U64_MAX, 0, -EOVERFLOW },
		{ 1, 99, -1, 0, 0, 0, -EINVAL },
		{ fixed, 99, -1, 0, 0, 0, -ENOENT },
		{ fixed, ioas, -1, 0, 0, 0, -EINVAL },
		{ fixed, ioas, -1, U64_MAX, 2, 0, -EOVERFLOW },
		{ fixed, ioas, -1, 0, 1, 0, -EBADF },
		{ fixed, ioas, 9999, 0, U64_MAX - 4095, 0, -EBADF },
		{ fixed, ioas, fd, 0, U64_MAX - 4095, 0, -EINVAL },
		/* Size and kind do not matter while nobody pins. */
		{ fixed, ioas, fd, 0x100000, 0x1000, 0x1000, 0 },
		{ fixed, ioas, STDIN_FILENO, 0, 0x1000, 0x2000, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 iova = rows[i].iova;
		int ret = ioas_map_file(rig, rows[i].ioas_id, rows[i].flags,
					rows[i].fd, rows[i].start,
					rows[i].length, &iova);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
	}
}

static void test_copy_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	const u32 fixed = MAP_FIXED_RW;
	const struct {
		u32 flags, dst, src;
		u64 length, dst_iova, src_iova;
		int error;
	} rows[] = {
		{ 8, 99, 99, U64_MAX, 0, 0, -EOPNOTSUPP },
		/* For fuzzers, but there is no such IOAS. */
		{ fixed | 0x10000, 99, 99, 1, 0, 0, -EOPNOTSUPP },
		{ 0, 99, 99, U64_MAX, 0, 0, -EOVERFLOW },
		{ 0, 99, 99, 1, U64_MAX, 0, -EOVERFLOW },
		{ 0, 99, 99, 1, 0, U64_MAX, -EOVERFLOW },
		{ 1, 99, 99, 1, 0, 0, -EINVAL },
		{ fixed, 99, 99, 0, 0, 0, -ENOENT },
		{ fixed, 99, ioas, 0, 0, 0, -EINVAL },
		{ fixed, 99, ioas, 2, 0, U64_MAX - 1, -ENOENT },
		{ fixed, 99, ioas, 3, 0, U64_MAX - 1, -EOVERFLOW },
		{ fixed, 99, ioas, 0x1000, 0, 0, -ENOENT },
		/* A hole. */
		{ fixed, 99, ioas, 0x6000, 0, 0x10000, -ENOENT },
		{ fixed, 99, ioas, 0x2000, 0, 0x10000, -ENOENT },
		{ fixed, ioas, ioas, 0x1000, 0x10000, 0x11000, -EEXIST },
		/* The pages of the last area are read only. */
		{ fixed, other, ioas, 0x1000, 0, 0x15000, -EPERM },
		{ IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE, other,
		  ioas, 0x1000, 0, 0x15000, 0 },
		{ fixed, other, ioas, 0x3800, 0x10000, 0x10400, 0 },
		/* Of area 0, then into the low half of its third page. */
		{ fixed | 0x10000, other, ioas, 0x800, 0x20000,
		  0x200000000000, 0 },
		/* No area 7: IOVA 0, where nothing is. */
		{ fixed | 0x10000, other, ioas, 0x800, 0x30000, 7, -ENOENT },
	};
	u64 at = 0x15000;

	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x2000, 0x10000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x2000, 0x12000), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_READABLE, NOWHERE, 0x1000,
				  &at), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 iova = rows[i].dst_iova;
		u64 from = rows[i].src_iova;
		int ret;

		if (from == 0x200000000000)
			from = 0x100000000;	/* offset 1 of area 0 */
		ret = ioas_copy(rig, rows[i].dst, rows[i].src, rows[i].flags,
				from, rows[i].length, &iova);
		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
	}
	/* A copy across two areas makes two. */
	assert_true(area_count(rig, other) == 4);
	assert_true(iopt_nth_area_iova(iopt_of(rig, other), 2) == 0x11c00);
	iopt_check(iopt_of(rig, other));
}

/* The copy has what the source had, and outlives it. */
static void test_copy_contents(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(0x8000);
	u64 iova = 0x20000;

	assert_int_equal(ioas_map_at(rig, ioas, at, 0x2000, 0x10000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x4000, 0x3000, 0x12000),
			 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy->table.domain), 0);
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0x11000,
				   0x3000, &iova), 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(toy_phys(toy, 0x20000) == (uintptr_t)at + 0x1000);
	assert_true(toy_phys(toy, 0x21000) == (uintptr_t)at + 0x4000);
	assert_true(toy_phys(toy, 0x22fff) == (uintptr_t)at + 0x5fff);
	assert_true(!toy_phys(toy, 0x23000));
	toy_check(toy, iopt_of(rig, other));
	iopt_remove_domain(iopt_of(rig, other), &toy->table.domain);
}

/* Single pages cannot have inner edges inside of a page. */
static void test_copy_unaligned_pieces(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(0x4000);
	u64 iova = 0x20000;

	assert_int_equal(ioas_map_at(rig, ioas, at, 0x800, 0), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x1000, 0x800, 0x800), 0);
	assert_int_equal(ioas_huge(rig, other, 0), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy->table.domain), 0);
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0, 0x1000,
				   &iova), -EINVAL);
	assert_true(!area_count(rig, other));
	assert_int_equal(toy->count, 0);
	iopt_remove_domain(iopt_of(rig, other), &toy->table.domain);
}

/* ---- the reply ---- */

/* A reply that cannot be written does not undo the mapping. */
static void test_reply_fault(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iommu_ioas_map *map = (void *)memory(0x1000);
	struct iommu_ioas_unmap *unmap = (void *)(map + 1);

	*map = (struct iommu_ioas_map){
		.size = sizeof(*map), .flags = MAP_FIXED_RW, .ioas_id = ioas,
		.user_va = (uintptr_t)NOWHERE, .length = 0x1000,
		.iova = 0x5000,
	};
	*unmap = (struct iommu_ioas_unmap){
		.size = sizeof(*unmap), .ioas_id = ioas, .iova = 0x5000,
		.length = 0x1000,
	};
	assert_int_equal(mprotect(map, 0x1000, PROT_READ), 0);
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_MAP, map), -EFAULT);
	assert_true(area_count(rig, ioas) == 1);
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_UNMAP, unmap), -EFAULT);
	assert_true(area_count(rig, ioas) == 0);
}

/* ---- what domains see ---- */

/* One call for each run; it begins and ends exactly where the area does. */
static void test_domain_runs(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *first = toy_new(~0x3fful), *second = toy_new(~0x3fful);
	char *at = memory(0x10000);
	int write_cache = IOMMU_WRITE | IOMMU_CACHE;
	u64 iova = 0x10400;

	assert_int_equal(iopt_add_domain(iopt, &first->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt, &second->table.domain), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_WRITEABLE, at + 0xc00, 0x5800,
				  &iova), 0);
	assert_int_equal(toy_call_count, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(toy_calls[i].kind, 'm');
		assert_ptr_equal(toy_calls[i].toy, i ? second : first);
		assert_true(toy_calls[i].iova == 0x10400);
		assert_true(toy_calls[i].size == 0x5800);
		assert_true(toy_calls[i].phys == (uintptr_t)at + 0xc00);
	}
	assert_int_equal(first->entry[0].prot, write_cache);
	/* Unmapped as a whole, the storage last. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10400, 0x5800), 0);
	assert_int_equal(toy_call_count, 4);
	assert_ptr_equal(toy_calls[2].toy, second);
	assert_ptr_equal(toy_calls[3].toy, first);
	assert_int_equal(toy_calls[3].kind, 'u');
	assert_true(toy_calls[3].size == 0x5800);
	iopt_remove_domain(iopt, &first->table.domain);
	iopt_remove_domain(iopt, &second->table.domain);
}

/* Frames from all over: each run is as long as it can be, and no longer. */
static void test_scattered_runs(void **state)
{
	struct uik_machine_config config = { .scatter_pages = true, .seed = 9 };
	struct rig scattered = { .machine = uik_machine_new(&config) };
	struct toy *toy = toy_new(~0x3fful);
	char *at = memory(0x40000);
	struct iopt *iopt;
	u32 ioas;

	assert_non_null(scattered.machine);
	scattered.outer = uik_enter(scattered.machine);
	scattered.fd = uiommufd_open(NULL, O_RDWR);
	assert_true(scattered.fd >= 0);
	ioas = rig_ioas(&scattered);
	iopt = iopt_of(&scattered, ioas);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(&scattered, ioas, at + 0x400, 0x3f800,
				     0x100400), 0);
	toy_check(toy, iopt);
	assert_true(toy->count > 8);
	for (unsigned int i = 1; i < toy->count; i++) {
		const struct toy_entry *a = &toy->entry[i - 1];
		const struct toy_entry *b = &toy->entry[i];

		assert_true(b->iova == a->iova + a->size);
		assert_true(b->iova % PAGE_SIZE == 0);
		assert_true(b->phys != a->phys + a->size);
	}
	/* What is mapped of it goes again when a later run fails. */
	assert_int_equal(ioas_unmap_all(&scattered, ioas), 0);
	toy->fail_after = 6;
	toy->fail_with = -ENOSPC;
	assert_int_equal(ioas_map_at(&scattered, ioas, at, 0x40000, 0),
			 -ENOSPC);
	assert_int_equal(toy->count, 0);
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_int_equal(uiommufd_close(scattered.fd), 0);
	uik_leave(scattered.outer);
	uik_machine_free(scattered.machine);
}

/* Without large pages each page is a call of its own. */
static void test_domain_single_pages(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(0x4000);

	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	assert_int_equal(toy_call_count, 4);
	for (int i = 0; i < 4; i++) {
		assert_true(toy_calls[i].size == 0x1000);
		assert_true(toy_calls[i].iova == 0x10000 + i * 0x1000);
	}
	toy_check(toy, iopt);
	/* There are a domain and an area: too late for the option. */
	assert_int_equal(ioas_huge(rig, ioas, 1), 0);
	assert_int_equal(ioas_huge(rig, ioas, 0), -EINVAL);
	iopt_remove_domain(iopt, &toy->table.domain);
}

/* A failing domain: what was mapped goes from all of them. */
static void test_domain_map_fails(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *first = toy_new(~0xffful), *second = toy_new(~0xffful);
	char *at = memory(0x4000);

	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &first->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt, &second->table.domain), 0);
	for (unsigned int i = 1; i <= 4; i++) {
		second->fail_after = i;
		second->fail_with = -ENXIO;
		assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0), -ENXIO);
		assert_int_equal(first->count, 0);
		assert_int_equal(second->count, 0);
		assert_true(!area_count(rig, ioas));
		assert_true(!pages_pin_count((uintptr_t)at));
	}
	second->fail_after = 0;
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0), 0);
	toy_check(second, iopt);
	iopt_remove_domain(iopt, &first->table.domain);
	iopt_remove_domain(iopt, &second->table.domain);
}

/* Adding one: alignment, aperture, contents; any error undoes it all. */
static void test_add_domain(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful), *large = toy_new(~0xfffful);
	struct iommu_iova_range allowed = { 0x20000, 0x2ffff };
	char *at = memory(0x8000);

	toy->table.domain.geometry.aperture_start = 0x1000;
	toy->table.domain.geometry.aperture_end = 0xfffff;
	assert_int_equal(iopt_add_domain(iopt, &large->table.domain), -EINVAL);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x800, 0x2000), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain),
			 -EADDRINUSE);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x1000, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain),
			 -EADDRINUSE);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	allowed.last = 0x100000;
	assert_int_equal(ioas_allow(rig, ioas, &allowed, 1), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain),
			 -EADDRINUSE);
	assert_int_equal(iopt->reserved.count, 0);
	assert_true(iopt->alignment == 1);
	allowed.last = 0xfffff;
	assert_int_equal(ioas_allow(rig, ioas, &allowed, 1), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x8000, 0x2000), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(iopt->reserved.count, 2);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
	toy_check(toy, iopt);
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_int_equal(iopt->reserved.count, 0);
	assert_int_equal(toy->count, 0);
	assert_true(ioas_alignment(rig, ioas) == 1);
	iopt_check(iopt);
}

/* Filling a new domain stops at the first area that fails. */
static void test_add_domain_fails(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *first = toy_new(~0xffful), *second = toy_new(~0xffful);
	char *at = memory(0x3000);

	for (int i = 0; i < 3; i++)
		assert_int_equal(ioas_map_at(rig, ioas, at + i * 0x1000,
					     0x1000, i * 0x2000), 0);
	first->fail_after = 3;
	first->fail_with = -ENOMEM;
	assert_int_equal(iopt_add_domain(iopt, &first->table.domain), -ENOMEM);
	assert_int_equal(first->count, 0);
	assert_true(!pages_pin_count((uintptr_t)at));
	assert_int_equal(iopt_domain_count(iopt), 0);
	iopt_check(iopt);
	assert_int_equal(iopt_add_domain(iopt, &first->table.domain), 0);
	second->fail_after = 2;
	second->fail_with = -EIO;
	assert_int_equal(iopt_add_domain(iopt, &second->table.domain), -EIO);
	assert_int_equal(second->count, 0);
	assert_true(pages_pin_count((uintptr_t)at) == 1);
	toy_check(first, iopt);
	iopt_remove_domain(iopt, &first->table.domain);
	iopt_check(iopt);
}

/* Memory that is not there stops a domain from being added. */
static void test_add_domain_bad_memory(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(0x4000);
	u64 iova = 0x8000;

	assert_int_equal(mprotect(at + 0x2000, 0x1000, PROT_READ), 0);
	assert_int_equal(munmap(at + 0x3000, 0x1000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x3000, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), -EFAULT);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	/* Read only is enough for a mapping that is not written. */
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_READABLE, at, 0x3000, &iova),
			 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x3000, 0), -EFAULT);
	iova = 0;
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_READABLE, at, 0x4000, &iova),
			 -EFAULT);
	assert_int_equal(ioas_map_at(rig, ioas, (void *)0x7ffffffff000, 0x1000,
				     0), -EFAULT);
	toy_check(toy, iopt);
	iopt_remove_domain(iopt, &toy->table.domain);
}

/* The last one moves into the hole of the table. */
static void test_remove_domain_order(void **state)
{
	struct rig *rig = *state;
	struct iopt *iopt = iopt_of(rig, rig_ioas(rig));
	struct toy *toy[3];

	for (int i = 0; i < 3; i++) {
		toy[i] = toy_new(~0xffful);
		assert_int_equal(iopt_add_domain(iopt, &toy[i]->table.domain),
				 0);
	}
	iopt_remove_domain(iopt, &toy[0]->table.domain);
	assert_ptr_equal(iopt->domains[0], &toy[2]->table.domain);
	assert_ptr_equal(iopt->domains[1], &toy[1]->table.domain);
	uik_warn_expect_begin();
	iopt_remove_domain(iopt, &toy[0]->table.domain);
	assert_true(uik_warn_expect_end() == 1);
	iopt_remove_domain(iopt, &toy[1]->table.domain);
	iopt_remove_domain(iopt, &toy[2]->table.domain);
}

/* ---- random life ---- */

struct life {
	struct rig *rig;
	u32 ioas[2];
	struct toy *toy[4];		/* two for each IOAS */
	bool in[4];
	char *at;
	u64 seed;
};

static void life_step(struct life *life)
{
	unsigned int which = random_below(&life->seed, 2);
	u32 ioas = life->ioas[which], from = life->ioas[!which];
	u64 offset = random_below(&life->seed, 60) * 0x400;
	u64 length = (1 + random_below(&life->seed, 16)) * 0x400;
	u64 iova = random_below(&life->seed, 128) * 0x400;
	unsigned int domain = random_below(&life->seed, 4);
	struct iopt *iopt = iopt_of(life->rig, life->ioas[domain / 2]);

	switch (random_below(&life->seed, 8)) {
	case 0: case 1: case 2:
		ioas_map(life->rig, ioas, MAP_RW | random_below(&life->seed, 2),
			 life->at + offset, length, &iova);
		break;
	case 3:
		ioas_copy(life->rig, ioas, from,
			  MAP_RW | random_below(&life->seed, 2), iova, length,
			  &iova);
		break;
	case 4: case 5:
		ioas_unmap_at(life->rig, ioas, iova, 0x4000);
		break;
	case 6:
		ioas_unmap_at(life->rig, ioas,
			      iopt_nth_area_iova(iopt_of(life->rig, ioas), 2),
			      0x8000);
		break;
	case 7:
		if (life->in[domain])
			iopt_remove_domain(iopt,
					   &life->toy[domain]->table.domain);
		else if (iopt_add_domain(iopt,
					 &life->toy[domain]->table.domain))
			break;
		life->in[domain] = !life->in[domain];
		break;
	}
}

/* Pins of a page: one for each struct pages whose area in a domain has it. */
static void life_check(struct life *life)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		iopt_check(iopt_of(life->rig, life->ioas[i]));
	for (i = 0; i < 4; i++) {
		if (life->in[i])
			toy_check(life->toy[i],
				  iopt_of(life->rig, life->ioas[i / 2]));
		else
			assert_int_equal(life->toy[i]->count, 0);
	}
}

/* Whatever happens, domains mirror areas, and at the end nothing is pinned. */
static void test_random_life(void **state)
{
	struct life life = { .rig = *state };

	life.at = memory(0x20000);
	for (int i = 0; i < 4; i++)
		life.toy[i] = toy_new(~0x3fful);
	for (u64 seed = 1; seed <= 12; seed++) {
		life.seed = seed;
		for (int i = 0; i < 2; i++)
			life.ioas[i] = rig_ioas(life.rig);
		for (int i = 0; i < 300; i++) {
			life_step(&life);
			life_check(&life);
		}
		for (int i = 0; i < 4; i++) {
			if (life.in[i])
				iopt_remove_domain(
					iopt_of(life.rig, life.ioas[i / 2]),
					&life.toy[i]->table.domain);
			life.in[i] = false;
		}
		for (int i = 0; i < 32; i++)
			assert_true(!pages_pin_count((uintptr_t)life.at +
						     i * 0x1000));
		assert_int_equal(rig_destroy(life.rig, life.ioas[0]), 0);
		assert_int_equal(rig_destroy(life.rig, life.ioas[1]), 0);
	}
}

/* ---- failing steps ---- */

static u32 swept_ioas, swept_other;
static char *swept_memory;
static struct toy *swept_toy;

static int sweep_map(struct rig *rig)
{
	return ioas_map_at(rig, swept_ioas, swept_memory, 0x4000, 0x10000);
}

static void sweep_unmap(struct rig *rig)
{
	unsigned long bytes;

	/* Nothing in it can be made to fail, as a command could. */
	assert_int_equal(iopt_unmap(iopt_of(rig, swept_ioas), 0, ULONG_MAX,
				    &bytes), 0);
}

static int sweep_copy(struct rig *rig)
{
	u64 iova = 0x30000;
	int ret = ioas_copy(rig, swept_ioas, swept_other, MAP_FIXED_RW, 0x1000,
			    0x3000, &iova);

	/* A reply that fails leaves the mapping, as it should. */
	if (ret == -EFAULT)
		sweep_unmap(rig);
	return ret;
}

static int sweep_map_clean(struct rig *rig)
{
	int ret = sweep_map(rig);

	if (ret == -EFAULT)
		sweep_unmap(rig);
	return ret;
}

static int sweep_add(struct rig *rig)
{
	return iopt_add_domain(iopt_of(rig, swept_other),
			       &swept_toy->table.domain);
}

static void sweep_remove(struct rig *rig)
{
	iopt_remove_domain(iopt_of(rig, swept_other),
			   &swept_toy->table.domain);
}

/* Each step of a map, a copy and a domain fails once: nothing is left. */
static void test_failing_steps(void **state)
{
	struct rig *rig = *state;
	struct toy *toy = toy_new(~0xffful);
	const int errnos[] = { ENOMEM, EFAULT, ENOENT, EINVAL, 0 };

	swept_ioas = rig_ioas(rig);
	swept_other = rig_ioas(rig);
	swept_memory = memory(0x4000);
	swept_toy = toy_new(~0xffful);
	rig_sweep(rig, sweep_map_clean, sweep_unmap, errnos);
	assert_int_equal(iopt_add_domain(iopt_of(rig, swept_ioas),
					 &toy->table.domain), 0);
	rig_sweep(rig, sweep_map_clean, sweep_unmap, errnos);
	assert_int_equal(ioas_map_at(rig, swept_other, swept_memory, 0x2000,
				     0x1000), 0);
	assert_int_equal(ioas_map_at(rig, swept_other, swept_memory + 0x2000,
				     0x2000, 0x3000), 0);
	rig_sweep(rig, sweep_copy, sweep_unmap, errnos);
	rig_sweep(rig, sweep_add, sweep_remove, errnos);
	assert_int_equal(swept_toy->count, 0);
	assert_int_equal(toy->count, 0);
	iopt_remove_domain(iopt_of(rig, swept_ioas), &toy->table.domain);
	assert_true(!pages_pin_count((uintptr_t)swept_memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_map_errnos),
		IOAS_TEST(test_map_wrong_object),
		IOAS_TEST(test_map_fixed_places),
		IOAS_TEST(test_map_alignment),
		IOAS_TEST(test_map_file_errnos),
		IOAS_TEST(test_copy_errnos),
		IOAS_TEST(test_copy_contents),
		IOAS_TEST(test_copy_unaligned_pieces),
		IOAS_TEST(test_reply_fault),
		IOAS_TEST(test_domain_runs),
		IOAS_TEST(test_scattered_runs),
		IOAS_TEST(test_domain_single_pages),
		IOAS_TEST(test_domain_map_fails),
		IOAS_TEST(test_add_domain),
		IOAS_TEST(test_add_domain_fails),
		IOAS_TEST(test_add_domain_bad_memory),
		IOAS_TEST(test_remove_domain_order),
		IOAS_TEST(test_random_life),
		IOAS_TEST(test_failing_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
