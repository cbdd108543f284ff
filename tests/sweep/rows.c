// SPDX-License-Identifier: MIT
/*
 * One row a command; two where a flag makes another path.
 */
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

#include "support/mock.h"

/* What the identifiers mean in these rows. */
enum { IOAS, STDEV, IDEV, AUTO, PARENT, VIOMMU, VDEV, NESTED, QUEUE, EVENTQ, IOAS2 };

static int with_ioas(struct sweep *s)
{
	return mock_ioas(s->fd, &s->id[IOAS]);
}

static int with_map(struct sweep *s)
{
	return with_ioas(s) ?: mock_map(s->fd, s->id[IOAS], s->memory,
					SWEEP_BYTES, SWEEP_IOVA);
}

static int with_device(struct sweep *s)
{
	return with_ioas(s) ?: mock_domain(s->fd, s->id[IOAS],
					   MOCK_FLAGS_DEVICE_PASID,
					   &s->id[STDEV], &s->id[IDEV],
					   &s->id[AUTO]);
}

static int with_device_map(struct sweep *s)
{
	return with_device(s) ?: mock_map(s->fd, s->id[IOAS], s->memory,
					  SWEEP_BYTES, SWEEP_IOVA);
}

static int with_parent(struct sweep *s)
{
	return with_device_map(s) ?: mock_hwpt(s->fd, s->id[IDEV], s->id[IOAS],
					       IOMMU_HWPT_ALLOC_NEST_PARENT,
					       &s->id[PARENT]);
}

static int with_viommu(struct sweep *s)
{
	return with_parent(s) ?: mock_viommu(s->fd, s->id[IDEV], s->id[PARENT],
					     &s->id[VIOMMU]);
}

static int with_vdevice(struct sweep *s)
{
	return with_viommu(s) ?: mock_vdevice(s->fd, s->id[VIOMMU], s->id[IDEV],
					      0x99, &s->id[VDEV]);
}

static int with_queue(struct sweep *s)
{
	return with_viommu(s) ?: mock_hw_queue(s->fd, s->id[VIOMMU], 0,
					       SWEEP_IOVA, 4096, &s->id[QUEUE]);
}

static int act_ioas_alloc(struct sweep *s)
{
	return mock_ioas(s->fd, &s->id[IOAS]);
}

static int act_destroy_ioas(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[IOAS]);
}

static int act_allow(struct sweep *s)
{
	struct iommu_iova_range ranges[3] = {
		{ 0x10000, 0x1ffff }, { 0x40000, 0x4ffff }, { 0x80000, 0xfffff }
	};
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[IOAS],
		.num_iovas = 3,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return mock_call(s->fd, IOMMU_IOAS_ALLOW_IOVAS, &cmd);
}

static int act_ranges(struct sweep *s)
{
	struct iommu_iova_range ranges[4];
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[IOAS],
		.num_iovas = 4,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return mock_call(s->fd, IOMMU_IOAS_IOVA_RANGES, &cmd);
}

static int act_map(struct sweep *s)
{
	return mock_map(s->fd, s->id[IOAS], s->memory, SWEEP_BYTES, SWEEP_IOVA);
}

static int act_map_auto(struct sweep *s)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.ioas_id = s->id[IOAS],
		.user_va = (uintptr_t)s->memory,
		.length = SWEEP_BYTES,
	};

	return mock_call(s->fd, IOMMU_IOAS_MAP, &cmd);
}

static int act_map_file(struct sweep *s)
{
	int memory = memfd_create("sweep", MFD_CLOEXEC);
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = s->id[IOAS],
		.fd = memory,
		.length = 4 * 4096,
		.iova = SWEEP_IOVA,
	};
	int ret = ftruncate(memory, 4 * 4096) ? errno : 0;

	ret = ret ?: mock_call(s->fd, IOMMU_IOAS_MAP_FILE, &cmd);
	close(memory);
	return ret;
}

static int with_two_ioas(struct sweep *s)
{
	return with_device_map(s) ?: mock_ioas(s->fd, &s->id[IOAS2]);
}

