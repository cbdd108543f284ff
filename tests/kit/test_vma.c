/* SPDX-License-Identifier: MIT */
/* Mappings of our files. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <uik/file.h>
#include <uik/mm.h>
#include <uik/mmio.h>
#include <uik/pin.h>

#define PAGES 4

static char *shown;		/* the pages behind the file */
static u64 shown_phys;
static int opens, closes, refuse;
static long shift;		/* of what the file maps, from the mapping */

static void on_open(struct vm_area_struct *vma)
{
	opens++;
}

static void on_close(struct vm_area_struct *vma)
{
	closes++;
}

static const struct vm_operations_struct vm_ops = {
	.open = on_open,
	.close = on_close,
};

static int on_mmap(struct file *file, struct vm_area_struct *vma)
{
	int rc;

	if (refuse)
		return refuse;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	rc = io_remap_pfn_range(vma, vma->vm_start + shift,
				PHYS_PFN(shown_phys) + vma->vm_pgoff,
				vma->vm_end - vma->vm_start,
				vma->vm_page_prot);
	if (rc)
		return rc;
	vma->vm_ops = &vm_ops;
	opens++;
	return 0;
}

static const struct file_operations fops = { .mmap = on_mmap };
static const struct file_operations bare = { .release = NULL };

static struct file *file_make(struct kit_machine *m)
{
	*m = machine_with(NULL);
	shown = (char *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	assert_non_null(shown);
	shown_phys = __pa(shown);
	opens = closes = refuse = shift = 0;
	return anon_inode_getfile("[test]", &fops, NULL, O_RDWR);
}

static void file_end(struct kit_machine m, struct file *file)
{
	assert_int_equal(opens, closes);
	assert_int_equal(file_count(file), 1);
	fput(file);
	free_pages((unsigned long)shown, 2);
	machine_end(m);
}

static uint64_t mappings(void)
{
	struct uik_audit audit;

	uik_machine_audit(uik_this_machine(), &audit);
	return audit.mappings;
}

/* Law: pages of the page allocator show in a mapping, both ways. */
static void shares_pages(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	void *p;

	assert_int_equal(uik_file_mmap(file, NULL, PAGES * PAGE_SIZE,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       &p), 0);
	strcpy(p, "from the client");
	assert_string_equal(shown, "from the client");
	strcpy(shown + PAGE_SIZE, "from the driver");
	assert_string_equal((char *)p + PAGE_SIZE, "from the driver");
	assert_int_equal(mappings(), 1);
	assert_int_equal(file_count(file), 2);
	assert_true(uik_vma_covers(p, 1));
	assert_false(uik_vma_covers(shown, PAGE_SIZE));
	/* Such memory cannot be pinned. */
	assert_int_equal(uik_pin_user(current->mm, (unsigned long)p, 1, false),
			 -EFAULT);
	assert_int_equal(uik_munmap(p, PAGES * PAGE_SIZE), 0);
	assert_int_equal(mappings(), 0);
	file_end(m, file);
}

/* Law: mmap's own checks come first, then the file's. */
static void refusals(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m), *other;
	size_t n = PAGE_SIZE;
	void *p = NULL;

	assert_int_equal(uik_file_mmap(file, NULL, 0, PROT_READ, MAP_SHARED, 0,
				       &p), -EINVAL);
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, MAP_SHARED, 1,
				       &p), -EINVAL);
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, 0, 0, &p),
			 -EINVAL);
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, MAP_PRIVATE,
				       0, &p), -EINVAL);
	refuse = -ENXIO;
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, MAP_SHARED, 0,
				       &p), -ENXIO);
	refuse = 0;
	shown_phys = UIK_PHYS_MMIO;
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, MAP_SHARED, 0,
				       &p), -EINVAL);
	other = anon_inode_getfile("[bare]", &bare, NULL, O_RDWR);
	assert_int_equal(uik_file_mmap(other, NULL, n, PROT_READ, MAP_SHARED,
				       0, &p), -ENODEV);
	fput(other);
	other = anon_inode_getfile("[ro]", &fops, NULL, O_RDONLY);
	assert_int_equal(uik_file_mmap(other, NULL, n, PROT_READ | PROT_WRITE,
				       MAP_SHARED, 0, &p), -EACCES);
	fput(other);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_file_mmap(file, NULL, n, PROT_READ, MAP_SHARED, 0,
				       &p), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_null(p);
	assert_int_equal(mappings(), 0);
	file_end(m, file);
}

