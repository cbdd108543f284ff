// SPDX-License-Identifier: MIT
/* Choosing IOVAs: spec/40 section 10. */
#include "ioas_rig.h"

#include <sys/mman.h>
#include <time.h>

/* ---- the worked examples, one after the other in one IOAS ---- */

enum step_kind { END, MAP, FIXED, FILE_MAP, COPY };

struct example_step {
	enum step_kind kind;
	u64 from;			/* address, file offset, source IOVA */
	u64 length;
	u64 iova;			/* fixed */
	int error;
	u64 result;
};

struct example {
	const char *name;
	struct iommu_iova_range allowed[2];
	struct { u64 start, length; } reserved[3];
	struct example_step steps[9];
};

#define AUTO(va, length, result) { MAP, va, length, 0, 0, result }
#define FAILS(va, length, error) { MAP, va, length, 0, error, 0 }

static const struct example examples[] = {
	{ "pages", .steps = {
		AUTO(0x7f0000001000, 0x1000, 0x1000),
		AUTO(0x7f0000001000, 0x1000, 0x2000),
		AUTO(0x7f0000000000, 0x1000, 0x3000),
		AUTO(0x7f0000004000, 0x3000, 0x4000),
		AUTO(0x7f0000002000, 0x10000, 0x8000),
		AUTO(0x40000000, 0x200000, 0x200000),
		AUTO(0x40000000, 0x40000000, 0x400000),
		AUTO(0x40000000, 0x1000, 0x7000) } },
	{ "parts of pages", .steps = {
		AUTO(0x10000c00, 0x100, 0x1c00),
		AUTO(0x10000c00, 0x100, 0x1d00),
		AUTO(0x10000400, 0x900, 0x2400),
		AUTO(0x100003ff, 0x1, 0x13ff),
		AUTO(0x10000001, 0x2000, 0x2d01),
		AUTO(0x10000c00, 0x400, 0x5c00) } },
	{ "the OR", .steps = {
		AUTO(0, 0xc00, 0x1000), AUTO(0xaf2bb00, 0x21ce, 0x1f00) } },
	{ "address 0", .steps = {
		AUTO(0, 1, 0x1000), AUTO(0, 0x1001, 0x2000),
		AUTO(0, 0x300000, 0x200000), AUTO(0, 0x5000, 0x8000) } },
	{ "the longest", .steps = {
		FAILS(0, 0x7fffffffffffffff, -EOVERFLOW),
		AUTO(0, 0x7ffffffffffffffe, 0x200000) } },
	{ "allowed", .allowed = { { 0x5000, 0x8fff } }, .steps = {
		AUTO(0x1000, 0x4000, 0x5000), FAILS(0x1000, 0x1000, -ENOSPC),
		{ FIXED, 0x1000, 0x1000, 0x100000, 0, 0x100000 } } },
	{ "allowed low", .allowed = { { 0, 0x1000 } }, .steps = {
		FAILS(0x10000001, 1, -ENOSPC) } },
	{ "allowed low, one more", .allowed = { { 0, 0x1001 } }, .steps = {
		FAILS(0x10000001, 1, -ENOSPC) } },
	{ "allowed, the first page cut off", .allowed = { { 0, 0x1fff } },
	  .steps = { AUTO(0x10000000, 0x1000, 0x1000) } },
	{ "allowed high",
	  .allowed = { { 0xfffffffffffe0000, 0xffffffffffffffff } },
	  .steps = { AUTO(0x1000, 0x1f000, 0xfffffffffffe0000) } },
	{ "reserved", .reserved = { { 0x1000, 0x1000 }, { 0x3000, 0x1000 },
				    { 0x3800, 0x2000 } },
	  .steps = {
		AUTO(0x7f0000001000, 0x1000, 0x2000),
		AUTO(0x7f0000001000, 0x1000, 0x6000),
		AUTO(0x7f0000001000, 0x2000, 0x7000),
		{ FIXED, 0x1000, 0x1000, 0x3000, -EINVAL, 0 } } },
	{ "allowed with an area", .allowed = { { 0x10000, 0x1ffff } },
	  .steps = {
		{ FIXED, 0x1000, 0x1000, 0x14000, 0, 0x14000 },
		AUTO(0x7f0000001000, 0x4000, 0x10000),
		AUTO(0x7f0000001000, 0x4000, 0x15000),
		FAILS(0x7f0000001000, 0x8000, -ENOSPC) } },
	{ "allowed that touch",
	  .allowed = { { 0x20000, 0x27fff }, { 0x28000, 0x2ffff } },
	  .steps = { AUTO(0x7f0000000000, 0x10000, 0x20000) } },
	{ "files", .steps = {
		{ FILE_MAP, 0, 0x3000, 0, 0, 0x4000 },
		{ FILE_MAP, 0x1000, 0x3000, 0, 0, 0x1000 },
		{ FILE_MAP, 0x800, 0x100, 0, 0, 0x7800 } } },
	{ "copies", .steps = {
		{ FIXED, 0x40000000, 0x400000, 0x100000, 0, 0x100000 },
		{ COPY, 0x100000, 0x200000, 0, 0, 0x600000 },
		{ COPY, 0x101000, 0x3000, 0, 0, 0x1000 } } },
};

