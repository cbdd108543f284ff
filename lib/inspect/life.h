/* SPDX-License-Identifier: MIT */
/* The lives of objects as a file for Perfetto; life.c says what is in it. */
#ifndef INSPECT_LIFE_H
#define INSPECT_LIFE_H

#include "core/core.h"

/** life_begin - from now on; before anybody is inside the library. */
void life_begin(const char *file);
/* For the watcher. */
void life_stage(struct iommufd_ctx *ictx, struct iommufd_object *obj,
		enum iommufd_stage stage);
void life_closing(struct iommufd_ctx *ictx);

#endif
