/* SPDX-License-Identifier: MIT */
/*
 * What a CMDQV driver and its users do that no boot and no tidy guest does:
 * shapes at their limits, every VINTF taken, guests that vanish, resets under
 * them, the driver leaving and coming back, errors of several kinds at once.
 *
 * On thin glue, so that it holds for a driver of somebody's own as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <uik/machine.h>
#include <uik/module.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>
#include "glue_smmu.h"

#define RAM_IOVA 0x40000000ull
#define RAM_BYTES 65536

static void shape(struct uiommufd_platform_config *config,
		  unsigned int log2_vintfs, unsigned int log2_vcmdqs)
{
	uiommufd_platform_config_init(config, "tegra241");
	config->smmu_driver = GLUE_NAME;
	config->devices = 1;
	config->hardware.log2_vintfs = log2_vintfs;
	config->hardware.log2_vcmdqs = log2_vcmdqs;
}

static struct uiommufd_platform *
boot(const struct uiommufd_platform_config *config)
{
	struct uiommufd_platform *platform = uiommufd_platform_new(config);

	assert_non_null(platform);
	assert_int_equal(uiommufd_platform_devices(platform), 1);
	return platform;
}

static uint64_t guest_errors(struct uiommufd_platform *platform)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	assert_int_equal(uiommufd_platform_audit(platform, &audit), 0);
	return audit.guest_errors;
}

static void shut_down(struct uiommufd_platform *platform)
{
	assert_int_equal(guest_errors(platform), 0);
	uiommufd_platform_free(platform);
}

static struct uiommufd_vcmdq_counters
counters_of(struct uiommufd_platform *platform)
{
	struct uiommufd_vcmdq_counters counters;

	assert_int_equal(uiommufd_vcmdq_read_counters(
				 platform, UIOMMUFD_QUEUE_ANY, &counters), 0);
	return counters;
}

/* One list through the queue that the driver picks; with a CMD_SYNC. */
static int issue(struct arm_smmu_cmd *cmds, int n)
{
	struct arm_smmu_cmdq *cmdq =
		glue_smmu->impl_ops->get_secondary_cmdq(glue_smmu, cmds);

	assert_non_null(cmdq);
	return arm_smmu_cmdq_issue_cmdlist(glue_smmu, cmdq, cmds, n, true);
}

static void issue_tlbis(struct uiommufd_platform *platform, int n)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));
	struct arm_smmu_cmd *cmds = calloc(n, sizeof(*cmds));

	for (int i = 0; i < n; i++)
		cmds[i].data[0] = 0x12;
	assert_int_equal(issue(cmds, n), 0);
	free(cmds);
	uik_leave(previous);
}

/* --- shapes ---------------------------------------------------------------- */

