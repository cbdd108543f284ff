/* SPDX-License-Identifier: MIT */
/*
 * Resources that go with a device.
 *
 * Each is one block: a 64-byte head, then the data, which so keeps the
 * alignment of the slab.  The list is in order of addition; release goes
 * backwards.  A group is two marks in the list.
 */
#include <linux/device/devres.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/io.h>

#include "kit/format.h"
#include "kit/slab.h"

#define CALLER __builtin_return_address(0)

enum node_kind {
	NODE_RESOURCE,
	NODE_OPEN,
	NODE_CLOSE,
};

struct devres_node {
	struct list_head entry;
	dr_release_t release;
	size_t size;		/* of the data */
	enum node_kind kind;
	void *id;		/* of a group */
	char pad[16];
};

_Static_assert(sizeof(struct devres_node) == 64, "data stays aligned");

static struct devres_node *node_of(const void *res)
{
	return (struct devres_node *)res - 1;
}

static void *data_of(struct devres_node *node)
{
	return node + 1;
}

static void *alloc_at(dr_release_t release, size_t size, gfp_t gfp,
		      const void *site)
{
	struct devres_node *node;

	if (size > SIZE_MAX - sizeof(*node))
		return NULL;
	node = slab_alloc_at(sizeof(*node) + size, gfp, site);
	if (!node)
		return NULL;
	*node = (struct devres_node){ .release = release, .size = size };
	INIT_LIST_HEAD(&node->entry);
	return data_of(node);
}

void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp)
{
	return alloc_at(release, size, gfp | __GFP_ZERO, CALLER);
}

void devres_free(void *res)
{
	if (!res)
		return;
	WARN_ON(!list_empty(&node_of(res)->entry));
	kfree(node_of(res));
}

static void add_node(struct device *dev, struct devres_node *node)
{
	spin_lock(&dev->devres_lock_);
	list_add_tail(&node->entry, &dev->devres_);
	spin_unlock(&dev->devres_lock_);
}

void devres_add(struct device *dev, void *res)
{
	add_node(dev, node_of(res));
}

static struct devres_node *find_locked(struct device *dev, dr_release_t release,
				       dr_match_t match, void *match_data)
{
	struct devres_node *node;

	list_for_each_entry_reverse(node, &dev->devres_, entry) {
		if (node->kind != NODE_RESOURCE || node->release != release)
			continue;
		if (!match || match(dev, data_of(node), match_data))
			return node;
	}
	return NULL;
}

void *devres_find(struct device *dev, dr_release_t release, dr_match_t match,
		  void *match_data)
{
	struct devres_node *node;

	spin_lock(&dev->devres_lock_);
	node = find_locked(dev, release, match, match_data);
	spin_unlock(&dev->devres_lock_);
	return node ? data_of(node) : NULL;
}

void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match,
		    void *match_data)
{
	struct devres_node *node;

	spin_lock(&dev->devres_lock_);
	node = find_locked(dev, release, match, match_data);
	if (node)
		list_del_init(&node->entry);
	spin_unlock(&dev->devres_lock_);
	return node ? data_of(node) : NULL;
}

int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	if (!res)
		return -ENOENT;
	devres_free(res);
	return 0;
}

int devres_release(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	if (!res)
		return -ENOENT;
	release(dev, res);
	devres_free(res);
	return 0;
}

/* Releases and frees one that is off the list; whether it was a resource. */
static int release_node(struct device *dev, struct devres_node *node)
{
	bool resource = node->kind == NODE_RESOURCE;

	if (resource && node->release)
		node->release(dev, data_of(node));
	kfree(node);
	return resource;
}

/* The last one is taken again and again: a release may add or remove others. */
static struct devres_node *take_last(struct device *dev)
{
	struct devres_node *node = NULL;

	spin_lock(&dev->devres_lock_);
	if (!list_empty(&dev->devres_)) {
		node = list_last_entry(&dev->devres_, struct devres_node,
				       entry);
		list_del_init(&node->entry);
	}
	spin_unlock(&dev->devres_lock_);
	return node;
}

