// SPDX-License-Identifier: MIT
/*
 * Owners of files that this process uses: channels and calls.
 *
 * The first channel of an owner makes others; each call takes a free one.
 */
#include "client/preload/peer.h"

#include <linux/err.h>
#include <linux/file.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <uik/file.h>

#include "client/preload/preload.h"

#define CHANNELS_MAX 64

struct peer {
	struct peer *next;		/* in peers; peers_lock */
	int refs;			/* files, areas, calls; peers_lock */
	int base;
	pthread_mutex_t base_lock;	/* one call at a time over it */
	pthread_mutex_t lock;		/* spare */
	int spare[CHANNELS_MAX];	/* channels nobody uses just now */
	unsigned int spare_count;
};

static pthread_mutex_t peers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct peer *peers;

struct peer *peer_new(int channel)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	channel_own(channel);
	peer->refs = 1;
	peer->base = channel;
	pthread_mutex_init(&peer->base_lock, NULL);
	pthread_mutex_init(&peer->lock, NULL);
	pthread_mutex_lock(&peers_lock);
	peer->next = peers;
	peers = peer;
	pthread_mutex_unlock(&peers_lock);
	return peer;
}

void peer_get(struct peer *peer)
{
	pthread_mutex_lock(&peers_lock);
	peer->refs++;
	pthread_mutex_unlock(&peers_lock);
}

void peer_put(struct peer *peer)
{
	struct peer **at = &peers;
	bool last;

	pthread_mutex_lock(&peers_lock);
	last = !--peer->refs;
	while (last && *at != peer)
		at = &(*at)->next;
	if (last)
		*at = peer->next;
	pthread_mutex_unlock(&peers_lock);
	if (!last)
		return;
	while (peer->spare_count)
		channel_close(peer->spare[--peer->spare_count]);
	channel_close(peer->base);
	free(peer);
}

int peer_channel(const struct peer *peer)
{
	return peer->base;
}

void peer_each(void (*visit)(struct peer *peer, void *arg), void *arg)
{
	struct peer *peer;

	pthread_mutex_lock(&peers_lock);
	for (peer = peers; peer; peer = peer->next)
		visit(peer, arg);
	pthread_mutex_unlock(&peers_lock);
}

bool peers_any(void)
{
	return __atomic_load_n(&peers, __ATOMIC_RELAXED);
}

void peers_forget(void)
{
	peers = NULL;
	pthread_mutex_init(&peers_lock, NULL);
}

/* ---- what the owner asks back ---- */

static void answer_install(struct peer *peer, struct message *message, int fd)
{
	struct file *file = remote_new(peer, &message->info, fd);

	if (IS_ERR(file)) {
		message->result = PTR_ERR(file);
		put_unused_fd(message->a);
		return;
	}
	fd_install(message->a, file);
}

static void answer_get(struct peer *peer, struct message *message)
{
	struct file *file = uik_fd_own(message->a);

	message->result = -EBADF;
	if (!file)
		return;
	if (remote_is(file) && remote_of(file, &message->handle) == peer)
		message->result = 0;
	fput(file);
}

/* Returns the descriptor to send along, or -1. */
static int answer_back(struct peer *peer, struct message *message, int came)
{
	int fd = -1;

	message->result = 0;
	switch (message->kind) {
	case BACK_RESERVE:
		message->result = get_unused_fd_flags(message->a);
		break;
	case BACK_RELEASE:
		put_unused_fd(message->a);
		break;
	case BACK_INSTALL:
		answer_install(peer, message, came);
		break;
	case BACK_GET:
		answer_get(peer, message);
		break;
	case BACK_HOST:
		fd = (int)message->a;
		if (NEXT(fcntl)(fd, F_GETFD, NULL) < 0) {
			message->result = -EBADF;
			fd = -1;
		}
		break;
	default:
		message->result = -EINVAL;
	}
	message->kind = ANSWER;
	return fd;
}

/* ---- calls ---- */

/* Sends, serves what is asked back, waits for the answer. */
static int exchange(struct peer *peer, int channel, struct message *message,
		    int fd, int *out_fd)
{
	int rc = channel_send(channel, message, fd);
	int came = -1;

	while (!rc) {
		rc = channel_receive(channel, message, &came);
		if (rc || message->kind == ANSWER)
			break;
		rc = channel_send(channel, message,
				  answer_back(peer, message, came));
	}
	if (!rc && out_fd)
		*out_fd = came;
	else if (came >= 0)
		uik_fd_high_close(came);
	return rc;
}

static void sign(struct message *message)
{
	struct task_struct *task = current;

	message->caller = (struct caller){
		.pid = getpid(),
		.tid = gettid(),
		.uid = getuid(),
		.capabilities = task->capabilities,
		.rlimit_memlock_bytes =
			task->group_leader->rlimit_memlock_bytes,
	};
}

static int open_channel(struct peer *peer)
{
	struct message message = { .kind = CALL_CHANNEL };
	int ends[2];
	int rc = channel_pair(ends);

	if (rc)
		return rc;
	sign(&message);
	pthread_mutex_lock(&peer->base_lock);
	rc = exchange(peer, peer->base, &message, ends[1], NULL);
	pthread_mutex_unlock(&peer->base_lock);
	channel_close(ends[1]);
	if (!rc)
		rc = message.result;
	if (!rc)
		return ends[0];
	channel_close(ends[0]);
	return rc;
}

static int take_channel(struct peer *peer)
{
	int channel = -1;

	pthread_mutex_lock(&peer->lock);
	if (peer->spare_count)
		channel = peer->spare[--peer->spare_count];
	pthread_mutex_unlock(&peer->lock);
	return channel < 0 ? open_channel(peer) : channel;
}

static void give_channel(struct peer *peer, int channel, bool good)
{
	pthread_mutex_lock(&peer->lock);
	good = good && peer->spare_count < CHANNELS_MAX;
	if (good)
		peer->spare[peer->spare_count++] = channel;
	pthread_mutex_unlock(&peer->lock);
	if (!good)
		channel_close(channel);
}

/*
 * The caller's fail-nth goes along and comes back: what is done here for the
 * call is no failure point.
 */
long peer_call(struct peer *peer, struct message *message, int *out_fd)
{
	struct task_struct *task = current;
	struct uik_fail_nth before = task->fail;
	int channel = take_channel(peer), rc;

	if (channel < 0)
		return -ENODEV;
	sign(message);
	message->fail = before;
	task->fail.kinds = 0;
	rc = exchange(peer, channel, message, -1, out_fd);
	task->fail = rc || !before.kinds ? before : message->fail;
	give_channel(peer, channel, !rc);
	return rc ? rc : message->result;
}

int peer_fork(struct peer *peer)
{
	struct message message = { .kind = CALL_FORK };
	int channel = -1;
	long rc = peer_call(peer, &message, &channel);

	if (rc)
		return (int)rc;
	channel_own(channel);
	return channel < 0 ? -ENODEV : channel;
}

int peer_pinned(struct peer *peer, int pid, uint64_t *pinned, uint64_t *locked)
{
	struct message message = { .kind = CALL_PINNED, .a = (uint32_t)pid };
	long rc = peer_call(peer, &message, NULL);

	*pinned = message.a;
	*locked = message.b;
	return (int)rc;
}
