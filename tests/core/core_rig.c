// SPDX-License-Identifier: MIT
/* The model of core_rig.h. */
#include "core_rig.h"

#include <uik/slab.h>

struct rig *the_rig;

static struct rig_object *to_rig(struct iommufd_object *obj)
{
	return container_of(obj, struct rig_object, obj);
}

static void end(struct rig_object *object)
{
	if (object->holds)
		refcount_dec(&object->holds->users);
}

static void op_destroy(struct iommufd_object *obj)
{
	struct rig *rig = the_rig;

	if (rig->destroyed < 64)
		rig->order[rig->destroyed] = obj->id;
	rig->destroyed++;
	end(to_rig(obj));
}

static void op_abort(struct iommufd_object *obj)
{
	the_rig->aborted++;
	end(to_rig(obj));
}

static void op_pre_destroy(struct iommufd_object *obj)
{
	struct rig_object *object = to_rig(obj);

	the_rig->pre_destroyed++;
	if (object->inside)
		iommufd_put_object(the_rig->ictx, object->inside);
	object->inside = NULL;
}

static const struct iommufd_object_type_desc types[IOMMUFD_OBJ_MAX] = {
	[IOMMUFD_OBJ_IOAS] = {
		.name = "IOAS",
		.size = sizeof(struct rig_object),
		.destroy = op_destroy,
	},
	[IOMMUFD_OBJ_DEVICE] = {
		.name = "DEVICE",
		.size = sizeof(struct rig_object),
		.pre_destroy = op_pre_destroy,
		.destroy = op_destroy,
	},
	[IOMMUFD_OBJ_VDEVICE] = {
		.name = "VDEVICE",
		.size = sizeof(struct rig_object),
		.destroy = op_destroy,
		.abort = op_abort,
	},
	[IOMMUFD_OBJ_FAULT] = {
		.name = "FAULT",
		.size = sizeof(struct rig_object),
		.file_offset = offsetof(struct rig_object, file),
		.destroy = op_destroy,
	},
};

static int make_object(struct iommufd_ucmd *ucmd, u32 flags)
{
	enum iommufd_object_type type = flags & RIG_ABORT_TYPE ?
						IOMMUFD_OBJ_VDEVICE :
						IOMMUFD_OBJ_IOAS;
	struct iommufd_object *obj;

	obj = iommufd_object_alloc_ucmd(ucmd, sizeof(struct rig_object), type);
	return PTR_ERR_OR_ZERO(obj);
}

static int execute_make(struct iommufd_ucmd *ucmd)
{
	struct rig_make *cmd = ucmd->cmd;
	int ret = make_object(ucmd, cmd->flags);

	the_rig->executed++;
	the_rig->seen = *cmd;
	if (!ret && cmd->flags & RIG_TWICE)
		ret = make_object(ucmd, 0);
	if (!ret && cmd->flags & RIG_FAIL)
		ret = -EXDEV;
	if (ret)
		return ret;
	cmd->out_id = ucmd->new_obj->id;
	cmd->extra++;
	return iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}

static int execute_last(struct iommufd_ucmd *ucmd)
{
	the_rig->executed++;
	return 7;
}

static const struct iommufd_command commands[] = {
	IOMMUFD_COMMAND(IOMMU_DESTROY, iommufd_destroy, struct iommu_destroy,
			id),
	IOMMUFD_COMMAND(RIG_MAKE, execute_make, struct rig_make, out_id),
	IOMMUFD_COMMAND(RIG_LAST, execute_last, struct iommu_destroy, id),
};

static long foreign(struct iommufd_ctx *ictx, unsigned int cmd,
		    unsigned long arg)
{
	the_rig->foreign++;
	the_rig->foreign_cmd = cmd;
	return -ENOTTY;
}

const struct iommufd_model rig_model = {
	.types = types,
	.commands = commands,
	.command_count = sizeof(commands) / sizeof(commands[0]),
	.foreign_ioctl = foreign,
};

static int setup(void **state, const struct uik_clock *clock)
{
	struct uik_machine_config config = { .clock = clock };
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	the_rig = rig;
	rig->machine = uik_machine_new(&config);
	assert_non_null(rig->machine);
	rig->outer = uik_enter(rig->machine);
	rig->file = iommufd_ctx_open(&rig_model, IOMMUFD_ACCOUNT_DEFAULT, 0);
	assert_false(IS_ERR(rig->file));
	rig->ictx = iommufd_file_ctx(rig->file);
	assert_non_null(rig->ictx);
	*state = rig;
	return 0;
}

int rig_setup(void **state)
{
	return setup(state, NULL);
}

int rig_setup_auto_clock(void **state)
{
	return setup(state, &uik_clock_auto);
}

void rig_close(struct rig *rig)
{
	fput(rig->file);
	rig->file = NULL;
	rig->ictx = NULL;
}

/* Every test ends with nothing left and no warning that it did not expect. */
int rig_teardown(void **state)
{
	struct rig *rig = *state;
	struct uik_audit audit;

	if (rig->file)
		rig_close(rig);
	uik_machine_audit(rig->machine, &audit);
	assert_int_equal(audit.objects, 0);
	if (audit.blocks)
		uik_slab_report(rig->machine, stderr);
	assert_int_equal(audit.blocks, 0);
	assert_int_equal(audit.locks, 0);
	assert_int_equal(audit.warnings, 0);
	uik_leave(rig->outer);
	uik_machine_free(rig->machine);
	free(rig);
	the_rig = NULL;
	return 0;
}

struct rig_object *rig_alloc(struct rig *rig, enum iommufd_object_type type)
{
	struct rig_object *object =
		iommufd_object_alloc(rig->ictx, object, type);

	assert_false(IS_ERR(object));
	object->rig = rig;
	return object;
}

struct rig_object *rig_make(struct rig *rig, enum iommufd_object_type type)
{
	struct rig_object *object = rig_alloc(rig, type);

	iommufd_object_finalize(rig->ictx, &object->obj);
	return object;
}

int rig_destroy(struct rig *rig, u32 id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return iommufd_ctx_ioctl(rig->ictx, IOMMU_DESTROY, (unsigned long)&cmd);
}

u64 rig_live_objects(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit.objects;
}

u64 rig_live_blocks(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit.blocks;
}
