/* SPDX-License-Identifier: MIT */
/*
 * Physical addresses: what stands where, mappable pages, device access.
 */
#include "kit/pages.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uik/file.h>
#include <uik/pin.h>

#include "kit/fork.h"
#include "kit/machine.h"
#include "kit/slab.h"
#include "kit/usercopy.h"

#define BLOCK_PAGES_MASK 511ull		/* pages of 2 MiB */

static pthread_mutex_t alias_lock = PTHREAD_MUTEX_INITIALIZER;

FORK_LOCK(alias_lock)

void *uik_mappable_alloc(struct uik_machine *machine, size_t bytes)
{
	struct arena *arena = &machine->arena;

	if (!bytes || bytes > arena->size)
		return NULL;
	bytes = ARENA_PAGE << arena_order(bytes);
	return slab_span_alloc(arena, &arena->zone, bytes, BLOCK_INTERNAL,
			       true, __builtin_return_address(0));
}

void uik_mappable_free(struct uik_machine *machine, void *pages, size_t bytes)
{
	if (pages)
		slab_span_free(&machine->arena, (uintptr_t)pages);
}

static bool in_zone(const struct uik_machine *machine, uint64_t phys,
		    size_t bytes)
{
	const struct arena_zone *zone = &machine->arena.zone;

	return bytes && zone_holds(zone, phys) &&
	       zone_holds(zone, phys + bytes - 1);
}

/* The alias that holds the whole range.  The lock is held. */
static struct page_alias *alias_of_locked(struct uik_machine *machine,
					  uint64_t phys, size_t bytes)
{
	struct page_alias *alias;

	for (alias = machine->aliases.aliases; alias; alias = alias->next)
		if (phys >= alias->phys &&
		    phys + bytes <= alias->phys + alias->bytes)
			return alias;
	return NULL;
}

int uik_mappable_alias(struct uik_machine *machine, uint64_t phys, void *pages,
		       size_t bytes)
{
	struct page_alias *alias, *other;
	int rc = 0;

	if (phys % PAGE_SIZE || bytes % PAGE_SIZE ||
	    !in_zone(machine, (uintptr_t)pages, bytes))
		return -EINVAL;
	alias = kzalloc_obj(*alias);
	if (!alias)
		return -ENOMEM;
	*alias = (struct page_alias){ phys, bytes, pages, NULL };
	pthread_mutex_lock(&alias_lock);
	for (other = machine->aliases.aliases; other; other = other->next)
		if (phys < other->phys + other->bytes &&
		    other->phys < phys + bytes)
			rc = -EBUSY;
	if (!rc) {
		alias->next = machine->aliases.aliases;
		machine->aliases.aliases = alias;
	}
	pthread_mutex_unlock(&alias_lock);
	if (rc)
		kfree(alias);
	return rc;
}

void uik_mappable_unalias(struct uik_machine *machine, uint64_t phys)
{
	struct page_alias **at = &machine->aliases.aliases, *alias;

	pthread_mutex_lock(&alias_lock);
	while (*at && (*at)->phys != phys)
		at = &(*at)->next;
	alias = *at;
	if (alias)
		*at = alias->next;
	pthread_mutex_unlock(&alias_lock);
	kfree(alias);
}

void alias_space_fini(struct alias_space *space)
{
	struct page_alias *alias;

	while ((alias = space->aliases)) {
		space->aliases = alias->next;
		kfree(alias);
	}
}

/* Host address behind an alias; NULL. */
static char *alias_host(struct uik_machine *machine, uint64_t phys,
			size_t bytes)
{
	struct page_alias *alias;
	char *host = NULL;

	pthread_mutex_lock(&alias_lock);
	alias = alias_of_locked(machine, phys, bytes);
	if (alias)
		host = alias->pages + (phys - alias->phys);
	pthread_mutex_unlock(&alias_lock);
	return host;
}

int uik_mappable_fd_offset(struct uik_machine *machine, uint64_t phys,
			   size_t bytes, int *fd, uint64_t *offset)
{
	const struct arena_zone *zone = &machine->arena.zone;
	char *host;

	if (!in_zone(machine, phys, bytes)) {
		host = alias_host(machine, phys, bytes);
		if (!host)
			return -EINVAL;
		phys = (uintptr_t)host;
	}
	*fd = zone->fd;
	*offset = phys - zone->start;
	return 0;
}

/*
 * Pages of each 2 MiB change places in pairs, so that the same function leads
 * back; an odd mask leaves no two neighbours in order.
 */
uint64_t page_scatter(const struct uik_machine *machine, uint64_t pfn)
{
	uint64_t mix = (machine->seed ^ (pfn & ~BLOCK_PAGES_MASK)) *
		       0x9e3779b97f4a7c15ull;

	return pfn ^ ((mix >> 40 & BLOCK_PAGES_MASK) | 1);
}