/* Law: a driver boots on every shape, and fills its queue to the brim. */
static void test_shapes(void **state)
{
	static const struct {
		unsigned int vintfs, vcmdqs, sids, commands;
	} rows[] = {
		{ 0, 0, 0, 7 }, { 0, 7, 4, 7 }, { 6, 6, 0, 8 }, { 6, 7, 4, 8 },
		{ 3, 5, 2, 18 }, { 1, 1, 4, 19 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uiommufd_platform_config config;
		struct uiommufd_platform *platform;
		struct uiommufd_vcmdq_state queue;
		uint32_t entries;

		shape(&config, rows[i].vintfs, rows[i].vcmdqs);
		config.hardware.log2_sids = rows[i].sids;
		config.hardware.log2_commands = rows[i].commands;
		platform = boot(&config);
		uiommufd_vcmdq_read_state(platform, 0, &queue);
		assert_true(queue.enabled);
		entries = 1u << queue.log2_size;
		for (int n = 0; n < 3; n++)
			issue_tlbis(platform, entries - 1);
		assert_int_equal(counters_of(platform).opcode[0x12],
				 3 * (entries - 1));
		shut_down(platform);
	}
}

/* Law (spec/70 3.1): handshakes that take their time are waited for. */
static void test_latency(void **state)
{
	static const enum uiommufd_clock clocks[] = { UIOMMUFD_CLOCK_WALL,
						      UIOMMUFD_CLOCK_AUTO };

	for (int i = 0; i < 2; i++) {
		struct uiommufd_platform_config config;
		struct uiommufd_platform *platform;

		shape(&config, 1, 2);
		config.clock = clocks[i];
		config.hardware.enable_latency_ns = 300000;
		platform = boot(&config);
		issue_tlbis(platform, 5);
		shut_down(platform);
	}
}

/* --- guests ---------------------------------------------------------------- */

struct guest {
	struct uiommufd_platform *platform;
	int fd;
	uint8_t *ram;
	uint32_t dev, ioas, parent;
};

static int call(struct guest *g, unsigned long request, void *arg)
{
	return uiommufd_ioctl(g->fd, request, arg) ? errno : 0;
}

static int destroy(struct guest *g, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return call(g, IOMMU_DESTROY, &cmd);
}

static void guest_open(struct guest *g, struct uiommufd_platform *platform)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.length = RAM_BYTES,
		.iova = RAM_IOVA,
	};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
	};

	g->platform = platform;
	g->fd = uiommufd_open(platform, O_RDWR);
	g->ram = aligned_alloc(RAM_BYTES, RAM_BYTES);
	memset(g->ram, 0, RAM_BYTES);
	assert_int_equal(uiommufd_device_bind(g->fd, "dev0", &g->dev), 0);
	assert_int_equal(call(g, IOMMU_IOAS_ALLOC, &ioas), 0);
	map.ioas_id = hwpt.pt_id = g->ioas = ioas.out_ioas_id;
	map.user_va = (uintptr_t)g->ram;
	hwpt.dev_id = g->dev;
	assert_int_equal(call(g, IOMMU_HWPT_ALLOC, &hwpt), 0);
	g->parent = hwpt.out_hwpt_id;
	assert_int_equal(call(g, IOMMU_IOAS_MAP, &map), 0);
}

/* Whatever there still is goes with it. */
static void guest_close(struct guest *g)
{
	if (uiommufd_device_unbind(g->fd, "dev0"))
		assert_int_equal(errno, EBUSY);
	assert_int_equal(uiommufd_close(g->fd), 0);
	free(g->ram);
}

struct vm {
	uint32_t viommu, queue;
	uint32_t *page;
	struct iommu_viommu_tegra241_cmdqv window;
};

static int vm_open(struct guest *g, struct vm *vm)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		.dev_id = g->dev,
		.hwpt_id = g->parent,
		.data_len = sizeof(vm->window),
		.data_uptr = (uintptr_t)&vm->window,
	};
	int ret = call(g, IOMMU_VIOMMU_ALLOC, &cmd);

	if (ret)
		return ret;
	vm->viommu = cmd.out_viommu_id;
	vm->page = uiommufd_mmap(NULL, 0x10000, PROT_READ | PROT_WRITE,
				 MAP_SHARED, g->fd,
				 vm->window.out_vintf_mmap_offset);
	assert_ptr_not_equal(vm->page, MAP_FAILED);
	return 0;
}

static int vm_queue(struct guest *g, struct vm *vm, uint32_t index)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = vm->viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = RAM_IOVA + 4096 * index,
		.length = 4096,
	};
	int ret = call(g, IOMMU_HW_QUEUE_ALLOC, &cmd);

	vm->queue = cmd.out_hw_queue_id;
	return ret;
}

static void vm_unmap(struct vm *vm)
{
	assert_int_equal(uiommufd_munmap(vm->page, 0x10000), 0);
}

static uint32_t vm_load(struct vm *vm, unsigned int word)
{
	return __atomic_load_n(&vm->page[word], __ATOMIC_ACQUIRE);
}

