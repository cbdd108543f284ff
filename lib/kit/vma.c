/* SPDX-License-Identifier: MIT */
/*
 * Mappings of our files in this process.
 *
 * Process-wide door: the list of mappings, in order of address, under one
 * lock.  Callbacks of the file and the mapping run without it.  A mapping is
 * made as inaccessible memory first; the file's mmap operation then puts pages
 * into it (remap_pfn_range).
 *
 * Whoever changes what is mapped holds the process's mmap_lock, as in Linux:
 * what it has found in the list stays, and the list says what the system has
 * mapped.  Callbacks run under it; a file goes after it, since its release may
 * wait for anything.
 */
#include <uik/file.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "kit/fork.h"
#include "kit/leaf.h"
#include "kit/machine.h"
#include "kit/pages.h"
#include "kit/snapshot.h"

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

static pthread_mutex_t vmas_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(vmas);
static unsigned long vma_total;		/* atomic */

FORK_LOCK(vmas_lock)

static int prot_of(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_READ ? PROT_READ : 0) |
	       (vma->vm_flags & VM_WRITE ? PROT_WRITE : 0) |
	       (vma->vm_flags & VM_EXEC ? PROT_EXEC : 0);
}

static vm_flags_t can_of(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) |
	       (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr,
		    unsigned long pfn, unsigned long size, pgprot_t prot)
{
	uint64_t offset;
	int fd, rc;

	size = PAGE_ALIGN(size);
	if (addr < vma->vm_start || addr > vma->vm_end || addr % PAGE_SIZE ||
	    size > vma->vm_end - addr)
		return -EINVAL;
	if (uik_fail(UIK_FAIL_OP))
		return -ENOMEM;
	rc = uik_mappable_fd_offset(vma->vm_file->machine, PFN_PHYS(pfn), size,
				    &fd, &offset);
	if (rc)
		return rc;
	vma->vm_host_fd_ = fd;
	vma->vm_host_offset_ = offset - (addr - vma->vm_start);
	if (vma->vm_mm->own &&
	    mmap((void *)addr, size, prot_of(vma), MAP_SHARED | MAP_FIXED, fd,
		 (off_t)offset) == MAP_FAILED)
		return -ENOMEM;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static void link_vma(struct vm_area_struct *vma)
{
	struct vm_area_struct *other;
	struct list_head *before = &vmas;

	leaf_lock(&vmas_lock);
	list_for_each_entry(other, &vmas, vm_node_) {
		if (other->vm_start > vma->vm_start) {
			before = &other->vm_node_;
			break;
		}
	}
	list_add_tail(&vma->vm_node_, before);
	__atomic_fetch_add(&vma_total, 1, __ATOMIC_RELAXED);
	leaf_unlock(&vmas_lock);
	uik_count_mapping(1);
}

/* Off the list already: its owner is told. */
static void vma_close(struct vm_area_struct *vma)
{
	struct uik_machine *previous = uik_enter(vma->vm_file->machine);

	__atomic_fetch_sub(&vma_total, 1, __ATOMIC_RELAXED);
	uik_count_mapping(-1);
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	uik_leave(previous);
}

static void vma_close_all(struct list_head *gone)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, gone, vm_node_)
		vma_close(vma);
}

/* Its counts go, and what was only a list's. */
static void vma_drop(struct vm_area_struct *vma)
{
	struct uik_machine *previous = uik_enter(vma->vm_file->machine);
	struct file *file = vma->vm_file;

	uik_mm_put(vma->vm_mm);
	kfree(vma);
	uik_leave(previous);
	fput(file);
}

/* One call, whichever machines it enters: none of these is its last. */
static void mmap_begin(void)
{
	current->entry_depth++;
	mmap_write_lock(mm_own());
}

/* @ended: mappings that are closed. */
static void mmap_end(struct list_head *ended)
{
	struct vm_area_struct *vma, *next;

	snapshot_host_changed();
	mmap_write_unlock(mm_own());
	current->entry_depth--;
	list_for_each_entry_safe(vma, next, ended, vm_node_)
		vma_drop(vma);
}

/* The first mapping that touches the range.  The lock is held. */
static struct vm_area_struct *find_locked(uintptr_t start, uintptr_t end)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &vmas, vm_node_)
		if (vma->vm_start < end && vma->vm_end > start)
			return vma;
	return NULL;
}

