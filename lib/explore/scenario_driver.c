// SPDX-License-Identifier: MIT
/*
 * Drivers that use an IOAS themselves, by the kernel's own calls.
 *
 * Facts: an access moves only from where it is attached; its driver is asked to
 * let go of what it has pinned, of all of it when the access leaves, and is not
 * called any more when the access has ended.
 */
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/mutex.h>
#include <uik/machine.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

struct driver {
	struct rig rig;
	uint32_t other;			/* an IOAS */
	uint32_t id;
	struct iommufd_ctx *ictx;
	struct iommufd_access *access;
	struct uiommufd_run *run;
	struct mutex lock;
	bool pinned;			/* one page at RIG_IOVA */
	bool ended;
	unsigned int asked;
	uint32_t again;			/* attached while it leaves, or 0 */
	int result;			/* of that */
};

static struct uik_machine *enter(struct uiommufd_run *run)
{
	return uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
}

static void unmap(void *data, unsigned long iova, unsigned long length)
{
	struct driver *driver = data;

	if (driver->ended)
		uiommufd_run_break(driver->run, "type",
				   "a driver is called after its access has ended");
	driver->asked++;
	/* Whoever returns from here must have no pins: others wait. */
	mutex_lock(&driver->lock);
	if (driver->pinned && iova <= RIG_IOVA &&
	    length - 1 >= RIG_IOVA - iova) {
		driver->pinned = false;
		iommufd_access_unpin_pages(driver->access, RIG_IOVA, RIG_PAGE);
	}
	mutex_unlock(&driver->lock);
	if (driver->again && length == ULONG_MAX)
		driver->result = iommufd_access_attach(driver->access,
						       driver->again);
}

static const struct iommufd_access_ops ops = {
	.needs_pin_pages = 1,
	.unmap = unmap,
};

static long create(struct uiommufd_run *run, struct driver *driver)
{
	struct uik_machine *previous = enter(run);
	struct iommufd_access *access = iommufd_access_create(
		driver->ictx, &ops, driver, &driver->id);

	uik_leave(previous);
	if (IS_ERR(access))
		return PTR_ERR(access);
	driver->access = access;
	return 0;
}

/* Attaches, or moves what is attached. */
static long move(struct uiommufd_run *run, struct driver *driver, bool attach,
		 uint32_t ioas)
{
	struct uik_machine *previous = enter(run);
	int ret = attach ? iommufd_access_attach(driver->access, ioas) :
			   iommufd_access_replace(driver->access, ioas);

	uik_leave(previous);
	return ret;
}

static void detach(struct uiommufd_run *run, struct driver *driver)
{
	struct uik_machine *previous = enter(run);

	iommufd_access_detach(driver->access);
	uik_leave(previous);
}

static void end(struct uiommufd_run *run, struct driver *driver)
{
	struct uik_machine *previous = enter(run);

	if (driver->access)
		iommufd_access_destroy(driver->access);
	driver->ended = true;
	driver->access = NULL;
	if (driver->ictx)
		iommufd_ctx_put(driver->ictx);
	driver->ictx = NULL;
	uik_leave(previous);
}

static long pin(struct uiommufd_run *run, struct driver *driver)
{
	struct uik_machine *previous = enter(run);
	struct page *page;
	int ret = iommufd_access_pin_pages(driver->access, RIG_IOVA, RIG_PAGE,
					   &page, IOMMUFD_ACCESS_RW_READ);

	driver->pinned |= !ret;
	uik_leave(previous);
	return ret;
}

static long rw(struct uiommufd_run *run, struct driver *driver, void *byte)
{
	struct uik_machine *previous = enter(run);
	int ret = iommufd_access_rw(driver->access, RIG_IOVA, byte, 1,
				    IOMMUFD_ACCESS_RW_READ);

	uik_leave(previous);
	return ret;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct driver *driver = state;
	struct uik_machine *previous;

	driver->run = run;
	mutex_init(&driver->lock);
	rig_begin(run, &driver->rig);
	HOLDS(!rig_ioas(driver->rig.fd, &driver->other));
	HOLDS(!rig_map_at(driver->rig.fd, driver->other, rig_memory(),
			  8 * RIG_PAGE, RIG_IOVA));
	previous = enter(run);
	driver->ictx = iommufd_ctx_from_fd(driver->rig.fd);
	uik_leave(previous);
	HOLDS(!IS_ERR(driver->ictx));
}

