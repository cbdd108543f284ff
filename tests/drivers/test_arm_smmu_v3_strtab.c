/* SPDX-License-Identifier: MIT */
/*
 * Changing an entry under the hardware's eyes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arm-smmu-v3-impl.h"

#define WORDS SMMU3_ENTRY_WORDS

/* What the hardware saw at the last sync, and what it may make of it. */
struct watch {
	u64 live[WORDS];
	u64 seen[WORDS];
	u64 old[WORDS];
	u64 new[WORDS];
	bool gap;		/* the entry was invalid in between */
	bool wrong;		/* it meant something else */
	unsigned int syncs;
};

/* The bits that count, or all zero for an invalid entry. */
static void meaning(const u64 *entry, u64 *out)
{
	int i;

	smmu3_ste_used(entry, out);
	for (i = 0; i < WORDS; i++)
		out[i] &= entry[i];
}

static bool means(const u64 *entry, const u64 *other)
{
	u64 a[WORDS], b[WORDS];

	meaning(entry, a);
	meaning(other, b);
	return !memcmp(a, b, sizeof(a));
}

/*
 * Between two syncs the hardware may have read any mixture of the words before
 * and after.
 */
static void judge(struct watch *watch)
{
	u64 mixture[WORDS];
	unsigned int mask;
	int i;

	for (mask = 0; mask < 1u << WORDS; mask++) {
		for (i = 0; i < WORDS; i++)
			mixture[i] = mask >> i & 1 ? watch->live[i] :
						     watch->seen[i];
		if (!(mixture[0] & SMMU3_STE0_V))
			watch->gap = true;
		else if (!means(mixture, watch->old) &&
			 !means(mixture, watch->new))
			watch->wrong = true;
	}
	memcpy(watch->seen, watch->live, sizeof(watch->seen));
}

static void on_sync(void *cookie)
{
	struct watch *watch = cookie;

	watch->syncs++;
	judge(watch);
}

static const struct smmu3_entry_ops watch_ops = {
	.used = smmu3_ste_used,
	.sync = on_sync,
};

/* The kinds of entry the driver makes. */
enum kind { ABORT, BYPASS, S1, S1_OTHER, S2, S2_OTHER, NESTED, INVALID, KINDS };

static void make(enum kind kind, u64 *out)
{
	struct smmu3_ste ste = {};

	switch (kind) {
	case ABORT:
		smmu3_ste_abort(&ste);
		break;
	case BYPASS:
		smmu3_ste_bypass(&ste);
		break;
	case S1:
	case S1_OTHER:
		ste.data[0] = SMMU3_STE0_V | SMMU3_STE_S1 << 1 |
			      (kind == S1 ? 0x1000 : 0x2000);
		ste.data[1] = 2 | 1 << 2 | 1 << 4 | 3 << 6 | 1 << 28;
		break;
	case S2:
	case S2_OTHER:
		ste.data[0] = SMMU3_STE0_V | SMMU3_STE_S2 << 1;
		ste.data[1] = FIELD_PREP(SMMU3_STE1_SHCFG, 1);
		ste.data[2] = (kind == S2 ? 1 : 2) | 0x1234ull << 32;
		ste.data[3] = kind == S2 ? 0x8000 : 0x9000;
		break;
	case NESTED:
		ste.data[0] = SMMU3_STE0_V | SMMU3_STE_NESTED << 1 | 0x5000;
		ste.data[1] = 1 | SMMU3_STE1_MEV;
		ste.data[2] = 1 | 0x1234ull << 32;
		ste.data[3] = 0x8000;
		break;
	default:
		break;
	}
	memcpy(out, ste.data, sizeof(ste.data));
}

static void change(struct watch *watch, enum kind from, enum kind to)
{
	memset(watch, 0, sizeof(*watch));
	make(from, watch->old);
	make(to, watch->new);
	memcpy(watch->live, watch->old, sizeof(watch->live));
	memcpy(watch->seen, watch->old, sizeof(watch->seen));
	smmu3_entry_write(watch->live, watch->new, &watch_ops, watch);
	judge(watch);
}

/*
 * Law: whatever mixture of words the hardware reads between two
 * invalidations, it means the old entry, the new one, or nothing; afterwards
 * the entry is the new one to the bit.  For every pair of kinds.
 */
static void no_third_meaning_is_ever_seen(void **state)
{
	struct watch watch;
	int from, to;

	for (from = 0; from < KINDS; from++) {
		for (to = 0; to < KINDS; to++) {
			change(&watch, from, to);
			assert_false(watch.wrong);
			assert_memory_equal(watch.live, watch.new,
					    sizeof(watch.new));
			if (from == to)
				assert_int_equal(watch.syncs, 0);
		}
	}
}

/*
 * Law: traffic is never refused for a moment where one word decides: between
 * abort, bypass and any translating configuration, both ways.
 */
static void simple_changes_have_no_gap(void **state)
{
	static const enum kind simple[] = { ABORT };
	static const enum kind any[] = { BYPASS, S1, S2, NESTED };
	struct watch watch;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(simple); i++) {
		for (j = 0; j < ARRAY_SIZE(any); j++) {
			change(&watch, simple[i], any[j]);
			assert_false(watch.gap);
			change(&watch, any[j], simple[i]);
			assert_false(watch.gap);
		}
	}
	/* One descriptor table for another: one word. */
	change(&watch, S1, S1_OTHER);
	assert_false(watch.gap);
	/* Two words of a stage 2 cannot change at once. */
	change(&watch, S2, S2_OTHER);
	assert_true(watch.gap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_third_meaning_is_ever_seen),
		cmocka_unit_test(simple_changes_have_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
