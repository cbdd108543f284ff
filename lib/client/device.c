// SPDX-License-Identifier: MIT
/*
 * The driver that owns the simulated devices, in the place of VFIO.
 */
#include <string.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommufd.h>
#include <uiommufd/client.h>

#include "client/binding.h"
#include "client/entry.h"

/* What a call needs: its file, the context, the device. */
struct driver_call {
	struct entry entry;
	struct iommufd_ctx *ictx;	/* counted */
	struct device *dev;		/* counted */
};

static int call_begin(struct driver_call *call, int fd, const char *name)
{
	int ret;

	if (!name)
		return -EFAULT;
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
	struct binding *binding;
	int ret = out_id ? call_begin(&call, fd, name) : -EFAULT;

	if (ret)
		return entry_result(ret);
	ret = binding_bind(call.ictx, call.dev, BINDING_CALLS, out_id,
			   &binding);
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
	binding = binding_get(call.dev, call.ictx, BINDING_CALLS);
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
	return binding_unbind(binding);
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
	if (!pt_id)
		return entry_result(-EFAULT);
	return attach_with(iommufd_device_attach, fd, name, pasid, pt_id);
}

int uiommufd_device_replace(int fd, const char *name, uint32_t pasid,
			    uint32_t *pt_id)
{
	if (!pt_id)
		return entry_result(-EFAULT);
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
