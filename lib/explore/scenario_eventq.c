// SPDX-License-Identifier: MIT
/*
 * Event queues of a vIOMMU: what is reported, read, lost.
 *
 * Facts: each report consumes a sequence number; what cannot be stored shows as
 * one lost-events record at the end; an event is delivered whole or stays; no
 * byte that was not set leaves, none is written beyond the reader's buffer.
 */
#include "explore/rig.h"
#include "explore/scenarios.h"

#define VIRT_ID 7
#define HEADER sizeof(struct iommufd_vevent_header)
#define EVENT (HEADER + sizeof(struct iommu_viommu_event_selftest))

struct events {
	struct rig rig;
	uint32_t nested;
	uint32_t queue;
	int fd;				/* of the queue */
	unsigned int reported;
	unsigned int got;
	unsigned int seen;		/* mask of sequence numbers */
};

struct record {
	struct iommufd_vevent_header header;
	uint32_t virt_id;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;

	rig_begin_viommu(run, rig);
	HOLDS(!rig_vdevice(rig->fd, rig->viommu, rig->dev, VIRT_ID,
			   &rig->vdevice));
	HOLDS(!rig_nested(rig->fd, rig->dev, rig->viommu, &events->nested));
	HOLDS(!rig_mock_replace(rig->fd, rig->stdev, events->nested));
}

static void setup_queue(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	setup(run, state);
	HOLDS(!rig_veventq(events->rig.fd, events->rig.viommu, 2,
			   &events->queue, &events->fd));
}

/* ---- making ---- */

static void depths(struct uiommufd_run *run, void *state)
{
	static const struct { uint32_t depth; int result; } row[] = {
		{ 0, -EINVAL }, { (1u << 19) + 1, -EINVAL },
		{ UINT32_MAX, -EINVAL }, { 1u << 19, 0 }, { 1, 0 },
	};
	struct events *events = state;
	struct rig *rig = &events->rig;
	uint32_t other;
	int fd;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		WANT(rig_veventq(rig->fd, rig->viommu, row[i].depth,
				 &events->queue, &events->fd), row[i].result);
		if (row[i].result)
			continue;
		WANT(rig_veventq(rig->fd, rig->viommu, 1, &other, &fd),
		     -EEXIST);
		/* The file holds it, and it the vIOMMU. */
		WANT(rig_destroy(rig->fd, events->queue), -EBUSY);
		WANT(rig_destroy(rig->fd, rig->viommu), -EBUSY);
		HOLDS(!uiommufd_close(events->fd));
		WANT(rig_destroy(rig->fd, events->queue), 0);
	}
	WANT(rig_veventq(rig->fd, rig->parent, 1, &other, &fd), -ENOENT);
	WANT(rig_trigger_event(rig->fd, rig->dev), -EOPNOTSUPP);
}

static const struct uiommufd_scenario making = {
	.name = "eventq",
	.summary = "an event queue is made, each step may fail",
	.setup = setup,
	.thread = { depths },
	.state_bytes = sizeof(struct events),
	.failures = RIG_FAIL_ANY,
};

/* ---- reading ---- */

static void check_record(struct uiommufd_run *run, const struct record *record,
			 uint32_t sequence)
{
	HOLDS_IF_WELL(record->header.flags == 0);
	HOLDS_IF_WELL(record->header.sequence == sequence);
	HOLDS_IF_WELL(record->virt_id == VIRT_ID);
}