static int act_copy(struct sweep *s)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA,
		.dst_ioas_id = s->id[IOAS2],
		.src_ioas_id = s->id[IOAS],
		.length = 8192,
		.dst_iova = SWEEP_IOVA,
		.src_iova = SWEEP_IOVA + 4096,
	};

	return mock_call(s->fd, IOMMU_IOAS_COPY, &cmd);
}

static int act_unmap(struct sweep *s)
{
	return mock_unmap(s->fd, s->id[IOAS], SWEEP_IOVA, SWEEP_BYTES);
}

static int act_option_get(struct sweep *s)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_GET,
		.object_id = s->id[IOAS],
	};

	return mock_call(s->fd, IOMMU_OPTION, &cmd);
}

static int act_option_set(struct sweep *s)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = s->id[IOAS],
		.val64 = 0,
	};

	return mock_call(s->fd, IOMMU_OPTION, &cmd);
}

static int act_mock_domain(struct sweep *s)
{
	return mock_domain(s->fd, s->id[IOAS], 0, &s->id[STDEV], &s->id[IDEV],
			   &s->id[AUTO]);
}

static int act_destroy_stdev(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[STDEV]);
}

static int act_hwpt(struct sweep *s)
{
	return mock_hwpt(s->fd, s->id[IDEV], s->id[IOAS],
			 IOMMU_HWPT_ALLOC_NEST_PARENT |
				 IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
			 &s->id[PARENT]);
}

static int act_nested(struct sweep *s)
{
	return mock_nested(s->fd, s->id[IDEV], s->id[PARENT], &s->id[NESTED]);
}

static int act_nested_viommu(struct sweep *s)
{
	return mock_nested(s->fd, s->id[IDEV], s->id[VIOMMU], &s->id[NESTED]);
}

static int act_replace(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
		.id = s->id[STDEV],
		.mock_domain_replace = { .pt_id = s->id[PARENT] },
	};

	return mock_call(s->fd, IOMMU_TEST_CMD, &cmd);
}

static int act_hw_info(struct sweep *s)
{
	struct iommu_test_hw_info info;
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = s->id[IDEV],
		.data_len = sizeof(info),
		.data_uptr = (uintptr_t)&info,
	};

	return mock_call(s->fd, IOMMU_GET_HW_INFO, &cmd);
}

static int with_dirty(struct sweep *s)
{
	return with_device_map(s) ?:
	       mock_hwpt(s->fd, s->id[IDEV], s->id[IOAS],
			 IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &s->id[PARENT]);
}

static int act_set_dirty(struct sweep *s)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_DIRTY_TRACKING_ENABLE,
		.hwpt_id = s->id[PARENT],
	};

	return mock_call(s->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static int act_get_dirty(struct sweep *s)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.hwpt_id = s->id[PARENT],
		.iova = SWEEP_IOVA,
		.length = SWEEP_BYTES,
		.page_size = 4096,
		.data = (uintptr_t)s->scratch,
	};

	return mock_call(s->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
}

static int act_viommu(struct sweep *s)
{
	return mock_viommu(s->fd, s->id[IDEV], s->id[PARENT], &s->id[VIOMMU]);
}

static int act_destroy_viommu(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[VIOMMU]);
}

static int act_vdevice(struct sweep *s)
{
	return mock_vdevice(s->fd, s->id[VIOMMU], s->id[IDEV], 0x99,
			    &s->id[VDEV]);
}

static int act_destroy_vdevice(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[VDEV]);
}

static int act_invalidate(struct sweep *s)
{
	struct iommu_viommu_invalidate_selftest entry = { .vdev_id = 0x99 };
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = s->id[VIOMMU],
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST,
		.data_uptr = (uintptr_t)&entry,
		.entry_len = sizeof(entry),
		.entry_num = 1,
	};

	return mock_call(s->fd, IOMMU_HWPT_INVALIDATE, &cmd);
}

static int act_veventq(struct sweep *s)
{
	int ret = mock_veventq(s->fd, s->id[VIOMMU], &s->id[EVENTQ],
			       &s->event_fd);

	if (ret)
		s->event_fd = -1;
	return ret;
}

static int act_fault_queue(struct sweep *s)
{
	int ret = mock_fault(s->fd, &s->id[EVENTQ], &s->event_fd);

	if (ret)
		s->event_fd = -1;
	return ret;
}

