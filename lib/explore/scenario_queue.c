// SPDX-License-Identifier: MIT
/*
 * Hardware queues of the mock: memory that is pinned as long as they live.
 *
 * Facts: what is unpinned is what was pinned, whatever base and length; the
 * memory of a queue cannot be unmapped; asking other users of an IOAS to let
 * go does not touch the queue's access.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

#define HALF (RIG_PAGE / 2)

struct queues {
	struct rig rig;
	uint32_t second;
	int access;
	uint32_t pin;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;

	rig_begin_viommu(run, &queues->rig);
}

static void bases(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;
	const uint64_t iova = RIG_IOVA;

	WANT(rig_queue(rig->fd, rig->viommu, 0, iova, 0, &rig->queue), -EINVAL);
	WANT(rig_queue(rig->fd, rig->viommu, 0, UINT64_MAX, 2, &rig->queue),
	     -EOVERFLOW);
	WANT(rig_queue(rig->fd, rig->viommu, 0, 0x70000000, RIG_PAGE,
		       &rig->queue), -ENOENT);
	WANT(rig_queue(rig->fd, rig->viommu, 2, iova, RIG_PAGE, &rig->queue),
	     -EINVAL);
	WANT(rig_queue(rig->fd, rig->viommu, 1, iova, RIG_PAGE, &rig->queue),
	     -EIO);
	/* Half a page, and half of each of two. */
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + HALF, HALF,
		       &rig->queue), 0);
	WANT(rig_check_refs(rig->fd, rig_memory(), RIG_PAGE, 1), 0);
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + RIG_PAGE + HALF,
		       RIG_PAGE, &rig->queue), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova, RIG_PAGE,
		       &queues->second), -EEXIST);
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova, 8 * RIG_PAGE,
		       &rig->queue), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 1, iova + 1, 31, &queues->second),
	     0);
	/* The second needs the first, both the vIOMMU and their memory. */
	WANT(rig_destroy(rig->fd, rig->queue), -EBUSY);
	WANT(rig_destroy(rig->fd, rig->viommu), -EBUSY);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 8 * RIG_PAGE), -EBUSY);
	WANT(rig_destroy(rig->fd, queues->second), 0);
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 8 * RIG_PAGE), 0);
	WANT(rig_destroy(rig->fd, rig->viommu), 0);
}

/* Half a page of each of two mappings. */
static void across(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;
	const uint64_t iova = RIG_IOVA + 64 * RIG_PAGE;

	WANT(rig_map_at(rig->fd, rig->ioas, rig_memory(), RIG_PAGE, iova), 0);
	WANT(rig_map_at(rig->fd, rig->ioas, rig_memory() + RIG_PAGE, RIG_PAGE,
			iova + RIG_PAGE), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + HALF, RIG_PAGE,
		       &rig->queue), 0);
	/* Both stay as long as it does. */
	WANT(rig_unmap(rig->fd, rig->ioas, iova, RIG_PAGE), -EBUSY);
	WANT(rig_unmap(rig->fd, rig->ioas, iova + RIG_PAGE, RIG_PAGE), -EBUSY);
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 2 * RIG_PAGE), 0);
	/* No more is there: nothing of the rest is left pinned either. */
	WANT(rig_map_at(rig->fd, rig->ioas, rig_memory(), RIG_PAGE, iova), 0);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + HALF, RIG_PAGE,
		       &rig->queue), -ENOENT);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, RIG_PAGE), 0);
}

static const struct uiommufd_scenario two_mappings = {
	.name = "queue-across",
	.summary = "a queue's memory is in two mappings, each step may fail",
	.setup = setup,
	.thread = { across },
	.state_bytes = sizeof(struct queues),
	.failures = RIG_FAIL_ANY,
};

static const struct uiommufd_scenario queue = {
	.name = "queue",
	.summary = "bases and lengths of hardware queues, each step may fail",
	.setup = setup,
	.thread = { bases },
	.state_bytes = sizeof(struct queues),
	.failures = RIG_FAIL_ANY,
};

/* Frames of neighbours are not neighbours. */
static void scatter(struct uiommufd_platform_config *config)
{
	config->scatter_pages = true;
}

