// SPDX-License-Identifier: MIT
/* Clients of this process: what each has, and the list of them. */
#include "client/preload/clients.h"

#include <errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uik/file.h>
#include <uik/mm.h>

#include "client/preload/service.h"

#define SETTLE_MS 2000

static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t clients_changed = PTHREAD_COND_INITIALIZER;
static struct client *clients;

/* ---- handles ---- */

static uint32_t handle_add_locked(struct client *client, struct file *file)
{
	uint32_t at;
	struct file **grown;

	for (at = 0; at < client->file_count; at++)
		if (!client->files[at])
			break;
	if (at == client->file_count) {
		grown = realloc(client->files,
				(at * 2 + 8) * sizeof(*grown));
		if (!grown)
			return UINT32_MAX;
		memset(grown + at, 0, (at + 8) * sizeof(*grown));
		client->files = grown;
		client->file_count = at * 2 + 8;
	}
	client->files[at] = file;
	return at;
}

uint32_t handle_add(struct client *client, struct file *file)
{
	uint32_t handle;

	pthread_mutex_lock(&client->lock);
	handle = handle_add_locked(client, file);
	pthread_mutex_unlock(&client->lock);
	if (handle == UINT32_MAX)
		fput(file);
	return handle;
}

struct file *handle_get(struct client *client, uint32_t handle)
{
	struct file *file = NULL;

	pthread_mutex_lock(&client->lock);
	if (handle < client->file_count && client->files[handle])
		file = get_file(client->files[handle]);
	pthread_mutex_unlock(&client->lock);
	return file;
}

void handle_put(struct client *client, uint32_t handle)
{
	struct file *file = NULL;

	pthread_mutex_lock(&client->lock);
	if (handle < client->file_count) {
		file = client->files[handle];
		client->files[handle] = NULL;
	}
	pthread_mutex_unlock(&client->lock);
	if (file)
		fput(file);
}

bool handle_find(const struct client *client, const struct file *file,
		    uint32_t *out)
{
	uint32_t at;

	for (at = 0; at < client->file_count; at++) {
		if (client->files[at] != file)
			continue;
		*out = at;
		return true;
	}
	return false;
}

/* ---- areas ---- */

static int area_add_locked(struct client *client, struct vm_area_struct *vma,
			   uint32_t *out)
{
	struct area *grown;
	uint32_t at;

	for (at = 0; at < client->area_count; at++)
		if (!client->areas[at].vma)
			break;
	if (at == client->area_count) {
		grown = realloc(client->areas, (at * 2 + 4) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + at, 0, (at + 4) * sizeof(*grown));
		client->areas = grown;
		client->area_count = at * 2 + 4;
	}
	client->areas[at] = (struct area){ vma, 1 };
	*out = at;
	return 0;
}

int area_add(struct client *client, struct vm_area_struct *vma, uint32_t *out)
{
	int rc;

	pthread_mutex_lock(&client->lock);
	rc = area_add_locked(client, vma, out);
	pthread_mutex_unlock(&client->lock);
	return rc;
}

/* One mapping more, or one less: then the area may end. */
long area_count(struct client *client, uint32_t handle, int delta)
{
	struct vm_area_struct *vma = NULL;
	long ret = -EINVAL;

	pthread_mutex_lock(&client->lock);
	if (handle < client->area_count && client->areas[handle].vma) {
		struct area *area = &client->areas[handle];

		ret = 0;
		area->count += delta;
		if (!area->count) {
			vma = area->vma;
			area->vma = NULL;
		}
	}
	pthread_mutex_unlock(&client->lock);
	if (vma)
		uik_vma_drop(vma);
	return ret;
}

/* ---- clients ---- */

struct client *client_new(void)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->refs = 1;
	pthread_mutex_init(&client->lock, NULL);
	pthread_mutex_lock(&clients_lock);
	client->next = clients;
	clients = client;
	pthread_mutex_unlock(&clients_lock);
	return client;
}

/* The process is gone: what it had is put. */
static void client_let_go(struct client *client)
{
	uint32_t at;

	for (at = 0; at < client->area_count; at++) {
		if (client->areas[at].vma)
			uik_vma_drop(client->areas[at].vma);
		client->areas[at].vma = NULL;
	}
	for (at = 0; at < client->file_count; at++)
		handle_put(client, at);
}

/* The files and areas of @parent are @child's, too, under the same handles. */
int client_copy(struct client *child, struct client *parent)
{
	uint32_t at;
	int rc = 0;

	pthread_mutex_lock(&parent->lock);
	child->files = calloc(parent->file_count, sizeof(*child->files));
	child->areas = calloc(parent->area_count, sizeof(*child->areas));
	if ((parent->file_count && !child->files) ||
	    (parent->area_count && !child->areas))
		rc = -ENOMEM;
	for (at = 0; !rc && at < parent->file_count; at++, child->file_count++)
		if (parent->files[at])
			child->files[at] = get_file(parent->files[at]);
	for (at = 0; !rc && at < parent->area_count; at++) {
		struct vm_area_struct *vma = parent->areas[at].vma;

		child->area_count++;
		if (!vma)
			continue;
		child->areas[at].vma = uik_vma_inherit(vma, vma->vm_mm);
		child->areas[at].count = parent->areas[at].count;
	}
	pthread_mutex_unlock(&parent->lock);
	return rc;
}

static void client_free(struct client *client)
{
	client_let_go(client);
	if (client->mm)
		uik_mm_put(client->mm);
	if (client->leader)
		uik_task_put(client->leader);
	free(client->files);
	free(client->areas);
	pthread_mutex_destroy(&client->lock);
	free(client);
}

void client_put(struct client *client)
{
	struct client **at = &clients;
	bool last;

	pthread_mutex_lock(&clients_lock);
	last = !--client->refs;
	pthread_mutex_unlock(&clients_lock);
	if (!last)
		return;
	/* Whoever waits for the process sees everything put. */
	client_let_go(client);
	pthread_mutex_lock(&clients_lock);
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	pthread_cond_broadcast(&clients_changed);
	pthread_mutex_unlock(&clients_lock);
	client_free(client);
}

void client_get(struct client *client)
{
	pthread_mutex_lock(&clients_lock);
	client->refs++;
	pthread_mutex_unlock(&clients_lock);
}

void client_born(struct client *client, int pid)
{
	struct client *known;

	pthread_mutex_lock(&clients_lock);
	for (known = clients; known && known != client; known = known->next)
		;
	if (known && !known->pid)
		known->pid = pid;
	pthread_mutex_unlock(&clients_lock);
}

void service_settle(int pid)
{
	struct timespec until;
	struct client *client;
	int rc = 0;

	if (!__atomic_load_n(&clients, __ATOMIC_RELAXED))
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SETTLE_MS / 1000;
	pthread_mutex_lock(&clients_lock);
	do {
		for (client = clients; client; client = client->next)
			if (client->pid == pid)
				break;
		if (client)
			rc = pthread_cond_timedwait(&clients_changed,
						    &clients_lock, &until);
	} while (client && !rc);
	pthread_mutex_unlock(&clients_lock);
}

void clients_forget(void)
{
	clients = NULL;
	pthread_mutex_init(&clients_lock, NULL);
	pthread_cond_init(&clients_changed, NULL);
}
