// SPDX-License-Identifier: MIT
/*
 * Laws of vdevice.c: the vDEVICE contract, clause by clause (the head of the
 * file numbers them; spec/60 sections 8 and 9), with a driver that does what
 * the test wants.
 */
#include "rig.h"

#include <sched.h>
#include <sys/mman.h>

static struct iommufd_viommu *viommu_of(struct rig *rig, u32 id)
{
	struct iommufd_object *obj = rig_object(rig, id);

	assert_non_null(obj);
	assert_int_equal(obj->type, IOMMUFD_OBJ_VIOMMU);
	return container_of(obj, struct iommufd_viommu, obj);
}

static struct device *find(struct iommufd_viommu *viommu, u64 virt_id)
{
	struct device *dev;

	xa_lock(&viommu->vdevs);
	dev = iommufd_viommu_find_dev(viommu, virt_id);
	xa_unlock(&viommu->vdevs);
	return dev;
}

/* What a live vDEVICE holds and leads to; its end gives all of it back. */
static void lives_and_ends(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct iommufd_viommu *viommu = viommu_of(rig, guest.viommu);
	struct iommufd_device *idev = rig->idev[0];
	struct iommufd_vdevice *vdev;
	unsigned long virt_id = 0;
	u32 users = refcount_read(&idev->obj.users);
	int id;

	id = rig_vdevice(rig, guest.viommu, 0, 0xffffffffffffffffull);
	assert_true(id > 0);
	vdev = container_of(rig_object(rig, id), struct iommufd_vdevice, obj);
	assert_ptr_equal(vdev->viommu, viommu);
	assert_ptr_equal(vdev->idev, idev);
	assert_ptr_equal(idev->vdev, vdev);
	assert_true(vdev->virt_id == 0xffffffffffffffffull);
	assert_int_equal(refcount_read(&idev->obj.users), users + 1);
	assert_int_equal(refcount_read(&idev->obj.wait_cnt), 2);
	assert_int_equal(rig_users(rig, guest.viommu), 2);
	assert_ptr_equal(iommufd_vdevice_to_device(vdev), idev->dev);
	assert_ptr_equal(find(viommu, -1ull), idev->dev);
	assert_null(find(viommu, 1));
	assert_int_equal(iommufd_viommu_get_vdev_id(viommu, idev->dev,
						    &virt_id), 0);
	assert_true(virt_id == -1ul);
	assert_int_equal(iommufd_viommu_get_vdev_id(
				 viommu, &rig->device[2].dev, &virt_id),
			 -ENOENT);
	/* Busy while referenced. */
	assert_int_equal(rig_destroy(rig, guest.viommu), -EBUSY);
	assert_int_equal(rig_destroy(rig, rig->dev_id[0]), -EBUSY);

	assert_int_equal(rig_destroy(rig, id), 0);
	assert_null(idev->vdev);
	assert_int_equal(refcount_read(&idev->obj.users), users);
	assert_int_equal(refcount_read(&idev->obj.wait_cnt), 1);
	assert_int_equal(rig_users(rig, guest.viommu), 1);
	assert_null(find(viommu, -1ull));
	assert_int_equal(rig_destroy(rig, id), -ENOENT);
	rig_guest_end(rig, &guest);
}

/* Clause 1: the core allocates what vdevice_size says, zeroed. */
static void driver_part_is_zeroed(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct rig_vdevice *vdev;
	int id = rig_vdevice(rig, guest.viommu, 0, 1);

	assert_true(id > 0);
	vdev = container_of(rig_object(rig, id), struct rig_vdevice, core.obj);
	assert_int_equal(vdev->magic, 0x600d);
	assert_true(vdev->zeroed);
	assert_non_null(vdev->core.destroy);
	assert_int_equal(seen.vdevice_init, 1);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(seen.vdevice_destroy, 1);
}

static int plain_init(struct iommufd_vdevice *vdev)
{
	seen.vdevice_init++;
	return knobs.vdevice_error;
}

static const struct iommufd_viommu_ops plain_ops;
static const struct iommufd_viommu_ops init_only_ops = {
	.vdevice_init = plain_init,
};
static const struct iommufd_viommu_ops too_small_ops = {
	.vdevice_size = sizeof(struct iommufd_vdevice) - 1,
	.vdevice_init = plain_init,
};
static const struct iommufd_viommu_ops no_init_ops = {
	.vdevice_size = sizeof(struct rig_vdevice),
};

