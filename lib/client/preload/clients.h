/* SPDX-License-Identifier: MIT */
/*
 * Clients of this process: what each has, and the list of them.
 *
 * A client lives as long as one of its channels does; when the last has ended
 * its process is gone.
 */
#ifndef PRELOAD_CLIENTS_H
#define PRELOAD_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct file;
struct mm_struct;
struct task_struct;
struct vm_area_struct;

struct area {
	struct vm_area_struct *vma;	/* made by uik_vma_offer or _inherit */
	unsigned int count;
};

struct client {
	struct client *next;		/* in clients; clients_lock */
	int refs;			/* one a channel; clients_lock */
	int pid;			/* 0: not known yet */
	pthread_mutex_t lock;		/* handles, areas, mm */
	struct file **files;		/* by handle; counted; NULL: free */
	uint32_t file_count;
	struct area *areas;
	uint32_t area_count;
	struct mm_struct *mm;		/* counted; NULL: nobody called yet */
	struct task_struct *leader;	/* whom accounting charges */
};

/** client_new - without handles, with one reference; NULL without memory. */
struct client *client_new(void);
/** client_copy - @child has what @parent has; 0 or -ENOMEM. */
int client_copy(struct client *child, struct client *parent);
void client_get(struct client *client);
/** client_put - the last one puts all handles and areas. */
void client_put(struct client *client);
/** client_born - its process is known, if it has not ended already. */
void client_born(struct client *client, int pid);

/** clients_forget - in a child: they were its parent's. */
void clients_forget(void);

/** handle_add - consumes the count; the handle; UINT32_MAX without memory. */
uint32_t handle_add(struct client *client, struct file *file);
/** handle_find - the handle that leads to a file. */
bool handle_find(const struct client *client, const struct file *file,
		 uint32_t *out);
/** handle_get - counted, or NULL. */
struct file *handle_get(struct client *client, uint32_t handle);
void handle_put(struct client *client, uint32_t handle);

/** area_add - consumes the mapping, but not on -ENOMEM. */
int area_add(struct client *client, struct vm_area_struct *vma, uint32_t *out);
/** area_count - one mapping more or less; the last ends it.  0 or -EINVAL. */
long area_count(struct client *client, uint32_t handle, int delta);

#endif
