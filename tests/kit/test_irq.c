/* SPDX-License-Identifier: MIT */
/* Interrupts: latching, one instance, masking, freeing. */
#include "kit_test.h"

#include <errno.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <uik/hardware_fault.h>
#include <uik/irq.h>

struct handler {
	int hard_runs, runs, inside, overlaps;	/* atomic */
	irqreturn_t answer;
	bool hold;
	struct completion entered, go;
};

static void handler_init(struct handler *h)
{
	*h = (struct handler){ .answer = IRQ_WAKE_THREAD };
	init_completion(&h->entered);
	init_completion(&h->go);
}

static irqreturn_t hard(int irq, void *dev)
{
	struct handler *h = dev;

	__atomic_add_fetch(&h->hard_runs, 1, __ATOMIC_SEQ_CST);
	return h->answer;
}

static irqreturn_t threaded(int irq, void *dev)
{
	struct handler *h = dev;

	if (__atomic_add_fetch(&h->inside, 1, __ATOMIC_SEQ_CST) != 1)
		__atomic_add_fetch(&h->overlaps, 1, __ATOMIC_SEQ_CST);
	if (h->hold) {
		complete(&h->entered);
		wait_for_completion(&h->go);
	}
	__atomic_add_fetch(&h->runs, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&h->inside, 1, __ATOMIC_SEQ_CST);
	return IRQ_HANDLED;
}

static int runs_of(struct handler *h)
{
	return __atomic_load_n(&h->runs, __ATOMIC_SEQ_CST);
}

static int line(struct kit_machine m)
{
	int irq = uik_irq_alloc(m.machine);

	assert_true(irq > 0);
	return irq;
}

static void line_end(struct kit_machine m, int irq, struct handler *h)
{
	assert_non_null(free_irq(irq, h));
	assert_int_equal(h->overlaps, 0);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

/* Law: arguments are checked; a line has one handler. */
static void requests(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	assert_int_equal(request_threaded_irq(0, hard, NULL, 0, "x", &h),
			 -EINVAL);
	assert_int_equal(request_threaded_irq(irq + 1, hard, NULL, 0, "x", &h),
			 -EINVAL);
	assert_int_equal(request_threaded_irq(irq, NULL, NULL, 0, "x", &h),
			 -EINVAL);
	assert_int_equal(request_threaded_irq(irq, NULL, threaded, 0, "x", &h),
			 -EINVAL);
	assert_int_equal(request_irq(irq, hard, IRQF_SHARED, "x", NULL), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(request_irq(irq, hard, 0, "x", &h), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(request_irq(irq, hard, 0, "x", &h), 0);
	assert_int_equal(request_irq(irq, hard, 0, "x", &h), -EBUSY);
	assert_int_equal(warnings_of(free_irq(irq, &irq)), 1);
	assert_int_equal(warnings_of(uik_irq_release(m.machine, irq)), 1);
	line_end(m, irq, &h);
}

/* Law: an edge during a run makes one more run, however many there were. */
static void latching(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m), i;

	handler_init(&h);
	h.hold = true;
	assert_int_equal(request_threaded_irq(irq, NULL, threaded,
					      IRQF_ONESHOT, "t", &h), 0);
	uik_irq_raise(m.machine, irq);
	wait_for_completion(&h.entered);
	for (i = 0; i < 5; i++)
		uik_irq_raise(m.machine, irq);
	assert_int_equal(runs_of(&h), 0);
	complete(&h.go);
	wait_for_completion(&h.entered);
	complete(&h.go);
	uik_irq_run_pending(m.machine);
	assert_int_equal(runs_of(&h), 2);
	line_end(m, irq, &h);
}

/* Law: with a hard handler, its answer decides about the thread. */
static void hard_handlers(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	h.answer = IRQ_HANDLED;
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 1);
	h.answer = IRQ_WAKE_THREAD;
	uik_irq_raise(m.machine, irq);
	synchronize_irq(irq);
	assert_int_equal(h.hard_runs, 2);
	assert_int_equal(runs_of(&h), 1);
	line_end(m, irq, &h);
}

/* Law: ONESHOT holds the hard handler back until the thread is done. */
static void oneshot(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	h.hold = true;
	assert_int_equal(request_threaded_irq(irq, hard, threaded,
					      IRQF_ONESHOT, "t", &h), 0);
	uik_irq_raise(m.machine, irq);
	wait_for_completion(&h.entered);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 1);
	complete(&h.go);
	wait_for_completion(&h.entered);
	assert_int_equal(h.hard_runs, 2);
	complete(&h.go);
	uik_irq_run_pending(m.machine);
	assert_int_equal(runs_of(&h), 2);
	line_end(m, irq, &h);
}

