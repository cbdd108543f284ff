// SPDX-License-Identifier: MIT
/*
 * Fault queues: faults are read, answered, or answered for the client.
 *
 * Facts: a fault is in one place at a time and answered exactly once; what
 * cannot be delivered stays; a reader that waits for memory holds up nobody who
 * reports; detaching, replacing and destroying leave nothing behind.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

#define RECORD sizeof(struct iommu_hwpt_pgfault)
#define RESPONSE sizeof(struct iommu_hwpt_page_response)

struct faults {
	struct rig rig;
	int fd;				/* of the queue */
	uint32_t plain;			/* nested tables: without queue, */
	uint32_t queued[2];		/* and with it */
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct rig *rig = &faults->rig;

	rig_begin(run, rig);
	HOLDS(!rig_hwpt(rig->fd, rig->dev, rig->ioas,
			IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent));
	HOLDS(!rig_fault(rig->fd, &rig->fault, &faults->fd));
	HOLDS(!rig_nested(rig->fd, rig->dev, rig->parent, &faults->plain));
	for (int i = 0; i < 2; i++)
		HOLDS(!rig_nested_fault(rig->fd, rig->dev, rig->parent,
					rig->fault, &faults->queued[i]));
}

static void setup_attached(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	setup(run, state);
	HOLDS(!rig_mock_replace(faults->rig.fd, faults->rig.stdev,
				faults->queued[0]));
}

static int trigger(const struct faults *faults, uint32_t group)
{
	return rig_trigger_fault(faults->rig.fd, faults->rig.dev, 0, group);
}

static long answer(const struct faults *faults, uint32_t cookie, uint32_t code)
{
	struct iommu_hwpt_page_response response = { cookie, code };

	return rig_write(faults->fd, &response, sizeof(response));
}

/* ---- making ---- */

static void make(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct rig *rig = &faults->rig;
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd), .flags = 1 };
	uint32_t hwpt;

	rig->fd = rig_open(run);
	if (rig->fd < 0) {
		HOLDS(uiommufd_run_failures(run));
		return;
	}
	WANT(rig_ioctl(rig->fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd), -EOPNOTSUPP);
	WANT(rig_fault(rig->fd, &rig->fault, &faults->fd), 0);
	WANT(rig_destroy(rig->fd, rig->fault), -EBUSY);
	WANT(rig_readable(faults->fd), 0);
	HOLDS(!uiommufd_close(faults->fd));
	WANT(rig_ioas(rig->fd, &rig->ioas), 0);
	WANT(rig_mock_device(rig->fd, rig->ioas, 0, &rig->stdev, &rig->dev,
			     &rig->hwpt), 0);
	WANT(rig_hwpt_fault(rig->fd, rig->dev, rig->ioas, 0, rig->fault, &hwpt),
	     0);
	/* A page table holds its queue. */
	WANT(rig_destroy(rig->fd, rig->fault), -EBUSY);
	WANT(rig_destroy(rig->fd, hwpt), 0);
	WANT(rig_hwpt_fault(rig->fd, rig->dev, rig->ioas,
			    IOMMU_HWPT_ALLOC_NEST_PARENT, rig->fault, &hwpt),
	     -EOPNOTSUPP);
	WANT(rig_hwpt_fault(rig->fd, rig->dev, rig->ioas, 0, rig->ioas, &hwpt),
	     -ENOENT);
	WANT(rig_destroy(rig->fd, rig->fault), 0);
}

static const struct uiommufd_scenario making = {
	.name = "fault",
	.summary = "a fault queue is made and used, each step may fail",
	.thread = { make },
	.state_bytes = sizeof(struct faults),
	.failures = RIG_FAIL_ANY,
};

/* ---- reading and answering ---- */

