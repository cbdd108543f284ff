// SPDX-License-Identifier: MIT
/*
 * Guests on a Tegra241 CMDQV, and the driver's own queues.
 *
 * Facts of the hardware: queues of a VINTF are mapped as a prefix, in order;
 * its stream slots are the live vDEVICEs'; an error stops a queue until it is
 * acknowledged.
 */
#include <uik/log.h>
#include <uiommufd/vcmdq.h>

#include "explore/rig_arm.h"
#include "explore/scenarios.h"

#define TEGRA IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV
#define LV(v, q) (0x30000 + 0x20000 * (v) + 0x80 * (q))
#define VCMDQ(n) (0x10000 + 0x80 * (n))
#define LV1(v, q) (LV(v, q) + 0x10000)
#define PROD 0x04
#define CONFIG 0x08
#define GERROR 0x10
#define GERRORN 0x14
#define ILLEGAL 0xfeull

static void setup(struct uiommufd_run *run, void *state)
{
	arm_begin(run, state);
}

static void setup_guest(struct uiommufd_run *run, void *state)
{
	arm_begin_guest(run, state, TEGRA);
}

/* ---- the contract ---- */

static void slots(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint32_t second, other;

	WANT(arm_viommu(arm, TEGRA), 0);
	WANT(rig_bind(arm->fd, "dev1", &other), 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, arm->dev, ARM_VSID,
			 &arm->vdevice), 0);
	arm_check_slots(run, 1, 1);
	/* Refused before and after a slot was looked for. */
	WANT(rig_vdevice(arm->fd, arm->viommu, other, 1 << 20, &second),
	     -EINVAL);
	WANT(rig_vdevice(arm->fd, arm->viommu, other, 1ull << 32 | 9, &second),
	     -EINVAL);
	WANT(rig_vdevice(arm->fd, arm->viommu, other, ARM_VSID, &second),
	     -EEXIST);
	arm_check_slots(run, 1, 1);
	WANT(rig_vdevice(arm->fd, arm->viommu, other, (1 << 20) - 1, &second),
	     0);
	arm_check_slots(run, 1, 2);
	WANT(rig_destroy(arm->fd, arm->vdevice), 0);
	arm_check_slots(run, 1, 1);
	WANT(rig_destroy(arm->fd, second), 0);
	arm_check_slots(run, 1, 0);
	WANT(rig_destroy(arm->fd, arm->viommu), 0);
}

static void finish_both(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	arm_finish(run, state);
	rig_unbind(arm->fd, "dev1");
}

static const struct uiommufd_scenario vdevices = {
	.name = "cmdqv-vdevice",
	.summary = "vDEVICEs and the stream slots of a VINTF",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup,
	.thread = { slots },
	.finish = finish_both,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

static void no_slots(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->hardware.log2_sids = 0;
}

static void slots_end(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint32_t other, second;

	WANT(arm_viommu(arm, TEGRA), 0);
	WANT(rig_bind(arm->fd, "dev1", &other), 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, arm->dev, ARM_VSID,
			 &arm->vdevice), 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, other, 9, &second), -ENOSPC);
	/* The refused one has not taken the other's slot away. */
	HOLDS(arm_read(run, 0x1140) == (ARM_VSID << 1 | 1));
	WANT(rig_destroy(arm->fd, arm->vdevice), 0);
	HOLDS(arm_read(run, 0x1140) == 0);
	WANT(rig_vdevice(arm->fd, arm->viommu, other, 9, &second), 0);
}

static const struct uiommufd_scenario full = {
	.name = "cmdqv-slots-end",
	.summary = "more vDEVICEs than the VINTF has slots",
	.kind = "tegra241",
	.configure = no_slots,
	.setup = setup,
	.thread = { slots_end },
	.finish = finish_both,
	.state_bytes = sizeof(struct arm),
};

/* Both queues as another kernel has left them: asked to read three commands. */
static void setup_used(struct uiommufd_run *run, void *state)
{
	setup_guest(run, state);
	arm_write(run, VCMDQ(2) + PROD, 3);
	arm_write(run, VCMDQ(3) + PROD, 3);
}

