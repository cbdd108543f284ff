// SPDX-License-Identifier: MIT
/*
 * Two devices in one group, and two drivers in one context.
 *
 * Facts: a group has one page table at a time; only a device that was attached
 * can be replaced or detached; nobody's page table is given to another driver.
 */
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

struct pair {
	struct rig rig;
	uint32_t dev[2];
	uint32_t table[2];
	bool attached[2];
	uint32_t mock;			/* a device of the mock driver, */
	uint32_t mock_parent;		/* a parent of its */
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	struct rig *rig = &pair->rig;

	own_plug(run);
	rig->fd = rig_open(run);
	HOLDS(!rig_bind(rig->fd, "own0", &pair->dev[0]));
	HOLDS(!rig_bind(rig->fd, "own1", &pair->dev[1]));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	for (int i = 0; i < 2; i++)
		HOLDS(!rig_hwpt(rig->fd, pair->dev[0], rig->ioas, 0,
				&pair->table[i]));
}

static const char *const names[] = { "own0", "own1" };

static int attach(struct pair *pair, int which, uint32_t pt)
{
	int ret = rig_attach(pair->rig.fd, names[which], 0, pt);

	pair->attached[which] |= !ret;
	return ret;
}

static int detach(struct pair *pair, int which)
{
	if (!pair->attached[which])
		return -ENOENT;
	pair->attached[which] = false;
	return rig_detach(pair->rig.fd, names[which], 0);
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	struct rig *rig = &pair->rig;

	/* Detaching what is not attached is a bug of the device's driver. */
	detach(pair, 0);
	detach(pair, 1);
	rig_unbind(rig->fd, "own0");
	rig_unbind(rig->fd, "own1");
	uiommufd_close(rig->fd);
	own_unplug(run);
}

static void members(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	int fd = pair->rig.fd;

	WANT(rig_replace(fd, "own0", 0, pair->table[0]), -EINVAL);
	WANT(attach(pair, 0, pair->table[0]), 0);
	/* The group has a page table, this member was not attached. */
	WANT(rig_replace(fd, "own1", 0, pair->table[1]), -EINVAL);
	WANT(attach(pair, 1, pair->table[1]), -EINVAL);
	WANT(attach(pair, 1, pair->table[0]), 0);
	/* Moves both. */
	WANT(rig_replace(fd, "own1", 0, pair->table[1]), 0);
	WANT(rig_destroy(fd, pair->table[0]), 0);
	WANT(rig_destroy(fd, pair->table[1]), -EBUSY);
	WANT(detach(pair, 0), 0);
	WANT(rig_destroy(fd, pair->table[1]), -EBUSY);
	WANT(detach(pair, 1), 0);
	WANT(rig_destroy(fd, pair->table[1]), 0);
	WANT(attach(pair, 1, pair->rig.ioas), 0);
	WANT(detach(pair, 1), 0);
	WANT(rig_destroy(fd, pair->rig.ioas), 0);
}

static const struct uiommufd_scenario group = {
	.name = "group",
	.summary = "two devices of a group attach and move, each step may fail",
	.setup = setup,
	.thread = { members },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = RIG_FAIL_ANY,
};

/* The driver refuses the second member: both stay where they were. */
static void refused(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	int fd = pair->rig.fd;

	WANT(attach(pair, 0, pair->table[0]), 0);
	WANT(attach(pair, 1, pair->table[0]), 0);
	own_knobs.attach_fails = 2;
	WANT(rig_replace(fd, "own0", 0, pair->table[1]), -EIO);
	WANT(rig_destroy(fd, pair->table[1]), 0);
	WANT(rig_destroy(fd, pair->table[0]), -EBUSY);
	own_knobs.attach_fails = 1;
	WANT(rig_replace(fd, "own0", 0, pair->rig.ioas), -EIO);
	WANT(detach(pair, 0), 0);
	WANT(detach(pair, 1), 0);
	WANT(rig_destroy(fd, pair->table[0]), 0);
	WANT(rig_destroy(fd, pair->rig.ioas), 0);
}

static const struct uiommufd_scenario refusal = {
	.name = "group-refused",
	.summary = "a driver refuses the second member of a group",
	.setup = setup,
	.thread = { refused },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
};

static void move_first(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	WANT_ONE(attach(pair, 0, pair->table[0]), 0,
		 -EINVAL);
}

static void move_second(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	WANT_ONE(attach(pair, 1, pair->table[1]), 0,
		 -EINVAL);
}

