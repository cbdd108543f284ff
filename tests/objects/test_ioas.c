// SPDX-License-Identifier: MIT
/*
 * Commands of an IOAS: size rules, errnos row by row, failing steps, busy while
 * referenced, freed at close.  spec/40 sections 6 to 8, 16, 17.
 */
#include "ioas_rig.h"

#include <sys/mman.h>

#define NOWHERE ((void *)0x10000000)

/* ---- size rules of every command ---- */

static void test_sizes(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	const struct {
		unsigned long request;
		size_t size;
	} rows[] = {
		{ IOMMU_IOAS_ALLOC, sizeof(struct iommu_ioas_alloc) },
		{ IOMMU_IOAS_ALLOW_IOVAS,
		  sizeof(struct iommu_ioas_allow_iovas) },
		{ IOMMU_IOAS_COPY, sizeof(struct iommu_ioas_copy) },
		{ IOMMU_IOAS_IOVA_RANGES,
		  sizeof(struct iommu_ioas_iova_ranges) },
		{ IOMMU_IOAS_MAP, sizeof(struct iommu_ioas_map) },
		{ IOMMU_IOAS_UNMAP, sizeof(struct iommu_ioas_unmap) },
		{ IOMMU_IOAS_MAP_FILE, sizeof(struct iommu_ioas_map_file) },
		{ IOMMU_IOAS_CHANGE_PROCESS,
		  sizeof(struct iommu_ioas_change_process) },
		{ IOMMU_IOAS_NOIOMMU_GET_PA,
		  sizeof(struct iommu_ioas_noiommu_get_pa) },
		{ IOMMU_VFIO_IOAS, sizeof(struct iommu_vfio_ioas) },
	};
	u64 cmd[16];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(cmd, 0, sizeof(cmd));
		rig_check_sizes(rig, rows[i].request, cmd, rows[i].size,
				rows[i].size);
	}
	assert_int_equal(rig_destroy(rig, ioas), 0);
}

/* ---- alloc, destroy ---- */

static int alloc_with(struct rig *rig, u32 flags, u32 *id)
{
	struct iommu_ioas_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .out_ioas_id = 77,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_ALLOC, &cmd);

	*id = cmd.out_ioas_id;
	return ret;
}

/* The lowest free ID; given back by a failing reply. */
static void test_alloc(void **state)
{
	struct rig *rig = *state;
	struct iommu_ioas_alloc *cmd = (void *)memory(0x1000);
	u32 id;

	for (unsigned int bit = 0; bit < 32; bit++) {
		assert_int_equal(alloc_with(rig, 1u << bit, &id), -EOPNOTSUPP);
		assert_true(id == 77);
	}
	*cmd = (struct iommu_ioas_alloc){ .size = sizeof(*cmd) };
	assert_int_equal(mprotect(cmd, 0x1000, PROT_READ), 0);
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_ALLOC, cmd), -EFAULT);
	assert_int_equal(alloc_with(rig, 0, &id), 0);
	assert_true(id == 1);
	assert_int_equal(alloc_with(rig, 0, &id), 0);
	assert_true(id == 2);
	assert_int_equal(rig_destroy(rig, 1), 0);
	assert_int_equal(alloc_with(rig, 0, &id), 0);
	assert_true(id == 1);
	assert_true(ioas_alignment(rig, 1) == 1);
}

static u32 swept_id;

static int sweep_alloc(struct rig *rig)
{
	return alloc_with(rig, 0, &swept_id);
}

static void sweep_free(struct rig *rig)
{
	assert_int_equal(rig_destroy(rig, swept_id), 0);
}

static void test_alloc_failing_steps(void **state)
{
	const int errnos[] = { ENOMEM, EFAULT, 0 };

	rig_sweep(*state, sweep_alloc, sweep_free, errnos);
}

