// SPDX-License-Identifier: MIT
/*
 * The commands of the ABI: one row each; two where a flag makes another path.
 */
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

#include "support/mock.h"

int sweep_with_ioas(struct sweep *s)
{
	return mock_ioas(s->fd, &s->id[SWEEP_IOAS]);
}

static int with_map(struct sweep *s)
{
	return sweep_with_ioas(s) ?: mock_map(s->fd, s->id[SWEEP_IOAS], s->memory,
					SWEEP_BYTES, SWEEP_IOVA);
}

static int with_device(struct sweep *s)
{
	return sweep_with_ioas(s) ?: mock_domain(s->fd, s->id[SWEEP_IOAS],
					   MOCK_FLAGS_DEVICE_PASID,
					   &s->id[SWEEP_STDEV], &s->id[SWEEP_IDEV],
					   &s->id[SWEEP_AUTO]);
}

int sweep_with_device_map(struct sweep *s)
{
	return with_device(s) ?: mock_map(s->fd, s->id[SWEEP_IOAS], s->memory,
					  SWEEP_BYTES, SWEEP_IOVA);
}

static int with_parent(struct sweep *s)
{
	return sweep_with_device_map(s) ?: mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
					       IOMMU_HWPT_ALLOC_NEST_PARENT,
					       &s->id[SWEEP_PARENT]);
}

int sweep_with_viommu(struct sweep *s)
{
	return with_parent(s) ?: mock_viommu(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_PARENT],
					     &s->id[SWEEP_VIOMMU]);
}

static int with_vdevice(struct sweep *s)
{
	return sweep_with_viommu(s) ?: mock_vdevice(s->fd, s->id[SWEEP_VIOMMU], s->id[SWEEP_IDEV],
					      0x99, &s->id[SWEEP_VDEV]);
}

static int with_queue(struct sweep *s)
{
	return sweep_with_viommu(s) ?: mock_hw_queue(s->fd, s->id[SWEEP_VIOMMU], 0,
					       SWEEP_IOVA, 4096, &s->id[SWEEP_QUEUE]);
}

static int act_ioas_alloc(struct sweep *s)
{
	return mock_ioas(s->fd, &s->id[SWEEP_IOAS]);
}

static int act_destroy_ioas(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_IOAS]);
}

static int act_allow(struct sweep *s)
{
	struct iommu_iova_range ranges[3] = {
		{ 0x10000, 0x1ffff }, { 0x40000, 0x4ffff }, { 0x80000, 0xfffff }
	};
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[SWEEP_IOAS],
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
		.ioas_id = s->id[SWEEP_IOAS],
		.num_iovas = 4,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return mock_call(s->fd, IOMMU_IOAS_IOVA_RANGES, &cmd);
}

static int act_map(struct sweep *s)
{
	return mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, SWEEP_BYTES, SWEEP_IOVA);
}

static int act_map_auto(struct sweep *s)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.ioas_id = s->id[SWEEP_IOAS],
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
		.ioas_id = s->id[SWEEP_IOAS],
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
	return sweep_with_device_map(s) ?: mock_ioas(s->fd, &s->id[SWEEP_IOAS2]);
}

static int act_copy(struct sweep *s)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA,
		.dst_ioas_id = s->id[SWEEP_IOAS2],
		.src_ioas_id = s->id[SWEEP_IOAS],
		.length = 8192,
		.dst_iova = SWEEP_IOVA,
		.src_iova = SWEEP_IOVA + 4096,
	};

	return mock_call(s->fd, IOMMU_IOAS_COPY, &cmd);
}

static int act_unmap(struct sweep *s)
{
	return mock_unmap(s->fd, s->id[SWEEP_IOAS], SWEEP_IOVA, SWEEP_BYTES);
}

static int act_option_get(struct sweep *s)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_GET,
		.object_id = s->id[SWEEP_IOAS],
	};

	return mock_call(s->fd, IOMMU_OPTION, &cmd);
}

static int act_option_set(struct sweep *s)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_SET,
		.object_id = s->id[SWEEP_IOAS],
		.val64 = 0,
	};

	return mock_call(s->fd, IOMMU_OPTION, &cmd);
}

static int act_destroy_stdev(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_STDEV]);
}

static int act_hwpt(struct sweep *s)
{
	return mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			 IOMMU_HWPT_ALLOC_NEST_PARENT |
				 IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
			 &s->id[SWEEP_PARENT]);
}

static int act_nested(struct sweep *s)
{
	return mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_PARENT], &s->id[SWEEP_NESTED]);
}

static int act_nested_viommu(struct sweep *s)
{
	return mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_VIOMMU], &s->id[SWEEP_NESTED]);
}

static int act_hw_info(struct sweep *s)
{
	struct iommu_test_hw_info info;
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = s->id[SWEEP_IDEV],
		.data_len = sizeof(info),
		.data_uptr = (uintptr_t)&info,
	};

	return mock_call(s->fd, IOMMU_GET_HW_INFO, &cmd);
}

