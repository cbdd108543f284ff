/* SPDX-License-Identifier: MIT */
/*
 * The laboratory's lists against the driver's: what a simulated CPU issues for
 * an unmap is what the SMMUv3 driver's iotlb_sync issues for one of as many
 * pages, command by command, and on the kind of queue that the policy says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#define PAGE 4096ull
#define MAX_PAGES 200u
#define MAX_COMMANDS 256u
#define IOVA 0x40001000ull	/* of no large page */
#define OP_SYNC 0x46
/* What both must agree on; ASID and addresses are each one's own. */
#define WORD0 0x00000000ffffffffull
#define WORD1 0x0000000000000fffull

struct commands {
	uint64_t word[MAX_COMMANDS][2];
	unsigned int count;
	int queue;		/* of the last one */
};

static void add(struct commands *to, const uint64_t word[2], int queue)
{
	assert_in_range(to->count, 0, MAX_COMMANDS - 1);
	memcpy(to->word[to->count++], word, sizeof(to->word[0]));
	to->queue = queue;
}

/* --- the driver's ----------------------------------------------------------- */

struct machine {
	struct uiommufd_platform *platform;
	int fd;
	uint32_t device;
	uint32_t ioas;
	uint8_t *memory;
	struct commands *seen;	/* NULL: not interested */
};

static void observe(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct machine *m = arg;

	if (m->seen)
		add(m->seen, command->word, command->queue);
}

static void machine_open(struct machine *m)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct uiommufd_platform_config config;
	uint32_t pt;

	uiommufd_platform_config_init(&config, "tegra241");
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	*m = (struct machine){ .platform = uiommufd_platform_new(&config) };
	assert_non_null(m->platform);
	m->fd = uiommufd_open(m->platform, O_RDWR);
	assert_int_equal(uiommufd_device_bind(m->fd, "dev0", &m->device), 0);
	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_ALLOC, &ioas), 0);
	m->ioas = pt = ioas.out_ioas_id;
	assert_int_equal(uiommufd_device_attach(m->fd, "dev0", 0, &pt), 0);
	m->memory = mmap(NULL, MAX_PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(m->memory, MAP_FAILED);
	assert_int_equal(uiommufd_vcmdq_observe(m->platform, observe, m), 0);
}

static void machine_close(struct machine *m)
{
	uiommufd_vcmdq_observe(m->platform, NULL, NULL);
	assert_int_equal(uiommufd_device_detach(m->fd, "dev0", 0), 0);
	assert_int_equal(uiommufd_device_unbind(m->fd, "dev0"), 0);
	uiommufd_close(m->fd);
	uiommufd_platform_free(m->platform);
	munmap(m->memory, MAX_PAGES * PAGE);
}

static void driver_unmap(struct machine *m, unsigned int pages,
			 struct commands *out)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = m->ioas,
		.user_va = (uintptr_t)m->memory,
		.length = pages * PAGE,
		.iova = IOVA,
	};
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = m->ioas, .iova = IOVA,
		.length = pages * PAGE,
	};

	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_MAP, &map), 0);
	out->count = 0;
	m->seen = out;
	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_UNMAP, &unmap), 0);
	m->seen = NULL;
}

/* --- the laboratory's --------------------------------------------------------- */

static struct commands *lab_seen;

static void issue(struct uiommufd_lab_cpu *cpu,
		  const struct uiommufd_lab_list *list)
{
	lab_seen->count = 0;
	for (unsigned int i = 0; i < list->count; i++)
		add(lab_seen, list->commands[i], 0);
	if (list->sync)
		add(lab_seen, (uint64_t[2]){ OP_SYNC, 0 }, 0);
	uiommufd_lab_insert(cpu, 0, list);
}

static void lab_unmap(const struct uiommufd_lab_profile *profile,
		      unsigned int pages, struct commands *out)
{
	static const struct uiommufd_lab_policy looking = {
		.name = "looking", .summary = "keeps the list", .issue = issue,
	};
	struct uiommufd_lab_design design;
	struct uiommufd_lab_result *result;

	uiommufd_lab_design_init(&design);
	design.own_policy = &looking;
	design.cpus = design.queues = design.lists = 1;
	design.pages = pages;
	lab_seen = out;
	out->count = 0;
	result = uiommufd_lab_run(profile, &design, NULL, NULL, NULL);
	assert_non_null(result);
	uiommufd_lab_result_free(result);
}

/* --- both ---------------------------------------------------------------------- */

static void compare(unsigned int pages, const struct commands *driver,
		    const struct commands *lab)
{
	if (driver->count != lab->count)
		fail_msg("%u pages: %u commands, here %u", pages, driver->count,
			 lab->count);
	for (unsigned int i = 0; i < lab->count; i++) {
		uint64_t mask0 = i + 1 < lab->count ? WORD0 : 0xff;
		uint64_t mask1 = i + 1 < lab->count ? WORD1 : 0;

		if ((driver->word[i][0] ^ lab->word[i][0]) & mask0 ||
		    (driver->word[i][1] ^ lab->word[i][1]) & mask1)
			fail_msg("%u pages, command %u: 0x%llx 0x%llx, here 0x%llx 0x%llx",
				 pages, i, (unsigned long long)driver->word[i][0],
				 (unsigned long long)driver->word[i][1],
				 (unsigned long long)lab->word[i][0],
				 (unsigned long long)lab->word[i][1]);
	}
	/* The host's policy with a queue for each CPU is what it does. */
	assert_int_not_equal(driver->queue, UIOMMUFD_QUEUE_MAIN);
}

/* Law: a list of the laboratory is the driver's for as many pages. */
static void test_unmap(void **state)
{
	struct uiommufd_lab_profile *profile =
		uiommufd_lab_profile_load("tegra241", NULL);
	static struct commands driver, lab;
	struct machine m;

	assert_non_null(profile);
	machine_open(&m);
	for (unsigned int pages = 1; pages <= MAX_PAGES; pages++) {
		driver_unmap(&m, pages, &driver);
		lab_unmap(profile, pages, &lab);
		compare(pages, &driver, &lab);
	}
	machine_close(&m);
	uiommufd_lab_profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
