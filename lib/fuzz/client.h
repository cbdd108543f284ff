/* SPDX-License-Identifier: MIT */
/*
 * The client that makes an input's calls: what it has open, and what it knows.
 *
 * Its threads, where an input has some, change from one to the other only
 * inside of the library's calls.  So what is looked up before a call may be
 * something else after it, and a driver's rule, one call at a time for each
 * device, is kept here.
 */
#ifndef FUZZ_CLIENT_H
#define FUZZ_CLIENT_H

#include "fuzz/fuzz.h"

struct uiommufd_platform;

#define CLIENT_CONTEXTS 2
#define CLIENT_IDS 12
#define CLIENT_FILES 24
#define CLIENT_MAPPINGS 4
#define CLIENT_DEVICES 4
#define CLIENT_PASIDS 8

struct client_ids {
	unsigned int count;
	uint32_t id[CLIENT_IDS];
};

struct client_context {
	int fd;			/* -1: closed */
	struct client_ids ids[FUZZ_EVENT];
};

struct client_device {
	int context;		/* it is bound to; -1: none */
	int busy;		/* a call of this context is at it; -1: none */
	unsigned int pasid_count;
	uint32_t pasids[CLIENT_PASIDS];	/* to be detached, 0 is always tried */
};

struct client {
	struct uiommufd_platform *platform;
	struct fuzz_memory *memory;
	unsigned int context_count;
	struct client_context contexts[CLIENT_CONTEXTS];
	unsigned int file_count;
	struct {
		int fd;
		uint8_t class;
	} files[CLIENT_FILES];
	unsigned int mapping_count;
	struct {
		uint8_t *at;
		size_t length;
	} mappings[CLIENT_MAPPINGS];
	struct client_device devices[CLIENT_DEVICES];
	bool limited;		/* the global memory limit was set */
	bool virtual;		/* its numbers are the library's only */
	const char (*names)[6];	/* of devices */
};

/* ---- client.c ---- */

/* @virtual: its descriptors are to be numbers that only the library knows. */
bool fuzz_begin(struct client *client, struct uiommufd_platform *platform,
		struct fuzz_memory *memory, bool virtual);
/* Closes, unmaps, releases all. */
void fuzz_end(struct client *client, bool contexts_first);
/* A new context, if there is room for one; @path may be NULL. */
void fuzz_open(struct client *client, const char *path);
/* The context of a call; NULL if all are closed. */
struct client_context *fuzz_context(struct client *client, uint8_t modifiers);
/* Takes over @fd; closes it if there is no room. */
void fuzz_add_file(struct client *client, int fd, enum fuzz_class class);
/* Closes whatever has that number and is ours. */
void fuzz_close(struct client *client, int fd);
void fuzz_add_id(struct client_context *context, enum fuzz_class class,
		 uint32_t id);
void fuzz_drop_id(struct client_context *context, uint32_t id);
uint32_t fuzz_pick_id(const struct client_context *context,
		      enum fuzz_class class, uint8_t code);
int fuzz_pick_file(const struct client *client, enum fuzz_class class,
		   uint8_t code);

/* ---- run.c ---- */

/* The calls of a section; @thread of the input's. */
void fuzz_make_calls(struct client *client, unsigned int thread,
		     const struct fuzz_reader *section);

/* ---- decided.c: inputs with decisions ---- */

/* Whether a law broke; the memory has the complaint. */
bool fuzz_play(struct fuzz_memory *memory, struct uiommufd_platform *platform,
	       const uint8_t *data, size_t size);

/* ---- call.c: calls other than ioctl ---- */

void fuzz_do_call(struct client *client, const struct fuzz_op *op,
		  struct client_context *context, const uint64_t *args);

#endif
