// SPDX-License-Identifier: MIT
/*
 * Guests on an SMMUv3: which devices, which commands, which events.
 *
 * Facts: a guest's stream is one physical stream; a command carries known
 * fields and nothing else; what was done before a bad one is told.
 */
#include <uik/log.h>
#include <uiommufd/vcmdq.h>

#include "explore/rig_arm.h"
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define SMMU IOMMU_VIOMMU_TYPE_ARM_SMMUV3
#define TEGRA IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV

static void setup(struct uiommufd_run *run, void *state)
{
	arm_begin(run, state);
}

static void setup_guest(struct uiommufd_run *run, void *state)
{
	arm_begin_guest(run, state, SMMU);
}

/* ---- streams ---- */

static void two_streams(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->streams_per_device = 2;
}

static void refuse(struct uiommufd_run *run, struct arm *arm, uint32_t type)
{
	WANT(arm_viommu(arm, type), 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, arm->dev, ARM_VSID,
			 &arm->vdevice), -EOPNOTSUPP);
	WANT(rig_destroy(arm->fd, arm->viommu), 0);
}

static void refuse_plain(struct uiommufd_run *run, void *state)
{
	refuse(run, state, SMMU);
}

static void refuse_cmdqv(struct uiommufd_run *run, void *state)
{
	refuse(run, state, TEGRA);
}