/* Law: an edge before the request is delivered with it, after free is not. */
static void not_there(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(request_threaded_irq(irq, NULL, threaded,
					      IRQF_ONESHOT, "t", &h), 0);
	synchronize_irq(irq);
	assert_int_equal(runs_of(&h), 1);
	free_irq(irq, &h);
	uik_irq_raise(m.machine, irq);
	usleep(1000);
	assert_int_equal(runs_of(&h), 1);
	assert_int_equal(request_irq(irq, hard, IRQF_NO_AUTOEN, "t", &h), 0);
	assert_int_equal(h.hard_runs, 0);
	enable_irq(irq);
	assert_int_equal(h.hard_runs, 1);
	line_end(m, irq, &h);
}

/* Law: a disabled line remembers an edge; disabling nests. */
static void disabling(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	h.answer = IRQ_HANDLED;
	assert_int_equal(request_irq(irq, hard, 0, "t", &h), 0);
	disable_irq(irq);
	disable_irq_nosync(irq);
	uik_irq_raise(m.machine, irq);
	uik_irq_raise(m.machine, irq);
	enable_irq(irq);
	assert_int_equal(h.hard_runs, 0);
	enable_irq(irq);
	assert_int_equal(h.hard_runs, 1);
	assert_int_equal(warnings_of(enable_irq(irq)), 1);
	line_end(m, irq, &h);
}

static int freed;