static void vm_store(struct guest *g, struct vm *vm, unsigned int word,
		     uint32_t value)
{
	__atomic_store_n(&vm->page[word], value, __ATOMIC_RELEASE);
	uiommufd_vcmdq_step(g->platform, UINT64_MAX);
}

/* Three TLBIs and a CMD_SYNC from entry 0 on, on a queue that starts there. */
static void vm_drive(struct guest *g, struct vm *vm)
{
	uint64_t *ring = (uint64_t *)g->ram;

	memset(ring, 0, 4096);
	for (int i = 0; i < 3; i++)
		ring[2 * i] = 0x11 | 9ull << 48;
	ring[6] = 0x46;
	assert_int_equal(vm_load(vm, 0), 0);
	assert_int_equal(vm_load(vm, 1), 0);
	vm_store(g, vm, 2, 1);
	assert_int_equal(vm_load(vm, 3), 1);
	vm_store(g, vm, 1, 4);
	assert_int_equal(vm_load(vm, 0), 4);
}

static void vm_break(struct guest *g, struct vm *vm)
{
	((uint64_t *)g->ram)[8] = 0xfe;
	vm_store(g, vm, 1, 5);
	uiommufd_platform_interrupts(g->platform);
	assert_int_equal(vm_load(vm, 0), 4 | 1u << 24);
	/* It toggles: what it is depends on who had the queue before. */
	assert_int_equal(vm_load(vm, 4) ^ vm_load(vm, 5), 1);
}

/* Law (spec/70 10.1): the lowest free VINTF; when all are taken, ENOSPC. */
static void test_every_vintf(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_vcmdq_state queue;
	struct uiommufd_platform *platform;
	struct guest g;
	struct vm vm[8];

	shape(&config, 3, 4);
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = boot(&config);
	guest_open(&g, platform);
	for (int i = 1; i < 8; i++)
		assert_int_equal(vm_open(&g, &vm[i]), 0);
	assert_int_equal(vm_open(&g, &vm[0]), ENOSPC);
	for (int i = 1; i < 8; i++) {
		assert_int_equal(vm_queue(&g, &vm[i], 0), 0);
		vm_drive(&g, &vm[i]);
	}
	vm_unmap(&vm[3]);
	assert_int_equal(destroy(&g, vm[3].queue), 0);
	assert_int_equal(destroy(&g, vm[3].viommu), 0);
	assert_int_equal(vm_open(&g, &vm[3]), 0);
	assert_int_equal(vm_queue(&g, &vm[3], 0), 0);
	uiommufd_vcmdq_read_state(platform, 6, &queue);
	assert_int_equal(queue.vintf, 3);
	vm_drive(&g, &vm[3]);
	for (int i = 1; i < 8; i++)
		vm_unmap(&vm[i]);
	guest_close(&g);
	shut_down(platform);
}

/*
 * Law: a guest that goes while its queue is stopped by an error that nobody
 * saw leaves nothing to the next one in its VINTF.
 */
static void test_vanished(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	shape(&config, 1, 2);
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = boot(&config);
	for (int i = 0; i < 3; i++) {
		struct guest g;
		struct vm vm;

		guest_open(&g, platform);
		assert_int_equal(vm_open(&g, &vm), 0);
		for (int word = 0; word < 0x10000 / 4; word++)
			assert_int_equal(vm_load(&vm, word), 0);
		assert_int_equal(vm_queue(&g, &vm, 0), 0);
		vm_drive(&g, &vm);
		vm_break(&g, &vm);
		vm_unmap(&vm);
		guest_close(&g);
		assert_int_equal(uiommufd_mmio_read(
			uiommufd_vcmdq_registers(platform), 0x14, 4), 0);
	}
	issue_tlbis(platform, 3);
	shut_down(platform);
}

/*
 * Law: a suspend and a resume under a guest leave its queues off; taking them
 * down afterwards is no error, and the next guest's run.
 */
