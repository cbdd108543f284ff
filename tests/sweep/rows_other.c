// SPDX-License-Identifier: MIT
/*
 * What is not a row of the ABI's table or of the test command: the VFIO
 * container's commands, mappings, event files, a device without IOMMU.
 */
#include "sweep.h"

#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "support/mock.h"

/* ---- VFIO container ---- */

static int with_compat(struct sweep *s)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd), .op = IOMMU_VFIO_IOAS_SET,
	};
	int ret = sweep_with_device_map(s);

	cmd.ioas_id = s->id[SWEEP_IOAS];
	return ret ?: mock_call(s->fd, IOMMU_VFIO_IOAS, &cmd);
}

static int call_value(struct sweep *s, unsigned long request,
		      unsigned long value)
{
	return uiommufd_ioctl(s->fd, request, (void *)value) < 0 ? errno : 0;
}

static int with_type1(struct sweep *s)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_SET,
	};
	struct iommu_vfio_ioas compat = {
		.size = sizeof(compat), .op = IOMMU_VFIO_IOAS_SET,
	};
	int ret = sweep_with_ioas(s);

	cmd.object_id = compat.ioas_id = s->id[SWEEP_IOAS];
	return ret ?: mock_call(s->fd, IOMMU_OPTION, &cmd) ?:
		      mock_call(s->fd, IOMMU_VFIO_IOAS, &compat) ?:
		      mock_domain(s->fd, s->id[SWEEP_IOAS], 0, NULL, NULL,
				  NULL) ?:
		      mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, SWEEP_BYTES,
			       SWEEP_IOVA);
}

static int act_vfio_version(struct sweep *s)
{
	return call_value(s, VFIO_GET_API_VERSION, 0);
}

static int act_vfio_extension(struct sweep *s)
{
	return call_value(s, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU);
}

static int act_vfio_set_v2(struct sweep *s)
{
	return call_value(s, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
}

static int with_empty_compat(struct sweep *s)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd), .op = IOMMU_VFIO_IOAS_SET,
	};
	int ret = sweep_with_ioas(s);

	cmd.ioas_id = s->id[SWEEP_IOAS];
	return ret ?: mock_call(s->fd, IOMMU_VFIO_IOAS, &cmd);
}

static int act_vfio_set_type1(struct sweep *s)
{
	return call_value(s, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU);
}

static int act_vfio_info(struct sweep *s)
{
	struct vfio_iommu_type1_info *info = (void *)s->scratch;

	info->argsz = sizeof(s->scratch);
	return mock_call(s->fd, VFIO_IOMMU_GET_INFO, info);
}

static int act_vfio_map(struct sweep *s)
{
	struct vfio_iommu_type1_dma_map cmd = {
		.argsz = sizeof(cmd),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)s->memory,
		.iova = 4 * SWEEP_IOVA,
		.size = SWEEP_BYTES,
	};

	return mock_call(s->fd, VFIO_IOMMU_MAP_DMA, &cmd);
}

static int vfio_unmap(struct sweep *s, uint32_t flags, uint64_t iova,
		      uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap cmd = {
		.argsz = sizeof(cmd),
		.flags = flags,
		.iova = iova,
		.size = size,
	};

	return mock_call(s->fd, VFIO_IOMMU_UNMAP_DMA, &cmd);
}

static int act_vfio_unmap(struct sweep *s)
{
	return vfio_unmap(s, 0, SWEEP_IOVA, SWEEP_BYTES);
}

static int act_vfio_unmap_all(struct sweep *s)
{
	return vfio_unmap(s, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
}

/* Type 1 cuts at both edges first. */
static int act_vfio_unmap_part(struct sweep *s)
{
	return vfio_unmap(s, 0, SWEEP_IOVA + 4096, 2 * 4096);
}

/* An unmap of nothing is refused, after the cut before it. */
static void cut_at_end(struct sweep *s)
{
	vfio_unmap(s, 0, SWEEP_IOVA + 3 * 4096, 0);
}

/* ---- mappings ---- */

static int with_page(struct sweep *s)
{
	struct iommu_viommu_selftest data = {};
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = sweep_with_device_map(s) ?:
		  mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			    IOMMU_HWPT_ALLOC_NEST_PARENT,
			    &s->id[SWEEP_PARENT]);

	cmd.dev_id = s->id[SWEEP_IDEV];
	cmd.hwpt_id = s->id[SWEEP_PARENT];
	ret = ret ?: mock_call(s->fd, IOMMU_VIOMMU_ALLOC, &cmd);
	s->scratch[0] = data.out_mmap_offset;
	return ret;
}

