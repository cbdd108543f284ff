/* SPDX-License-Identifier: MIT */
/*
 * The hardware model as the laboratory uses it: real queues, registers and
 * permits of lib/sim, stepped one command of one queue at a time, or moved by a
 * thread of the model's own.
 *
 * This file decides nothing about time.  Queue 0 is the SMMU's own, queue
 * 1 + v * per_owner + l is LVCMDQ l of owner v: VINTF v, 0 being the host.
 * Positions count commands since the queue was enabled and never wrap.
 */
#ifndef LAB_HWMODEL_H
#define LAB_HWMODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_MAX_SIDS 16

struct hwmodel;

struct hwmodel_shape {
	unsigned int owners;		/* VINTFs in use, the host's included */
	unsigned int per_owner;		/* LVCMDQs of each */
	unsigned int log2_entries;
	bool threaded;			/* a thread moves the queues */
	unsigned int sid_count;		/* virtual StreamIDs of every guest */
	uint32_t sids[MODEL_MAX_SIDS];
};

/* NULL if the model cannot be built so. */
struct hwmodel *hwmodel_new(const struct hwmodel_shape *shape, uint64_t seed);
void hwmodel_free(struct hwmodel *model);
/* The calling thread works on this model from here to there. */
void hwmodel_enter(struct hwmodel *model);
void hwmodel_leave(struct hwmodel *model);
unsigned int hwmodel_queue(const struct hwmodel *model, unsigned int owner,
			 unsigned int number);
unsigned int hwmodel_queue_count(const struct hwmodel *model);
/* May this queue issue it?  As the queue itself will judge. */
bool hwmodel_permits(struct hwmodel *model, unsigned int queue,
		   const uint64_t command[2]);
/* Into the queue's memory. */
void hwmodel_write(struct hwmodel *model, unsigned int queue, uint64_t position,
		 const uint64_t command[2]);
/* Opcode of what lies there. */
uint8_t hwmodel_opcode(struct hwmodel *model, unsigned int queue,
		     uint64_t position);
/* PROD, through the register. */
void hwmodel_doorbell(struct hwmodel *model, unsigned int queue, uint64_t prod);
/* CONS with its ERR, through the register. */
uint32_t hwmodel_cons(struct hwmodel *model, unsigned int queue);
/* Is the queue's error active? */
bool hwmodel_is_stopped(struct hwmodel *model, unsigned int queue);
/* What the queue has executed. */
void hwmodel_count(struct hwmodel *model, unsigned int queue,
		   uint64_t *out_commands, uint64_t *out_syncs);
/* Executes the next command: 0, or CONS.ERR and the queue is stopped; -1: none. */
int hwmodel_execute(struct hwmodel *model, unsigned int queue);
/* As a driver does: the entry becomes a CMD_SYNC, the error acknowledged. */
void hwmodel_recover(struct hwmodel *model, unsigned int queue);

#endif
