/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of a machine and of modules that are made up: the program's own
 * static memory is left alone here, so that every step can be looked at (and
 * counted by a coverage build, whose counters lie there).
 */
#include "kit_test.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uik/mmio.h>
#include <uik/slab.h>
#include <uik/snapshot.h>

#include "kit/poison.h"

typedef int (*phdr_visit)(struct dl_phdr_info *info, size_t size, void *arg);

/* ---- modules that are made up ---- */

enum { CODE, TABLES, DATA, MORE, IMAGE_PAGES };

static char *image;		/* of a program: its pages */
static bool made_up;

static void segment(ElfW(Phdr) *ph, int type, int flags, int first, int count)
{
	*ph = (ElfW(Phdr)){ .p_type = type,
			    .p_flags = flags,
			    .p_vaddr = first * PAGE_SIZE,
			    .p_memsz = count * PAGE_SIZE };
}

static int visit_made_up(phdr_visit visit, void *arg)
{
	ElfW(Phdr) ph[4];
	struct dl_phdr_info info = { .dlpi_addr = (uintptr_t)image,
				     .dlpi_phdr = ph,
				     .dlpi_phnum = ARRAY_SIZE(ph) };
	int rc;

	segment(&ph[0], PT_LOAD, PF_R | PF_X, CODE, 1);
	segment(&ph[1], PT_LOAD, PF_R | PF_W, TABLES, 3);
	segment(&ph[2], PT_GNU_RELRO, PF_R, TABLES, 1);
	segment(&ph[3], PT_DYNAMIC, PF_R | PF_W, TABLES, 1);
	info.dlpi_name = "";
	rc = visit(&info, sizeof(info), arg);
	if (rc)
		return rc;
	/* Somebody else's library is not ours to bring back. */
	info.dlpi_addr = (uintptr_t)image + IMAGE_PAGES * PAGE_SIZE;
	info.dlpi_name = "other.so";
	return visit(&info, sizeof(info), arg);
}

int dl_iterate_phdr(phdr_visit visit, void *arg)
{
	static int (*real)(phdr_visit visit, void *arg);

	if (made_up)
		return visit_made_up(visit, arg);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "dl_iterate_phdr");
	return real(visit, arg);
}

static struct uik_snapshot *take(struct uik_machine *machine,
				 const struct uik_range *ranges,
				 unsigned int count)
{
	struct uik_snapshot *snapshot;

	made_up = true;
	snapshot = uik_snapshot_take(machine, ranges, count);
	made_up = false;
	assert_non_null(snapshot);
	return snapshot;
}

static char *page_of(int n)
{
	return image + n * PAGE_SIZE;
}

