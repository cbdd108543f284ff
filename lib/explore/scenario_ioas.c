// SPDX-License-Identifier: MIT
/*
 * IOASes: mapping, unmapping, copying, and what options and processes change.
 *
 * Facts: a mapping is where it was asked for or nowhere; sums of what the
 * client gives do not wrap; what is pinned is given back, once.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

struct spaces {
	struct rig rig;
	uint32_t other;
	int file;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	rig_begin(run, &spaces->rig);
	HOLDS(!rig_ioas(spaces->rig.fd, &spaces->other));
}

/* Frames of neighbours are not neighbours. */
static void scatter(struct uiommufd_platform_config *config)
{
	config->scatter_pages = true;
}

/* ---- mapping ---- */

static long map(const struct rig *rig, struct iommu_ioas_map cmd)
{
	cmd.size = sizeof(cmd);
	cmd.flags = cmd.flags ?: IOMMU_IOAS_MAP_FIXED_IOVA |
				 IOMMU_IOAS_MAP_READABLE;
	cmd.ioas_id = cmd.ioas_id ?: rig->ioas;
	return rig_ioctl(rig->fd, IOMMU_IOAS_MAP, &cmd);
}

static void bad_maps(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	const uint64_t va = (uintptr_t)rig_memory(), page = RIG_PAGE;
	const uint64_t free = RIG_IOVA + 16 * page;
	const struct { struct iommu_ioas_map cmd; int result; } row[] = {
		{ { .flags = 8, .length = page }, -EOPNOTSUPP },
		{ { .__reserved = 1, .length = page }, -EOPNOTSUPP },
		{ { .flags = 1, .length = page }, -EINVAL },
		{ { .ioas_id = RIG_ANY, .length = page }, -ENOENT },
		{ { .iova = UINT64_MAX, .length = 1 }, -EOVERFLOW },
		{ { .length = UINT64_MAX }, -EOVERFLOW },
		{ { .user_va = va, .iova = free }, -EINVAL },
		{ { .user_va = UINT64_MAX - page + 1, .length = page,
		    .iova = free }, -EOVERFLOW },
		{ { .user_va = UINT64_MAX - 100, .length = 2 * page,
		    .iova = free }, -EOVERFLOW },
		{ { .user_va = va, .length = page, .iova = RIG_IOVA }, -EEXIST },
		{ { .user_va = va, .length = page, .iova = 0x1000 }, -EINVAL },
		{ { .user_va = va, .length = page, .iova = 0x80000000 }, -EINVAL },
		{ { .user_va = va, .length = page, .iova = UINT64_MAX - page + 2 },
		  -EINVAL },
		{ { .user_va = va + 1, .length = page, .iova = free }, -EINVAL },
		{ { .user_va = va, .length = page + 1, .iova = free }, -EINVAL },
		{ { .user_va = va, .length = page, .iova = free + 1 }, -EINVAL },
		{ { .user_va = 0x10000, .length = page, .iova = free }, -EFAULT },
		{ { .user_va = (uintptr_t)rig_edge(page), .length = 2 * page,
		    .iova = free }, -EFAULT },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (map(rig, row[i].cmd) == row[i].result)
			continue;
		if (uiommufd_run_failures(run))
			return;
		uiommufd_run_break(run, "result", "row %zu: not %d", i,
				   row[i].result);
	}
	/* Nothing of it was left. */
	WANT(rig_unmap(rig->fd, rig->ioas, free, 16 * page), -ENOENT);
	WANT(rig_unmap(rig->fd, rig->ioas, RIG_IOVA + page, page), -ENOENT);
	WANT(rig_unmap(rig->fd, rig->ioas, RIG_IOVA, 0), -EINVAL);
	WANT(rig_unmap(rig->fd, rig->ioas, UINT64_MAX - 1, 3), -EOVERFLOW);
	WANT(rig_check_refs(rig->fd, rig_memory(), 8 * page, 1), 0);
	/* A source that wraps, a place for more than there is. */
	WANT(rig_copy(rig->fd, rig->ioas, free, rig->ioas, RIG_IOVA,
		      UINT64_MAX - 1), -EOVERFLOW);
	WANT(map(rig, (struct iommu_ioas_map){
			 .flags = IOMMU_IOAS_MAP_READABLE, .user_va = va,
			 .length = 1ull << 63 }), -EOVERFLOW);
	WANT(rig_unmap(rig->fd, rig->ioas, 0, UINT64_MAX), 0);
	/* Nothing of all is all of it. */
	WANT(rig_unmap(rig->fd, rig->ioas, 0, UINT64_MAX), 0);
	WANT(rig_check_refs(rig->fd, rig_memory(), 8 * page, 0), 0);
}

