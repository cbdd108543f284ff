/* SPDX-License-Identifier: MIT */
/*
 * <linux/vfio.h> with what older systems' headers lack: device files that are
 * bound to an iommufd, as Linux 7.3 has them.
 *
 *   open     /dev/vfio/devices/vfioN
 *   bind     VFIO_DEVICE_BIND_IOMMUFD: before it everything else is EINVAL
 *   attach   VFIO_DEVICE_ATTACH_IOMMUFD_PT: again to move it elsewhere
 *   detach   VFIO_DEVICE_DETACH_IOMMUFD_PT
 *   close    detaches and unbinds
 */
#pragma GCC system_header	/* include_next is an extension */
#include_next <linux/vfio.h>

#ifndef UIOMMUFD_UAPI_VFIO_H
#define UIOMMUFD_UAPI_VFIO_H

#include <linux/types.h>

#ifndef VFIO_DEVICE_BIND_IOMMUFD
/*
 * argsz: bytes given, at least 16; flags: 0 or _TOKEN
 * iommufd: descriptor of /dev/iommu; out_devid: the DEVICE object's ID
 */
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
	__aligned_u64 token_uuid_ptr;
};
#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#endif
#ifndef VFIO_DEVICE_BIND_FLAG_TOKEN
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1 << 0)
#endif

#ifndef VFIO_DEVICE_ATTACH_IOMMUFD_PT
/* pt_id: in: IOAS or HWPT; out: the HWPT.  pasid: with _PASID */
struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
	__u32 pasid;
};
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)

struct vfio_device_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pasid;
};
#define VFIO_DEVICE_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)
#endif
#ifndef VFIO_DEVICE_ATTACH_PASID
#define VFIO_DEVICE_ATTACH_PASID (1 << 0)
#define VFIO_DEVICE_DETACH_PASID (1 << 0)
#endif

#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
/* Of hot reset info: group_id is the object ID of a bound device. */
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID (1 << 0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED (1 << 1)
/* ... or one of these: in a group of a device bound to the same; not. */
#define VFIO_PCI_DEVID_OWNED 0
#define VFIO_PCI_DEVID_NOT_OWNED -1
#endif

#endif
