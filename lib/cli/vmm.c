// SPDX-License-Identifier: MIT
/*
 * The monitor: objects in the order that the ABI wants them.
 */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uapi/linux/iommufd.h>

#include "cli.h"

#define HUGE_BYTES (2ul << 20)
#define COMMAND_BYTES 16
#define VEVENTQ_DEPTH 64

/* A stage 1 STE: valid, Config 5 (translate), EATS 1. */
#define STE_0_VALID 1ull
#define STE_0_CONFIG_S1 (5ull << 1)
#define STE_1_EATS (1ull << 28)

static gboolean refused(const char *step)
{
	complain(0, "%s: %s", step, g_strerror(errno));
	return FALSE;
}

static gboolean do_ioctl(struct vmm *vmm, unsigned long request, void *arg,
			 const char *step)
{
	return !uiommufd_ioctl(vmm->fd, request, arg) || refused(step);
}

static gboolean destroy_id(struct vmm *vmm, uint32_t id, const char *step)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return do_ioctl(vmm, IOMMU_DESTROY, &cmd, step);
}

/* RAM holds the queues; aligned so that each queue is, also physically. */
static gboolean map_ram(struct vmm *vmm)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommu_ioas_map map = { .size = sizeof(map) };
	size_t queue_bytes = (size_t)COMMAND_BYTES << vmm->log2_entries;
	size_t align = MAX(queue_bytes, HUGE_BYTES);
	uint8_t *raw, *end;

	vmm->ram_bytes = (queue_bytes * vmm->queue_count + HUGE_BYTES - 1) &
			 ~(HUGE_BYTES - 1);
	raw = mmap(NULL, vmm->ram_bytes + align, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (raw == MAP_FAILED)
		return refused("guest RAM");
	end = raw + vmm->ram_bytes + align;
	vmm->ram = (uint8_t *)(((uintptr_t)raw + align - 1) & ~(align - 1));
	if (vmm->ram > raw)
		munmap(raw, vmm->ram - raw);
	if (end > vmm->ram + vmm->ram_bytes)
		munmap(vmm->ram + vmm->ram_bytes,
		       end - vmm->ram - vmm->ram_bytes);
	if (!do_ioctl(vmm, IOMMU_IOAS_ALLOC, &alloc, "IOAS_ALLOC"))
		return FALSE;
	vmm->ioas_id = alloc.out_ioas_id;
	map.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
		    IOMMU_IOAS_MAP_WRITEABLE;
	map.ioas_id = vmm->ioas_id;
	map.user_va = (uintptr_t)vmm->ram;
	map.length = vmm->ram_bytes;
	map.iova = VMM_RAM_IOVA;
	return do_ioctl(vmm, IOMMU_IOAS_MAP, &map, "IOAS_MAP of guest RAM");
}

static gboolean bind_devices(struct vmm *vmm, guint count)
{
	for (guint i = 0; i < count; i++) {
		struct vmm_device *device = &vmm->devices[i];

		g_snprintf(device->name, sizeof(device->name), "dev%u", i);
		if (uiommufd_device_bind(vmm->fd, device->name, &device->id))
			return refused("bind");
		vmm->device_count++;
	}
	return TRUE;
}

static gboolean make_parent(struct vmm *vmm)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = vmm->devices[0].id,
		.pt_id = vmm->ioas_id,
	};

	if (!do_ioctl(vmm, IOMMU_HWPT_ALLOC, &cmd, "HWPT_ALLOC of the parent"))
		return FALSE;
	vmm->parent_id = cmd.out_hwpt_id;
	for (guint i = 0; i < vmm->device_count; i++) {
		uint32_t pt_id = vmm->parent_id;

		if (uiommufd_device_attach(vmm->fd, vmm->devices[i].name, 0,
					   &pt_id))
			return refused("attach to the parent");
	}
	return TRUE;
}

static gboolean read_hw_info(struct vmm *vmm)
{
	struct iommu_hw_info_tegra241_cmdqv cmdqv = {};
	struct iommu_hw_info_arm_smmuv3 smmu = {};
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = vmm->devices[0].id,
		.data_len = sizeof(smmu),
		.data_uptr = (uintptr_t)&smmu,
	};

	if (!do_ioctl(vmm, IOMMU_GET_HW_INFO, &cmd, "GET_HW_INFO"))
		return FALSE;
	if (cmd.out_data_type != IOMMU_HW_INFO_TYPE_ARM_SMMUV3) {
		complain(0, "GET_HW_INFO: type %u is no SMMUv3",
			 cmd.out_data_type);
		return FALSE;
	}
	cmd.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE;
	cmd.in_data_type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV;
	cmd.data_len = sizeof(cmdqv);
	cmd.data_uptr = (uintptr_t)&cmdqv;
	if (!do_ioctl(vmm, IOMMU_GET_HW_INFO, &cmd, "GET_HW_INFO of the CMDQV"))
		return FALSE;
	vmm->hw_version = cmdqv.version;
	vmm->hw_log2_queues = cmdqv.log2vcmdqs;
	vmm->hw_log2_sids = cmdqv.log2vsids;
	return TRUE;
}

