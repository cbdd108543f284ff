/* SPDX-License-Identifier: MIT */
/* The platform bus: devices made by hand, drivers found by name. */
#include <linux/platform_device.h>

#include <string.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "kit/machine.h"

static const struct platform_device_id *
id_lookup(const struct platform_driver *drv, const struct platform_device *pdev)
{
	const struct platform_device_id *id = drv->id_table;

	for (; id && id->name[0]; id++)
		if (!strcmp(id->name, pdev->name))
			return id;
	return NULL;
}

static int platform_match(struct device *dev, const struct device_driver *base)
{
	const struct platform_driver *drv = to_platform_driver(base);
	struct platform_device *pdev = to_platform_device(dev);

	if (drv->id_table) {
		pdev->id_entry = id_lookup(drv, pdev);
		return pdev->id_entry != NULL;
	}
	return !strcmp(pdev->name, base->name);
}

static int platform_probe(struct device *dev)
{
	struct platform_driver *drv = to_platform_driver(dev->driver);

	return drv->probe ? drv->probe(to_platform_device(dev)) : 0;
}

static void platform_remove(struct device *dev)
{
	struct platform_driver *drv = to_platform_driver(dev->driver);

	if (drv->remove)
		drv->remove(to_platform_device(dev));
}

const struct bus_type uik_platform_bus_type = {
	.name = "platform",
	.match = platform_match,
	.probe = platform_probe,
	.remove = platform_remove,
};

int uik_platform_driver_register(struct platform_driver *drv,
				 struct module *owner)
{
	drv->driver.owner = owner;
	drv->driver.bus = &platform_bus_type;
	return driver_register(&drv->driver);
}

void platform_driver_unregister(struct platform_driver *drv)
{
	driver_unregister(&drv->driver);
}

static void platform_release(struct device *dev)
{
	struct platform_device *pdev = to_platform_device(dev);

	kfree(pdev->resource);
	kfree(pdev->dev.platform_data);
	kfree(pdev->name);
	kfree(pdev);
}

struct platform_device *platform_device_alloc(const char *name, int id)
{
	struct platform_device *pdev = kzalloc_obj(*pdev);

	if (!pdev)
		return NULL;
	pdev->name = kstrdup(name, GFP_KERNEL);
	if (!pdev->name) {
		kfree(pdev);
		return NULL;
	}
	pdev->id = id;
	device_initialize(&pdev->dev);
	pdev->dev.release = platform_release;
	pdev->dev.bus = &platform_bus_type;
	pdev->platform_dma_mask = ~0ull >> 16;
	pdev->dev.dma_mask = &pdev->platform_dma_mask;
	pdev->dev.coherent_dma_mask = pdev->platform_dma_mask;
	return pdev;
}

