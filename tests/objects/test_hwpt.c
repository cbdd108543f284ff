// SPDX-License-Identifier: MIT
/*
 * Laws of hwpt.c, hwpt_nested.c, hwpt_alloc.c and hwpt_ioctl.c: spec/20
 * sections 12 and 13.
 */
#include "rig.h"

#include <sys/mman.h>

#include "objects/ioas.h"

static int alloc(struct rig *rig, u32 dev_id, u32 pt_id, u32 flags,
		 u32 data_type, u32 data_len, const void *data)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = flags,
		.dev_id = dev_id, .pt_id = pt_id,
		.data_type = data_type, .data_len = data_len,
		.data_uptr = (uintptr_t)data, .__reserved2 = 5,
	};
	int ret = rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd);

	return ret ?: (int)cmd.out_hwpt_id;
}

static int plain(struct rig *rig, u32 pt_id, u32 flags)
{
	return alloc(rig, rig->dev_id[0], pt_id, flags, 0, 0, NULL);
}

static int nested(struct rig *rig, u32 pt_id, u32 flags)
{
	struct rig_nested_data data = { .value = 9 };

	return alloc(rig, rig->dev_id[0], pt_id, flags, RIG_DATA_TYPE,
		     sizeof(data), &data);
}

static struct iommufd_hwpt_paging *paging_of(struct rig *rig, u32 id)
{
	return container_of(rig_object(rig, id), struct iommufd_hwpt_paging,
			    common.obj);
}

/* A paging HWPT holds its IOAS and is on its list until it ends. */
static void paging_lives_and_ends(void **state)
{
	struct rig *rig = *state;
	struct iommufd_hwpt_paging *paging;
	struct iommufd_ioas *owner;
	u32 ioas;
	int id;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	owner = container_of(rig_object(rig, ioas), struct iommufd_ioas, obj);
	id = plain(rig, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT);
	assert_true(id > 0);
	paging = paging_of(rig, id);
	assert_true(paging->nest_parent);
	assert_false(paging->common.pasid_compat);
	assert_false(paging->auto_domain);
	assert_ptr_equal(paging->common.domain->owner, &rig_ops);
	assert_ptr_equal(paging->common.domain->iommufd_hwpt, &paging->common);
	assert_int_equal(paging->common.domain->cookie_type,
			 IOMMU_COOKIE_IOMMUFD);
	assert_int_equal(owner->iopt.domain_count, 1);
	assert_false(list_empty(&owner->hwpt_list));
	assert_int_equal(rig_users(rig, ioas), 2);
	assert_int_equal(rig_destroy(rig, ioas), -EBUSY);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(seen.domain_free, 1);
	assert_int_equal(owner->iopt.domain_count, 0);
	assert_true(list_empty(&owner->hwpt_list));
	assert_int_equal(rig_destroy(rig, ioas), 0);
}

/* Errno row by row: spec/20 12.1 and 12.2. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .__reserved = 1, .data_type = 1,
		.dev_id = 999, .pt_id = 999,
	};
	u32 ioas, dev;

	rig_bind(rig, 0);
	dev = rig->dev_id[0];
	ioas = rig_ioas(rig);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -EOPNOTSUPP);
	cmd.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -EINVAL);
	cmd.data_type = 0;
	cmd.data_len = 8;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -EINVAL);
	cmd.data_len = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -ENOENT);
	assert_int_equal(alloc(rig, ioas, ioas, 0, 0, 0, NULL), -ENOENT);
	/* An unknown pt_id is EINVAL, and so is one of a wrong type. */
	assert_int_equal(plain(rig, 999, 0), -EINVAL);
	assert_int_equal(plain(rig, dev, 0), -EINVAL);
	assert_int_equal(plain(rig, ioas, 0x10), -EOPNOTSUPP);
	assert_int_equal(plain(rig, ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING),
			 -EOPNOTSUPP);
	assert_int_equal(plain(rig, ioas, IOMMU_HWPT_FAULT_ID_VALID |
					  IOMMU_HWPT_ALLOC_NEST_PARENT),
			 -EOPNOTSUPP);
	/* No such fault queue: the finished HWPT is undone. */
	assert_int_equal(plain(rig, ioas, IOMMU_HWPT_FAULT_ID_VALID), -ENOENT);
	assert_int_equal(seen.domain_free, 1);
	knobs.alloc_error = -EDOM;
	assert_int_equal(plain(rig, ioas, 0), -EDOM);
	assert_int_equal(rig_users(rig, ioas), 1);
	assert_int_equal(rig_users(rig, dev), 2);
}

