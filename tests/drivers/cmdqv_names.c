/* SPDX-License-Identifier: MIT */
/*
 * Every kit name that a CMDQV driver and its private header use, reached
 * through the twelve headers they include and through no other.
 *
 * Compiled, never run: a header that stops leading to a name breaks the build.
 * Source: driver kit sections 1.1 and 2.
 */
#define dev_fmt(fmt) "cmdqv_names: " fmt

/* The driver's. */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/iopoll.h>
#include <linux/platform_device.h>
#include <uapi/linux/iommufd.h>
/* The private header's. */
#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

/* Types that are embedded must be complete. */
struct embedded {
	struct mmu_notifier notifier;
	struct rb_root root;
	struct rb_node node;
	rwlock_t rwlock;
	spinlock_t spinlock;
	atomic_t atomic;
	atomic_long_t atomic_long;
	ktime_t time;
	__le64 word;
	struct list_head list;
	struct rcu_head rcu;
	struct mutex mutex;
	struct ida ida;
	struct iommu_domain domain;
	struct iommu_device iommu;
	struct iommufd_viommu viommu;
	struct iommufd_vdevice vdevice;
	struct iommufd_hw_queue queue;
	enum iommu_hw_info_type info;
	enum iommu_viommu_type viommu_type;
	enum iommu_hw_queue_type queue_type;
	enum iommu_veventq_type veventq_type;
	union {
		u64 value;
		u8 pad[SMP_CACHE_BYTES];
	} ____cacheline_aligned_in_smp;
};

struct flexible {
	int count;
	rwlock_t lock;
	int item[] __counted_by(count);
};

struct driver {
	struct device *dev;
	void __iomem *base;
	void **slot;
	struct mutex lock;
	struct ida ids;
};

extern struct xarray cmdqv_names_xarray;
static struct io_pgtable_ops *pgtable_ops;
static struct iopf_queue *iopf_queue;
static struct dentry *directory;
static bool parameter;
module_param(parameter, bool, 0444);
MODULE_PARM_DESC(parameter, "a text");
MODULE_IMPORT_NS("IOMMUFD");

static_assert(IS_ENABLED(CONFIG_TEGRA241_CMDQV), "H would define the probe");
static_assert(IS_ENABLED(CONFIG_ARM_SMMU_V3_IOMMUFD), "ops would be missing");
static_assert(!IS_ENABLED(CONFIG_ARM_SMMU_V3_SVA));
static_assert(!IS_ENABLED(CONFIG_KUNIT));
static_assert(sizeof(u64) == sizeof(unsigned long long));
static_assert(__same_type(u64, unsigned long long), "formats depend on it");
static_assert(__same_type(BIT(1), 1ul), "formats depend on it");
static_assert(__same_type(GENMASK_ULL(63, 0), 1ull), "formats depend on it");

void cmdqv_names_memory(struct driver *driver);
void cmdqv_names_registers(struct driver *driver);
int cmdqv_names_device(struct driver *driver, struct iommu_fwspec *fwspec);

void cmdqv_names_memory(struct driver *driver)
{
	struct flexible *flexible = kzalloc_flex(*flexible, item, 4);
	struct driver *copy = kzalloc_obj(*copy);
	void **slots = kzalloc_objs(*slots, 4);

	rwlock_init(&flexible->lock);
	if (!IS_ERR(rcu_dereference_protected(driver->slot, true)))
		kfree(ERR_PTR(-EEXIST));
	kfree(flexible);
	kfree(slots);
	kfree(copy);
	smp_store_release(&driver->slot[0], driver);
	driver->slot[1] = smp_load_acquire(&driver->slot[0]);
	driver = devm_krealloc(driver->dev, driver, 10,
			       GFP_KERNEL | __GFP_ZERO | GFP_NOWAIT);
	ida_init(&driver->ids);
	ida_free(&driver->ids, ida_alloc_max(&driver->ids, 3, GFP_KERNEL));
	ida_destroy(&driver->ids);
	mutex_init(&driver->lock);
	mutex_lock(&driver->lock);
	mutex_unlock(&driver->lock);
	mutex_destroy(&driver->lock);
}

void cmdqv_names_registers(struct driver *driver)
{
	u32 value;
	char text[64];

	if (readl_poll_timeout(driver->base, value, value & 1, 1, 100))
		dev_err(driver->dev, "%d\n", -ETIMEDOUT);
	value = FIELD_GET(GENMASK(3, 0), readl(driver->base));
	value += FIELD_MAX(GENMASK(3, 0)) + __ffs64(BIT_ULL(3));
	value += ilog2(value) + is_power_of_2(value) + min_t(u32, value, 3);
	writeq_relaxed(FIELD_PREP(GENMASK_ULL(40, 3), value), driver->base);
	writel(value, driver->base);
	writel_relaxed(readl_relaxed(driver->base), driver->base);
	snprintf(text, sizeof(text), "%llx %lx",
		 readq_relaxed(driver->base), BIT(3));
	WRITE_ONCE(driver->base, READ_ONCE(driver->base));
	dev_dbg(driver->dev, "%s %llx\n", text, cpu_to_le64(3));
	dev_info(driver->dev, "%d %d\n", SZ_64K, SZ_128K);
	dev_warn(driver->dev, "%d %d\n", MAX_PAGE_ORDER, PAGE_SHIFT);
	dev_warn_ratelimited(driver->dev, "%d\n", raw_smp_processor_id());
}

static irqreturn_t handler(int irq, void *data)
{
	return IRQ_HANDLED;
}

static irq_handler_t handler_pointer = handler;

int cmdqv_names_device(struct driver *driver, struct iommu_fwspec *fwspec)
{
	struct platform_device *pdev = to_platform_device(driver->dev);
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	int irq = platform_get_irq_optional(pdev, 0);

	driver->base = ioremap(res->start, resource_size(res));
	iounmap(driver->base);
	if (request_threaded_irq(irq, NULL, handler_pointer, IRQF_ONESHOT,
				 dev_name(driver->dev), driver))
		free_irq(irq, driver);
	synchronize_irq(irq);
	put_device(driver->dev);
	directory = debugfs_create_dir("x", iommu_debugfs_dir);
	debugfs_create_bool("y", 0444, directory, &parameter);
	WARN_ON(dev_iommu_priv_get(driver->dev) == pgtable_ops);
	if (WARN_ON_ONCE(dev_iommu_fwspec_get(driver->dev) != fwspec))
		return -EIO;
	if (fwspec->flags & IOMMU_FWSPEC_PCI_RC_CANWBS && iopf_queue)
		return IOMMU_NO_PASID - ENODEV - EOPNOTSUPP;
	return PTR_ERR(driver->slot) - ENOMEM - EINVAL;
}
