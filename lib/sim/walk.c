/* SPDX-License-Identifier: MIT */
/*
 * The table walker: stream table, context descriptors, stage 1 and stage 2.
 *
 * Sources: spec/70 section 7, Arm SMMUv3 and VMSAv8-64 (public formats).  Only
 * the lower half of the address space (TTB0), AArch64 tables, 4/16/64 KiB
 * granules, up to 48 bits.
 */
#include "walk.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <string.h>
#include <uik/pin.h>
#include "sim.h"

#define TABLE_ADDR GENMASK_ULL(51, 6)
#define CFG_LOG2 GENMASK(5, 0)
#define CFG_SPLIT GENMASK(10, 6)
#define CFG_FMT GENMASK(17, 16)
#define L1_SPAN GENMASK_ULL(4, 0)

#define STE_BYTES 64
#define STE0_V BIT_ULL(0)
#define STE0_CONFIG GENMASK_ULL(3, 1)
#define STE_BYPASS 4
#define STE0_S1FMT GENMASK_ULL(5, 4)
#define STE0_S1CDMAX GENMASK_ULL(63, 59)
#define STE1_S1DSS GENMASK_ULL(1, 0)
#define STE1_EATS GENMASK_ULL(29, 28)
#define STE1_STRW GENMASK_ULL(31, 30)
#define STRW_EL2 2
#define STE2_VMID GENMASK_ULL(15, 0)
#define STE2_T0SZ GENMASK_ULL(37, 32)
#define STE2_SL0 GENMASK_ULL(39, 38)
#define STE2_TG GENMASK_ULL(47, 46)
#define STE3_TTB GENMASK_ULL(51, 4)
#define DSS_BYPASS 1
#define DSS_CD0 2

#define CD_BYTES 64
#define CD0_T0SZ GENMASK_ULL(5, 0)
#define CD0_TG0 GENMASK_ULL(7, 6)
#define CD0_EPD0 BIT_ULL(14)
#define CD0_V BIT_ULL(31)
#define CD0_ASID GENMASK_ULL(63, 48)
#define CD1_TTB0 GENMASK_ULL(51, 4)
#define L1CD_V BIT_ULL(0)
#define L1CD_PTR GENMASK_ULL(51, 12)

#define PTE_VALID BIT_ULL(0)
#define PTE_TABLE BIT_ULL(1)
#define PTE_ADDR GENMASK_ULL(47, 12)
#define PTE_S1_READONLY BIT_ULL(7)
#define PTE_NG BIT_ULL(11)
#define PTE_S2_READ BIT_ULL(6)
#define PTE_S2_WRITE BIT_ULL(7)
#define LAST_LEVEL 3

/*
 * Descriptors change while they are walked, a word at a time.  Pairs with the
 * driver's release: what a descriptor leads to is there.  User memory goes
 * through the copy that survives faults.
 */
