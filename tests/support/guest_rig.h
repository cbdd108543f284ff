/* SPDX-License-Identifier: MIT */
/*
 * A guest with one command queue, for tests in processes of their own: made
 * once, used in each child as if nobody else had been there.
 *
 * Functions return NULL, or what went wrong: any framework can say it.
 */
#ifndef GUEST_RIG_H
#define GUEST_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#define GUEST_ENTRIES 256u
#define GUEST_IOVA 0x40000000ull
#define GUEST_WAIT_S 20

struct guest {
	struct uiommufd_platform *platform;
	int fd, events;
	uint32_t ioas, device, parent, viommu, vdevice, queue;
	uint64_t page_bytes;
	uint32_t *page;		/* VINTF page 0: the queue's registers */
	uint64_t (*ring)[2];
	uint32_t prod;
};

enum { GUEST_CONS, GUEST_PROD, GUEST_CONFIG, GUEST_STATUS };

static _Alignas(4096) uint64_t guest_ram[512];

static inline int guest_call(struct guest *g, unsigned long request, void *cmd)
{
	return uiommufd_ioctl(g->fd, request, cmd) ? errno : 0;
}

static inline int guest_memory(struct guest *g)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.user_va = (uintptr_t)guest_ram,
		.length = sizeof(guest_ram),
		.iova = GUEST_IOVA,
	};
	int ret = guest_call(g, IOMMU_IOAS_ALLOC, &ioas);

	g->ioas = map.ioas_id = ioas.out_ioas_id;
	g->ring = (void *)guest_ram;
	return ret ? ret : guest_call(g, IOMMU_IOAS_MAP, &map);
}

static inline int guest_viommu(struct guest *g)
{
	struct iommu_viommu_tegra241_cmdqv data = { 0 };
	struct iommu_hwpt_alloc parent = {
		.size = sizeof(parent),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = g->device,
		.pt_id = g->ioas,
	};
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		.dev_id = g->device,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = guest_call(g, IOMMU_HWPT_ALLOC, &parent);

	viommu.hwpt_id = g->parent = parent.out_hwpt_id;
	ret = ret ? ret : guest_call(g, IOMMU_VIOMMU_ALLOC, &viommu);
	g->viommu = viommu.out_viommu_id;
	if (ret)
		return ret;
	g->page_bytes = data.out_vintf_mmap_length;
	g->page = uiommufd_mmap(NULL, g->page_bytes, PROT_READ | PROT_WRITE,
				MAP_SHARED, g->fd, data.out_vintf_mmap_offset);
	return g->page == MAP_FAILED ? errno : 0;
}

static inline int guest_queue(struct guest *g)
{
	struct iommu_veventq_alloc events = {
		.size = sizeof(events),
		.viommu_id = g->viommu,
		.type = IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
		.veventq_depth = 8,
	};
	struct iommu_hw_queue_alloc queue = {
		.size = sizeof(queue),
		.viommu_id = g->viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.nesting_parent_iova = GUEST_IOVA,
		.length = sizeof(guest_ram),
	};
	int ret = guest_call(g, IOMMU_VEVENTQ_ALLOC, &events);

	g->events = events.out_veventq_fd;
	ret = ret ? ret : guest_call(g, IOMMU_HW_QUEUE_ALLOC, &queue);
	g->queue = queue.out_hw_queue_id;
	return ret;
}

/* Until the register has the value; 0 or ETIMEDOUT. */
static inline int guest_await(struct guest *g, unsigned int reg, uint32_t value)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	uiommufd_kick(g->platform);
	for (long i = 0; i < GUEST_WAIT_S * 10000l; i++) {
		if (__atomic_load_n(&g->page[reg], __ATOMIC_ACQUIRE) == value)
			return 0;
		nanosleep(&nap, NULL);
	}
	return ETIMEDOUT;
}

static inline void guest_write(struct guest *g, unsigned int reg,
			       uint32_t value)
{
	__atomic_store_n(&g->page[reg], value, __ATOMIC_RELEASE);
}

static inline const char *guest_open(struct guest *g)
{
	struct uiommufd_platform_config config;

	memset(g, 0, sizeof(*g));
	uiommufd_platform_config_init(&config, "tegra241");
	g->platform = uiommufd_platform_new(&config);
	if (!g->platform)
		return "no platform";
	g->fd = uiommufd_open(g->platform, O_RDWR);
	if (g->fd < 0 || guest_memory(g) ||
	    uiommufd_device_bind(g->fd, "dev0", &g->device))
		return "no memory and device";
	if (guest_viommu(g))
		return "no vIOMMU";
	if (guest_queue(g))
		return "no queue";
	guest_write(g, GUEST_CONFIG, 1);
	return guest_await(g, GUEST_STATUS, 1) ? "the queue is not enabled" :
						 NULL;
}

/* @n commands, the last of them @last: executed up to @cons. */
static inline const char *guest_run(struct guest *g, unsigned int n,
				    uint64_t last, uint32_t cons)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t *entry = g->ring[g->prod % GUEST_ENTRIES];

		entry[0] = i + 1 < n ? 0x12 | 7ull << 48 : last;
		entry[1] = i + 1 < n ? (uint64_t)i << 12 | 1 : 0;
		g->prod = (g->prod + 1) % (2 * GUEST_ENTRIES);
	}
	guest_write(g, GUEST_PROD, g->prod);
	return guest_await(g, GUEST_CONS, cons) ? "commands are not executed" :
						  NULL;
}

/* TLBIs and a CMD_SYNC. */
static inline const char *guest_sync(struct guest *g, unsigned int n)
{
	uint32_t end = (g->prod + n) % (2 * GUEST_ENTRIES);

	return guest_run(g, n, 0x46, end);
}

/* An illegal command: the engine stops, the driver's thread tells the guest. */
static inline const char *guest_error(struct guest *g)
{
	struct {
		struct iommufd_vevent_header header;
		struct iommu_vevent_tegra241_cmdqv error;
	} event;
	struct pollfd poll = { .fd = g->events, .events = POLLIN };
	const char *error = guest_run(g, 1, 0xff, 1u << 24 | g->prod);

	if (error)
		return error;
	if (uiommufd_poll(&poll, 1, GUEST_WAIT_S * 1000) != 1 ||
	    uiommufd_read(g->events, &event, sizeof(event)) != sizeof(event))
		return "no vEVENT";
	return event.error.lvcmdq_err_map[0] == 1 ? NULL : "another's vEVENT";
}

/* Everything goes, in order, and nothing is left. */
static inline const char *guest_close(struct guest *g)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (uiommufd_munmap(g->page, g->page_bytes) ||
	    uiommufd_close(g->events) ||
	    uiommufd_device_unbind(g->fd, "dev0") || uiommufd_close(g->fd))
		return "not let go";
	if (uiommufd_platform_audit(g->platform, &audit))
		return "something is left";
	uiommufd_platform_free(g->platform);
	return NULL;
}

#endif
