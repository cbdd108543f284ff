/* SPDX-License-Identifier: MIT */
/*
 * Inside inspect: the parts of the graph that need a look into an IOAS.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <stdio.h>

struct iommufd_access;
struct iommufd_ioas;

/* The rest of the line of an IOAS: what it is made of. */
void inspect_ioas(FILE *out, struct iommufd_ioas *ioas);
/* Its areas and reserved ranges, a line each. */
void inspect_areas(FILE *out, struct iommufd_ioas *ioas);
/* The rest of the line of an access. */
void inspect_access(FILE *out, struct iommufd_access *access);

#endif
