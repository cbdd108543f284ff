/* SPDX-License-Identifier: MIT */
/*
 * Paths that are ours: what stands there, and opening it.
 */
#ifndef PRELOAD_NODE_H
#define PRELOAD_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct node {
	const char *path;	/* absolute, without links */
	mode_t mode;		/* type and permissions */
	dev_t rdev;		/* of a device */
	ino_t ino;
	int (*open)(const struct node *node, int flags);
};

#define NODE_PATH_MAX 256

/**
 * node_find - the node that a path leads to.
 * @dir: what a relative path starts from, or AT_FDCWD
 *
 * Return: whether there is one; it is then copied to @out.
 */
bool node_find(int dir, const char *path, struct node *out);
/** node_of_fd - the node that a descriptor of ours was opened from. */
bool node_of_fd(int fd, struct node *out);
/** node_open - a descriptor, or -1 with errno. */
int node_open(const struct node *node, int flags);

#endif
