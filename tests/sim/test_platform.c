/* SPDX-License-Identifier: MIT */
/*
 * Platforms with their drivers, through the public doors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <linux/module.h>
#include <uik/task.h>
#include <uiommufd/platform.h>

/* Somebody else's module, which fails. */
static int foreign_calls;

static int __init foreign_init(void)
{
	foreign_calls++;
	return -EPERM;
}
module_init(foreign_init);

static struct uiommufd_platform *make(const char *kind, unsigned int devices)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, kind);
	config.devices = devices;
	return uiommufd_platform_new(&config);
}

static int64_t audit(struct uiommufd_platform *platform)
{
	struct uiommufd_audit out = { .size = sizeof(out) };
	int64_t sum = uiommufd_platform_audit(platform, &out);

	assert_int_equal(sum, out.objects + out.blocks + out.locks +
				      out.mappings + out.warnings);
	assert_int_equal(out.guest_errors, 0);
	return sum;
}

/* Law: each kind boots with its drivers, and the driver misuses nothing. */
static void test_boot(void **state)
{
	static const struct {
		const char *kind;
		bool smmu, cmdqv;
	} rows[] = {
		{ "mock", false, false },
		{ "noiommu", false, false },
		{ "smmuv3", true, false },
		{ "tegra241", true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uiommufd_platform *platform = make(rows[i].kind, 3);

		assert_non_null(platform);
		assert_string_equal(uiommufd_platform_kind(platform),
				    rows[i].kind);
		assert_int_equal(uiommufd_platform_devices(platform), 3);
		assert_int_equal(!!uiommufd_smmu_registers(platform),
				 rows[i].smmu);
		assert_int_equal(!!uiommufd_vcmdq_registers(platform),
				 rows[i].cmdqv);
		assert_int_equal(!!uiommufd_smmu_base(platform), rows[i].smmu);
		assert_int_equal(!!uiommufd_vcmdq_base(platform),
				 rows[i].cmdqv);
		assert_int_equal(audit(platform), 0);
		uiommufd_platform_free(platform);
	}
	uiommufd_platform_free(NULL);
}

/* Law: a platform starts the library's own modules and no others. */
static void test_foreign_module(void **state)
{
	struct uiommufd_platform *platform = make("mock", 1);

	assert_non_null(platform);
	uiommufd_platform_free(platform);
	assert_int_equal(foreign_calls, 0);
	assert_int_equal(uiommufd_modules_init(), -EPERM);
	assert_int_equal(foreign_calls, 1);
	/* Nor does the failure stay behind. */
	platform = make("mock", 1);
	assert_non_null(platform);
	uiommufd_platform_free(platform);
	assert_int_equal(foreign_calls, 1);
}

/* Law: the driver brought its VINTF and its queues up. */
static void test_driver_queues(void **state)
{
	struct uiommufd_platform *platform = make("tegra241", 1);
	struct uiommufd_vcmdq_state queue;

	for (int i = -1; i < 3; i++) {
		assert_int_equal(uiommufd_vcmdq_read_state(platform, i, &queue),
				 0);
		assert_int_equal(queue.enabled, i < 2);
		assert_int_equal(queue.vintf, i == 0 || i == 1 ? 0 : -1);
		assert_false(queue.stopped);
	}
	uiommufd_platform_free(platform);
}

/* Law: every geometry boots, with every engine. */
static void test_geometries(void **state)
{
	for (unsigned int v = 0; v <= 6; v += 2) {
		for (unsigned int e = 0; e < 2; e++) {
			struct uiommufd_platform_config config;
			struct uiommufd_platform *platform;

			uiommufd_platform_config_init(&config, "tegra241");
			config.hardware.log2_vintfs = v;
			config.hardware.log2_vcmdqs = v + 1;
			config.hardware.log2_commands = 7 + v;
			config.hardware.engine = e ? UIOMMUFD_ENGINE_INLINE :
						     UIOMMUFD_ENGINE_THREAD;
			platform = uiommufd_platform_new(&config);
			assert_non_null(platform);
			assert_int_equal(audit(platform), 0);
			uiommufd_platform_free(platform);
		}
	}
}

/* Law: the clock decides how long a boot with slow handshakes takes. */
static void test_slow_boot(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, "tegra241");
	config.clock = UIOMMUFD_CLOCK_AUTO;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	config.hardware.enable_latency_ns = 50000000;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	assert_true(uiommufd_platform_now_ns(platform) >= 50000000);
	assert_int_equal(audit(platform), 0);
	uiommufd_platform_free(platform);
}

