// SPDX-License-Identifier: MIT
/*
 * The table of commands: one row each, one for every operation of the mock's
 * test command.  Offsets and sizes come from the ABI's own structures.
 */
#include "client/trace/shape.h"

#include <linux/vfio.h>
#include <string.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uapi/linux/vfio.h>

#define FIELD_AT(s, f) #f, offsetof(struct s, f), sizeof(((struct s *)0)->f)
#define NUMBER(s, f) { FIELD_AT(s, f), TRACE_NUMBER, NULL }
#define BYTES(s, f) { FIELD_AT(s, f), TRACE_BYTES, NULL }
#define ADDRESS(s, f, bytes) { FIELD_AT(s, f), TRACE_ADDRESS, bytes }
#define BUFFER(s, f, bytes) { FIELD_AT(s, f), TRACE_BUFFER, bytes }
#define FD(s, f) { FIELD_AT(s, f), TRACE_FD, NULL }
#define NEW_FD(s, f) { FIELD_AT(s, f), TRACE_NEW_FD, NULL }
#define TEST_HEAD NUMBER(iommu_test_cmd, size), NUMBER(iommu_test_cmd, op), \
		  NUMBER(iommu_test_cmd, id)
/* Operations on an access are given its descriptor as their id. */
#define TEST_HEAD_FD NUMBER(iommu_test_cmd, size), \
		     NUMBER(iommu_test_cmd, op), FD(iommu_test_cmd, id)

/* What a pointer points to, from the command's other fields. */
#define LENGTH(name, s, expression) \
	static uint64_t name(const void *of) \
	{ \
		const struct s *cmd = of; \
\
		return expression; \
	}

static uint64_t dirty_bytes(uint64_t length, uint64_t page_size)
{
	uint64_t bits = page_size ? length / page_size : 0;

	return bits / 8 + !!(bits % 8);
}

LENGTH(map_bytes, iommu_ioas_map, cmd->length)
LENGTH(hwpt_data_bytes, iommu_hwpt_alloc, cmd->data_len)
LENGTH(info_bytes, iommu_hw_info, cmd->data_len)
LENGTH(invalidate_bytes, iommu_hwpt_invalidate,
       (uint64_t)cmd->entry_len * cmd->entry_num)
LENGTH(viommu_data_bytes, iommu_viommu_alloc, cmd->data_len)
LENGTH(bitmap_bytes, iommu_hwpt_get_dirty_bitmap,
       dirty_bytes(cmd->length, cmd->page_size))
LENGTH(check_map_bytes, iommu_test_cmd, cmd->check_map.length)
LENGTH(check_refs_bytes, iommu_test_cmd, cmd->check_refs.length)
LENGTH(access_pages_bytes, iommu_test_cmd, cmd->access_pages.length)
LENGTH(access_rw_bytes, iommu_test_cmd, cmd->access_rw.length)
LENGTH(test_dirty_bytes, iommu_test_cmd,
       dirty_bytes(cmd->dirty.length, cmd->dirty.page_size))
LENGTH(vfio_map_bytes, vfio_iommu_type1_dma_map, cmd->size)

/* IOVA_RANGES and ALLOW_IOVAS agree in these fields. */
_Static_assert(offsetof(struct iommu_ioas_iova_ranges, num_iovas) ==
	       offsetof(struct iommu_ioas_allow_iovas, num_iovas),
	       "one length serves both");
LENGTH(ranges_bytes, iommu_ioas_iova_ranges,
       (uint64_t)cmd->num_iovas * sizeof(struct iommu_iova_range))

static const struct trace_field destroy_fields[] = {
	NUMBER(iommu_destroy, size),
	NUMBER(iommu_destroy, id),
};

static const struct trace_field ioas_alloc_fields[] = {
	NUMBER(iommu_ioas_alloc, size),
	NUMBER(iommu_ioas_alloc, flags),
	NUMBER(iommu_ioas_alloc, out_ioas_id),
};

static const struct trace_field ioas_iova_ranges_fields[] = {
	NUMBER(iommu_ioas_iova_ranges, size),
	NUMBER(iommu_ioas_iova_ranges, ioas_id),
	NUMBER(iommu_ioas_iova_ranges, num_iovas),
	NUMBER(iommu_ioas_iova_ranges, __reserved),
	BUFFER(iommu_ioas_iova_ranges, allowed_iovas, ranges_bytes),
	NUMBER(iommu_ioas_iova_ranges, out_iova_alignment),
};