static void check_record(struct uiommufd_run *run, const struct faults *faults,
			 const struct iommu_hwpt_pgfault *record,
			 uint32_t group)
{
	HOLDS_IF_WELL(record->dev_id == faults->rig.dev);
	HOLDS_IF_WELL(record->grpid == group);
	HOLDS_IF_WELL(record->addr == 0xdead000 + group);
	HOLDS_IF_WELL(record->flags == IOMMU_PGFAULT_FLAGS_LAST_PAGE);
	/* Nothing has given these a meaning. */
	HOLDS_IF_WELL(!record->__reserved && !record->length && !record->pasid);
}

static void reads(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct iommu_hwpt_pgfault record[3];
	uint8_t *edge = rig_edge(RECORD + RECORD / 2);

	WANT(rig_read(faults->fd, record, RECORD - 1), -ESPIPE);
	WANT(rig_read(faults->fd, record, RECORD), 0);
	WANT(trigger(faults, 1), 0);
	WANT(trigger(faults, 2), 0);
	WANT(rig_read(faults->fd, record, 0), -EINVAL);
	WANT(rig_read(faults->fd, RIG_BAD, RECORD), -EFAULT);
	/* The second does not fit: the first is delivered, alone. */
	WANT(rig_read(faults->fd, edge, 2 * RECORD), RECORD);
	memcpy(record, edge, RECORD);
	check_record(run, faults, record, 1);
	WANT(rig_readable(faults->fd), 1);
	WANT(rig_read(faults->fd, record + 1, 2 * RECORD), RECORD);
	check_record(run, faults, record + 1, 2);
	HOLDS_IF_WELL(record[0].cookie != record[1].cookie);
	WANT(rig_readable(faults->fd), 0);
	WANT(answer(faults, record[1].cookie, IOMMUFD_PAGE_RESP_SUCCESS),
	     RESPONSE);
	/* Once. */
	WANT(answer(faults, record[1].cookie, IOMMUFD_PAGE_RESP_SUCCESS),
	     -EINVAL);
	WANT(answer(faults, record[0].cookie, IOMMUFD_PAGE_RESP_INVALID),
	     RESPONSE);
}

static const struct uiommufd_scenario reading = {
	.name = "fault-read",
	.summary = "faults are read in every size, each step may fail",
	.setup = setup_attached,
	.thread = { reads },
	.state_bytes = sizeof(struct faults),
	.failures = RIG_FAIL_ANY,
};

static void answers(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct iommu_hwpt_pgfault record;
	struct iommu_hwpt_page_response *edge = rig_edge(RESPONSE);
	struct iommu_hwpt_page_response pair[2];

	WANT(trigger(faults, 1), 0);
	WANT(rig_read(faults->fd, &record, RECORD), RECORD);
	WANT(rig_write(faults->fd, pair, RESPONSE - 1), -ESPIPE);
	WANT(rig_write(faults->fd, RIG_BAD, RESPONSE), -EFAULT);
	WANT(answer(faults, record.cookie + 1, 0), -EINVAL);
	/* A code that is none: the cookie survives. */
	WANT(answer(faults, record.cookie, 2), -EINVAL);
	WANT(answer(faults, record.cookie, UINT32_MAX), -EINVAL);
	pair[0] = (struct iommu_hwpt_page_response){ record.cookie, 0 };
	pair[1] = pair[0];
	WANT(rig_write(faults->fd, pair, sizeof(pair)), RESPONSE);
	/* A good one, and then no memory. */
	WANT(trigger(faults, 2), 0);
	WANT(rig_read(faults->fd, &record, RECORD), RECORD);
	*edge = (struct iommu_hwpt_page_response){ record.cookie, 1 };
	WANT(rig_write(faults->fd, edge, 2 * RESPONSE), RESPONSE);
	WANT(answer(faults, record.cookie, 0), -EINVAL);
}

static const struct uiommufd_scenario answering = {
	.name = "fault-answer",
	.summary = "good and bad answers, each step may fail",
	.setup = setup_attached,
	.thread = { answers },
	.state_bytes = sizeof(struct faults),
	.failures = RIG_FAIL_ANY,
};