bool vma_range_ours(uintptr_t start, uintptr_t end)
{
	bool ours;

	if (!__atomic_load_n(&vma_total, __ATOMIC_RELAXED))
		return false;
	leaf_lock(&vmas_lock);
	ours = find_locked(start, end);
	leaf_unlock(&vmas_lock);
	return ours;
}

bool uik_vma_covers(const void *addr, size_t length)
{
	return vma_range_ours((uintptr_t)addr, (uintptr_t)addr + length);
}

void uik_vma_each(bool (*visit)(const struct vm_area_struct *vma, void *arg),
		  void *arg)
{
	struct vm_area_struct *vma;

	if (!__atomic_load_n(&vma_total, __ATOMIC_RELAXED))
		return;
	leaf_lock(&vmas_lock);
	list_for_each_entry(vma, &vmas, vm_node_)
		if (!visit(vma, arg))
			break;
	leaf_unlock(&vmas_lock);
}

/* Cuts its head off, in the file as in memory. */
static void vma_begins_at(struct vm_area_struct *vma, uintptr_t start)
{
	vma->vm_pgoff += (start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_host_offset_ += start - vma->vm_start;
	vma->vm_start = start;
}

/* A copy of @vma with its own counts, for the part [@start, its end). */
static struct vm_area_struct *vma_copy(struct vm_area_struct *vma,
				       uintptr_t start)
{
	struct vm_area_struct *copy = kmalloc_obj(*copy);

	if (!copy)
		return NULL;
	*copy = *vma;
	vma_begins_at(copy, start);
	get_file(copy->vm_file);
	uik_mm_get(copy->vm_mm);
	return copy;
}

/*
 * Cuts [start, end) out of one mapping; 0 or -ENOMEM with nothing done.  If
 * that is all of it, it goes to @gone.
 */
static int vma_cut(struct vm_area_struct *vma, uintptr_t start, uintptr_t end,
		   struct list_head *gone)
{
	struct uik_machine *previous = uik_enter(vma->vm_file->machine);
	struct vm_area_struct *tail = NULL;

	if (vma->vm_start < start && vma->vm_end > end) {
		tail = vma_copy(vma, end);
		if (!tail) {
			uik_leave(previous);
			return -ENOMEM;
		}
		if (tail->vm_ops && tail->vm_ops->open)
			tail->vm_ops->open(tail);
	}
	leaf_lock(&vmas_lock);
	if (vma->vm_start >= start && vma->vm_end <= end) {
		list_move_tail(&vma->vm_node_, gone);
	} else if (vma->vm_start < start) {
		vma->vm_end = start;
	} else {
		vma_begins_at(vma, end);
	}
	leaf_unlock(&vmas_lock);
	if (tail)
		link_vma(tail);
	uik_leave(previous);
	return 0;
}

/* Under the mmap_lock; what ends is closed and goes to @ended. */
static int unmap(uintptr_t start, uintptr_t end, struct list_head *ended)
{
	struct vm_area_struct *vma;
	LIST_HEAD(gone);
	int rc = 0;

	do {
		leaf_lock(&vmas_lock);
		vma = find_locked(start, end);
		leaf_unlock(&vmas_lock);
		if (vma)
			rc = vma_cut(vma, start, end, &gone);
	} while (vma && !rc);
	if (!rc && munmap((void *)start, end - start))
		rc = -errno;
	vma_close_all(&gone);
	list_splice_tail(&gone, ended);
	return rc;
}

int uik_munmap(void *addr, size_t length)
{
	uintptr_t start = (uintptr_t)addr, end = start + PAGE_ALIGN(length);
	LIST_HEAD(ended);
	int rc;

	if (start % PAGE_SIZE || !length || end <= start)
		return -EINVAL;
	mmap_begin();
	rc = unmap(start, end, &ended);
	mmap_end(&ended);
	return rc;
}

/* Splits a mapping that has @at inside, so that one begins there. */
static int vma_split(uintptr_t at)
{
	struct uik_machine *previous;
	struct vm_area_struct *vma, *tail;

	leaf_lock(&vmas_lock);
	vma = find_locked(at, at + 1);
	leaf_unlock(&vmas_lock);
	if (!vma || vma->vm_start == at)
		return 0;
	previous = uik_enter(vma->vm_file->machine);
	tail = vma_copy(vma, at);
	if (tail) {
		if (tail->vm_ops && tail->vm_ops->open)
			tail->vm_ops->open(tail);
		leaf_lock(&vmas_lock);
		vma->vm_end = at;
		leaf_unlock(&vmas_lock);
		link_vma(tail);
	}
	uik_leave(previous);
	return tail ? 0 : -ENOMEM;
}

/* Whether every mapping of ours in the range may become like @prot. */
static int protect_check(uintptr_t start, uintptr_t end, int prot)
{
	struct vm_area_struct *vma;
	int rc = 0;

	leaf_lock(&vmas_lock);
	list_for_each_entry(vma, &vmas, vm_node_)
		if (vma->vm_start < end && vma->vm_end > start &&
		    prot & PROT_WRITE && !(vma->vm_flags & VM_MAYWRITE))
			rc = -EACCES;
	leaf_unlock(&vmas_lock);
	return rc;
}

/* Mappings of ours in the range, which now begin and end there. */
static void protect_note(uintptr_t start, uintptr_t end, int prot)
{
	struct vm_area_struct *vma;

	leaf_lock(&vmas_lock);
	list_for_each_entry(vma, &vmas, vm_node_)
		if (vma->vm_start >= start && vma->vm_end <= end) {
			vm_flags_clear(vma, VM_READ | VM_WRITE | VM_EXEC);
			vm_flags_set(vma, can_of(prot));
		}
	leaf_unlock(&vmas_lock);
}

static int protect(uintptr_t start, uintptr_t end, int prot)
{
	int rc = protect_check(start, end, prot);

	if (!rc)
		rc = vma_split(start);
	if (!rc)
		rc = vma_split(end);
	if (rc)
		return rc;
	if (mprotect((void *)start, end - start, prot))
		return -errno;
	protect_note(start, end, prot);
	return 0;
}

int uik_mprotect(void *addr, size_t length, int prot)
{
	uintptr_t start = (uintptr_t)addr, end = start + PAGE_ALIGN(length);
	LIST_HEAD(ended);
	int rc;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!length)
		return 0;
	if (end <= start)
		return -ENOMEM;
	mmap_begin();
	rc = protect(start, end, prot);
	mmap_end(&ended);
	return rc;
}

