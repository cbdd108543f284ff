/* SPDX-License-Identifier: MIT */
/*
 * The ARM drivers on the hardware model, driven through the public client API:
 * from the ioctl to the command that the hardware executes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <uiommufd/client.h>
#include <uiommufd/platform.h>
#include <uapi/linux/iommufd.h>

#define RAM_IOVA 0x40000000ull
#define RAM_BYTES (1ul << 20)
#define VSID 0x5

/* Commands: opcodes and a valid guest's stream table entry. */
#define TLBI_NH_ASID 0x11ull
#define CMD_SYNC 0x46ull
#define ATC_INV 0x40ull

struct vm {
	struct uiommufd_platform *platform;
	int fd;
	uint8_t *ram;
	uint32_t dev;
	uint32_t ioas;
	uint32_t parent;
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t nested;
	uint32_t queue;
	struct iommu_viommu_tegra241_cmdqv window;
	volatile uint32_t *page;
};

/* --- calls --------------------------------------------------------------- */

static int destroy(struct vm *vm, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return uiommufd_ioctl(vm->fd, IOMMU_DESTROY, &cmd) ? errno : 0;
}

static int hwpt_alloc(struct vm *vm, uint32_t flags, uint32_t pt_id,
		      const uint64_t *ste, uint32_t *out_id)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = vm->dev,
		.pt_id = pt_id,
		.data_type = ste ? IOMMU_HWPT_DATA_ARM_SMMUV3 : 0,
		.data_len = ste ? 16 : 0,
		.data_uptr = (uintptr_t)ste,
	};

	if (uiommufd_ioctl(vm->fd, IOMMU_HWPT_ALLOC, &cmd))
		return errno;
	*out_id = cmd.out_hwpt_id;
	return 0;
}

static int viommu_alloc(struct vm *vm, uint32_t type)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = type,
		.dev_id = vm->dev,
		.hwpt_id = vm->parent,
	};

	if (type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV) {
		cmd.data_len = sizeof(vm->window);
		cmd.data_uptr = (uintptr_t)&vm->window;
	}
	if (uiommufd_ioctl(vm->fd, IOMMU_VIOMMU_ALLOC, &cmd))
		return errno;
	vm->viommu = cmd.out_viommu_id;
	return 0;
}

static int vdevice_alloc(struct vm *vm, uint64_t virt_id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = vm->viommu,
		.dev_id = vm->dev,
		.virt_id = virt_id,
	};

	if (uiommufd_ioctl(vm->fd, IOMMU_VDEVICE_ALLOC, &cmd))
		return errno;
	vm->vdevice = cmd.out_vdevice_id;
	return 0;
}

static int queue_alloc(struct vm *vm, uint32_t index, uint64_t iova,
		       uint64_t length, uint32_t *out_id)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = vm->viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = iova,
		.length = length,
	};

	if (uiommufd_ioctl(vm->fd, IOMMU_HW_QUEUE_ALLOC, &cmd))
		return errno;
	*out_id = cmd.out_hw_queue_id;
	return 0;
}

static int veventq_alloc(struct vm *vm, uint32_t type, uint32_t *out_id)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = vm->viommu,
		.type = type,
		.veventq_depth = 16,
	};

	assert_int_equal(uiommufd_ioctl(vm->fd, IOMMU_VEVENTQ_ALLOC, &cmd), 0);
	*out_id = cmd.out_veventq_id;
	return cmd.out_veventq_fd;
}

static void attach(struct vm *vm, uint32_t pt_id, bool replace)
{
	int ret = replace ? uiommufd_device_replace(vm->fd, "dev0", 0, &pt_id) :
			    uiommufd_device_attach(vm->fd, "dev0", 0, &pt_id);

	assert_int_equal(ret, 0);
}

/* --- a machine ----------------------------------------------------------- */

static void map_ram(struct vm *vm)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.length = RAM_BYTES,
		.iova = RAM_IOVA,
	};
	uint8_t *raw = mmap(NULL, 2 * RAM_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	vm->ram = (uint8_t *)(((uintptr_t)raw + RAM_BYTES - 1) &
			      ~(RAM_BYTES - 1));
	munmap(raw, vm->ram - raw);
	munmap(vm->ram + RAM_BYTES, raw + RAM_BYTES - vm->ram);
	assert_int_equal(uiommufd_ioctl(vm->fd, IOMMU_IOAS_ALLOC, &alloc), 0);
	vm->ioas = alloc.out_ioas_id;
	map.ioas_id = vm->ioas;
	map.user_va = (uintptr_t)vm->ram;
	assert_int_equal(uiommufd_ioctl(vm->fd, IOMMU_IOAS_MAP, &map), 0);
}

