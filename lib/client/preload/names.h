/* SPDX-License-Identifier: MIT */
/*
 * The libc functions that the preload object defines, once.
 *
 * PRELOAD_NAMES(X) calls X(result, name, parameters) for each.  Where libc's is
 * variadic ours takes what the ABI would pass: the same registers, but for those
 * that take any number.  The list in preload.map and the one here are compared by
 * a test.
 */
#ifndef PRELOAD_NAMES_H
#define PRELOAD_NAMES_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

struct statx;

/* Paths: open and look at. */
#define PRELOAD_PATH_NAMES(X)                                                  \
	X(int, open, (const char *path, int flags, mode_t mode))               \
	X(int, open64, (const char *path, int flags, mode_t mode))             \
	X(int, openat, (int dir, const char *path, int flags, mode_t mode))    \
	X(int, openat64, (int dir, const char *path, int flags, mode_t mode))  \
	X(int, __open_2, (const char *path, int flags))                        \
	X(int, __open64_2, (const char *path, int flags))                      \
	X(int, __openat_2, (int dir, const char *path, int flags))             \
	X(int, __openat64_2, (int dir, const char *path, int flags))           \
	X(int, creat, (const char *path, mode_t mode))                         \
	X(int, creat64, (const char *path, mode_t mode))                       \
	X(FILE *, fopen, (const char *path, const char *mode))                 \
	X(FILE *, fopen64, (const char *path, const char *mode))               \
	X(FILE *, freopen, (const char *path, const char *mode, FILE *f))      \
	X(FILE *, freopen64, (const char *path, const char *mode, FILE *f))    \
	X(DIR *, opendir, (const char *path))                                  \
	X(int, access, (const char *path, int mode))                           \
	X(int, eaccess, (const char *path, int mode))                          \
	X(int, euidaccess, (const char *path, int mode))                       \
	X(int, faccessat, (int dir, const char *path, int mode, int flags))    \
	X(ssize_t, readlink, (const char *path, char *buf, size_t size))       \
	X(ssize_t, readlinkat,                                                 \
	  (int dir, const char *path, char *buf, size_t size))                 \
	X(ssize_t, __readlink_chk,                                             \
	  (const char *path, char *buf, size_t size, size_t room))             \
	X(ssize_t, __readlinkat_chk,                                           \
	  (int dir, const char *path, char *buf, size_t size, size_t room))    \
	X(char *, realpath, (const char *path, char *out))                     \
	X(char *, __realpath_chk, (const char *path, char *out, size_t room))  \
	X(char *, canonicalize_file_name, (const char *path))

#define PRELOAD_STAT_NAMES(X)                                                  \
	X(int, stat, (const char *path, struct stat *st))                      \
	X(int, stat64, (const char *path, struct stat64 *st))                  \
	X(int, lstat, (const char *path, struct stat *st))                     \
	X(int, lstat64, (const char *path, struct stat64 *st))                 \
	X(int, fstat, (int fd, struct stat *st))                               \
	X(int, fstat64, (int fd, struct stat64 *st))                           \
	X(int, fstatat,                                                        \
	  (int dir, const char *path, struct stat *st, int flags))             \
	X(int, fstatat64,                                                      \
	  (int dir, const char *path, struct stat64 *st, int flags))           \
	X(int, statx,                                                          \
	  (int dir, const char *path, int flags, unsigned int mask,            \
	   struct statx *stx))                                                 \
	X(int, __xstat, (int version, const char *path, struct stat *st))      \
	X(int, __xstat64, (int version, const char *path, struct stat64 *st))  \
	X(int, __lxstat, (int version, const char *path, struct stat *st))     \
	X(int, __lxstat64, (int version, const char *path, struct stat64 *st)) \
	X(int, __fxstat, (int version, int fd, struct stat *st))               \
	X(int, __fxstat64, (int version, int fd, struct stat64 *st))           \
	X(int, __fxstatat,                                                     \
	  (int version, int dir, const char *path, struct stat *st, int flags)) \
	X(int, __fxstatat64,                                                   \
	  (int version, int dir, const char *path, struct stat64 *st,          \
	   int flags))

