// SPDX-License-Identifier: MIT
/*
 * The test command: one row an operation.
 */
#include "sweep.h"

#include <stdlib.h>
#include <unistd.h>

#include "support/mock.h"

static int test_cmd(struct sweep *s, struct iommu_test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	return mock_call(s->fd, IOMMU_TEST_CMD, cmd);
}

/* ---- setups ---- */

static int with_map(struct sweep *s)
{
	return sweep_with_ioas(s) ?:
	       mock_map(s->fd, s->id[SWEEP_IOAS], s->memory, SWEEP_BYTES,
			SWEEP_IOVA);
}

static int with_hwpt(struct sweep *s, uint32_t flags)
{
	return sweep_with_device_map(s) ?:
	       mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS], flags,
			 &s->id[SWEEP_PARENT]);
}

static int with_parent(struct sweep *s)
{
	return with_hwpt(s, IOMMU_HWPT_ALLOC_NEST_PARENT);
}

static int with_nested(struct sweep *s)
{
	return with_parent(s) ?:
	       mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_PARENT],
			   &s->id[SWEEP_NESTED]);
}

static int with_dirty(struct sweep *s)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_DIRTY_TRACKING_ENABLE,
	};
	int ret = with_hwpt(s, IOMMU_HWPT_ALLOC_DIRTY_TRACKING);

	cmd.hwpt_id = s->id[SWEEP_PARENT];
	return ret ?: mock_call(s->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static int make_access(struct sweep *s, uint32_t flags)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_CREATE_ACCESS,
		.id = s->id[SWEEP_IOAS],
		.create_access = { .flags = flags },
	};
	int ret = test_cmd(s, &cmd);

	s->event_fd = ret ? -1 : (int)cmd.create_access.out_access_fd;
	return ret;
}

static int with_access(struct sweep *s)
{
	return with_map(s) ?:
	       make_access(s, MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES);
}

static int with_domain_access(struct sweep *s)
{
	return sweep_with_device_map(s) ?:
	       make_access(s, MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES);
}

static int with_access_two_ioas(struct sweep *s)
{
	return with_access(s) ?: mock_ioas(s->fd, &s->id[SWEEP_IOAS2]);
}

/* The device itself must be on a page table for PASIDs first. */
static int replace_rid(struct sweep *s, uint32_t pt)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
		.id = s->id[SWEEP_STDEV],
		.mock_domain_replace = { .pt_id = pt },
	};

	return test_cmd(s, &cmd);
}

static int with_pasid_hwpt(struct sweep *s)
{
	return with_hwpt(s, IOMMU_HWPT_ALLOC_PASID) ?:
	       replace_rid(s, s->id[SWEEP_PARENT]) ?:
	       mock_hwpt(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_IOAS],
			 IOMMU_HWPT_ALLOC_PASID, &s->id[SWEEP_OTHER]);
}

static int pasid_attach(struct sweep *s, uint32_t op, uint32_t pt)
{
	struct iommu_test_cmd cmd = {
		.op = op,
		.id = s->id[SWEEP_STDEV],
		.pasid_attach = { .pasid = 5, .pt_id = pt },
	};

	return test_cmd(s, &cmd);
}

static int with_pasid(struct sweep *s)
{
	return with_pasid_hwpt(s) ?: pasid_attach(s, IOMMU_TEST_OP_PASID_ATTACH,
						  s->id[SWEEP_PARENT]);
}

static int with_fault_hwpt(struct sweep *s)
{
	struct iommu_hwpt_selftest data = {};
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = with_parent(s) ?:
		  mock_fault(s->fd, &s->id[SWEEP_EVENTQ], &s->event_fd);

	cmd.dev_id = s->id[SWEEP_IDEV];
	cmd.pt_id = s->id[SWEEP_PARENT];
	cmd.fault_id = s->id[SWEEP_EVENTQ];
	return ret ?: mock_call(s->fd, IOMMU_HWPT_ALLOC, &cmd) ?:
		      replace_rid(s, cmd.out_hwpt_id);
}

static int with_events(struct sweep *s)
{
	return sweep_with_viommu(s) ?:
	       mock_vdevice(s->fd, s->id[SWEEP_VIOMMU], s->id[SWEEP_IDEV], 0x99,
			    &s->id[SWEEP_VDEV]) ?:
	       mock_nested(s->fd, s->id[SWEEP_IDEV], s->id[SWEEP_VIOMMU],
			   &s->id[SWEEP_NESTED]) ?:
	       replace_rid(s, s->id[SWEEP_NESTED]) ?:
	       mock_veventq(s->fd, s->id[SWEEP_VIOMMU], &s->id[SWEEP_EVENTQ],
			    &s->event_fd);
}

/* ---- operations on devices ---- */

static int act_mock_domain(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MOCK_DOMAIN, .id = s->id[SWEEP_IOAS],
	};

	return test_cmd(s, &cmd);
}

