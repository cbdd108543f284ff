// SPDX-License-Identifier: MIT
/* Laws of dispatch.c: spec/10 section 10, in its order. */
#include "core_rig.h"

#include <sys/mman.h>

#define MIN_SIZE 12		/* through out_id */

static long make(struct rig *rig, void *arg)
{
	return iommufd_ctx_ioctl(rig->ictx, RIG_MAKE, (unsigned long)arg);
}

/* Two pages, the second of which cannot be touched; ends at the border. */
static char *border(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	return pages + 4096;
}

/* Numbers outside the table go to the foreign handler, argument untouched. */
static void foreign_numbers_are_handed_over(void **state)
{
	static const unsigned int outside[] = { 0x3b64, 0x3b7f, 0x3b84, 0x3bff,
						0x00ff, 0xffffff00 };
	struct rig *rig = *state;

	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(iommufd_ctx_ioctl(rig->ictx, outside[i], 1),
				 -ENOTTY);
		assert_int_equal(rig->foreign, i + 1);
		assert_int_equal(rig->foreign_cmd, outside[i]);
	}
	assert_int_equal(rig->executed, 0);
}

/* In the table: the size is read before the number is compared. */
static void size_is_read_before_the_number_is_compared(void **state)
{
	struct rig *rig = *state;
	u32 size = 1;
	static const unsigned int wrong[] = {
		RIG_HOLE,		/* empty slot */
		RIG_MAKE | 0x40000000,	/* direction */
		RIG_MAKE | 0x00080000,	/* size */
		(RIG_MAKE & 0xff) | ('<' << 8),
	};

	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(iommufd_ctx_ioctl(rig->ictx, wrong[i], 0),
				 -EFAULT);
		assert_int_equal(iommufd_ctx_ioctl(rig->ictx, wrong[i],
						   (unsigned long)&size),
				 -ENOTTY);
	}
	/* The right number: too small a size comes after it. */
	assert_int_equal(make(rig, &size), -EINVAL);
	assert_int_equal(make(rig, NULL), -EFAULT);
	assert_int_equal(rig->executed, 0);
}