static const struct trace_field ioas_allow_iovas_fields[] = {
	NUMBER(iommu_ioas_allow_iovas, size),
	NUMBER(iommu_ioas_allow_iovas, ioas_id),
	NUMBER(iommu_ioas_allow_iovas, num_iovas),
	NUMBER(iommu_ioas_allow_iovas, __reserved),
	BUFFER(iommu_ioas_allow_iovas, allowed_iovas, ranges_bytes),
};

static const struct trace_field ioas_map_fields[] = {
	NUMBER(iommu_ioas_map, size),
	NUMBER(iommu_ioas_map, flags),
	NUMBER(iommu_ioas_map, ioas_id),
	NUMBER(iommu_ioas_map, __reserved),
	ADDRESS(iommu_ioas_map, user_va, map_bytes),
	NUMBER(iommu_ioas_map, length),
	NUMBER(iommu_ioas_map, iova),
};

static const struct trace_field ioas_map_file_fields[] = {
	NUMBER(iommu_ioas_map_file, size),
	NUMBER(iommu_ioas_map_file, flags),
	NUMBER(iommu_ioas_map_file, ioas_id),
	FD(iommu_ioas_map_file, fd),
	NUMBER(iommu_ioas_map_file, start),
	NUMBER(iommu_ioas_map_file, length),
	NUMBER(iommu_ioas_map_file, iova),
};

static const struct trace_field ioas_copy_fields[] = {
	NUMBER(iommu_ioas_copy, size),
	NUMBER(iommu_ioas_copy, flags),
	NUMBER(iommu_ioas_copy, dst_ioas_id),
	NUMBER(iommu_ioas_copy, src_ioas_id),
	NUMBER(iommu_ioas_copy, length),
	NUMBER(iommu_ioas_copy, dst_iova),
	NUMBER(iommu_ioas_copy, src_iova),
};

static const struct trace_field ioas_unmap_fields[] = {
	NUMBER(iommu_ioas_unmap, size),
	NUMBER(iommu_ioas_unmap, ioas_id),
	NUMBER(iommu_ioas_unmap, iova),
	NUMBER(iommu_ioas_unmap, length),
};

static const struct trace_field option_fields[] = {
	NUMBER(iommu_option, size),
	NUMBER(iommu_option, option_id),
	NUMBER(iommu_option, op),
	NUMBER(iommu_option, __reserved),
	NUMBER(iommu_option, object_id),
	NUMBER(iommu_option, val64),
};

static const struct trace_field vfio_ioas_fields[] = {
	NUMBER(iommu_vfio_ioas, size),
	NUMBER(iommu_vfio_ioas, ioas_id),
	NUMBER(iommu_vfio_ioas, op),
	NUMBER(iommu_vfio_ioas, __reserved),
};

static const struct trace_field hwpt_alloc_fields[] = {
	NUMBER(iommu_hwpt_alloc, size),
	NUMBER(iommu_hwpt_alloc, flags),
	NUMBER(iommu_hwpt_alloc, dev_id),
	NUMBER(iommu_hwpt_alloc, pt_id),
	NUMBER(iommu_hwpt_alloc, out_hwpt_id),
	NUMBER(iommu_hwpt_alloc, __reserved),
	NUMBER(iommu_hwpt_alloc, data_type),
	NUMBER(iommu_hwpt_alloc, data_len),
	BUFFER(iommu_hwpt_alloc, data_uptr, hwpt_data_bytes),
	NUMBER(iommu_hwpt_alloc, fault_id),
	NUMBER(iommu_hwpt_alloc, __reserved2),
};

static const struct trace_field hw_info_fields[] = {
	NUMBER(iommu_hw_info, size),
	NUMBER(iommu_hw_info, flags),
	NUMBER(iommu_hw_info, dev_id),
	NUMBER(iommu_hw_info, data_len),
	BUFFER(iommu_hw_info, data_uptr, info_bytes),
	NUMBER(iommu_hw_info, out_data_type),
	NUMBER(iommu_hw_info, out_max_pasid_log2),
	BYTES(iommu_hw_info, __reserved),
	NUMBER(iommu_hw_info, out_capabilities),
};