/* Up to a device on its nesting parent. */
static struct vm *vm_new(const struct uiommufd_platform_config *config)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	vm->platform = uiommufd_platform_new(config);
	assert_non_null(vm->platform);
	vm->fd = uiommufd_open(vm->platform, O_RDWR);
	assert_true(vm->fd >= 0);
	map_ram(vm);
	assert_int_equal(uiommufd_device_bind(vm->fd, "dev0", &vm->dev), 0);
	assert_int_equal(hwpt_alloc(vm, IOMMU_HWPT_ALLOC_NEST_PARENT, vm->ioas,
				    NULL, &vm->parent),
			 0);
	attach(vm, vm->parent, false);
	return vm;
}

static int64_t audit(struct vm *vm)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	int64_t sum = uiommufd_platform_audit(vm->platform, &audit);

	assert_int_equal(audit.guest_errors, 0);
	return sum;
}

/* Closing the context takes everything down, and nothing is left. */
static void vm_free(struct vm *vm)
{
	if (vm->page)
		uiommufd_munmap((void *)vm->page, vm->window.out_vintf_mmap_length);
	uiommufd_device_detach(vm->fd, "dev0", 0);
	uiommufd_device_unbind(vm->fd, "dev0");
	assert_int_equal(uiommufd_close(vm->fd), 0);
	assert_int_equal(audit(vm), 0);
	uiommufd_platform_free(vm->platform);
	munmap(vm->ram, RAM_BYTES);
	free(vm);
}

static struct uiommufd_platform_config
config_of(const char *kind, enum uiommufd_engine engine)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, kind);
	config.devices = 1;
	config.hardware.engine = engine;
	return config;
}

/* --- what the hardware executes ------------------------------------------ */

static struct uiommufd_vcmdq_command seen[256];
static unsigned int seen_count;

static void see(void *arg, const struct uiommufd_vcmdq_command *command)
{
	if (seen_count < 256)
		seen[seen_count++] = *command;
}

static void watch(struct vm *vm)
{
	seen_count = 0;
	assert_int_equal(uiommufd_vcmdq_observe(vm->platform, see, NULL), 0);
}

static const struct uiommufd_vcmdq_command *find_seen(uint8_t op)
{
	unsigned int i;

	for (i = 0; i < seen_count; i++)
		if ((uint8_t)seen[i].word[0] == op)
			return &seen[i];
	return NULL;
}

/* A VINTF with a vDEVICE, an attached nested domain and one queue of 256. */
static struct vm *guest_new(enum uiommufd_engine engine)
{
	struct uiommufd_platform_config config = config_of("tegra241", engine);
	static const uint64_t ste[2] = { 1 | 5 << 1 | 0x7000, 1 << 28 };
	struct vm *vm = vm_new(&config);

	assert_int_equal(viommu_alloc(vm, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV), 0);
	assert_int_equal(vdevice_alloc(vm, VSID), 0);
	assert_int_equal(hwpt_alloc(vm, 0, vm->viommu, ste, &vm->nested), 0);
	attach(vm, vm->nested, true);
	assert_int_equal(queue_alloc(vm, 0, RAM_IOVA, 4096, &vm->queue), 0);
	vm->page = uiommufd_mmap(NULL, vm->window.out_vintf_mmap_length,
				 PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd,
				 vm->window.out_vintf_mmap_offset);
	assert_ptr_not_equal(vm->page, MAP_FAILED);
	return vm;
}

static uint32_t page_read(struct vm *vm, unsigned int word)
{
	return __atomic_load_n(&vm->page[word], __ATOMIC_ACQUIRE);
}

static void page_write(struct vm *vm, unsigned int word, uint32_t value)
{
	__atomic_store_n(&vm->page[word], value, __ATOMIC_RELEASE);
	uiommufd_kick(vm->platform);
}

static void page_wait(struct vm *vm, unsigned int word, uint32_t mask,
		      uint32_t value)
{
	unsigned int tries = 100000000;

	while ((page_read(vm, word) & mask) != value && --tries)
		;
	assert_int_equal(page_read(vm, word) & mask, value);
}

static void put(struct vm *vm, unsigned int index, uint64_t word0,
		uint64_t word1)
{
	uint64_t *entry = (uint64_t *)vm->ram + 2 * index;

	__atomic_store_n(&entry[0], word0, __ATOMIC_RELAXED);
	__atomic_store_n(&entry[1], word1, __ATOMIC_RELAXED);
}