static int with_dirty(struct sweep *s)
{
	return sweep_with_device_map(s) ?:
	       mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			 IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &s->id[SWEEP_PARENT]);
}

static int act_set_dirty(struct sweep *s)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_DIRTY_TRACKING_ENABLE,
		.hwpt_id = s->id[SWEEP_PARENT],
	};

	return mock_call(s->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static int act_get_dirty(struct sweep *s)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.hwpt_id = s->id[SWEEP_PARENT],
		.iova = SWEEP_IOVA,
		.length = SWEEP_BYTES,
		.page_size = 4096,
		.data = (uintptr_t)s->scratch,
	};

	return mock_call(s->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
}

static int act_viommu(struct sweep *s)
{
	return mock_viommu(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_PARENT], &s->id[SWEEP_VIOMMU]);
}

static int act_destroy_viommu(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_VIOMMU]);
}

static int act_vdevice(struct sweep *s)
{
	return mock_vdevice(s->fd, s->id[SWEEP_VIOMMU], s->id[SWEEP_IDEV], 0x99,
			    &s->id[SWEEP_VDEV]);
}

static int act_destroy_vdevice(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_VDEV]);
}

static int act_veventq(struct sweep *s)
{
	int ret = mock_veventq(s->fd, s->id[SWEEP_VIOMMU], &s->id[SWEEP_EVENTQ],
			       &s->event_fd);

	if (ret)
		s->event_fd = -1;
	return ret;
}

static int act_fault_queue(struct sweep *s)
{
	int ret = mock_fault(s->fd, &s->id[SWEEP_EVENTQ], &s->event_fd);

	if (ret)
		s->event_fd = -1;
	return ret;
}

static int act_hw_queue(struct sweep *s)
{
	return mock_hw_queue(s->fd, s->id[SWEEP_VIOMMU], 0, SWEEP_IOVA, 4096,
			     &s->id[SWEEP_QUEUE]);
}

static int act_destroy_queue(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_QUEUE]);
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
		.ioas_id = s->id[SWEEP_IOAS],
		.op = IOMMU_VFIO_IOAS_SET,
	};

	return mock_call(s->fd, IOMMU_VFIO_IOAS, &cmd);
}

static int vfio_ioas(struct sweep *s, uint16_t op)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[SWEEP_IOAS],
		.op = op,
	};

	return mock_call(s->fd, IOMMU_VFIO_IOAS, &cmd);
}

static int with_vfio_ioas(struct sweep *s)
{
	return sweep_with_ioas(s) ?: vfio_ioas(s, IOMMU_VFIO_IOAS_SET);
}

static int act_vfio_ioas_get(struct sweep *s)
{
	return vfio_ioas(s, IOMMU_VFIO_IOAS_GET);
}

static int act_vfio_ioas_clear(struct sweep *s)
{
	return vfio_ioas(s, IOMMU_VFIO_IOAS_CLEAR);
}

static int rlimit_mode(struct sweep *s, uint16_t op)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = op,
		.val64 = 1,
	};

	return mock_call(s->fd, IOMMU_OPTION, &cmd);
}

static int act_rlimit_get(struct sweep *s)
{
	return rlimit_mode(s, IOMMU_OPTION_OP_GET);
}

static int act_rlimit_set(struct sweep *s)
{
	return rlimit_mode(s, IOMMU_OPTION_OP_SET);
}

/* The mode is paid for by what is mapped after it. */
static int with_mm_mode(struct sweep *s)
{
	return act_rlimit_set(s) ?: with_device(s);
}

/* Fewer places than ranges: told, but EMSGSIZE. */
static int act_ranges_short(struct sweep *s)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = s->id[SWEEP_IOAS],
	};
	int ret = mock_call(s->fd, IOMMU_IOAS_IOVA_RANGES, &cmd);

	return ret == EMSGSIZE ? 0 : ret;
}

static int with_two_maps(struct sweep *s)
{
	return sweep_with_device_map(s) ?:
	       mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, 4096,
			4 * SWEEP_IOVA);
}

static int act_unmap_all(struct sweep *s)
{
	return mock_unmap(s->fd, s->id[SWEEP_IOAS], 0, UINT64_MAX);
}

static int with_file_map(struct sweep *s)
{
	return with_device(s) ?: act_map_file(s);
}

static int with_nested(struct sweep *s)
{
	return with_parent(s) ?: act_nested(s);
}

static int with_fault_queue(struct sweep *s)
{
	return with_parent(s) ?: act_fault_queue(s);
}

static int act_hwpt_fault(struct sweep *s)
{
	struct iommu_hwpt_selftest data = {};
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.dev_id = s->id[SWEEP_IDEV],
		.pt_id = s->id[SWEEP_PARENT],
		.fault_id = s->id[SWEEP_EVENTQ],
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	return mock_call(s->fd, IOMMU_HWPT_ALLOC, &cmd);
}

/* A queue of events can be destroyed once its descriptor is closed. */
static int close_events(struct sweep *s)
{
	int ret = uiommufd_close(s->event_fd);

	s->event_fd = -1;
	return ret;
}

