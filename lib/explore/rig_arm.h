/* SPDX-License-Identifier: MIT */
/*
 * Short words for scenarios on an SMMUv3, with or without CMDQV.
 *
 * The hardware moves in the thread that triggers it, interrupts when they are
 * asked for: see arm_configure().
 */
#ifndef EXPLORE_RIG_ARM_H
#define EXPLORE_RIG_ARM_H

#include "explore/rig.h"

#define ARM_IOVA 0x40000000ull		/* of rig_memory() */
#define ARM_VSID 5

struct arm {
	int fd;
	int event_fd;
	uint32_t ioas;
	uint32_t dev;			/* "dev0" */
	uint32_t parent;		/* where it is attached at first */
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t nested;
	uint32_t veventq;
	uint32_t queue[3];
	uint64_t offset;		/* of the VINTF's page */
	uint64_t length;
	long result[3];
};

/* One device, a small CMDQV (4 VINTFs, 2 queues each). */
void arm_configure(struct uiommufd_platform_config *config);
/* dev0 on a nesting parent with memory; for setup. */
void arm_begin(struct uiommufd_run *run, struct arm *arm);
/* And everything a guest has, but queues. */
void arm_begin_guest(struct uiommufd_run *run, struct arm *arm, uint32_t type);
/* Detaches and unbinds dev0. */
void arm_finish(struct uiommufd_run *run, void *state);

int arm_viommu(struct arm *arm, uint32_t type);
int arm_queue(const struct arm *arm, uint32_t index, uint64_t iova,
	      uint64_t length, uint32_t *id);
int arm_nested(struct arm *arm, uint32_t *id);
int arm_veventq(struct arm *arm, uint32_t type, uint32_t depth);
/* Commands of the guest, trapped; *@count: in and out. */
long arm_commands(const struct arm *arm, const void *commands,
		  uint32_t *count);

/* A register of the CMDQV block. */
uint32_t arm_read(struct uiommufd_run *run, uint32_t offset);
void arm_write(struct uiommufd_run *run, uint32_t offset, uint32_t value);
void arm_write64(struct uiommufd_run *run, uint32_t offset, uint64_t value);
/* Breaks the law "hardware" if @vintf's mapped queues are not a prefix. */
void arm_check_prefix(struct uiommufd_run *run, unsigned int vintf);
/* Breaks it if a slot of @vintf matches that replaces nothing. */
void arm_check_matches(struct uiommufd_run *run, unsigned int vintf);
/* Breaks it unless @vintf matches exactly @count guest streams. */
void arm_check_slots(struct uiommufd_run *run, unsigned int vintf,
		     unsigned int count);

#endif