static int map_page(struct sweep *s, int prot, int flags, uint64_t offset,
		    size_t length)
{
	void *at = uiommufd_mmap(NULL, length, prot, flags, s->fd, offset);

	if (at == MAP_FAILED)
		return errno;
	s->mapping = at;
	return 0;
}

static int act_mmap(struct sweep *s)
{
	return map_page(s, PROT_READ | PROT_WRITE, MAP_SHARED, s->scratch[0],
			SWEEP_MAPPING);
}

static int with_mapping(struct sweep *s)
{
	return with_page(s) ?: act_mmap(s);
}

/* Over what is there, which is gone by the time the area is asked for. */
static int act_mmap_over(struct sweep *s)
{
	void *at = uiommufd_mmap(s->mapping, SWEEP_MAPPING, PROT_READ,
				 MAP_SHARED | MAP_FIXED, s->fd, s->scratch[0]);

	return at == MAP_FAILED ? errno : 0;
}

static int act_mremap(struct sweep *s)
{
	void *at = uiommufd_mremap(s->mapping, SWEEP_MAPPING, SWEEP_MAPPING,
				   MREMAP_MAYMOVE, NULL);

	if (at == MAP_FAILED)
		return errno;
	s->mapping = at;
	return 0;
}

static int act_munmap(struct sweep *s)
{
	int ret = uiommufd_munmap(s->mapping, SWEEP_MAPPING) ? errno : 0;

	if (!ret)
		s->mapping = NULL;
	return ret;
}

static void unmap_page(struct sweep *s)
{
	act_munmap(s);
}

/* Refused whatever fails, and without a trace: 0 says that it was. */
static int act_mmap_hostile(struct sweep *s)
{
	const uint64_t good = s->scratch[0];
	const int rw = PROT_READ | PROT_WRITE;
	const struct {
		int prot, flags;
		uint64_t offset;
		size_t length;
	} bad[] = {
		{ rw, MAP_PRIVATE, good, SWEEP_MAPPING },
		{ rw, MAP_SHARED, good, SWEEP_MAPPING / 2 },
		{ rw, MAP_SHARED, good, SWEEP_MAPPING * 2 },
		{ rw, MAP_SHARED, good + 4096, SWEEP_MAPPING },
		{ rw, MAP_SHARED, good + 4096, SWEEP_MAPPING / 2 },
		{ rw, MAP_SHARED, 0, SWEEP_MAPPING },
		{ rw, MAP_SHARED, good + 1, SWEEP_MAPPING },
		{ rw, MAP_SHARED, good, 0 },
		{ rw, MAP_SHARED, 1ull << 63, SWEEP_MAPPING },
		{ rw | PROT_EXEC, MAP_SHARED, good, SWEEP_MAPPING },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!map_page(s, bad[i].prot, bad[i].flags, bad[i].offset,
			      bad[i].length))
			return EINVAL;
	return 0;
}

/* ---- event files ---- */

static int with_fault_event(struct sweep *s)
{
	struct iommu_hwpt_selftest data = {};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd), .op = IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
	};
	int ret = sweep_with_device_map(s) ?:
		  mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			    IOMMU_HWPT_ALLOC_NEST_PARENT,
			    &s->id[SWEEP_PARENT]) ?:
		  mock_fault(s->fd, &s->id[SWEEP_EVENTQ], &s->event_fd);

	hwpt.dev_id = s->id[SWEEP_IDEV];
	hwpt.pt_id = s->id[SWEEP_PARENT];
	hwpt.fault_id = s->id[SWEEP_EVENTQ];
	ret = ret ?: mock_call(s->fd, IOMMU_HWPT_ALLOC, &hwpt);
	cmd.id = s->id[SWEEP_STDEV];
	cmd.mock_domain_replace.pt_id = hwpt.out_hwpt_id;
	ret = ret ?: mock_call(s->fd, IOMMU_TEST_CMD, &cmd);
	cmd.op = IOMMU_TEST_OP_TRIGGER_IOPF;
	cmd.trigger_iopf.dev_id = s->id[SWEEP_IDEV];
	cmd.trigger_iopf.pasid = 0;
	cmd.trigger_iopf.grpid = 1;
	cmd.trigger_iopf.perm = 1;
	cmd.trigger_iopf.addr = 0;
	return ret ?: mock_call(s->fd, IOMMU_TEST_CMD, &cmd);
}

static int act_fault_read(struct sweep *s)
{
	return uiommufd_read(s->event_fd, s->scratch,
			     sizeof(struct iommu_hwpt_pgfault)) < 0 ? errno : 0;
}

static int with_fault_read(struct sweep *s)
{
	return with_fault_event(s) ?: act_fault_read(s);
}

