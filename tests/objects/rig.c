// SPDX-License-Identifier: MIT
/* Fixture and helpers of rig.h. */
#include "rig.h"

#include <iommu-priv.h>
#include <sys/mman.h>
#include <uik/slab.h>

struct rig *the_rig;

static const struct bus_type rig_bus = { .name = "rig" };

static void device_release(struct device *dev)
{
	container_of(dev, struct rig_device, dev)->plugged = false;
}

static void plug(struct rig *rig, unsigned int i)
{
	struct rig_device *device = &rig->device[i];
	bool other = i == RIG_DEVICES - 1;

	device->index = i;
	device_initialize(&device->dev);
	device->dev.bus = &rig_bus;
	device->dev.release = device_release;
	assert_int_equal(dev_set_name(&device->dev, "rig%u", i), 0);
	assert_int_equal(iommu_mock_device_add(&device->dev,
					       other ? &rig->other_iommu :
						       &rig->iommu), 0);
	device->plugged = true;
}

struct uik_audit rig_audit(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit;
}

static int setup(void **state, const struct uik_clock *clock)
{
	struct uik_machine_config config = { .clock = clock };
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	the_rig = rig;
	knobs = (struct rig_knobs){};
	seen = (struct rig_seen){};
	rig->machine = uik_machine_new(&config);
	assert_non_null(rig->machine);
	rig->outer = uik_enter(rig->machine);
	assert_int_equal(bus_register(&rig_bus), 0);
	rig->iommu.max_pasids = 1 << 8;
	assert_int_equal(iommu_device_register_bus(&rig->iommu, &rig_ops,
						   &rig_bus, NULL), 0);
	assert_int_equal(iommu_device_register(&rig->other_iommu,
					       &rig_bare_ops, NULL), 0);
	for (unsigned int i = 0; i < RIG_DEVICES; i++)
		plug(rig, i);
	rig->device[0].dev.iommu->max_pasids = 1 << 8;
	rig->iopf = iopf_queue_alloc("rig");
	assert_non_null(rig->iopf);
	rig->blocks = rig_audit(rig).blocks;
	rig->fd = uiommufd_open(NULL, O_RDWR | O_CLOEXEC);
	assert_true(rig->fd >= 0);
	seen = (struct rig_seen){};
	*state = rig;
	return 0;
}

int rig_setup(void **state)
{
	return setup(state, NULL);
}

int rig_setup_auto_clock(void **state)
{
	return setup(state, &uik_clock_auto);
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;
	struct uik_audit audit;

	for (unsigned int i = 0; i < RIG_DEVICES; i++)
		if (rig->idev[i])
			rig_unbind(rig, i);
	if (rig->fd >= 0)
		assert_int_equal(uiommufd_close(rig->fd), 0);
	audit = rig_audit(rig);
	assert_int_equal(audit.objects, 0);
	assert_int_equal(audit.locks, 0);
	assert_int_equal(audit.mappings, 0);
	assert_int_equal(audit.warnings, 0);
	if (audit.blocks != rig->blocks)
		uik_slab_report(rig->machine, stderr);
	assert_int_equal(audit.blocks, rig->blocks);
	iopf_queue_free(rig->iopf);
	for (unsigned int i = 0; i < RIG_DEVICES; i++)
		device_unregister(&rig->device[i].dev);
	iommu_device_unregister(&rig->other_iommu);
	iommu_device_unregister_bus(&rig->iommu, &rig_bus, NULL);
	bus_unregister(&rig_bus);
	uik_leave(rig->outer);
	uik_machine_free(rig->machine);
	free(rig);
	the_rig = NULL;
	return 0;
}

struct iommufd_ctx *rig_ctx(struct rig *rig)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(rig->fd);

	assert_false(IS_ERR(ictx));
	iommufd_ctx_put(ictx);	/* the descriptor keeps it */
	return ictx;
}

struct iommufd_device *rig_bind(struct rig *rig, unsigned int i)
{
	rig->idev[i] = iommufd_device_bind(rig_ctx(rig), &rig->device[i].dev,
					   &rig->dev_id[i]);
	assert_false(IS_ERR(rig->idev[i]));
	assert_int_equal(iommufd_device_to_id(rig->idev[i]), rig->dev_id[i]);
	return rig->idev[i];
}

void rig_unbind(struct rig *rig, unsigned int i)
{
	iommufd_device_unbind(rig->idev[i]);
	rig->idev[i] = NULL;
}

struct iommufd_object *rig_object(struct rig *rig, u32 id)
{
	struct iommufd_ctx *ictx = rig_ctx(rig);
	struct iommufd_object *obj;

	iommufd_objects_lock(ictx);
	obj = idmap_load_locked(&ictx->objects, id);
	iommufd_objects_unlock(ictx);
	return obj;
}

u32 rig_users(struct rig *rig, u32 id)
{
	struct iommufd_object *obj = rig_object(rig, id);

	assert_non_null(obj);
	return refcount_read(&obj->users);
}

int rig_ioctl(struct rig *rig, unsigned long request, void *cmd)
{
	int ret = uiommufd_ioctl(rig->fd, request, cmd);

	return ret < 0 ? -errno : ret;
}

int rig_destroy(struct rig *rig, u32 id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return rig_ioctl(rig, IOMMU_DESTROY, &cmd);
}

u32 rig_ioas(struct rig *rig)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_ALLOC, &cmd), 0);
	return cmd.out_ioas_id;
}

