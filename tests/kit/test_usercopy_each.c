/* SPDX-License-Identifier: MIT */
/* Each function of <linux/uaccess.h>: watched, failing, at the edge of memory. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "kit/usercopy.h"
#include "user_page.h"

static unsigned int copies_told;

static void count_copy(const struct uik_point *point)
{
	copies_told += point->kind == UIK_POINT_COPY;
}

static const struct uik_hooks copy_counter = { .point = count_copy };

/* Each function once, over @p, which holds "text" and zeroes behind it. */
static unsigned int copy_by_each(char *p)
{
	char buf[16] = "", *copy;
	u64 word = 0;

	copies_told = 0;
	assert_int_equal(copy_from_user(buf, p, 5), 0);
	assert_string_equal(buf, "text");
	assert_int_equal(copy_from_user(buf, p, 0), 0);
	assert_int_equal(copy_to_user(p, buf, 5), 0);
	assert_int_equal(copy_to_user(p, buf, 0), 0);
	assert_int_equal(clear_user(p + 8, 3), 0);
	assert_int_equal(clear_user(p + 8, 0), 0);
	assert_int_equal(check_zeroed_user(p, 8), 0);
	assert_int_equal(check_zeroed_user(p + 5, 8), 1);
	assert_int_equal(copy_struct_from_user(&word, 8, p, 4), 0);
	assert_int_equal(copy_struct_from_user(buf, 5, p, 16), 0);
	assert_int_equal(copy_struct_to_user(p, 16, buf, 5, NULL), 0);
	assert_string_equal(p, "text");
	assert_int_equal(strncpy_from_user(buf, p, 16), 4);
	copy = memdup_user(p, 5);
	assert_string_equal(copy, "text");
	kfree(copy);
	copy = vmemdup_user(p, 5);
	assert_string_equal(copy, "text");
	kvfree(copy);
	copy = memdup_user_nul(p, 4);
	assert_string_equal(copy, "text");
	kfree(copy);
	copy = strndup_user(p, 5);	/* looks for the end, then copies */
	assert_string_equal(copy, "text");
	kfree(copy);
	assert_int_equal(strnlen_user(p, 16), 5);
	assert_int_equal(access_remote_vm(current->mm, (unsigned long)p, buf,
					  4, 0), 4);
	assert_int_equal(access_remote_vm(current->mm, (unsigned long)p, buf,
					  4, FOLL_WRITE), 4);
	return copies_told;
}

/* Law: watched or not, copies do the same; each is one point. */
static void watched(void **state)
{
	char *p = page_and_hole();

	memset(p, 0, 64);
	strcpy(p, "text");
	assert_int_equal(copy_by_each(p), 0);
	uik_hooks_install(&copy_counter);
	assert_int_equal(copy_by_each(p), 20);
	uik_hooks_install(NULL);
	page_free(p);
}

/* Law: each function's copy can be made to fail, and says so its own way. */
static void each_fails(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = page_and_hole(), buf[8] = "abcdefg";

	memset(p, 0, 64);
	uik_fail_nth(1, 1u << UIK_FAIL_COPY, true);
	assert_int_equal(clear_user(p, 8), 8);
	assert_int_equal(check_zeroed_user(p, 8), -EFAULT);
	assert_int_equal(copy_struct_from_user(buf, 4, p, 8), -EFAULT);
	assert_int_equal(copy_struct_to_user(p, 4, buf, 8, NULL), -EFAULT);
	assert_int_equal(strncpy_from_user(buf, p, 8), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_user(p, 8)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_array_user(p, 2, 4)), -EFAULT);
	assert_int_equal(PTR_ERR(vmemdup_user(p, 8)), -EFAULT);
	assert_int_equal(PTR_ERR(vmemdup_array_user(p, 2, 4)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_user_nul(p, 8)), -EFAULT);
	assert_int_equal(PTR_ERR(strndup_user(p, 8)), -EFAULT);
	assert_int_equal(strnlen_user(p, 8), 0);
	assert_int_equal(access_remote_vm(current->mm, (unsigned long)p, buf,
					  8, 0), 0);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(current->fail.seen, 13);
	uik_fail_nth(0, 0, false);
	assert_int_equal(PTR_ERR(memdup_array_user(p, SIZE_MAX, 4)),
			 -EOVERFLOW);
	assert_int_equal(PTR_ERR(vmemdup_array_user(p, SIZE_MAX, 4)),
			 -EOVERFLOW);
	assert_int_equal(PTR_ERR(memdup_user_nul(p, SIZE_MAX)), -ENOMEM);
	page_free(p);
	machine_end(m);
}