static const struct trace_field hwpt_set_dirty_tracking_fields[] = {
	NUMBER(iommu_hwpt_set_dirty_tracking, size),
	NUMBER(iommu_hwpt_set_dirty_tracking, flags),
	NUMBER(iommu_hwpt_set_dirty_tracking, hwpt_id),
	NUMBER(iommu_hwpt_set_dirty_tracking, __reserved),
};

static const struct trace_field hwpt_get_dirty_bitmap_fields[] = {
	NUMBER(iommu_hwpt_get_dirty_bitmap, size),
	NUMBER(iommu_hwpt_get_dirty_bitmap, hwpt_id),
	NUMBER(iommu_hwpt_get_dirty_bitmap, flags),
	NUMBER(iommu_hwpt_get_dirty_bitmap, __reserved),
	NUMBER(iommu_hwpt_get_dirty_bitmap, iova),
	NUMBER(iommu_hwpt_get_dirty_bitmap, length),
	NUMBER(iommu_hwpt_get_dirty_bitmap, page_size),
	BUFFER(iommu_hwpt_get_dirty_bitmap, data, bitmap_bytes),
};

static const struct trace_field hwpt_invalidate_fields[] = {
	NUMBER(iommu_hwpt_invalidate, size),
	NUMBER(iommu_hwpt_invalidate, hwpt_id),
	BUFFER(iommu_hwpt_invalidate, data_uptr, invalidate_bytes),
	NUMBER(iommu_hwpt_invalidate, data_type),
	NUMBER(iommu_hwpt_invalidate, entry_len),
	NUMBER(iommu_hwpt_invalidate, entry_num),
	NUMBER(iommu_hwpt_invalidate, __reserved),
};

static const struct trace_field fault_alloc_fields[] = {
	NUMBER(iommu_fault_alloc, size),
	NUMBER(iommu_fault_alloc, flags),
	NUMBER(iommu_fault_alloc, out_fault_id),
	NEW_FD(iommu_fault_alloc, out_fault_fd),
};

static const struct trace_field viommu_alloc_fields[] = {
	NUMBER(iommu_viommu_alloc, size),
	NUMBER(iommu_viommu_alloc, flags),
	NUMBER(iommu_viommu_alloc, type),
	NUMBER(iommu_viommu_alloc, dev_id),
	NUMBER(iommu_viommu_alloc, hwpt_id),
	NUMBER(iommu_viommu_alloc, out_viommu_id),
	NUMBER(iommu_viommu_alloc, data_len),
	NUMBER(iommu_viommu_alloc, __reserved),
	BUFFER(iommu_viommu_alloc, data_uptr, viommu_data_bytes),
};

static const struct trace_field vdevice_alloc_fields[] = {
	NUMBER(iommu_vdevice_alloc, size),
	NUMBER(iommu_vdevice_alloc, viommu_id),
	NUMBER(iommu_vdevice_alloc, dev_id),
	NUMBER(iommu_vdevice_alloc, out_vdevice_id),
	NUMBER(iommu_vdevice_alloc, virt_id),
};

static const struct trace_field ioas_change_process_fields[] = {
	NUMBER(iommu_ioas_change_process, size),
	NUMBER(iommu_ioas_change_process, __reserved),
};

static const struct trace_field veventq_alloc_fields[] = {
	NUMBER(iommu_veventq_alloc, size),
	NUMBER(iommu_veventq_alloc, flags),
	NUMBER(iommu_veventq_alloc, viommu_id),
	NUMBER(iommu_veventq_alloc, type),
	NUMBER(iommu_veventq_alloc, veventq_depth),
	NUMBER(iommu_veventq_alloc, out_veventq_id),
	NEW_FD(iommu_veventq_alloc, out_veventq_fd),
	NUMBER(iommu_veventq_alloc, __reserved),
};

