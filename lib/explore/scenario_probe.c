// SPDX-License-Identifier: MIT
/*
 * The life of the CMDQV's driver, and of whole machines.
 *
 * Facts: it can be probed with an old error pending, may fail at every step and
 * then leaves the SMMU working, and no handler runs when what it uses is gone;
 * nothing of it remains.
 */
#include <linux/device.h>
#include <linux/platform_device.h>
#include <uik/machine.h>
#include <uik/module.h>
#include <uiommufd/vcmdq.h>

#include "explore/rig_arm.h"
#include "explore/scenarios.h"

#define LV(v, q) (0x30000 + 0x20000 * (v) + 0x80 * (q))
#define LV1(v, q) (LV(v, q) + 0x10000)
#define CONFIG 0x08
#define GERROR 0x10
#define GERRORN 0x14

static void interrupts(struct uiommufd_run *run, void *state)
{
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
}

/* ---- the driver comes and goes ---- */

static void bare(struct uiommufd_platform_config *config)
{
	arm_configure(config);
	config->devices = 0;
}

static struct device *smmu(void)
{
	return bus_find_device_by_name(&platform_bus_type, NULL, "arm-smmu-v3");
}

static void leave(struct uiommufd_run *run)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	struct device *dev = smmu();

	device_release_driver(dev);
	put_device(dev);
	uik_leave(previous);
}

static int come(struct uiommufd_run *run)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	struct device *dev = smmu();
	int ret = device_attach(dev);

	put_device(dev);
	uik_leave(previous);
	return ret;
}

/* What a kernel has left that died with an error not yet handled. */
static void old_error(struct uiommufd_run *run)
{
	arm_write(run, 0, 0x00020403);
	arm_write(run, 0x200, 0);
	arm_write(run, 0x1000, 1 << 17);
	arm_write(run, 0x1000, 1 << 17 | 1);
	arm_write(run, 0x200, 1);
	arm_write64(run, LV1(0, 0), 0xffff0000000ull | 4);
	arm_write(run, LV(0, 0) + CONFIG, 1);
	arm_write(run, LV(0, 0) + 4, 1);
	/* Off: acknowledged, it does not come again. */
	arm_write(run, LV(0, 0) + CONFIG, 0);
	HOLDS((arm_read(run, LV(0, 0) + GERROR) ^
	       arm_read(run, LV(0, 0) + GERRORN)) & 1);
	HOLDS(arm_read(run, 0x14) & 1);
}

struct probed {
	uint64_t blocks;		/* of memory, before */
};

static uint64_t count_blocks(struct uiommufd_run *run)
{
	struct uik_audit audit;

	uik_machine_audit(uiommufd_platform_machine(uiommufd_run_platform(run)),
			  &audit);
	return audit.blocks;
}

static void setup_old_error(struct uiommufd_run *run, void *state)
{
	struct probed *probed = state;

	leave(run);
	probed->blocks = count_blocks(run);
	old_error(run);
}

static void probe(struct uiommufd_run *run, void *state)
{
	WANT(come(run), 1);
}

/* As it was before: where registers appear is no memory of the run. */
static void finish_probe(struct uiommufd_run *run, void *state)
{
	struct probed *probed = state;

	uiommufd_platform_interrupts(uiommufd_run_platform(run));
	leave(run);
	if (count_blocks(run) != probed->blocks)
		uiommufd_run_break(run, "leak",
				   "%lld blocks are left of a driver that has gone",
				   (long long)(count_blocks(run) -
					       probed->blocks));
}

static const struct uiommufd_scenario probing = {
	.name = "cmdqv-probe",
	.summary = "the driver comes to hardware with an old error, steps may fail",
	.kind = "tegra241",
	.configure = bare,
	.setup = setup_old_error,
	.thread = { probe, interrupts },
	.finish = finish_probe,
	.state_bytes = sizeof(struct probed),
	.failures = UIOMMUFD_FAIL_ALLOC |
		    UIOMMUFD_FAIL_HARDWARE,
	.flags = UIOMMUFD_SCENARIO_REMAINS | UIOMMUFD_SCENARIO_MISUSES,
};

/* Interrupts may come as soon as they are asked for, and to the last. */
static void come_and_go(struct uiommufd_run *run, void *state)
{
	WANT(come(run), 1);
	leave(run);
}

static void setup_gone(struct uiommufd_run *run, void *state)
{
	struct probed *probed = state;

	leave(run);
	probed->blocks = count_blocks(run);
}

