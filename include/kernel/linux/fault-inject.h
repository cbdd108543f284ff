/* SPDX-License-Identifier: MIT */
/*
 * Places that can be made to fail.
 *
 * should_fail() is a failure point of kind UIK_FAIL_OP: the task's fail-nth
 * and an explorer decide first, then the attribute's own knobs.
 */
#ifndef UIK_LINUX_FAULT_INJECT_H
#define UIK_LINUX_FAULT_INJECT_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <uik/abi.h>

struct dentry;

struct fault_attr {
	unsigned long probability;	/* percent */
	unsigned long interval;		/* at most every n-th */
	atomic_t times;			/* how often; -1: for ever */
	atomic_t space;			/* bytes to pass before */
	unsigned long verbose;
	atomic_t seen_;			/* calls that got so far */
	struct dentry *dname_;		/* its directory */
};

#define FAULT_ATTR_INITIALIZER                                   \
	{                                                        \
		.interval = 1, .times = ATOMIC_INIT(1),          \
		.space = ATOMIC_INIT(0), .verbose = 2,           \
		.seen_ = ATOMIC_INIT(0),                         \
	}
#define DECLARE_FAULT_ATTR(name) \
	struct fault_attr name = FAULT_ATTR_INITIALIZER

/** uik_fault_draw - the knobs alone; no failure point. */
bool uik_fault_draw(struct fault_attr *attr) __uik_export;
/** should_fail - whether an operation on @size bytes fails now. */
bool should_fail(struct fault_attr *attr, ssize_t size) __uik(should_fail);
/**
 * setup_fault_attr - set from "interval,probability,space,times".
 *
 * Return: 1, or 0 if @text is malformed.
 */
int setup_fault_attr(struct fault_attr *attr, char *text)
	__uik(setup_fault_attr);
/**
 * fault_create_debugfs_attr - show the knobs in a directory.
 *
 * Return: the directory; ERR_PTR as debugfs_create_dir().
 */
struct dentry *fault_create_debugfs_attr(const char *name,
					 struct dentry *parent,
					 struct fault_attr *attr)
	__uik(fault_create_debugfs_attr);

#endif
