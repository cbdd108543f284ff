// SPDX-License-Identifier: MIT
/* The owner's side: other processes that use its files. */
#include "client/preload/service.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uik/file.h>
#include <uik/mm.h>

#include "client/preload/clients.h"
#include "client/preload/remote.h"
#include "kit/fork.h"

/* A channel, its thread, and the call that is served on it. */
struct server {
	struct uik_files files;		/* the client's descriptors */
	struct client *client;
	int channel;
	struct task_struct *task;
	sem_t up;
};

void service_info(struct file *file, uint32_t handle, struct file_info *out)
{
	*out = (struct file_info){
		.handle = handle,
		.f_flags = file->f_flags,
		.f_mode = file->f_mode,
		.has_ioctl = file->f_op->unlocked_ioctl,
		.has_read = file->f_op->read,
		.has_write = file->f_op->write,
		.has_poll = file->f_op->poll,
		.has_mmap = file->f_op->mmap,
	};
	strncpy(out->name, file->name, sizeof(out->name) - 1);
}

/* ---- the client's descriptors ---- */

static struct server *server_of(struct uik_files *files)
{
	return (struct server *)((char *)files -
				 offsetof(struct server, files));
}

/* Asks the client back during its call; its answer is in @message. */
static int ask_back(struct server *server, struct message *message, int fd,
		    int *out_fd)
{
	int rc = channel_send(server->channel, message, fd);

	if (!rc)
		rc = channel_receive(server->channel, message, out_fd);
	return rc ? rc : (int)message->result;
}

static int back_reserve(struct uik_files *files, unsigned int flags)
{
	struct message message = { .kind = BACK_RESERVE, .a = flags };

	return ask_back(server_of(files), &message, -1, NULL);
}

static void back_release(struct uik_files *files, unsigned int fd)
{
	struct message message = { .kind = BACK_RELEASE, .a = fd };

	ask_back(server_of(files), &message, -1, NULL);
}

static void back_install(struct uik_files *files, unsigned int fd,
			 struct file *file)
{
	struct message message = { .kind = BACK_INSTALL, .a = fd };
	struct server *server = server_of(files);
	int host = file->host_fd_;
	uint32_t handle;

	get_file(file);
	handle = handle_add(server->client, file);
	if (handle == UINT32_MAX) {
		back_release(files, fd);
	} else {
		service_info(file, handle, &message.info);
		ask_back(server, &message, host, NULL);
	}
	fput(file);
}

static struct file *back_get(struct uik_files *files, unsigned int fd)
{
	struct message message = { .kind = BACK_GET, .a = fd };
	struct server *server = server_of(files);

	if (ask_back(server, &message, -1, NULL) < 0)
		return NULL;
	return handle_get(server->client, message.handle);
}

static int back_host(struct uik_files *files, int fd)
{
	struct message message = { .kind = BACK_HOST, .a = (uint32_t)fd };
	int host, rc = ask_back(server_of(files), &message, -1, &host);

	if (rc < 0)
		return rc;
	return host < 0 ? -EBADF : host;
}

static const struct uik_files back = {
	.reserve = back_reserve,
	.release = back_release,
	.install = back_install,
	.get = back_get,
	.host = back_host,
};

/* ---- calls ---- */

static int serve(struct client *client, int channel);

static long call_mmap(struct server *server, struct file *file,
		      struct message *message, int *fd)
{
	struct vm_area_struct *vma;
	long rc;

	rc = uik_vma_offer(file, server->client->mm, (void *)message->a,
			   message->b, message->prot, message->flags,
			   message->c, &vma);
	if (rc)
		return rc;
	*fd = vma->vm_host_fd_;
	message->a = vma->vm_host_offset_;
	rc = area_add(server->client, vma, &message->handle);
	if (rc)
		uik_vma_drop(vma);
	return rc;
}

static long call_file(struct server *server, struct file *file,
		      struct message *message, int *fd)
{
	const struct file_operations *op = file->f_op;
	int rc;

	switch (message->kind) {
	case CALL_IOCTL:
		return op->unlocked_ioctl(file, message->a, message->b);
	case CALL_READ:
		return op->read(file, (char *)message->a, message->b,
				&file->f_pos);
	case CALL_WRITE:
		return op->write(file, (const char *)message->a, message->b,
				 &file->f_pos);
	case CALL_POLL:
		return op->poll(file, NULL);
	case CALL_MMAP:
		return call_mmap(server, file, message, fd);
	case CALL_TICKET:
		rc = service_ticket(file);
		*fd = rc;
		return rc < 0 ? rc : 0;
	default:
		return -EINVAL;
	}
}

static bool can(const struct file *file, const struct message *message)
{
	switch (message->kind) {
	case CALL_IOCTL:
		return file->f_op->unlocked_ioctl;
	case CALL_READ:
		return file->f_op->read;
	case CALL_WRITE:
		return file->f_op->write;
	case CALL_POLL:
		return file->f_op->poll;
	default:
		return true;
	}
}