static const struct uiommufd_scenario streams = {
	.name = "smmu-streams",
	.summary = "a device with two streams makes no vDEVICE",
	.kind = "smmuv3",
	.configure = two_streams,
	.setup = setup,
	.thread = { refuse_plain },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static const struct uiommufd_scenario streams_cmdqv = {
	.name = "cmdqv-streams",
	.summary = "nor does it where a CMDQV is",
	.kind = "tegra241",
	.configure = two_streams,
	.setup = setup,
	.thread = { refuse_cmdqv },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void no_streams(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->streams_per_device = 0;
}

static const struct uiommufd_scenario streams_none = {
	.name = "smmu-streams-none",
	.summary = "a device without a stream makes no vDEVICE either",
	.kind = "smmuv3",
	.configure = no_streams,
	.setup = setup,
	.thread = { refuse_plain },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static const struct uiommufd_scenario streams_none_cmdqv = {
	.name = "cmdqv-streams-none",
	.summary = "nor does it where a CMDQV is",
	.kind = "tegra241",
	.configure = no_streams,
	.setup = setup,
	.thread = { refuse_cmdqv },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* ---- what the driver tells ---- */

static int hw_info(const struct arm *arm, uint32_t type, void *room,
		   uint32_t *bytes)
{
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE,
		.dev_id = arm->dev,
		.data_len = *bytes,
		.data_uptr = (uintptr_t)room,
		.in_data_type = type,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_GET_HW_INFO, &cmd);

	*bytes = cmd.data_len;
	return ret;
}

static void infos(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	struct iommu_hw_info_arm_smmuv3 info;
	uint32_t bytes = sizeof(info);

	WANT(hw_info(arm, IOMMU_HW_INFO_TYPE_ARM_SMMUV3, &info, &bytes), 0);
	HOLDS_IF_WELL(bytes == sizeof(info));
	HOLDS_IF_WELL(!info.flags && !info.__reserved);
	/* IDR1.SIDSIZE and IDR1.CMDQS: what the machine was made with. */
	HOLDS_IF_WELL((info.idr[1] >> 21 & 31) == 8);
	WANT(hw_info(arm, 77, &info, &bytes), -EOPNOTSUPP);
}

static const struct uiommufd_scenario told_smmu = {
	.name = "smmu-info",
	.summary = "what an SMMU tells about itself, each step may fail",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { infos },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = RIG_FAIL_ANY,
};

static void infos_cmdqv(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	struct iommu_hw_info_tegra241_cmdqv info;
	uint32_t bytes = sizeof(info);

	WANT(hw_info(arm, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV, &info, &bytes), 0);
	HOLDS_IF_WELL(bytes == sizeof(info));
	HOLDS_IF_WELL(!info.flags && !info.__reserved);
	/* Of a VINTF: two queues, sixteen slots. */
	HOLDS_IF_WELL(info.log2vcmdqs == 1 && info.log2vsids == 4);
}

static const struct uiommufd_scenario told_cmdqv = {
	.name = "cmdqv-info",
	.summary = "what a CMDQV tells about itself, each step may fail",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup,
	.thread = { infos_cmdqv },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = RIG_FAIL_ANY,
};

/* ---- commands ---- */

static void commands(struct uiommufd_run *run, void *state)
{
	/* Good ones of every kind. */
	static const uint64_t good[][2] = {
		{ 0x10, 0 }, { 0x11 | 3ull << 48, 0 }, { 0x12, 0x1000 },
		{ 0x13, 0x1001 }, { 0x30, 0 },
		{ 0x12 | 3ull << 12, 0x1000 | 1 << 10 },
		{ 0x05 | (uint64_t)ARM_VSID << 32, 1 },
		{ 0x06 | (uint64_t)ARM_VSID << 32, 0 },
		{ 0x40 | (uint64_t)ARM_VSID << 32, 52 },
	};
	/* Bits that none of them has. */
	static const uint64_t bad[] = { 1ull << 8, 1ull << 10 };
	/* A range without granule, none with one, a block that 16K has not. */
	static const uint64_t no_range[][2] = {
		{ 0x12 | 3ull << 12, 0x1000 }, { 0x12, 0x1000 | 1 << 8 },
		{ 0x13, 0x1000 | 1 << 10 },
		{ 0x12 | 3ull << 12, 0x1000 | 2 << 10 | 1 << 8 },
	};
	struct arm *arm = state;
	uint32_t count;

	for (size_t i = 0; i < sizeof(no_range) / sizeof(no_range[0]); i++) {
		count = 1;
		WANT(arm_commands(arm, no_range[i], &count), -EIO);
		HOLDS_IF_WELL(count == 0);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t pair[3][2];

		count = 1;
		WANT(arm_commands(arm, good[i], &count), 0);
		HOLDS_IF_WELL(count == 1);
		for (int j = 0; j < 3; j++)
			memcpy(pair[j], good[i], sizeof(pair[j]));
		pair[1][0] |= bad[i % 2];
		count = 3;
		WANT(arm_commands(arm, pair, &count), -EIO);
		HOLDS_IF_WELL(count == 1);
		pair[1][0] = good[i][0];
		/* Bit 7 of the second word is nobody's. */
		pair[1][1] |= 1ull << 7;
		count = 3;
		WANT(arm_commands(arm, pair, &count), -EIO);
		HOLDS_IF_WELL(count == 1);
	}
	count = 1;
	WANT(arm_commands(arm, (uint64_t[2]){ 0x46, 0 }, &count), -EIO);
	/* 2^53 pages. */
	count = 1;
	WANT(arm_commands(arm, (uint64_t[2]){ good[8][0], 53 }, &count), -EIO);
	/* A stream that the guest does not have. */
	WANT(arm_commands(arm, (uint64_t[2]){ 0x06 | 9ull << 32, 0 },
			  &(uint32_t){ 1 }), -EIO);
	count = 1;
	WANT(arm_commands(arm, RIG_BAD, &count), -EFAULT);
	HOLDS_IF_WELL(count == 0);
}

static const struct uiommufd_scenario trapped = {
	.name = "smmu-commands",
	.summary = "a guest's commands with bits that they do not have",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_guest,
	.thread = { commands },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void copies(struct uiommufd_run *run, void *state)
{
	static const uint64_t good[2][2] = { { 0x11 | 3ull << 48, 0 },
					     { 0x30, 0 } };
	struct arm *arm = state;
	uint32_t count = 2;

	WANT_ONCE(arm_commands(arm, good, &count), 0);
}

static const struct uiommufd_scenario fetched = {
	.name = "smmu-commands-copy",
	.summary = "a guest's commands, each step may fail",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_guest,
	.thread = { copies },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ANY |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

/* What the hardware is told in the end. */
struct told {
	struct arm arm;
	unsigned int count;
	uint64_t word[64];
};

static void tell(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct told *told = arg;

	if (told->count < 64)
		told->word[told->count++] = command->word[0];
}

static void setup_told(struct uiommufd_run *run, void *state)
{
	setup_guest(run, state);
	HOLDS(!uiommufd_vcmdq_observe(uiommufd_run_platform(run), tell, state));
}

#define OTHER_VMID 0x7a

static bool is_own(uint64_t word, uint32_t stream, uint32_t *vmid)
{
	switch (word & 0xff) {
	case 0x05:			/* CFGI_CD */
	case 0x06:			/* CFGI_CD_ALL */
	case 0x40:			/* ATC_INV */
		return word >> 32 == stream;
	case 0x10 ... 0x13:		/* TLBI_NH_* */
		*vmid = *vmid ?: word >> 32 & 0xffff;
		return (word >> 32 & 0xffff) == *vmid && *vmid != OTHER_VMID;
	case 0x46:			/* CMD_SYNC */
		return true;
	default:
		return false;
	}
}

static void names(struct uiommufd_run *run, void *state)
{
	const uint64_t other = (uint64_t)OTHER_VMID << 32;
	const uint64_t vsid = (uint64_t)ARM_VSID << 32;
	const uint64_t all[][2] = {
		{ 0x10 | other, 0 }, { 0x11 | other | 3ull << 48, 0 },
		{ 0x12 | other, 0x1000 }, { 0x13 | other, 0x1001 },
		{ 0x30, 0 }, { 0x05 | vsid, 1 }, { 0x06 | vsid, 0 },
		{ 0x40 | vsid, 52 },
	};
	struct told *told = state;
	uint32_t count = 8, vmid = 0;
	uint32_t stream = uiommufd_platform_stream_id(
		uiommufd_run_platform(run), "dev0", 0);

	told->count = 0;
	WANT_ONCE(arm_commands(&told->arm, all, &count), 0);
	HOLDS_IF_WELL(told->count >= 8);
	for (unsigned int i = 0; i < told->count; i++)
		if (!is_own(told->word[i], stream, &vmid))
			uiommufd_run_break(run, "hardware",
					   "a guest's command names another: 0x%llx",
					   (unsigned long long)told->word[i]);
}

static void finish_told(struct uiommufd_run *run, void *state)
{
	uiommufd_vcmdq_observe(uiommufd_run_platform(run), NULL, NULL);
	arm_finish(run, state);
}

static const struct uiommufd_scenario named = {
	.name = "smmu-commands-names",
	.summary = "a guest's commands name another guest and its own device",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_told,
	.thread = { names },
	.finish = finish_told,
	.state_bytes = sizeof(struct told),
	.failures = RIG_FAIL_ANY,
};

/* ---- events ---- */

static uint64_t bytes_in_use(struct uiommufd_run *run)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(uiommufd_run_platform(run), &audit);
	return audit.block_bytes;
}

#define STAGE_2 (1ull << 39)

static long event_with(struct uiommufd_run *run, uint64_t word1)
{
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	uint64_t sid = uiommufd_platform_stream_id(platform, "dev0", 0);
	uint64_t record[4] = { 0x10 | sid << 32, word1, 0x1000, 0 };
	long ret = uiommufd_smmu_event(platform, record) ? -errno : 0;

	rig_dirty_stack();
	uiommufd_platform_interrupts(platform);
	return ret;
}

static long event(struct uiommufd_run *run)
{
	return event_with(run, 0);
}

#define EVENT_BYTES (sizeof(struct iommufd_vevent_header) + 32)
/* What an event of 32 bytes may take while it waits. */
#define COST_MAX 160

static void events(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	struct {
		struct iommufd_vevent_header header;
		uint64_t word[4];
	} got[2];
	uint64_t before;

	WANT(arm_veventq(arm, TEGRA, 2), 0);
	WANT(event(run), 0);
	HOLDS(!uiommufd_close(arm->event_fd));
	WANT(rig_destroy(arm->fd, arm->veventq), 0);
	WANT(arm_veventq(arm, SMMU, 2), 0);
	before = bytes_in_use(run);
	WANT(event(run), 0);
	if (bytes_in_use(run) - before > COST_MAX)
		uiommufd_run_break(run, "size", "an event of 32 bytes takes %llu",
				   (unsigned long long)(bytes_in_use(run) -
							before));
	WANT(rig_read(arm->event_fd, got, sizeof(got)), EVENT_BYTES);
	HOLDS_IF_WELL(got[0].word[0] == (0x10 | (uint64_t)ARM_VSID << 32));
	HOLDS_IF_WELL(!got[0].word[1] && !got[0].word[3]);
	HOLDS_IF_WELL(got[0].word[2] == 0x1000);
	HOLDS_IF_WELL(!got[0].header.flags && !got[0].header.sequence);
	/* What the host's stage 2 refuses is not the guest's to know. */
	WANT(event_with(run, STAGE_2), 0);
	WANT(rig_read(arm->event_fd, got, sizeof(got)), 0);
}

static const struct uiommufd_scenario forwarded = {
	.name = "smmu-events",
	.summary = "events of the hardware reach the guest",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_guest,
	.thread = { events },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* Nobody's, so the log's; a device can send them at will. */
static void many_events(struct uiommufd_run *run, void *state)
{
	uint64_t before = uik_log_count();

	for (int i = 0; i < 25; i++)
		WANT(event(run), 0);
	if (uik_log_count() - before > 12)
		uiommufd_run_break(run, "log", "%llu messages for 25 events",
				   (unsigned long long)(uik_log_count() -
							before));
}

static const struct uiommufd_scenario flood = {
	.name = "smmu-events-many",
	.summary = "a device causes events that nobody wants",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { many_events },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void raise_event(struct uiommufd_run *run, void *state)
{
	WANT_ONE(event(run), 0, -ENOSPC);
}

static void leave(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_destroy(arm->fd, arm->nested), 0);
	WANT_ONE(rig_destroy(arm->fd, arm->vdevice), 0, -EBUSY);
}

static void setup_events(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	setup_guest(run, state);
	HOLDS(!arm_veventq(arm, SMMU, 2));
}

static const struct uiommufd_scenario event_race = {
	.name = "smmu-events-leave",
	.summary = "an event comes while its device leaves the guest",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_events,
	.thread = { raise_event, leave },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* ---- message interrupts ---- */

#define WINDOW 0x8000000ull

static void doorbells(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint64_t iova = 0;

	WANT(own_compose(run, "dev0", 0x100040, &iova), 0);
	HOLDS_IF_WELL(iova == WINDOW);
	WANT(own_compose(run, "dev0", 0x200040, &iova), 0);
	HOLDS_IF_WELL(iova == WINDOW + RIG_PAGE);
	/* An automatic page table has them as well as an explicit one. */
	WANT(rig_detach(arm->fd, "dev0", 0), 0);
	/* Attached to nothing: the doorbell is where it is. */
	WANT(own_compose(run, "dev0", 0x200040, &iova), 0);
	HOLDS(!iova);
	WANT(rig_attach(arm->fd, "dev0", 0, arm->ioas), 0);
	WANT(own_compose(run, "dev0", 0x200080, &iova), 0);
	HOLDS_IF_WELL(iova == WINDOW + RIG_PAGE);
	WANT(own_compose(run, "dev0", 0x300000, &iova), 0);
	HOLDS_IF_WELL(iova == WINDOW + 2 * RIG_PAGE);
	WANT(rig_map_at(arm->fd, arm->ioas, rig_memory(), RIG_PAGE, WINDOW),
	     -EINVAL);
	/* Nor does a table that replaces it lack what was there. */
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(own_compose(run, "dev0", 0x300040, &iova), 0);
	HOLDS_IF_WELL(iova == WINDOW + 2 * RIG_PAGE);
}

static const struct uiommufd_scenario messages = {
	.name = "sw-msi",
	.summary = "interrupts' doorbells appear where devices write",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { doorbells },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

#define PAGES_MAX 64			/* of doorbells that a context knows */

static void every_doorbell(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint64_t iova;

	for (int i = 0; i < PAGES_MAX; i++) {
		WANT(own_compose(run, "dev0", 0x200000 + i * RIG_PAGE, &iova),
		     0);
		HOLDS(iova == WINDOW + i * RIG_PAGE);
	}
	WANT(own_compose(run, "dev0", 0x100000, &iova), -EOVERFLOW);
	WANT(own_compose(run, "dev0", 0x200040, &iova), 0);
	HOLDS(iova == WINDOW);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->ioas), 0);
}

static const struct uiommufd_scenario messages_many = {
	.name = "sw-msi-many",
	.summary = "more doorbells than a context remembers",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { every_doorbell },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* Two devices in groups of their own, in one table. */
static void setup_both(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint32_t dev;

	arm_begin(run, arm);
	HOLDS(!rig_bind(arm->fd, "dev1", &dev));
	HOLDS(!rig_attach(arm->fd, "dev1", 0, arm->parent));
}

static void compose(struct uiommufd_run *run, struct arm *arm, int which)
{
	uint64_t iova;

	WANT(own_compose(run, which ? "dev1" : "dev0",
			 0x200000 + which * 0x100000, &iova), 0);
	arm->result[which] = iova;
}

static void compose_0(struct uiommufd_run *run, void *state)
{
	compose(run, state, 0);
}

static void compose_1(struct uiommufd_run *run, void *state)
{
	compose(run, state, 1);
}

static void check_doorbells(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	HOLDS_IF_WELL(arm->result[0] + arm->result[1] == 2 * WINDOW + RIG_PAGE);
}

static void finish_both(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	rig_detach(arm->fd, "dev1", 0);
	rig_unbind(arm->fd, "dev1");
	arm_finish(run, state);
}

static const struct uiommufd_scenario messages_race = {
	.name = "sw-msi-race",
	.summary = "two devices ask for doorbells at once",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup_both,
	.thread = { compose_0, compose_1 },
	.check = check_doorbells,
	.finish = finish_both,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

/* ---- reserved regions ---- */

static void regions(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	const uint8_t *memory = rig_memory();
	uint32_t other;

	WANT(rig_map_at(arm->fd, arm->ioas, memory, RIG_PAGE, WINDOW), -EINVAL);
	WANT(rig_detach(arm->fd, "dev0", 0), 0);
	WANT(rig_map_at(arm->fd, arm->ioas, memory, RIG_PAGE, WINDOW), 0);
	/* Something is there: neither parent nor an automatic table will do. */
	WANT(rig_attach(arm->fd, "dev0", 0, arm->parent), -EADDRINUSE);
	WANT(rig_attach(arm->fd, "dev0", 0, arm->ioas), -EADDRINUSE);
	WANT(rig_ioas(arm->fd, &other), 0);
	WANT(rig_attach(arm->fd, "dev0", 0, other), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), -EADDRINUSE);
	/* Still where it was, with its regions. */
	WANT(rig_map_at(arm->fd, other, memory, RIG_PAGE, WINDOW), -EINVAL);
	WANT(rig_unmap(arm->fd, arm->ioas, WINDOW, RIG_PAGE), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_map_at(arm->fd, other, memory, RIG_PAGE, WINDOW), 0);
	WANT(rig_map_at(arm->fd, arm->ioas, memory, RIG_PAGE, WINDOW), -EINVAL);
	WANT(rig_destroy(arm->fd, other), 0);
}

static const struct uiommufd_scenario reserved = {
	.name = "smmu-regions",
	.summary = "reserved regions come and go with attachments",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { regions },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

/* ---- the guest's stream table entry ---- */

static int nested_with(const struct arm *arm, uint64_t word0, uint64_t word1,
		       uint32_t bytes, uint32_t *id)
{
	uint64_t ste[3] = { word0, word1, 0 };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = arm->dev,
		.pt_id = arm->viommu,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = bytes,
		.data_uptr = (uintptr_t)ste,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return ret;
}

static void entries(struct uiommufd_run *run, void *state)
{
	static const struct { uint64_t word[2]; uint32_t bytes; int result; }
	row[] = {
		{ { 1 | 5 << 1, 0 }, 16, 0 },
		{ { 1 | 4 << 1, 0 }, 16, 0 },
		{ { 1 | 0 << 1, 0 }, 16, 0 },
		/* Not valid: nothing of it counts. */
		{ { 0xfffffffffffffffe, ~0ull }, 16, 0 },
		/* A stage of the host's, bits that are not the guest's. */
		{ { 1 | 6 << 1, 0 }, 16, -EIO },
		{ { 1 | 7 << 1, 0 }, 16, -EIO },
		{ { 1 | 5 << 1, 1ull << 30 }, 16, -EIO },
		{ { 1 | 5 << 1, 2ull << 28 }, 16, -EIO },
		{ { 1 | 5 << 1 | 1ull << 58, 0 }, 16, -EIO },
		{ { 1 | 5 << 1, 1ull << 63 }, 16, -EIO },
		{ { 1 | 5 << 1, 0 }, 8, -EINVAL },
		{ { 1 | 5 << 1, 0 }, 24, -EINVAL },
	};
	struct arm *arm = state;
	uint32_t id;

	WANT(arm_viommu(arm, SMMU), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		WANT(nested_with(arm, row[i].word[0], row[i].word[1],
				 row[i].bytes, &id), row[i].result);
		if (!row[i].result)
			WANT(rig_destroy(arm->fd, id), 0);
	}
	/* Translating needs a vDEVICE, bypassing does not. */
	WANT(nested_with(arm, 1 | 5 << 1, 0, 16, &id), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, id), -ENOENT);
	WANT(rig_destroy(arm->fd, id), 0);
	WANT(nested_with(arm, 1 | 4 << 1, 0, 16, &id), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, id), 0);
	WANT(rig_destroy(arm->fd, arm->viommu), -EBUSY);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_destroy(arm->fd, id), 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, arm->dev, ARM_VSID,
			 &arm->vdevice), 0);
	WANT(nested_with(arm, 1 | 5 << 1, 0, 16, &id), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, id), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_destroy(arm->fd, id), 0);
	WANT(rig_destroy(arm->fd, arm->vdevice), 0);
	WANT(arm_viommu(arm, TEGRA), -EOPNOTSUPP);
}

static const struct uiommufd_scenario stream_entries = {
	.name = "smmu-nested",
	.summary = "stream table entries of a guest, good and bad",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { entries },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

/* A table of another IOAS is refused, and nothing of the attempt is left. */
static void refused_elsewhere(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint32_t other, table;

	WANT(arm_viommu(arm, SMMU), 0);
	WANT(nested_with(arm, 1 | 5 << 1, 0, 16, &table), 0);
	WANT(rig_ioas(arm->fd, &other), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, other), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, table), -ENOENT);
	WANT(rig_map_at(arm->fd, arm->ioas, rig_memory(), RIG_PAGE, WINDOW), 0);
	WANT(rig_unmap(arm->fd, arm->ioas, WINDOW, RIG_PAGE), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_destroy(arm->fd, other), 0);
}

static const struct uiommufd_scenario elsewhere = {
	.name = "smmu-nested-elsewhere",
	.summary = "a guest's table is refused by a device of another IOAS",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { refused_elsewhere },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* ---- the device without a guest ---- */

/* In between the device is the kernel's own, which lets it translate. */
static void return_device(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_detach(arm->fd, "dev0", 0), 0);
	WANT(rig_unbind(arm->fd, "dev0"), 0);
	WANT(rig_bind(arm->fd, "dev0", &arm->dev), 0);
	WANT(rig_attach(arm->fd, "dev0", 0, arm->ioas), 0);
	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
}

static const struct uiommufd_scenario returned = {
	.name = "smmu-return",
	.summary = "a device goes back to the kernel and comes again",
	.kind = "smmuv3",
	.configure = arm_configure,
	.setup = setup,
	.thread = { return_device },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = RIG_FAIL_ANY,
};

const struct uiommufd_scenario *const scenarios_smmu[] = {
	&streams, &streams_cmdqv, &streams_none, &streams_none_cmdqv,
	&told_smmu, &told_cmdqv, &trapped, &fetched, &named, &forwarded,
	&event_race, &flood, &messages, &messages_many, &messages_race,
	&reserved, &stream_entries, &elsewhere, &returned, NULL
};