/* The file of pages @fd is another: puts its pages where the old ones were. */
void vmas_fork_pages(int fd)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &vmas, vm_node_)
		if (vma->vm_mm->own && vma->vm_flags & VM_PFNMAP &&
		    vma->vm_host_fd_ == fd)
			/* Takes the place of one as large: there is room. */
			(void)mmap((void *)vma->vm_start,
				   vma->vm_end - vma->vm_start, prot_of(vma),
				   MAP_SHARED | MAP_FIXED, fd,
				   vma->vm_host_offset_);
}

unsigned int uik_vma_end_all(void)
{
	struct vm_area_struct *vma;
	unsigned int count = 0;
	uintptr_t start = 0, end = 0;

	for (;; count++) {
		leaf_lock(&vmas_lock);
		vma = list_first_entry_or_null(&vmas, struct vm_area_struct,
					       vm_node_);
		if (vma) {
			start = vma->vm_start;
			end = vma->vm_end;
		}
		leaf_unlock(&vmas_lock);
		if (!vma || uik_munmap((void *)start, end - start))
			return count;
	}
}

/* Whether one mapping of ours has all of [start, end).  Borrowed, or NULL. */
static struct vm_area_struct *find_whole(uintptr_t start, uintptr_t end)
{
	struct vm_area_struct *vma;

	leaf_lock(&vmas_lock);
	vma = find_locked(start, end);
	if (vma && (vma->vm_start > start || vma->vm_end < end))
		vma = NULL;
	leaf_unlock(&vmas_lock);
	return vma;
}

/* The memory of [old, old + length) goes to @moved's place; 0 or -errno. */
static int move_memory(uintptr_t old, size_t length,
		       struct vm_area_struct *moved, uintptr_t to)
{
	if (mremap((void *)old, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
		   (void *)to) == MAP_FAILED)
		return -errno;
	moved->vm_start = to;
	moved->vm_end = to + length;
	if (moved->vm_ops && moved->vm_ops->open)
		moved->vm_ops->open(moved);
	link_vma(moved);
	return 0;
}