/* As the client, inside the file's machine. */
static long call_on_file(struct server *server, struct message *message,
			 int *fd)
{
	struct file *file = handle_get(server->client, message->handle);
	struct uik_machine *previous;
	long ret = -EINVAL;

	if (!file)
		return -EBADF;
	previous = uik_enter(file->machine);
	if (can(file, message))
		ret = call_file(server, file, message, fd);
	uik_leave(previous);
	fput(file);
	return ret;
}

static long call_fork(struct server *server, int *fd)
{
	struct client *child = client_new();
	int ends[2], rc;

	if (!child)
		return -ENOMEM;
	rc = client_copy(child, server->client);
	if (!rc)
		rc = channel_pair(ends);
	if (rc) {
		client_put(child);
		return rc;
	}
	rc = serve(child, ends[0]);
	if (rc) {
		channel_close(ends[0]);
		channel_close(ends[1]);
		client_put(child);
		return rc;
	}
	*fd = ends[1];
	return 0;
}

static long call_channel(struct server *server, int channel)
{
	struct client *client = server->client;
	int rc;

	if (channel < 0)
		return -EINVAL;
	channel_own(channel);
	client_get(client);
	rc = serve(client, channel);
	if (rc) {
		channel_close(channel);
		client_put(client);
	}
	return rc;
}

static long call_pinned(struct message *message)
{
	struct mm_struct *mm = uik_mm_foreign((int)message->a);

	if (!mm)
		return -ESRCH;
	message->a = atomic64_read(&mm->pinned_vm);
	message->b = mm->locked_vm;
	uik_mm_put(mm);
	return 0;
}

static long dispatch(struct server *server, struct message *message,
		     int came, int *fd)
{
	switch (message->kind) {
	case CALL_AREA_OPEN:
		return area_count(server->client, message->handle, 1);
	case CALL_AREA_CLOSE:
		return area_count(server->client, message->handle, -1);
	case CALL_PUT:
		handle_put(server->client, message->handle);
		return 0;
	case CALL_CHANNEL:
		return call_channel(server, came);
	case CALL_FORK:
		return call_fork(server, fd);
	case CALL_PINNED:
		return call_pinned(message);
	default:
		return call_on_file(server, message, fd);
	}
}

/* ---- the thread ---- */

static void set_mm(struct task_struct *task, struct mm_struct *mm)
{
	struct mm_struct *old = task->mm;

	if (old == mm)
		return;
	uik_mm_get(mm);
	task->mm = mm;
	uik_mm_put(old);
}

static void set_user(struct task_struct *task, uint32_t uid)
{
	struct user_struct *user;

	if (task->user && task->user->uid == uid)
		return;
	user = uik_user_of(uid);
	if (!user)
		return;
	uik_user_put(task->user);
	task->user = user;
}

/* Who pays for what the client pins. */
static int make_leader(struct client *client, const struct caller *caller)
{
	if (!client->mm)
		client->mm = uik_mm_foreign(caller->pid);
	if (!client->mm)
		return -ESRCH;
	client->leader = uik_task_new("client");
	if (!client->leader)
		return -ENOMEM;
	client->leader->group_leader = client->leader;
	client->leader->tgid = client->leader->pid = caller->pid;
	set_mm(client->leader, client->mm);
	set_user(client->leader, caller->uid);
	return 0;
}

/* The first call of a client tells who it is. */
static int know_caller(struct server *server, const struct caller *caller)
{
	struct client *client = server->client;
	int rc = 0;

	pthread_mutex_lock(&client->lock);
	if (!client->leader)
		rc = make_leader(client, caller);
	if (!rc)
		client->leader->rlimit_memlock_bytes =
			caller->rlimit_memlock_bytes;
	pthread_mutex_unlock(&client->lock);
	client_born(client, caller->pid);
	return rc;
}

/* The server's task becomes like the caller. */
static void wear(struct server *server, const struct message *message)
{
	struct task_struct *task = server->task;
	const struct caller *caller = &message->caller;

	set_mm(task, server->client->mm);
	set_user(task, caller->uid);
	task->pid = caller->tid;
	task->tgid = caller->pid;
	task->capabilities = caller->capabilities;
	task->rlimit_memlock_bytes = caller->rlimit_memlock_bytes;
	task->group_leader = server->client->leader;
	task->files = &server->files;
	if (!message->fail.kinds)
		return;
	task->fail = message->fail;
	uik_fail_arm(1);
}

static void undress(struct server *server, struct message *message)
{
	struct task_struct *task = server->task;

	task->files = NULL;
	if (!message->fail.kinds)
		return;
	message->fail = task->fail;
	task->fail = (struct uik_fail_nth){ 0 };
	uik_fail_arm(-1);
}

