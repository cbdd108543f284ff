/* SPDX-License-Identifier: MIT */
/*
 * Translation by the tables that software programmed, without any cache.
 */
#ifndef UIK_SIM_WALK_H
#define UIK_SIM_WALK_H

#include <linux/types.h>

struct sim;

#define WALK_READ 1u
#define WALK_WRITE 2u

/* Event record numbers of SMMUv3. */
enum walk_fault {
	WALK_OK = 0,
	WALK_BAD_STREAMID = 0x02,
	WALK_STE_FETCH = 0x03,
	WALK_BAD_STE = 0x04,
	WALK_BAD_SUBSTREAMID = 0x08,
	WALK_CD_FETCH = 0x09,
	WALK_BAD_CD = 0x0a,
	WALK_EABT = 0x0b,		/* a table is out of reach */
	WALK_TRANSLATION = 0x10,
	WALK_PERMISSION = 0x13,
	WALK_ABORT = 0x100,		/* the stream aborts: no record */
};

/* One stage's shape. */
struct walk_stage {
	u64 root;			/* physical; stage 1 of nested: IPA */
	u8 in_bits;
	u8 granule_shift;
	s8 start_level;
};

/* What stream table entry and context descriptor say about an access. */
struct walk_config {
	bool stage1, stage2;		/* neither: bypass */
	bool ats;
	bool el2;
	u16 vmid, asid;
	struct walk_stage s1, s2;
};

struct walk_result {
	u64 phys;			/* of the page */
	u8 log2_page;
	u8 rights;			/* WALK_READ | WALK_WRITE */
	bool global;
	bool in_stage2;			/* of a fault: which stage it was */
};

enum walk_fault walk_configure(struct sim *sim, u32 sid, bool ssid_valid,
			       u32 ssid, struct walk_config *out);
enum walk_fault walk_translate(struct sim *sim, const struct walk_config *config,
			       u64 address, struct walk_result *out);

#endif
