/* SPDX-License-Identifier: MIT */
/* Devices and drivers found by name. */
#ifndef UIK_LINUX_PLATFORM_DEVICE_H
#define UIK_LINUX_PLATFORM_DEVICE_H

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <uik/abi.h>

#define PLATFORM_DEVID_NONE (-1)
#define PLATFORM_DEVID_AUTO (-2)

struct platform_device {
	const char *name;	/* owned */
	int id;
	bool id_auto;
	struct device dev;
	u64 platform_dma_mask;
	u32 num_resources;
	struct resource *resource;	/* owned */
	const struct platform_device_id *id_entry;
};

struct platform_device_info {
	struct device *parent;
	struct fwnode_handle *fwnode;
	bool of_node_reused;
	const char *name;		/* copied */
	int id;
	const struct resource *res;	/* copied */
	unsigned int num_res;
	const void *data;		/* copied: platform_data */
	size_t size_data;
	u64 dma_mask;
	const struct property_entry *properties;	/* copied */
};

struct platform_driver {
	int (*probe)(struct platform_device *pdev);
	void (*remove)(struct platform_device *pdev);
	void (*shutdown)(struct platform_device *pdev);
	struct device_driver driver;
	const struct platform_device_id *id_table;
	bool prevent_deferred_probe;
};

#define to_platform_device(x) container_of((x), struct platform_device, dev)
#define to_platform_driver(x) container_of((x), struct platform_driver, driver)
#define platform_get_drvdata(pdev) dev_get_drvdata(&(pdev)->dev)
#define platform_set_drvdata(pdev, data) dev_set_drvdata(&(pdev)->dev, (data))
#define platform_get_device_id(pdev) ((pdev)->id_entry)

/** platform_device_alloc - one reference; NULL without memory. */
struct platform_device *platform_device_alloc(const char *name, int id)
	__uik(platform_device_alloc);
/** platform_device_add_resources - copied; 0 or -ENOMEM. */
int platform_device_add_resources(struct platform_device *pdev,
				  const struct resource *res, unsigned int num)
	__uik(platform_device_add_resources);
/** platform_device_add_data - copied; 0 or -ENOMEM. */
int platform_device_add_data(struct platform_device *pdev, const void *data,
			     size_t size) __uik(platform_device_add_data);
/** platform_device_add - named "name.id" (or "name"), added; as device_add(). */
int platform_device_add(struct platform_device *pdev)
	__uik(platform_device_add);
/** platform_device_del - undo platform_device_add(). */
void platform_device_del(struct platform_device *pdev)
	__uik(platform_device_del);
/** platform_device_put - drop a reference; NULL is fine. */
void platform_device_put(struct platform_device *pdev)
	__uik(platform_device_put);
/** platform_device_unregister - delete and put; NULL is fine. */
void platform_device_unregister(struct platform_device *pdev)
	__uik(platform_device_unregister);
/**
 * platform_device_register_full - allocate, fill and add.
 *
 * Return: the device; ERR_PTR(-ENOMEM) or what platform_device_add() returned.
 */
struct platform_device *
platform_device_register_full(const struct platform_device_info *info)
	__uik(platform_device_register_full);

static inline struct platform_device *
platform_device_register_simple(const char *name, int id,
				const struct resource *res, unsigned int num)
{
	struct platform_device_info info = {
		.name = name, .id = id, .res = res, .num_res = num,
	};

	return platform_device_register_full(&info);
}

/** platform_get_resource - the @num-th of a type; NULL. */
struct resource *platform_get_resource(struct platform_device *pdev,
				       unsigned int type, unsigned int num)
	__uik(platform_get_resource);
/** platform_get_resource_byname - by type and name; NULL. */
struct resource *platform_get_resource_byname(struct platform_device *pdev,
					      unsigned int type,
					      const char *name)
	__uik(platform_get_resource_byname);
/** platform_get_irq_optional - an interrupt number > 0, or -ENXIO. */
int platform_get_irq_optional(struct platform_device *pdev, unsigned int num)
	__uik(platform_get_irq_optional);
/** platform_get_irq - the same, with a message when there is none. */
int platform_get_irq(struct platform_device *pdev, unsigned int num)
	__uik(platform_get_irq);
/** platform_get_irq_byname_optional - by name; > 0 or -ENXIO. */
int platform_get_irq_byname_optional(struct platform_device *pdev,
				     const char *name)
	__uik(platform_get_irq_byname_optional);
/** platform_get_irq_byname - the same, with a message. */
int platform_get_irq_byname(struct platform_device *pdev, const char *name)
	__uik(platform_get_irq_byname);
/** platform_irq_count - how many interrupts. */
int platform_irq_count(struct platform_device *pdev) __uik(platform_irq_count);
/** devm_platform_ioremap_resource - as devm_ioremap_resource(). */
void __iomem *devm_platform_ioremap_resource(struct platform_device *pdev,
					     unsigned int index)
	__uik(devm_platform_ioremap_resource);
/** devm_platform_get_and_ioremap_resource - also says which; @res may be NULL. */
void __iomem *devm_platform_get_and_ioremap_resource(
	struct platform_device *pdev, unsigned int index, struct resource **res)
	__uik(devm_platform_get_and_ioremap_resource);

/** uik_platform_driver_register - see driver_register(). */
int uik_platform_driver_register(struct platform_driver *drv,
				 struct module *owner) __uik_export;
#define platform_driver_register(drv) \
	uik_platform_driver_register((drv), THIS_MODULE)
/** platform_driver_unregister - see driver_unregister(). */
void platform_driver_unregister(struct platform_driver *drv)
	__uik(platform_driver_unregister);

/* The whole module is one driver. */
#define module_platform_driver(drv)                              \
	static int __init drv##_init(void)                       \
	{                                                        \
		return platform_driver_register(&(drv));         \
	}                                                        \
	module_init(drv##_init);                                 \
	static void __exit drv##_exit(void)                      \
	{                                                        \
		platform_driver_unregister(&(drv));              \
	}                                                        \
	module_exit(drv##_exit)

#endif