/* [old, old + length) shall be at @to: a mapping is born and one ends. */
static int vma_move(uintptr_t old, size_t length, uintptr_t to,
		    struct list_head *ended)
{
	struct uik_machine *previous;
	struct vm_area_struct *vma, *moved;
	LIST_HEAD(gone);
	int rc = unmap(to, to + length, ended);

	if (rc)
		return rc;
	/* Only now: @to may have been a part of the same mapping. */
	vma = find_whole(old, old + length);
	if (!vma)
		return -EFAULT;
	previous = uik_enter(vma->vm_file->machine);
	moved = vma_copy(vma, old);
	rc = moved ? move_memory(old, length, moved, to) : -ENOMEM;
	if (!rc)
		rc = vma_cut(vma, old, old + length, &gone);
	else if (moved)
		list_add(&moved->vm_node_, ended);	/* its counts go */
	uik_leave(previous);
	vma_close_all(&gone);
	list_splice_tail(&gone, ended);
	return rc;
}

/* Page multiples, none zero. */
static int remap(uintptr_t old, size_t old_size, size_t new_size,
		 const uintptr_t *to, struct list_head *ended)
{
	int rc = 0;

	/* Device memory does not grow. */
	if (!find_whole(old, old + old_size) || new_size > old_size)
		return -EFAULT;
	if (new_size < old_size)
		rc = unmap(old + new_size, old + old_size, ended);
	return rc || !to ? rc : vma_move(old, new_size, *to, ended);
}

int uik_mremap(void *addr, size_t old_size, size_t new_size, int flags,
	       void *to, void **out)
{
	uintptr_t old = (uintptr_t)addr, new = (uintptr_t)to;
	bool fixed = flags & MREMAP_FIXED;
	LIST_HEAD(ended);
	int rc;

	old_size = PAGE_ALIGN(old_size);
	new_size = PAGE_ALIGN(new_size);
	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || old % PAGE_SIZE ||
	    !new_size || !old_size || (fixed && !(flags & MREMAP_MAYMOVE)))
		return -EINVAL;
	if (fixed && (new % PAGE_SIZE ||
		      (new < old + old_size && old < new + new_size)))
		return -EINVAL;
	mmap_begin();
	rc = remap(old, old_size, new_size, fixed ? &new : NULL, &ended);
	mmap_end(&ended);
	if (!rc)
		*out = fixed ? to : addr;
	return rc;
}

static vm_flags_t flags_of(int prot, int flags, fmode_t mode)
{
	vm_flags_t vm = VM_MAYREAD | VM_MAYEXEC;

	vm |= can_of(prot);
	if ((flags & MAP_TYPE) == MAP_PRIVATE)
		return vm | VM_MAYWRITE;
	return vm | VM_SHARED | VM_MAYSHARE |
	       (mode & FMODE_WRITE ? VM_MAYWRITE : 0);
}