/* Law: a string ends at its zero, at the count, or at what cannot be read. */
static void strings(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE, buf[8];

	strcpy(hole - 4, "end");
	assert_int_equal(strncpy_from_user(buf, hole - 4, 8), 3);
	assert_string_equal(buf, "end");
	assert_int_equal(strncpy_from_user(buf, hole - 4, 2), 2);
	assert_int_equal(strncpy_from_user(buf, hole - 4, 0), 0);
	hole[-1] = 'x';
	assert_int_equal(strncpy_from_user(buf, hole - 4, 8), -EFAULT);
	assert_int_equal(strncpy_from_user(buf, (char *)TASK_SIZE, 8), -EFAULT);
	assert_int_equal(strncpy_from_user(buf, NULL, 8), -EFAULT);
	page_free(p);
}

/* Law: a duplicate is whole, ends in NUL, and needs memory for it. */
static void duplicates(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *p = page_and_hole(), *hole = p + PAGE, *copy;

	strcpy(hole - 4, "end");
	copy = strndup_user(hole - 4, 100);
	assert_string_equal(copy, "end");
	kfree(copy);
	assert_int_equal(PTR_ERR(strndup_user(hole - 4, 3)), -EINVAL);
	assert_int_equal(strnlen_user(hole - 4, 3), 4);
	assert_int_equal(strnlen_user(hole - 4, 4), 4);
	hole[-1] = 'x';
	assert_int_equal(strnlen_user(hole - 4, 8), 0);
	assert_int_equal(PTR_ERR(strndup_user(hole - 4, 8)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_user_nul(hole - 4, 5)), -EFAULT);
	assert_int_equal(PTR_ERR(vmemdup_user(hole - 4, 5)), -EFAULT);
	copy = memdup_user_nul(hole - 4, 4);
	assert_string_equal(copy, "endx");
	kfree(copy);
	copy = vmemdup_array_user(p, PAGE / 8, 8);
	assert_memory_equal(copy, p, PAGE);
	assert_true(is_vmalloc_addr(copy));
	kvfree(copy);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_int_equal(PTR_ERR(vmemdup_user(p, 8)), -ENOMEM);
	assert_int_equal(PTR_ERR(vmemdup_array_user(p, 8, 8)), -ENOMEM);
	assert_int_equal(PTR_ERR(memdup_user_nul(p, 8)), -ENOMEM);
	hole[-1] = '\0';
	assert_int_equal(PTR_ERR(strndup_user(hole - 4, 8)), -ENOMEM);
	uik_fail_nth(0, 0, false);
	page_free(p);
	machine_end(m);
}

/* The accesses of one section; whether it came to its end. */
static bool unsafe_section(char *p, size_t n, u32 *x)
{
	char buf[8] = "abcdefg";

	if (!user_access_begin(p, n))
		return false;
	unsafe_get_user(*x, (u32 *)p, fault);
	unsafe_put_user((u16)0x4142, (u16 *)(p + 4), fault);
	unsafe_copy_from_user(buf, p, 4, fault);
	unsafe_copy_to_user(p + n - 8, buf, 8, fault);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
}

/* Law: a fault within a section of checked accesses goes to the label. */
static void unsafe_accesses(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE;
	u32 x = 0;

	assert_true(unsafe_section(p, 16, &x));
	assert_int_equal(x, 0x11111111);
	assert_memory_equal(p + 4, "BA", 2);
	assert_memory_equal(p + 8, "\x11\x11\x11\x11" "efg", 8);
	assert_false(unsafe_section(hole - 8, 16, &x));
	assert_false(unsafe_section(hole - 5, 16, &x));
	assert_false(unsafe_section(hole, 16, &x));
	assert_int_equal(x, 0);
	assert_false(user_read_access_begin((char *)TASK_SIZE - 8, 16));
	assert_true(user_write_access_begin((char *)TASK_SIZE - 16, 16));
	user_write_access_end();
	page_free(p);
}