static int act_fault_write(struct sweep *s)
{
	struct iommu_hwpt_page_response response = {
		.cookie = ((struct iommu_hwpt_pgfault *)s->scratch)->cookie,
		.code = IOMMUFD_PAGE_RESP_SUCCESS,
	};

	return uiommufd_write(s->event_fd, &response, sizeof(response)) < 0 ?
		       errno : 0;
}

/* ---- a device without IOMMU ---- */

static int with_bare_map(struct sweep *s)
{
	return sweep_with_ioas(s) ?:
	       mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, SWEEP_BYTES,
			SWEEP_IOVA);
}

static int act_bare_bind(struct sweep *s)
{
	return uiommufd_device_bind(s->fd, "dev0", &s->id[SWEEP_IDEV]) ?
		       errno : 0;
}

static int with_bare_device(struct sweep *s)
{
	return with_bare_map(s) ?: act_bare_bind(s);
}

static int act_bare_attach(struct sweep *s)
{
	uint32_t pt = s->id[SWEEP_IOAS];

	return uiommufd_device_attach(s->fd, "dev0", 0, &pt) ? errno : 0;
}

static int with_bare_attached(struct sweep *s)
{
	return with_bare_device(s) ?: act_bare_attach(s);
}

static int act_bare_replace(struct sweep *s)
{
	uint32_t pt = s->id[SWEEP_IOAS2];

	return uiommufd_device_replace(s->fd, "dev0", 0, &pt) ? errno : 0;
}

static int with_bare_two_ioas(struct sweep *s)
{
	return with_bare_attached(s) ?: mock_ioas(s->fd, &s->id[SWEEP_IOAS2]);
}

static int act_get_pa(struct sweep *s)
{
	struct iommu_ioas_noiommu_get_pa cmd = {
		.size = sizeof(cmd),
		.ioas_id = s->id[SWEEP_IOAS],
		.iova = SWEEP_IOVA + 100,
		.length = SWEEP_BYTES,
	};

	return mock_call(s->fd, IOMMU_IOAS_NOIOMMU_GET_PA, &cmd);
}

const struct sweep_row sweep_other_rows[] = {
	{ "VFIO_GET_API_VERSION", NULL, act_vfio_version, NULL,
	  .cannot_fail = true },
	{ "VFIO_CHECK_EXTENSION", with_compat, act_vfio_extension, NULL,
	  .cannot_fail = true },
	{ "VFIO_SET_IOMMU v2", with_compat, act_vfio_set_v2, NULL,
	  .cannot_fail = true },
	{ "VFIO_SET_IOMMU type 1", with_empty_compat, act_vfio_set_type1,
	  NULL, .cannot_fail = true },
	{ "VFIO_IOMMU_GET_INFO", with_compat, act_vfio_info, NULL },
	{ "VFIO_IOMMU_MAP_DMA", with_compat, act_vfio_map, NULL },
	{ "VFIO_IOMMU_UNMAP_DMA", with_compat, act_vfio_unmap,
	  "spec/50: what is unmapped stays unmapped" },
	{ "VFIO_IOMMU_UNMAP_DMA all", with_compat, act_vfio_unmap_all,
	  "spec/50: what is unmapped stays unmapped" },
	{ "VFIO_IOMMU_UNMAP_DMA part, type 1", with_type1, act_vfio_unmap_part,
	  "spec/50: what is unmapped stays unmapped",
	  .halfway = cut_at_end },
	{ "mmap", with_page, act_mmap, NULL },
	{ "mmap fixed over one", with_mapping, act_mmap_over,
	  "mmap(2): what a fixed mapping replaces may be gone when it fails",
	  .halfway = unmap_page },
	{ "mmap hostile", with_page, act_mmap_hostile, NULL },
	{ "mremap", with_mapping, act_mremap, NULL, .cannot_fail = true },
	{ "munmap", with_mapping, act_munmap, NULL, .cannot_fail = true },
	{ "read a fault", with_fault_event, act_fault_read, NULL },
	{ "answer a fault", with_fault_read, act_fault_write, NULL },
	{ "bind without IOMMU", with_bare_map, act_bare_bind, NULL,
	  .kind = "noiommu" },
	{ "attach without IOMMU", with_bare_device, act_bare_attach, NULL,
	  .kind = "noiommu" },
	{ "replace without IOMMU", with_bare_two_ioas, act_bare_replace, NULL,
	  .kind = "noiommu" },
	{ "IOAS_NOIOMMU_GET_PA", with_bare_attached, act_get_pa, NULL,
	  .kind = "noiommu" },
	{}
};
