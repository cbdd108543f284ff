// SPDX-License-Identifier: MIT
/*
 * The driver that owns the simulated devices, in the place of VFIO.
 *
 * A binding joins a device and a context.  Bindings of a machine are on one
 * list under one mutex, which is held across bind and unbind: a device has at
 * most one binding.  The binding counts the device; the bound object counts
 * the context.
 */
#include <string.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>

#include "client/entry.h"

struct binding {
	struct list_head item;		/* in bindings.list */
	struct device *dev;		/* counted */
	struct iommufd_ctx *ictx;	/* compared only */
	struct iommufd_device *idev;	/* owned */
};

struct bindings {
	struct mutex lock;
	struct list_head list;
};

static void bindings_free(void *value)
{
	struct bindings *all = value;

	WARN_ON(!list_empty(&all->list));
	mutex_destroy(&all->lock);
	kfree(all);
}

/* Made at first use; two threads may race to it, one wins. */
static struct bindings *machine_bindings(struct uik_machine *machine)
{
	struct bindings *all = uik_slot_get(machine, UIK_SLOT_CLIENT);
	struct bindings *winner;

	if (all)
		return all;
	all = kzalloc(sizeof(*all), GFP_KERNEL);
	if (!all)
		return NULL;
	mutex_init(&all->lock);
	INIT_LIST_HEAD(&all->list);
	winner = uik_slot_set(machine, UIK_SLOT_CLIENT, all, bindings_free);
	if (winner != all)
		bindings_free(all);
	return winner;
}

static struct binding *find_binding(struct bindings *all, const char *name,
				    struct iommufd_ctx *ictx)
{
	struct binding *binding;

	lockdep_assert_held(&all->lock);
	list_for_each_entry(binding, &all->list, item)
		if (!strcmp(dev_name(binding->dev), name) &&
		    (!ictx || binding->ictx == ictx))
			return binding;
	return NULL;
}

static int bind_device(struct bindings *all, struct iommufd_ctx *ictx,
		       struct device *dev, uint32_t *out_id)
{
	struct binding *binding;
	struct iommufd_device *idev;
	u32 id;

	if (find_binding(all, dev_name(dev), NULL))
		return -EEXIST;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	if (!binding)
		return -ENOMEM;
	idev = iommufd_device_bind(ictx, dev, &id);
	if (IS_ERR(idev)) {
		kfree(binding);
		return PTR_ERR(idev);
	}
	binding->dev = get_device(dev);
	binding->ictx = ictx;
	binding->idev = idev;
	list_add_tail(&binding->item, &all->list);
	*out_id = id;
	return 0;
}

static void unbind_device(struct binding *binding)
{
	list_del(&binding->item);
	iommufd_device_unbind(binding->idev);
	put_device(binding->dev);
	kfree(binding);
}

/* What a call needs: its file, the context, the bindings, locked. */
struct driver_call {
	struct entry entry;
	struct iommufd_ctx *ictx;	/* counted */
	struct bindings *all;
};

static int call_begin(struct driver_call *call, int fd)
{
	int ret = -ENOMEM;

	if (!entry_begin(&call->entry, fd))
		return -EBADF;
	call->all = machine_bindings(call->entry.file->machine);
	if (!call->all)
		goto out_entry;
	call->ictx = iommufd_ctx_from_file(call->entry.file);
	ret = PTR_ERR_OR_ZERO(call->ictx);
	if (ret) {
		ret = -EBADF;
		goto out_entry;
	}
	mutex_lock(&call->all->lock);
	return 0;

out_entry:
	entry_end(&call->entry);
	return ret;
}

static void call_end(struct driver_call *call)
{
	mutex_unlock(&call->all->lock);
	iommufd_ctx_put(call->ictx);
	entry_end(&call->entry);
}

int uiommufd_device_bind(int fd, const char *name, uint32_t *out_id)
{
	struct driver_call call;
	struct device *dev;
	int ret = call_begin(&call, fd);

	if (ret)
		return entry_result(ret);
	dev = uik_device_find(call.entry.file->machine, name);
	ret = -ENOENT;
	if (dev) {
		ret = bind_device(call.all, call.ictx, dev, out_id);
		put_device(dev);
	}
	call_end(&call);
	return entry_result(ret);
}

int uiommufd_device_unbind(int fd, const char *name)
{
	struct driver_call call;
	struct binding *binding;
	int ret = call_begin(&call, fd);

	if (ret)
		return entry_result(ret);
	binding = find_binding(call.all, name, call.ictx);
	if (binding)
		unbind_device(binding);
	else
		ret = -ENOENT;
	call_end(&call);
	return entry_result(ret);
}

typedef int (*attach_fn)(struct iommufd_device *idev, ioasid_t pasid,
			 u32 *pt_id);

static int attach_with(attach_fn attach, int fd, const char *name,
		       uint32_t pasid, uint32_t *pt_id)
{
	struct driver_call call;
	struct binding *binding;
	int ret = call_begin(&call, fd);

	if (ret)
		return entry_result(ret);
	binding = find_binding(call.all, name, call.ictx);
	ret = binding ? attach(binding->idev, pasid, pt_id) : -ENOENT;
	call_end(&call);
	return entry_result(ret);
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