/* Sizes from the minimum up; the missing tail reads as zero. */
static void missing_tail_is_zero(void **state)
{
	struct rig *rig = *state;

	for (u32 size = 0; size <= sizeof(struct rig_make); size++) {
		struct rig_make cmd;
		long ret;

		memset(&cmd, 0xee, sizeof(cmd));
		cmd.size = size;
		cmd.flags = 0;
		ret = make(rig, &cmd);
		if (size < MIN_SIZE) {
			assert_int_equal(ret, -EINVAL);
			assert_int_equal(cmd.out_id, 0xeeeeeeee);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(rig->seen.size, size);
		if (size == MIN_SIZE) {
			assert_int_equal(rig->seen.extra, 0);
			assert_int_equal(rig->seen.echo, 0);
		}
		/* The reply stops at the caller's size. */
		assert_int_equal(rig_destroy(rig, cmd.out_id), 0);
		for (u32 i = size; i < sizeof(cmd); i++)
			assert_int_equal(((u8 *)&cmd)[i], 0xee);
		if (size == sizeof(cmd))
			assert_int_equal(cmd.extra, 0xeeeeeeef);
	}
}

/* A longer structure: zero tail is fine, anything else is E2BIG. */
static void unknown_tail_must_be_zero(void **state)
{
	struct {
		struct rig_make cmd;
		u8 tail[64];
	} big = { .cmd.size = sizeof(big) };
	struct rig *rig = *state;

	assert_int_equal(make(rig, &big), 0);
	assert_int_equal(rig_destroy(rig, big.cmd.out_id), 0);
	for (unsigned int i = 0; i < sizeof(big.tail); i++) {
		big.tail[i] = 1;
		assert_int_equal(make(rig, &big), -E2BIG);
		big.tail[i] = 0;
	}
	/* The reply leaves the tail alone. */
	assert_int_equal(rig->executed, 1);
}

/* A non-zero word before an unreadable page wins; else the fault does. */
static void tail_scan_stops_at_the_first_word(void **state)
{
	struct rig *rig = *state;
	char *end = border();
	char *at = end - sizeof(struct rig_make) - 16;

	((struct rig_make *)at)->size = sizeof(struct rig_make) + 4096;
	assert_int_equal(make(rig, at), -EFAULT);
	end[-16] = 1;
	assert_int_equal(make(rig, at), -E2BIG);
	assert_int_equal(rig->executed, 0);
	munmap(end - 4096, 8192);
}

/* Across pages the size is fetched first; the result is the same. */
static void structure_across_pages(void **state)
{
	struct rig *rig = *state;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = pages + 4096;

	assert_true(pages != MAP_FAILED);
	for (u32 before = 8; before < sizeof(struct rig_make); before += 8) {
		struct rig_make *cmd = (void *)(end - before);

		for (u32 size = 8; size <= sizeof(*cmd) + 8; size += 4) {
			memset(pages, 0, 8192);
			cmd->size = size;
			assert_int_equal(make(rig, cmd),
					 size < MIN_SIZE ? -EINVAL : 0);
			if (size < MIN_SIZE)
				continue;
			assert_int_equal(rig->seen.size, size);
			assert_int_equal(rig_destroy(rig, cmd->out_id), 0);
		}
		cmd->size = sizeof(*cmd) + 1;
		((char *)cmd)[sizeof(*cmd)] = 1;
		assert_int_equal(make(rig, cmd), -E2BIG);
	}
	munmap(pages, 8192);
}

/* Only the size readable, or the reply not writable: EFAULT, nothing stays. */
static void faults_leave_nothing(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	char *end = border();
	struct rig_make *cmd;

	*(u32 *)(end - 4) = sizeof(*cmd);
	assert_int_equal(make(rig, end - 4), -EFAULT);
	assert_int_equal(rig->executed, 0);
	cmd = (struct rig_make *)(end - 4096);
	*cmd = (struct rig_make){ .size = sizeof(*cmd) };
	assert_int_equal(mprotect(cmd, 4096, PROT_READ), 0);
	assert_int_equal(make(rig, cmd), -EFAULT);
	assert_int_equal(rig->executed, 1);
	assert_int_equal(rig->destroyed, 1);
	assert_int_equal(rig_live_objects(rig), 0);
	assert_int_equal(rig_live_blocks(rig), blocks);
	munmap(end - 4096, 8192);
}

/* The object of a command is published by success and undone by failure. */
static void new_object_follows_the_result(void **state)
{
	struct rig *rig = *state;
	struct rig_make cmd = { .size = sizeof(cmd), .flags = RIG_FAIL };

	assert_int_equal(make(rig, &cmd), -EXDEV);
	assert_int_equal(rig->destroyed, 1);
	assert_int_equal(rig_live_objects(rig), 0);
	cmd.flags = 0;
	assert_int_equal(make(rig, &cmd), 0);
	assert_int_equal(cmd.out_id, 1);
	assert_int_equal(rig_destroy(rig, 1), 0);
}

/* One object a command, of a type without abort: else WARN and an error. */
static void misuse_of_the_command_flavour_warns(void **state)
{
	struct rig *rig = *state;
	struct rig_make cmd = { .size = sizeof(cmd), .flags = RIG_TWICE };

	uik_warn_expect_begin();
	assert_int_equal(make(rig, &cmd), -EBUSY);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_live_objects(rig), 0);
	cmd.flags = RIG_ABORT_TYPE;
	uik_warn_expect_begin();
	assert_int_equal(make(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_live_objects(rig), 0);
}

/* A handler's result is the command's; the last number of the table works. */
static void result_is_the_handlers(void **state)
{
	struct rig *rig = *state;
	struct iommu_destroy cmd = { .size = sizeof(cmd) };

	assert_int_equal(iommufd_ctx_ioctl(rig->ictx, RIG_LAST,
					   (unsigned long)&cmd), 7);
}

/* Every step that can fail, in turn: right errno, nothing left. */
static void failure_sweep(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	unsigned int copies = 0, allocs = 0;

	for (unsigned int nth = 1;; nth++) {
		/* Within one page: across two it would be fetched in two. */
		struct rig_make cmd __aligned(64) = { .size = sizeof(cmd) };
		long ret;

		uik_fail_nth(nth, UIK_FAIL_ANY, false);
		ret = make(rig, &cmd);
		if (!uik_fail_nth(0, 0, false)) {
			assert_int_equal(ret, 0);
			assert_int_equal(rig_destroy(rig, cmd.out_id), 0);
			break;
		}
		assert_true(ret == -ENOMEM || ret == -EFAULT);
		copies += ret == -EFAULT;
		allocs += ret == -ENOMEM;
		assert_int_equal(cmd.out_id, 0);
		assert_int_equal(rig_live_objects(rig), 0);
		assert_int_equal(rig_live_blocks(rig), blocks);
	}
	assert_int_equal(copies, 2);	/* structure, reply */
	assert_true(allocs >= 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(foreign_numbers_are_handed_over),
		TEST(size_is_read_before_the_number_is_compared),
		TEST(missing_tail_is_zero),
		TEST(unknown_tail_must_be_zero),
		TEST(tail_scan_stops_at_the_first_word),
		TEST(structure_across_pages),
		TEST(faults_leave_nothing),
		TEST(new_object_follows_the_result),
		TEST(misuse_of_the_command_flavour_warns),
		TEST(result_is_the_handlers),
		TEST(failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
