// SPDX-License-Identifier: MIT
/*
 * Inputs with decisions: sections are threads, who goes on and what fails is in
 * the input, laws are kept, and what the explorer finds becomes an input.
 *
 * The bug to be found is a driver's that takes it for granted that nobody asks
 * for hardware information twice at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <uiommufd/fuzz.h>
#include <uiommufd/uiommufd.h>
#include "iommu-priv.h"

/* ---- a driver with a bug ---- */

static struct iommu_device planted_iommu;
static int asking;

static void *planted_hw_info(struct device *dev, u32 *length,
			     enum iommu_hw_info_type *type)
{
	void *info = kzalloc(8, GFP_KERNEL);
	int before = READ_ONCE(asking);

	WRITE_ONCE(asking, before + 1);
	/* Somebody else in between is forgotten. */
	WARN_ON(READ_ONCE(asking) != before + 1 || before);
	WRITE_ONCE(asking, before);
	*length = 8;
	*type = IOMMU_HW_INFO_TYPE_INTEL_VTD;
	return info ? info : ERR_PTR(-ENOMEM);
}

static int planted_attach(struct iommu_domain *domain, struct device *dev,
			  struct iommu_domain *old)
{
	return 0;
}

static const struct iommu_domain_ops planted_blocked_ops = {
	.attach_dev = planted_attach,
};

static struct iommu_domain planted_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &planted_blocked_ops,
};

static bool planted_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static struct iommu_domain *
planted_domain_alloc(struct device *dev, u32 flags,
		     const struct iommu_user_data *user_data)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static struct iommu_device *planted_probe(struct device *dev)
{
	return &planted_iommu;
}

static const struct iommu_ops planted_ops = {
	.default_domain = &planted_blocked,
	.blocked_domain = &planted_blocked,
	.owner = THIS_MODULE,
	.capable = planted_capable,
	.hw_info = planted_hw_info,
	.domain_alloc_paging_flags = planted_domain_alloc,
	.device_group = generic_device_group,
	.probe_device = planted_probe,
};

static void release(struct device *dev)
{
}

/* In the child: the platform, with the driver's device as its first. */
static struct uiommufd_platform *planted_platform(void)
{
	static struct notifier_block notifier;
	static struct device device;
	static struct bus_type bus;
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, "mock");
	config.devices = 0;
	config.clock = UIOMMUFD_CLOCK_AUTO;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	platform = uiommufd_platform_new(&config);
	assert_non_null(platform);
	uik_enter(uiommufd_platform_machine(platform));
	bus.name = "planted";
	assert_int_equal(bus_register(&bus), 0);
	assert_int_equal(iommu_device_register_bus(&planted_iommu, &planted_ops,
						   &bus, &notifier), 0);
	device_initialize(&device);
	dev_set_name(&device, "mock0");
	device.bus = &bus;
	device.release = release;
	assert_int_equal(iommu_mock_device_add(&device, &planted_iommu), 0);
	return platform;
}

/* ---- inputs ---- */

struct input {
	size_t size;
	uint8_t bytes[UIOMMUFD_FUZZ_MAX_BYTES];
};

static unsigned int operation(const char *name)
{
	char *text = NULL, line[64];
	unsigned int number = 0;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const char *at;

	uiommufd_fuzz_describe(out);
	fclose(out);
	snprintf(line, sizeof(line), " %s", name);
	at = strstr(text, line);
	assert_non_null(at);
	while (at > text && at[-1] != '\n')
		at--;
	number = strtoul(at, NULL, 10);
	free(text);
	return number;
}

static void add(struct input *input, const void *bytes, size_t size)
{
	memcpy(input->bytes + input->size, bytes, size);
	input->size += size;
}

static void add_section(struct input *input, char tag, const void *bytes,
			uint8_t size)
{
	const uint8_t head[] = { (uint8_t)tag, 0, size, 0 };

	add(input, head, sizeof(head));
	add(input, bytes, size);
}

/* Binds; then two threads ask.  Orderly as it is: no decision. */
static struct input asking_twice(void)
{
	const uint8_t bind[] = { operation("BIND"), 0, 0 };
	const uint8_t ask[] = { operation("GET_HW_INFO"), 0, 0, 0, 8, 0, 0 };
	struct input input = { .size = 0 };

	add(&input, "UIFZ\1\0\0\0", 8);
	add_section(&input, 'D', "", 0);
	add_section(&input, 'C', bind, sizeof(bind));
	add_section(&input, 'C', ask, sizeof(ask));
	add_section(&input, 'C', ask, sizeof(ask));
	return input;
}

