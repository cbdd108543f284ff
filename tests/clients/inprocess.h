/* SPDX-License-Identifier: MIT */
/*
 * Lets a client's text reach the library in the same process: included before
 * its first line, gives its calls on paths and descriptors to inprocess.c.
 * The platform is $UIOMMUFD_PLATFORM (mock) with two devices.
 */
#ifndef CLIENTS_INPROCESS_H
#define CLIENTS_INPROCESS_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int client_open(const char *path, int flags);
DIR *client_opendir(const char *path);
FILE *client_fopen(const char *path, const char *mode);
ssize_t client_readlink(const char *path, char *buf, size_t size);
int client_stat(const char *path, struct stat *st);
int client_fstat(int fd, struct stat *st);
int client_ioctl(int fd, unsigned long request, ...);
ssize_t client_pread(int fd, void *buf, size_t count, off_t at);
ssize_t client_pwrite(int fd, const void *buf, size_t count, off_t at);
void *client_mmap(void *addr, size_t length, int prot, int flags, int fd,
		  off_t at);
int client_munmap(void *addr, size_t length);
int client_close(int fd);

#ifndef CLIENTS_INPROCESS_C
#define open client_open
#define opendir client_opendir
#define fopen client_fopen
#define readlink client_readlink
#define stat(path, st) client_stat(path, st)
#define fstat client_fstat
#define ioctl client_ioctl
#define pread client_pread
#define pwrite client_pwrite
#define mmap client_mmap
#define munmap client_munmap
#define close client_close
#endif

#endif