/* Descriptors: what is read, written and asked. */
#define PRELOAD_IO_NAMES(X)                                                    \
	X(int, ioctl, (int fd, unsigned long request, void *arg))              \
	X(ssize_t, read, (int fd, void *buf, size_t count))                    \
	X(ssize_t, __read_chk,                                                 \
	  (int fd, void *buf, size_t count, size_t room))                      \
	X(ssize_t, write, (int fd, const void *buf, size_t count))             \
	X(ssize_t, readv, (int fd, const struct iovec *iov, int count))        \
	X(ssize_t, writev, (int fd, const struct iovec *iov, int count))       \
	X(ssize_t, pread, (int fd, void *buf, size_t count, off_t at))         \
	X(ssize_t, pread64, (int fd, void *buf, size_t count, off_t at))       \
	X(ssize_t, __pread_chk,                                                \
	  (int fd, void *buf, size_t count, off_t at, size_t room))            \
	X(ssize_t, __pread64_chk,                                              \
	  (int fd, void *buf, size_t count, off_t at, size_t room))            \
	X(ssize_t, pwrite, (int fd, const void *buf, size_t count, off_t at))  \
	X(ssize_t, pwrite64,                                                   \
	  (int fd, const void *buf, size_t count, off_t at))                   \
	X(ssize_t, preadv,                                                     \
	  (int fd, const struct iovec *iov, int count, off_t at))              \
	X(ssize_t, preadv64,                                                   \
	  (int fd, const struct iovec *iov, int count, off_t at))              \
	X(ssize_t, pwritev,                                                    \
	  (int fd, const struct iovec *iov, int count, off_t at))              \
	X(ssize_t, pwritev64,                                                  \
	  (int fd, const struct iovec *iov, int count, off_t at))              \
	X(ssize_t, preadv2,                                                    \
	  (int fd, const struct iovec *iov, int count, off_t at, int flags))   \
	X(ssize_t, preadv64v2,                                                 \
	  (int fd, const struct iovec *iov, int count, off_t at, int flags))   \
	X(ssize_t, pwritev2,                                                   \
	  (int fd, const struct iovec *iov, int count, off_t at, int flags))   \
	X(ssize_t, pwritev64v2,                                                \
	  (int fd, const struct iovec *iov, int count, off_t at, int flags))   \
	X(off_t, lseek, (int fd, off_t offset, int whence))                    \
	X(off_t, lseek64, (int fd, off_t offset, int whence))

#define PRELOAD_FD_NAMES(X)                                                    \
	X(int, dup, (int fd))                                                  \
	X(int, dup2, (int fd, int new_fd))                                     \
	X(int, dup3, (int fd, int new_fd, int flags))                          \
	X(int, fcntl, (int fd, int cmd, void *arg))                            \
	X(int, fcntl64, (int fd, int cmd, void *arg))                          \
	X(int, close, (int fd))                                                \
	X(int, close_range, (unsigned int first, unsigned int last, int flags)) \
	X(void, closefrom, (int first))                                        \
	X(int, fclose, (FILE *f))

#define PRELOAD_POLL_NAMES(X)                                                  \
	X(int, poll, (struct pollfd *fds, nfds_t count, int timeout))          \
	X(int, __poll_chk,                                                     \
	  (struct pollfd *fds, nfds_t count, int timeout, size_t room))        \
	X(int, ppoll,                                                          \
	  (struct pollfd *fds, nfds_t count, const struct timespec *timeout,   \
	   const sigset_t *mask))                                              \
	X(int, __ppoll_chk,                                                    \
	  (struct pollfd *fds, nfds_t count, const struct timespec *timeout,   \
	   const sigset_t *mask, size_t room))                                 \
	X(int, select,                                                         \
	  (int count, fd_set *in, fd_set *out, fd_set *err,                    \
	   struct timeval *timeout))                                           \
	X(int, pselect,                                                        \
	  (int count, fd_set *in, fd_set *out, fd_set *err,                    \
	   const struct timespec *timeout, const sigset_t *mask))              \
	X(int, epoll_ctl,                                                      \
	  (int poller, int op, int fd, struct epoll_event *event))

