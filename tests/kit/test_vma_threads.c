/* SPDX-License-Identifier: MIT */
/* Mappings of our files that several threads change. */
#include "kit_test.h"

#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <uik/file.h>

#define PAGES 4
#define ROUNDS 400

static u64 shown_phys;		/* of the pages behind the file */
static int opens, closes;
static int inside;		/* callbacks; atomic */
static bool together;		/* two have been inside */

/* Long enough for another thread to come. */
static void count(int *counter)
{
	together |= __atomic_fetch_add(&inside, 1, __ATOMIC_RELAXED) > 0;
	++*counter;
	usleep(20);
	__atomic_fetch_sub(&inside, 1, __ATOMIC_RELAXED);
}

static void on_open(struct vm_area_struct *vma)
{
	count(&opens);
}

static void on_close(struct vm_area_struct *vma)
{
	count(&closes);
}

static const struct vm_operations_struct vm_ops = {
	.open = on_open,
	.close = on_close,
};

static int on_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &vm_ops;
	count(&opens);
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(shown_phys),
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

static const struct file_operations fops = { .mmap = on_mmap };

struct changer {
	struct file *file;
	char *at;			/* of a mapping, then room for it */
	unsigned int seed;
	unsigned int changes;
};

static bool change(struct changer *c, unsigned int dice)
{
	const size_t n = PAGES * PAGE_SIZE;
	void *p;

	switch (dice % 4) {
	case 0:
		return !uik_file_mmap(c->file, c->at, n, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED, 0, &p);
	case 1:
		return !uik_munmap(c->at + dice / 4 % 2 * PAGE_SIZE, PAGE_SIZE);
	case 2:
		return !uik_mprotect(c->at + PAGE_SIZE, 2 * PAGE_SIZE,
				     PROT_READ);
	default:
		return !uik_mremap(c->at, n, n, MREMAP_MAYMOVE | MREMAP_FIXED,
				   c->at + n, &p);
	}
}

static int changes(void *arg)
{
	struct changer *c = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		c->seed = c->seed * 1103515245 + 12345;
		c->changes += change(c, c->seed >> 16);
	}
	return 0;
}

/*
 * Law: what changes the same mapping in two threads happens one after the other.
 * The callbacks rely on it: they count without a lock.
 */
static void two_threads(void **state)
{
	const size_t room = 2 * PAGES * PAGE_SIZE;
	struct kit_machine m = machine_with(NULL);
	struct file *file = anon_inode_getfile("[test]", &fops, NULL, O_RDWR);
	void *shown = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	/* What is unmapped is a gap of these few pages: nothing else fits in. */
	char *base = mmap(NULL, room + 2 * PAGE_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = base + PAGE_SIZE;
	struct changer other = { file, at, 1 }, own = { file, at, 2 };
	struct uik_thread *thread;

	assert_ptr_not_equal(base, MAP_FAILED);
	assert_non_null(shown);
	shown_phys = __pa(shown);
	thread = start(changes, &other);
	changes(&own);
	join(thread);
	assert_in_range(own.changes, ROUNDS / 8, ROUNDS);
	assert_in_range(other.changes, ROUNDS / 8, ROUNDS);
	assert_int_equal(uik_munmap(base, room + 2 * PAGE_SIZE), 0);
	assert_false(together);
	assert_int_equal(opens, closes);
	assert_int_equal(file_count(file), 1);
	fput(file);
	free_pages((unsigned long)shown, 2);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