/* Clause 1: no size and no init: the plain structure, no driver part. */
static void size_and_init_are_optional(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest;
	int id;

	knobs.viommu_ops = &plain_ops;
	guest = rig_guest(rig);
	id = rig_vdevice(rig, guest.viommu, 0, 3);
	assert_true(id > 0);
	assert_int_equal(rig_destroy(rig, id), 0);
	rig_guest_end(rig, &guest);
	rig_unbind(rig, 0);
	/* An init alone is a validator. */
	knobs.viommu_ops = &init_only_ops;
	guest = rig_guest(rig);
	id = rig_vdevice(rig, guest.viommu, 0, 3);
	assert_true(id > 0);
	assert_int_equal(seen.vdevice_init, 1);
	assert_int_equal(rig_destroy(rig, id), 0);
	knobs.vdevice_error = -EPERM;
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 3), -EPERM);
	rig_guest_end(rig, &guest);
}

static void expect_driver_bug(struct rig *rig,
			      const struct iommufd_viommu_ops *ops)
{
	struct rig_guest guest;
	u64 warnings;

	knobs.viommu_ops = ops;
	guest = rig_guest(rig);
	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 3), -EOPNOTSUPP);
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 3), -EOPNOTSUPP);
	warnings = uik_warn_expect_end();
	/* The warning once, the errno every time. */
	assert_int_equal(warnings, 1);
	assert_int_equal(rig_audit(rig).locks, 0);
	/* The group's lock is free (B02): these need it. */
	rig_unbind(rig, 0);
	rig_guest_end(rig, &guest);
}

/* Clause 1: a size below the core's is a driver's bug. */
static void too_small_a_size_warns(void **state)
{
	expect_driver_bug(*state, &too_small_ops);
}

/* Clause 1: so is a size without init. */
static void size_without_init_warns(void **state)
{
	expect_driver_bug(*state, &no_init_ops);
}

static struct {
	struct rig *rig;
	struct iommufd_viommu *viommu;
	struct device *found;
	int same_id;		/* result of a second allocation */
	bool locked;
} inside;

static void look_at_myself(struct rig_vdevice *vdev)
{
	unsigned long virt_id;

	inside.locked = lockdep_is_held(&vdev->core.idev->igroup->lock);
	inside.found = find(vdev->core.viommu, vdev->core.virt_id);
	assert_int_equal(iommufd_viommu_get_vdev_id(
				 vdev->core.viommu,
				 iommufd_vdevice_to_device(&vdev->core),
				 &virt_id), -ENOENT);
	/* The slot is taken for another device of another group. */
	knobs.vdevice_init = NULL;
	inside.same_id = rig_vdevice(inside.rig, vdev->core.viommu->obj.id, 2,
				     vdev->core.virt_id);
	assert_null(rig_object(inside.rig, vdev->core.obj.id));
	assert_int_equal(rig_destroy(inside.rig, vdev->core.obj.id), -ENOENT);
}

/* Clause 2: reserved before vdevice_init, found only after it (B01). */
static void found_only_after_init(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	int id;

	rig_bind(rig, 2);
	inside.rig = rig;
	knobs.vdevice_init = look_at_myself;
	id = rig_vdevice(rig, guest.viommu, 0, 44);
	assert_true(id > 0);
	assert_true(inside.locked);
	assert_null(inside.found);
	assert_int_equal(inside.same_id, -EEXIST);
	assert_ptr_equal(find(viommu_of(rig, guest.viommu), 44),
			 &rig->device[0].dev);
	/* What failed has not touched the slot of the other. */
	assert_int_equal(rig_destroy(rig, id), 0);
	id = rig_vdevice(rig, guest.viommu, 2, 44);
	assert_true(id > 0);
	assert_int_equal(rig_destroy(rig, id), 0);
	rig_guest_end(rig, &guest);
}

/* Clause 2: refused by the driver: never found, the slot free again. */
static void refused_is_never_found(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	int id;

	rig_bind(rig, 2);
	inside.rig = rig;
	knobs.vdevice_init = look_at_myself;
	knobs.vdevice_error = -EIO;
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 44), -EIO);
	assert_null(inside.found);
	assert_null(find(viommu_of(rig, guest.viommu), 44));
	assert_int_equal(seen.vdevice_destroy, 0);
	assert_int_equal(rig_users(rig, guest.viommu), 1);
	assert_null(rig->idev[0]->vdev);
	assert_int_equal(refcount_read(&rig->idev[0]->obj.wait_cnt), 1);
	knobs.vdevice_error = 0;
	id = rig_vdevice(rig, guest.viommu, 2, 44);
	assert_true(id > 0);
	assert_int_equal(rig_destroy(rig, id), 0);
	rig_guest_end(rig, &guest);
}

