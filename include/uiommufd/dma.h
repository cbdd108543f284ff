/* SPDX-License-Identifier: MIT */
/*
 * Devices that access memory, and the law about their translations.
 *
 * A device behind the SMMU reads and writes memory at addresses of its own.
 * The model translates them through the stream table, context descriptors and
 * stage 1 and 2 tables that software programmed, and keeps what it found in
 * the IOTLB, in the configuration cache and, for a stream with ATS, in the
 * device's ATC.  Later accesses use what is cached, right or wrong, until
 * software invalidates it.
 *
 * The law: a cached translation must not be used
 *   after a completed CMD_SYNC whose queue invalidated it before (LOST: the
 *       hardware's fault, such as an injected lost-invalidation);
 *   once its IOVA leads elsewhere (REUSED: mapped anew before the invalidation
 *       of the old mapping was complete, or without one);
 *   once the memory behind it was given back (FORGOTTEN: unpinned, or named by
 *       uiommufd_dma_release(), while it is still cached).
 * In between, while software is about to invalidate, using it is allowed.
 *
 * A CMD_SYNC completes after the accesses that were under way before it.
 *
 * Context: any thread while the platform lives; not from an observer.
 */
#ifndef UIOMMUFD_DMA_H
#define UIOMMUFD_DMA_H

#include "vcmdq.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An access of a device. */
struct uiommufd_dma {
	size_t size;		/* sizeof */
	uint32_t stream_id;
	bool ssid_valid;
	uint32_t ssid;		/* PASID */
	bool write;
	uint64_t address;	/* IOVA of the first byte */
	void *buffer;		/* of the caller: from or to here */
	size_t length;		/* bytes */
};

/**
 * uiommufd_dma - a device reads or writes memory.
 *
 * May cross pages; what lies before a failing page was done.  A translation
 * that fails is told to software by an event record, as hardware does.
 * Return: 0; -1 with ENODEV (no SMMU), EINVAL (size member, length 0, end
 * beyond 2^64), EPERM (the stream is not configured, or aborts), EFAULT (no
 * translation, or not for writing), EIO (nothing answers at the physical
 * address).
 */
int uiommufd_dma(struct uiommufd_platform *platform,
		 const struct uiommufd_dma *dma) UIOMMUFD_API;

enum uiommufd_dma_fault {
	UIOMMUFD_DMA_LOST = 1,
	UIOMMUFD_DMA_REUSED,
	UIOMMUFD_DMA_FORGOTTEN,
};

/* A broken law. */
struct uiommufd_dma_violation {
	enum uiommufd_dma_fault fault;
	struct uiommufd_dma access;	/* address and length: of the page's part */
	enum uiommufd_cache cache;	/* where the translation came from */
	uint64_t used;			/* physical address that was accessed */
	uint64_t now;			/* what the tables say; 0: nothing */
	const char *report;		/* text: access, translation, the latest
					 * commands of all queues, backtraces;
					 * good until the handler returns */
};

typedef void (*uiommufd_dma_handler)(
	void *arg, const struct uiommufd_dma_violation *violation);

/**
 * uiommufd_dma_law - watch over the law, or stop.
 * @on: while on, commands take the slow path; while off it costs nothing
 * @handler: called for each violation, on the thread of the access, with no
 *	lock held; NULL: the report goes to the log
 *
 * Translations cached before are not judged.
 * Return: 0; -1 with ENODEV or ENOMEM.
 */
int uiommufd_dma_law(struct uiommufd_platform *platform, bool on,
		     uiommufd_dma_handler handler, void *arg) UIOMMUFD_API;

/**
 * uiommufd_dma_violations - how often the law was broken since it was on.
 *
 * Return: the number; 0 without an SMMU.
 */
uint64_t uiommufd_dma_violations(struct uiommufd_platform *platform)
	UIOMMUFD_API;

/**
 * uiommufd_dma_release - software says: no device has these bytes any more.
 * @phys: physical address
 * @length: bytes; 0 forgets everything that was said so far
 *
 * For memory whose pins say nothing, such as a guest's own.  Up to 64 ranges
 * are remembered, the oldest goes first.  Only while the law is on.
 */
void uiommufd_dma_release(struct uiommufd_platform *platform, uint64_t phys,
			  uint64_t length) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
