/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU driver for scenarios, harsher than a real one: it does what it is
 * told, and looks on its way whether the core keeps its side of the contract.
 *
 * Devices "own0" and "own1" share a group, "own2" is alone in one, all behind
 * one IOMMU on the platform of the run.  Each remembers which domains it uses, as
 * the hardware would: law "attached" is that the core believes the same.
 */
#ifndef EXPLORE_RIG_DRIVER_H
#define EXPLORE_RIG_DRIVER_H

#include "explore/rig.h"

#define OWN_VIOMMU 0x4f57u		/* type of vIOMMUs */
#define OWN_DATA 0x4f58u		/* type of nested tables, invalidations */

enum own_vdevice_ops {
	OWN_VDEVICE_INIT,		/* size and init, as it should be */
	OWN_VDEVICE_PLAIN,		/* neither */
	OWN_VDEVICE_SMALL,		/* a size smaller than the core's */
	OWN_VDEVICE_NO_INIT,		/* a size without init */
};

/* What it does; cleared by plugging. */
struct own_knobs {
	enum own_vdevice_ops ops;
	unsigned int refuse;		/* the first so many vDEVICEs */
	unsigned int late;		/* of these, after it set destroy */
	unsigned int attach_fails;	/* the nth call of attach_dev; 0: none */
	unsigned int slow_ms;		/* making a domain takes so long */
	bool incoherent;		/* devices do not see processors' caches */
};

/* What it has seen. */
struct own_seen {
	unsigned int inits;		/* that succeeded */
	unsigned int destroys;
	unsigned int attaches;
	unsigned int asked;		/* groups of page requests, complete */
	unsigned int answers;		/* to page requests, */
	unsigned int refusals;		/* those of them that are no success */
	int live;			/* accepted and not yet destroyed */
};

extern struct own_knobs own_knobs;
extern struct own_seen own_seen;

/* For setup, and for finish when no context is open any more. */
void own_plug(struct uiommufd_run *run);
/*
 * The same with "own3", the third of own0's group; all have PASIDs 1 to 7 but
 * own1, which has none.
 */
void own_plug_group(struct uiommufd_run *run);
void own_unplug(struct uiommufd_run *run);

/* The byte that the device gets from @iova, or -EFAULT. */
int own_reads(struct uiommufd_run *run, unsigned int device, uint32_t pasid,
	      uint64_t iova);
/* A reset of the device begins, or ends; 0 or -errno. */
int own_recovers(struct uiommufd_run *run, unsigned int device, bool begins);

/*
 * own0 asks for a page, in a group that is complete with the @last; what
 * iommu_report_device_fault() gives.
 */
int own_fault(struct uiommufd_run *run, uint32_t group, bool last);

/* Commands with the driver's types; 0 or -errno. */
int own_viommu(int fd, uint32_t dev, uint32_t parent, uint32_t *id);
int own_nested(int fd, uint32_t dev, uint32_t pt, uint32_t *id);
/* 0: something is there; -ENOENT: nothing. */
int own_lookup(int fd, uint32_t viommu, uint64_t virt_id);
/* An interrupt's message is composed for @name, as the MSI layer does. */
int own_compose(struct uiommufd_run *run, const char *name, uint64_t doorbell,
		uint64_t *out_iova);
/* Where a write by @name to @iova goes; 0: nowhere. */
uint64_t own_reaches(struct uiommufd_run *run, const char *name, uint64_t iova);

#endif
