// SPDX-License-Identifier: MIT
/* Mock devices: made by tests, on a bus of their own. */
#include "mock.h"

#include <linux/slab.h>

/* PASID bits of all devices; a device without PASIDs has a property of 0. */
static const struct property_entry pasid_wide[] = {
	PROPERTY_ENTRY_U32("pasid-num-bits", MOCK_PASID_WIDTH),
	{}
};

static const struct property_entry pasid_none[] = {
	PROPERTY_ENTRY_U32("pasid-num-bits", 0),
	{}
};

const struct bus_type mock_bus_type = {
	.name = "iommufd_mock",
};

static void mock_dev_release(struct device *dev)
{
	struct mock_dev *mdev = to_mock_dev(dev);

	if (mdev->number >= 0)
		ida_free(&mdev->iommu->numbers, mdev->number);
	kfree(mdev);
}

static int name_device(struct mock_dev *mdev, const char *name)
{
	int rc;

	if (name)
		return dev_set_name(&mdev->dev, "%s", name);
	/* The lowest free one: names never collide. */
	rc = ida_alloc(&mdev->iommu->numbers, GFP_KERNEL);
	if (rc < 0)
		return rc;
	mdev->number = rc;
	return dev_set_name(&mdev->dev, "iommufd_mock%d", rc);
}

static int describe_device(struct mock_dev *mdev)
{
	bool pasid = mdev->flags & MOCK_FLAGS_DEVICE_PASID;

	return device_create_managed_software_node(
		&mdev->dev, pasid ? pasid_wide : pasid_none, NULL);
}

struct device *mock_dev_add(struct iommu_device *iommu, const char *name,
			    unsigned long flags)
{
	const unsigned long known = MOCK_FLAGS_DEVICE_NO_DIRTY |
				    MOCK_FLAGS_DEVICE_PASID;
	struct mock_dev *mdev;
	unsigned int i;
	int rc;

	if (flags & ~known)
		return ERR_PTR(-EINVAL);
	mdev = kzalloc_obj(*mdev);
	if (!mdev)
		return ERR_PTR(-ENOMEM);
	mdev->iommu = container_of(iommu, struct mock_iommu, iommu_dev);
	mdev->flags = flags;
	mdev->number = -1;
	init_rwsem(&mdev->viommu_rwsem);
	for (i = 0; i < MOCK_DEV_CACHE_NUM; i++)
		mdev->cache[i] = IOMMU_TEST_DEV_CACHE_DEFAULT;
	device_initialize(&mdev->dev);
	mdev->dev.release = mock_dev_release;
	mdev->dev.bus = &mock_bus_type;
	rc = name_device(mdev, name);
	if (!rc)
		rc = describe_device(mdev);
	if (!rc)
		rc = iommu_mock_device_add(&mdev->dev, iommu);
	if (!rc)
		return &mdev->dev;
	put_device(&mdev->dev);
	return ERR_PTR(rc);
}

void mock_dev_del(struct device *dev)
{
	device_unregister(dev);
}

bool mock_is_mock_device(struct device *dev)
{
	return dev->release == mock_dev_release;
}

bool mock_is_anonymous(struct device *dev)
{
	return to_mock_dev(dev)->number >= 0;
}

u32 mock_dev_cache(struct device *dev, unsigned int index)
{
	return to_mock_dev(dev)->cache[index];
}