static void image_begin(void)
{
	ElfW(Dyn) *d;

	image = mmap(NULL, 2 * IMAGE_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(image, MAP_FAILED);
	d = (ElfW(Dyn) *)page_of(TABLES);
	d[0] = (ElfW(Dyn)){ .d_tag = DT_PLTGOT };
	/* As an offset, which the loader makes an address in some systems. */
	d[0].d_un.d_ptr = MORE * PAGE_SIZE;
	d[1] = (ElfW(Dyn)){ .d_tag = DT_PLTRELSZ };
	d[1].d_un.d_val = 8 * sizeof(ElfW(Rela));
	d[2] = (ElfW(Dyn)){ .d_tag = DT_NULL };
}

static void image_end(void)
{
	munmap(image, 2 * IMAGE_PAGES * PAGE_SIZE);
}

/* Law: writable memory of the program comes back, but for the loader's. */
static void modules(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_snapshot *snapshot;
	char *other;

	image_begin();
	other = page_of(IMAGE_PAGES + DATA);
	strcpy(page_of(CODE), "code");
	strcpy(page_of(DATA), "data");
	strcpy(page_of(MORE), "got");
	strcpy(page_of(MORE) + 1024, "more");
	strcpy(other, "other");
	snapshot = take(m.machine, NULL, 0);
	for (int i = 0; i < 3; i++) {
		strcpy(page_of(CODE), "written");
		strcpy(page_of(TABLES) + 1024, "written");
		strcpy(page_of(DATA), "written");
		strcpy(page_of(MORE), "found");
		strcpy(page_of(MORE) + 1024, "written");
		strcpy(other, "written");
		uik_snapshot_restore(snapshot, i != 1);
		assert_string_equal(page_of(CODE), "written");
		assert_string_equal(page_of(TABLES) + 1024, "written");
		assert_string_equal(page_of(DATA), "data");
		/* What the loader has found stays found. */
		assert_string_equal(page_of(MORE), "found");
		assert_string_equal(page_of(MORE) + 1024, "more");
		assert_string_equal(other, "written");
	}
	uik_snapshot_free(snapshot);
	strcpy(page_of(DATA), "free");
	image_end();
	machine_end(m);
}

/* Law: the loader may have made an address of it; the same is left out. */
static void relocated_tables(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_snapshot *snapshot;
	ElfW(Dyn) *d;

	image_begin();
	d = (ElfW(Dyn) *)page_of(TABLES);
	d[0].d_un.d_ptr = (uintptr_t)page_of(MORE);
	snapshot = take(m.machine, NULL, 0);
	strcpy(page_of(MORE), "found");
	strcpy(page_of(MORE) + 1024, "written");
	uik_snapshot_restore(snapshot, true);
	assert_string_equal(page_of(MORE), "found");
	assert_string_equal(page_of(MORE) + 1024, "");
	uik_snapshot_free(snapshot);
	image_end();
	machine_end(m);
}

/* ---- the machine ---- */

struct block {
	struct block *next;
	char text[200];
};

static uint64_t live_blocks(struct uik_machine *machine)
{
	uint64_t blocks, bytes;

	uik_slab_live(machine, &blocks, &bytes);
	return blocks;
}

/* Law: blocks and pages are as they were, how often ever. */
static void blocks_come_back(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct block *block = kzalloc_obj(*block);
	char *page = (char *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	struct uik_snapshot *snapshot;
	uint64_t before;

	image_begin();
	strcpy(block->text, "before");
	before = live_blocks(m.machine);
	snapshot = take(m.machine, NULL, 0);
	for (int i = 0; i < 6; i++) {
		block->next = kzalloc_obj(*block);
		strcpy(block->text, "after");
		strcpy(page, "written");
		assert_int_equal(live_blocks(m.machine), before + 1);
		assert_false(uik_snapshot_restore(snapshot, i % 2));
		assert_string_equal(block->text, "before");
		assert_null(block->next);
		assert_string_equal(page, "");
		assert_int_equal(live_blocks(m.machine), before);
	}
	uik_snapshot_free(snapshot);
	free_pages((unsigned long)page, 0);
	kfree(block);
	image_end();
	machine_end(m);
}

/* Law: a quick restore takes known lines; a thorough one tells of others. */
static void missed_lines(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *page = (char *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	struct uik_snapshot *snapshot;

	image_begin();
	snapshot = take(m.machine, NULL, 0);
	page[0] = 1;
	assert_false(uik_snapshot_restore(snapshot, false));
	assert_int_equal(page[0], 0);
	page[0] = 2;
	page[2048] = 2;
	assert_false(uik_snapshot_restore(snapshot, false));
	assert_int_equal(page[0], 0);
	assert_int_equal(page[2048], 2);
	assert_true(uik_snapshot_restore(snapshot, true));
	assert_int_equal(page[2048], 0);
	/* From now on it is known. */
	page[2048] = 3;
	assert_false(uik_snapshot_restore(snapshot, false));
	assert_int_equal(page[2048], 0);
	assert_false(uik_snapshot_restore(snapshot, true));
	uik_snapshot_free(snapshot);
	free_pages((unsigned long)page, 0);
	image_end();
	machine_end(m);
}

/* Law: in static memory the neighbours of a changed line are known, too. */
static void near_lines(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_snapshot *snapshot;
	char *data;

	image_begin();
	data = page_of(DATA);
	snapshot = take(m.machine, NULL, 0);
	data[1024] = 1;
	uik_snapshot_restore(snapshot, false);
	data[1024 - 64] = data[1024 + 64] = data[1024 + 128] = 1;
	uik_snapshot_restore(snapshot, false);
	assert_int_equal(data[1024 - 64], 0);
	assert_int_equal(data[1024 + 64], 0);
	assert_int_equal(data[1024 + 128], 1);
	assert_true(uik_snapshot_restore(snapshot, true));
	assert_int_equal(data[1024 + 128], 0);
	uik_snapshot_free(snapshot);
	image_end();
	machine_end(m);
}

/* Law: given ranges and kept memory come back; there are few to keep. */
static void ranges(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *given = mmap(NULL, 20 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *kept = given + 3 * PAGE_SIZE;
	struct uik_range range = { given, 2 * PAGE_SIZE };
	struct uik_snapshot *snapshot;
	struct uik_snapshot_stats stats;

	image_begin();
	for (int i = 0; i < 8; i++)
		assert_int_equal(uik_machine_keep(m.machine,
						  kept + 2 * i * PAGE_SIZE,
						  PAGE_SIZE), 0);
	assert_int_equal(uik_machine_keep(m.machine, given, PAGE_SIZE),
			 -ENOSPC);
	snapshot = take(m.machine, &range, 1);
	uik_snapshot_stats(snapshot, &stats);
	assert_int_equal(stats.pages, 2);
	assert_int_equal(stats.lines, 0);
	for (int i = 0; i < 20; i++)
		given[i * PAGE_SIZE] = 1;
	uik_snapshot_restore(snapshot, true);
	for (int i = 0; i < 20; i++)
		assert_int_equal(given[i * PAGE_SIZE],
				 !(i < 2 || (i >= 3 && i < 19 && i % 2)));
	uik_snapshot_stats(snapshot, &stats);
	assert_int_equal(stats.pages, 10);
	assert_int_equal(stats.lines >= 10, 1);
	uik_snapshot_free(snapshot);
	image_end();
	machine_end(m);
	munmap(given, 20 * PAGE_SIZE);
}

/* Law: equal states have equal hashes, others have others. */
static void hashes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct block *block = kzalloc_obj(*block);
	struct uik_snapshot *snapshot;
	uint64_t as_taken, one, other;

	image_begin();
	snapshot = take(m.machine, NULL, 0);
	block->text[0] = 1;
	uik_snapshot_restore(snapshot, true);
	as_taken = uik_snapshot_hash(snapshot);
	block->text[0] = 1;
	one = uik_snapshot_hash(snapshot);
	block->text[0] = 2;
	other = uik_snapshot_hash(snapshot);
	assert_int_not_equal(one, as_taken);
	assert_int_not_equal(one, other);
	block->text[0] = 1;
	assert_int_equal(uik_snapshot_hash(snapshot), one);
	uik_snapshot_restore(snapshot, false);
	assert_int_equal(uik_snapshot_hash(snapshot), as_taken);
	uik_snapshot_free(snapshot);
	kfree(block);
	image_end();
	machine_end(m);
}

static uint64_t reads_nothing(void *priv, uint64_t offset,
			      unsigned int width)
{
	return 0;
}

static void writes_nothing(void *priv, uint64_t offset, unsigned int width,
			   uint64_t value)
{
}

static const struct uik_mmio_ops no_ops = { reads_nothing, writes_nothing };

/* Law: who stands behind an MMIO address comes back, too. */
static void windows(void **state)
{
	struct kit_machine m = machine_with(NULL);
	uint64_t at = uik_mmio_find_space(m.machine, PAGE_SIZE);
	struct uik_mmio_page before;
	struct uik_snapshot *snapshot;

	image_begin();
	assert_int_equal(uik_mmio_register(m.machine, at, PAGE_SIZE, &no_ops,
					   NULL), 0);
	before = uik_mmio_table[0];
	snapshot = take(m.machine, NULL, 0);
	memset(&uik_mmio_table[0], 0xff, sizeof(uik_mmio_table[0]));
	uik_snapshot_restore(snapshot, true);
	assert_memory_equal(&uik_mmio_table[0], &before, sizeof(before));
	uik_snapshot_free(snapshot);
	uik_mmio_unregister(m.machine, at);
	image_end();
	machine_end(m);
}

/* Law: what the host maps anew is counted: a restore leaves it. */
static void host_changes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long before = uik_snapshot_host_changes();
	void *p = vmalloc(32 << 20);	/* more than one step of the arena */

	assert_non_null(p);
	assert_true(uik_snapshot_host_changes() > before);
	before = uik_snapshot_host_changes();
	vfree(p);
	p = vmalloc(16 << 20);
	assert_int_equal(uik_snapshot_host_changes(), before);
	vfree(p);
	machine_end(m);
}

static void on_segv(int signal)
{
	child_exit(42);
}

/* A page that was written to and then protected by who owns it. */
static void own_fault(bool outside)
{
	struct kit_machine m = machine_with(NULL);
	char *kept = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	image_begin();
	signal(SIGSEGV, on_segv);
	uik_machine_keep(m.machine, kept, PAGE_SIZE);
	take(m.machine, NULL, 0);
	kept[0] = 1;
	if (outside)
		kept += PAGE_SIZE;
	mprotect(kept, PAGE_SIZE, PROT_READ);
	kept[1] = 1;
}

/* Law: a fault that no snapshot made is the program's, inside and outside. */
static void others_faults(void **state)
{
	int status;

	for (int outside = 0; outside < 2; outside++) {
		pid_t child = fork();

		if (!child) {
			own_fault(outside);
			_exit(1);	/* it was swallowed */
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 42);
	}
}

static int handled;

static void handler(int signal)
{
	handled++;
}

/* Law: who handled faults before the snapshot does so again after it. */
static void handlers(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct sigaction mine = { .sa_handler = handler }, before, now;
	struct block *block = kzalloc_obj(*block);
	struct uik_snapshot *snapshot;

	image_begin();
	sigaction(SIGSEGV, &mine, &before);
	snapshot = take(m.machine, NULL, 0);
	sigaction(SIGSEGV, NULL, &now);
	assert_true(now.sa_handler != handler);
	block->text[0] = 1;
	assert_int_equal(handled, 0);
	raise(SIGSEGV);
	assert_int_equal(handled, 1);
	uik_snapshot_restore(snapshot, true);
	uik_snapshot_free(snapshot);
	sigaction(SIGSEGV, &before, &now);
	assert_ptr_equal(now.sa_handler, handler);
	uik_snapshot_free(NULL);
	kfree(block);
	image_end();
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules),
		cmocka_unit_test(relocated_tables),
		cmocka_unit_test(blocks_come_back),
		cmocka_unit_test(missed_lines),
		cmocka_unit_test(near_lines),
		cmocka_unit_test(ranges),
		cmocka_unit_test(hashes),
		cmocka_unit_test(windows),
		cmocka_unit_test(host_changes),
		cmocka_unit_test(others_faults),
		cmocka_unit_test(handlers),
	};

	/* Memory checkers want faults, and the loader, for themselves. */
#if defined(KIT_ASAN) || defined(KIT_TSAN)
	return 77;
#endif
	return RUNNING_ON_VALGRIND ? 77 :
				     cmocka_run_group_tests(tests, NULL, NULL);
}