static void queues(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	const uint64_t page = RIG_PAGE;
	uint32_t id;

	WANT(arm_queue(arm, 1, ARM_IOVA, page, &id), -EIO);
	WANT(arm_queue(arm, 2, ARM_IOVA, page, &id), -EINVAL);
	WANT(arm_queue(arm, 0, ARM_IOVA, page + 16, &id), -EINVAL);
	WANT(arm_queue(arm, 0, ARM_IOVA, 16, &id), -EINVAL);
	WANT(arm_queue(arm, 0, ARM_IOVA, 2 * page, &id), -EINVAL);
	WANT(arm_queue(arm, 0, ARM_IOVA + 16, 32, &id), -EINVAL);
	/* Whole, but not where its length wants it. */
	WANT(arm_queue(arm, 0, ARM_IOVA + 64, 128, &id), -EINVAL);
	arm_check_prefix(run, 1);
	WANT(arm_queue(arm, 0, ARM_IOVA + 64, 64, &arm->queue[0]), 0);
	/* What it has to read is what the guest will write. */
	HOLDS(!arm_read(run, LV(1, 0) + PROD));
	arm_check_prefix(run, 1);
	WANT(arm_queue(arm, 0, ARM_IOVA, page, &id), -EEXIST);
	WANT(arm_queue(arm, 1, ARM_IOVA + page, page, &arm->queue[1]), 0);
	HOLDS(!arm_read(run, LV(1, 1) + PROD));
	arm_check_prefix(run, 1);
	WANT(rig_destroy(arm->fd, arm->queue[0]), -EBUSY);
	WANT(rig_destroy(arm->fd, arm->viommu), -EBUSY);
	/* The guest has left it on: nobody reads its memory any more. */
	arm_write(run, LV(1, 1) + CONFIG, 1);
	WANT(rig_destroy(arm->fd, arm->queue[1]), 0);
	HOLDS_IF_WELL(!(arm_read(run, VCMDQ(3) + CONFIG) & 1));
	arm_check_prefix(run, 1);
	/* Whoever gets the queue next finds nothing of this one. */
	HOLDS(!arm_read(run, LV1(1, 1)) && !arm_read(run, LV(1, 1) + PROD));
	WANT(rig_destroy(arm->fd, arm->queue[0]), 0);
	arm_check_prefix(run, 1);
}

static const struct uiommufd_scenario order = {
	.name = "cmdqv-queues",
	.summary = "queues of a VINTF in order, each step may fail",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_used,
	.thread = { queues },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

/* ---- the vIOMMU ---- */

static int viommu_with(const struct arm *arm, void *data, uint32_t bytes,
		       uint32_t *id)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = TEGRA,
		.dev_id = arm->dev,
		.hwpt_id = arm->parent,
		.data_len = bytes,
		.data_uptr = (uintptr_t)data,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_VIOMMU_ALLOC, &cmd);

	*id = cmd.out_viommu_id;
	return ret;
}

#define VINTF(v) (0x1000 + 0x100 * (v))

static void check_off(struct uiommufd_run *run, unsigned int vintf)
{
	HOLDS(!(arm_read(run, VINTF(vintf)) & 1));
	arm_check_prefix(run, vintf);
	arm_check_slots(run, vintf, 0);
}

/* What another kernel has left is not for the next guest. */
static void setup_stale(struct uiommufd_run *run, void *state)
{
	setup(run, state);
	arm_write(run, VINTF(3) + 0x80 + 4 * 3, 0x77);
	arm_write(run, VINTF(3) + 0x40 + 4 * 3, 9 << 1 | 1);
}

