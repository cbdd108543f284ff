/* SPDX-License-Identifier: MIT */
/*
 * The object graph of a context as data: nodes, and claims between them.
 *
 * Made in one walk, then independent of the context.  All forms other than the
 * plain text are drawn from it.  Reports use GLib: when memory runs out the
 * process ends.
 */
#ifndef INSPECT_MODEL_H
#define INSPECT_MODEL_H

#include <glib.h>
#include <stdint.h>

#include "inspect/claim.h"

#define MODEL_OUTSIDE 0u	/* a holder that is no object */

/* Where something was allocated. */
struct model_place {
	char *site;			/* "function+0x12"; NULL: unknown */
	char **frames;			/* innermost first; NULL: not kept */
};

struct model_node {
	uint32_t id;
	enum iommufd_object_type type;
	const char *type_name;
	uint32_t users;
	uint32_t wait_cnt;
	bool leaving;
	bool automatic;			/* an HWPT that ends by itself */
	bool internal;			/* an access that its HW_QUEUE ends */
	char *about;			/* owned; one line, may be empty */
	char *more;			/* owned; further lines */
	struct model_place place;
};

struct model_claim {
	enum claim_kind kind;
	uint32_t held;
	uint32_t holder;		/* MODEL_OUTSIDE */
	uint32_t pasid;
	bool inside;
	struct model_place place;
};

struct model {
	GArray *nodes;			/* struct model_node, by ID */
	GArray *claims;			/* struct model_claim */
};

struct iommufd_ctx;

/** model_of - of a context; inside its machine. */
struct model *model_of(struct iommufd_ctx *ictx);
/** model_new - of the context of a descriptor; NULL with EBADF. */
struct model *model_new(int fd);
void model_free(struct model *model);

/** model_node - by ID; NULL if there is none. */
const struct model_node *model_node(const struct model *model, uint32_t id);
/** model_claims_on - how many claims are known on an object. */
unsigned int model_claims_on(const struct model *model, uint32_t id);

/* An array without elements may have no memory. */
#define model_each_node(model, node) \
	for (struct model_node *node = (void *)(model)->nodes->data; \
	     node && node < (struct model_node *)(void *)(model)->nodes->data + \
			    (model)->nodes->len; \
	     node++)
#define model_each_claim(model, claim) \
	for (struct model_claim *claim = (void *)(model)->claims->data; \
	     claim && claim < (struct model_claim *)(void *)(model)->claims->data + \
			     (model)->claims->len; \
	     claim++)

/** model_holder_text - who has a claim, in words; to be freed. */
char *model_holder_text(const struct model *model,
			const struct model_claim *claim);

#endif
