// SPDX-License-Identifier: MIT
/*
 * Births.  Before a fork every owner of a file or mapping of this process - this
 * process itself or another - makes a client for the child and a channel to it.
 * In the child each number, and each mapping, then leads to the owner's; what
 * the library had in memory is the parent's past and is forgotten.
 *
 * If nothing of ours is open a fork costs one look.
 */
#include "client/preload/fork.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>

#include "client/preload/creds.h"
#include "client/preload/preload.h"
#include "client/preload/remote.h"
#include "client/preload/service.h"
#include "client/vfs.h"

#define OWNERS_MAX 16

/* A number of the child's. */
struct born_fd {
	int fd;
	int host_fd;			/* stays open in the child; -1 */
	unsigned int owner;
	struct file_info info;
};

struct born_area {
	struct vm_area_struct vma;	/* place and flags */
	unsigned int owner;
	uint32_t area;
	struct file_info info;		/* of its file */
};

struct owner {
	struct peer *old;		/* borrowed; NULL: this process */
	int channel;			/* the child's */
	struct peer *peer;		/* in the child */
};

struct birth {
	bool needed;
	struct client *client;
	struct owner owners[OWNERS_MAX];
	unsigned int owner_count;
	struct born_fd *fds;
	unsigned int fd_count, fd_room;
	struct born_area *areas;
	unsigned int area_count, area_room;
	int error;
	bool idle;			/* the threads that serve are */
};

/* ---- before ---- */

static bool count_fd(int fd, struct file *file, void *arg)
{
	struct birth *birth = arg;

	birth->fd_count++;
	return true;
}

static bool count_area(const struct vm_area_struct *vma, void *arg)
{
	struct birth *birth = arg;

	birth->area_count++;
	return true;
}

/* The owner of a file, made known to the child; OWNERS_MAX: there is none. */
static unsigned int owner_of(struct birth *birth, const struct file *file)
{
	struct peer *old = NULL;
	struct owner *owner;
	uint32_t handle;
	unsigned int i;

	if (remote_is(file))
		old = remote_of(file, &handle);
	for (i = 0; i < birth->owner_count; i++)
		if (birth->owners[i].old == old)
			return i;
	if (i == OWNERS_MAX)
		return i;
	owner = &birth->owners[i];
	owner->old = old;
	if (old) {
		owner->channel = peer_fork(old);
	} else {
		birth->client = service_fork(&owner->channel);
		if (!birth->client)
			owner->channel = -errno;
	}
	if (owner->channel < 0) {
		birth->error = -owner->channel;
		return OWNERS_MAX;
	}
	return birth->owner_count++;
}

static bool info_of(struct birth *birth, struct file *file,
		    struct file_info *out)
{
	uint32_t handle;

	if (remote_is(file)) {
		remote_info(file, out);
		return true;
	}
	if (!service_handle(birth->client, file, &handle))
		return false;
	service_info(file, handle, out);
	return true;
}

static bool take_fd(int fd, struct file *file, void *arg)
{
	struct birth *birth = arg;
	struct born_fd *born = &birth->fds[birth->fd_count];

	if (birth->fd_count == birth->fd_room)
		return false;
	born->owner = owner_of(birth, file);
	if (born->owner == OWNERS_MAX || !info_of(birth, file, &born->info))
		return true;
	born->fd = fd;
	born->host_fd = file->host_fd_;
	birth->fd_count++;
	return true;
}

static bool take_area(const struct vm_area_struct *vma, void *arg)
{
	struct birth *birth = arg;
	struct born_area *born = &birth->areas[birth->area_count];
	uint32_t handle;

	if (birth->area_count == birth->area_room)
		return false;
	born->owner = owner_of(birth, vma->vm_file);
	if (born->owner == OWNERS_MAX)
		return true;
	born->vma = *vma;
	if (remote_is(vma->vm_file))
		born->area = remote_area_of(vma);
	else if (service_inherit(birth->client, vma, &born->area, &handle))
		return true;
	if (info_of(birth, vma->vm_file, &born->info))
		birth->area_count++;
	return true;
}

