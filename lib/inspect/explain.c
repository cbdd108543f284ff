// SPDX-License-Identifier: MIT
/*
 * Why an object cannot be destroyed, and what would have to happen first.
 *
 * The order is found backwards: before something can end, every claim on it
 * has to end, and a claim ends with what it lives in.  What ends by itself (an
 * automatic page table, the access of a hardware queue, a vDEVICE whose device
 * is unbound) is no step.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/inspect.h>

#include "inspect/forms.h"
#include "inspect/model.h"

struct order {
	const struct model *model;
	GPtrArray *steps;		/* owned strings, in order */
	GHashTable *done;		/* IDs that the steps end */
};

static void end_object(struct order *order, uint32_t id);

static void step(struct order *order, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

/* Each step once, at its first place. */
static void step(struct order *order, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_ptr_array_find_with_equal_func(order->steps, text, g_str_equal,
					     NULL))
		g_free(text);
	else
		g_ptr_array_add(order->steps, text);
}

/* The SELFTEST object that is a mock device's driver; NULL: a real driver. */
static const struct model_node *mock_driver(const struct model *model,
					    uint32_t device)
{
	model_each_claim(model, claim)
		if (claim->kind == CLAIM_DRIVER && claim->held == device)
			return model_node(model, claim->holder);
	return NULL;
}

static void detach(struct order *order, uint32_t device, uint32_t pasid)
{
	if (!pasid && mock_driver(order->model, device))
		end_object(order, device);
	else
		step(order, "detach DEVICE %u at PASID %u", device, pasid);
}

/* Ends the claims on a device that unbinding does not end by itself. */
static void end_device(struct order *order, uint32_t id)
{
	const struct model_node *mock = mock_driver(order->model, id);

	model_each_claim(order->model, claim) {
		if (claim->held != id)
			continue;
		if (claim->kind == CLAIM_ATTACH && (claim->pasid || !mock))
			detach(order, id, claim->pasid);
		/* Its vDEVICE goes when it is unbound. */
		if (claim->kind == CLAIM_OBJECT)
			g_hash_table_add(order->done,
					 GUINT_TO_POINTER(claim->holder));
	}
	if (mock)
		step(order, "IOMMU_DESTROY %u (SELFTEST: detaches and unbinds "
		     "DEVICE %u)", mock->id, id);
	else
		step(order, "the driver unbinds DEVICE %u", id);
}

static void end_claim(struct order *order, const struct model_claim *claim)
{
	switch (claim->kind) {
	case CLAIM_OBJECT:
	case CLAIM_ACCESS:
		end_object(order, claim->holder);
		break;
	case CLAIM_ATTACH:
		detach(order, claim->holder, claim->pasid);
		break;
	case CLAIM_FILE:
		step(order, "close the event file of %u", claim->held);
		break;
	case CLAIM_MAPPING:
		step(order, "unmap the area of %u", claim->held);
		break;
	case CLAIM_DRIVER:
		break;		/* the object's own end */
	}
}

static void end_itself(struct order *order, const struct model_node *node)
{
	if (node->automatic || node->internal)
		return;
	if (node->type == IOMMUFD_OBJ_ACCESS)
		step(order, "the driver destroys ACCESS %u", node->id);
	else
		step(order, "IOMMU_DESTROY %u (%s)", node->id,
		     node->type_name);
}

/*
 * What a driver made to depend on @node is not in the graph.  Queues do so in
 * the order of their making: the later ones of the same vIOMMU go first.
 */
static void end_hidden(struct order *order, const struct model_node *node)
{
	if (node->type != IOMMUFD_OBJ_HW_QUEUE ||
	    node->users <= 1 + model_claims_on(order->model, node->id))
		return;
	for (guint i = order->model->nodes->len; i-- > 0;) {
		const struct model_node *later =
			&g_array_index(order->model->nodes, struct model_node,
				       i);

		if (later->type == IOMMUFD_OBJ_HW_QUEUE && later->id > node->id)
			end_object(order, later->id);
	}
}

static void end_object(struct order *order, uint32_t id)
{
	const struct model_node *node = model_node(order->model, id);

	if (!node || !g_hash_table_add(order->done, GUINT_TO_POINTER(id)))
		return;
	if (node->type == IOMMUFD_OBJ_DEVICE) {
		end_device(order, id);
		return;
	}
	end_hidden(order, node);
	model_each_claim(order->model, claim)
		if (claim->held == id)
			end_claim(order, claim);
	end_itself(order, node);
}

static void print_place(FILE *out, const struct model_place *place)
{
	if (!place->frames) {
		if (place->site)
			fprintf(out, "      since %s\n", place->site);
		return;
	}
	for (char **frame = place->frames; *frame; frame++)
		fprintf(out, "      %s %s\n",
			frame == place->frames ? "since" : "   by", *frame);
}

static void print_claims(FILE *out, const struct model *model,
			 const struct model_node *node)
{
	unsigned int known = model_claims_on(model, node->id);

	model_each_claim(model, claim) {
		char *who;

		if (claim->held != node->id)
			continue;
		who = model_holder_text(model, claim);
		fprintf(out, "  %s%s\n", who,
			claim->inside ? ", which unbinding ends" : "");
		print_place(out, &claim->place);
		g_free(who);
	}
	if (node->users > 1 + known)
		fprintf(out, "  %u more: a command that is inside just now, or "
			"what a driver made to depend on it\n",
			node->users - 1 - known);
}

static void print_order(FILE *out, const struct model *model, uint32_t id)
{
	struct order order = {
		.model = model,
		.steps = g_ptr_array_new_with_free_func(g_free),
		.done = g_hash_table_new(NULL, NULL),
	};

	end_object(&order, id);
	fputs("the way there:\n", out);
	for (guint i = 0; i < order.steps->len; i++)
		fprintf(out, "  %u. %s\n", i + 1,
			(char *)g_ptr_array_index(order.steps, i));
	g_ptr_array_unref(order.steps);
	g_hash_table_unref(order.done);
}

static void print_node(FILE *out, const struct model *model,
		       const struct model_node *node)
{
	bool needed = node->users > 1;

	fprintf(out, "%s %u%s%s: %s\n", node->type_name, node->id,
		node->about && *node->about ? ", " : "",
		node->about ? node->about : "",
		node->leaving ? "is being destroyed" :
		needed	      ? "IOMMU_DESTROY gives EBUSY, it is needed by" :
				"nobody needs it, IOMMU_DESTROY will do");
	if (node->leaving || !needed)
		return;
	print_claims(out, model, node);
	print_order(out, model, node->id);
}

bool model_explain(FILE *out, const struct model *model, uint32_t id)
{
	const struct model_node *node = model_node(model, id);

	if (node)
		print_node(out, model, node);
	return node;
}

char *uiommufd_explain(int fd, uint32_t id)
{
	struct model *model = model_new(fd);
	char *text = NULL;
	bool found = false;
	size_t length;
	FILE *out;

	if (!model)
		return NULL;
	out = open_memstream(&text, &length);
	if (out) {
		found = model_explain(out, model, id);
		fclose(out);
	}
	model_free(model);
	if (found || !out)
		return text;
	free(text);
	errno = ENOENT;
	return NULL;
}
