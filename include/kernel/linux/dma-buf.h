/* SPDX-License-Identifier: MIT */
/*
 * Buffers shared between drivers as file descriptors: an exporter owns the
 * memory, importers attach, pin and may be told that it moved.
 */
#ifndef UIK_LINUX_DMA_BUF_H
#define UIK_LINUX_DMA_BUF_H

#include <linux/types.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <uik/abi.h>

struct device;
struct dma_buf;
struct dma_buf_attachment;
struct module;
struct sg_table;

/* release is mandatory. */
struct dma_buf_ops {
	int (*attach)(struct dma_buf *buf, struct dma_buf_attachment *att);
	void (*detach)(struct dma_buf *buf, struct dma_buf_attachment *att);
	int (*pin)(struct dma_buf_attachment *att);	/* lock held */
	void (*unpin)(struct dma_buf_attachment *att);	/* lock held */
	struct sg_table *(*map_dma_buf)(struct dma_buf_attachment *att,
					enum dma_data_direction dir);
	void (*unmap_dma_buf)(struct dma_buf_attachment *att,
			      struct sg_table *table,
			      enum dma_data_direction dir);
	void (*release)(struct dma_buf *buf);
	int (*mmap)(struct dma_buf *buf, struct vm_area_struct *vma);
};

struct dma_buf {
	size_t size;
	struct file *file;		/* owns the buffer */
	struct list_head attachments;	/* resv lock */
	const struct dma_buf_ops *ops;
	const char *exp_name;
	struct module *owner;
	void *priv;			/* exporter's */
	struct dma_resv *resv;		/* own_, or the exporter's */
	struct dma_resv own_;
};

/* Called with the buffer's lock held: mappings are not valid any more. */
struct dma_buf_attach_ops {
	bool allow_peer2peer;
	void (*invalidate_mappings)(struct dma_buf_attachment *att);
};

struct dma_buf_attachment {
	struct dma_buf *dmabuf;
	struct device *dev;
	struct list_head node;
	bool peer2peer;
	const struct dma_buf_attach_ops *importer_ops;
	void *importer_priv;
	void *priv;			/* exporter's */
};

struct dma_buf_export_info {
	const char *exp_name;
	struct module *owner;
	const struct dma_buf_ops *ops;
	size_t size;
	int flags;
	struct dma_resv *resv;
	void *priv;
};

#define DEFINE_DMA_BUF_EXPORT_INFO(name)                 \
	struct dma_buf_export_info name = {              \
		.exp_name = KBUILD_MODNAME,              \
		.owner = THIS_MODULE,                    \
	}

/** dma_buf_export - a buffer and its file; ERR_PTR(-EINVAL, -ENOMEM...). */
struct dma_buf *dma_buf_export(const struct dma_buf_export_info *info)
	__uik(dma_buf_export);
/** dma_buf_fd - a descriptor for it, which takes the caller's count. */
int dma_buf_fd(struct dma_buf *buf, int flags) __uik(dma_buf_fd);
/** dma_buf_get - by descriptor, counted; ERR_PTR(-EBADF, -EINVAL). */
struct dma_buf *dma_buf_get(int fd) __uik(dma_buf_get);
/** dma_buf_put - drop it. */
void dma_buf_put(struct dma_buf *buf) __uik(dma_buf_put);
/**
 * dma_buf_dynamic_attach - an importer joins.
 *
 * Return: the attachment; ERR_PTR(-ENOMEM) or the exporter's error.
 */
struct dma_buf_attachment *
dma_buf_dynamic_attach(struct dma_buf *buf, struct device *dev,
		       const struct dma_buf_attach_ops *ops, void *priv)
	__uik(dma_buf_dynamic_attach);
/** dma_buf_detach - it leaves. */
void dma_buf_detach(struct dma_buf *buf, struct dma_buf_attachment *att)
	__uik(dma_buf_detach);
/** dma_buf_pin - the memory stays; lock held; 0 or the exporter's error. */
int dma_buf_pin(struct dma_buf_attachment *att) __uik(dma_buf_pin);
/** dma_buf_unpin - undo it; lock held. */
void dma_buf_unpin(struct dma_buf_attachment *att) __uik(dma_buf_unpin);
/** dma_buf_invalidate_mappings - tell all importers; lock held. */
void dma_buf_invalidate_mappings(struct dma_buf *buf)
	__uik(dma_buf_invalidate_mappings);
#define dma_buf_move_notify(buf) dma_buf_invalidate_mappings(buf)

#endif
