/* SPDX-License-Identifier: MIT */
/*
 * Shared buffers.  The file owns the buffer; each attachment is in the
 * buffer's list under its reservation lock.
 */
#include <linux/dma-buf.h>

#include <linux/anon_inodes.h>
#include <linux/bug.h>
#include <linux/slab.h>

static int buf_release(struct inode *inode, struct file *file)
{
	struct dma_buf *buf = file->private_data;

	WARN_ON(!list_empty(&buf->attachments));
	buf->ops->release(buf);
	if (buf->resv == &buf->own_)
		dma_resv_fini(&buf->own_);
	kfree(buf);
	return 0;
}

static int buf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct dma_buf *buf = file->private_data;

	return buf->ops->mmap ? buf->ops->mmap(buf, vma) : -EINVAL;
}

static const struct file_operations buf_fops = {
	.release = buf_release,
	.mmap = buf_mmap,
};

struct dma_buf *dma_buf_export(const struct dma_buf_export_info *info)
{
	struct dma_buf *buf;
	struct file *file;

	if (WARN_ON(!info->ops || !info->ops->release))
		return ERR_PTR(-EINVAL);
	buf = kzalloc_obj(*buf);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->size = info->size;
	buf->ops = info->ops;
	buf->exp_name = info->exp_name;
	buf->owner = info->owner;
	buf->priv = info->priv;
	buf->resv = info->resv ? info->resv : &buf->own_;
	if (!info->resv)
		dma_resv_init(&buf->own_);
	INIT_LIST_HEAD(&buf->attachments);
	file = anon_inode_getfile("dmabuf", &buf_fops, buf, info->flags);
	if (IS_ERR(file)) {
		kfree(buf);
		return ERR_CAST(file);
	}
	buf->file = file;
	return buf;
}

int dma_buf_fd(struct dma_buf *buf, int flags)
{
	int fd = get_unused_fd_flags(flags);

	if (fd >= 0)
		fd_install(fd, buf->file);
	return fd;
}

struct dma_buf *dma_buf_get(int fd)
{
	struct file *file = fd < 0 ? NULL : fget(fd);

	if (!file)
		return ERR_PTR(uik_fd_is_open(fd) ? -EINVAL : -EBADF);
	if (file->f_op == &buf_fops)
		return file->private_data;
	fput(file);
	return ERR_PTR(-EINVAL);
}

void dma_buf_put(struct dma_buf *buf)
{
	fput(buf->file);
}

struct dma_buf_attachment *
dma_buf_dynamic_attach(struct dma_buf *buf, struct device *dev,
		       const struct dma_buf_attach_ops *ops, void *priv)
{
	struct dma_buf_attachment *att;
	int rc;

	att = kzalloc_obj(*att);
	if (!att)
		return ERR_PTR(-ENOMEM);
	att->dmabuf = buf;
	att->dev = dev;
	att->importer_ops = ops;
	att->importer_priv = priv;
	att->peer2peer = ops && ops->allow_peer2peer;
	rc = buf->ops->attach ? buf->ops->attach(buf, att) : 0;
	if (rc) {
		kfree(att);
		return ERR_PTR(rc);
	}
	dma_resv_lock(buf->resv, NULL);
	list_add(&att->node, &buf->attachments);
	dma_resv_unlock(buf->resv);
	return att;
}

void dma_buf_detach(struct dma_buf *buf, struct dma_buf_attachment *att)
{
	dma_resv_lock(buf->resv, NULL);
	list_del(&att->node);
	dma_resv_unlock(buf->resv);
	if (buf->ops->detach)
		buf->ops->detach(buf, att);
	kfree(att);
}

int dma_buf_pin(struct dma_buf_attachment *att)
{
	const struct dma_buf_ops *ops = att->dmabuf->ops;

	dma_resv_assert_held(att->dmabuf->resv);
	return ops->pin ? ops->pin(att) : 0;
}

void dma_buf_unpin(struct dma_buf_attachment *att)
{
	const struct dma_buf_ops *ops = att->dmabuf->ops;

	dma_resv_assert_held(att->dmabuf->resv);
	if (ops->unpin)
		ops->unpin(att);
}

void dma_buf_invalidate_mappings(struct dma_buf *buf)
{
	struct dma_buf_attachment *att;

	dma_resv_assert_held(buf->resv);
	list_for_each_entry(att, &buf->attachments, node)
		if (att->importer_ops && att->importer_ops->invalidate_mappings)
			att->importer_ops->invalidate_mappings(att);
}
