/* SPDX-License-Identifier: MIT */
/* Each function of <linux/uaccess.h>: watched, failing, at the edge of memory. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define PAGE 4096ul

/* Two pages of which the second cannot be touched; ends at @hole. */
static char *page_and_hole(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	memset(p, 0x11, PAGE);
	return p;
}

static void page_free(char *p)
{
	munmap(p, 2 * PAGE);
}

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
	assert_int_equal(copy_by_each(p), 15);
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
	assert_int_equal(access_remote_vm(current->mm, (unsigned long)p, buf,
					  8, 0), 0);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(current->fail.seen, 8);
	uik_fail_nth(0, 0, false);
	assert_int_equal(PTR_ERR(memdup_array_user(p, SIZE_MAX, 4)),
			 -EOVERFLOW);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watched),
		cmocka_unit_test(each_fails),
		cmocka_unit_test(strings),
		cmocka_unit_test(remote_access),
		cmocka_unit_test(torn_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
