/* SPDX-License-Identifier: MIT */
/*
 * What drivers find on a platform, and devices that come and go.
 */
#include "platform.h"

#include <errno.h>
#include <iommufd-mock.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd_test.h>
#include <uik/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CMDQV_NAME "tegra241-cmdqv"
#define MAX_PROPERTIES 4

static bool is_mock(const struct uiommufd_platform *platform)
{
	return !strcmp(platform->kind, "mock");
}

static const char *prefix_of(const struct uiommufd_platform *platform)
{
	return is_mock(platform) ? "mock" : "dev";
}

/* --- the IOMMU ------------------------------------------------------------*/

static int register_cmdqv(struct uiommufd_platform *platform)
{
	struct sim *sim = platform->sim;
	struct resource resources[] = {
		DEFINE_RES_MEM(sim->cmdqv_phys, sim->cmdqv_block.size),
		DEFINE_RES_IRQ(sim->irq[SIM_LINE_CMDQV]),
	};
	struct platform_device_info info = {
		.name = CMDQV_NAME,
		.id = PLATFORM_DEVID_NONE,
		.res = resources,
		.num_res = 2,
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	platform->cmdqv = pdev;
	return 0;
}

static void fill_smmu_properties(const struct uiommufd_platform *platform,
				 struct property_entry *entry)
{
	if (platform->config.coherent)
		*entry++ = PROPERTY_ENTRY_BOOL("dma-coherent");
	if (platform->cmdqv)
		*entry++ = PROPERTY_ENTRY_STRING("nvidia,cmdqv", CMDQV_NAME);
	*entry = (struct property_entry){ 0 };
}

static int register_smmu(struct uiommufd_platform *platform)
{
	struct property_entry properties[MAX_PROPERTIES];
	struct sim *sim = platform->sim;
	struct resource resources[] = {
		DEFINE_RES_MEM(sim->smmu_phys, sim->smmu_block.size),
		DEFINE_RES_IRQ_NAMED(sim->irq[SIM_LINE_EVENTQ], "eventq"),
		DEFINE_RES_IRQ_NAMED(sim->irq[SIM_LINE_GERROR], "gerror"),
	};
	struct platform_device_info info = {
		.name = platform->smmu_name,
		.id = PLATFORM_DEVID_NONE,
		.fwnode = &platform->smmu_node,
		.res = resources,
		.num_res = 3,
		.properties = properties,
	};
	struct platform_device *pdev;
	int rc;

	fill_smmu_properties(platform, properties);
	platform->smmu_node.name = platform->smmu_name;
	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	platform->smmu = pdev;
	platform->smmu_node.dev = &pdev->dev;
	if (pdev->dev.driver || strcmp(platform->smmu_name, SMMU_NAME))
		return 0;
	rc = pdev->dev.probe_result_;
	return rc < 0 ? rc : -ENODEV;
}

static int register_mock(struct uiommufd_platform *platform)
{
	struct platform_device_info info = {
		.name = IOMMUFD_MOCK_DRIVER,
		.id = 0,
	};
	struct platform_device *pdev = platform_device_register_full(&info);
	int rc;

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	platform->smmu = pdev;
	if (pdev->dev.driver)
		return 0;
	rc = pdev->dev.probe_result_;
	return rc < 0 ? rc : -ENODEV;
}

/* --- endpoints ------------------------------------------------------------*/

static struct endpoint **endpoint_slot(struct uiommufd_platform *platform,
				       unsigned int number)
{
	struct endpoint **at = &platform->endpoints;

	while (*at && (*at)->number < number)
		at = &(*at)->next;
	return at;
}

/* The number in "devN" ("mockN"), or -1. */
static int number_of(const struct uiommufd_platform *platform,
		     const char *name)
{
	const char *prefix = prefix_of(platform);
	size_t length = strlen(prefix);
	char *end;
	unsigned long number;

	if (strncmp(name, prefix, length) || name[length] < '0' ||
	    name[length] > '9')
		return -1;
	number = strtoul(name + length, &end, 10);
	if (*end || number > 0xfffff || (name[length] == '0' && name[length + 1]))
		return -1;
	return number;
}

static int lowest_free(const struct uiommufd_platform *platform)
{
	const struct endpoint *endpoint = platform->endpoints;
	int number = 0;

	for (; endpoint && (int)endpoint->number == number;
	     endpoint = endpoint->next)
		number++;
	return number;
}

static u32 first_stream(const struct uiommufd_platform *platform,
			unsigned int number)
{
	return platform->config.first_stream_id +
	       number * platform->config.streams_per_device;
}

static int describe_streams(struct uiommufd_platform *platform,
			    struct device *dev, unsigned int number)
{
	u32 sid = first_stream(platform, number);
	int rc = iommu_fwspec_init(dev, &platform->smmu_node);

	for (unsigned int i = 0;
	     !rc && i < platform->config.streams_per_device; i++, sid++)
		rc = iommu_fwspec_add_ids(dev, &sid, 1);
	return rc;
}

static int describe_properties(const struct uiommufd_platform *platform,
			       struct device *dev)
{
	struct property_entry properties[MAX_PROPERTIES];
	struct property_entry *entry = properties;

	if (platform->config.pasid_bits)
		*entry++ = PROPERTY_ENTRY_U32("pasid-num-bits",
					      platform->config.pasid_bits);
	if (platform->config.stall)
		*entry++ = PROPERTY_ENTRY_BOOL("dma-can-stall");
	*entry = (struct property_entry){ 0 };
	if (entry == properties)
		return 0;
	return device_create_managed_software_node(dev, properties, NULL);
}

/* A device behind the SMMU, registered; ERR_PTR. */
static struct device *register_master(struct uiommufd_platform *platform,
				      const char *name, unsigned int number)
{
	struct platform_device *pdev =
		platform_device_alloc(name, PLATFORM_DEVID_NONE);
	int rc;

	if (!pdev)
		return ERR_PTR(-ENOMEM);
	pdev->dev.dma_coherent = platform->config.coherent;
	rc = describe_properties(platform, &pdev->dev);
	if (!rc)
		rc = describe_streams(platform, &pdev->dev, number);
	if (!rc)
		rc = platform_device_add(pdev);
	if (!rc)
		return &pdev->dev;
	iommu_fwspec_free(&pdev->dev);
	platform_device_put(pdev);
	return ERR_PTR(rc);
}

/* A device that no IOMMU translates for. */
static struct device *register_bare(const char *name)
{
	struct platform_device_info info = {
		.name = name,
		.id = PLATFORM_DEVID_NONE,
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	return IS_ERR(pdev) ? ERR_CAST(pdev) : &pdev->dev;
}

/* A device of the mock's own kind; it has PASIDs or not. */
static struct device *register_mock_device(struct uiommufd_platform *platform,
					   const char *name)
{
	struct iommu_device *iommu;
	const struct iommufd_mock_ops *mock = iommufd_mock_get(&iommu);

	if (!mock)
		return ERR_PTR(-ENODEV);
	return mock->device_add(iommu, name,
				platform->config.pasid_bits ?
					MOCK_FLAGS_DEVICE_PASID : 0);
}

static struct device *register_endpoint(struct uiommufd_platform *platform,
					unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%u", prefix_of(platform), number);
	if (is_mock(platform))
		return register_mock_device(platform, name);
	return platform->sim ? register_master(platform, name, number) :
			       register_bare(name);
}

static void unregister_endpoint(struct uiommufd_platform *platform,
				struct device *dev)
{
	struct iommu_device *iommu;

	if (is_mock(platform))
		iommufd_mock_get(&iommu)->device_del(dev);
	else
		platform_device_unregister(to_platform_device(dev));
}

static int plug(struct uiommufd_platform *platform, const char *name)
{
	int number = name ? number_of(platform, name) : lowest_free(platform);
	struct endpoint **slot;
	struct endpoint *endpoint;
	struct device *dev;

	if (number < 0 ||
	    (platform->sim &&
	     (u64)first_stream(platform, number) +
			     platform->config.streams_per_device >
		     1u << 20))
		return -EINVAL;
	slot = endpoint_slot(platform, number);
	if (*slot && (int)(*slot)->number == number)
		return -EEXIST;
	endpoint = kzalloc(sizeof(*endpoint), GFP_KERNEL);
	if (!endpoint)
		return -ENOMEM;
	dev = register_endpoint(platform, number);
	if (IS_ERR(dev)) {
		kfree(endpoint);
		return PTR_ERR(dev);
	}
	endpoint->number = number;
	endpoint->dev = dev;
	endpoint->next = *slot;
	*slot = endpoint;
	return number;
}

static void unplug(struct uiommufd_platform *platform, struct endpoint **slot)
{
	struct endpoint *endpoint = *slot;

	*slot = endpoint->next;
	unregister_endpoint(platform, endpoint->dev);
	kfree(endpoint);
}

static struct endpoint **find(struct uiommufd_platform *platform,
			      const char *name)
{
	int number = name ? number_of(platform, name) : -1;
	struct endpoint **slot;

	if (number < 0)
		return NULL;
	slot = endpoint_slot(platform, number);
	return *slot && (int)(*slot)->number == number ? slot : NULL;
}

/* A device's own blocks are part of the platform, not of what clients leave. */
static void shift_baseline(struct uiommufd_platform *platform,
			   const struct uik_audit *before)
{
	struct uik_audit after;

	uik_machine_audit(platform->machine, &after);
	platform->boot_blocks += after.blocks - before->blocks;
	platform->boot_bytes += after.block_bytes - before->block_bytes;
}

static int fail(int rc)
{
	errno = -rc;
	return -1;
}

int uiommufd_platform_plug(struct uiommufd_platform *platform,
			   const char *name)
{
	struct uik_machine *previous = uik_enter(platform->machine);
	struct uik_audit before;
	int rc;

	mutex_lock(&platform->lock);
	uik_machine_audit(platform->machine, &before);
	rc = plug(platform, name);
	shift_baseline(platform, &before);
	mutex_unlock(&platform->lock);
	uik_leave(previous);
	return rc < 0 ? fail(rc) : rc;
}

/* Claimed by a context: a kernel driver could not use it either. */
static bool is_busy(struct endpoint *endpoint)
{
	struct device *dev = endpoint->dev;

	if (iommu_device_use_default_domain(dev))
		return true;
	iommu_device_unuse_default_domain(dev);
	return false;
}

int uiommufd_platform_unplug(struct uiommufd_platform *platform,
			     const char *name)
{
	struct uik_machine *previous = uik_enter(platform->machine);
	struct uik_audit before;
	struct endpoint **slot;
	int rc = 0;

	mutex_lock(&platform->lock);
	slot = find(platform, name);
	if (!slot)
		rc = -ENOENT;
	else if (is_busy(*slot))
		rc = -EBUSY;
	if (!rc) {
		uik_machine_audit(platform->machine, &before);
		unplug(platform, slot);
		shift_baseline(platform, &before);
	}
	mutex_unlock(&platform->lock);
	uik_leave(previous);
	return rc ? fail(rc) : 0;
}

unsigned int uiommufd_platform_devices(struct uiommufd_platform *platform)
{
	struct uik_machine *previous = uik_enter(platform->machine);
	unsigned int count = 0;

	mutex_lock(&platform->lock);
	for (struct endpoint *e = platform->endpoints; e; e = e->next)
		count++;
	mutex_unlock(&platform->lock);
	uik_leave(previous);
	return count;
}

static const struct endpoint *endpoint_at(struct uiommufd_platform *platform,
					  unsigned int index)
{
	const struct endpoint *endpoint = platform->endpoints;

	while (endpoint && index--)
		endpoint = endpoint->next;
	return endpoint;
}

int uiommufd_platform_device_name(struct uiommufd_platform *platform,
				  unsigned int index, char *out, size_t size)
{
	struct uik_machine *previous = uik_enter(platform->machine);
	const struct endpoint *endpoint;
	int length = -ENOENT;

	mutex_lock(&platform->lock);
	endpoint = endpoint_at(platform, index);
	if (endpoint)
		length = snprintf(out, size, "%s", dev_name(endpoint->dev));
	mutex_unlock(&platform->lock);
	uik_leave(previous);
	return length < 0 ? fail(length) : length;
}

static int64_t stream_id(struct uiommufd_platform *platform, const char *name,
			 unsigned int index)
{
	struct endpoint **slot = find(platform, name);

	if (!platform->sim)
		return -ENODEV;
	if (!slot)
		return -ENOENT;
	if (index >= platform->config.streams_per_device)
		return -EINVAL;
	return first_stream(platform, (*slot)->number) + index;
}

int64_t uiommufd_platform_stream_id(struct uiommufd_platform *platform,
				    const char *name, unsigned int index)
{
	struct uik_machine *previous = uik_enter(platform->machine);
	int64_t sid;

	mutex_lock(&platform->lock);
	sid = stream_id(platform, name, index);
	mutex_unlock(&platform->lock);
	uik_leave(previous);
	return sid < 0 ? fail(sid) : sid;
}

/* --- boot -----------------------------------------------------------------*/

/* Drivers come and go with hardware that moves by itself. */
static int set_engine(struct uiommufd_platform *platform,
		      enum uiommufd_engine engine)
{
	if (!platform->sim || !uiommufd_vcmdq_set_engine(platform, engine))
		return 0;
	return -errno;
}

static void shutdown(struct uiommufd_platform *platform)
{
	/* To INLINE there is nothing that could fail. */
	set_engine(platform, UIOMMUFD_ENGINE_INLINE);
	while (platform->endpoints)
		unplug(platform, &platform->endpoints);
	platform_device_unregister(platform->smmu);
	platform_device_unregister(platform->cmdqv);
}

static int boot(struct uiommufd_platform *platform)
{
	int rc;

	rc = uik_modules_init_builtin();
	if (!rc)
		rc = set_engine(platform, UIOMMUFD_ENGINE_INLINE);
	if (!rc && is_mock(platform))
		rc = register_mock(platform);
	if (!rc && platform->sim && platform->sim->cmdqv)
		rc = register_cmdqv(platform);
	if (!rc && platform->sim)
		rc = register_smmu(platform);
	/* Nobody could take them yet. */
	if (!rc && platform->smmu && !platform->smmu->dev.driver)
		return set_engine(platform, platform->config.hardware.engine);
	for (unsigned int i = 0; !rc && i < platform->config.devices; i++) {
		int number = plug(platform, NULL);

		if (number < 0)
			rc = number;
	}
	if (!rc)
		rc = set_engine(platform, platform->config.hardware.engine);
	return rc;
}

struct uiommufd_platform *
uiommufd_platform_new(const struct uiommufd_platform_config *config)
{
	struct uiommufd_platform_config defaults;
	struct uiommufd_platform *platform;
	struct uik_machine *previous;
	int rc;

	if (!config) {
		uiommufd_platform_config_init(&defaults, NULL);
		config = &defaults;
	}
	platform = platform_build(config);
	if (!platform)
		return NULL;
	platform->shutdown = shutdown;
	previous = uik_enter(platform->machine);
	rc = boot(platform);
	platform_set_baseline(platform);
	uik_leave(previous);
	if (!rc)
		return platform;
	uiommufd_platform_free(platform);
	fail(rc);
	return NULL;
}
