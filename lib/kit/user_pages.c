/* SPDX-License-Identifier: MIT */
/*
 * Pages of user memory: pinning, frames, identity.
 *
 * Whether memory may be pinned is found out by touching it, which also makes
 * the pages present.  What touching does not tell - a shared mapping of an
 * ordinary file - is asked of /proc/self/pagemap, and only if that says that a
 * page is not private and anonymous, of /proc/self/maps: of one mapping since
 * Linux 6.11, else all of its text is read.
 */
#include "kit/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <uik/file.h>
#include <uik/pin.h>
#include <uik/snapshot.h>

#include "kit/fork.h"
#include "kit/machine.h"
#include "kit/poison.h"
#include "kit/usercopy.h"

#define PAGEMAP_FILE (1ull << 61)
#define PAGEMAP_BATCH 256u
#define MAPS_BUFFER 4096u

/* As in <linux/fs.h> since Linux 6.11, for systems whose headers are older. */
struct maps_query {
	u64 size;
	u64 query_flags;
	u64 query_addr;
	u64 vma_start;
	u64 vma_end;
	u64 vma_flags;
	u64 vma_page_size;
	u64 vma_offset;
	u64 inode;
	u32 dev_major;
	u32 dev_minor;
	u32 vma_name_size;
	u32 build_id_size;
	u64 vma_name_addr;
	u64 build_id_addr;
};
#define MAPS_QUERY _IOWR('f', 17, struct maps_query)
#define MAPS_QUERY_SHARED 8

/* Process-wide doors: tables of this process's memory. */
static int pagemap_fd uik_unsnapped = -1;
static int maps_fd uik_unsnapped = -1;
static pthread_once_t pagemap_once uik_unsnapped = PTHREAD_ONCE_INIT;
static pthread_once_t maps_once uik_unsnapped = PTHREAD_ONCE_INIT;

static int table_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : uik_fd_high(fd);
}

static void pagemap_open(void)
{
	pagemap_fd = table_open("/proc/self/pagemap");
}

static void maps_open(void)
{
	maps_fd = table_open("/proc/self/maps");
}

/* A child must not ask about its parent's memory. */
void pagemap_fork_child(void)
{
	if (pagemap_fd >= 0) {
		uik_fd_high_close(pagemap_fd);
		pagemap_open();
	}
	if (maps_fd >= 0) {
		uik_fd_high_close(maps_fd);
		maps_open();
	}
}

/* One line of the table; @path stays as it is if the line has none. */
static bool maps_parse(const char *line, struct maps_line *out)
{
	unsigned int major, minor;
	unsigned long start, end, offset, inode;
	char perms[5];

	out->path[0] = '\0';
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %255[^\n]", &start, &end,
		   perms, &offset, &major, &minor, &inode, out->path) < 7)
		return false;
	out->start = start;
	out->end = end;
	out->offset = offset;
	out->device = makedev(major, minor);
	out->inode = inode;
	out->shared = perms[3] == 's';
	return true;
}

/* Asks for the one mapping; false: the system cannot be asked so. */
static bool maps_ask(uintptr_t at, struct maps_line *out, bool *found)
{
	struct maps_query query = {
		.size = sizeof(query),
		.query_addr = at,
		.vma_name_addr = (uintptr_t)out->path,
		.vma_name_size = sizeof(out->path),
	};

	pthread_once(&maps_once, maps_open);
	if (maps_fd < 0)
		return false;
	out->path[0] = '\0';
	*found = !ioctl(maps_fd, MAPS_QUERY, &query);
	if (!*found)
		return errno == ENOENT;
	/* Valgrind does not know what the request writes there. */
	(void)VALGRIND_MAKE_MEM_DEFINED(out->path, query.vma_name_size);
	out->start = query.vma_start;
	out->end = query.vma_end;
	out->offset = query.vma_offset;
	out->device = makedev(query.dev_major, query.dev_minor);
	out->inode = query.inode;
	out->shared = query.vma_flags & MAPS_QUERY_SHARED;
	return true;
}

/* Reads line after line without stdio's locks and allocations. */
bool maps_read(uintptr_t at, struct maps_line *out)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char buf[MAPS_BUFFER + 1], *line, *end;
	size_t have = 0;
	bool found = false;
	ssize_t n;

	if (fd < 0)
		return false;
	while (!found && (n = read(fd, buf + have, MAPS_BUFFER - have)) > 0) {
		have += n;
		buf[have] = '\0';
		line = buf;
		while (!found && (end = strchr(line, '\n'))) {
			*end = '\0';
			found = maps_parse(line, out) && at >= out->start &&
				at < out->end;
			line = end + 1;
		}
		have -= line - buf;
		memmove(buf, line, have);
	}
	close(fd);
	return found;
}

