// SPDX-License-Identifier: MIT
/*
 * The test command: buffers of another driver, which may be revoked.
 *
 * DMABUF_GET returns 0, as the kernel's does by mistake (spec/80 15.1); with
 * the parameter dmabuf_get_returns_fd it returns the descriptor.
 */
#include "objects/selftest.h"

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "objects/pages_dmabuf.h"

#define DMABUF_PAGES_MAX 512

static bool dmabuf_get_returns_fd;
module_param(dmabuf_get_returns_fd, bool, 0644);
MODULE_PARM_DESC(dmabuf_get_returns_fd,
		 "let DMABUF_GET return the descriptor instead of 0");

struct test_buffer {
	unsigned long memory;		/* owned pages */
	unsigned int order;
	bool revoked;			/* the buffer's lock */
};

static void buffer_free(struct test_buffer *self)
{
	free_pages(self->memory, self->order);
	kfree(self);
}

static void buffer_release(struct dma_buf *buf)
{
	buffer_free(buf->priv);
}

static int buffer_pin(struct dma_buf_attachment *attachment)
{
	return 0;
}

static void buffer_unpin(struct dma_buf_attachment *attachment)
{
}

static int buffer_phys(struct dma_buf_attachment *attachment,
		       phys_addr_t *out_phys)
{
	struct test_buffer *self = attachment->dmabuf->priv;

	dma_resv_assert_held(attachment->dmabuf->resv);
	if (self->revoked)
		return -ENODEV;
	*out_phys = __pa(self->memory);
	return 0;
}

static const struct pages_dmabuf_exporter exporter = {
	.ops = {
		.pin = buffer_pin,
		.unpin = buffer_unpin,
		.release = buffer_release,
	},
	.phys = buffer_phys,
};

static struct test_buffer *buffer_new(size_t length)
{
	struct test_buffer *self = kzalloc_obj(*self);

	if (!self)
		return NULL;
	self->order = get_order(length);
	self->memory = __get_free_pages(GFP_KERNEL | __GFP_ZERO, self->order);
	if (self->memory)
		return self;
	kfree(self);
	return NULL;
}

int selftest_dmabuf_get(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	size_t length = PAGE_ALIGN((size_t)cmd->dmabuf_get.length);
	struct dma_buf_export_info info = {
		.exp_name = pages_dmabuf_exporter_name,
		.ops = &exporter.ops,
		.size = length,
		.flags = cmd->dmabuf_get.open_flags,
	};
	struct test_buffer *self;
	struct dma_buf *buf;
	int fd;

	if (!length || length > DMABUF_PAGES_MAX * PAGE_SIZE)
		return -EINVAL;
	self = buffer_new(length);
	if (!self)
		return -ENOMEM;
	info.priv = self;
	buf = dma_buf_export(&info);
	if (IS_ERR(buf)) {
		buffer_free(self);
		return PTR_ERR(buf);
	}
	fd = dma_buf_fd(buf, cmd->dmabuf_get.open_flags);
	if (fd < 0) {
		dma_buf_put(buf);
		return fd;
	}
	return dmabuf_get_returns_fd ? fd : 0;
}

int selftest_dmabuf_revoke(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct dma_buf *buf = dma_buf_get(cmd->dmabuf_revoke.dmabuf_fd);
	struct test_buffer *self;
	int rc = 0;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (buf->ops != &exporter.ops) {
		rc = -EOPNOTSUPP;
		goto out_put;
	}
	self = buf->priv;
	dma_resv_lock(buf->resv, NULL);
	self->revoked = cmd->dmabuf_revoke.revoked;
	dma_buf_invalidate_mappings(buf);
	dma_resv_unlock(buf->resv);
out_put:
	dma_buf_put(buf);
	return rc;
}