/* Law: of one's own memory by its owner: what could be moved is told. */
static void remote_access(void **state)
{
	char *p = page_and_hole(), buf[16] = "0123456789abcde";
	unsigned long at = (unsigned long)p + PAGE - 10;
	struct mm_struct *mm = current->mm;

	assert_int_equal(access_remote_vm(mm, at, buf, 16, FOLL_WRITE), 10);
	assert_memory_equal((char *)at, "0123456789", 10);
	memset(buf, 0, 16);
	assert_int_equal(access_remote_vm(mm, at, buf, 16, 0), 10);
	assert_string_equal(buf, "0123456789");
	assert_int_equal(access_remote_vm(mm, at, buf, 0, 0), 0);
	assert_int_equal(access_remote_vm(mm, at, buf, -1, 0), 0);
	assert_int_equal(access_remote_vm(mm, TASK_SIZE, buf, 1, 0), 0);
	assert_int_equal(access_remote_vm(mm, 0, buf, 8, FOLL_WRITE), 0);
	page_free(p);
}

/* Law: bad memory is told by those that work on more than was given, too. */
static void torn_structs(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE, buf[16] = { 0 };
	bool ignored = false;

	memset(p, 0, PAGE);
	assert_int_equal(copy_struct_to_user(hole - 4, 8, buf, 4, NULL),
			 -EFAULT);
	assert_int_equal(copy_struct_to_user(hole - 4, 8, buf, 8, NULL),
			 -EFAULT);
	assert_int_equal(copy_struct_to_user((void *)TASK_SIZE, 8, buf, 4, NULL),
			 -EFAULT);
	assert_int_equal(copy_struct_to_user(p, 0, buf, 8, &ignored), 0);
	assert_false(ignored);
	buf[7] = 1;
	assert_int_equal(copy_struct_to_user(p, 4, buf, 8, &ignored), 0);
	assert_true(ignored);
	assert_int_equal(copy_struct_from_user(buf, 4, hole - 4, 8), -EFAULT);
	assert_int_equal(copy_struct_from_user(buf, 4, hole - 8, 16), -EFAULT);
	assert_int_equal(copy_struct_from_user(buf, 0, p, 4), 0);
	assert_int_equal(clear_user((void *)TASK_SIZE, 8), 8);
	page_free(p);
}

/* Records whose first byte is @first, up to @other of @count. */
static size_t alike_of(char *records, size_t count, size_t other, uint8_t first)
{
	for (size_t i = 0; i < count; i++) {
		memset(records + 16 * i, first + 1, 16);
		records[16 * i] = i == other ? first ^ 1 << i % 8 : first;
	}
	return uik_raw_alike(records, count, first);
}

/* Law: records are alike up to the first that is not, by their first bytes. */
static void alike(void **state)
{
	char *p = page_and_hole();

	for (size_t count = 0; count < 40; count++)
		for (size_t other = 0; other <= count; other++)
			assert_int_equal(alike_of(p + count, count, other,
						  0xf7 + other), other);
	page_free(p);
}

/* Law: where memory ends, so do records; none is counted that is not there. */
static void alike_ends(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE;
	struct fault_hold hold;

	memset(p, 0x11, PAGE);
	fault_handler_hold(&hold);
	for (size_t there = 0; there < 40; there++) {
		size_t found = uik_raw_alike(hole - 16 * there, 64, 0x11);

		assert_in_range(found, there / 8 * 8, there);
		assert_int_equal(uik_raw_alike(hole - 16 * there, there, 0x11),
				 there);
	}
	fault_handler_release(&hold);
	page_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watched),
		cmocka_unit_test(each_fails),
		cmocka_unit_test(strings),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(unsafe_accesses),
		cmocka_unit_test(remote_access),
		cmocka_unit_test(torn_structs),
		cmocka_unit_test(alike),
		cmocka_unit_test(alike_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
