/* SPDX-License-Identifier: MIT */
/*
 * Devices that access memory through tables that software wrote, and the law
 * that catches software (and hardware) that invalidates badly.
 *
 * The driver here is a few lines: it writes tables by hand and issues what
 * each test lets it issue.  Its deliberate mistakes are the tests.
 */
#include "hw.h"
#include <pthread.h>
#include <sched.h>
#include <uiommufd/dma.h>
#include <unistd.h>
#include "sim/device.h"

#define SID 3
#define PAGE 4096
#define IOVA 0x40201000ull
#define VMID 0x55
#define ASID 9
#define PTE_LEAF 0x403ull	/* page, access flag */
#define S2_RW 0xc0ull
#define S1_NG 0x800ull
#define READ_ONLY_S1 0x80ull

/* A three-level table for 39 bits, one page of addresses deep. */
struct tree {
	uint64_t level[3][512] __attribute__((aligned(PAGE)));
};

struct bench {
	struct hw *hw;
	struct ring ring;	/* the SMMU's own queue */
	uint64_t (*ste)[8];	/* of 16 streams */
	uint64_t (*cd)[8];
	struct tree *s1, *s2;
	uint8_t *page[4];	/* memory that devices reach */
	enum uiommufd_dma_fault found;
	uint64_t findings;
	char report[6144];
};

static void *pages_of(size_t bytes)
{
	void *memory = aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);

	assert_non_null(memory);
	memset(memory, 0, bytes);
	return memory;
}

static uint64_t phys(const void *memory)
{
	return (uintptr_t)memory;
}

static unsigned int slot(uint64_t address, int level)
{
	return address >> (12 + 9 * (2 - level)) & 511;
}

/* Maps one page; all of a tree's mappings share their upper levels. */
static void tree_map(struct tree *tree, uint64_t address, uint64_t leaf)
{
	tree->level[0][slot(address, 0)] = phys(tree->level[1]) | 3;
	tree->level[1][slot(address, 1)] = phys(tree->level[2]) | 3;
	__atomic_store_n(&tree->level[2][slot(address, 2)], leaf,
			 __ATOMIC_RELEASE);
}

static void found(void *arg, const struct uiommufd_dma_violation *violation)
{
	struct bench *b = arg;

	b->found = violation->fault;
	b->findings++;
	snprintf(b->report, sizeof(b->report), "%s", violation->report);
}

static void issue(struct bench *b, uint64_t word0, uint64_t word1)
{
	ring_put(&b->ring, word0, word1);
	swr(b->hw, 0x98, b->ring.prod);
}

static void step(struct bench *b)
{
	uiommufd_vcmdq_step(b->hw->platform, UINT64_MAX);
}

static void wait_for(struct bench *b)
{
	issue(b, SYNC0, 0);
	step(b);
}

/* Stage 2 alone, with ATS or not. */
static void use_stage2(struct bench *b, uint32_t sid, bool ats)
{
	uint64_t *ste = b->ste[sid];

	ste[1] = ats ? 1ull << 28 : 0;
	/* 39 bits, from level 1 on, 4 KiB. */
	ste[2] = VMID | 25ull << 32 | 1ull << 38 | 1ull << 51;
	ste[3] = phys(b->s2->level[0]);
	ste[0] = 1 | 6 << 1;
}

static void use_stage1(struct bench *b, uint32_t sid, bool nested)
{
	uint64_t *ste = b->ste[sid];

	b->cd[0][1] = phys(b->s1->level[0]);
	b->cd[0][0] = 25 | 1ull << 31 | 1ull << 41 | (uint64_t)ASID << 48;
	if (nested)
		use_stage2(b, sid, false);
	ste[0] = 1 | (nested ? 7 : 5) << 1 | phys(b->cd);
}

static struct bench *bench_new(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->hw = hw_new();
	b->ste = pages_of(16 * 64);
	b->cd = pages_of(64);
	b->s1 = pages_of(sizeof(*b->s1));
	b->s2 = pages_of(sizeof(*b->s2));
	for (int i = 0; i < 4; i++) {
		b->page[i] = pages_of(PAGE);
		memset(b->page[i], 0x10 + i, PAGE);
	}
	ring_init(&b->ring, 8);
	uiommufd_mmio_write(b->hw->smmu, 0x80, 8, phys(b->ste));
	swr(b->hw, 0x88, 4);
	hw_main_queue(b->hw, &b->ring);
	swr(b->hw, 0x20, 9);
	assert_int_equal(uiommufd_dma_law(b->hw->platform, true, found, b), 0);
	return b;
}

