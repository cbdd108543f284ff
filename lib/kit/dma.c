/* SPDX-License-Identifier: MIT */
/* Memory for devices: whole pages, naturally aligned. */
#include <linux/dma-mapping.h>

#include <linux/bug.h>
#include <linux/slab.h>

#include "kit/machine.h"
#include "kit/slab.h"

#define CALLER __builtin_return_address(0)

int dma_set_mask_and_coherent(struct device *dev, u64 mask)
{
	if (mask < DMA_BIT_MASK(32))
		return -EIO;
	if (dev->dma_mask)
		*dev->dma_mask = mask;
	dev->coherent_dma_mask = mask;
	return 0;
}

static void *coherent_alloc(struct device *dev, size_t size,
			    dma_addr_t *handle, gfp_t gfp, const void *site)
{
	struct arena *arena = &uik_this_machine()->arena;
	void *memory;

	uik_point(UIK_POINT_ALLOC, NULL, 0, true);
	if (uik_is_watched() &&
	    uik_fail_slow(UIK_FAIL_ALLOC, site))
		return NULL;
	if (!size || size > arena->size)
		return NULL;
	size = PAGE_SIZE << get_order(size);
	memory = slab_span_alloc(arena, &arena->heap, size, BLOCK_PAGES, true,
				 site);
	if (!memory)
		return NULL;
	if (dev && dev->coherent_dma_mask &&
	    __pa(memory) + size - 1 > dev->coherent_dma_mask) {
		slab_span_free(arena, (uintptr_t)memory);
		return NULL;
	}
	*handle = __pa(memory);
	return memory;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle,
			 gfp_t gfp)
{
	return coherent_alloc(dev, size, handle, gfp, CALLER);
}

void dma_free_coherent(struct device *dev, size_t size, void *memory,
		       dma_addr_t handle)
{
	if (memory)
		free_pages((unsigned long)memory, get_order(size));
}

struct coherent_res {
	size_t size;
	void *memory;
	dma_addr_t handle;
};

static void coherent_release(struct device *dev, void *res)
{
	struct coherent_res *this = res;

	dma_free_coherent(dev, this->size, this->memory, this->handle);
}

static int coherent_match(struct device *dev, void *res, void *memory)
{
	return ((struct coherent_res *)res)->memory == memory;
}

void *dmam_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle,
			  gfp_t gfp)
{
	struct coherent_res *res;

	res = devres_alloc(coherent_release, sizeof(*res), gfp);
	if (!res)
		return NULL;
	res->memory = coherent_alloc(dev, size, handle, gfp, CALLER);
	if (!res->memory) {
		devres_free(res);
		return NULL;
	}
	res->size = size;
	res->handle = *handle;
	devres_add(dev, res);
	return res->memory;
}

void dmam_free_coherent(struct device *dev, size_t size, void *memory,
			dma_addr_t handle)
{
	WARN_ON(devres_release(dev, coherent_release, coherent_match, memory));
}
