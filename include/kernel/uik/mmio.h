/* SPDX-License-Identifier: MIT */
/*
 * Where device models meet the accessors of <linux/io.h>.
 *
 * A machine's physical addresses from UIK_PHYS_MMIO on belong to device
 * models.  Each registers windows of whole pages; ioremap() hands out addresses
 * in one reserved, inaccessible range of the process, where the page number
 * leads straight to the window.
 */
#ifndef UIK_MMIO_H
#define UIK_MMIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>
#include <uik/hook.h>

struct uik_machine;
struct uik_mmio_page;

/* Physical addresses: where things that are not host addresses live. */
#define UIK_PHYS_FILE 0x800000000000ull	 /* pages of files, 64 TiB */
#define UIK_PHYS_MMIO 0xc00000000000ull	 /* windows, 64 TiB */
#define UIK_PHYS_END 0x1000000000000ull	 /* of what a device can reach */
#define UIK_PHYS_FOREIGN 0x1000000000000ull /* other processes' memory */

struct uik_mmio_ops {
	/* @offset bytes into the window; @width 1, 2, 4 or 8 bytes. */
	uint64_t (*read)(void *priv, uint64_t offset, unsigned int width);
	void (*write)(void *priv, uint64_t offset, unsigned int width,
		      uint64_t value);
	/*
	 * Optional: a page is being mapped.  @page says where its accesses go,
	 * by the members above; the model may send them elsewhere.  Called
	 * with the kit's lock held.
	 */
	void (*page)(struct uik_mmio_page *page);
};

/**
 * uik_mmio_register - a device model takes a window.
 * @machine: whose physical addresses
 * @start: 4096-aligned, from UIK_PHYS_MMIO on
 * @size: bytes, a multiple of 4096
 * @ops: called on the accessing thread with no kit lock held
 *
 * Return: 0; -EINVAL bad range; -EBUSY it overlaps another; -ENOMEM.
 */
int uik_mmio_register(struct uik_machine *machine, uint64_t start, size_t size,
		      const struct uik_mmio_ops *ops, void *priv) __uik_export;
/** uik_mmio_unregister - the window starting at @start goes.
 *
 * Addresses still mapped read as all ones and swallow writes.  The caller
 * makes sure that no access is under way.
 */
void uik_mmio_unregister(struct uik_machine *machine, uint64_t start)
	__uik_export;
/** uik_mmio_find_space - a free range for a window; 0 if there is none. */
uint64_t uik_mmio_find_space(struct uik_machine *machine, size_t size)
	__uik_export;

/*
 * The reserved range, and what each of its pages leads to.  A page without a
 * window leads to an entry that reads all ones.
 */
#define UIK_MMIO_PAGES 65536u

struct uik_mmio_page {
	uint64_t (*read)(void *priv, uint64_t offset, unsigned int width);
	void (*write)(void *priv, uint64_t offset, unsigned int width,
		      uint64_t value);
	void *priv;
	uint64_t offset;	/* of the page in its window */
};

extern uintptr_t uik_mmio_base __uik_export;
extern struct uik_mmio_page *uik_mmio_table __uik_export;

static inline bool uik_mmio_covers(const volatile void *addr)
{
	return (uintptr_t)addr - uik_mmio_base <
	       (uintptr_t)UIK_MMIO_PAGES << 12;
}

static inline uint64_t uik_mmio_read(const volatile void *addr,
				     unsigned int width)
{
	uintptr_t at = (uintptr_t)addr - uik_mmio_base;
	const struct uik_mmio_page *page = &uik_mmio_table[at >> 12];

	uik_point(UIK_POINT_MMIO, (const void *)addr, width, false);
	return page->read(page->priv, page->offset + (at & 4095), width);
}

static inline void uik_mmio_write(volatile void *addr, unsigned int width,
				  uint64_t value)
{
	uintptr_t at = (uintptr_t)addr - uik_mmio_base;
	const struct uik_mmio_page *page = &uik_mmio_table[at >> 12];

	uik_point(UIK_POINT_MMIO, (const void *)addr, width, true);
	page->write(page->priv, page->offset + (at & 4095), width, value);
}

#endif
