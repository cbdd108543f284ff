/* SPDX-License-Identifier: MIT */
/*
 * Memory that a device sees.  Every device here is coherent and reaches all
 * kit memory; the DMA address is the physical address.
 */
#ifndef UIK_LINUX_DMA_MAPPING_H
#define UIK_LINUX_DMA_MAPPING_H

#include <linux/types.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <uik/abi.h>

#define DMA_BIT_MASK(n) (((n) == 64) ? ~0ull : ((1ull << (n)) - 1))
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)

enum dma_data_direction {
	DMA_BIDIRECTIONAL = 0,
	DMA_TO_DEVICE = 1,
	DMA_FROM_DEVICE = 2,
	DMA_NONE = 3,
};

/** dma_set_mask_and_coherent - 0, or -EIO if fewer than 32 bits. */
int dma_set_mask_and_coherent(struct device *dev, u64 mask)
	__uik(dma_set_mask_and_coherent);

/**
 * dma_alloc_coherent - cleared memory for a device and the CPU.
 * @size: bytes, rounded up to 4096 << n and aligned to that
 * @handle: receives the DMA address
 *
 * Return: the memory; NULL without memory or beyond the device's mask.
 */
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle,
			 gfp_t gfp) __uik(dma_alloc_coherent);
/** dma_free_coherent - undo it; NULL is fine. */
void dma_free_coherent(struct device *dev, size_t size, void *memory,
		       dma_addr_t handle) __uik(dma_free_coherent);
/** dmam_alloc_coherent - until the device's resources go. */
void *dmam_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle,
			  gfp_t gfp) __uik(dmam_alloc_coherent);
/** dmam_free_coherent - free a managed one now. */
void dmam_free_coherent(struct device *dev, size_t size, void *memory,
			dma_addr_t handle) __uik(dmam_free_coherent);

static inline int dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	return addr == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

#endif
