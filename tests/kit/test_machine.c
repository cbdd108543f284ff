/* SPDX-License-Identifier: MIT */
/* Machines: entering, counting, slots. */
#include "kit_test.h"

#include <glib.h>
#include <string.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <uik/slab.h>

/* Law: entries nest and restore what was there; outside is the default. */
static void entering(void **state)
{
	struct uik_machine *outer = uik_this_machine();
	struct uik_machine *a = uik_machine_new(NULL);
	struct uik_machine *b = uik_machine_new(NULL);
	struct uik_machine *before, *inner;

	assert_non_null(outer);
	assert_ptr_not_equal(a, b);
	before = uik_enter(a);
	assert_ptr_equal(uik_this_machine(), a);
	inner = uik_enter(b);
	assert_ptr_equal(inner, a);
	assert_ptr_equal(uik_this_machine(), b);
	uik_leave(inner);
	assert_ptr_equal(uik_this_machine(), a);
	uik_leave(before);
	assert_ptr_equal(uik_this_machine(), outer);
	uik_machine_free(a);
	uik_machine_free(b);
	uik_machine_free(NULL);
}

/* Law: the audit counts what is there and forgets what went. */
static void audit(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_audit out;
	spinlock_t lock;
	void *p = kmalloc(100, GFP_KERNEL);

	spin_lock_init(&lock);
	uik_count_object(3);
	uik_count_mapping(2);
	spin_lock(&lock);
	uik_machine_audit(m.machine, &out);
	assert_int_equal(out.objects, 3);
	assert_int_equal(out.mappings, 2);
	assert_int_equal(out.blocks, 1);
	assert_in_range(out.block_bytes, 100, 128);
	assert_int_equal(out.locks, 1);
	assert_int_equal(out.warnings, 0);
	spin_unlock(&lock);
	uik_count_object(-3);
	uik_count_mapping(-2);
	kfree(p);
	uik_machine_audit(m.machine, &out);
	assert_int_equal(out.objects | out.mappings | out.locks, 0);
	machine_end(m);
}

struct worker {
	spinlock_t lock;
	bool stop;
};

/* Holds its lock nearly always. */
static int work(void *arg)
{
	struct worker *worker = arg;

	while (!READ_ONCE(worker->stop)) {
		spin_lock(&worker->lock);
		g_usleep(2000);
		spin_unlock(&worker->lock);
		g_usleep(200);
	}
	return 0;
}

/* Law: a lock counts as left behind if its holder does not let go of it. */
static void audit_of_workers(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct worker worker = { .stop = false };
	struct uik_thread *thread;
	struct uik_audit out;

	spin_lock_init(&worker.lock);
	thread = uik_thread_start(work, &worker, "worker");
	assert_non_null(thread);
	for (int i = 0; i < 20; i++) {
		uik_machine_audit(m.machine, &out);
		assert_int_equal(out.locks, 0);
		g_usleep(300);
	}
	WRITE_ONCE(worker.stop, true);
	join(thread);
	machine_end(m);
}

static char ended[8];

static void end(void *value)
{
	ended[strlen(ended)] = *(char *)value;
	kfree(value);
}

static void *letter(char c)
{
	char *p = kzalloc(2, GFP_KERNEL);

	*p = c;
	return p;
}

/* Law: a slot is set once and destroyed with the machine, highest first. */
static void slots(void **state)
{
	struct kit_machine m = machine_with(NULL);
	void *core = letter('c'), *other = letter('x');

	assert_null(uik_slot_get(m.machine, UIK_SLOT_CORE));
	assert_ptr_equal(uik_slot_set(m.machine, UIK_SLOT_CORE, core, end),
			 core);
	assert_ptr_equal(uik_slot_set(m.machine, UIK_SLOT_CORE, other, end),
			 core);
	uik_slot_set(m.machine, UIK_SLOT_SIM, letter('s'), end);
	uik_slot_set(m.machine, UIK_SLOT_IOMMU, letter('i'), end);
	uik_slot_set(m.machine, UIK_SLOT_MOCK, other, end);
	uik_slot_clear(m.machine, UIK_SLOT_MOCK);
	assert_null(uik_slot_get(m.machine, UIK_SLOT_MOCK));
	kfree(other);
	uik_leave(m.before);
	uik_machine_free(m.machine);
	assert_string_equal(ended, "sci");
}

/* Law: machines come and go without leaving addresses behind. */
static void many(void **state)
{
	struct uik_machine *first = uik_machine_new(NULL), *machine;
	unsigned int i;

	uik_machine_free(first);
	for (i = 0; i < 50; i++) {
		machine = uik_machine_new(NULL);
		assert_ptr_equal(machine, first);
		uik_machine_free(machine);
	}
}

static int own_machine(void *arg)
{
	struct kit_machine m = machine_with(NULL);
	unsigned int i;
	void *p;

	for (i = 0; i < 2000; i++) {
		p = kzalloc(i, GFP_KERNEL);
		kfree(p);
	}
	machine_end(m);
	return 0;
}

/* Law: each thread may have its own. */
static void parallel(void **state)
{
	struct uik_thread *thread[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		thread[i] = start(own_machine, NULL);
	for (i = 0; i < 4; i++)
		join(thread[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entering),
		cmocka_unit_test(audit),
		cmocka_unit_test(audit_of_workers),
		cmocka_unit_test(slots),
		cmocka_unit_test(many),
		cmocka_unit_test(parallel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
