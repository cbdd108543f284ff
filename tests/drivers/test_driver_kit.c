/* SPDX-License-Identifier: MIT */
/*
 * What spec/15 says a kit name does, used the way a CMDQV driver uses it: its
 * own includes in its own order, dev_fmt before the first of them, statement
 * expressions in its idiom.  One test a section of the list; what a section
 * shares with the tests of the kit itself is only touched here.
 */
#define dev_fmt(fmt) "driver_kit: " fmt

#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/iopoll.h>
#include <linux/platform_device.h>
#include <uapi/linux/iommufd.h>

#include "arm-smmu-v3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <uik/irq.h>
#include <uik/machine.h>
#include <uik/mmio.h>
#include <uik/task.h>

static struct uik_machine *machine;
static struct uik_machine *previous;

static int setup(void **state)
{
	const struct uik_machine_config config = { .seed = 1 };

	machine = uik_machine_new(&config);
	previous = uik_enter(machine);
	return 0;
}

static int teardown(void **state)
{
	uik_leave(previous);
	uik_machine_free(machine);
	return 0;
}

/* A register that counts its reads; shows @ready from read number @after on. */
struct counter_register {
	unsigned int reads, after;
	u32 ready;
	u64 wrote;
	unsigned int width;
};

static uint64_t counting_read(void *priv, uint64_t offset, unsigned int width)
{
	struct counter_register *reg = priv;

	reg->width = width;
	return ++reg->reads > reg->after ? reg->ready : 0;
}

static void counting_write(void *priv, uint64_t offset, unsigned int width,
			   uint64_t value)
{
	struct counter_register *reg = priv;

	reg->width = width;
	reg->wrote = value;
}

static const struct uik_mmio_ops counting_ops = {
	.read = counting_read,
	.write = counting_write,
};

static void __iomem *map_counter(struct counter_register *reg, u64 *out_phys)
{
	void __iomem *base;

	*out_phys = uik_mmio_find_space(machine, PAGE_SIZE);
	assert_int_equal(uik_mmio_register(machine, *out_phys, PAGE_SIZE,
					   &counting_ops, reg), 0);
	base = ioremap(*out_phys, PAGE_SIZE);
	assert_non_null(base);
	return base;
}

static void unmap_counter(void __iomem *base, u64 phys)
{
	iounmap(base);
	uik_mmio_unregister(machine, phys);
}

/* Laws 2.10: one access of the right width; a wider value is cut off. */
static void test_accessors(void **state)
{
	struct counter_register reg = { .ready = 7 };
	unsigned long wide = 0x1122334455667788;
	u64 phys;
	void __iomem *base = map_counter(&reg, &phys);

	writel(wide, base);
	assert_int_equal(reg.wrote, 0x55667788);
	assert_int_equal(reg.width, 4);
	writeq_relaxed(wide, base + 8);
	assert_true(reg.wrote == wide);
	assert_int_equal(reg.width, 8);
	assert_int_equal(readl(base), 7);
	assert_true(readq_relaxed(base) == 7);
	assert_int_equal(reg.reads, 2);
	assert_null(ioremap(phys + PAGE_SIZE, PAGE_SIZE));
	unmap_counter(base, phys);
}

/* Law 2.5: FIELD_GET reads its register once; results have the mask's type. */
static void test_bitfields(void **state)
{
	struct counter_register reg = { .ready = 0x00004671 };
	u64 phys;
	void __iomem *base = map_counter(&reg, &phys);
	bool on = true;
	enum pri { DENY, FAIL } fail = FAIL;

	assert_int_equal(1 << FIELD_GET(GENMASK(7, 4), readl(base)), 128);
	assert_int_equal(reg.reads, 1);
	assert_int_equal(FIELD_MAX(GENMASK(20, 1)), 0xfffff);
	/* Widened before it is shifted. */
	assert_true(FIELD_PREP(BIT_ULL(63), on) == 1ull << 63);
	assert_true(FIELD_PREP(GENMASK_ULL(63, 32), fail) == 1ull << 32);
	static_assert(__same_type(FIELD_PREP(GENMASK_ULL(3, 0), 1), 1ull));
	static_assert(__same_type(FIELD_GET(GENMASK(3, 0), 1), 1ul));
	assert_true(GENMASK_ULL(63, 0) == ~0ull);
	assert_int_equal(__ffs64(1ull << 40), 40);
	unmap_counter(base, phys);
}