static const struct uiommufd_scenario refusals = {
	.name = "ioas-map",
	.summary = "mappings that cannot be, each step may fail",
	.setup = setup,
	.thread = { bad_maps },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_DRIVER,
};

/* Not at the start of a page, over several frames. */
static void crooked(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	const uint64_t half = MOCK_PAGE_SIZE, iova = RIG_IOVA + 16 * RIG_PAGE;
	const uint8_t *memory = rig_memory() + 8 * RIG_PAGE + half;

	WANT(rig_map_at(rig->fd, rig->ioas, memory, 3 * RIG_PAGE, iova), 0);
	WANT(rig_check_map(rig->fd, rig->hwpt, iova, memory, 3 * RIG_PAGE), 0);
	WANT(rig_check_refs(rig->fd, memory - half, 4 * RIG_PAGE, 1), 0);
	WANT(rig_copy(rig->fd, rig->ioas, iova + 8 * RIG_PAGE, rig->ioas,
		      iova + half, 2 * RIG_PAGE), 0);
	WANT(rig_check_map(rig->fd, rig->hwpt, iova + 8 * RIG_PAGE,
			   memory + half, 2 * RIG_PAGE), 0);
	WANT(rig_copy(rig->fd, spaces->other, iova, rig->ioas, iova,
		      4 * RIG_PAGE), -ENOENT);
	WANT(rig_copy(rig->fd, spaces->other, iova, rig->ioas, iova,
		      3 * RIG_PAGE), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 3 * RIG_PAGE), 0);
	WANT(rig_check_map(rig->fd, rig->hwpt, iova, memory, half), -EINVAL);
	/* The copies have it still. */
	WANT(rig_check_map(rig->fd, rig->hwpt, iova + 8 * RIG_PAGE,
			   memory + half, 2 * RIG_PAGE), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 16 * RIG_PAGE), 0);
	WANT(rig_check_refs(rig->fd, memory - half, 4 * RIG_PAGE, 0), 0);
}

static const struct uiommufd_scenario unaligned = {
	.name = "ioas-unaligned",
	.summary = "a mapping over scattered frames, each step may fail",
	.configure = scatter,
	.setup = setup,
	.thread = { crooked },
	.state_bytes = sizeof(struct spaces),
	.failures = RIG_FAIL_ANY,
};

/* ---- several tables ---- */

/* All tables of an IOAS have what it has, or none of them. */
static void everywhere(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	const uint64_t iova = RIG_IOVA + 64 * RIG_PAGE;
	const uint8_t *memory = rig_memory() + 8 * RIG_PAGE;
	uint32_t table[2];

	for (int i = 0; i < 2; i++)
		WANT(rig_hwpt(rig->fd, rig->dev, rig->ioas,
			      IOMMU_HWPT_ALLOC_NEST_PARENT, &table[i]), 0);
	WANT(rig_map_at(rig->fd, rig->ioas, memory, 4 * RIG_PAGE, iova), 0);
	WANT(rig_copy(rig->fd, rig->ioas, iova + 8 * RIG_PAGE, rig->ioas,
		      iova, 4 * RIG_PAGE), 0);
	for (int i = 0; i < 2; i++) {
		WANT(rig_check_map(rig->fd, table[i], RIG_IOVA, rig_memory(),
				   8 * RIG_PAGE), 0);
		WANT(rig_check_map(rig->fd, table[i], iova + 8 * RIG_PAGE,
				   memory, 4 * RIG_PAGE), 0);
	}
	/* The first, which has pinned for all, is not the last to go. */
	WANT(rig_mock_replace(rig->fd, rig->stdev, table[1]), 0);
	WANT(rig_destroy(rig->fd, table[0]), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 4 * RIG_PAGE), 0);
	WANT(rig_check_map(rig->fd, table[1], iova + 8 * RIG_PAGE, memory,
			   4 * RIG_PAGE), 0);
	WANT(rig_check_refs(rig->fd, memory, 4 * RIG_PAGE, 1), 0);
	WANT(rig_mock_replace(rig->fd, rig->stdev, rig->ioas), 0);
	WANT(rig_destroy(rig->fd, table[1]), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova + 8 * RIG_PAGE, 4 * RIG_PAGE),
	     0);
	WANT(rig_check_refs(rig->fd, memory, 4 * RIG_PAGE, 0), 0);
}

