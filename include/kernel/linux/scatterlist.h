/* SPDX-License-Identifier: MIT */
/* Lists of memory pieces. */
#ifndef UIK_LINUX_SCATTERLIST_H
#define UIK_LINUX_SCATTERLIST_H

#include <linux/types.h>
#include <linux/string.h>
#include <linux/mm.h>

/* page_link: the page, bit 1 marks the last piece. */
struct scatterlist {
	unsigned long page_link;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
	unsigned int dma_length;
};

struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};

#define SG_END 2ul
#define sg_dma_address(sg) ((sg)->dma_address)
#define sg_dma_len(sg) ((sg)->dma_length)

static inline bool sg_is_last(const struct scatterlist *sg)
{
	return sg->page_link & SG_END;
}

static inline void sg_mark_end(struct scatterlist *sg)
{
	sg->page_link |= SG_END;
}

static inline struct page *sg_page(const struct scatterlist *sg)
{
	return (struct page *)(sg->page_link & ~SG_END);
}

static inline void sg_set_page(struct scatterlist *sg, struct page *page,
			       unsigned int len, unsigned int offset)
{
	sg->page_link = (unsigned long)page | (sg->page_link & SG_END);
	sg->offset = offset;
	sg->length = len;
}

static inline phys_addr_t sg_phys(const struct scatterlist *sg)
{
	return page_to_phys(sg_page(sg)) + sg->offset;
}

static inline struct scatterlist *sg_next(struct scatterlist *sg)
{
	return sg_is_last(sg) ? NULL : sg + 1;
}

static inline void sg_init_table(struct scatterlist *sg, unsigned int n)
{
	memset(sg, 0, sizeof(*sg) * n);
	sg_mark_end(&sg[n - 1]);
}

static inline void sg_unmark_end(struct scatterlist *sg)
{
	sg->page_link &= ~SG_END;
}

/* Where the piece is, for those of kit memory. */
static inline void *sg_virt(const struct scatterlist *sg)
{
	return (char *)page_address(sg_page(sg)) + sg->offset;
}

static inline void sg_set_buf(struct scatterlist *sg, const void *buf,
			      unsigned int bytes)
{
	sg_set_page(sg, virt_to_page(buf), bytes, offset_in_page(buf));
}

static inline void sg_init_one(struct scatterlist *sg, const void *buf,
			       unsigned int bytes)
{
	sg_init_table(sg, 1);
	sg_set_buf(sg, buf, bytes);
}

static inline int sg_nents(struct scatterlist *sg)
{
	int n;

	for (n = 0; sg; sg = sg_next(sg))
		n++;
	return n;
}

#define for_each_sgtable_sg(table, sg, i) \
	for_each_sg((table)->sgl, sg, (table)->orig_nents, i)
#define for_each_sgtable_dma_sg(table, sg, i) \
	for_each_sg((table)->sgl, sg, (table)->nents, i)
#define for_each_sg(list, sg, n, i) \
	for ((i) = 0, (sg) = (list); (i) < (n); (i)++, (sg) = sg_next(sg))

#endif
