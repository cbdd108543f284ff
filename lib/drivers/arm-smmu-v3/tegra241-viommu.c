// SPDX-License-Identifier: MIT
/*
 * What a guest gets of the CMDQV: a VINTF as its vIOMMU, SID slots as its
 * vDEVICEs, logical VCMDQs as its hardware queues.
 *
 * The guest drives its queues through page 0 of the VINTF, which it maps.
 * Addresses of queues are in page 1, which stays here.  The hardware accepts a
 * few commands only from a guest's queue, and replaces VMID and StreamIDs.
 */
#define dev_fmt(fmt) "tegra241_cmdqv: " fmt

#include <linux/log2.h>
#include <linux/kcsan-checks.h>
#include <linux/slab.h>

#include <uapi/linux/iommufd.h>

#include "tegra241-cmdqv.h"

#define VSID_MAX FIELD_MAX(TEGRA_SID_MATCH_VSID)
#define QUEUE_MIN_BYTES 32

static struct tegra241_vintf *viommu_to_vintf(struct iommufd_viommu *viommu)
{
	return container_of(viommu, struct tegra241_vintf, vsmmu.core);
}

static struct tegra241_vcmdq *to_vcmdq(struct iommufd_hw_queue *hw_queue)
{
	return container_of(hw_queue, struct tegra241_vcmdq, core);
}

/* --- vDEVICEs: SID slots ------------------------------------------------- */

static void vdevice_destroy(struct iommufd_vdevice *vdev)
{
	struct tegra241_vdevice *tdev =
		container_of(vdev, struct tegra241_vdevice, core);
	struct tegra241_vintf *vintf = viommu_to_vintf(vdev->viommu);

	/* Never a match that has no replacement. */
	writel(0, vintf->base + TEGRA_VINTF_SID_MATCH(tdev->slot));
	writel(0, vintf->base + TEGRA_VINTF_SID_REPLACE(tdev->slot));
	ida_free(&vintf->sids, tdev->slot);
}

/*
 * Return: 0; -EINVAL virt_id has more than 20 bits; -EOPNOTSUPP not exactly
 * one stream; -ENOSPC no free slot; -ENOMEM.
 */
static int vdevice_init(struct iommufd_vdevice *vdev)
{
	struct tegra241_vdevice *tdev =
		container_of(vdev, struct tegra241_vdevice, core);
	struct tegra241_vintf *vintf = viommu_to_vintf(vdev->viommu);
	struct arm_smmu_master *master =
		dev_iommu_priv_get(iommufd_vdevice_to_device(vdev));
	int slot;

	if (vdev->virt_id > VSID_MAX)
		return -EINVAL;
	if (master->num_streams != 1)
		return -EOPNOTSUPP;
	slot = ida_alloc_max(&vintf->sids, vintf->cmdqv->num_sids - 1,
			     GFP_KERNEL);
	if (slot < 0)
		return slot;
	writel(master->streams[0].id,
	       vintf->base + TEGRA_VINTF_SID_REPLACE(slot));
	writel(FIELD_PREP(TEGRA_SID_MATCH_VSID, vdev->virt_id) |
		       TEGRA_SID_MATCH_ENABLE,
	       vintf->base + TEGRA_VINTF_SID_MATCH(slot));
	tdev->slot = slot;
	vdev->destroy = vdevice_destroy;
	return 0;
}

/* --- hardware queues: logical VCMDQs ------------------------------------- */

static size_t get_hw_queue_size(struct iommufd_viommu *viommu,
				enum iommu_hw_queue_type queue_type)
{
	if (queue_type != IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV)
		return 0;
	return HW_QUEUE_STRUCT_SIZE(struct tegra241_vcmdq, core);
}

