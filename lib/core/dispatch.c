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
#include <linux/string.h>
#include <asm/page.h>

union command_buffer {
	u8 bytes[IOMMUFD_COMMAND_BYTES];
	u32 size;			/* each begins with it */
	u64 aligned;
};

/* Memory is there or not by pages: within one, all of it or nothing. */
static bool in_one_page(unsigned long address, size_t size)
{
	return (address & (PAGE_SIZE - 1)) + size <= PAGE_SIZE;
}

/* The caller's structure has another size than ours; ours has been fetched. */
static noinline int fit(struct iommufd_ucmd *ucmd,
			const struct iommufd_command *command)
{
	u32 size = command->size, user_size = ucmd->user_size;
	int ret;

	if (user_size < command->min_size)
		return -EINVAL;
	if (user_size < size) {
		memset(ucmd->cmd + user_size, 0, size - user_size);
		return 0;
	}
	ret = check_zeroed_user(ucmd->ubuffer + size, user_size - size);
	if (ret < 0)
		return ret;
	return ret ? 0 : -E2BIG;
}

/*
 * Size and structure in one fetch.  If the size cannot be read, nothing can;
 * if it can, so can the rest, whether the caller has it or not.
 */
static int fetch_at_once(struct iommufd_ucmd *ucmd,
			 const struct iommufd_command *command)
{
	u32 size = command->size;

	if (copy_from_user(ucmd->cmd, ucmd->ubuffer, size))
		return -EFAULT;
	ucmd->user_size = *(u32 *)ucmd->cmd;
	return ucmd->user_size == size ? 0 : fit(ucmd, command);
}

/* In two: what is beyond the end of a page may not be there. */
static int fetch_in_two(struct iommufd_ucmd *ucmd,
			const struct iommufd_command *command, unsigned int cmd)
{
	if (get_user(ucmd->user_size, (u32 __user *)ucmd->ubuffer))
		return -EFAULT;
	if (command->request != cmd)
		return -ENOTTY;
	if (ucmd->user_size < command->min_size)
		return -EINVAL;
	return copy_struct_from_user(ucmd->cmd, command->size, ucmd->ubuffer,
				     ucmd->user_size);
}

static noinline int fetch_slow(struct iommufd_ucmd *ucmd,
			       const struct iommufd_command *command,
			       unsigned int cmd)
{
	if (command->request == cmd &&
	    in_one_page((unsigned long)ucmd->ubuffer, command->size))
		return fetch_at_once(ucmd, command);
	return fetch_in_two(ucmd, command, cmd);
}

static __always_inline int fetch(struct iommufd_ucmd *ucmd,
				 union command_buffer *buffer,
				 const struct iommufd_command *command,
				 unsigned int cmd)
{
	u32 size = command->size;

	/* Trusted memory is within one page. */
	if (unlikely(command->request != cmd ||
		     !user_fetch_quick(buffer, ucmd->ubuffer, size)))
		return fetch_slow(ucmd, command, cmd);
	ucmd->user_size = buffer->size;
	if (unlikely(buffer->size != size))
		return fit(ucmd, command);
	ucmd->quick = true;
	return 0;
}

long iommufd_ctx_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
		       unsigned long arg)
{
	const struct iommufd_model *model = ictx->model;
	/* Wraps for numbers below the base: then it is out of range too. */
	unsigned int index = _IOC_NR(cmd) - IOMMUFD_CMD_BASE;
	const struct iommufd_command *command;
	union command_buffer buffer;
	struct iommufd_ucmd ucmd;
	int ret;

	if (unlikely(index >= model->command_count)) {
		if (!model->foreign_ioctl)
			return -ENOTTY;
		return model->foreign_ioctl(ictx, cmd, arg);
	}
	command = &model->commands[index];
	ucmd.ictx = ictx;
	ucmd.ubuffer = (void __user *)arg;
	ucmd.cmd = &buffer;
	ucmd.new_obj = NULL;
	ucmd.quick = false;
	ret = fetch(&ucmd, &buffer, command, cmd);
	if (unlikely(ret))
		return ret;
	ret = command->execute(&ucmd);
	if (ucmd.new_obj)
		ret = iommufd_object_finish(ictx, ucmd.new_obj, ret);
	return ret;
}