static int with_lone_faults(struct sweep *s)
{
	return act_fault_queue(s) ?: close_events(s);
}

static int with_lone_veventq(struct sweep *s)
{
	return sweep_with_viommu(s) ?: act_veventq(s) ?: close_events(s);
}

static int act_destroy_parent(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_PARENT]);
}

static int act_destroy_nested(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_NESTED]);
}

static int act_destroy_events(struct sweep *s)
{
	return mock_destroy(s->fd, s->id[SWEEP_EVENTQ]);
}

#define STAYS_MAPPED "spec/40 2: a mapping whose reply faults stays"

const struct sweep_row sweep_command_rows[] = {
	{ "IOAS_ALLOC", NULL, act_ioas_alloc, NULL },
	{ "DESTROY ioas", with_map, act_destroy_ioas, NULL },
	{ "IOAS_ALLOW_IOVAS", sweep_with_ioas, act_allow, NULL },
	{ "IOAS_IOVA_RANGES", sweep_with_ioas, act_ranges, NULL },
	{ "IOAS_IOVA_RANGES without room", sweep_with_ioas, act_ranges_short,
	  NULL },
	{ "IOAS_MAP", sweep_with_ioas, act_map, STAYS_MAPPED },
	{ "IOAS_MAP automatic", sweep_with_ioas, act_map_auto, STAYS_MAPPED },
	{ "IOAS_MAP with a domain", with_device, act_map, STAYS_MAPPED },
	{ "IOAS_MAP_FILE", with_device, act_map_file, STAYS_MAPPED },
	{ "IOAS_COPY", with_two_ioas, act_copy, STAYS_MAPPED },
	{ "IOAS_UNMAP", with_map, act_unmap,
	  "spec/40 2: an UNMAP whose reply faults stays done" },
	{ "IOAS_UNMAP with a domain", sweep_with_device_map, act_unmap,
	  "spec/40 2: an UNMAP whose reply faults stays done" },
	{ "IOAS_UNMAP of everything", with_two_maps, act_unmap_all,
	  "spec/40 2: an UNMAP whose reply faults stays done" },
	{ "IOAS_MAP charged to the process", with_mm_mode, act_map,
	  STAYS_MAPPED },
	{ "OPTION get limit mode", NULL, act_rlimit_get, NULL },
	{ "OPTION get", sweep_with_ioas, act_option_get, NULL },
	{ "OPTION set", sweep_with_ioas, act_option_set,
	  "spec/10 11: the option stays changed" },
	{ "DESTROY selftest", sweep_with_device_map, act_destroy_stdev, NULL },
	{ "HWPT_ALLOC", sweep_with_device_map, act_hwpt, NULL },
	{ "HWPT_ALLOC nested", with_parent, act_nested, NULL },
	{ "HWPT_ALLOC nested on a vIOMMU", sweep_with_viommu, act_nested_viommu, NULL },
	{ "GET_HW_INFO", with_device, act_hw_info, NULL },
	{ "HWPT_SET_DIRTY_TRACKING", with_dirty, act_set_dirty, NULL },
	{ "HWPT_GET_DIRTY_BITMAP", with_dirty, act_get_dirty, NULL },
	{ "DESTROY hwpt_paging", with_parent, act_destroy_parent, NULL },
	{ "DESTROY hwpt_nested", with_nested, act_destroy_nested, NULL },
	{ "FAULT_QUEUE_ALLOC", NULL, act_fault_queue, NULL },
	{ "DESTROY fault", with_lone_faults, act_destroy_events, NULL },
	{ "VIOMMU_ALLOC", with_parent, act_viommu, NULL },
	{ "DESTROY viommu", sweep_with_viommu, act_destroy_viommu, NULL },
	{ "VDEVICE_ALLOC", sweep_with_viommu, act_vdevice, NULL },
	{ "DESTROY vdevice", with_vdevice, act_destroy_vdevice, NULL },
	{ "DESTROY selftest with a vDEVICE", with_vdevice, act_destroy_stdev,
	  NULL },
	{ "HWPT_ALLOC nested with faults", with_fault_queue, act_hwpt_fault,
	  NULL },
	{ "VEVENTQ_ALLOC", sweep_with_viommu, act_veventq, NULL },
	{ "DESTROY veventq", with_lone_veventq, act_destroy_events, NULL },
	{ "HW_QUEUE_ALLOC", sweep_with_viommu, act_hw_queue, NULL },
	{ "DESTROY hw_queue", with_queue, act_destroy_queue, NULL },
	{ "IOAS_CHANGE_PROCESS", sweep_with_ioas, act_change_process, NULL },
	{ "IOAS_CHANGE_PROCESS with a file", with_file_map, act_change_process,
	  NULL },
	{ "VFIO_IOAS get", with_vfio_ioas, act_vfio_ioas_get, NULL },
	{ "VFIO_IOAS clear", with_vfio_ioas, act_vfio_ioas_clear, NULL },
	{ "VFIO_IOAS", sweep_with_ioas, act_vfio_ioas, NULL },
	{}
};
