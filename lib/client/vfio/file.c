// SPDX-License-Identifier: MIT
/*
 * Open files of devices: binding, attaching, and who may do what when.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "client/entry.h"
#include "client/vfio/group.h"
#include "client/vfio/pci.h"

int vfio_fetch(void *to, const void __user *from, size_t size)
{
	u32 argsz;

	if (copy_from_user(to, from, size))
		return -EFAULT;
	memcpy(&argsz, to, sizeof(argsz));
	return argsz < size ? -EINVAL : 0;
}

/* Pairs with the release in grant(): what binding did is then seen. */
static bool is_granted(const struct vfio_file *file)
{
	return __atomic_load_n(&file->granted, __ATOMIC_ACQUIRE);
}

static void grant(struct vfio_file *file)
{
	__atomic_store_n(&file->granted, true, __ATOMIC_RELEASE);
}

/* --- VFIO_DEVICE_BIND_IOMMUFD ---------------------------------------------*/

struct iommufd_ctx *vfio_ctx_of_fd(int fd)
{
	struct file *file = fget(fd);
	struct iommufd_ctx *ictx = ERR_PTR(-EINVAL);

	if (!file)
		return iommufd_ctx_from_fd(fd);
	if (file->machine == uik_this_machine())
		ictx = iommufd_ctx_from_file(file);
	fput(file);
	return ictx;
}

static int bind_locked(struct vfio_file *file, struct iommufd_ctx *ictx,
		       void __user *out_id)
{
	struct vfio_device *device = file->device;
	int ret;

	if (is_granted(file))
		return -EINVAL;
	if (vfio_group_is_open(device))
		return -EBUSY;
	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	ret = vfio_device_open(device, ictx, false);
	if (ret)
		return ret;
	if (copy_to_user(out_id, &device->devid, sizeof(device->devid))) {
		vfio_device_close(device);
		return -EFAULT;
	}
	grant(file);
	return 0;
}

static long bind_iommufd(struct vfio_file *file, void __user *arg)
{
	const size_t size = offsetofend(struct vfio_device_bind_iommufd,
					out_devid);
	struct vfio_device_bind_iommufd bind;
	struct iommufd_ctx *ictx;
	int ret;

	ret = vfio_fetch(&bind, arg, size);
	if (ret)
		return ret;
	/* A token belongs to virtual functions; there are none. */
	if (bind.flags || bind.iommufd < 0 || file->group)
		return -EINVAL;
	ictx = vfio_ctx_of_fd(bind.iommufd);
	mutex_lock(&file->device->host->lock);
	ret = bind_locked(file, ictx,
			  arg + offsetof(struct vfio_device_bind_iommufd,
					 out_devid));
	mutex_unlock(&file->device->host->lock);
	if (!IS_ERR(ictx))
		iommufd_ctx_put(ictx);
	return ret;
}

/* --- attaching ------------------------------------------------------------*/

static int attach_locked(struct vfio_device *device, bool with_pasid,
			 const struct vfio_device_attach_iommufd_pt *attach,
			 void __user *out_id)
{
	u32 pt_id = attach->pt_id;
	int ret = with_pasid ?
		vfio_device_attach_pasid(device, attach->pasid, &pt_id) :
		vfio_device_attach(device, &pt_id);

	if (ret || !copy_to_user(out_id, &pt_id, sizeof(pt_id)))
		return ret;
	if (with_pasid)
		vfio_device_detach_pasid(device, attach->pasid);
	else
		vfio_device_detach(device);
	return -EFAULT;
}

static long attach_pt(struct vfio_device *device, void __user *arg)
{
	struct vfio_device_attach_iommufd_pt attach;
	int ret = vfio_fetch(&attach, arg,
			     offsetofend(struct vfio_device_attach_iommufd_pt,
					 pt_id));

	if (ret)
		return ret;
	if (attach.flags & ~(u32)VFIO_DEVICE_ATTACH_PASID)
		return -EINVAL;
	if (attach.flags)
		ret = vfio_fetch(&attach, arg, sizeof(attach));
	if (ret)
		return ret;
	return attach_locked(device, attach.flags, &attach,
			     arg + offsetof(struct vfio_device_attach_iommufd_pt,
					    pt_id));
}

static long detach_pt(struct vfio_device *device, void __user *arg)
{
	struct vfio_device_detach_iommufd_pt detach;
	int ret = vfio_fetch(&detach, arg,
			     offsetofend(struct vfio_device_detach_iommufd_pt,
					 flags));

	if (ret)
		return ret;
	if (detach.flags & ~(u32)VFIO_DEVICE_DETACH_PASID)
		return -EINVAL;
	if (!detach.flags) {
		vfio_device_detach(device);
		return 0;
	}
	ret = vfio_fetch(&detach, arg, sizeof(detach));
	if (!ret)
		vfio_device_detach_pasid(device, detach.pasid);
	return ret;
}

