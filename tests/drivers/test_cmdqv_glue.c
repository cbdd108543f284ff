/* SPDX-License-Identifier: MIT */
/*
 * A CMDQV driver and thin glue, against include/kernel and the shared library
 * alone, on the hardware model: boot, own queues, errors, a guest's life.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
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
#define VSID 0x5
#define LVCMDQS 2

static struct uiommufd_platform *boot(enum uiommufd_engine engine)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, "tegra241");
	config.smmu_driver = GLUE_NAME;
	config.devices = 1;
	config.hardware.engine = engine;
	assert_int_equal(uiommufd_modules_init(), 0);
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	assert_non_null(glue_smmu);
	assert_int_equal(uiommufd_platform_devices(platform), 1);
	return platform;
}

/* Returns how often the driver did what the hardware does not expect. */
static uint64_t end(struct uiommufd_platform *platform)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	assert_int_equal(uiommufd_platform_audit(platform, &audit), 0);
	uiommufd_platform_free(platform);
	return audit.guest_errors;
}

static void shut_down(struct uiommufd_platform *platform)
{
	assert_int_equal(end(platform), 0);
}

static uint64_t executed(struct uiommufd_platform *platform, int queue,
			 uint8_t opcode)
{
	struct uiommufd_vcmdq_counters counters;

	assert_int_equal(uiommufd_vcmdq_read_counters(platform, queue,
						      &counters), 0);
	return counters.opcode[opcode];
}

/* Law: the driver's reset leaves VINTF 0 with all its queues running. */
static void test_boot(void **state)
{
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_INLINE);
	struct uiommufd_vcmdq_state queue;
	int q;

	for (q = 0; q < LVCMDQS; q++) {
		uiommufd_vcmdq_read_state(platform, q, &queue);
		assert_true(queue.mapped && queue.enabled && !queue.stopped);
		assert_int_equal(queue.vintf, 0);
		assert_int_equal(queue.lvcmdq, q);
		assert_int_equal(queue.log2_size, 16);
	}
	uiommufd_vcmdq_read_state(platform, q, &queue);
	assert_false(queue.mapped);
	/* spec/70 9.7: each queue's end flushed timeouts, twice so far. */
	assert_int_equal(executed(platform, UIOMMUFD_QUEUE_MAIN, 0x46),
			 2 * 2 * LVCMDQS);
	shut_down(platform);
}

/* Law (spec/70 8.1): commands go to the queue of this CPU and are executed. */
static void test_own_queue(void **state)
{
	static const enum uiommufd_engine engines[] = {
		UIOMMUFD_ENGINE_INLINE, UIOMMUFD_ENGINE_THREAD };
	struct arm_smmu_cmd tlbi = { .data = { 0x12 | 7ull << 48, 0x1000 } };

	for (int i = 0; i < 2; i++) {
		struct uiommufd_platform *platform = boot(engines[i]);
		struct uik_machine *machine =
			uiommufd_platform_machine(platform);
		struct uik_machine *previous = uik_enter(machine);
		struct arm_smmu_cmdq *cmdq =
			glue_smmu->impl_ops->get_secondary_cmdq(glue_smmu,
								&tlbi);
		int before = executed(platform, UIOMMUFD_QUEUE_MAIN, 0x12);

		assert_non_null(cmdq);
		for (int n = 0; n < 100; n++)
			assert_int_equal(arm_smmu_cmdq_issue_cmdlist(
				glue_smmu, cmdq, &tlbi, 1, true), 0);
		assert_int_equal(executed(platform, UIOMMUFD_QUEUE_ANY, 0x12),
				 before + 100);
		assert_int_equal(executed(platform, UIOMMUFD_QUEUE_MAIN, 0x12),
				 before);
		uik_leave(previous);
		shut_down(platform);
	}
}

/* Law (spec/70 9.8): an illegal command interrupts, is skipped, all goes on. */
static void test_own_error(void **state)
{
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_THREAD);
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));
	struct arm_smmu_cmd bad = { .data = { 0xfe } };
	struct arm_smmu_cmd tlbi = { .data = { 0x12 } };
	struct arm_smmu_cmdq *cmdq =
		glue_smmu->impl_ops->get_secondary_cmdq(glue_smmu, &tlbi);
	struct uiommufd_vcmdq_counters counters;

	assert_int_equal(arm_smmu_cmdq_issue_cmdlist(glue_smmu, cmdq, &bad, 1,
						     true), 0);
	assert_int_equal(arm_smmu_cmdq_issue_cmdlist(glue_smmu, cmdq, &tlbi, 1,
						     true), 0);
	uiommufd_vcmdq_read_counters(platform, UIOMMUFD_QUEUE_ANY, &counters);
	assert_int_equal(counters.error_code[UIOMMUFD_COMMAND_ILLEGAL], 1);
	assert_int_equal(counters.interrupts, 1);
	assert_int_equal(counters.opcode[0xfe], 0);
	uik_leave(previous);
	shut_down(platform);
}