int platform_device_add_resources(struct platform_device *pdev,
				  const struct resource *res, unsigned int num)
{
	struct resource *copy = NULL;

	if (num) {
		copy = kmemdup(res, uik_array_bytes(num, sizeof(*res)),
			       GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
	}
	kfree(pdev->resource);
	pdev->resource = copy;
	pdev->num_resources = num;
	return 0;
}

int platform_device_add_data(struct platform_device *pdev, const void *data,
			     size_t size)
{
	void *copy = NULL;

	if (data) {
		copy = kmemdup(data, size, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
	}
	kfree(pdev->dev.platform_data);
	pdev->dev.platform_data = copy;
	return 0;
}

static int name_device(struct platform_device *pdev)
{
	struct device_space *space = &pdev->dev.machine->devices;

	if (pdev->id == PLATFORM_DEVID_NONE)
		return dev_set_name(&pdev->dev, "%s", pdev->name);
	if (pdev->id != PLATFORM_DEVID_AUTO)
		return dev_set_name(&pdev->dev, "%s.%d", pdev->name, pdev->id);
	pdev->id = __atomic_fetch_add(&space->last_auto_id, 1,
				      __ATOMIC_RELAXED);
	pdev->id_auto = true;
	return dev_set_name(&pdev->dev, "%s.%d.auto", pdev->name, pdev->id);
}

int platform_device_add(struct platform_device *pdev)
{
	int rc = name_device(pdev);

	return rc ? rc : device_add(&pdev->dev);
}

void platform_device_del(struct platform_device *pdev)
{
	if (pdev)
		device_del(&pdev->dev);
}

void platform_device_put(struct platform_device *pdev)
{
	if (pdev)
		put_device(&pdev->dev);
}

void platform_device_unregister(struct platform_device *pdev)
{
	platform_device_del(pdev);
	platform_device_put(pdev);
}

static int fill(struct platform_device *pdev,
		const struct platform_device_info *info)
{
	int rc;

	pdev->dev.parent = info->parent;
	pdev->dev.fwnode = info->fwnode;
	if (info->dma_mask) {
		pdev->platform_dma_mask = info->dma_mask;
		pdev->dev.coherent_dma_mask = info->dma_mask;
	}
	rc = platform_device_add_resources(pdev, info->res, info->num_res);
	if (!rc && info->data)
		rc = platform_device_add_data(pdev, info->data,
					      info->size_data);
	if (!rc && info->properties)
		rc = device_create_managed_software_node(&pdev->dev,
							 info->properties,
							 NULL);
	return rc;
}

struct platform_device *
platform_device_register_full(const struct platform_device_info *info)
{
	struct platform_device *pdev;
	int rc;

	pdev = platform_device_alloc(info->name, info->id);
	if (!pdev)
		return ERR_PTR(-ENOMEM);
	rc = fill(pdev, info);
	if (!rc)
		rc = platform_device_add(pdev);
	if (!rc)
		return pdev;
	platform_device_put(pdev);
	return ERR_PTR(rc);
}

struct resource *platform_get_resource(struct platform_device *pdev,
				       unsigned int type, unsigned int num)
{
	u32 i;

	for (i = 0; i < pdev->num_resources; i++)
		if (resource_type(&pdev->resource[i]) == type && !num--)
			return &pdev->resource[i];
	return NULL;
}

struct resource *platform_get_resource_byname(struct platform_device *pdev,
					      unsigned int type,
					      const char *name)
{
	struct resource *res;
	u32 i;

	for (i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) == type && res->name &&
		    !strcmp(res->name, name))
			return res;
	}
	return NULL;
}

static int irq_of(const struct resource *res)
{
	return res && res->start && res->start <= INT_MAX ? (int)res->start :
							     -ENXIO;
}

int platform_get_irq_optional(struct platform_device *pdev, unsigned int num)
{
	return irq_of(platform_get_resource(pdev, IORESOURCE_IRQ, num));
}

int platform_get_irq(struct platform_device *pdev, unsigned int num)
{
	int irq = platform_get_irq_optional(pdev, num);

	if (irq < 0)
		dev_err(&pdev->dev, "interrupt %u not found\n", num);
	return irq;
}

int platform_get_irq_byname_optional(struct platform_device *pdev,
				     const char *name)
{
	return irq_of(platform_get_resource_byname(pdev, IORESOURCE_IRQ, name));
}

int platform_get_irq_byname(struct platform_device *pdev, const char *name)
{
	int irq = platform_get_irq_byname_optional(pdev, name);

	if (irq < 0)
		dev_err(&pdev->dev, "interrupt %s not found\n", name);
	return irq;
}

int platform_irq_count(struct platform_device *pdev)
{
	int count = 0;

	while (platform_get_irq_optional(pdev, count) > 0)
		count++;
	return count;
}

void __iomem *devm_platform_get_and_ioremap_resource(
	struct platform_device *pdev, unsigned int index, struct resource **res)
{
	struct resource *found = platform_get_resource(pdev, IORESOURCE_MEM,
						       index);

	if (res)
		*res = found;
	return devm_ioremap_resource(&pdev->dev, found);
}

void __iomem *devm_platform_ioremap_resource(struct platform_device *pdev,
					     unsigned int index)
{
	return devm_platform_get_and_ioremap_resource(pdev, index, NULL);
}
