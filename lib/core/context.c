// SPDX-License-Identifier: MIT
/*
 * Contexts: an open /dev/iommu, its references and its end.
 *
 * A context is owned by its file: a reference on the context is a reference on
 * the file, and the file's release ends both.  Bound devices, accesses of
 * drivers, event files and mappings hold the file too, so the end may come long
 * after the client's last close, and from any of them.
 *
 * Commands are dispatch.c's, objects object.c's, areas mmap.c's.
 */
#include "core/core.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/slab.h>

const struct iommufd_watcher *iommufd_watcher;

static int ctx_release(struct inode *inode, struct file *file)
{
	struct iommufd_ctx *ictx = file->private_data;

	if (unlikely(iommufd_watcher))
		iommufd_watcher->closing(ictx);
	iommufd_objects_teardown(ictx);
	WARN_ON(!xa_empty(&ictx->groups));
	if (ictx->model->context_fini)
		ictx->model->context_fini(ictx);
	iommufd_mmaps_fini(&ictx->mmaps);
	kfree(ictx);
	return 0;
}

static long ctx_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return iommufd_ctx_ioctl(file->private_data, cmd, arg);
}

static int ctx_mmap(struct file *file, struct vm_area_struct *vma)
{
	return iommufd_ctx_mmap(file->private_data, vma);
}

static const struct file_operations ctx_fops = {
	.release = ctx_release,
	.unlocked_ioctl = ctx_ioctl,
	.mmap = ctx_mmap,
};

static void ctx_init(struct iommufd_ctx *ictx,
		     const struct iommufd_model *model,
		     enum iommufd_account_mode mode)
{
	idmap_init(&ictx->objects);
	xa_init(&ictx->groups);
	init_waitqueue_head(&ictx->destroy_wait);
	init_rwsem(&ictx->ioas_creation_lock);
	iommufd_mmaps_init(&ictx->mmaps);
	ictx->account_mode = mode;
	ictx->model = model;
	ictx->machine = uik_this_machine();
	object_tally_begin(ictx->machine, &ictx->tally, &ictx->objects.used);
	if (model->context_init)
		model->context_init(ictx);
}

struct file *iommufd_ctx_open(const struct iommufd_model *model,
			      enum iommufd_account_mode mode,
			      unsigned int flags)
{
	struct iommufd_ctx *ictx = kzalloc_obj(*ictx, GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!ictx)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("[iommufd]", &ctx_fops, ictx,
				  O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(file)) {
		kfree(ictx);
		return file;
	}
	ictx->file = file;
	ctx_init(ictx, model, mode);
	return file;
}

struct iommufd_ctx *iommufd_file_ctx(const struct file *file)
{
	return file->f_op == &ctx_fops ? file->private_data : NULL;
}

void iommufd_ctx_get(struct iommufd_ctx *ictx)
{
	get_file(ictx->file);
}

void iommufd_ctx_put(struct iommufd_ctx *ictx)
{
	fput(ictx->file);
}

struct iommufd_ctx *iommufd_ctx_from_file(struct file *file)
{
	struct iommufd_ctx *ictx = iommufd_file_ctx(file);

	if (!ictx)
		return ERR_PTR(-EBADFD);
	iommufd_ctx_get(ictx);
	return ictx;
}

struct iommufd_ctx *iommufd_ctx_from_fd(int fd)
{
	struct file *file = fget(fd);

	if (!file)	/* closed, or the system's own */
		return ERR_PTR(uik_fd_is_open(fd) ? -EBADFD : -EBADF);
	if (!iommufd_file_ctx(file)) {
		fput(file);
		return ERR_PTR(-EBADFD);
	}
	return iommufd_file_ctx(file);
}