bool uik_phys_is_kit(struct uik_machine *machine, uint64_t phys, size_t size)
{
	const struct arena *arena = &machine->arena;

	return size && phys < UIK_PHYS_FILE && phys + size > phys &&
	       arena_holds(arena, phys) && arena_holds(arena, phys + size - 1);
}

static void *host_of(struct uik_machine *machine, uint64_t phys)
{
	uint64_t pfn = phys >> PAGE_SHIFT;

	if (phys >= UIK_PHYS_END || phys < PAGE_SIZE)
		return NULL;
	if (phys >= UIK_PHYS_MMIO)
		return alias_host(machine, phys, 1);
	if (phys >= UIK_PHYS_FILE)
		return pin_file_host(phys);
	if (machine->scatter_pages && !arena_of((void *)(uintptr_t)phys))
		pfn = page_scatter(machine, pfn);
	return (void *)(uintptr_t)(pfn << PAGE_SHIFT | (phys & ~PAGE_MASK));
}

void *uik_phys_to_host(struct uik_machine *machine, uint64_t phys)
{
	return host_of(machine, phys);
}

void *page_address(const struct page *page)
{
	return uik_phys_to_host(uik_this_machine(), page_to_phys(page));
}

/*
 * Devices go over many more pages than a thread remembers: those of all rings.
 * So pages that were good when a device last touched them are listed for the
 * process, as a thread lists its own (usercopy.h): page numbers, atomic.
 */
#define TOUCHED_PAGES 4096u
static uintptr_t touched[TOUCHED_PAGES];

/* Rings lie apart by powers of two: the low bits alone would be the same. */
static uintptr_t *touched_slot(uintptr_t page)
{
	return &touched[(page ^ page >> 6 ^ page >> 12) % TOUCHED_PAGES];
}

/* Memory of the process that may have gone away; bytes left.  In one page. */
static inline size_t touch(void *host, void *buf, size_t n, bool write)
{
	uintptr_t page = (uintptr_t)host >> PAGE_SHIFT;
	uintptr_t *slot = touched_slot(page);
	bool listed = __atomic_load_n(slot, __ATOMIC_RELAXED) == page;
	size_t left;

	if (!(listed && fault_trusts_any()) &&
	    !fault_may_touch((uintptr_t)host, n))
		return write ? foreign_write(mm_own(), (uintptr_t)host, buf,
					     n) :
			       foreign_read(mm_own(), buf, (uintptr_t)host, n);
	left = write ? uik_raw_copy(host, buf, n) : uik_raw_copy(buf, host, n);
	if (listed == !!left)
		__atomic_store_n(slot, left ? 0 : page, __ATOMIC_RELAXED);
	return left;
}

static int phys_access(struct uik_machine *machine, uint64_t phys, char *buf,
		       size_t size, bool write)
{
	size_t part;
	void *host;

	for (; size; size -= part, phys += part, buf += part) {
		part = PAGE_SIZE - (phys & ~PAGE_MASK);
		part = size < part ? size : part;
		host = host_of(machine, phys);
		if (!host || touch(host, buf, part, write))
			return -EFAULT;
	}
	return 0;
}

/*
 * In a page of the process that was good the last time; kit memory is never
 * listed.  False: nothing is said.
 */
static inline bool is_listed(struct uik_machine *machine, uint64_t phys,
			     size_t size)
{
	return phys < UIK_PHYS_FILE && !machine->scatter_pages &&
	       (phys & ~PAGE_MASK) + size <= PAGE_SIZE &&
	       __atomic_load_n(touched_slot(phys >> PAGE_SHIFT),
			       __ATOMIC_RELAXED) == phys >> PAGE_SHIFT &&
	       fault_trusts_any();
}

const void *phys_known(struct uik_machine *machine, uint64_t phys, size_t size)
{
	if (!uik_likely(is_listed(machine, phys, size)) &&
	    !uik_phys_is_kit(machine, phys, size))
		return NULL;
	return (const void *)(uintptr_t)phys;
}

int uik_phys_read(struct uik_machine *machine, uint64_t phys, void *to,
		  size_t size)
{
	if (uik_likely(is_listed(machine, phys, size)) &&
	    !uik_raw_copy(to, (void *)(uintptr_t)phys, size))
		return 0;
	if (uik_phys_is_kit(machine, phys, size)) {
		memcpy(to, (void *)(uintptr_t)phys, size);
		return 0;
	}
	return phys_access(machine, phys, to, size, false);
}

int uik_phys_write(struct uik_machine *machine, uint64_t phys,
		   const void *from, size_t size)
{
	if (uik_phys_is_kit(machine, phys, size)) {
		memcpy((void *)(uintptr_t)phys, from, size);
		return 0;
	}
	return phys_access(machine, phys, (char *)from, size, true);
}