/* Busy while a page table or an access needs it; mappings do not. */
static void test_busy(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), hwpt, id;
	static const struct iommufd_access_ops ops;
	struct iommufd_access *access;

	rig_bind(rig, 0);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(rig_destroy(rig, ioas), -EBUSY);
	assert_int_equal(rig_destroy(rig, hwpt), 0);
	access = iommufd_access_create(rig_ctx(rig), &ops, NULL, &id);
	assert_int_equal(iommufd_access_attach(access, ioas), 0);
	assert_int_equal(rig_destroy(rig, ioas), -EBUSY);
	assert_int_equal(rig_destroy(rig, id), -EBUSY);
	iommufd_access_destroy(access);
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0), 0);
	assert_int_equal(rig_destroy(rig, ioas), 0);
}

/* The teardown of every test demands that nothing is left after close. */
static void test_freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct iommu_iova_range allowed[] = { { 0, 0xfffff } };
	u32 ioas = rig_ioas(rig);
	char *at = memory(0x3000);
	u64 iova = 0x8000;

	rig_bind(rig, 0);
	assert_int_equal(ioas_allow(rig, ioas, allowed, 1), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x3000, 0x1000), 0);
	assert_int_equal(ioas_map_file(rig, ioas, MAP_FIXED_RW,
				       memory_file(0x1000), 0, 0x1000, &iova),
			 0);
	rig_hwpt(rig, 0, ioas, 0);
	rig_ioas(rig);
	assert_true(pages_pin_count((uintptr_t)at) == 1);
}

/* ---- IOVA_RANGES ---- */

static int ranges(struct rig *rig, u32 ioas, u32 room,
		  struct iommu_iova_range *out, u32 *count)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .num_iovas = room,
		.allowed_iovas = (uintptr_t)out,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_IOVA_RANGES, &cmd);

	*count = cmd.num_iovas;
	return ret;
}

static void test_iova_ranges(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), count;
	struct iopt *iopt = iopt_of(rig, ioas);
	struct iommu_iova_range out[4];
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = 99, .__reserved = 1,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_IOVA_RANGES, &cmd),
			 -EOPNOTSUPP);
	cmd.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_IOVA_RANGES, &cmd),
			 -ENOENT);
	assert_int_equal(ranges(rig, ioas, 1, out, &count), 0);
	assert_true(count == 1 && !out[0].start && out[0].last == U64_MAX);
	/* Areas and allowed ranges do not matter. */
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x1000, 0x5000), 0);
	assert_int_equal(iopt_reserve(iopt, 0, 0xfff, rig), 0);
	assert_int_equal(iopt_reserve(iopt, 0x2000, 0x2fff, rig), 0);
	assert_int_equal(iopt_reserve(iopt, 0x2800, 0x3fff, rig), 0);
	assert_int_equal(iopt_reserve(iopt, 0x4000, 0x4fff, rig), 0);
	assert_int_equal(iopt_reserve(iopt, 0xffff0000, U64_MAX, rig), 0);
	assert_int_equal(ranges(rig, ioas, 2, out, &count), 0);
	assert_true(count == 2);
	assert_true(out[0].start == 0x1000 && out[0].last == 0x1fff);
	assert_true(out[1].start == 0x5000 && out[1].last == 0xfffeffff);
	/* Too short: what fits, and the number. */
	memset(out, 0xff, sizeof(out));
	assert_int_equal(ranges(rig, ioas, 1, out, &count), -EMSGSIZE);
	assert_true(count == 2 && out[0].start == 0x1000);
	assert_true(out[1].start == U64_MAX);
	assert_int_equal(ranges(rig, ioas, 0, NULL, &count), -EMSGSIZE);
	assert_int_equal(ranges(rig, ioas, 2, NULL, &count), -EFAULT);
	assert_true(count == 2);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(iopt_reserve(iopt, 0, U64_MAX, NULL), 0);
	assert_int_equal(ranges(rig, ioas, 4, out, &count), 0);
	assert_true(count == 0);
	iopt_unreserve(iopt, rig);
	iopt_unreserve(iopt, NULL);
	assert_int_equal(ranges(rig, ioas, 4, out, &count), 0);
	assert_true(count == 1 && out[0].last == U64_MAX);
}

/* ---- ALLOW_IOVAS ---- */