static void bench_free(struct bench *b)
{
	uiommufd_dma_law(b->hw->platform, false, NULL, NULL);
	hw_free(b->hw);
	ring_fini(&b->ring);
	for (int i = 0; i < 4; i++)
		free(b->page[i]);
	free(b->s1);
	free(b->s2);
	free(b->cd);
	free(b->ste);
	free(b);
}

static int dma(struct bench *b, uint64_t address, void *buffer, size_t length,
	       bool write)
{
	struct uiommufd_dma access = {
		.size = sizeof(access), .stream_id = SID, .write = write,
		.address = address, .buffer = buffer, .length = length,
	};

	return uiommufd_dma(b->hw->platform, &access) ? errno : 0;
}

/* The first byte at IOVA, as a device reads it. */
static int look(struct bench *b)
{
	uint8_t byte = 0;
	int rc = dma(b, IOVA, &byte, 1, false);

	return rc ? -rc : byte;
}

/* --- translation ----------------------------------------------------------- */

/* Law: data goes where the tables say, over page ends, both ways. */
static void test_stage2(void **state)
{
	struct bench *b = bench_new();
	uint8_t buffer[PAGE];

	use_stage2(b, SID, false);
	tree_map(b->s2, IOVA, phys(b->page[1]) | PTE_LEAF | S2_RW);
	tree_map(b->s2, IOVA + PAGE, phys(b->page[0]) | PTE_LEAF | 0x40);
	assert_int_equal(dma(b, IOVA + 4000, buffer, 200, false), 0);
	assert_int_equal(buffer[95], 0x11);
	assert_int_equal(buffer[96], 0x10);
	memset(buffer, 0x77, 96);
	assert_int_equal(dma(b, IOVA + 4000, buffer, 96, true), 0);
	assert_int_equal(b->page[1][4095], 0x77);
	/* The second page is for reading, the third is not there. */
	assert_int_equal(dma(b, IOVA + PAGE, buffer, 1, true), EFAULT);
	assert_int_equal(dma(b, IOVA + 2 * PAGE, buffer, 1, false), EFAULT);
	assert_int_equal(dma(b, 1ull << 39, buffer, 1, false), EFAULT);
	assert_int_equal(b->page[0][0], 0x10);
	assert_int_equal(uiommufd_cache_count(b->hw->platform,
					      UIOMMUFD_CACHE_IOTLB), 1);
	assert_int_equal(b->findings, 0);
	bench_free(b);
}

/* Law: stage 1 alone; nested: tables, descriptors and pages are a guest's. */
static void test_stage1(void **state)
{
	struct bench *b = bench_new();

	use_stage1(b, SID, false);
	tree_map(b->s1, IOVA, phys(b->page[2]) | PTE_LEAF | S1_NG);
	assert_int_equal(look(b), 0x12);
	tree_map(b->s1, IOVA + PAGE, phys(b->page[2]) | PTE_LEAF |
					     READ_ONLY_S1);
	assert_int_equal(dma(b, IOVA + PAGE, &(uint8_t){ 0 }, 1, true),
			 EFAULT);
	bench_free(b);
}

/* Guest-physical addresses of the nested test: one tree covers 2 MiB. */
#define GPA(n) (0x40200000ull + PAGE * (n))

static void use_nested(struct bench *b)
{
	void *guest[] = { b->cd, b->s1->level[0], b->s1->level[1],
			  b->s1->level[2], b->page[0], b->page[1] };

	for (int i = 0; i < 6; i++)
		tree_map(b->s2, GPA(i), phys(guest[i]) | PTE_LEAF | S2_RW);
	use_stage1(b, SID, true);
	b->ste[SID][0] = 1 | 7 << 1 | GPA(0);
	b->cd[0][1] = GPA(1);
	b->s1->level[0][slot(IOVA, 0)] = GPA(2) | 3;
	b->s1->level[1][slot(IOVA, 1)] = GPA(3) | 3;
	b->s1->level[2][slot(IOVA, 2)] = GPA(4) | PTE_LEAF | S1_NG;
}