static void finish(struct uiommufd_run *run, void *state)
{
	end(run, state);
}

/* ---- step by step ---- */

static void life(struct uiommufd_run *run, void *state)
{
	struct driver *driver = state;
	struct rig *rig = &driver->rig;
	uint8_t byte = 0;

	WANT(create(run, driver), 0);
	WANT(rig_destroy(rig->fd, driver->id), -EBUSY);
	/* Nowhere yet. */
	WANT(rw(run, driver, &byte), -ENOENT);
	WANT(pin(run, driver), -ENOENT);
	WANT(move(run, driver, false, rig->ioas), -ENOENT);
	WANT(move(run, driver, true, rig->dev), -ENOENT);
	WANT(move(run, driver, true, driver->other), 0);
	WANT(rig_destroy(rig->fd, driver->other), -EBUSY);
	memset(rig_memory(), 0x5a, 1);
	WANT(rw(run, driver, &byte), 0);
	HOLDS_IF_WELL(byte == 0x5a);
	WANT(pin(run, driver), 0);
	WANT(rig_unmap(rig->fd, driver->other, RIG_IOVA, 8 * RIG_PAGE), 0);
	HOLDS_IF_WELL(driver->asked == 1 && !driver->pinned);
	WANT(move(run, driver, false, RIG_ANY), -ENOENT);
	WANT(move(run, driver, false, rig->ioas), 0);
	/* It has left the other. */
	WANT(rig_destroy(rig->fd, driver->other), 0);
	WANT(pin(run, driver), 0);
	/* Nowhere is not yet where it can be attached. */
	driver->again = rig->ioas;
	detach(run, driver);
	driver->again = 0;
	HOLDS(!driver->pinned);
	HOLDS_IF_WELL(driver->result == -EBUSY);
	WANT(move(run, driver, false, rig->ioas), -ENOENT);
	WANT(rw(run, driver, &byte), -ENOENT);
}

static const struct uiommufd_scenario living = {
	.name = "driver-access",
	.summary = "a driver's access moves, pins and is asked, each step may fail",
	.setup = setup,
	.thread = { life },
	.finish = finish,
	.state_bytes = sizeof(struct driver),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void setup_attached(struct uiommufd_run *run, void *state)
{
	struct driver *driver = state;

	setup(run, state);
	HOLDS(!create(run, driver));
	HOLDS(!move(run, driver, true, driver->rig.ioas));
	HOLDS(!pin(run, driver));
}

static void unmap_all(struct uiommufd_run *run, void *state)
{
	struct driver *driver = state;

	WANT(rig_unmap(driver->rig.fd, driver->rig.ioas, RIG_IOVA,
		       8 * RIG_PAGE), 0);
}

/* An access that ends cannot be asked any more, and may not be quick. */
static void unmap_late(struct uiommufd_run *run, void *state)
{
	struct driver *driver = state;

	WANT_ONE(rig_unmap(driver->rig.fd, driver->rig.ioas, RIG_IOVA,
			   8 * RIG_PAGE), 0, -EDEADLK);
}

static void end_it(struct uiommufd_run *run, void *state)
{
	end(run, state);
}

static const struct uiommufd_scenario ending = {
	.name = "driver-access-end",
	.summary = "a driver's access ends while it is asked to let go",
	.setup = setup_attached,
	.thread = { end_it, unmap_late },
	.thread_name = { "driver", "unmap" },
	.finish = finish,
	.state_bytes = sizeof(struct driver),
};

static void leave(struct uiommufd_run *run, void *state)
{
	detach(run, state);
}

static const struct uiommufd_scenario leaving = {
	.name = "driver-access-leave",
	.summary = "a driver's access is detached while it is asked to let go",
	.setup = setup_attached,
	.thread = { leave, unmap_all },
	.thread_name = { "driver", "unmap" },
	.finish = finish,
	.state_bytes = sizeof(struct driver),
};

const struct uiommufd_scenario *const scenarios_driver[] = {
	&living, &ending, &leaving, NULL
};