/*
 * Law: a guest drives its queue through the mapped page alone; the hardware
 * executes its commands with the parent's VMID and the device's StreamID.
 */
static void a_guest_drives_its_queue(void **state)
{
	static const enum uiommufd_engine engines[] = {
		UIOMMUFD_ENGINE_INLINE, UIOMMUFD_ENGINE_THREAD };
	const struct uiommufd_vcmdq_command *command;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct vm *vm = guest_new(engines[i]);
		int64_t sid = uiommufd_platform_stream_id(vm->platform, "dev0",
							  0);

		page_write(vm, 2, 1);
		page_wait(vm, 3, 1, 1);
		watch(vm);
		put(vm, 0, TLBI_NH_ASID | 9ull << 48, 0);
		put(vm, 1, ATC_INV | (uint64_t)VSID << 32, 52);
		put(vm, 2, CMD_SYNC, 0);
		page_write(vm, 1, 3);
		page_wait(vm, 0, 0xfffff, 3);
		uiommufd_vcmdq_observe(vm->platform, NULL, NULL);
		assert_int_equal(seen_count, 3);
		command = find_seen(TLBI_NH_ASID);
		assert_int_not_equal(command->word[0] >> 32 & 0xffff, 0);
		assert_int_equal(command->vintf, 1);
		assert_int_equal(find_seen(ATC_INV)->word[0] >> 32, sid);
		vm_free(vm);
	}
}

/*
 * Law: an illegal command stops the queue; the guest hears of it by a vEVENT,
 * replaces the command and goes on by acknowledging.
 */
static void a_guest_recovers_from_an_error(void **state)
{
	struct vm *vm = guest_new(UIOMMUFD_ENGINE_INLINE);
	struct {
		struct iommufd_vevent_header header;
		uint64_t map[2];
	} event;
	uint32_t veventq = 0;
	int fd = veventq_alloc(vm, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
			       &veventq);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	page_write(vm, 2, 1);
	put(vm, 0, 0xfe, 0);
	put(vm, 1, CMD_SYNC, 0);
	page_write(vm, 1, 2);
	assert_int_equal(page_read(vm, 0) >> 24 & 0x7f, 1);
	assert_int_equal(page_read(vm, 0) & 0xfffff, 0);
	uiommufd_platform_interrupts(vm->platform);
	assert_int_equal(uiommufd_poll(&pfd, 1, 1000), 1);
	assert_int_equal(uiommufd_read(fd, &event, sizeof(event)),
			 sizeof(event));
	assert_int_equal(event.map[0], 1);
	assert_int_equal(event.map[1], 0);
	put(vm, 0, CMD_SYNC, 0);
	page_write(vm, 5, page_read(vm, 4));
	page_wait(vm, 0, 0xfffff, 2);
	uiommufd_close(fd);
	assert_int_equal(destroy(vm, veventq), 0);
	vm_free(vm);
}

/* Law: what is in use cannot be destroyed, and queues go in reverse order. */
static void teardown_has_an_order(void **state)
{
	struct vm *vm = guest_new(UIOMMUFD_ENGINE_INLINE);
	uint32_t second = 0;

	assert_int_equal(queue_alloc(vm, 1, RAM_IOVA + 4096, 4096, &second),
			 0);
	assert_int_equal(destroy(vm, vm->queue), EBUSY);
	assert_int_equal(destroy(vm, vm->viommu), EBUSY);
	assert_int_equal(destroy(vm, vm->nested), EBUSY);
	assert_int_equal(destroy(vm, vm->parent), EBUSY);
	assert_int_equal(destroy(vm, second), 0);
	assert_int_equal(destroy(vm, vm->queue), 0);
	attach(vm, vm->parent, true);
	assert_int_equal(destroy(vm, vm->nested), 0);
	assert_int_equal(destroy(vm, vm->vdevice), 0);
	assert_int_equal(destroy(vm, vm->viommu), EBUSY);
	uiommufd_munmap((void *)vm->page, vm->window.out_vintf_mmap_length);
	vm->page = NULL;
	assert_int_equal(destroy(vm, vm->viommu), 0);
	vm_free(vm);
}

