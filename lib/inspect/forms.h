/* SPDX-License-Identifier: MIT */
/* What the forms of the graph share. */
#ifndef INSPECT_FORMS_H
#define INSPECT_FORMS_H

#include <stdio.h>

#include "inspect/model.h"

/* One word for each enum claim_kind. */
extern const char *const model_claim_names[];

/* Each writes the whole form. */
void model_print_dot(FILE *out, const struct model *model);
void model_print_json(FILE *out, const struct model *model);
void model_print_html(FILE *out, const struct model *model);

/* The explanation of one object; false if it is not there. */
bool model_explain(FILE *out, const struct model *model, uint32_t id);

/* What @print writes about a context; NULL with errno.  To be freed. */
char *model_print(int fd, void (*print)(FILE *out, const struct model *model));

#endif