/*
 * Threads that are between calls allocate nothing: a fork waits for that, as the
 * child of a sanitizer's allocator, or of another that does not know forks,
 * would find it locked for ever.
 */
static pthread_rwlock_t busy = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

#define FORK_PATIENCE_NS 100000000

bool service_fork_begin(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += FORK_PATIENCE_NS;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	return !pthread_rwlock_timedwrlock(&busy, &end);
}

void service_fork_end(bool idle)
{
	if (idle)
		pthread_rwlock_unlock(&busy);
}

static int answer(struct server *server, struct message message, int came)
{
	int fd = -1, rc;

	message.result = know_caller(server, &message.caller);
	if (!message.result) {
		wear(server, &message);
		message.result = dispatch(server, &message, came, &fd);
		undress(server, &message);
	}
	if (message.kind != CALL_CHANNEL && came >= 0)
		uik_fd_high_close(came);
	rc = channel_send(server->channel,
			  &(struct message){
				  .kind = ANSWER,
				  .handle = message.handle,
				  .result = message.result,
				  .a = message.a,
				  .b = message.b,
				  .fail = message.fail,
			  }, fd);
	if (fd >= 0 && message.kind != CALL_MMAP)
		channel_close(fd);
	return rc;
}

static int serve_one(struct server *server)
{
	struct message message;
	int came = -1, rc;

	rc = channel_receive(server->channel, &message, &came);
	if (rc)
		return rc;
	pthread_rwlock_rdlock(&busy);
	rc = answer(server, message, came);
	pthread_rwlock_unlock(&busy);
	return rc;
}

static int server_main(void *arg)
{
	struct server *server = arg;

	server->task = current;
	sem_post(&server->up);
	while (!serve_one(server))
		;
	pthread_rwlock_rdlock(&busy);
	channel_close(server->channel);
	client_put(server->client);
	free(server);
	pthread_rwlock_unlock(&busy);
	return 0;
}

/* A thread for a channel; it takes over one reference of the client. */
static int serve(struct client *client, int channel)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->files = back;
	server->client = client;
	server->channel = channel;
	sem_init(&server->up, 0, 0);
	if (!thread_start_detached(server_main, server, "uiommufd-serve")) {
		while (sem_wait(&server->up))
			;
		return 0;
	}
	free(server);
	return -EAGAIN;
}

/* ---- new clients ---- */

static bool inherit_file(int fd, struct file *file, void *arg)
{
	struct client *client = arg;
	uint32_t handle;

	if (remote_is(file))
		return true;
	if (!handle_find(client, file, &handle))
		handle_add(client, get_file(file));
	return true;
}

int service_inherit(struct client *client, const struct vm_area_struct *vma,
		    uint32_t *out_area, uint32_t *out_file)
{
	struct mm_struct *mm = uik_mm_self();
	struct vm_area_struct *copy = uik_vma_inherit(vma, mm);
	int rc = -ENOMEM;

	uik_mm_put(mm);
	if (!copy)
		return rc;
	if (!handle_find(client, vma->vm_file, out_file))
		*out_file = handle_add(client, get_file(vma->vm_file));
	if (*out_file != UINT32_MAX)
		rc = area_add(client, copy, out_area);
	if (rc)
		uik_vma_drop(copy);
	return rc;
}

static struct client *start(struct client *client, int *out_channel)
{
	int ends[2];
	int rc = channel_pair(ends);

	if (!rc) {
		rc = serve(client, ends[0]);
		if (rc) {
			channel_close(ends[0]);
			channel_close(ends[1]);
		}
	}
	if (rc) {
		client_put(client);
		errno = -rc;
		return NULL;
	}
	*out_channel = ends[1];
	return client;
}

struct client *service_fork(int *out_channel)
{
	struct client *client = client_new();

	if (!client)
		return NULL;
	uik_fd_each(inherit_file, client);
	return start(client, out_channel);
}

void service_born(struct client *client, int pid)
{
	if (pid > 0)
		client_born(client, pid);
}

int service_ticket(struct file *file)
{
	struct message message = { .kind = TICKET };
	struct client *client = client_new();
	int ends[2], rc;

	if (!client)
		return -ENOMEM;
	rc = channel_pair(ends);
	if (rc)
		goto put_client;
	service_info(file, handle_add(client, get_file(file)), &message.info);
	rc = channel_send(ends[0], &message, file->host_fd_);
	if (!rc)
		rc = serve(client, ends[0]);
	if (!rc)
		return ends[1];
	channel_close(ends[0]);
	channel_close(ends[1]);
put_client:
	client_put(client);
	return rc;
}

bool service_handle(const struct client *client, const struct file *file,
		    uint32_t *out)
{
	return handle_find(client, file, out);
}

void service_forget(void)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
			PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&busy, &attr);
	pthread_rwlockattr_destroy(&attr);
	clients_forget();
}