static const struct trace_field hw_queue_alloc_fields[] = {
	NUMBER(iommu_hw_queue_alloc, size),
	NUMBER(iommu_hw_queue_alloc, flags),
	NUMBER(iommu_hw_queue_alloc, viommu_id),
	NUMBER(iommu_hw_queue_alloc, type),
	NUMBER(iommu_hw_queue_alloc, index),
	NUMBER(iommu_hw_queue_alloc, out_hw_queue_id),
	NUMBER(iommu_hw_queue_alloc, nesting_parent_iova),
	NUMBER(iommu_hw_queue_alloc, length),
};

static const struct trace_field ioas_noiommu_get_pa_fields[] = {
	NUMBER(iommu_ioas_noiommu_get_pa, size),
	NUMBER(iommu_ioas_noiommu_get_pa, flags),
	NUMBER(iommu_ioas_noiommu_get_pa, ioas_id),
	NUMBER(iommu_ioas_noiommu_get_pa, __reserved),
	NUMBER(iommu_ioas_noiommu_get_pa, iova),
	NUMBER(iommu_ioas_noiommu_get_pa, length),
	NUMBER(iommu_ioas_noiommu_get_pa, out_phys),
};

static const struct trace_field add_reserved_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, add_reserved.start),
	NUMBER(iommu_test_cmd, add_reserved.length),
};

static const struct trace_field mock_domain_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, mock_domain.out_stdev_id),
	NUMBER(iommu_test_cmd, mock_domain.out_hwpt_id),
	NUMBER(iommu_test_cmd, mock_domain.out_idev_id),
};

static const struct trace_field check_map_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, check_map.iova),
	NUMBER(iommu_test_cmd, check_map.length),
	ADDRESS(iommu_test_cmd, check_map.uptr, check_map_bytes),
};

static const struct trace_field check_refs_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, check_refs.length),
	ADDRESS(iommu_test_cmd, check_refs.uptr, check_refs_bytes),
	NUMBER(iommu_test_cmd, check_refs.refs),
};

static const struct trace_field create_access_fields[] = {
	TEST_HEAD,
	NEW_FD(iommu_test_cmd, create_access.out_access_fd),
	NUMBER(iommu_test_cmd, create_access.flags),
};

static const struct trace_field destroy_access_pages_fields[] = {
	TEST_HEAD_FD,
	NUMBER(iommu_test_cmd, destroy_access_pages.access_pages_id),
};

static const struct trace_field access_pages_fields[] = {
	TEST_HEAD_FD,
	NUMBER(iommu_test_cmd, access_pages.flags),
	NUMBER(iommu_test_cmd, access_pages.out_access_pages_id),
	NUMBER(iommu_test_cmd, access_pages.iova),
	NUMBER(iommu_test_cmd, access_pages.length),
	ADDRESS(iommu_test_cmd, access_pages.uptr, access_pages_bytes),
};

static const struct trace_field access_rw_fields[] = {
	TEST_HEAD_FD,
	NUMBER(iommu_test_cmd, access_rw.iova),
	NUMBER(iommu_test_cmd, access_rw.length),
	ADDRESS(iommu_test_cmd, access_rw.uptr, access_rw_bytes),
	NUMBER(iommu_test_cmd, access_rw.flags),
};

static const struct trace_field memory_limit_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, memory_limit.limit),
};

static const struct trace_field mock_domain_replace_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, mock_domain_replace.pt_id),
};

static const struct trace_field access_replace_ioas_fields[] = {
	TEST_HEAD_FD,
	NUMBER(iommu_test_cmd, access_replace_ioas.ioas_id),
};

static const struct trace_field mock_domain_flags_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, mock_domain_flags.out_stdev_id),
	NUMBER(iommu_test_cmd, mock_domain_flags.out_hwpt_id),
	NUMBER(iommu_test_cmd, mock_domain_flags.out_idev_id),
	NUMBER(iommu_test_cmd, mock_domain_flags.dev_flags),
};

static const struct trace_field dirty_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, dirty.flags),
	NUMBER(iommu_test_cmd, dirty.iova),
	NUMBER(iommu_test_cmd, dirty.length),
	NUMBER(iommu_test_cmd, dirty.page_size),
	BUFFER(iommu_test_cmd, dirty.uptr, test_dirty_bytes),
	NUMBER(iommu_test_cmd, dirty.out_nr_dirty),
};

