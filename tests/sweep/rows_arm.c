// SPDX-License-Identifier: MIT
/*
 * A monitor's calls on the SMMUv3 with its CMDQV: what reaches their drivers.
 */
#include "sweep.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "support/mock.h"

#define VIRT_ID 0x5
#define TLBI_NH_ASID 0x11ull
/* A guest's stream table entry. */
#define VALID 1ull
#define TRANSLATE (5ull << 1)

/* ---- setups ---- */

static int act_bind(struct sweep *s)
{
	return uiommufd_device_bind(s->fd, "dev0", &s->id[SWEEP_IDEV]) ?
		       errno : 0;
}

static int with_map(struct sweep *s)
{
	return sweep_with_ioas(s) ?:
	       mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, SWEEP_BYTES,
			SWEEP_IOVA);
}

static int with_device(struct sweep *s)
{
	return with_map(s) ?: act_bind(s);
}

static int act_parent(struct sweep *s)
{
	return mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			 IOMMU_HWPT_ALLOC_NEST_PARENT, &s->id[SWEEP_PARENT]);
}

static int attach(struct sweep *s, uint32_t pt)
{
	return uiommufd_device_attach(s->fd, "dev0", 0, &pt) ? errno : 0;
}

static int replace(struct sweep *s, uint32_t pt)
{
	return uiommufd_device_replace(s->fd, "dev0", 0, &pt) ? errno : 0;
}

static int act_attach_ioas(struct sweep *s)
{
	return attach(s, s->id[SWEEP_IOAS]);
}

static int with_parent(struct sweep *s)
{
	return with_device(s) ?: act_parent(s);
}

static int act_attach_parent(struct sweep *s)
{
	return attach(s, s->id[SWEEP_PARENT]);
}

static int with_attached(struct sweep *s)
{
	return with_parent(s) ?: act_attach_parent(s);
}

/* The place of the page that can be mapped goes to @window, on success. */
static int alloc_viommu(struct sweep *s, uint32_t type,
			struct iommu_viommu_tegra241_cmdqv *window)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = type,
		.dev_id = s->id[SWEEP_IDEV],
		.hwpt_id = s->id[SWEEP_PARENT],
		.data_len = window ? sizeof(*window) : 0,
		.data_uptr = (uintptr_t)window,
	};
	int ret = mock_call(s->fd, IOMMU_VIOMMU_ALLOC, &cmd);

	s->id[SWEEP_VIOMMU] = ret ? 0 : cmd.out_viommu_id;
	return ret;
}

static int act_vsmmu(struct sweep *s)
{
	return alloc_viommu(s, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NULL);
}

static int act_vintf(struct sweep *s)
{
	return alloc_viommu(s, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
			    (void *)s->scratch);
}

static int with_vintf(struct sweep *s)
{
	return with_attached(s) ?: act_vintf(s);
}

static int act_vdevice(struct sweep *s)
{
	return mock_vdevice(s->fd, s->id[SWEEP_VIOMMU], s->id[SWEEP_IDEV],
			    VIRT_ID, &s->id[SWEEP_VDEV]);
}

static int with_vdevice(struct sweep *s)
{
	return with_vintf(s) ?: act_vdevice(s);
}

static int act_nested(struct sweep *s)
{
	static const uint64_t entry[2] = { VALID | TRANSLATE, 0 };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = s->id[SWEEP_IDEV],
		.pt_id = s->id[SWEEP_VIOMMU],
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(entry),
		.data_uptr = (uintptr_t)entry,
	};
	int ret = mock_call(s->fd, IOMMU_HWPT_ALLOC, &cmd);

	s->id[SWEEP_NESTED] = ret ? 0 : cmd.out_hwpt_id;
	return ret;
}

static int with_nested(struct sweep *s)
{
	return with_vdevice(s) ?: act_nested(s);
}

static int act_attach_nested(struct sweep *s)
{
	return replace(s, s->id[SWEEP_NESTED]);
}

static int with_guest(struct sweep *s)
{
	return with_nested(s) ?: act_attach_nested(s);
}

static int queue(struct sweep *s, uint32_t index)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = s->id[SWEEP_VIOMMU],
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = SWEEP_IOVA + index * 4096,
		.length = 4096,
	};
	int ret = mock_call(s->fd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	s->id[SWEEP_QUEUE] = ret ? s->id[SWEEP_QUEUE] : cmd.out_hw_queue_id;
	return ret;
}

static int act_queue(struct sweep *s)
{
	return queue(s, 0);
}

static int with_queue(struct sweep *s)
{
	return with_vintf(s) ?: act_queue(s);
}

/* Depends on the first. */
static int act_second_queue(struct sweep *s)
{
	return queue(s, 1);
}

static int with_two_queues(struct sweep *s)
{
	return with_queue(s) ?: act_second_queue(s);
}

/* ---- calls ---- */

static int act_detach(struct sweep *s)
{
	return uiommufd_device_detach(s->fd, "dev0", 0) ? errno : 0;
}

static int act_unbind(struct sweep *s)
{
	return uiommufd_device_unbind(s->fd, "dev0") ? errno : 0;
}

static int with_unattached_vdevice(struct sweep *s)
{
	return with_vdevice(s) ?: act_detach(s);
}

static int act_back_to_parent(struct sweep *s)
{
	return replace(s, s->id[SWEEP_PARENT]);
}

