// SPDX-License-Identifier: MIT
/* The test command: its table, and operations on nothing but an IOAS. */
#include "objects/selftest.h"

#include <linux/array_size.h>
#include <linux/overflow.h>

#include "objects/ioas.h"

static int add_reserved(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	u64 start = cmd->add_reserved.start;
	u64 length = cmd->add_reserved.length;
	struct iommufd_ioas *ioas;
	u64 last;
	int rc;

	if (!length)
		return -EINVAL;
	if (check_add_overflow(start, length - 1, &last))
		return -EOVERFLOW;
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iopt_reserve(&ioas->iopt, start, last, NULL);
	iommufd_put_ioas(ucmd->ictx, ioas);
	return rc;
}

static int set_memory_limit(struct iommufd_ucmd *ucmd)
{
	return pages_set_memory_limit(selftest_cmd(ucmd)->memory_limit.limit);
}

static int (*const operations[])(struct iommufd_ucmd *ucmd) = {
	[IOMMU_TEST_OP_ADD_RESERVED] = add_reserved,
	[IOMMU_TEST_OP_MOCK_DOMAIN] = selftest_mock_domain,
	[IOMMU_TEST_OP_MD_CHECK_MAP] = selftest_check_map,
	[IOMMU_TEST_OP_MD_CHECK_REFS] = selftest_check_refs,
	[IOMMU_TEST_OP_CREATE_ACCESS] = selftest_create_access,
	[IOMMU_TEST_OP_DESTROY_ACCESS_PAGES] = selftest_destroy_access_pages,
	[IOMMU_TEST_OP_ACCESS_PAGES] = selftest_access_pages,
	[IOMMU_TEST_OP_ACCESS_RW] = selftest_access_rw,
	[IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT] = set_memory_limit,
	[IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE] = selftest_mock_domain_replace,
	[IOMMU_TEST_OP_ACCESS_REPLACE_IOAS] = selftest_access_replace_ioas,
	[IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS] = selftest_mock_domain_flags,
	[IOMMU_TEST_OP_DIRTY] = selftest_dirty,
	[IOMMU_TEST_OP_MD_CHECK_IOTLB] = selftest_check_iotlb,
	[IOMMU_TEST_OP_TRIGGER_IOPF] = selftest_trigger_iopf,
	[IOMMU_TEST_OP_DEV_CHECK_CACHE] = selftest_check_dev_cache,
	[IOMMU_TEST_OP_TRIGGER_VEVENT] = selftest_trigger_vevent,
	[IOMMU_TEST_OP_PASID_ATTACH] = selftest_pasid_attach,
	[IOMMU_TEST_OP_PASID_REPLACE] = selftest_pasid_replace,
	[IOMMU_TEST_OP_PASID_DETACH] = selftest_pasid_detach,
	[IOMMU_TEST_OP_PASID_CHECK_HWPT] = selftest_pasid_check,
	[IOMMU_TEST_OP_DMABUF_GET] = selftest_dmabuf_get,
	[IOMMU_TEST_OP_DMABUF_REVOKE] = selftest_dmabuf_revoke,
};

int iommufd_test(struct iommufd_ucmd *ucmd)
{
	u32 op = selftest_cmd(ucmd)->op;

	if (op >= ARRAY_SIZE(operations) || !operations[op])
		return -EOPNOTSUPP;
	return operations[op](ucmd);
}
