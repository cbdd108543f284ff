// SPDX-License-Identifier: MIT
/* Memory, expectations, and what scenarios begin with. */
#include "explore/rig.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "explore/engine.h"

#define REGION_PAGES (RIG_PAGES + 2)

/* ---- memory ---- */

/* One for all executions; see keep_memory(). */
static uint8_t *region uik_unsnapped;

static uint8_t *make_memory(void)
{
	uint8_t *memory;

	memory = mmap(NULL, REGION_PAGES * RIG_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	memset(memory, 0x33, REGION_PAGES * RIG_PAGE);
	if (mprotect(memory + RIG_PAGES * RIG_PAGE, RIG_PAGE, PROT_NONE) ||
	    mprotect(memory + (RIG_PAGES + 1) * RIG_PAGE, RIG_PAGE, PROT_READ))
		abort();
	return memory;
}

uint8_t *rig_memory(void)
{
	if (!region)
		region = make_memory();
	return region;
}

/* What an execution writes there is brought back with all else. */
static void keep_memory(struct uiommufd_run *run)
{
	if (!run->kept_count)
		uiommufd_run_keep(run, rig_memory(), RIG_PAGES * RIG_PAGE);
}

void *rig_edge(size_t bytes)
{
	return rig_memory() + RIG_PAGES * RIG_PAGE - bytes;
}

void *rig_read_only(void)
{
	return rig_memory() + (RIG_PAGES + 1) * RIG_PAGE;
}

/* ---- expectations ---- */

static const char *name_of(long result)
{
	return result < 0 ? strerrorname_np(-result) : "success";
}

static void complain(struct uiommufd_run *run, long got, const char *want,
		     const char *call, const char *file, int line)
{
	uiommufd_run_break(run, "result", "%s gave %ld (%s), not %s (%s:%d)",
			   call, got, name_of(got) ?: "?", want, file, line);
}

/* One thread only: what it has not felt did not happen. */
static bool is_alone(struct uiommufd_run *run)
{
	return !run->scenario->thread[1];
}

bool rig_again(struct uiommufd_run *run, long got, long want)
{
	/* It went on without what failed: who knows what it has done. */
	run->excused |= got == want || got >= 0;
	return !run->excused;
}

void rig_excuse(struct uiommufd_run *run, bool felt)
{
	run->excused |= felt;
}

bool rig_differs(struct uiommufd_run *run, long got, long want, bool felt,
		 const char *call, const char *file, int line)
{
	char text[48];

	if (got == want)
		return false;
	/* Others may have felt a failure that this call did not. */
	run->excused |= felt;
	if (run->excused || (uiommufd_run_failures(run) && !is_alone(run)))
		return true;
	snprintf(text, sizeof(text), "%ld (%s)", want, name_of(want) ?: "?");
	complain(run, got, text, call, file, line);
	return true;
}

bool rig_is_none(struct uiommufd_run *run, long got, long a, long b, long c,
		 const char *call, const char *file, int line)
{
	char text[64];

	if (got == a || got == b || got == c)
		return false;
	if (uiommufd_run_failures(run))
		return true;
	snprintf(text, sizeof(text), "%ld, %ld or %ld", a, b, c);
	complain(run, got, text, call, file, line);
	return true;
}

/* ---- what scenarios begin with ---- */

static void must(struct uiommufd_run *run, long result, const char *what)
{
	if (result < 0)
		uiommufd_run_break(run, "setup", "%s: %s", what,
				   name_of(result) ?: "?");
}

int rig_open(struct uiommufd_run *run)
{
	int fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR | O_CLOEXEC);

	if (run->phase == PHASE_SETUP)
		keep_memory(run);
	return fd < 0 ? -errno : fd;
}

void rig_begin(struct uiommufd_run *run, struct rig *rig)
{
	rig->event_fd = -1;
	rig->fd = rig_open(run);
	must(run, rig->fd, "open");
	must(run, rig_ioas(rig->fd, &rig->ioas), "IOAS");
	must(run, rig_mock_device(rig->fd, rig->ioas, 0, &rig->stdev, &rig->dev,
				  &rig->hwpt), "mock device");
	must(run, rig_map_at(rig->fd, rig->ioas, rig_memory(), 8 * RIG_PAGE,
			     RIG_IOVA), "map");
}

void rig_begin_viommu(struct uiommufd_run *run, struct rig *rig)
{
	rig_begin(run, rig);
	must(run, rig_hwpt(rig->fd, rig->dev, rig->ioas,
			   IOMMU_HWPT_ALLOC_NEST_PARENT, &rig->parent),
	     "nesting parent");
	must(run, rig_viommu(rig->fd, rig->dev, rig->parent, &rig->viommu,
			     &rig->offset), "vIOMMU");
}