/* What a child has to say. */
struct verdict {
	struct input input;
	unsigned int tries;
	char complaint[256];
};

static void judge(struct uiommufd_platform *platform, struct verdict *v)
{
	v->tries++;
	if (uiommufd_fuzz_one(platform, v->input.bytes, v->input.size))
		snprintf(v->complaint, sizeof(v->complaint), "%s",
			 uiommufd_fuzz_complaint() ? uiommufd_fuzz_complaint() :
						     "something is left");
}

/* As it is, then mutated up to @tries times until something breaks. */
static struct verdict run(const struct input *input, unsigned int tries)
{
	struct verdict *v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0), copy;
	struct uiommufd_platform *platform;
	pid_t pid;

	v->input = *input;
	pid = fork();
	if (!pid) {
		platform = planted_platform();
		judge(platform, v);
		while (!v->complaint[0] && v->tries <= tries) {
			v->input = *input;
			for (unsigned int i = v->tries % 4 + 1; i; i--)
				v->input.size = uiommufd_fuzz_mutate(
					v->input.bytes, v->input.size, 512,
					v->tries * 4 + i);
			judge(platform, v);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	copy = *v;
	munmap(v, sizeof(*v));
	return copy;
}

static void orderly_input_is_clean(void **state)
{
	struct input input = asking_twice();
	struct verdict v = run(&input, 0);

	assert_int_equal(v.tries, 1);
	assert_string_equal(v.complaint, "");
}

/* One switch at the right place, found by mutation, and there to stay. */
static void mutation_finds_the_order(void **state)
{
	struct input input = asking_twice();
	struct verdict v = run(&input, 20000), again;

	assert_non_null(strstr(v.complaint, "warning: "));
	assert_non_null(strstr(v.complaint, "planted_hw_info"));
	again = run(&v.input, 0);
	assert_string_equal(again.complaint, v.complaint);
}

/* Every place for the one switch: some of them break the law, most do not. */
static void a_decision_is_kept_to(void **state)
{
	unsigned int broken = 0, count = 0;

	for (uint8_t passed = 0; passed < 60; passed++) {
		const uint8_t choice[] = { passed, 1 };
		struct input input = asking_twice(), decided = { .size = 0 };

		add(&decided, input.bytes, 8);
		add_section(&decided, 'D', choice, sizeof(choice));
		add(&decided, input.bytes + 12, input.size - 12);
		broken += run(&decided, 0).complaint[0] != 0;
		count++;
	}
	assert_in_range(broken, 1, count / 2);
}

/* ---- from the explorer and back ---- */

/* With the real mock: its vDEVICE's owner goes while it is being made. */
static struct input unbinding_beside(void)
{
	const uint8_t bind[] = { operation("BIND"), 0, 0 };
	const uint8_t ask[] = { operation("GET_HW_INFO"), 0, 0, 0, 8, 0, 0 };
	const uint8_t unbind[] = { operation("UNBIND"), 0, 0 };
	struct input input = { .size = 0 };

	add(&input, "UIFZ\1\0\0\0", 8);
	add_section(&input, 'C', bind, sizeof(bind));
	add_section(&input, 'C', ask, sizeof(ask));
	add_section(&input, 'C', unbind, sizeof(unbind));
	return input;
}

/* A law of one's own: unbinding ends after the other's call has begun. */
static void step(struct uiommufd_run *run, void *memory,
		 const struct uiommufd_step *step)
{
	unsigned int *calls = memory;

	if (step->kind == UIOMMUFD_STEP_CALL && step->thread >= 0)
		calls[step->thread]++;
	if (step->kind == UIOMMUFD_STEP_COPY && !step->thread && calls[1])
		uiommufd_run_break(run, "late", "it copies beside the other");
}

static const struct uiommufd_law late = {
	.name = "late",
	.memory_bytes = 64,
	.step = step,
};

static struct uiommufd_explore_result
explore(const struct input *input, const struct uiommufd_choice *choices,
	size_t count)
{
	const struct uiommufd_law *laws[] = { &late, NULL };
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	struct uiommufd_explore_options options;
	struct uiommufd_scenario *scenario = uiommufd_fuzz_scenario_new(
		NULL, "beside", input->bytes, input->size);

	uiommufd_explore_options_init(&options);
	options.laws = laws;
	options.choices = choices;
	options.choice_count = count;
	options.budget_ns = 20000000000u;
	assert_int_not_equal(uiommufd_explore(scenario, &options, &result), -1);
	uiommufd_fuzz_scenario_free(scenario);
	return result;
}

/* What the explorer finds in an input is one more input, which shows it first. */
static void counterexample_is_an_input(void **state)
{
	struct input input = unbinding_beside(), decided;
	struct uiommufd_explore_result found = explore(&input, NULL, 0);
	struct uiommufd_choice choices[8];
	size_t count;

	assert_non_null(found.broken);
	assert_string_equal(uiommufd_trail_law(found.broken), "late");
	assert_string_equal(uiommufd_trail_scenario(found.broken), "beside");
	decided.size = uiommufd_fuzz_decide(input.bytes, input.size,
					    found.broken, decided.bytes,
					    sizeof(decided.bytes));
	uiommufd_trail_free(found.broken);
	count = uiommufd_fuzz_choices(decided.bytes, decided.size, choices, 8);
	assert_in_range(count, 1, 8);
	found = explore(&decided, choices, count);
	assert_non_null(found.broken);
	assert_int_equal(found.executions, 1);
	uiommufd_trail_free(found.broken);
}

/* Cutting leaves what was before; nothing is read beyond the end. */
static void any_part_is_an_input(void **state)
{
	struct uiommufd_platform *platform = uiommufd_fuzz_platform(NULL);
	struct input input = asking_twice();

	for (size_t size = 0; size <= input.size; size++) {
		uint8_t *part = malloc(size + !size);

		memcpy(part, input.bytes, size);
		assert_int_equal(uiommufd_fuzz_one(platform, part, size), 0);
		free(part);
	}
	uiommufd_platform_free(platform);
}

static void text_tells_threads(void **state)
{
	struct input input = asking_twice();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	uiommufd_fuzz_print(out, input.bytes, input.size);
	fclose(out);
	assert_non_null(strstr(text, "decisions:\nc0 BIND"));
	assert_non_null(strstr(text, "thread 1:\nc0 GET_HW_INFO"));
	free(text);
}

/* Grown inputs stay inputs: of their size, with threads, with decisions. */
static void mutation_keeps_the_form(void **state)
{
	struct input input = asking_twice();
	unsigned int decided = 0;

	for (unsigned int seed = 0; seed < 2000; seed++) {
		struct uiommufd_choice choices[64];
		uint8_t out[512];
		size_t size;

		size = uiommufd_fuzz_cross(input.bytes, input.size, out, 0, out,
					   sizeof(out), seed);
		assert_in_range(size, 8, sizeof(out));
		input.size = uiommufd_fuzz_mutate(input.bytes, input.size, 512,
						  seed);
		assert_in_range(input.size, 8, 512);
		assert_memory_equal(input.bytes, "UIFZ\1", 5);
		decided += uiommufd_fuzz_choices(input.bytes, input.size,
						 choices, 64) > 0;
	}
	assert_in_range(decided, 200, 1999);
}

/* What a platform had before is not another's, at the same address even. */
static void each_platform_has_its_own_baseline(void **state)
{
	const struct input input = asking_twice();
	const struct uiommufd_platform *old = NULL;
	bool again = false;

	for (int i = 0; i < 20 && !again; i++) {
		struct uiommufd_platform *platform =
			uiommufd_fuzz_platform("mock");
		struct uik_machine *before;

		assert_non_null(platform);
		again = platform == old;
		old = platform;
		before = uik_enter(uiommufd_platform_machine(platform));
		for (int blocks = i % 2 * 3; blocks; blocks--)
			assert_non_null(kmalloc(100, GFP_KERNEL));
		uik_leave(before);
		assert_int_equal(uiommufd_fuzz_one(platform, input.bytes,
						   input.size), 0);
		assert_int_equal(uiommufd_fuzz_one(platform, NULL, 0), 0);
		uiommufd_platform_free(platform);
	}
	/* A checker may give no address out again: then nothing was seen. */
	if (!again)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orderly_input_is_clean),
		cmocka_unit_test(mutation_finds_the_order),
		cmocka_unit_test(a_decision_is_kept_to),
		cmocka_unit_test(counterexample_is_an_input),
		cmocka_unit_test(any_part_is_an_input),
		cmocka_unit_test(text_tells_threads),
		cmocka_unit_test(mutation_keeps_the_form),
		cmocka_unit_test(each_platform_has_its_own_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
