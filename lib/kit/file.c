/* SPDX-License-Identifier: MIT */
/*
 * Files and the table of descriptor numbers.
 *
 * Process-wide doors: the table, indexed by number, and the pool of files.
 * A file is free when its count is zero; its memory is never anything else, so
 * fget() may look at one that has just been freed: it takes a count only from a
 * file that has one, and then checks that the number still leads there.
 */
#include <linux/file.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/anon_inodes.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <uik/task.h>

#include "kit/file.h"
#include "kit/fork.h"
#include "kit/machine.h"
#include "kit/number.h"

#define FILES_MAX 16384u
#define HIGH_FD 512

struct file *uik_numbers[NUMBERS_MAX];
unsigned int uik_numbers_quick = NUMBERS_MAX;
unsigned long uik_internal[NUMBERS_MAX / 64];
static struct file files[FILES_MAX];
static struct file *free_files;
static unsigned int fresh_files;		/* files never used yet */
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;
/* Numbers that exist here only; see uik_fd_virtual(). */
#define VIRTUAL_FIRST 32768
#define VIRTUAL_COUNT 64
/* Whose new numbers they are: &virtual_used: everybody's; NULL: nobody's. */
static const void *virtual_owner;	/* atomic */
static __thread char virtual_self;
static uint64_t virtual_used;		/* bits; the owner's */

static bool numbers_virtual(void)
{
	const void *owner = __atomic_load_n(&virtual_owner, __ATOMIC_RELAXED);

	return uik_unlikely(owner) &&
	       (owner == &virtual_used || owner == &virtual_self);
}

void uik_fd_virtual(bool on)
{
	__atomic_store_n(&virtual_owner, on ? &virtual_used : NULL,
			 __ATOMIC_RELAXED);
}

