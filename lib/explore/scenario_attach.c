// SPDX-License-Identifier: MIT
/*
 * Attaching, replacing, detaching, with and without PASID.
 *
 * Facts: a page table is in its IOAS's list once and for its whole life, and
 * mirrors it; an automatic one goes with its last attachment; a replace moves
 * everybody or nobody.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

#define PASID 7

struct tables {
	struct rig rig;
	uint32_t other_ioas;
	uint32_t table[3];
	uint32_t stdev[2];
	uint32_t dev[2];
	uint32_t hwpt;
};

static void devices(struct uiommufd_platform_config *config)
{
	config->devices = 2;
	config->pasid_bits = 8;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;

	rig->fd = rig_open(run);
	HOLDS(!rig_bind(rig->fd, "mock0", &tables->dev[0]));
	HOLDS(!rig_bind(rig->fd, "mock1", &tables->dev[1]));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_ioas(rig->fd, &tables->other_ioas));
	HOLDS(!rig_map_at(rig->fd, rig->ioas, rig_memory(), 4 * RIG_PAGE,
			  RIG_IOVA));
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;

	for (uint32_t pasid = 0; pasid <= PASID; pasid += PASID) {
		rig_detach(rig->fd, "mock0", pasid);
		rig_detach(rig->fd, "mock1", pasid);
	}
	rig_unbind(rig->fd, "mock0");
	rig_unbind(rig->fd, "mock1");
}

/* ---- explicit tables ---- */

static void explicit_tables(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;
	const uint8_t *memory = rig_memory();

	WANT(rig_hwpt(rig->fd, tables->dev[0], rig->ioas, 0, &tables->table[0]),
	     0);
	WANT(rig_attach(rig->fd, "mock0", 0, tables->table[0]), 0);
	WANT(rig_attach(rig->fd, "mock0", 0, tables->table[0]), -EBUSY);
	WANT(rig_attach(rig->fd, "mock1", 0, tables->table[0]), 0);
	/* It stays in the list whoever comes and goes. */
	WANT(rig_detach(rig->fd, "mock0", 0), 0);
	WANT(rig_check_map(rig->fd, tables->table[0], RIG_IOVA, memory,
			   4 * RIG_PAGE), 0);
	WANT(rig_detach(rig->fd, "mock1", 0), 0);
	WANT(rig_check_map(rig->fd, tables->table[0], RIG_IOVA, memory,
			   4 * RIG_PAGE), 0);
	WANT(rig_map_at(rig->fd, rig->ioas, memory + 4 * RIG_PAGE, RIG_PAGE,
			RIG_IOVA + 8 * RIG_PAGE), 0);
	WANT(rig_check_map(rig->fd, tables->table[0], RIG_IOVA + 8 * RIG_PAGE,
			   memory + 4 * RIG_PAGE, RIG_PAGE), 0);
	WANT(rig_attach(rig->fd, "mock0", 0, tables->table[0]), 0);
	WANT(rig_destroy(rig->fd, tables->table[0]), -EBUSY);
	WANT(rig_detach(rig->fd, "mock0", 0), 0);
	WANT(rig_destroy(rig->fd, tables->table[0]), 0);
	WANT(rig_attach(rig->fd, "mock0", 0, RIG_ANY), -ENOENT);
	WANT(rig_attach(rig->fd, "mock0", 0, tables->dev[1]), -EINVAL);
	WANT(rig_destroy(rig->fd, rig->ioas), 0);
}

static const struct uiommufd_scenario by_table = {
	.name = "attach",
	.summary = "two devices on an explicit page table, each step may fail",
	.configure = devices,
	.setup = setup,
	.thread = { explicit_tables },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = RIG_FAIL_ANY,
};

/* ---- automatic tables ---- */

static void automatic(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;
	uint32_t first = rig->ioas, second = rig->ioas;

	WANT(uiommufd_device_attach(rig->fd, "mock0", 0, &first) ? -errno : 0,
	     0);
	WANT(uiommufd_device_attach(rig->fd, "mock1", 0, &second) ? -errno : 0,
	     0);
	/* One serves both. */
	HOLDS_IF_WELL(first == second && first != rig->ioas);
	WANT(rig_destroy(rig->fd, first), -EBUSY);
	WANT(rig_detach(rig->fd, "mock0", 0), 0);
	WANT(rig_check_map(rig->fd, first, RIG_IOVA, rig_memory(), RIG_PAGE),
	     0);
	WANT(rig_replace(rig->fd, "mock0", 0, tables->other_ioas), -EINVAL);
	WANT(rig_replace(rig->fd, "mock1", 0, tables->other_ioas), 0);
	WANT(rig_destroy(rig->fd, first), -ENOENT);
	WANT(rig_destroy(rig->fd, rig->ioas), 0);
	WANT(rig_destroy(rig->fd, tables->other_ioas), -EBUSY);
	WANT(rig_detach(rig->fd, "mock1", 0), 0);
	WANT(rig_destroy(rig->fd, tables->other_ioas), 0);
}