/* Law: names are devN (mockN); numbers are given lowest first. */
static void test_plug(void **state)
{
	static const struct {
		const char *kind, *second, *tenth;
	} rows[] = {
		{ "smmuv3", "dev2", "dev10" },
		{ "mock", "mock2", "mock10" },
		{ "noiommu", "dev2", "dev10" },
	};

	for (size_t i = 0; i < 3; i++) {
		struct uiommufd_platform *platform = make(rows[i].kind, 2);

		assert_int_equal(uiommufd_platform_plug(platform, NULL), 2);
		assert_int_equal(uiommufd_platform_plug(platform,
							rows[i].second), -1);
		assert_int_equal(errno, EEXIST);
		assert_int_equal(uiommufd_platform_plug(platform,
							rows[i].tenth), 10);
		assert_int_equal(uiommufd_platform_devices(platform), 4);
		assert_int_equal(uiommufd_platform_unplug(platform,
							  rows[i].second), 0);
		assert_int_equal(uiommufd_platform_unplug(platform,
							  rows[i].second), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(uiommufd_platform_plug(platform, NULL), 2);
		assert_int_equal(uiommufd_platform_plug(platform, NULL), 3);
		assert_int_equal(audit(platform), 0);
		uiommufd_platform_free(platform);
	}
}

static void test_bad_names(void **state)
{
	static const char *const names[] = { "", "dev", "dev01", "dev-1",
					     "dev1x", "mock1", "deva",
					     "dev99999999999" };
	struct uiommufd_platform *platform = make("smmuv3", 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(uiommufd_platform_plug(platform, names[i]),
				 -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(uiommufd_platform_unplug(platform, names[i]),
				 -1);
		assert_int_equal(errno, ENOENT);
	}
	uiommufd_platform_free(platform);
}

/* Law: StreamIDs follow from the number; each device has its own. */
static void test_streams(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, "smmuv3");
	config.devices = 3;
	config.streams_per_device = 4;
	config.first_stream_id = 0x40;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	assert_int_equal(uiommufd_platform_stream_id(platform, "dev0", 0),
			 0x40);
	assert_int_equal(uiommufd_platform_stream_id(platform, "dev2", 3),
			 0x4b);
	assert_int_equal(uiommufd_platform_stream_id(platform, "dev2", 4), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(uiommufd_platform_stream_id(platform, "dev3", 0), -1);
	assert_int_equal(errno, ENOENT);
	uiommufd_platform_free(platform);
	platform = make("mock", 1);
	assert_int_equal(uiommufd_platform_stream_id(platform, "mock0", 0),
			 -1);
	assert_int_equal(errno, ENODEV);
	uiommufd_platform_free(platform);
}

static void refuse(const struct uiommufd_platform_config *config)
{
	errno = 0;
	assert_null(uiommufd_platform_new(config));
	assert_int_equal(errno, EINVAL);
}

/* Law: a configuration that means nothing is refused. */
static void test_bad_config(void **state)
{
	struct uiommufd_platform_config good, bad;

	uiommufd_platform_config_init(&good, "tegra241");
#define REFUSE(member, value)          \
	do {                           \
		bad = good;            \
		bad.member = (value);  \
		refuse(&bad);          \
	} while (0)
	REFUSE(size, 8);
	REFUSE(kind, "vax");
	REFUSE(kind, NULL);
	REFUSE(clock, 3);
	REFUSE(first_stream_id, 0xfffff);
	REFUSE(pasid_bits, 21);
	REFUSE(hardware.size, 8);
	REFUSE(hardware.log2_vintfs, 7);
	REFUSE(hardware.log2_vcmdqs, 8);
	REFUSE(hardware.log2_vcmdqs, 5);
	REFUSE(hardware.log2_sids, 5);
	REFUSE(hardware.version, 16);
	REFUSE(hardware.log2_commands, 6);
	REFUSE(hardware.log2_commands, 20);
	REFUSE(hardware.log2_events, 20);
	REFUSE(hardware.batch_commands, 0);
	REFUSE(hardware.engine, 3);
#undef REFUSE
}

/* Law: hardware that never answers fails the boot with the driver's errno. */
static void test_driver_refuses(void **state)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, "smmuv3");
	/* Neither stage: nothing to drive. */
	config.hardware.idr[0] &= ~3u;
	assert_null(uiommufd_platform_new(&config));
	assert_int_equal(errno, ENXIO);
}

