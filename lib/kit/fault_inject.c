/* SPDX-License-Identifier: MIT */
/* Fault attributes: knobs that make operations fail. */
#include <linux/fault-inject.h>

#include <stdio.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <uik/hook.h>

/* Takes one from a counter that stops at zero; -1 is endless. */
static bool take_one(atomic_t *counter)
{
	int now = __atomic_load_n(&counter->counter, __ATOMIC_RELAXED);

	do {
		if (!now)
			return false;
		if (now < 0)
			return true;
	} while (!__atomic_compare_exchange_n(&counter->counter, &now, now - 1,
					      true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

/* Whether @size bytes are still free of failures. */
static bool within_space(struct fault_attr *attr, ssize_t size)
{
	int left = __atomic_load_n(&attr->space.counter, __ATOMIC_RELAXED);

	if (left <= size)
		return false;
	__atomic_fetch_sub(&attr->space.counter, (int)size, __ATOMIC_RELAXED);
	return true;
}

/*
 * Deterministic: with a probability of p percent, the calls whose share of
 * failures so far would fall below p fail.
 */
static bool knobs_say_fail(struct fault_attr *attr, ssize_t size)
{
	unsigned long seen, p = READ_ONCE(attr->probability);

	if (!p || within_space(attr, size))
		return false;
	seen = (unsigned int)__atomic_add_fetch(&attr->seen_.counter, 1,
						__ATOMIC_RELAXED);
	if (attr->interval > 1 && seen % attr->interval)
		return false;
	if (attr->interval > 1)
		seen /= attr->interval;
	if (p < 100 && seen * p / 100 == (seen - 1) * p / 100)
		return false;
	return take_one(&attr->times);
}

bool uik_fault_draw(struct fault_attr *attr)
{
	return knobs_say_fail(attr, 1);
}

bool should_fail(struct fault_attr *attr, ssize_t size)
{
	if (uik_is_watched() &&
	    uik_fail_slow(UIK_FAIL_OP, __builtin_return_address(0)))
		return true;
	return knobs_say_fail(attr, size);
}

int setup_fault_attr(struct fault_attr *attr, char *text)
{
	unsigned long interval, probability;
	int space, times;

	if (sscanf(text, "%lu,%lu,%d,%d", &interval, &probability, &space,
		   &times) != 4)
		return 0;
	attr->interval = interval;
	attr->probability = probability;
	attr->space.counter = space;
	attr->times.counter = times;
	return 1;
}

struct dentry *fault_create_debugfs_attr(const char *name,
					 struct dentry *parent,
					 struct fault_attr *attr)
{
	struct dentry *dir = debugfs_create_dir(name, parent);

	if (IS_ERR(dir))
		return dir;
	debugfs_create_ulong("probability", 0600, dir, &attr->probability);
	debugfs_create_ulong("interval", 0600, dir, &attr->interval);
	debugfs_create_atomic_t("times", 0600, dir, &attr->times);
	debugfs_create_atomic_t("space", 0600, dir, &attr->space);
	debugfs_create_ulong("verbose", 0600, dir, &attr->verbose);
	attr->dname_ = dir;
	return dir;
}
