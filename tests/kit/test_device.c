/* SPDX-License-Identifier: MIT */
/* Devices, buses, drivers, platform devices, properties. */
#include "kit_test.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/platform_device.h>
#include <uik/slab.h>

static char events[128];

static void note(char c)
{
	size_t n = strlen(events);

	events[n] = c;
	events[n + 1] = '\0';
}

static struct bus_type bus = { .name = "testbus" };

static void on_release(struct device *dev)
{
	note('r');
	kfree(dev);
}

static struct device *device_make(const char *name)
{
	struct device *dev = kzalloc_obj(*dev);

	device_initialize(dev);
	dev->release = on_release;
	dev->bus = &bus;
	if (name)
		assert_int_equal(dev_set_name(dev, "%s", name), 0);
	return dev;
}

static int on_notify(struct notifier_block *nb, unsigned long action, void *dev)
{
	note((char)('0' + action));
	return NOTIFY_OK;
}

static struct kit_machine with_bus(void)
{
	struct kit_machine m = machine_with(NULL);

	events[0] = '\0';
	assert_int_equal(bus_register(&bus), 0);
	return m;
}

static void bus_end(struct kit_machine m)
{
	bus_unregister(&bus);
	machine_end(m);
}

/* Law: a bus is known once, to one machine. */
static void buses(void **state)
{
	struct kit_machine m = with_bus(), other;
	static const struct bus_type same = { .name = "testbus" };

	assert_int_equal(bus_register(&bus), -EEXIST);
	assert_int_equal(bus_register(&same), -EEXIST);
	assert_true(bus_is_registered(&bus));
	assert_true(bus_is_registered(&platform_bus_type));
	other = machine_with(NULL);
	assert_false(bus_is_registered(&bus));
	assert_int_equal(bus_for_each_dev(&bus, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(warnings_of(bus_unregister(&bus)), 1);
	machine_end(other);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(bus_register(&same), -ENOMEM);
	uik_fail_nth(0, 0, false);
	bus_end(m);
}

/* Law: the last reference runs release; events are in order. */
static void life(void **state)
{
	struct kit_machine m = with_bus();
	struct notifier_block nb = { .notifier_call = on_notify };
	struct device *dev = device_make("a"), *same = device_make("a");

	assert_int_equal(bus_register_notifier(&bus, &nb), 0);
	assert_int_equal(bus_register_notifier(&bus, &nb), -EEXIST);
	assert_int_equal(device_add(dev), 0);
	assert_string_equal(dev_name(dev), "a");
	assert_true(device_is_registered(dev));
	assert_int_equal(device_add(same), -EEXIST);
	assert_int_equal(warnings_of(bus_unregister(&bus)), 1);
	get_device(dev);
	device_unregister(dev);
	assert_string_equal(events, "012");
	assert_false(device_is_registered(dev));
	put_device(dev);
	put_device(same);
	put_device(NULL);
	assert_string_equal(events, "012rr");
	assert_int_equal(bus_unregister_notifier(&bus, &nb), 0);
	assert_int_equal(bus_unregister_notifier(&bus, &nb), -ENOENT);
	bus_end(m);
}

/* Law: a device needs a name and a bus that exists. */
static void bad_devices(void **state)
{
	struct kit_machine m = with_bus();
	struct device *dev = device_make(NULL);
	static const struct bus_type unknown = { .name = "unknown" };

	assert_int_equal(device_add(dev), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(dev_set_name(dev, "x"), -ENOMEM);
	uik_fail_nth(0, 0, false);
	dev->init_name = "x";
	assert_string_equal(dev_name(dev), "x");
	dev->bus = &unknown;
	assert_int_equal(device_add(dev), -EINVAL);
	dev->bus = NULL;
	assert_int_equal(device_add(dev), 0);
	assert_string_equal(dev_name(dev), "x");
	device_unregister(dev);
	dev = device_make("no-release");
	dev->release = NULL;
	assert_int_equal(warnings_of(put_device(dev)), 1);
	kfree(dev);
	bus_end(m);
}

static int visit(struct device *dev, void *data)
{
	note(dev_name(dev)[0]);
	if (data && !strcmp(dev_name(dev), data))
		device_unregister(dev);
	return 0;
}

/* Law: walking a bus goes by age and survives removals. */
static void walking(void **state)
{
	struct kit_machine m = with_bus();
	struct device *dev[3];
	char name[2] = "a";
	int i;

	for (i = 0; i < 3; i++, name[0]++) {
		dev[i] = device_make(name);
		assert_int_equal(device_add(dev[i]), 0);
	}
	bus_for_each_dev(&bus, NULL, "b", visit);
	assert_string_equal(events, "abrc");
	bus_for_each_dev(&bus, dev[0], NULL, visit);
	assert_string_equal(events, "abrcc");
	assert_ptr_equal(bus_find_device_by_name(&bus, NULL, "c"), dev[2]);
	put_device(dev[2]);
	assert_null(bus_find_device_by_name(&bus, NULL, "b"));
	device_unregister(dev[0]);
	device_unregister(dev[2]);
	bus_end(m);
}

static int refuse;

static int added(struct device *dev)
{
	note('+');
	return refuse;
}

static void removing(struct device *dev)
{
	note('-');
}

/* Law: the layer above hears of devices and may refuse them. */
static void layer_above(void **state)
{
	static const struct uik_device_events above = { added, removing };
	struct kit_machine m = with_bus();
	struct device *dev = device_make("a");

	uik_device_events_set(&above);
	refuse = -EPERM;
	assert_int_equal(device_add(dev), -EPERM);
	assert_false(device_is_registered(dev));
	refuse = 0;
	assert_int_equal(device_add(dev), 0);
	device_unregister(dev);
	assert_string_equal(events, "++-r");
	uik_device_events_set(NULL);
	bus_end(m);
}

static int probe_result;

static void action(void *data)
{
	note('x');
}

static int probe(struct platform_device *pdev)
{
	note('p');
	assert_int_equal(devm_add_action(&pdev->dev, action, NULL), 0);
	platform_set_drvdata(pdev, pdev);
	return probe_result;
}

static void remove_(struct platform_device *pdev)
{
	assert_ptr_equal(platform_get_drvdata(pdev), pdev);
	note('q');
}

static struct platform_driver driver = {
	.probe = probe,
	.remove = remove_,
	.driver = { .name = "kit-test" },
};

/* Law: a driver meets its devices by name, whoever comes first. */
static void drivers(void **state)
{
	struct kit_machine m = with_bus();
	struct platform_device *pdev, *other;

	probe_result = 0;
	pdev = platform_device_register_simple("kit-test", 3, NULL, 0);
	other = platform_device_register_simple("other", PLATFORM_DEVID_NONE,
						NULL, 0);
	assert_string_equal(dev_name(&pdev->dev), "kit-test.3");
	assert_string_equal(dev_name(&other->dev), "other");
	assert_int_equal(platform_driver_register(&driver), 0);
	assert_int_equal(platform_driver_register(&driver), -EEXIST);
	assert_ptr_equal(pdev->dev.driver, &driver.driver);
	assert_null(other->dev.driver);
	assert_string_equal(dev_driver_string(&pdev->dev), "kit-test");
	platform_device_unregister(pdev);
	assert_string_equal(events, "pqx");
	/* Now the driver is there first. */
	events[0] = '\0';
	probe_result = -EIO;
	pdev = platform_device_register_simple("kit-test",
					       PLATFORM_DEVID_AUTO, NULL, 0);
	assert_false(IS_ERR(pdev));
	assert_null(pdev->dev.driver);
	assert_int_equal(pdev->dev.probe_result_, -EIO);
	assert_null(platform_get_drvdata(pdev));
	assert_string_equal(events, "px");
	probe_result = 0;
	assert_int_equal(device_attach(&pdev->dev), 1);
	platform_driver_unregister(&driver);
	assert_null(pdev->dev.driver);
	assert_string_equal(events, "pxpqx");
	platform_device_unregister(pdev);
	platform_device_unregister(other);
	platform_device_unregister(NULL);
	bus_end(m);
}

/* Law: resources and interrupts are found by number and by name. */
static void resources(void **state)
{
	static const struct resource res[] = {
		DEFINE_RES_MEM(0x1000, 0x100), DEFINE_RES_IRQ(5),
		DEFINE_RES_MEM_NAMED(0x2000, 0x200, "second"),
		DEFINE_RES_IRQ_NAMED(6, "six"),
	};
	struct kit_machine m = with_bus();
	struct platform_device *pdev;
	struct resource *r;

	pdev = platform_device_register_simple("res", 0, res, 4);
	r = platform_get_resource(pdev, IORESOURCE_MEM, 1);
	assert_int_equal(r->start, 0x2000);
	assert_int_equal(resource_size(r), 0x200);
	assert_null(platform_get_resource(pdev, IORESOURCE_MEM, 2));
	assert_ptr_equal(platform_get_resource_byname(pdev, IORESOURCE_MEM,
						      "second"), r);
	assert_int_equal(platform_get_irq_optional(pdev, 0), 5);
	assert_int_equal(platform_get_irq_optional(pdev, 2), -ENXIO);
	assert_int_equal(platform_get_irq_byname_optional(pdev, "six"), 6);
	assert_int_equal(platform_get_irq_byname_optional(pdev, "x"), -ENXIO);
	assert_int_equal(platform_irq_count(pdev), 2);
	platform_device_unregister(pdev);
	bus_end(m);
}

static const struct platform_device_id ids[] = {
	{ "kit-one", 1 }, { "kit-two", 2 }, {},
};

static int probe_by_id(struct platform_device *pdev)
{
	note((char)('0' + platform_get_device_id(pdev)->driver_data));
	return 0;
}

/* Law: a driver with a table meets the devices that it names, not its own. */
static void ids_of_a_driver(void **state)
{
	static struct platform_driver by_id = {
		.probe = probe_by_id,
		.id_table = ids,
		.driver = { .name = "kit-ids" },
	};
	static const char *const names[] = { "kit-two", "kit-ids", "kit-one" };
	struct platform_device *pdev[ARRAY_SIZE(names)];
	struct kit_machine m = with_bus();

	assert_int_equal(platform_driver_register(&by_id), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		pdev[i] = platform_device_register_simple(names[i], 0, NULL, 0);
	assert_string_equal(events, "21");
	assert_null(pdev[1]->dev.driver);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		platform_device_unregister(pdev[i]);
	platform_driver_unregister(&by_id);
	bus_end(m);
}

static uint64_t read_7(void *priv, uint64_t offset, unsigned int width)
{
	return 7;
}

static void write_nothing(void *priv, uint64_t offset, unsigned int width,
			  uint64_t value)
{
}

/* Law: registers of a resource are mapped until the driver goes. */
static void registers(void **state)
{
	static const struct uik_mmio_ops ops = { read_7, write_nothing };
	const u64 start = UIK_PHYS_MMIO + 0x100000;
	const struct resource res[] = {
		DEFINE_RES_MEM(start, 0x1000),
		DEFINE_RES_IRQ((resource_size_t)INT_MAX + 1),
	};
	struct kit_machine m = with_bus();
	struct platform_device *pdev;
	struct resource *found;
	void __iomem *base;

	assert_int_equal(uik_mmio_register(m.machine, start, 0x1000, &ops, NULL),
			 0);
	pdev = platform_device_register_simple("regs", 0, res, 2);
	base = devm_platform_ioremap_resource(pdev, 0);
	assert_false(IS_ERR(base));
	assert_int_equal(readl(base), 7);
	base = devm_platform_get_and_ioremap_resource(pdev, 1, &found);
	assert_int_equal(PTR_ERR(base), -EINVAL);
	assert_null(found);
	assert_int_equal(platform_get_irq(pdev, 0), -ENXIO);
	assert_int_equal(platform_get_irq(pdev, 1), -ENXIO);
	assert_int_equal(platform_get_irq_byname(pdev, "none"), -ENXIO);
	assert_int_equal(platform_irq_count(pdev), 0);
	platform_device_unregister(pdev);
	uik_mmio_unregister(m.machine, start);
	bus_end(m);
}

/* Law: properties are copied and typed. */
static void properties(void **state)
{
	static const u32 array[] = { 1, 2, 3 };
	char text[] = "text", name[] = "pasid-num-bits";
	struct property_entry entries[] = {
		PROPERTY_ENTRY_U32(name, 20),
		PROPERTY_ENTRY_STRING("string", text),
		PROPERTY_ENTRY_U32_ARRAY("array", array),
		PROPERTY_ENTRY_BOOL("flag"),
		PROPERTY_ENTRY_U64("wide", 1ull << 40),
		{ }
	};
	struct kit_machine m = with_bus();
	struct device *dev = device_make("a");
	const char *string;
	u32 out[3];
	u64 wide;

	assert_int_equal(device_property_read_u32(dev, "x", out), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(device_create_managed_software_node(dev, entries,
							     NULL), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(device_create_managed_software_node(dev, entries,
							     NULL), 0);
	assert_int_equal(device_create_managed_software_node(dev, entries,
							     NULL), -EEXIST);
	text[0] = name[0] = 'X';
	assert_int_equal(device_property_read_u32(dev, "pasid-num-bits", out),
			 0);
	assert_int_equal(out[0], 20);
	assert_int_equal(device_property_read_string(dev, "string", &string),
			 0);
	assert_string_equal(string, "text");
	assert_int_equal(device_property_read_u32_array(dev, "array", NULL, 0),
			 3);
	assert_int_equal(device_property_read_u32_array(dev, "array", out, 3),
			 0);
	assert_int_equal(out[2], 3);
	assert_int_equal(device_property_read_u32_array(dev, "array", out, 4),
			 -EOVERFLOW);
	assert_int_equal(device_property_read_u64(dev, "array", &wide),
			 -EPROTO);
	assert_int_equal(device_property_read_u64(dev, "wide", &wide), 0);
	assert_true(wide == 1ull << 40);
	assert_true(device_property_read_bool(dev, "flag"));
	assert_false(device_property_read_bool(dev, "flags"));
	assert_non_null(dev_fwnode(dev));
	put_device(dev);
	bus_end(m);
}

/* Law: registering a platform device either works or leaves nothing. */
static void platform_failures(void **state)
{
	static const struct resource res[] = { DEFINE_RES_IRQ(5) };
	struct property_entry entries[] = { PROPERTY_ENTRY_U32("a", 1), { } };
	struct platform_device_info info = {
		.name = "failing", .id = 1, .res = res, .num_res = 1,
		.data = "data", .size_data = 5, .properties = entries,
	};
	struct kit_machine m = with_bus();
	struct platform_device *pdev;
	uint64_t blocks, bytes, before;
	unsigned int n = 0;

	uik_slab_live(m.machine, &before, &bytes);
	do {
		uik_fail_nth(++n, 1u << UIK_FAIL_ALLOC, false);
		pdev = platform_device_register_full(&info);
		if (!uik_fail_nth(0, 0, false))
			break;
		assert_int_equal(PTR_ERR(pdev), -ENOMEM);
		uik_slab_live(m.machine, &blocks, &bytes);
		assert_int_equal(blocks, before);
	} while (n < 100);
	assert_in_range(n, 5, 20);
	assert_string_equal(pdev->dev.platform_data, "data");
	platform_device_unregister(pdev);
	bus_end(m);
}

static int probe_result;

static int probe_named(struct device *dev)
{
	note('p');
	return probe_result;
}

static int remove_named(struct device *dev)
{
	note('x');
	return 0;
}

static void device_lost(const struct device_driver *drv, int result)
{
	struct device *dev = device_make(drv->name);

	probe_result = result;
	assert_int_equal(device_add(dev), 0);
	assert_ptr_equal(dev->driver, result ? NULL : drv);
	device_unregister(dev);
}

/*
 * Law: on a bus that neither matches nor probes, a driver serves the device of
 * its name; one that refuses is not asked to remove it.
 */
static void a_driver_by_name(void **state)
{
	struct kit_machine m = with_bus();
	struct device_driver drv = {
		.name = "named", .bus = &bus,
		.probe = probe_named, .remove = remove_named,
	}, same = { .name = "named", .bus = &bus };
	struct device *other = device_make("other");

	assert_int_equal(driver_register(&drv), 0);
	assert_int_equal(driver_register(&same), -EEXIST);
	assert_int_equal(device_add(other), 0);
	assert_null(other->driver);
	device_unregister(other);
	assert_string_equal(events, "r");
	device_lost(&drv, 0);
	assert_string_equal(events, "rpxr");
	device_lost(&drv, -ENXIO);
	assert_string_equal(events, "rpxrpr");
	driver_unregister(&drv);
	bus_end(m);
}

static void type_release(struct device *dev)
{
	note('t');
}

/* Law: a device of a type is released by it; one found is counted. */
static void found_and_typed(void **state)
{
	static const struct device_type type = { .release = type_release };
	static const struct device_type bare = {};
	struct kit_machine m = with_bus();
	struct device dev = { .type = &type, .bus = &bus }, unnamed = {};
	struct notifier_block nb = { .notifier_call = on_notify };
	static const struct bus_type unknown = { .name = "unknown" };

	dev.init_name = "typed";
	assert_int_equal(device_register(&dev), 0);
	assert_null(uik_device_find(m.machine, "type"));
	assert_ptr_equal(uik_device_find(m.machine, "typed"), &dev);
	device_unregister(&dev);
	assert_string_equal(events, "");
	assert_null(uik_device_find(m.machine, "typed"));
	put_device(&dev);
	assert_string_equal(events, "t");
	device_initialize(&unnamed);
	assert_int_equal(warnings_of(device_del(&unnamed)), 1);
	unnamed.type = &bare;
	assert_int_equal(warnings_of(put_device(&unnamed)), 1);
	dev = (struct device){ .type = &type, .init_name = "x" };
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(device_register(&dev), -ENOMEM);
	uik_fail_nth(0, 0, false);
	device_unregister(&dev);	/* never added */
	assert_string_equal(events, "tt");
	assert_int_equal(bus_register_notifier(&unknown, &nb), -EINVAL);
	assert_int_equal(bus_unregister_notifier(&unknown, &nb), -EINVAL);
	assert_null(bus_find_device_by_name(&unknown, NULL, "x"));
	bus_end(m);
}

static int stop_at_b(struct device *dev, void *data)
{
	note(dev_name(dev)[0]);
	return dev_name(dev)[0] == 'b' ? -EINTR : 0;
}

/* Law: a walk ends with the first error and tells it. */
static void walk_ends(void **state)
{
	struct kit_machine m = with_bus();
	struct device *dev[3] = { device_make("a"), device_make("b"),
				  device_make("c") };

	for (int i = 0; i < 3; i++)
		assert_int_equal(device_add(dev[i]), 0);
	assert_int_equal(bus_for_each_dev(&bus, NULL, NULL, stop_at_b),
			 -EINTR);
	assert_string_equal(events, "ab");
	assert_null(bus_find_device_by_name(&bus, dev[0], "a"));
	for (int i = 0; i < 3; i++)
		device_unregister(dev[i]);
	bus_end(m);
}

static GLogLevelFlags last_level;

static GLogWriterOutput keep_level(GLogLevelFlags level, const GLogField *fields,
				   gsize count, gpointer data)
{
	last_level = level;
	return g_log_writer_default(level, fields, count, data);
}

/* Law: the reason is given back; waiting for another is no error to a reader. */
static void probe_errors(void **state)
{
	struct kit_machine m = with_bus();
	struct device *dev = device_make("a");
	GLogLevelFlags hard = 0, soft = 0;

	g_log_set_writer_func(keep_level, NULL, NULL);	/* once a process */
	assert_int_equal(dev_err_probe(dev, -EIO, "no %s\n", "answer"), -EIO);
	hard = last_level;
	assert_int_equal(dev_err_probe(dev, -517, "later\n"), -517);
	soft = last_level;
	assert_int_equal(dev_err_probe(NULL, -ENOMEM, "short\n"), -ENOMEM);
	assert_int_equal(hard & G_LOG_LEVEL_MASK, G_LOG_LEVEL_CRITICAL);
	assert_int_equal(soft & G_LOG_LEVEL_MASK, G_LOG_LEVEL_DEBUG);
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_DEBUG);
	put_device(dev);
	bus_end(m);
}

static struct platform_driver bare_driver = {
	.driver = { .name = "kit-bare" },
};

/* Law: a driver may have neither probe nor remove; masks come with devices. */
static void bare_drivers(void **state)
{
	static const struct platform_device_info info = {
		.name = "kit-bare", .id = 1, .dma_mask = DMA_BIT_MASK(40),
		.data = "data", .size_data = 5,
	};
	struct kit_machine m = with_bus();
	struct platform_device *pdev = platform_device_register_full(&info);

	assert_false(IS_ERR(pdev));
	assert_true(pdev->dev.coherent_dma_mask == DMA_BIT_MASK(40));
	assert_true(*pdev->dev.dma_mask == DMA_BIT_MASK(40));
	assert_int_equal(dma_set_mask_and_coherent(&pdev->dev,
						   DMA_BIT_MASK(36)), 0);
	assert_true(*pdev->dev.dma_mask == DMA_BIT_MASK(36));
	assert_string_equal(dev_get_platdata(&pdev->dev), "data");
	assert_int_equal(platform_driver_register(&bare_driver), 0);
	assert_ptr_equal(pdev->dev.driver, &bare_driver.driver);
	platform_driver_unregister(&bare_driver);
	assert_null(pdev->dev.driver);
	platform_device_unregister(pdev);
	bus_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buses),
		cmocka_unit_test(life),
		cmocka_unit_test(bad_devices),
		cmocka_unit_test(walking),
		cmocka_unit_test(layer_above),
		cmocka_unit_test(drivers),
		cmocka_unit_test(a_driver_by_name),
		cmocka_unit_test(resources),
		cmocka_unit_test(ids_of_a_driver),
		cmocka_unit_test(registers),
		cmocka_unit_test(properties),
		cmocka_unit_test(platform_failures),
		cmocka_unit_test(found_and_typed),
		cmocka_unit_test(walk_ends),
		cmocka_unit_test(probe_errors),
		cmocka_unit_test(bare_drivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
