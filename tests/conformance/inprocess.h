/* SPDX-License-Identifier: MIT */
/*
 * Lets conform.c reach the library through the public client API: included
 * before its first line, it gives the calls that matter to inprocess.c and
 * leaves the client's text alone.
 */
#ifndef CONFORM_INPROCESS_H
#define CONFORM_INPROCESS_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Set: who runs the client has handlers of its own for crashes. */
extern bool conform_keeps_handlers;
void conform_signal(int number, void (*handler)(int));

/* What the run has left behind: 0 nothing. */
int conform_audit(void);

int conform_open(const char *path, int flags);
int conform_close(int fd);
int conform_ioctl(int fd, unsigned long request, void *arg);
ssize_t conform_read(int fd, void *buf, size_t count);
ssize_t conform_write(int fd, const void *buf, size_t count);
int conform_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
void *conform_mmap(void *addr, size_t length, int prot, int flags, int fd,
		   off_t offset);
int conform_munmap(void *addr, size_t length);

#ifndef CONFORM_INPROCESS_C
#define open(path, flags) conform_open(path, flags)
#define close(fd) conform_close(fd)
#define ioctl(fd, request, arg) \
	conform_ioctl(fd, request, (void *)(unsigned long)(arg))
#define read(fd, buf, count) conform_read(fd, buf, count)
#define write(fd, buf, count) conform_write(fd, buf, count)
#define poll(fds, n, timeout) conform_poll(fds, n, timeout)
#define mmap conform_mmap
#define signal(number, handler) conform_signal(number, handler)
#define munmap conform_munmap
#endif

#endif
