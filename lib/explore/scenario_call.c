// SPDX-License-Identifier: MIT
/*
 * How structures get in and out: sizes, tails, pages that end.
 *
 * Facts: a structure that is too short is refused, one that is longer must end
 * in zeros; not more is written back than the caller has; the caller's bytes
 * are those of one moment.
 */
#include <linux/vfio.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

struct calls {
	struct rig rig;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct calls *calls = state;

	rig_begin(run, &calls->rig);
}

/* Every command: its number, and how much of it a caller must have. */
static const struct { unsigned long request; uint32_t min, full; } command[] = {
	{ IOMMU_DESTROY, 8, 8 },
	{ IOMMU_IOAS_ALLOC, 12, 12 },
	{ IOMMU_IOAS_ALLOW_IOVAS, 24, 24 },
	{ IOMMU_IOAS_COPY, 40, 40 },
	{ IOMMU_IOAS_IOVA_RANGES, 32, 32 },
	{ IOMMU_IOAS_MAP, 40, 40 },
	{ IOMMU_IOAS_UNMAP, 24, 24 },
	{ IOMMU_OPTION, 24, 24 },
	{ IOMMU_VFIO_IOAS, 12, 12 },
	{ IOMMU_HWPT_ALLOC, 24, 48 },
	{ IOMMU_GET_HW_INFO, 32, 40 },
	{ IOMMU_HWPT_SET_DIRTY_TRACKING, 16, 16 },
	{ IOMMU_HWPT_GET_DIRTY_BITMAP, 48, 48 },
	{ IOMMU_HWPT_INVALIDATE, 32, 32 },
	{ IOMMU_FAULT_QUEUE_ALLOC, 16, 16 },
	{ IOMMU_IOAS_MAP_FILE, 40, 40 },
	{ IOMMU_VIOMMU_ALLOC, 24, 40 },
	{ IOMMU_VDEVICE_ALLOC, 24, 24 },
	{ IOMMU_IOAS_CHANGE_PROCESS, 8, 8 },
	{ IOMMU_VEVENTQ_ALLOC, 28, 32 },
	{ IOMMU_HW_QUEUE_ALLOC, 40, 40 },
	{ IOMMU_IOAS_NOIOMMU_GET_PA, 40, 40 },
	{ IOMMU_TEST_CMD, 68, 72 },
};

/* Words 1 and up are nonsense: no command can do anything with them. */
static void fill(uint32_t *words, size_t bytes, uint32_t size)
{
	memset(words, 0, bytes);
	words[0] = size;
	for (size_t i = 1; i < 6 && i < bytes / 4; i++)
		words[i] = 0xfffffff0;
}

static void sizes(struct uiommufd_run *run, void *state)
{
	struct calls *calls = state;
	int fd = calls->rig.fd;
	uint32_t words[40];

	for (size_t i = 0; i < sizeof(command) / sizeof(command[0]); i++) {
		const unsigned long request = command[i].request;
		const uint32_t full = command[i].full;
		uint32_t *edge;

		fill(words, sizeof(words), command[i].min - 1);
		WANT(rig_ioctl(fd, request, words), -EINVAL);
		WANT(rig_ioctl(fd, request, RIG_BAD), -EFAULT);
		WANT(rig_ioctl(fd, request, rig_edge(3)), -EFAULT);
		/* More than there is: the tail decides. */
		fill(words, sizeof(words), full + 8);
		words[full / 4 + 1] = 1;
		WANT(rig_ioctl(fd, request, words), -E2BIG);
		/* It says more than there is memory. */
		edge = rig_edge(full);
		fill(edge, full, full + 8);
		WANT(rig_ioctl(fd, request, edge), -EFAULT);
		edge = rig_edge(full - 4);
		fill(edge, full - 4, full);
		WANT(rig_ioctl(fd, request, edge), -EFAULT);
	}
	WANT(rig_ioctl(fd, IOMMU_IOAS_ALLOC + 0x40, words), -ENOTTY);
	WANT(rig_ioctl(fd, IOMMU_IOAS_ALLOC | 1u << 30, words), -ENOTTY);
	WANT(rig_ioctl(fd, _IO(';', 0x7f), words), -ENOTTY);
}

static const struct uiommufd_scenario size = {
	.name = "call-sizes",
	.summary = "every command in every size that is wrong",
	.setup = setup,
	.thread = { sizes },
	.state_bytes = sizeof(struct calls),
};