/* Law: a platform without this hardware says so. */
static void test_no_hardware(void **state)
{
	struct uiommufd_platform *platform = make("mock", 0);
	struct uiommufd_vcmdq_counters counters;
	struct uiommufd_vcmdq_state queue;
	struct uiommufd_translation entry = { .log2_page = 12 };
	struct uiommufd_fault fault = { .size = sizeof(fault) };
	uint64_t record[4] = { 0 };

#define ABSENT(call)                              \
	do {                                      \
		errno = 0;                        \
		assert_int_equal((call), -1);     \
		assert_int_equal(errno, ENODEV);  \
	} while (0)
	ABSENT(uiommufd_vcmdq_read_counters(platform, 0, &counters));
	ABSENT(uiommufd_vcmdq_read_state(platform, 0, &queue));
	ABSENT(uiommufd_vcmdq_observe(platform, NULL, NULL));
	ABSENT(uiommufd_vcmdq_set_engine(platform, UIOMMUFD_ENGINE_INLINE));
	ABSENT(uiommufd_cache_fill(platform, UIOMMUFD_CACHE_ATC, &entry));
	ABSENT(uiommufd_cache_find(platform, UIOMMUFD_CACHE_ATC, &entry));
	ABSENT(uiommufd_smmu_event(platform, record));
	ABSENT(uiommufd_fault_inject(platform, &fault));
	ABSENT(uiommufd_fault_clear(platform, -1));
#undef ABSENT
	assert_int_equal(uiommufd_vcmdq_step(platform, 1), 0);
	assert_int_equal(uiommufd_cache_count(platform, 0), 0);
	assert_int_equal(uiommufd_fault_hits(platform, 0), 0);
	uiommufd_kick(platform);
	uiommufd_platform_free(platform);
}

static void *live(void *arg)
{
	for (int i = 0; i < 10; i++) {
		struct uiommufd_platform *platform = make(arg, 2);

		if (!platform ||
		    uiommufd_platform_unplug(platform, "dev1") ||
		    uiommufd_platform_plug(platform, "dev7") != 7)
			return "failed";
		uiommufd_platform_free(platform);
	}
	return NULL;
}

/* Law: platforms are independent: one per thread needs no care. */
static void test_threads(void **state)
{
	static char *const kinds[] = { "smmuv3", "tegra241", "tegra241" };
	pthread_t thread[3];
	void *result;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, live,
						kinds[i]), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &result);
		assert_null(result);
	}
}

/*
 * Law: whichever allocation of a boot fails, there is no platform and ENOMEM,
 * or a sound one (a driver made do with less); nothing is left (ASan).
 */
static void test_boot_sweep(void **state)
{
	static const char *const kinds[] = { "mock", "noiommu", "smmuv3",
					     "tegra241" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct uiommufd_platform_config config;
		bool hit = true;

		uiommufd_platform_config_init(&config, kinds[i]);
		config.devices = 2;
		config.hardware.log2_vintfs = 1;
		config.hardware.log2_vcmdqs = 2;
		config.hardware.log2_commands = 8;
		config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
		for (unsigned int nth = 1; hit; nth++) {
			struct uiommufd_platform *platform;

			uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
			errno = 0;
			platform = uiommufd_platform_new(&config);
			hit = uik_fail_nth(0, 0, false);
			if (!platform) {
				assert_true(hit);
				assert_int_equal(errno, ENOMEM);
				continue;
			}
			assert_int_equal(audit(platform), 0);
			uiommufd_platform_free(platform);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_foreign_module),
		cmocka_unit_test(test_driver_queues),
		cmocka_unit_test(test_geometries),
		cmocka_unit_test(test_slow_boot),
		cmocka_unit_test(test_plug),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_driver_refuses),
		cmocka_unit_test(test_no_hardware),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_boot_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
