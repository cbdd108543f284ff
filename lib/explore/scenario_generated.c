// SPDX-License-Identifier: MIT
/*
 * Generated scenarios: threads whose calls are themselves decisions.
 *
 * Each thread makes a few calls.  Which, and on which objects, is chosen among
 * those whose kind of object exists at that moment, made by setup or by any
 * thread; now and then any object at all.  So a trail holds the program, it is
 * shrunk with the rest, and a strategy with coverage feedback grows programs
 * that reach new states.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/uiommufd.h>

#include "explore/scenarios.h"

#define SLOTS 24u
#define CALLS 4u
#define WILD 16u			/* one operand in so many is anything */
#define DEVICE "mock0"
#define OTHER_DEVICE "mock1"

enum kind { NOTHING, IOAS, IDEV, HWPT, VIOMMU, VDEVICE, QUEUE, VEVENTQ, FAULT };

struct slot {
	uint32_t id;
	uint8_t kind;
};

struct generated {
	int fd;			/* threads may close it */
	int keeper;		/* another of the same context */
	struct slot slots[SLOTS];
	char memory[8192];
};

struct call {
	struct uiommufd_run *run;
	struct generated *g;
};

/* ---- objects ------------------------------------------------------------- */

static void keep(struct call *c, enum kind kind, uint32_t id)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (c->g->slots[i].kind != NOTHING)
			continue;
		c->g->slots[i] = (struct slot){ id, kind };
		return;
	}
}

/* An object of one of two kinds, seldom of any; 0 if there is none. */
static uint32_t pick(struct call *c, enum kind kind, enum kind or_kind)
{
	unsigned int found[SLOTS], count = 0;
	bool any = uiommufd_run_choose(c->run, WILD) == WILD - 1;

	for (unsigned int i = 0; i < SLOTS; i++) {
		enum kind has = c->g->slots[i].kind;

		if (has != NOTHING && (any || has == kind || has == or_kind))
			found[count++] = i;
	}
	if (!count)
		return 0;
	return c->g->slots[found[uiommufd_run_choose(c->run, count)]].id;
}

static int request(struct call *c, unsigned long number, void *cmd)
{
	return uiommufd_ioctl(c->g->fd, number, cmd) ? errno : 0;
}

/* ---- calls --------------------------------------------------------------- */

static void make_ioas(struct call *c)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	if (!request(c, IOMMU_IOAS_ALLOC, &cmd))
		keep(c, IOAS, cmd.out_ioas_id);
}

static void make_hwpt(struct call *c)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = uiommufd_run_choose(c->run, 2) ?
			 IOMMU_HWPT_ALLOC_NEST_PARENT : 0,
		.dev_id = pick(c, IDEV, IDEV),
		.pt_id = pick(c, IOAS, IOAS),
	};

	if (!request(c, IOMMU_HWPT_ALLOC, &cmd))
		keep(c, HWPT, cmd.out_hwpt_id);
}

static void make_nested(struct call *c)
{
	struct iommu_hwpt_selftest data = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = pick(c, IDEV, IDEV),
		.pt_id = pick(c, HWPT, VIOMMU),
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	if (!request(c, IOMMU_HWPT_ALLOC, &cmd))
		keep(c, HWPT, cmd.out_hwpt_id);
}

static void make_viommu(struct call *c)
{
	struct iommu_viommu_selftest data = { .in_data = 0x1234 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = pick(c, IDEV, IDEV),
		.hwpt_id = pick(c, HWPT, HWPT),
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	if (!request(c, IOMMU_VIOMMU_ALLOC, &cmd))
		keep(c, VIOMMU, cmd.out_viommu_id);
}

static void make_vdevice(struct call *c)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = pick(c, VIOMMU, VIOMMU),
		.dev_id = pick(c, IDEV, IDEV),
		.virt_id = uiommufd_run_choose(c->run, 2),
	};

	if (!request(c, IOMMU_VDEVICE_ALLOC, &cmd))
		keep(c, VDEVICE, cmd.out_vdevice_id);
}

static void make_queue(struct call *c)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = pick(c, VIOMMU, VIOMMU),
		.type = IOMMU_HW_QUEUE_TYPE_SELFTEST,
		.index = uiommufd_run_choose(c->run, 2),
		.nesting_parent_iova = 0x10000,
		.length = 4096,
	};

	if (!request(c, IOMMU_HW_QUEUE_ALLOC, &cmd))
		keep(c, QUEUE, cmd.out_hw_queue_id);
}

static void make_veventq(struct call *c)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = pick(c, VIOMMU, VIOMMU),
		.type = IOMMU_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = 2,
	};

	if (request(c, IOMMU_VEVENTQ_ALLOC, &cmd))
		return;
	keep(c, VEVENTQ, cmd.out_veventq_id);
	if (uiommufd_run_choose(c->run, 2))
		uiommufd_close(cmd.out_veventq_fd);
}

static void make_fault(struct call *c)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };

	if (!request(c, IOMMU_FAULT_QUEUE_ALLOC, &cmd))
		keep(c, FAULT, cmd.out_fault_id);
}

static void destroy(struct call *c)
{
	struct generated *g = c->g;
	unsigned int count = 0, n;

	for (unsigned int i = 0; i < SLOTS; i++)
		count += g->slots[i].kind != NOTHING;
	n = uiommufd_run_choose(c->run, count);
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct iommu_destroy cmd = {
			.size = sizeof(cmd),
			.id = g->slots[i].id,
		};

		if (g->slots[i].kind == NOTHING || n--)
			continue;
		if (!request(c, IOMMU_DESTROY, &cmd))
			g->slots[i].kind = NOTHING;
		return;
	}
}

