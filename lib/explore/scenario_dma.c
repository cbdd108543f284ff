// SPDX-License-Identifier: MIT
/*
 * What a device behind an SMMU really reaches, whatever its driver was told.
 *
 * Facts: a device reaches what is mapped where it is attached, and nothing
 * else: nothing at all while it is owned and attached nowhere, nothing that was
 * unmapped, however often it has been there.  A call that fails changes nothing
 * of it.
 */
#include <uiommufd/dma.h>

#include "explore/rig_arm.h"
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define PASID 5
#define FIRST 'A'			/* what the first IOAS shows */
#define SECOND 'B'

struct dmas {
	struct arm arm;
	uint32_t other;			/* the second IOAS */
	uint32_t table[2];		/* with PASIDs, one on each */
};

static void configure(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->pasid_bits = 8;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;
	struct arm *arm = &dmas->arm;

	memset(rig_memory(), FIRST, RIG_PAGE);
	memset(rig_memory() + RIG_PAGE, SECOND, RIG_PAGE);
	arm_begin(run, arm);
	HOLDS(!rig_ioas(arm->fd, &dmas->other));
	HOLDS(!rig_map_at(arm->fd, dmas->other, rig_memory() + RIG_PAGE,
			  RIG_PAGE, ARM_IOVA));
	HOLDS(!rig_hwpt(arm->fd, arm->dev, arm->ioas, IOMMU_HWPT_ALLOC_PASID,
			&dmas->table[0]));
	HOLDS(!rig_hwpt(arm->fd, arm->dev, dmas->other, IOMMU_HWPT_ALLOC_PASID,
			&dmas->table[1]));
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;

	rig_detach(dmas->arm.fd, "dev0", PASID);
	arm_finish(run, state);
}

/* The byte that the device gets by one of its streams, or -errno. */
static int reads_by(struct uiommufd_run *run, unsigned int stream,
		    uint32_t pasid)
{
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	uint8_t byte = 0;
	struct uiommufd_dma dma = {
		.size = sizeof(dma),
		.stream_id = uiommufd_platform_stream_id(platform, "dev0",
							 stream),
		.ssid_valid = pasid,
		.ssid = pasid,
		.address = ARM_IOVA,
		.buffer = &byte,
		.length = 1,
	};

	/* The simulation's own memory is not what this is about. */
	while (uiommufd_dma(platform, &dma))
		if (errno != ENOMEM)
			return -errno;
	return byte;
}

static int reads(struct uiommufd_run *run, uint32_t pasid)
{
	return reads_by(run, 0, pasid);
}

static void check(struct uiommufd_run *run, uint32_t pasid, int want)
{
	int got = reads(run, pasid);

	/* Whatever keeps it away will do. */
	if (got != want && (want >= 0 || got >= 0))
		uiommufd_run_break(run, "reach",
				   "the device gets %d at PASID %u, not %d", got,
				   pasid, want);
}

typedef int (*change_fn)(int fd, const char *name, uint32_t pasid, uint32_t pt);

static int change(struct uiommufd_run *run, const struct dmas *dmas,
		  change_fn call, uint32_t pasid, uint32_t pt)
{
	int before = reads(run, pasid);
	int ret = call(dmas->arm.fd, "dev0", pasid, pt);

	if (ret)
		check(run, pasid, before);
	return ret;
}

#define NOTHING (-EPERM)

static void move(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;
	struct arm *arm = &dmas->arm;
	int fd = arm->fd;

	check(run, 0, FIRST);
	WANT(change(run, dmas, rig_replace, 0, dmas->other), 0);
	check(run, 0, SECOND);
	WANT(change(run, dmas, rig_replace, 0, arm->parent), 0);
	check(run, 0, FIRST);
	WANT(rig_detach(fd, "dev0", 0), 0);
	check(run, 0, NOTHING);
	WANT(change(run, dmas, rig_attach, 0, dmas->table[1]), 0);
	check(run, 0, SECOND);
	WANT(rig_unmap(fd, dmas->other, ARM_IOVA, RIG_PAGE), 0);
	check(run, 0, NOTHING);
	WANT(rig_map_at(fd, dmas->other, rig_memory(), RIG_PAGE, ARM_IOVA), 0);
	check(run, 0, FIRST);
	WANT(rig_detach(fd, "dev0", 0), 0);
	check(run, 0, NOTHING);
	/* Claimed again it is nobody's before it is attached. */
	WANT(rig_unbind(fd, "dev0"), 0);
	WANT(rig_bind(fd, "dev0", &arm->dev), 0);
	check(run, 0, NOTHING);
	WANT(change(run, dmas, rig_attach, 0, arm->parent), 0);
	check(run, 0, FIRST);
}