/* Clause 3: a destroy that was set before failing is called, once. */
static void destroy_set_before_failing_is_called(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);

	knobs.vdevice_error = -EIO;
	knobs.vdevice_destroy_before_error = true;
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 4), -EIO);
	assert_int_equal(seen.vdevice_destroy, 1);
	rig_guest_end(rig, &guest);
}

static void still_findable(struct rig_vdevice *vdev)
{
	inside.locked = lockdep_is_held(&vdev->core.idev->igroup->lock);
	inside.found = find(vdev->core.viommu, vdev->core.virt_id);
	assert_int_equal(vdev->magic, 0x600d);
	assert_true(refcount_read(&vdev->core.viommu->obj.users) >= 2);
}

/* Clause 3: destroy comes before the map and the vIOMMU let go. */
static void destroy_comes_first(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	int id = rig_vdevice(rig, guest.viommu, 0, 5);

	inside.found = NULL;
	inside.locked = false;
	knobs.vdevice_destroy = still_findable;
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(seen.vdevice_destroy, 1);
	assert_true(inside.locked);
	assert_ptr_equal(inside.found, &rig->device[0].dev);
	assert_null(find(viommu_of(rig, guest.viommu), 5));
	rig_guest_end(rig, &guest);
}

static struct iommu_vdevice_alloc *read_only_command(struct rig_guest *guest,
						     struct rig *rig,
						     u64 virt_id)
{
	struct iommu_vdevice_alloc *cmd =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(cmd != MAP_FAILED);
	*cmd = (struct iommu_vdevice_alloc){
		.size = sizeof(*cmd), .viommu_id = guest->viommu,
		.dev_id = rig->dev_id[0], .virt_id = virt_id,
	};
	assert_int_equal(mprotect(cmd, 4096, PROT_READ), 0);
	return cmd;
}

/* The reply faults: destroy is called, all is undone, and can be repeated. */
static void reply_fault_undoes_all(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct iommu_vdevice_alloc *cmd = read_only_command(&guest, rig, 6);
	u64 blocks = rig_audit(rig).blocks;

	for (int i = 1; i <= 2; i++) {
		assert_int_equal(rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, cmd),
				 -EFAULT);
		assert_int_equal(seen.vdevice_init, i);
		assert_int_equal(seen.vdevice_destroy, i);
		assert_null(rig->idev[0]->vdev);
		assert_int_equal(rig_users(rig, guest.viommu), 1);
		assert_int_equal(rig_audit(rig).blocks, blocks);
	}
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 6),
			 guest.viommu + 1);
	munmap(cmd, 4096);
}

/* Errno row by row, in the order of the checks. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = 999, .dev_id = 998,
	};
	int id, other;

	rig_bind(rig, 1);
	rig_bind(rig, 2);
	rig_bind(rig, 3);	/* behind another IOMMU */
	assert_int_equal(rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, &cmd), -ENOENT);
	cmd.viommu_id = rig->dev_id[0];
	assert_int_equal(rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, &cmd), -ENOENT);
	cmd.viommu_id = guest.viommu;
	assert_int_equal(rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, &cmd), -ENOENT);
	cmd.dev_id = guest.ioas;
	assert_int_equal(rig_ioctl(rig, IOMMU_VDEVICE_ALLOC, &cmd), -ENOENT);
	assert_int_equal(rig_vdevice(rig, guest.viommu, 3, 1), -EINVAL);
	id = rig_vdevice(rig, guest.viommu, 0, 1);
	assert_true(id > 0);
	/* This device has one; this virt_id is taken. */
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 2), -EEXIST);
	assert_int_equal(rig_vdevice(rig, guest.viommu, 2, 1), -EEXIST);
	assert_int_equal(rig_vdevice(rig, guest.viommu, 1, 1), -EEXIST);
	/* One of the same group may have its own. */
	other = rig_vdevice(rig, guest.viommu, 1, 0);
	assert_true(other > 0);
	assert_int_equal(rig_users(rig, guest.viommu), 3);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(rig_destroy(rig, other), 0);
	rig_guest_end(rig, &guest);
}

/* Size rules. */
static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct {
		struct iommu_vdevice_alloc cmd;
		u8 tail[16];
	} big = {
		.cmd = { .viommu_id = guest.viommu, .dev_id = rig->dev_id[0] },
	};

	rig_check_sizes(rig, IOMMU_VDEVICE_ALLOC, &big, sizeof(big.cmd), 24);
	assert_null(rig->idev[0]->vdev);
	rig_guest_end(rig, &guest);
}

static struct rig_guest sweep_guest;

