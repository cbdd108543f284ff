/* SPDX-License-Identifier: MIT */
/* Between slab.c (traffic) and slab_checked.c (traffic under observation). */
#ifndef KIT_SLAB_H
#define KIT_SLAB_H

#include "kit/arena.h"

struct uik_machine;

/* kmalloc() on behalf of @site. */
void *slab_alloc_at(size_t bytes, unsigned int gfp, const void *site);
/* The least size of at least @bytes whose blocks are aligned to @align. */
size_t slab_aligned_bytes(size_t bytes, size_t align);
/* kvmalloc() on behalf of @site. */
void *slab_valloc_at(size_t bytes, unsigned int gfp, const void *site);

/* Bytes a block was asked for; @p must be its start and live. */
size_t slab_block_bytes(const struct arena *arena, uintptr_t p);

/* Spans, in any mode.  @zone must belong to @arena. */
void *slab_span_alloc(struct arena *arena, struct arena_zone *zone,
		      size_t bytes, enum block_kind kind, bool zero,
		      const void *site);
void slab_span_free(struct arena *arena, uintptr_t p);

/* Blocks in checked mode. */
void *checked_alloc(struct arena *arena, unsigned int class, size_t bytes,
		    enum block_kind kind, bool zero, const void *site);
void checked_free(struct arena *arena, unsigned int class, uintptr_t p);
/* What a tag holds for a block: the site, or in debug mode its record. */
uint64_t checked_owner(struct arena *arena, const void *site);
void checked_owner_drop(struct arena *arena, uint64_t tag);
const void *checked_site(const struct arena *arena, uint64_t tag);

/* Late writes found so far, looking at everything in quarantine. */
unsigned int slab_verify(struct arena *arena);

/* UIOMMUFD_DEBUG has the word refs. */
bool slab_debug_wanted(void);
/* The word of uik_slab_watch(). */
bool slab_watch_wanted(void);

#endif