static void test_reset_under_guest(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	struct uik_machine *previous;
	struct guest g;
	struct vm vm;

	shape(&config, 1, 2);
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = boot(&config);
	guest_open(&g, platform);
	assert_int_equal(vm_open(&g, &vm), 0);
	assert_int_equal(vm_queue(&g, &vm, 0), 0);
	vm_drive(&g, &vm);
	previous = uik_enter(uiommufd_platform_machine(platform));
	glue_smmu->impl_ops->device_disable(glue_smmu);
	assert_int_equal(glue_smmu->impl_ops->device_reset(glue_smmu), 0);
	uik_leave(previous);
	assert_int_equal(vm_load(&vm, 3), 0);
	vm_store(&g, &vm, 2, 1);
	assert_int_equal(vm_load(&vm, 3), 0);
	assert_int_equal(destroy(&g, vm.queue), 0);
	vm_unmap(&vm);
	assert_int_equal(destroy(&g, vm.viommu), 0);
	assert_int_equal(vm_open(&g, &vm), 0);
	assert_int_equal(vm_queue(&g, &vm, 0), 0);
	vm_drive(&g, &vm);
	vm_unmap(&vm);
	guest_close(&g);
	issue_tlbis(platform, 3);
	shut_down(platform);
}

/* --- the driver leaves and comes back ---------------------------------------- */

/* Law: what a driver leaves behind is fit for the next one to probe. */
static void test_rebind(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	shape(&config, 1, 3);
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = boot(&config);
	for (int i = 0; i < 3; i++) {
		struct uik_machine *previous;
		struct guest g;
		struct vm vm;

		issue_tlbis(platform, 3);
		guest_open(&g, platform);
		assert_int_equal(vm_open(&g, &vm), 0);
		assert_int_equal(vm_queue(&g, &vm, 0), 0);
		assert_int_equal(vm_queue(&g, &vm, 1), 0);
		vm_drive(&g, &vm);
		vm_unmap(&vm);
		guest_close(&g);
		assert_int_equal(uiommufd_platform_unplug(platform, "dev0"), 0);
		previous = uik_enter(uiommufd_platform_machine(platform));
		uiommufd_modules_exit();
		/* Its queues are off, and so are their VINTFs. */
		assert_int_equal(uiommufd_mmio_read(
			uiommufd_vcmdq_registers(platform), 0x1004, 4) & 1, 0);
		assert_int_equal(uiommufd_modules_init(), 0);
		uik_leave(previous);
		assert_int_equal(uiommufd_platform_plug(platform, "dev0"), 0);
	}
	shut_down(platform);
}

/* --- errors ------------------------------------------------------------------- */

static void inject(struct uiommufd_platform *platform,
		   enum uiommufd_fault_kind kind, uint64_t skip)
{
	struct uiommufd_fault fault = {
		.size = sizeof(fault),
		.kind = kind,
		.number = UIOMMUFD_QUEUE_ANY,
		.skip = skip,
		.times = 1,
	};

	assert_true(uiommufd_fault_inject(platform, &fault) >= 0);
}

/* Law (spec/70 6.2): the driver gets over each kind of error on its own queue. */
static void test_kinds_of_errors(void **state)
{
	static const enum uiommufd_fault_kind kinds[] = {
		UIOMMUFD_FAULT_ILLEGAL_COMMAND, UIOMMUFD_FAULT_FETCH_ABORT,
		UIOMMUFD_FAULT_ATC_TIMEOUT, UIOMMUFD_FAULT_ILLEGAL_OPERAND,
	};
	struct arm_smmu_cmd list[3] = {
		{ .data = { 0x12 } },
		{ .data = { 0x40 | 0x100ull << 32, 52 } },
		{ .data = { 0x11 } },
	};
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	struct uik_machine *previous;

	shape(&config, 1, 2);
	platform = boot(&config);
	previous = uik_enter(uiommufd_platform_machine(platform));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (uint64_t skip = 0; skip < 3; skip++) {
			uint64_t before = counters_of(platform).errors;

			if (kinds[i] == UIOMMUFD_FAULT_ATC_TIMEOUT && skip)
				break;
			inject(platform, kinds[i], skip);
			assert_int_equal(issue(list, 3), 0);
			assert_int_equal(counters_of(platform).errors,
					 before + 1);
			uiommufd_fault_clear(platform, -1);
		}
	uik_leave(previous);
	shut_down(platform);
}

