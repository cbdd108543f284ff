// SPDX-License-Identifier: MIT
/*
 * Devices without IOMMU: nobody translates for them, so their drivers ask where
 * memory is.
 *
 * Facts: what is told is where the memory really is, and never more of it than
 * is there in a row; it stays pinned as long as such a device is attached.
 */
#include <linux/types.h>
#include <uik/pin.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

struct bare {
	struct rig rig;
	uint32_t dev[2];
	uint32_t other;			/* an IOAS */
	bool attached[2];
};

static const char *const names[] = { "dev0", "dev1" };

static void two(struct uiommufd_platform_config *config)
{
	config->devices = 2;
	config->scatter_pages = true;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;
	struct rig *rig = &bare->rig;

	rig->fd = rig_open(run);
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_ioas(rig->fd, &bare->other));
	HOLDS(!rig_map_at(rig->fd, rig->ioas, rig_memory(), 4 * RIG_PAGE,
			  RIG_IOVA));
	for (int i = 0; i < 2; i++)
		HOLDS(!rig_bind(rig->fd, names[i], &bare->dev[i]));
}

static int attach(struct bare *bare, int which, uint32_t pt)
{
	int ret = rig_attach(bare->rig.fd, names[which], 0, pt);

	bare->attached[which] |= !ret;
	return ret;
}

static int detach(struct bare *bare, int which)
{
	if (!bare->attached[which])
		return -ENOENT;
	bare->attached[which] = false;
	return rig_detach(bare->rig.fd, names[which], 0);
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;

	for (int i = 0; i < 2; i++) {
		detach(bare, i);
		rig_unbind(bare->rig.fd, names[i]);
	}
}

/* ---- where memory is ---- */

/* Bytes in a row from there on, or -errno. */
static long where(const struct bare *bare, uint64_t iova, uint64_t length,
		  uint64_t *phys)
{
	struct iommu_ioas_noiommu_get_pa cmd = {
		.size = sizeof(cmd),
		.ioas_id = bare->rig.ioas,
		.iova = iova,
		.length = length,
	};
	long ret = rig_ioctl(bare->rig.fd, IOMMU_IOAS_NOIOMMU_GET_PA, &cmd);

	*phys = cmd.out_phys;
	return ret ? ret : (long)cmd.length;
}

static void check_there(struct uiommufd_run *run, uint64_t phys, uint8_t want)
{
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	uint8_t got = 0;

	if (uiommufd_run_failures(run))
		return;
	if (uik_phys_read(uiommufd_platform_machine(platform), phys, &got, 1) ||
	    got != want)
		uiommufd_run_break(run, "reach",
				   "the device gets %d where %d should be", got,
				   want);
}

static void life(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;
	struct rig *rig = &bare->rig;
	uint8_t *memory = rig_memory();
	uint64_t phys;

	for (int i = 0; i < 4; i++)
		memory[i * RIG_PAGE + 100] = 'A' + i;
	WANT(where(bare, RIG_IOVA, 1, &phys), -EOPNOTSUPP);
	WANT(rig_check_refs(rig->fd, memory, 4 * RIG_PAGE, 0), 0);
	WANT(attach(bare, 0, rig->ioas), 0);
	WANT(rig_check_refs(rig->fd, memory, 4 * RIG_PAGE, 1), 0);
	for (int i = 0; i < 4; i++) {
		WANT(where(bare, RIG_IOVA + i * RIG_PAGE + 100, 8, &phys), 8);
		check_there(run, phys, 'A' + i);
	}
	/* To the end of its page: the next is elsewhere. */
	WANT(where(bare, RIG_IOVA + 100, 2 * RIG_PAGE, &phys), RIG_PAGE - 100);
	WANT(where(bare, RIG_IOVA + 4 * RIG_PAGE, 1, &phys), -ENOENT);
	WANT(where(bare, RIG_IOVA, 0, &phys), -EINVAL);
	WANT(where(bare, UINT64_MAX, 1, &phys), -EOVERFLOW);
	/* Each is a group of its own. */
	WANT(attach(bare, 1, rig->ioas), 0);
	WANT(detach(bare, 0), 0);
	WANT(where(bare, RIG_IOVA + 100, 1, &phys), 1);
	WANT(rig_replace(rig->fd, names[1], 0, bare->other), 0);
	WANT(where(bare, RIG_IOVA, 1, &phys), -EOPNOTSUPP);
	WANT(rig_check_refs(rig->fd, memory, 4 * RIG_PAGE, 0), 0);
	WANT(rig_destroy(rig->fd, bare->other), -EBUSY);
	WANT(detach(bare, 1), 0);
	WANT(rig_destroy(rig->fd, bare->other), 0);
}