static gboolean make_viommu(struct vmm *vmm)
{
	struct iommu_viommu_tegra241_cmdqv data = {};
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		.dev_id = vmm->devices[0].id,
		.hwpt_id = vmm->parent_id,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	if (!do_ioctl(vmm, IOMMU_VIOMMU_ALLOC, &cmd, "VIOMMU_ALLOC"))
		return FALSE;
	vmm->viommu_id = cmd.out_viommu_id;
	vmm->page_offset = data.out_vintf_mmap_offset;
	vmm->page_bytes = data.out_vintf_mmap_length;
	return TRUE;
}

static gboolean make_vdevices(struct vmm *vmm, const GArray *sids)
{
	for (guint i = 0; i < vmm->device_count; i++) {
		struct vmm_device *device = &vmm->devices[i];
		struct iommu_vdevice_alloc cmd = {
			.size = sizeof(cmd),
			.viommu_id = vmm->viommu_id,
			.dev_id = device->id,
		};

		device->virt_id = i < sids->len ?
					  g_array_index(sids, uint32_t, i) :
					  0x10000 + i;
		cmd.virt_id = device->virt_id;
		if (!do_ioctl(vmm, IOMMU_VDEVICE_ALLOC, &cmd, "VDEVICE_ALLOC"))
			return FALSE;
		device->vdevice_id = cmd.out_vdevice_id;
	}
	return TRUE;
}

/* Gives the device a nested page table as the guest's STE describes it. */
static gboolean attach_nested(struct vmm *vmm, struct vmm_device *device)
{
	struct iommu_hwpt_arm_smmuv3 ste = {
		.ste = { GUINT64_TO_LE(STE_0_VALID | STE_0_CONFIG_S1),
			 GUINT64_TO_LE(STE_1_EATS) },
	};
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = device->id,
		.pt_id = vmm->viommu_id,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(ste),
		.data_uptr = (uintptr_t)&ste,
	};
	uint32_t old = device->hwpt_id, pt_id;

	if (!do_ioctl(vmm, IOMMU_HWPT_ALLOC, &cmd, "HWPT_ALLOC, nested"))
		return FALSE;
	pt_id = cmd.out_hwpt_id;
	if (uiommufd_device_replace(vmm->fd, device->name, 0, &pt_id))
		return refused("attach to the nested HWPT");
	device->hwpt_id = cmd.out_hwpt_id;
	return !old || destroy_id(vmm, old, "DESTROY of the old nested HWPT");
}

static gboolean make_veventq(struct vmm *vmm)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = vmm->viommu_id,
		.type = IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
		.veventq_depth = VEVENTQ_DEPTH,
	};

	if (!do_ioctl(vmm, IOMMU_VEVENTQ_ALLOC, &cmd, "VEVENTQ_ALLOC"))
		return FALSE;
	vmm->veventq_id = cmd.out_veventq_id;
	vmm->veventq_fd = cmd.out_veventq_fd;
	return TRUE;
}

static gboolean make_queues(struct vmm *vmm, guint queues)
{
	uint64_t bytes = (uint64_t)COMMAND_BYTES << vmm->log2_entries;

	vmm->queue_count = 0;
	for (guint i = 0; i < queues; i++) {
		struct iommu_hw_queue_alloc cmd = {
			.size = sizeof(cmd),
			.viommu_id = vmm->viommu_id,
			.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
			.index = i,
			.nesting_parent_iova = VMM_RAM_IOVA + i * bytes,
			.length = bytes,
		};

		if (!do_ioctl(vmm, IOMMU_HW_QUEUE_ALLOC, &cmd,
			      "HW_QUEUE_ALLOC"))
			return FALSE;
		vmm->queue_ids[vmm->queue_count++] = cmd.out_hw_queue_id;
	}
	return TRUE;
}

static gboolean map_page(struct vmm *vmm)
{
	void *page = uiommufd_mmap(NULL, vmm->page_bytes,
				   PROT_READ | PROT_WRITE, MAP_SHARED, vmm->fd,
				   vmm->page_offset);

	if (page == MAP_FAILED)
		return refused("mmap of VINTF page 0");
	vmm->page = page;
	return TRUE;
}