static void hw_queue_destroy(struct iommufd_hw_queue *hw_queue)
{
	struct tegra241_vcmdq *vcmdq = to_vcmdq(hw_queue);
	struct tegra241_vintf *vintf = vcmdq->vintf;

	mutex_lock(&vintf->lvcmdq_mutex);
	tegra241_vcmdq_deinit(vcmdq);
	tegra241_vcmdq_unmap(vcmdq);
	kcsan_check_write(&vintf->lvcmdqs, sizeof(vintf->lvcmdqs));
	vintf->lvcmdqs[vcmdq->lidx] = NULL;
	if (vcmdq->prev)
		iommufd_hw_queue_undepend(vcmdq, vcmdq->prev, core);
	mutex_unlock(&vintf->lvcmdq_mutex);
}

/* Return: 0; -EEXIST the slot is taken; -EIO queues must be made in order. */
static int check_slot(const struct tegra241_vintf *vintf, u32 lidx)
{
	if (vintf->lvcmdqs[lidx])
		return -EEXIST;
	if (lidx && !vintf->lvcmdqs[lidx - 1])
		return -EIO;
	return 0;
}

/* Return: 0; -EINVAL size or place. */
static int check_memory(const struct tegra241_cmdqv *cmdqv, u64 length,
			phys_addr_t base)
{
	u32 idr1 = readl_relaxed(cmdqv->smmu.base + ARM_SMMU_IDR1);
	u64 max = 1ULL << (FIELD_GET(IDR1_CMDQS, idr1) + CMDQ_ENT_SZ_SHIFT);

	if (!is_power_of_2(length) || length < QUEUE_MIN_BYTES || length > max)
		return -EINVAL;
	if (base & ~TEGRA_VCMDQ_BASE_ADDR || base & (length - 1))
		return -EINVAL;
	return 0;
}

static int init_queue_locked(struct tegra241_vintf *vintf,
			     struct tegra241_vcmdq *vcmdq, u32 lidx,
			     phys_addr_t base)
{
	u64 length = vcmdq->core.length;
	int ret;

	lockdep_assert_held(&vintf->lvcmdq_mutex);
	kcsan_check_write(&vintf->lvcmdqs, sizeof(vintf->lvcmdqs));
	ret = check_slot(vintf, lidx);
	if (!ret)
		ret = check_memory(vintf->cmdqv, length, base);
	if (ret)
		return ret;
	if (lidx) {
		vcmdq->prev = vintf->lvcmdqs[lidx - 1];
		ret = iommufd_hw_queue_depend(vcmdq, vcmdq->prev, core);
		if (ret)
			return ret;
	}
	tegra241_vcmdq_place(vcmdq, vintf, lidx);
	vcmdq->base_value = base | ilog2(length >> CMDQ_ENT_SZ_SHIFT);
	tegra241_vcmdq_map(vcmdq);
	tegra241_vcmdq_deinit(vcmdq);
	writeq_relaxed(vcmdq->base_value, vcmdq->page1 + TEGRA_VCMDQ_BASE);
	/* The guest enables it. */
	vintf->lvcmdqs[lidx] = vcmdq;
	return 0;
}

/*
 * Return: 0; -EOPNOTSUPP type; -EINVAL index, size, place; -EEXIST, -EIO.
 * Source: CMDQV hardware 10.3.
 */
static int hw_queue_init_phys(struct iommufd_hw_queue *hw_queue, u32 lidx,
			      phys_addr_t base_addr_pa)
{
	struct tegra241_vintf *vintf = viommu_to_vintf(hw_queue->viommu);
	int ret;

	if (hw_queue->type != IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV)
		return -EOPNOTSUPP;
	if (lidx >= vintf->cmdqv->num_lvcmdqs)
		return -EINVAL;
	mutex_lock(&vintf->lvcmdq_mutex);
	ret = init_queue_locked(vintf, to_vcmdq(hw_queue), lidx, base_addr_pa);
	mutex_unlock(&vintf->lvcmdq_mutex);
	if (!ret)
		hw_queue->destroy = hw_queue_destroy;
	return ret;
}

/* --- the vIOMMU: a VINTF ------------------------------------------------- */

