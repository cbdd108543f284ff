/* SPDX-License-Identifier: MIT */
/*
 * The whole machine under random work and random faults out of a seed.
 *
 * Software here does what the rules ask for: it rings doorbells, mends queues
 * that stopped, turns them off and on.  Whatever the hardware is told to do
 * wrong, no queue hangs, nothing is executed twice or left out, each error is
 * reported where it should be, and a run is a function of its seed.  Seeds of a
 * failure are printed; UIOMMUFD_SOAK_SEED and UIOMMUFD_SOAK_RUNS choose others.
 */
#include "hw.h"

#define QUEUES 5
#define LOG2 5
#define ROUNDS 400
#define MAX_TRIES 4000
#define MAX_FAULTS_A_RUN 8

struct soak_queue {
	int number;		/* UIOMMUFD_QUEUE_MAIN or the VCMDQ's */
	unsigned int v, l;
	bool guest;
	struct ring ring;
	uint64_t issued;	/* entries rung */
	uint64_t mended[8];	/* by CONS.ERR */
};

struct soak {
	struct hw *hw;
	uint64_t seed;
	uint64_t fault_seed;
	uint64_t hash;		/* of everything that was observed */
	struct soak_queue queue[QUEUES];
};

/* Main; a host's two; a guest's two. */
static const struct {
	int number;
	unsigned int v, l;
	bool guest;
} places[QUEUES] = { { UIOMMUFD_QUEUE_MAIN, 0, 0, false }, { 0, 0, 0, false },
		     { 1, 0, 1, false }, { 2, 1, 0, true }, { 3, 1, 1, true } };

static void note(struct soak *soak, uint64_t what)
{
	soak->hash = (soak->hash ^ what) * 0x100000001b3ull;
}

static uint32_t choose(struct soak *soak, uint32_t limit)
{
	return (next_random(&soak->seed) >> 20) % limit;
}

/* --- registers of a queue, wherever they are ------------------------------- */

static uint32_t get_cons(struct soak *soak, struct soak_queue *q)
{
	return q->number < 0 ? srd(soak->hw, 0x9c) :
			       rd(soak->hw, LV(q->v, q->l));
}

static void set_prod(struct soak *soak, struct soak_queue *q)
{
	if (q->number < 0)
		swr(soak->hw, 0x98, q->ring.prod);
	else
		wr(soak->hw, LV(q->v, q->l) + 4, q->ring.prod);
}

static bool is_in_error(struct soak *soak, struct soak_queue *q)
{
	struct hw *hw = soak->hw;

	if (q->number < 0)
		return (srd(hw, 0x60) ^ srd(hw, 0x64)) & 1;
	return (rd(hw, LV(q->v, q->l) + 0x10) ^
		rd(hw, LV(q->v, q->l) + 0x14)) & 1;
}

static void acknowledge(struct soak *soak, struct soak_queue *q)
{
	struct hw *hw = soak->hw;

	if (q->number < 0)
		swr(hw, 0x64, srd(hw, 0x60));
	else
		wr(hw, LV(q->v, q->l) + 0x14, rd(hw, LV(q->v, q->l) + 0x10));
}

/* --- laws at every moment ---------------------------------------------------*/

/* The three maps say what the queues' own registers say. */
static void check_maps(struct soak *soak)
{
	struct hw *hw = soak->hw;

	for (int i = 1; i < QUEUES; i++) {
		struct soak_queue *q = &soak->queue[i];
		bool error = is_in_error(soak, q);
		uint64_t map = rd64(hw, VINTF(q->v) + 0xc0);

		assert_int_equal(map >> q->l & 1, error);
		assert_int_equal(rd(hw, 0x24) >> q->number & 1, error);
		if (error)
			assert_true(rd(hw, 0x14) >> q->v & 1);
	}
}

