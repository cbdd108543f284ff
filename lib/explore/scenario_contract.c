// SPDX-License-Identifier: MIT
/*
 * The vDEVICE contract: who may see one, who ends it, whatever the order.
 *
 * Facts: a vDEVICE is found by its virtual ID only once its driver has accepted
 * it; destroy is called exactly once and only after that; a device's unbind
 * takes its vDEVICE along and leaves a tombstone for the ID.
 */
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define VIRT_ID 7

struct own {
	struct rig rig;
	uint32_t dev[3];
	uint32_t id[2];			/* of vDEVICEs; 0: none */
	long result[2];
};

/* ---- before and after ---- */

static void begin(struct uiommufd_run *run, struct own *own,
		  enum own_vdevice_ops ops)
{
	struct rig *rig = &own->rig;
	static const char *const name[] = { "own0", "own1", "own2" };

	own_plug(run);
	own_knobs.ops = ops;
	rig->fd = rig_open(run);
	for (int i = 0; i < 3; i++)
		HOLDS(!rig_bind(rig->fd, name[i], &own->dev[i]));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_hwpt(rig->fd, own->dev[0], rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent));
	HOLDS(!own_viommu(rig->fd, own->dev[0], rig->parent, &rig->viommu));
}

static void setup(struct uiommufd_run *run, void *state)
{
	begin(run, state, OWN_VDEVICE_INIT);
}

static void setup_plain(struct uiommufd_run *run, void *state)
{
	begin(run, state, OWN_VDEVICE_PLAIN);
}

/* Every way out ends here; unbinding takes vDEVICEs along. */
static void finish(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	rig_unbind(own->rig.fd, "own0");
	rig_unbind(own->rig.fd, "own1");
	rig_unbind(own->rig.fd, "own2");
	uiommufd_close(own->rig.fd);
	if (own_seen.live)
		uiommufd_run_break(run, "destroy-once",
				   "%d accepted vDEVICEs were never destroyed",
				   own_seen.live);
	own_unplug(run);
}

/* ---- one thread: the contract ---- */

static void contract(struct uiommufd_run *run, void *state)
{
	struct own *own = state;
	struct rig *rig = &own->rig;
	uint32_t other;

	own_knobs.refuse = 1;
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], VIRT_ID, &other),
	     -ENOSPC);
	HOLDS(!own_seen.live);
	WANT(own_lookup(rig->fd, rig->viommu, VIRT_ID), -ENOENT);
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], VIRT_ID,
			 &own->id[0]), 0);
	WANT(own_lookup(rig->fd, rig->viommu, VIRT_ID), 0);
	/* The device has one, the virtual ID is taken. */
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], 8, &other),
	     -EEXIST);
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[2], VIRT_ID, &other),
	     -EEXIST);
	WANT(rig_vdevice(rig->fd, rig->parent, own->dev[2], 8, &other),
	     -ENOENT);
	WANT(rig_vdevice(rig->fd, rig->viommu, rig->ioas, 8, &other), -ENOENT);
	/* It holds what it needs. */
	WANT(rig_destroy(rig->fd, rig->viommu), -EBUSY);
	WANT(rig_destroy(rig->fd, own->dev[0]), -EBUSY);
	WANT(rig_destroy(rig->fd, own->id[0]), 0);
	HOLDS_IF_WELL(own_seen.destroys == 1);
	WANT(own_lookup(rig->fd, rig->viommu, VIRT_ID), -ENOENT);
	/* Every number is one, and none is another's. */
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], 1ull << 32,
			 &own->id[0]), 0);
	WANT(own_lookup(rig->fd, rig->viommu, 0), -ENOENT);
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[2], 0, &own->id[1]), 0);
	WANT(rig_destroy(rig->fd, own->id[1]), 0);
	WANT(own_lookup(rig->fd, rig->viommu, 1ull << 32), 0);
	WANT(rig_destroy(rig->fd, own->id[0]), 0);
	WANT(rig_destroy(rig->fd, rig->viommu), 0);
	WANT(rig_destroy(rig->fd, rig->parent), 0);
}