gboolean vmm_build(struct vmm *vmm, struct uiommufd_platform *platform,
		   guint queues, guint log2_entries, const GArray *sids)
{
	memset(vmm, 0, sizeof(*vmm));
	vmm->platform = platform;
	vmm->veventq_fd = -1;
	vmm->queue_count = queues;
	vmm->log2_entries = log2_entries;
	vmm->fd = uiommufd_open(platform, O_RDWR | O_CLOEXEC);
	if (vmm->fd < 0)
		return refused("open");
	if (!map_ram(vmm) ||
	    !bind_devices(vmm, uiommufd_platform_devices(platform)) ||
	    !make_parent(vmm) || !read_hw_info(vmm) || !make_viommu(vmm) ||
	    !make_vdevices(vmm, sids))
		return FALSE;
	for (guint i = 0; i < vmm->device_count; i++)
		if (!attach_nested(vmm, &vmm->devices[i]))
			return FALSE;
	return make_veventq(vmm) && make_queues(vmm, queues) && map_page(vmm);
}

static struct vmm_device *find_device(struct vmm *vmm, uint32_t virt_id)
{
	for (guint i = 0; i < vmm->device_count; i++)
		if (vmm->devices[i].virt_id == virt_id)
			return &vmm->devices[i];
	return NULL;
}

static gboolean forward(struct vmm *vmm, const struct command *command)
{
	struct iommu_viommu_arm_smmuv3_invalidate entry = {
		.cmd = { GUINT64_TO_LE(command->word[0]),
			 GUINT64_TO_LE(command->word[1]) },
	};
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = vmm->viommu_id,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.data_uptr = (uintptr_t)&entry,
		.entry_len = sizeof(entry),
		.entry_num = 1,
	};

	if (!do_ioctl(vmm, IOMMU_HWPT_INVALIDATE, &cmd, "HWPT_INVALIDATE"))
		return FALSE;
	vmm->forwarded++;
	return TRUE;
}

static gboolean reattach(struct vmm *vmm, struct vmm_device *device)
{
	if (!attach_nested(vmm, device))
		return FALSE;
	vmm->reattached++;
	return TRUE;
}

static gboolean reattach_all(struct vmm *vmm)
{
	for (guint i = 0; i < vmm->device_count; i++)
		if (!reattach(vmm, &vmm->devices[i]))
			return FALSE;
	return TRUE;
}

gboolean vmm_trap(struct vmm *vmm, const struct command *command)
{
	struct vmm_device *device = NULL;

	if (command_has_sid(command)) {
		device = find_device(vmm, command->word[0] >> 32);
		if (!device) {
			vmm->absorbed++;
			return TRUE;
		}
	}
	switch (command_opcode(command)) {
	case OP_CFGI_STE:
		return reattach(vmm, device);
	case OP_CFGI_ALL:
		return reattach_all(vmm);
	case OP_CFGI_CD:
	case OP_CFGI_CD_ALL:
	case OP_TLBI_NH_ALL:
	case OP_TLBI_NH_ASID:
	case OP_TLBI_NH_VA:
	case OP_TLBI_NH_VAA:
	case OP_TLBI_NSNH_ALL:
	case OP_ATC_INV:
		return forward(vmm, command);
	default:
		vmm->absorbed++;
		return TRUE;
	}
}