static void vintfs(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	struct iommu_viommu_tegra241_cmdqv window[4] = { 0 };
	const uint32_t bytes = sizeof(window[0]);
	uint32_t id[4];

	WANT(viommu_with(arm, NULL, 0, &id[0]), -EINVAL);
	WANT(viommu_with(arm, window, bytes - 8, &id[0]), -EINVAL);
	WANT(viommu_with(arm, window, bytes + 8, &id[0]), -EINVAL);
	WANT(viommu_with(arm, RIG_BAD, bytes, &id[0]), -EFAULT);
	WANT(viommu_with(arm, rig_read_only(), bytes, &id[0]), -EFAULT);
	check_off(run, 1);
	for (int i = 0; i < 3; i++) {
		WANT(viommu_with(arm, &window[i], bytes, &id[i]), 0);
		/* Enabled, a guest's. */
		HOLDS((arm_read(run, VINTF(i + 1)) & (1 << 17 | 1)) == 1);
		arm_check_slots(run, i + 1, 0);
		HOLDS(window[i].out_vintf_mmap_length == 0x10000);
	}
	HOLDS(window[0].out_vintf_mmap_offset !=
	      window[1].out_vintf_mmap_offset);
	WANT(viommu_with(arm, &window[3], bytes, &id[3]), -ENOSPC);
	WANT(rig_destroy(arm->fd, id[1]), 0);
	check_off(run, 2);
	WANT(viommu_with(arm, &window[3], bytes, &id[3]), 0);
	HOLDS(arm_read(run, VINTF(2)) & 1);
	HOLDS(window[3].out_vintf_mmap_offset ==
	      window[1].out_vintf_mmap_offset);
	for (int i = 0; i < 4; i++)
		if (i != 1)
			WANT(rig_destroy(arm->fd, id[i]), 0);
	for (int i = 1; i < 4; i++)
		check_off(run, i);
}

static const struct uiommufd_scenario viommus = {
	.name = "cmdqv-viommu",
	.summary = "VINTFs are given to guests until there is none",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_stale,
	.thread = { vintfs },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_HARDWARE |
		    UIOMMUFD_FAIL_DRIVER,
};

/* ---- errors of a guest's queue ---- */

static void put_command(unsigned int index, uint64_t word)
{
	uint64_t *entry = (uint64_t *)rig_memory() + 2 * index;

	__atomic_store_n(&entry[0], word, __ATOMIC_RELAXED);
	__atomic_store_n(&entry[1], 0, __ATOMIC_RELAXED);
}

/* A queue that has met a command which it does not know. */
static void err(struct uiommufd_run *run, unsigned int vintf, unsigned int q)
{
	put_command(0, ILLEGAL);
	arm_write(run, LV(vintf, q) + CONFIG, 1);
	arm_write(run, LV(vintf, q) + 4, 1);
	HOLDS(arm_read(run, LV(vintf, q) + GERROR) & 1);
}

static void setup_queue(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	setup_guest(run, state);
	HOLDS(!arm_queue(arm, 0, ARM_IOVA, RIG_PAGE, &arm->queue[0]));
	HOLDS(!arm_veventq(arm, TEGRA, 4));
}

static void guest_error(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	struct {
		struct iommufd_vevent_header header;
		uint64_t map[2];
	} event;
	struct uiommufd_vcmdq_state queue;
	uint64_t before;

	err(run, 1, 0);
	before = uik_log_count();
	for (int i = 0; i < 24; i++) {
		struct uiommufd_fault again = {
			.size = sizeof(again),
			.kind = UIOMMUFD_FAULT_SPURIOUS_INTERRUPT,
			.unit = UIOMMUFD_UNIT_CMDQV,
			.number = UIOMMUFD_QUEUE_ANY,
			.times = 1,
		};

		uiommufd_platform_interrupts(uiommufd_run_platform(run));
		uiommufd_fault_inject(uiommufd_run_platform(run), &again);
	}
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
	uiommufd_fault_clear(uiommufd_run_platform(run), -1);
	/* A guest can do this at will: the log must not fill. */
	if (uik_log_count() - before > 12)
		uiommufd_run_break(run, "log", "%llu messages for 25 errors",
				   (unsigned long long)(uik_log_count() -
							before));
	WANT(rig_read(arm->event_fd, &event, sizeof(event)), sizeof(event));
	HOLDS(event.map[0] == 1 && event.map[1] == 0);
	/* The guest's to acknowledge, not ours. */
	HOLDS((arm_read(run, LV(1, 0) + GERROR) ^
	       arm_read(run, LV(1, 0) + GERRORN)) & 1);
	arm_write(run, LV(1, 0) + GERRORN, arm_read(run, LV(1, 0) + GERROR));
	WANT(rig_destroy(arm->fd, arm->queue[0]), 0);
	/* The guest has left it enabled. */
	HOLDS(!uiommufd_vcmdq_read_state(uiommufd_run_platform(run), 2,
					 &queue));
	HOLDS(!queue.enabled);
}

