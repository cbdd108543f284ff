/* SPDX-License-Identifier: MIT */
/*
 * Files whose pages can be pinned.
 *
 * Process-wide door: a table of files, one entry an inode.  Each owns 256 GiB
 * of physical addresses, and views: mappings of the file into this process,
 * each larger than the one before when the file has grown.  A view stays until
 * the file's last user has gone, so that addresses stay good.
 */
#include <uik/pin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/err.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <uik/file.h>

#include "kit/fork.h"
#include "kit/pages.h"
#include "kit/snapshot.h"
#include "kit/usercopy.h"

#define FILES_MAX 256u
#define FILE_SPAN (1ull << 38)
#define VIEWS_MAX 16u
#define VIEW_MIN (64ull << 20)

struct uik_pin_file {
	uint32_t refs;			/* under files_lock */
	int fd;				/* owned */
	dev_t device;
	ino_t inode;
	bool in_memory;			/* tmpfs, memfd or hugetlbfs */
	bool writable;			/* the views are */
	unsigned int view_count;	/* atomic: views before it are complete */
	struct {
		char *base;
		uint64_t bytes;
	} views[VIEWS_MAX];
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct uik_pin_file files[FILES_MAX];

FORK_LOCK(files_lock)

static uint64_t file_base(const struct uik_pin_file *file)
{
	return UIK_PHYS_FILE + (uint64_t)(file - files) * FILE_SPAN;
}

/* The entry of an inode, else a free one, else NULL. */
static struct uik_pin_file *entry_locked(const struct stat *st)
{
	struct uik_pin_file *unused = NULL;
	unsigned int i;

	for (i = 0; i < FILES_MAX; i++) {
		if (files[i].refs && files[i].device == st->st_dev &&
		    files[i].inode == st->st_ino)
			return &files[i];
		if (!files[i].refs && !unused)
			unused = &files[i];
	}
	return unused;
}

/*
 * Opened anew for writing where that is allowed: pages of a file opened for
 * reading can be pinned for writing.
 */
static int own_descriptor(int fd)
{
	char path[32];
	int own, copy;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_RDWR | O_CLOEXEC);
	if (own >= 0)
		return uik_fd_high(own);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return copy < 0 ? -errno : uik_fd_high(copy);
}

static int entry_open(struct uik_pin_file *file, int fd, const struct stat *st)
{
	struct statfs fs;
	int own;

	*file = (struct uik_pin_file){ .device = st->st_dev,
				       .inode = st->st_ino };
	/* Only files are opened again: opening a device does things. */
	if (S_ISREG(st->st_mode)) {
		own = own_descriptor(fd);
	} else {
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		own = own < 0 ? -errno : uik_fd_high(own);
	}
	if (own < 0)
		return own;
	file->fd = own;
	file->writable = (fcntl(own, F_GETFL) & O_ACCMODE) == O_RDWR;
	file->in_memory = !fstatfs(own, &fs) &&
			  (fs.f_type == TMPFS_MAGIC ||
			   fs.f_type == HUGETLBFS_MAGIC);
	return 0;
}

static struct uik_pin_file *open_host(int fd)
{
	struct uik_pin_file *file;
	struct stat st;
	int rc = 0;

	/* A descriptor that only names a path is none to a driver. */
	rc = fcntl(fd, F_GETFL);
	if (rc < 0 || rc & O_PATH || fstat(fd, &st))
		return ERR_PTR(-EBADF);
	rc = 0;
	pthread_mutex_lock(&files_lock);
	file = entry_locked(&st);
	if (!file)
		rc = -EMFILE;
	else if (!file->refs)
		rc = entry_open(file, fd, &st);
	if (!rc)
		file->refs++;
	pthread_mutex_unlock(&files_lock);
	return rc ? ERR_PTR(rc) : file;
}

struct uik_pin_file *uik_pin_file_open(int fd)
{
	int host = uik_fd_host(fd);
	struct uik_pin_file *file;

	if (host < 0)
		return ERR_PTR(-EBADF);
	file = open_host(host);
	uik_fd_host_put(fd, host);
	return file;
}

/* The machines that had pinned them are the parent's. */
void pin_files_forget(void)
{
	unsigned int i;

	for (i = 0; i < FILES_MAX; i++) {
		if (files[i].refs)
			uik_fd_high_close(files[i].fd);
		files[i].refs = 0;
		files[i].view_count = 0;
	}
}