u32 rig_hwpt(struct rig *rig, unsigned int dev, u32 pt_id, u32 flags)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = flags,
		.dev_id = rig->dev_id[dev], .pt_id = pt_id,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), 0);
	return cmd.out_hwpt_id;
}

u32 rig_nested(struct rig *rig, unsigned int dev, u32 pt_id)
{
	struct rig_nested_data data = { .value = 1 };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = rig->dev_id[dev], .pt_id = pt_id,
		.data_type = RIG_DATA_TYPE, .data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), 0);
	return cmd.out_hwpt_id;
}

u32 rig_viommu(struct rig *rig, unsigned int dev, u32 hwpt_id)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd), .type = RIG_VIOMMU_TYPE,
		.dev_id = rig->dev_id[dev], .hwpt_id = hwpt_id,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_VIOMMU_ALLOC, &cmd), 0);
	return cmd.out_viommu_id;
}

int rig_vdevice(struct rig *rig, u32 viommu, unsigned int dev, u64 virt_id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = viommu,
		.dev_id = rig->dev_id[dev], .virt_id = virt_id,
	};
	int ret = rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, &cmd);

	return ret ?: (int)cmd.out_vdevice_id;
}

struct rig_guest rig_guest(struct rig *rig)
{
	struct rig_guest guest;

	rig_bind(rig, 0);
	guest.ioas = rig_ioas(rig);
	guest.parent = rig_hwpt(rig, 0, guest.ioas,
				IOMMU_HWPT_ALLOC_NEST_PARENT);
	guest.viommu = rig_viommu(rig, 0, guest.parent);
	return guest;
}

void rig_guest_end(struct rig *rig, struct rig_guest *guest)
{
	assert_int_equal(rig_destroy(rig, guest->viommu), 0);
	assert_int_equal(rig_destroy(rig, guest->parent), 0);
	assert_int_equal(rig_destroy(rig, guest->ioas), 0);
}

static void check_faults(struct rig *rig, unsigned long request,
			 const void *cmd, size_t size)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = pages + 4096;

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(end, 4096, PROT_NONE), 0);
	assert_int_equal(rig_ioctl(rig, request, NULL), -EFAULT);
	assert_int_equal(rig_ioctl(rig, request, end), -EFAULT);
	memcpy(end - 8, cmd, 8);
	*(u32 *)(end - 8) = size;
	if (size > 8)
		assert_int_equal(rig_ioctl(rig, request, end - 8), -EFAULT);
	/* A tail that cannot be read. */
	memcpy(end - size, cmd, size);
	*(u32 *)(end - size) = size + 8;
	assert_int_equal(rig_ioctl(rig, request, end - size), -EFAULT);
	munmap(pages, 8192);
}

void rig_check_sizes(struct rig *rig, unsigned long request, void *cmd,
		     size_t size, size_t min_size)
{
	u8 *bytes = cmd;

	for (u32 small = 0; small < min_size; small++) {
		*(u32 *)cmd = small;
		assert_int_equal(rig_ioctl(rig, request, cmd), -EINVAL);
	}
	*(u32 *)cmd = size + 16;
	memset(bytes + size, 0, 16);
	for (unsigned int i = 0; i < 16; i++) {
		bytes[size + i] = 1;
		assert_int_equal(rig_ioctl(rig, request, cmd), -E2BIG);
		bytes[size + i] = 0;
	}
	check_faults(rig, request, cmd, size);
	*(u32 *)cmd = size;
	assert_int_equal(rig_ioctl(rig, request | 0x40000000, cmd), -ENOTTY);
	assert_int_equal(rig_ioctl(rig, request ^ 0x100, cmd), -ENOTTY);
}

static bool is_among(int ret, const int *errnos)
{
	for (; *errnos; errnos++)
		if (ret == -*errnos)
			return true;
	return false;
}

static bool sweep_step(struct rig *rig, int (*op)(struct rig *rig),
		       void (*undo)(struct rig *rig), const int *errnos,
		       u32 nth, bool sticky, bool cold)
{
	struct uik_audit before = rig_audit(rig), after;
	bool hit;
	int ret;

	uik_fail_nth(nth, UIK_FAIL_ANY, sticky);
	ret = op(rig);
	hit = uik_fail_nth(0, 0, false);
	if (!hit) {
		assert_int_equal(ret, 0);
		return false;
	}
	/* A step that the operation can do without. */
	if (!ret)
		undo(rig);
	else if (!is_among(ret, errnos))
		fail_msg("step %u failed with %d", nth, ret);
	after = rig_audit(rig);
	assert_int_equal(after.objects, before.objects);
	/* Arrays that have grown stay so: the first time there may be more. */
	if (!cold && after.blocks != before.blocks)
		uik_slab_report(rig->machine, stderr);
	if (!cold)
		assert_int_equal(after.blocks, before.blocks);
	assert_int_equal(after.warnings, before.warnings);
	assert_int_equal(after.locks, 0);
	return true;
}

void rig_sweep(struct rig *rig, int (*op)(struct rig *rig),
	       void (*undo)(struct rig *rig), const int *errnos)
{
	for (int round = 0; round < 3; round++) {
		bool cold = round == 0, sticky = round == 2;
		u32 nth = 1;

		while (sweep_step(rig, op, undo, errnos, nth, sticky, cold))
			nth++;
		assert_true(nth > 1);
		undo(rig);
	}
}
