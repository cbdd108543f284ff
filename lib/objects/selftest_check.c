// SPDX-License-Identifier: MIT
/* The test command: what page tables and pages are like. */
#include "objects/selftest.h"

#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uik/pin.h>
#include <uik/task.h>

#include "objects/pages.h"

/* Bits of one DIRTY call. */
#define DIRTY_BITS_MAX (1ull << 27)

/* The page table that @id names, of the mock, to be put. */
static struct iommufd_hwpt_paging *
get_mock_paging(struct iommufd_ucmd *ucmd, u32 id,
		const struct iommufd_mock_ops **mock)
{
	struct iommufd_hwpt_paging *hwpt =
		iommufd_get_hwpt_paging(ucmd->ictx, id);

	if (IS_ERR(hwpt))
		return hwpt;
	*mock = selftest_mock();
	if (*mock && (*mock)->is_mock_paging(hwpt->common.domain))
		return hwpt;
	iommufd_put_object(ucmd->ictx, &hwpt->common.obj);
	return ERR_PTR(-EINVAL);
}

/* ---- mappings ---- */

/* Whether physical address @phys shows the memory at user address @va. */
static int check_address(phys_addr_t phys, unsigned long va)
{
	struct mm_struct *mm = current->mm;

	/* Read: memory that nobody has touched yet gets its page. */
	if (uik_pin_user(mm, PAGE_ALIGN_DOWN(va), 1, false))
		return -EFAULT;
	if (!phys || offset_in_page(phys) != offset_in_page(va) ||
	    !uik_page_same(PHYS_PFN(phys), uik_user_pfn(mm, va)))
		return -EINVAL;
	return 0;
}

static int check_map(struct iommu_domain *domain, u64 iova, u64 length,
		     u64 uptr)
{
	u64 page = domain->pgsize_bitmap & -domain->pgsize_bitmap;
	u64 end, done;
	int rc;

	if ((iova | length | uptr) % page ||
	    check_add_overflow(uptr, length, &end))
		return -EINVAL;
	for (done = 0; done < length; done += page) {
		rc = check_address(iommu_iova_to_phys(domain, iova + done),
				   uptr + done);
		if (rc)
			return rc;
	}
	return 0;
}

int selftest_check_map(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	const struct iommufd_mock_ops *mock;
	struct iommufd_hwpt_paging *hwpt;
	int rc;

	hwpt = get_mock_paging(ucmd, cmd->id, &mock);
	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = check_map(hwpt->common.domain, cmd->check_map.iova,
		       cmd->check_map.length, cmd->check_map.uptr);
	iommufd_put_object(ucmd->ictx, &hwpt->common.obj);
	return rc;
}

/* ---- pins ---- */

int selftest_check_refs(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	u64 uptr = cmd->check_refs.uptr, length = cmd->check_refs.length;
	struct uik_page_memo memo = { 0 };
	u64 end, done;
	bool present;

	if ((uptr | length) % PAGE_SIZE ||
	    check_add_overflow(uptr, length, &end))
		return -EINVAL;
	/* All at once is quick; page by page says where it ends. */
	present = !uik_pin_user(current->mm, uptr, length >> PAGE_SHIFT, false);
	for (done = 0; done < length; done += PAGE_SIZE) {
		if (!present && uik_pin_user(current->mm, uptr + done, 1, false))
			return -EFAULT;
		if (pages_pin_count_with(&memo, uptr + done) !=
			    cmd->check_refs.refs &&
		    !uik_huge_covers(uptr + done))
			return -EIO;
	}
	return 0;
}

/* ---- the guest's own tables ---- */

int selftest_check_iotlb(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	const struct iommufd_mock_ops *mock = selftest_mock();
	struct iommufd_hwpt_nested *hwpt;
	struct iommufd_object *obj;
	int rc = -EINVAL;

	obj = iommufd_get_object(ucmd->ictx, cmd->id, IOMMUFD_OBJ_HWPT_NESTED);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	hwpt = container_of(obj, struct iommufd_hwpt_nested, common.obj);
	if (mock && mock->is_mock_nested(hwpt->common.domain) &&
	    cmd->check_iotlb.id <= MOCK_NESTED_DOMAIN_IOTLB_ID_MAX &&
	    mock->iotlb(hwpt->common.domain, cmd->check_iotlb.id) ==
		    cmd->check_iotlb.iotlb)
		rc = 0;
	iommufd_put_object(ucmd->ictx, obj);
	return rc;
}

/* ---- dirty entries ---- */

/* @bits bits of user memory as whole words; ERR_PTR. */
static unsigned long *fetch_bits(u64 uptr, u64 bits)
{
	u64 words = DIV_ROUND_UP(bits, BITS_PER_LONG);
	unsigned long *map = kvzalloc(words * sizeof(*map),
				      GFP_KERNEL_ACCOUNT);

	if (!map)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(map, u64_to_user_ptr(uptr), DIV_ROUND_UP(bits, 8)))
		return map;
	kvfree(map);
	return ERR_PTR(-EFAULT);
}

/* What cannot be marked counts too. */
static u64 mark_dirty(const struct iommufd_mock_ops *mock,
		      struct iommu_domain *domain,
		      const struct iommu_test_cmd *cmd,
		      const unsigned long *map, u64 bits)
{
	u64 marked = 0, i;

	for (i = find_first_bit(map, bits); i < bits;
	     i = find_next_bit(map, bits, i + 1)) {
		mock->set_dirty(domain,
				cmd->dirty.iova + i * cmd->dirty.page_size);
		marked++;
	}
	return marked;
}

static int dirty_domain(struct iommufd_ucmd *ucmd,
			const struct iommufd_mock_ops *mock,
			struct iommu_domain *domain, u64 bits)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	unsigned long *map;

	if (!mock->dirty_tracking(domain))
		return -EINVAL;
	map = fetch_bits(cmd->dirty.uptr, bits);
	if (IS_ERR(map))
		return PTR_ERR(map);
	cmd->dirty.out_nr_dirty = mark_dirty(mock, domain, cmd, map, bits);
	kvfree(map);
	return selftest_respond(ucmd);
}

int selftest_dirty(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	u64 page_size = cmd->dirty.page_size;
	const struct iommufd_mock_ops *mock;
	struct iommufd_hwpt_paging *hwpt;
	u64 bits;
	int rc;

	if (!page_size || !cmd->dirty.length || cmd->dirty.iova % page_size ||
	    cmd->dirty.length % page_size || !cmd->dirty.uptr)
		return -EINVAL;
	bits = cmd->dirty.length / page_size;
	if (bits > DIRTY_BITS_MAX)
		return -EOVERFLOW;
	hwpt = get_mock_paging(ucmd, cmd->id, &mock);
	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = dirty_domain(ucmd, mock, hwpt->common.domain, bits);
	iommufd_put_object(ucmd->ictx, &hwpt->common.obj);
	return rc;
}
