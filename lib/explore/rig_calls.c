// SPDX-License-Identifier: MIT
/* The calls of rig.h: each fills a command, and gives 0 or -errno. */
#include "explore/rig.h"

#include <poll.h>
#include <uik/fill.h>

#define STACK_BYTES 6144

__attribute__((__noinline__)) void rig_dirty_stack(void)
{
	uint8_t below[STACK_BYTES];

	memset(below, uik_fill_fresh(), sizeof(below));
	/* Somebody might read it. */
	__asm__ volatile("" : : "r"(below) : "memory");
}

long rig_ioctl(int fd, unsigned long request, void *cmd)
{
	int ret;

	rig_dirty_stack();
	ret = uiommufd_ioctl(fd, request, cmd);
	return ret < 0 ? -errno : ret;
}

int rig_destroy(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return rig_ioctl(fd, IOMMU_DESTROY, &cmd);
}

int rig_ioas(int fd, uint32_t *id)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	int ret = rig_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd);

	*id = cmd.out_ioas_id;
	return ret;
}

int rig_map_at(int fd, uint32_t ioas, const void *memory, uint64_t length,
	       uint64_t iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)memory,
		.length = length,
		.iova = iova,
	};

	return rig_ioctl(fd, IOMMU_IOAS_MAP, &cmd);
}

int rig_unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t length)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.iova = iova,
		.length = length,
	};

	return rig_ioctl(fd, IOMMU_IOAS_UNMAP, &cmd);
}

int rig_copy(int fd, uint32_t dst, uint64_t to, uint32_t src, uint64_t from,
	     uint64_t length)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.dst_ioas_id = dst,
		.src_ioas_id = src,
		.length = length,
		.dst_iova = to,
		.src_iova = from,
	};

	return rig_ioctl(fd, IOMMU_IOAS_COPY, &cmd);
}

static struct iommu_test_cmd test_cmd(uint32_t op, uint32_t id)
{
	return (struct iommu_test_cmd){
		.size = sizeof(struct iommu_test_cmd), .op = op, .id = id,
	};
}

int rig_mock_device(int fd, uint32_t pt, uint32_t flags, uint32_t *stdev,
		    uint32_t *dev, uint32_t *hwpt)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS, pt);
	int ret;

	cmd.mock_domain_flags.dev_flags = flags;
	ret = rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	*stdev = cmd.mock_domain_flags.out_stdev_id;
	*dev = cmd.mock_domain_flags.out_idev_id;
	*hwpt = cmd.mock_domain_flags.out_hwpt_id;
	return ret;
}

int rig_mock_replace(int fd, uint32_t stdev, uint32_t pt)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE, stdev);

	cmd.mock_domain_replace.pt_id = pt;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_pasid(int fd, uint32_t op, uint32_t stdev, uint32_t pasid, uint32_t pt)
{
	struct iommu_test_cmd cmd = test_cmd(op, stdev);

	/* The same two words for attach, replace, detach and check. */
	cmd.pasid_attach.pasid = pasid;
	cmd.pasid_attach.pt_id = pt;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_hwpt(int fd, uint32_t dev, uint32_t pt, uint32_t flags, uint32_t *id)
{
	return rig_hwpt_fault(fd, dev, pt, flags, 0, id);
}

int rig_hwpt_fault(int fd, uint32_t dev, uint32_t pt, uint32_t flags,
		   uint32_t fault, uint32_t *id)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags | (fault ? IOMMU_HWPT_FAULT_ID_VALID : 0),
		.dev_id = dev,
		.pt_id = pt,
		.fault_id = fault,
	};
	int ret = rig_ioctl(fd, IOMMU_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return ret;
}

int rig_nested(int fd, uint32_t dev, uint32_t pt, uint32_t *id)
{
	return rig_nested_fault(fd, dev, pt, 0, id);
}

int rig_nested_fault(int fd, uint32_t dev, uint32_t pt, uint32_t fault,
		     uint32_t *id)
{
	struct iommu_hwpt_selftest data = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = fault ? IOMMU_HWPT_FAULT_ID_VALID : 0,
		.dev_id = dev,
		.pt_id = pt,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
		.fault_id = fault,
	};
	int ret = rig_ioctl(fd, IOMMU_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return ret;
}

int rig_viommu(int fd, uint32_t dev, uint32_t parent, uint32_t *id,
	       uint64_t *offset)
{
	struct iommu_viommu_selftest data = { .in_data = 0x1234 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = dev,
		.hwpt_id = parent,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = rig_ioctl(fd, IOMMU_VIOMMU_ALLOC, &cmd);

	*id = cmd.out_viommu_id;
	*offset = data.out_mmap_offset;
	return ret;
}

int rig_vdevice(int fd, uint32_t viommu, uint32_t dev, uint64_t virt_id,
		uint32_t *id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.dev_id = dev,
		.virt_id = virt_id,
	};
	int ret = rig_ioctl(fd, IOMMU_VDEVICE_ALLOC, &cmd);

	*id = cmd.out_vdevice_id;
	return ret;
}

int rig_veventq(int fd, uint32_t viommu, uint32_t depth, uint32_t *id,
		int *event_fd)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = depth,
	};
	int ret = rig_ioctl(fd, IOMMU_VEVENTQ_ALLOC, &cmd);

	*id = cmd.out_veventq_id;
	*event_fd = cmd.out_veventq_fd;
	return ret;
}

