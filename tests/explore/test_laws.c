// SPDX-License-Identifier: MIT
/*
 * Laws that hold for what the library makes: each is broken once.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>
#include <uik/history.h>
#include <uiommufd/uiommufd.h>

struct shared {
	struct mutex a;
	unsigned int count;
	uint32_t flag;
};

static void prepare(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_init(&s->a);
}

static const char *broken_law(const struct uiommufd_scenario *scenario,
			      enum uiommufd_strategy strategy)
{
	static char law[64];
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };

	uiommufd_explore_options_init(&options);
	options.strategy = strategy;
	options.budget_ns = 20000000000u;
	assert_int_not_equal(uiommufd_explore(scenario, &options, &result), -1);
	snprintf(law, sizeof(law), "%s", result.broken ?
		 uiommufd_trail_law(result.broken) : "");
	uiommufd_trail_free(result.broken);
	return law;
}

/* ---- a context and a device ---------------------------------------------- */

struct bound {
	int fd;
};

static void bind_device(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;
	uint32_t id;

	bound->fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR);
	uiommufd_run_expect(run, !uiommufd_device_bind(bound->fd, "dev0", &id));
}

static void unbind_device(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;

	uiommufd_device_unbind(bound->fd, "dev0");
}

/* ---- histories of maps --------------------------------------------------- */

/* Takes number 5 of a map that is a word. */
static void reserve_bare(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;
	unsigned int used;
	bool taken;

	uik_map_begin(s, UIK_MAP_RESERVE, 0, NULL);
	used = READ_ONCE(s->count);
	taken = used & 1u << 5;
	if (!taken)
		WRITE_ONCE(s->count, used | 1u << 5);
	uik_map_done(s, UIK_MAP_RESERVE, 5, NULL, taken);
}

static void reserve_locked(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_lock(&s->a);
	reserve_bare(run, state);
	mutex_unlock(&s->a);
}

/* Looks twice; what it has found must not have been there before. */
static void look_twice(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	for (int i = 0; i < 2; i++) {
		const void *entry;

		uik_map_begin(s, UIK_MAP_LOOKUP, 7, NULL);
		entry = READ_ONCE(s->flag) == (uint32_t)i ? s : NULL;
		uik_map_done(s, UIK_MAP_LOOKUP, 7, entry, false);
	}
}

static void show(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	uik_map_begin(s, UIK_MAP_RESERVE, 0, NULL);
	uik_map_done(s, UIK_MAP_RESERVE, 7, NULL, false);
	uik_map_begin(s, UIK_MAP_PUBLISH, 7, s);
	WRITE_ONCE(s->flag, 1);
	uik_map_done(s, UIK_MAP_PUBLISH, 7, s, false);
}

static const struct uiommufd_scenario reserving = {
	.name = "reserving",
	.setup = prepare,
	.thread = { reserve_bare, reserve_bare },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario reserving_locked = {
	.name = "reserving-locked",
	.setup = prepare,
	.thread = { reserve_locked, reserve_locked },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario looking = {
	.name = "looking",
	.setup = prepare,
	.thread = { show, look_twice },
	.state_bytes = sizeof(struct shared),
};

/* Law: one number for two, or what comes and goes again, has no order. */
static void finds_no_order(void **unused)
{
	assert_string_equal(broken_law(&reserving, UIOMMUFD_STRATEGY_DPOR),
			    "linear");
	assert_string_equal(broken_law(&reserving_locked,
				       UIOMMUFD_STRATEGY_DPOR), "");
	assert_string_equal(broken_law(&looking, UIOMMUFD_STRATEGY_RANDOM),
			    "linear");
}

/* ---- IDs that are taken for nothing -------------------------------------- */

static void open_context(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;

	bound->fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR);
}

static void make_ioas(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	uiommufd_ioctl(bound->fd, IOMMU_IOAS_ALLOC, &cmd);
}

static void look_for_lost(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;

	if (uiommufd_ids_check(bound->fd, NULL) > 0)
		uiommufd_run_break(run, "seen", "one is reserved");
}

static void none_is_lost(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;

	uiommufd_run_expect(run, !uiommufd_ids_check(bound->fd, NULL));
}

static const struct uiommufd_scenario watched = {
	.name = "watched",
	.setup = open_context,
	.thread = { make_ioas, look_for_lost },
	.state_bytes = sizeof(struct bound),
};

static const struct uiommufd_scenario unwatched = {
	.name = "unwatched",
	.setup = open_context,
	.thread = { make_ioas, make_ioas },
	.check = none_is_lost,
	.state_bytes = sizeof(struct bound),
	.failures = UIOMMUFD_FAIL_ANY,
};

/* Law: an ID is reserved while its object is made, and not longer. */
static void sees_reserved_ids(void **unused)
{
	assert_string_equal(broken_law(&watched, UIOMMUFD_STRATEGY_DPOR),
			    "seen");
	assert_string_equal(broken_law(&unwatched, UIOMMUFD_STRATEGY_DPOR),
			    "");
}

/* ---- descriptors that are taken for nothing ------------------------------ */

static void take_number(struct uiommufd_run *run, void *state)
{
	uiommufd_run_expect(run, get_unused_fd_flags(O_CLOEXEC) >= 0);
}

static void take_and_give_back(struct uiommufd_run *run, void *state)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	uiommufd_run_expect(run, fd >= 0);
	put_unused_fd(fd);
}

