/* SPDX-License-Identifier: MIT */
/*
 * Structures of the user: types, lengths, tails, faults; and that each byte is
 * fetched once.
 */
#include "iommu_rig.h"

#include <linux/uaccess.h>
#include <uik/hook.h>

#define TYPE 7u

struct data {
	u32 first;
	u32 second;
	u64 third;
};

static struct data user = { 1, 2, 3 };

static struct iommu_user_data of(size_t len)
{
	return (struct iommu_user_data){ TYPE, &user, len };
}

static void from_user(void **state)
{
	struct iommu_user_data in = of(sizeof(user));
	struct data out;

	assert_int_equal(iommu_copy_struct_from_user(&out, &in, TYPE, second),
			 0);
	assert_memory_equal(&out, &user, sizeof(user));
	assert_int_equal(iommu_copy_struct_from_user(&out, &in, 8, second),
			 -EINVAL);
	/* Short: the rest is zero.  Too short, longer: refused. */
	in = of(8);
	out.third = 77;
	assert_int_equal(iommu_copy_struct_from_user(&out, &in, TYPE, second),
			 0);
	assert_int_equal(out.third, 0);
	in = of(7);
	assert_int_equal(iommu_copy_struct_from_user(&out, &in, TYPE, second),
			 -EINVAL);
	in = of(sizeof(user) + 1);
	assert_int_equal(iommu_copy_struct_from_user(&out, &in, TYPE, second),
			 -EINVAL);
	in = of(sizeof(user));
	in.uptr = NULL;
	assert_int_equal(iommu_copy_struct_from_user(&out, &in, TYPE, second),
			 -EFAULT);
	uik_warn_expect_begin();
	assert_int_equal(__iommu_copy_struct_from_user(&out, NULL, TYPE, 16, 8),
			 -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
}

static void from_array(void **state)
{
	struct data users[3] = { { 1 }, { 2 }, { 3 } };
	struct iommu_user_data_array in = { TYPE, users, sizeof(users[0]), 3 };
	struct data out;

	assert_int_equal(iommu_copy_struct_from_user_array(&out, &in, TYPE, 2,
							   second), 0);
	assert_int_equal(out.first, 3);
	assert_int_equal(iommu_copy_struct_from_user_array(&out, &in, 8, 0,
							   second), -EINVAL);
	in.entry_len = 7;
	assert_int_equal(iommu_copy_struct_from_user_array(&out, &in, TYPE, 0,
							   second), -EINVAL);
	uik_warn_expect_begin();
	assert_int_equal(iommu_copy_struct_from_user_array(&out, &in, TYPE, 3,
							   second), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
}

static void to_user(void **state)
{
	struct data in = { 4, 5, 6 }, out = { 0 };
	struct iommu_user_data to = { TYPE, &out, 8 };

	assert_int_equal(iommu_copy_struct_to_user(&to, &in, TYPE, second), 0);
	assert_int_equal(out.second, 5);
	assert_int_equal(out.third, 0);
	to.len = 7;
	assert_int_equal(iommu_copy_struct_to_user(&to, &in, TYPE, second),
			 -EINVAL);
	to.len = 17;
	assert_int_equal(iommu_copy_struct_to_user(&to, &in, TYPE, second),
			 -EINVAL);
	to.len = 16;
	assert_int_equal(iommu_copy_struct_to_user(&to, &in, 8, second),
			 -EINVAL);
	to.uptr = NULL;
	assert_int_equal(iommu_copy_struct_to_user(&to, &in, TYPE, second),
			 -EFAULT);
}

/* --- whole arrays --------------------------------------------------------- */

static int full(void *kdst, struct iommu_user_data_array *in)
{
	return iommu_copy_struct_from_full_user_array(kdst, sizeof(struct data),
						      in, TYPE);
}

static void full_array(void **state)
{
	struct data users[3] = { { 1 }, { 2 }, { 3 } }, out[3];
	u64 longer[2][3] = { { 1, 2, 0 }, { 3, 4, 0 } };
	u32 shorter[2] = { 8, 9 };
	struct iommu_user_data_array in = { TYPE, users, sizeof(users[0]), 3 };

	assert_int_equal(full(out, &in), 0);
	assert_memory_equal(out, users, sizeof(users));
	in.entry_num = 0;
	assert_int_equal(full(out, &in), -EINVAL);
	in.entry_num = 3;
	in.type = 8;
	assert_int_equal(full(out, &in), -EINVAL);
	/* Longer elements with a zero tail; shorter ones are filled up. */
	in = (struct iommu_user_data_array){ TYPE, longer, 24, 2 };
	assert_int_equal(full(out, &in), 0);
	assert_int_equal(out[1].third, 4);
	longer[1][2] = 1;
	assert_int_equal(full(out, &in), -E2BIG);
	in = (struct iommu_user_data_array){ TYPE, shorter, 4, 2 };
	assert_int_equal(full(out, &in), 0);
	assert_int_equal(out[1].first, 9);
	assert_int_equal(out[1].third, 0);
	in.uptr = NULL;
	assert_int_equal(full(out, &in), -EFAULT);
}

/* Counts fetches by address. */
static struct {
	const char *base;
	unsigned int bytes[256];
} fetched;

static void count_fetch(const struct uik_point *p)
{
	size_t at = (const char *)p->addr - fetched.base;
	uint32_t i;

	if (p->kind != UIK_POINT_COPY || p->write)
		return;
	for (i = 0; i < p->size && at + i < sizeof(fetched.bytes) / 4; i++)
		fetched.bytes[at + i]++;
}

static const struct uik_hooks counting = { .point = count_fetch };

/* What is checked is what is used: no byte of an element is fetched twice. */
static void fetched_once(void **state)
{
	char users[72] = { 0 };
	struct data out[3];
	static const size_t lengths[] = { 16, 24, 8 };
	unsigned int i, j;

	for (i = 0; i < 3; i++) {
		struct iommu_user_data_array in = { TYPE, users, lengths[i],
						    3 };

		memset(&fetched, 0, sizeof(fetched));
		fetched.base = users;
		uik_hooks_install(&counting);
		assert_int_equal(full(out, &in), 0);
		uik_hooks_install(NULL);
		for (j = 0; j < 3 * lengths[i]; j++)
			assert_true(fetched.bytes[j] <= 1);
#ifndef UIK_NO_HOOKS
		assert_int_equal(fetched.bytes[0], 1);
#endif
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_user),
		cmocka_unit_test(from_array),
		cmocka_unit_test(to_user),
		cmocka_unit_test(full_array),
		cmocka_unit_test(fetched_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