#define PRELOAD_MAP_NAMES(X)                                                   \
	X(void *, mmap,                                                        \
	  (void *addr, size_t length, int prot, int flags, int fd, off_t at))  \
	X(void *, mmap64,                                                      \
	  (void *addr, size_t length, int prot, int flags, int fd, off_t at))  \
	X(int, munmap, (void *addr, size_t length))                            \
	X(void *, mremap,                                                      \
	  (void *addr, size_t old_size, size_t new_size, int flags, void *to)) \
	X(int, mprotect, (void *addr, size_t length, int prot))                \
	X(int, memfd_create, (const char *name, unsigned int flags))

#define PRELOAD_SIGNAL_NAMES(X)                                                \
	X(int, sigaction,                                                      \
	  (int signal, const struct sigaction *action,                         \
	   struct sigaction *old))                                             \
	X(sighandler_t, signal, (int signal, sighandler_t handler))            \
	X(sighandler_t, sysv_signal, (int signal, sighandler_t handler))       \
	X(sighandler_t, __sysv_signal, (int signal, sighandler_t handler))     \
	X(sighandler_t, bsd_signal, (int signal, sighandler_t handler))        \
	X(sighandler_t, sigset, (int signal, sighandler_t handler))            \
	X(int, sigprocmask, (int how, const sigset_t *set, sigset_t *old))     \
	X(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *old))

/* Descriptors that travel. */
#define PRELOAD_MESSAGE_NAMES(X)                                               \
	X(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags)) \
	X(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))       \
	X(int, sendmmsg,                                                       \
	  (int fd, struct mmsghdr *messages, unsigned int count, int flags))   \
	X(int, recvmmsg,                                                       \
	  (int fd, struct mmsghdr *messages, unsigned int count, int flags,    \
	   struct timespec *timeout))

/* Processes: birth, change and end. */
#define PRELOAD_PROCESS_NAMES(X)                                               \
	X(pid_t, fork, (void))                                                 \
	X(pid_t, vfork, (void))                                                \
	X(int, clone,                                                          \
	  (int (*fn)(void *), void *stack, int flags, void *arg, pid_t *parent, \
	   void *tls, pid_t *child))                                           \
	X(pid_t, wait, (int *status))                                          \
	X(pid_t, waitpid, (pid_t pid, int *status, int options))               \
	X(pid_t, wait3, (int *status, int options, struct rusage *usage))      \
	X(pid_t, wait4,                                                        \
	  (pid_t pid, int *status, int options, struct rusage *usage))         \
	X(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options)) \
	X(int, execve,                                                         \
	  (const char *path, char *const *argv, char *const *envp))            \
	X(int, execl, (const char *path, const char *arg, ...))                \
	X(int, execle, (const char *path, const char *arg, ...))               \
	X(int, execlp, (const char *file, const char *arg, ...))               \
	X(int, execv, (const char *path, char *const *argv))                   \
	X(int, execvp, (const char *file, char *const *argv))                  \
	X(int, execvpe,                                                        \
	  (const char *file, char *const *argv, char *const *envp))            \
	X(int, execveat,                                                       \
	  (int dir, const char *path, char *const *argv, char *const *envp,    \
	   int flags))                                                         \
	X(int, fexecve, (int fd, char *const *argv, char *const *envp))        \
	X(int, posix_spawn,                                                    \
	  (pid_t *pid, const char *path,                                       \
	   const posix_spawn_file_actions_t *actions,                          \
	   const posix_spawnattr_t *attributes, char *const *argv,             \
	   char *const *envp))                                                 \
	X(int, posix_spawnp,                                                   \
	  (pid_t *pid, const char *file,                                       \
	   const posix_spawn_file_actions_t *actions,                          \
	   const posix_spawnattr_t *attributes, char *const *argv,             \
	   char *const *envp))                                                 \
	X(int, capget, (void *header, void *data))                             \
	X(int, capset, (void *header, const void *data))                       \
	X(int, setuid, (uid_t uid))                                            \
	X(int, seteuid, (uid_t uid))                                           \
	X(int, setreuid, (uid_t real, uid_t effective))                        \
	X(int, setresuid, (uid_t real, uid_t effective, uid_t saved))          \
	X(int, setrlimit, (int what, const struct rlimit *limit))              \
	X(int, setrlimit64, (int what, const struct rlimit64 *limit))          \
	X(int, prlimit,                                                        \
	  (pid_t pid, int what, const struct rlimit *limit,                    \
	   struct rlimit *old))                                                \
	X(int, prlimit64,                                                      \
	  (pid_t pid, int what, const struct rlimit64 *limit,                  \
	   struct rlimit64 *old))                                              \
	X(void, _exit, (int status))                                           \
	X(void, _Exit, (int status))                                           \
	X(long, syscall,                                                       \
	  (long number, long a, long b, long c, long d, long e, long f))

