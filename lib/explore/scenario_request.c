// SPDX-License-Identifier: MIT
/*
 * Page requests that come in groups, from a driver's side.
 *
 * Facts: a group is delivered when its last request is there, with all of its
 * own and none of another's; it is answered once, by whoever answers it.
 */
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define RECORD sizeof(struct iommu_hwpt_pgfault)

struct requests {
	struct rig rig;
	uint32_t dev;
	uint32_t table;
	int fd;				/* of the fault queue */
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct requests *requests = state;
	struct rig *rig = &requests->rig;

	own_plug(run);
	rig->fd = rig_open(run);
	HOLDS(!rig_bind(rig->fd, "own0", &requests->dev));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_fault(rig->fd, &rig->fault, &requests->fd));
	HOLDS(!rig_hwpt_fault(rig->fd, requests->dev, rig->ioas, 0, rig->fault,
			      &requests->table));
	HOLDS(!rig_attach(rig->fd, "own0", 0, requests->table));
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct requests *requests = state;

	rig_detach(requests->rig.fd, "own0", 0);
	rig_unbind(requests->rig.fd, "own0");
	/* Also without memory: the device waits. */
	if (own_seen.answers < own_seen.asked)
		uiommufd_run_break(run, "result",
				   "%u of %u groups were answered",
				   own_seen.answers, own_seen.asked);
	uiommufd_close(requests->fd);
	uiommufd_close(requests->rig.fd);
	own_unplug(run);
}

/* All that is there; its cookie. */
static uint32_t read_group(struct uiommufd_run *run,
			   const struct requests *requests, uint32_t group,
			   unsigned int count)
{
	struct iommu_hwpt_pgfault record[4];
	long bytes = rig_read(requests->fd, record, sizeof(record));

	HOLDS_IF_WELL(bytes == (long)(count * RECORD));
	for (unsigned int i = 0; i < bytes / (long)RECORD; i++) {
		HOLDS_IF_WELL(record[i].grpid == group);
		HOLDS_IF_WELL(record[i].cookie == record[0].cookie);
		/* The last is the last. */
		HOLDS_IF_WELL(record[i].flags ==
			      (i + 1 == count ?
			       IOMMU_PGFAULT_FLAGS_LAST_PAGE : 0u));
	}
	return bytes > 0 ? record[0].cookie : 0;
}

static void answer(struct uiommufd_run *run, const struct requests *requests,
		   uint32_t cookie, uint32_t code)
{
	struct iommu_hwpt_page_response response = { cookie, code };

	if (!uiommufd_run_failures(run))
		WANT(rig_write(requests->fd, &response, sizeof(response)),
		     sizeof(response));
}

/* What the client says is what the device hears. */
static void refuse(struct uiommufd_run *run, const struct requests *requests)
{
	unsigned int refusals = own_seen.refusals;
	uint32_t cookie;

	WANT(rig_attach(requests->rig.fd, "own0", 0, requests->table), 0);
	WANT(own_fault(run, 6, true), 0);
	cookie = read_group(run, requests, 6, 1);
	answer(run, requests, cookie, IOMMUFD_PAGE_RESP_INVALID);
	HOLDS_IF_WELL(own_seen.refusals == refusals + 1);
	WANT(rig_detach(requests->rig.fd, "own0", 0), 0);
}

static void groups(struct uiommufd_run *run, void *state)
{
	const struct requests *requests = state;
	uint32_t cookie;

	WANT(own_fault(run, 1, false), 0);
	WANT(own_fault(run, 2, false), 0);
	WANT(own_fault(run, 2, false), 0);
	WANT(rig_readable(requests->fd), 0);
	WANT(own_fault(run, 1, true), 0);
	cookie = read_group(run, requests, 1, 2);
	WANT(own_fault(run, 2, true), 0);
	answer(run, requests, cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	HOLDS_IF_WELL(own_seen.answers == 1);
	/* The second of its records has no place: none of it was delivered. */
	WANT(rig_read(requests->fd, rig_edge(RECORD), 3 * RECORD), -EFAULT);
	cookie = read_group(run, requests, 2, 3);
	answer(run, requests, cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	HOLDS_IF_WELL(own_seen.answers == 2 && !own_seen.refusals);
	/* One that nobody reads, one that is never complete. */
	WANT(own_fault(run, 3, true), 0);
	WANT(own_fault(run, 4, false), 0);
	WANT(rig_detach(requests->rig.fd, "own0", 0), 0);
	HOLDS_IF_WELL(own_seen.answers == 3 && own_seen.refusals == 1);
	WANT(own_fault(run, 5, true), -EINVAL);
	HOLDS_IF_WELL(own_seen.answers == 4 && own_seen.refusals == 2);
	refuse(run, requests);
	WANT(rig_attach(requests->rig.fd, "own0", 0, requests->table), 0);
}

static const struct uiommufd_scenario in_groups = {
	.name = "request-groups",
	.summary = "page requests of two groups come mixed, each step may fail",
	.setup = setup,
	.thread = { groups },
	.finish = finish,
	.state_bytes = sizeof(struct requests),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

/* ---- races ---- */

static void ask(struct uiommufd_run *run, void *state)
{
	own_fault(run, 7, false);
	own_fault(run, 7, true);
}

static void ask_beside(struct uiommufd_run *run, void *state)
{
	own_fault(run, 8, true);
}

static void go(struct uiommufd_run *run, void *state)
{
	const struct requests *requests = state;

	WANT(rig_detach(requests->rig.fd, "own0", 0), 0);
}

/* Whoever came when: each complete group has had its answer. */
static void check_answers(struct uiommufd_run *run, void *state)
{
	HOLDS_IF_WELL(own_seen.answers == 2 || own_seen.answers == 3);
}


static const struct uiommufd_scenario race = {
	.name = "request-detach",
	.summary = "a device asks for pages while it is detached",
	.setup = setup,
	.thread = { ask, ask_beside, go },
	.check = check_answers,
	.finish = finish,
	.state_bytes = sizeof(struct requests),
};

const struct uiommufd_scenario *const scenarios_request[] = {
	&in_groups, &race, NULL
};
