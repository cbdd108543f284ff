/* SPDX-License-Identifier: MIT */
/*
 * Who owns a simulated device: a binding joins a device and a context.
 *
 * A device has at most one; its owner is either the calls of
 * <uiommufd/client.h> that play a driver, or VFIO.  The binding counts the
 * device; the bound object counts the context.
 *
 * The list of bindings is a process-wide door: its lock is held for looks and
 * changes only.  A binding's own lock serialises what is done with it, so that
 * an unbind which has to wait holds nobody else up.
 */
#ifndef CLIENT_BINDING_H
#define CLIENT_BINDING_H

#include <linux/iommufd.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>

struct device;

enum binding_owner {
	BINDING_CALLS,
	BINDING_VFIO,
};

struct binding {
	struct kref refs;		/* the list's, and running calls */
	struct list_head item;		/* in bindings; its lock */
	struct device *dev;		/* counted */
	struct iommufd_ctx *ictx;	/* compared only */
	enum binding_owner owner;
	struct mutex lock;
	struct iommufd_device *idev;	/* NULL: being bound, or unbound */
};

/*
 * Claims and binds.  Return: 0; -EEXIST: it has a binding; -ENOMEM; what
 * iommufd_device_bind() gives.  *out is borrowed until binding_unbind().
 */
int binding_bind(struct iommufd_ctx *ictx, struct device *dev,
		 enum binding_owner owner, u32 *out_id, struct binding **out);
/* 0; -ENOENT: somebody else has just unbound it. */
int binding_unbind(struct binding *binding);
/* The binding of @dev to @ictx by @owner, counted; NULL if there is none. */
struct binding *binding_get(const struct device *dev,
			    const struct iommufd_ctx *ictx,
			    enum binding_owner owner);
void binding_put(struct binding *binding);

#endif