static bool read_words(struct sim *sim, u64 phys, u64 *to, size_t bytes)
{
	const u64 *from;

	if (phys % 8 || !uik_phys_is_kit(sim->machine, phys, bytes))
		return sim_dma_read(sim, phys, to, bytes);
	from = uik_phys_to_host(sim->machine, phys);
	for (size_t i = 0; i < bytes / 8; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	return true;
}

/* --- one stage ------------------------------------------------------------ */

static u8 granule_of(unsigned int tg)
{
	static const u8 shift[4] = { 12, 16, 14, 0 };

	return shift[tg];
}

/* Levels that it takes to resolve the bits above the granule. */
static s8 stage1_start(const struct walk_stage *stage)
{
	unsigned int per_level = stage->granule_shift - 3;
	unsigned int bits = stage->in_bits - stage->granule_shift;

	return 4 - (s8)((bits + per_level - 1) / per_level);
}

static bool is_shape(const struct walk_stage *stage)
{
	return stage->granule_shift && stage->in_bits <= 48 &&
	       stage->in_bits > stage->granule_shift &&
	       stage->start_level >= 0 && stage->start_level <= LAST_LEVEL;
}

static u64 descriptor_offset(const struct walk_stage *stage, int level,
			     u64 address)
{
	unsigned int per_level = stage->granule_shift - 3;
	unsigned int shift = stage->granule_shift +
			     per_level * (LAST_LEVEL - level);
	u64 index = address >> shift;

	/* The root may be several tables side by side: all bits that are. */
	if (level != stage->start_level)
		index &= (1ull << per_level) - 1;
	return index * 8;
}

static u8 rights_of(u64 pte, bool stage2)
{
	if (!stage2)
		return pte & PTE_S1_READONLY ? WALK_READ :
					       WALK_READ | WALK_WRITE;
	return (pte & PTE_S2_READ ? WALK_READ : 0) |
	       (pte & PTE_S2_WRITE ? WALK_WRITE : 0);
}

static void leaf(const struct walk_stage *stage, int level, u64 pte,
		 bool stage2, struct walk_result *out)
{
	out->log2_page = stage->granule_shift +
			 (stage->granule_shift - 3) * (LAST_LEVEL - level);
	out->phys = pte & PTE_ADDR & ~((1ull << out->log2_page) - 1);
	out->rights = rights_of(pte, stage2);
	out->global = !stage2 && !(pte & PTE_NG);
	out->in_stage2 = stage2;
}

/* Where a stage's tables lie: through stage 2 if @through is given. */
static enum walk_fault read_through(struct sim *sim,
				    const struct walk_stage *through,
				    u64 address, u64 *to, size_t bytes);

static enum walk_fault walk_stage(struct sim *sim,
				  const struct walk_stage *stage,
				  const struct walk_stage *through, u64 address,
				  bool stage2, struct walk_result *out)
{
	u64 table = stage->root;

	if (address >> stage->in_bits)
		return WALK_TRANSLATION;
	for (int level = stage->start_level; level <= LAST_LEVEL; level++) {
		enum walk_fault fault;
		u64 pte;

		fault = read_through(sim, through,
				     table + descriptor_offset(stage, level,
							       address),
				     &pte, sizeof(pte));
		if (fault)
			return fault;
		if (!(pte & PTE_VALID) ||
		    (level == LAST_LEVEL && !(pte & PTE_TABLE)))
			return WALK_TRANSLATION;
		if (level == LAST_LEVEL || !(pte & PTE_TABLE)) {
			leaf(stage, level, pte, stage2, out);
			return WALK_OK;
		}
		table = pte & PTE_ADDR & ~((1ull << stage->granule_shift) - 1);
	}
	return WALK_TRANSLATION;
}

static enum walk_fault walk_stage2(struct sim *sim,
				   const struct walk_stage *stage, u64 address,
				   struct walk_result *out)
{
	out->in_stage2 = true;
	return walk_stage(sim, stage, NULL, address, true, out);
}

static enum walk_fault read_through(struct sim *sim,
				    const struct walk_stage *through,
				    u64 address, u64 *to, size_t bytes)
{
	struct walk_result at;
	enum walk_fault fault;

	if (through) {
		fault = walk_stage2(sim, through, address, &at);
		if (fault)
			return fault;
		address = at.phys | (address & ((1ull << at.log2_page) - 1));
	}
	return read_words(sim, address, to, bytes) ? WALK_OK : WALK_EABT;
}

/* --- both stages ---------------------------------------------------------- */

/* Stage 2 of what stage 1 found: the smaller page, the common rights. */
static enum walk_fault combine(struct sim *sim,
			       const struct walk_config *config, u64 address,
			       struct walk_result *s1)
{
	u64 in_page = address & ((1ull << s1->log2_page) - 1);
	u64 ipa = s1->phys | in_page;
	struct walk_result s2;
	enum walk_fault fault = walk_stage2(sim, &config->s2, ipa, &s2);

	if (fault) {
		s1->in_stage2 = true;
		return fault;
	}
	s1->rights &= s2.rights;
	if (s2.log2_page >= s1->log2_page) {
		s1->phys = s2.phys | (s1->phys &
				      ((1ull << s2.log2_page) - 1));
		return WALK_OK;
	}
	s1->phys = s2.phys;
	s1->log2_page = s2.log2_page;
	return WALK_OK;
}

enum walk_fault walk_translate(struct sim *sim,
			       const struct walk_config *config, u64 address,
			       struct walk_result *out)
{
	enum walk_fault fault;

	memset(out, 0, sizeof(*out));
	if (!config->stage1 && !config->stage2) {
		out->log2_page = 12;
		out->phys = address & ~0xfffull;
		out->rights = WALK_READ | WALK_WRITE;
		return WALK_OK;
	}
	if (!config->stage1)
		return walk_stage2(sim, &config->s2, address, out);
	fault = walk_stage(sim, &config->s1,
			   config->stage2 ? &config->s2 : NULL, address,
			   false, out);
	if (fault || !config->stage2)
		return fault;
	return combine(sim, config, address, out);
}

/* --- stream table and context descriptors --------------------------------- */

static enum walk_fault find_ste(struct sim *sim, u32 sid, u64 *out_phys)
{
	u64 base, l1;
	u32 cfg, span, split;

	smmu_stream_table(sim, &base, &cfg);
	base &= TABLE_ADDR;
	split = FIELD_GET(CFG_SPLIT, cfg);
	if ((u64)sid >> FIELD_GET(CFG_LOG2, cfg))
		return WALK_BAD_STREAMID;
	if (FIELD_GET(CFG_FMT, cfg) != 1) {
		*out_phys = base + (u64)sid * STE_BYTES;
		return WALK_OK;
	}
	if (!read_words(sim, base + (u64)(sid >> split) * 8, &l1,
			  sizeof(l1)))
		return WALK_STE_FETCH;
	span = FIELD_GET(L1_SPAN, l1);
	sid &= (1u << split) - 1;
	if (!span || sid >> (span - 1))
		return WALK_BAD_STREAMID;
	*out_phys = (l1 & TABLE_ADDR) + (u64)sid * STE_BYTES;
	return WALK_OK;
}

static bool take_stage2(const u64 ste[8], struct walk_config *out)
{
	u32 sl0 = FIELD_GET(STE2_SL0, ste[2]);

	out->stage2 = true;
	out->vmid = FIELD_GET(STE2_VMID, ste[2]);
	out->s2.root = ste[3] & STE3_TTB;
	out->s2.granule_shift = granule_of(FIELD_GET(STE2_TG, ste[2]));
	out->s2.in_bits = 64 - FIELD_GET(STE2_T0SZ, ste[2]);
	out->s2.start_level = (out->s2.granule_shift == 12 ? 2 : 3) - (s8)sl0;
	return is_shape(&out->s2);
}

static bool take_stage1(const u64 cd[8], struct walk_config *out)
{
	out->stage1 = true;
	out->asid = FIELD_GET(CD0_ASID, cd[0]);
	out->s1.root = cd[1] & CD1_TTB0;
	out->s1.granule_shift = granule_of(FIELD_GET(CD0_TG0, cd[0]));
	out->s1.in_bits = 64 - FIELD_GET(CD0_T0SZ, cd[0]);
	if (!out->s1.granule_shift || out->s1.in_bits > 48 ||
	    (cd[0] & CD0_EPD0))
		return false;
	out->s1.start_level = stage1_start(&out->s1);
	return is_shape(&out->s1);
}

/* The context descriptor's address; its table may be a guest's. */
static enum walk_fault find_cd(struct sim *sim, const u64 ste[8],
			       const struct walk_stage *through, u32 ssid,
			       u64 *out_address)
{
	u32 format = FIELD_GET(STE0_S1FMT, ste[0]);
	u64 table = ste[0] & TABLE_ADDR;
	unsigned int leaf_bits = format == 1 ? 6 : 10;
	enum walk_fault fault;
	u64 l1;

	if (!format || !FIELD_GET(STE0_S1CDMAX, ste[0])) {
		*out_address = table + (u64)ssid * CD_BYTES;
		return WALK_OK;
	}
	fault = read_through(sim, through, table + (ssid >> leaf_bits) * 8ull,
			     &l1, sizeof(l1));
	if (fault)
		return fault;
	if (!(l1 & L1CD_V))
		return WALK_BAD_SUBSTREAMID;
	*out_address = (l1 & L1CD_PTR) +
		       (u64)(ssid & ((1u << leaf_bits) - 1)) * CD_BYTES;
	return WALK_OK;
}

static enum walk_fault configure_stage1(struct sim *sim, const u64 ste[8],
					bool ssid_valid, u32 ssid,
					struct walk_config *out)
{
	const struct walk_stage *through = out->stage2 ? &out->s2 : NULL;
	u32 log2_cds = FIELD_GET(STE0_S1CDMAX, ste[0]);
	enum walk_fault fault;
	u64 cd[8], address;

	if (!ssid_valid && log2_cds) {
		u32 dss = FIELD_GET(STE1_S1DSS, ste[1]);

		if (dss == DSS_BYPASS)
			return WALK_OK;
		if (dss != DSS_CD0)
			return WALK_ABORT;
	}
	if (!ssid_valid)
		ssid = 0;
	else if (!log2_cds || ssid >> log2_cds)
		return WALK_BAD_SUBSTREAMID;
	fault = find_cd(sim, ste, through, ssid, &address);
	if (!fault)
		fault = read_through(sim, through, address, cd, sizeof(cd));
	if (fault)
		return fault;
	return (cd[0] & CD0_V) && take_stage1(cd, out) ? WALK_OK :
							 WALK_BAD_CD;
}

enum walk_fault walk_configure(struct sim *sim, u32 sid, bool ssid_valid,
			       u32 ssid, struct walk_config *out)
{
	enum walk_fault fault;
	u64 ste[8], phys;
	u32 config;

	memset(out, 0, sizeof(*out));
	if (!smmu_translates(sim, &out->ats))
		return out->ats ? WALK_ABORT : WALK_OK;
	fault = find_ste(sim, sid, &phys);
	if (fault)
		return fault;
	if (!read_words(sim, phys, ste, sizeof(ste)))
		return WALK_STE_FETCH;
	if (!(ste[0] & STE0_V))
		return WALK_BAD_STE;
	config = FIELD_GET(STE0_CONFIG, ste[0]);
	if (!(config & STE_BYPASS))
		return WALK_ABORT;
	out->ats &= FIELD_GET(STE1_EATS, ste[1]) == 1;
	out->el2 = FIELD_GET(STE1_STRW, ste[1]) == STRW_EL2;
	if ((config & 2) && !take_stage2(ste, out))
		return WALK_BAD_STE;
	if (config & 1)
		return configure_stage1(sim, ste, ssid_valid, ssid, out);
	return ssid_valid ? WALK_BAD_SUBSTREAMID : WALK_OK;
}