static const struct uiommufd_scenario plain_smmu = {
	.name = "smmu-probe",
	.summary = "the driver of an SMMU comes and goes, each step may fail",
	.kind = "smmuv3",
	.configure = bare,
	.setup = setup_gone,
	.thread = { come_and_go },
	.finish = finish_probe,
	.state_bytes = sizeof(struct probed),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_HARDWARE,
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

static const struct uiommufd_scenario failing = {
	.name = "cmdqv-probe-fails",
	.summary = "the driver comes and goes, each step may fail",
	.kind = "tegra241",
	.configure = bare,
	.setup = setup_old_error,
	.thread = { come_and_go },
	.finish = finish_probe,
	.state_bytes = sizeof(struct probed),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_HARDWARE,
	.flags = UIOMMUFD_SCENARIO_REMAINS | UIOMMUFD_SCENARIO_MISUSES,
};

/* ---- it is told to leave the block alone ---- */

static void setup_off(struct uiommufd_run *run, void *state)
{
	setup_gone(run, state);
	HOLDS(!uik_param_set("arm_smmu_v3.disable_cmdqv=1"));
}

static void stay_off(struct uiommufd_run *run, void *state)
{
	WANT(come(run), 1);
	/* Off, and so are its queues. */
	HOLDS_IF_WELL(!(arm_read(run, 0) & 1));
	HOLDS_IF_WELL(!(arm_read(run, 0x200) & 1));
	leave(run);
}

static void finish_off(struct uiommufd_run *run, void *state)
{
	uik_param_set("arm_smmu_v3.disable_cmdqv=0");
	finish_probe(run, state);
}

static const struct uiommufd_scenario off = {
	.name = "cmdqv-off",
	.summary = "the driver leaves the block alone, each step may fail",
	.kind = "tegra241",
	.configure = bare,
	.setup = setup_off,
	.thread = { stay_off },
	.finish = finish_off,
	.state_bytes = sizeof(struct probed),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_HARDWARE,
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

static void remove_driver(struct uiommufd_run *run, void *state)
{
	leave(run);
}

static void finish_remove(struct uiommufd_run *run, void *state)
{
	come(run);
	uiommufd_platform_interrupts(uiommufd_run_platform(run));
}

static void watch_own(struct uiommufd_run *run, void *state)
{
	uiommufd_run_yield(run, NULL, false);
	arm_check_prefix(run, 0);
}

static void setup_pending(struct uiommufd_run *run, void *state)
{
	arm_write(run, LV(0, 0) + 4, 1);
}

static const struct uiommufd_scenario removing = {
	.name = "cmdqv-remove",
	.summary = "the driver goes while an error interrupts",
	.kind = "tegra241",
	.configure = bare,
	.setup = setup_pending,
	.thread = { remove_driver, interrupts },
	.finish = finish_remove,
	.state_bytes = 8,
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

static const struct uiommufd_scenario remove_watched = {
	.name = "cmdqv-remove-watch",
	.summary = "the hardware's rules hold at every step of the driver's end",
	.kind = "tegra241",
	.configure = bare,
	.thread = { remove_driver, watch_own },
	.finish = finish_remove,
	.state_bytes = 8,
	.flags = UIOMMUFD_SCENARIO_REMAINS,
};

/* ---- two machines ---- */

static void new_machine(struct uiommufd_run *run, void *state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_config_init(&config, "tegra241");
	arm_configure(&config);
	config.devices = 1;
	platform = uiommufd_platform_new(&config);
	if (!platform) {
		/* Of descriptors there may be too few by now. */
		HOLDS_IF_WELL(errno == EMFILE || errno == ENFILE);
		return;
	}
	/* It serves its device. */
	HOLDS(uiommufd_platform_stream_id(platform, "dev0", 0) == 0x100);
	uiommufd_platform_audit(platform, &audit);
	HOLDS(!audit.warnings && !audit.blocks);
	uiommufd_platform_free(platform);
}

static const struct uiommufd_scenario machine = {
	.name = "cmdqv-boot",
	.summary = "a machine boots and ends, each step may fail",
	.thread = { new_machine },
	.state_bytes = 8,
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_OP,
	.flags = SCENARIO_FROM_START,	/* their registers */
};

static const struct uiommufd_scenario machines = {
	.name = "cmdqv-two",
	.summary = "two machines boot at the same time",
	.thread = { new_machine, new_machine },
	.state_bytes = 8,
	.flags = SCENARIO_FROM_START,	/* their registers */
};

const struct uiommufd_scenario *const scenarios_probe[] = {
	&plain_smmu, &failing, &probing, &off, &removing, &remove_watched,
	&machine, &machines, NULL
};
