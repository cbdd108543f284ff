// SPDX-License-Identifier: MIT
/*
 * Commands: from an ioctl number and an address to a handler and back.
 *
 * The order of checks is part of the behaviour (spec/10 section 10.2): number
 * within the table, size readable, number exact, size sufficient, structure
 * readable with a zero tail, handler, end of the object that it made.
 *
 * What a command means is in the model's table; VFIO's numbers are the model's
 * foreign ones.
 */
#include "core/core.h"

#include <linux/ioctl.h>

union command_buffer {
	u8 bytes[IOMMUFD_COMMAND_BYTES];
	u64 aligned;
};

static int run_command(struct iommufd_ucmd *ucmd,
		       const struct iommufd_command *command)
{
	int ret = copy_struct_from_user(ucmd->cmd, command->size, ucmd->ubuffer,
					ucmd->user_size);

	if (ret)
		return ret;
	ret = command->execute(ucmd);
	if (ucmd->new_obj)
		ret = iommufd_object_finish(ucmd->ictx, ucmd->new_obj, ret);
	return ret;
}

long iommufd_ctx_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
		       unsigned long arg)
{
	const struct iommufd_model *model = ictx->model;
	/* Wraps for numbers below the base: then it is out of range too. */
	unsigned int index = _IOC_NR(cmd) - IOMMUFD_CMD_BASE;
	const struct iommufd_command *command;
	union command_buffer buffer;
	struct iommufd_ucmd ucmd = {
		.ictx = ictx,
		.ubuffer = (void __user *)arg,
		.cmd = &buffer,
	};

	if (index >= model->command_count) {
		if (!model->foreign_ioctl)
			return -ENOTTY;
		return model->foreign_ioctl(ictx, cmd, arg);
	}
	command = &model->commands[index];
	if (get_user(ucmd.user_size, (u32 __user *)ucmd.ubuffer))
		return -EFAULT;
	if (command->request != cmd)
		return -ENOTTY;
	if (ucmd.user_size < command->min_size)
		return -EINVAL;
	return run_command(&ucmd, command);
}