/* Law: the driver's rules reach user space as they are. */
static void rules_reach_user_space(void **state)
{
	struct vm *vm = guest_new(UIOMMUFD_ENGINE_INLINE);
	uint32_t id;

	assert_int_equal(queue_alloc(vm, 0, RAM_IOVA, 4096, &id), EEXIST);
	assert_int_equal(queue_alloc(vm, 2, RAM_IOVA, 4096, &id), EINVAL);
	assert_int_equal(queue_alloc(vm, 1, RAM_IOVA + 2048, 4096, &id),
			 EINVAL);
	assert_int_equal(queue_alloc(vm, 1, RAM_IOVA, 4096 + 16, &id), EINVAL);
	assert_int_equal(destroy(vm, vm->queue), 0);
	assert_int_equal(queue_alloc(vm, 1, RAM_IOVA, 4096, &id), EIO);
	attach(vm, vm->parent, true);
	assert_int_equal(destroy(vm, vm->vdevice), 0);
	assert_int_equal(vdevice_alloc(vm, 1 << 20), EINVAL);
	assert_int_equal(vdevice_alloc(vm, (1 << 20) - 1), 0);
	vm_free(vm);
}

/* --- the SMMU without a CMDQV -------------------------------------------- */

/*
 * Law: on a plain SMMU the ARM vIOMMU works and the CMDQV's types do not;
 * trapped commands reach the SMMU's queue converted.
 */
static void trapped_commands_reach_the_hardware(void **state)
{
	struct uiommufd_platform_config config =
		config_of("smmuv3", UIOMMUFD_ENGINE_INLINE);
	struct vm *vm = vm_new(&config);
	uint64_t cmds[2][2] = { { TLBI_NH_ASID | 3ull << 48, 0 },
				{ 0x06 | (uint64_t)VSID << 32, 0 } };
	struct iommu_hwpt_invalidate inv = {
		.size = sizeof(inv),
		.data_uptr = (uintptr_t)cmds,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = 16,
		.entry_num = 2,
	};
	const struct uiommufd_vcmdq_command *command;

	assert_int_equal(viommu_alloc(vm, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV),
			 EOPNOTSUPP);
	assert_int_equal(viommu_alloc(vm, IOMMU_VIOMMU_TYPE_ARM_SMMUV3), 0);
	assert_int_equal(vdevice_alloc(vm, VSID), 0);
	inv.hwpt_id = vm->viommu;
	watch(vm);
	assert_int_equal(uiommufd_ioctl(vm->fd, IOMMU_HWPT_INVALIDATE, &inv),
			 0);
	uiommufd_vcmdq_observe(vm->platform, NULL, NULL);
	assert_int_equal(inv.entry_num, 2);
	assert_int_equal(seen_count, 3);
	command = find_seen(TLBI_NH_ASID);
	assert_int_equal(command->queue, UIOMMUFD_QUEUE_MAIN);
	assert_int_not_equal(command->word[0] >> 32 & 0xffff, 0);
	assert_int_equal(find_seen(0x06)->word[0] >> 32,
			 uiommufd_platform_stream_id(vm->platform, "dev0", 0));
	vm_free(vm);
}

/* Law: an event of a nested device is read with the guest's StreamID in it. */
static void an_event_is_read_by_the_guest(void **state)
{
	struct uiommufd_platform_config config =
		config_of("smmuv3", UIOMMUFD_ENGINE_INLINE);
	static const uint64_t ste[2] = { 1 | 5 << 1, 0 };
	struct vm *vm = vm_new(&config);
	uint64_t sid = uiommufd_platform_stream_id(vm->platform, "dev0", 0);
	uint64_t record[4] = { 0x10 | sid << 32, 0, 0x1000, 0 };
	struct {
		struct iommufd_vevent_header header;
		uint64_t word[4];
	} event;
	uint32_t veventq = 0;
	int fd;

	assert_int_equal(viommu_alloc(vm, IOMMU_VIOMMU_TYPE_ARM_SMMUV3), 0);
	assert_int_equal(vdevice_alloc(vm, VSID), 0);
	assert_int_equal(hwpt_alloc(vm, 0, vm->viommu, ste, &vm->nested), 0);
	attach(vm, vm->nested, true);
	fd = veventq_alloc(vm, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, &veventq);
	assert_int_equal(uiommufd_smmu_event(vm->platform, record), 0);
	uiommufd_platform_interrupts(vm->platform);
	assert_int_equal(uiommufd_read(fd, &event, sizeof(event)),
			 sizeof(event));
	assert_int_equal(event.word[0], 0x10 | (uint64_t)VSID << 32);
	assert_int_equal(event.word[2], 0x1000);
	uiommufd_close(fd);
	vm_free(vm);
}