/* A command with one word set that must be 0. */
#define REFUSED(type, request, member, value) \
	do { \
		struct type cmd_ = { .size = sizeof(cmd_), member = (value) }; \
		\
		WANT(rig_ioctl(fd, request, &cmd_), -EOPNOTSUPP); \
	} while (0)

static void words(struct uiommufd_run *run, void *state)
{
	const struct calls *calls = state;
	int fd = calls->rig.fd;

	REFUSED(iommu_ioas_alloc, IOMMU_IOAS_ALLOC, .flags, 1);
	REFUSED(iommu_ioas_iova_ranges, IOMMU_IOAS_IOVA_RANGES, .__reserved, 1);
	REFUSED(iommu_ioas_allow_iovas, IOMMU_IOAS_ALLOW_IOVAS, .__reserved, 1);
	REFUSED(iommu_ioas_map, IOMMU_IOAS_MAP, .flags, 8);
	REFUSED(iommu_ioas_map, IOMMU_IOAS_MAP, .__reserved, 1);
	REFUSED(iommu_ioas_map_file, IOMMU_IOAS_MAP_FILE, .flags, 8);
	REFUSED(iommu_ioas_copy, IOMMU_IOAS_COPY, .flags, 8);
	REFUSED(iommu_option, IOMMU_OPTION, .__reserved, 1);
	REFUSED(iommu_vfio_ioas, IOMMU_VFIO_IOAS, .__reserved, 1);
	REFUSED(iommu_hwpt_alloc, IOMMU_HWPT_ALLOC, .__reserved, 1);
	REFUSED(iommu_hw_info, IOMMU_GET_HW_INFO, .flags, 2);
	REFUSED(iommu_hw_info, IOMMU_GET_HW_INFO, .__reserved[2], 1);
	REFUSED(iommu_hwpt_set_dirty_tracking, IOMMU_HWPT_SET_DIRTY_TRACKING,
		.flags, 2);
	REFUSED(iommu_hwpt_get_dirty_bitmap, IOMMU_HWPT_GET_DIRTY_BITMAP,
		.flags, 2);
	REFUSED(iommu_hwpt_get_dirty_bitmap, IOMMU_HWPT_GET_DIRTY_BITMAP,
		.__reserved, 1);
	REFUSED(iommu_hwpt_invalidate, IOMMU_HWPT_INVALIDATE, .__reserved, 1);
	REFUSED(iommu_fault_alloc, IOMMU_FAULT_QUEUE_ALLOC, .flags, 1);
	REFUSED(iommu_viommu_alloc, IOMMU_VIOMMU_ALLOC, .flags, 1);
	REFUSED(iommu_veventq_alloc, IOMMU_VEVENTQ_ALLOC, .flags, 1);
	REFUSED(iommu_veventq_alloc, IOMMU_VEVENTQ_ALLOC, .type, 0);
	REFUSED(iommu_hw_queue_alloc, IOMMU_HW_QUEUE_ALLOC, .flags, 1);
	REFUSED(iommu_ioas_change_process, IOMMU_IOAS_CHANGE_PROCESS,
		.__reserved, 1);
	REFUSED(iommu_test_cmd, IOMMU_TEST_CMD, .op, 9999);
}

static void more_words(struct uiommufd_run *run, void *state)
{
	const struct calls *calls = state;
	int fd = calls->rig.fd;
	struct iommu_veventq_alloc veventq = {
		.size = sizeof(veventq), .type = IOMMU_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = 1, .__reserved = 1,
	};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt), .flags = 1u << 20,
		.dev_id = calls->rig.dev, .pt_id = calls->rig.ioas,
	};

	words(run, state);
	WANT(rig_ioctl(fd, IOMMU_VEVENTQ_ALLOC, &veventq), -EOPNOTSUPP);
	WANT(rig_ioctl(fd, IOMMU_HWPT_ALLOC, &hwpt), -EOPNOTSUPP);
}

static const struct uiommufd_scenario zeroes = {
	.name = "call-words",
	.summary = "words that must be 0 are not",
	.setup = setup,
	.thread = { more_words },
	.state_bytes = sizeof(struct calls),
};