static int do_step(struct rig *rig, u32 ioas, const struct example_step *step,
		   u64 *iova)
{
	void *va = (void *)(uintptr_t)step->from;

	*iova = step->iova;
	switch (step->kind) {
	case FIXED:
		return ioas_map(rig, ioas, MAP_FIXED_RW, va, step->length,
				iova);
	case FILE_MAP:
		return ioas_map_file(rig, ioas, MAP_RW, memory_file(0x10000),
				     step->from, step->length, iova);
	case COPY:
		return ioas_copy(rig, ioas, ioas, MAP_RW, step->from,
				 step->length, iova);
	default:
		return ioas_map(rig, ioas, MAP_RW, va, step->length, iova);
	}
}

static void run_example(struct rig *rig, const struct example *example)
{
	u32 ioas = rig_ioas(rig), allowed = 0;

	for (int i = 0; i < 3 && example->reserved[i].length; i++)
		assert_int_equal(iopt_reserve(iopt_of(rig, ioas),
					      example->reserved[i].start,
					      example->reserved[i].start +
					      example->reserved[i].length - 1,
					      NULL), 0);
	while (allowed < 2 && example->allowed[allowed].last)
		allowed++;
	assert_int_equal(ioas_allow(rig, ioas, example->allowed, allowed), 0);
	for (const struct example_step *s = example->steps; s->kind; s++) {
		u64 iova;
		int ret = do_step(rig, ioas, s, &iova);

		if (ret != s->error || (!ret && iova != s->result))
			fail_msg("%s, step %td: %d, %#llx", example->name,
				 s - example->steps, ret, iova);
	}
	iopt_check(iopt_of(rig, ioas));
	assert_int_equal(rig_destroy(rig, ioas), 0);
}

static void test_examples(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		run_example(*state, &examples[i]);
}

/* ---- against a model written from the rules ---- */

#define MODEL_MAX 512

/* Areas and reserved ranges, and allowed ones, as plain lists. */
struct model {
	struct iopt_range taken[MODEL_MAX];
	unsigned int taken_count;
	struct iopt_range allowed[8];
	unsigned int allowed_count;
	unsigned long alignment;
};

static bool model_fit(unsigned long first, unsigned long last,
		      unsigned long length, unsigned long al, unsigned long po,
		      unsigned long *start)
{
	unsigned long s;

	if (first > ULONG_MAX - (al - 1))
		return false;
	s = (first + al - 1) / al * al | po;
	if (s >= last || last - s < length - 1)
		return false;
	*start = s;
	return true;
}

/* The end of what is taken around @at, or of what is free. */
static bool model_taken(const struct model *model, unsigned long at,
			unsigned long *last)
{
	bool taken = false;

	*last = ULONG_MAX;
	for (unsigned int i = 0; i < model->taken_count; i++) {
		const struct iopt_range *range = &model->taken[i];

		if (at >= range->first && at <= range->last) {
			*last = range->last;
			return true;
		}
		if (range->first > at)
			*last = min(*last, range->first - 1);
	}
	return taken;
}

