/* SPDX-License-Identifier: MIT */
/* Mappings of our files. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <uik/file.h>
#include <uik/mmio.h>
#include <uik/pin.h>

#define PAGES 4

static char *shown;		/* the pages behind the file */
static u64 shown_phys;
static int opens, closes, refuse;

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
	rc = io_remap_pfn_range(vma, vma->vm_start,
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
	opens = closes = refuse = 0;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_pages),
		cmocka_unit_test(refusals),
		cmocka_unit_test(splitting),
		cmocka_unit_test(replacing),
		cmocka_unit_test(alias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