static const struct uiommufd_scenario errors = {
	.name = "cmdqv-errors",
	.summary = "a guest's queue meets an error, over and over",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_queue,
	.thread = { guest_error },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void setup_error(struct uiommufd_run *run, void *state)
{
	setup_queue(run, state);
	err(run, 1, 0);
}

static void interrupts(struct uiommufd_run *run, void *state)
{
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
}

static void end_guest(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_replace(arm->fd, "dev0", 0, arm->parent), 0);
	WANT(rig_destroy(arm->fd, arm->nested), 0);
	WANT(rig_destroy(arm->fd, arm->vdevice), 0);
	WANT(rig_destroy(arm->fd, arm->queue[0]), 0);
	uiommufd_close(arm->event_fd);
	WANT(rig_destroy(arm->fd, arm->veventq), 0);
	WANT(rig_destroy(arm->fd, arm->viommu), 0);
}

static void check_ended(struct uiommufd_run *run, void *state)
{
	arm_check_prefix(run, 1);
	arm_check_slots(run, 1, 0);
	HOLDS(!(arm_read(run, 0x1100) & 1));
	/* Nor is an error of its queue left for the next. */
	if (arm_read(run, VCMDQ(2) + GERROR) != arm_read(run, VCMDQ(2) + GERRORN))
		uiommufd_run_break(run, "hardware",
				   "an error is left when its queue has ended");
}