static const struct uiommufd_scenario tables = {
	.name = "ioas-tables",
	.summary = "an IOAS has several page tables, each step may fail",
	.configure = scatter,
	.setup = setup,
	.thread = { everywhere },
	.state_bytes = sizeof(struct spaces),
	.failures = RIG_FAIL_ANY,
};

/* ---- ranges ---- */

static long reserve(const struct rig *rig, uint64_t start, uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_ADD_RESERVED,
		.id = rig->ioas,
		.add_reserved = { .start = start, .length = length },
	};

	return rig_ioctl(rig->fd, IOMMU_TEST_CMD, &cmd);
}

static long ranges(const struct rig *rig, struct iommu_iova_range *range,
		   uint32_t *count, uint64_t *alignment)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd),
		.ioas_id = rig->ioas,
		.num_iovas = *count,
		.allowed_iovas = (uintptr_t)range,
	};
	long ret = rig_ioctl(rig->fd, IOMMU_IOAS_IOVA_RANGES, &cmd);

	*count = cmd.num_iovas;
	*alignment = cmd.out_iova_alignment;
	return ret;
}

static long allow(const struct rig *rig, const struct iommu_iova_range *range,
		  uint32_t count)
{
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd),
		.ioas_id = rig->ioas,
		.num_iovas = count,
		.allowed_iovas = (uintptr_t)range,
	};

	return rig_ioctl(rig->fd, IOMMU_IOAS_ALLOW_IOVAS, &cmd);
}

static void reserving(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	struct iommu_iova_range range[4];
	uint32_t count = 4;
	uint64_t alignment;

	WANT(reserve(rig, RIG_IOVA, 0), -EINVAL);
	WANT(reserve(rig, 0x2000000, UINT64_MAX), -EOVERFLOW);
	WANT(reserve(rig, RIG_IOVA, RIG_PAGE), -EADDRINUSE);
	WANT(reserve(rig, 0x2000000, RIG_PAGE), 0);
	WANT(ranges(rig, range, &count, &alignment), 0);
	HOLDS_IF_WELL(count == 2 && alignment == MOCK_PAGE_SIZE);
	HOLDS_IF_WELL(range[0].start == RIG_IOVA &&
		      range[0].last == 0x1ffffff);
	HOLDS_IF_WELL(range[1].start == 0x2001000 &&
		      range[1].last == MOCK_APERTURE_LAST);
	count = 1;
	WANT(ranges(rig, range, &count, &alignment), -EMSGSIZE);
	HOLDS_IF_WELL(count == 2);
	count = 4;
	WANT(ranges(rig, RIG_BAD, &count, &alignment), -EFAULT);
	range[0] = (struct iommu_iova_range){ 0x3000000, 0x3ffffff };
	range[1] = (struct iommu_iova_range){ 0x3ffffff, 0x4ffffff };
	WANT(allow(rig, range, 2), -EINVAL);
	range[1] = (struct iommu_iova_range){ 5, 5 };
	WANT(allow(rig, range, 2), -EINVAL);
	WANT(allow(rig, RIG_BAD, 1), -EFAULT);
	range[1] = (struct iommu_iova_range){ 0x1800000, 0x2800000 };
	WANT(allow(rig, range, 2), -EADDRINUSE);
	WANT(allow(rig, range, 1), 0);
	WANT(reserve(rig, 0x3000000, RIG_PAGE), -EADDRINUSE);
	WANT(allow(rig, NULL, 0), 0);
	WANT(reserve(rig, 0x3000000, RIG_PAGE), 0);
}

static const struct uiommufd_scenario reserved = {
	.name = "ioas-ranges",
	.summary = "reserved and allowed ranges, each step may fail",
	.setup = setup,
	.thread = { reserving },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

/* ---- places that are chosen ---- */

static long choose(const struct rig *rig, uintptr_t va, uint64_t length,
		   uint64_t *iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.ioas_id = rig->ioas,
		.user_va = va,
		.length = length,
	};
	long ret = rig_ioctl(rig->fd, IOMMU_IOAS_MAP, &cmd);

	*iova = cmd.iova;
	return ret;
}

#define EIGHT (8 * RIG_PAGE)