static const struct uiommufd_scenario by_ioas = {
	.name = "attach-automatic",
	.summary = "automatic page tables come and go, each step may fail",
	.configure = devices,
	.setup = setup,
	.thread = { automatic },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = RIG_FAIL_ANY,
};

/* ---- PASIDs ---- */

static void setup_tables(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;
	int fd = -1;

	setup(run, state);
	HOLDS(!rig_fault(rig->fd, &rig->fault, &fd));
	HOLDS(!rig_hwpt(rig->fd, tables->dev[0], rig->ioas,
			IOMMU_HWPT_ALLOC_PASID, &tables->table[0]));
	HOLDS(!rig_hwpt_fault(rig->fd, tables->dev[0], rig->ioas,
			      IOMMU_HWPT_ALLOC_PASID, rig->fault,
			      &tables->table[1]));
	HOLDS(!rig_hwpt(rig->fd, tables->dev[0], rig->ioas, 0,
			&tables->table[2]));
}

static void pasids(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	const uint32_t *table = tables->table;
	int fd = tables->rig.fd;

	WANT(rig_attach(fd, "mock0", PASID, table[2]), -EINVAL);
	WANT(rig_attach(fd, "mock0", 1u << 20, table[0]), -EINVAL);
	WANT(rig_replace(fd, "mock0", PASID, table[0]), -EINVAL);
	WANT(rig_attach(fd, "mock0", PASID, table[0]), 0);
	WANT(rig_attach(fd, "mock0", 0, table[2]), -EINVAL);
	WANT(rig_attach(fd, "mock0", 0, table[0]), 0);
	WANT(rig_replace(fd, "mock0", 0, table[2]), -EINVAL);
	/* With a fault queue, and back. */
	WANT(rig_replace(fd, "mock0", PASID, table[1]), 0);
	WANT(rig_destroy(fd, table[1]), -EBUSY);
	WANT(rig_replace(fd, "mock0", 0, table[1]), 0);
	WANT(rig_replace(fd, "mock0", PASID, table[0]), 0);
	WANT(rig_replace(fd, "mock0", 0, table[0]), 0);
	WANT(rig_destroy(fd, table[1]), 0);
	WANT(rig_detach(fd, "mock0", 0), 0);
	WANT(rig_destroy(fd, table[0]), -EBUSY);
	WANT(rig_detach(fd, "mock0", PASID), 0);
	WANT(rig_destroy(fd, table[0]), 0);
}

/* The mock refuses this one every second time. */
static void refused(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	const uint32_t *table = tables->table;
	const uint32_t pasid = IOMMU_TEST_PASID_RESERVED;
	int fd = tables->rig.fd;

	WANT(rig_attach(fd, "mock0", pasid, table[0]), 0);
	WANT(rig_replace(fd, "mock0", pasid, table[1]), -ENOMEM);
	/* It is where it was. */
	WANT(rig_destroy(fd, table[0]), -EBUSY);
	WANT(rig_destroy(fd, table[1]), 0);
	WANT(rig_detach(fd, "mock0", pasid), 0);
	WANT(rig_destroy(fd, table[0]), 0);
	WANT(rig_attach(fd, "mock0", pasid, tables->rig.ioas), -EINVAL);
}

static void finish_refused(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	rig_detach(tables->rig.fd, "mock0", IOMMU_TEST_PASID_RESERVED);
	finish(run, state);
}

static void wide(struct uiommufd_platform_config *config)
{
	devices(config);
	config->pasid_bits = 20;
}

/* A mock device ends with all its attachments. */
static void end_attached(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	const uint32_t *table = tables->table;
	struct rig *rig = &tables->rig;

	WANT(rig_mock_device(rig->fd, table[0], MOCK_FLAGS_DEVICE_PASID,
			     &rig->stdev, &rig->dev, &rig->hwpt), 0);
	WANT(rig_pasid(rig->fd, IOMMU_TEST_OP_PASID_ATTACH, rig->stdev, PASID,
		       table[0]), 0);
	WANT(rig_pasid(rig->fd, IOMMU_TEST_OP_PASID_ATTACH, rig->stdev,
		       PASID + 1, table[1]), 0);
	WANT(rig_destroy(rig->fd, rig->stdev), 0);
	WANT(rig_destroy(rig->fd, table[0]), 0);
	WANT(rig_destroy(rig->fd, table[1]), 0);
}

static const struct uiommufd_scenario pasid_end = {
	.name = "attach-pasid-end",
	.summary = "a device ends with its PASIDs attached, each step may fail",
	.configure = devices,
	.setup = setup_tables,
	.thread = { end_attached },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = RIG_FAIL_ANY,
};

static const struct uiommufd_scenario pasid_refused = {
	.name = "attach-pasid-refused",
	.summary = "a driver refuses to move a PASID",
	.configure = wide,
	.setup = setup_tables,
	.thread = { refused },
	.finish = finish_refused,
	.state_bytes = sizeof(struct tables),
};

