// SPDX-License-Identifier: MIT
/*
 * Memory that another driver exports, and may revoke at any time.
 *
 * The exporter calls with the buffer's lock held; under pages->lock, its inner,
 * everything is taken out of every domain that has it.  Which these are is
 * kept in a list here: looking at areas would need iopt->lock, and that one
 * comes before both.
 *
 * Facts: spec/40 section 9.3.
 */
#include "objects/pages_dmabuf.h"

#include <linux/bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "objects/iopt.h"

/* The exporter's const name is what it is known by. */
const char pages_dmabuf_exporter_name[] = "iommufd_test";

/* An area that is in a domain. */
struct mapping {
	struct list_head node;
	struct iopt_area *area;		/* borrowed: it untracks first */
	struct iommu_domain *domain;	/* borrowed: the same */
};

struct pages_dmabuf {
	struct dma_buf *buf;		/* counted */
	struct dma_buf_attachment *attachment;
	phys_addr_t phys;		/* of the buffer's first byte */
	unsigned long offset;		/* page aligned: where index 0 is */
	struct list_head mappings;	/* pages->lock */
};

static void invalidate(struct dma_buf_attachment *attachment)
{
	struct pages *pages = attachment->importer_priv;
	struct mapping *mapping, *next;

	dma_resv_assert_held(attachment->dmabuf->resv);
	mutex_lock(&pages->lock);
	pages->revoked = true;
	list_for_each_entry_safe(mapping, next, &pages->dmabuf->mappings,
				 node) {
		unsigned long length = iopt_area_length(mapping->area);

		WARN_ON(iommu_unmap(mapping->domain, mapping->area->first,
				    length) != length);
		list_del(&mapping->node);
		kfree(mapping);
	}
	mutex_unlock(&pages->lock);
}

static const struct dma_buf_attach_ops importer_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = invalidate,
};

static const struct pages_dmabuf_exporter *
exporter_of(const struct dma_buf *buf)
{
	if (buf->exp_name != pages_dmabuf_exporter_name)
		return NULL;
	return container_of(buf->ops, struct pages_dmabuf_exporter, ops);
}

static int ask_phys(struct pages_dmabuf *dmabuf)
{
	const struct pages_dmabuf_exporter *exporter =
		exporter_of(dmabuf->buf);

	if (!exporter)
		return -EOPNOTSUPP;
	return exporter->phys(dmabuf->attachment, &dmabuf->phys);
}

/* Pins the buffer for good and asks where it is. */
static int pin(struct pages_dmabuf *dmabuf)
{
	int ret;

	dma_resv_lock(dmabuf->buf->resv, NULL);
	ret = dma_buf_pin(dmabuf->attachment);
	if (!ret) {
		ret = ask_phys(dmabuf);
		if (ret)
			dma_buf_unpin(dmabuf->attachment);
	}
	dma_resv_unlock(dmabuf->buf->resv);
	return ret;
}

int pages_dmabuf_attach(struct pages *pages, struct dma_buf *buf,
			unsigned long start)
{
	struct pages_dmabuf *dmabuf = kzalloc(sizeof(*dmabuf),
					      GFP_KERNEL_ACCOUNT);
	int ret;

	if (!dmabuf)
		return -ENOMEM;
	dmabuf->buf = buf;
	dmabuf->offset = start - start % PAGE_SIZE;
	INIT_LIST_HEAD(&dmabuf->mappings);
	/* Complete before attaching: revocation may come at once. */
	pages->dmabuf = dmabuf;
	dmabuf->attachment = dma_buf_dynamic_attach(buf, NULL, &importer_ops,
						    pages);
	if (IS_ERR(dmabuf->attachment)) {
		ret = PTR_ERR(dmabuf->attachment);
		goto free;
	}
	ret = pin(dmabuf);
	if (ret)
		goto detach;
	return 0;

detach:
	dma_buf_detach(buf, dmabuf->attachment);
free:
	kfree(dmabuf);
	return ret;
}

void pages_dmabuf_detach(struct pages *pages)
{
	struct pages_dmabuf *dmabuf = pages->dmabuf;

	/* Cut off the exporter first, then free what its calls use. */
	dma_resv_lock(dmabuf->buf->resv, NULL);
	dma_buf_unpin(dmabuf->attachment);
	dma_resv_unlock(dmabuf->buf->resv);
	dma_buf_detach(dmabuf->buf, dmabuf->attachment);
	dma_buf_put(dmabuf->buf);
	WARN_ON(!list_empty(&dmabuf->mappings));
	kfree(dmabuf);
}

unsigned long pages_dmabuf_offset(const struct pages *pages)
{
	return pages->dmabuf->offset;
}

phys_addr_t pages_dmabuf_phys(const struct pages *pages, unsigned long index)
{
	return pages->dmabuf->phys + pages->dmabuf->offset + index * PAGE_SIZE;
}

int pages_dmabuf_track(struct iopt_area *area, struct iommu_domain *domain)
{
	struct mapping *mapping = kmalloc(sizeof(*mapping),
					  GFP_KERNEL_ACCOUNT);

	if (!mapping)
		return -ENOMEM;
	mapping->area = area;
	mapping->domain = domain;
	list_add_tail(&mapping->node, &area->pages->dmabuf->mappings);
	return 0;
}

bool pages_dmabuf_untrack(struct iopt_area *area, struct iommu_domain *domain)
{
	struct mapping *mapping;

	list_for_each_entry(mapping, &area->pages->dmabuf->mappings, node) {
		if (mapping->area != area || mapping->domain != domain)
			continue;
		list_del(&mapping->node);
		kfree(mapping);
		return true;
	}
	return false;
}