static void trigger(struct call *c)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_TRIGGER_VEVENT,
		.trigger_vevent = {
			.dev_id = pick(c, IDEV, IDEV),
		},
	};

	request(c, IOMMU_TEST_CMD, &cmd);
}

static void map(struct call *c)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = pick(c, IOAS, IOAS),
		.user_va = ((uintptr_t)c->g->memory + 4095) & ~4095ul,
		.length = 4096,
		.iova = uiommufd_run_choose(c->run, 2) ? 0x10000 : 0x11000,
	};

	request(c, IOMMU_IOAS_MAP, &cmd);
}

static void unmap(struct call *c)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = pick(c, IOAS, IOAS),
		.iova = uiommufd_run_choose(c->run, 2) ? 0x10000 : 0,
		.length = 4096,
	};

	if (!cmd.iova)
		cmd.length = UINT64_MAX;
	request(c, IOMMU_IOAS_UNMAP, &cmd);
}

/*
 * A driver does one thing at a time with its device: two of the threads play
 * one each, the others none.
 */
static const char *device(struct call *c)
{
	static const char *const names[] = { DEVICE, OTHER_DEVICE };
	int thread = uiommufd_run_thread(c->run);

	return thread < 2 ? names[thread] : NULL;
}

static void attach(struct call *c)
{
	const char *name = device(c);
	uint32_t pt = name ? pick(c, IOAS, HWPT) : 0;

	if (name)
		uiommufd_device_attach(c->g->fd, name, 0, &pt);
}

static void replace(struct call *c)
{
	const char *name = device(c);
	uint32_t pt = name ? pick(c, IOAS, HWPT) : 0;

	if (name)
		uiommufd_device_replace(c->g->fd, name, 0, &pt);
}

static void detach(struct call *c)
{
	const char *name = device(c);

	if (name)
		uiommufd_device_detach(c->g->fd, name, 0);
}

static void rebind(struct call *c)
{
	const char *name = device(c);
	uint32_t id;

	if (!name)
		return;
	uiommufd_device_detach(c->g->fd, name, 0);
	uiommufd_device_unbind(c->g->fd, name);
	if (!uiommufd_device_bind(c->g->fd, name, &id))
		keep(c, IDEV, id);
}

static void leave(struct call *c)
{
	uiommufd_close(c->g->fd);
}

static void (*const calls[])(struct call *c) = {
	make_vdevice, destroy, make_viommu, make_hwpt, attach, detach,
	replace, make_nested, make_queue, make_veventq, trigger, make_ioas,
	map, unmap, rebind, make_fault, leave,
};

/* ---- parts --------------------------------------------------------------- */

static void setup(struct uiommufd_run *run, void *state)
{
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	struct call c = { run, state };
	struct iommu_hwpt_alloc hwpt = { .size = sizeof(hwpt) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };
	struct iommu_viommu_selftest data = { .in_data = 1 };
	uint32_t id;

	uiommufd_platform_plug(platform, DEVICE);
	uiommufd_platform_plug(platform, OTHER_DEVICE);
	c.g->fd = uiommufd_open(platform, O_RDWR);
	c.g->keeper = uiommufd_dup(c.g->fd);
	make_ioas(&c);
	if (!uiommufd_device_bind(c.g->fd, DEVICE, &id))
		keep(&c, IDEV, id);
	hwpt.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	hwpt.dev_id = id;
	hwpt.pt_id = c.g->slots[0].id;
	if (!request(&c, IOMMU_HWPT_ALLOC, &hwpt))
		keep(&c, HWPT, hwpt.out_hwpt_id);
	viommu.type = IOMMU_VIOMMU_TYPE_SELFTEST;
	viommu.dev_id = id;
	viommu.hwpt_id = hwpt.out_hwpt_id;
	viommu.data_len = sizeof(data);
	viommu.data_uptr = (uintptr_t)&data;
	if (!request(&c, IOMMU_VIOMMU_ALLOC, &viommu))
		keep(&c, VIOMMU, viommu.out_viommu_id);
	if (!uiommufd_device_bind(c.g->fd, OTHER_DEVICE, &id))
		keep(&c, IDEV, id);
}

static void body(struct uiommufd_run *run, void *state)
{
	struct call c = { run, state };
	unsigned int count = sizeof(calls) / sizeof(calls[0]), n;

	for (unsigned int i = 0; i < CALLS; i++) {
		n = uiommufd_run_choose(run, count + 1);
		if (!n)
			return;
		calls[n - 1](&c);
	}
}

static void finish(struct uiommufd_run *run, void *state)
{
	static const char *const names[] = { DEVICE, OTHER_DEVICE };
	struct uiommufd_platform *platform = uiommufd_run_platform(run);
	struct generated *g = state;

	for (int i = 0; i < 2; i++) {
		uiommufd_device_detach(g->keeper, names[i], 0);
		uiommufd_device_unbind(g->keeper, names[i]);
	}
	uiommufd_close(g->keeper);
	uiommufd_close(g->fd);
	for (int i = 0; i < 2; i++)
		uiommufd_platform_unplug(platform, names[i]);
}

#define GENERATED(count_, ...) \
	static const struct uiommufd_scenario generated_##count_ = { \
		.name = "generated-" #count_, \
		.summary = "calls chosen at random, by " #count_ " threads", \
		.setup = setup, \
		.thread = { __VA_ARGS__ }, \
		.finish = finish, \
		.state_bytes = sizeof(struct generated), \
		.failures = UIOMMUFD_FAIL_ANY | UIOMMUFD_FAIL_DRIVER, \
	}

GENERATED(2, body, body);
GENERATED(3, body, body, body);
GENERATED(4, body, body, body, body);

const struct uiommufd_scenario *const scenarios_generated[] = {
	&generated_2,
	&generated_3,
	&generated_4,
	NULL,
};
