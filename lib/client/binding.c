// SPDX-License-Identifier: MIT
/*
 * Bindings: made, found, ended.
 */
#include "client/binding.h"

#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>

static DEFINE_MUTEX(bindings_lock);
static LIST_HEAD(bindings);

static void binding_free(struct kref *refs)
{
	struct binding *binding = container_of(refs, struct binding, refs);

	mutex_destroy(&binding->lock);
	put_device(binding->dev);
	kfree(binding);
}

void binding_put(struct binding *binding)
{
	kref_put(&binding->refs, binding_free);
}

static struct binding *find_locked(const struct device *dev)
{
	struct binding *binding;

	lockdep_assert_held(&bindings_lock);
	list_for_each_entry(binding, &bindings, item)
		if (binding->dev == dev)
			return binding;
	return NULL;
}

struct binding *binding_get(const struct device *dev,
			    const struct iommufd_ctx *ictx,
			    enum binding_owner owner)
{
	struct binding *binding;

	mutex_lock(&bindings_lock);
	binding = find_locked(dev);
	if (binding && binding->ictx == ictx && binding->owner == owner)
		kref_get(&binding->refs);
	else
		binding = NULL;
	mutex_unlock(&bindings_lock);
	return binding;
}

static struct binding *binding_new(struct device *dev, struct iommufd_ctx *ictx,
				   enum binding_owner owner)
{
	struct binding *binding = kzalloc_obj(*binding);

	if (!binding)
		return NULL;
	kref_init(&binding->refs);
	mutex_init(&binding->lock);
	binding->dev = get_device(dev);
	binding->ictx = ictx;
	binding->owner = owner;
	return binding;
}

/* Claims the device: from here on a second bind finds it taken. */
static int binding_add(struct binding *binding)
{
	int ret = 0;

	mutex_lock(&bindings_lock);
	if (find_locked(binding->dev))
		ret = -EEXIST;
	else
		list_add_tail(&binding->item, &bindings);
	mutex_unlock(&bindings_lock);
	return ret;
}

static void binding_remove(struct binding *binding)
{
	mutex_lock(&bindings_lock);
	list_del(&binding->item);
	mutex_unlock(&bindings_lock);
	binding_put(binding);
}

int binding_bind(struct iommufd_ctx *ictx, struct device *dev,
		 enum binding_owner owner, u32 *out_id, struct binding **out)
{
	struct binding *binding = binding_new(dev, ictx, owner);
	struct iommufd_device *idev;
	u32 id;
	int ret;

	if (!binding)
		return -ENOMEM;
	ret = binding_add(binding);
	if (ret) {
		binding_put(binding);
		return ret;
	}
	mutex_lock(&binding->lock);
	idev = iommufd_device_bind(ictx, dev, &id);
	ret = PTR_ERR_OR_ZERO(idev);
	if (!ret) {
		binding->idev = idev;
		*out_id = id;
		*out = binding;
	}
	mutex_unlock(&binding->lock);
	if (ret)
		binding_remove(binding);
	return ret;
}

int binding_unbind(struct binding *binding)
{
	struct iommufd_device *idev;

	mutex_lock(&binding->lock);
	idev = binding->idev;
	binding->idev = NULL;
	if (idev)
		iommufd_device_unbind(idev);
	mutex_unlock(&binding->lock);
	if (!idev)
		return -ENOENT;
	binding_remove(binding);
	return 0;
}