static int map_check(const struct file *file, size_t length, int prot,
		     int flags, uint64_t offset)
{
	int type = flags & MAP_TYPE;

	if (!length || offset % PAGE_SIZE)
		return -EINVAL;
	if (PAGE_ALIGN(length) < length)
		return -ENOMEM;
	if (type != MAP_SHARED && type != MAP_PRIVATE &&
	    type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (!(file->f_mode & FMODE_READ) ||
	    (type != MAP_PRIVATE && prot & PROT_WRITE &&
	     !(file->f_mode & FMODE_WRITE)))
		return -EACCES;
	return file->f_op->mmap ? 0 : -ENODEV;
}

/* Inaccessible memory where the mapping is to be; 0 or -errno. */
static int place(void *addr, size_t length, int flags, void **out,
		 struct list_head *ended)
{
	int fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	void *p;
	int rc;

	if (flags & MAP_FIXED) {
		if ((uintptr_t)addr % PAGE_SIZE ||
		    (uintptr_t)addr + length <= (uintptr_t)addr)
			return -EINVAL;
		rc = unmap((uintptr_t)addr, (uintptr_t)addr + length, ended);
		if (rc)
			return rc;
	}
	p = mmap(addr, length, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (flags & MAP_FIXED_NOREPLACE && p != addr) {
		munmap(p, length);	/* taken as a hint: it is not known */
		return -EEXIST;
	}
	*out = p;
	return 0;
}

static struct vm_area_struct *vma_make(struct file *file,
				       struct mm_struct *mm, int prot,
				       int flags, uint64_t offset)
{
	struct vm_area_struct *vma = kzalloc_obj(*vma);

	if (!vma)
		return NULL;
	uik_mm_get(mm);
	vma->vm_mm = mm;
	vma->vm_file = get_file(file);
	vma->vm_pgoff = offset >> PAGE_SHIFT;
	vma->vm_flags = flags_of(prot, flags, file->f_mode);
	return vma;
}

/* Puts @vma where it is to be; 0 or -errno. */
static int map(struct vm_area_struct *vma, void *addr, size_t length, int flags,
	       struct list_head *ended)
{
	void *at = NULL;
	int rc;

	rc = place(addr, length, flags, &at, ended);
	if (rc)
		return rc;
	vma->vm_start = (uintptr_t)at;
	vma->vm_end = vma->vm_start + length;
	rc = vma->vm_file->f_op->mmap(vma->vm_file, vma);
	if (rc)
		munmap(at, length);
	else
		link_vma(vma);
	return rc;
}

int uik_file_mmap(struct file *file, void *addr, size_t length, int prot,
		  int flags, uint64_t offset, void **out)
{
	struct vm_area_struct *vma;
	LIST_HEAD(ended);
	int rc;

	rc = map_check(file, length, prot, flags, offset);
	if (rc)
		return rc;
	vma = vma_make(file, mm_own(), prot, flags, offset);
	if (!vma)
		return -ENOMEM;
	mmap_begin();
	rc = map(vma, addr, PAGE_ALIGN(length), flags, &ended);
	/* Another thread may unmap it at once. */
	if (rc)
		list_add(&vma->vm_node_, &ended);
	else
		*out = (void *)vma->vm_start;
	mmap_end(&ended);
	return rc;
}

int uik_vma_offer(struct file *file, struct mm_struct *mm, void *addr,
		  size_t length, int prot, int flags, uint64_t offset,
		  struct vm_area_struct **out)
{
	struct vm_area_struct *vma;
	int rc = map_check(file, length, prot, flags, offset);

	if (rc)
		return rc;
	vma = vma_make(file, mm, prot, flags, offset);
	if (!vma)
		return -ENOMEM;
	vma->vm_start = (uintptr_t)addr;
	vma->vm_end = vma->vm_start + PAGE_ALIGN(length);
	rc = file->f_op->mmap(file, vma);
	if (rc) {
		vma_drop(vma);
		return rc;
	}
	uik_count_mapping(1);
	*out = vma;
	return 0;
}

struct vm_area_struct *uik_vma_inherit(const struct vm_area_struct *vma,
				       struct mm_struct *mm)
{
	struct uik_machine *previous = uik_enter(vma->vm_file->machine);
	struct vm_area_struct *copy = kmalloc_obj(*copy);

	if (copy) {
		*copy = *vma;
		copy->vm_mm = mm;
		uik_mm_get(mm);
		get_file(copy->vm_file);
		if (copy->vm_ops && copy->vm_ops->open)
			copy->vm_ops->open(copy);
		uik_count_mapping(1);
	}
	uik_leave(previous);
	return copy;
}

void uik_vma_drop(struct vm_area_struct *vma)
{
	struct uik_machine *previous = uik_enter(vma->vm_file->machine);

	uik_count_mapping(-1);
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	vma_drop(vma);
	uik_leave(previous);
}

int uik_vma_adopt(const struct vm_area_struct *like, struct file *file)
{
	struct uik_machine *previous = uik_enter(file->machine);
	struct vm_area_struct *vma = kmalloc_obj(*vma);

	if (vma) {
		*vma = *like;
		vma->vm_mm = uik_mm_self();
		vma->vm_file = get_file(file);
		link_vma(vma);
	}
	uik_leave(previous);
	return vma ? 0 : -ENOMEM;
}

void vmas_fork_prepare(void)
{
	mmap_begin();
}

void vmas_fork_parent(void)
{
	LIST_HEAD(ended);

	mmap_end(&ended);
}

void vmas_fork_child(void)
{
	vmas_fork_parent();
	/* Who waited for it is not here. */
	init_rwsem(&mm_own()->mmap_lock);
}

void vmas_forget(void)
{
	INIT_LIST_HEAD(&vmas);
	vma_total = 0;
}
