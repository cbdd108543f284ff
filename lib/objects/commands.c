// SPDX-License-Identifier: MIT
/*
 * The model of a real context: every type of object and every command.
 *
 * Size and minimum size of a command are facts of the ABI (spec/10 section
 * 10.4); a structure that changes its size does not compile.
 */
#include "objects/objects.h"

#include <uapi/linux/iommufd_test.h>

#include "objects/access.h"
#include "objects/ioas.h"

static const struct iommufd_object_type_desc types[IOMMUFD_OBJ_MAX] = {
	[IOMMUFD_OBJ_ACCESS] = {
		.name = "ACCESS",
		.size = sizeof(struct iommufd_access),
		.destroy = iommufd_access_destroy_object,
	},
	[IOMMUFD_OBJ_DEVICE] = {
		.name = "DEVICE",
		.size = sizeof(struct iommufd_device),
		.pre_destroy = iommufd_device_pre_destroy,
		.destroy = iommufd_device_destroy,
	},
	[IOMMUFD_OBJ_FAULT] = {
		.name = "FAULT",
		.size = sizeof(struct iommufd_fault),
		.file_offset = offsetof(struct iommufd_fault, common.filep),
		.destroy = iommufd_fault_destroy,
	},
	[IOMMUFD_OBJ_HW_QUEUE] = {
		.name = "HW_QUEUE",
		.size = sizeof(struct iommufd_hw_queue),
		.destroy = iommufd_hw_queue_destroy,
	},
	[IOMMUFD_OBJ_HWPT_PAGING] = {
		.name = "HWPT_PAGING",
		.size = sizeof(struct iommufd_hwpt_paging),
		.destroy = iommufd_hwpt_paging_destroy,
		.abort = iommufd_hwpt_paging_abort,
	},
	[IOMMUFD_OBJ_HWPT_NESTED] = {
		.name = "HWPT_NESTED",
		.size = sizeof(struct iommufd_hwpt_nested),
		.destroy = iommufd_hwpt_nested_destroy,
		.abort = iommufd_hwpt_nested_destroy,
	},
	[IOMMUFD_OBJ_IOAS] = {
		.name = "IOAS",
		.size = sizeof(struct iommufd_ioas),
		.destroy = iommufd_ioas_destroy,
	},
	[IOMMUFD_OBJ_VDEVICE] = {
		.name = "VDEVICE",
		.size = sizeof(struct iommufd_vdevice),
		.destroy = iommufd_vdevice_destroy,
		.abort = iommufd_vdevice_abort,
	},
	[IOMMUFD_OBJ_VEVENTQ] = {
		.name = "VEVENTQ",
		.size = sizeof(struct iommufd_veventq),
		.file_offset = offsetof(struct iommufd_veventq, common.filep),
		.destroy = iommufd_veventq_destroy,
		.abort = iommufd_veventq_abort,
	},
	[IOMMUFD_OBJ_VIOMMU] = {
		.name = "VIOMMU",
		.size = sizeof(struct iommufd_viommu),
		.destroy = iommufd_viommu_destroy,
	},
	[IOMMUFD_OBJ_SELFTEST] = {
		.name = "SELFTEST",
		.size = sizeof(struct iommufd_object),
		.destroy = iommufd_selftest_destroy,
	},
};

static const struct iommufd_command commands[] = {
	IOMMUFD_COMMAND(IOMMU_DESTROY, iommufd_destroy, struct iommu_destroy,
			id),
	IOMMUFD_COMMAND(IOMMU_IOAS_ALLOC, iommufd_ioas_alloc,
			struct iommu_ioas_alloc, out_ioas_id),
	IOMMUFD_COMMAND(IOMMU_IOAS_ALLOW_IOVAS, iommufd_ioas_allow_iovas,
			struct iommu_ioas_allow_iovas, allowed_iovas),
	IOMMUFD_COMMAND(IOMMU_IOAS_COPY, iommufd_ioas_copy,
			struct iommu_ioas_copy, src_iova),
	IOMMUFD_COMMAND(IOMMU_IOAS_IOVA_RANGES, iommufd_ioas_iova_ranges,
			struct iommu_ioas_iova_ranges, out_iova_alignment),
	IOMMUFD_COMMAND(IOMMU_IOAS_MAP, iommufd_ioas_map,
			struct iommu_ioas_map, iova),
	IOMMUFD_COMMAND(IOMMU_IOAS_UNMAP, iommufd_ioas_unmap,
			struct iommu_ioas_unmap, length),
	IOMMUFD_COMMAND(IOMMU_OPTION, iommufd_option, struct iommu_option,
			val64),
	IOMMUFD_COMMAND(IOMMU_VFIO_IOAS, iommufd_vfio_ioas,
			struct iommu_vfio_ioas, __reserved),
	IOMMUFD_COMMAND(IOMMU_HWPT_ALLOC, iommufd_hwpt_alloc,
			struct iommu_hwpt_alloc, __reserved),
	IOMMUFD_COMMAND(IOMMU_GET_HW_INFO, iommufd_get_hw_info,
			struct iommu_hw_info, __reserved),
	IOMMUFD_COMMAND(IOMMU_HWPT_SET_DIRTY_TRACKING,
			iommufd_hwpt_set_dirty_tracking,
			struct iommu_hwpt_set_dirty_tracking, __reserved),
	IOMMUFD_COMMAND(IOMMU_HWPT_GET_DIRTY_BITMAP,
			iommufd_hwpt_get_dirty_bitmap,
			struct iommu_hwpt_get_dirty_bitmap, data),
	IOMMUFD_COMMAND(IOMMU_HWPT_INVALIDATE, iommufd_hwpt_invalidate,
			struct iommu_hwpt_invalidate, __reserved),
	IOMMUFD_COMMAND(IOMMU_FAULT_QUEUE_ALLOC, iommufd_fault_alloc,
			struct iommu_fault_alloc, out_fault_fd),
	IOMMUFD_COMMAND(IOMMU_IOAS_MAP_FILE, iommufd_ioas_map_file,
			struct iommu_ioas_map_file, iova),
	IOMMUFD_COMMAND(IOMMU_VIOMMU_ALLOC, iommufd_viommu_alloc,
			struct iommu_viommu_alloc, out_viommu_id),
	IOMMUFD_COMMAND(IOMMU_VDEVICE_ALLOC, iommufd_vdevice_alloc,
			struct iommu_vdevice_alloc, virt_id),
	IOMMUFD_COMMAND(IOMMU_IOAS_CHANGE_PROCESS, iommufd_ioas_change_process,
			struct iommu_ioas_change_process, __reserved),
	IOMMUFD_COMMAND(IOMMU_VEVENTQ_ALLOC, iommufd_veventq_alloc,
			struct iommu_veventq_alloc, out_veventq_fd),
	IOMMUFD_COMMAND(IOMMU_HW_QUEUE_ALLOC, iommufd_hw_queue_alloc,
			struct iommu_hw_queue_alloc, length),
	IOMMUFD_COMMAND(IOMMU_IOAS_NOIOMMU_GET_PA, iommufd_ioas_noiommu_get_pa,
			struct iommu_ioas_noiommu_get_pa, out_phys),
	IOMMUFD_COMMAND(IOMMU_TEST_CMD, iommufd_test, struct iommu_test_cmd,
			last),
};

