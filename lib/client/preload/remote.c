// SPDX-License-Identifier: MIT
/* Files that another process owns: each operation is a call to it. */
#include "client/preload/remote.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/file.h>

#include "client/preload/peer.h"
#include "client/preload/preload.h"

struct remote {
	struct peer *peer;		/* counted */
	struct file_info info;
	struct file_operations fops;	/* what the owner's file has */
};

/* Shared by the mappings that one mmap() became. */
struct remote_area {
	struct peer *peer;		/* counted */
	uint32_t handle;
	int refs;			/* atomic */
};

static long call(struct file *file, enum message_kind kind, uint64_t a,
		 uint64_t b)
{
	struct remote *remote = file->private_data;
	struct message message = {
		.kind = kind,
		.handle = remote->info.handle,
		.a = a,
		.b = b,
	};

	return peer_call(remote->peer, &message, NULL);
}

static long remote_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return call(file, CALL_IOCTL, cmd, arg);
}

static ssize_t remote_read(struct file *file, char *buf, size_t count,
			   loff_t *pos)
{
	return call(file, CALL_READ, (uintptr_t)buf, count);
}

static ssize_t remote_write(struct file *file, const char *buf, size_t count,
			    loff_t *pos)
{
	return call(file, CALL_WRITE, (uintptr_t)buf, count);
}

static __poll_t remote_poll(struct file *file, struct poll_table_struct *wait)
{
	long ret = call(file, CALL_POLL, 0, 0);

	return ret < 0 ? POLLERR : (__poll_t)ret;
}

static int remote_release(struct inode *inode, struct file *file)
{
	struct remote *remote = file->private_data;

	call(file, CALL_PUT, 0, 0);
	peer_put(remote->peer);
	free(remote);
	return 0;
}

/* ---- mappings ---- */

static void area_call(struct remote_area *area, enum message_kind kind)
{
	struct message message = { .kind = kind, .handle = area->handle };

	peer_call(area->peer, &message, NULL);
}

static void area_open(struct vm_area_struct *vma)
{
	struct remote_area *area = vma->vm_private_data;

	__atomic_fetch_add(&area->refs, 1, __ATOMIC_RELAXED);
	area_call(area, CALL_AREA_OPEN);
}

static void area_close(struct vm_area_struct *vma)
{
	struct remote_area *area = vma->vm_private_data;

	area_call(area, CALL_AREA_CLOSE);
	if (__atomic_sub_fetch(&area->refs, 1, __ATOMIC_ACQ_REL))
		return;
	peer_put(area->peer);
	free(area);
}

static const struct vm_operations_struct area_ops = {
	.open = area_open,
	.close = area_close,
};

static struct remote_area *area_new(struct peer *peer, uint32_t handle)
{
	struct remote_area *area = calloc(1, sizeof(*area));

	if (!area)
		return NULL;
	peer_get(peer);
	area->peer = peer;
	area->handle = handle;
	area->refs = 1;
	return area;
}

static int prot_of(vm_flags_t flags)
{
	return (flags & VM_READ ? PROT_READ : 0) |
	       (flags & VM_WRITE ? PROT_WRITE : 0) |
	       (flags & VM_EXEC ? PROT_EXEC : 0);
}

/* The owner checks and counts; the pages are mapped here. */
static int remote_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct remote *remote = file->private_data;
	size_t length = vma->vm_end - vma->vm_start;
	struct message message = {
		.kind = CALL_MMAP,
		.handle = remote->info.handle,
		.a = vma->vm_start,
		.b = length,
		.c = (uint64_t)vma->vm_pgoff << PAGE_SHIFT,
		.prot = prot_of(vma->vm_flags),
		.flags = vma->vm_flags & VM_SHARED ? MAP_SHARED : MAP_PRIVATE,
	};
	struct remote_area *area;
	int fd = -1;
	long rc = peer_call(remote->peer, &message, &fd);
	void *where;

	if (rc)
		return (int)rc;
	area = area_new(remote->peer, message.handle);
	where = !area ? MAP_FAILED :
			NEXT(mmap)((void *)vma->vm_start, length,
				   prot_of(vma->vm_flags),
				   MAP_SHARED | MAP_FIXED, fd, message.a);
	uik_fd_high_close(fd);
	vma->vm_private_data = area;
	vma->vm_ops = &area_ops;
	if (where != MAP_FAILED) {
		vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND |
					  VM_DONTDUMP);
		return 0;
	}
	if (area)
		area_close(vma);
	vma->vm_ops = NULL;
	return -ENOMEM;
}

uint32_t remote_area_of(const struct vm_area_struct *vma)
{
	const struct remote_area *area = vma->vm_private_data;

	return area->handle;
}

int remote_adopt(const struct vm_area_struct *like, struct file *file,
		 uint32_t handle)
{
	struct remote *remote = file->private_data;
	struct vm_area_struct vma = *like;
	struct remote_area *area = area_new(remote->peer, handle);
	int rc;

	if (!area)
		return -ENOMEM;
	vma.vm_ops = &area_ops;
	vma.vm_private_data = area;
	rc = uik_vma_adopt(&vma, file);
	if (rc) {
		peer_put(area->peer);
		free(area);
	}
	return rc;
}

/* ---- files ---- */

struct file *remote_new(struct peer *peer, const struct file_info *info,
			int host_fd)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	struct file *file;

	if (!remote)
		return ERR_PTR(-ENOMEM);
	remote->peer = peer;
	remote->info = *info;
	remote->fops = (struct file_operations){
		.unlocked_ioctl = info->has_ioctl ? remote_ioctl : NULL,
		.read = info->has_read ? remote_read : NULL,
		.write = info->has_write ? remote_write : NULL,
		.poll = info->has_poll ? remote_poll : NULL,
		.mmap = info->has_mmap ? remote_mmap : NULL,
		.release = remote_release,
	};
	file = anon_inode_getfile(remote->info.name, &remote->fops, remote,
				  (int)info->f_flags);
	if (IS_ERR(file)) {
		free(remote);
		return file;
	}
	peer_get(peer);
	file->f_mode = info->f_mode;
	if (host_fd >= 0)
		uik_file_share(file, host_fd);
	return file;
}

bool remote_is(const struct file *file)
{
	return file->f_op->release == remote_release;
}

struct peer *remote_of(const struct file *file, uint32_t *out_handle)
{
	const struct remote *remote = file->private_data;

	*out_handle = remote->info.handle;
	return remote->peer;
}

void remote_info(const struct file *file, struct file_info *out)
{
	const struct remote *remote = file->private_data;

	*out = remote->info;
	out->f_flags = file->f_flags;
}

int remote_ticket(struct file *file)
{
	struct remote *remote = file->private_data;
	struct message message = {
		.kind = CALL_TICKET,
		.handle = remote->info.handle,
	};
	int channel = -1;
	long rc = peer_call(remote->peer, &message, &channel);

	if (rc)
		return (int)rc;
	channel_own(channel);
	return channel < 0 ? -ENODEV : channel;
}

struct file *remote_accept(int channel)
{
	struct message message;
	struct file *file;
	struct peer *peer;
	int host_fd = -1;

	if (channel_receive(channel, &message, &host_fd) ||
	    message.kind != TICKET) {
		channel_close(channel);
		return ERR_PTR(-ENODEV);
	}
	peer = peer_new(channel);
	if (!peer) {
		channel_close(channel);
		return ERR_PTR(-ENOMEM);
	}
	message.info.name[CHANNEL_NAME_MAX - 1] = '\0';
	file = remote_new(peer, &message.info, host_fd);
	peer_put(peer);
	return file;
}