/* Each flag set and clear. */
static void flags(void **state)
{
	struct rig *rig = *state;
	struct iommu_fault_alloc fault = { .size = sizeof(fault) };
	struct iommu_hwpt_alloc cmd = { .size = sizeof(cmd) };
	u32 ioas;

	knobs.dirty = true;
	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	for (u32 flags = 0; flags < 16; flags++) {
		struct iommufd_hwpt_paging *paging;
		int id;

		if (flags & IOMMU_HWPT_FAULT_ID_VALID)
			continue;
		id = plain(rig, ioas, flags);
		assert_true(id > 0);
		paging = paging_of(rig, id);
		assert_int_equal(paging->nest_parent,
				 !!(flags & IOMMU_HWPT_ALLOC_NEST_PARENT));
		assert_int_equal(paging->common.pasid_compat,
				 !!(flags & IOMMU_HWPT_ALLOC_PASID));
		assert_int_equal(!!paging->common.domain->dirty_ops,
				 !!(flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING));
		assert_null(paging->common.fault);
		assert_int_equal(rig_destroy(rig, id), 0);
	}
	assert_int_equal(rig_ioctl(rig, IOMMU_FAULT_QUEUE_ALLOC, &fault), 0);
	cmd.flags = IOMMU_HWPT_FAULT_ID_VALID;
	cmd.fault_id = fault.out_fault_id;
	cmd.dev_id = rig->dev_id[0];
	cmd.pt_id = ioas;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), 0);
	assert_non_null(paging_of(rig, cmd.out_hwpt_id)->common.fault);
	assert_int_equal(rig_users(rig, fault.out_fault_id), 3);
	assert_int_equal(uiommufd_close(fault.out_fault_fd), 0);
	assert_int_equal(rig_destroy(rig, fault.out_fault_id), -EBUSY);
	assert_int_equal(rig_destroy(rig, cmd.out_hwpt_id), 0);
	assert_int_equal(rig_destroy(rig, fault.out_fault_id), 0);
}

/* Nested on a parent: rules of spec/20 12.3. */
static void nested_on_a_parent(void **state)
{
	struct rig *rig = *state;
	u32 ioas, pt_id, flat;
	int parent, id;

	rig_bind(rig, 0);
	rig_bind(rig, 3);
	ioas = rig_ioas(rig);
	parent = plain(rig, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT);
	flat = plain(rig, ioas, 0);
	assert_int_equal(nested(rig, parent, IOMMU_HWPT_ALLOC_NEST_PARENT),
			 -EOPNOTSUPP);
	assert_int_equal(plain(rig, parent, 0), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, rig->dev_id[3], parent, 0, RIG_DATA_TYPE, 8,
			       &flat), -EOPNOTSUPP);
	assert_int_equal(nested(rig, flat, 0), -EINVAL);
	pt_id = ioas;
	assert_int_equal(iommufd_device_attach(rig->idev[0], 0, &pt_id), 0);
	assert_int_equal(nested(rig, pt_id, 0), -EINVAL);
	iommufd_device_detach(rig->idev[0], 0);
	knobs.nested_error = -EDOM;
	assert_int_equal(nested(rig, parent, 0), -EDOM);
	knobs.nested_error = 0;
	knobs.nested_wrong_type = true;
	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(nested(rig, parent, 0), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	knobs.nested_wrong_type = false;
	assert_int_equal(rig_users(rig, parent), 1);
	id = nested(rig, parent, IOMMU_HWPT_ALLOC_PASID);
	assert_true(id > 0);
	assert_int_equal(rig_object(rig, id)->type, IOMMUFD_OBJ_HWPT_NESTED);
	assert_int_equal(rig_users(rig, parent), 2);
	assert_int_equal(rig_destroy(rig, parent), -EBUSY);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(rig_destroy(rig, parent), 0);
}

/* A nested one on another driver's parent is refused (B56). */
static void nested_on_a_foreign_parent(void **state)
{
	struct rig *rig = *state;
	u32 ioas;
	int parent;

	rig_bind(rig, 0);
	rig_bind(rig, 3);
	ioas = rig_ioas(rig);
	parent = alloc(rig, rig->dev_id[3], ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
		       0, 0, NULL);
	assert_true(parent > 0);
	assert_int_equal(nested(rig, parent, 0), -EINVAL);
}