static void choosing(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig there = { .fd = spaces->rig.fd, .ioas = spaces->other };
	const uintptr_t va = ((uintptr_t)rig_memory() + EIGHT - 1) & -EIGHT;
	struct iommu_iova_range range[2] = {
		{ 3 * EIGHT + RIG_PAGE, 5 * EIGHT - 1 },
		{ 0x80000000, 0x80000000 + RIG_PAGE - 1 },
	};
	uint64_t iova;

	WANT(allow(&there, range, 2), 0);
	WANT(choose(&there, va + RIG_PAGE, RIG_PAGE, &iova), 0);
	HOLDS_IF_WELL(iova == range[0].start);
	/* As well aligned as the memory; what is left before it stays free. */
	WANT(choose(&there, va, EIGHT, &iova), 0);
	HOLDS_IF_WELL(iova == 4 * EIGHT);
	WANT(choose(&there, va, EIGHT, &iova), -ENOSPC);
	WANT(choose(&there, va + 8, 16, &iova), 0);
	HOLDS_IF_WELL(iova == range[0].start + RIG_PAGE + 8);
	WANT(choose(&there, va, 4 * RIG_PAGE, &iova), 0);
	HOLDS_IF_WELL(iova == 4 * EIGHT - 4 * RIG_PAGE);
	WANT(choose(&there, va, RIG_PAGE, &iova), 0);
	HOLDS_IF_WELL(iova == range[0].start + 2 * RIG_PAGE);
	WANT(choose(&there, va, RIG_PAGE, &iova), 0);
	HOLDS_IF_WELL(iova == range[1].start);
	WANT(choose(&there, va, RIG_PAGE, &iova), -ENOSPC);
	WANT(rig_unmap(there.fd, there.ioas, 0, UINT64_MAX), 0);
	/* At the very end nothing begins at 0. */
	range[0] = (struct iommu_iova_range){ -EIGHT + RIG_PAGE, UINT64_MAX };
	WANT(allow(&there, range, 1), 0);
	WANT(choose(&there, va, EIGHT, &iova), -ENOSPC);
	WANT(choose(&there, va, RIG_PAGE, &iova), 0);
	HOLDS_IF_WELL(iova == range[0].start);
}

static const struct uiommufd_scenario chosen = {
	.name = "ioas-choose",
	.summary = "the kernel chooses where a mapping goes, each step may fail",
	.setup = setup,
	.thread = { choosing },
	.state_bytes = sizeof(struct spaces),
	/* Not copies: what cannot be told is mapped all the same. */
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_DRIVER,
};

/* ---- copying ---- */

static void bad_copies(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	const uint32_t to = spaces->other, from = rig->ioas;
	const uint32_t flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			       IOMMU_IOAS_MAP_READABLE;
	const struct { struct iommu_ioas_copy cmd; int result; } row[] = {
		{ { 0, flags | 8, to, from, RIG_PAGE, 0, RIG_IOVA },
		  -EOPNOTSUPP },
		{ { 0, IOMMU_IOAS_MAP_FIXED_IOVA, to, from, RIG_PAGE, 0,
		    RIG_IOVA }, -EINVAL },
		{ { 0, flags, to, RIG_ANY, RIG_PAGE, 0, RIG_IOVA }, -ENOENT },
		{ { 0, flags, RIG_ANY, from, RIG_PAGE, 0, RIG_IOVA }, -ENOENT },
		{ { 0, flags, to, from, 0, 0, RIG_IOVA }, -EINVAL },
		{ { 0, flags, to, from, UINT64_MAX, 0, RIG_IOVA }, -EOVERFLOW },
		{ { 0, flags, to, from, RIG_PAGE, UINT64_MAX, RIG_IOVA },
		  -EOVERFLOW },
		{ { 0, flags, to, from, RIG_PAGE, 0, UINT64_MAX }, -EOVERFLOW },
		{ { 0, flags, to, from, RIG_PAGE, UINT64_MAX - 1, RIG_IOVA },
		  -EOVERFLOW },
		{ { 0, flags, to, from, 9 * RIG_PAGE, 0, RIG_IOVA }, -ENOENT },
		{ { 0, flags, from, from, RIG_PAGE, RIG_IOVA, RIG_IOVA },
		  -EEXIST },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct iommu_ioas_copy cmd = row[i].cmd;

		cmd.size = sizeof(cmd);
		WANT(rig_ioctl(rig->fd, IOMMU_IOAS_COPY, &cmd), row[i].result);
	}
	/* Nothing of it was left. */
	WANT(rig_unmap(rig->fd, to, 0, UINT64_MAX), 0);
	WANT(rig_check_refs(rig->fd, rig_memory(), 8 * RIG_PAGE, 1), 0);
}

