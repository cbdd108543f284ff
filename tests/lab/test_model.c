// SPDX-License-Identifier: MIT
/* Laws of the model's adapter: what a queue may and what stops it is the
 * hardware model's word, one command of one queue at a time. */
#include "lab_test.h"

#include "lab/model.h"

static const uint64_t tlbi[2] = { 0x12 | 7ull << 48, 0x1000 };
static const uint64_t cmd_sync[2] = { 0x46, 0 };
static const uint64_t cfgi[2] = { 0x03, 1 };
static const uint64_t illegal[2] = { 0xfe, 0 };

static struct model *new_model(void)
{
	struct model_shape shape = {
		.owners = 2,
		.per_owner = 3,
		.log2_entries = 7,
		.sid_count = 1,
		.sids = { 5 },
	};
	struct model *model = model_new(&shape, 1);

	assert_non_null(model);
	model_enter(model);
	return model;
}

static void drop_model(struct model *model)
{
	model_leave(model);
	model_free(model);
}

static void test_permits(void **state)
{
	struct model *model = new_model();
	unsigned int host = model_queue(model, 0, 2);
	unsigned int guest = model_queue(model, 1, 0);
	const uint64_t known[2] = { 0x40 | 5ull << 32, 0 };
	const uint64_t unknown[2] = { 0x40 | 6ull << 32, 0 };

	assert_int_equal(model_queue_count(model), 7);
	assert_true(model_permits(model, 0, cfgi));
	assert_true(model_permits(model, host, cfgi));
	assert_false(model_permits(model, guest, cfgi));
	assert_true(model_permits(model, guest, tlbi));
	assert_true(model_permits(model, guest, known));
	assert_false(model_permits(model, guest, unknown));
	assert_true(model_permits(model, host, unknown));
	assert_false(model_permits(model, 0, illegal));
	drop_model(model);
}

/* Every queue runs round its ring; positions never wrap. */
static void test_wraps(void **state)
{
	struct model *model = new_model();

	for (unsigned int q = 0; q < model_queue_count(model); q++)
		for (uint64_t at = 0; at < 600; at++) {
			const uint64_t *command = at % 3 ? tlbi : cmd_sync;

			model_write(model, q, at, command);
			assert_int_equal(model_opcode(model, q, at),
					 command[0] & 0xff);
			assert_int_equal(model_execute(model, q), -1);
			model_doorbell(model, q, at + 1);
			assert_int_equal(model_execute(model, q), 0);
		}
	drop_model(model);
}

static void test_errors(void **state)
{
	struct model *model = new_model();
	unsigned int guest = model_queue(model, 1, 1);
	const unsigned int queues[] = { 0, guest };

	for (int i = 0; i < 2; i++) {
		unsigned int q = queues[i];

		model_write(model, q, 0, tlbi);
		model_write(model, q, 1, illegal);
		model_write(model, q, 2, tlbi);
		model_doorbell(model, q, 3);
		assert_int_equal(model_execute(model, q), 0);
		assert_int_equal(model_execute(model, q), 1);
		model_recover(model, q);
		/* A CMD_SYNC stands in its place. */
		assert_int_equal(model_opcode(model, q, 1), 0x46);
		assert_int_equal(model_execute(model, q), 0);
		assert_int_equal(model_execute(model, q), 0);
		assert_int_equal(model_execute(model, q), -1);
	}
	/* A guest's CFGI is an access it has no right to, or unknown. */
	model_write(model, guest, 3, cfgi);
	model_doorbell(model, guest, 4);
	assert_true(model_execute(model, guest) > 0);
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
