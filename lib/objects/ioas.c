// SPDX-License-Identifier: MIT
/*
 * IOAS: the commands of the user.
 *
 * Facts: spec/40 sections 6 to 9, 13, 14, 16, 17.
 */
#include "objects/ioas.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "objects/objects.h"

#define MAP_FLAGS (IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE | \
		   IOMMU_IOAS_MAP_READABLE)
#define MAP_ACCESS (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)
/* Of COPY, for fuzzers: src_iova is to be read by iopt_syz_iova(). */
#define COPY_SYZ 0x10000u

/* ---- life ---- */

struct iommufd_ioas *iommufd_ioas_new(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas;

	ioas = iommufd_object_alloc(ictx, ioas, IOMMUFD_OBJ_IOAS);
	if (IS_ERR(ioas))
		return ioas;
	iopt_init(&ioas->iopt, &ictx->ioas_creation_lock);
	mutex_init(&ioas->mutex);
	INIT_LIST_HEAD(&ioas->hwpt_list);
	return ioas;
}

int iommufd_ioas_publish(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
			 int result)
{
	/* A change of process must see all or none of what the IOAS has. */
	down_read(&ictx->ioas_creation_lock);
	result = iommufd_object_finish(ictx, &ioas->obj, result);
	up_read(&ictx->ioas_creation_lock);
	return result;
}

void iommufd_ioas_destroy(struct iommufd_object *obj)
{
	struct iommufd_ioas *ioas = container_of(obj, struct iommufd_ioas, obj);

	/* No points: whoever ends an object is alone with it. */
	WARN_ON(READ_ONCE_NOCHECK(ioas->hwpt_list.next) != &ioas->hwpt_list);
	iopt_fini(&ioas->iopt);
	mutex_destroy(&ioas->mutex);
}

int iommufd_ioas_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_alloc *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;

	if (cmd->flags)
		return -EOPNOTSUPP;
	ioas = iommufd_ioas_new(ucmd->ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	cmd->out_ioas_id = ioas->obj.id;
	return iommufd_ioas_publish(ucmd->ictx, ioas,
				    iommufd_ucmd_respond(ucmd, sizeof(*cmd)));
}

/* Answers, when the command went well, and lets go of its IOAS. */
static int finish(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
		  int ret, size_t cmd_bytes)
{
	if (!ret)
		return iommufd_ucmd_respond_put(ucmd, cmd_bytes, &ioas->obj);
	iommufd_put_ioas(ucmd->ictx, ioas);
	return ret;
}

/* ---- ranges ---- */

static int list_ranges(const struct iopt *iopt,
		       struct iommu_iova_range __user *to, u32 room,
		       u32 *out_count)
{
	struct iopt_range range;
	unsigned int at = 0;
	u32 count = 0;

	while (iopt_unreserved_next(iopt, &at, &range)) {
		struct iommu_iova_range one = { range.first, range.last };

		if (count < room &&
		    copy_to_user(user_at(to, count * sizeof(one)), &one,
				 sizeof(one)))
			return -EFAULT;
		count++;
	}
	*out_count = count;
	return 0;
}

int iommufd_ioas_iova_ranges(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_iova_ranges *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	u32 room = cmd->num_iovas;
	int ret;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	iopt_lock_read(&ioas->iopt);
	ret = list_ranges(&ioas->iopt, u64_to_user_ptr(cmd->allowed_iovas),
			  room, &cmd->num_iovas);
	cmd->out_iova_alignment = ioas->iopt.alignment;
	iopt_unlock_read(&ioas->iopt);
	if (!ret)
		ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	if (!ret && cmd->num_iovas > room)
		ret = -EMSGSIZE;
	iommufd_put_ioas(ucmd->ictx, ioas);
	return ret;
}

/* ---- mapping ---- */

/* Of the commands that map; their ranges are checked where they are used. */
static int check_map(u32 flags, u64 iova, u64 length)
{
	if (iova >= ULONG_MAX || length >= ULONG_MAX)
		return -EOVERFLOW;
	return flags & MAP_ACCESS ? 0 : -EINVAL;
}