static const struct uiommufd_scenario race = {
	.name = "group-race",
	.summary = "two members attach to different page tables",
	.setup = setup,
	.thread = { move_first, move_second },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* ---- the record of a group ---- */

static void setup_first(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	own_plug(run);
	pair->rig.fd = rig_open(run);
	HOLDS(!rig_bind(pair->rig.fd, "own0", &pair->dev[0]));
}

static void go(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	WANT(rig_unbind(pair->rig.fd, "own0"), 0);
}

static void come(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	WANT(rig_bind(pair->rig.fd, "own1", &pair->dev[1]), 0);
	WANT(rig_unbind(pair->rig.fd, "own1"), 0);
	WANT(rig_bind(pair->rig.fd, "own1", &pair->dev[1]), 0);
}

static const struct uiommufd_scenario succession = {
	.name = "group-succession",
	.summary = "a member comes when the only other one goes",
	.setup = setup_first,
	.thread = { go, come },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* A group is one context's. */
static void claim_twice(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	uint32_t id;
	int other = rig_open(run);

	HOLDS(other >= 0 || uiommufd_run_failures(run));
	if (other < 0)
		return;
	WANT(rig_bind(other, "own1", &id), -EPERM);
	HOLDS(!uiommufd_close(other));
	WANT(rig_bind(pair->rig.fd, "own1", &id), 0);
}

static const struct uiommufd_scenario claimed = {
	.name = "group-claimed",
	.summary = "another context wants a member of a group",
	.setup = setup_first,
	.thread = { claim_twice },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* ---- a device that does not see what processors wrote ---- */

static void setup_incoherent(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	own_plug(run);
	pair->rig.fd = rig_open(run);
}

static void bind_incoherent(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	own_knobs.incoherent = true;
	WANT(rig_bind(pair->rig.fd, "own0", &pair->dev[0]), -EINVAL);
	own_knobs.incoherent = false;
	/* The attempt has claimed nothing. */
	WANT(rig_bind(pair->rig.fd, "own1", &pair->dev[1]), 0);
}

static const struct uiommufd_scenario incoherent = {
	.name = "group-incoherent",
	.summary = "a device is not coherent, each step may fail",
	.setup = setup_incoherent,
	.thread = { bind_incoherent },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = RIG_FAIL_ANY,
};

/* ---- again ---- */

static void bind_again(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	int fd = pair->rig.fd;

	WANT(attach(pair, 0, pair->table[0]), 0);
	WANT(detach(pair, 0), 0);
	WANT(rig_unbind(fd, "own0"), 0);
	WANT(rig_unbind(fd, "own1"), 0);
	/* Nobody's any more, so anybody may have it. */
	WANT(rig_bind(fd, "own1", &pair->dev[1]), 0);
	WANT(attach(pair, 1, pair->table[1]), 0);
	WANT(detach(pair, 1), 0);
	WANT(rig_bind(fd, "own0", &pair->dev[0]), 0);
	WANT(rig_unbind(fd, "own1"), 0);
}

static const struct uiommufd_scenario again = {
	.name = "group-again",
	.summary = "all members leave and come back, each step may fail",
	.setup = setup,
	.thread = { bind_again },
	.finish = finish,
	.state_bytes = sizeof(struct pair),
	.failures = RIG_FAIL_ANY,
};

/* ---- two drivers ---- */

static void one_mock(struct uiommufd_platform_config *config)
{
	config->devices = 1;
	config->pasid_bits = 8;
}

static void setup_two(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	struct rig *rig = &pair->rig;

	setup(run, state);
	HOLDS(!rig_bind(rig->fd, "mock0", &pair->mock));
	HOLDS(!rig_hwpt(rig->fd, pair->mock, rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &pair->mock_parent));
	HOLDS(!rig_hwpt(rig->fd, pair->dev[0], rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent));
}

static void finish_two(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;

	rig_unbind(pair->rig.fd, "mock0");
	finish(run, state);
}

static void foreign(struct uiommufd_run *run, void *state)
{
	struct pair *pair = state;
	struct rig *rig = &pair->rig;
	uint32_t id, other;

	WANT(own_nested(rig->fd, pair->dev[0], pair->mock_parent, &id),
	     -EINVAL);
	WANT(rig_nested(rig->fd, pair->mock, rig->parent, &id), -EINVAL);
	WANT(own_viommu(rig->fd, pair->dev[0], rig->parent, &rig->viommu), 0);
	WANT(rig_vdevice(rig->fd, rig->viommu, pair->mock, 7, &id), -EINVAL);
	WANT(rig_nested(rig->fd, pair->mock, rig->viommu, &id), -EINVAL);
	WANT(own_nested(rig->fd, pair->mock, rig->viommu, &id), -EINVAL);
	WANT(own_nested(rig->fd, pair->dev[0], rig->parent, &id), 0);
	/* It has no way to invalidate. */
	WANT(own_lookup(rig->fd, id, 7), -EOPNOTSUPP);
	WANT(rig_attach(rig->fd, "mock0", 0, id), -EINVAL);
	WANT(attach(pair, 0, pair->mock_parent), -EINVAL);
	WANT(rig_hwpt(rig->fd, pair->dev[0], rig->ioas, IOMMU_HWPT_ALLOC_PASID,
		      &other), 0);
	WANT(rig_attach(rig->fd, "mock0", 3, other), -EINVAL);
	WANT(rig_destroy(rig->fd, other), 0);
	WANT(attach(pair, 0, id), 0);
	WANT(detach(pair, 0), 0);
	WANT(rig_destroy(rig->fd, id), 0);
}

static const struct uiommufd_scenario drivers = {
	.name = "two-drivers",
	.summary = "nested tables on a parent of another driver",
	.configure = one_mock,
	.setup = setup_two,
	.thread = { foreign },
	.finish = finish_two,
	.state_bytes = sizeof(struct pair),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_DRIVER,
};

const struct uiommufd_scenario *const scenarios_group[] = {
	&group, &refusal, &race, &succession, &claimed, &incoherent, &again,
	&drivers, NULL
};
