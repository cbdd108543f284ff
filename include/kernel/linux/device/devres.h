/* SPDX-License-Identifier: MIT */
/*
 * Resources that go with a device: released in reverse order when its driver
 * leaves, when its probe fails, or with its last reference.
 */
#ifndef UIK_LINUX_DEVICE_DEVRES_H
#define UIK_LINUX_DEVICE_DEVRES_H

#include <linux/types.h>
#include <linux/slab.h>
#include <uik/abi.h>

struct device;

typedef void (*dr_release_t)(struct device *dev, void *res);
typedef int (*dr_match_t)(struct device *dev, void *res, void *match_data);

/**
 * devres_alloc - the memory of a resource.
 * @release: run before it is freed
 * @size: bytes of its own data
 *
 * Return: cleared data; NULL without memory.
 */
void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp)
	__uik(devres_alloc);
/** devres_free - free one that was never added. */
void devres_free(void *res) __uik(devres_free);
/** devres_add - from now on it goes with @dev. */
void devres_add(struct device *dev, void *res) __uik(devres_add);
/** devres_find - the latest that matches; NULL.  @match NULL takes any. */
void *devres_find(struct device *dev, dr_release_t release, dr_match_t match,
		  void *match_data) __uik(devres_find);
/** devres_remove - take it off the device; the caller's; NULL. */
void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match,
		    void *match_data) __uik(devres_remove);
/** devres_destroy - take off and free, not released; 0 or -ENOENT. */
int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data) __uik(devres_destroy);
/** devres_release - release and free one now; 0 or -ENOENT. */
int devres_release(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data) __uik(devres_release);
/** devres_release_all - all of them; how many. */
int devres_release_all(struct device *dev) __uik(devres_release_all);

/** devres_open_group - mark a place; NULL @id makes one; NULL on no memory. */
void *devres_open_group(struct device *dev, void *id, gfp_t gfp)
	__uik(devres_open_group);
/** devres_close_group - the group ends here; NULL @id: the latest open one. */
void devres_close_group(struct device *dev, void *id) __uik(devres_close_group);
/** devres_remove_group - forget the marks, keep the resources. */
void devres_remove_group(struct device *dev, void *id)
	__uik(devres_remove_group);
/** devres_release_group - release what is in it; how many. */
int devres_release_group(struct device *dev, void *id)
	__uik(devres_release_group);

/** devm_kmalloc - a block that goes with @dev; NULL without memory. */
void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
	__uik(devm_kmalloc) __attribute__((__alloc_size__(2)));
/**
 * devm_krealloc - change a managed block's size, maybe moving it.
 * @block: managed by the same device; NULL makes this devm_kmalloc()
 * @size: bytes; 0 frees it and gives ZERO_SIZE_PTR
 *
 * It keeps its place in the order of release.  What is added is not cleared
 * unless @gfp says so.
 * Return: the block; NULL without memory (the old one stays), or with a
 * warning if @block is not managed by @dev.  spec/15 section 2.15
 */
void *devm_krealloc(struct device *dev, void *block, size_t size, gfp_t gfp)
	__uik(devm_krealloc) __attribute__((__warn_unused_result__));
/** devm_kfree - free a managed block now; WARNs if it is not managed. */
void devm_kfree(struct device *dev, const void *block) __uik(devm_kfree);
/** devm_kmemdup - a managed copy. */
void *devm_kmemdup(struct device *dev, const void *src, size_t size, gfp_t gfp)
	__uik(devm_kmemdup);
/** devm_kstrdup - a managed copy of a string. */
char *devm_kstrdup(struct device *dev, const char *string, gfp_t gfp)
	__uik(devm_kstrdup);
/** devm_kasprintf - a managed formatted string. */
char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...)
	__uik(devm_kasprintf) __attribute__((__format__(__printf__, 3, 4)));
/** devm_get_free_pages - managed pages; 0 without memory. */
unsigned long devm_get_free_pages(struct device *dev, gfp_t gfp,
				  unsigned int order)
	__uik(devm_get_free_pages);

static __always_inline void *devm_kzalloc(struct device *dev,
						 size_t size, gfp_t gfp)
{
	return devm_kmalloc(dev, size, gfp | __GFP_ZERO);
}

static __always_inline void *
devm_kmalloc_array(struct device *dev, size_t n, size_t size, gfp_t gfp)
{
	return devm_kmalloc(dev, uik_array_bytes(n, size), gfp);
}

static __always_inline void *devm_kcalloc(struct device *dev, size_t n,
						 size_t size, gfp_t gfp)
{
	return devm_kmalloc(dev, uik_array_bytes(n, size), gfp | __GFP_ZERO);
}

/**
 * devm_add_action - run a function when the device's resources go.
 *
 * Return: 0 or -ENOMEM (it will not run).
 */
int devm_add_action(struct device *dev, void (*action)(void *), void *data)
	__uik(devm_add_action);
/** devm_remove_action - it will not run; WARNs if there is none. */
void devm_remove_action(struct device *dev, void (*action)(void *), void *data)
	__uik(devm_remove_action);
/** devm_release_action - run it now and not later; WARNs if there is none. */
void devm_release_action(struct device *dev, void (*action)(void *), void *data)
	__uik(devm_release_action);

/** devm_add_action_or_reset - as devm_add_action(), runs it on failure. */
static inline int devm_add_action_or_reset(struct device *dev,
					   void (*action)(void *), void *data)
{
	int rc = devm_add_action(dev, action, data);

	if (rc)
		action(data);
	return rc;
}

#endif
