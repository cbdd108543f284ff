// SPDX-License-Identifier: MIT
/*
 * vIOMMUs of the mock: making them, mapping what they offer, commands of the
 * guest.
 *
 * Facts: the driver's destroy is called only after its init succeeded; an area
 * is reachable only once its owner is; an array of commands reports how many
 * were done, and each byte of it is fetched once.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

#define VIRT_ID 7
#define AREA_BYTES (2 * RIG_PAGE)

struct guest {
	struct rig rig;
	uint32_t other;
	uint32_t nested;
	void *area;
	void *kept;			/* mapped until the end */
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;

	rig_begin(run, rig);
	HOLDS(!rig_hwpt(rig->fd, rig->dev, rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent));
}

static void setup_made(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;

	rig_begin_viommu(run, &guest->rig);
}

/* ---- making ---- */

static int alloc(const struct rig *rig, struct iommu_viommu_alloc cmd)
{
	cmd.size = sizeof(cmd);
	cmd.type = cmd.type ?: IOMMU_VIOMMU_TYPE_SELFTEST;
	cmd.dev_id = cmd.dev_id ?: rig->dev;
	cmd.hwpt_id = cmd.hwpt_id ?: rig->parent;
	return rig_ioctl(rig->fd, IOMMU_VIOMMU_ALLOC, &cmd);
}

static void refusals(struct uiommufd_run *run, const struct rig *rig)
{
	struct iommu_viommu_selftest data = { .in_data = 1 };

	WANT(alloc(rig, (struct iommu_viommu_alloc){ .flags = 1 }),
	     -EOPNOTSUPP);
	WANT(alloc(rig, (struct iommu_viommu_alloc){ .type = 1 }), -EOPNOTSUPP);
	WANT(alloc(rig, (struct iommu_viommu_alloc){ .dev_id = rig->ioas }),
	     -ENOENT);
	WANT(alloc(rig, (struct iommu_viommu_alloc){ .hwpt_id = rig->ioas }),
	     -ENOENT);
	WANT(alloc(rig, (struct iommu_viommu_alloc){ .hwpt_id = rig->hwpt }),
	     -EINVAL);
	WANT(alloc(rig, (struct iommu_viommu_alloc){
		.data_len = 4, .data_uptr = (uintptr_t)&data }), -EINVAL);
	WANT(alloc(rig, (struct iommu_viommu_alloc){
		.data_len = sizeof(data) + 8, .data_uptr = (uintptr_t)&data }),
	     -EINVAL);
	WANT(alloc(rig, (struct iommu_viommu_alloc){
		.data_len = sizeof(data), .data_uptr = (uintptr_t)RIG_BAD }),
	     -EFAULT);
	/* It can be read, the driver's answer does not fit. */
	WANT(alloc(rig, (struct iommu_viommu_alloc){
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)rig_read_only() }), -EFAULT);
}

static void map_area(struct uiommufd_run *run, const struct rig *rig)
{
	void *bad = uiommufd_mmap(NULL, RIG_PAGE, PROT_READ, MAP_SHARED,
				  rig->fd, rig->offset);
	volatile uint32_t *area;
	int ret;

	HOLDS_IF_WELL(bad == MAP_FAILED && errno == ENXIO);
	bad = uiommufd_mmap(NULL, AREA_BYTES, PROT_READ, MAP_PRIVATE, rig->fd,
			    rig->offset);
	HOLDS_IF_WELL(bad == MAP_FAILED && errno == EINVAL);
	bad = uiommufd_mmap(NULL, AREA_BYTES, PROT_READ, MAP_SHARED, rig->fd,
			    rig->offset + RIG_PAGE);
	HOLDS_IF_WELL(bad == MAP_FAILED && errno == ENXIO);
	area = uiommufd_mmap(NULL, AREA_BYTES, PROT_READ, MAP_SHARED, rig->fd,
			     rig->offset);
	if (area == MAP_FAILED) {
		HOLDS(uiommufd_run_failures(run));
		return;
	}
	HOLDS(*area == 0x1234);
	/* A mapping keeps the vIOMMU, and so does what is left of it. */
	ret = rig_destroy(rig->fd, rig->viommu);
	HOLDS(!uiommufd_munmap((void *)area, RIG_PAGE));
	HOLDS_IF_WELL(ret == -EBUSY);
	ret = rig_destroy(rig->fd, rig->viommu);
	HOLDS(!uiommufd_munmap((char *)area + RIG_PAGE, AREA_BYTES - RIG_PAGE));
	HOLDS_IF_WELL(ret == -EBUSY);
}

