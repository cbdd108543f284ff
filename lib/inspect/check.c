// SPDX-License-Identifier: MIT
/*
 * A law: what the counts of an object say and what its claims say is the same;
 * and the group of a device is the one that the next device would find.
 *
 * Counting is linear in objects and claims and allocates only for contexts
 * with more than CHECK_SMALL IDs, so that it can be done after every step.
 */
#include <errno.h>
#include <stdlib.h>
#include <uiommufd/inspect.h>

#include "inspect/claim.h"
#include "inspect/inspect.h"
#include "objects/objects.h"

#define CHECK_SMALL 256u

struct expected {
	u32 users;
	u32 inside;
};

/* Of each ID below room. */
struct tally {
	struct expected *of;
	u32 room;
	u64 beyond;			/* claims on what has no ID below it */
};

static void count_claim(const struct claim *claim, void *arg)
{
	struct tally *tally = arg;
	u32 id = claim->held->id;

	if (id >= tally->room) {
		tally->beyond++;
		return;
	}
	tally->of[id].users++;
	tally->of[id].inside += claim->inside;
}

static struct iommufd_object *next_object(struct iommufd_ctx *ictx, u32 *id)
{
	struct iommufd_object *obj;

	iommufd_objects_lock(ictx);
	obj = idmap_next_locked(&ictx->objects, id);
	iommufd_objects_unlock(ictx);
	return obj;
}

static u32 ids_used(struct iommufd_ctx *ictx)
{
	u32 last = 0;

	for (u32 id = 1; next_object(ictx, &id); id++)
		last = id;
	return last + 1;
}

/* Whether the map's reference and the claims are all there is. */
static bool count_is_right(const struct iommufd_object *obj,
			   const struct expected *expected)
{
	u32 users = refcount_read(&obj->users);
	u32 inside = refcount_read(&obj->wait_cnt);

	if (inside != 1 + expected->inside)
		return false;
	if (inspect_may_depend(obj->type))
		return users >= 1 + expected->users;
	return users == 1 + expected->users;
}

static void say_wrong(FILE *out, struct iommufd_ctx *ictx,
		      const struct iommufd_object *obj,
		      const struct expected *expected)
{
	fprintf(out, "%s %u: users %u wait %u, but its claims make users %u "
		"wait %u\n", ictx->model->types[obj->type].name, obj->id,
		refcount_read(&obj->users), refcount_read(&obj->wait_cnt),
		1 + expected->users, 1 + expected->inside);
}

static int compare(struct iommufd_ctx *ictx, const struct tally *tally,
		   FILE *out)
{
	struct iommufd_object *obj;
	int wrong = tally->beyond != 0;

	for (u32 id = 1; (obj = next_object(ictx, &id)); id++) {
		if (count_is_right(obj, &tally->of[id]))
			continue;
		wrong++;
		if (out)
			say_wrong(out, ictx, obj, &tally->of[id]);
	}
	return wrong;
}

/* Two groups of the core for one group would not know of each other. */
static bool group_is_known(struct iommufd_ctx *ictx,
			   const struct iommufd_object *obj)
{
	const struct iommufd_group *igroup;

	if (obj->type != IOMMUFD_OBJ_DEVICE)
		return true;
	igroup = container_of(obj, struct iommufd_device, obj)->igroup;
	return !igroup || !igroup->group ||
	       xa_load(&ictx->groups, iommu_group_id(igroup->group)) == igroup;
}

static int check_groups(struct iommufd_ctx *ictx, FILE *out)
{
	struct iommufd_object *obj;
	int wrong = 0;

	for (u32 id = 1; (obj = next_object(ictx, &id)); id++) {
		if (group_is_known(ictx, obj))
			continue;
		wrong++;
		if (out)
			fprintf(out, "device %u: its group is not in the map\n",
				obj->id);
	}
	return wrong;
}

int inspect_check(struct iommufd_ctx *ictx, FILE *out)
{
	struct expected small[CHECK_SMALL] = {};
	struct tally tally = { .of = small, .room = ids_used(ictx) };
	struct iommufd_object *obj;
	int wrong;

	if (tally.room > CHECK_SMALL) {
		tally.of = calloc(tally.room, sizeof(*tally.of));
		if (!tally.of)
			return -ENOMEM;
	}
	for (u32 id = 1; (obj = next_object(ictx, &id)); id++)
		inspect_claims(obj, count_claim, &tally);
	wrong = compare(ictx, &tally, out) + check_groups(ictx, out);
	if (tally.of != small)
		free(tally.of);
	return wrong;
}

static int check_context(struct iommufd_ctx *ictx, void *arg)
{
	return inspect_check(ictx, arg);
}

int uiommufd_graph_check(int fd, FILE *out)
{
	return inspect_with_context(fd, check_context, out);
}

/* ---- IDs ----------------------------------------------------------------- */

static int check_ids(struct iommufd_ctx *ictx, void *arg)
{
	u32 end = ictx->objects.leaf_count * IDMAP_LEAF_IDS;
	FILE *out = arg;
	int lost = 0;

	iommufd_objects_lock(ictx);
	for (u32 id = 1; id < end; id++) {
		if (!idmap_is_reserved_locked(&ictx->objects, id))
			continue;
		lost++;
		if (out)
			fprintf(out, "ID %u is reserved, and nobody shows or frees it\n",
				id);
	}
	iommufd_objects_unlock(ictx);
	return lost;
}

int uiommufd_ids_check(int fd, FILE *out)
{
	return inspect_with_context(fd, check_ids, out);
}