/* An error is shown with a code that its kind has; software mends it. */
static void mend(struct soak *soak, struct soak_queue *q)
{
	uint32_t cons = get_cons(soak, q);
	uint32_t code = cons >> 24 & 0x7f;
	uint32_t slot = cons & ((1u << LOG2) - 1);
	uint8_t opcode = q->ring.entry[2 * slot];

	check_maps(soak);
	note(soak, cons);
	assert_in_range(code, 1, 4);
	if (code == UIOMMUFD_COMMAND_ATC_TIMEOUT)
		assert_int_equal(opcode, 0x46);
	if (code == UIOMMUFD_COMMAND_ACCESS)
		assert_true(q->guest);
	q->mended[code]++;
	if (code == UIOMMUFD_COMMAND_ILLEGAL ||
	    code == UIOMMUFD_COMMAND_ACCESS) {
		q->ring.entry[2 * slot] = SYNC0;
		q->ring.entry[2 * slot + 1] = 0;
	}
	acknowledge(soak, q);
	assert_false(is_in_error(soak, q));
}

/* Until everything rung was executed; never forever. */
static void finish(struct soak *soak, struct soak_queue *q)
{
	int tries = 0;

	for (;;) {
		uint32_t cons = get_cons(soak, q);

		if ((cons & 0xfffff) == q->ring.prod)
			return;
		if (is_in_error(soak, q))
			mend(soak, q);
		uiommufd_platform_advance(soak->hw->platform, 1000);
		uiommufd_vcmdq_step(soak->hw->platform, UINT64_MAX);
		if (++tries > MAX_TRIES)
			fail_msg("queue %d hangs at 0x%x of 0x%x", q->number,
				 cons, q->ring.prod);
	}
}

/* --- what software does ------------------------------------------------------*/

static uint64_t random_command(struct soak *soak, struct soak_queue *q)
{
	static const uint8_t host[] = { 0x11, 0x12, 0x12, 0x12, 0x22, 0x2a,
					0x03, 0x05, 0x40, 0x46, 0x46, 0x30 };
	static const uint8_t guest[] = { 0x11, 0x12, 0x12, 0x12, 0x40, 0x46 };
	uint64_t opcode = q->guest ? guest[choose(soak, sizeof(guest))] :
				     host[choose(soak, sizeof(host))];

	/* Now and then something that no queue or no guest may issue. */
	if (!choose(soak, 50))
		opcode = choose(soak, 256);
	if (opcode == 0x40)
		return opcode | (uint64_t)(5 + !choose(soak, 20)) << 32;
	/* CMD_SYNC without message, CFGI and TLBI with some of anything. */
	return opcode == 0x46 ? opcode :
				opcode | next_random(&soak->seed) << 32;
}

static void issue(struct soak *soak, struct soak_queue *q)
{
	uint32_t count = 1 + choose(soak, (1u << LOG2) - 1);

	finish(soak, q);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t word0 = random_command(soak, q);

		ring_put(&q->ring, word0,
			 (uint8_t)word0 == 0x46 ? 0 : choose(soak, 64) << 12);
	}
	q->issued += count;
	set_prod(soak, q);
}

static void wait_status(struct soak *soak, uint32_t offset, uint32_t want)
{
	for (int i = 0; (rd(soak->hw, offset) & 1) != want; i++) {
		uiommufd_platform_advance(soak->hw->platform, 100);
		uiommufd_vcmdq_step(soak->hw->platform, UINT64_MAX);
		if (i > MAX_TRIES)
			fail_msg("STATUS at 0x%x does not become %u", offset,
				 want);
	}
}

/* Off with work in flight, and on again where it was. */
static void toggle(struct soak *soak, struct soak_queue *q)
{
	if (q->number < 0)
		return;
	wr(soak->hw, LV(q->v, q->l) + 8, 0);
	wait_status(soak, LV(q->v, q->l) + 0xc, 0);
	/* Errors that come without an interrupt are found like this too. */
	if (is_in_error(soak, q))
		mend(soak, q);
	wr(soak->hw, LV(q->v, q->l) + 8, 1);
	wait_status(soak, LV(q->v, q->l) + 0xc, 1);
}

static void inject(struct soak *soak)
{
	struct uiommufd_fault fault;

	uiommufd_fault_random(&soak->fault_seed, &fault);
	if (uiommufd_fault_inject(soak->hw->platform, &fault) < 0) {
		assert_int_equal(errno, ENOSPC);
		uiommufd_fault_clear(soak->hw->platform, -1);
	}
}

