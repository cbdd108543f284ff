// SPDX-License-Identifier: MIT
/*
 * Three members of a group, and what each of them reaches.
 *
 * Facts: all members of a group use one page table, and at each PASID one; when
 * a driver refuses one of them, those before it get back what they had.  A
 * member that has no PASIDs is passed over.  While a member is being reset it
 * reaches nothing, and nothing new can be attached to its group.
 */
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define MEMBERS 3
#define PASID 3
#define FIRST 'A'			/* what the first IOAS shows */
#define SECOND 'B'

struct members {
	struct rig rig;
	uint32_t other_ioas;
	uint32_t dev[MEMBERS];
	uint32_t table[2];		/* one on each IOAS */
	bool attached[MEMBERS][PASID + 1];
};

static const char *const names[MEMBERS] = { "own0", "own1", "own3" };
static const unsigned int number[MEMBERS] = { 0, 1, 3 };

static void map_byte(struct uiommufd_run *run, struct members *m, int which)
{
	uint32_t ioas = which ? m->other_ioas : m->rig.ioas;
	uint8_t *page = rig_memory() + which * RIG_PAGE;

	memset(page, which ? SECOND : FIRST, RIG_PAGE);
	HOLDS(!rig_map_at(m->rig.fd, ioas, page, RIG_PAGE, RIG_IOVA));
	HOLDS(!rig_hwpt(m->rig.fd, m->dev[0], ioas, IOMMU_HWPT_ALLOC_PASID,
			&m->table[which]));
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	own_plug_group(run);
	m->rig.fd = rig_open(run);
	for (int i = 0; i < MEMBERS; i++)
		HOLDS(!rig_bind(m->rig.fd, names[i], &m->dev[i]));
	HOLDS(!rig_ioas(m->rig.fd, &m->rig.ioas));
	HOLDS(!rig_ioas(m->rig.fd, &m->other_ioas));
	map_byte(run, m, 0);
	map_byte(run, m, 1);
}

static int detach(struct members *m, int which, uint32_t pasid)
{
	if (!m->attached[which][pasid])
		return -ENOENT;
	m->attached[which][pasid] = false;
	return rig_detach(m->rig.fd, names[which], pasid);
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	for (int i = 0; i < MEMBERS; i++) {
		detach(m, i, 0);
		detach(m, i, PASID);
	}
	for (int i = 0; i < MEMBERS; i++)
		rig_unbind(m->rig.fd, names[i]);
	uiommufd_close(m->rig.fd);
	own_unplug(run);
}

/* ---- what the members reach ---- */

static int reads(struct uiommufd_run *run, int which, uint32_t pasid)
{
	return own_reads(run, number[which], pasid, RIG_IOVA);
}

static void all_read(struct uiommufd_run *run, uint32_t pasid, int want)
{
	for (int i = 0; i < MEMBERS; i++) {
		bool none = pasid && i == 1;
		int got = reads(run, i, pasid);

		if (got != (none ? -EFAULT : want))
			uiommufd_run_break(run, "attached",
					   "%s reads %d at PASID %u, not %d",
					   names[i], got, pasid,
					   none ? -EFAULT : want);
	}
}

typedef int (*change_fn)(int fd, const char *name, uint32_t pasid, uint32_t pt);

/* Whatever becomes of it: all or none, and none if it failed. */
static int change(struct uiommufd_run *run, struct members *m, change_fn call,
		  int which, uint32_t pasid, uint32_t pt)
{
	int before = reads(run, 0, pasid);
	int ret = call(m->rig.fd, names[which], pasid, pt);

	all_read(run, pasid, ret ? before : reads(run, 0, pasid));
	m->attached[which][pasid] |= !ret;
	return ret;
}

static int attach(struct uiommufd_run *run, struct members *m, int which,
		  uint32_t pasid, uint32_t pt)
{
	return change(run, m, rig_attach, which, pasid, pt);
}

static int replace(struct uiommufd_run *run, struct members *m, int which,
		   uint32_t pasid, uint32_t pt)
{
	return change(run, m, rig_replace, which, pasid, pt);
}

/* ---- scripts ---- */

static void together(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	all_read(run, 0, -EFAULT);
	WANT(attach(run, m, 0, 0, m->table[0]), 0);
	all_read(run, 0, FIRST);
	WANT(replace(run, m, 1, 0, m->table[1]), -EINVAL);
	WANT(attach(run, m, 1, 0, m->table[0]), 0);
	WANT(attach(run, m, 2, 0, m->table[0]), 0);
	WANT(replace(run, m, 1, 0, m->table[1]), 0);
	all_read(run, 0, SECOND);
	/* An automatic table, and back. */
	WANT(replace(run, m, 2, 0, m->rig.ioas), 0);
	all_read(run, 0, FIRST);
	WANT(replace(run, m, 0, 0, m->table[1]), 0);
	all_read(run, 0, SECOND);
	WANT(detach(m, 1, 0), 0);
	WANT(detach(m, 0, 0), 0);
	all_read(run, 0, SECOND);
	WANT(detach(m, 2, 0), 0);
	all_read(run, 0, -EFAULT);
}