/* ---- moving on ---- */

static void moves(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct rig *rig = &faults->rig;
	struct iommu_hwpt_pgfault record;

	/* One is read, one waits; the device leaves the queue. */
	WANT(trigger(faults, 1), 0);
	WANT(trigger(faults, 2), 0);
	WANT(rig_read(faults->fd, &record, RECORD), RECORD);
	WANT(rig_mock_replace(rig->fd, rig->stdev, faults->plain), 0);
	WANT(rig_read(faults->fd, &record, RECORD), 0);
	WANT(answer(faults, record.cookie, 0), -EINVAL);
	/* And back, and between two that have it. */
	WANT(rig_mock_replace(rig->fd, rig->stdev, faults->queued[0]), 0);
	WANT(trigger(faults, 3), 0);
	WANT(rig_mock_replace(rig->fd, rig->stdev, faults->queued[1]), 0);
	WANT(rig_read(faults->fd, &record, RECORD), 0);
	WANT(trigger(faults, 4), 0);
	WANT(rig_read(faults->fd, &record, RECORD), RECORD);
	HOLDS_IF_WELL(record.grpid == 4);
	/* The device goes with one outstanding and one waiting. */
	WANT(trigger(faults, 5), 0);
	WANT(rig_destroy(rig->fd, rig->stdev), 0);
	WANT(answer(faults, record.cookie, 0), -EINVAL);
	WANT(rig_read(faults->fd, &record, RECORD), 0);
}

