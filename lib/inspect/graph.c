// SPDX-License-Identifier: MIT
/*
 * The object graph as text, and the walk that every other form shares.
 *
 * Objects are entered one after the other, like any user of the context, so
 * their pointers stay good while they are described.  An object that is
 * leaving is shown with its counts only.
 */
#include <errno.h>
#include <stdlib.h>
#include <linux/file.h>
#include <linux/iommufd.h>
#include <uik/machine.h>
#include <uiommufd/inspect.h>

#include "inspect/inspect.h"

int inspect_with_context(int fd, int (*body)(struct iommufd_ctx *ictx,
					     void *arg), void *arg)
{
	struct file *file = fget(fd);
	struct iommufd_ctx *ictx = file ? iommufd_file_ctx(file) : NULL;
	struct uik_machine *outer;
	int ret = -EBADF;

	if (ictx) {
		outer = uik_enter(ictx->machine);
		ret = body(ictx, arg);
		uik_leave(outer);
	}
	if (file)
		fput(file);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* The first object from slot->id on; its counts are without our entry. */
static bool look_at(struct iommufd_ctx *ictx, struct inspect_slot *slot)
{
	struct iommufd_object *obj;

	iommufd_objects_lock(ictx);
	obj = idmap_next_locked(&ictx->objects, &slot->id);
	if (obj) {
		slot->type = ictx->model->types[obj->type].name;
		slot->users = refcount_read(&obj->users);
		slot->wait_cnt = refcount_read(&obj->wait_cnt);
		slot->obj = iommufd_object_lock(obj) ? obj : NULL;
	}
	iommufd_objects_unlock(ictx);
	return obj;
}

void inspect_each(struct iommufd_ctx *ictx,
		  void (*visit)(const struct inspect_slot *slot, void *arg),
		  void *arg)
{
	struct inspect_slot slot = { .id = 1 };

	for (; look_at(ictx, &slot); slot.id++) {
		visit(&slot, arg);
		if (slot.obj)
			iommufd_put_object(ictx, slot.obj);
	}
}

static void print_slot(const struct inspect_slot *slot, void *arg)
{
	FILE *out = arg;

	fprintf(out, "%s %u users %u wait %u", slot->type, slot->id,
		slot->users, slot->wait_cnt);
	if (!slot->obj) {
		fputs(" leaving\n", out);
		return;
	}
	inspect_describe(out, slot->obj);
	fputc('\n', out);
	inspect_describe_more(out, slot->obj);
}

static int print_context(struct iommufd_ctx *ictx, void *arg)
{
	inspect_each(ictx, print_slot, arg);
	return 0;
}

char *uiommufd_graph(int fd)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int ret;

	if (!out)
		return NULL;
	ret = inspect_with_context(fd, print_context, out);
	fclose(out);
	if (!ret)
		return text;
	free(text);
	return NULL;
}
