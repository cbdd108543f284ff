// SPDX-License-Identifier: MIT
/* Laws of the model's adapter: what a queue may and what stops it is the
 * hardware model's word, one command of one queue at a time. */
#include "lab_test.h"

#include "lab/hwmodel.h"

static const uint64_t tlbi[2] = { 0x12 | 7ull << 48, 0x1000 };
static const uint64_t cmd_sync[2] = { 0x46, 0 };
static const uint64_t cfgi[2] = { 0x03, 1 };
static const uint64_t illegal[2] = { 0xfe, 0 };

static struct hwmodel *new_model(void)
{
	struct hwmodel_shape shape = {
		.owners = 2,
		.per_owner = 3,
		.log2_entries = 7,
		.sid_count = 1,
		.sids = { 5 },
	};
	struct hwmodel *model = hwmodel_new(&shape, 1);

	assert_non_null(model);
	hwmodel_enter(model);
	return model;
}

static void drop_model(struct hwmodel *model)
{
	hwmodel_leave(model);
	hwmodel_free(model);
}

static void test_permits(void **state)
{
	struct hwmodel *model = new_model();
	unsigned int host = hwmodel_queue(model, 0, 2);
	unsigned int guest = hwmodel_queue(model, 1, 0);
	const uint64_t known[2] = { 0x40 | 5ull << 32, 0 };
	const uint64_t unknown[2] = { 0x40 | 6ull << 32, 0 };

	assert_int_equal(hwmodel_queue_count(model), 7);
	assert_true(hwmodel_permits(model, 0, cfgi));
	assert_true(hwmodel_permits(model, host, cfgi));
	assert_false(hwmodel_permits(model, guest, cfgi));
	assert_true(hwmodel_permits(model, guest, tlbi));
	assert_true(hwmodel_permits(model, guest, known));
	assert_false(hwmodel_permits(model, guest, unknown));
	assert_true(hwmodel_permits(model, host, unknown));
	assert_false(hwmodel_permits(model, 0, illegal));
	drop_model(model);
}

/* Every queue runs round its ring; positions never wrap. */
static void test_wraps(void **state)
{
	struct hwmodel *model = new_model();

	for (unsigned int q = 0; q < hwmodel_queue_count(model); q++)
		for (uint64_t at = 0; at < 600; at++) {
			const uint64_t *command = at % 3 ? tlbi : cmd_sync;

			hwmodel_write(model, q, at, command);
			assert_int_equal(hwmodel_opcode(model, q, at),
					 command[0] & 0xff);
			assert_int_equal(hwmodel_execute(model, q), -1);
			hwmodel_doorbell(model, q, at + 1);
			assert_int_equal(hwmodel_execute(model, q), 0);
		}
	drop_model(model);
}

static void test_errors(void **state)
{
	struct hwmodel *model = new_model();
	unsigned int guest = hwmodel_queue(model, 1, 1);
	const unsigned int queues[] = { 0, guest };

	for (int i = 0; i < 2; i++) {
		unsigned int q = queues[i];

		hwmodel_write(model, q, 0, tlbi);
		hwmodel_write(model, q, 1, illegal);
		hwmodel_write(model, q, 2, tlbi);
		hwmodel_doorbell(model, q, 3);
		assert_int_equal(hwmodel_execute(model, q), 0);
		assert_int_equal(hwmodel_execute(model, q), 1);
		hwmodel_recover(model, q);
		/* A CMD_SYNC stands in its place. */
		assert_int_equal(hwmodel_opcode(model, q, 1), 0x46);
		assert_int_equal(hwmodel_execute(model, q), 0);
		assert_int_equal(hwmodel_execute(model, q), 0);
		assert_int_equal(hwmodel_execute(model, q), -1);
	}
	/* A guest's CFGI is an access it has no right to, or unknown. */
	hwmodel_write(model, guest, 3, cfgi);
	hwmodel_doorbell(model, guest, 4);
	assert_true(hwmodel_execute(model, guest) > 0);
	drop_model(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
