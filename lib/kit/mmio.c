/* SPDX-License-Identifier: MIT */
/*
 * MMIO windows and ioremap().
 *
 * The reserved range of addresses and its page table are process-wide doors,
 * made at the first window.  A page of it is free (owner NULL), or belongs to a
 * mapping: its entry says where accesses go.  Entries are written before their
 * address is handed out, so accesses take no lock.
 */
#include "kit/mmio.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/bug.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uik/pin.h>

#include "kit/fork.h"
#include "kit/machine.h"
#include "kit/snapshot.h"

#define WINDOW_BYTES ((uintptr_t)UIK_MMIO_PAGES << PAGE_SHIFT)

/* Before there is a range, no address lies in it. */
uintptr_t uik_mmio_base = UINTPTR_MAX - WINDOW_BYTES + 1 - PAGE_SIZE;
struct uik_mmio_page *uik_mmio_table;

static pthread_mutex_t mmio_lock = PTHREAD_MUTEX_INITIALIZER;
static const struct mmio_window *owners[UIK_MMIO_PAGES]; /* NULL: free */
static uint32_t run_length[UIK_MMIO_PAGES];	/* at a mapping's first page */
static const struct mmio_window orphan;	/* owner of mappings without window */

FORK_LOCK(mmio_lock)

static uint64_t gone_read(void *priv, uint64_t offset, unsigned int width)
{
	return UINT64_MAX;
}

static void gone_write(void *priv, uint64_t offset, unsigned int width,
		       uint64_t value)
{
}

static const struct uik_mmio_page gone = {
	.read = gone_read,
	.write = gone_write,
};