static void vintf_destroy(struct iommufd_viommu *viommu)
{
	struct tegra241_vintf *vintf = viommu_to_vintf(viommu);

	tegra241_vintf_withdraw(vintf);
	iommufd_viommu_destroy_mmap(viommu, vintf->mmap_offset);
	tegra241_vintf_deinit(vintf);
	ida_destroy(&vintf->sids);
	mutex_destroy(&vintf->lvcmdq_mutex);
	tegra241_vintf_teardown(vintf);
}

static struct iommufd_viommu_ops viommu_ops = {
	.destroy = vintf_destroy,
	.alloc_domain_nested = arm_vsmmu_alloc_domain_nested,
	.cache_invalidate = arm_vsmmu_cache_invalidate,
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct tegra241_vdevice, core),
	.vdevice_init = vdevice_init,
	.get_hw_queue_size = get_hw_queue_size,
	.hw_queue_init_phys = hw_queue_init_phys,
};

size_t tegra241_get_viommu_size(enum iommu_viommu_type viommu_type)
{
	if (viommu_type != IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV)
		return 0;
	return VIOMMU_STRUCT_SIZE(struct tegra241_vintf, vsmmu.core);
}

/* Lets user space map page 0 and says where.  Return: 0 or an errno. */
static int offer_page0(struct tegra241_vintf *vintf,
		       const struct iommu_user_data *user_data)
{
	struct iommufd_viommu *viommu = &vintf->vsmmu.core;
	struct iommu_viommu_tegra241_cmdqv reply = {
		.out_vintf_mmap_length = SZ_64K,
	};
	int ret;

	ret = iommufd_viommu_alloc_mmap(viommu, vintf->cmdqv->base_phys +
						TEGRA_VINTF_PAGE0(vintf->idx),
					SZ_64K, &vintf->mmap_offset);
	if (ret)
		return ret;
	reply.out_vintf_mmap_offset = vintf->mmap_offset;
	ret = iommu_copy_struct_to_user(user_data, &reply,
					IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
					out_vintf_mmap_length);
	if (ret)
		iommufd_viommu_destroy_mmap(viommu, vintf->mmap_offset);
	return ret;
}

/*
 * Return: 0; -EINVAL no or odd user data; -EFAULT; -ENOSPC no free VINTF;
 * -ETIMEDOUT; -ENOMEM.  Source: CMDQV hardware 10.1.
 */
int tegra241_vsmmu_init(struct arm_vsmmu *vsmmu,
			const struct iommu_user_data *user_data)
{
	struct tegra241_cmdqv *cmdqv =
		container_of(vsmmu->smmu, struct tegra241_cmdqv, smmu);
	struct tegra241_vintf *vintf =
		container_of(vsmmu, struct tegra241_vintf, vsmmu);
	struct iommu_viommu_tegra241_cmdqv data;
	int ret;

	if (!user_data)
		return -EINVAL;
	/* Only to learn early that the reply will fit. */
	ret = iommu_copy_struct_from_user(&data, user_data,
					  IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
					  out_vintf_mmap_length);
	if (ret)
		return ret;
	ret = tegra241_vintf_setup(cmdqv, vintf, cmdqv->num_vintfs - 1);
	if (ret)
		return ret;
	vintf->vmid = vsmmu->vmid;
	mutex_init(&vintf->lvcmdq_mutex);
	ida_init(&vintf->sids);
	ret = tegra241_vintf_init(vintf, false);
	if (ret)
		goto err_teardown;
	ret = offer_page0(vintf, user_data);
	if (ret)
		goto err_deinit;
	tegra241_vintf_publish(vintf);
	/* Last: from now on the core calls destroy. */
	vsmmu->core.ops = &viommu_ops;
	return 0;

err_deinit:
	tegra241_vintf_deinit(vintf);
err_teardown:
	ida_destroy(&vintf->sids);
	mutex_destroy(&vintf->lvcmdq_mutex);
	tegra241_vintf_teardown(vintf);
	return ret;
}