bool uik_fd_virtual_claim(void)
{
	const void *nobody = NULL;

	/* Pairs with the release by whom they were before. */
	return __atomic_compare_exchange_n(&virtual_owner, &nobody,
					   &virtual_self, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void uik_fd_virtual_release(void)
{
	WARN_ON(__atomic_load_n(&virtual_owner, __ATOMIC_RELAXED) !=
		&virtual_self);
	__atomic_store_n(&virtual_owner, NULL, __ATOMIC_RELEASE);
}

bool uik_fd_is_virtual(int fd)
{
	return fd >= VIRTUAL_FIRST && fd < VIRTUAL_FIRST + VIRTUAL_COUNT &&
	       virtual_used >> (fd - VIRTUAL_FIRST) & 1;
}

/* The lowest free from @min on; -EMFILE. */
static int virtual_take(int min)
{
	int i = min > VIRTUAL_FIRST ? min - VIRTUAL_FIRST : 0;

	if (i >= VIRTUAL_COUNT || !(~virtual_used >> i))
		return -EMFILE;
	i += __builtin_ctzll(~virtual_used >> i);
	virtual_used |= 1ull << i;
	return VIRTUAL_FIRST + i;
}

static void number_close(int fd)
{
	if (uik_fd_is_virtual(fd))
		virtual_used &= ~(1ull << (fd - VIRTUAL_FIRST));
	else
		close(fd);
}

FORK_LOCK(files_lock)
FORK_LOCK(ready_lock)

int uik_fd_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	if (high < 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		high = fd;
	} else {
		close(fd);
	}
	number_set_internal(high, true);
	return high;
}

void uik_fd_high_close(int fd)
{
	number_set_internal(fd, false);
	close(fd);
}

static struct file *file_take(void)
{
	struct file *file;

	pthread_mutex_lock(&files_lock);
	file = free_files;
	if (file)
		free_files = file->next_free_;
	else if (fresh_files < FILES_MAX)
		file = &files[fresh_files++];
	pthread_mutex_unlock(&files_lock);
	return file;
}

static void file_give(struct file *file)
{
	pthread_mutex_lock(&files_lock);
	file->next_free_ = free_files;
	free_files = file;
	pthread_mutex_unlock(&files_lock);
}

/* Everything but the count, which late lookers may read. */
static void file_fill(struct file *file, const char *name,
		      const struct file_operations *fops, void *priv, int flags)
{
	int access = flags & O_ACCMODE;

	file->f_op = fops;
	file->private_data = priv;
	file->f_flags = flags & ~O_CLOEXEC;
	file->f_mode = FMODE_LSEEK | (access != O_WRONLY ? FMODE_READ : 0) |
		       (access != O_RDONLY ? FMODE_WRITE : 0);
	file->f_pos = 0;
	file->machine = uik_this_machine();
	file->f_inode = &file->inode_;
	file->inode_ = (struct inode){ 0 };
	file->name = name;
	file->host_fd_ = -1;
	file->event_fd_ = -1;
	file->readable_ = false;
}

struct file *anon_inode_getfile(const char *name,
				const struct file_operations *fops, void *priv,
				int flags)
{
	struct file *file;

	if (uik_fail(UIK_FAIL_ALLOC))
		return ERR_PTR(-ENOMEM);
	file = file_take();
	if (!file)
		return ERR_PTR(-ENFILE);
	file_fill(file, name, fops, priv, flags);
	__atomic_store_n(&file->f_count, 1, __ATOMIC_RELEASE);
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops,
		     void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

noinline void file_last_put(struct file *file)
{
	struct uik_machine *previous = uik_enter(file->machine);

	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	uik_leave(previous);
	if (file->host_fd_ >= 0)
		uik_fd_high_close(file->host_fd_);
	if (file->event_fd_ >= 0)
		uik_fd_high_close(file->event_fd_);
	file_give(file);
}

void fput(struct file *file)
{
	uik_point(UIK_POINT_REF, &file->f_count, sizeof(file->f_count), true);
	file_put_quick(file);
}

void __fput_sync(struct file *file)
{
	fput(file);
}

struct file *uik_fd_own(unsigned int fd)
{
	struct file *file;
	long count;

	if (uik_unlikely(fd >= NUMBERS_MAX))
		return NULL;
again:
	uik_point(UIK_POINT_LOAD, &uik_numbers[fd], sizeof(uik_numbers[fd]),
		  false);
	file = __atomic_load_n(&uik_numbers[fd], __ATOMIC_ACQUIRE);
	if (uik_unlikely(!file))
		return NULL;
	count = __atomic_load_n(&file->f_count, __ATOMIC_RELAXED);
	do {
		if (uik_unlikely(!count))
			goto again;
	} while (uik_unlikely(!__atomic_compare_exchange_n(
		&file->f_count, &count, count + 1, true, __ATOMIC_ACQUIRE,
		__ATOMIC_RELAXED)));
	if (uik_likely(__atomic_load_n(&uik_numbers[fd], __ATOMIC_ACQUIRE) == file))
		return file;
	fput(file);	/* it was another one's by now */
	goto again;
}

/* Whose descriptors a call is about: another process's, or NULL. */
static struct uik_files *files_of_current(void)
{
	const struct task_struct *task = uik_current_task;

	return task ? task->files : NULL;
}

struct file *fget(unsigned int fd)
{
	struct uik_files *theirs = files_of_current();

	return uik_unlikely(theirs) ? theirs->get(theirs, fd) : uik_fd_own(fd);
}

int uik_fd_host(int fd)
{
	struct uik_files *theirs = files_of_current();

	if (uik_unlikely(theirs))
		return theirs->host(theirs, fd);
	if (uik_fd_is_virtual(fd))
		return fd;
	return fcntl(fd, F_GETFD) < 0 ? -EBADF : fd;
}

void uik_fd_host_put(int fd, int host)
{
	if (files_of_current() && host >= 0)
		uik_fd_high_close(host);
}

int get_unused_fd_flags(unsigned int flags)
{
	struct uik_files *theirs = files_of_current();
	int fd;

	if (uik_fail(UIK_FAIL_OP))
		return -EMFILE;
	if (uik_unlikely(theirs))
		return theirs->reserve(theirs, flags);
	if (numbers_virtual())
		return virtual_take(0);
	fd = open("/dev/null", O_RDWR | (flags & O_CLOEXEC));
	if (fd < 0)
		return -errno;
	if (fd < (int)NUMBERS_MAX)
		return fd;
	close(fd);
	return -EMFILE;
}

void put_unused_fd(unsigned int fd)
{
	struct uik_files *theirs = files_of_current();

	if (uik_unlikely(theirs))
		theirs->release(theirs, fd);
	else
		number_close(fd);
}

/* One more than the highest number, other than virtual, that was ever ours. */
static unsigned int numbers_end;
static bool virtual_ever;		/* atomic */

static void numbers_reach(unsigned int fd)
{
	unsigned int end = __atomic_load_n(&numbers_end, __ATOMIC_RELAXED);

	if (fd >= VIRTUAL_FIRST)
		__atomic_store_n(&virtual_ever, true, __ATOMIC_RELEASE);
	while (end <= fd && fd < VIRTUAL_FIRST &&
	       !__atomic_compare_exchange_n(&numbers_end, &end, fd + 1, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* Lookups come before or after what is put there. */
static void number_point(unsigned int fd)
{
	uik_point(UIK_POINT_REF, &uik_numbers[fd], sizeof(uik_numbers[fd]), true);
}

/* Puts @file (or NULL) behind a number and lets go of what was there. */
static void number_set(unsigned int fd, struct file *file)
{
	struct file *old;

	numbers_reach(fd);
	number_point(fd);
	old = __atomic_exchange_n(&uik_numbers[fd], file, __ATOMIC_ACQ_REL);
	if (old)
		fput(old);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct uik_files *theirs = files_of_current();
	int flags;

	if (uik_unlikely(theirs)) {
		theirs->install(theirs, fd, file);
		return;
	}
	flags = file->host_fd_ >= 0 ? fcntl(fd, F_GETFD) : 0;
	if (file->host_fd_ >= 0)
		dup3(file->host_fd_, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	/* Something is there if the client closed the number behind our back. */
	number_set(fd, file);
}

int uik_file_set_pollable(struct file *file)
{
	struct epoll_event event = { .events = EPOLLIN };
	int poller, counter, error;

	if (numbers_virtual())
		return 0;
	counter = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (counter < 0)
		return -errno;
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0) {
		error = errno;
		close(counter);
		return -error;
	}
	counter = uik_fd_high(counter);
	poller = uik_fd_high(poller);
	if (epoll_ctl(poller, EPOLL_CTL_ADD, counter, &event)) {
		error = errno;
		uik_fd_high_close(counter);
		uik_fd_high_close(poller);
		return -error;
	}
	file->event_fd_ = counter;
	file->host_fd_ = poller;
	return 0;
}

void uik_file_set_readable(struct file *file, bool readable)
{
	uint64_t one = 1;
	ssize_t n = 0;

	if (file->event_fd_ < 0)
		return;
	pthread_mutex_lock(&ready_lock);
	if (file->readable_ != readable) {
		file->readable_ = readable;
		n = readable ? write(file->event_fd_, &one, sizeof(one)) :
			       read(file->event_fd_, &one, sizeof(one));
	}
	pthread_mutex_unlock(&ready_lock);
	WARN_ON_ONCE(n < 0);
}

void uik_file_share(struct file *file, int host_fd)
{
	file->host_fd_ = host_fd;
}

/* Who still has one of the parent's files has it for ever. */
void files_forget(void)
{
	unsigned int fd;

	for (fd = 0; fd < NUMBERS_MAX; fd++)
		uik_numbers[fd] = NULL;
}

bool uik_fd_is_ours(int fd)
{
	return number_is_ours(fd);
}

int uik_fd_close(int fd)
{
	struct file *file;

	if (fd < 0 || fd >= (int)NUMBERS_MAX)
		return -EBADF;
	number_point(fd);
	file = __atomic_exchange_n(&uik_numbers[fd], NULL, __ATOMIC_ACQ_REL);
	if (!file)
		return -EBADF;
	number_close(fd);
	fput(file);
	return 0;
}

bool uik_fd_forget(int fd)
{
	struct file *file;

	if (!number_is_ours(fd))
		return false;
	file = __atomic_exchange_n(&uik_numbers[fd], NULL, __ATOMIC_ACQ_REL);
	if (file)
		fput(file);
	return file;
}

/* A number for a copy of @fd. */
static int number_dup(int fd, int min, bool exact, bool cloexec)
{
	if (exact && uik_fd_is_virtual(min))
		return min;
	if (uik_fd_is_virtual(fd)) {
		/* What has no descriptor cannot become one of the system's. */
		if (exact && min < VIRTUAL_FIRST)
			return -EBADF;
		return virtual_take(min);
	}
	if (exact)
		return dup3(fd, min, cloexec ? O_CLOEXEC : 0);
	return fcntl(fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);
}

int uik_fd_next_virtual(int fd)
{
	int i = fd < VIRTUAL_FIRST ? 0 : fd + 1 - VIRTUAL_FIRST;

	if (i >= VIRTUAL_COUNT || !(virtual_used >> i))
		return -1;
	return VIRTUAL_FIRST + i + __builtin_ctzll(virtual_used >> i);
}

unsigned int uik_fd_close_virtual(void)
{
	unsigned int closed = 0;

	for (int fd = uik_fd_next_virtual(-1); fd >= 0;
	     fd = uik_fd_next_virtual(fd))
		closed += !uik_fd_close(fd);
	return closed;
}

int uik_fd_dup(int fd, int min, bool exact, bool cloexec)
{
	struct file *file = fd < 0 ? NULL : uik_fd_own(fd);
	int copy;

	if (!file)
		return -EBADF;
	copy = number_dup(fd, min, exact, cloexec);
	if (copy < 0 || copy >= (int)NUMBERS_MAX) {
		int error = copy < -1 ? -copy : copy < 0 ? errno : EMFILE;

		if (copy >= 0)
			close(copy);
		fput(file);
		return -error;
	}
	number_set(copy, file);
	return copy;
}

/* Of the numbers from @fd up to @end; whether to go on. */
static bool each_of(unsigned int fd, unsigned int end,
		    bool (*visit)(int fd, struct file *file, void *arg),
		    void *arg)
{
	struct file *file;
	bool go_on = true;

	for (; fd < end && go_on; fd++) {
		if (!__atomic_load_n(&uik_numbers[fd], __ATOMIC_RELAXED))
			continue;
		file = uik_fd_own(fd);
		if (!file)
			continue;
		go_on = visit(fd, file, arg);
		fput(file);
	}
	return go_on;
}

void uik_fd_each(bool (*visit)(int fd, struct file *file, void *arg), void *arg)
{
	/* Acquire: numbers that were ours before this call are seen. */
	unsigned int end = __atomic_load_n(&numbers_end, __ATOMIC_ACQUIRE);

	if (each_of(0, end, visit, arg) &&
	    __atomic_load_n(&virtual_ever, __ATOMIC_ACQUIRE))
		each_of(VIRTUAL_FIRST, VIRTUAL_FIRST + VIRTUAL_COUNT, visit,
			arg);
}
