/* SPDX-License-Identifier: MIT */
/*
 * Kernel threads: kit threads that stop when asked.
 *
 * A thread works on its creator's machine.  kthread_stop() must be called once
 * for each thread that was created, also when its function has returned.
 */
#ifndef UIK_LINUX_KTHREAD_H
#define UIK_LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/sched.h>
#include <uik/abi.h>

/*
 * Makes a thread that waits for its first wake_up_process().  Return: the task,
 * counted until kthread_stop(); -ENOMEM, -EAGAIN as pointer.
 */
struct task_struct *uik_kthread_create(int (*fn)(void *data), void *data,
				       const char *format, ...)
	__uik_export __printf(3, 4);
#define kthread_create(fn, data, format, ...) \
	uik_kthread_create(fn, data, format, ##__VA_ARGS__)
#define kthread_create_on_node(fn, data, node, format, ...) \
	uik_kthread_create(fn, data, format, ##__VA_ARGS__)
#define kthread_run(fn, data, format, ...) \
	({ \
		struct task_struct *uik_thread = \
			uik_kthread_create(fn, data, format, ##__VA_ARGS__); \
		if (!IS_ERR(uik_thread)) \
			wake_up_process(uik_thread); \
		uik_thread; \
	})
/*
 * Asks the thread to stop, wakes it, waits for its end and drops the reference.
 * Return: its function's value; -EINTR when it was never started.
 */
int kthread_stop(struct task_struct *task) __uik(kthread_stop);
/* Whether current was asked to stop. */
bool kthread_should_stop(void) __uik(kthread_should_stop);

#endif
