/* SPDX-License-Identifier: MIT */
/*
 * A timing profile in memory: the table of values, and where each is from.
 */
#ifndef LAB_PROFILE_H
#define LAB_PROFILE_H

#include <stdint.h>
#include <uiommufd/lab.h>

enum lab_value {
	V_MMIO_READ,
	V_MMIO_WRITE,
	V_MMIO_DRAIN,
	V_DOORBELL_TO_FETCH,
	V_FETCH,
	V_FETCH_COMMAND,
	V_FETCH_BURST,
	V_FETCH_BUFFER,
	V_ARBITER_BATCH,
	V_SYNC_ROUND_TRIP,
	V_SYNC_SLOTS,
	V_MSI_POLLING,
	V_MSI_WRITE,
	V_PREFETCH_CFG,		/* execute.*: in the order of opcodes */
	V_CFGI_STE,
	V_CFGI_ALL,
	V_CFGI_CD,
	V_CFGI_CD_ALL,
	V_TLBI_NH_ALL,
	V_TLBI_NH_ASID,
	V_TLBI_NH_VA,
	V_TLBI_NH_VAA,
	V_TLBI_S12_VMALL,
	V_TLBI_S2_IPA,
	V_TLBI_NSNH_ALL,
	V_ATC_INV,
	V_RESPONSE,
	V_CMD_SYNC,
	V_OTHER,
	V_ATC_ROUND_TRIP,
	V_ATC_OUTSTANDING,
	V_INTERRUPT,
	V_BUILD,
	V_ATOMIC,
	V_HANDOVER,
	V_POLL_READS,
	V_POLL_DELAY,
	V_MAP_CALL,
	V_MAP_PAGE,
	V_UNMAP_CALL,
	V_UNMAP_PAGE,
	V_EXIT,
	V_ENTER,
	V_VMM,
	V_COPY,
	V_IOCTL,
	V_CONVERT,
	V_CONVERT_CHUNK,
	V_JITTER,
	LAB_VALUES
};

struct uiommufd_lab_profile {
	char *name;			/* owned, as all strings here */
	double value[LAB_VALUES];	/* in the unit of the table */
	char *source[LAB_VALUES];
};

/* Picoseconds for values in ns; the bare number for all others. */
uint64_t profile_ps(const struct uiommufd_lab_profile *profile,
		    enum lab_value value);
/* -1: no such key. */
int profile_key(const char *key);
/* By opcode. */
enum lab_value profile_execute(uint8_t opcode);

/* The text of a file or built-in profile; NULL with a message. */
char *profile_text(const char *path, char **out_error);

/* The line (from 1) of @key within [@group], of the group if NULL; 0: none. */
unsigned int profile_line(const char *text, const char *group,
			  const char *key);

#endif