static void sizes(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;
	uint8_t room[2 * EVENT + 8];
	struct record record;
	uint8_t *edge = rig_edge(EVENT - 2);

	WANT(rig_read(events->fd, room, 0), -EINVAL);
	WANT(rig_read(events->fd, room, HEADER), 0);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_read(events->fd, room, HEADER - 1), -EINVAL);
	WANT(rig_read(events->fd, room, HEADER), -EINVAL);
	/* One byte too few: nothing is delivered, nor written beyond. */
	memset(room, 0xee, sizeof(room));
	WANT(rig_read(events->fd, room, EVENT - 1), -EINVAL);
	HOLDS(room[EVENT - 1] == 0xee);
	/* The data do not fit: the header alone is nothing. */
	WANT(rig_read(events->fd, edge, EVENT), -EFAULT);
	WANT(rig_readable(events->fd), 1);
	WANT(rig_read(events->fd, &record, sizeof(record)), EVENT);
	check_record(run, &record, 0);
	WANT(rig_readable(events->fd), 0);
	/* Two events, room for one and a half. */
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	memset(room, 0xee, sizeof(room));
	WANT(rig_read(events->fd, room, EVENT + HEADER), EVENT);
	HOLDS(room[EVENT] == 0xee);
	WANT(rig_read(events->fd, room, sizeof(room)), EVENT);
	memcpy(&record, room, sizeof(record));
	check_record(run, &record, 2);
}

static const struct uiommufd_scenario reading = {
	.name = "eventq-read",
	.summary = "reads of every size, each step may fail",
	.setup = setup_queue,
	.thread = { sizes },
	.state_bytes = sizeof(struct events),
	.failures = UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_OP,
};

/* ---- losing ---- */

static uint64_t bytes_in_use(struct uiommufd_run *run)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(uiommufd_run_platform(run), &audit);
	return audit.block_bytes;
}

static void overflow(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;
	struct record record[4];
	uint64_t before;

	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	before = bytes_in_use(run);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	/* Full: what is lost costs nothing. */
	HOLDS_IF_WELL(bytes_in_use(run) == before);
	WANT(rig_read(events->fd, record, sizeof(record)), 2 * EVENT + HEADER);
	check_record(run, &record[0], 0);
	check_record(run, &record[1], 1);
	HOLDS_IF_WELL(record[2].header.flags == IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	HOLDS_IF_WELL(record[2].header.sequence == 3);
	WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_read(events->fd, record, sizeof(record)), EVENT);
	check_record(run, &record[0], 4);
	WANT(rig_read(events->fd, record, sizeof(record)), 0);
}

static const struct uiommufd_scenario losing = {
	.name = "eventq-full",
	.summary = "more events than the queue holds, each step may fail",
	.setup = setup_queue,
	.thread = { overflow },
	.state_bytes = sizeof(struct events),
	.failures = RIG_FAIL_ANY,
};

static void lost_first(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;
	struct record record[4];

	for (int i = 0; i < 3; i++)
		WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_read(events->fd, record, 2 * EVENT), 2 * EVENT);
	/* The lost-events record is put back and is still one. */
	WANT(rig_read(events->fd, RIG_BAD, HEADER), -EFAULT);
	WANT(rig_readable(events->fd), 1);
	WANT(rig_read(events->fd, record, HEADER), HEADER);
	HOLDS_IF_WELL(record[0].header.flags == IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	HOLDS_IF_WELL(record[0].header.sequence == 2);
	WANT(rig_read(events->fd, record, sizeof(record)), 0);
	/* Events put back are not counted twice. */
	for (int i = 0; i < 2; i++)
		WANT(rig_trigger_event(rig->fd, rig->dev), 0);
	WANT(rig_read(events->fd, RIG_BAD, sizeof(record)), -EFAULT);
	WANT(rig_read(events->fd, record, sizeof(record)), 2 * EVENT);
	check_record(run, &record[0], 3);
	check_record(run, &record[1], 4);
}

static const struct uiommufd_scenario put_back = {
	.name = "eventq-put-back",
	.summary = "a lost-events record that cannot be copied out",
	.setup = setup_queue,
	.thread = { lost_first },
	.state_bytes = sizeof(struct events),
};

/* ---- races ---- */

static void report(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	int ret = rig_trigger_event(events->rig.fd, events->rig.dev);

	WANT_ONE(ret, 0, -EOPNOTSUPP);
	rig_count(&events->reported, !ret);
}

