// SPDX-License-Identifier: MIT
/*
 * Ends: an object and what it needs are destroyed at the same time.
 *
 * Facts: what is needed is there until who needs it has ended, whoever is first;
 * until then it is busy, and afterwards it can go.
 */
#include "explore/rig_arm.h"
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

struct end {
	struct rig rig;
	uint32_t table;
	int fd;				/* of an access, a fault queue */
};

static void end_parent(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT_ONE(rig_destroy(end->rig.fd, end->rig.parent), 0, -EBUSY);
}

static void end_viommu(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT_ONE(rig_destroy(end->rig.fd, end->rig.viommu), 0, -EBUSY);
}

/* ---- a hardware queue, its vIOMMU, its parent ---- */

static void setup_queue(struct uiommufd_run *run, void *state)
{
	struct end *end = state;
	struct rig *rig = &end->rig;

	rig_begin_viommu(run, rig);
	HOLDS(!rig_queue(rig->fd, rig->viommu, 0, RIG_IOVA, RIG_PAGE,
			 &rig->queue));
}

static void end_queue(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT(rig_destroy(end->rig.fd, end->rig.queue), 0);
}

static const struct uiommufd_scenario queue = {
	.name = "end-queue",
	.summary = "a hardware queue, its vIOMMU and its parent end together",
	.setup = setup_queue,
	.thread = { end_queue, end_viommu, end_parent },
	.thread_name = { "queue", "vIOMMU", "parent" },
	.state_bytes = sizeof(struct end),
};

/* ---- a vIOMMU and its parent, with a driver that looks at it ---- */

static void setup_viommu(struct uiommufd_run *run, void *state)
{
	struct end *end = state;
	struct rig *rig = &end->rig;

	own_plug(run);
	rig->fd = rig_open(run);
	HOLDS(!rig_bind(rig->fd, "own2", &rig->dev));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_hwpt(rig->fd, rig->dev, rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent));
	HOLDS(!own_viommu(rig->fd, rig->dev, rig->parent, &rig->viommu));
}

static void finish_viommu(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	rig_unbind(end->rig.fd, "own2");
	uiommufd_close(end->rig.fd);
	own_unplug(run);
}

static const struct uiommufd_scenario viommu = {
	.name = "end-viommu",
	.summary = "a vIOMMU and its parent end together",
	.setup = setup_viommu,
	.thread = { end_viommu, end_parent },
	.thread_name = { "vIOMMU", "parent" },
	.finish = finish_viommu,
	.state_bytes = sizeof(struct end),
};

/* ---- a nested table, its vIOMMU, its parent ---- */

static void setup_nested(struct uiommufd_run *run, void *state)
{
	struct end *end = state;
	struct rig *rig = &end->rig;

	rig_begin_viommu(run, rig);
	HOLDS(!rig_nested(rig->fd, rig->dev, rig->viommu, &end->table));
}

static void end_table(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT(rig_destroy(end->rig.fd, end->table), 0);
}

static const struct uiommufd_scenario nested = {
	.name = "end-nested",
	.summary = "a nested table, its vIOMMU and its parent end together",
	.setup = setup_nested,
	.thread = { end_table, end_viommu, end_parent },
	.thread_name = { "table", "vIOMMU", "parent" },
	.state_bytes = sizeof(struct end),
};

/* ---- a page table, its fault queue, its IOAS ---- */

static void setup_faults(struct uiommufd_run *run, void *state)
{
	struct end *end = state;
	struct rig *rig = &end->rig;

	rig_begin(run, rig);
	HOLDS(!rig_fault(rig->fd, &rig->fault, &end->fd));
	HOLDS(!rig_hwpt_fault(rig->fd, rig->dev, rig->ioas, 0, rig->fault,
			      &end->table));
	HOLDS(!uiommufd_close(end->fd));
	HOLDS(!rig_destroy(rig->fd, rig->stdev));
}

static void end_fault(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT_ONE(rig_destroy(end->rig.fd, end->rig.fault), 0, -EBUSY);
}

static void end_ioas(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	WANT_ONE(rig_destroy(end->rig.fd, end->rig.ioas), 0, -EBUSY);
}

static const struct uiommufd_scenario faults = {
	.name = "end-table",
	.summary = "a page table, its fault queue and its IOAS end together",
	.setup = setup_faults,
	.thread = { end_table, end_fault, end_ioas },
	.thread_name = { "table", "fault", "IOAS" },
	.state_bytes = sizeof(struct end),
};

/* ---- an access and its IOAS ---- */

static void setup_access(struct uiommufd_run *run, void *state)
{
	struct end *end = state;
	struct rig *rig = &end->rig;
	uint32_t pin;

	rig_begin(run, rig);
	HOLDS(!rig_access(rig->fd, rig->ioas, true, &end->fd));
	HOLDS(!rig_pin(rig->fd, end->fd, RIG_IOVA, RIG_PAGE, 0, &pin));
	HOLDS(!rig_destroy(rig->fd, rig->stdev));
}

static void end_access(struct uiommufd_run *run, void *state)
{
	struct end *end = state;

	HOLDS(!uiommufd_close(end->fd));
}

static const struct uiommufd_scenario accesses = {
	.name = "end-access",
	.summary = "an access that has pinned and its IOAS end together",
	.setup = setup_access,
	.thread = { end_access, end_ioas },
	.thread_name = { "access", "IOAS" },
	.state_bytes = sizeof(struct end),
};

/* ---- a queue of hardware and its memory ---- */

static void setup_memory(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	arm_begin_guest(run, arm, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV);
	HOLDS(!arm_queue(arm, 0, ARM_IOVA, RIG_PAGE, &arm->queue[0]));
}

static void end_hardware(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_destroy(arm->fd, arm->queue[0]), 0);
}

#define ALLOC(queue) (0x200 + 4 * (queue))

/* Memory that can go is not the hardware's any more. */
static void end_memory(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	int ret = rig_unmap(arm->fd, arm->ioas, ARM_IOVA, 16 * RIG_PAGE);

	WANT_ONE(ret, 0, -EBUSY);
	if (!ret && arm_read(run, ALLOC(2)) & 1)
		uiommufd_run_break(run, "hardware",
				   "the memory of a queue is unmapped under it");
}

static const struct uiommufd_scenario memory = {
	.name = "end-queue-memory",
	.summary = "a queue ends while the guest's memory is unmapped",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_memory,
	.thread = { end_hardware, end_memory },
	.thread_name = { "queue", "memory" },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

const struct uiommufd_scenario *const scenarios_end[] = {
	&queue, &viommu, &nested, &faults, &accesses, &memory, NULL
};