static const struct uiommufd_scenario copies = {
	.name = "ioas-copy",
	.summary = "copies that cannot be, each step may fail",
	.setup = setup,
	.thread = { bad_copies },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN,
};

/* ---- options ---- */

static long option(int fd, uint32_t id, uint16_t op, uint32_t object,
		   uint64_t *value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = id,
		.op = op,
		.object_id = object,
		.val64 = *value,
	};
	long ret = rig_ioctl(fd, IOMMU_OPTION, &cmd);

	*value = cmd.val64;
	return ret;
}

static void options(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	uint64_t value = 7;

	WANT(option(rig->fd, 2, IOMMU_OPTION_OP_GET, 0, &value), -EOPNOTSUPP);
	WANT(option(rig->fd, IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_GET, 0,
		    &value), 0);
	HOLDS_IF_WELL(value == 0);
	WANT(option(rig->fd, IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_GET,
		    rig->ioas, &value), -EOPNOTSUPP);
	WANT(option(rig->fd, IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_SET, 0,
		    &value), -EBUSY);
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_GET,
		    rig->ioas, &value), 0);
	HOLDS_IF_WELL(value == 1);
	value = 2;
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
		    spaces->other, &value), -EINVAL);
	value = 0;
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
		    spaces->other, &value), 0);
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
		    rig->dev, &value), -ENOENT);
	value = 1;
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_GET,
		    spaces->other, &value), 0);
	HOLDS_IF_WELL(value == 0);
	WANT(option(rig->fd, IOMMU_OPTION_HUGE_PAGES, 2, rig->ioas, &value),
	     -EOPNOTSUPP);
}

static const struct uiommufd_scenario option_calls = {
	.name = "option",
	.summary = "options are read and set, each step may fail",
	.setup = setup,
	.thread = { options },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_OP,
};

/* ---- another process ---- */

static long change_process(int fd)
{
	struct iommu_ioas_change_process cmd = { .size = sizeof(cmd) };

	return rig_ioctl(fd, IOMMU_IOAS_CHANGE_PROCESS, &cmd);
}

static void change(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	/* Memory of a process stays its. */
	WANT(change_process(spaces->rig.fd), -EINVAL);
}

static void make_space(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;
	uint32_t id;

	WANT(rig_ioas(rig->fd, &id), 0);
	WANT(rig_map_at(rig->fd, id, rig_memory(), RIG_PAGE, RIG_IOVA), 0);
	WANT_ONE(rig_destroy(rig->fd, id), 0, -EBUSY);
}

static void destroy_space(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	WANT_ONE(rig_destroy(spaces->rig.fd, spaces->other), 0, -EBUSY);
}

static const struct uiommufd_scenario processes = {
	.name = "change-process",
	.summary = "the owner of all memory changes while IOASes come and go",
	.setup = setup,
	.thread = { change, make_space, destroy_space },
	.state_bytes = sizeof(struct spaces),
};

/* ---- races ---- */

static void unmap(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	WANT(rig_unmap(spaces->rig.fd, spaces->rig.ioas, RIG_IOVA,
		       8 * RIG_PAGE), 0);
}

static void copy(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;
	struct rig *rig = &spaces->rig;

	WANT_ONE(rig_copy(rig->fd, spaces->other, RIG_IOVA, rig->ioas,
			  RIG_IOVA, 8 * RIG_PAGE), 0, -ENOENT);
}

static void attach_other(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	WANT(rig_mock_replace(spaces->rig.fd, spaces->rig.stdev,
			      spaces->other), 0);
}

static const struct uiommufd_scenario copy_unmap = {
	.name = "ioas-copy-unmap",
	.summary = "a mapping is copied while it goes and its device moves",
	.setup = setup,
	.thread = { unmap, copy, attach_other },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN,
};

static void map_again(struct uiommufd_run *run, void *state)
{
	struct spaces *spaces = state;

	WANT_ONE(rig_map_at(spaces->rig.fd, spaces->rig.ioas, rig_memory(),
			    RIG_PAGE, RIG_IOVA + RIG_PAGE), 0, -EEXIST);
}

static const struct uiommufd_scenario map_unmap = {
	.name = "ioas-map-unmap",
	.summary = "a place is mapped while what is there goes",
	.setup = setup,
	.thread = { unmap, map_again, map_again },
	.state_bytes = sizeof(struct spaces),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN,
};

const struct uiommufd_scenario *const scenarios_ioas[] = {
	&refusals, &unaligned, &tables, &reserved, &chosen, &copies,
	&option_calls, &processes,
	&copy_unmap, &map_unmap, NULL
};