static int sweep_op(struct rig *rig)
{
	int id = rig_vdevice(rig, sweep_guest.viommu, 0, 70);

	return id < 0 ? id : 0;
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(rig_destroy(rig, rig->idev[0]->vdev->obj.id), 0);
}

/* Every step fails in turn; nothing stays. */
static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, ENOENT, 0 };
	struct rig *rig = *state;

	sweep_guest = rig_guest(rig);
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
	assert_int_equal(seen.vdevice_init - seen.vdevice_destroy, 0);
	rig_guest_end(rig, &sweep_guest);
}

/* The context's end takes it before its vIOMMU; the device goes with it. */
static void freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);

	assert_true(rig_vdevice(rig, guest.viommu, 0, 8) > 0);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	/* The bound device still holds the context. */
	assert_int_equal(seen.vdevice_destroy, 0);
	rig_unbind(rig, 0);
	assert_int_equal(seen.vdevice_destroy, 1);
	assert_int_equal(seen.viommu_destroy, 1);
	assert_int_equal(rig_audit(rig).objects, 0);
}

/*
 * Unbinding destroys the vDEVICE and leaves a tombstone: its ID answers ENOENT
 * and is never given again, its virt_id is free (B03).
 */
static void unbind_leaves_a_tombstone(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	int id, again;

	rig_bind(rig, 2);
	id = rig_vdevice(rig, guest.viommu, 2, 9);
	assert_true(id > 0);
	rig_unbind(rig, 2);
	assert_int_equal(seen.vdevice_destroy, 1);
	assert_int_equal(rig_destroy(rig, id), -ENOENT);
	assert_int_equal(rig_users(rig, guest.viommu), 1);
	assert_null(find(viommu_of(rig, guest.viommu), 9));
	for (int i = 0; i < 100; i++)
		assert_int_not_equal(rig_ioas(rig), id);
	again = rig_vdevice(rig, guest.viommu, 0, 9);
	assert_true(again > 0);
	assert_int_equal(rig_destroy(rig, again), 0);
	rig_guest_end(rig, &guest);
}

/* A device without vDEVICE is unbound without ceremony. */
static void unbind_without_vdevice(void **state)
{
	struct rig *rig = *state;
	u32 id;

	rig_bind(rig, 2);
	id = rig->dev_id[2];
	rig_unbind(rig, 2);
	rig_bind(rig, 2);
	assert_int_equal(rig->dev_id[2], id);
}

static struct {
	struct rig *rig;
	atomic_t in_destroy, go, unbound;
	atomic_t dev_id;	/* of device 2, while it comes and goes */
	u32 vdevice;
	int result;
} race;

static void pause_in_destroy(struct rig_vdevice *vdev)
{
	atomic_set(&race.in_destroy, 1);
	while (!atomic_read(&race.go))
		sched_yield();
}

static int destroy_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);

	race.result = rig_destroy(race.rig, race.vdevice);
	uik_leave(outer);
	return 0;
}

static int unbind_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);

	rig_unbind(race.rig, 2);
	atomic_set(&race.unbound, 1);
	uik_leave(outer);
	return 0;
}

/*
 * A user destroys the vDEVICE, and has unlinked it, when the device is unbound:
 * unbinding waits and succeeds; no tombstone, since the user knew.
 */
static void unbind_waits_for_a_users_destroy(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct uik_thread *destroyer, *unbinder;

	memset(&race, 0, sizeof(race));
	race.rig = rig;
	rig_bind(rig, 2);
	race.vdevice = rig_vdevice(rig, guest.viommu, 2, 10);
	knobs.vdevice_destroy = pause_in_destroy;
	destroyer = uik_thread_start(destroy_thread, NULL, "destroy");
	while (!atomic_read(&race.in_destroy))
		sched_yield();
	unbinder = uik_thread_start(unbind_thread, NULL, "unbind");
	for (int i = 0; i < 200; i++)
		sched_yield();
	assert_int_equal(atomic_read(&race.unbound), 0);
	atomic_set(&race.go, 1);
	assert_int_equal(uik_thread_join(destroyer), 0);
	assert_int_equal(uik_thread_join(unbinder), 0);
	assert_int_equal(race.result, 0);
	assert_int_equal(seen.vdevice_destroy, 1);
	/* The device's ID was lower; the vDEVICE's is free too. */
	assert_true(rig_ioas(rig) < race.vdevice);
	assert_int_equal(rig_ioas(rig), race.vdevice);
}

static int alloc_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	struct rig_guest *guest = arg;

	race.result = rig_vdevice(race.rig, guest->viommu, 2, 11);
	uik_leave(outer);
	return 0;
}