static int free_it(void *arg)
{
	struct handler *h = arg;

	free_irq(1, h);
	__atomic_store_n(&freed, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* Law: free_irq waits for a running handler. */
static void free_waits(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *thread;
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	h.hold = true;
	freed = 0;
	assert_int_equal(irq, 1);
	assert_int_equal(request_threaded_irq(irq, NULL, threaded,
					      IRQF_ONESHOT, "t", &h), 0);
	uik_irq_raise(m.machine, irq);
	wait_for_completion(&h.entered);
	thread = start(free_it, &h);
	usleep(2000);
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_SEQ_CST), 0);
	complete(&h.go);
	join(thread);
	assert_int_equal(runs_of(&h), 1);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

static irqreturn_t waits_for_itself(int irq, void *dev)
{
	int *warned = dev;

	*warned = warnings_of(synchronize_irq(irq));
	return IRQ_HANDLED;
}

/* Law: a handler that waits for itself is told so instead of hanging. */
static void self_wait(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int irq = line(m), warned = 0;

	assert_int_equal(request_irq(irq, waits_for_itself, 0, "t", &warned),
			 0);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(warned, 1);
	free_irq(irq, &warned);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

static irqreturn_t notes_atomic(int irq, void *dev)
{
	*(unsigned int *)dev = uik_current()->atomic_depth;
	return IRQ_HANDLED;
}

/* Law: a hard handler runs where nothing may sleep. */
static void hard_is_atomic(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned int depth = 0;
	int irq = line(m);

	assert_int_equal(request_irq(irq, notes_atomic, 0, "t", &depth), 0);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(depth, 1);
	assert_int_equal(uik_current()->atomic_depth, 0);
	free_irq(irq, &depth);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

/* Law: in stepped mode nothing runs by itself, and everything when asked. */
static void stepped(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	uik_irq_set_stepped(m.machine, true);
	assert_int_equal(request_threaded_irq(irq, hard, threaded,
					      IRQF_ONESHOT, "t", &h), 0);
	uik_irq_raise(m.machine, irq);
	synchronize_irq(irq);
	assert_int_equal(h.hard_runs + h.runs, 0);
	assert_int_equal(uik_irq_run_pending(m.machine), 2);
	assert_int_equal(h.hard_runs, 1);
	assert_int_equal(h.runs, 1);
	assert_int_equal(uik_irq_run_pending(m.machine), 0);
	uik_irq_raise(m.machine, irq);
	line_end(m, irq, &h);
}

static bool hardware_fails(enum uik_fail_kind kind, const void *site)
{
	return kind == UIK_FAIL_HARDWARE;
}

static void assert_runs(const struct handler *h, int count)
{
	assert_int_equal(h->hard_runs, count);
	assert_int_equal(h->runs, count);
}

/*
 * Law: where hardware does what it should not, a handler that can run has run when
 * its request is done, and once more when it is freed; all the same in no other
 * than stepped mode.
 */
static void uncalled_for(void **state)
{
	static const struct uik_hooks hooks = { .fail = hardware_fails };
	const struct uik_hooks *before = uik_hooks;
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	uik_hooks_install(&hooks);
	uik_irq_set_stepped(m.machine, true);
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	assert_runs(&h, 1);
	assert_int_equal(uik_irq_run_pending(m.machine), 0);
	assert_non_null(free_irq(irq, &h));
	assert_runs(&h, 2);
	assert_int_equal(request_threaded_irq(irq, hard, threaded,
					      IRQF_NO_AUTOEN, "t", &h), 0);
	assert_runs(&h, 2);
	enable_irq(irq);
	assert_int_equal(uik_irq_run_pending(m.machine), 2);
	assert_runs(&h, 3);
	disable_irq(irq);
	assert_non_null(free_irq(irq, &h));
	assert_runs(&h, 3);
	uik_irq_set_stepped(m.machine, false);
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	uik_irq_run_pending(m.machine);
	assert_non_null(free_irq(irq, &h));
	assert_runs(&h, 3);
	uik_hooks_install(before);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

/* Law: a managed handler goes with its device, or before. */
static void managed(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev = { .init_name = "dev" };
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	h.answer = IRQ_HANDLED;
	device_initialize(&dev);
	assert_int_equal(devm_request_irq(&dev, irq, hard, 0, NULL, &h), 0);
	assert_int_equal(devm_request_irq(&dev, irq, hard, 0, NULL, &h),
			 -EBUSY);
	devm_free_irq(&dev, irq, &h);
	assert_int_equal(devm_request_irq(&dev, irq, hard, 0, NULL, &h), 0);
	uik_irq_raise(m.machine, irq);
	devres_release_all(&dev);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 1);
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

enum { EDGES = 3000 };
static struct uik_machine *storm_machine;

static int raiser(void *arg)
{
	int i;

	for (i = 0; i < EDGES; i++)
		uik_irq_raise(storm_machine, 1);
	return 0;
}

/* Law: edges from many threads never run a handler twice at once. */
static void storm(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *a, *b;
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	storm_machine = m.machine;
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	a = start(raiser, NULL);
	b = start(raiser, NULL);
	join(a);
	join(b);
	uik_irq_run_pending(m.machine);
	assert_true(runs_of(&h) > 0);
	assert_in_range(h.hard_runs, 1, 2 * EDGES);
	line_end(m, irq, &h);
}

static int no_thread(struct task_struct *task, void *(*main)(void *), void *arg)
{
	return -EAGAIN;
}

/* Law: a request without a thread leaves the line as it was, edges and all. */
static void no_thread_for_it(void **state)
{
	static const struct uik_hooks refusing = { .start = no_thread };
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	uik_hooks_install(&refusing);
	assert_int_equal(request_threaded_irq(irq, hard, threaded,
					      IRQF_NO_AUTOEN, "x", &h),
			 -ENOMEM);
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "x", &h),
			 -ENOMEM);
	uik_hooks_install(NULL);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 0);
	assert_int_equal(request_irq(irq, hard, 0, "x", &h), 0);
	assert_int_equal(h.hard_runs, 1);
	line_end(m, irq, &h);
}

/* Law: calls on lines that are not there warn and change nothing. */
static void unknown_lines(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m), bad[] = { 0, -1, irq + 1, 1 << 20 };

	handler_init(&h);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(warnings_of(enable_irq(bad[i])), 1);
		assert_int_equal(warnings_of(disable_irq_nosync(bad[i])), 1);
		assert_int_equal(warnings_of(uik_irq_release(m.machine,
							     bad[i])), 1);
		assert_int_equal(warnings_of(assert_null(free_irq(bad[i],
								  &h))), 1);
		synchronize_irq(bad[i]);
	}
	synchronize_irq(irq);	/* there, and nobody's */
	uik_warn_once_reset();
	assert_int_equal(warnings_of(uik_irq_raise(m.machine, irq + 1)), 1);
	assert_int_equal(warnings_of(uik_irq_raise(m.machine, irq + 1)), 0);
	assert_int_equal(warnings_of(assert_null(free_irq(irq, &h))), 1);
	assert_int_equal(request_irq(irq, hard, 0, "x", &h), 0);
	line_end(m, irq, &h);
}

/* Law: lines run out, and a released one is given again. */
static void all_lines(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int irq = 0, last = 0;

	while (irq >= 0) {
		irq = uik_irq_alloc(m.machine);
		last = irq > 0 ? irq : last;
	}
	assert_int_equal(irq, -ENOSPC);
	assert_true(last > 1);
	uik_irq_release(m.machine, 1);
	assert_int_equal(uik_irq_alloc(m.machine), 1);
	assert_int_equal(uik_irq_alloc(m.machine), -ENOSPC);
	for (irq = last; irq; irq--)
		uik_irq_release(m.machine, irq);
	machine_end(m);
}

static void on_device_release(struct device *dev)
{
}