static bool model_span(const struct model *model, unsigned long a,
		       unsigned long b, unsigned long length, unsigned long al,
		       unsigned long po, unsigned long *out)
{
	unsigned long at, last;

	if (!model_fit(a, b, length, al, po, &at))
		return false;
	while (at <= b) {
		bool taken = model_taken(model, at, &last);

		last = min(last, b);
		if (!taken && model_fit(at, last, length, al, po, out))
			return true;
		if (last == ULONG_MAX)
			return false;
		at = last + 1;
	}
	return false;
}

static int model_choose(const struct model *model, unsigned long addr,
			unsigned long length, unsigned long *out)
{
	unsigned long al = 1, po = addr % PAGE_SIZE;

	if (!length || length >= LONG_MAX)
		return -EOVERFLOW;
	while (al < length)
		al *= 2;
	while (addr && addr % al)
		al /= 2;
	al = min(al, 2ul << 20);
	if (al < model->alignment)
		return -EINVAL;
	if (!model->allowed_count)
		return model_span(model, 4096, ULONG_MAX - 4096, length, al, po,
				  out) ? 0 : -ENOSPC;
	/* The lists of these tests are ascending and never touch. */
	for (unsigned int i = 0; i < model->allowed_count; i++) {
		unsigned long a = max(model->allowed[i].first, 4096ul);
		unsigned long b = min(model->allowed[i].last,
				      ULONG_MAX - 4096);

		if (a <= b && model_span(model, a, b, length, al, po, out))
			return 0;
	}
	return -ENOSPC;
}

static void model_remove(struct model *model, unsigned int i)
{
	model->taken[i] = model->taken[--model->taken_count];
}

static unsigned long random_length(u64 *seed)
{
	unsigned long bits = random_below(seed, 24);

	return 1 + random_below(seed, 1ul << bits);
}

static unsigned long random_addr(u64 *seed)
{
	unsigned long addr = random_below(seed, 1ul << 40);

	return addr & ~0ul << random_below(seed, 24);
}

struct duel {
	struct rig *rig;
	u32 ioas;
	struct model model;
	unsigned int fixed;		/* reserved: not to be unmapped */
	u64 seed;
};

static void duel_map(struct duel *duel)
{
	unsigned long mask = duel->model.alignment - 1;
	unsigned long addr = random_addr(&duel->seed) & ~mask;
	unsigned long length = (random_length(&duel->seed) + mask) & ~mask;
	unsigned long want = 0;
	u64 iova = random_next(&duel->seed) >> 1;
	int expect = model_choose(&duel->model, addr, length, &want);
	int ret = ioas_map(duel->rig, duel->ioas, MAP_RW, (void *)addr, length,
			   &iova);

	if (ret != expect || (!ret && iova != want))
		fail_msg("map %#lx %#lx: %d %#llx, not %d %#lx", addr, length,
			 ret, iova, expect, want);
	if (ret)
		return;
	assert_true(duel->model.taken_count < MODEL_MAX);
	duel->model.taken[duel->model.taken_count++] =
		(struct iopt_range){ iova, iova + length - 1 };
}

static void duel_unmap(struct duel *duel)
{
	unsigned int count = duel->model.taken_count - duel->fixed, i;
	struct iopt_range *range;

	if (!count)
		return;
	i = duel->fixed + random_below(&duel->seed, count);
	range = &duel->model.taken[i];
	assert_int_equal(ioas_unmap_at(duel->rig, duel->ioas, range->first,
				       range->last - range->first + 1), 0);
	model_remove(&duel->model, i);
}

