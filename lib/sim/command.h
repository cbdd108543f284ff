/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 commands: their fields, who may issue which, what each one does.
 *
 * An opcode's action is looked up in the queue's permit table, which already
 * knows what the SMMU's identification registers offer and whether the queue
 * is a guest's; so filtering costs nothing per command.
 */
#ifndef UIK_SIM_COMMAND_H
#define UIK_SIM_COMMAND_H

#include <linux/types.h>
#include <linux/bits.h>
#include <uiommufd/vcmdq.h>

struct sim;
struct sim_queue;

#define CMD_PREFETCH_CFG 0x01
#define CMD_PREFETCH_ADDR 0x02
#define CMD_CFGI_STE 0x03
#define CMD_CFGI_ALL 0x04
#define CMD_CFGI_CD 0x05
#define CMD_CFGI_CD_ALL 0x06
#define CMD_TLBI_NH_ALL 0x10
#define CMD_TLBI_NH_ASID 0x11
#define CMD_TLBI_NH_VA 0x12
#define CMD_TLBI_NH_VAA 0x13
#define CMD_TLBI_EL2_ALL 0x20
#define CMD_TLBI_EL2_ASID 0x21
#define CMD_TLBI_EL2_VA 0x22
#define CMD_TLBI_S12_VMALL 0x28
#define CMD_TLBI_S2_IPA 0x2a
#define CMD_TLBI_NSNH_ALL 0x30
#define CMD_ATC_INV 0x40
#define CMD_PRI_RESP 0x41
#define CMD_RESUME 0x44
#define CMD_SYNC 0x46

#define CMD_VMID GENMASK_ULL(47, 32)
#define CMD_ASID GENMASK_ULL(63, 48)
#define CMD_SID GENMASK_ULL(63, 32)
#define CMD_SSID GENMASK_ULL(31, 12)
#define CMD_SSV BIT_ULL(11)
#define CMD_ATC_GLOBAL BIT_ULL(9)
#define CMD_ATC_SIZE GENMASK_ULL(5, 0)
#define CMD_RANGE_NUM GENMASK_ULL(16, 12)
#define CMD_RANGE_SCALE GENMASK_ULL(25, 20)
#define CMD_RANGE_TG GENMASK_ULL(11, 10)
#define CMD_ADDR GENMASK_ULL(63, 12)
#define CMD_RESP GENMASK_ULL(13, 12)
#define CMD_CFGI_RANGE GENMASK_ULL(4, 0)
#define CMD_SYNC_CS GENMASK_ULL(13, 12)
#define CMD_SYNC_MSIDATA GENMASK_ULL(63, 32)
#define CMD_SYNC_MSIADDR GENMASK_ULL(51, 2)
#define CMD_SYNC_CS_MSI 1
#define CMD_SYNC_CS_RESERVED 3
#define CMD_ATC_SIZE_ALL 52

#define VSID_BITS 20

enum sim_action {
	ACTION_ILLEGAL,		/* CONS.ERR 1 */
	ACTION_REFUSED,		/* CONS.ERR 4 */
	ACTION_TLBI,
	ACTION_SYNC,
	ACTION_ATC_INV,
	ACTION_CFGI,
	ACTION_RESPONSE,	/* PRI_RESP, RESUME: an answer to a device */
	ACTION_NONE,		/* prefetches */
};

/* Opcodes the model knows, numbered densely for counting; 0 is 'others'. */
#define OPCODE_SLOTS 24

extern const u8 command_slot[256];
u8 command_slot_opcode(unsigned int slot);

struct sim_entry {
	u64 word[2];
};

/* Fills the permit tables from the identification registers. */
void command_permits(const u32 idr[6], u8 host[256], u8 guest[256]);

/*
 * Executes up to @count commands that were fetched for @queue; its lock is
 * held.  Stops before the first that cannot complete.
 *
 * Return: commands executed; *out_error says why it stopped early.
 */
u32 command_run(struct sim_queue *queue, const struct sim_entry *entry,
		u32 count, enum uiommufd_command_error *out_error);

/*
 * The same for entries that still lie in the ring, of which a guest may change
 * each byte at any time.  Goes on for as long as no more is read than the
 * opcodes of TLBIs that have nothing to invalidate, and CMD_SYNCs; those that
 * are not done and have no error are to be fetched.
 */
u32 command_run_in_place(struct sim_queue *queue, const struct sim_entry *ring,
			 u32 count, enum uiommufd_command_error *out_error);

/* One command with faults and observer; same contract as command_run(). */
enum uiommufd_command_error command_run_one(struct sim_queue *queue,
					    const struct sim_entry *entry);

#endif