/* What comes back, and what must stay as it was. */
static void replies(struct uiommufd_run *run, void *state)
{
	struct calls *calls = state;
	struct rig *rig = &calls->rig;
	uint64_t info[4];
	struct iommu_hw_info hw = {
		.size = 32, .dev_id = rig->dev, .data_len = 32,
		.data_uptr = (uintptr_t)info, .out_capabilities = 0xee,
	};
	struct iommu_test_cmd *test = rig_edge(sizeof(*test));
	struct iommu_ioas_alloc *alloc = rig_edge(sizeof(*alloc));
	struct iommu_hwpt_alloc old = {
		.size = offsetof(struct iommu_hwpt_alloc, data_type),
		.dev_id = rig->dev, .pt_id = rig->ioas,
		.data_type = 7, .data_len = 8,
	};
	struct { struct iommu_ioas_alloc cmd; uint32_t after; } longer = {
		.cmd = { .size = sizeof(longer) },
	};

	/* From before there was more: what is not given is 0, not what was there. */
	WANT(rig_ioctl(rig->fd, IOMMU_HWPT_ALLOC, &old), 0);
	WANT(rig_destroy(rig->fd, old.out_hwpt_id), 0);
	memset(info, 0xee, sizeof(info));
	WANT(rig_ioctl(rig->fd, IOMMU_GET_HW_INFO, &hw), 0);
	HOLDS(hw.out_capabilities == 0xee);
	HOLDS_IF_WELL(hw.data_len == sizeof(struct iommu_test_hw_info));
	HOLDS_IF_WELL(info[0] == (uint64_t)IOMMU_HW_INFO_SELFTEST_REGVAL << 32);
	/* The rest of the room is cleared. */
	HOLDS_IF_WELL(!info[1] && !info[3]);
	hw.size = sizeof(hw);
	hw.data_len = 4;
	info[0] = ~0ull;
	WANT(rig_ioctl(rig->fd, IOMMU_GET_HW_INFO, &hw), 0);
	HOLDS_IF_WELL(hw.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING);
	HOLDS(info[0] >> 32 == UINT32_MAX);
	hw.data_len = 8;
	hw.data_uptr = (uintptr_t)RIG_BAD;
	WANT(rig_ioctl(rig->fd, IOMMU_GET_HW_INFO, &hw), -EFAULT);
	hw.flags = 2;
	WANT(rig_ioctl(rig->fd, IOMMU_GET_HW_INFO, &hw), -EOPNOTSUPP);
	WANT(rig_ioctl(rig->fd, IOMMU_IOAS_ALLOC, &longer), 0);
	HOLDS_IF_WELL(longer.cmd.out_ioas_id && !longer.after);
	/* At the very end of memory. */
	*alloc = (struct iommu_ioas_alloc){ .size = sizeof(*alloc) };
	WANT(rig_ioctl(rig->fd, IOMMU_IOAS_ALLOC, alloc), 0);
	HOLDS_IF_WELL(alloc->out_ioas_id == longer.cmd.out_ioas_id + 1);
	*test = (struct iommu_test_cmd){
		.size = sizeof(*test), .op = IOMMU_TEST_OP_MOCK_DOMAIN,
		.id = longer.cmd.out_ioas_id,
	};
	WANT(rig_ioctl(rig->fd, IOMMU_TEST_CMD, test), 0);
	HOLDS_IF_WELL(test->mock_domain.out_idev_id &&
		      test->mock_domain.out_hwpt_id);
	WANT(rig_destroy(rig->fd, test->mock_domain.out_stdev_id), 0);
}

static const struct uiommufd_scenario reply = {
	.name = "call-replies",
	.summary = "what commands write back and what they leave alone",
	.setup = setup,
	.thread = { replies },
	.state_bytes = sizeof(struct calls),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_DRIVER,
};

/* An answer that cannot be stored has done nothing. */
static void read_only(struct uiommufd_run *run, void *state)
{
	struct calls *calls = state;
	struct rig *rig = &calls->rig;
	uint8_t *page = rig_read_only();
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	uint32_t id;

	HOLDS(!mprotect(page, RIG_PAGE, PROT_READ | PROT_WRITE));
	memcpy(page, &alloc, sizeof(alloc));
	HOLDS(!mprotect(page, RIG_PAGE, PROT_READ));
	WANT(rig_ioas(rig->fd, &id), 0);
	WANT(rig_ioctl(rig->fd, IOMMU_IOAS_ALLOC, page), -EFAULT);
	WANT(rig_destroy(rig->fd, id + 1), -ENOENT);
}

static const struct uiommufd_scenario no_reply = {
	.name = "call-no-reply",
	.summary = "an answer that cannot be stored",
	.setup = setup,
	.thread = { read_only },
	.state_bytes = sizeof(struct calls),
	.flags = SCENARIO_FROM_START,	/* a page's rights */
};

const struct uiommufd_scenario *const scenarios_call[] = {
	&size, &zeroes, &reply, &no_reply, NULL
};
