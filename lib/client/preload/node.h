/* SPDX-License-Identifier: MIT */
/*
 * Paths that are ours: what stands there, and opening it.
 */
#ifndef PRELOAD_NODE_H
#define PRELOAD_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NODE_PATH_MAX 512

struct node {
	char path[NODE_PATH_MAX]; /* absolute, without links */
	char real[NODE_PATH_MAX]; /* where the system has it; "": nowhere */
	mode_t mode;		/* type and permissions */
	dev_t rdev;		/* of a device */
	ino_t ino;
	bool is_copy;		/* opening it gives a file of the system's */
	unsigned long data;	/* of open */
	int (*open)(const struct node *node, int flags);
};

/**
 * node_find - the node that a path leads to.
 * @dir: what a relative path starts from, or AT_FDCWD
 * @follow: whether a link at its end is followed
 *
 * Return: whether there is one; it is then copied to @out.
 */
bool node_find(int dir, const char *path, bool follow, struct node *out);
/**
 * node_resolve - the same, for a call that the system may answer.
 *
 * Return: the path to give to the system: @path, or where it has the node; NULL:
 * the node is in @out and to be answered here.
 */
const char *node_resolve(int dir, const char *path, bool follow,
			 struct node *out);
/** node_of_fd - the node that a descriptor of ours was opened from. */
bool node_of_fd(int fd, struct node *out);
/** node_open - a descriptor, or -1 with errno. */
int node_open(const struct node *node, int flags);
/** node_set_path - false if it is too long. */
bool node_set_path(struct node *node, const char *path);

#endif
