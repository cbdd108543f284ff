/* SPDX-License-Identifier: MIT */
/* Pinning user and file pages, frames, identity, device access. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <uik/mm.h>
#include <uik/mmio.h>
#include <uik/pin.h>
#include "kit/pages.h"
#include "kit/poison.h"
#include "kit/usercopy.h"

static unsigned long map_fd(int fd, size_t pages, int prot, int flags)
{
	void *p = mmap(NULL, pages * PAGE_SIZE, prot,
		       flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return (unsigned long)p;
}

static int memfd_of(size_t bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	return fd;
}

static int pin(unsigned long va, size_t npages, bool write)
{
	return uik_pin_user(current->mm, va, npages, write);
}

/* Law: what cannot be used so cannot be pinned; what can is unchanged. */
static void user_rights(void **state)
{
	unsigned long va = map_fd(-1, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *p = (char *)va;

	strcpy(p, "content");
	assert_int_equal(pin(va, 3, true), 0);
	assert_int_equal(pin(va, 0, true), 0);
	assert_string_equal(p, "content");
	mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ);
	assert_int_equal(pin(va, 3, false), 0);
	assert_int_equal(pin(va, 3, true), -EFAULT);
	assert_int_equal(pin(va, 1, true), 0);
	mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	assert_int_equal(pin(va, 3, false), -EFAULT);
	munmap(p + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(pin(va, 2, false), -EFAULT);
	assert_int_equal(pin(0, 1, false), -EFAULT);
	assert_int_equal(pin(TASK_SIZE - PAGE_SIZE, 2, false), -EFAULT);
	assert_int_equal(pin(TASK_SIZE, 1, false), -EFAULT);
	assert_int_equal(pin(va, SIZE_MAX / PAGE_SIZE, false), -EFAULT);
	uik_fail_nth(1, 1u << UIK_FAIL_PIN, false);
	assert_int_equal(pin(va, 1, false), -EFAULT);
	uik_fail_nth(0, 0, false);
	munmap(p, 3 * PAGE_SIZE);
}

/* Law: an ordinary file shared for writing is refused, memory is not. */
static void file_kinds(void **state)
{
	char name[] = "/var/tmp/uiommufd-test-XXXXXX";
	int disk = mkstemp(name), memory = memfd_of(2 * PAGE_SIZE);
	int rw = PROT_READ | PROT_WRITE;
	unsigned long va;

	unlink(name);
	assert_int_equal(ftruncate(disk, 2 * PAGE_SIZE), 0);
	va = map_fd(disk, 2, rw, MAP_SHARED);
	assert_int_equal(pin(va, 2, false), 0);
	assert_int_equal(pin(va, 2, true), -EFAULT);
	munmap((void *)va, 2 * PAGE_SIZE);
	va = map_fd(disk, 2, rw, MAP_PRIVATE);
	assert_int_equal(pin(va, 2, true), 0);
	munmap((void *)va, 2 * PAGE_SIZE);
	/* Beyond the end of the file there is nothing. */
	va = map_fd(memory, 4, rw, MAP_SHARED);
	assert_int_equal(pin(va, 2, true), 0);
	assert_int_equal(pin(va, 3, true), -EFAULT);
	munmap((void *)va, 4 * PAGE_SIZE);
	va = map_fd(-1, 2, rw, MAP_SHARED);
	assert_int_equal(pin(va, 2, true), 0);
	munmap((void *)va, 2 * PAGE_SIZE);
	close(disk);
	close(memory);
}

/* Law: private memory is its address; the device sees what the client does. */
static void frames(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long va = map_fd(-1, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char buf[16] = "device";

	assert_int_equal(uik_user_pfn(current->mm, va + 9), va >> PAGE_SHIFT);
	assert_int_equal(uik_user_run(current->mm, va, 2), 2);
	assert_ptr_equal(uik_phys_to_host(m.machine, va + 9), (char *)va + 9);
	assert_int_equal(uik_phys_write(m.machine, va + PAGE_SIZE - 3, buf, 7),
			 0);
	assert_string_equal((char *)va + PAGE_SIZE - 3, "device");
	memset(buf, 0, sizeof(buf));
	assert_int_equal(uik_phys_read(m.machine, va + PAGE_SIZE - 3, buf, 7),
			 0);
	assert_string_equal(buf, "device");
	munmap((void *)va, 2 * PAGE_SIZE);
	assert_int_equal(uik_phys_read(m.machine, va, buf, 7), -EFAULT);
	assert_int_equal(uik_phys_write(m.machine, va, buf, 7), -EFAULT);
	assert_null(uik_phys_to_host(m.machine, 0));
	assert_null(uik_phys_to_host(m.machine, UIK_PHYS_END));
	assert_null(uik_phys_to_host(m.machine, UIK_PHYS_MMIO));
	assert_int_equal(uik_phys_read(m.machine, UIK_PHYS_MMIO, buf, 1),
			 -EFAULT);
	machine_end(m);
}

/*
 * Law: a device that goes round in many pages, as command queues do, does not
 * ask the system about each of them again; what went away is still found out.
 */
static void many_pages(void **state)
{
	enum { PAGES = 64, TRUST = 200 };
	struct kit_machine m = machine_with(NULL);
	unsigned long va = map_fd(-1, PAGES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE);
	struct fault_hold hold;
	char buf[8];

	/* The test framework has a handler of its own. */
	fault_handler_hold(&hold);
	fault_distrust();
	for (int round = 0; round < 2; round++) {
		/* A look at the handler sets it anew. */
		uik_fault_state.direct = TRUST;
		for (int page = 0; page < PAGES; page++)
			assert_int_equal(uik_phys_read(m.machine,
						       va + page * PAGE_SIZE,
						       buf, sizeof(buf)), 0);
	}
	if (!memcheck_watches())	/* nothing is touched directly */
		assert_int_equal(uik_fault_state.direct, TRUST - PAGES);
	munmap((void *)(va + PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(uik_phys_read(m.machine, va + PAGE_SIZE, buf, 8),
			 -EFAULT);
	assert_int_equal(uik_phys_read(m.machine, va, buf, 8), 0);
	munmap((void *)va, PAGES * PAGE_SIZE);
	fault_handler_release(&hold);
	fault_distrust();
	/* Nor does it crash when the handler is not ours any more. */
	assert_int_equal(uik_phys_read(m.machine, va, buf, 8), -EFAULT);
	machine_end(m);
}

/* Law: scattered frames are a permutation within 2 MiB that leads back. */
static void scattered_frames(void **state)
{
	struct uik_machine_config config = { .seed = 5, .scatter_pages = true };
	struct uik_machine *machine = uik_machine_new(&config);
	struct uik_machine *before = uik_enter(machine);
	unsigned long va = map_fd(-1, 1024, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE), page;
	u64 pfn, last = 0;
	unsigned long kit;

	for (page = va; page < va + 1024 * PAGE_SIZE; page += PAGE_SIZE) {
		pfn = uik_user_pfn(current->mm, page);
		assert_int_equal(pfn >> 9, page >> 21);
		assert_int_not_equal(pfn, page >> PAGE_SHIFT);
		assert_int_not_equal(pfn, last + 1);
		assert_ptr_equal(uik_phys_to_host(machine, pfn << PAGE_SHIFT),
				 (void *)page);
		last = pfn;
	}
	assert_int_equal(uik_user_run(current->mm, va, 100), 1);
	kit = __get_free_pages(GFP_KERNEL, 0);
	assert_ptr_equal(uik_phys_to_host(machine, kit), (void *)kit);
	free_pages(kit, 0);
	munmap((void *)va, 1024 * PAGE_SIZE);
	uik_leave(before);
	uik_machine_free(machine);
}

/* Law: file pages follow size, not mode or seals; holes are filled. */
static void file_pins(void **state)
{
	int fd = memfd_of(3 * PAGE_SIZE), ro, plain[2];
	struct uik_pin_file *file, *again;
	char path[64];

	file = uik_pin_file_open(fd);
	assert_false(IS_ERR(file));
	assert_int_equal(uik_pin_file(file, 0, 3), 0);
	assert_int_equal(uik_pin_file(file, 0, 4), -EINVAL);
	assert_int_equal(uik_pin_file(file, 3 * PAGE_SIZE, 1), -EINVAL);
	assert_int_equal(uik_pin_file(file, ~0ull - 4095, 1), -EINVAL);
	/* A read-only descriptor of the same file is the same file. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY);
	again = uik_pin_file_open(ro);
	assert_ptr_equal(again, file);
	uik_pin_file_put(again);
	close(ro);
	/* The client may close and grow it. */
	assert_int_equal(ftruncate(fd, 200 << 20), 0);
	assert_int_equal(uik_pin_file(file, (200 << 20) - PAGE_SIZE, 1), 0);
	memcpy(uik_file_host(file, 100 << 20), "far", 4);
	assert_int_equal(pread(fd, path, 4, 100 << 20), 4);
	assert_string_equal(path, "far");
	close(fd);
	assert_int_equal(uik_pin_file(file, 0, 3), 0);
	uik_fail_nth(1, 1u << UIK_FAIL_PIN, false);
	assert_int_equal(uik_pin_file(file, 0, 1), -EFAULT);
	uik_fail_nth(0, 0, false);
	uik_pin_file_put(file);
	/* Anything can be opened, but only memory pinned. */
	assert_int_equal(pipe(plain), 0);
	file = uik_pin_file_open(plain[0]);
	assert_false(IS_ERR(file));
	assert_int_equal(uik_pin_file(file, 0, 1), -EINVAL);
	uik_pin_file_put(file);
	close(plain[0]);
	close(plain[1]);
	assert_int_equal(PTR_ERR(uik_pin_file_open(plain[0])), -EBADF);
	/* What was opened as a path only cannot be used. */
	fd = open("/dev/shm", O_PATH);
	assert_int_equal(PTR_ERR(uik_pin_file_open(fd)), -EBADF);
	close(fd);
}

/* Law: a sealed file pins too. */
static void sealed(void **state)
{
	int fd = memfd_of(PAGE_SIZE);
	struct uik_pin_file *file;

	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
			       F_SEAL_SHRINK), 0);
	file = uik_pin_file_open(fd);
	assert_int_equal(uik_pin_file(file, 0, 1), 0);
	uik_pin_file_put(file);
	close(fd);
}

static void check_mapping(unsigned long at, bool shared, unsigned long offset)
{
	struct maps_line asked = { 0 }, read = { 0 };

	assert_true(maps_find(at, &asked));
	assert_true(maps_read(at, &read));
	assert_true(at >= read.start && at < read.end);
	assert_int_equal(read.start, asked.start);
	assert_int_equal(read.end, asked.end);
	assert_int_equal(read.offset, asked.offset);
	assert_int_equal(read.offset + (at - read.start), offset);
	assert_int_equal(read.device, asked.device);
	assert_int_equal(read.inode, asked.inode);
	assert_int_equal(read.shared, asked.shared);
	assert_int_equal(read.shared, shared);
	assert_string_equal(read.path, asked.path);
}

/* Law: the table of mappings says the same to who reads and to who asks. */
static void mappings(void **state)
{
	int fd = memfd_of(8 * PAGE_SIZE);
	struct maps_line line;
	unsigned long va;

	skip_if_emulated("table of its own");
	/* Many lines, so that they come in several pieces. */
	for (int i = 0; i < 200; i++)
		map_fd(fd, 1, i & 1 ? PROT_READ : PROT_NONE, MAP_SHARED);
	va = map_fd(fd, 8, PROT_READ, MAP_SHARED);
	check_mapping(va, true, 0);
	check_mapping(va + 3 * PAGE_SIZE, true, 3 * PAGE_SIZE);
	munmap((void *)va, PAGE_SIZE);
	assert_false(maps_read(va, &line));
	assert_false(maps_find(va, &line));
	check_mapping(va + 5 * PAGE_SIZE, true, 5 * PAGE_SIZE);
	va = map_fd(fd, 2, PROT_READ, MAP_PRIVATE);
	check_mapping(va + PAGE_SIZE, false, PAGE_SIZE);
	close(fd);
}

/* Law: one page of a file is one page, however it is reached. */
static void identity(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int fd = memfd_of(2 * PAGE_SIZE), rw = PROT_READ | PROT_WRITE;
	unsigned long a = map_fd(fd, 2, rw, MAP_SHARED);
	unsigned long b = map_fd(fd, 2, rw, MAP_SHARED);
	unsigned long own = map_fd(-1, 1, rw, MAP_PRIVATE);
	struct uik_pin_file *file = uik_pin_file_open(fd);
	struct mm_struct *mm = current->mm;
	struct uik_page_identity id;
	u64 pa, pb, pf;

	assert_int_equal(uik_pin_file(file, 0, 2), 0);
	pa = uik_user_pfn(mm, a + PAGE_SIZE);
	pb = uik_user_pfn(mm, b + PAGE_SIZE);
	pf = uik_file_pfn(file, PAGE_SIZE);
	assert_int_equal(uik_file_pfn(file, 0) + 1, pf);
	assert_true(uik_page_same(pa, pb));
	assert_true(uik_page_same(pa, pf));
	assert_true(uik_page_same(pa, pa));
	assert_false(uik_page_same(pa, uik_user_pfn(mm, b)));
	assert_false(uik_page_same(pa, uik_user_pfn(mm, own)));
	*(char *)(a + PAGE_SIZE) = 9;
	assert_int_equal(*(char *)uik_phys_to_host(m.machine,
						   pf << PAGE_SHIFT), 9);
	assert_int_equal(uik_page_identify(uik_user_pfn(mm, own), &id), 0);
	assert_int_equal(id.inode, 0);
	munmap((void *)own, PAGE_SIZE);
	assert_int_equal(uik_page_identify(own >> PAGE_SHIFT, &id), -EFAULT);
	munmap((void *)a, 2 * PAGE_SIZE);
	munmap((void *)b, 2 * PAGE_SIZE);
	uik_pin_file_put(file);
	close(fd);
	machine_end(m);
}

/* Law: what is remembered of mappings tells what the mappings would. */
static void identity_remembered(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int fd = memfd_of(8 * PAGE_SIZE), rw = PROT_READ | PROT_WRITE;
	unsigned long at[6] = { map_fd(-1, 8, rw, MAP_PRIVATE) };
	struct uik_page_identity one, two;
	struct uik_page_memo memo = { 0 };

	/* More of them than are remembered. */
	for (int i = 1; i < 6; i++)
		at[i] = map_fd(fd, 8, rw, MAP_SHARED);
	for (int i = 0; i < 96; i++) {
		u64 pfn = uik_user_pfn(current->mm,
				       at[i % 6] + i / 12 * PAGE_SIZE);

		assert_int_equal(uik_page_identify(pfn, &one), 0);
		assert_int_equal(uik_page_identify_with(&memo, pfn, &two), 0);
		assert_memory_equal(&one, &two, sizeof(one));
		assert_int_equal(!one.inode, i % 6 == 0);
	}
	for (int i = 0; i < 6; i++)
		munmap((void *)at[i], 8 * PAGE_SIZE);
	close(fd);
	machine_end(m);
}

static uint64_t count_two(struct uik_machine *machine,
			  const struct uik_page_identity *identity)
{
	return 2;
}

/* Law: everybody who counts pins is asked. */
static void counters(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_pin_counter a = { .count = count_two }, b = a;
	char c;

	assert_int_equal(uik_pin_count(m.machine, (unsigned long)&c), 0);
	uik_pin_counter_add(m.machine, &a);
	uik_pin_counter_add(m.machine, &b);
	assert_int_equal(uik_pin_count(m.machine, (unsigned long)&c), 4);
	assert_int_equal(uik_pin_count(m.machine, 0), 0);
	machine_end(m);
}

/* Law: bytes of a page move both ways, or it is a fault. */
static void page_bytes(void **state)
{
	unsigned long va = map_fd(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char buf[4] = "abc";

	assert_int_equal(uik_copy_user_page(current->mm, va + 5, buf, 4, true),
			 0);
	buf[0] = 0;
	assert_int_equal(uik_copy_user_page(current->mm, va + 5, buf, 4,
					    false), 0);
	assert_string_equal(buf, "abc");
	munmap((void *)va, PAGE_SIZE);
	assert_int_equal(uik_copy_user_page(current->mm, va, buf, 4, false),
			 -EFAULT);
	assert_int_equal(uik_copy_user_page(current->mm, TASK_SIZE, buf, 4,
					    false), -EFAULT);
}

/* Law: the same by probes and copies that ask the system about this process. */
static void not_touched_here(void **state)
{
	unsigned long va = map_fd(-1, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct mm_struct *mm = current->mm;
	sigset_t all, before;
	char buf[4] = "abc";

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	assert_int_equal(pin(va, 2, true), 0);
	assert_int_equal(uik_copy_user_page(mm, va, buf, 4, true), 0);
	strcpy(buf, "---");
	assert_int_equal(uik_copy_user_page(mm, va, buf, 4, false), 0);
	assert_string_equal(buf, "abc");
	munmap((void *)(va + PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(pin(va, 2, false), -EFAULT);
	assert_int_equal(uik_copy_user_page(mm, va + PAGE_SIZE, buf, 4, true),
			 -EFAULT);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(uik_copy_user_page(mm, va + PAGE_SIZE, buf, 0, true),
			 0);
	assert_int_equal(pin(va, 0, true), 0);
	assert_int_equal(pin(va, 1ul << 60, true), -EFAULT);
	munmap((void *)va, PAGE_SIZE);
}

/* Law: another process's frames are none of this one's, and its pages none. */
static void frames_of_others(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long va = map_fd(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct mm_struct *other;
	int gate[2];
	pid_t child;

	assert_int_equal(pipe(gate), 0);
	child = fork();
	if (!child) {
		close(gate[1]);
		(void)!read(gate[0], gate, 1);
		child_exit(0);
	}
	close(gate[0]);
	other = uik_mm_foreign(child);
	assert_non_null(other);
	assert_ptr_equal(uik_mm_foreign(getpid()), uik_mm_self());
	assert_int_not_equal(uik_user_pfn(other, va),
			     uik_user_pfn(current->mm, va));
	assert_int_equal(uik_user_pfn(other, va + PAGE_SIZE),
			 uik_user_pfn(other, va) + 1);
	assert_int_equal(uik_user_run(other, va, 7), 7);
	assert_false(uik_page_same(uik_user_pfn(other, va),
				   uik_user_pfn(current->mm, va)));
	uik_mm_put(other);
	close(gate[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	munmap((void *)va, PAGE_SIZE);
	machine_end(m);
}

/* Law: registers are pages of their own; where nothing is, nothing is the same. */
static void identity_elsewhere(void **state)
{
	struct kit_machine m = machine_with(NULL);
	u64 mmio = UIK_PHYS_MMIO >> PAGE_SHIFT, file = UIK_PHYS_FILE >> PAGE_SHIFT;
	unsigned long page = __get_free_pages(GFP_KERNEL, 0);
	struct uik_page_identity id;

	assert_int_equal(uik_page_identify(mmio + 3, &id), 0);
	assert_int_equal(id.index, mmio + 3);
	assert_int_equal(id.inode, 0);
	assert_int_equal(uik_page_identify(page >> PAGE_SHIFT, &id), 0);
	assert_int_equal(id.index, page >> PAGE_SHIFT);
	assert_int_equal(uik_page_identify(file, &id), -EFAULT);
	assert_int_equal(uik_page_identify(0, &id), -EFAULT);
	assert_false(uik_page_same(mmio, 0));
	assert_false(uik_page_same(0, mmio));
	assert_false(uik_page_same(mmio, mmio + 1));
	free_pages(page, 0);
	machine_end(m);
}

/* Law: whoever watches pins is the machine's, and may go. */
static void pin_watch(void **state)
{
	static const struct uik_pin_watch watch = {};
	struct kit_machine m = machine_with(NULL), other;

	assert_null(uik_pin_watch_get());
	uik_pin_watch_set(m.machine, &watch);
	assert_ptr_equal(uik_pin_watch_get(), &watch);
	other = machine_with(NULL);
	assert_null(uik_pin_watch_get());
	machine_end(other);
	uik_pin_watch_set(m.machine, NULL);
	assert_null(uik_pin_watch_get());
	machine_end(m);
}

/* Law: shared memory is memory, deleted or not; an ordinary file is not. */
static void memory_by_path(void **state)
{
	char path[] = "/dev/shm/uiommufd-test-XXXXXX";
	int fd = mkstemp(path), rw = PROT_READ | PROT_WRITE;
	unsigned long va;

	if (fd < 0)
		skip();
	assert_int_equal(ftruncate(fd, PAGE_SIZE), 0);
	va = map_fd(fd, 1, rw, MAP_SHARED);
	*(char *)va = 1;
	assert_int_equal(pin(va, 1, true), 0);
	unlink(path);
	assert_int_equal(pin(va, 1, true), 0);
	munmap((void *)va, PAGE_SIZE);
	close(fd);
	va = map_fd(-1, 1, rw, MAP_SHARED);
	*(char *)va = 1;
	assert_int_equal(pin(va, 1, true), 0);
	munmap((void *)va, PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_rights),
		cmocka_unit_test(file_kinds),
		cmocka_unit_test(frames),
		cmocka_unit_test(many_pages),
		cmocka_unit_test(scattered_frames),
		cmocka_unit_test(file_pins),
		cmocka_unit_test(sealed),
		cmocka_unit_test(mappings),
		cmocka_unit_test(identity),
		cmocka_unit_test(identity_remembered),
		cmocka_unit_test(counters),
		cmocka_unit_test(page_bytes),
		cmocka_unit_test(not_touched_here),
		cmocka_unit_test(frames_of_others),
		cmocka_unit_test(identity_elsewhere),
		cmocka_unit_test(pin_watch),
		cmocka_unit_test(memory_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