/* Law: a managed line is freed by its number and cookie, both. */
static void managed_by_both(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev = { .release = on_device_release };
	struct handler a, b;
	int irq = line(m), other = line(m);

	handler_init(&a);
	handler_init(&b);
	device_initialize(&dev);
	assert_int_equal(dev_set_name(&dev, "served"), 0);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(devm_request_irq(&dev, irq, hard, 0, NULL, &a),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(devm_request_irq(&dev, irq, hard, 0, NULL, &a), 0);
	assert_int_equal(devm_request_irq(&dev, other, hard, 0, "x", &a), 0);
	assert_int_equal(warnings_of(devm_free_irq(&dev, irq, &b)), 1);
	assert_int_equal(warnings_of(devm_free_irq(&dev, 0, &a)), 1);
	devm_free_irq(&dev, irq, &a);
	uik_irq_raise(m.machine, irq);
	uik_irq_raise(m.machine, other);
	assert_int_equal(a.hard_runs, 1);
	put_device(&dev);
	uik_irq_release(m.machine, irq);
	uik_irq_release(m.machine, other);
	machine_end(m);
}

/* Law: the thread function runs without an edge for whoever serves the line. */
static void woken_thread(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	irq_wake_thread(irq, &h);	/* nobody there */
	irq_wake_thread(irq + 1, &h);	/* no line */
	assert_false(irq_has_action(irq));
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	assert_true(irq_has_action(irq));
	irq_wake_thread(irq, &m);	/* another's */
	uik_irq_run_pending(m.machine);
	assert_int_equal(runs_of(&h), 0);
	irq_wake_thread(irq, &h);
	uik_irq_run_pending(m.machine);
	assert_int_equal(runs_of(&h), 1);
	assert_int_equal(h.hard_runs, 0);
	free_irq(irq, &h);
	assert_int_equal(request_irq(irq, hard, 0, "t", &h), 0);
	irq_wake_thread(irq, &h);	/* no thread function */
	line_end(m, irq, &h);
}

/* Law: waiting for the hard handler tells whether the thread function is idle. */
static void hard_part_only(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	h.hold = true;
	assert_int_equal(request_threaded_irq(irq, hard, threaded, 0, "t", &h),
			 0);
	assert_true(synchronize_hardirq(irq));
	uik_irq_raise(m.machine, irq);
	wait_for_completion(&h.entered);
	assert_false(synchronize_hardirq(irq));
	assert_false(disable_hardirq(irq));
	complete(&h.go);
	synchronize_irq(irq);
	assert_true(synchronize_hardirq(irq));
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 1);
	h.hold = false;
	enable_irq(irq);
	uik_irq_run_pending(m.machine);
	assert_int_equal(h.hard_runs, 2);
	assert_true(synchronize_hardirq(irq + 1));
	scoped_guard(disable_irq, &irq) {
		uik_irq_raise(m.machine, irq);
		assert_int_equal(h.hard_runs, 2);
	}
	assert_int_equal(h.hard_runs, 3);
	uik_irq_run_pending(m.machine);
	line_end(m, irq, &h);
}

/* Law: a line of any kind is one whose handler runs at once. */
static void any_context(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev = { 0 };
	struct handler h;
	int irq = line(m);

	handler_init(&h);
	device_initialize(&dev);
	assert_int_equal(request_any_context_irq(irq, hard, 0, "t", &h),
			 IRQC_IS_HARDIRQ);
	assert_int_equal(request_any_context_irq(irq, hard, 0, "t", &h),
			 -EBUSY);
	free_irq(irq, &h);
	assert_int_equal(devm_request_any_context_irq(&dev, irq, hard, 0, "t",
						      &h), IRQC_IS_HARDIRQ);
	uik_irq_raise(m.machine, irq);
	assert_int_equal(h.hard_runs, 1);
	devm_free_irq(&dev, irq, &h);
	assert_false(irq_has_action(irq));
	uik_irq_release(m.machine, irq);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(latching),
		cmocka_unit_test(hard_handlers),
		cmocka_unit_test(oneshot),
		cmocka_unit_test(not_there),
		cmocka_unit_test(disabling),
		cmocka_unit_test(free_waits),
		cmocka_unit_test(self_wait),
		cmocka_unit_test(hard_is_atomic),
		cmocka_unit_test(stepped),
		cmocka_unit_test(uncalled_for),
		cmocka_unit_test(managed),
		cmocka_unit_test(storm),
		cmocka_unit_test(no_thread_for_it),
		cmocka_unit_test(unknown_lines),
		cmocka_unit_test(all_lines),
		cmocka_unit_test(managed_by_both),
		cmocka_unit_test(woken_thread),
		cmocka_unit_test(hard_part_only),
		cmocka_unit_test(any_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