int devres_release_all(struct device *dev)
{
	struct devres_node *node;
	int count = 0;

	while ((node = take_last(dev)))
		count += release_node(dev, node);
	return count;
}

static struct devres_node *mark_alloc(enum node_kind kind, void *id, gfp_t gfp,
				      const void *site)
{
	void *data = alloc_at(NULL, 0, gfp, site);
	struct devres_node *node = data ? node_of(data) : NULL;

	if (node) {
		node->kind = kind;
		node->id = id ? id : node;
	}
	return node;
}

void *devres_open_group(struct device *dev, void *id, gfp_t gfp)
{
	struct devres_node *node = mark_alloc(NODE_OPEN, id, gfp, CALLER);

	if (!node)
		return NULL;
	id = node->id;
	add_node(dev, node);
	return id;
}

static struct devres_node *mark_locked(struct device *dev, enum node_kind kind,
				       const void *id)
{
	struct devres_node *node;

	list_for_each_entry_reverse(node, &dev->devres_, entry)
		if (node->kind == kind && node->id == id)
			return node;
	return NULL;
}

/* The opening mark of @id; of the latest group still open for NULL. */
static struct devres_node *open_mark_locked(struct device *dev, const void *id)
{
	struct devres_node *node;

	if (id)
		return mark_locked(dev, NODE_OPEN, id);
	list_for_each_entry_reverse(node, &dev->devres_, entry)
		if (node->kind == NODE_OPEN &&
		    !mark_locked(dev, NODE_CLOSE, node->id))
			return node;
	return NULL;
}

void devres_close_group(struct device *dev, void *id)
{
	struct devres_node *close, *open;

	/* Not a failure point: closing cannot fail. */
	close = mark_alloc(NODE_CLOSE, NULL, GFP_KERNEL | __GFP_NOFAIL, CALLER);
	if (WARN_ON(!close))
		return;
	spin_lock(&dev->devres_lock_);
	open = open_mark_locked(dev, id);
	if (open) {
		close->id = open->id;
		list_add_tail(&close->entry, &dev->devres_);
	}
	spin_unlock(&dev->devres_lock_);
	if (WARN_ON(!open))
		kfree(close);
}

void devres_remove_group(struct device *dev, void *id)
{
	struct devres_node *open, *close = NULL;

	spin_lock(&dev->devres_lock_);
	open = open_mark_locked(dev, id);
	if (open) {
		close = mark_locked(dev, NODE_CLOSE, open->id);
		list_del(&open->entry);
		if (close)
			list_del(&close->entry);
	}
	spin_unlock(&dev->devres_lock_);
	WARN_ON(!open);
	kfree(open);
	kfree(close);
}

int devres_release_group(struct device *dev, void *id)
{
	struct devres_node *open, *close, *node;
	LIST_HEAD(taken);
	int count = 0;

	spin_lock(&dev->devres_lock_);
	open = open_mark_locked(dev, id);
	close = open ? mark_locked(dev, NODE_CLOSE, open->id) : NULL;
	while (open) {
		bool last = close ? open == close :
				    list_is_last(&open->entry, &dev->devres_);

		node = list_next_entry(open, entry);
		list_move_tail(&open->entry, &taken);
		open = last ? NULL : node;
	}
	spin_unlock(&dev->devres_lock_);
	while (!list_empty(&taken)) {
		node = list_last_entry(&taken, struct devres_node, entry);
		list_del_init(&node->entry);
		count += release_node(dev, node);
	}
	return count;
}

/* What marks a node as a plain block. */
static void block_release(struct device *dev, void *res)
{
}

static int block_match(struct device *dev, void *res, void *wanted)
{
	return res == wanted;
}

static void *block_alloc(struct device *dev, size_t size, gfp_t gfp,
			 const void *site)
{
	void *block;

	if (!size)
		return ZERO_SIZE_PTR;
	block = alloc_at(block_release, size, gfp, site);
	if (block)
		devres_add(dev, block);
	return block;
}