void uik_pin_file_get(struct uik_pin_file *file)
{
	pthread_mutex_lock(&files_lock);
	file->refs++;
	pthread_mutex_unlock(&files_lock);
}

void uik_pin_file_put(struct uik_pin_file *file)
{
	unsigned int i;

	pthread_mutex_lock(&files_lock);
	if (!--file->refs) {
		for (i = 0; i < file->view_count; i++)
			munmap(file->views[i].base, file->views[i].bytes);
		__atomic_store_n(&file->view_count, 0, __ATOMIC_RELAXED);
		uik_fd_high_close(file->fd);
	}
	pthread_mutex_unlock(&files_lock);
}

/* Twice what is there, so that a growing file needs few views. */
static int view_add_locked(struct uik_pin_file *file, uint64_t end)
{
	uint64_t bytes = VIEW_MIN;
	unsigned int n = file->view_count;
	void *base = MAP_FAILED;

	while (bytes < end && bytes < FILE_SPAN)
		bytes *= 2;
	if (n == VIEWS_MAX || bytes < end)
		return -ENOMEM;
	if (file->writable)
		base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_NORESERVE, file->fd, 0);
	if (base == MAP_FAILED) {	/* sealed, or not ours to write */
		file->writable = false;
		base = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE,
			    file->fd, 0);
	}
	if (base == MAP_FAILED)
		return -ENOMEM;
	snapshot_host_changed();
	file->views[n].base = base;
	file->views[n].bytes = bytes;
	__atomic_store_n(&file->view_count, n + 1, __ATOMIC_RELEASE);
	return 0;
}

static char *view_at(const struct uik_pin_file *file, uint64_t offset)
{
	unsigned int n = __atomic_load_n(&file->view_count, __ATOMIC_ACQUIRE);

	while (n--)
		if (offset < file->views[n].bytes)
			return file->views[n].base + offset;
	return NULL;
}

static int view_reach(struct uik_pin_file *file, uint64_t end)
{
	int rc = 0;

	pthread_mutex_lock(&files_lock);
	if (!view_at(file, end - 1))
		rc = view_add_locked(file, end);
	pthread_mutex_unlock(&files_lock);
	return rc;
}

int uik_pin_file(struct uik_pin_file *file, uint64_t offset, size_t npages)
{
	uint64_t end;
	struct stat st;
	size_t i;
	int rc;

	if (uik_fail(UIK_FAIL_PIN))
		return -EFAULT;
	if (!file->in_memory || fstat(file->fd, &st))
		return -EINVAL;
	if (__builtin_add_overflow(offset, (uint64_t)npages << PAGE_SHIFT,
				   &end) || end > (uint64_t)st.st_size)
		return -EINVAL;
	if (!npages)
		return 0;
	rc = view_reach(file, end);
	for (i = 0; !rc && i < npages; i++)
		if (!user_probe(mm_own(),
				(uintptr_t)view_at(file, offset) +
					i * PAGE_SIZE,
				file->writable))
			rc = -EFAULT;
	return rc;
}

uint64_t uik_file_pfn(struct uik_pin_file *file, uint64_t offset)
{
	return (file_base(file) + offset) >> PAGE_SHIFT;
}

void *uik_file_host(struct uik_pin_file *file, uint64_t offset)
{
	return view_at(file, offset);
}

static struct uik_pin_file *file_of(uint64_t phys, uint64_t *offset)
{
	uint64_t index = (phys - UIK_PHYS_FILE) / FILE_SPAN;

	*offset = (phys - UIK_PHYS_FILE) % FILE_SPAN;
	return index < FILES_MAX ? &files[index] : NULL;
}

void *pin_file_host(uint64_t phys)
{
	uint64_t offset;
	struct uik_pin_file *file = file_of(phys, &offset);

	return file ? view_at(file, offset) : NULL;
}

bool pin_file_identity(uint64_t phys, uint64_t *device, uint64_t *inode,
		       uint64_t *index)
{
	uint64_t offset;
	struct uik_pin_file *file = file_of(phys, &offset);

	if (!file || !view_at(file, offset))
		return false;
	*device = file->device;
	*inode = file->inode;
	*index = offset >> PAGE_SHIFT;
	return true;
}