static const struct uiommufd_scenario error_end = {
	.name = "cmdqv-error-end",
	.summary = "an error interrupts while the guest ends",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_error,
	.thread = { interrupts, end_guest },
	.check = check_ended,
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void make_queue(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT_OF(arm_queue(arm, 1, ARM_IOVA + RIG_PAGE, RIG_PAGE,
			  &arm->queue[1]), 0, -EIO, -ENOENT);
}

static void end_queue(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT_ONE(rig_destroy(arm->fd, arm->queue[0]), 0, -EBUSY);
}

static void check_prefix(struct uiommufd_run *run, void *state)
{
	arm_check_prefix(run, 1);
}

static const struct uiommufd_scenario order_race = {
	.name = "cmdqv-queue-order",
	.summary = "the second queue is made while the first is destroyed",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_queue,
	.thread = { make_queue, end_queue },
	.check = check_prefix,
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* What the hardware sees at any moment. */
static void watch(struct uiommufd_run *run, void *state)
{
	uiommufd_run_yield(run, NULL, false);
	arm_check_prefix(run, 1);
	arm_check_matches(run, 1);
}

static void setup_slot(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	setup_queue(run, state);
	HOLDS(!arm_queue(arm, 1, ARM_IOVA + RIG_PAGE, RIG_PAGE,
			 &arm->queue[1]));
	HOLDS(!rig_replace(arm->fd, "dev0", 0, arm->parent));
	HOLDS(!rig_destroy(arm->fd, arm->nested));
	uiommufd_close(arm->event_fd);
}

static void end_all(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_destroy(arm->fd, arm->vdevice), 0);
	WANT(rig_destroy(arm->fd, arm->queue[1]), 0);
	WANT(rig_destroy(arm->fd, arm->queue[0]), 0);
	WANT(rig_destroy(arm->fd, arm->veventq), 0);
	WANT(rig_destroy(arm->fd, arm->viommu), 0);
}

static const struct uiommufd_scenario watched = {
	.name = "cmdqv-watch",
	.summary = "the hardware's rules hold at every step of a guest's end",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_slot,
	.thread = { end_all, watch },
	.check = check_ended,
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

static void map_page(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	/* Where the next VINTF's page is going to be. */
	void *page = uiommufd_mmap(NULL, 0x10000, PROT_READ, MAP_SHARED,
				   arm->fd, RIG_PAGE);

	if (page != MAP_FAILED)
		HOLDS(!uiommufd_munmap(page, 0x10000));
	else
		HOLDS_IF_WELL(errno == ENXIO);
}

static void make_vintf(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(arm_viommu(arm, TEGRA), 0);
	WANT_ONE(rig_destroy(arm->fd, arm->viommu), 0, -EBUSY);
}

/* In two pieces it keeps its VINTF until both are gone. */
static void map_pieces(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	char *page;

	WANT(arm_viommu(arm, TEGRA), 0);
	page = uiommufd_mmap(NULL, 0x10000, PROT_READ, MAP_SHARED, arm->fd,
			     arm->offset);
	HOLDS(page != MAP_FAILED);
	HOLDS(!uiommufd_munmap(page + RIG_PAGE, RIG_PAGE));
	HOLDS(!uiommufd_munmap(page, RIG_PAGE));
	WANT(rig_destroy(arm->fd, arm->viommu), -EBUSY);
	HOLDS(!uiommufd_munmap(page + 2 * RIG_PAGE, 0x10000 - 2 * RIG_PAGE));
	WANT(rig_destroy(arm->fd, arm->viommu), 0);
}

static const struct uiommufd_scenario pieces = {
	.name = "cmdqv-mmap-pieces",
	.summary = "a VINTF's page is unmapped in pieces",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup,
	.thread = { map_pieces },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* A guest's VINTF meets an error that nobody has it for any more. */
static void error_of_nobody(struct uiommufd_run *run)
{
	arm_write(run, VINTF(1), 1);
	arm_write(run, 0x200 + 4 * 2, arm_read(run, 0x200 + 4 * 2) | 1);
	arm_write64(run, LV1(1, 0), 0xffff0000000ull | 4);
	arm_write(run, LV(1, 0) + CONFIG, 1);
	arm_write(run, LV(1, 0) + 4, 1);
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
	arm_write(run, LV(1, 0) + CONFIG, 0);
	arm_write(run, LV(1, 0) + GERRORN, arm_read(run, LV(1, 0) + GERROR));
	arm_write64(run, LV1(1, 0), 0);
	arm_write(run, LV(1, 0) + 4, 0);
	arm_write(run, 0x200 + 4 * 2, arm_read(run, 0x200 + 4 * 2) & ~1u);
	arm_write(run, VINTF(1), 0);
}

static void no_vintf(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	int ret = arm_viommu(arm, TEGRA);

	HOLDS(!ret || uiommufd_run_failures(run));
	if (!ret)
		WANT(rig_destroy(arm->fd, arm->viommu), 0);
	error_of_nobody(run);
}

static const struct uiommufd_scenario ghost = {
	.name = "cmdqv-ghost",
	.summary = "an error of a VINTF that could not be made, or has ended",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup,
	.thread = { no_vintf },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_HARDWARE | UIOMMUFD_FAIL_DRIVER,
};

static const struct uiommufd_scenario map_race = {
	.name = "cmdqv-mmap",
	.summary = "a VINTF's page is mapped while the VINTF comes and goes",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup,
	.thread = { map_page, make_vintf },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
	.failures = UIOMMUFD_FAIL_COPY |
		    UIOMMUFD_FAIL_HARDWARE,
};

/* ---- one guest ends, another begins ---- */

static void setup_first(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	arm_begin(run, arm);
	HOLDS(!arm_viommu(arm, TEGRA));
	arm->queue[2] = arm->viommu;
}

static void end_first(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	WANT(rig_destroy(arm->fd, arm->queue[2]), 0);
}

static void begin_second(struct uiommufd_run *run, void *state)
{
	WANT(arm_viommu(state, TEGRA), 0);
}

/* The second hears of its errors. */
static void check_heard(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	unsigned int vintf = arm_read(run, VINTF(1)) & 1 ? 1 : 2;
	struct {
		struct iommufd_vevent_header header;
		uint64_t map[2];
	} event;

	if (uiommufd_run_failures(run))
		return;
	WANT(arm_queue(arm, 0, ARM_IOVA, RIG_PAGE, &arm->queue[0]), 0);
	WANT(arm_veventq(arm, TEGRA, 4), 0);
	err(run, vintf, 0);
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
	WANT(rig_read(arm->event_fd, &event, sizeof(event)), sizeof(event));
	HOLDS(event.map[0] == 1 && event.map[1] == 0);
}

static const struct uiommufd_scenario again = {
	.name = "cmdqv-again",
	.summary = "a guest ends while another begins",
	.kind = "tegra241",
	.configure = arm_configure,
	.setup = setup_first,
	.thread = { end_first, begin_second },
	.thread_name = { "first", "second" },
	.check = check_heard,
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

/* ---- the driver's own queues ---- */

/* All 128 queues are the kernel's: two words of the error map. */
static void one_vintf(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->devices = 0;
	config->hardware.log2_vintfs = 0;
	config->hardware.log2_vcmdqs = 7;
}

static uint64_t count_errors(struct uiommufd_run *run, int number)
{
	struct uiommufd_vcmdq_counters counters;

	if (uiommufd_vcmdq_read_counters(uiommufd_run_platform(run), number,
					 &counters))
		return 0;
	return counters.errors;
}

static void own_error(struct uiommufd_run *run, void *state)
{
	static const unsigned int number[] = { 0, 3, 64, 67 };

	for (int i = 0; i < 4; i++) {
		struct uiommufd_vcmdq_state queue;

		/* Nobody has asked: PROD goes where there is no command. */
		arm_write(run, LV(0, number[i]) + 4, 1);
		uiommufd_platform_interrupts(uiommufd_run_platform(run));
		HOLDS(!uiommufd_vcmdq_read_state(uiommufd_run_platform(run),
						 number[i], &queue));
		if (queue.gerror != queue.gerrorn)
			uiommufd_run_break(run, "hardware",
					   "queue %u: error not acknowledged",
					   number[i]);
		if (count_errors(run, number[i]) != 1)
			uiommufd_run_break(run, "hardware",
					   "queue %u: one error became %llu",
					   number[i], (unsigned long long)
					   count_errors(run, number[i]));
	}
}

static void check_sizes(struct uiommufd_run *run, void *state)
{
	struct uiommufd_vcmdq_state queue;

	for (int i = 0; i < 4; i++) {
		HOLDS(!uiommufd_vcmdq_read_state(uiommufd_run_platform(run), i,
						 &queue));
		/* IDR1.CMDQS. */
		if (queue.log2_size > 8)
			uiommufd_run_break(run, "hardware",
					   "queue %d has 2^%u entries, the SMMU knows 2^8",
					   i, queue.log2_size);
	}
}

static const struct uiommufd_scenario own = {
	.name = "cmdqv-own-errors",
	.summary = "errors of the kernel's own queues, in both words of the map",
	.kind = "tegra241",
	.configure = one_vintf,
	.thread = { own_error },
	.check = check_sizes,
	.state_bytes = 8,
};

/* ---- in a guest ---- */

/* There the hardware takes few commands, and the rest would be errors. */
static void as_guest(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->hardware.guest_view = true;
}

static void guest_kernel(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;
	uint64_t before = uik_log_count();

	WANT(rig_unmap(arm->fd, arm->ioas, ARM_IOVA, 16 * RIG_PAGE), 0);
	WANT(rig_detach(arm->fd, "dev0", 0), 0);
	WANT(rig_attach(arm->fd, "dev0", 0, arm->ioas), 0);
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
	if (uik_log_count() != before)
		uiommufd_run_break(run, "hardware",
				   "%llu messages about the kernel's own commands",
				   (unsigned long long)(uik_log_count() -
							before));
}

static const struct uiommufd_scenario in_guest = {
	.name = "cmdqv-in-guest",
	.summary = "a kernel in a guest uses the queues that it was given",
	.kind = "tegra241",
	.configure = as_guest,
	.setup = setup,
	.thread = { guest_kernel },
	.finish = arm_finish,
	.state_bytes = sizeof(struct arm),
};

const struct uiommufd_scenario *const scenarios_cmdqv[] = {
	&viommus, &vdevices, &full, &order, &errors, &error_end, &order_race, &ghost,
	&map_race, &pieces, &watched,
	&own, &in_guest, &again, NULL
};