int iommufd_ioas_map(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_map *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	unsigned long iova = cmd->iova;
	int ret;

	if ((cmd->flags & ~MAP_FLAGS) || cmd->__reserved)
		return -EOPNOTSUPP;
	ret = check_map(cmd->flags, cmd->iova, cmd->length);
	if (ret)
		return ret;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = iopt_map_user(ucmd->ictx, &ioas->iopt, cmd->user_va, cmd->length,
			    iommufd_map_prot(cmd->flags),
			    cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA, &iova);
	if (!ret)
		cmd->iova = iova;
	return finish(ucmd, ioas, ret, sizeof(*cmd));
}

int iommufd_ioas_map_file(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_map_file *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	unsigned long iova = cmd->iova;
	int ret;

	if (cmd->flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	ret = check_map(cmd->flags, cmd->iova, cmd->length);
	if (ret)
		return ret;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = iopt_map_file(ucmd->ictx, &ioas->iopt, cmd->fd, cmd->start,
			    cmd->length, iommufd_map_prot(cmd->flags),
			    cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA, &iova);
	if (!ret)
		cmd->iova = iova;
	return finish(ucmd, ioas, ret, sizeof(*cmd));
}

static void resolve_syz(struct iommufd_ctx *ictx, struct iommu_ioas_copy *cmd)
{
	struct iommufd_ioas *ioas;

	if (!(cmd->flags & COPY_SYZ))
		return;
	ioas = iommufd_get_ioas(ictx, cmd->src_ioas_id);
	if (IS_ERR(ioas))
		return;
	cmd->src_iova = iopt_syz_iova(&ioas->iopt, cmd->src_iova);
	cmd->flags &= ~COPY_SYZ;
	iommufd_put_ioas(ictx, ioas);
}

static int get_source(struct iommufd_ctx *ictx,
		      const struct iommu_ioas_copy *cmd,
		      struct iopt_piece **pieces, unsigned int *count)
{
	struct iommufd_ioas *ioas = iommufd_get_ioas(ictx, cmd->src_ioas_id);
	int ret;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = iopt_get_pieces(&ioas->iopt, cmd->src_iova, cmd->length, pieces,
			      count);
	iommufd_put_ioas(ictx, ioas);
	return ret;
}

static int copy_to(struct iommufd_ucmd *ucmd, const struct iopt_piece *pieces,
		   unsigned int count)
{
	struct iommu_ioas_copy *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	unsigned long iova = cmd->dst_iova;
	int ret;

	ioas = iommufd_get_ioas(ucmd->ictx, cmd->dst_ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = iopt_map_pieces(&ioas->iopt, pieces, count, cmd->length,
			      iommufd_map_prot(cmd->flags),
			      cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA, &iova);
	if (!ret)
		cmd->dst_iova = iova;
	return finish(ucmd, ioas, ret, sizeof(*cmd));
}

int iommufd_ioas_copy(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_copy *cmd = ucmd->cmd;
	struct iopt_piece *pieces;
	unsigned int count;
	int ret;

	resolve_syz(ucmd->ictx, cmd);
	if (cmd->flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (cmd->length >= ULONG_MAX || cmd->src_iova >= ULONG_MAX ||
	    cmd->dst_iova >= ULONG_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & MAP_ACCESS))
		return -EINVAL;
	ret = get_source(ucmd->ictx, cmd, &pieces, &count);
	if (ret)
		return ret;
	ret = copy_to(ucmd, pieces, count);
	iopt_put_pieces(pieces, count);
	return ret;
}

/* ---- unmapping ---- */

static int unmap_checked(struct iopt *iopt, struct iommu_ioas_unmap *cmd)
{
	unsigned long last = ULONG_MAX, end, bytes;
	bool all = false;
	int ret;

	/* None of the cases below, which all are at either end. */
	if (likely(cmd->length && cmd->iova &&
		   !__builtin_add_overflow(cmd->iova, cmd->length, &end) &&
		   end < ULONG_MAX)) {
		last = end - 1;
	} else if (!(all = !cmd->iova && cmd->length == ULONG_MAX)) {
		if (cmd->iova >= ULONG_MAX || cmd->length >= ULONG_MAX)
			return -EOVERFLOW;
		if (!cmd->length)
			return -EINVAL;
		if (__builtin_add_overflow(cmd->iova, cmd->length - 1, &last))
			return -EOVERFLOW;
	}
	ret = iopt_unmap(iopt, cmd->iova, last, &bytes);
	if (ret)
		return ret;
	if (!all && !bytes)
		return -ENOENT;
	cmd->length = bytes;
	return 0;
}

int iommufd_ioas_unmap(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_unmap *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;

	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	return finish(ucmd, ioas, unmap_checked(&ioas->iopt, cmd),
		      sizeof(*cmd));
}

/* ---- options ---- */

static int set_huge(struct iopt *iopt, u64 value)
{
	if (value > 1)
		return -EINVAL;
	return iopt_set_large_pages(iopt, value);
}

static u64 get_huge(struct iopt *iopt)
{
	bool disabled;

	iopt_lock_read(iopt);
	disabled = iopt->disable_large_pages;
	iopt_unlock_read(iopt);
	return !disabled;
}

int iommufd_ioas_option_huge(struct iommufd_ctx *ictx,
			     struct iommu_option *cmd)
{
	struct iommufd_ioas *ioas = iommufd_get_ioas(ictx, cmd->object_id);
	int ret = 0;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (cmd->op == IOMMU_OPTION_OP_GET)
		cmd->val64 = get_huge(&ioas->iopt);
	else if (cmd->op == IOMMU_OPTION_OP_SET)
		ret = set_huge(&ioas->iopt, cmd->val64);
	else
		ret = -EOPNOTSUPP;
	iommufd_put_ioas(ictx, ioas);
	return ret;
}

/* ---- physical addresses for devices without IOMMU ---- */

/* Bytes in a row from byte @byte of the area's pages, at most @most. */
static unsigned long contiguous(const struct iopt_area *area,
				unsigned long byte, unsigned long most)
{
	unsigned long offset = byte % PAGE_SIZE;
	unsigned long npages = (offset + most - 1) / PAGE_SIZE + 1;

	npages = pages_run(area->pages, byte / PAGE_SIZE, npages);
	return min(npages * PAGE_SIZE - offset, most);
}

static int get_pa(struct iopt *iopt, struct iommu_ioas_noiommu_get_pa *cmd)
{
	struct iopt_area *area = iopt_area_at(iopt, cmd->iova);
	unsigned long byte, left;

	if (!area)
		return -ENOENT;
	if (area->pages->kind == PAGES_DMABUF && READ_ONCE(area->pages->revoked))
		return -EINVAL;
	if (!iopt->domain_count ||
	    iopt->domains[0]->owner != &iommufd_noiommu_ops)
		return -EOPNOTSUPP;
	byte = iopt_area_byte(area, cmd->iova);
	left = area->last - cmd->iova + 1;
	cmd->out_phys = PFN_PHYS(pages_pfn(area->pages, byte / PAGE_SIZE)) +
			byte % PAGE_SIZE;
	cmd->length = contiguous(area, byte,
				 min((unsigned long)cmd->length, left));
	return 0;
}

int iommufd_ioas_noiommu_get_pa(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_noiommu_get_pa *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	int ret;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (cmd->iova >= ULONG_MAX)
		return -EOVERFLOW;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	iopt_lock_read(&ioas->iopt);
	ret = get_pa(&ioas->iopt, cmd);
	iopt_unlock_read(&ioas->iopt);
	if (!ret)
		ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	iommufd_put_ioas(ucmd->ictx, ioas);
	return ret;
}
