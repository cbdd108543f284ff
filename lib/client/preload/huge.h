/* SPDX-License-Identifier: MIT */
/*
 * Huge pages on machines that have none to give.
 *
 * Where the system refuses MAP_HUGETLB or MFD_HUGETLB for want of pages, the
 * program gets ordinary memory with the alignment of huge pages, and the
 * library takes it for huge.
 */
#ifndef PRELOAD_HUGE_H
#define PRELOAD_HUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How many files stand in for hugetlbfs ones; atomic. */
extern unsigned int huge_files;

/** huge_may_help - whether a mapping that was refused was to be huge. */
bool huge_may_help(int flags, int fd);
/** huge_map - mmap() of huge pages failed: its result after all. */
void *huge_map(void *addr, size_t length, int prot, int flags, int fd,
	       off_t at);
/**
 * huge_align - a mapping of a file that may stand in for a hugetlbfs one.
 * @where: what the system gave
 *
 * Return: @where, or the aligned address it has been moved to.
 */
void *huge_align(void *where, void *addr, size_t length, int prot, int flags,
		 int fd, off_t at);
/** huge_file - memfd_create() with MFD_HUGETLB was refused. */
int huge_file(const char *name, unsigned int flags);
/** huge_wanting - whether a hugetlbfs file of these flags can have no page. */
int huge_wanting(unsigned int flags);

#endif
