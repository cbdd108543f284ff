// SPDX-License-Identifier: MIT
/*
 * Group files.
 */
#include "client/vfio/group.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <string.h>

#include "client/entry.h"

static const struct file_operations group_ops;

static struct vfio_group *find_locked(const struct vfio_host *host,
				      unsigned int group_id)
{
	for (guint i = 0; i < host->groups->len; i++) {
		struct vfio_group *group = host->groups->pdata[i];

		if (group->group_id == group_id)
			return group;
	}
	return NULL;
}

bool vfio_group_is_open(const struct vfio_device *device)
{
	return find_locked(device->host, device->group_id);
}

static void put_locked(struct vfio_group *group)
{
	if (--group->refs)
		return;
	g_ptr_array_remove_fast(group->host->groups, group);
	if (group->ictx)
		iommufd_ctx_put(group->ictx);
	kfree(group);
}

void vfio_group_put(struct vfio_group *group)
{
	struct vfio_host *host = group ? group->host : NULL;

	if (!group)
		return;
	mutex_lock(&host->lock);
	put_locked(group);
	mutex_unlock(&host->lock);
}

/* --- the commands ---------------------------------------------------------*/

static long get_status(struct vfio_group *group, void __user *arg)
{
	struct vfio_group_status status;
	int ret = vfio_fetch(&status, arg, sizeof(status));

	if (ret)
		return ret;
	/* Devices are VFIO's or nobody's: the group is always viable. */
	status.flags = VFIO_GROUP_FLAGS_VIABLE;
	if (group->ictx)
		status.flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

static int join(struct vfio_group *group, struct iommufd_ctx *ictx)
{
	int ret;

	if (group->ictx)
		return -EINVAL;
	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	ret = iommufd_vfio_compat_ioas_create(ictx);
	if (ret)
		return ret;
	iommufd_ctx_get(ictx);
	group->ictx = ictx;
	return 0;
}

/* Takes the lock itself. */
static long set_container(struct vfio_group *group, void __user *arg)
{
	struct iommufd_ctx *ictx;
	s32 fd;
	int ret;

	if (get_user(fd, (s32 __user *)arg))
		return -EFAULT;
	if (fd < 0)
		return -EINVAL;
	ictx = vfio_ctx_of_fd(fd);
	mutex_lock(&group->host->lock);
	ret = join(group, ictx);
	mutex_unlock(&group->host->lock);
	if (!IS_ERR(ictx))
		iommufd_ctx_put(ictx);
	return ret;
}

static long unset_container(struct vfio_group *group)
{
	if (!group->ictx)
		return -EINVAL;
	iommufd_ctx_put(group->ictx);
	group->ictx = NULL;
	return 0;
}

/* Counted; NULL if the group has none of that address. */
static struct vfio_device *device_of(struct vfio_group *group,
				     const char *wanted)
{
	char address[16];

	for (guint i = 0; i < group->host->devices->len; i++) {
		struct vfio_device *device = group->host->devices->pdata[i];

		vfio_address_print(&device->address, address);
		if (device->group_id != group->group_id ||
		    strcmp(address, wanted))
			continue;
		g_atomic_ref_count_inc(&device->refs);
		return device;
	}
	return NULL;
}

/* Opened and, for the first, attached to the compatibility IOAS. */
static int open_attached(struct vfio_group *group, struct vfio_device *device)
{
	u32 ioas_id;
	int ret;

	if (!group->ictx)
		return -EINVAL;
	ret = vfio_device_open(device, group->ictx, true);
	if (ret || device->open_count > 1)
		return ret;
	ret = iommufd_vfio_compat_ioas_get_id(group->ictx, &ioas_id);
	if (!ret)
		ret = vfio_device_attach(device, &ioas_id);
	if (ret)
		vfio_device_close(device);
	return ret;
}

/* Takes over the caller's count of @device, or drops it. */
static long device_fd(struct vfio_group *group, struct vfio_device *device)
{
	struct file *filp;
	int ret = open_attached(group, device), fd;

	if (ret)
		goto out_device;
	ret = fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto out_close;
	filp = vfio_file_new(device, group, O_RDWR);
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		ret = PTR_ERR(filp);
		goto out_close;
	}
	group->refs++;
	fd_install(fd, filp);
	return fd;

out_close:
	vfio_device_close(device);
out_device:
	vfio_device_put(device);
	return ret;
}

