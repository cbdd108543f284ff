// SPDX-License-Identifier: MIT
/*
 * Calls whose failures a client sees elsewhere than in the graph: in what is
 * written back to it, in a cache, in what it can read next.
 */
#include "sweep.h"

#include "support/mock.h"

static int test_op(struct sweep *s, struct iommu_test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	return mock_call(s->fd, IOMMU_TEST_CMD, cmd);
}

/* ---- HWPT_INVALIDATE: entry_num says how many entries were done ---- */

/* What was told and what was done, of two entries. */
#define TOLD(entry_num, done) ((entry_num) * 4 + (done))
#define NOT_BEGUN TOLD(2, 0)	/* not even the command was read */
#define NONE_DONE TOLD(0, 0)
#define FIRST_DONE TOLD(1, 1)
#define FIRST_NOT_TOLD TOLD(2, 1)	/* the second failed, and the reply */
#define NOT_TOLD TOLD(2, 3)	/* all done, the reply lost */

static int with_nested(struct sweep *s)
{
	return sweep_with_device_map(s) ?:
	       mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			 IOMMU_HWPT_ALLOC_NEST_PARENT, &s->id[SWEEP_PARENT]) ?:
	       mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_PARENT],
			   &s->id[SWEEP_NESTED]);
}

static int with_vdevice(struct sweep *s)
{
	return sweep_with_viommu(s) ?:
	       mock_vdevice(s->fd, s->id[SWEEP_VIOMMU], s->id[SWEEP_IDEV],
			    0x99, &s->id[SWEEP_VDEV]);
}

/* The command lives in the row's memory, for the look at it. */
static int invalidate(struct sweep *s, uint32_t hwpt, uint32_t type,
		      const void *entries, uint32_t entry_bytes)
{
	struct iommu_hwpt_invalidate *cmd = (void *)s->scratch;

	*cmd = (struct iommu_hwpt_invalidate){
		.size = sizeof(*cmd),
		.hwpt_id = hwpt,
		.data_type = type,
		.data_uptr = (uintptr_t)entries,
		.entry_len = entry_bytes,
		.entry_num = 2,
	};
	return mock_call(s->fd, IOMMU_HWPT_INVALIDATE, cmd);
}

static int act_invalidate_nested(struct sweep *s)
{
	const struct iommu_hwpt_invalidate_selftest entries[2] = {
		{ .iotlb_id = 0 }, { .iotlb_id = 1 },
	};

	return invalidate(s, s->id[SWEEP_NESTED],
			  IOMMU_HWPT_INVALIDATE_DATA_SELFTEST, entries,
			  sizeof(entries[0]));
}

static int act_invalidate_viommu(struct sweep *s)
{
	const struct iommu_viommu_invalidate_selftest entries[2] = {
		{ .vdev_id = 0x99, .cache_id = 0 },
		{ .vdev_id = 0x99, .cache_id = 1 },
	};

	return invalidate(s, s->id[SWEEP_VIOMMU],
			  IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST, entries,
			  sizeof(entries[0]));
}

static unsigned int told(const struct sweep *s, unsigned int done)
{
	const struct iommu_hwpt_invalidate *cmd = (void *)s->scratch;

	return TOLD(cmd->entry_num, done);
}

static unsigned int look_at_iotlb(struct sweep *s)
{
	unsigned int done = 0;

	for (uint32_t i = 0; i < 2; i++) {
		struct iommu_test_cmd cmd = {
			.op = IOMMU_TEST_OP_MD_CHECK_IOTLB,
			.id = s->id[SWEEP_NESTED],
			.check_iotlb = { .id = i, .iotlb = 0 },
		};

		done |= !test_op(s, &cmd) << i;
	}
	return told(s, done);
}