static const struct trace_field check_iotlb_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, check_iotlb.id),
	NUMBER(iommu_test_cmd, check_iotlb.iotlb),
};

static const struct trace_field trigger_iopf_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, trigger_iopf.dev_id),
	NUMBER(iommu_test_cmd, trigger_iopf.pasid),
	NUMBER(iommu_test_cmd, trigger_iopf.grpid),
	NUMBER(iommu_test_cmd, trigger_iopf.perm),
	NUMBER(iommu_test_cmd, trigger_iopf.addr),
};

static const struct trace_field check_dev_cache_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, check_dev_cache.id),
	NUMBER(iommu_test_cmd, check_dev_cache.cache),
};

static const struct trace_field trigger_vevent_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, trigger_vevent.dev_id),
};

static const struct trace_field pasid_attach_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, pasid_attach.pasid),
	NUMBER(iommu_test_cmd, pasid_attach.pt_id),
};

static const struct trace_field pasid_replace_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, pasid_replace.pasid),
	NUMBER(iommu_test_cmd, pasid_replace.pt_id),
};

static const struct trace_field pasid_detach_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, pasid_detach.pasid),
};

static const struct trace_field pasid_check_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, pasid_check.pasid),
	NUMBER(iommu_test_cmd, pasid_check.hwpt_id),
};

static const struct trace_field dmabuf_get_fields[] = {
	TEST_HEAD,
	NUMBER(iommu_test_cmd, dmabuf_get.length),
	NUMBER(iommu_test_cmd, dmabuf_get.open_flags),
};

static const struct trace_field dmabuf_revoke_fields[] = {
	TEST_HEAD,
	FD(iommu_test_cmd, dmabuf_revoke.dmabuf_fd),
	NUMBER(iommu_test_cmd, dmabuf_revoke.revoked),
};

static const struct trace_field bind_fields[] = {
	NUMBER(vfio_device_bind_iommufd, argsz),
	NUMBER(vfio_device_bind_iommufd, flags),
	FD(vfio_device_bind_iommufd, iommufd),
	NUMBER(vfio_device_bind_iommufd, out_devid),
};

static const struct trace_field attach_fields[] = {
	NUMBER(vfio_device_attach_iommufd_pt, argsz),
	NUMBER(vfio_device_attach_iommufd_pt, flags),
	NUMBER(vfio_device_attach_iommufd_pt, pt_id),
	NUMBER(vfio_device_attach_iommufd_pt, pasid),
};

static const struct trace_field detach_fields[] = {
	NUMBER(vfio_device_detach_iommufd_pt, argsz),
	NUMBER(vfio_device_detach_iommufd_pt, flags),
	NUMBER(vfio_device_detach_iommufd_pt, pasid),
};

static const struct trace_field device_info_fields[] = {
	NUMBER(vfio_device_info, argsz),
	NUMBER(vfio_device_info, flags),
	NUMBER(vfio_device_info, num_regions),
	NUMBER(vfio_device_info, num_irqs),
	NUMBER(vfio_device_info, cap_offset),
};

static const struct trace_field region_info_fields[] = {
	NUMBER(vfio_region_info, argsz),
	NUMBER(vfio_region_info, flags),
	NUMBER(vfio_region_info, index),
	NUMBER(vfio_region_info, cap_offset),
	NUMBER(vfio_region_info, size),
	NUMBER(vfio_region_info, offset),
};

static const struct trace_field irq_info_fields[] = {
	NUMBER(vfio_irq_info, argsz),
	NUMBER(vfio_irq_info, flags),
	NUMBER(vfio_irq_info, index),
	NUMBER(vfio_irq_info, count),
};

static const struct trace_field map_dma_fields[] = {
	NUMBER(vfio_iommu_type1_dma_map, argsz),
	NUMBER(vfio_iommu_type1_dma_map, flags),
	ADDRESS(vfio_iommu_type1_dma_map, vaddr, vfio_map_bytes),
	NUMBER(vfio_iommu_type1_dma_map, iova),
	NUMBER(vfio_iommu_type1_dma_map, size),
};

