// SPDX-License-Identifier: MIT
/*
 * Objects and their numbers: who may take one out, who has to wait.
 *
 * Facts: IOMMU_DESTROY succeeds only while nobody else needs the object, and
 * never makes its owner fail; numbers are the lowest free ones; an owner waits
 * a minute for those who are inside.
 */
#include <uik/clock.h>

#include "explore/rig_driver.h"
#include "explore/scenarios.h"

struct objects {
	struct rig rig;
	long result[3];
	uint32_t made;
	bool gave_up;
};

/* ---- numbers ---- */

static void open_only(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	objects->rig.fd = rig_open(run);
	HOLDS(objects->rig.fd >= 0);
}

static void numbers(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	int fd = objects->rig.fd;
	uint32_t id[4];

	WANT(rig_destroy(fd, 0), -ENOENT);
	WANT(rig_destroy(fd, 1), -ENOENT);
	WANT(rig_destroy(fd, RIG_ANY), -ENOENT);
	for (uint32_t i = 0; i < 3; i++) {
		WANT(rig_ioas(fd, &id[i]), 0);
		HOLDS(id[i] == i + 1);
	}
	WANT(rig_destroy(fd, id[1]), 0);
	WANT(rig_destroy(fd, id[1]), -ENOENT);
	WANT(rig_ioas(fd, &id[3]), 0);
	HOLDS(id[3] == 2);
	WANT(rig_destroy(fd, id[0]), 0);
	WANT(rig_destroy(fd, id[2]), 0);
	WANT(rig_destroy(fd, id[3]), 0);
	WANT(rig_ioas(fd, &id[0]), 0);
	HOLDS(id[0] == 1);
}

static const struct uiommufd_scenario ids = {
	.name = "object-numbers",
	.summary = "numbers are the lowest free ones, and end",
	.setup = open_only,
	.thread = { numbers },
	.state_bytes = sizeof(struct objects),
	.failures = RIG_FAIL_ANY,
};

#define MANY 70

static void many(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	int fd = objects->rig.fd;
	uint32_t id;

	for (uint32_t i = 1; i <= MANY; i++) {
		WANT(rig_ioas(fd, &id), 0);
		HOLDS(id == i);
	}
	/* Across the edge of a leaf of the map. */
	for (uint32_t i = 62; i <= MANY; i++)
		WANT(rig_destroy(fd, i), 0);
	WANT(rig_destroy(fd, 66), -ENOENT);
	WANT(rig_ioas(fd, &id), 0);
	HOLDS(id == 62);
}

static const struct uiommufd_scenario many_ids = {
	.name = "object-many",
	.summary = "more objects than the first leaf of the map has",
	.setup = open_only,
	.thread = { many },
	.state_bytes = sizeof(struct objects),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

/* ---- two who destroy ---- */

static void begin_ioas(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	open_only(run, state);
	HOLDS(!rig_ioas(objects->rig.fd, &objects->rig.ioas));
}

static void destroy_ioas(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	int who = uiommufd_run_thread(run);

	objects->result[who] = rig_destroy(objects->rig.fd, objects->rig.ioas);
}

static void check_one_won(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	int won = 0;

	for (int i = 0; i < 2; i++) {
		long result = objects->result[i];

		won += !result;
		HOLDS(!result || result == -ENOENT || result == -EBUSY);
	}
	HOLDS(won == 1);
	WANT(rig_destroy(objects->rig.fd, objects->rig.ioas), -ENOENT);
}

static const struct uiommufd_scenario destroy_twice = {
	.name = "object-destroy-twice",
	.summary = "two threads destroy one object",
	.setup = begin_ioas,
	.thread = { destroy_ioas, destroy_ioas },
	.check = check_one_won,
	.state_bytes = sizeof(struct objects),
};

static void use_ioas(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT_ONE(rig_map_at(objects->rig.fd, objects->rig.ioas, rig_memory(),
			    RIG_PAGE, RIG_IOVA), 0, -ENOENT);
}

static void end_ioas(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT_ONE(rig_destroy(objects->rig.fd, objects->rig.ioas), 0, -EBUSY);
}

static const struct uiommufd_scenario use_destroy = {
	.name = "object-use-destroy",
	.summary = "an object is used while it is destroyed",
	.setup = begin_ioas,
	.thread = { use_ioas, end_ioas },
	.state_bytes = sizeof(struct objects),
	.failures = RIG_FAIL_ANY,
};

static void make_ioas(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT(rig_ioas(objects->rig.fd, &objects->made), 0);
}

/* A number that has been given out is shown only when it is complete. */
static void guess(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT_OF(rig_destroy(objects->rig.fd, 2), 0, -ENOENT, -EBUSY);
}

static const struct uiommufd_scenario guessed = {
	.name = "object-guess",
	.summary = "a number is guessed while its object is made",
	.setup = begin_ioas,
	.thread = { make_ioas, guess },
	.state_bytes = sizeof(struct objects),
	.failures = UIOMMUFD_FAIL_COPY,
};

/* ---- a device and its owner ---- */

static void begin_device(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	open_only(run, state);
	HOLDS(!rig_bind(objects->rig.fd, "mock0", &objects->rig.dev));
}

static void one_device(struct uiommufd_platform_config *config)
{
	config->devices = 1;
}

static void destroy_device(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT_ONE(rig_destroy(objects->rig.fd, objects->rig.dev), -EBUSY,
		 -ENOENT);
}

/* A warning if the client could make it fail. */
static void unbind_mock(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT(rig_unbind(objects->rig.fd, "mock0"), 0);
}

static void info(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	uint64_t room = 0;
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = objects->rig.dev,
		.data_len = sizeof(room),
		.data_uptr = (uintptr_t)&room,
	};

	WANT_ONE(rig_ioctl(objects->rig.fd, IOMMU_GET_HW_INFO, &cmd), 0,
		 -ENOENT);
}

