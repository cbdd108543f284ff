/* SPDX-License-Identifier: MIT */
/* What a thread that is trusted knows about its memory: holes, pages touched. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/uaccess.h>
#include <uik/trust.h>

#include "kit/poison.h"
#include "kit/usercopy.h"
#include "user_page.h"

/* Law: pointers into a hole that is known are bad without a look at it. */
static void known_hole(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE, buf[160], want[160];

	if (memcheck_watches())
		return;
	uik_trust_hole(hole, PAGE);
	/* Whoever touches it now finds memory. */
	assert_int_equal(mprotect(hole, PAGE, PROT_READ | PROT_WRITE), 0);
	uik_trust_begin(true);
	for (size_t n = 1; n <= 140; n++)
		for (size_t at = 0; at < n; at++) {
			memset(p, 0x33, PAGE);
			memset(want, 0, n);
			memset(want, 0x33, at);
			assert_int_equal(copy_from_user(buf, hole - at, n),
					 n - at);
			assert_memory_equal(buf, want, n);
			memset(want, 0x44, n);
			assert_int_equal(copy_to_user(hole - at, want, n),
					 n - at);
			assert_memory_equal(hole - at, want, at);
			assert_int_equal(*hole, 0);
		}
	memset(p, 0, PAGE);
	assert_int_equal(check_zeroed_user(hole - 64, 64), 1);
	assert_int_equal(check_zeroed_user(hole - 64, 65), -EFAULT);
	assert_int_equal(check_zeroed_user(hole, 1), -EFAULT);
	hole[-1] = 1;
	assert_int_equal(check_zeroed_user(hole - 64, 65), 0);
	uik_trust_end();
	/* Only as long as that. */
	assert_int_equal(copy_from_user(buf, hole - 8, 16), 0);
	uik_trust_begin(false);
	assert_int_equal(copy_from_user(buf, hole - 8, 16), 0);
	uik_trust_end();
	munmap(p, 2 * PAGE);
}

static uint64_t bits(const void *first, unsigned int pages)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < pages; i++)
		all |= 1ull << ((uintptr_t)first / PAGE + i) % 64;
	return all;
}

/* Law: pages that calls read, write or probe are remembered, by their bits. */
static void pages_near(void **state)
{
	char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t value = 0;

	assert_ptr_not_equal(p, MAP_FAILED);
	for (unsigned int at = 0; at < 63; at++) {
		char *page = p + at * PAGE;

		uik_trust_begin(false);
		assert_int_equal(uik_trust_pages(), 0);
		assert_int_equal(copy_from_user(&value, page, 8), 0);
		assert_int_equal(uik_trust_pages(), bits(page, 1));
		assert_int_equal(copy_to_user(page + PAGE - 4, &value, 8), 0);
		assert_int_equal(uik_trust_pages(), bits(page, 2));
		uik_trust_end();
	}
	for (unsigned int count = 1; count <= 64; count++) {
		uik_trust_begin(false);
		assert_int_equal(clear_user(p, count * PAGE), 0);
		assert_int_equal(uik_trust_pages(), bits(p, count));
		uik_trust_end();
	}
	uik_trust_begin(false);
	assert_true(user_probe(current->mm, (uintptr_t)p, true));
	assert_int_equal(uik_trust_pages(), bits(p, 1));
	uik_trust_end();
	munmap(p, 64 * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_hole),
		cmocka_unit_test(pages_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