static struct arm_smmu_cmdq *secondary(struct uiommufd_platform *platform,
				       uint64_t opcode)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));
	struct arm_smmu_cmd cmd = { .data = { opcode } };
	struct arm_smmu_cmdq *cmdq =
		glue_smmu->impl_ops->get_secondary_cmdq(glue_smmu, &cmd);

	uik_leave(previous);
	return cmdq;
}

/* Law (spec/15 2.19): both parameters are set by name and obeyed. */
static void test_parameters(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_INLINE);

	assert_non_null(secondary(platform, 0x12));
	assert_int_equal(uik_param_set("glue.bypass_vcmdq=1"), 0);
	assert_null(secondary(platform, 0x12));
	assert_int_equal(uik_param_set("glue.bypass_vcmdq=0"), 0);
	shut_down(platform);

	assert_int_equal(uik_param_set("glue.disable_cmdqv=1"), 0);
	uiommufd_platform_config_init(&config, "tegra241");
	config.smmu_driver = GLUE_NAME;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	/* The glue wants queues, so it lets the SMMU go; the block is off. */
	assert_int_equal(uiommufd_platform_devices(platform), 0);
	assert_false(uiommufd_mmio_read(uiommufd_vcmdq_registers(platform), 0,
					4) & 1);
	uiommufd_platform_free(platform);
	assert_int_equal(uik_param_set("glue.disable_cmdqv=0"), 0);
}

/* Law (spec/70 4): in a guest's view a queue takes three commands alone. */
static void test_guest_view(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, "tegra241");
	config.smmu_driver = GLUE_NAME;
	config.hardware.guest_view = true;
	config.hardware.log2_vintfs = 0;
	config.hardware.log2_vcmdqs = 1;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	for (unsigned int opcode = 0; opcode < 256; opcode++) {
		bool takes = opcode == 0x11 || opcode == 0x12 ||
			     opcode == 0x40;

		assert_int_equal(!!secondary(platform, opcode), takes);
	}
	shut_down(platform);
}

/* --- a guest ---------------------------------------------------------------- */

struct guest {
	struct uiommufd_platform *platform;
	int fd;
	uint8_t *ram;
	uint32_t dev, ioas, parent, viommu, vdevice, queue[2];
	struct iommu_viommu_tegra241_cmdqv window;
	uint32_t *page;
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

static void make_parent(struct guest *g)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.user_va = (uintptr_t)g->ram,
		.length = RAM_BYTES,
		.iova = RAM_IOVA,
	};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
	};

	assert_int_equal(uiommufd_device_bind(g->fd, "dev0", &g->dev), 0);
	assert_int_equal(call(g, IOMMU_IOAS_ALLOC, &ioas), 0);
	map.ioas_id = g->ioas = ioas.out_ioas_id;
	hwpt.dev_id = g->dev;
	hwpt.pt_id = g->ioas;
	assert_int_equal(call(g, IOMMU_HWPT_ALLOC, &hwpt), 0);
	g->parent = hwpt.out_hwpt_id;
	assert_int_equal(call(g, IOMMU_IOAS_MAP, &map), 0);
}

static void make_viommu(struct guest *g)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
		.dev_id = g->dev,
		.hwpt_id = g->parent,
	};

	/* spec/70 10.1: it wants its data, of the right length, writable. */
	assert_int_equal(call(g, IOMMU_VIOMMU_ALLOC, &cmd), EINVAL);
	cmd.data_len = 8;
	cmd.data_uptr = (uintptr_t)&g->window;
	assert_int_equal(call(g, IOMMU_VIOMMU_ALLOC, &cmd), EINVAL);
	cmd.data_len = sizeof(g->window);
	cmd.data_uptr = 8;
	assert_int_equal(call(g, IOMMU_VIOMMU_ALLOC, &cmd), EFAULT);
	cmd.data_uptr = (uintptr_t)&g->window;
	assert_int_equal(call(g, IOMMU_VIOMMU_ALLOC, &cmd), 0);
	g->viommu = cmd.out_viommu_id;
	assert_int_equal(g->window.out_vintf_mmap_length, 0x10000);
	g->page = uiommufd_mmap(NULL, 0x10000, PROT_READ | PROT_WRITE,
				MAP_SHARED, g->fd,
				g->window.out_vintf_mmap_offset);
	assert_ptr_not_equal(g->page, MAP_FAILED);
}