/* Law 2.11: done when it holds; after expiry one more read and test. */
static void test_poll(void **state)
{
	struct counter_register reg = { .ready = 1, .after = 3 };
	u64 phys;
	void __iomem *base = map_counter(&reg, &phys);
	u32 regval;
	bool en = true;
	int ret;

	ret = readl_poll_timeout(base, regval, en ? regval & 1 : !regval, 1,
				 ARM_SMMU_POLL_TIMEOUT_US);
	assert_int_equal(ret, 0);
	assert_int_equal(reg.reads, 4);
	assert_int_equal(regval, 1);
	reg = (struct counter_register){ .ready = 2 };
	ret = readl_poll_timeout(base, regval, en ? regval & 1 : !regval, 1,
				 20);
	assert_int_equal(ret, -ETIMEDOUT);
	assert_int_equal(regval, 2);
	assert_true(reg.reads >= 2);
	unmap_counter(base, phys);
}

struct item {
	u32 value;
} ____cacheline_aligned_in_smp;

struct holder {
	struct item **items;
	struct item first;
};

/* Laws 2.9: typed, zeroed, aligned; an element may be a pointer; count 0. */
static void test_allocation(void **state)
{
	struct holder *holder = kzalloc_obj(*holder);
	struct stranger_items *flex = stranger_items_alloc(3);
	struct item *none;

	assert_non_null(holder);
	assert_int_equal((uintptr_t)holder % SMP_CACHE_BYTES, 0);
	holder->items = kzalloc_objs(*holder->items, 5);
	assert_non_null(holder->items);
	for (int i = 0; i < 5; i++)
		assert_null(holder->items[i]);
	none = kzalloc_objs(*none, 0);
	assert_non_null(none);
	kfree(none);
	assert_null(kzalloc_objs(struct item, SIZE_MAX / 2));
	assert_int_equal(flex->count, 3);
	stranger_items_free(flex);
	kfree(holder->items);
	kfree(holder);
	kfree(NULL);
}

static irqreturn_t count_thread(int irq, void *data)
{
	(*(int *)data)++;
	return IRQ_HANDLED;
}

/* Laws 2.17: an edge before and during a run is not lost; free_irq's name. */
static void test_interrupts(void **state)
{
	int irq = uik_irq_alloc(machine);
	int runs = 0;

	uik_irq_set_stepped(machine, true);
	uik_irq_raise(machine, irq);
	assert_int_equal(request_threaded_irq(irq, NULL, count_thread,
					      IRQF_ONESHOT, "cmdqv", &runs),
			 0);
	uik_irq_run_pending(machine);
	assert_int_equal(runs, 1);
	uik_irq_raise(machine, irq);
	uik_irq_run_pending(machine);
	assert_int_equal(runs, 2);
	synchronize_irq(irq);
	assert_string_equal((const char *)free_irq(irq, &runs), "cmdqv");
	uik_irq_raise(machine, irq);
	uik_irq_run_pending(machine);
	assert_int_equal(runs, 2);
	uik_irq_release(machine, irq);
}

/* Laws 2.16: what a device lacks is NULL or -ENXIO, what it has is there. */
static void test_platform_device(void **state)
{
	struct resource resources[] = { DEFINE_RES_MEM(0x10000, SZ_128K) };
	struct platform_device_info info = {
		.name = "thing", .id = PLATFORM_DEVID_NONE,
		.res = resources, .num_res = 1,
	};
	struct platform_device *pdev = platform_device_register_full(&info);
	struct resource *res;

	assert_false(IS_ERR(pdev));
	assert_ptr_equal(to_platform_device(&pdev->dev), pdev);
	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	assert_non_null(res);
	assert_int_equal(res->start, 0x10000);
	assert_int_equal(resource_size(res), SZ_128K);
	assert_null(platform_get_resource(pdev, IORESOURCE_MEM, 1));
	assert_int_equal(platform_get_irq_optional(pdev, 0), -ENXIO);
	assert_string_equal(dev_name(&pdev->dev), "thing");
	platform_device_unregister(pdev);
}

static int evaluated;

static int evaluate(void)
{
	return ++evaluated;
}

/* Law 2.15: arguments of a rate-limited message: only when it is emitted. */
static void test_messages(void **state)
{
	struct platform_device_info info = { .name = "quiet",
					     .id = PLATFORM_DEVID_NONE };
	struct platform_device *pdev = platform_device_register_full(&info);

	for (int i = 0; i < 1000; i++)
		dev_warn_ratelimited(&pdev->dev, "%d\n", evaluate());
	assert_true(evaluated >= 1 && evaluated < 1000);
	dev_dbg(&pdev->dev, "%llx\n", 1ull);
	platform_device_unregister(pdev);
}

/* Law 2.8: WARN_ON_ONCE gives its condition each time. */
static void test_warnings(void **state)
{
	struct uik_audit audit;
	int hits = 0;

	for (int i = 0; i < 5; i++)
		if (WARN_ON_ONCE(i != 2))
			hits++;
	assert_int_equal(hits, 4);
	uik_machine_audit(machine, &audit);
	assert_int_equal(audit.warnings, 1);
}