void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
{
	return block_alloc(dev, size, gfp, CALLER);
}

static bool block_managed(struct device *dev, void *block)
{
	return devres_find(dev, block_release, block_match, block);
}

/* The new block takes the old one's place in the order of release. */
static void block_replace(struct device *dev, void *old, void *fresh)
{
	spin_lock(&dev->devres_lock_);
	list_replace_init(&node_of(old)->entry, &node_of(fresh)->entry);
	spin_unlock(&dev->devres_lock_);
	kfree(node_of(old));
}

void *devm_krealloc(struct device *dev, void *block, size_t size, gfp_t gfp)
{
	const void *site = CALLER;
	size_t old;
	void *fresh;

	if (ZERO_OR_NULL_PTR(block))
		return block_alloc(dev, size, gfp, site);
	if (WARN(!block_managed(dev, block), "%p is not managed by %s", block,
		 dev_name(dev)))
		return NULL;
	if (!size) {
		devm_kfree(dev, block);
		return ZERO_SIZE_PTR;
	}
	old = node_of(block)->size;
	if (size <= old) {
		node_of(block)->size = size;
		return block;
	}
	fresh = alloc_at(block_release, size, gfp, site);
	if (!fresh)
		return NULL;
	memcpy(fresh, block, old);
	block_replace(dev, block, fresh);
	return fresh;
}

void devm_kfree(struct device *dev, const void *block)
{
	if (ZERO_OR_NULL_PTR(block))
		return;
	WARN(devres_destroy(dev, block_release, block_match, (void *)block),
	     "%p is not managed by %s", block, dev_name(dev));
}

void *devm_kmemdup(struct device *dev, const void *src, size_t size, gfp_t gfp)
{
	void *block = block_alloc(dev, size, gfp, CALLER);

	return block && size ? memcpy(block, src, size) : block;
}

char *devm_kstrdup(struct device *dev, const char *string, gfp_t gfp)
{
	size_t size;
	char *copy;

	if (!string)
		return NULL;
	size = strlen(string) + 1;
	copy = block_alloc(dev, size, gfp, CALLER);
	return copy ? memcpy(copy, string, size) : NULL;
}

char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...)
{
	const void *site = CALLER;
	va_list args;
	char *string;
	int length;

	va_start(args, fmt);
	length = format_text(NULL, 0, fmt, args);
	va_end(args);
	string = length < 0 ? NULL : block_alloc(dev, (size_t)length + 1, gfp,
						 site);
	if (!string)
		return NULL;
	va_start(args, fmt);
	format_text(string, (size_t)length + 1, fmt, args);
	va_end(args);
	return string;
}

struct action {
	void (*run)(void *data);
	void *data;
};

static void action_release(struct device *dev, void *res)
{
	struct action *action = res;

	action->run(action->data);
}

static int action_match(struct device *dev, void *res, void *wanted)
{
	const struct action *this = res, *that = wanted;

	return this->run == that->run && this->data == that->data;
}

int devm_add_action(struct device *dev, void (*run)(void *), void *data)
{
	struct action *action;

	action = alloc_at(action_release, sizeof(*action), GFP_KERNEL, CALLER);
	if (!action)
		return -ENOMEM;
	*action = (struct action){ run, data };
	devres_add(dev, action);
	return 0;
}

void devm_remove_action(struct device *dev, void (*run)(void *), void *data)
{
	struct action wanted = { run, data };

	WARN_ON(devres_destroy(dev, action_release, action_match, &wanted));
}

void devm_release_action(struct device *dev, void (*run)(void *), void *data)
{
	struct action wanted = { run, data };

	WARN_ON(devres_release(dev, action_release, action_match, &wanted));
}

struct pages_res {
	unsigned long addr;
	unsigned int order;
};