static void life(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;
	uint32_t id;

	refusals(run, rig);
	if (uiommufd_run_failures(run))
		return;
	WANT(rig_viommu(rig->fd, rig->dev, rig->parent, &rig->viommu,
			&rig->offset), 0);
	map_area(run, rig);
	if (uiommufd_run_failures(run))
		return;
	WANT(rig_nested(rig->fd, rig->dev, rig->viommu, &guest->nested), 0);
	WANT(rig_destroy(rig->fd, rig->viommu), -EBUSY);
	WANT(rig_destroy(rig->fd, rig->parent), -EBUSY);
	WANT(rig_destroy(rig->fd, guest->nested), 0);
	/* Without data it is a vIOMMU too. */
	WANT(alloc(rig, (struct iommu_viommu_alloc){}), 0);
	WANT(rig_destroy(rig->fd, rig->viommu), 0);
	WANT(rig_viommu(rig->fd, rig->dev, rig->parent, &id, &rig->offset), 0);
	HOLDS(id == rig->viommu);
}

static const struct uiommufd_scenario viommu = {
	.name = "viommu",
	.summary = "the life of a vIOMMU, each step may fail",
	.setup = setup,
	.thread = { life },
	.state_bytes = sizeof(struct guest),
	.failures = RIG_FAIL_ANY,
	.flags = SCENARIO_FROM_START,	/* a mapping */
};

/* ---- mapping against destroying ---- */

static void map_guess(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	void *area = uiommufd_mmap(NULL, AREA_BYTES, PROT_READ, MAP_SHARED,
				   guest->rig.fd, RIG_PAGE);

	if (area == MAP_FAILED)
		HOLDS(errno == ENXIO || uiommufd_run_failures(run));
	else
		HOLDS(!uiommufd_munmap(area, AREA_BYTES));
}

static void destroy_viommu(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;

	WANT_ONE(rig_destroy(guest->rig.fd, guest->rig.viommu), 0, -EBUSY);
}

static const struct uiommufd_scenario map_destroy = {
	.name = "mmap-destroy",
	.summary = "an area is mapped while its owner is destroyed",
	.setup = setup_made,
	.thread = { map_guess, destroy_viommu },
	.state_bytes = sizeof(struct guest),
	.failures = UIOMMUFD_FAIL_ALLOC,
	.flags = SCENARIO_FROM_START,	/* a mapping */
};

/* Memory is pinned where no mapping of ours is. */
static void map_memory(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;
	const uint64_t iova = RIG_IOVA + 16 * RIG_PAGE;

	WANT(rig_map_at(rig->fd, rig->ioas, rig_memory(), RIG_PAGE, iova), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, RIG_PAGE), 0);
}

static const struct uiommufd_scenario map_beside = {
	.name = "mmap-beside",
	.summary = "areas are mapped by two while memory is pinned",
	.setup = setup_made,
	.thread = { map_guess, map_guess, map_memory },
	.state_bytes = sizeof(struct guest),
	.flags = SCENARIO_FROM_START,	/* mappings */
};

/* Stays mapped: nobody may be aborted under it. */
static void map_and_keep(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	void *area = uiommufd_mmap(NULL, AREA_BYTES, PROT_READ, MAP_SHARED,
				   guest->rig.fd, RIG_PAGE);

	guest->kept = area == MAP_FAILED ? NULL : area;
	if (!guest->kept)
		HOLDS(errno == ENXIO || uiommufd_run_failures(run));
}

static void unmap_kept(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;

	if (guest->kept)
		HOLDS(!uiommufd_munmap(guest->kept, AREA_BYTES));
}