/* Laws 2.14: lowest free in [0, max], inclusive; a free id is only warned of. */
static void test_ida(void **state)
{
	struct ida ida;

	ida_init(&ida);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), 0);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), 1);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), -ENOSPC);
	ida_free(&ida, 0);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), 0);
	ida_destroy(&ida);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), 0);
	ida_destroy(&ida);
	ida_destroy(&ida);
}

struct own_vintf {
	struct arm_vsmmu vsmmu;
	u16 index;
};

struct own_vdevice {
	struct iommufd_vdevice core;
	u32 sid;
};

struct own_queue {
	struct iommufd_hw_queue core;
	struct own_queue *prev;
};

/* Traps 9, 10: the table is static, its const member made by the macro. */
static struct iommufd_viommu_ops own_ops = {
	.alloc_domain_nested = arm_vsmmu_alloc_domain_nested,
	.cache_invalidate = arm_vsmmu_cache_invalidate,
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct own_vdevice, core),
};

static size_t own_size(enum iommu_viommu_type type)
{
	if (type != IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV)
		return 0;
	return VIOMMU_STRUCT_SIZE(struct own_vintf, vsmmu.core);
}

/* Stand-ins: the list says they must not be NULL. */
struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data)
{
	return ERR_PTR(-EOPNOTSUPP);
}

int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array)
{
	return -EOPNOTSUPP;
}

/* Laws 2.22 and 1.2: sizes are constants, both ops are there. */
static void test_struct_sizes(void **state)
{
	static const size_t queue_size =
		HW_QUEUE_STRUCT_SIZE(struct own_queue, core);

	static_assert(offsetof(struct own_vintf, vsmmu.core) == 0, "first");
	assert_int_equal(own_size(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV),
			 sizeof(struct own_vintf));
	assert_int_equal(own_size(IOMMU_VIOMMU_TYPE_ARM_SMMUV3), 0);
	assert_int_equal(own_ops.vdevice_size, sizeof(struct own_vdevice));
	assert_int_equal(queue_size, sizeof(struct own_queue));
	assert_non_null(own_ops.alloc_domain_nested);
	assert_non_null(own_ops.cache_invalidate);
}

/* Laws 2.21: user data of the exact length, both ways. */
static void test_user_data(void **state)
{
	struct iommu_viommu_tegra241_cmdqv user = { 1, 2 }, data;
	struct iommu_user_data from = {
		.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		.uptr = &user, .len = sizeof(user),
	};
	const struct iommu_user_data *user_data = &from;

	assert_int_equal(iommu_copy_struct_from_user(
		&data, user_data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		out_vintf_mmap_length), 0);
	assert_int_equal(data.out_vintf_mmap_length, 2);
	data.out_vintf_mmap_offset = 0x1000;
	assert_int_equal(iommu_copy_struct_to_user(
		user_data, &data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		out_vintf_mmap_length), 0);
	assert_int_equal(user.out_vintf_mmap_offset, 0x1000);
	from.len = 8;
	assert_int_equal(iommu_copy_struct_from_user(
		&data, user_data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		out_vintf_mmap_length), -EINVAL);
	from.len = sizeof(user);
	from.uptr = (void *)8;
	assert_int_equal(iommu_copy_struct_from_user(
		&data, user_data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		out_vintf_mmap_length), -EFAULT);
}

/* Laws 2.13, 2.3: what an aligned structure measures; pointers in order. */
static void test_words(void **state)
{
	void *slot[2] = { NULL, NULL };

	assert_int_equal(sizeof(struct arm_smmu_ll_queue), 128);
	assert_int_equal(sizeof(struct arm_smmu_queue) % SMP_CACHE_BYTES, 0);
	static_assert(sizeof(atomic_long_t) == sizeof(unsigned long));
	smp_store_release(&slot[1], machine);
	static_assert(__same_type(smp_load_acquire(&slot[1]), slot[0]));
	assert_ptr_equal(smp_load_acquire(&slot[1]), machine);
	assert_int_equal(ilog2(96), 6);
	assert_false(is_power_of_2(0));
	assert_true(is_power_of_2(1ul << 40));
	assert_true(raw_smp_processor_id() >= 0);
	assert_int_equal(MAX_PAGE_ORDER, 10);
#if IS_ENABLED(CONFIG_NOBODY_SET_THIS) || !IS_ENABLED(CONFIG_TEGRA241_CMDQV)
	fail();
#endif
	assert_int_equal(IS_ENABLED(CONFIG_NOBODY_SET_THIS), 0);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_accessors),	KIT_TEST(test_bitfields),
		KIT_TEST(test_poll),		KIT_TEST(test_allocation),
		KIT_TEST(test_interrupts),	KIT_TEST(test_platform_device),
		KIT_TEST(test_messages),	KIT_TEST(test_warnings),
		KIT_TEST(test_ida),		KIT_TEST(test_struct_sizes),
		KIT_TEST(test_user_data),	KIT_TEST(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
