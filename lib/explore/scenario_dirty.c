// SPDX-License-Identifier: MIT
/*
 * Dirty tracking: which writes are reported, and the bitmap they are put into.
 *
 * Facts: sizes of pages and ranges come from the client and must not wrap; every
 * page that is dirty shows, none beyond.
 */
#include <linux/err.h>
#include <linux/iova_bitmap.h>
#include <uik/hook.h>
#include <uik/machine.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

struct tracking {
	struct rig rig;
	uint32_t table;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	struct rig *rig = &tracking->rig;

	rig_begin(run, rig);
	HOLDS(!rig_hwpt(rig->fd, rig->dev, rig->ioas,
			IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &tracking->table));
}

/* No two frames make a larger page, which would be dirty as a whole. */
static void scatter(struct uiommufd_platform_config *config)
{
	config->scatter_pages = true;
}

static long track(const struct tracking *tracking, uint32_t hwpt,
		  uint32_t flags)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd), .flags = flags, .hwpt_id = hwpt,
	};

	return rig_ioctl(tracking->rig.fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static long bitmap(const struct tracking *tracking,
		   struct iommu_hwpt_get_dirty_bitmap cmd)
{
	cmd.size = sizeof(cmd);
	cmd.hwpt_id = cmd.hwpt_id ?: tracking->table;
	return rig_ioctl(tracking->rig.fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
}

/* Marks what @bits say of the pages from RIG_IOVA on. */
static long mark(const struct tracking *tracking, uint64_t *bits,
		 uint64_t length, uint64_t page, uint64_t *out_count)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_DIRTY,
		.id = tracking->table,
		.dirty = {
			.iova = RIG_IOVA,
			.length = length,
			.page_size = page,
			.uptr = (uintptr_t)bits,
		},
	};
	long ret = rig_ioctl(tracking->rig.fd, IOMMU_TEST_CMD, &cmd);

	*out_count = cmd.dirty.out_nr_dirty;
	return ret;
}

static void refusals(struct uiommufd_run *run, struct tracking *tracking)
{
	const uint64_t page = MOCK_PAGE_SIZE, iova = RIG_IOVA;
	uint64_t out[2] = { 0, 0 };
	const uint64_t data = (uintptr_t)out;
	const struct { struct iommu_hwpt_get_dirty_bitmap cmd; int result; }
	row[] = {
		{ { .flags = 2 }, -EOPNOTSUPP },
		{ { .__reserved = 1 }, -EOPNOTSUPP },
		{ { .hwpt_id = tracking->rig.ioas }, -ENOENT },
		{ { .iova = iova, .page_size = page, .data = data }, -EINVAL },
		{ { .iova = iova, .length = page, .data = data }, -EINVAL },
		{ { .iova = UINT64_MAX - page + 1, .length = 2 * page,
		    .page_size = page, .data = data }, -EOVERFLOW },
		{ { .iova = iova + 1, .length = page, .page_size = page,
		    .data = data }, -EINVAL },
		{ { .iova = iova, .length = page, .page_size = 2 * page,
		    .data = data }, -EINVAL },
		/* The largest page there is: nothing may be divided by 0. */
		{ { .iova = 0, .length = 1ull << 63, .page_size = 1ull << 63,
		    .data = data }, 0 },
		{ { .iova = iova, .length = page, .page_size = page,
		    .data = data, .hwpt_id = tracking->rig.hwpt },
		  -EOPNOTSUPP },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (bitmap(tracking, row[i].cmd) == row[i].result)
			continue;
		if (uiommufd_run_failures(run))
			return;
		uiommufd_run_break(run, "result", "row %zu: not %d", i,
				   row[i].result);
	}
}

static void writes(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	const uint64_t page = RIG_PAGE, length = 8 * RIG_PAGE;
	struct iommu_hwpt_get_dirty_bitmap get = {
		.iova = RIG_IOVA, .length = length, .page_size = page,
	};
	uint64_t in = 0x81, out = 0, count;

	refusals(run, tracking);
	if (uiommufd_run_failures(run))
		return;
	get.data = (uintptr_t)&out;
	WANT(track(tracking, tracking->rig.hwpt, 1), -EOPNOTSUPP);
	WANT(track(tracking, tracking->table, 2), -EOPNOTSUPP);
	WANT(mark(tracking, &in, length, page, &count), -EINVAL);
	WANT(track(tracking, tracking->table, 1), 0);
	WANT(mark(tracking, &in, length, 0, &count), -EINVAL);
	WANT(mark(tracking, &in, 1ull << 60, page, &count), -EOVERFLOW);
	WANT(mark(tracking, &in, length, page, &count), 0);
	HOLDS_IF_WELL(count == 2);
	get.flags = IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(out == in);
	get.flags = 0;
	out = 0;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(out == in);
	out = 0;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(out == 0);
	/* Two pages a bit; tracking again forgets. */
	WANT(mark(tracking, &in, length, page, &count), 0);
	get.page_size = 2 * page;
	out = 0;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(out == 9);
	WANT(mark(tracking, &in, length, page, &count), 0);
	WANT(track(tracking, tracking->table, 0), 0);
	WANT(track(tracking, tracking->table, 1), 0);
	out = 0;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(out == 0);
}

/* Bitmaps anywhere in memory, and not a byte more than they have. */
static void places(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	const uint64_t length = 8 * RIG_PAGE;
	struct iommu_hwpt_get_dirty_bitmap get = {
		.iova = RIG_IOVA, .length = length, .page_size = MOCK_PAGE_SIZE,
	};
	uint8_t *tight = rig_edge(1), *across = rig_memory() + 9 * RIG_PAGE - 1;
	uint64_t count;

	WANT(track(tracking, tracking->table, 1), 0);
	*tight = 0x81;
	WANT(mark(tracking, (void *)tight, length, RIG_PAGE, &count), 0);
	HOLDS_IF_WELL(count == 2);
	memset(across, 0, 2);
	get.data = (uintptr_t)across;
	WANT(bitmap(tracking, get), 0);
	HOLDS_IF_WELL(across[0] & 1 && across[1] & 0x40);
}