/* Law: a hole splits a mapping in two, each with its own count. */
static void splitting(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p;
	void *at;

	assert_int_equal(uik_file_mmap(file, NULL, PAGES * PAGE_SIZE,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       &at), 0);
	p = at;
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_munmap(p + PAGE_SIZE, PAGE_SIZE), -ENOMEM);
	uik_fail_nth(0, 0, false);
	p[PAGE_SIZE] = 1;	/* still there */
	assert_int_equal(uik_munmap(p + PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(opens, 2);
	assert_int_equal(mappings(), 2);
	assert_false(uik_vma_covers(p + PAGE_SIZE, PAGE_SIZE));
	p[2 * PAGE_SIZE] = 7;
	assert_int_equal(shown[2 * PAGE_SIZE], 7);
	/* Shortening is neither open nor close. */
	assert_int_equal(uik_munmap(p + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(opens, 2);
	assert_int_equal(closes, 0);
	/* The whole range at once, holes and all. */
	assert_int_equal(uik_munmap(p, PAGES * PAGE_SIZE), 0);
	assert_int_equal(closes, 2);
	file_end(m, file);
}

/* Law: MAP_FIXED over a mapping ends it first. */
static void replacing(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	void *a, *b;

	assert_int_equal(uik_file_mmap(file, NULL, PAGE_SIZE, PROT_READ,
				       MAP_SHARED, 0, &a), 0);
	assert_int_equal(uik_file_mmap(file, a, PAGE_SIZE, PROT_READ,
				       MAP_SHARED | MAP_FIXED, 0, &b), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(closes, 1);
	assert_int_equal(uik_file_mmap(file, a, PAGE_SIZE, PROT_READ,
				       MAP_SHARED | MAP_FIXED_NOREPLACE, 0,
				       &b), -EEXIST);
	assert_int_equal(uik_munmap(a, PAGE_SIZE), 0);
	file_end(m, file);
}

/* Law: pages shown at a physical address of a device map from there. */
static void alias(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *pages = uik_mappable_alloc(m.machine, PAGE_SIZE);
	u64 phys = UIK_PHYS_MMIO + 0x10000;
	void *p;

	assert_int_equal(uik_mappable_alias(m.machine, phys, pages, PAGE_SIZE),
			 0);
	assert_int_equal(uik_mappable_alias(m.machine, phys, pages, PAGE_SIZE),
			 -EBUSY);
	assert_int_equal(uik_mappable_alias(m.machine, phys, &p, PAGE_SIZE),
			 -EINVAL);
	assert_ptr_equal(uik_phys_to_host(m.machine, phys + 5), pages + 5);
	shown_phys = phys;
	assert_int_equal(uik_file_mmap(file, NULL, PAGE_SIZE,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       &p), 0);
	*(char *)p = 3;
	assert_int_equal(*pages, 3);
	uik_munmap(p, PAGE_SIZE);
	uik_mappable_unalias(m.machine, phys);
	assert_null(uik_phys_to_host(m.machine, phys));
	uik_mappable_free(m.machine, pages, PAGE_SIZE);
	file_end(m, file);
}

/* Law: a file cannot map beside its mapping. */
static void beside(void **state)
{
	static const long shifts[] = { -4096, 1, 4096, 2 * 4096, 100 * 4096 };
	struct kit_machine m;
	struct file *file = file_make(&m);
	void *p = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		shift = shifts[i];
		assert_int_equal(uik_file_mmap(file, NULL, PAGE_SIZE, PROT_READ,
					       MAP_SHARED, 0, &p), -EINVAL);
	}
	shift = 0;
	uik_fail_nth(1, 1u << UIK_FAIL_OP, false);
	assert_int_equal(uik_file_mmap(file, NULL, PAGE_SIZE, PROT_READ,
				       MAP_SHARED, 0, &p), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_null(p);
	assert_int_equal(mappings(), 0);
	file_end(m, file);
}

/* What the list says, in pages from a base: "0+2=1" is two pages at 0, of 1. */
struct listing {
	const char *base;
	char text[200];
};

static bool list_one(const struct vm_area_struct *vma, void *arg)
{
	struct listing *l = arg;
	size_t at = strlen(l->text);

	snprintf(l->text + at, sizeof(l->text) - at, "%ld+%ld=%ld%s%s ",
		 (long)(vma->vm_start - (uintptr_t)l->base) / 4096,
		 (long)(vma->vm_end - vma->vm_start) / 4096, vma->vm_pgoff,
		 vma->vm_flags & VM_READ ? "r" : "",
		 vma->vm_flags & VM_WRITE ? "w" : "");
	return true;
}

#define assert_listed(base_, expected) \
	do { \
		struct listing l_ = { .base = (base_) }; \
\
		uik_vma_each(list_one, &l_); \
		assert_string_equal(l_.text, expected); \
	} while (0)

/* The file's pages at a place with as much room before and behind. */
static char *map_pages(struct file *file)
{
	size_t size = PAGES * PAGE_SIZE;
	char *room = mmap(NULL, 3 * size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *p;

	assert_ptr_not_equal(room, MAP_FAILED);
	assert_int_equal(uik_file_mmap(file, room + size, size,
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_FIXED, 0, &p), 0);
	for (int i = 0; i < PAGES; i++)
		shown[i * PAGE_SIZE] = 'a' + i;
	return p;
}

static void unmap_pages(char *p)
{
	size_t size = PAGES * PAGE_SIZE;

	assert_int_equal(uik_munmap(p - size, 3 * size), 0);
	assert_int_equal(mappings(), 0);
}

static bool stop_at_once(const struct vm_area_struct *vma, void *arg)
{
	++*(int *)arg;
	return false;
}

/* Law: a walk ends when it is told to. */
static void walking(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p = map_pages(file);
	int n = 0;

	assert_int_equal(uik_munmap(p + PAGE_SIZE, PAGE_SIZE), 0);
	assert_listed(p, "0+1=0rw 2+2=2rw ");
	uik_vma_each(stop_at_once, &n);
	assert_int_equal(n, 1);
	unmap_pages(p);
	uik_vma_each(stop_at_once, &n);
	assert_int_equal(n, 1);
	assert_int_equal(uik_munmap(p + 1, PAGE_SIZE), -EINVAL);
	assert_int_equal(uik_munmap(p, 0), -EINVAL);
	assert_int_equal(uik_munmap(p, SIZE_MAX - PAGE_SIZE), -EINVAL);
	file_end(m, file);
}

/* Law: protection splits a mapping where it changes, and only there. */
static void protecting(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p = map_pages(file);

	assert_int_equal(uik_mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ), 0);
	assert_listed(p, "0+1=0rw 1+1=1r 2+2=2rw ");
	assert_int_equal(opens, 3);
	assert_int_equal(p[PAGE_SIZE], 'b');
	p[0] = 'x';
	p[2 * PAGE_SIZE] = 'y';
	assert_int_equal(shown[2 * PAGE_SIZE], 'y');
	/* Whole mappings: nothing to split. */
	assert_int_equal(uik_mprotect(p, 2 * PAGE_SIZE, PROT_NONE), 0);
	assert_listed(p, "0+1=0 1+1=1 2+2=2rw ");
	assert_int_equal(opens, 3);
	/* At the end; without memory nothing happens. */
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_mprotect(p + 3 * PAGE_SIZE, PAGE_SIZE, PROT_READ),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_listed(p, "0+1=0 1+1=1 2+2=2rw ");
	assert_int_equal(uik_mprotect(p + 3 * PAGE_SIZE, PAGE_SIZE,
				      PROT_READ | PROT_EXEC), 0);
	assert_listed(p, "0+1=0 1+1=1 2+1=2rw 3+1=3r ");
	unmap_pages(p);
	file_end(m, file);
}

/* Law: refusals are the system's own, and change nothing. */
static void protect_refusals(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m), *other;
	char *p = map_pages(file);
	void *q;

	assert_int_equal(uik_mprotect(p + 1, PAGE_SIZE, PROT_READ), -EINVAL);
	assert_int_equal(uik_mprotect(p, PAGE_SIZE, 0x40000000), -EINVAL);
	unmap_pages(p);
	other = anon_inode_getfile("[ro]", &fops, NULL, O_RDONLY);
	assert_int_equal(uik_file_mmap(other, NULL, PAGE_SIZE, PROT_READ,
				       MAP_SHARED, 0, &q), 0);
	assert_int_equal(uik_mprotect(q, PAGE_SIZE, PROT_READ | PROT_WRITE),
			 -EACCES);
	assert_listed(q, "0+1=0r ");
	assert_int_equal(uik_munmap(q, PAGE_SIZE), 0);
	fput(other);
	file_end(m, file);
}

/* Law: so are answers to no length, and to one that wraps or ends beyond all. */
static void protect_odd_lengths(void **state)
{
	struct kit_machine m;
	struct file *file;
	char *p;

	skip_if_emulated("right answers to odd lengths");
	file = file_make(&m);
	p = map_pages(file);
	assert_int_equal(uik_mprotect(p + PAGE_SIZE, 0, PROT_READ), 0);
	assert_int_equal(mprotect(p + PAGE_SIZE, 0, PROT_READ), 0);
	assert_listed(p, "0+4=0rw ");
	for (size_t huge = SIZE_MAX; huge; huge = huge == SIZE_MAX ?
	     SIZE_MAX - 2 * PAGE_SIZE : 0) {
		assert_int_equal(uik_mprotect(p, huge, PROT_READ), -ENOMEM);
		assert_int_equal(mprotect(p, huge, PROT_READ), -1);
		assert_int_equal(errno, ENOMEM);
	}
	assert_listed(p, "0+4=0rw ");
	unmap_pages(p);
	file_end(m, file);
}

/* Law: a moved mapping shows the same pages, and is one more or less. */
static void moving(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p = map_pages(file), *to = p + PAGES * PAGE_SIZE;
	const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
	void *at = NULL;

	assert_int_equal(uik_mremap(p, PAGES * PAGE_SIZE, PAGES * PAGE_SIZE,
				    fixed, to, &at), 0);
	assert_ptr_equal(at, to);
	assert_listed(p, "4+4=0rw ");
	assert_int_equal(to[3 * PAGE_SIZE], 'd');
	assert_int_equal(opens - closes, 1);
	/* A part, to before all. */
	assert_int_equal(uik_mremap(to + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, fixed,
				    p, &at), 0);
	assert_listed(p, "0+1=1rw 4+1=0rw 6+2=2rw ");
	*p = 'B';
	assert_int_equal(shown[PAGE_SIZE], 'B');
	/* It shrinks where it is. */
	assert_int_equal(uik_mremap(to + 2 * PAGE_SIZE, 2 * PAGE_SIZE,
				    PAGE_SIZE, 0, NULL, &at), 0);
	assert_ptr_equal(at, to + 2 * PAGE_SIZE);
	assert_listed(p, "0+1=1rw 4+1=0rw 6+1=2rw ");
	unmap_pages(p);
	file_end(m, file);
}

/* Law: a part may be moved onto any other part of the same mapping. */
static void moving_inside(void **state)
{
	static const struct {
		int from, to;
		const char *then;
	} rows[] = {
		{ 3, 1, "0+1=0rw 1+1=3rw 2+1=2rw " },
		{ 0, 2, "1+1=1rw 2+1=0rw 3+1=3rw " },
		{ 0, 3, "1+2=1rw 3+1=0rw " },
		{ 3, 0, "0+1=3rw 1+2=1rw " },
		{ 1, 2, "0+1=0rw 2+1=1rw 3+1=3rw " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kit_machine m;
		struct file *file = file_make(&m);
		char *p = map_pages(file);
		char *to = p + rows[i].to * PAGE_SIZE;
		void *at;

		assert_int_equal(uik_mremap(p + rows[i].from * PAGE_SIZE,
					    PAGE_SIZE, PAGE_SIZE,
					    MREMAP_MAYMOVE | MREMAP_FIXED, to,
					    &at), 0);
		assert_listed(p, rows[i].then);
		assert_int_equal(*to, 'a' + rows[i].from);
		unmap_pages(p);
		file_end(m, file);
	}
}

/* Law: what cannot be moved stays, with its counts. */
static void move_refusals(void **state)
{
	const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p = map_pages(file), *to = p + PAGES * PAGE_SIZE;
	size_t n = PAGES * PAGE_SIZE;
	void *at = NULL;

	assert_int_equal(uik_mremap(p, n, n, 64, NULL, &at), -EINVAL);
	assert_int_equal(uik_mremap(p + 1, n, n, 0, NULL, &at), -EINVAL);
	assert_int_equal(uik_mremap(p, 0, n, 0, NULL, &at), -EINVAL);
	assert_int_equal(uik_mremap(p, n, 0, 0, NULL, &at), -EINVAL);
	assert_int_equal(uik_mremap(p, n, n, MREMAP_FIXED, to, &at), -EINVAL);
	assert_int_equal(uik_mremap(p, n, n, fixed, to + 1, &at), -EINVAL);
	assert_int_equal(uik_mremap(p, n, n, fixed, p + PAGE_SIZE, &at),
			 -EINVAL);
	assert_int_equal(uik_mremap(p, n, n, fixed, p - PAGE_SIZE, &at),
			 -EINVAL);
	assert_int_equal(uik_mremap(p, n, n + 1, 0, NULL, &at), -EFAULT);
	assert_int_equal(uik_mremap(to, n, n, 0, NULL, &at), -EFAULT);
	assert_int_equal(uik_mremap(p - PAGE_SIZE, n, n, 0, NULL, &at),
			 -EFAULT);
	assert_int_equal(uik_mremap(p + PAGE_SIZE, n, n, 0, NULL, &at),
			 -EFAULT);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_mremap(p, n, n, fixed, to, &at), -ENOMEM);
	uik_fail_nth(0, 0, false);
	/* Beyond what the system has. */
	assert_int_equal(uik_mremap(p, n, n, fixed, (void *)(1ul << 60), &at),
			 -EINVAL);
	assert_null(at);
	assert_listed(p, "0+4=0rw ");
	assert_int_equal(opens, 1);
	unmap_pages(p);
	file_end(m, file);
}

/* Law: mappings of other address spaces are in no list, but counted. */
static void offering(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	struct mm_struct *mm = uik_mm_self();
	struct vm_area_struct *vma = NULL, *child;
	void *there = (void *)0x10000000;

	assert_int_equal(uik_vma_offer(file, mm, there, 0, PROT_READ,
				       MAP_SHARED, 0, &vma), -EINVAL);
	refuse = -ENXIO;
	assert_int_equal(uik_vma_offer(file, mm, there, PAGE_SIZE, PROT_READ,
				       MAP_SHARED, 0, &vma), -ENXIO);
	refuse = 0;
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_vma_offer(file, mm, there, PAGE_SIZE, PROT_READ,
				       MAP_SHARED, 0, &vma), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_null(vma);
	/* The file must not map here: that is the other process's to do. */
	mm->own = false;
	assert_int_equal(uik_vma_offer(file, mm, there, 5000, PROT_READ,
				       MAP_SHARED, 0, &vma), 0);
	mm->own = true;
	assert_ptr_equal((void *)vma->vm_start, there);
	assert_int_equal(vma->vm_end - vma->vm_start, 2 * PAGE_SIZE);
	assert_true(vma->vm_host_fd_ >= 0);
	assert_int_equal(mappings(), 1);
	assert_false(uik_vma_covers(there, PAGE_SIZE));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(uik_vma_inherit(vma, mm));
	uik_fail_nth(0, 0, false);
	child = uik_vma_inherit(vma, mm);
	assert_non_null(child);
	assert_int_equal(opens, 2);
	assert_int_equal(mappings(), 2);
	assert_int_equal(file_count(file), 3);
	uik_vma_drop(vma);
	uik_vma_drop(child);
	assert_int_equal(closes, 2);
	assert_int_equal(mappings(), 0);
	uik_mm_put(mm);
	file_end(m, file);
}

/* Law: memory that is mapped already becomes a mapping like another. */
static void adopting(void **state)
{
	struct kit_machine m;
	struct file *file = file_make(&m);
	char *p = map_pages(file), *q = p + PAGES * PAGE_SIZE;
	struct vm_area_struct like = {
		.vm_start = (uintptr_t)q,
		.vm_end = (uintptr_t)q + PAGE_SIZE,
		.vm_flags = VM_READ | VM_SHARED,
		.vm_ops = &vm_ops,
	};

	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_vma_adopt(&like, file), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(uik_vma_adopt(&like, file), 0);
	opens++;		/* whoever adopts had it open */
	assert_listed(p, "0+4=0rw 4+1=0r ");
	assert_int_equal(file_count(file), 3);
	assert_int_equal(uik_vma_end_all(), 2);
	assert_int_equal(mappings(), 0);
	assert_int_equal(uik_vma_end_all(), 0);
	unmap_pages(p);
	file_end(m, file);
}

/* Law: a private mapping may be made writable, whatever the file is. */
static int on_mmap_plain(struct file *file, struct vm_area_struct *vma)
{
	return 0;
}

static const struct file_operations plain = { .mmap = on_mmap_plain };

static void private_flags(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct file *file = anon_inode_getfile("[ro]", &plain, NULL, O_RDONLY);
	struct file *sink = anon_inode_getfile("[wo]", &plain, NULL, O_WRONLY);
	void *p;

	assert_int_equal(uik_file_mmap(sink, NULL, 1, PROT_NONE, MAP_PRIVATE, 0,
				       &p), -EACCES);
	assert_int_equal(uik_file_mmap(file, NULL, SIZE_MAX, PROT_NONE,
				       MAP_PRIVATE, 0, &p), -ENOMEM);
	/* More than there is: the system's answer. */
	assert_int_equal(uik_file_mmap(file, NULL, 1ul << 60, PROT_NONE,
				       MAP_PRIVATE, 0, &p), -ENOMEM);
	assert_int_equal(uik_file_mmap(file, (void *)1, 1, PROT_NONE,
				       MAP_PRIVATE | MAP_FIXED, 0, &p),
			 -EINVAL);
	assert_int_equal(mappings(), 0);
	assert_int_equal(uik_file_mmap(file, NULL, 1, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE, 0, &p), 0);
	assert_listed(p, "0+1=0rw ");
	assert_int_equal(uik_mprotect(p, 1, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(uik_munmap(p, 1), 0);
	assert_int_equal(uik_file_mmap(file, NULL, 1, PROT_READ,
				       MAP_SHARED_VALIDATE, 0, &p), 0);
	assert_int_equal(uik_munmap(p, 1), 0);
	fput(file);
	fput(sink);
	machine_end(m);
}

static int no_ops_mmap(struct file *file, struct vm_area_struct *vma)
{
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(shown_phys),
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

/* Law: a mapping need not want to know what becomes of it. */
static void without_ops(void **state)
{
	static const struct file_operations silent = { .mmap = no_ops_mmap };
	struct kit_machine m;
	struct file *file = file_make(&m), *other;
	struct vm_area_struct *offered, *heir;
	void *at, *to;
	char *p;

	other = anon_inode_getfile("[silent]", &silent, NULL, O_RDWR);
	assert_int_equal(uik_file_mmap(other, NULL, PAGES * PAGE_SIZE,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       &at), 0);
	p = at;
	p[0] = 5;
	assert_int_equal(uik_munmap(p + PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(uik_mprotect(p + 3 * PAGE_SIZE, PAGE_SIZE, PROT_READ),
			 0);
	assert_int_equal(mappings(), 3);
	to = p + PAGE_SIZE;
	assert_int_equal(uik_mremap(p, PAGE_SIZE, PAGE_SIZE,
				    MREMAP_MAYMOVE | MREMAP_FIXED, to, &at), 0);
	assert_ptr_equal(at, to);
	assert_int_equal(p[PAGE_SIZE], 5);
	assert_int_equal(uik_munmap(p, PAGES * PAGE_SIZE), 0);
	assert_int_equal(mappings(), 0);
	assert_int_equal(uik_vma_offer(other, current->mm, p, PAGE_SIZE,
				       PROT_READ, MAP_SHARED, 0, &offered), 0);
	heir = uik_vma_inherit(offered, current->mm);
	assert_non_null(heir);
	assert_int_equal(mappings(), 2);
	uik_vma_drop(heir);
	uik_vma_drop(offered);
	assert_int_equal(mappings(), 0);
	fput(other);
	file_end(m, file);
}

/* Law: aliases are whole pages of the machine's, and do not overlap. */
static void aliases(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *pages = uik_mappable_alloc(m.machine, 2 * PAGE_SIZE);
	u64 at = UIK_PHYS_MMIO + 0x10000;
	size_t one = PAGE_SIZE;

	assert_int_equal(uik_mappable_alias(m.machine, at + 1, pages, one),
			 -EINVAL);
	assert_int_equal(uik_mappable_alias(m.machine, at, pages, one + 1),
			 -EINVAL);
	assert_int_equal(uik_mappable_alias(m.machine, at, pages, 0), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_mappable_alias(m.machine, at, pages, one),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(uik_mappable_alias(m.machine, at, pages, 2 * one), 0);
	assert_int_equal(uik_mappable_alias(m.machine, at + one, pages, one),
			 -EBUSY);
	assert_int_equal(uik_mappable_alias(m.machine, at - one, pages, 2 * one),
			 -EBUSY);
	assert_int_equal(uik_mappable_alias(m.machine, at + 2 * one, pages, one),
			 0);
	assert_int_equal(uik_mappable_alias(m.machine, at - one, pages, one), 0);
	uik_mappable_unalias(m.machine, at + 5 * one);	/* none is there */
	uik_mappable_unalias(m.machine, at);
	assert_null(uik_phys_to_host(m.machine, at));
	assert_ptr_equal(uik_phys_to_host(m.machine, at - 1),
			 pages + one - 1);
	assert_null(uik_mappable_alloc(m.machine, 0));
	assert_null(uik_mappable_alloc(m.machine, 1ul << 60));
	uik_mappable_free(m.machine, NULL, one);
	uik_mappable_free(m.machine, pages, 2 * one);
	/* What is left goes with the machine. */
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: devices reach the machine's memory and the process's, or are told. */
static void device_access(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long page = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	char own[8] = "process", buf[8] = "kit's";
	u64 at = (uintptr_t)own;

	assert_int_equal(uik_phys_write(m.machine, page + 3, buf, 6), 0);
	assert_string_equal((char *)page + 3, "kit's");
	assert_int_equal(uik_phys_read(m.machine, at, buf, 8), 0);
	assert_string_equal(buf, "process");
	assert_int_equal(uik_phys_read(m.machine, page + 3, buf, 6), 0);
	assert_string_equal(buf, "kit's");
	assert_int_equal(uik_phys_write(m.machine, at, buf, 6), 0);
	assert_string_equal(own, "kit's");
	assert_int_equal(uik_phys_read(m.machine, 0, buf, 6), -EFAULT);
	assert_int_equal(uik_phys_write(m.machine, UIK_PHYS_MMIO, buf, 6),
			 -EFAULT);
	assert_int_equal(uik_phys_read(m.machine, UIK_PHYS_FILE, buf, 6),
			 -EFAULT);
	assert_int_equal(uik_phys_read(m.machine, UIK_PHYS_END, buf, 6),
			 -EFAULT);
	free_pages(page, 0);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_pages),
		cmocka_unit_test(refusals),
		cmocka_unit_test(splitting),
		cmocka_unit_test(replacing),
		cmocka_unit_test(alias),
		cmocka_unit_test(beside),
		cmocka_unit_test(walking),
		cmocka_unit_test(protecting),
		cmocka_unit_test(protect_refusals),
		cmocka_unit_test(protect_odd_lengths),
		cmocka_unit_test(moving),
		cmocka_unit_test(moving_inside),
		cmocka_unit_test(move_refusals),
		cmocka_unit_test(offering),
		cmocka_unit_test(adopting),
		cmocka_unit_test(private_flags),
		cmocka_unit_test(without_ops),
		cmocka_unit_test(aliases),
		cmocka_unit_test(device_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
