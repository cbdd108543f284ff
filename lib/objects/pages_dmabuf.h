/* SPDX-License-Identifier: MIT */
/*
 * What an exporter of dma-bufs has to offer for its buffers to be mapped.
 *
 * A buffer qualifies if it was exported with pages_dmabuf_exporter_name as
 * exp_name (this very pointer) and the ops of a struct pages_dmabuf_exporter.
 */
#ifndef OBJECTS_PAGES_DMABUF_H
#define OBJECTS_PAGES_DMABUF_H

#include <linux/dma-buf.h>
#include <linux/types.h>

#include "objects/pages.h"

extern const char pages_dmabuf_exporter_name[];

struct pages_dmabuf_exporter {
	struct dma_buf_ops ops;
	/*
	 * Where the buffer is, as one range.  The buffer's lock is held and it
	 * is pinned.  0; -ENODEV revoked; -EOPNOTSUPP not one range.
	 */
	int (*phys)(struct dma_buf_attachment *attachment,
		    phys_addr_t *out_phys);
};

/**
 * pages_dmabuf_attach - become an importer.
 * @buf: its reference goes to @pages on success
 * @start: first byte wanted
 *
 * Return: 0; -EOPNOTSUPP not a qualified exporter; -ENODEV revoked; -ENOMEM;
 * the exporter's.
 */
int pages_dmabuf_attach(struct pages *pages, struct dma_buf *buf,
			unsigned long start);
/** pages_dmabuf_detach - the opposite; the exporter calls no more after. */
void pages_dmabuf_detach(struct pages *pages);
/** pages_dmabuf_offset - byte of the buffer that index 0 begins with. */
unsigned long pages_dmabuf_offset(const struct pages *pages);
/** pages_dmabuf_phys - physical address of a page. */
phys_addr_t pages_dmabuf_phys(const struct pages *pages, unsigned long index);
/**
 * pages_dmabuf_track - an area is about to be in a domain.
 *
 * Context: pages->lock held.  Return: 0 or -ENOMEM.
 */
int pages_dmabuf_track(struct iopt_area *area, struct iommu_domain *domain);
/** pages_dmabuf_untrack - it is no more; false: revocation was first. */
bool pages_dmabuf_untrack(struct iopt_area *area, struct iommu_domain *domain);

#endif
