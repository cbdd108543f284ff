/* SPDX-License-Identifier: MIT */
/*
 * Types of what a driver finds in the kit: prototypes of functions, results of
 * macros, members of structures, exactly as a kernel driver knows them.
 *
 * Compiled, never run, and reached through the headers that a driver includes.
 * Where the kernel leaves it open whether a name is a function, so does this:
 * a call with arguments of the kernel's types must give the kernel's result.
 */
#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/dma-mapping.h>
#include <linux/fault-inject.h>
#include <linux/file.h>
#include <linux/interrupt.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/iopoll.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sizes.h>
#include <linux/xarray.h>
#include <linux/generic_pt/iommu.h>
#include <linux/bitfield.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <uapi/linux/iommufd.h>
#include <iommu-pages.h>
#include <iommu-priv.h>

/* A function of just this type, whose address can be taken. */
#define FUNCTION(name, result, ...)                                        \
	static_assert(__same_type(name, result(__VA_ARGS__)), #name);      \
	extern __typeof__(result(*)(__VA_ARGS__)) kit_##name##_address;    \
	__typeof__(result(*)(__VA_ARGS__)) kit_##name##_address = name

/* An expression, at file scope or in a function. */
#define RESULT(type, ...) static_assert(__same_type(type, __VA_ARGS__))
#define MEMBER(structure, member, ...)                                     \
	static_assert(__same_type(((structure *)0)->member, __VA_ARGS__),  \
		      #structure "." #member)

/* --- types ------------------------------------------------------------------ */

RESULT(u8, (unsigned char)0);
RESULT(u16, (unsigned short)0);
RESULT(u32, (unsigned int)0);
RESULT(u64, (unsigned long long)0);
RESULT(phys_addr_t, (unsigned long long)0);
RESULT(dma_addr_t, (unsigned long long)0);
RESULT(resource_size_t, (phys_addr_t)0);
RESULT(gfp_t, (unsigned int)0);
RESULT(ioasid_t, (unsigned int)0);
RESULT(ktime_t, (s64)0);
RESULT(__le64, (__u64)0);
RESULT(umode_t, (unsigned short)0);
static_assert(sizeof(atomic_t) == sizeof(int));
static_assert(sizeof(atomic_long_t) == sizeof(long));
static_assert(__alignof__(atomic_long_t) == __alignof__(unsigned long));
static_assert(sizeof(struct ida) == sizeof(struct xarray));
static_assert(BITS_PER_LONG == 64);
static_assert(SMP_CACHE_BYTES == 64);
static_assert(BUILD_BUG_ON_ZERO(0) == 0);
static_assert(sizeof(char[1 + BUILD_BUG_ON_ZERO(sizeof(int) != 4)]) == 1);

/* --- constants -------------------------------------------------------------- */

RESULT(unsigned long, BIT(3));
RESULT(unsigned long long, BIT_ULL(3));
RESULT(unsigned long, GENMASK(3, 1));
RESULT(unsigned long long, GENMASK_ULL(63, 0));
static_assert(GENMASK_ULL(63, 0) == ~0ull);
static_assert(GENMASK(31, 4) == 0xfffffff0ul);
static_assert(SZ_64K == 65536 && SZ_128K == 131072);
static_assert(IORESOURCE_MEM == 0x200);
static_assert(IRQ_NONE == 0 && IRQ_HANDLED == 1 && IRQ_WAKE_THREAD == 2);
static_assert(IOMMU_DOMAIN_BLOCKED == 0 && IOMMU_DOMAIN_IDENTITY == 4 &&
	      IOMMU_DOMAIN_UNMANAGED == 1 && IOMMU_DOMAIN_NESTED == 0x40 &&
	      __IOMMU_DOMAIN_PAGING == 1);
static_assert(IOMMU_FAULT_PAGE_REQ == 1 &&
	      IOMMU_FAULT_PAGE_REQUEST_PASID_VALID == BIT(0) &&
	      IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE == BIT(1));
static_assert(IOMMU_NO_PASID == 0u && MAX_PAGE_ORDER == 10);
static_assert(IOMMU_FWSPEC_PCI_RC_CANWBS == BIT(1));
static_assert(IOMMU_HWPT_ALLOC_NEST_PARENT == 1 &&
	      IOMMU_HWPT_ALLOC_DIRTY_TRACKING == 2 &&
	      IOMMU_HWPT_ALLOC_PASID == 8 && IOMMU_HWPT_DATA_NONE == 0 &&
	      IOMMU_HW_INFO_TYPE_DEFAULT == 0);
static_assert(IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV == 3 &&
	      IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV == 2 &&
	      IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV == 2 &&
	      IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV == 1);
static const enum iommu_cap caps[] __maybe_unused = {
	IOMMU_CAP_CACHE_COHERENCY, IOMMU_CAP_DIRTY_TRACKING,
};
static const int errors[] __maybe_unused = {
	EEXIST, EINVAL, EIO, ENODEV, ENOMEM, EOPNOTSUPP, ETIMEDOUT,
	EBUSY, ENOENT, ENOSPC, EFAULT, E2BIG,
};
static_assert(IDA_BITMAP_BITS == 1024 && XA_CHUNK_SIZE == 64 &&
	      NUMA_NO_NODE == -1);
/* Usable where only constants are. */
static const __le64 little __maybe_unused = cpu_to_le64(3);

/* --- memory ----------------------------------------------------------------- */

FUNCTION(kfree, void, const void *);
FUNCTION(free_pages, void, unsigned long, unsigned int);
FUNCTION(devm_krealloc, void *, struct device *, void *, size_t, gfp_t);

struct counted {
	int count;
	u64 item[] __counted_by(count);
};

void kit_memory(struct device *dev, void *page);
void kit_memory(struct device *dev, void *page)
{
	struct counted *c = NULL;

	RESULT(struct counted *, kzalloc_obj(*c));
	RESULT(struct counted *, kzalloc_obj(struct counted));
	RESULT(struct counted *, kzalloc_obj(*c, GFP_NOWAIT));
	RESULT(u64 *, kzalloc_objs(u64, 3));
	RESULT(u64 *, kzalloc_objs(u64, 3, GFP_KERNEL));
	RESULT(struct counted **, kzalloc_objs(c, 3));
	RESULT(struct counted *, kzalloc_flex(*c, item, 3));
	RESULT(struct counted *, kzalloc_flex(*c, item, 3, GFP_KERNEL));
	RESULT(struct counted *, kmalloc_obj(*c));
	RESULT(u64 *, kmalloc_objs(u64, 3));
	RESULT(struct counted *, kmalloc_flex(*c, item, 3));
	RESULT(struct counted *, kvzalloc_obj(*c));
	RESULT(u64 *, kvzalloc_objs(u64, 3));
	RESULT(struct counted *, kvzalloc_flex(*c, item, 3));
	RESULT(unsigned long, __get_free_pages(GFP_KERNEL, 1));
	RESULT(unsigned long, (unsigned long)__pa(page));
	RESULT(unsigned long, PAGE_SIZE);
	static_assert(PAGE_SHIFT == 12);
	static_assert((GFP_KERNEL | GFP_NOWAIT | __GFP_ZERO) != 0);
}

/* --- errors and messages ------------------------------------------------------ */

FUNCTION(snprintf, int, char *, size_t, const char *, ...);

int kit_errors(struct device *dev, const void *pointer, bool condition);
int kit_errors(struct device *dev, const void *pointer, bool condition)
{
	RESULT(void *, ERR_PTR(-ENOMEM));
	RESULT(void *, ERR_CAST(pointer));
	RESULT(long, PTR_ERR(pointer));
	RESULT(bool, IS_ERR(pointer));
	/* Bare, and as a condition. */
	WARN_ON(condition);
	WARN_ON_ONCE(condition);
	if (WARN_ON(condition) || WARN_ON_ONCE(condition))
		return -EIO;
	BUG_ON(condition);
	dev_err(dev, "%s\n", dev_name(dev));
	dev_warn(dev, "%llx %lx\n", BIT_ULL(1), BIT(1));
	dev_info(dev, "x\n");
	dev_dbg(dev, "%d\n", condition);
	dev_warn_ratelimited(dev, "%d\n", condition);
	printk("%d\n", condition);
	dump_stack();
	return snprintf(NULL, 0, "%lu %lu %u %d", (unsigned long)LONG_MAX,
			ULONG_MAX, UINT_MAX, INT_MAX);
}

/* --- arithmetic ---------------------------------------------------------------- */

void kit_numbers(u64 word, unsigned long n, bool on, enum iommu_viommu_type e);
void kit_numbers(u64 word, unsigned long n, bool on, enum iommu_viommu_type e)
{
	RESULT(unsigned int, (unsigned int)__ffs64(word));
	RESULT(bool, is_power_of_2(n));
	RESULT(u32, min_t(u32, word, n));
	RESULT(unsigned long, round_down(n, 4ul));
	RESULT(__le64, cpu_to_le64(word));
	RESULT(unsigned long, FIELD_PREP(GENMASK(4, 1), on));
	RESULT(unsigned long, FIELD_PREP(GENMASK(4, 1), e));
	RESULT(unsigned long long, FIELD_PREP(GENMASK_ULL(47, 32), n));
	RESULT(unsigned long, FIELD_GET(GENMASK(4, 1), (u32)word));
	RESULT(unsigned long long, FIELD_GET(GENMASK_ULL(47, 32), word));
	static_assert(FIELD_MAX(GENMASK(4, 1)) == 15);
	static_assert(ilog2(64) == 6);
	static_assert(offsetofend(struct counted, count) == 4);
	word += ilog2(n);
}

void kit_atomic(atomic_t *atomic, void **slot, bool *flag);
void kit_atomic(atomic_t *atomic, void **slot, bool *flag)
{
	RESULT(void *, smp_load_acquire(slot));
	smp_store_release(slot, NULL);
	RESULT(int, atomic_read(atomic));
	atomic_set(atomic, 3);
	WRITE_ONCE(*flag, !READ_ONCE(*flag));
	WRITE_ONCE(*slot, READ_ONCE(*slot));
}

/* --- registers ------------------------------------------------------------------ */

FUNCTION(ioremap, void __iomem *, phys_addr_t, size_t);
FUNCTION(iounmap, void, volatile void __iomem *);

void kit_registers(const volatile void __iomem *from, volatile void __iomem *to,
		   unsigned long wide);
void kit_registers(const volatile void __iomem *from, volatile void __iomem *to,
		   unsigned long wide)
{
	u32 value;

	RESULT(u32, readl(from));
	RESULT(u32, readl_relaxed(from));
	RESULT(u64, readq_relaxed(from));
	RESULT(void, writel(wide, to));
	RESULT(void, writel_relaxed(wide, to));
	RESULT(void, writeq_relaxed(wide, to));
	RESULT(int, readl_poll_timeout(from, value, value ? 1 : 0, 1, 100));
}

/* --- locks, ids, lists ------------------------------------------------------------ */

FUNCTION(wait_for_completion_timeout, unsigned long, struct completion *,
	 unsigned long);
FUNCTION(ida_init, void, struct ida *);
FUNCTION(ida_alloc_range, int, struct ida *, unsigned int, unsigned int, gfp_t);
FUNCTION(ida_free, void, struct ida *, unsigned int);
FUNCTION(ida_destroy, void, struct ida *);
FUNCTION(ida_find_first_range, int, struct ida *, unsigned int, unsigned int);

static DEFINE_IDA(kit_ida);

void kit_ids(struct ida *ida, const struct ida *look);
void kit_ids(struct ida *ida, const struct ida *look)
{
	RESULT(int, ida_alloc(&kit_ida, GFP_KERNEL));
	RESULT(int, ida_alloc_min(ida, 1u, GFP_KERNEL));
	RESULT(int, ida_alloc_max(ida, 1u, GFP_KERNEL));
	RESULT(bool, ida_is_empty(look));
	RESULT(bool, ida_exists(ida, 1u));
	RESULT(int, ida_find_first(ida));
	RESULT(int, raw_smp_processor_id());
	ida_destroy(&kit_ida);
}

struct locks {
	struct mutex mutex;
	struct rw_semaphore sem;
	struct completion done;
	refcount_t users;
	rwlock_t rw;
	void __rcu *map;
	struct list_head list;
};

unsigned long kit_locks(struct locks *l);
unsigned long kit_locks(struct locks *l)
{
	LIST_HEAD(head);

	mutex_init(&l->mutex);
	RESULT(void, mutex_lock(&l->mutex));
	RESULT(void, mutex_unlock(&l->mutex));
	RESULT(void, mutex_destroy(&l->mutex));
	init_rwsem(&l->sem);
	RESULT(void, down_read(&l->sem));
	RESULT(void, up_read(&l->sem));
	RESULT(void, down_write(&l->sem));
	RESULT(void, up_write(&l->sem));
	RESULT(void, init_completion(&l->done));
	RESULT(void, complete(&l->done));
	RESULT(unsigned long, msecs_to_jiffies(3u));
	RESULT(void, refcount_set(&l->users, 1));
	RESULT(void, refcount_inc(&l->users));
	RESULT(bool, refcount_dec_and_test(&l->users));
	rwlock_init(&l->rw);
	rcu_read_lock();
	RESULT(void *, rcu_dereference_protected(l->map, true));
	rcu_read_unlock();
	list_add(&l->list, &head);
	RESULT(int, list_empty(&head));
	RESULT(struct locks *,
	       list_first_entry_or_null(&head, struct locks, list));
	list_del_init(&l->list);
	return wait_for_completion_timeout(&l->done, msecs_to_jiffies(3));
}

/* --- devices and interrupts --------------------------------------------------------- */

FUNCTION(device_initialize, void, struct device *);
FUNCTION(device_unregister, void, struct device *);
FUNCTION(put_device, void, struct device *);
FUNCTION(dev_set_name, int, struct device *, const char *, ...);
FUNCTION(bus_register, int, const struct bus_type *);
FUNCTION(bus_unregister, void, const struct bus_type *);
FUNCTION(device_create_managed_software_node, int, struct device *,
	 const struct property_entry *, const struct software_node *);
FUNCTION(platform_get_resource, struct resource *, struct platform_device *,
	 unsigned int, unsigned int);
FUNCTION(platform_get_irq_optional, int, struct platform_device *,
	 unsigned int);
FUNCTION(platform_device_register_full, struct platform_device *,
	 const struct platform_device_info *);
FUNCTION(platform_device_unregister, void, struct platform_device *);
FUNCTION(request_threaded_irq, int, unsigned int, irq_handler_t, irq_handler_t,
	 unsigned long, const char *, void *);
FUNCTION(free_irq, const void *, unsigned int, void *);
FUNCTION(synchronize_irq, void, unsigned int);
FUNCTION(debugfs_create_dir, struct dentry *, const char *, struct dentry *);
FUNCTION(debugfs_create_bool, void, const char *, umode_t, struct dentry *,
	 bool *);
FUNCTION(debugfs_remove_recursive, void, struct dentry *);
FUNCTION(fault_create_debugfs_attr, struct dentry *, const char *,
	 struct dentry *, struct fault_attr *);
RESULT(irq_handler_t, (irqreturn_t (*)(int, void *))NULL);
RESULT(struct dentry *, iommu_debugfs_dir);
MEMBER(struct device, bus, const struct bus_type *);
MEMBER(struct device, release, void (*)(struct device *));
MEMBER(struct bus_type, name, const char *);
MEMBER(struct platform_device, dev, struct device);
MEMBER(struct platform_device_info, name, const char *);
MEMBER(struct resource, start, resource_size_t);
MEMBER(struct resource, end, resource_size_t);
static const struct property_entry properties[] __maybe_unused = {
	PROPERTY_ENTRY_U32("pasid-num-bits", 20),
	{},
};
static DECLARE_FAULT_ATTR(kit_fault);

void kit_devices(struct device *dev, const struct device *look,
		 const struct resource *resource);
void kit_devices(struct device *dev, const struct device *look,
		 const struct resource *resource)
{
	RESULT(struct fault_attr, kit_fault);
	fault_create_debugfs_attr("fail", NULL, &kit_fault);
	RESULT(const char *, dev_name(look));
	RESULT(struct platform_device *, to_platform_device(dev));
	RESULT(resource_size_t, resource_size(resource));
	static_assert(IRQF_ONESHOT != 0);
}

/* --- the IOMMU core ------------------------------------------------------------------- */

MEMBER(struct iommu_domain, type, unsigned int);
MEMBER(struct iommu_domain, ops, const struct iommu_domain_ops *);
MEMBER(struct iommu_domain, dirty_ops, const struct iommu_dirty_ops *);
MEMBER(struct iommu_domain, owner, const struct iommu_ops *);
MEMBER(struct iommu_domain, pgsize_bitmap, unsigned long);
MEMBER(struct iommu_domain, geometry.aperture_start, dma_addr_t);
MEMBER(struct iommu_domain, geometry.aperture_end, dma_addr_t);
MEMBER(struct iommu_domain, geometry.force_aperture, bool);
MEMBER(struct iommu_device, ops, const struct iommu_ops *);
MEMBER(struct iommu_device, dev, struct device *);
MEMBER(struct iommu_device, fwnode, struct fwnode_handle *);
MEMBER(struct iommu_device, max_pasids, u32);
MEMBER(struct iommu_iotlb_gather, start, unsigned long);
MEMBER(struct iommu_iotlb_gather, end, unsigned long);
MEMBER(struct iommu_iotlb_gather, pgsize, size_t);
MEMBER(struct iommu_iotlb_gather, queued, bool);
MEMBER(struct iommu_user_data, type, unsigned int);
MEMBER(struct iommu_user_data, uptr, void __user *);
MEMBER(struct iommu_user_data, len, size_t);
MEMBER(struct iommu_user_data_array, type, unsigned int);
MEMBER(struct iommu_user_data_array, uptr, void __user *);
MEMBER(struct iommu_user_data_array, entry_len, size_t);
MEMBER(struct iommu_user_data_array, entry_num, u32);
MEMBER(struct iommu_fwspec, flags, u32);
static_assert(offsetof(struct iommu_iotlb_gather, freelist) > 0);

FUNCTION(iommu_copy_struct_from_full_user_array, int, void *, size_t,
	 struct iommu_user_data_array *, unsigned int);
FUNCTION(dev_iommu_priv_set, void, struct device *, void *);
FUNCTION(iopf_queue_alloc, struct iopf_queue *, const char *);
FUNCTION(iopf_queue_free, void, struct iopf_queue *);
FUNCTION(iopf_queue_add_device, int, struct iopf_queue *, struct device *);
FUNCTION(iopf_queue_remove_device, void, struct iopf_queue *, struct device *);
FUNCTION(iommu_report_device_fault, int, struct device *, struct iopf_fault *);
FUNCTION(iommu_iova_to_phys, phys_addr_t, struct iommu_domain *, dma_addr_t);
FUNCTION(generic_device_group, struct iommu_group *, struct device *);
FUNCTION(iommu_device_sysfs_add, int, struct iommu_device *, struct device *,
	 const struct attribute_group **, const char *, ...);
FUNCTION(iommu_device_sysfs_remove, void, struct iommu_device *);
FUNCTION(iommu_device_register, int, struct iommu_device *,
	 const struct iommu_ops *, struct device *);
FUNCTION(iommu_device_unregister, void, struct iommu_device *);
FUNCTION(iommu_device_register_bus, int, struct iommu_device *,
	 const struct iommu_ops *, const struct bus_type *,
	 struct notifier_block *);
FUNCTION(iommu_device_unregister_bus, void, struct iommu_device *,
	 const struct bus_type *, struct notifier_block *);
FUNCTION(iommu_mock_device_add, int, struct device *, struct iommu_device *);
FUNCTION(iommu_put_pages_list, void, struct iommu_pages_list *);

MEMBER(struct iopf_fault, fault.type, u32);
MEMBER(struct iopf_fault, fault.prm.flags, u32);
MEMBER(struct iopf_fault, fault.prm.pasid, u32);
MEMBER(struct iopf_fault, fault.prm.grpid, u32);
MEMBER(struct iopf_fault, fault.prm.perm, u32);
MEMBER(struct iopf_fault, fault.prm.addr, u64);

MEMBER(struct iommu_ops, capable, bool (*)(struct device *, enum iommu_cap));
MEMBER(struct iommu_ops, hw_info,
       void *(*)(struct device *, u32 *, enum iommu_hw_info_type *));
MEMBER(struct iommu_ops, domain_alloc_identity,
       struct iommu_domain *(*)(struct device *));
MEMBER(struct iommu_ops, domain_alloc_paging_flags,
       struct iommu_domain *(*)(struct device *, u32,
				const struct iommu_user_data *));
MEMBER(struct iommu_ops, domain_alloc_paging,
       struct iommu_domain *(*)(struct device *));
MEMBER(struct iommu_ops, domain_alloc_sva,
       struct iommu_domain *(*)(struct device *, struct mm_struct *));
MEMBER(struct iommu_ops, domain_alloc_nested,
       struct iommu_domain *(*)(struct device *, struct iommu_domain *, u32,
				const struct iommu_user_data *));
MEMBER(struct iommu_ops, probe_device,
       struct iommu_device *(*)(struct device *));
MEMBER(struct iommu_ops, release_device, void (*)(struct device *));
MEMBER(struct iommu_ops, probe_finalize, void (*)(struct device *));
MEMBER(struct iommu_ops, device_group,
       struct iommu_group *(*)(struct device *));
MEMBER(struct iommu_ops, get_resv_regions,
       void (*)(struct device *, struct list_head *));
MEMBER(struct iommu_ops, of_xlate,
       int (*)(struct device *, const struct of_phandle_args *));
MEMBER(struct iommu_ops, is_attach_deferred, bool (*)(struct device *));
MEMBER(struct iommu_ops, page_response,
       void (*)(struct device *, struct iopf_fault *,
		struct iommu_page_response *));
MEMBER(struct iommu_ops, def_domain_type, int (*)(struct device *));
MEMBER(struct iommu_ops, get_viommu_size,
       size_t (*)(struct device *, enum iommu_viommu_type));
MEMBER(struct iommu_ops, viommu_init,
       int (*)(struct iommufd_viommu *, struct iommu_domain *,
	       const struct iommu_user_data *));
MEMBER(struct iommu_ops, default_domain_ops, const struct iommu_domain_ops *);
MEMBER(struct iommu_ops, owner, struct module *);
MEMBER(struct iommu_ops, identity_domain, struct iommu_domain *);
MEMBER(struct iommu_ops, blocked_domain, struct iommu_domain *);
MEMBER(struct iommu_ops, release_domain, struct iommu_domain *);
MEMBER(struct iommu_ops, default_domain, struct iommu_domain *);

MEMBER(struct iommu_domain_ops, attach_dev,
       int (*)(struct iommu_domain *, struct device *, struct iommu_domain *));
MEMBER(struct iommu_domain_ops, set_dev_pasid,
       int (*)(struct iommu_domain *, struct device *, ioasid_t,
	       struct iommu_domain *));
MEMBER(struct iommu_domain_ops, map_pages,
       int (*)(struct iommu_domain *, unsigned long, phys_addr_t, size_t,
	       size_t, int, gfp_t, size_t *));
MEMBER(struct iommu_domain_ops, unmap_pages,
       size_t (*)(struct iommu_domain *, unsigned long, size_t, size_t,
		  struct iommu_iotlb_gather *));
MEMBER(struct iommu_domain_ops, flush_iotlb_all,
       void (*)(struct iommu_domain *));
MEMBER(struct iommu_domain_ops, iotlb_sync_map,
       int (*)(struct iommu_domain *, unsigned long, size_t));
MEMBER(struct iommu_domain_ops, iotlb_sync,
       void (*)(struct iommu_domain *, struct iommu_iotlb_gather *));
MEMBER(struct iommu_domain_ops, cache_invalidate_user,
       int (*)(struct iommu_domain *, struct iommu_user_data_array *));
MEMBER(struct iommu_domain_ops, iova_to_phys,
       phys_addr_t (*)(struct iommu_domain *, dma_addr_t));
MEMBER(struct iommu_domain_ops, enforce_cache_coherency,
       bool (*)(struct iommu_domain *));
MEMBER(struct iommu_domain_ops, set_pgtable_quirks,
       int (*)(struct iommu_domain *, unsigned long));
MEMBER(struct iommu_domain_ops, free, void (*)(struct iommu_domain *));
MEMBER(struct iommu_dirty_ops, set_dirty_tracking,
       int (*)(struct iommu_domain *, bool));
MEMBER(struct iommu_dirty_ops, read_and_clear_dirty,
       int (*)(struct iommu_domain *, unsigned long, size_t, unsigned long,
	       struct iommu_dirty_bitmap *));

/* Named before it is defined, as the mock does. */
static const struct iommu_ops kit_ops;
static const struct iommu_ops *kit_ops_pointer __maybe_unused = &kit_ops;
static const struct iommu_ops kit_ops = {
	.user_pasid_table = 1,
	.device_group = generic_device_group,
};

struct user_words {
	__aligned_u64 word[2];
	__aligned_u64 last;
};

int kit_copies(struct device *dev, const struct iommu_user_data *data,
	       struct iommu_user_data_array *array,
	       struct iommu_dirty_bitmap *dirty);
int kit_copies(struct device *dev, const struct iommu_user_data *data,
	       struct iommu_user_data_array *array,
	       struct iommu_dirty_bitmap *dirty)
{
	struct user_words words;

	RESULT(int, iommu_copy_struct_from_user(&words, data, 2, last));
	RESULT(int, iommu_copy_struct_to_user(data, &words, 2, last));
	RESULT(int, iommu_copy_struct_from_user_array(&words, array, 2, 0,
						      last));
	RESULT(void *, dev_iommu_priv_get(dev));
	RESULT(struct iommu_fwspec *, dev_iommu_fwspec_get(dev));
	RESULT(void, iommu_dirty_bitmap_record(dirty, 1ul, 1ul));
	iommu_group_mutex_assert(dev);
	return iommu_copy_struct_from_user(&words, data, 2, last);
}

/* --- iommufd --------------------------------------------------------------------------- */

MEMBER(struct iommufd_viommu, ops, const struct iommufd_viommu_ops *);
MEMBER(struct iommufd_viommu, type, enum iommu_viommu_type);
MEMBER(struct iommufd_viommu, iommu_dev, struct iommu_device *);
MEMBER(struct iommufd_viommu, vdevs, struct xarray);
MEMBER(struct iommufd_vdevice, viommu, struct iommufd_viommu *);
MEMBER(struct iommufd_vdevice, virt_id, u64);
MEMBER(struct iommufd_vdevice, destroy, void (*)(struct iommufd_vdevice *));
MEMBER(struct iommufd_hw_queue, viommu, struct iommufd_viommu *);
MEMBER(struct iommufd_hw_queue, type, enum iommu_hw_queue_type);
MEMBER(struct iommufd_hw_queue, length, size_t);
MEMBER(struct iommufd_hw_queue, base_addr, u64);
MEMBER(struct iommufd_hw_queue, destroy, void (*)(struct iommufd_hw_queue *));
MEMBER(struct iommufd_viommu_ops, destroy, void (*)(struct iommufd_viommu *));
MEMBER(struct iommufd_viommu_ops, alloc_domain_nested,
       struct iommu_domain *(*)(struct iommufd_viommu *, u32,
				const struct iommu_user_data *));
MEMBER(struct iommufd_viommu_ops, cache_invalidate,
       int (*)(struct iommufd_viommu *, struct iommu_user_data_array *));
MEMBER(struct iommufd_viommu_ops, vdevice_size, const size_t);
MEMBER(struct iommufd_viommu_ops, vdevice_init,
       int (*)(struct iommufd_vdevice *));
MEMBER(struct iommufd_viommu_ops, get_hw_queue_size,
       size_t (*)(struct iommufd_viommu *, enum iommu_hw_queue_type));
MEMBER(struct iommufd_viommu_ops, hw_queue_init_phys,
       int (*)(struct iommufd_hw_queue *, u32, phys_addr_t));
MEMBER(struct iommu_hw_info_tegra241_cmdqv, version, __u8);
MEMBER(struct iommu_hw_info_tegra241_cmdqv, log2vcmdqs, __u8);
MEMBER(struct iommu_hw_info_tegra241_cmdqv, log2vsids, __u8);
MEMBER(struct iommu_viommu_tegra241_cmdqv, out_vintf_mmap_offset, __u64);
MEMBER(struct iommu_viommu_tegra241_cmdqv, out_vintf_mmap_length, __u64);
static_assert(sizeof(struct iommu_vevent_tegra241_cmdqv) == 16);
static_assert(sizeof(((struct iommu_vevent_tegra241_cmdqv *)0)
			     ->lvcmdq_err_map[0]) == 8);

struct kit_vintf {
	struct {
		struct iommufd_viommu core;
	} vsmmu;
};

struct kit_vsid {
	struct iommufd_vdevice core;
};

struct kit_queue {
	struct iommufd_hw_queue core;
	struct kit_queue *prev;
};

/* Sizes are constants, also of a nested member. */
static struct iommufd_viommu_ops kit_viommu_ops __maybe_unused = {
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct kit_vsid, core),
};
static_assert(VIOMMU_STRUCT_SIZE(struct kit_vintf, vsmmu.core) ==
	      sizeof(struct kit_vintf));
static_assert(HW_QUEUE_STRUCT_SIZE(struct kit_queue, core) ==
	      sizeof(struct kit_queue));

int kit_iommufd(struct iommufd_viommu *viommu, struct iommufd_vdevice *vdev,
		struct kit_queue *queue, struct device *dev, void *event);
int kit_iommufd(struct iommufd_viommu *viommu, struct iommufd_vdevice *vdev,
		struct kit_queue *queue, struct device *dev, void *event)
{
	unsigned long offset;
	unsigned long id;

	RESULT(int, iommufd_viommu_alloc_mmap(viommu, (phys_addr_t)0,
					      (size_t)4096, &offset));
	RESULT(void, iommufd_viommu_destroy_mmap(viommu, offset));
	RESULT(struct device *, iommufd_vdevice_to_device(vdev));
	RESULT(int, iommufd_viommu_report_event(
			    viommu, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, event,
			    (size_t)16));
	RESULT(struct device *, iommufd_viommu_find_dev(viommu, 1ul));
	RESULT(int, iommufd_viommu_get_vdev_id(viommu, dev, &id));
	RESULT(int, iommufd_hw_queue_depend(queue, queue->prev, core));
	iommufd_hw_queue_undepend(queue, queue->prev, core);
	return iommufd_hw_queue_depend(queue, queue->prev, core);
}

MODULE_IMPORT_NS("IOMMUFD");
MODULE_AUTHOR("nobody");
MODULE_DESCRIPTION("types");
MODULE_LICENSE("GPL");
EXPORT_SYMBOL(kit_copies);
EXPORT_SYMBOL_GPL(kit_iommufd);
RESULT(struct module *, THIS_MODULE);
