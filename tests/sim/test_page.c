/* SPDX-License-Identifier: MIT */
/*
 * The mmap-able page 0 of a VINTF, as a guest with plain memory sees it.
 */
#include "hw.h"
#include <sys/mman.h>
#include <uik/file.h>

struct guest {
	struct hw *hw;
	struct ring ring;
	uint32_t *page;		/* a mapping of its own, as a client has it */
};

#define CONS 0
#define PROD 1
#define CONFIG 2
#define STATUS 3
#define GERROR 4
#define GERRORN 5

static uint32_t *map_page(struct hw *hw, unsigned int v)
{
	uint64_t phys = uiommufd_vcmdq_base(hw->platform) + LV(v, 0);
	uint64_t offset;
	void *page;
	int fd;

	assert_int_equal(uik_mappable_fd_offset(hw->platform->machine, phys,
						0x10000, &fd, &offset), 0);
	page = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    offset);
	assert_ptr_not_equal(page, MAP_FAILED);
	return page;
}

static struct guest *guest_new(void)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	struct hw *hw = hw_new();

	guest->hw = hw;
	ring_init(&guest->ring, 4);
	hw_enable_vintf(hw, 1, 0x55 << 1);
	hw_map(hw, 2, 1, 0);
	hw_map(hw, 3, 1, 1);
	wr64(hw, LV1(1, 0), ring_base(&guest->ring));
	guest->page = map_page(hw, 1);
	return guest;
}

static void guest_free(struct guest *guest)
{
	munmap(guest->page, 0x10000);
	ring_fini(&guest->ring);
	hw_free(guest->hw);
	free(guest);
}

static uint32_t load(struct guest *guest, unsigned int cell)
{
	return __atomic_load_n(&guest->page[cell], __ATOMIC_ACQUIRE);
}

static void store(struct guest *guest, unsigned int cell, uint32_t value)
{
	__atomic_store_n(&guest->page[cell], value, __ATOMIC_RELEASE);
}

static uint64_t look(struct guest *guest)
{
	return uiommufd_vcmdq_step(guest->hw->platform, UINT64_MAX);
}

/* Law (design 4.5): a guest runs its queue with stores and loads alone. */
static void test_life(void **state)
{
	struct guest *guest = guest_new();

	store(guest, CONFIG, 1);
	look(guest);
	assert_int_equal(load(guest, STATUS), 1);
	ring_put(&guest->ring, tlbi_va0(0, 1), 0x1000);
	ring_put(&guest->ring, SYNC0, 0);
	store(guest, PROD, guest->ring.prod);
	assert_int_equal(look(guest), 2);
	assert_int_equal(load(guest, CONS), 2);
	assert_int_equal(counters_of(guest->hw, 2).doorbells, 1);
	store(guest, CONFIG, 0);
	look(guest);
	assert_int_equal(load(guest, STATUS), 0);
	/* Off: CONS is the guest's. */
	store(guest, CONS, 0);
	store(guest, PROD, 0);
	look(guest);
	assert_int_equal(rd(guest->hw, LV(1, 0)), 0);
	assert_int_equal(rd(guest->hw, LV(1, 0) + 4), 0);
	assert_int_equal(guest_error_count(guest->hw->cmdqv), 0);
	guest_free(guest);
}

/* Law: an error shows in the page and is cured through the page. */
static void test_error(void **state)
{
	struct guest *guest = guest_new();

	store(guest, CONFIG, 1);
	ring_put(&guest->ring, 0xee, 0);
	store(guest, PROD, guest->ring.prod);
	look(guest);
	assert_int_equal(load(guest, CONS), 1 << 24);
	assert_int_equal(load(guest, GERROR), 1);
	assert_int_equal(rd64(guest->hw, VINTF(1) + 0xc0), 1);
	guest->ring.entry[0] = SYNC0;
	store(guest, GERRORN, 1);
	assert_int_equal(look(guest), 1);
	assert_int_equal(load(guest, CONS), 1);
	assert_int_equal(rd64(guest->hw, VINTF(1) + 0xc0), 0);
	guest_free(guest);
}