static int act_mock_domain_flags(struct sweep *s)
{
	return mock_domain(s->fd, s->id[SWEEP_IOAS], MOCK_FLAGS_DEVICE_PASID,
			   NULL, NULL, NULL);
}

static int act_replace(struct sweep *s)
{
	return replace_rid(s, s->id[SWEEP_PARENT]);
}

static int act_pasid_attach(struct sweep *s)
{
	return pasid_attach(s, IOMMU_TEST_OP_PASID_ATTACH,
			    s->id[SWEEP_PARENT]);
}

static int act_pasid_replace(struct sweep *s)
{
	return pasid_attach(s, IOMMU_TEST_OP_PASID_REPLACE,
			    s->id[SWEEP_OTHER]);
}

static int act_pasid_detach(struct sweep *s)
{
	return pasid_attach(s, IOMMU_TEST_OP_PASID_DETACH, 0);
}

static int act_pasid_check(struct sweep *s)
{
	return pasid_attach(s, IOMMU_TEST_OP_PASID_CHECK_HWPT,
			    s->id[SWEEP_PARENT]);
}

static int act_iopf(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_TRIGGER_IOPF,
		.trigger_iopf = { .dev_id = s->id[SWEEP_IDEV],
				  .pasid = 0, .grpid = 3, .perm = 1,
				  .addr = 0xdeadbeaf },
	};

	return test_cmd(s, &cmd);
}

static int act_vevent(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_TRIGGER_VEVENT,
		.trigger_vevent = { .dev_id = s->id[SWEEP_IDEV] },
	};

	return test_cmd(s, &cmd);
}

static int act_check_cache(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_DEV_CHECK_CACHE,
		.id = s->id[SWEEP_IDEV],
		.check_dev_cache = { .cache = IOMMU_TEST_DEV_CACHE_DEFAULT },
	};

	return test_cmd(s, &cmd);
}

static int act_check_iotlb(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MD_CHECK_IOTLB,
		.id = s->id[SWEEP_NESTED],
		.check_iotlb = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT },
	};

	return test_cmd(s, &cmd);
}

/* ---- operations on memory ---- */

static int act_add_reserved(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_ADD_RESERVED,
		.id = s->id[SWEEP_IOAS],
		.add_reserved = { .start = 0x8000000, .length = 0x10000 },
	};

	return test_cmd(s, &cmd);
}

static int act_check_map(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MD_CHECK_MAP,
		.id = s->id[SWEEP_PARENT],
		.check_map = { .iova = SWEEP_IOVA, .length = SWEEP_BYTES,
			       .uptr = (uintptr_t)s->memory },
	};

	return test_cmd(s, &cmd);
}

static int act_check_refs(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_MD_CHECK_REFS,
		.check_refs = { .length = SWEEP_BYTES,
				.uptr = (uintptr_t)s->memory, .refs = 1 },
	};

	return test_cmd(s, &cmd);
}

static int act_memory_limit(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT,
		.memory_limit = { .limit = 65536 },
	};

	return test_cmd(s, &cmd);
}

static int act_dirty(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_DIRTY,
		.id = s->id[SWEEP_PARENT],
		.dirty = { .iova = SWEEP_IOVA, .length = SWEEP_BYTES,
			   .page_size = 4096, .uptr = (uintptr_t)s->scratch },
	};

	s->scratch[0] = 0x5;
	return test_cmd(s, &cmd);
}

/* ---- accesses ---- */

static int act_create_access(struct sweep *s)
{
	return make_access(s, MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES);
}

static int pin_pages(struct sweep *s, uint64_t offset, uint64_t length)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_ACCESS_PAGES,
		.id = s->event_fd,
		.access_pages = { .flags = MOCK_FLAGS_ACCESS_WRITE,
				  .iova = SWEEP_IOVA + offset,
				  .length = length,
				  .uptr = (uintptr_t)s->memory + offset },
	};

	return test_cmd(s, &cmd);
}

static int act_access_pages(struct sweep *s)
{
	return pin_pages(s, 4096, 3 * 4096);
}

static int with_pins(struct sweep *s)
{
	return with_access(s) ?: pin_pages(s, 0, 2 * 4096);
}

static int with_pins_two_ioas(struct sweep *s)
{
	return with_pins(s) ?: mock_ioas(s->fd, &s->id[SWEEP_IOAS2]);
}

static int act_destroy_pages(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_DESTROY_ACCESS_PAGES,
		.id = s->event_fd,
		.destroy_access_pages = { .access_pages_id = 0 },
	};

	return test_cmd(s, &cmd);
}

/* The client's buffer must not be what is mapped. */
static int access_rw(struct sweep *s, uint32_t flags)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_ACCESS_RW,
		.id = s->event_fd,
		.access_rw = { .iova = SWEEP_IOVA + 4000,
			       .length = sizeof(s->scratch),
			       .uptr = (uintptr_t)s->scratch, .flags = flags },
	};

	return test_cmd(s, &cmd);
}