static int hw_info(struct sweep *s, uint32_t type)
{
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.flags = type ? IOMMU_HW_INFO_FLAG_INPUT_TYPE : 0,
		.dev_id = s->id[SWEEP_IDEV],
		.data_len = sizeof(s->scratch),
		.data_uptr = (uintptr_t)s->scratch,
		.in_data_type = type,
	};

	return mock_call(s->fd, IOMMU_GET_HW_INFO, &cmd);
}

static int act_smmu_info(struct sweep *s)
{
	return hw_info(s, 0);
}

static int act_cmdqv_info(struct sweep *s)
{
	return hw_info(s, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV);
}

static int veventq(struct sweep *s, uint32_t type)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = s->id[SWEEP_VIOMMU],
		.type = type,
		.veventq_depth = 4,
	};
	int ret = mock_call(s->fd, IOMMU_VEVENTQ_ALLOC, &cmd);

	s->event_fd = ret ? -1 : (int)cmd.out_veventq_fd;
	return ret;
}

static int act_smmu_events(struct sweep *s)
{
	return veventq(s, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
}

static int act_cmdqv_events(struct sweep *s)
{
	return veventq(s, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
}

static int act_invalidate(struct sweep *s)
{
	const struct iommu_viommu_arm_smmuv3_invalidate entries[2] = {
		{ .cmd = { TLBI_NH_ASID | 1ull << 48, 0 } },
		{ .cmd = { TLBI_NH_ASID | 2ull << 48, 0 } },
	};
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = s->id[SWEEP_VIOMMU],
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.data_uptr = (uintptr_t)entries,
		.entry_len = sizeof(entries[0]),
		.entry_num = 2,
	};

	return mock_call(s->fd, IOMMU_HWPT_INVALIDATE, &cmd);
}

static int act_mmap(struct sweep *s)
{
	const struct iommu_viommu_tegra241_cmdqv *window = (void *)s->scratch;
	void *at = uiommufd_mmap(NULL, window->out_vintf_mmap_length,
				 PROT_READ | PROT_WRITE, MAP_SHARED, s->fd,
				 window->out_vintf_mmap_offset);

	if (at == MAP_FAILED)
		return errno;
	s->mapping = at;
	s->mapping_bytes = window->out_vintf_mmap_length;
	return 0;
}

static int act_destroy_queue(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_QUEUE]);
}

static int act_destroy_nested(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_NESTED]);
}

static int act_destroy_vdevice(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_VDEV]);
}

static int act_destroy_viommu(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_VIOMMU]);
}

#define MSI_REGION "  reserved 0x8000000-0x80fffff\n"
#define REGIONS_GO \
	"spec/20 9.2: a failed replace within an IOAS drops its regions"
#define ROW(name, setup, act, ...) \
	{ name, setup, act, .kind = "tegra241", ##__VA_ARGS__ }

const struct sweep_row sweep_arm_rows[] = {
	ROW("bind behind an SMMUv3", with_map, act_bind),
	ROW("unbind with a vDEVICE", with_unattached_vdevice, act_unbind,
	    .cannot_fail = true),
	ROW("GET_HW_INFO of an SMMUv3", with_device, act_smmu_info),
	ROW("GET_HW_INFO of a CMDQV", with_device, act_cmdqv_info),
	ROW("HWPT_ALLOC of a parent", with_device, act_parent),
	/* A driver cannot say that it had no memory to list its regions. */
	ROW("attach to an IOAS", with_device, act_attach_ioas,
	    .may_lack = MSI_REGION),
	ROW("attach to a parent", with_parent, act_attach_parent,
	    .may_lack = MSI_REGION),
	ROW("detach from a parent", with_attached, act_detach,
	    .cannot_fail = true),
	ROW("VIOMMU_ALLOC of an SMMUv3", with_attached, act_vsmmu),
	ROW("VIOMMU_ALLOC of a CMDQV", with_attached, act_vintf),
	ROW("mmap of a VINTF", with_vintf, act_mmap),
	ROW("VDEVICE_ALLOC on a VINTF", with_vintf, act_vdevice),
	ROW("HWPT_ALLOC nested on a VINTF", with_vdevice, act_nested),
	ROW("attach to a nested table", with_nested, act_attach_nested,
	    .partial = REGIONS_GO, .may_lack = MSI_REGION),
	ROW("back to the parent", with_guest, act_back_to_parent,
	    .partial = REGIONS_GO, .may_lack = MSI_REGION),
	ROW("VEVENTQ_ALLOC of an SMMUv3", with_vintf, act_smmu_events),
	ROW("VEVENTQ_ALLOC of a CMDQV", with_vintf, act_cmdqv_events),
	ROW("HWPT_INVALIDATE on a VINTF", with_vdevice, act_invalidate),
	ROW("HW_QUEUE_ALLOC on a VINTF", with_vintf, act_queue),
	ROW("HW_QUEUE_ALLOC, the second", with_queue, act_second_queue),
	ROW("DESTROY the second queue", with_two_queues, act_destroy_queue),
	ROW("DESTROY a nested table", with_nested, act_destroy_nested),
	ROW("DESTROY a vDEVICE on a VINTF", with_vdevice, act_destroy_vdevice),
	ROW("DESTROY a VINTF", with_vintf, act_destroy_viommu),
	{}
};