/* Law: two streams make no vDEVICE, of either type. */
static void two_streams_make_no_vdevice(void **state)
{
	static const uint32_t types[] = { IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
					  IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV };
	struct uiommufd_platform_config config =
		config_of("tegra241", UIOMMUFD_ENGINE_INLINE);
	size_t i;

	config.streams_per_device = 2;
	for (i = 0; i < 2; i++) {
		struct vm *vm = vm_new(&config);

		assert_int_equal(viommu_alloc(vm, types[i]), 0);
		assert_int_equal(vdevice_alloc(vm, 1), EOPNOTSUPP);
		vm_free(vm);
	}
}

/*
 * Law: every engine and clock boots and ends: drivers are not kept waiting by
 * hardware that only moves when stepped.
 */
static void every_engine_boots(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	int engine, clock;

	for (engine = 0; engine <= UIOMMUFD_ENGINE_STEPPED; engine++) {
		for (clock = 0; clock <= UIOMMUFD_CLOCK_AUTO; clock++) {
			config = config_of("tegra241", engine);
			config.clock = clock;
			platform = uiommufd_platform_new(&config);
			assert_non_null(platform);
			assert_int_equal(uiommufd_platform_devices(platform),
					 1);
			uiommufd_platform_free(platform);
		}
	}
}

/* Law: a machine whose IOMMU does not snoop has no devices for user space. */
static void without_coherency_nothing_is_bound(void **state)
{
	struct uiommufd_platform_config config =
		config_of("smmuv3", UIOMMUFD_ENGINE_INLINE);
	struct uiommufd_platform *platform;
	uint32_t id;
	int fd;

	config.coherent = false;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	fd = uiommufd_open(platform, O_RDWR);
	assert_int_equal(uiommufd_device_bind(fd, "dev0", &id), -1);
	assert_int_equal(errno, EINVAL);
	uiommufd_close(fd);
	uiommufd_platform_free(platform);
}

/* --- failures ------------------------------------------------------------ */

static int make_viommu(struct vm *vm)
{
	return viommu_alloc(vm, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV);
}

static int make_vdevice(struct vm *vm)
{
	return vdevice_alloc(vm, VSID);
}

static int make_nested(struct vm *vm)
{
	static const uint64_t ste[2] = { 1 | 5 << 1, 0 };

	return hwpt_alloc(vm, 0, vm->viommu, ste, &vm->nested);
}

static int attach_nested(struct vm *vm)
{
	uint32_t pt_id = vm->nested;

	return uiommufd_device_replace(vm->fd, "dev0", 0, &pt_id) ? errno : 0;
}

static int make_queue(struct vm *vm)
{
	return queue_alloc(vm, 0, RAM_IOVA, 4096, &vm->queue);
}

static int attach_parent(struct vm *vm)
{
	uint32_t pt_id = vm->parent;

	return uiommufd_device_replace(vm->fd, "dev0", 0, &pt_id) ? errno : 0;
}

/*
 * Law: at each step of a VMM's way, whichever allocation, copy or pin fails,
 * the call says so, may be repeated, and at the end nothing is left.
 */
static void every_failure_on_the_way(void **state)
{
	static int (*const steps[])(struct vm *) = {
		make_viommu, make_vdevice, make_nested, attach_nested,
		make_queue, attach_parent,
	};
	struct uiommufd_platform_config config =
		config_of("tegra241", UIOMMUFD_ENGINE_INLINE);
	struct vm *vm = vm_new(&config);
	unsigned int nth, failures = 0;
	size_t i;
	int ret;

	for (i = 0; i < 6; i++) {
		for (nth = 1, ret = -1; ret; nth++) {
			assert_in_range(nth, 1, 200);
			uiommufd_fail_nth(nth, UIOMMUFD_FAIL_ALLOC |
						       UIOMMUFD_FAIL_COPY |
						       UIOMMUFD_FAIL_PIN);
			ret = steps[i](vm);
			uiommufd_fail_nth(0, 0);
			if (!ret)
				break;
			failures++;
			assert_true(ret == ENOMEM || ret == EFAULT);
		}
	}
	assert_in_range(failures, 20, 500);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_drives_its_queue),
		cmocka_unit_test(a_guest_recovers_from_an_error),
		cmocka_unit_test(teardown_has_an_order),
		cmocka_unit_test(rules_reach_user_space),
		cmocka_unit_test(trapped_commands_reach_the_hardware),
		cmocka_unit_test(an_event_is_read_by_the_guest),
		cmocka_unit_test(two_streams_make_no_vdevice),
		cmocka_unit_test(every_engine_boots),
		cmocka_unit_test(without_coherency_nothing_is_bound),
		cmocka_unit_test(every_failure_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