static int act_access_read(struct sweep *s)
{
	return access_rw(s, 0);
}

static int act_access_write(struct sweep *s)
{
	return access_rw(s, MOCK_ACCESS_RW_WRITE);
}

static int act_access_read_slow(struct sweep *s)
{
	return access_rw(s, MOCK_ACCESS_RW_SLOW_PATH);
}

static int act_access_write_slow(struct sweep *s)
{
	return access_rw(s, MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH);
}

static int act_access_replace(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_ACCESS_REPLACE_IOAS,
		.id = s->event_fd,
		.access_replace_ioas = { .ioas_id = s->id[SWEEP_IOAS2] },
	};

	return test_cmd(s, &cmd);
}

/* The kernel tells 0, not the descriptor: it is the lowest free one. */
static int make_dmabuf(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_DMABUF_GET,
		.dmabuf_get = { .length = 2 * 4096,
				.open_flags = O_RDWR | O_CLOEXEC },
	};
	int next = dup(s->fd), ret;

	close(next);
	ret = test_cmd(s, &cmd);
	s->event_fd = ret ? -1 : next;
	return ret;
}

static int act_dmabuf_get(struct sweep *s)
{
	return make_dmabuf(s);
}

static int with_dmabuf_map(struct sweep *s)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_FIXED_IOVA,
		.length = 2 * 4096,
		.iova = 2 * SWEEP_IOVA,
	};
	int ret = sweep_with_device_map(s) ?: make_dmabuf(s);

	cmd.ioas_id = s->id[SWEEP_IOAS];
	cmd.fd = s->event_fd;
	return ret ?: mock_call(s->fd, IOMMU_IOAS_MAP_FILE, &cmd);
}

static int act_dmabuf_revoke(struct sweep *s)
{
	struct iommu_test_cmd cmd = {
		.op = IOMMU_TEST_OP_DMABUF_REVOKE,
		.dmabuf_revoke = { .dmabuf_fd = s->event_fd, .revoked = 1 },
	};

	return test_cmd(s, &cmd);
}

const struct sweep_row sweep_test_rows[] = {
	{ "ADD_RESERVED", with_map, act_add_reserved, NULL },
	{ "MOCK_DOMAIN", with_map, act_mock_domain, NULL },
	{ "MOCK_DOMAIN_FLAGS", with_map, act_mock_domain_flags, NULL },
	{ "MD_CHECK_MAP", with_parent, act_check_map, NULL },
	{ "MD_CHECK_REFS", sweep_with_device_map, act_check_refs, NULL },
	{ "CREATE_ACCESS", with_map, act_create_access, NULL },
	{ "ACCESS_PAGES", with_access, act_access_pages, NULL },
	{ "ACCESS_PAGES with a domain", with_domain_access, act_access_pages,
	  NULL },
	{ "DESTROY_ACCESS_PAGES", with_pins, act_destroy_pages, NULL },
	{ "ACCESS_RW read", with_access, act_access_read, NULL },
	{ "ACCESS_RW write", with_access, act_access_write, NULL },
	{ "ACCESS_RW slow read", with_access, act_access_read_slow, NULL },
	{ "ACCESS_RW slow write", with_access, act_access_write_slow, NULL },
	{ "SET_TEMP_MEMORY_LIMIT", NULL, act_memory_limit, NULL },
	{ "MOCK_DOMAIN_REPLACE", with_parent, act_replace,
	  "recorded from Linux: a replace whose reply faults stays" },
	{ "ACCESS_REPLACE_IOAS", with_access_two_ioas, act_access_replace,
	  NULL },
	{ "ACCESS_REPLACE_IOAS with pins", with_pins_two_ioas,
	  act_access_replace, NULL },
	{ "DIRTY", with_dirty, act_dirty, NULL },
	{ "MD_CHECK_IOTLB", with_nested, act_check_iotlb, NULL },
	{ "TRIGGER_IOPF", with_fault_hwpt, act_iopf, NULL },
	{ "DEV_CHECK_CACHE", sweep_with_device_map, act_check_cache, NULL },
	{ "TRIGGER_VEVENT", with_events, act_vevent, NULL },
	{ "PASID_ATTACH", with_pasid_hwpt, act_pasid_attach, NULL },
	{ "PASID_REPLACE", with_pasid, act_pasid_replace,
	  "recorded from Linux: a replace whose reply faults stays" },
	{ "PASID_DETACH", with_pasid, act_pasid_detach, NULL },
	{ "PASID_CHECK_HWPT", with_pasid, act_pasid_check, NULL },
	{ "DMABUF_GET", NULL, act_dmabuf_get, NULL },
	{ "DMABUF_REVOKE", with_dmabuf_map, act_dmabuf_revoke, NULL },
	{}
};