static void pause_in_init(struct rig_vdevice *vdev)
{
	atomic_set(&race.in_destroy, 1);
	while (!atomic_read(&race.go))
		sched_yield();
}

/*
 * A device is unbound while its vDEVICE is being made: made first, then
 * destroyed with a tombstone.
 */
static void unbind_waits_for_an_allocation(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct uik_thread *maker, *unbinder;

	memset(&race, 0, sizeof(race));
	race.rig = rig;
	rig_bind(rig, 2);
	knobs.vdevice_init = pause_in_init;
	maker = uik_thread_start(alloc_thread, &guest, "alloc");
	while (!atomic_read(&race.in_destroy))
		sched_yield();
	unbinder = uik_thread_start(unbind_thread, NULL, "unbind");
	for (int i = 0; i < 200; i++)
		sched_yield();
	assert_int_equal(atomic_read(&race.unbound), 0);
	atomic_set(&race.go, 1);
	assert_int_equal(uik_thread_join(maker), 0);
	assert_int_equal(uik_thread_join(unbinder), 0);
	assert_true(race.result > 0);
	assert_int_equal(seen.vdevice_destroy, 1);
	assert_int_equal(rig_destroy(rig, race.result), -ENOENT);
	knobs.vdevice_init = NULL;
	rig_guest_end(rig, &guest);
}

/* While a device is being torn down no vDEVICE is made on it. */
static void destroying_refuses(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);

	rig->idev[0]->destroying = true;
	assert_int_equal(rig_vdevice(rig, guest.viommu, 0, 1), -ENOENT);
	rig->idev[0]->destroying = false;
	rig_guest_end(rig, &guest);
}

static int churn_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	struct rig_guest *guest = arg;

	while (!atomic_read(&race.go)) {
		struct iommu_vdevice_alloc cmd = {
			.size = sizeof(cmd), .viommu_id = guest->viommu,
			.dev_id = atomic_read(&race.dev_id), .virt_id = 12,
		};

		if (!rig_ioctl(race.rig, IOMMU_VDEVICE_ALLOC, &cmd))
			rig_destroy(race.rig, cmd.out_vdevice_id);
	}
	uik_leave(outer);
	return 0;
}

static int lookup_thread(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	struct rig_guest *guest = arg;
	struct iommufd_viommu *viommu = viommu_of(race.rig, guest->viommu);
	unsigned long virt_id;

	while (!atomic_read(&race.go)) {
		struct device *dev = find(viommu, 12);

		assert_true(!dev || dev == &race.rig->device[2].dev);
		if (!iommufd_viommu_get_vdev_id(viommu,
						&race.rig->device[2].dev,
						&virt_id))
			assert_int_equal(virt_id, 12);
	}
	uik_leave(outer);
	return 0;
}

/* Made, destroyed, looked up, and its device bound and unbound, all at once. */
static void churn(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct uik_thread *maker, *finder;

	memset(&race, 0, sizeof(race));
	race.rig = rig;
	rig_bind(rig, 2);
	atomic_set(&race.dev_id, rig->dev_id[2]);
	maker = uik_thread_start(churn_thread, &guest, "churn");
	finder = uik_thread_start(lookup_thread, &guest, "find");
	for (int i = 0; i < 60; i++) {
		for (int pause = 0; pause < 20; pause++)
			sched_yield();
		rig_unbind(rig, 2);
		rig_bind(rig, 2);
		atomic_set(&race.dev_id, rig->dev_id[2]);
	}
	atomic_set(&race.go, 1);
	assert_int_equal(uik_thread_join(maker), 0);
	assert_int_equal(uik_thread_join(finder), 0);
	assert_int_equal(seen.vdevice_init, seen.vdevice_destroy);
	rig_guest_end(rig, &guest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lives_and_ends),
		RIG_TEST(driver_part_is_zeroed),
		RIG_TEST(size_and_init_are_optional),
		RIG_TEST(too_small_a_size_warns),
		RIG_TEST(size_without_init_warns),
		RIG_TEST(found_only_after_init),
		RIG_TEST(refused_is_never_found),
		RIG_TEST(destroy_set_before_failing_is_called),
		RIG_TEST(destroy_comes_first),
		RIG_TEST(reply_fault_undoes_all),
		RIG_TEST(errno_rows),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(freed_at_close),
		RIG_TEST(unbind_leaves_a_tombstone),
		RIG_TEST(unbind_without_vdevice),
		RIG_TEST(unbind_waits_for_a_users_destroy),
		RIG_TEST(unbind_waits_for_an_allocation),
		RIG_TEST(destroying_refuses),
		RIG_TEST(churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
