// SPDX-License-Identifier: MIT
/*
 * Two threads of a client change the same mapping of a vIOMMU's area.
 *
 * Facts: calls that change what is mapped are one after the other (mmap_lock);
 * a vIOMMU can be destroyed when nothing of its area is mapped.
 */
#include <sys/mman.h>
#include <uiommufd/client.h>
#include <uik/file.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

#define AREA (2 * RIG_PAGE)		/* the mock's */

struct mapping {
	struct rig rig;
	uint8_t *at;			/* of the mapping, then room for it */
	uint8_t *room;
};

/* The system's: what is mapped in an execution ends with it, this does not. */
static bool reserve(void *at, int flags, void **out)
{
	*out = mmap(at, 2 * AREA, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
	return *out != MAP_FAILED;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;
	void *at;

	rig_begin_viommu(run, &mapping->rig);
	HOLDS(reserve(NULL, 0, &at));
	mapping->at = at;
	mapping->room = mapping->at + AREA;
}

static int map(const struct mapping *mapping)
{
	void *p = uiommufd_mmap(mapping->at, AREA, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_FIXED, mapping->rig.fd,
				(off_t)mapping->rig.offset);

	return p == mapping->at ? 0 : -1;
}

static bool is_mapped(uint8_t *at)
{
	return !msync(at, AREA, MS_ASYNC);
}

/* What the list says is there, and nothing is left of it afterwards. */
static void finish(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;
	void *at;

	HOLDS(!uik_vma_covers(mapping->at, AREA) || is_mapped(mapping->at));
	HOLDS(!uik_vma_covers(mapping->room, AREA) ||
	      is_mapped(mapping->room));
	WANT(uik_munmap(mapping->at, 2 * AREA), 0);
	HOLDS(reserve(mapping->at, MAP_FIXED, &at));
	WANT(rig_destroy(mapping->rig.fd, mapping->rig.viommu), 0);
}

static void map_first(struct uiommufd_run *run, void *state)
{
	WANT(map(state), 0);
}

static void unmap(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;

	WANT(uik_munmap(mapping->at, AREA), 0);
}

static void unmap_half(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;

	WANT(uik_munmap(mapping->at + RIG_PAGE, RIG_PAGE), 0);
}

/* Two mappings, if there is one. */
static void protect_half(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;

	WANT_ONE(uik_mprotect(mapping->at + RIG_PAGE, RIG_PAGE, PROT_READ), 0,
		 -ENOMEM);
}

static void move(struct uiommufd_run *run, void *state)
{
	struct mapping *mapping = state;
	void *where;

	WANT_ONE(uik_mremap(mapping->at, AREA, AREA,
			    MREMAP_MAYMOVE | MREMAP_FIXED, mapping->room,
			    &where), 0, -EFAULT);
}

/* The first to do so has mapped it before. */
#define AFTER_MAPPING(do_) \
	static void map_and_##do_(struct uiommufd_run *run, void *state) \
	{ \
		map_first(run, state); \
		do_(run, state); \
	}

AFTER_MAPPING(unmap)
AFTER_MAPPING(protect_half)
AFTER_MAPPING(move)
AFTER_MAPPING(map_first)

#define SCENARIO(name_, summary_, ...) \
	static const struct uiommufd_scenario name_ = { \
		.name = "mapping-" #name_, \
		.summary = summary_, \
		.setup = setup, \
		.thread = { __VA_ARGS__ }, \
		.finish = finish, \
		.state_bytes = sizeof(struct mapping), \
	}

SCENARIO(twice, "two threads unmap the same mapping", map_and_unmap, unmap);
SCENARIO(half, "a mapping ends while a half of it does", map_and_unmap,
	 unmap_half);
SCENARIO(split, "a mapping is split while it ends", map_and_protect_half,
	 unmap);
SCENARIO(away, "a mapping is moved while it ends", map_and_move, unmap);
SCENARIO(aside, "a mapping is moved while it is split", map_and_move,
	 protect_half);
SCENARIO(over, "a mapping is mapped over while it ends", map_and_map_first,
	 unmap);

const struct uiommufd_scenario *const scenarios_mapping[] = {
	&twice, &half, &split, &away, &aside, &over, NULL
};