static void test_allow_iovas(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct iommu_ioas_allow_iovas bad = {
		.size = sizeof(bad), .ioas_id = 99, .__reserved = 1,
	};
	/* Not in order, and two that touch. */
	struct iommu_iova_range good[] = {
		{ 0x8000, 0x8fff }, { 0x1000, 0x1fff }, { 0x2000, 0x2fff },
	};
	struct iommu_iova_range one_byte[] = { { 0x1000, 0x1000 } };
	struct iommu_iova_range backwards[] = { { 0x2000, 0x1000 } };
	struct iommu_iova_range overlap[] = {
		{ 0x1000, 0x1fff }, { 0x3000, 0x3fff }, { 0x1fff, 0x2fff },
	};
	struct iommu_iova_range reserved[] = {
		{ 0x20000, 0x2ffff }, { 0x10000, 0x10fff },
	};
	struct iommu_iova_range *end = (void *)(memory(0x2000) + 0x1000);

	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_ALLOW_IOVAS, &bad),
			 -EOPNOTSUPP);
	bad.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_ALLOW_IOVAS, &bad),
			 -ENOENT);
	assert_int_equal(iopt_reserve(iopt, 0x10800, 0x10900, rig), 0);
	assert_int_equal(ioas_allow(rig, ioas, good, 3), 0);
	assert_int_equal(iopt->allowed.count, 3);
	assert_true(iopt->allowed.list[0].first == 0x1000);
	assert_true(iopt->allowed.list[2].last == 0x8fff);
	assert_int_equal(ioas_allow(rig, ioas, one_byte, 1), -EINVAL);
	assert_int_equal(ioas_allow(rig, ioas, backwards, 1), -EINVAL);
	assert_int_equal(ioas_allow(rig, ioas, overlap, 3), -EINVAL);
	assert_int_equal(ioas_allow(rig, ioas, reserved, 2), -EADDRINUSE);
	assert_int_equal(ioas_allow(rig, ioas, NULL, 1), -EFAULT);
	/* The order of the list decides: EINVAL is before the fault. */
	assert_int_equal(mprotect(end, 0x1000, PROT_NONE), 0);
	memcpy(end - 1, one_byte, sizeof(*end));
	assert_int_equal(ioas_allow(rig, ioas, end - 1, 2), -EINVAL);
	memcpy(end - 1, reserved, sizeof(*end));
	assert_int_equal(ioas_allow(rig, ioas, end - 1, 2), -EFAULT);
	/* All of these have left the list as it was. */
	assert_int_equal(iopt->allowed.count, 3);
	assert_int_equal(iopt_reserve(iopt, 0x8fff, 0x9000, rig), -EADDRINUSE);
	assert_int_equal(ioas_allow(rig, ioas, NULL, 0), 0);
	assert_int_equal(iopt->allowed.count, 0);
	assert_int_equal(iopt_reserve(iopt, 0x8fff, 0x9000, rig), 0);
}

static int sweep_allow(struct rig *rig)
{
	static const struct iommu_iova_range list[] = {
		{ 0x8000, 0x8fff }, { 0x1000, 0x1fff },
	};

	return ioas_allow(rig, swept_id, list, 2);
}

static void sweep_disallow(struct rig *rig)
{
	assert_int_equal(ioas_allow(rig, swept_id, NULL, 0), 0);
}

static void test_allow_failing_steps(void **state)
{
	const int errnos[] = { ENOMEM, EFAULT, ENOENT, 0 };

	swept_id = rig_ioas(*state);
	rig_sweep(*state, sweep_allow, sweep_disallow, errnos);
}

/* ---- HUGE_PAGES ---- */

static int huge(struct rig *rig, u32 object, u16 op, u64 *value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = op, .object_id = object, .val64 = *value,
	};
	int ret = rig_ioctl(rig, IOMMU_OPTION, &cmd);

	*value = cmd.val64;
	return ret;
}

