/* SPDX-License-Identifier: MIT */
/*
 * Pages, addresses and mappings.
 *
 * The physical address of kit memory and of the process's own memory is its
 * address; <uik/pin.h> tells the rest.
 */
#ifndef UIK_LINUX_MM_H
#define UIK_LINUX_MM_H

#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/page.h>
#include <uik/abi.h>

#define VM_NONE 0x0ul
#define VM_READ 0x1ul
#define VM_WRITE 0x2ul
#define VM_EXEC 0x4ul
#define VM_SHARED 0x8ul
#define VM_MAYREAD 0x10ul
#define VM_MAYWRITE 0x20ul
#define VM_MAYEXEC 0x40ul
#define VM_MAYSHARE 0x80ul
#define VM_PFNMAP 0x400ul
#define VM_IO 0x4000ul
#define VM_DONTCOPY 0x20000ul
#define VM_DONTEXPAND 0x40000ul
#define VM_DONTDUMP 0x4000000ul

/* Where the pretended array of all pages starts: never readable. */
#define UIK_PAGE_ARRAY 0xffffea0000000000ul

static inline unsigned long page_to_pfn(const struct page *page)
{
	return ((unsigned long)page - UIK_PAGE_ARRAY) / sizeof(struct page);
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(UIK_PAGE_ARRAY + pfn * sizeof(struct page));
}

#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(phys) ((unsigned long)((phys) >> PAGE_SHIFT))
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys) pfn_to_page(PHYS_PFN(phys))
#define nth_page(page, n) ((page) + (n))

#define virt_to_phys(virt) __pa(virt)
#define phys_to_virt(phys) __va(phys)
#define virt_to_page(virt) phys_to_page(__pa(virt))

#define untagged_addr(addr) (addr)

/** page_address - host address of a page; NULL if it has none. */
void *page_address(const struct page *page) __uik(page_address);
/** get_order - smallest order whose pages hold @size bytes. */
static inline unsigned int get_order(unsigned long size)
{
	if (size <= PAGE_SIZE)
		return 0;
	return 64 - __builtin_clzl(size - 1) - PAGE_SHIFT;
}

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}

#define pgprot_noncached(prot) (prot)
#define pgprot_writecombine(prot) (prot)

/**
 * remap_pfn_range - show physical pages in a mapping being made.
 * @vma: the mapping handed to the mmap file operation
 * @addr: where in it, page-aligned
 * @pfn: first frame; pages of __get_free_pages() or of a mappable window
 * @size: bytes, page-aligned
 *
 * Context: only inside the mmap file operation.
 * Return: 0; -EINVAL if the range is outside the mapping or its pages cannot
 * be mapped; -ENOMEM.
 */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr,
		    unsigned long pfn, unsigned long size, pgprot_t prot)
	__uik(remap_pfn_range);
#define io_remap_pfn_range(vma, addr, pfn, size, prot) \
	remap_pfn_range((vma), (addr), (pfn), (size), (prot))

/* locked_vm is changed under this lock (write). */
#define mmap_write_lock(mm) down_write(&(mm)->mmap_lock)
#define mmap_write_lock_killable(mm) (down_write(&(mm)->mmap_lock), 0)
#define mmap_write_unlock(mm) up_write(&(mm)->mmap_lock)
#define mmap_read_lock(mm) down_read(&(mm)->mmap_lock)
#define mmap_read_unlock(mm) up_read(&(mm)->mmap_lock)

#endif
