// SPDX-License-Identifier: MIT
/*
 * Laws of fibers: what a callee keeps survives a switch, one hands over to
 * another as well as home, and one left for good may be started anew.
 */
#include <sys/mman.h>
#include <uik/fiber.h>

#include "kit_test.h"

#define STACK (128u << 10)

struct task {
	struct uik_fiber fiber;
	void *stack;
	struct uik_fiber *next;		/* who runs after it */
	unsigned int rounds;
	unsigned int seen;
};

static struct uik_fiber home;

static void task_make(struct task *task, void (*entry)(void *arg))
{
	task->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(task->stack, MAP_FAILED);
	uik_fiber_init(&task->fiber, task->stack, STACK);
	uik_fiber_start(&task->fiber, entry, task);
}

static void task_end(struct task *task)
{
	uik_fiber_fini(&task->fiber);
	munmap(task->stack, STACK);
}

/* Values enough that some live in every register a callee keeps. */
static void keep(void *arg)
{
	struct task *task = arg;
	unsigned long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
	double x = 0.5;

	uik_fiber_entered();
	for (unsigned int i = 0; i < task->rounds; i++) {
		uik_fiber_switch(&task->fiber, task->next, false);
		a += 1, b += 2, c += 3, d += 4, e += 5, f += 6, g += 7, h += 8;
		x += 0.25;
	}
	task->seen = a + b + c + d + e + f + g + h == 36 + 36 * task->rounds &&
		     x == 0.5 + 0.25 * task->rounds;
	uik_fiber_switch(&task->fiber, &home, true);
}

static void test_ring(void **state)
{
	struct task tasks[5] = { 0 };

	uik_fiber_init_self(&home);
	for (unsigned int i = 0; i < 5; i++) {
		tasks[i].rounds = 50;
		tasks[i].next = i == 4 ? &home : &tasks[i + 1].fiber;
		task_make(&tasks[i], keep);
	}
	for (unsigned int i = 0; i < 50; i++)
		uik_fiber_switch(&home, &tasks[0].fiber, false);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(tasks[i].seen, 0);
		uik_fiber_switch(&home, &tasks[i].fiber, false);
		assert_int_equal(tasks[i].seen, 1);
		task_end(&tasks[i]);
	}
}

static unsigned int dive(struct task *task, unsigned int depth)
{
	volatile char frame[256];

	frame[depth % sizeof(frame)] = (char)depth;
	if (!depth) {
		uik_fiber_switch(&task->fiber, &home, false);
		return 0;
	}
	return dive(task, depth - 1) + (unsigned char)frame[depth % sizeof(frame)];
}

static void deep(void *arg)
{
	struct task *task = arg;

	uik_fiber_entered();
	task->seen = 1;
	task->seen = 1000 + dive(task, 100);
	uik_fiber_switch(&task->fiber, &home, true);
}

static void test_started_anew(void **state)
{
	struct task task = { 0 };

	uik_fiber_init_self(&home);
	task_make(&task, deep);
	for (int i = 0; i < 3; i++) {
		task.seen = 0;
		uik_fiber_switch(&home, &task.fiber, false);
		assert_int_equal(task.seen, 1);
		/* Left within a hundred calls. */
		uik_fiber_start(&task.fiber, deep, &task);
	}
	uik_fiber_switch(&home, &task.fiber, false);
	uik_fiber_switch(&home, &task.fiber, false);
	assert_int_equal(task.seen, 1000 + 100 * 101 / 2);
	task_end(&task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_started_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
