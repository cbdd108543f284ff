/* SPDX-License-Identifier: MIT */
/* The MMIO windows of a machine. */
#ifndef KIT_MMIO_H
#define KIT_MMIO_H

#include <uik/mmio.h>

struct mmio_window {
	uint64_t start;
	uint64_t size;
	const struct uik_mmio_ops *ops;
	void *priv;
	struct mmio_window *next;	/* ascending */
};

struct mmio_space {
	struct mmio_window *windows;	/* owned; under mmio.c's lock */
};

/* Unregisters everything. */
void mmio_space_fini(struct mmio_space *space);

#endif
