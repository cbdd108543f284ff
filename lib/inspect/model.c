// SPDX-License-Identifier: MIT
/*
 * Building the graph's data, and finding one's way in it.
 */
#include "inspect/model.h"

#include <stdlib.h>
#include <string.h>
#include <uik/slab.h>

#include "inspect/inspect.h"
#include "kit/backtrace.h"
#include "objects/access.h"
#include "objects/objects.h"

static char *name_of(const void *address)
{
	char name[192];

	backtrace_name(address, name, sizeof(name));
	return g_strdup(name);
}

static struct model_place place_of(const void *block_address)
{
	struct model_place place = {};
	struct uik_slab_block block;

	if (!uik_slab_find(block_address, &block))
		return place;
	place.site = name_of(block.site);
	if (!block.frame_count)
		return place;
	place.frames = g_new0(char *, block.frame_count + 1);
	for (unsigned int i = 0; i < block.frame_count; i++)
		place.frames[i] = name_of((const char *)block.frames[i] - 1);
	return place;
}

static void place_clear(struct model_place *place)
{
	g_free(place->site);
	g_strfreev(place->frames);
}

static void node_clear(void *arg)
{
	struct model_node *node = arg;

	g_free(node->about);
	g_free(node->more);
	place_clear(&node->place);
}

static void claim_clear(void *arg)
{
	struct model_claim *claim = arg;

	place_clear(&claim->place);
}

/* What @print writes, without leading spaces. */
static char *printed(void (*print)(FILE *, struct iommufd_object *),
		     struct iommufd_object *obj)
{
	char *text = NULL, *copy;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return g_strdup("");
	print(out, obj);
	fclose(out);
	copy = g_strdup(text + strspn(text, " "));
	free(text);
	return copy;
}

static void add_claim(const struct claim *claim, void *arg)
{
	struct model *model = arg;
	struct model_claim row = {
		.kind = claim->kind,
		.held = claim->held->id,
		.holder = claim->holder ? claim->holder->id : MODEL_OUTSIDE,
		.pasid = claim->pasid,
		.inside = claim->inside,
		.place = place_of(claim->block),
	};

	g_array_append_val(model->claims, row);
}

static bool is_automatic(struct iommufd_object *obj)
{
	return obj->type == IOMMUFD_OBJ_HWPT_PAGING &&
	       container_of(obj, struct iommufd_hwpt_paging, common.obj)
		       ->auto_domain;
}

static bool is_internal(struct iommufd_object *obj)
{
	return obj->type == IOMMUFD_OBJ_ACCESS &&
	       iommufd_access_is_internal(
		       container_of(obj, struct iommufd_access, obj));
}

static void add_node(const struct inspect_slot *slot, void *arg)
{
	struct model *model = arg;
	struct model_node node = {
		.id = slot->id,
		.type_name = slot->type,
		.users = slot->users,
		.wait_cnt = slot->wait_cnt,
		.leaving = !slot->obj,
	};

	if (slot->obj) {
		node.type = slot->obj->type;
		node.automatic = is_automatic(slot->obj);
		node.internal = is_internal(slot->obj);
		node.about = printed(inspect_describe, slot->obj);
		node.more = printed(inspect_describe_more, slot->obj);
		node.place = place_of(slot->obj);
		inspect_claims(slot->obj, add_claim, model);
	}
	g_array_append_val(model->nodes, node);
}

struct model *model_of(struct iommufd_ctx *ictx)
{
	struct model *model = g_new0(struct model, 1);

	model->nodes = g_array_new(FALSE, FALSE, sizeof(struct model_node));
	g_array_set_clear_func(model->nodes, node_clear);
	model->claims = g_array_new(FALSE, FALSE, sizeof(struct model_claim));
	g_array_set_clear_func(model->claims, claim_clear);
	inspect_each(ictx, add_node, model);
	return model;
}

static int make_model(struct iommufd_ctx *ictx, void *arg)
{
	*(struct model **)arg = model_of(ictx);
	return 0;
}

struct model *model_new(int fd)
{
	struct model *model = NULL;

	inspect_with_context(fd, make_model, &model);
	return model;
}

void model_free(struct model *model)
{
	g_array_unref(model->nodes);
	g_array_unref(model->claims);
	g_free(model);
}

const struct model_node *model_node(const struct model *model, uint32_t id)
{
	model_each_node(model, node)
		if (node->id == id)
			return node;
	return NULL;
}

unsigned int model_claims_on(const struct model *model, uint32_t id)
{
	unsigned int count = 0;

	model_each_claim(model, claim)
		count += claim->held == id;
	return count;
}

static const char *outside_text(const struct model *model,
				const struct model_claim *claim)
{
	const struct model_node *held = model_node(model, claim->held);

	switch (claim->kind) {
	case CLAIM_DRIVER:
		return held && held->type == IOMMUFD_OBJ_ACCESS ?
			       "the driver that made the access" :
			       "the driver that bound the device";
	case CLAIM_FILE:
		return "its open event file";
	case CLAIM_MAPPING:
		return "a mapping of its area in the client";
	default:
		return "somebody outside";
	}
}

char *model_holder_text(const struct model *model,
			const struct model_claim *claim)
{
	const struct model_node *holder = model_node(model, claim->holder);

	if (!holder)
		return g_strdup(outside_text(model, claim));
	if (claim->kind == CLAIM_ATTACH && claim->held == claim->holder)
		return g_strdup_printf("its attachment at PASID %u",
				       claim->pasid);
	if (claim->kind == CLAIM_ATTACH)
		return g_strdup_printf("%s %u, attached at PASID %u",
				       holder->type_name, holder->id,
				       claim->pasid);
	return g_strdup_printf("%s %u", holder->type_name, holder->id);
}
