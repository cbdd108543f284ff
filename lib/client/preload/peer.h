/* SPDX-License-Identifier: MIT */
/* Calls to an owner, for the operations of remote files. */
#ifndef PRELOAD_PEER_H
#define PRELOAD_PEER_H

#include "client/preload/remote.h"

void peer_get(struct peer *peer);
/**
 * peer_call - ask the owner.
 * @message: kind and arguments; afterwards the answer
 * @out_fd: receives a descriptor that came with it, or -1; may be NULL
 *
 * Return: the answer's result; -ENODEV: the owner has gone.
 */
long peer_call(struct peer *peer, struct message *message, int *out_fd);

#endif
