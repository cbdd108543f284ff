// SPDX-License-Identifier: MIT
/*
 * VFIO container commands, served by one IOAS of the context.
 *
 * Which one is ictx->vfio_ioas, a mere association under the objects' lock:
 * it keeps nothing alive and ends with the IOAS.
 *
 * Facts: spec/50.
 */
#include "objects/vfio_compat.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/uaccess.h>

#include "objects/ioas.h"
#include "objects/objects.h"

/* ---- the compatibility IOAS ---- */

struct iommufd_ioas *vfio_compat_get_ioas(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas;

	iommufd_objects_lock(ictx);
	ioas = ictx->vfio_ioas;
	if (!ioas || !iommufd_object_lock(&ioas->obj))
		ioas = ERR_PTR(-ENODEV);
	iommufd_objects_unlock(ictx);
	return ioas;
}

static void set_ioas(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas)
{
	iommufd_objects_lock(ictx);
	ictx->vfio_ioas = ioas;
	iommufd_objects_unlock(ictx);
}

int iommufd_vfio_compat_ioas_get_id(struct iommufd_ctx *ictx, u32 *out_ioas_id)
{
	struct iommufd_ioas *ioas = vfio_compat_get_ioas(ictx);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	*out_ioas_id = ioas->obj.id;
	iommufd_put_ioas(ictx, ioas);
	return 0;
}

/* Whether a fresh IOAS is wanted: 1 yes, it is set; 0 there is one. */
static int offer_ioas(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas)
{
	int ret = 1;

	iommufd_objects_lock(ictx);
	if (ictx->no_iommu_mode)
		ret = -EINVAL;
	else if (ictx->vfio_ioas)
		ret = 0;
	else
		ictx->vfio_ioas = ioas;
	iommufd_objects_unlock(ictx);
	return ret;
}

int iommufd_vfio_compat_ioas_create(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas = iommufd_ioas_new(ictx);
	int ret;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = offer_ioas(ictx, ioas);
	if (ret == 1)
		return iommufd_ioas_publish(ictx, ioas, 0);
	iommufd_object_abort_and_destroy(ictx, &ioas->obj);
	return ret;
}

int iommufd_vfio_compat_set_no_iommu(struct iommufd_ctx *ictx)
{
	int ret = 0;

	iommufd_objects_lock(ictx);
	if (ictx->vfio_ioas)
		ret = -EINVAL;
	else
		ictx->no_iommu_mode = true;
	iommufd_objects_unlock(ictx);
	return ret;
}

static bool in_no_iommu_mode(struct iommufd_ctx *ictx)
{
	bool mode;

	iommufd_objects_lock(ictx);
	mode = ictx->no_iommu_mode;
	iommufd_objects_unlock(ictx);
	return mode;
}

static int vfio_ioas_get(struct iommufd_ucmd *ucmd)
{
	struct iommu_vfio_ioas *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas = vfio_compat_get_ioas(ucmd->ictx);
	int ret;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	cmd->ioas_id = ioas->obj.id;
	ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	iommufd_put_ioas(ucmd->ictx, ioas);
	return ret;
}

static int vfio_ioas_set(struct iommufd_ucmd *ucmd)
{
	struct iommu_vfio_ioas *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	set_ioas(ucmd->ictx, ioas);
	iommufd_put_ioas(ucmd->ictx, ioas);
	return 0;
}

int iommufd_vfio_ioas(struct iommufd_ucmd *ucmd)
{
	struct iommu_vfio_ioas *cmd = ucmd->cmd;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->op) {
	case IOMMU_VFIO_IOAS_GET:
		return vfio_ioas_get(ucmd);
	case IOMMU_VFIO_IOAS_SET:
		return vfio_ioas_set(ucmd);
	case IOMMU_VFIO_IOAS_CLEAR:
		set_ioas(ucmd->ictx, NULL);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- what is supported ---- */

/* Whether DMA is coherent whatever devices ask for. */
static int all_coherent(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas = vfio_compat_get_ioas(ictx);
	struct iommufd_hwpt_paging *hwpt;
	int coherent = 1;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	mutex_lock(&ioas->mutex);
	list_for_each_entry(hwpt, &ioas->hwpt_list, hwpt_item)
		if (!hwpt->enforce_cache_coherency)
			coherent = 0;
	mutex_unlock(&ioas->mutex);
	iommufd_put_ioas(ictx, ioas);
	return coherent;
}

static int check_extension(struct iommufd_ctx *ictx, unsigned long extension)
{
	switch (extension) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return !in_no_iommu_mode(ictx);
	case VFIO_NOIOMMU_IOMMU:
		return 1;
	case VFIO_DMA_CC_IOMMU:
		return all_coherent(ictx);
	default:
		return 0;
	}
}