static const struct uiommufd_scenario vdevice = {
	.name = "vdevice",
	.summary = "the vDEVICE contract, step by step, each step may fail",
	.setup = setup,
	.thread = { contract },
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = RIG_FAIL_ANY,
};

static void unbind_first(struct uiommufd_run *run, void *state)
{
	struct own *own = state;
	struct rig *rig = &own->rig;
	uint32_t next, dead;

	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], VIRT_ID, &dead), 0);
	WANT(rig_unbind(rig->fd, "own0"), 0);
	/* A tombstone: nobody gets the number again. */
	WANT(rig_destroy(rig->fd, dead), -ENOENT);
	WANT(own_lookup(rig->fd, rig->viommu, VIRT_ID), -ENOENT);
	for (int i = 0; i < 4; i++) {
		WANT(rig_ioas(rig->fd, &next), 0);
		HOLDS(next != dead);
	}
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[2], VIRT_ID, &next), 0);
	HOLDS(next != dead);
	WANT(rig_destroy(rig->fd, next), 0);
	WANT(rig_destroy(rig->fd, dead), -ENOENT);
	WANT(rig_bind(rig->fd, "own0", &own->dev[0]), 0);
	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], VIRT_ID, &next), 0);
}

static const struct uiommufd_scenario tombstone = {
	.name = "vdevice-tombstone",
	.summary = "a device goes before its vDEVICE: the ID stays dead",
	.setup = setup,
	.thread = { unbind_first },
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = RIG_FAIL_ANY,
};

/* ---- a driver whose declared size is wrong ---- */

static void setup_bad_size(struct uiommufd_run *run, void *state)
{
	begin(run, state, OWN_VDEVICE_SMALL);
}

static void bad_size(struct uiommufd_run *run, void *state)
{
	struct own *own = state;
	struct rig *rig = &own->rig;
	uint32_t id;

	WANT(rig_vdevice(rig->fd, rig->viommu, own->dev[0], VIRT_ID, &id),
	     -EOPNOTSUPP);
	/* The group can be used by whoever comes next. */
	WANT(rig_attach(rig->fd, "own0", 0, rig->ioas), 0);
	WANT(rig_detach(rig->fd, "own0", 0), 0);
}

static const struct uiommufd_scenario size = {
	.name = "vdevice-size",
	.summary = "a driver declares too small a vDEVICE",
	.setup = setup_bad_size,
	.thread = { bad_size },
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.flags = UIOMMUFD_SCENARIO_WARNINGS,
};

static void setup_no_init(struct uiommufd_run *run, void *state)
{
	begin(run, state, OWN_VDEVICE_NO_INIT);
}

static const struct uiommufd_scenario no_init = {
	.name = "vdevice-no-init",
	.summary = "a driver declares a size but no init",
	.setup = setup_no_init,
	.thread = { bad_size },
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.flags = UIOMMUFD_SCENARIO_WARNINGS,
};

/* ---- threads ---- */

static void alloc_first(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	own->result[0] = rig_vdevice(own->rig.fd, own->rig.viommu, own->dev[0],
				     VIRT_ID, &own->id[0]);
}

static void alloc_second(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	own->result[1] = rig_vdevice(own->rig.fd, own->rig.viommu, own->dev[2],
				     VIRT_ID, &own->id[1]);
}

static void look(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	WANT_ONE(own_lookup(own->rig.fd, own->rig.viommu, VIRT_ID), 0, -ENOENT);
}

static void setup_refusing(struct uiommufd_run *run, void *state)
{
	setup(run, state);
	own_knobs.refuse = 1;
}

static void check_refused(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	WANT(own->result[0], -ENOSPC);
	WANT(own_lookup(own->rig.fd, own->rig.viommu, VIRT_ID), -ENOENT);
	/* What was refused has used nothing up. */
	alloc_first(run, state);
	WANT(own->result[0], 0);
}

