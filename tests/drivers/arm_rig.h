/* SPDX-License-Identifier: MIT */
/*
 * A bench rig for the SMMUv3 and CMDQV drivers: the least hardware that lets
 * them live, and a record of everything they do to it.
 *
 * It is not a model: commands are recorded, not understood, except CMD_SYNC's
 * completion.  What the hardware shall answer is set from outside.
 */
#ifndef TESTS_ARM_RIG_H
#define TESTS_ARM_RIG_H

#include <linux/spinlock.h>
#include <linux/platform_device.h>
#include <linux/types.h>

#define RIG_SMMU_SIZE 0x20000
#define RIG_TRACE_MAX 4096
#define RIG_COMMANDS_MAX 65536

enum rig_access {
	RIG_READ,
	RIG_WRITE,
	RIG_SYNC,		/* a CMD_SYNC on the SMMU's queue */
};

struct rig_step {
	enum rig_access access;
	u32 width;
	u32 offset;
	u64 value;
};

struct rig_command {
	u64 word[2];
	bool secondary;		/* not on the SMMU's queue */
	u32 queue;		/* VINTF 0's logical queue */
};

struct rig_config {
	u32 idr[6];
	u32 iidr;
	bool cmdqv;
	u32 param;		/* CMDQV PARAM */
	bool hyp_own_wired;	/* HYP_OWN cannot be set */
	const char *compatible;	/* NULL: none */
	bool cmdqv_irq;
	bool prompt;		/* interrupts by themselves, not when asked */
};

struct rig {
	struct uik_machine *machine;
	struct rig_config config;
	spinlock_t lock;
	u64 smmu_phys;
	u64 cmdqv_phys;
	size_t cmdqv_size;
	u32 smmu[RIG_SMMU_SIZE / 4];
	u32 *cmdqv;		/* words */
	int irq[4];		/* eventq, gerror, priq, cmdqv */
	struct fwnode_handle node;
	struct platform_device *smmu_dev;
	struct platform_device *cmdqv_dev;
	struct rig_step trace[RIG_TRACE_MAX];
	unsigned int trace_count;
	bool tracing;
	struct rig_command commands[RIG_COMMANDS_MAX];
	unsigned int command_count;
	u8 refuse_op;		/* 0: none; error once on this opcode */
	bool deaf;		/* no queue moves */
	u32 stuck_offset;	/* CMDQV STATUS here never follows; 0: none */
};

/* Fills in a usual SMMU: both stages, coherent, range invalidation, ATS. */
void rig_config_init(struct rig_config *config);

/* A machine with the hardware in it; no device registered yet. */
struct rig *rig_new(const struct rig_config *config);
/* Registers the CMDQV's and the SMMU's device: what that or probe returned. */
int rig_boot(struct rig *rig);
/* Unregisters them; nothing if there are none. */
void rig_withdraw(struct rig *rig);
/* A device behind the SMMU. */
struct platform_device *rig_plug(struct rig *rig, const char *name,
				 const u32 *sids, int count,
				 const struct property_entry *properties);
void rig_unplug(struct platform_device *pdev);
void rig_free(struct rig *rig);

/* Forget the commands and the trace so far. */
void rig_clear(struct rig *rig);
/* The newest command with this opcode, or NULL. */
const struct rig_command *rig_last(const struct rig *rig, u8 op);
unsigned int rig_count(const struct rig *rig, u8 op);
/* Puts an event record into the SMMU's queue and raises its interrupt. */
void rig_event(struct rig *rig, const u64 record[4]);

#endif