static int make_queue(struct guest *g, uint32_t index, uint64_t iova,
		      uint64_t length)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = g->viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = iova,
		.length = length,
	};
	int ret = call(g, IOMMU_HW_QUEUE_ALLOC, &cmd);

	if (!ret && index < ARRAY_SIZE(g->queue))
		g->queue[index] = cmd.out_hw_queue_id;
	return ret;
}

static int make_vdevice(struct guest *g, uint64_t virt_id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = g->viommu,
		.dev_id = g->dev,
		.virt_id = virt_id,
	};
	int ret = call(g, IOMMU_VDEVICE_ALLOC, &cmd);

	g->vdevice = cmd.out_vdevice_id;
	return ret;
}

static struct uiommufd_vcmdq_command seen[8];
static unsigned int seen_count;

static void see(void *arg, const struct uiommufd_vcmdq_command *command)
{
	if (seen_count < 8)
		seen[seen_count++] = *command;
}

static void store(struct guest *g, unsigned int word, uint32_t value)
{
	__atomic_store_n(&g->page[word], value, __ATOMIC_RELEASE);
	uiommufd_kick(g->platform);
}

/* The guest's commands arrive with its VMID and physical StreamIDs. */
static void drive(struct guest *g)
{
	uint64_t *ring = (uint64_t *)g->ram;

	store(g, 2, 1);
	assert_int_equal(g->page[3], 1);
	ring[0] = 0x11 | 9ull << 48;
	ring[2] = 0x40 | (uint64_t)VSID << 32;
	ring[3] = 52;
	ring[4] = 0x46;
	seen_count = 0;
	uiommufd_vcmdq_observe(g->platform, see, NULL);
	store(g, 1, 3);
	uiommufd_vcmdq_observe(g->platform, NULL, NULL);
	assert_int_equal(g->page[0], 3);
	assert_int_equal(seen_count, 3);
	assert_int_equal(seen[0].word[0] >> 32 & 0xffff, GLUE_VMID);
	assert_int_equal(seen[1].word[0] >> 32,
			 uiommufd_platform_stream_id(g->platform, "dev0", 0));
}

static void check_event(struct guest *g)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = g->viommu,
		.type = IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
		.veventq_depth = 4,
	};
	uint64_t record[3] = { 0 };

	assert_int_equal(call(g, IOMMU_VEVENTQ_ALLOC, &cmd), 0);
	((uint64_t *)g->ram)[6] = 0xfe;
	store(g, 1, 4);
	uiommufd_platform_interrupts(g->platform);
	assert_int_equal(uiommufd_read(cmd.out_veventq_fd, record,
				       sizeof(record)), sizeof(record));
	assert_int_equal(record[1], 1);
	assert_int_equal(record[2], 0);
	/* The guest mends and acknowledges it through its page. */
	((uint64_t *)g->ram)[6] = 0x46;
	store(g, 5, 1);
	assert_int_equal(g->page[0] & 0xfffff, 4);
	uiommufd_close(cmd.out_veventq_fd);
	assert_int_equal(destroy(g, cmd.out_veventq_id), 0);
}

static void take_down(struct guest *g)
{
	assert_int_equal(destroy(g, g->queue[0]), EBUSY);
	assert_int_equal(destroy(g, g->queue[1]), 0);
	assert_int_equal(destroy(g, g->queue[0]), 0);
	assert_int_equal(destroy(g, g->vdevice), 0);
	assert_int_equal(destroy(g, g->viommu), EBUSY);
	uiommufd_munmap(g->page, 0x10000);
	assert_int_equal(destroy(g, g->viommu), 0);
	assert_int_equal(destroy(g, g->parent), 0);
	uiommufd_device_unbind(g->fd, "dev0");
	assert_int_equal(uiommufd_close(g->fd), 0);
}

/* Law (spec/70 10): the life of a guest with two queues, refusals included. */
static void test_guest(void **state)
{
	struct guest g = { .platform = boot(UIOMMUFD_ENGINE_INLINE) };

	g.fd = uiommufd_open(g.platform, O_RDWR);
	g.ram = aligned_alloc(RAM_BYTES, RAM_BYTES);
	memset(g.ram, 0, RAM_BYTES);
	make_parent(&g);
	make_viommu(&g);
	assert_int_equal(make_vdevice(&g, 1 << 20), EINVAL);
	assert_int_equal(make_vdevice(&g, VSID), 0);
	assert_int_equal(make_queue(&g, 2, RAM_IOVA, 4096), EINVAL);
	assert_int_equal(make_queue(&g, 1, RAM_IOVA, 4096), EIO);
	assert_int_equal(make_queue(&g, 0, RAM_IOVA, 4095), EINVAL);
	assert_int_equal(make_queue(&g, 0, RAM_IOVA + 32, 4096), EINVAL);
	assert_int_equal(make_queue(&g, 0, RAM_IOVA, 4096), 0);
	assert_int_equal(make_queue(&g, 0, RAM_IOVA, 4096), EEXIST);
	assert_int_equal(make_queue(&g, 1, RAM_IOVA + 8192, 32), 0);
	drive(&g);
	check_event(&g);
	take_down(&g);
	shut_down(g.platform);
	free(g.ram);
}