static const struct uiommufd_scenario placed = {
	.name = "dirty-places",
	.summary = "bitmaps across pages and at the end of memory",
	.configure = scatter,
	.setup = setup,
	.thread = { places },
	.state_bytes = sizeof(struct tracking),
	.failures = RIG_FAIL_ANY,
};

/* A device whose IOMMU does not know what it writes. */
static void unable(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	struct rig *rig = &tracking->rig;
	uint32_t stdev, dev, hwpt, table;

	WANT(rig_mock_device(rig->fd, rig->ioas, MOCK_FLAGS_DEVICE_NO_DIRTY,
			     &stdev, &dev, &hwpt), 0);
	WANT(rig_hwpt(rig->fd, dev, rig->ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
		      &table), -EOPNOTSUPP);
	/* The others' table would lose what it writes. */
	WANT(rig_mock_replace(rig->fd, stdev, tracking->table), -EINVAL);
	WANT(rig_destroy(rig->fd, stdev), 0);
}

static const struct uiommufd_scenario untracked = {
	.name = "dirty-untracked",
	.summary = "a device cannot be tracked, each step may fail",
	.setup = setup,
	.thread = { unable },
	.state_bytes = sizeof(struct tracking),
	.failures = RIG_FAIL_ANY,
};

static const struct uiommufd_scenario dirty = {
	.name = "dirty",
	.summary = "writes are tracked and read, each step may fail",
	.configure = scatter,
	.setup = setup,
	.thread = { writes },
	.state_bytes = sizeof(struct tracking),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void read_bits(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	uint64_t out = 0;
	struct iommu_hwpt_get_dirty_bitmap get = {
		.iova = RIG_IOVA, .length = 16 * MOCK_PAGE_SIZE,
		.page_size = MOCK_PAGE_SIZE, .data = (uintptr_t)&out,
	};

	WANT_ONE(bitmap(tracking, get), 0, -ENOENT);
}

static void unmap(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;
	struct rig *rig = &tracking->rig;

	WANT(rig_unmap(rig->fd, rig->ioas, RIG_IOVA, 8 * RIG_PAGE), 0);
}

static void destroy_table(struct uiommufd_run *run, void *state)
{
	struct tracking *tracking = state;

	WANT_ONE(rig_destroy(tracking->rig.fd, tracking->table), 0, -EBUSY);
}

static const struct uiommufd_scenario race = {
	.name = "dirty-unmap",
	.summary = "the bitmap is read while its table and memory go",
	.setup = setup,
	.thread = { read_bits, unmap, destroy_table },
	.state_bytes = sizeof(struct tracking),
};

/* ---- the bitmap alone ---- */

#define BITS_PAGE 4096ul
/* What one window of 512 pages holds. */
#define WINDOW_BITS (512ul * RIG_PAGE * 8)

static uint8_t *big;

static uint8_t *big_memory(void)
{
	void *memory;

	if (big)
		return big;
	memory = mmap(NULL, 600 * RIG_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	big = memory == MAP_FAILED ? NULL : memory;
	return big;
}

static bool bit(unsigned long index)
{
	return big[index / 8] >> index % 8 & 1;
}

static void setup_bitmap(struct uiommufd_run *run, void *state)
{
	HOLDS(big_memory());
}

/* Tens of thousands of copies, of which none is worth a step. */
static void set_unseen(struct iova_bitmap *map, unsigned long iova,
		       unsigned long length)
{
	const struct uik_hooks *hooks = uik_hooks;

	uik_hooks_install(NULL);
	iova_bitmap_set(map, iova, length);
	uik_hooks_install(hooks);
}

/* A range over the end of what the bitmap holds at a time. */
static void across(struct uiommufd_run *run, void *state)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	const unsigned long edge = WINDOW_BITS, count = WINDOW_BITS + 4096;
	struct iova_bitmap *map =
		iova_bitmap_alloc(0, count * BITS_PAGE, BITS_PAGE, (void *)big);

	if (IS_ERR(map)) {
		uik_leave(previous);
		HOLDS(uiommufd_run_failures(run));
		return;
	}
	for (unsigned long i = edge / 8 - 4; i < edge / 8 + 4; i++)
		big[i] = 0;
	big[0] = 0;
	iova_bitmap_set(map, 0, BITS_PAGE);
	iova_bitmap_set(map, (edge - 20) * BITS_PAGE, 40 * BITS_PAGE);
	HOLDS(bit(0) && !bit(1));
	for (unsigned long i = edge - 32; i < edge + 32; i++)
		HOLDS(bit(i) == (i >= edge - 20 && i < edge + 20));
	/* More than it holds at a time: the rest is not lost. */
	set_unseen(map, 0, (edge + 28) * BITS_PAGE);
	for (unsigned long i = edge - 32; i < edge + 32; i++)
		HOLDS(bit(i) == (i < edge + 28));
	iova_bitmap_free(map);
	uik_leave(previous);
}

static const struct uiommufd_scenario window = {
	.name = "dirty-window",
	.summary = "a range of dirty pages across the bitmap's window",
	.setup = setup_bitmap,
	.thread = { across },
	.state_bytes = 8,
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
	.flags = SCENARIO_FROM_START,	/* the bitmap */
};

const struct uiommufd_scenario *const scenarios_dirty[] = {
	&dirty, &placed, &untracked, &race, &window, NULL
};
