/* SPDX-License-Identifier: MIT */
/*
 * Writing a trace: each trace_X() makes the call uiommufd_X() and writes down
 * what went in and what came out.
 */
#ifndef TRACE_RECORD_H
#define TRACE_RECORD_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether a trace is being written; read before each call. */
extern bool trace_recording;

/**
 * trace_record_begin - write to this file from now on.
 * @file: appended to while it is empty; another process's is left alone, this
 *	one then gets a name with our number behind it
 * @machine: the words that describe the machine
 *
 * Return: 0, -errno.
 */
int trace_record_begin(const char *file, const char *machine);
/** trace_record_end - a child does not go on with its parent's trace. */
void trace_record_end(void);

/* What was opened, whoever did it; @fd: -1 with errno. */
void trace_open(const char *path, int flags, int fd);
int trace_close(int fd);
int trace_ioctl(int fd, unsigned long request, void *arg);
ssize_t trace_read(int fd, void *buf, size_t count);
ssize_t trace_write(int fd, const void *buf, size_t count);
ssize_t trace_pread(int fd, void *buf, size_t count, off_t at);
ssize_t trace_pwrite(int fd, const void *buf, size_t count, off_t at);
int trace_dup(int fd);
int trace_dup2(int fd, int new_fd);
int trace_dup3(int fd, int new_fd, int flags);
int trace_dup_from(int fd, int min, bool cloexec);
int trace_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
void *trace_mmap(void *addr, size_t length, int prot, int flags, int fd,
		 off_t at);
int trace_munmap(void *addr, size_t length);

#endif
