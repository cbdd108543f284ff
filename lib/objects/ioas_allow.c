// SPDX-License-Identifier: MIT
/*
 * IOMMU_IOAS_ALLOW_IOVAS: a list of ranges from user space, checked one by one
 * in its order, then put in order.
 *
 * Facts: spec/40 section 8.
 */
#include <linux/err.h>
#include <linux/interval_tree.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "objects/ioas.h"
#include "objects/objects.h"

static int read_range(struct rb_root_cached *tree,
		      const struct iommu_iova_range __user *from)
{
	struct interval_tree_node *node;
	struct iommu_iova_range range;

	if (copy_from_user(&range, from, sizeof(range)))
		return -EFAULT;
	if (range.start >= range.last)
		return -EINVAL;
	if (interval_tree_iter_first(tree, range.start, range.last))
		return -EINVAL;
	node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);
	if (!node)
		return -ENOMEM;
	node->start = range.start;
	node->last = range.last;
	interval_tree_insert(node, tree);
	return 0;
}

static int read_ranges(struct rb_root_cached *tree,
		       const struct iommu_iova_range __user *from, u32 count)
{
	int ret = 0;

	for (u32 i = 0; i < count && !ret; i++)
		ret = read_range(tree, user_at(from, i * sizeof(*from)));
	return ret;
}

/* Moves the tree into an array; @count > 0. */
static int make_list(struct rb_root_cached *tree, u32 count,
		     struct iopt_allowed *allowed)
{
	struct interval_tree_node *node;

	allowed->list = kvmalloc_array(count, sizeof(*allowed->list),
				       GFP_KERNEL_ACCOUNT);
	if (!allowed->list)
		return -ENOMEM;
	for (node = interval_tree_iter_first(tree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		allowed->list[allowed->count++] =
			(struct iopt_range){ node->start, node->last };
	return 0;
}

static void free_tree(struct rb_root_cached *tree)
{
	struct interval_tree_node *node, *next;

	rbtree_postorder_for_each_entry_safe(node, next, &tree->rb_root, rb)
		kfree(node);
}

static int allow(struct iopt *iopt, const struct iommu_ioas_allow_iovas *cmd)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct iopt_allowed allowed = { NULL, 0 };
	int ret;

	ret = read_ranges(&tree, u64_to_user_ptr(cmd->allowed_iovas),
			  cmd->num_iovas);
	if (!ret && cmd->num_iovas)
		ret = make_list(&tree, cmd->num_iovas, &allowed);
	free_tree(&tree);
	if (!ret)
		ret = iopt_set_allowed(iopt, &allowed);
	if (ret)
		kvfree(allowed.list);
	return ret;
}

int iommufd_ioas_allow_iovas(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_allow_iovas *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	int ret;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = allow(&ioas->iopt, cmd);
	iommufd_put_ioas(ucmd->ictx, ioas);
	return ret;
}
