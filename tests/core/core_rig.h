/* SPDX-License-Identifier: MIT */
/*
 * A context with a model of its own: what the core does, without any noun.
 *
 * Types: DEVICE has pre_destroy, VDEVICE has abort, FAULT has a file, IOAS has
 * only destroy.  Each call of an op is counted.
 */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <uik/clock.h>
#include <uik/task.h>
#include <uik/warn.h>

#include "core/core.h"

/* The commands of the model. */
struct rig_make {		/* IOMMU_IOAS_ALLOC's number */
	u32 size;
	u32 flags;		/* RIG_* */
	u32 out_id;
	u32 extra;		/* beyond the minimum */
	u64 echo;
};

#define RIG_MAKE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOC)
#define RIG_HOLE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOW_IOVAS)
#define RIG_LAST _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_COPY)

#define RIG_FAIL 1		/* the handler fails after it has made it */
#define RIG_TWICE 2		/* it makes a second one */
#define RIG_ABORT_TYPE 4	/* of a type with abort */

struct rig_object {
	struct iommufd_object obj;
	struct rig *rig;
	struct iommufd_object *holds; /* users, dropped by destroy; or NULL */
	struct iommufd_object *inside; /* left by pre_destroy; or NULL */
	struct file *file;
};

struct rig {
	struct uik_machine *machine;
	struct uik_machine *outer;
	struct file *file;
	struct iommufd_ctx *ictx;
	int destroyed;
	int aborted;
	int pre_destroyed;
	unsigned int order[64];	/* IDs in order of destruction */
	int foreign;
	unsigned int foreign_cmd;
	int executed;
	struct rig_make seen;	/* what the handler got */
};

extern const struct iommufd_model rig_model;
extern struct rig *the_rig;

int rig_setup(void **state);
int rig_setup_auto_clock(void **state);
int rig_teardown(void **state);
/* Drops the context; the rig stays to be looked at. */
void rig_close(struct rig *rig);

/* A reserved object; never fails. */
struct rig_object *rig_alloc(struct rig *rig, enum iommufd_object_type type);
/* A published one. */
struct rig_object *rig_make(struct rig *rig, enum iommufd_object_type type);
int rig_destroy(struct rig *rig, u32 id);
u64 rig_live_objects(struct rig *rig);
u64 rig_live_blocks(struct rig *rig);

#endif