static void read_all(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct record record[2];
	long got = rig_read(events->fd, record, sizeof(record));

	WANT_OF(got, 0, EVENT, 2 * EVENT);
	events->got += got / EVENT;
	if (got)
		HOLDS(!record[0].header.flags && record[0].virt_id == VIRT_ID);
}

static void check_all_read(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	if (uiommufd_run_failures(run))
		return;
	read_all(run, state);
	HOLDS(events->got == events->reported);
}

static const struct uiommufd_scenario report_read = {
	.name = "eventq-report-read",
	.summary = "two report, one reads",
	.setup = setup_queue,
	.thread = { report, read_all, report },
	.thread_name = { "report", "read", "report" },
	.check = check_all_read,
	.state_bytes = sizeof(struct events),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

static void end_queue(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	uiommufd_close(events->fd);
	WANT_ONE(rig_destroy(events->rig.fd, events->queue), 0, -EBUSY);
}

static void read_late(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct record record[2];

	WANT_OF(rig_read(events->fd, record, sizeof(record)), 0, EVENT, -EBADF);
}

static void leave(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;

	WANT(rig_mock_replace(rig->fd, rig->stdev, rig->parent), 0);
	WANT(rig_destroy(rig->fd, events->nested), 0);
	WANT(rig_destroy(rig->fd, rig->vdevice), 0);
}

static void report_late(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	WANT_ONE(rig_trigger_event(events->rig.fd, events->rig.dev), 0, -ENOENT);
}

static const struct uiommufd_scenario report_leave = {
	.name = "eventq-report-leave",
	.summary = "an event is reported while its device leaves the guest",
	.setup = setup_queue,
	.thread = { report_late, leave },
	.state_bytes = sizeof(struct events),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

static void setup_full(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	setup_queue(run, state);
	for (int i = 0; i < 2; i++) {
		HOLDS(!rig_trigger_event(events->rig.fd, events->rig.dev));
		events->reported++;
	}
}

/* Nothing, while the other one holds what will not fit into its buffer. */
static void read_one(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct record record;
	long got = rig_read(events->fd, &record, sizeof(record));
	unsigned int seen;

	WANT_ONE(got, EVENT, 0);
	if (!got)
		return;
	HOLDS(!record.header.flags && record.virt_id == VIRT_ID);
	seen = __atomic_fetch_or(&events->seen, 1u << record.header.sequence,
				 __ATOMIC_RELAXED);
	HOLDS(!(seen & 1u << record.header.sequence));
}

static void check_both(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	while (!uiommufd_run_failures(run) && events->seen != 3) {
		unsigned int before = events->seen;

		read_one(run, state);
		HOLDS(events->seen != before);
	}
}

static const struct uiommufd_scenario read_two = {
	.name = "eventq-read-two",
	.summary = "two readers have different events",
	.setup = setup_full,
	.thread = { read_one, read_one },
	.check = check_both,
	.state_bytes = sizeof(struct events),
	.failures = UIOMMUFD_FAIL_COPY,
};

/* A full queue that has lost one. */
static void setup_lost(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	setup_full(run, state);
	HOLDS(!rig_trigger_event(events->rig.fd, events->rig.dev));
}

/* Numbers rise; events and losses together, whoever reads them. */
static void check_rising(struct uiommufd_run *run, struct events *events,
			 const uint8_t *bytes, long got)
{
	struct iommufd_vevent_header header;

	for (long at = 0; at < got; at += header.flags ? HEADER : EVENT) {
		memcpy(&header, bytes + at, sizeof(header));
		HOLDS(header.sequence >= events->seen);
		events->seen = header.sequence + 1;
		events->got += !header.flags;
	}
}

static void read_what_is_there(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	uint8_t room[6 * EVENT];
	long got = rig_read(events->fd, room, sizeof(room));

	if (got < 0)
		HOLDS_IF_WELL(!got);
	else
		check_rising(run, events, room, got);
}

static void report_three(struct uiommufd_run *run, void *state)
{
	for (int i = 0; i < 3; i++)
		report(run, state);
}

static const struct uiommufd_scenario read_lost = {
	.name = "eventq-read-lost",
	.summary = "a queue that has lost events is read while it loses more",
	.setup = setup_lost,
	.thread = { read_what_is_there, report_three },
	.check = read_what_is_there,
	.state_bytes = sizeof(struct events),
};

static void read_badly(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	WANT(rig_read(events->fd, RIG_BAD, EVENT), -EFAULT);
}

/* One was lost, and those before it have been read. */
static void setup_only_lost(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct record record[2];

	setup_lost(run, state);
	HOLDS(rig_read(events->fd, record, 2 * EVENT) == 2 * EVENT);
}

/* Of a loss before an event the event's number tells. */
static void check_only_event(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct record record[2];

	WANT(rig_read(events->fd, record, sizeof(record)), EVENT);
	check_record(run, &record[0], 3);
}

static const struct uiommufd_scenario put_back_late = {
	.name = "eventq-put-back-late",
	.summary = "the record of a loss cannot be read while an event comes",
	.setup = setup_only_lost,
	.thread = { read_badly, report },
	.check = check_only_event,
	.state_bytes = sizeof(struct events),
};

static void poll_it(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	WANT_ONE(rig_readable(events->fd), 0, 1);
}

/* What is being read still takes room. */
static void check_depth(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	if (uiommufd_run_failures(run))
		return;
	read_what_is_there(run, state);
	HOLDS(events->got == 2 && events->seen == 3);
}

static const struct uiommufd_scenario read_full = {
	.name = "eventq-read-full",
	.summary = "a full queue cannot be read, is polled and gets more",
	.setup = setup_full,
	.thread = { read_badly, report, poll_it },
	.check = check_depth,
	.state_bytes = sizeof(struct events),
};

static const struct uiommufd_scenario report_destroy = {
	.name = "eventq-report-destroy",
	.summary = "events are reported and read while the queue ends",
	.setup = setup_queue,
	.thread = { report, end_queue, read_late },
	.state_bytes = sizeof(struct events),
};

static void make_queue(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	uint32_t id;
	int fd;

	WANT_ONE(rig_veventq(events->rig.fd, events->rig.viommu, 2, &id, &fd),
		 0, -EEXIST);
}

static const struct uiommufd_scenario make_two = {
	.name = "eventq-make-two",
	.summary = "two threads make the queue that a report wants",
	.setup = setup,
	.thread = { make_queue, report, make_queue },
	.state_bytes = sizeof(struct events),
	.failures = UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_OP,
};

static void setup_bare(struct uiommufd_run *run, void *state)
{
	struct events *events = state;
	struct rig *rig = &events->rig;

	rig_begin_viommu(run, rig);
	HOLDS(!rig_veventq(rig->fd, rig->viommu, 2, &events->queue,
			   &events->fd));
}

static void close_queue(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	uiommufd_close(events->fd);
}

static void destroy_queue(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	WANT_ONE(rig_destroy(events->rig.fd, events->queue), 0, -EBUSY);
}

static void destroy_viommu(struct uiommufd_run *run, void *state)
{
	struct events *events = state;

	WANT_ONE(rig_destroy(events->rig.fd, events->rig.viommu), 0, -EBUSY);
}

static const struct uiommufd_scenario end_all = {
	.name = "eventq-end",
	.summary = "file, queue and vIOMMU end at the same time",
	.setup = setup_bare,
	.thread = { close_queue, destroy_queue, destroy_viommu },
	.state_bytes = sizeof(struct events),
};

const struct uiommufd_scenario *const scenarios_eventq[] = {
	&making, &reading, &losing, &put_back, &report_read, &report_leave,
	&read_two, &read_lost, &read_full, &put_back_late, &report_destroy,
	&make_two, &end_all, NULL
};
