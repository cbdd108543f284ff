/* SPDX-License-Identifier: MIT */
/* What the forms of the graph share. */
#ifndef INSPECT_FORMS_H
#define INSPECT_FORMS_H

#include <stdio.h>

#include "inspect/model.h"

/* One word for each enum claim_kind. */
extern const char *const model_claim_names[];

/* What @print writes about a context; NULL with errno.  To be freed. */
char *model_print(int fd, void (*print)(FILE *out, const struct model *model));

#endif