static const struct uiommufd_scenario moving = {
	.name = "dma",
	.summary = "a device reaches what it is attached to, each step may fail",
	.kind = "smmuv3",
	.configure = configure,
	.setup = setup,
	.thread = { move },
	.finish = finish,
	.state_bytes = sizeof(struct dmas),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_DRIVER,
	/* The hardware's caches. */
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

static void move_pasid(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;
	int fd = dmas->arm.fd;

	WANT(rig_detach(fd, "dev0", 0), 0);
	WANT(change(run, dmas, rig_attach, 0, dmas->table[0]), 0);
	check(run, PASID, NOTHING);
	WANT(change(run, dmas, rig_attach, PASID, dmas->table[1]), 0);
	check(run, PASID, SECOND);
	check(run, 0, FIRST);
	WANT(change(run, dmas, rig_replace, PASID, dmas->table[0]), 0);
	check(run, PASID, FIRST);
	WANT(change(run, dmas, rig_replace, PASID, dmas->table[1]), 0);
	check(run, PASID, SECOND);
	/* Neither takes the other along. */
	WANT(rig_detach(fd, "dev0", 0), 0);
	check(run, 0, NOTHING);
	check(run, PASID, SECOND);
	WANT(change(run, dmas, rig_attach, 0, dmas->table[0]), 0);
	WANT(rig_unmap(fd, dmas->other, ARM_IOVA, RIG_PAGE), 0);
	check(run, PASID, NOTHING);
	check(run, 0, FIRST);
	WANT(rig_map_at(fd, dmas->other, rig_memory() + RIG_PAGE, RIG_PAGE,
			ARM_IOVA), 0);
	check(run, PASID, SECOND);
	WANT(rig_detach(fd, "dev0", PASID), 0);
	check(run, PASID, NOTHING);
	check(run, 0, FIRST);
	WANT(change(run, dmas, rig_attach, PASID, dmas->table[0]), 0);
	check(run, PASID, FIRST);
}

static const struct uiommufd_scenario moving_pasid = {
	.name = "dma-pasid",
	.summary = "the same at a PASID, beside what has none",
	.kind = "smmuv3",
	.configure = configure,
	.setup = setup,
	.thread = { move_pasid },
	.finish = finish,
	.state_bytes = sizeof(struct dmas),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_DRIVER,
	/* The hardware's caches. */
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

/* ---- a device with two streams ---- */

static void two_streams(struct uiommufd_platform_config *config)
{
	configure(config);
	config->streams_per_device = 2;
}

static void check_both(struct uiommufd_run *run, int want)
{
	int got[2] = { reads_by(run, 0, 0), reads_by(run, 1, 0) };

	for (int i = 0; i < 2; i++)
		if (got[i] != want && (want >= 0 || got[i] >= 0))
			uiommufd_run_break(run, "reach",
					   "the device gets %d by stream %d, not %d",
					   got[i], i, want);
}

static void move_both(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;
	int fd = dmas->arm.fd;

	check_both(run, FIRST);
	WANT(rig_replace(fd, "dev0", 0, dmas->other), 0);
	check_both(run, SECOND);
	WANT(rig_detach(fd, "dev0", 0), 0);
	check_both(run, NOTHING);
	WANT(rig_attach(fd, "dev0", 0, dmas->arm.ioas), 0);
	check_both(run, FIRST);
}

static const struct uiommufd_scenario moving_both = {
	.name = "dma-streams",
	.summary = "a device reaches the same by both its streams",
	.kind = "smmuv3",
	.configure = two_streams,
	.setup = setup,
	.thread = { move_both },
	.finish = finish,
	.state_bytes = sizeof(struct dmas),
	/* The hardware's caches. */
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

/* ---- a device that interrupts ---- */

#define DOORBELL 0x100040ull

static void check_doorbell(struct uiommufd_run *run, uint64_t iova)
{
	uint64_t phys = own_reaches(run, "dev0", iova);

	if (phys != DOORBELL)
		uiommufd_run_break(run, "reach",
				   "the device's interrupt goes to 0x%llx, not 0x%llx",
				   (unsigned long long)phys, DOORBELL);
}

/* It is told once where to write, and does so wherever it is attached. */
static void interrupt(struct uiommufd_run *run, void *state)
{
	struct dmas *dmas = state;
	struct arm *arm = &dmas->arm;
	int fd = arm->fd;
	uint64_t iova;

	WANT(own_compose(run, "dev0", DOORBELL, &iova), 0);
	iova += DOORBELL % RIG_PAGE;
	check_doorbell(run, iova);
	WANT(rig_replace(fd, "dev0", 0, dmas->other), 0);
	check_doorbell(run, iova);
	WANT(rig_replace(fd, "dev0", 0, dmas->table[0]), 0);
	check_doorbell(run, iova);
	WANT(rig_detach(fd, "dev0", 0), 0);
	WANT(rig_attach(fd, "dev0", 0, dmas->table[1]), 0);
	check_doorbell(run, iova);
}

static const struct uiommufd_scenario interrupting = {
	.name = "dma-doorbell",
	.summary = "a device reaches its doorbell, each step may fail",
	.kind = "smmuv3",
	.configure = configure,
	.setup = setup,
	.thread = { interrupt },
	.finish = finish,
	.state_bytes = sizeof(struct dmas),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* ---- a device that waits for a page ---- */

struct stalls {
	struct arm arm;
	uint32_t fault;
	uint32_t table;
	int fd;				/* of the fault queue */
	uint64_t resumed;		/* before */
	uint16_t tag;			/* of the latest stall */
};

#define RESUME 0x44

static uint64_t count_resumes(struct uiommufd_run *run)
{
	struct uiommufd_vcmdq_counters counters;

	HOLDS(!uiommufd_vcmdq_read_counters(uiommufd_run_platform(run),
					    UIOMMUFD_QUEUE_ANY, &counters));
	return counters.opcode[RESUME];
}

/* Whether so many stalls as there were have been answered, but @waiting. */
static void check_resumed(struct uiommufd_run *run, struct stalls *stalls,
			  unsigned int waiting)
{
	uint64_t resumed = count_resumes(run) - stalls->resumed;

	if (!uiommufd_run_failures(run) && resumed + waiting != stalls->tag)
		uiommufd_run_break(run, "hardware",
				   "%llu of %u stalls are answered, %u wait",
				   (unsigned long long)resumed, stalls->tag,
				   waiting);
}

static int stall(struct uiommufd_run *run, struct stalls *stalls,
		 uint32_t stranger, uint64_t word1)
{
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	uint64_t sid = uiommufd_platform_stream_id(platform, "dev0", 0);
	uint64_t record[4] = {
		0x10 | (sid + stranger) << 32,
		word1 | 1ull << 31 | (stalls->tag + 1), 0x5000, 0,
	};
	int ret = uiommufd_smmu_event(platform, record) ? -errno : 0;

	stalls->tag += !ret;
	uiommufd_platform_interrupts(platform);
	return ret;
}

static void stalling(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->stall = true;
}

static void setup_stalls(struct uiommufd_run *run, void *state)
{
	struct stalls *stalls = state;
	struct arm *arm = &stalls->arm;

	arm_begin(run, arm);
	HOLDS(!rig_fault(arm->fd, &stalls->fault, &stalls->fd));
	HOLDS(!rig_hwpt_fault(arm->fd, arm->dev, arm->ioas, 0, stalls->fault,
			      &stalls->table));
	stalls->resumed = count_resumes(run);
}

static void stall_all(struct uiommufd_run *run, void *state)
{
	struct stalls *stalls = state;
	struct iommu_hwpt_page_response response = { 0 };
	struct iommu_hwpt_pgfault record;
	int fd = stalls->arm.fd;

	WANT(rig_replace(fd, "dev0", 0, stalls->table), 0);
	WANT_ONCE(stall(run, stalls, 0, 0), 0);
	check_resumed(run, stalls, 1);
	WANT(rig_read(stalls->fd, &record, sizeof(record)), sizeof(record));
	HOLDS_IF_WELL(record.grpid == stalls->tag && record.addr == 0x5000);
	response.cookie = record.cookie;
	WANT(rig_write(stalls->fd, &response, sizeof(response)),
	     sizeof(response));
	check_resumed(run, stalls, 0);
	/* Of a stream that nobody has, of the host's stage. */
	WANT_ONCE(stall(run, stalls, 77, 0), 0);
	WANT_ONCE(stall(run, stalls, 0, 1ull << 39), 0);
	check_resumed(run, stalls, 0);
	/* Who goes away answers. */
	WANT_ONCE(stall(run, stalls, 0, 0), 0);
	WANT(rig_replace(fd, "dev0", 0, stalls->arm.ioas), 0);
	check_resumed(run, stalls, 0);
	WANT_ONCE(stall(run, stalls, 0, 0), 0);
	check_resumed(run, stalls, 0);
}

static const struct uiommufd_scenario stalled = {
	.name = "smmu-stall",
	.summary = "a device waits for pages, each step may fail",
	.kind = "smmuv3",
	.configure = stalling,
	.setup = setup_stalls,
	.thread = { stall_all },
	.finish = arm_finish,
	.state_bytes = sizeof(struct stalls),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

const struct uiommufd_scenario *const scenarios_dma[] = {
	&moving, &moving_pasid, &moving_both, &interrupting, &stalled, NULL
};
