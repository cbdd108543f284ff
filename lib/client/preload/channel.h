/* SPDX-License-Identifier: MIT */
/*
 * Channels between a process that owns contexts and one that uses them.
 *
 * A channel is a pair of sequenced-packet sockets.  The user asks, the owner
 * answers; while it works on a call the owner may ask back (for a descriptor of
 * the user's, say), which the user answers before it waits on.  One call at a
 * time goes over a channel; a user opens more when its threads need them.
 *
 * Every packet is one struct message and at most one descriptor.  A pointer in
 * it is the user's: the owner reads and writes the user's memory itself.
 */
#ifndef PRELOAD_CHANNEL_H
#define PRELOAD_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/task.h>

#define CHANNEL_NAME_MAX 32

enum message_kind {
	/* of the user */
	CALL_IOCTL,		/* a: command, b: argument */
	CALL_READ,		/* a: buffer, b: count */
	CALL_WRITE,
	CALL_POLL,
	CALL_MMAP,		/* a: address, b: length, c: offset, prot, flags */
	CALL_AREA_OPEN,		/* handle: of the area */
	CALL_AREA_CLOSE,
	CALL_PUT,		/* the last descriptor is closed */
	CALL_CHANNEL,		/* with a socket: serve this one, too */
	CALL_FORK,		/* answered with a socket for the child */
	CALL_TICKET,		/* answered with a socket for another process */
	CALL_PINNED,		/* a: process; answered with a, b: VmPin, VmLck */
	/* of the owner, during a call */
	BACK_RESERVE,		/* a: flags */
	BACK_RELEASE,		/* a: number */
	BACK_INSTALL,		/* a: number; info; maybe a descriptor */
	BACK_GET,		/* a: number; answered with its handle */
	BACK_HOST,		/* a: number; answered with the descriptor */
	/* of both */
	ANSWER,
	/* the first on a channel that is handed to another process */
	TICKET,			/* info */
};

/* What a file can do, so that the user answers the rest itself. */
struct file_info {
	uint32_t handle;
	uint32_t f_flags;
	uint32_t f_mode;
	bool has_ioctl, has_read, has_write, has_poll, has_mmap;
	char name[CHANNEL_NAME_MAX];
};

/* Who calls: the owner's task becomes like it. */
struct caller {
	int32_t pid;
	int32_t tid;
	uint32_t uid;
	uint64_t capabilities;
	uint64_t rlimit_memlock_bytes;
};

#define CHANNEL_MAGIC 0x756f69756d6d6675ull

struct message {
	uint64_t magic;
	uint32_t kind;		/* enum message_kind */
	uint32_t handle;
	int64_t result;		/* of an answer: -errno */
	uint64_t a, b, c;
	int32_t prot, flags;
	struct caller caller;
	struct uik_fail_nth fail;	/* there and back */
	struct file_info info;
};

/** channel_pair - two connected ends at high numbers; 0 or -errno. */
int channel_pair(int ends[2]);
/** channel_close - one end. */
void channel_close(int channel);
/** channel_own - a descriptor that came along is an end from here on. */
void channel_own(int channel);
/** channel_close_others - in a child: all ends that are not @mine (or -1). */
void channel_close_others(const int *mine, unsigned int count);
/** channel_send - @fd: to go along, or -1.  0, or -ENODEV: nobody is there. */
int channel_send(int channel, struct message *message, int fd);
/**
 * channel_receive - wait for a packet.
 * @fd: receives a high descriptor, or -1; NULL: none is wanted
 *
 * Return: 0, or -ENODEV: nobody is there any more, or talks nonsense.
 */
int channel_receive(int channel, struct message *message, int *fd);
/** channel_is_ticket - whether a descriptor is one end with a ticket in it. */
bool channel_is_ticket(int fd);

#endif