static const struct uiommufd_scenario living = {
	.name = "noiommu",
	.summary = "devices without IOMMU ask where memory is, steps may fail",
	.kind = "noiommu",
	.configure = two,
	.setup = setup,
	.thread = { life },
	.finish = finish,
	.state_bytes = sizeof(struct bare),
	.failures = RIG_FAIL_ANY,
};

/* ---- what they do not have ---- */

static int hw_info(const struct bare *bare)
{
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = bare->dev[0],
	};

	return rig_ioctl(bare->rig.fd, IOMMU_GET_HW_INFO, &cmd);
}

static void lack(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;
	struct rig *rig = &bare->rig;
	uint32_t id;

	WANT(hw_info(bare), -EOPNOTSUPP);
	WANT(rig_hwpt(rig->fd, bare->dev[0], rig->ioas,
		      IOMMU_HWPT_ALLOC_NEST_PARENT, &id), -EOPNOTSUPP);
	WANT(rig_hwpt(rig->fd, bare->dev[0], rig->ioas,
		      IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &id), -EOPNOTSUPP);
	WANT(rig_nested(rig->fd, bare->dev[0], rig->ioas, &id), -EOPNOTSUPP);
	WANT(rig_hwpt(rig->fd, bare->dev[0], rig->ioas, 0, &rig->hwpt), 0);
	WANT(rig_nested(rig->fd, bare->dev[0], rig->hwpt, &id), -EOPNOTSUPP);
	WANT(rig_viommu(rig->fd, bare->dev[0], rig->hwpt, &id, &rig->offset),
	     -EOPNOTSUPP);
	WANT(rig_attach(rig->fd, names[0], 1, rig->hwpt), -EINVAL);
	WANT(attach(bare, 0, rig->hwpt), 0);
	WANT(rig_attach(rig->fd, names[0], 0, rig->hwpt), -EBUSY);
	WANT(rig_destroy(rig->fd, rig->hwpt), -EBUSY);
	WANT(rig_destroy(rig->fd, bare->dev[0]), -EBUSY);
	WANT(detach(bare, 0), 0);
	WANT(rig_destroy(rig->fd, rig->hwpt), 0);
}

static const struct uiommufd_scenario lacking = {
	.name = "noiommu-lacks",
	.summary = "what devices without IOMMU are refused, each step may fail",
	.kind = "noiommu",
	.configure = two,
	.setup = setup,
	.thread = { lack },
	.finish = finish,
	.state_bytes = sizeof(struct bare),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void setup_attached(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;

	setup(run, state);
	HOLDS(!attach(bare, 0, bare->rig.ioas));
}

static void ask(struct uiommufd_run *run, void *state)
{
	uint64_t phys;

	WANT_OF(where(state, RIG_IOVA, 8, &phys), 8, -ENOENT, -EOPNOTSUPP);
}

static void leave(struct uiommufd_run *run, void *state)
{
	WANT(detach(state, 0), 0);
}

static void unmap(struct uiommufd_run *run, void *state)
{
	struct bare *bare = state;

	WANT(rig_unmap(bare->rig.fd, bare->rig.ioas, RIG_IOVA, 4 * RIG_PAGE),
	     0);
}

static const struct uiommufd_scenario leaving = {
	.name = "noiommu-leave",
	.summary = "a device asks where memory is while both go",
	.kind = "noiommu",
	.configure = two,
	.setup = setup_attached,
	.thread = { ask, leave, unmap },
	.finish = finish,
	.state_bytes = sizeof(struct bare),
};

const struct uiommufd_scenario *const scenarios_bare[] = {
	&living, &lacking, &leaving, NULL
};