gboolean vmm_event(struct vmm *vmm, int timeout_ms, uint64_t map[2])
{
	struct {
		struct iommufd_vevent_header header;
		struct iommu_vevent_tegra241_cmdqv error;
	} event;
	struct pollfd fd = { .fd = vmm->veventq_fd, .events = POLLIN };
	ssize_t got;

	/* A header that stands alone says that events were lost before. */
	do {
		if (uiommufd_poll(&fd, 1, timeout_ms) != 1) {
			complain(0, "no vEVENT within %d ms", timeout_ms);
			return FALSE;
		}
		got = uiommufd_read(vmm->veventq_fd, &event, sizeof(event));
	} while (got == sizeof(event.header) &&
		 event.header.flags & IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	if (got != sizeof(event)) {
		complain(0, "a vEVENT of %zd bytes", got);
		return FALSE;
	}
	for (int i = 0; i < 2; i++)
		map[i] = GUINT64_FROM_LE(event.error.lvcmdq_err_map[i]);
	return TRUE;
}

static gboolean is_busy(struct vmm *vmm, struct vmm_ebusy *try,
			const char *step, unsigned long request, void *arg)
{
	int ret = uiommufd_ioctl(vmm->fd, request, arg);

	try->step = step;
	try->refused = ret == -1 && errno == EBUSY;
	if (!try->refused)
		complain(0, "%s: not refused with EBUSY (%s)", step,
			 ret ? g_strerror(errno) : "it succeeded");
	return try->refused;
}

gboolean vmm_try_illegal_teardown(struct vmm *vmm)
{
	struct iommu_destroy queue = { sizeof(queue), vmm->queue_ids[0] };
	struct iommu_destroy viommu = { sizeof(viommu), vmm->viommu_id };
	struct iommu_destroy parent = { sizeof(parent), vmm->parent_id };
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = vmm->ioas_id,
		.iova = VMM_RAM_IOVA,
		.length = vmm->ram_bytes,
	};
	gboolean first;

	/* With one queue nothing depends on queue 0; the parent then serves. */
	first = vmm->queue_count > 1 ?
			is_busy(vmm, &vmm->ebusy[0],
				"destroy queue 0 before queue 1",
				IOMMU_DESTROY, &queue) :
			is_busy(vmm, &vmm->ebusy[0],
				"destroy the parent before the vIOMMU",
				IOMMU_DESTROY, &parent);
	return is_busy(vmm, &vmm->ebusy[1], "destroy the vIOMMU while in use",
		       IOMMU_DESTROY, &viommu) &
	       is_busy(vmm, &vmm->ebusy[2], "unmap RAM that holds the queues",
		       IOMMU_IOAS_UNMAP, &unmap) &
	       first;
}

static gboolean drop_devices(struct vmm *vmm)
{
	for (guint i = 0; i < vmm->device_count; i++) {
		struct vmm_device *device = &vmm->devices[i];
		uint32_t pt_id = vmm->parent_id;

		if (uiommufd_device_replace(vmm->fd, device->name, 0, &pt_id))
			return refused("move back to the parent");
		if (!destroy_id(vmm, device->hwpt_id, "DESTROY of a nested HWPT") ||
		    !destroy_id(vmm, device->vdevice_id, "DESTROY of a vDEVICE"))
			return FALSE;
	}
	return TRUE;
}

static gboolean unbind_devices(struct vmm *vmm)
{
	for (guint i = 0; i < vmm->device_count; i++) {
		const char *name = vmm->devices[i].name;

		if (uiommufd_device_detach(vmm->fd, name, 0) ||
		    uiommufd_device_unbind(vmm->fd, name))
			return refused("unbind");
	}
	return TRUE;
}

gboolean vmm_teardown(struct vmm *vmm)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = vmm->ioas_id,
		.length = UINT64_MAX,
	};

	if (uiommufd_munmap((void *)vmm->page, vmm->page_bytes))
		return refused("munmap of VINTF page 0");
	vmm->page = NULL;
	while (vmm->queue_count)
		if (!destroy_id(vmm, vmm->queue_ids[--vmm->queue_count],
				"DESTROY of a queue"))
			return FALSE;
	if (uiommufd_close(vmm->veventq_fd))
		return refused("close of the event queue");
	vmm->veventq_fd = -1;
	if (!destroy_id(vmm, vmm->veventq_id, "DESTROY of the event queue") ||
	    !drop_devices(vmm) ||
	    !destroy_id(vmm, vmm->viommu_id, "DESTROY of the vIOMMU") ||
	    !unbind_devices(vmm) ||
	    !destroy_id(vmm, vmm->parent_id, "DESTROY of the parent") ||
	    !do_ioctl(vmm, IOMMU_IOAS_UNMAP, &unmap, "IOAS_UNMAP") ||
	    !destroy_id(vmm, vmm->ioas_id, "DESTROY of the IOAS"))
		return FALSE;
	munmap(vmm->ram, vmm->ram_bytes);
	return !uiommufd_close(vmm->fd) || refused("close");
}

/* What has failed may fail again here, or not be there any more. */
void vmm_abandon(struct vmm *vmm)
{
	if (vmm->page)
		uiommufd_munmap((void *)vmm->page, vmm->page_bytes);
	if (vmm->veventq_fd >= 0)
		uiommufd_close(vmm->veventq_fd);
	for (guint i = 0; i < vmm->device_count; i++) {
		uiommufd_device_detach(vmm->fd, vmm->devices[i].name, 0);
		uiommufd_device_unbind(vmm->fd, vmm->devices[i].name);
	}
	if (vmm->fd >= 0)
		uiommufd_close(vmm->fd);
	if (vmm->ram)
		munmap(vmm->ram, vmm->ram_bytes);
}
