/* SPDX-License-Identifier: MIT */
/*
 * The failure sweep: every command, every failure point.
 *
 * A row sets a context up and then makes one call.  The sweep makes the first,
 * second, ... failure point of that call fail, each on a context of its own,
 * once only and then with all later ones failing too, until the call gets
 * through.  After each failure the errno must be that of the kind, or for an
 * operation that of the place, and the context must be as it was before the
 * call, byte for byte of its graph (objects, areas, pins), with not one block or
 * charge more; except for the partial effects that the specification lists,
 * which the row names: then it must be, in all of this, as after a call that got
 * through, or halfway there.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uiommufd_platform;

/* What the identifiers of a row mean. */
enum {
	SWEEP_IOAS,
	SWEEP_STDEV,
	SWEEP_IDEV,
	SWEEP_AUTO,
	SWEEP_PARENT,
	SWEEP_VIOMMU,
	SWEEP_VDEV,
	SWEEP_NESTED,
	SWEEP_QUEUE,
	SWEEP_EVENTQ,
	SWEEP_IOAS2,
	SWEEP_OTHER,
	SWEEP_IDS
};

#define SWEEP_BYTES (16 * 4096)
#define SWEEP_MAPPING 8192	/* bytes that a mock vIOMMU offers */
#define SWEEP_IOVA 0x1000000ull

struct sweep {
	struct uiommufd_platform *platform;	/* the row's */
	int fd;
	uint32_t id[SWEEP_IDS];		/* whatever the row made */
	int event_fd;			/* -1: none; events or an access */
	void *mapping;			/* NULL: none */
	size_t mapping_bytes;		/* of it; SWEEP_MAPPING by default */
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
	/* The platform's kind; NULL: "mock". */
	const char *kind;
	/*
	 * Makes, from the setup, the other state that a failure may leave:
	 * what the specification says is not taken back.  NULL: none.
	 */
	void (*halfway)(struct sweep *s);
	/*
	 * A line of the graph that may be missing.  With @partial: once the
	 * call has failed.  Without: when it got through all the same, as
	 * nobody could tell what was made to fail.  NULL: none.
	 */
	const char *may_lack;
	/*
	 * What the graph does not show, after a failure: a number below 32
	 * for what the client was told and finds.  NULL: nothing.
	 */
	unsigned int (*look)(struct sweep *s);
	/* Bits of these numbers: each is met by some failure, no other is. */
	uint32_t seen;
	/* The call has no failure point. */
	bool cannot_fail;
};

/* Tables of rows; a row without a name ends each. */
extern const struct sweep_row sweep_command_rows[];
extern const struct sweep_row sweep_test_rows[];
extern const struct sweep_row sweep_other_rows[];
extern const struct sweep_row sweep_told_rows[];
extern const struct sweep_row sweep_arm_rows[];

/* What the @nth operation of the row's call gives when made to fail; 0: none. */
int sweep_operation_errno(const struct sweep_row *row, unsigned int nth);

/* Setups that several tables use; 0 or the errno. */
int sweep_with_ioas(struct sweep *s);
int sweep_with_device_map(struct sweep *s);
int sweep_with_viommu(struct sweep *s);

/* Charges of this process and its user, pages; for comparison only. */
uint64_t sweep_charges(void);

#endif