static const struct uiommufd_scenario refused = {
	.name = "vdevice-refused",
	.summary = "a guest's command looks for a vDEVICE that is being refused",
	.setup = setup_refusing,
	.thread = { alloc_first, look },
	.thread_name = { "alloc", "invalidate" },
	.check = check_refused,
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

static void check_two(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	if (uiommufd_run_failures(run))
		return;
	HOLDS((own->result[0] == 0) + (own->result[1] == 0) == 1);
	HOLDS(own->result[0] == 0 || own->result[0] == -EEXIST);
	HOLDS(own->result[1] == 0 || own->result[1] == -EEXIST);
	WANT(own_lookup(own->rig.fd, own->rig.viommu, VIRT_ID), 0);
}

static const struct uiommufd_scenario two = {
	.name = "vdevice-one-id",
	.summary = "two devices want one virtual ID",
	.setup = setup,
	.thread = { alloc_first, alloc_second },
	.check = check_two,
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = RIG_FAIL_ANY,
};

static const struct uiommufd_scenario two_plain = {
	.name = "vdevice-one-id-plain",
	.summary = "the same where the driver has no init",
	.setup = setup_plain,
	.thread = { alloc_first, alloc_second },
	.check = check_two,
	.finish = finish,
	.state_bytes = sizeof(struct own),
};

static void destroy_viommu(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	own->result[1] = rig_destroy(own->rig.fd, own->rig.viommu);
}

static void check_viommu(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	if (uiommufd_run_failures(run))
		return;
	/* The vDEVICE and the end of what it needs exclude each other. */
	if (own->result[1] == 0)
		HOLDS(own->result[0] == -ENOENT);
	else
		HOLDS(own->result[1] == -EBUSY);
}

static const struct uiommufd_scenario against_viommu = {
	.name = "vdevice-against-viommu",
	.summary = "a vDEVICE is made while its vIOMMU is destroyed",
	.setup = setup,
	.thread = { alloc_first, destroy_viommu },
	.check = check_viommu,
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = RIG_FAIL_ANY,
};

static void setup_made(struct uiommufd_run *run, void *state)
{
	setup(run, state);
	alloc_first(run, state);
}

static void destroy_vdevice(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	WANT_OF(rig_destroy(own->rig.fd, own->id[0]), 0, -ENOENT, -EBUSY);
}

static void unbind(struct uiommufd_run *run, void *state)
{
	struct own *own = state;

	WANT(rig_unbind(own->rig.fd, "own0"), 0);
}

static void check_gone(struct uiommufd_run *run, void *state)
{
	HOLDS(!own_seen.live);
	HOLDS(own_seen.inits == own_seen.destroys);
}

static const struct uiommufd_scenario against_unbind = {
	.name = "vdevice-against-unbind",
	.summary = "a vDEVICE is made while its device is unbound",
	.setup = setup,
	.thread = { alloc_first, unbind },
	.check = check_gone,
	.finish = finish,
	.state_bytes = sizeof(struct own),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

static const struct uiommufd_scenario destroy_against_unbind = {
	.name = "vdevice-destroy-unbind",
	.summary = "a vDEVICE is destroyed while its device is unbound",
	.setup = setup_made,
	.thread = { destroy_vdevice, unbind },
	.check = check_gone,
	.finish = finish,
	.state_bytes = sizeof(struct own),
};

static const struct uiommufd_scenario destroy_twice = {
	.name = "vdevice-destroy-twice",
	.summary = "two threads destroy one vDEVICE, a third looks for it",
	.setup = setup_made,
	.thread = { destroy_vdevice, destroy_vdevice, look },
	.check = check_gone,
	.finish = finish,
	.state_bytes = sizeof(struct own),
};

const struct uiommufd_scenario *const scenarios_contract[] = {
	&vdevice, &size, &no_init, &tombstone, &refused, &two, &two_plain,
	&against_viommu, &against_unbind, &destroy_against_unbind,
	&destroy_twice, NULL
};