static const struct uiommufd_scenario taken = {
	.name = "taken",
	.thread = { take_number },
	.state_bytes = sizeof(struct bound),
};

static const struct uiommufd_scenario given_back = {
	.name = "given-back",
	.thread = { take_and_give_back },
	.state_bytes = sizeof(struct bound),
};

/* Law: a number that was taken gets a file, or is given back. */
static void sees_numbers_without_file(void **unused)
{
	assert_string_equal(broken_law(&taken, UIOMMUFD_STRATEGY_DPOR), "leak");
	assert_string_equal(broken_law(&given_back, UIOMMUFD_STRATEGY_DPOR),
			    "");
}

/* ---- failing hardware ---------------------------------------------------- */

static void attach_detach(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	uiommufd_ioctl(bound->fd, IOMMU_IOAS_ALLOC, &cmd);
	uiommufd_device_attach(bound->fd, "dev0", 0, &cmd.out_ioas_id);
	uiommufd_device_detach(bound->fd, "dev0", 0);
}

static void nothing_failed(struct uiommufd_run *run, void *state)
{
	uiommufd_run_expect(run, !uiommufd_run_failures(run));
}

static const struct uiommufd_scenario on_hardware = {
	.name = "on-hardware",
	.kind = "smmuv3",
	.setup = bind_device,
	.thread = { attach_detach },
	.check = nothing_failed,
	.finish = unbind_device,
	.state_bytes = sizeof(struct bound),
	.failures = UIOMMUFD_FAIL_HARDWARE,
};

/* Law: what device and driver do are points of failure, if asked for. */
static void fails_hardware(void **unused)
{
	struct uiommufd_scenario sound = on_hardware;

	sound.failures = UIOMMUFD_FAIL_DRIVER;
	assert_string_equal(broken_law(&sound, UIOMMUFD_STRATEGY_DPOR),
			    "expectation");
	sound.failures = 0;
	assert_string_equal(broken_law(&on_hardware, UIOMMUFD_STRATEGY_DPOR),
			    "expectation");
	assert_string_equal(broken_law(&sound, UIOMMUFD_STRATEGY_DPOR), "");
}

/* ---- bytes that nobody has set ------------------------------------------- */

struct answer {
	uint32_t value;
	uint8_t kind;
	uint64_t more;
};

static void answer_with(struct uiommufd_run *run, void *state,
			struct answer *answer)
{
	struct answer *out = state;

	if (!answer)
		return;
	answer->value = 3;
	answer->kind = 2;
	answer->more = 1;
	uiommufd_run_expect(run, !copy_to_user(out, answer, sizeof(*out)));
	kfree(answer);
}

static void answer_dirty(struct uiommufd_run *run, void *state)
{
	answer_with(run, state, kmalloc(sizeof(struct answer), GFP_KERNEL));
}

static void answer_clean(struct uiommufd_run *run, void *state)
{
	answer_with(run, state, kzalloc(sizeof(struct answer), GFP_KERNEL));
}

/* Goes by what it finds, after it has answered. */
static void answer_by_luck(struct uiommufd_run *run, void *state)
{
	struct answer *answer = kmalloc(sizeof(*answer), GFP_KERNEL);
	bool lucky = answer && answer->value != 0xa5a5a5a5u;

	answer_with(run, state, kzalloc(sizeof(struct answer), GFP_KERNEL));
	kfree(answer);
	uiommufd_run_expect(run, lucky);
}

static const char *answers_break(uiommufd_part thread)
{
	const struct uiommufd_scenario answering = {
		.name = "answering",
		.thread = { thread },
		.state_bytes = sizeof(struct answer),
	};

	return broken_law(&answering, UIOMMUFD_STRATEGY_DPOR);
}

/* Law: nothing depends on what fresh memory holds; padding is a byte, too. */
static void finds_unset_bytes(void **unused)
{
	assert_string_equal(answers_break(answer_dirty), "initialised");
	assert_string_equal(answers_break(answer_by_luck), "initialised");
	assert_string_equal(answers_break(answer_clean), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_no_order),
		cmocka_unit_test(sees_reserved_ids),
		cmocka_unit_test(sees_numbers_without_file),
		cmocka_unit_test(fails_hardware),
		cmocka_unit_test(finds_unset_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
