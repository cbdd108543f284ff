// SPDX-License-Identifier: MIT
/* The words of rig_arm.h. */
#include "explore/rig_arm.h"

#include <uiommufd/mmio.h>
#include <uiommufd/vcmdq.h>

#define QUEUES 2			/* of a VINTF */
#define SLOTS 16
#define ALLOC(q) (0x200 + 4 * (q))
#define SID_MATCH(v, s) (0x1040 + 0x100 * (v) + 4 * (s))
#define SID_REPLACE(v, s) (0x1080 + 0x100 * (v) + 4 * (s))

void arm_configure(struct uiommufd_platform_config *config)
{
	config->devices = 2;
	config->clock = UIOMMUFD_CLOCK_AUTO;
	config->hardware.engine = UIOMMUFD_ENGINE_INLINE;
	config->hardware.log2_vintfs = 2;
	config->hardware.log2_vcmdqs = 3;
	config->hardware.log2_commands = 8;
	config->hardware.log2_events = 4;
}

static void must(struct uiommufd_run *run, long result, const char *what)
{
	if (result < 0)
		uiommufd_run_break(run, "setup", "%s: %ld", what, result);
}

void arm_begin(struct uiommufd_run *run, struct arm *arm)
{
	arm->event_fd = -1;
	arm->fd = rig_open(run);
	must(run, arm->fd, "open");
	must(run, rig_ioas(arm->fd, &arm->ioas), "IOAS");
	must(run, rig_map_at(arm->fd, arm->ioas, rig_memory(), 16 * RIG_PAGE,
			     ARM_IOVA), "map");
	must(run, rig_bind(arm->fd, "dev0", &arm->dev), "bind");
	must(run, rig_hwpt(arm->fd, arm->dev, arm->ioas,
			   IOMMU_HWPT_ALLOC_NEST_PARENT, &arm->parent),
	     "parent");
	must(run, rig_attach(arm->fd, "dev0", 0, arm->parent), "attach");
}

void arm_begin_guest(struct uiommufd_run *run, struct arm *arm, uint32_t type)
{
	arm_begin(run, arm);
	must(run, arm_viommu(arm, type), "vIOMMU");
	must(run, rig_vdevice(arm->fd, arm->viommu, arm->dev, ARM_VSID,
			      &arm->vdevice), "vDEVICE");
	must(run, arm_nested(arm, &arm->nested), "nested");
	must(run, rig_replace(arm->fd, "dev0", 0, arm->nested), "replace");
}

void arm_finish(struct uiommufd_run *run, void *state)
{
	struct arm *arm = state;

	rig_detach(arm->fd, "dev0", 0);
	rig_unbind(arm->fd, "dev0");
}

int arm_viommu(struct arm *arm, uint32_t type)
{
	struct iommu_viommu_tegra241_cmdqv window = { 0 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = type,
		.dev_id = arm->dev,
		.hwpt_id = arm->parent,
	};
	int ret;

	if (type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV) {
		cmd.data_len = sizeof(window);
		cmd.data_uptr = (uintptr_t)&window;
	}
	ret = rig_ioctl(arm->fd, IOMMU_VIOMMU_ALLOC, &cmd);
	arm->viommu = cmd.out_viommu_id;
	arm->offset = window.out_vintf_mmap_offset;
	arm->length = window.out_vintf_mmap_length;
	return ret;
}

int arm_queue(const struct arm *arm, uint32_t index, uint64_t iova,
	      uint64_t length, uint32_t *id)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = arm->viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = iova,
		.length = length,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	*id = cmd.out_hw_queue_id;
	return ret;
}

int arm_nested(struct arm *arm, uint32_t *id)
{
	/* Valid, stage 1. */
	uint64_t ste[2] = { 1 | 5 << 1, 0 };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = arm->dev,
		.pt_id = arm->viommu,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(ste),
		.data_uptr = (uintptr_t)ste,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return ret;
}

int arm_veventq(struct arm *arm, uint32_t type, uint32_t depth)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = arm->viommu,
		.type = type,
		.veventq_depth = depth,
	};
	int ret = rig_ioctl(arm->fd, IOMMU_VEVENTQ_ALLOC, &cmd);

	arm->veventq = cmd.out_veventq_id;
	arm->event_fd = cmd.out_veventq_fd;
	return ret;
}

long arm_commands(const struct arm *arm, const void *commands, uint32_t *count)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = arm->viommu,
		.data_uptr = (uintptr_t)commands,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = 16,
		.entry_num = *count,
	};
	long ret = rig_ioctl(arm->fd, IOMMU_HWPT_INVALIDATE, &cmd);

	*count = cmd.entry_num;
	return ret;
}

/* ---- registers ---- */

static struct uiommufd_mmio *block(struct uiommufd_run *run)
{
	return uiommufd_vcmdq_registers(uiommufd_run_platform(run));
}

uint32_t arm_read(struct uiommufd_run *run, uint32_t offset)
{
	return uiommufd_mmio_read(block(run), offset, 4);
}

void arm_write(struct uiommufd_run *run, uint32_t offset, uint32_t value)
{
	uiommufd_mmio_write(block(run), offset, 4, value);
}

void arm_write64(struct uiommufd_run *run, uint32_t offset, uint64_t value)
{
	uiommufd_mmio_write(block(run), offset, 8, value);
}

void arm_check_prefix(struct uiommufd_run *run, unsigned int vintf)
{
	bool hole = false;

	for (unsigned int i = 0; i < QUEUES; i++) {
		bool mapped = arm_read(run, ALLOC(QUEUES * vintf + i)) & 1;

		if (mapped && hole)
			uiommufd_run_break(run, "hardware",
					   "VINTF %u: queue %u is mapped, one before it is not",
					   vintf, i);
		hole |= !mapped;
	}
}

void arm_check_matches(struct uiommufd_run *run, unsigned int vintf)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (arm_read(run, SID_MATCH(vintf, i)) & 1 &&
		    !arm_read(run, SID_REPLACE(vintf, i)))
			uiommufd_run_break(run, "hardware",
					   "VINTF %u: slot %u matches and replaces nothing",
					   vintf, i);
}

void arm_check_slots(struct uiommufd_run *run, unsigned int vintf,
		     unsigned int count)
{
	unsigned int matches = 0;

	arm_check_matches(run, vintf);
	for (unsigned int i = 0; i < SLOTS; i++) {
		bool match = arm_read(run, SID_MATCH(vintf, i)) & 1;

		matches += match;
	}
	if (matches != count)
		uiommufd_run_break(run, "hardware",
				   "VINTF %u: %u stream slots for %u vDEVICEs",
				   vintf, matches, count);
}