bool maps_find(uintptr_t at, struct maps_line *out)
{
	bool found;

	return maps_ask(at, out, &found) ? found : maps_read(at, out);
}

static bool starts(const char *string, const char *with)
{
	return !strncmp(string, with, strlen(with));
}

/* Whether a mapped file lives in memory: memfd, shmem, tmpfs, hugetlbfs. */
static bool path_in_memory(const char *path)
{
	struct statfs fs;
	char copy[256], *deleted;

	if (starts(path, "/memfd:") || starts(path, "/dev/zero") ||
	    starts(path, "/SYSV") || starts(path, "/anon_hugepage"))
		return true;
	snprintf(copy, sizeof(copy), "%s", path);
	deleted = strstr(copy, " (deleted)");
	if (deleted) {
		*deleted = '\0';
		deleted = strrchr(copy, '/');
		if (deleted)
			deleted[deleted == copy] = '\0';
	}
	if (statfs(copy, &fs))
		return false;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == HUGETLBFS_MAGIC;
}

/* Pages [@va, @va + @length) of which the first is no private memory. */
static bool writable_here(unsigned long va, unsigned long *next)
{
	struct maps_line line;

	if (!maps_find(va, &line)) {
		*next = va + PAGE_SIZE;
		return true;
	}
	*next = line.end;
	return !line.shared || !line.inode || path_in_memory(line.path);
}

/* Whether no page is shared with an ordinary file. */
static bool all_pinnable_for_write(unsigned long va, unsigned long end)
{
	u64 entries[PAGEMAP_BATCH];
	unsigned long next = va, page;
	size_t want, i;
	ssize_t n;

	pthread_once(&pagemap_once, pagemap_open);
	if (pagemap_fd < 0)
		return true;
	while (va < end) {
		want = (end - va) >> PAGE_SHIFT;
		want = want < PAGEMAP_BATCH ? want : PAGEMAP_BATCH;
		n = pread(pagemap_fd, entries, want * sizeof(u64),
			  (off_t)(va >> PAGE_SHIFT) * sizeof(u64));
		if (n <= 0)
			return true;
		want = n / sizeof(u64);
		for (i = 0; i < want; i++) {
			page = va + i * PAGE_SIZE;
			if (page >= next && entries[i] & PAGEMAP_FILE &&
			    !writable_here(page, &next))
				return false;
		}
		va += want * PAGE_SIZE;
	}
	return true;
}

static bool probe_direct(unsigned long va, bool write)
{
	return !(write ? uik_raw_probe_write((void *)va) :
			 uik_raw_probe_read((void *)va));
}

/* Touches every page; the first decides how. */
static bool probe_pages(struct mm_struct *mm, unsigned long va, size_t npages,
			bool write)
{
	bool direct = mm->own && fault_may_touch(va, npages << PAGE_SHIFT);

	for (; npages; npages--, va += PAGE_SIZE)
		if (direct ? !probe_direct(va, write) :
			     !user_probe(mm, va, write))
			return false;
	return true;
}

int uik_pin_user(struct mm_struct *mm, unsigned long va, size_t npages,
		 bool write)
{
	unsigned long end = va + (npages << PAGE_SHIFT);

	if (uik_fail(UIK_FAIL_PIN))
		return -EFAULT;
	if (!npages)
		return 0;
	if (npages > TASK_SIZE >> PAGE_SHIFT ||
	    !access_ok((void *)va, npages << PAGE_SHIFT) ||
	    !uik_mm_alive(mm))
		return -EFAULT;
	if (mm->own && vma_range_ours(va, end))
		return -EFAULT;
	if (!probe_pages(mm, va, npages, write))
		return -EFAULT;
	if (mm->own && write && !all_pinnable_for_write(va, end))
		return -EFAULT;
	return 0;
}

static bool scattered(const struct uik_machine *machine, unsigned long va)
{
	return machine->scatter_pages && !arena_of((void *)va);
}

uint64_t uik_user_pfn(struct mm_struct *mm, unsigned long va)
{
	struct uik_machine *machine = uik_this_machine();
	uint64_t pfn = va >> PAGE_SHIFT;

	if (!mm->own)
		return ((2 + mm_index(mm) % 16ull) << (47 - PAGE_SHIFT)) + pfn;
	return scattered(machine, va) ? page_scatter(machine, pfn) : pfn;
}

size_t uik_user_run(struct mm_struct *mm, unsigned long va, size_t npages)
{
	return mm->own && scattered(uik_this_machine(), va) ? 1 : npages;
}

