// SPDX-License-Identifier: MIT
/*
 * The driver that owns the simulated devices, in the place of VFIO.
 *
 * A binding joins a device and a context; a device has at most one.  The list
 * of bindings is a process-wide door like the table of descriptors: its lock
 * is held for looks and changes only.  A binding's own lock serialises what is
 * done with it, so that an unbind which has to wait holds nobody else up.
 *
 * The binding counts the device; the bound object counts the context.
 */
#include <string.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <uiommufd/client.h>

#include "client/entry.h"

struct binding {
	struct kref refs;		/* the list's, and running calls */
	struct list_head item;		/* in bindings; bindings_lock */
	struct device *dev;		/* counted */
	struct iommufd_ctx *ictx;	/* compared only */
	struct mutex lock;
	struct iommufd_device *idev;	/* NULL: being bound, or unbound */
};

static DEFINE_MUTEX(bindings_lock);
static LIST_HEAD(bindings);

static void binding_free(struct kref *refs)
{
	struct binding *binding = container_of(refs, struct binding, refs);

	mutex_destroy(&binding->lock);
	put_device(binding->dev);
	kfree(binding);
}

static void binding_put(struct binding *binding)
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

/* The binding of @dev to @ictx, counted; NULL if there is none. */
static struct binding *binding_get(const struct device *dev,
				   const struct iommufd_ctx *ictx)
{
	struct binding *binding;

	mutex_lock(&bindings_lock);
	binding = find_locked(dev);
	if (binding && binding->ictx == ictx)
		kref_get(&binding->refs);
	else
		binding = NULL;
	mutex_unlock(&bindings_lock);
	return binding;
}

static struct binding *binding_new(struct device *dev, struct iommufd_ctx *ictx)
{
	struct binding *binding = kzalloc_obj(*binding);

	if (!binding)
		return NULL;
	kref_init(&binding->refs);
	mutex_init(&binding->lock);
	binding->dev = get_device(dev);
	binding->ictx = ictx;
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

static int bind_device(struct iommufd_ctx *ictx, struct device *dev,
		       uint32_t *out_id)
{
	struct binding *binding = binding_new(dev, ictx);
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
	}
	mutex_unlock(&binding->lock);
	if (ret)
		binding_remove(binding);
	return ret;
}

static int unbind_device(struct binding *binding)
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

/* What a call needs: its file, the context, the device. */
struct driver_call {
	struct entry entry;
	struct iommufd_ctx *ictx;	/* counted */
	struct device *dev;		/* counted */
};

static int call_begin(struct driver_call *call, int fd, const char *name)
{
	int ret;

	if (!entry_begin(&call->entry, fd))
		return -EBADF;
	call->ictx = iommufd_ctx_from_file(call->entry.file);
	if (IS_ERR(call->ictx)) {
		ret = -EBADF;
		goto out_entry;
	}
	call->dev = uik_device_find(call->entry.file->machine, name);
	if (!call->dev) {
		ret = -ENOENT;
		goto out_ctx;
	}
	return 0;

out_ctx:
	iommufd_ctx_put(call->ictx);
out_entry:
	entry_end(&call->entry);
	return ret;
}

static void call_end(struct driver_call *call)
{
	put_device(call->dev);
	iommufd_ctx_put(call->ictx);
	entry_end(&call->entry);
}

int uiommufd_device_bind(int fd, const char *name, uint32_t *out_id)
{
	struct driver_call call;
	int ret = call_begin(&call, fd, name);

	if (ret)
		return entry_result(ret);
	ret = bind_device(call.ictx, call.dev, out_id);
	call_end(&call);
	return entry_result(ret);
}

/* Runs @act on the binding of the named device. */
static int with_binding(int fd, const char *name,
			int (*act)(struct binding *binding, void *arg),
			void *arg)
{
	struct driver_call call;
	struct binding *binding;
	int ret = call_begin(&call, fd, name);

	if (ret)
		return entry_result(ret);
	binding = binding_get(call.dev, call.ictx);
	ret = -ENOENT;
	if (binding) {
		ret = act(binding, arg);
		binding_put(binding);
	}
	call_end(&call);
	return entry_result(ret);
}

static int act_unbind(struct binding *binding, void *arg)
{
	return unbind_device(binding);
}

int uiommufd_device_unbind(int fd, const char *name)
{
	return with_binding(fd, name, act_unbind, NULL);
}

typedef int (*attach_fn)(struct iommufd_device *idev, ioasid_t pasid,
			 u32 *pt_id);

struct attach_args {
	attach_fn attach;
	ioasid_t pasid;
	u32 *pt_id;
};

static int act_attach(struct binding *binding, void *arg)
{
	const struct attach_args *args = arg;
	int ret = -ENOENT;

	mutex_lock(&binding->lock);
	if (binding->idev)
		ret = args->attach(binding->idev, args->pasid, args->pt_id);
	mutex_unlock(&binding->lock);
	return ret;
}

static int attach_with(attach_fn attach, int fd, const char *name,
		       uint32_t pasid, uint32_t *pt_id)
{
	struct attach_args args = { attach, pasid, pt_id };

	return with_binding(fd, name, act_attach, &args);
}

int uiommufd_device_attach(int fd, const char *name, uint32_t pasid,
			   uint32_t *pt_id)
{
	return attach_with(iommufd_device_attach, fd, name, pasid, pt_id);
}

int uiommufd_device_replace(int fd, const char *name, uint32_t pasid,
			    uint32_t *pt_id)
{
	return attach_with(iommufd_device_replace, fd, name, pasid, pt_id);
}

static int detach_now(struct iommufd_device *idev, ioasid_t pasid, u32 *pt_id)
{
	iommufd_device_detach(idev, pasid);
	return 0;
}

int uiommufd_device_detach(int fd, const char *name, uint32_t pasid)
{
	return attach_with(detach_now, fd, name, pasid, NULL);
}