/* Of what other threads open meanwhile, what fits is inherited. */
static void gather(struct birth *birth)
{
	birth->fd_room = birth->fd_count + 8;
	birth->area_room = birth->area_count + 8;
	birth->fds = calloc(birth->fd_room, sizeof(*birth->fds));
	birth->areas = calloc(birth->area_room, sizeof(*birth->areas));
	birth->fd_count = birth->area_count = 0;
	if (!birth->fds || !birth->areas) {
		birth->error = ENOMEM;
		return;
	}
	uik_fd_each(take_fd, birth);
	uik_vma_each(take_area, birth);
}

struct birth *birth_prepare(void)
{
	struct birth *birth = calloc(1, sizeof(*birth));

	if (!birth)
		return NULL;
	if (preload_in_use()) {
		uik_fd_each(count_fd, birth);
		uik_vma_each(count_area, birth);
	}
	birth->needed = birth->fd_count || birth->area_count;
	if (birth->needed)
		gather(birth);
	birth->idle = service_fork_begin();
	vfs_fork_begin();
	uik_fork_prepare();
	return birth;
}

static void birth_free(struct birth *birth)
{
	free(birth->fds);
	free(birth->areas);
	free(birth);
}

/* ---- after, in the parent ---- */

void birth_parent(struct birth *birth, int pid)
{
	unsigned int i;
	int error = errno;

	if (!birth)
		return;
	uik_fork_parent();
	vfs_fork_end();
	service_fork_end(birth->idle);
	for (i = 0; i < birth->owner_count; i++)
		channel_close(birth->owners[i].channel);
	if (birth->client)
		service_born(birth->client, pid);
	birth_free(birth);
	errno = error;
}

/* ---- after, in the child ---- */

static void know_owners(struct birth *birth)
{
	int mine[OWNERS_MAX];
	unsigned int i;

	for (i = 0; i < birth->owner_count; i++)
		mine[i] = birth->owners[i].channel;
	channel_close_others(mine, birth->owner_count);
	for (i = 0; i < birth->owner_count; i++)
		birth->owners[i].peer = peer_new(mine[i]);
}

/* The file behind a handle: made once, counted for the caller. */
static struct file *file_for(struct birth *birth, unsigned int owner,
			     const struct file_info *info, int host_fd,
			     struct file **made)
{
	unsigned int i;
	struct file *file;

	for (i = 0; i < birth->fd_count; i++)
		if (made[i] && birth->fds[i].owner == owner &&
		    birth->fds[i].info.handle == info->handle)
			return get_file(made[i]);
	if (!birth->owners[owner].peer)
		return NULL;
	file = remote_new(birth->owners[owner].peer, info, host_fd);
	return IS_ERR(file) ? NULL : file;
}

static void adopt_fds(struct birth *birth, struct file **made)
{
	unsigned int i;

	for (i = 0; i < birth->fd_count; i++) {
		struct born_fd *born = &birth->fds[i];

		made[i] = file_for(birth, born->owner, &born->info,
				   born->host_fd, made);
		if (made[i])
			fd_install(born->fd, made[i]);
	}
}

static void adopt_areas(struct birth *birth, struct file **made)
{
	unsigned int i;

	for (i = 0; i < birth->area_count; i++) {
		struct born_area *born = &birth->areas[i];
		struct file *file = file_for(birth, born->owner, &born->info,
					     -1, made);

		if (!file)
			continue;
		remote_adopt(&born->vma, file, born->area);
		fput(file);
	}
}

void birth_child(struct birth *birth)
{
	struct file **made;
	unsigned int i;

	if (!birth)
		return;
	uik_fork_child();
	vfs_fork_end();
	service_forget();
	creds_refresh();
	if (preload_platform_built() || birth->needed) {
		uik_fork_forget();
		preload_platform_forget();
		peers_forget();
		know_owners(birth);
	}
	made = calloc(birth->fd_count + 1, sizeof(*made));
	if (made) {
		adopt_fds(birth, made);
		adopt_areas(birth, made);
	}
	for (i = 0; i < birth->owner_count; i++)
		if (birth->owners[i].peer)
			peer_put(birth->owners[i].peer);
	free(made);
	birth_free(birth);
}
