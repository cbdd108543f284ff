// SPDX-License-Identifier: MIT
/* Huge pages on machines that have none to give. */
#include "client/preload/huge.h"

#include <linux/memfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <uik/pin.h>

#include "client/preload/preload.h"

#define DEFAULT_SHIFT 21
#define SIZE_SHIFT 26		/* of MAP_HUGE_* and MFD_HUGE_* */
#define SIZE_MASK 63u
#define FILES_MAX 64

unsigned int huge_files;

/* The files that stand in; one is forgotten when the table is full. */
static struct huge_entry {
	dev_t device;
	ino_t inode;
	unsigned int shift;
} table[FILES_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned int shift_of(unsigned int flags)
{
	unsigned int shift = flags >> SIZE_SHIFT & SIZE_MASK;

	return shift ? shift : DEFAULT_SHIFT;
}

/* Whether the system has no free huge page of the size. */
int huge_wanting(unsigned int flags)
{
	char path[96], text[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%lukB/free_hugepages",
		 1ul << shift_of(flags) >> 10);
	fd = NEXT(open)(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd >= 0) {
		n = NEXT(read)(fd, text, sizeof(text) - 1);
		NEXT(close)(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return !strtoul(text, NULL, 10);
}

/* @length bytes at an aligned address that the caller maps over. */
static void *reserve(size_t length, size_t size)
{
	uintptr_t all, start, end;
	void *p;

	p = NEXT(mmap)(NULL, length + size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return p;
	all = (uintptr_t)p;
	start = (all + size - 1) & ~(size - 1);
	end = start + length;
	if (start > all)
		NEXT(munmap)(p, start - all);
	if (all + length + size > end)
		NEXT(munmap)((void *)end, all + length + size - end);
	return (void *)start;
}

static void *map_aligned(void *addr, size_t length, int prot, int flags,
			 int fd, off_t at, size_t size)
{
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	void *where = addr;

	length = (length + size - 1) & ~(size - 1);
	if (fixed && (uintptr_t)addr & (size - 1)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if (!fixed) {
		where = reserve(length, size);
		if (where == MAP_FAILED)
			return where;
		flags |= MAP_FIXED;
	}
	where = NEXT(mmap)(where, length, prot, flags, fd, at);
	if (where != MAP_FAILED) {
		uik_huge_add((uintptr_t)where, length);
		if (fd < 0)
			madvise(where, length, MADV_HUGEPAGE);
	}
	return where;
}

static bool is_hugetlbfs(int fd)
{
	struct statfs fs;
	int error = errno;
	bool is = !fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC;

	errno = error;
	return is;
}

bool huge_may_help(int flags, int fd)
{
	if (flags & MAP_HUGETLB)
		return true;
	return !(flags & MAP_ANONYMOUS) && errno == ENOMEM && is_hugetlbfs(fd);
}

static void remember(int fd, unsigned int shift)
{
	struct stat st;
	unsigned int at;

	if (NEXT(fstat)(fd, &st))
		return;
	pthread_mutex_lock(&table_lock);
	at = huge_files < FILES_MAX ? huge_files : st.st_ino % FILES_MAX;
	table[at] = (struct huge_entry){ st.st_dev, st.st_ino, shift };
	if (huge_files < FILES_MAX)
		__atomic_store_n(&huge_files, huge_files + 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&table_lock);
}

static unsigned int recall(int fd)
{
	unsigned int shift = 0;
	struct stat st;

	if (NEXT(fstat)(fd, &st))
		return 0;
	pthread_mutex_lock(&table_lock);
	for (unsigned int i = 0; i < huge_files; i++)
		if (table[i].device == st.st_dev && table[i].inode == st.st_ino)
			shift = table[i].shift;
	pthread_mutex_unlock(&table_lock);
	return shift;
}

/* An empty file of the same size takes the place of a hugetlbfs one. */
static int replace_file(int fd, unsigned int shift)
{
	struct stat st;
	int mine, flags;

	if (NEXT(fstat)(fd, &st) || st.st_blocks)
		return -1;
	mine = NEXT(memfd_create)("hugetlb", MFD_CLOEXEC);
	if (mine < 0)
		return -1;
	flags = NEXT(fcntl)(fd, F_GETFD, NULL);
	if (ftruncate(mine, st.st_size) ||
	    NEXT(dup3)(mine, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0) {
		NEXT(close)(mine);
		return -1;
	}
	NEXT(close)(mine);
	remember(fd, shift);
	return 0;
}

void *huge_map(void *addr, size_t length, int prot, int flags, int fd, off_t at)
{
	unsigned int shift = shift_of(flags);

	if (errno != ENOMEM && errno != ENODEV && errno != EINVAL)
		return MAP_FAILED;
	if (!length || shift < 12 || shift > 40)
		return MAP_FAILED;
	flags &= ~(MAP_HUGETLB | (int)(SIZE_MASK << SIZE_SHIFT));
	if (flags & MAP_ANONYMOUS)
		fd = -1;
	else if (is_hugetlbfs(fd) && replace_file(fd, shift))
		return MAP_FAILED;
	return map_aligned(addr, length, prot, flags, fd, at, 1ul << shift);
}

void *huge_align(void *where, void *addr, size_t length, int prot, int flags,
		 int fd, off_t at)
{
	unsigned int shift = flags & MAP_ANONYMOUS ? 0 : recall(fd);

	if (!shift)
		return where;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		uik_huge_add((uintptr_t)where, length);
		return where;
	}
	NEXT(munmap)(where, length);
	return map_aligned(addr, length, prot, flags, fd, at, 1ul << shift);
}

int huge_file(const char *name, unsigned int flags)
{
	unsigned int shift = shift_of(flags);
	int fd;

	flags &= ~(MFD_HUGETLB | SIZE_MASK << SIZE_SHIFT);
	fd = NEXT(memfd_create)(name, flags);
	if (fd >= 0)
		remember(fd, shift);
	return fd;
}