/* --- the way up and down --------------------------------------------------- */

static void issue_one(struct uiommufd_platform *platform)
{
	struct arm_smmu_cmd tlbi = { .data = { 0x12 | 7ull << 48, 0x1000 } };
	struct arm_smmu_cmdq *cmdq =
		glue_smmu->impl_ops->get_secondary_cmdq(glue_smmu, &tlbi);
	uint64_t before = executed(platform, UIOMMUFD_QUEUE_ANY, 0x12);

	assert_non_null(cmdq);
	assert_int_equal(arm_smmu_cmdq_issue_cmdlist(glue_smmu, cmdq, &tlbi, 1,
						     true), 0);
	assert_int_equal(executed(platform, UIOMMUFD_QUEUE_ANY, 0x12),
			 before + 1);
}

/* As a suspend and a resume do it. */
static int reset_again(void)
{
	glue_smmu->impl_ops->device_disable(glue_smmu);
	return glue_smmu->impl_ops->device_reset(glue_smmu);
}

/*
 * Law (spec/15 5.2): reset as often as one likes.  Without being disabled
 * first, the queues run while they are unmapped: it is logged, and they work.
 */
static void test_reset(void **state)
{
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_THREAD);
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	for (int i = 0; i < 4; i++) {
		assert_int_equal(reset_again(), 0);
		issue_one(platform);
	}
	assert_int_equal(uiommufd_platform_audit(platform, &audit), 0);
	assert_int_equal(audit.guest_errors, 0);
	assert_int_equal(glue_smmu->impl_ops->device_reset(glue_smmu), 0);
	issue_one(platform);
	uik_leave(previous);
	assert_int_not_equal(end(platform), 0);
}

/*
 * Law (spec/70 9): an enable that gets stuck fails the reset; once it does not,
 * the next one succeeds.  A queue that cannot be stopped is unmapped running.
 */
static void test_stuck(void **state)
{
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_INLINE);
	struct uiommufd_fault fault = {
		.size = sizeof(fault),
		.kind = UIOMMUFD_FAULT_STUCK_ENABLE,
		.unit = UIOMMUFD_UNIT_QUEUE,
		.number = 1,
	};
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));
	int handle = uiommufd_fault_inject(platform, &fault);

	assert_true(handle >= 0);
	assert_int_not_equal(reset_again(), 0);
	assert_int_equal(uiommufd_fault_clear(platform, handle), 0);
	assert_int_equal(reset_again(), 0);
	issue_one(platform);
	uik_leave(previous);
	assert_in_range(end(platform), 1, 16);
}

/* Law: interrupts that report nothing do nothing, also while commands run. */
static void test_spurious(void **state)
{
	struct uiommufd_platform *platform = boot(UIOMMUFD_ENGINE_THREAD);
	struct uiommufd_fault fault = {
		.size = sizeof(fault),
		.kind = UIOMMUFD_FAULT_SPURIOUS_INTERRUPT,
		.unit = UIOMMUFD_UNIT_CMDQV,
	};
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(platform));

	for (int i = 0; i < 8; i++) {
		assert_true(uiommufd_fault_inject(platform, &fault) >= 0);
		issue_one(platform);
	}
	uik_leave(previous);
	uiommufd_platform_interrupts(platform);
	shut_down(platform);
}

/* Law: whichever step of the way up fails, there is nothing, or all is well. */
static void test_boot_sweep(void **state)
{
	struct uiommufd_platform_config config;
	unsigned int failed = 0;
	bool hit = true;

	uiommufd_platform_config_init(&config, "tegra241");
	config.smmu_driver = GLUE_NAME;
	config.devices = 1;
	config.hardware.log2_vintfs = 1;
	config.hardware.log2_vcmdqs = 2;
	config.hardware.log2_commands = 8;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	for (unsigned int nth = 1; hit; nth++) {
		struct uiommufd_platform *platform;

		uiommufd_fail_nth(nth, UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_OP);
		platform = uiommufd_platform_new(&config);
		hit = uiommufd_fail_nth(0, 0);
		failed += !platform;
		assert_true(platform || hit);
		if (platform)
			shut_down(platform);
	}
	assert_in_range(failed, 20, 10000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_own_queue),
		cmocka_unit_test(test_own_error),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_guest_view),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_spurious),
		cmocka_unit_test(test_boot_sweep),
	};

	/* A platform starts the library's own modules alone. */
	if (uiommufd_modules_init())
		return 1;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