/* Nested on a vIOMMU: rules of spec/20 12.4. */
static void nested_on_a_viommu(void **state)
{
	static const struct iommufd_viommu_ops none;
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct rig_nested_data data = { .value = 1 };
	int id;

	rig_bind(rig, 3);
	assert_int_equal(alloc(rig, rig->dev_id[3], guest.viommu, 0x80,
			       RIG_DATA_TYPE, 8, &data), -EINVAL);
	assert_int_equal(nested(rig, guest.viommu, 1), -EOPNOTSUPP);
	assert_int_equal(plain(rig, guest.viommu, 0), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, rig->dev_id[0], guest.viommu, 0,
			       RIG_DATA_TYPE, 3, &data), -EINVAL);
	assert_int_equal(alloc(rig, rig->dev_id[0], guest.viommu, 0,
			       RIG_DATA_TYPE, 8, NULL), -EFAULT);
	id = nested(rig, guest.viommu, 0);
	assert_true(id > 0);
	assert_int_equal(rig_users(rig, guest.viommu), 2);
	assert_int_equal(rig_users(rig, guest.parent), 2);
	assert_int_equal(rig_destroy(rig, id), 0);
	assert_int_equal(rig_destroy(rig, guest.viommu), 0);
	knobs.viommu_ops = &none;
	guest.viommu = rig_viommu(rig, 0, guest.parent);
	assert_int_equal(nested(rig, guest.viommu, 0), -EOPNOTSUPP);
}

/* Size rules; 24 bytes will do. */
static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct {
		struct iommu_hwpt_alloc cmd;
		u8 tail[16];
	} big = {};

	rig_bind(rig, 0);
	big.cmd.dev_id = rig->dev_id[0];
	big.cmd.pt_id = rig_ioas(rig);
	rig_check_sizes(rig, IOMMU_HWPT_ALLOC, &big, 48, 24);
	big.cmd.size = 24;
	big.cmd.data_len = 99;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &big), 0);
	assert_int_equal(big.cmd.data_len, 99);
	assert_int_equal(rig_destroy(rig, big.cmd.out_hwpt_id), 0);
}

static u32 sweep_pt, sweep_fault;
static int sweep_id;

static int sweep_paging(struct rig *rig)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = IOMMU_HWPT_FAULT_ID_VALID,
		.dev_id = rig->dev_id[0], .pt_id = sweep_pt,
		.fault_id = sweep_fault,
	};
	int ret = rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd);

	sweep_id = cmd.out_hwpt_id;
	return ret;
}

static int sweep_nested(struct rig *rig)
{
	sweep_id = nested(rig, sweep_pt, 0);
	return sweep_id < 0 ? sweep_id : 0;
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(rig_destroy(rig, sweep_id), 0);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, ENOENT, EINVAL, 0 };
	struct rig *rig = *state;
	struct iommu_fault_alloc fault = { .size = sizeof(fault) };
	struct rig_guest guest = rig_guest(rig);

	assert_int_equal(rig_ioctl(rig, IOMMU_FAULT_QUEUE_ALLOC, &fault), 0);
	sweep_fault = fault.out_fault_id;
	sweep_pt = guest.ioas;
	rig_sweep(rig, sweep_paging, sweep_undo, errnos);
	sweep_pt = guest.parent;
	rig_sweep(rig, sweep_nested, sweep_undo, errnos);
	sweep_pt = guest.viommu;
	rig_sweep(rig, sweep_nested, sweep_undo, errnos);
	assert_int_equal(rig_users(rig, guest.viommu), 1);
	assert_int_equal(rig_users(rig, sweep_fault), 2);
	assert_int_equal(uiommufd_close(fault.out_fault_fd), 0);
}

/* A reply that faults takes the HWPT off the list of its IOAS again (B50). */
static void reply_fault(void **state)
{
	struct rig *rig = *state;
	struct iommu_hwpt_alloc *cmd = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u32 ioas;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	*cmd = (struct iommu_hwpt_alloc){
		.size = sizeof(*cmd), .dev_id = rig->dev_id[0], .pt_id = ioas,
	};
	mprotect(cmd, 4096, PROT_READ);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, cmd), -EFAULT);
	assert_int_equal(rig_users(rig, ioas), 1);
	assert_int_equal(seen.domain_free, 1);
	munmap(cmd, 4096);
}

static int invalidate(struct rig *rig, struct iommu_hwpt_invalidate *cmd)
{
	cmd->size = sizeof(*cmd);
	return rig_ioctl(rig, IOMMU_HWPT_INVALIDATE, cmd);
}

