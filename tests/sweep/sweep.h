/* SPDX-License-Identifier: MIT */
/*
 * The failure sweep: every command, every failure point.
 *
 * A row sets a context up and then makes one call.  The sweep makes the first,
 * second, ... failure point of that call fail, each on a context of its own,
 * once only and then with all later ones failing too, until the call gets
 * through.  After each failure the errno must be one that the kind allows, and
 * the context must be as it was before the call, byte for byte of its graph,
 * with not one block more; except for the partial effects that the
 * specification lists, which the row names.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#define SWEEP_IDS 12
#define SWEEP_BYTES (16 * 4096)
#define SWEEP_IOVA 0x1000000ull

struct sweep {
	int fd;
	uint32_t id[SWEEP_IDS];		/* whatever the row made */
	int event_fd;			/* -1: none */
	char *memory;			/* SWEEP_BYTES, page aligned */
	uint64_t scratch[64];		/* outputs that live as long as the row */
};

struct sweep_row {
	const char *name;
	/* 0, or the errno that spoils the test. */
	int (*setup)(struct sweep *s);
	/* The one call; 0 or errno. */
	int (*act)(struct sweep *s);
	/*
	 * After a failure the state may also be what the call would have
	 * made; the reason, from the specification.  NULL: never.
	 */
	const char *partial;
};

extern const struct sweep_row sweep_rows[];
extern const unsigned int sweep_row_count;

#endif