/*
 * Law (spec/70 3.4): an error that a guest never acknowledges interrupts once,
 * and does not keep the kernel's own errors from being handled.
 */
static void test_silent_guest(void **state)
{
	struct arm_smmu_cmd bad = { .data = { 0xfe } };
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	struct uik_machine *previous;
	struct guest g;
	struct vm vm;
	uint64_t raised;

	shape(&config, 1, 2);
	platform = boot(&config);
	guest_open(&g, platform);
	assert_int_equal(vm_open(&g, &vm), 0);
	assert_int_equal(vm_queue(&g, &vm, 0), 0);
	vm_drive(&g, &vm);
	vm_break(&g, &vm);
	raised = counters_of(platform).interrupts;
	assert_int_equal(raised, 1);
	previous = uik_enter(uiommufd_platform_machine(platform));
	for (int i = 0; i < 20; i++) {
		bad.data[0] = 0xfe;
		assert_int_equal(issue(&bad, 1), 0);
	}
	uik_leave(previous);
	assert_int_equal(counters_of(platform).interrupts, raised + 20);
	assert_int_equal(vm_load(&vm, 0), 4 | 1u << 24);
	vm_unmap(&vm);
	guest_close(&g);
	shut_down(platform);
}

/* --- many at once ---------------------------------------------------------------- */

static void *issue_many(void *arg)
{
	for (int i = 0; i < 200; i++)
		issue_tlbis(arg, 1 + i % 7);
	return NULL;
}

/* Law: threads on several CPUs share out the queues, and nothing is lost. */
static void test_threads(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	pthread_t threads[4];
	uint64_t total = 0;

	shape(&config, 0, 2);
	config.hardware.log2_commands = 7;
	platform = boot(&config);
	for (int i = 0; i < 200; i++)
		total += 4 * (1 + i % 7);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, issue_many,
						platform), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(counters_of(platform).opcode[0x12], total);
	shut_down(platform);
}

/* Law: a level that never follows fails a reset; once it does, all is well. */
static void test_stuck_levels(void **state)
{
	static const enum uiommufd_fault_unit units[] = {
		UIOMMUFD_UNIT_CMDQV, UIOMMUFD_UNIT_VINTF };
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	shape(&config, 1, 2);
	config.clock = UIOMMUFD_CLOCK_AUTO;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = boot(&config);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		struct uiommufd_fault fault = {
			.size = sizeof(fault),
			.kind = UIOMMUFD_FAULT_STUCK_ENABLE,
			.unit = units[i],
			.number = UIOMMUFD_QUEUE_ANY,
			/* The block is turned off before it is on. */
			.skip = units[i] == UIOMMUFD_UNIT_CMDQV,
		};
		struct uik_machine *previous =
			uik_enter(uiommufd_platform_machine(platform));

		glue_smmu->impl_ops->device_disable(glue_smmu);
		assert_true(uiommufd_fault_inject(platform, &fault) >= 0);
		assert_int_equal(glue_smmu->impl_ops->device_reset(glue_smmu),
				 -ETIMEDOUT);
		uiommufd_fault_clear(platform, -1);
		assert_int_equal(glue_smmu->impl_ops->device_reset(glue_smmu),
				 0);
		uik_leave(previous);
		issue_tlbis(platform, 3);
	}
	uiommufd_platform_free(platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_every_vintf),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_reset_under_guest),
		cmocka_unit_test(test_rebind),
		cmocka_unit_test(test_kinds_of_errors),
		cmocka_unit_test(test_silent_guest),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_stuck_levels),
	};

	if (uiommufd_modules_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