static void one_round(struct soak *soak)
{
	struct soak_queue *q = &soak->queue[choose(soak, QUEUES)];

	switch (choose(soak, 8)) {
	case 0:
		inject(soak);
		break;
	case 1:
		toggle(soak, q);
		break;
	case 2:
		uiommufd_platform_advance(soak->hw->platform,
					  choose(soak, 10000));
		break;
	case 3:
		uiommufd_platform_interrupts(soak->hw->platform);
		break;
	case 4:
		note(soak, uiommufd_vcmdq_step(soak->hw->platform,
					       choose(soak, 40)));
		break;
	default:
		issue(soak, q);
	}
	check_maps(soak);
}

/* --- a run ---------------------------------------------------------------------*/

static void observe(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct soak *soak = arg;

	note(soak, command->word[0]);
	note(soak, command->word[1]);
	note(soak, command->queue << 8 | command->error);
	/* Isolation: a guest's invalidations carry its VMID alone. */
	if (command->vintf == 1 && !command->error &&
	    ((uint8_t)command->word[0] == 0x11 ||
	     (uint8_t)command->word[0] == 0x12))
		assert_int_equal(command->word[0] >> 32 & 0xffff, 0x55);
}

static void soak_start(struct soak *soak, uint64_t seed)
{
	struct hw *hw;

	memset(soak, 0, sizeof(*soak));
	soak->seed = seed * 2 + 1;
	soak->fault_seed = seed;
	soak->hw = hw = hw_new();
	hw_enable_vintf(hw, 0, 1u << 17);
	hw_enable_vintf(hw, 1, 0x55 << 1);
	wr(hw, VINTF(1) + 0x80, 0x105);
	wr(hw, VINTF(1) + 0x40, 5 << 1 | 1);
	for (int i = 0; i < QUEUES; i++) {
		struct soak_queue *q = &soak->queue[i];

		q->number = places[i].number;
		q->v = places[i].v;
		q->l = places[i].l;
		q->guest = places[i].guest;
		ring_init(&q->ring, LOG2);
		if (q->number < 0) {
			hw_main_queue(hw, &q->ring);
			continue;
		}
		hw_map(hw, q->number, q->v, q->l);
		hw_start(hw, q->v, q->l, &q->ring);
	}
	uiommufd_vcmdq_observe(hw->platform, observe, soak);
}

/* Every entry was executed once; every error was met once. */
static void soak_settle(struct soak *soak)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	for (int i = 0; i < QUEUES; i++)
		finish(soak, &soak->queue[i]);
	uiommufd_fault_clear(soak->hw->platform, -1);
	for (int i = 0; i < QUEUES; i++) {
		struct soak_queue *q = &soak->queue[i];
		struct uiommufd_vcmdq_counters c =
			counters_of(soak->hw, q->number);

		assert_int_equal(c.commands, q->issued);
		for (int code = 1; code <= 4; code++)
			assert_int_equal(c.error_code[code], q->mended[code]);
	}
	uiommufd_platform_interrupts(soak->hw->platform);
	assert_int_equal(uiommufd_platform_audit(soak->hw->platform, &audit),
			 0);
}

/* What all runs together met. */
static uint64_t met[8];

static uint64_t run(uint64_t seed)
{
	struct soak soak;
	uint64_t hash;

	soak_start(&soak, seed);
	for (int i = 0; i < ROUNDS; i++)
		one_round(&soak);
	soak_settle(&soak);
	hash = soak.hash;
	hw_free(soak.hw);
	for (int i = 0; i < QUEUES; i++) {
		ring_fini(&soak.queue[i].ring);
		for (int code = 0; code < 8; code++)
			met[code] += soak.queue[i].mended[code];
	}
	return hash;
}

static uint64_t from_environment(const char *name, uint64_t value)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : value;
}

static void test_soak(void **state)
{
	uint64_t first = from_environment("UIOMMUFD_SOAK_SEED", 1);
	uint64_t runs = from_environment("UIOMMUFD_SOAK_RUNS", 60);

	for (uint64_t seed = first; seed < first + runs; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		run(seed);
	}
	for (int code = 1; code <= 4; code++)
		print_message("CONS.ERR %d: %llu\n", code,
			      (unsigned long long)met[code]);
	/* Enough of them meet everything there is to meet. */
	for (int code = 1; runs >= 60 && code <= 4; code++)
		assert_true(met[code] > 0);
}

/* Law: the same seed is the same run, to the last bit that was seen. */
static void test_replay(void **state)
{
	uint64_t hash = run(7);

	assert_true(hash == run(7));
	assert_true(hash != run(8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_soak),
		cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
