/* SPDX-License-Identifier: MIT */
/*
 * Inside inspect: how the parts reach a context and describe its objects.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <stdio.h>

#include "core/core.h"

struct iommufd_access;
struct iommufd_ioas;

/**
 * inspect_with_context - run @body inside the context of a descriptor.
 *
 * Return: what @body gives, a negative one as -1 with errno; -1 with EBADF.
 */
int inspect_with_context(int fd, int (*body)(struct iommufd_ctx *ictx,
					     void *arg), void *arg);

/* One look at a slot of the ID map. */
struct inspect_slot {
	const char *type;
	u32 id;
	u32 users;
	u32 wait_cnt;
	struct iommufd_object *obj;	/* entered; NULL: leaving */
};

/**
 * inspect_each - visit the objects of a context in ascending order of IDs.
 *
 * Each is entered while @visit has it; its counts are shown without that.
 */
void inspect_each(struct iommufd_ctx *ictx,
		  void (*visit)(const struct inspect_slot *slot, void *arg),
		  void *arg);

/* The rest of an object's line: what it is and has.  The object is entered. */
void inspect_describe(FILE *out, struct iommufd_object *obj);
/* The lines below it: areas of an IOAS. */
void inspect_describe_more(FILE *out, struct iommufd_object *obj);

/* ioas.c */
void inspect_ioas(FILE *out, struct iommufd_ioas *ioas);
void inspect_areas(FILE *out, struct iommufd_ioas *ioas);
void inspect_access(FILE *out, struct iommufd_access *access);

/**
 * inspect_check - see uiommufd_graph_check().
 * @out: NULL: only count
 *
 * Context: inside the machine, nobody else in the context.
 * Return: objects whose counts are wrong; -ENOMEM.
 */
int inspect_check(struct iommufd_ctx *ictx, FILE *out);

#endif
