/* SPDX-License-Identifier: MIT */
/*
 * The owner's side: other processes that use its files.
 *
 * A client has handles, each a counted file, and areas, each a mapping.  A
 * thread serves each of its channels; every call runs there as a task with the
 * client's address space, credentials and descriptors.  When the client's first
 * channel ends, the client has gone: its handles and areas are put.
 */
#ifndef PRELOAD_SERVICE_H
#define PRELOAD_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/preload/channel.h"

struct client;
struct file;
struct vm_area_struct;

/**
 * service_fork - a client for a child that is about to be born.
 * @out_channel: the child's end, to be closed here afterwards
 *
 * It inherits every file that this process owns.
 * Return: the client, or NULL with errno.
 */
struct client *service_fork(int *out_channel);
/** service_inherit - and a mapping; its handles, or -ENOMEM. */
int service_inherit(struct client *client, const struct vm_area_struct *vma,
		    uint32_t *out_area, uint32_t *out_file);
/** service_handle - the handle that a child of service_fork() has of a file. */
bool service_handle(const struct client *client, const struct file *file,
		    uint32_t *out);
/** service_born - the child has this number; 0: it was not born. */
void service_born(struct client *client, int pid);
/**
 * service_ticket - a channel to one file, with a ticket waiting in it.
 *
 * Return: the end to hand over, at a high number; -errno.
 */
int service_ticket(struct file *file);
/** service_settle - wait until a process that has ended is forgotten. */
void service_settle(int pid);
/**
 * service_fork_begin - wait, a little at most, until no call is under way.
 *
 * Return: whether that was reached; for service_fork_end().
 */
bool service_fork_begin(void);
/** service_fork_end - in the parent: calls go on. */
void service_fork_end(bool idle);
/** service_forget - in a child: the clients were its parent's. */
void service_forget(void);
/** service_info - describe a file to a user. */
void service_info(struct file *file, uint32_t handle, struct file_info *out);

#endif
