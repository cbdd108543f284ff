// SPDX-License-Identifier: MIT
/* Laws of context.c: references are the file's, and the end comes with them. */
#include "core_rig.h"

#include <unistd.h>
#include <uik/file.h>

/* get and put count the file; the context ends with the last. */
static void references_are_the_files(void **state)
{
	struct rig *rig = *state;
	struct iommufd_ctx *ictx = rig->ictx;

	rig_make(rig, IOMMUFD_OBJ_IOAS);
	iommufd_ctx_get(ictx);
	assert_int_equal(file_count(rig->file), 2);
	rig_close(rig);
	assert_int_equal(the_rig->destroyed, 0);
	iommufd_ctx_put(ictx);
	assert_int_equal(the_rig->destroyed, 1);
}

/* From a file: a new reference, or EBADFD for other files. */
static void from_file(void **state)
{
	static const struct file_operations fops;
	struct rig *rig = *state;
	struct file other = { .f_op = &fops };

	assert_ptr_equal(iommufd_ctx_from_file(rig->file), rig->ictx);
	assert_int_equal(file_count(rig->file), 2);
	iommufd_ctx_put(rig->ictx);
	assert_int_equal(PTR_ERR(iommufd_ctx_from_file(&other)), -EBADFD);
}

/* From a descriptor: EBADF for a closed one, EBADFD for another file's. */
static void from_fd(void **state)
{
	struct rig *rig = *state;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	assert_true(fd >= 0);
	get_file(rig->file);
	fd_install(fd, rig->file);
	assert_ptr_equal(iommufd_ctx_from_fd(fd), rig->ictx);
	assert_int_equal(file_count(rig->file), 3);
	iommufd_ctx_put(rig->ictx);
	assert_int_equal(PTR_ERR(iommufd_ctx_from_fd(STDERR_FILENO)), -EBADFD);
	assert_int_equal(PTR_ERR(iommufd_ctx_from_fd(-1)), -EBADF);
	assert_int_equal(PTR_ERR(iommufd_ctx_from_fd(999999)), -EBADF);
	assert_int_equal(uik_fd_close(fd), 0);
	assert_int_equal(PTR_ERR(iommufd_ctx_from_fd(fd)), -EBADF);
	assert_int_equal(file_count(rig->file), 1);
}

/* Opening fails at each step with ENOMEM (or a descriptor error) cleanly. */
static void open_failure_sweep(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	unsigned int failed = 0;

	for (unsigned int nth = 1;; nth++) {
		struct file *file;

		uik_fail_nth(nth, UIK_FAIL_ANY, false);
		file = iommufd_ctx_open(&rig_model, IOMMUFD_ACCOUNT_MM, 0);
		if (!uik_fail_nth(0, 0, false)) {
			assert_int_equal(iommufd_file_ctx(file)->account_mode,
					 IOMMUFD_ACCOUNT_MM);
			fput(file);
			break;
		}
		failed++;
		assert_int_equal(PTR_ERR(file), -ENOMEM);
		assert_int_equal(rig_live_blocks(rig), blocks);
	}
	assert_true(failed >= 1);
	assert_int_equal(rig_live_blocks(rig), blocks);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(references_are_the_files),
		TEST(from_file),
		TEST(from_fd),
		TEST(open_failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