static int act_hw_queue(struct sweep *s)
{
	return mock_hw_queue(s->fd, s->id[VIOMMU], 0, SWEEP_IOVA, 4096,
			     &s->id[QUEUE]);
}

static int act_destroy_queue(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[QUEUE]);
}

static int act_change_process(struct sweep *s)
{
	struct iommu_ioas_change_process cmd = { .size = sizeof(cmd) };

	return mock_call(s->fd, IOMMU_IOAS_CHANGE_PROCESS, &cmd);
}

static int act_vfio_ioas(struct sweep *s)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[IOAS],
		.op = IOMMU_VFIO_IOAS_SET,
	};

	return mock_call(s->fd, IOMMU_VFIO_IOAS, &cmd);
}

#define STAYS_MAPPED "spec/40 2: a mapping whose reply faults stays"

const struct sweep_row sweep_rows[] = {
	{ "IOAS_ALLOC", NULL, act_ioas_alloc, NULL },
	{ "DESTROY ioas", with_map, act_destroy_ioas, NULL },
	{ "IOAS_ALLOW_IOVAS", with_ioas, act_allow, NULL },
	{ "IOAS_IOVA_RANGES", with_ioas, act_ranges, NULL },
	{ "IOAS_MAP", with_ioas, act_map, STAYS_MAPPED },
	{ "IOAS_MAP automatic", with_ioas, act_map_auto, STAYS_MAPPED },
	{ "IOAS_MAP with a domain", with_device, act_map, STAYS_MAPPED },
	{ "IOAS_MAP_FILE", with_device, act_map_file, STAYS_MAPPED },
	{ "IOAS_COPY", with_two_ioas, act_copy, STAYS_MAPPED },
	{ "IOAS_UNMAP", with_map, act_unmap,
	  "spec/40 2: an UNMAP whose reply faults stays done" },
	{ "IOAS_UNMAP with a domain", with_device_map, act_unmap,
	  "spec/40 2: an UNMAP whose reply faults stays done" },
	{ "OPTION get", with_ioas, act_option_get, NULL },
	{ "OPTION set", with_ioas, act_option_set,
	  "spec/10 11: the option stays changed" },
	{ "TEST_CMD MOCK_DOMAIN", with_map, act_mock_domain, NULL },
	{ "DESTROY selftest", with_device_map, act_destroy_stdev, NULL },
	{ "HWPT_ALLOC", with_device_map, act_hwpt, NULL },
	{ "HWPT_ALLOC nested", with_parent, act_nested, NULL },
	{ "HWPT_ALLOC nested on a vIOMMU", with_viommu, act_nested_viommu, NULL },
	{ "TEST_CMD REPLACE", with_parent, act_replace,
	  "spec/80 3: undone only where noted, and this is not" },
	{ "GET_HW_INFO", with_device, act_hw_info, NULL },
	{ "HWPT_SET_DIRTY_TRACKING", with_dirty, act_set_dirty, NULL },
	{ "HWPT_GET_DIRTY_BITMAP", with_dirty, act_get_dirty, NULL },
	{ "FAULT_QUEUE_ALLOC", NULL, act_fault_queue, NULL },
	{ "VIOMMU_ALLOC", with_parent, act_viommu, NULL },
	{ "DESTROY viommu", with_viommu, act_destroy_viommu, NULL },
	{ "VDEVICE_ALLOC", with_viommu, act_vdevice, NULL },
	{ "DESTROY vdevice", with_vdevice, act_destroy_vdevice, NULL },
	{ "DESTROY selftest with a vDEVICE", with_vdevice, act_destroy_stdev,
	  NULL },
	{ "HWPT_INVALIDATE", with_vdevice, act_invalidate, NULL },
	{ "VEVENTQ_ALLOC", with_viommu, act_veventq, NULL },
	{ "HW_QUEUE_ALLOC", with_viommu, act_hw_queue, NULL },
	{ "DESTROY hw_queue", with_queue, act_destroy_queue, NULL },
	{ "IOAS_CHANGE_PROCESS", with_ioas, act_change_process, NULL },
	{ "VFIO_IOAS", with_ioas, act_vfio_ioas, NULL },
};
const unsigned int sweep_row_count = sizeof(sweep_rows) / sizeof(*sweep_rows);