/* Device and inode 0: private memory. */
static void memo_add(struct uik_page_memo *memo, const struct maps_line *line)
{
	bool file = line->shared && line->inode;
	unsigned int slot = memo->next++ % ARRAY_SIZE(memo->seen);

	memo->seen[slot].start = line->start;
	memo->seen[slot].end = line->end;
	memo->seen[slot].offset = line->offset;
	memo->seen[slot].device = file ? line->device : 0;
	memo->seen[slot].inode = file ? line->inode : 0;
}

static bool memo_tell(const struct uik_page_memo *memo, uintptr_t va,
		      struct uik_page_identity *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(memo->seen); i++)
		if (va >= memo->seen[i].start && va < memo->seen[i].end)
			break;
	if (i == ARRAY_SIZE(memo->seen))
		return false;
	if (!memo->seen[i].inode)
		return true;
	out->device = memo->seen[i].device;
	out->inode = memo->seen[i].inode;
	out->index = (memo->seen[i].offset + (va - memo->seen[i].start)) >>
		     PAGE_SHIFT;
	return true;
}

int uik_page_identify_with(struct uik_page_memo *memo, uint64_t pfn,
			   struct uik_page_identity *out)
{
	struct uik_machine *machine = uik_this_machine();
	uint64_t phys = pfn << PAGE_SHIFT;
	struct maps_line line;
	uintptr_t va;

	*out = (struct uik_page_identity){ .index = pfn };
	if (phys >= UIK_PHYS_FILE && phys < UIK_PHYS_MMIO)
		return pin_file_identity(phys, &out->device, &out->inode,
					 &out->index) ? 0 : -EFAULT;
	if (phys >= UIK_PHYS_MMIO)
		return 0;
	va = (uintptr_t)uik_phys_to_host(machine, phys);
	out->index = va >> PAGE_SHIFT;
	if (!va || uik_phys_is_kit(machine, va, 1))
		return va ? 0 : -EFAULT;
	if (memo_tell(memo, va, out))
		return 0;
	if (!maps_find(va, &line))
		return -EFAULT;
	memo_add(memo, &line);
	memo_tell(memo, va, out);
	return 0;
}

int uik_page_identify(uint64_t pfn, struct uik_page_identity *out)
{
	struct uik_page_memo memo = { 0 };

	return uik_page_identify_with(&memo, pfn, out);
}

bool uik_page_same(uint64_t pfn_a, uint64_t pfn_b)
{
	struct uik_page_identity a, b;

	if (pfn_a == pfn_b)
		return true;
	if (uik_page_identify(pfn_a, &a) || uik_page_identify(pfn_b, &b))
		return false;
	return a.device == b.device && a.inode == b.inode &&
	       a.index == b.index;
}

int uik_copy_user_page(struct mm_struct *mm, unsigned long va, void *buf,
		       size_t size, bool write)
{
	size_t left;

	if (!size)
		return 0;
	if (!access_ok((void *)va, size))
		return -EFAULT;
	if (!mm->own || !fault_may_touch(va, size)) {
		left = write ? foreign_write(mm, va, buf, size) :
			       foreign_read(mm, buf, va, size);
		return left ? -EFAULT : 0;
	}
	left = write ? uik_raw_copy((void *)va, buf, size) :
		       uik_raw_copy(buf, (void *)va, size);
	return left ? -EFAULT : 0;
}

void uik_pin_watch_set(struct uik_machine *machine,
		       const struct uik_pin_watch *watch)
{
	__atomic_store_n(&machine->pin_watch, watch, __ATOMIC_RELEASE);
}

const struct uik_pin_watch *uik_pin_watch_get(void)
{
	return __atomic_load_n(&uik_this_machine()->pin_watch,
			       __ATOMIC_ACQUIRE);
}

void uik_pin_counter_add(struct uik_machine *machine,
			 struct uik_pin_counter *counter)
{
	counter->next = __atomic_load_n(&machine->pin_counters,
					__ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&machine->pin_counters,
					    &counter->next, counter, false,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
}

uint64_t uik_pin_count(struct uik_machine *machine, unsigned long va)
{
	struct uik_page_identity identity;
	struct uik_pin_counter *counter;
	uint64_t pins = 0;

	if (uik_page_identify(uik_user_pfn(mm_own(), va), &identity))
		return 0;
	for (counter = __atomic_load_n(&machine->pin_counters,
				       __ATOMIC_ACQUIRE);
	     counter; counter = counter->next)
		pins += counter->count(machine, &identity);
	return pins;
}
