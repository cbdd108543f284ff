/* SPDX-License-Identifier: MIT */
/* Debug values and fault attributes. */
#include "kit_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <uik/slab.h>

static void join_paths(const char *path, bool directory, void *arg)
{
	strcat(arg, path);
	strcat(arg, directory ? "/ " : " ");
}

static const char *value_of(const char *path)
{
	static char buf[64];
	int n = uik_debugfs_read(path, buf, sizeof(buf));

	assert_true(n >= 0);
	assert_int_equal(n, strlen(buf));
	return buf;
}

/* Law: values show and take what they are, as their mode allows. */
static void values(void **state)
{
	struct kit_machine m = machine_with(NULL);
	uint64_t blocks, bytes, blocks_before, bytes_before;
	struct dentry *dir, *sub;
	bool flag = true;
	u32 word = 7, hex = 0xab;
	u64 wide = 1ull << 40;
	char list[256] = "", small[2];
	u8 byte = 3;

	uik_slab_live(m.machine, &blocks_before, &bytes_before);
	dir = debugfs_create_dir("iommu", NULL);
	sub = debugfs_create_dir("sub", dir);
	debugfs_create_bool("flag", 0644, dir, &flag);
	debugfs_create_u32("word", 0444, sub, &word);
	debugfs_create_x32("hex", 0444, sub, &hex);
	debugfs_create_u64("wide", 0200, sub, &wide);
	debugfs_create_u8("byte", 0600, NULL, &byte);
	assert_string_equal(value_of("iommu/flag"), "Y");
	assert_string_equal(value_of("/iommu/sub/word"), "7");
	assert_string_equal(value_of("iommu/sub/hex"), "0x000000ab");
	assert_int_equal(uik_debugfs_write("iommu/flag", "N"), 0);
	assert_false(flag);
	assert_int_equal(uik_debugfs_write("byte", "255\n"), 0);
	assert_int_equal(byte, 255);
	assert_int_equal(uik_debugfs_write("byte", "256"), -EINVAL);
	assert_int_equal(uik_debugfs_write("byte", "x"), -EINVAL);
	assert_int_equal(uik_debugfs_write("iommu/flag", "?"), -EINVAL);
	assert_int_equal(uik_debugfs_write("iommu/sub/word", "1"), -EACCES);
	assert_int_equal(uik_debugfs_read("iommu/sub/wide", list, 9), -EACCES);
	assert_int_equal(uik_debugfs_read("iommu/sub", list, 9), -EISDIR);
	assert_int_equal(uik_debugfs_read("iommu/none", list, 9), -ENOENT);
	assert_int_equal(uik_debugfs_read("byte", small, 2), -ENOSPC);
	list[0] = '\0';
	uik_debugfs_list(join_paths, list);
	assert_string_equal(list, "iommu/ iommu/sub/ iommu/sub/word "
				  "iommu/sub/hex iommu/sub/wide iommu/flag "
				  "byte ");
	assert_ptr_equal(debugfs_lookup("sub", dir), sub);
	debugfs_remove_recursive(dir);
	assert_int_equal(uik_debugfs_read("iommu/flag", list, 9), -ENOENT);
	debugfs_remove(debugfs_lookup("byte", NULL));
	debugfs_remove(NULL);
	/* With the last entry nothing is left, not even the top. */
	uik_slab_live(m.machine, &blocks, &bytes);
	assert_true(blocks == blocks_before && bytes == bytes_before);
	assert_non_null(debugfs_create_dir("again", NULL));
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: names are unique, errors pass through, without memory nothing stays. */
static void failures(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct dentry *dir = debugfs_create_dir("d", NULL), *bad;
	bool flag;
	char buf[4];

	bad = debugfs_create_dir("d", NULL);
	assert_int_equal(PTR_ERR(bad), -EEXIST);
	assert_ptr_equal(debugfs_create_dir("x", bad), bad);
	debugfs_create_bool("flag", 0444, bad, &flag);
	assert_null(debugfs_lookup("x", bad));
	debugfs_remove(bad);
	uik_fail_nth(2, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(PTR_ERR(debugfs_create_dir("y", dir)), -ENOMEM);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	debugfs_create_bool("flag", 0444, dir, &flag);
	uik_fail_nth(0, 0, false);
	assert_int_equal(uik_debugfs_read("d/flag", buf, 4), -ENOENT);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

static int failures_in(struct fault_attr *attr, int calls)
{
	int n = 0;

	while (calls--)
		n += should_fail(attr, 1);
	return n;
}

/* Law: the knobs do what they say; off by default. */
static void fault_knobs(void **state)
{
	struct kit_machine m = machine_with(NULL);
	DECLARE_FAULT_ATTR(attr);
	struct dentry *dir = fault_create_debugfs_attr("fail_x", NULL, &attr);
	char setup[] = "1,50,10,-1", wrong[] = "1,50";

	assert_false(IS_ERR(dir));
	assert_int_equal(failures_in(&attr, 100), 0);
	assert_int_equal(uik_debugfs_write("fail_x/probability", "100"), 0);
	assert_int_equal(failures_in(&attr, 100), 1);
	assert_int_equal(uik_debugfs_write("fail_x/times", "5"), 0);
	assert_int_equal(uik_debugfs_write("fail_x/interval", "10"), 0);
	assert_int_equal(failures_in(&attr, 40), 4);
	assert_int_equal(setup_fault_attr(&attr, wrong), 0);
	assert_int_equal(setup_fault_attr(&attr, setup), 1);
	assert_int_equal(failures_in(&attr, 9), 0);
	assert_int_equal(failures_in(&attr, 100), 50);
	debugfs_remove(dir);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: an attribute is a failure point of its own kind. */
static void fault_points(void **state)
{
	DECLARE_FAULT_ATTR(attr);

	uik_fail_nth(2, 1u << UIK_FAIL_OP, false);
	assert_false(should_fail(&attr, 1));
	assert_true(should_fail(&attr, 1));
	assert_false(should_fail(&attr, 1));
	uik_fail_nth(0, 0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(failures),
		cmocka_unit_test(fault_knobs),
		cmocka_unit_test(fault_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