static void test_option_huge(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	u64 value = 5, zero = 0, one = 1;

	assert_int_equal(huge(rig, 99, 9, &value), -ENOENT);
	assert_int_equal(huge(rig, ioas, 2, &value), -EOPNOTSUPP);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_SET, &value),
			 -EINVAL);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_GET, &value), 0);
	assert_true(value == 1);
	/* An area that is not aligned to pages. */
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 0x800, 0), 0);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_SET, &zero),
			 -EADDRINUSE);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_GET, &value), 0);
	assert_true(value == 1);
	assert_true(ioas_alignment(rig, ioas) == 1);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_SET, &zero), 0);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_SET, &zero), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_GET, &value), 0);
	assert_true(value == 0);
	assert_int_equal(huge(rig, ioas, IOMMU_OPTION_OP_SET, &one), 0);
	assert_true(ioas_alignment(rig, ioas) == 1);
}

/* ---- alignment: section 4 ---- */

/* It follows the neediest of domains, accesses and the option, and falls. */
static void test_alignment_follows(void **state)
{
	static const struct iommufd_access_ops pinning = {
		.needs_pin_pages = 1,
	}, plain;
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), id;
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *small = toy_new(~0x7fful), *page = toy_new(~0xffful);
	struct iommufd_access *pins, *reads;

	pins = iommufd_access_create(rig_ctx(rig), &pinning, NULL, &id);
	reads = iommufd_access_create(rig_ctx(rig), &plain, NULL, &id);
	assert_int_equal(iommufd_access_attach(reads, ioas), 0);
	assert_true(ioas_alignment(rig, ioas) == 1);
	assert_int_equal(iopt_add_domain(iopt, &small->table.domain), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x800);
	assert_int_equal(ioas_map_at(rig, ioas, memory(0x1000), 0x800, 0x800),
			 0);
	assert_int_equal(iommufd_access_attach(pins, ioas), -EADDRINUSE);
	assert_true(ioas_alignment(rig, ioas) == 0x800);
	assert_int_equal(iopt_add_domain(iopt, &page->table.domain),
			 -EADDRINUSE);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(iommufd_access_attach(pins, ioas), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
	iommufd_access_detach(pins);
	assert_true(ioas_alignment(rig, ioas) == 0x800);
	assert_int_equal(iopt_add_domain(iopt, &page->table.domain), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
	iopt_remove_domain(iopt, &page->table.domain);
	assert_true(ioas_alignment(rig, ioas) == 0x800);
	iopt_remove_domain(iopt, &small->table.domain);
	assert_true(ioas_alignment(rig, ioas) == 1);
	iommufd_access_destroy(pins);
	iommufd_access_destroy(reads);
}

/* ---- reserved ranges of devices: spec/20 10A ---- */

static void test_reserve_device(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct device *dev = &rig->device[0].dev;
	phys_addr_t msi = 7;

	knobs.region_count = 3;
	knobs.regions[0].start = 0x1000;
	knobs.regions[0].length = 0x1000;
	knobs.regions[0].type = IOMMU_RESV_DIRECT_RELAXABLE;
	knobs.regions[1].start = 0x8000;
	knobs.regions[1].length = 0x2000;
	knobs.regions[1].type = IOMMU_RESV_SW_MSI;
	knobs.regions[2].start = 0x20000;
	knobs.regions[2].length = 0x1000;
	knobs.regions[2].type = IOMMU_RESV_RESERVED;
	assert_int_equal(iopt_reserve_device(iopt, dev, &msi), 0);
	assert_true(msi == 0x8000);
	assert_int_equal(iopt->reserved.count, 2);
	iopt_unreserve(iopt, dev);
	assert_int_equal(iopt->reserved.count, 0);
	/* The last one is taken: none stays. */
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, 1, 0x20fff), 0);
	assert_int_equal(iopt_reserve_device(iopt, dev, &msi), -EADDRINUSE);
	assert_int_equal(iopt->reserved.count, 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	/* Two kinds of MSI window; a replacement does not look. */
	knobs.regions[2].type = IOMMU_RESV_MSI;
	uik_warn_expect_begin();
	assert_int_equal(iopt_reserve_device(iopt, dev, &msi), -EINVAL);
	assert_true(uik_warn_expect_end() == 1);
	assert_int_equal(iopt->reserved.count, 0);
	assert_int_equal(iopt_reserve_device(iopt, dev, NULL), 0);
	assert_int_equal(iopt->reserved.count, 2);
	knobs.region_count = 0;
}