static long get_device_fd(struct vfio_group *group, const void __user *arg)
{
	char name[32] = "";
	struct vfio_device *device;

	for (size_t i = 0; i < sizeof(name); i++) {
		if (copy_from_user(&name[i], (const char __user *)arg + i, 1))
			return -EFAULT;
		if (!name[i])
			break;
	}
	name[sizeof(name) - 1] = '\0';
	device = device_of(group, name);
	return device ? device_fd(group, device) : -ENODEV;
}

static long ioctl_locked(struct vfio_group *group, unsigned int cmd,
			 void __user *arg)
{
	switch (cmd) {
	case VFIO_GROUP_GET_STATUS:
		return get_status(group, arg);
	case VFIO_GROUP_UNSET_CONTAINER:
		return unset_container(group);
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device_fd(group, arg);
	default:
		return -ENOTTY;
	}
}

static long group_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct vfio_group *group = filp->private_data;
	long ret;

	if (cmd == VFIO_GROUP_SET_CONTAINER)
		return set_container(group, (void __user *)arg);
	mutex_lock(&group->host->lock);
	ret = ioctl_locked(group, cmd, (void __user *)arg);
	mutex_unlock(&group->host->lock);
	return ret;
}

static int group_release(struct inode *inode, struct file *filp)
{
	vfio_group_put(filp->private_data);
	return 0;
}

static const struct file_operations group_ops = {
	.unlocked_ioctl = group_ioctl,
	.release = group_release,
};

/* --- opening --------------------------------------------------------------*/

/* 0; -ENODEV: no device has that group; -EBUSY: one is opened already. */
static int may_open(const struct vfio_host *host, unsigned int group_id)
{
	int ret = -ENODEV;

	for (guint i = 0; i < host->devices->len; i++) {
		const struct vfio_device *device = host->devices->pdata[i];

		if (device->group_id != group_id)
			continue;
		if (device->open_count)
			return -EBUSY;
		ret = 0;
	}
	return !ret && find_locked(host, group_id) ? -EBUSY : ret;
}

static struct file *open_locked(struct vfio_host *host, unsigned int group_id,
				int flags)
{
	int ret = may_open(host, group_id);
	struct vfio_group *group;
	struct file *filp;

	if (ret)
		return ERR_PTR(ret);
	group = kzalloc_obj(*group);
	if (!group)
		return ERR_PTR(-ENOMEM);
	group->refs = 1;
	group->host = host;
	group->group_id = group_id;
	filp = anon_inode_getfile("[vfio-group]", &group_ops, group, flags);
	if (IS_ERR(filp))
		kfree(group);
	else
		g_ptr_array_add(host->groups, group);
	return filp;
}

int vfio_group_open(struct uiommufd_platform *platform, unsigned int group_id,
		    int flags, dev_t rdev)
{
	struct uik_machine *outer = uik_enter(client_machine(platform));
	struct vfio_host *host = vfio_host();
	int fd = get_unused_fd_flags(flags & O_CLOEXEC);
	struct file *filp;

	if (fd >= 0) {
		mutex_lock(&host->lock);
		filp = open_locked(host, group_id, flags);
		mutex_unlock(&host->lock);
		if (!IS_ERR(filp)) {
			filp->f_inode->i_mode = S_IFCHR;
			filp->f_inode->i_rdev = rdev;
		}
		fd = client_install(filp, fd);
	}
	uik_leave(outer);
	return fd;
}

const struct vfio_group *vfio_group_of_file(const struct file *file)
{
	return file->f_op == &group_ops ? file->private_data : NULL;
}
