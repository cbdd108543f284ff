/* SPDX-License-Identifier: MIT */
/* The lock of a shared buffer. */
#ifndef UIK_LINUX_DMA_RESV_H
#define UIK_LINUX_DMA_RESV_H

#include <linux/mutex.h>

struct ww_acquire_ctx;

struct dma_resv {
	struct mutex lock;
};

static inline void dma_resv_init(struct dma_resv *resv)
{
	mutex_init(&resv->lock);
}

static inline void dma_resv_fini(struct dma_resv *resv)
{
	mutex_destroy(&resv->lock);
}

static inline int dma_resv_lock(struct dma_resv *resv,
				struct ww_acquire_ctx *ctx)
{
	mutex_lock(&resv->lock);
	return 0;
}

static inline void dma_resv_unlock(struct dma_resv *resv)
{
	mutex_unlock(&resv->lock);
}

#define dma_resv_assert_held(resv) lockdep_assert_held(&(resv)->lock)

#endif