static int set_iommu(struct iommufd_ctx *ictx, unsigned long type)
{
	bool no_iommu = in_no_iommu_mode(ictx);
	struct iommufd_ioas *ioas;
	int ret = 0;

	if (type == VFIO_NOIOMMU_IOMMU && no_iommu)
		return capable(CAP_SYS_RAWIO) ? 0 : -EPERM;
	if ((type != VFIO_TYPE1_IOMMU && type != VFIO_TYPE1v2_IOMMU) ||
	    no_iommu)
		return -EINVAL;
	ioas = vfio_compat_get_ioas(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	/* Type 1 may cut mappings anywhere: single pages only. */
	if (type == VFIO_TYPE1_IOMMU)
		ret = iopt_set_large_pages(&ioas->iopt, false);
	iommufd_put_ioas(ictx, ioas);
	return ret;
}

/* ---- mapping ---- */

static int map_dma(struct iommufd_ctx *ictx, void __user *arg)
{
	struct vfio_iommu_type1_dma_map map;
	struct iommufd_ioas *ioas;
	int prot = IOMMU_CACHE;
	unsigned long iova;
	int ret;

	if (copy_from_user(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.argsz < sizeof(map) ||
	    (map.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)))
		return -EINVAL;
	if (map.flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (map.flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	ioas = vfio_compat_get_ioas(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	iova = map.iova;
	ret = iopt_map_user(ictx, &ioas->iopt, map.vaddr, map.size, prot, true,
			    &iova);
	iommufd_put_ioas(ictx, ioas);
	return ret;
}

static bool single_pages(struct iopt *iopt)
{
	bool single;

	iopt_lock_read(iopt);
	single = iopt->disable_large_pages;
	iopt_unlock_read(iopt);
	return single;
}

/* Makes the edges of the range edges of areas; modulo 2^64. */
static int cut_edges(struct iopt *iopt,
		     const struct vfio_iommu_type1_dma_unmap *unmap)
{
	int ret;

	if (!single_pages(iopt))
		return 0;
	ret = iopt_cut(iopt, unmap->iova + unmap->size - 1);
	if (!ret && unmap->iova)
		ret = iopt_cut(iopt, unmap->iova - 1);
	return ret;
}

static int unmap_range(struct iopt *iopt,
		       const struct vfio_iommu_type1_dma_unmap *unmap,
		       unsigned long *out_bytes)
{
	unsigned long last;

	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL)
		return iopt_unmap(iopt, 0, ULONG_MAX, out_bytes);
	if (!unmap->size)
		return -EINVAL;
	if (__builtin_add_overflow(unmap->iova, unmap->size - 1, &last))
		return -EOVERFLOW;
	return iopt_unmap(iopt, unmap->iova, last, out_bytes);
}

static int unmap_prepare(struct iopt *iopt,
			 const struct vfio_iommu_type1_dma_unmap *unmap)
{
	if (!(unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL))
		return cut_edges(iopt, unmap);
	return unmap->iova || unmap->size ? -EINVAL : 0;
}

static int unmap_dma(struct iommufd_ctx *ictx, void __user *arg)
{
	struct vfio_iommu_type1_dma_unmap unmap;
	struct iommufd_ioas *ioas;
	unsigned long bytes = 0;
	int ret;

	if (copy_from_user(&unmap, arg, sizeof(unmap)))
		return -EFAULT;
	if (unmap.argsz < sizeof(unmap) ||
	    (unmap.flags & ~VFIO_DMA_UNMAP_FLAG_ALL))
		return -EINVAL;
	ioas = vfio_compat_get_ioas(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = unmap_prepare(&ioas->iopt, &unmap);
	if (ret)
		goto put;
	ret = unmap_range(&ioas->iopt, &unmap, &bytes);
	/* Written also when it failed: the caller learns what is gone. */
	unmap.size = bytes;
	if (copy_to_user(arg, &unmap, sizeof(unmap)))
		ret = -EFAULT;
put:
	iommufd_put_ioas(ictx, ioas);
	return ret;
}

long iommufd_vfio_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
			unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return check_extension(ictx, arg);
	case VFIO_SET_IOMMU:
		return set_iommu(ictx, arg);
	case VFIO_IOMMU_GET_INFO:
		return vfio_iommu_get_info(ictx, uarg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(ictx, uarg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(ictx, uarg);
	default:
		return -ENOTTY;
	}
}