/* Hardware reads it by one address: it must be in one piece. */
static void in_pieces(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;
	const uint64_t iova = RIG_IOVA;

	WANT(rig_queue(rig->fd, rig->viommu, 0, iova, 2 * RIG_PAGE,
		       &rig->queue), -EFAULT);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + HALF, RIG_PAGE,
		       &rig->queue), -EFAULT);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova, 8 * RIG_PAGE,
		       &rig->queue), -EFAULT);
	WANT(rig_queue(rig->fd, rig->viommu, 0, iova + HALF, HALF,
		       &rig->queue), 0);
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	/* Nothing of what was refused is still pinned. */
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 8 * RIG_PAGE), 0);
	WANT(rig_check_refs(rig->fd, rig_memory(), 8 * RIG_PAGE, 0), 0);
}

static const struct uiommufd_scenario scattered = {
	.name = "queue-scattered",
	.summary = "a queue's memory is not in one piece, each step may fail",
	.configure = scatter,
	.setup = setup,
	.thread = { in_pieces },
	.state_bytes = sizeof(struct queues),
	.failures = RIG_FAIL_ANY,
};

/* ---- unmapping beside a queue ---- */

static void setup_pinned(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;

	setup(run, state);
	HOLDS(!rig_queue(rig->fd, rig->viommu, 0, RIG_IOVA, RIG_PAGE,
			 &rig->queue));
	HOLDS(!rig_map_at(rig->fd, rig->ioas, rig_memory() + 8 * RIG_PAGE,
			  4 * RIG_PAGE, RIG_IOVA + 16 * RIG_PAGE));
	HOLDS(!rig_access(rig->fd, rig->ioas, true, &queues->access));
}

static void unmap_pinned(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;
	uint64_t iova = RIG_IOVA + 16 * RIG_PAGE;

	WANT(rig_pin(rig->fd, queues->access, iova, RIG_PAGE, 0, &queues->pin),
	     0);
	WANT(rig_unmap(rig->fd, rig->ioas, iova, 4 * RIG_PAGE), 0);
	/* The queue's own access was not touched. */
	WANT(rig_destroy(rig->fd, rig->queue), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, RIG_IOVA, 8 * RIG_PAGE), 0);
}

static const struct uiommufd_scenario unmap = {
	.name = "queue-unmap-beside",
	.summary = "what an access has pinned is unmapped beside a queue's memory",
	.setup = setup_pinned,
	.thread = { unmap_pinned },
	.state_bytes = sizeof(struct queues),
};

/* ---- races ---- */

static void destroy_queue(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;

	WANT(rig_destroy(queues->rig.fd, queues->rig.queue), 0);
}

static void unmap_queue(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;

	WANT_ONE(rig_unmap(queues->rig.fd, queues->rig.ioas, RIG_IOVA,
			   8 * RIG_PAGE), 0, -EBUSY);
}

static const struct uiommufd_scenario unmap_race = {
	.name = "queue-unmap-destroy",
	.summary = "a queue's memory is unmapped while it is destroyed",
	.setup = setup_pinned,
	.thread = { destroy_queue, unmap_queue },
	.state_bytes = sizeof(struct queues),
};

static void make_queue(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;

	WANT_OF(rig_queue(rig->fd, rig->viommu, 1, RIG_IOVA + RIG_PAGE,
			  RIG_PAGE, &queues->second), 0, -EIO, -ENOENT);
}

static void destroy_first(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;

	WANT_ONE(rig_destroy(queues->rig.fd, queues->rig.queue), 0, -EBUSY);
}

static const struct uiommufd_scenario order_race = {
	.name = "queue-order",
	.summary = "the second queue is made while the first is destroyed",
	.setup = setup_pinned,
	.thread = { make_queue, destroy_first },
	.state_bytes = sizeof(struct queues),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

/* ---- both at the same time ---- */

static void make_first(struct uiommufd_run *run, void *state)
{
	struct queues *queues = state;
	struct rig *rig = &queues->rig;

	WANT(rig_queue(rig->fd, rig->viommu, 0, RIG_IOVA, RIG_PAGE,
		       &rig->queue), 0);
}

/* The driver knows the first one before its call is sure to succeed. */
static const struct uiommufd_scenario pair = {
	.name = "queue-pair",
	.summary = "the second queue is made while the first is being made",
	.setup = setup,
	.thread = { make_first, make_queue },
	.state_bytes = sizeof(struct queues),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

const struct uiommufd_scenario *const scenarios_queue[] = {
	&queue, &two_mappings, &scattered, &unmap, &unmap_race, &order_race, &pair, NULL
};