/* The answer cannot be stored: the owner is never shown. */
static void alloc_in_vain(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct iommu_viommu_selftest data = { .in_data = 1 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = guest->rig.dev,
		.hwpt_id = guest->rig.parent,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	WANT(rig_ioctl(guest->rig.fd, IOMMU_VIOMMU_ALLOC, &cmd), 0);
}

static const struct uiommufd_scenario map_init = {
	.name = "mmap-init",
	.summary = "an area is mapped while its owner is made and may fail",
	.setup = setup,
	.thread = { map_and_keep, alloc_in_vain },
	.check = unmap_kept,
	.state_bytes = sizeof(struct guest),
	.failures = UIOMMUFD_FAIL_COPY,
	.flags = SCENARIO_FROM_START,	/* a mapping */
};

/* ---- commands of the guest ---- */

#define ENTRIES 3

static long invalidate(int fd, uint32_t id, uint32_t type, const void *array,
		       uint32_t bytes, uint32_t *count)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = id,
		.data_uptr = (uintptr_t)array,
		.data_type = type,
		.entry_len = bytes,
		.entry_num = *count,
	};
	long ret = rig_ioctl(fd, IOMMU_HWPT_INVALIDATE, &cmd);

	*count = cmd.entry_num;
	return ret;
}

static long check_cache(const struct rig *rig, uint32_t index, uint32_t value)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_DEV_CHECK_CACHE,
		.id = rig->dev,
		.check_dev_cache = { .id = index, .cache = value },
	};

	return rig_ioctl(rig->fd, IOMMU_TEST_CMD, &cmd);
}

static void commands(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;
	struct iommu_viommu_invalidate_selftest entry[ENTRIES] = {
		{ .vdev_id = VIRT_ID, .cache_id = 0 },
		{ .vdev_id = VIRT_ID, .cache_id = 9 },
		{ .vdev_id = VIRT_ID, .cache_id = 1 },
	};
	const uint32_t type = IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST;
	struct iommu_viommu_invalidate_selftest *edge = rig_edge(
		2 * sizeof(entry[0]));
	uint32_t count = 1;

	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, entry, sizeof(entry[0]),
			&count), -EINVAL);
	HOLDS_IF_WELL(count == 0);
	WANT(rig_vdevice(rig->fd, rig->viommu, rig->dev, VIRT_ID,
			 &rig->vdevice), 0);
	count = 0;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, NULL, 0, &count), 0);
	count = 0;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, 1, NULL, 0, &count), -EINVAL);
	/* The second is bad: the first is done, the third is not. */
	count = ENTRIES;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, entry, sizeof(entry[0]),
			&count), -EINVAL);
	HOLDS_IF_WELL(count == 1);
	WANT(check_cache(rig, 0, 0), 0);
	WANT(check_cache(rig, 1, IOMMU_TEST_DEV_CACHE_DEFAULT), 0);
	/* The array ends where memory does. */
	edge[0] = edge[1] = entry[2];
	count = 3;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, edge, sizeof(entry[0]),
			&count), -EFAULT);
	HOLDS_IF_WELL(count == 0);
	WANT(check_cache(rig, 1, IOMMU_TEST_DEV_CACHE_DEFAULT), 0);
	count = 2;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, edge, sizeof(entry[0]),
			&count), 0);
	HOLDS_IF_WELL(count == 2);
	WANT(check_cache(rig, 1, 0), 0);
	count = (1u << 19) + 1;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, entry, sizeof(entry[0]),
			&count), -EINVAL);
	/* One more than there are caches. */
	entry[0].cache_id = MOCK_DEV_CACHE_ID_MAX + 1;
	count = 1;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, entry,
			     sizeof(entry[0]), &count), -EINVAL);
	count = 1;
	WANT_ONCE(invalidate(rig->fd, rig->viommu, type, entry, RIG_PAGE + 1,
			&count), -EINVAL);
	WANT(rig_destroy(rig->fd, rig->vdevice), 0);
}

static const struct uiommufd_scenario invalidation = {
	.name = "viommu-commands",
	.summary = "arrays of a guest's commands, good, bad and half readable",
	.setup = setup_made,
	.thread = { commands },
	.state_bytes = sizeof(struct guest),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_DRIVER,
};