static void finish_device(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	rig_unbind(objects->rig.fd, "mock0");
}

static const struct uiommufd_scenario device = {
	.name = "device-destroy-unbind",
	.summary = "a client destroys and uses a device that is being unbound",
	.configure = one_device,
	.setup = begin_device,
	.thread = { unbind_mock, destroy_device, info },
	.thread_name = { "driver", "destroy", "info" },
	.finish = finish_device,
	.state_bytes = sizeof(struct objects),
};

/* ---- who holds up an owner ---- */

static void begin_slow(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	own_plug(run);
	open_only(run, state);
	HOLDS(!rig_bind(objects->rig.fd, "own2", &objects->rig.dev));
	HOLDS(!rig_ioas(objects->rig.fd, &objects->rig.ioas));
}

/* Inside the device for half a minute: slow, not stuck. */
static void slow_alloc(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	own_knobs.slow_ms = 30000;
	WANT_ONE(rig_hwpt(objects->rig.fd, objects->rig.dev, objects->rig.ioas,
			  IOMMU_HWPT_ALLOC_NEST_PARENT, &objects->made), 0,
		 -ENOENT);
}

static void unbind_own(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	WANT(rig_unbind(objects->rig.fd, "own2"), 0);
}

static void finish_own(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	rig_unbind(objects->rig.fd, "own2");
	uiommufd_close(objects->rig.fd);
	own_unplug(run);
}

static const struct uiommufd_scenario slow = {
	.name = "device-slow-holder",
	.summary = "unbinding waits for a command that takes half a minute",
	.setup = begin_slow,
	.thread = { slow_alloc, unbind_own },
	.finish = finish_own,
	.state_bytes = sizeof(struct objects),
	.flags = UIOMMUFD_SCENARIO_TIMEOUTS,
};

/* ---- who does not let go ---- */

/* Longer than an owner waits. */
static void stuck_alloc(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	own_knobs.slow_ms = 90000;
	WANT_ONE(rig_hwpt(objects->rig.fd, objects->rig.dev, objects->rig.ioas,
			  IOMMU_HWPT_ALLOC_NEST_PARENT, &objects->made), 0,
		 -ENOENT);
}

/* The driver gives up, with a warning; who is inside goes on undisturbed. */
static void give_up(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	struct uik_machine *machine =
		uiommufd_platform_machine(uiommufd_run_platform(run));
	uint64_t start = uik_machine_now_ns(machine);

	rig_unbind(objects->rig.fd, "own2");
	objects->gave_up = uik_machine_now_ns(machine) - start >= 60000000000u;
}

/* The device is still there, can be used, and is nobody's: it can go. */
static void use_again(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	int want = objects->gave_up ? 0 : -ENOENT;

	own_knobs.slow_ms = 0;
	WANT(rig_hwpt(objects->rig.fd, objects->rig.dev, objects->rig.ioas, 0,
		      &objects->made), want);
	WANT(rig_destroy(objects->rig.fd, objects->rig.dev), want);
}

/*
 * The device holds its context, and nobody will end it any more: what is left
 * is left for good, in Linux too.
 */
static const struct uiommufd_scenario stuck = {
	.name = "device-stuck-holder",
	.summary = "unbinding gives up on a command that takes too long",
	.setup = begin_slow,
	.thread = { stuck_alloc, give_up },
	.check = use_again,
	.finish = finish_own,
	.state_bytes = sizeof(struct objects),
	.flags = UIOMMUFD_SCENARIO_TIMEOUTS | UIOMMUFD_SCENARIO_WARNINGS |
		 UIOMMUFD_SCENARIO_REMAINS,
};

/* ---- the end of a context ---- */

static void close_it(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;

	uiommufd_close(objects->rig.fd);
}

static void begin_full(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	struct rig *rig = &objects->rig;

	rig_begin_viommu(run, rig);
}

static void late_vdevice(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	struct rig *rig = &objects->rig;

	WANT_OF(rig_vdevice(rig->fd, rig->viommu, rig->dev, 7, &rig->vdevice),
		0, -EBADF, -ENOTTY);
}

static void late_event(struct uiommufd_run *run, void *state)
{
	struct objects *objects = state;
	struct rig *rig = &objects->rig;

	WANT_OF(rig_veventq(rig->fd, rig->viommu, 4, &objects->made,
			    &rig->event_fd), 0, -EBADF, -ENOTTY);
}

static const struct uiommufd_scenario closed = {
	.name = "close-during-everything",
	.summary = "the context is closed while vDEVICE and event queue are made",
	.setup = begin_full,
	.thread = { late_vdevice, late_event, close_it },
	.state_bytes = sizeof(struct objects),
	.failures = UIOMMUFD_FAIL_COPY,
};

const struct uiommufd_scenario *const scenarios_object[] = {
	&ids, &many_ids, &destroy_twice, &use_destroy, &guessed, &device, &slow,
	&stuck,
	&closed, NULL
};