/* Law: what is not the guest's is put right at each look. */
static void test_overwritten(void **state)
{
	struct guest *guest = guest_new();

	store(guest, CONFIG, 1);
	look(guest);
	store(guest, STATUS, 0);
	store(guest, GERROR, 7);
	store(guest, CONS, 3);
	for (unsigned int cell = 6; cell < 32; cell++)
		store(guest, cell, 0xffffffff);
	for (unsigned int cell = 2 * 32; cell < 0x4000; cell += 5)
		store(guest, cell, cell);
	look(guest);
	assert_int_equal(load(guest, STATUS), 1);
	assert_int_equal(load(guest, GERROR), 0);
	assert_int_equal(load(guest, CONS), 0);
	assert_int_equal(state_of(guest->hw, 2).cons, 0);
	for (unsigned int cell = 6; cell < 32; cell++)
		assert_int_equal(load(guest, cell), 0);
	for (unsigned int cell = 2 * 32; cell < 0x4000; cell++)
		assert_int_equal(load(guest, cell), 0);
	assert_true(counters_of(guest->hw, UIOMMUFD_QUEUE_ANY).scrubbed > 3);
	guest_free(guest);
}

/* Law: bits that do not exist do not stay, in page or register. */
static void test_reserved_bits(void **state)
{
	struct guest *guest = guest_new();

	store(guest, PROD, 0xfff00007);
	store(guest, GERRORN, 0xf8);
	look(guest);
	assert_int_equal(load(guest, PROD), 7);
	assert_int_equal(rd(guest->hw, LV(1, 0) + 4), 7);
	assert_int_equal(load(guest, GERRORN), 0);
	guest_free(guest);
}

/* Law: accessors and the page are two views: each sees the other's writes. */
static void test_two_views(void **state)
{
	struct guest *guest = guest_new();
	struct hw *hw = guest->hw;

	for (uint32_t i = 1; i < 200; i++) {
		if (i % 3) {
			store(guest, PROD, i);
			assert_int_equal(rd(hw, LV(1, 0) + 4), i);
		} else {
			wr(hw, LV(1, 0) + 4, i);
			assert_int_equal(load(guest, PROD), i);
			assert_int_equal(rd(hw, LV(1, 0) + 4), i);
		}
	}
	wr(hw, LV(1, 0), 11);
	assert_int_equal(load(guest, CONS), 11);
	store(guest, CONS, 12);
	assert_int_equal(rd(hw, LV(1, 0)), 12);
	wr(hw, LV(1, 0) + 8, 1);
	assert_int_equal(load(guest, STATUS), 1);
	assert_int_equal(load(guest, CONFIG), 1);
	assert_int_equal(load(guest, CONS), 12);
	guest_free(guest);
}

/* Law: an unmapped slot's page cells are zero and mean nothing. */
static void test_unmapped(void **state)
{
	struct guest *guest = guest_new();
	struct hw *hw = guest->hw;

	wr(hw, LV(1, 1) + 4, 5);
	assert_int_equal(load(guest, 32 + PROD), 5);
	wr(hw, ALLOC(3), 1 << 15 | 1 << 1);
	assert_int_equal(load(guest, 32 + PROD), 0);
	store(guest, 32 + CONFIG, 1);
	look(guest);
	assert_int_equal(load(guest, 32 + CONFIG), 0);
	assert_int_equal(load(guest, 32 + STATUS), 0);
	/* The register kept its value; mapped again it shows. */
	wr(hw, ALLOC(3), 1 << 15 | 1 << 1 | 1);
	assert_int_equal(load(guest, 32 + PROD), 5);
	assert_int_equal(rd(hw, LV(1, 1) + 8), 0);
	guest_free(guest);
}

/* Law: pages of other VINTFs are other memory. */
static void test_separate(void **state)
{
	struct guest *guest = guest_new();
	uint32_t *other = map_page(guest->hw, 2);

	store(guest, PROD, 9);
	assert_int_equal(other[PROD], 0);
	other[PROD] = 4;
	assert_int_equal(load(guest, PROD), 9);
	munmap(other, 0x10000);
	guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_reserved_bits),
		cmocka_unit_test(test_two_views),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_separate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