#define PRELOAD_NAMES(X)      \
	PRELOAD_PATH_NAMES(X)    \
	PRELOAD_STAT_NAMES(X)    \
	PRELOAD_IO_NAMES(X)      \
	PRELOAD_FD_NAMES(X)      \
	PRELOAD_POLL_NAMES(X)    \
	PRELOAD_MAP_NAMES(X)     \
	PRELOAD_SIGNAL_NAMES(X)  \
	PRELOAD_MESSAGE_NAMES(X) \
	PRELOAD_PROCESS_NAMES(X)

/*
 * What the library itself calls under these names: the linker leads those
 * calls to __wrap_<name>, which goes past us.
 */
#define PRELOAD_WRAPPED(X)                                                     \
	X(int, open64, (const char *path, int flags, mode_t mode),             \
	  (path, flags, mode))                                                 \
	X(int, open, (const char *path, int flags, mode_t mode),               \
	  (path, flags, mode))                                                 \
	X(int, close, (int fd), (fd))                                          \
	X(int, dup3, (int fd, int new_fd, int flags), (fd, new_fd, flags))     \
	X(int, fcntl64, (int fd, int cmd, void *arg), (fd, cmd, arg))          \
	X(int, fcntl, (int fd, int cmd, void *arg), (fd, cmd, arg))            \
	X(int, epoll_ctl,                                                      \
	  (int poller, int op, int fd, struct epoll_event *event),             \
	  (poller, op, fd, event))                                             \
	X(int, fstat64, (int fd, struct stat64 *st), (fd, st))                 \
	X(int, fstat, (int fd, struct stat *st), (fd, st))                     \
	X(int, fclose, (FILE *f), (f))                                         \
	X(void *, mmap64,                                                      \
	  (void *addr, size_t length, int prot, int flags, int fd, off_t at),  \
	  (addr, length, prot, flags, fd, at))                                 \
	X(void *, mmap,                                                        \
	  (void *addr, size_t length, int prot, int flags, int fd, off_t at),  \
	  (addr, length, prot, flags, fd, at))                                 \
	X(int, munmap, (void *addr, size_t length), (addr, length))            \
	X(void *, mremap,                                                      \
	  (void *addr, size_t old_size, size_t new_size, int flags, void *to), \
	  (addr, old_size, new_size, flags, to))                               \
	X(int, mprotect, (void *addr, size_t length, int prot),                \
	  (addr, length, prot))                                                \
	X(int, memfd_create, (const char *name, unsigned int flags),           \
	  (name, flags))                                                       \
	X(int, ppoll,                                                          \
	  (struct pollfd *fds, nfds_t count, const struct timespec *timeout,   \
	   const sigset_t *mask),                                              \
	  (fds, count, timeout, mask))                                         \
	X(ssize_t, read, (int fd, void *buf, size_t count), (fd, buf, count))  \
	X(ssize_t, write, (int fd, const void *buf, size_t count),             \
	  (fd, buf, count))                                                    \
	X(ssize_t, pread64, (int fd, void *buf, size_t count, off_t at),       \
	  (fd, buf, count, at))                                                \
	X(int, sigaction,                                                      \
	  (int signal, const struct sigaction *action,                         \
	   struct sigaction *old),                                             \
	  (signal, action, old))                                               \
	X(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *old), \
	  (how, set, old))                                                     \
	X(long, syscall,                                                       \
	  (long number, long a, long b, long c, long d, long e, long f),       \
	  (number, a, b, c, d, e, f))

/*
 * Descriptors that the library makes for itself.  A sanitizer would see them
 * made, but not closed: it is to see neither.
 */
#define PRELOAD_BARE(X)                                                        \
	X(int, epoll_create1, (int flags), (flags))                            \
	X(int, eventfd, (unsigned int value, int flags), (value, flags))       \
	X(int, socketpair, (int domain, int type, int protocol, int ends[2]),  \
	  (domain, type, protocol, ends))                                      \
	X(int, pipe2, (int ends[2], int flags), (ends, flags))

#endif