static const struct uiommufd_scenario by_rid = {
	.name = "members",
	.summary = "three members of a group move, the driver may refuse any",
	.setup = setup,
	.thread = { together },
	.finish = finish,
	.state_bytes = sizeof(struct members),
	.failures = RIG_FAIL_ANY,
};

static void with_pasid(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	WANT(attach(run, m, 0, PASID, m->table[0]), 0);
	all_read(run, PASID, FIRST);
	all_read(run, 0, -EFAULT);
	/* The group has it, this member was not attached. */
	WANT(replace(run, m, 2, PASID, m->table[1]), -EINVAL);
	WANT(attach(run, m, 2, PASID, m->table[1]), -EINVAL);
	WANT(attach(run, m, 2, PASID, m->table[0]), 0);
	WANT(attach(run, m, 0, 0, m->table[0]), 0);
	WANT(replace(run, m, 2, PASID, m->table[1]), 0);
	all_read(run, PASID, SECOND);
	all_read(run, 0, FIRST);
	WANT(detach(m, 0, PASID), 0);
	all_read(run, PASID, SECOND);
	WANT(detach(m, 2, PASID), 0);
	all_read(run, PASID, -EFAULT);
	all_read(run, 0, FIRST);
	WANT(attach(run, m, 2, PASID, m->table[1]), 0);
	all_read(run, PASID, SECOND);
}

static const struct uiommufd_scenario by_pasid = {
	.name = "members-pasid",
	.summary = "the same at a PASID, which one of them does not have",
	.setup = setup,
	.thread = { with_pasid },
	.finish = finish,
	.state_bytes = sizeof(struct members),
	.failures = RIG_FAIL_ANY,
};

static void resets(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	WANT(attach(run, m, 0, 0, m->table[0]), 0);
	WANT(attach(run, m, 0, PASID, m->table[1]), 0);
	WANT(own_recovers(run, number[2], true), 0);
	WANT(own_recovers(run, number[2], true), -EBUSY);
	HOLDS(reads(run, 2, 0) == -EFAULT && reads(run, 2, PASID) == -EFAULT);
	HOLDS(reads(run, 0, 0) == FIRST && reads(run, 0, PASID) == SECOND);
	WANT(rig_replace(m->rig.fd, names[0], 0, m->table[1]), -EBUSY);
	WANT(rig_replace(m->rig.fd, names[0], PASID, m->table[0]), -EBUSY);
	WANT(rig_attach(m->rig.fd, names[0], 1, m->table[0]), -EBUSY);
	HOLDS(reads(run, 2, 0) == -EFAULT && reads(run, 2, PASID) == -EFAULT);
	own_recovers(run, number[2], false);
	all_read(run, 0, FIRST);
	all_read(run, PASID, SECOND);
	/* Detached meanwhile: nothing comes back. */
	WANT(own_recovers(run, number[2], true), 0);
	WANT(detach(m, 0, PASID), 0);
	WANT(detach(m, 0, 0), 0);
	own_recovers(run, number[2], false);
	all_read(run, 0, -EFAULT);
	all_read(run, PASID, -EFAULT);
}

static const struct uiommufd_scenario by_reset = {
	.name = "members-reset",
	.summary = "one member is reset while the group stays attached",
	.setup = setup,
	.thread = { resets },
	.finish = finish,
	.state_bytes = sizeof(struct members),
};

static void move_there(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	WANT(rig_replace(m->rig.fd, names[0], 0, m->table[1]), 0);
}

static void move_back(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	WANT(rig_replace(m->rig.fd, names[2], 0, m->rig.ioas), 0);
}

static void setup_attached(struct uiommufd_run *run, void *state)
{
	struct members *m = state;

	setup(run, state);
	HOLDS(!attach(run, m, 0, 0, m->table[0]));
	HOLDS(!attach(run, m, 2, 0, m->table[0]));
}

static void check_together(struct uiommufd_run *run, void *state)
{
	all_read(run, 0, reads(run, 0, 0));
}

static const struct uiommufd_scenario apart = {
	.name = "members-apart",
	.summary = "two members move the group to different places",
	.setup = setup_attached,
	.thread = { move_there, move_back },
	.check = check_together,
	.finish = finish,
	.state_bytes = sizeof(struct members),
	.failures = UIOMMUFD_FAIL_DRIVER,
};

const struct uiommufd_scenario *const scenarios_members[] = {
	&by_rid, &by_pasid, &by_reset, &apart, NULL
};