/* Invalidation: rows in order; the structure comes back on every path. */
static void invalidation(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	u32 hwpt = rig_nested(rig, 0, guest.viommu);
	u32 targets[] = { hwpt, guest.viommu };
	u64 entry = 0;
	const struct iommu_hwpt_invalidate good = {
		.hwpt_id = hwpt, .data_uptr = (uintptr_t)&entry,
		.data_type = RIG_DATA_TYPE, .entry_len = 8, .entry_num = 3,
	};
	struct iommu_hwpt_invalidate cmd = good;

	cmd.__reserved = 1;
	cmd.entry_len = 0;
	assert_int_equal(invalidate(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(cmd.entry_num, 0);
	cmd = good;
	cmd.entry_len = 0;
	cmd.hwpt_id = 999;
	assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	assert_int_equal(cmd.entry_num, 0);
	cmd = good;
	cmd.data_uptr = 0;
	assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	cmd = good;
	cmd.entry_len = 4097;
	assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	cmd = good;
	cmd.entry_num = (1 << 19) + 1;
	assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	cmd = good;
	cmd.hwpt_id = 999;
	assert_int_equal(invalidate(rig, &cmd), -ENOENT);
	cmd = good;
	cmd.hwpt_id = guest.parent;
	assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	assert_int_equal(cmd.entry_num, 0);
	assert_int_equal(seen.invalidate_num, 0);
	for (int i = 0; i < 2; i++) {
		knobs.invalidate_error = 0;
		cmd = good;
		cmd.hwpt_id = targets[i];
		assert_int_equal(invalidate(rig, &cmd), 0);
		assert_int_equal(seen.invalidate_num, 3);
		assert_int_equal(cmd.entry_num, 3);
		knobs.invalidate_error = -EIO;
		knobs.invalidate_done = 2;
		assert_int_equal(invalidate(rig, &cmd), -EIO);
		assert_int_equal(cmd.entry_num, 2);
		/* No entries asks for the type, pointers are not looked at. */
		knobs.invalidate_error = 0;
		cmd.entry_num = 0;
		cmd.data_uptr = 0;
		cmd.entry_len = 0;
		assert_int_equal(invalidate(rig, &cmd), 0);
		cmd.data_type++;
		assert_int_equal(invalidate(rig, &cmd), -EINVAL);
	}
}

/* The reply of an invalidation faults: EFAULT whatever the result was. */
static void invalidation_reply_fault(void **state)
{
	struct rig *rig = *state;
	struct iommu_hwpt_invalidate *cmd =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*cmd = (struct iommu_hwpt_invalidate){
		.size = sizeof(*cmd), .hwpt_id = 999,
	};
	mprotect(cmd, 4096, PROT_READ);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_INVALIDATE, cmd), -EFAULT);
	munmap(cmd, 4096);
}

/* Commands without objects of their own: sizes of all three. */
static void other_size_rules(void **state)
{
	struct rig *rig = *state;
	u64 room[10] = {};

	rig_check_sizes(rig, IOMMU_HWPT_INVALIDATE, room, 32, 32);
	memset(room, 0, sizeof(room));
	rig_check_sizes(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, room, 16, 16);
	memset(room, 0, sizeof(room));
	rig_check_sizes(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, room, 48, 48);
}

/* Dirty tracking: flags, then the HWPT, then what the domain can. */
static void dirty_tracking_rows(void **state)
{
	struct rig *rig = *state;
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set), .flags = 2, .hwpt_id = 999,
		.__reserved = 7,
	};
	struct iommu_hwpt_get_dirty_bitmap get = {
		.size = sizeof(get), .flags = 2, .hwpt_id = 999,
	};
	struct rig_guest guest = rig_guest(rig);
	u32 tracked, bare = guest.parent;

	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -EOPNOTSUPP);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -EOPNOTSUPP);
	set.flags = 1;
	get.flags = 0;
	get.__reserved = 1;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -EOPNOTSUPP);
	get.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -ENOENT);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -ENOENT);
	set.hwpt_id = rig_nested(rig, 0, guest.viommu);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -ENOENT);
	set.hwpt_id = bare;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -EOPNOTSUPP);
	knobs.dirty = true;
	tracked = rig_hwpt(rig, 0, guest.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	set.hwpt_id = tracked;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 0);
	set.flags = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 0);
	assert_int_equal(rig_users(rig, tracked), 1);
}

/* The context's end: nested, then parents, then the IOAS. */
static void freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);

	rig_nested(rig, 0, guest.viommu);
	rig_nested(rig, 0, guest.parent);
	rig_unbind(rig, 0);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(seen.domain_free, 3);
	assert_int_equal(rig_audit(rig).objects, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(paging_lives_and_ends),
		RIG_TEST(errno_rows),
		RIG_TEST(flags),
		RIG_TEST(nested_on_a_parent),
		RIG_TEST(nested_on_a_foreign_parent),
		RIG_TEST(nested_on_a_viommu),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(reply_fault),
		RIG_TEST(invalidation),
		RIG_TEST(invalidation_reply_fault),
		RIG_TEST(other_size_rules),
		RIG_TEST(dirty_tracking_rows),
		RIG_TEST(freed_at_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