static void duel_begin(struct duel *duel, struct rig *rig, u64 seed)
{
	unsigned int ranges = seed % 4;
	unsigned long at = 0;
	struct iopt *iopt;

	memset(duel, 0, sizeof(*duel));
	duel->rig = rig;
	duel->seed = seed;
	duel->ioas = rig_ioas(rig);
	duel->model.alignment = 1;
	iopt = iopt_of(rig, duel->ioas);
	if (seed % 3 == 0) {
		assert_int_equal(ioas_huge(rig, duel->ioas, 0), 0);
		duel->model.alignment = PAGE_SIZE;
	}
	for (unsigned int i = 0; i < ranges; i++) {
		unsigned long first = random_below(&duel->seed, 1 << 24);
		unsigned long last = first + random_length(&duel->seed);

		assert_int_equal(iopt_reserve(iopt, first, last, NULL), 0);
		duel->model.taken[duel->model.taken_count++] =
			(struct iopt_range){ first, last };
	}
	duel->fixed = duel->model.taken_count;
	/* Between the reserved ranges, so that both can be. */
	for (unsigned int i = 0; !ranges && i < seed / 4 % 4; i++) {
		struct iopt_range *allowed =
			&duel->model.allowed[duel->model.allowed_count++];

		allowed->first = at + random_below(&duel->seed, 1 << 20);
		allowed->last = allowed->first + 1 +
				random_below(&duel->seed, 1 << 23);
		at = allowed->last + 2;
	}
	assert_int_equal(ioas_allow(rig, duel->ioas,
				    (void *)duel->model.allowed,
				    duel->model.allowed_count), 0);
}

/* Whatever is mapped, reserved and allowed: the same IOVA, or error. */
static void test_against_model(void **state)
{
	static struct duel duel;

	for (u64 seed = 1; seed <= 40; seed++) {
		duel_begin(&duel, *state, seed);
		for (int i = 0; i < 400; i++) {
			if (random_below(&duel.seed, 5) < 3)
				duel_map(&duel);
			else
				duel_unmap(&duel);
		}
		iopt_check(iopt_of(*state, duel.ioas));
		assert_int_equal(rig_destroy(*state, duel.ioas), 0);
	}
}

/* ---- errors and order of checks ---- */

static void test_errors(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	unsigned long out = 77;

	assert_int_equal(iopt_choose_iova(iopt, 0, 0, &out), -EOVERFLOW);
	assert_int_equal(iopt_choose_iova(iopt, 0, LONG_MAX, &out),
			 -EOVERFLOW);
	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	/* Short lengths and odd addresses give less than a page. */
	assert_int_equal(iopt_choose_iova(iopt, 0, 1, &out), -EINVAL);
	assert_int_equal(iopt_choose_iova(iopt, 0x800, 0x1000, &out), -EINVAL);
	/* Everything is taken. */
	assert_int_equal(iopt_reserve(iopt, 0x1000, ULONG_MAX, NULL), 0);
	assert_int_equal(iopt_choose_iova(iopt, 0x1000, 0x1000, &out),
			 -ENOSPC);
	assert_true(out == 77);
}

/* ---- a million ---- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static void map_many(struct iopt *iopt, struct iopt_piece *piece,
		     unsigned long count, unsigned long first)
{
	for (unsigned long i = 0; i < count; i++) {
		unsigned long iova = first + i * 0x2000;

		assert_int_equal(iopt_map_pieces(iopt, piece, 1, 0x1000,
						 IOMMU_READ, true, &iova), 0);
	}
}

/*
 * Each hole of a million is too short but the last: a choice that looked at
 * them one by one would take minutes for these, and so would a destroy that
 * looked for each area from the start.  The limits are far from both.
 */
static void test_many_areas(void **state)
{
	struct rig *rig = *state;
	unsigned long count = 1000000, choices = 20000;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct iopt_piece piece = {
		pages_new_user(rig_ctx(rig), 0x10000000, 0x1000, false),
		0, 0x1000
	};
	unsigned long iova;
	double start;

	map_many(iopt, &piece, count, 0x1000);
	start = seconds();
	for (unsigned long i = 0; i < choices; i++) {
		assert_int_equal(iopt_choose_iova(iopt, 0x2000, 0x2000, &iova),
				 0);
		assert_true(iova == count * 0x2000);
	}
	assert_true(seconds() - start < 30);
	pages_put(piece.pages);
	start = seconds();
	assert_int_equal(rig_destroy(rig, ioas), 0);
	assert_true(seconds() - start < 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_examples),
		IOAS_TEST(test_against_model),
		IOAS_TEST(test_errors),
		IOAS_TEST(test_many_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