static void test_nested(void **state)
{
	struct bench *b = bench_new();
	struct uiommufd_translation entry = { .vmid = VMID, .asid = ASID,
					      .address = IOVA };

	use_nested(b);
	assert_int_equal(look(b), 0x10);
	/* Cached for the guest's VMID and ASID, all the way. */
	assert_int_equal(uiommufd_cache_find(b->hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &entry), 1);
	assert_true(entry.phys == phys(b->page[0]));
	/* The guest's table leaves the guest: stage 2 has no such page. */
	b->s1->level[2][slot(IOVA + PAGE, 2)] = GPA(9) | PTE_LEAF;
	assert_int_equal(dma(b, IOVA + PAGE, &(uint8_t){ 0 }, 1, false),
			 EFAULT);
	bench_free(b);
}

/* Law: what a stream is not set up for is refused, with an event. */
static void test_streams(void **state)
{
	struct bench *b = bench_new();
	uint64_t *events = pages_of(PAGE);
	uint8_t byte = 0;
	struct uiommufd_dma access = { .size = sizeof(access), .buffer = &byte,
				       .length = 1, .stream_id = 16 };

	uiommufd_mmio_write(b->hw->smmu, 0xa0, 8, phys(events) | 5);
	swr(b->hw, 0x20, 0xd);
	assert_int_equal(uiommufd_dma(b->hw->platform, &access), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(events[0], 0x02 | 16ull << 32);
	assert_int_equal(look(b), -EPERM);
	assert_int_equal(events[4], 0x04 | (uint64_t)SID << 32);
	b->ste[SID][0] = 1;
	assert_int_equal(look(b), -EPERM);	/* abort: no event */
	b->ste[SID][0] = 1 | 5 << 1 | phys(b->cd);
	assert_int_equal(look(b), -EPERM);
	assert_int_equal(events[8], 0x0a | (uint64_t)SID << 32);
	use_stage2(b, SID, false);
	assert_int_equal(look(b), -EFAULT);
	assert_int_equal(events[12] & 0xff, 0x10);
	assert_true(events[14] == IOVA);
	/* Bypass: the address is the physical one. */
	b->ste[SID][0] = 1 | 4 << 1;
	issue(b, 0x03 | (uint64_t)SID << 32, 1);
	wait_for(b);
	assert_int_equal(dma(b, phys(b->page[3]), &byte, 1, false), 0);
	assert_int_equal(byte, 0x13);
	access.size = 1;
	assert_int_equal(uiommufd_dma(b->hw->platform, &access), -1);
	assert_int_equal(errno, EINVAL);
	bench_free(b);
	free(events);
}

/* --- the law ------------------------------------------------------------------ */

static void map_page(struct bench *b, int page)
{
	tree_map(b->s2, IOVA, page < 0 ? 0 :
					 phys(b->page[page]) | PTE_LEAF | S2_RW);
}

static struct bench *with_page(int page)
{
	struct bench *b = bench_new();

	use_stage2(b, SID, false);
	map_page(b, page);
	assert_int_equal(look(b), 0x10 + page);
	return b;
}

static void invalidate(struct bench *b)
{
	issue(b, 0x2a | (uint64_t)VMID << 32, IOVA | 1);
}

static void expect(struct bench *b, enum uiommufd_dma_fault fault)
{
	if (b->found != fault)
		fail_msg("found %d, not %d: %s", b->found, fault, b->report);
	assert_int_equal(b->findings, fault ? 1 : 0);
	assert_int_equal(uiommufd_dma_violations(b->hw->platform),
			 fault ? 1 : 0);
}

/* A right driver: clear, invalidate, wait, and only then anything else. */
static void test_right_driver(void **state)
{
	struct bench *b = with_page(0);

	for (int i = 0; i < 50; i++) {
		map_page(b, -1);
		/* On its way out, it may still be used. */
		look(b);
		invalidate(b);
		look(b);
		wait_for(b);
		assert_int_equal(look(b), -EFAULT);
		uiommufd_dma_release(b->hw->platform, phys(b->page[i % 4]),
				     PAGE);
		map_page(b, (i + 1) % 4);
		uiommufd_dma_release(b->hw->platform, 0, 0);
		assert_int_equal(look(b), 0x10 + (i + 1) % 4);
	}
	expect(b, 0);
	bench_free(b);
}

/* It forgets the invalidation: the memory is given back, a device has it. */
static void test_forgotten(void **state)
{
	struct bench *b = with_page(0);

	map_page(b, -1);
	uiommufd_dma_release(b->hw->platform, phys(b->page[0]), PAGE);
	assert_int_equal(look(b), 0x10);
	expect(b, UIOMMUFD_DMA_FORGOTTEN);
	assert_non_null(strstr(b->report, "StreamID 0x3 reads 0x40201000"));
	assert_non_null(strstr(b->report, "the tables say nothing"));
	assert_non_null(strstr(b->report, "test_forgotten"));
	assert_non_null(strstr(b->report, "the memory was given back"));
	bench_free(b);
}

/* It invalidates another page than it unmapped. */
static void test_wrong_page(void **state)
{
	struct bench *b = with_page(0);

	map_page(b, -1);
	issue(b, 0x2a | (uint64_t)VMID << 32, (IOVA + PAGE) | 1);
	wait_for(b);
	uiommufd_dma_release(b->hw->platform, phys(b->page[0]), PAGE);
	look(b);
	expect(b, UIOMMUFD_DMA_FORGOTTEN);
	/* The command stream is told. */
	assert_non_null(strstr(b->report, "queue -1: 000000550000002a "
					  "0000000040202001"));
	bench_free(b);
}

/* It maps the address anew without waiting for the invalidation. */
static void test_reused_early(void **state)
{
	struct bench *b = with_page(0);

	map_page(b, -1);
	invalidate(b);		/* rung, not executed */
	map_page(b, 1);
	assert_int_equal(look(b), 0x10);
	expect(b, UIOMMUFD_DMA_REUSED);
	assert_non_null(strstr(b->report, "leads elsewhere"));
	wait_for(b);
	assert_int_equal(look(b), 0x11);
	assert_int_equal(b->findings, 1);
	bench_free(b);
}

/* It changes a device's stage without CFGI. */
static void test_forgotten_config(void **state)
{
	struct bench *b = with_page(0);

	tree_map(b->s1, IOVA, phys(b->page[1]) | PTE_LEAF | S1_NG);
	use_stage1(b, SID, false);
	assert_int_equal(look(b), 0x10);
	expect(b, UIOMMUFD_DMA_REUSED);
	issue(b, 0x03 | (uint64_t)SID << 32, 1);
	wait_for(b);
	assert_int_equal(look(b), 0x11);
	assert_int_equal(b->findings, 1);
	bench_free(b);
}

/* It invalidates the IOTLB, and forgets the device's own cache. */
static void test_forgotten_atc(void **state)
{
	struct bench *b = bench_new();

	use_stage2(b, SID, true);
	map_page(b, 0);
	swr(b->hw, 0x20, 0x19);
	assert_int_equal(look(b), 0x10);
	assert_int_equal(uiommufd_cache_count(b->hw->platform,
					      UIOMMUFD_CACHE_ATC), 1);
	map_page(b, -1);
	invalidate(b);
	wait_for(b);
	map_page(b, 2);
	assert_int_equal(look(b), 0x10);
	expect(b, UIOMMUFD_DMA_REUSED);
	assert_non_null(strstr(b->report, "  ATC of"));
	issue(b, 0x40 | (uint64_t)SID << 32, IOVA);
	wait_for(b);
	assert_int_equal(look(b), 0x12);
	bench_free(b);
}

/* The hardware's fault: it says done, and did not. */
static void test_lost(void **state)
{
	struct uiommufd_fault fault;
	struct bench *b = with_page(0);

	uiommufd_fault_parse("lost-invalidation", &fault, NULL);
	uiommufd_fault_inject(b->hw->platform, &fault);
	map_page(b, -1);
	invalidate(b);
	look(b);
	step(b);
	look(b);		/* no CMD_SYNC yet */
	assert_int_equal(b->findings, 0);
	wait_for(b);
	assert_int_equal(look(b), 0x10);
	expect(b, UIOMMUFD_DMA_LOST);
	bench_free(b);
}

/* A wrong guest: its own queue, its own tables, another ASID than its own. */
static void guest_case(unsigned int asid, enum uiommufd_dma_fault fault)
{
	struct bench *b = bench_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(b->hw, &ring);
	use_nested(b);
	assert_int_equal(look(b), 0x10);
	b->s1->level[2][slot(IOVA, 2)] = 0;
	/* The VMID is the hardware's to put in: the guest's is nonsense. */
	ring_put(&ring, tlbi_va0(0x999, asid), IOVA | 1);
	ring_put(&ring, SYNC0, 0);
	wr(b->hw, LV(1, 0) + 4, ring.prod);
	step(b);
	b->s1->level[2][slot(IOVA, 2)] = GPA(5) | PTE_LEAF | S1_NG;
	assert_int_equal(look(b), fault ? 0x10 : 0x11);
	expect(b, fault);
	bench_free(b);
	ring_fini(&ring);
}

static void test_guest(void **state)
{
	guest_case(ASID, 0);
	guest_case(ASID + 1, UIOMMUFD_DMA_REUSED);
}

/* Law: random drivers: whoever leaves a step out is found, others are not. */
static void test_random_drivers(void **state)
{
	for (uint64_t seed = 1; seed < 200; seed++) {
		uint64_t random = seed * 2654435761u;
		struct bench *b = with_page(0);
		bool careless = seed % 4 == 0;
		bool wrong = false;
		int page = 0;

		for (int i = 0; i < 30; i++) {
			bool forget = careless && !(next_random(&random) % 8);
			int next = next_random(&random) % 4;

			map_page(b, -1);
			if (next_random(&random) % 2)
				look(b);
			if (!forget) {
				invalidate(b);
				wait_for(b);
			}
			map_page(b, next);
			wrong |= forget && next != page;
			if (wrong && b->found)
				break;
			look(b);
			if (forget && next != page && !b->found)
				fail_msg("seed %llu: not found",
					 (unsigned long long)seed);
			page = next;
		}
		assert_int_equal(!!b->findings, wrong);
		bench_free(b);
	}
}

/* Law: off, it says nothing and keeps nothing. */
static void test_off(void **state)
{
	struct bench *b = with_page(0);

	uiommufd_dma_law(b->hw->platform, false, NULL, NULL);
	assert_false(b->hw->sim->slow);
	map_page(b, 1);
	assert_int_equal(look(b), 0x10);
	assert_int_equal(b->findings, 0);
	assert_int_equal(uiommufd_dma_violations(b->hw->platform), 0);
	bench_free(b);
}

/* --- CMD_SYNC --------------------------------------------------------------- */

static void *look_main(void *arg)
{
	return (void *)(intptr_t)look(arg);
}

static bool stepping;

static void *step_main(void *arg)
{
	__atomic_store_n(&stepping, true, __ATOMIC_RELAXED);
	step(arg);
	return NULL;
}

/*
 * Law: a CMD_SYNC waits for an access that is under way, whether the law is on
 * (and commands go the long way) or not.
 */
static void sync_case(bool law)
{
	struct bench *b = with_page(0);
	struct sim *sim = b->hw->sim;
	pthread_t device, engine;
	uint32_t cons;
	void *byte;

	if (!law)
		uiommufd_dma_law(b->hw->platform, false, NULL, NULL);
	issue(b, SYNC0, 0);
	/* What it looks up in the cache that we keep does not come. */
	spin_lock(&sim->cache[UIOMMUFD_CACHE_IOTLB].lock);
	pthread_create(&device, NULL, look_main, b);
	while (!spin_is_locked(&sim->devices->lock))
		sched_yield();
	stepping = false;
	pthread_create(&engine, NULL, step_main, b);
	while (!__atomic_load_n(&stepping, __ATOMIC_RELAXED))
		sched_yield();
	/* Ample for a CMD_SYNC that does not wait. */
	usleep(20000);
	cons = srd(b->hw, 0x9c);
	spin_unlock(&sim->cache[UIOMMUFD_CACHE_IOTLB].lock);
	pthread_join(device, &byte);
	pthread_join(engine, NULL);
	assert_int_equal(cons, 0);
	assert_int_equal((intptr_t)byte, 0x10);
	assert_int_equal(srd(b->hw, 0x9c), 1);
	bench_free(b);
}

static void test_sync_waits(void **state)
{
	sync_case(true);
	sync_case(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stage2),
		cmocka_unit_test(test_stage1),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_right_driver),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_wrong_page),
		cmocka_unit_test(test_reused_early),
		cmocka_unit_test(test_forgotten_config),
		cmocka_unit_test(test_forgotten_atc),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_random_drivers),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_sync_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