/* --- the file's operations ------------------------------------------------*/

static long ioctl_locked(struct vfio_file *file, unsigned int cmd,
			 void __user *arg)
{
	struct vfio_device *device = file->device;

	switch (cmd) {
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		return file->group ? -ENOTTY : attach_pt(device, arg);
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		return file->group ? -ENOTTY : detach_pt(device, arg);
	case VFIO_DEVICE_GET_INFO:
		return vfio_get_info(device, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_get_region_info(device, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_get_irq_info(device, arg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_set_irqs(device, arg);
	case VFIO_DEVICE_RESET:
		return vfio_reset(device);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return vfio_get_hot_reset_info(file, arg);
	case VFIO_DEVICE_FEATURE:
		return vfio_feature(device, arg);
	default:
		return -ENOTTY;
	}
}

static long file_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct vfio_file *file = filp->private_data;
	long ret;

	if (cmd == VFIO_DEVICE_BIND_IOMMUFD)
		return bind_iommufd(file, (void __user *)arg);
	if (!is_granted(file))
		return -EINVAL;
	if (cmd == VFIO_DEVICE_PCI_HOT_RESET)
		return vfio_hot_reset(file, (void __user *)arg);
	mutex_lock(&file->device->host->lock);
	ret = ioctl_locked(file, cmd, (void __user *)arg);
	mutex_unlock(&file->device->host->lock);
	return ret;
}

static ssize_t file_read(struct file *filp, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct vfio_file *file = filp->private_data;
	ssize_t ret;

	if (!is_granted(file))
		return -EINVAL;
	mutex_lock(&file->device->host->lock);
	ret = vfio_region_read(file->device, buf, count, pos);
	mutex_unlock(&file->device->host->lock);
	return ret;
}

static ssize_t file_write(struct file *filp, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct vfio_file *file = filp->private_data;
	ssize_t ret;

	if (!is_granted(file))
		return -EINVAL;
	mutex_lock(&file->device->host->lock);
	ret = vfio_region_write(file->device, buf, count, pos);
	mutex_unlock(&file->device->host->lock);
	return ret;
}

static int file_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct vfio_file *file = filp->private_data;
	int ret;

	if (!is_granted(file))
		return -EINVAL;
	mutex_lock(&file->device->host->lock);
	ret = vfio_region_mmap(file->device, vma);
	mutex_unlock(&file->device->host->lock);
	return ret;
}

static int file_release(struct inode *inode, struct file *filp)
{
	struct vfio_file *file = filp->private_data;
	struct vfio_device *device = file->device;

	if (is_granted(file)) {
		mutex_lock(&device->host->lock);
		vfio_device_close(device);
		mutex_unlock(&device->host->lock);
	}
	vfio_group_put(file->group);
	vfio_device_put(device);
	kfree(file);
	return 0;
}

static const struct file_operations file_ops = {
	.unlocked_ioctl = file_ioctl,
	.read = file_read,
	.write = file_write,
	.mmap = file_mmap,
	.release = file_release,
};

struct file *vfio_file_new(struct vfio_device *device,
			   struct vfio_group *group, int flags)
{
	struct vfio_file *file = kzalloc_obj(*file);
	struct file *filp;

	if (!file)
		return ERR_PTR(-ENOMEM);
	file->device = device;
	file->group = group;
	file->granted = group;	/* opened by the group already */
	filp = anon_inode_getfile("[vfio-device]", &file_ops, file, flags);
	if (IS_ERR(filp)) {
		kfree(file);
		return filp;
	}
	filp->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	return filp;
}

static struct file *open_number(unsigned int number, int flags, dev_t rdev)
{
	struct vfio_device *device = vfio_device_get(vfio_host(), number);
	struct file *filp;

	if (!device)
		return ERR_PTR(-ENODEV);
	filp = vfio_file_new(device, NULL, flags);
	if (IS_ERR(filp)) {
		vfio_device_put(device);
		return filp;
	}
	filp->f_inode->i_mode = S_IFCHR;
	filp->f_inode->i_rdev = rdev;
	return filp;
}

int vfio_open(struct uiommufd_platform *platform, unsigned int number,
	      int flags, dev_t rdev)
{
	struct uik_machine *outer = uik_enter(client_machine(platform));
	int fd = get_unused_fd_flags(flags & O_CLOEXEC);

	if (fd >= 0)
		fd = client_install(open_number(number, flags, rdev), fd);
	uik_leave(outer);
	return fd;
}