static bool range_make_locked(void)
{
	size_t table_bytes = sizeof(*uik_mmio_table) * UIK_MMIO_PAGES;
	void *range, *table;

	if (uik_mmio_table)
		return true;
	table = mmap(NULL, table_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		return false;
	range = mmap(NULL, WINDOW_BYTES, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED) {
		munmap(table, table_bytes);
		return false;
	}
	snapshot_host_changed();
	uik_mmio_table = table;
	__atomic_store_n(&uik_mmio_base, (uintptr_t)range, __ATOMIC_RELEASE);
	return true;
}

static bool range_valid(uint64_t start, uint64_t size)
{
	return !(start % PAGE_SIZE) && size && !(size % PAGE_SIZE) &&
	       start >= UIK_PHYS_MMIO && start < UIK_PHYS_END &&
	       size <= UIK_PHYS_END - start;
}

/* Where a window would go in the list; NULL if it overlaps one. */
static struct mmio_window **place_for(struct mmio_space *space, uint64_t start,
				      uint64_t size)
{
	struct mmio_window **at = &space->windows;

	while (*at && (*at)->start + (*at)->size <= start)
		at = &(*at)->next;
	return *at && (*at)->start < start + size ? NULL : at;
}

int uik_mmio_register(struct uik_machine *machine, uint64_t start, size_t size,
		      const struct uik_mmio_ops *ops, void *priv)
{
	struct mmio_window *window, **at;
	int rc = -EBUSY;

	if (!range_valid(start, size) || !ops->read || !ops->write)
		return -EINVAL;
	window = kzalloc_obj(*window);
	if (!window)
		return -ENOMEM;
	*window = (struct mmio_window){ start, size, ops, priv, NULL };
	pthread_mutex_lock(&mmio_lock);
	at = place_for(&machine->mmio, start, size);
	if (at && !range_make_locked()) {
		rc = -ENOMEM;
	} else if (at) {
		window->next = *at;
		*at = window;
		rc = 0;
	}
	pthread_mutex_unlock(&mmio_lock);
	if (rc)
		kfree(window);
	return rc;
}

static void orphan_pages_locked(const struct mmio_window *window)
{
	unsigned int page;

	for (page = 0; page < UIK_MMIO_PAGES; page++) {
		if (owners[page] != window)
			continue;
		owners[page] = &orphan;
		uik_mmio_table[page] = gone;
	}
}

void uik_mmio_unregister(struct uik_machine *machine, uint64_t start)
{
	struct mmio_window *window, **at = &machine->mmio.windows;

	pthread_mutex_lock(&mmio_lock);
	while (*at && (*at)->start != start)
		at = &(*at)->next;
	window = *at;
	if (window) {
		*at = window->next;
		orphan_pages_locked(window);
	}
	pthread_mutex_unlock(&mmio_lock);
	WARN(!window, "no window starts at %llx", (unsigned long long)start);
	kfree(window);
}

void mmio_space_fini(struct mmio_space *space)
{
	struct mmio_window *window;

	while ((window = space->windows)) {
		pthread_mutex_lock(&mmio_lock);
		space->windows = window->next;
		orphan_pages_locked(window);
		pthread_mutex_unlock(&mmio_lock);
		kfree(window);
	}
}

uint64_t uik_mmio_find_space(struct uik_machine *machine, size_t size)
{
	const struct mmio_window *window;
	uint64_t start = UIK_PHYS_MMIO;

	size = PAGE_ALIGN(size);
	pthread_mutex_lock(&mmio_lock);
	for (window = machine->mmio.windows; window; window = window->next) {
		if (window->start - start >= size)
			break;
		start = window->start + window->size;
	}
	pthread_mutex_unlock(&mmio_lock);
	return range_valid(start, size) ? start : 0;
}

/* The lowest run of free pages; UIK_MMIO_PAGES if there is none. */
static uint32_t pages_find_locked(uint32_t count)
{
	uint32_t page, run = 0;

	for (page = 0; page < UIK_MMIO_PAGES; page++) {
		run = owners[page] ? 0 : run + 1;
		if (run == count)
			return page + 1 - count;
	}
	return UIK_MMIO_PAGES;
}

static const struct mmio_window *window_of(const struct mmio_space *space,
					   uint64_t start, uint64_t end)
{
	const struct mmio_window *window;

	for (window = space->windows; window; window = window->next)
		if (start >= window->start &&
		    end <= window->start + window->size)
			return window;
	return NULL;
}

static void *map_locked(const struct mmio_window *window, uint64_t start,
			uint32_t count)
{
	uint32_t first = pages_find_locked(count), i;

	if (first == UIK_MMIO_PAGES)
		return NULL;
	for (i = 0; i < count; i++) {
		struct uik_mmio_page *page = &uik_mmio_table[first + i];

		owners[first + i] = window;
		page->read = window->ops->read;
		page->write = window->ops->write;
		page->priv = window->priv;
		page->offset = start - window->start + i * PAGE_SIZE;
		if (window->ops->page)
			window->ops->page(page);
	}
	run_length[first] = count;
	return (void *)(uik_mmio_base + ((uintptr_t)first << PAGE_SHIFT));
}

void __iomem *ioremap(phys_addr_t phys, size_t size)
{
	struct uik_machine *machine = uik_this_machine();
	uint64_t start = phys & PAGE_MASK, end;
	const struct mmio_window *window;
	char *base = NULL;

	if (!size || size > WINDOW_BYTES || phys >= UIK_PHYS_END)
		return NULL;
	if (uik_phys_is_kit(machine, phys, size))
		return uik_phys_to_host(machine, phys);
	if (uik_fail(UIK_FAIL_ALLOC))
		return NULL;
	end = PAGE_ALIGN(phys + size);
	pthread_mutex_lock(&mmio_lock);
	window = window_of(&machine->mmio, start, end);
	if (window)
		base = map_locked(window, start, (end - start) >> PAGE_SHIFT);
	pthread_mutex_unlock(&mmio_lock);
	return base ? base + (phys - start) : NULL;
}

void iounmap(volatile void __iomem *addr)
{
	uint32_t first, i, count;

	if (!uik_mmio_covers(addr))
		return;
	first = ((uintptr_t)addr - uik_mmio_base) >> PAGE_SHIFT;
	pthread_mutex_lock(&mmio_lock);
	count = run_length[first];
	for (i = 0; i < count; i++) {
		owners[first + i] = NULL;
		uik_mmio_table[first + i] = gone;
	}
	run_length[first] = 0;
	pthread_mutex_unlock(&mmio_lock);
	WARN(!count, "iounmap(%p): not mapped", (void *)addr);
}

void *memremap(resource_size_t offset, size_t size, unsigned long flags)
{
	struct uik_machine *machine = uik_this_machine();

	might_sleep();
	if (!flags || !size || !uik_phys_is_kit(machine, offset, size) ||
	    uik_fail(UIK_FAIL_ALLOC))
		return NULL;
	return uik_phys_to_host(machine, offset);
}

void memunmap(void *addr)
{
	WARN(uik_mmio_covers(addr), "memunmap(%p): these are registers", addr);
}

void uik_memcpy_fromio(void *to, const volatile void __iomem *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		((u8 *)to)[i] = readb((const volatile char *)from + i);
}

void uik_memcpy_toio(volatile void __iomem *to, const void *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		writeb(((const u8 *)from)[i], (volatile char *)to + i);
}