static unsigned int look_at_device_cache(struct sweep *s)
{
	unsigned int done = 0;

	for (uint32_t i = 0; i < 2; i++) {
		struct iommu_test_cmd cmd = {
			.op = IOMMU_TEST_OP_DEV_CHECK_CACHE,
			.id = s->id[SWEEP_IDEV],
			.check_dev_cache = { .id = i, .cache = 0 },
		};

		done |= !test_op(s, &cmd) << i;
	}
	return told(s, done);
}

/* ---- OPTION: the context's mode ---- */

static int limit_mode(struct sweep *s, uint16_t op, uint64_t *mode)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = op,
		.val64 = *mode,
	};
	int ret = mock_call(s->fd, IOMMU_OPTION, &cmd);

	*mode = cmd.val64;
	return ret;
}

static int act_set_mode(struct sweep *s)
{
	uint64_t by_process = 1;

	return limit_mode(s, IOMMU_OPTION_OP_SET, &by_process);
}

static unsigned int look_at_mode(struct sweep *s)
{
	uint64_t mode = 0;

	return limit_mode(s, IOMMU_OPTION_OP_GET, &mode) ? 31 : mode;
}

/* ---- reading events: one that could not be delivered stays the next ---- */

#define READ_BYTES (sizeof(struct iommufd_vevent_header) + \
		    sizeof(struct iommu_viommu_event_selftest))

enum { EVENT_LOST, EVENT_THERE };

static int trigger_vevent(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_TRIGGER_VEVENT,
		.trigger_vevent = { .dev_id = s->id[SWEEP_IDEV] },
	};

	return test_op(s, &cmd);
}

/* Events of a device reach the vIOMMU through its nested table. */
static int attach_nested(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
		.id = s->id[SWEEP_STDEV],
	};
	int ret = mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_VIOMMU],
			      &s->id[SWEEP_NESTED]);

	cmd.mock_domain_replace.pt_id = s->id[SWEEP_NESTED];
	return ret ?: test_op(s, &cmd);
}

static int with_vevents(struct sweep *s)
{
	return with_vdevice(s) ?: attach_nested(s) ?:
	       mock_veventq(s->fd, s->id[SWEEP_VIOMMU], &s->id[SWEEP_EVENTQ],
			    &s->event_fd) ?:
	       trigger_vevent(s) ?: trigger_vevent(s);
}

static int act_read_vevent(struct sweep *s)
{
	return uiommufd_read(s->event_fd, s->scratch, READ_BYTES) < 0 ? errno :
									 0;
}

/* Both are still there, in their order, nothing said to be lost. */
static unsigned int look_at_vevents(struct sweep *s)
{
	for (uint32_t sequence = 0; sequence < 2; sequence++) {
		struct {
			struct iommufd_vevent_header header;
			struct iommu_viommu_event_selftest event;
		} got;

		if (uiommufd_read(s->event_fd, &got, READ_BYTES) !=
			    READ_BYTES ||
		    got.header.flags || got.header.sequence != sequence ||
		    got.event.virt_id != 0x99)
			return EVENT_LOST;
	}
	return EVENT_THERE;
}

const struct sweep_row sweep_told_rows[] = {
	{ "HWPT_INVALIDATE nested, two entries", with_nested,
	  act_invalidate_nested, NULL, .look = look_at_iotlb,
	  .seen = 1 << NOT_BEGUN | 1 << NONE_DONE | 1 << FIRST_DONE |
		  1 << FIRST_NOT_TOLD | 1 << NOT_TOLD },
	/* All its entries are copied before the first is looked at. */
	{ "HWPT_INVALIDATE, two entries", with_vdevice, act_invalidate_viommu,
	  NULL, .look = look_at_device_cache,
	  .seen = 1 << NOT_BEGUN | 1 << NONE_DONE | 1 << NOT_TOLD },
	/* An option whose reply faults stays changed. */
	{ "OPTION set limit mode", NULL, act_set_mode, NULL,
	  .look = look_at_mode, .seen = 1 << 0 | 1 << 1 },
	{ "read a vEVENT", with_vevents, act_read_vevent, NULL,
	  .look = look_at_vevents, .seen = 1 << EVENT_THERE },
	{}
};