static const struct trace_field unmap_dma_fields[] = {
	NUMBER(vfio_iommu_type1_dma_unmap, argsz),
	NUMBER(vfio_iommu_type1_dma_unmap, flags),
	NUMBER(vfio_iommu_type1_dma_unmap, iova),
	NUMBER(vfio_iommu_type1_dma_unmap, size),
};

static const struct trace_field iommu_info_fields[] = {
	NUMBER(vfio_iommu_type1_info, argsz),
	NUMBER(vfio_iommu_type1_info, flags),
	NUMBER(vfio_iommu_type1_info, iova_pgsizes),
	NUMBER(vfio_iommu_type1_info, cap_offset),
};

static const struct trace_field group_status_fields[] = {
	NUMBER(vfio_group_status, argsz),
	NUMBER(vfio_group_status, flags),
};

/* Not one macro through another: the name would be expanded. */
#define SHAPED(op, type, size_name, fields) \
	op, "struct " #type, size_name, sizeof(struct type), fields, \
	sizeof(fields) / sizeof(fields[0])
#define ROW(request, type, fields) \
	{ #request, request, SHAPED(0, type, "size", fields) }
#define TEST(op, fields) \
	{ "IOMMU_TEST_CMD", IOMMU_TEST_CMD, \
	  SHAPED(op, iommu_test_cmd, "size", fields) }
#define VFIO(request, type, fields) \
	{ #request, request, SHAPED(0, type, "argsz", fields) }
#define VALUE(request) { #request, request, 0, NULL, NULL, 0, NULL, 0 }

static const struct trace_shape shapes[] = {
	ROW(IOMMU_DESTROY, iommu_destroy, destroy_fields),
	ROW(IOMMU_IOAS_ALLOC, iommu_ioas_alloc, ioas_alloc_fields),
	ROW(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges,
	    ioas_iova_ranges_fields),
	ROW(IOMMU_IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas,
	    ioas_allow_iovas_fields),
	ROW(IOMMU_IOAS_MAP, iommu_ioas_map, ioas_map_fields),
	ROW(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, ioas_map_file_fields),
	ROW(IOMMU_IOAS_COPY, iommu_ioas_copy, ioas_copy_fields),
	ROW(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, ioas_unmap_fields),
	ROW(IOMMU_OPTION, iommu_option, option_fields),
	ROW(IOMMU_VFIO_IOAS, iommu_vfio_ioas, vfio_ioas_fields),
	ROW(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, hwpt_alloc_fields),
	ROW(IOMMU_GET_HW_INFO, iommu_hw_info, hw_info_fields),
	ROW(IOMMU_HWPT_SET_DIRTY_TRACKING, iommu_hwpt_set_dirty_tracking,
	    hwpt_set_dirty_tracking_fields),
	ROW(IOMMU_HWPT_GET_DIRTY_BITMAP, iommu_hwpt_get_dirty_bitmap,
	    hwpt_get_dirty_bitmap_fields),
	ROW(IOMMU_HWPT_INVALIDATE, iommu_hwpt_invalidate,
	    hwpt_invalidate_fields),
	ROW(IOMMU_FAULT_QUEUE_ALLOC, iommu_fault_alloc, fault_alloc_fields),
	ROW(IOMMU_VIOMMU_ALLOC, iommu_viommu_alloc, viommu_alloc_fields),
	ROW(IOMMU_VDEVICE_ALLOC, iommu_vdevice_alloc, vdevice_alloc_fields),
	ROW(IOMMU_IOAS_CHANGE_PROCESS, iommu_ioas_change_process,
	    ioas_change_process_fields),
	ROW(IOMMU_VEVENTQ_ALLOC, iommu_veventq_alloc, veventq_alloc_fields),
	ROW(IOMMU_HW_QUEUE_ALLOC, iommu_hw_queue_alloc, hw_queue_alloc_fields),
	ROW(IOMMU_IOAS_NOIOMMU_GET_PA, iommu_ioas_noiommu_get_pa,
	    ioas_noiommu_get_pa_fields),
	TEST(IOMMU_TEST_OP_ADD_RESERVED, add_reserved_fields),
	TEST(IOMMU_TEST_OP_MOCK_DOMAIN, mock_domain_fields),
	TEST(IOMMU_TEST_OP_MD_CHECK_MAP, check_map_fields),
	TEST(IOMMU_TEST_OP_MD_CHECK_REFS, check_refs_fields),
	TEST(IOMMU_TEST_OP_CREATE_ACCESS, create_access_fields),
	TEST(IOMMU_TEST_OP_DESTROY_ACCESS_PAGES, destroy_access_pages_fields),
	TEST(IOMMU_TEST_OP_ACCESS_PAGES, access_pages_fields),
	TEST(IOMMU_TEST_OP_ACCESS_RW, access_rw_fields),
	TEST(IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT, memory_limit_fields),
	TEST(IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE, mock_domain_replace_fields),
	TEST(IOMMU_TEST_OP_ACCESS_REPLACE_IOAS, access_replace_ioas_fields),
	TEST(IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS, mock_domain_flags_fields),
	TEST(IOMMU_TEST_OP_DIRTY, dirty_fields),
	TEST(IOMMU_TEST_OP_MD_CHECK_IOTLB, check_iotlb_fields),
	TEST(IOMMU_TEST_OP_TRIGGER_IOPF, trigger_iopf_fields),
	TEST(IOMMU_TEST_OP_DEV_CHECK_CACHE, check_dev_cache_fields),
	TEST(IOMMU_TEST_OP_TRIGGER_VEVENT, trigger_vevent_fields),
	TEST(IOMMU_TEST_OP_PASID_ATTACH, pasid_attach_fields),
	TEST(IOMMU_TEST_OP_PASID_REPLACE, pasid_replace_fields),
	TEST(IOMMU_TEST_OP_PASID_DETACH, pasid_detach_fields),
	TEST(IOMMU_TEST_OP_PASID_CHECK_HWPT, pasid_check_fields),
	TEST(IOMMU_TEST_OP_DMABUF_GET, dmabuf_get_fields),
	TEST(IOMMU_TEST_OP_DMABUF_REVOKE, dmabuf_revoke_fields),
	VFIO(VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd, bind_fields),
	VFIO(VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_device_attach_iommufd_pt,
	     attach_fields),
	VFIO(VFIO_DEVICE_DETACH_IOMMUFD_PT, vfio_device_detach_iommufd_pt,
	     detach_fields),
	VFIO(VFIO_DEVICE_GET_INFO, vfio_device_info, device_info_fields),
	VFIO(VFIO_DEVICE_GET_REGION_INFO, vfio_region_info, region_info_fields),
	VFIO(VFIO_DEVICE_GET_IRQ_INFO, vfio_irq_info, irq_info_fields),
	VFIO(VFIO_IOMMU_MAP_DMA, vfio_iommu_type1_dma_map, map_dma_fields),
	VFIO(VFIO_IOMMU_UNMAP_DMA, vfio_iommu_type1_dma_unmap,
	     unmap_dma_fields),
	VFIO(VFIO_IOMMU_GET_INFO, vfio_iommu_type1_info, iommu_info_fields),
	VFIO(VFIO_GROUP_GET_STATUS, vfio_group_status, group_status_fields),
	VALUE(VFIO_GET_API_VERSION),
	VALUE(VFIO_CHECK_EXTENSION),
	VALUE(VFIO_SET_IOMMU),
	VALUE(VFIO_DEVICE_RESET),
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

const struct trace_shape *trace_shape_of(unsigned long request, uint32_t op)
{
	for (size_t i = 0; i < SHAPES; i++)
		if (shapes[i].request == request &&
		    (!shapes[i].op || shapes[i].op == op))
			return &shapes[i];
	return NULL;
}

const struct trace_shape *trace_shape_named(const char *name)
{
	for (size_t i = 0; i < SHAPES; i++)
		if (!strcmp(shapes[i].name, name))
			return &shapes[i];
	return NULL;
}

uint64_t trace_field_get(const struct trace_field *field, const void *cmd)
{
	uint64_t value = 0;

	/* Little-endian, as both machines are. */
	memcpy(&value, (const char *)cmd + field->offset,
	       field->size < sizeof(value) ? field->size : sizeof(value));
	return value;
}

void trace_field_set(const struct trace_field *field, void *cmd, uint64_t value)
{
	memcpy((char *)cmd + field->offset, &value,
	       field->size < sizeof(value) ? field->size : sizeof(value));
}
