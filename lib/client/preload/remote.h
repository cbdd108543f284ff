/* SPDX-License-Identifier: MIT */
/*
 * The user's side: files that another process owns.
 *
 * A remote file is one of the kit's like any other; its operations are calls to
 * its owner.  When the owner has gone they give ENODEV.
 */
#ifndef PRELOAD_REMOTE_H
#define PRELOAD_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/preload/channel.h"

struct file;
struct peer;
struct vm_area_struct;

/** peer_new - an owner reached over a channel, which it takes over; NULL. */
struct peer *peer_new(int channel);
void peer_put(struct peer *peer);
/** peer_channel - the first channel of an owner. */
int peer_channel(const struct peer *peer);
/** peer_fork - a channel for a child of this process; -errno. */
int peer_fork(struct peer *peer);
/** peer_pinned - pages that the owner has pinned of a process; 0 or -errno. */
int peer_pinned(struct peer *peer, int pid, uint64_t *pinned, uint64_t *locked);
/** peer_each - visit the owners of this process's remote files. */
void peer_each(void (*visit)(struct peer *peer, void *arg), void *arg);
/** peers_any - whether there are any. */
bool peers_any(void);
/** peers_forget - in a child: these were its parent's. */
void peers_forget(void);

/**
 * remote_new - a file of an owner.
 * @host_fd: what the client's poll sees, taken over; -1: nothing
 *
 * Return: with one count; an error pointer.
 */
struct file *remote_new(struct peer *peer, const struct file_info *info,
			int host_fd);
/** remote_is - whether a file is remote. */
bool remote_is(const struct file *file);
/** remote_of - its owner (borrowed) and handle there. */
struct peer *remote_of(const struct file *file, uint32_t *out_handle);
/** remote_info - what it was made from. */
void remote_info(const struct file *file, struct file_info *out);
/** remote_area_of - the area behind a mapping of a remote file. */
uint32_t remote_area_of(const struct vm_area_struct *vma);
/** remote_adopt - memory of the parent's is a mapping here, too; 0, -ENOMEM. */
int remote_adopt(const struct vm_area_struct *like, struct file *file,
		 uint32_t handle);
/** remote_ticket - a channel to a remote file for another process; -errno. */
int remote_ticket(struct file *file);
/** remote_accept - a file from a channel with a ticket, which it takes over. */
struct file *remote_accept(int channel);

#endif