static const struct uiommufd_scenario by_pasid = {
	.name = "attach-pasid",
	.summary = "attachments with PASID beside one without, each step may fail",
	.configure = devices,
	.setup = setup_tables,
	.thread = { pasids },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void attach_0(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	WANT(rig_attach(tables->rig.fd, "mock0", 0, tables->rig.ioas), 0);
	WANT(rig_detach(tables->rig.fd, "mock0", 0), 0);
}

static void attach_1(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	WANT(rig_attach(tables->rig.fd, "mock1", 0, tables->rig.ioas), 0);
	WANT(rig_detach(tables->rig.fd, "mock1", 0), 0);
}

static const struct uiommufd_scenario race = {
	.name = "attach-automatic-race",
	.summary = "two devices come to an IOAS and leave it",
	.configure = devices,
	.setup = setup,
	.thread = { attach_0, attach_1 },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

static void setup_attached(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	setup_tables(run, state);
	HOLDS(!rig_attach(tables->rig.fd, "mock0", 0, tables->table[0]));
}

static void replace_0(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	WANT_ONE(rig_replace(tables->rig.fd, "mock0", 0, tables->table[2]), 0,
		 -ENOENT);
}

static void destroy_table(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	WANT_ONE(rig_destroy(tables->rig.fd, tables->table[2]), 0, -EBUSY);
}

static void map_more(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;

	WANT(rig_map_at(tables->rig.fd, tables->rig.ioas,
			rig_memory() + 4 * RIG_PAGE, RIG_PAGE,
			RIG_IOVA + 8 * RIG_PAGE), 0);
}

static const struct uiommufd_scenario replace_destroy = {
	.name = "replace-destroy",
	.summary = "a device moves to a table that is destroyed, the IOAS grows",
	.configure = devices,
	.setup = setup_attached,
	.thread = { replace_0, destroy_table, map_more },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

/* A device that is attached nowhere, and a table for it. */
static void setup_idle(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;

	setup(run, state);
	HOLDS(!rig_mock_device(rig->fd, tables->other_ioas, 0, &rig->stdev,
			       &rig->dev, &rig->hwpt));
	HOLDS(!rig_hwpt(rig->fd, rig->dev, rig->ioas, 0, &tables->table[0]));
	HOLDS(!rig_pasid(rig->fd, IOMMU_TEST_OP_PASID_DETACH, rig->stdev, 0,
			 0));
}

static void attach_idle(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;

	WANT(rig_pasid(rig->fd, IOMMU_TEST_OP_PASID_ATTACH, rig->stdev, 0,
		       tables->other_ioas), 0);
}

static void replace_idle(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;

	WANT_ONE(rig_mock_replace(rig->fd, rig->stdev, tables->table[0]), 0,
		 -EINVAL);
}

static const struct uiommufd_scenario one_device = {
	.name = "attach-one-device",
	.summary = "a device is attached and moved at the same time",
	.configure = devices,
	.setup = setup_idle,
	.thread = { attach_idle, replace_idle },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* ---- mock devices ---- */

static void device_numbers(struct uiommufd_run *run, void *state)
{
	struct tables *tables = state;
	struct rig *rig = &tables->rig;
	uint32_t stdev[3], dev, hwpt;

	for (int i = 0; i < 3; i++)
		WANT(rig_mock_device(rig->fd, rig->ioas, 0, &stdev[i], &dev,
				     &hwpt), 0);
	/* Not in the reverse order: no name is used twice. */
	WANT(rig_destroy(rig->fd, stdev[0]), 0);
	WANT(rig_mock_device(rig->fd, rig->ioas, 0, &stdev[0], &dev, &hwpt), 0);
	WANT(rig_mock_device(rig->fd, rig->ioas, 2, &dev, &dev, &hwpt),
	     -EINVAL);
	WANT(rig_mock_device(rig->fd, rig->ioas, MOCK_FLAGS_DEVICE_PASID, &dev,
			     &dev, &hwpt), 0);
	WANT(rig_destroy(rig->fd, stdev[2]), 0);
	WANT(rig_destroy(rig->fd, stdev[0]), 0);
	WANT(rig_destroy(rig->fd, stdev[1]), 0);
}

static const struct uiommufd_scenario mock_devices = {
	.name = "mock-devices",
	.summary = "mock devices come and go in any order, each step may fail",
	.configure = devices,
	.setup = setup,
	.thread = { device_numbers },
	.finish = finish,
	.state_bytes = sizeof(struct tables),
	.failures = RIG_FAIL_ANY,
};

const struct uiommufd_scenario *const scenarios_attach[] = {
	&by_table, &by_ioas, &by_pasid, &pasid_end, &pasid_refused,
	&race, &replace_destroy, &one_device, &mock_devices,
	NULL
};