static void pages_release(struct device *dev, void *res)
{
	struct pages_res *pages = res;

	free_pages(pages->addr, pages->order);
}

unsigned long devm_get_free_pages(struct device *dev, gfp_t gfp,
				  unsigned int order)
{
	struct pages_res *pages;

	pages = alloc_at(pages_release, sizeof(*pages), GFP_KERNEL, CALLER);
	if (!pages)
		return 0;
	pages->order = order;
	pages->addr = __get_free_pages(gfp, order);
	if (!pages->addr) {
		devres_free(pages);
		return 0;
	}
	devres_add(dev, pages);
	return pages->addr;
}

static void bitmap_release(struct device *dev, void *res)
{
	bitmap_free(*(unsigned long **)res);
}

static unsigned long *bitmap_res(struct device *dev, unsigned int nbits,
				 gfp_t gfp, const void *site)
{
	unsigned long **res = alloc_at(bitmap_release, sizeof(*res), GFP_KERNEL,
				       site);

	if (!res)
		return NULL;
	*res = bitmap_alloc(nbits, gfp);
	if (!*res) {
		devres_free(res);
		return NULL;
	}
	devres_add(dev, res);
	return *res;
}

unsigned long *devm_bitmap_alloc(struct device *dev, unsigned int nbits,
				 gfp_t gfp)
{
	return bitmap_res(dev, nbits, gfp, CALLER);
}

unsigned long *devm_bitmap_zalloc(struct device *dev, unsigned int nbits,
				  gfp_t gfp)
{
	return bitmap_res(dev, nbits, gfp | __GFP_ZERO, CALLER);
}

static void ioremap_release(struct device *dev, void *res)
{
	iounmap(*(void **)res);
}

void __iomem *devm_ioremap(struct device *dev, resource_size_t start,
			   resource_size_t size)
{
	void **res = alloc_at(ioremap_release, sizeof(*res), GFP_KERNEL,
			      CALLER);

	if (!res)
		return NULL;
	*res = ioremap(start, size);
	if (!*res) {
		devres_free(res);
		return NULL;
	}
	devres_add(dev, res);
	return *res;
}

static int mapping_match(struct device *dev, void *res, void *wanted)
{
	return *(void **)res == wanted;
}

void devm_iounmap(struct device *dev, void __iomem *addr)
{
	WARN_ON(devres_release(dev, ioremap_release, mapping_match,
			       (void *)addr));
}

static void memremap_release(struct device *dev, void *res)
{
	memunmap(*(void **)res);
}

void *devm_memremap(struct device *dev, resource_size_t offset, size_t size,
		    unsigned long flags)
{
	void **res = alloc_at(memremap_release, sizeof(*res), GFP_KERNEL,
			      CALLER);

	if (!res)
		return ERR_PTR(-ENOMEM);
	*res = memremap(offset, size, flags);
	if (!*res) {
		devres_free(res);
		return ERR_PTR(-ENXIO);
	}
	devres_add(dev, res);
	return *res;
}

void devm_memunmap(struct device *dev, void *addr)
{
	WARN_ON(devres_release(dev, memremap_release, mapping_match, addr));
}

static void mutex_release(struct device *dev, void *res)
{
	mutex_destroy(*(struct mutex **)res);
}

int uik_devm_mutex(struct device *dev, struct mutex *lock)
{
	struct mutex **res = alloc_at(mutex_release, sizeof(*res), GFP_KERNEL,
				      CALLER);

	if (!res)
		return -ENOMEM;
	*res = lock;
	devres_add(dev, res);
	return 0;
}

void __iomem *devm_ioremap_resource(struct device *dev,
				    const struct resource *res)
{
	void *mapped;

	if (!res || resource_type(res) != IORESOURCE_MEM) {
		dev_err(dev, "not a memory resource\n");
		return ERR_PTR(-EINVAL);
	}
	mapped = devm_ioremap(dev, res->start, resource_size(res));
	return mapped ? mapped : ERR_PTR(-ENOMEM);
}
