/* SPDX-License-Identifier: MIT */
/* A scripted IOMMU driver for tests of lib/iommu. */
#include "iommu_rig.h"

#include <stdio.h>
#include <string.h>

struct rig rig;

char rig_recorded[2048];

/* Stands for the one of lib/objects. */
void iova_bitmap_set(struct iova_bitmap *bitmap, unsigned long iova,
		     size_t length)
{
	size_t at = strlen(rig_recorded);

	snprintf(rig_recorded + at, sizeof(rig_recorded) - at, "%lx+%zx ", iova,
		 length);
}

static struct bus_type rig_bus = { .name = "rig" };

static void note(const char *text)
{
	size_t length = strlen(rig.notes);

	snprintf(rig.notes + length, sizeof(rig.notes) - length, "%s%s",
		 length ? " " : "", text);
}

const char *rig_notes(void)
{
	static char seen[sizeof(rig.notes)];

	memcpy(seen, rig.notes, sizeof(seen));
	rig.notes[0] = '\0';
	return seen;
}

static struct rig_dev *to_rig_dev(struct device *dev)
{
	return container_of(dev, struct rig_dev, dev);
}

static char letter_of(struct iommu_domain *domain)
{
	if (!domain)
		return '-';
	if (domain == &rig_blocked)
		return '0';
	if (domain == &rig_identity)
		return '1';
	return container_of(domain, struct rig_domain, domain)->letter;
}

static int switched(const char *text)
{
	note(text);
	if (rig.on_switch)
		rig.on_switch();
	if (rig.fail_at && !--rig.fail_at)
		return rig.error;
	return 0;
}

static int rig_attach(struct iommu_domain *domain, struct device *dev,
		      struct iommu_domain *old)
{
	char text[32];

	iommu_group_mutex_assert(dev);
	snprintf(text, sizeof(text), "%c:%c<%c", to_rig_dev(dev)->letter,
		 letter_of(domain), letter_of(old));
	return switched(text);
}

static int rig_set_pasid(struct iommu_domain *domain, struct device *dev,
			 ioasid_t pasid, struct iommu_domain *old)
{
	char text[32];

	iommu_group_mutex_assert(dev);
	snprintf(text, sizeof(text), "%c@%u:%c<%c", to_rig_dev(dev)->letter,
		 pasid, letter_of(domain), letter_of(old));
	return switched(text);
}

static const struct iommu_domain_ops rig_domain_ops = {
	.attach_dev = rig_attach,
	.set_dev_pasid = rig_set_pasid,
};

struct iommu_domain rig_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &rig_domain_ops,
};

struct iommu_domain rig_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &rig_domain_ops,
};

static struct iommu_device *rig_probe(struct device *dev)
{
	note("probe");
	return &rig.iommu;
}

static void rig_release_device(struct device *dev)
{
	note("release");
}

static struct iommu_group *rig_group(struct device *dev)
{
	struct iommu_group *join = to_rig_dev(dev)->join;

	return join ? iommu_group_ref_get(join) : generic_device_group(dev);
}

static void rig_resv(struct device *dev, struct list_head *list)
{
	struct iommu_resv_region *region;

	if (!to_rig_dev(dev)->direct)
		return;
	region = iommu_alloc_resv_region(0x10000, 0x1000, IOMMU_READ,
					 IOMMU_RESV_DIRECT, GFP_KERNEL);
	if (region)
		list_add_tail(&region->list, list);
}

static void rig_respond(struct device *dev, struct iopf_fault *evt,
			struct iommu_page_response *msg)
{
	to_rig_dev(dev)->last_response = *msg;
	to_rig_dev(dev)->responses++;
}

#define RIG_OPS \
	.identity_domain = &rig_identity, .blocked_domain = &rig_blocked, \
	.probe_device = rig_probe, .release_device = rig_release_device, \
	.device_group = rig_group, .get_resv_regions = rig_resv, \
	.page_response = rig_respond, .user_pasid_table = 1

const struct iommu_ops rig_ops = { RIG_OPS };
const struct iommu_ops rig_other_ops = { RIG_OPS };

int rig_setup(void **state)
{
	unsigned int i;

	memset(&rig, 0, sizeof(rig));
	rig.machine = uik_machine_new(NULL);
	rig.previous = uik_enter(rig.machine);
	for (i = 0; i < 3; i++) {
		rig.domain[i].letter = 'A' + i;
		rig.domain[i].domain.type = IOMMU_DOMAIN_UNMANAGED;
		rig.domain[i].domain.ops = &rig_domain_ops;
		rig.domain[i].domain.owner = &rig_ops;
	}
	rig.iommu.max_pasids = 1u << 20;
	return bus_register(&rig_bus) ||
	       iommu_device_register_bus(&rig.iommu, &rig_ops, &rig_bus, NULL);
}

int rig_teardown(void **state)
{
	struct uik_audit audit;

	iommu_device_unregister_bus(&rig.iommu, &rig_bus, NULL);
	bus_unregister(&rig_bus);
	uik_machine_audit(rig.machine, &audit);
	uik_leave(rig.previous);
	uik_machine_free(rig.machine);
	return audit.locks || audit.warnings;
}

static void rig_dev_release(struct device *dev)
{
	kfree(to_rig_dev(dev));
}

struct rig_dev *rig_dev_add(char letter, struct rig_dev *join, int pasid_bits)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", pasid_bits),
		{}
	};
	struct rig_dev *rdev = kzalloc_obj(*rdev);
	int rc;

	assert_non_null(rdev);
	rdev->letter = letter;
	rdev->direct = letter == 'd';
	rdev->join = join ? join->dev.iommu_group : NULL;
	device_initialize(&rdev->dev);
	rdev->dev.release = rig_dev_release;
	rdev->dev.bus = &rig_bus;
	rc = dev_set_name(&rdev->dev, "%c", letter);
	if (!rc && pasid_bits >= 0)
		rc = device_create_managed_software_node(&rdev->dev,
							 properties, NULL);
	if (!rc)
		rc = iommu_mock_device_add(&rdev->dev, &rig.iommu);
	if (!rc)
		return rdev;
	put_device(&rdev->dev);
	return ERR_PTR(rc);
}

void rig_dev_del(struct rig_dev *rdev)
{
	device_unregister(&rdev->dev);
}