int rig_queue(int fd, uint32_t viommu, uint32_t index, uint64_t iova,
	      uint64_t length, uint32_t *id)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_HW_QUEUE_TYPE_SELFTEST,
		.index = index,
		.nesting_parent_iova = iova,
		.length = length,
	};
	int ret = rig_ioctl(fd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	*id = cmd.out_hw_queue_id;
	return ret;
}

int rig_fault(int fd, uint32_t *id, int *event_fd)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	int ret = rig_ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd);

	*id = cmd.out_fault_id;
	*event_fd = cmd.out_fault_fd;
	return ret;
}

int rig_trigger_fault(int fd, uint32_t dev, uint32_t pasid, uint32_t group)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_TRIGGER_IOPF, 0);

	cmd.trigger_iopf.dev_id = dev;
	cmd.trigger_iopf.pasid = pasid;
	cmd.trigger_iopf.grpid = group;
	cmd.trigger_iopf.perm = 1;
	cmd.trigger_iopf.addr = 0xdead000 + group;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_trigger_event(int fd, uint32_t dev)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_TRIGGER_VEVENT, 0);

	cmd.trigger_vevent.dev_id = dev;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_access(int fd, uint32_t ioas, bool pins, int *access_fd)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_CREATE_ACCESS, ioas);
	int ret;

	cmd.create_access.flags =
		pins ? MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES : 0;
	ret = rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	*access_fd = cmd.create_access.out_access_fd;
	return ret;
}

int rig_pin(int fd, int access_fd, uint64_t iova, uint64_t length,
	    uint32_t flags, uint32_t *id)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_ACCESS_PAGES, access_fd);
	int ret;

	cmd.access_pages.flags = flags;
	cmd.access_pages.iova = iova;
	cmd.access_pages.length = length;
	ret = rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	*id = cmd.access_pages.out_access_pages_id;
	return ret;
}

int rig_unpin(int fd, int access_fd, uint32_t id)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_DESTROY_ACCESS_PAGES, access_fd);

	cmd.destroy_access_pages.access_pages_id = id;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_rw(int fd, int access_fd, uint64_t iova, void *buffer, uint64_t length,
	   uint32_t flags)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_ACCESS_RW, access_fd);

	cmd.access_rw.iova = iova;
	cmd.access_rw.length = length;
	cmd.access_rw.uptr = (uintptr_t)buffer;
	cmd.access_rw.flags = flags;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_access_replace(int fd, int access_fd, uint32_t ioas)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_ACCESS_REPLACE_IOAS, access_fd);

	cmd.access_replace_ioas.ioas_id = ioas;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_check_map(int fd, uint32_t hwpt, uint64_t iova, const void *memory,
		  uint64_t length)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_MD_CHECK_MAP, hwpt);

	cmd.check_map.iova = iova;
	cmd.check_map.length = length;
	cmd.check_map.uptr = (uintptr_t)memory;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_check_refs(int fd, const void *memory, uint64_t length, uint32_t refs)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_MD_CHECK_REFS, 0);

	cmd.check_refs.length = length;
	cmd.check_refs.uptr = (uintptr_t)memory;
	cmd.check_refs.refs = refs;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_dmabuf(int fd, uint32_t length, int *buf_fd)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_DMABUF_GET, 0);
	/* The command does not tell the number: it is the lowest free one. */
	int next = uiommufd_dup(fd);

	*buf_fd = next;
	if (next < 0)
		return -errno;
	uiommufd_close(next);
	cmd.dmabuf_get.length = length;
	cmd.dmabuf_get.open_flags = O_CLOEXEC;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

int rig_map_file(int fd, uint32_t ioas, int buf_fd, uint64_t start,
		 uint64_t length, uint64_t iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.fd = buf_fd,
		.start = start,
		.length = length,
		.iova = iova,
	};

	return rig_ioctl(fd, IOMMU_IOAS_MAP_FILE, &cmd);
}

int rig_revoke(int fd, int buf_fd)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_DMABUF_REVOKE, 0);

	cmd.dmabuf_revoke.dmabuf_fd = buf_fd;
	cmd.dmabuf_revoke.revoked = 1;
	return rig_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

long rig_read(int fd, void *buffer, size_t bytes)
{
	ssize_t ret;

	rig_dirty_stack();
	ret = uiommufd_read(fd, buffer, bytes);
	return ret < 0 ? -errno : ret;
}

long rig_write(int fd, const void *buffer, size_t bytes)
{
	ssize_t ret = uiommufd_write(fd, buffer, bytes);

	return ret < 0 ? -errno : ret;
}

int rig_readable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	int ret = uiommufd_poll(&one, 1, 0);

	return ret < 0 ? -errno : one.revents & POLLIN ? 1 : 0;
}

int rig_bind(int fd, const char *name, uint32_t *id)
{
	return uiommufd_device_bind(fd, name, id) ? -errno : 0;
}

int rig_unbind(int fd, const char *name)
{
	return uiommufd_device_unbind(fd, name) ? -errno : 0;
}

int rig_attach(int fd, const char *name, uint32_t pasid, uint32_t pt)
{
	return uiommufd_device_attach(fd, name, pasid, &pt) ? -errno : 0;
}

int rig_replace(int fd, const char *name, uint32_t pasid, uint32_t pt)
{
	return uiommufd_device_replace(fd, name, pasid, &pt) ? -errno : 0;
}

int rig_detach(int fd, const char *name, uint32_t pasid)
{
	return uiommufd_device_detach(fd, name, pasid) ? -errno : 0;
}