static long check_iotlb(const struct rig *rig, uint32_t hwpt, uint32_t index,
			uint32_t value)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MD_CHECK_IOTLB,
		.id = hwpt,
		.check_iotlb = { .id = index, .iotlb = value },
	};

	return rig_ioctl(rig->fd, IOMMU_TEST_CMD, &cmd);
}

static void nested_commands(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;
	struct iommu_hwpt_invalidate_selftest entry[ENTRIES] = {
		{ .iotlb_id = 0 }, { .iotlb_id = 1, .flags = 2 },
		{ .iotlb_id = 2 },
	};
	const uint32_t type = IOMMU_HWPT_INVALIDATE_DATA_SELFTEST;
	struct iommu_hwpt_invalidate_selftest *edge =
		rig_edge(sizeof(entry[0]));
	uint32_t count = ENTRIES;

	WANT(rig_nested(rig->fd, rig->dev, rig->parent, &guest->nested), 0);
	WANT_ONCE(invalidate(rig->fd, guest->nested, type, entry, sizeof(entry[0]),
			&count), -EOPNOTSUPP);
	HOLDS_IF_WELL(count == 1);
	WANT(check_iotlb(rig, guest->nested, 0, 0), 0);
	WANT(check_iotlb(rig, guest->nested, 2, IOMMU_TEST_IOTLB_DEFAULT), 0);
	*edge = (struct iommu_hwpt_invalidate_selftest){ .iotlb_id = 3 };
	count = 2;
	WANT_ONCE(invalidate(rig->fd, guest->nested, type, edge, sizeof(*edge),
			&count), -EFAULT);
	HOLDS_IF_WELL(count == 1);
	WANT(check_iotlb(rig, guest->nested, 3, 0), 0);
	count = 1;
	WANT_ONCE(invalidate(rig->fd, guest->nested, type + 1, entry,
			sizeof(entry[0]), &count), -EINVAL);
	WANT_ONCE(invalidate(rig->fd, rig->ioas, type, entry, sizeof(entry[0]),
			&count), -EINVAL);
	WANT(rig_destroy(rig->fd, rig->parent), -EBUSY);
	WANT(rig_destroy(rig->fd, guest->nested), 0);
}

static const struct uiommufd_scenario nested = {
	.name = "nested-commands",
	.summary = "invalidation of a nested page table, in part",
	.setup = setup,
	.thread = { nested_commands },
	.state_bytes = sizeof(struct guest),
	.failures = RIG_FAIL_ANY,
};

/* ---- commands against the end of what they name ---- */

static void setup_guest(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	struct rig *rig = &guest->rig;

	setup_made(run, state);
	HOLDS(!rig_vdevice(rig->fd, rig->viommu, rig->dev, VIRT_ID,
			   &rig->vdevice));
	HOLDS(!rig_nested(rig->fd, rig->dev, rig->viommu, &guest->nested));
}

static void command(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;
	const struct iommu_viommu_invalidate_selftest entry = {
		.vdev_id = VIRT_ID,
	};
	uint32_t count = 1;

	WANT_ONE(invalidate(guest->rig.fd, guest->rig.viommu,
			    IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST, &entry,
			    sizeof(entry), &count), 0, -EINVAL);
}

static void end_vdevice(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;

	WANT(rig_destroy(guest->rig.fd, guest->rig.vdevice), 0);
}

static void enter_guest(struct uiommufd_run *run, void *state)
{
	struct guest *guest = state;

	WANT_ONE(rig_mock_replace(guest->rig.fd, guest->rig.stdev,
				  guest->nested), 0, -ENOENT);
}

static const struct uiommufd_scenario command_end = {
	.name = "viommu-command-end",
	.summary = "a device is named and attached while its vDEVICE ends",
	.setup = setup_guest,
	.thread = { command, end_vdevice, enter_guest },
	.state_bytes = sizeof(struct guest),
};

const struct uiommufd_scenario *const scenarios_viommu[] = {
	&command_end,
	&viommu, &map_destroy, &map_beside, &map_init, &invalidation, &nested,
	NULL
};