/* The ABI: what a structure here must never stop to be. */
BUILD_ASSERT(sizeof(struct iommu_destroy) == 8);
BUILD_ASSERT(sizeof(struct iommu_ioas_alloc) == 12);
BUILD_ASSERT(sizeof(struct iommu_ioas_allow_iovas) == 24);
BUILD_ASSERT(sizeof(struct iommu_ioas_copy) == 40);
BUILD_ASSERT(sizeof(struct iommu_ioas_iova_ranges) == 32);
BUILD_ASSERT(sizeof(struct iommu_ioas_map) == 40);
BUILD_ASSERT(sizeof(struct iommu_ioas_unmap) == 24);
BUILD_ASSERT(sizeof(struct iommu_option) == 24);
BUILD_ASSERT(sizeof(struct iommu_vfio_ioas) == 12);
BUILD_ASSERT(sizeof(struct iommu_hwpt_alloc) == 48);
BUILD_ASSERT(offsetofend(struct iommu_hwpt_alloc, __reserved) == 24);
BUILD_ASSERT(sizeof(struct iommu_hw_info) == 40);
BUILD_ASSERT(offsetofend(struct iommu_hw_info, __reserved) == 32);
BUILD_ASSERT(sizeof(struct iommu_hwpt_set_dirty_tracking) == 16);
BUILD_ASSERT(sizeof(struct iommu_hwpt_get_dirty_bitmap) == 48);
BUILD_ASSERT(sizeof(struct iommu_hwpt_invalidate) == 32);
BUILD_ASSERT(sizeof(struct iommu_fault_alloc) == 16);
BUILD_ASSERT(sizeof(struct iommu_ioas_map_file) == 40);
BUILD_ASSERT(sizeof(struct iommu_viommu_alloc) == 40);
BUILD_ASSERT(offsetofend(struct iommu_viommu_alloc, out_viommu_id) == 24);
BUILD_ASSERT(sizeof(struct iommu_vdevice_alloc) == 24);
BUILD_ASSERT(sizeof(struct iommu_ioas_change_process) == 8);
BUILD_ASSERT(sizeof(struct iommu_veventq_alloc) == 32);
BUILD_ASSERT(offsetofend(struct iommu_veventq_alloc, out_veventq_fd) == 28);
BUILD_ASSERT(sizeof(struct iommu_hw_queue_alloc) == 40);
BUILD_ASSERT(sizeof(struct iommu_ioas_noiommu_get_pa) == 40);
BUILD_ASSERT(sizeof(struct iommu_test_cmd) == 72);
BUILD_ASSERT(offsetofend(struct iommu_test_cmd, last) == 68);
BUILD_ASSERT(sizeof(struct iommu_hwpt_pgfault) == 40);
BUILD_ASSERT(sizeof(struct iommu_hwpt_page_response) == 8);
BUILD_ASSERT(sizeof(struct iommufd_vevent_header) == 8);

/* What drivers embed and drivers built elsewhere rely on. */
BUILD_ASSERT(sizeof(struct iommufd_object) == 16);
BUILD_ASSERT(offsetof(struct iommufd_object, users) == 4);
BUILD_ASSERT(offsetof(struct iommufd_object, type) == 8);
BUILD_ASSERT(offsetof(struct iommufd_object, id) == 12);
BUILD_ASSERT(sizeof(struct iommufd_vdevice) == 48);
BUILD_ASSERT(sizeof(struct iommufd_hw_queue) == 64);

const struct iommufd_model iommufd_model = {
	.types = types,
	.commands = commands,
	.command_count = ARRAY_SIZE(commands),
	.foreign_ioctl = iommufd_vfio_ioctl,
	.context_init = iommufd_sw_msi_init,
	.context_fini = iommufd_sw_msi_fini,
};
