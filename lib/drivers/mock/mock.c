// SPDX-License-Identifier: MIT
/* The mock IOMMU itself: its operations, and how it comes to a machine. */
#include "mock.h"

#include <linux/bug.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

/* --- the blocking domain: nothing gets through ---------------------------- */

static const struct iommu_domain_ops mock_blocking_ops = {
	.attach_dev = mock_domain_attach,
	.set_dev_pasid = mock_domain_set_pasid,
};

struct iommu_domain mock_blocking_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &mock_blocking_ops,
};

/* --- operations ----------------------------------------------------------- */

static void *mock_hw_info(struct device *dev, u32 *length,
			  enum iommu_hw_info_type *type)
{
	struct iommu_test_hw_info *info;

	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    (u32)*type != IOMMU_HW_INFO_TYPE_SELFTEST)
		return ERR_PTR(-EOPNOTSUPP);
	info = kzalloc_obj(*info);
	if (!info)
		return ERR_PTR(-ENOMEM);
	info->test_reg = IOMMU_HW_INFO_SELFTEST_REGVAL;
	*length = sizeof(*info);
	*type = (enum iommu_hw_info_type)IOMMU_HW_INFO_TYPE_SELFTEST;
	return info;
}

static bool mock_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return true;
	case IOMMU_CAP_DIRTY_TRACKING:
		return !(to_mock_dev(dev)->flags & MOCK_FLAGS_DEVICE_NO_DIRTY);
	default:
		return false;
	}
}

static struct iommu_device *mock_probe_device(struct device *dev)
{
	if (dev->bus != &mock_bus_type)
		return ERR_PTR(-ENODEV);
	return &to_mock_dev(dev)->iommu->iommu_dev;
}

/* Nobody waits for an answer here. */
static void mock_page_response(struct device *dev, struct iopf_fault *evt,
			       struct iommu_page_response *msg)
{
}

/*
 * The blocking domain is also what unowned devices use: without an owner a
 * mock device can reach nothing.
 */
const struct iommu_ops mock_ops = {
	.default_domain = &mock_blocking_domain,
	.blocked_domain = &mock_blocking_domain,
	.owner = THIS_MODULE,
	.hw_info = mock_hw_info,
	.domain_alloc_paging_flags = mock_domain_alloc_paging_flags,
	.domain_alloc_nested = mock_domain_alloc_nested,
	.capable = mock_capable,
	.device_group = generic_device_group,
	.probe_device = mock_probe_device,
	.page_response = mock_page_response,
	.user_pasid_table = true,
	.get_viommu_size = mock_get_viommu_size,
	.viommu_init = mock_viommu_init,
};

static const struct iommufd_mock_ops mock_hooks = {
	.device_add = mock_dev_add,
	.device_del = mock_dev_del,
	.is_mock_device = mock_is_mock_device,
	.is_anonymous = mock_is_anonymous,
	.is_mock_paging = mock_is_paging,
	.is_mock_nested = mock_is_nested,
	.set_dirty = mock_set_dirty,
	.dirty_tracking = mock_dirty_tracking,
	.iotlb = mock_nested_iotlb,
	.cache = mock_dev_cache,
	.trigger_fault = mock_trigger_fault,
	.trigger_event = mock_trigger_event,
};

/* --- coming and going ----------------------------------------------------- */

static void mock_free_queue(void *queue)
{
	iopf_queue_free(queue);
}

static void mock_unregister_bus(void *data)
{
	bus_unregister(&mock_bus_type);
}

static int mock_prepare(struct mock_iommu *mock)
{
	int rc;

	ida_init(&mock->numbers);
	mock->iopf_queue = iopf_queue_alloc("mock-iopfq");
	if (!mock->iopf_queue)
		return -ENOMEM;
	rc = devm_add_action_or_reset(mock->dev, mock_free_queue,
				      mock->iopf_queue);
	if (rc)
		return rc;
	rc = bus_register(&mock_bus_type);
	if (rc)
		return rc;
	return devm_add_action_or_reset(mock->dev, mock_unregister_bus, NULL);
}

static int mock_probe(struct platform_device *pdev)
{
	struct mock_iommu *mock;
	int rc;

	mock = devm_kzalloc(&pdev->dev, sizeof(*mock), GFP_KERNEL);
	if (!mock)
		return -ENOMEM;
	mock->dev = &pdev->dev;
	platform_set_drvdata(pdev, mock);
	rc = mock_prepare(mock);
	if (rc)
		return rc;
	mock->iommu_dev.max_pasids = 1 << MOCK_PASID_WIDTH;
	rc = iommu_device_sysfs_add(&mock->iommu_dev, &pdev->dev, NULL, "%s",
				    dev_name(&pdev->dev));
	if (rc)
		return rc;
	rc = iommu_device_register_bus(&mock->iommu_dev, &mock_ops,
				       &mock_bus_type, &mock->nb);
	if (rc)
		goto err_sysfs;
	rc = iommufd_mock_register(&mock->iommu_dev, &mock_hooks);
	if (!rc)
		return 0;
	iommu_device_unregister_bus(&mock->iommu_dev, &mock_bus_type,
				    &mock->nb);
err_sysfs:
	iommu_device_sysfs_remove(&mock->iommu_dev);
	return rc;
}

static void mock_remove(struct platform_device *pdev)
{
	struct mock_iommu *mock = platform_get_drvdata(pdev);

	iommufd_mock_unregister();
	iommu_device_unregister_bus(&mock->iommu_dev, &mock_bus_type,
				    &mock->nb);
	iommu_device_sysfs_remove(&mock->iommu_dev);
	ida_destroy(&mock->numbers);
}

static struct platform_driver mock_driver = {
	.probe = mock_probe,
	.remove = mock_remove,
	.driver.name = IOMMUFD_MOCK_DRIVER,
};
module_platform_driver(mock_driver);

MODULE_DESCRIPTION("An IOMMU for tests");
MODULE_LICENSE("MIT");
MODULE_IMPORT_NS("IOMMUFD");
