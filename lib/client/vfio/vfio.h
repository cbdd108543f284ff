/* SPDX-License-Identifier: MIT */
/*
 * Device files as VFIO has them, for the devices of a platform.
 *
 * VFIO, seen from a client, is a driver of PCI devices.  The simulated devices
 * have no PCI bus; what is in here gives each of them the face of a small PCI
 * Express endpoint: an address (its first StreamID is its requester ID), a
 * configuration space, three memory BARs and interrupts that are eventfds.
 *
 *	host	what a platform's devices are to VFIO; one per machine
 *	device	one device; exists while it is plugged or a file is open
 *	pci	its registers and interrupts; exists while it is opened
 *	file	one open file
 *
 * "Opened" is VFIO's word for a device that a file was bound to an iommufd
 * (or that came from a group): before that an open file can do nothing.
 *
 * One lock a host, taken by every call on a file of it: it protects the list
 * of devices and everything in them.  Taken inside of it: the bindings' locks
 * and all of iommufd's, and the platform's.  Files that a client names are let
 * go outside of it: the last count of one of ours takes it.
 *
 * Hosts and devices are GLib's memory: they are the platform's, made when a
 * client first looks for them.  What an open file needs is the machine's.
 */
#ifndef CLIENT_VFIO_H
#define CLIENT_VFIO_H

#include <glib.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <uapi/linux/vfio.h>

#include "client/binding.h"

struct uiommufd_platform;
struct vfio_pci;

#define VFIO_NAME_MAX 32

struct vfio_address {
	u16 domain;
	u8 bus, devfn;
};

struct vfio_host {
	struct mutex lock;
	GPtrArray *devices;		/* struct vfio_device, each counted */
	GPtrArray *groups;		/* struct vfio_group that have a file */
};

struct vfio_device {
	gatomicrefcount refs;		/* the host's, each file's */
	struct vfio_host *host;		/* borrowed: of the machine */
	char name[VFIO_NAME_MAX];	/* as the platform calls it */
	u64 sequence;			/* of that very device */
	unsigned int number;		/* N of vfioN */
	unsigned int group_id;
	struct vfio_address address;
	unsigned int pasid_bits;
	bool ats;
	char iommu[VFIO_NAME_MAX];	/* its IOMMU's name */
	/* While it is opened: */
	unsigned int open_count;
	struct binding *binding;	/* to the context */
	struct iommufd_ctx *ictx;	/* counted */
	u32 devid;
	bool attached;
	struct ida pasids;		/* attached ones */
	struct vfio_pci *pci;		/* owned */
};

struct vfio_file {
	struct vfio_device *device;	/* counted */
	struct vfio_group *group;	/* counted; NULL: of /dev/vfio/devices */
	bool granted;			/* atomic: bound once, for good */
};

/* --- host.c ---------------------------------------------------------------*/

/* The calling task's machine's; made at first use. */
struct vfio_host *vfio_host(void);
/* Brings the list of devices up to what @platform has now. */
void vfio_host_sync(struct vfio_host *host, struct uiommufd_platform *platform);
/* Counted; NULL if there is none of that number. */
struct vfio_device *vfio_device_get(struct vfio_host *host,
				    unsigned int number);
void vfio_device_put(struct vfio_device *device);
/* "dddd:bb:dd.f" */
void vfio_address_print(const struct vfio_address *address, char out[16]);

/* --- open.c: lock held in all of them -------------------------------------*/

/*
 * Binds @device to @ictx and powers it up.  Return: 0; -EINVAL: it is opened
 * (by a file of /dev/vfio/devices: once only); -ENODEV: unplugged; -EBUSY:
 * another driver has it; what iommufd_device_bind() gives; -ENOMEM.
 */
int vfio_device_open(struct vfio_device *device, struct iommufd_ctx *ictx,
		     bool by_group);
/* Detaches, unbinds, powers down with the last one. */
void vfio_device_close(struct vfio_device *device);
int vfio_device_attach(struct vfio_device *device, u32 *pt_id);
int vfio_device_attach_pasid(struct vfio_device *device, u32 pasid, u32 *pt_id);
void vfio_device_detach(struct vfio_device *device);
void vfio_device_detach_pasid(struct vfio_device *device, u32 pasid);

/* --- file.c ---------------------------------------------------------------*/

/* A new file of @device, which takes over the caller's counts; ERR_PTR. */
struct file *vfio_file_new(struct vfio_device *device,
			   struct vfio_group *group, int flags);
/* A descriptor of device number @number of the platform, or -errno. */
int vfio_open(struct uiommufd_platform *platform, unsigned int number,
	      int flags, dev_t rdev);

/*
 * The context behind @fd, of the calling task's machine, counted; ERR_PTR:
 * -EBADF, -EBADFD, -EINVAL (another machine's).  Not under the lock.
 */
struct iommufd_ctx *vfio_ctx_of_fd(int fd);

/* --- the commands: lock held, but for the last ----------------------------*/

long vfio_get_info(struct vfio_device *device, void __user *arg);
long vfio_get_region_info(struct vfio_device *device, void __user *arg);
long vfio_get_irq_info(struct vfio_device *device, void __user *arg);
long vfio_set_irqs(struct vfio_device *device, void __user *arg);
long vfio_reset(struct vfio_device *device);
long vfio_get_hot_reset_info(struct vfio_file *file, void __user *arg);
long vfio_feature(struct vfio_device *device, void __user *arg);
long vfio_hot_reset(struct vfio_file *file, void __user *arg);

/* Fetches the first @size bytes of a structure that begins with argsz. */
int vfio_fetch(void *to, const void __user *from, size_t size);

#endif