/* Ranges may overlap; each goes with its owner. */
static void test_reserve_owners(void **state)
{
	struct rig *rig = *state;
	struct iopt *iopt = iopt_of(rig, rig_ioas(rig));
	u64 seed = 3;
	int owners[4];

	for (int i = 0; i < 200; i++) {
		unsigned long first = random_below(&seed, 1 << 16);

		assert_int_equal(iopt_reserve(iopt, first, first +
					      random_below(&seed, 1 << 10),
					      &owners[i % 4]), 0);
	}
	for (int i = 0; i < 4; i++) {
		struct iopt_reserved *reserved = &iopt->reserved;

		assert_int_equal(reserved->count, 200 - i * 50);
		for (unsigned int j = 0; j < reserved->count; j++)
			assert_true(iopt_reserved_meets(
				iopt, reserved->list[j].last,
				reserved->list[j].last));
		for (unsigned int j = 1; j < reserved->joined_count; j++)
			assert_true(reserved->joined[j - 1].last + 1 <
				    reserved->joined[j].first);
		iopt_unreserve(iopt, &owners[i]);
	}
	assert_int_equal(iopt->reserved.joined_count, 0);
}

/* ---- NOIOMMU_GET_PA: section 16 ---- */

static int get_pa(struct rig *rig, struct iommu_ioas_noiommu_get_pa cmd,
		  u64 *phys, u64 *length)
{
	int ret;

	cmd.size = sizeof(cmd);
	ret = rig_ioctl(rig, IOMMU_IOAS_NOIOMMU_GET_PA, &cmd);
	*phys = cmd.out_phys;
	*length = cmd.length;
	return ret;
}

static void test_noiommu_get_pa(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful), *other = toy_new(~0xffful);
	struct iommu_ioas_noiommu_get_pa cmd = {
		.flags = 1, .__reserved = 0, .ioas_id = 99, .iova = U64_MAX,
	};
	char *at = memory(0x4000);
	u64 phys, length;

	current->capabilities &= ~(1ull << UIK_CAP_SYS_RAWIO);
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EPERM);
	current->capabilities = UIK_CAP_ALL;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOPNOTSUPP);
	cmd.flags = 0;
	cmd.__reserved = 1;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOPNOTSUPP);
	cmd.__reserved = 0;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EINVAL);
	cmd.length = 1;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOVERFLOW);
	cmd.iova = 0x11234;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -ENOENT);
	cmd.ioas_id = ioas;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -ENOENT);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOPNOTSUPP);
	assert_int_equal(iopt_add_domain(iopt, &other->table.domain), 0);
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOPNOTSUPP);
	iopt_remove_domain(iopt, &other->table.domain);
	toy->table.domain.owner = &iommufd_noiommu_ops;
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt, &other->table.domain), 0);
	assert_int_equal(get_pa(rig, cmd, &phys, &length), 0);
	assert_true(phys == (uintptr_t)at + 0x1234 && length == 1);
	cmd.length = U64_MAX;
	assert_int_equal(get_pa(rig, cmd, &phys, &length), 0);
	assert_true(length == 0x4000 - 0x1234);
	/* Not the storage any more. */
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_int_equal(get_pa(rig, cmd, &phys, &length), -EOPNOTSUPP);
	iopt_remove_domain(iopt, &other->table.domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_sizes),
		IOAS_TEST(test_alloc),
		IOAS_TEST(test_alloc_failing_steps),
		IOAS_TEST(test_busy),
		IOAS_TEST(test_freed_at_close),
		IOAS_TEST(test_iova_ranges),
		IOAS_TEST(test_allow_iovas),
		IOAS_TEST(test_allow_failing_steps),
		IOAS_TEST(test_option_huge),
		IOAS_TEST(test_alignment_follows),
		IOAS_TEST(test_reserve_device),
		IOAS_TEST(test_reserve_owners),
		IOAS_TEST(test_noiommu_get_pa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