static const struct uiommufd_scenario moving = {
	.name = "fault-replace",
	.summary = "page tables change under faults, each step may fail",
	.setup = setup_attached,
	.thread = { moves },
	.state_bytes = sizeof(struct faults),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void report(struct uiommufd_run *run, void *state)
{
	WANT(trigger(state, 1), 0);
}

static void read_one(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct iommu_hwpt_pgfault record;
	long got = rig_read(faults->fd, &record, RECORD);

	WANT_ONE(got, 0, RECORD);
	if (got == RECORD)
		WANT_ONE(answer(faults, record.cookie, 0), RESPONSE, -EINVAL);
}

static void leave(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	WANT(rig_mock_replace(faults->rig.fd, faults->rig.stdev,
			      faults->plain), 0);
}

static void check_nothing_waits(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct iommu_hwpt_pgfault record;

	if (!uiommufd_run_failures(run))
		WANT(rig_read(faults->fd, &record, RECORD), 0);
}

static const struct uiommufd_scenario replace_race = {
	.name = "fault-race",
	.summary = "a fault is reported while the device moves to another table",
	.setup = setup_attached,
	.thread = { report, leave },
	.thread_name = { "report" },
	.check = check_nothing_waits,
	.state_bytes = sizeof(struct faults),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

/* Both tables have the same queue. */
static void swap_tables(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	WANT(rig_mock_replace(faults->rig.fd, faults->rig.stdev,
			      faults->queued[1]), 0);
}

static const struct uiommufd_scenario swap_race = {
	.name = "fault-swap",
	.summary = "a fault is reported while tables of one queue are swapped",
	.setup = setup_attached,
	.thread = { report, swap_tables },
	.thread_name = { "report" },
	.state_bytes = sizeof(struct faults),
};

static const struct uiommufd_scenario read_race = {
	.name = "fault-read-replace",
	.summary = "a fault is reported, read and answered while the device moves",
	.setup = setup_attached,
	.thread = { report, read_one, leave },
	.check = check_nothing_waits,
	.state_bytes = sizeof(struct faults),
	.failures = UIOMMUFD_FAIL_COPY,
};

static const struct uiommufd_scenario report_read = {
	.name = "fault-report-read",
	.summary = "faults are reported while others are read and answered",
	.setup = setup_attached,
	.thread = { report, read_one, read_one },
	.thread_name = { "report" },
	.state_bytes = sizeof(struct faults),
	.failures = UIOMMUFD_FAIL_COPY,
};

/* ---- two queues ---- */

struct two_queues {
	struct faults first;		/* the state of the other scenarios */
	int fd;				/* of the second queue, */
	uint32_t dev;			/* whose faults it gets */
};

static void setup_two(struct uiommufd_run *run, void *state)
{
	struct two_queues *two = state;
	struct rig *rig = &two->first.rig;
	uint32_t stdev, hwpt, fault, table;

	setup_attached(run, state);
	HOLDS(!rig_mock_device(rig->fd, rig->ioas, 0, &stdev, &two->dev,
			       &hwpt));
	HOLDS(!rig_fault(rig->fd, &fault, &two->fd));
	HOLDS(!rig_nested_fault(rig->fd, two->dev, rig->parent, fault, &table));
	HOLDS(!rig_mock_replace(rig->fd, stdev, table));
	HOLDS(!trigger(&two->first, 1));
	HOLDS(!rig_trigger_fault(rig->fd, two->dev, 0, 2));
}

static void read_first(struct uiommufd_run *run, void *state)
{
	struct two_queues *two = state;
	struct iommu_hwpt_pgfault record;

	WANT(rig_read(two->first.fd, &record, RECORD), RECORD);
	check_record(run, &two->first, &record, 1);
	WANT(answer(&two->first, record.cookie, 0), RESPONSE);
}

static void read_second(struct uiommufd_run *run, void *state)
{
	struct two_queues *two = state;
	struct iommu_hwpt_page_response response = { 0 };
	struct iommu_hwpt_pgfault record;

	WANT(rig_read(two->fd, &record, RECORD), RECORD);
	HOLDS_IF_WELL(record.dev_id == two->dev && record.grpid == 2);
	response.cookie = record.cookie;
	WANT(rig_write(two->fd, &response, sizeof(response)), RESPONSE);
}

static const struct uiommufd_scenario read_both = {
	.name = "fault-read-two",
	.summary = "two queues are read at the same time",
	.setup = setup_two,
	.thread = { read_first, read_second },
	.thread_name = { "first", "second" },
	.state_bytes = sizeof(struct two_queues),
};

static void close_queue(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	uiommufd_close(faults->fd);
}

static void read_late(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct iommu_hwpt_pgfault record;

	WANT_OF(rig_read(faults->fd, &record, RECORD), 0, RECORD, -EBADF);
}

static const struct uiommufd_scenario close_race = {
	.name = "fault-close",
	.summary = "the queue's file is closed under report and read",
	.setup = setup_attached,
	.thread = { report, close_queue, read_late },
	.state_bytes = sizeof(struct faults),
};

static void setup_bare(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	rig_begin(run, &faults->rig);
	HOLDS(!rig_fault(faults->rig.fd, &faults->rig.fault, &faults->fd));
}

static void destroy_queue(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;

	WANT_ONE(rig_destroy(faults->rig.fd, faults->rig.fault), 0, -EBUSY);
}

static void make_table(struct uiommufd_run *run, void *state)
{
	struct faults *faults = state;
	struct rig *rig = &faults->rig;
	uint32_t table;

	WANT_ONE(rig_hwpt_fault(rig->fd, rig->dev, rig->ioas, 0, rig->fault,
				&table), 0, -ENOENT);
}

static const struct uiommufd_scenario end_race = {
	.name = "fault-end",
	.summary = "file and queue end while a page table wants the queue",
	.setup = setup_bare,
	.thread = { close_queue, destroy_queue, make_table },
	.state_bytes = sizeof(struct faults),
};

const struct uiommufd_scenario *const scenarios_fault[] = {
	&making, &reading, &answering, &moving, &replace_race, &swap_race,
	&read_race,
	&report_read, &read_both, &close_race, &end_race, NULL
};
