/* SPDX-License-Identifier: MIT */
/*
 * Accesses of devices: between the caches, the walker and the law.
 */
#ifndef UIK_SIM_DEVICE_H
#define UIK_SIM_DEVICE_H

#include <linux/spinlock.h>
#include <uik/pin.h>
#include <uiommufd/dma.h>
#include "sim.h"
#include "walk.h"

#define CONFIG_SLOTS 256

/* What the configuration cache holds, beside that it holds it. */
struct device_config {
	bool used;
	u32 sid, ssid;
	bool ssid_valid;
	struct walk_config config;
};

struct devices {
	spinlock_t lock;	/* an access's look-up, judgement and transfer */
	struct device_config config[CONFIG_SLOTS];
	struct uik_pin_watch watch;	/* law.c's */
};

/* A cached translation that an access uses. */
struct device_hit {
	enum uiommufd_cache cache;
	struct cache_tag tag;
	u64 address;		/* of the page */
	u64 phys;		/* of the page */
	u8 log2_page;
	u8 rights;
};

/* A part of an access, within a page. */
struct device_access {
	const struct uiommufd_dma *dma;
	u64 address;
	size_t length;
	u8 *buffer;
};

/* The cached translation for an access, or false; devices.lock held. */
bool device_lookup(struct sim *sim, const struct device_access *access,
		   struct device_hit *out);

/* law.c: a translation entered a cache; devices.lock held, the law is on. */
void law_filled(struct sim *sim, const struct device_hit *hit);

/* What is wrong with using a translation. */
struct law_finding {
	enum uiommufd_dma_fault fault;	/* 0: nothing */
	u64 now;			/* what the tables say */
};

/* A hit is used; devices.lock held, the law is on. */
void law_judge(struct sim *sim, const struct device_access *access,
	       const struct device_hit *hit, struct law_finding *out);
/* Tells what was found, with no lock held. */
void law_tell(struct sim *sim, const struct device_access *access,
	      const struct device_hit *hit, const struct law_finding *finding);

#endif
