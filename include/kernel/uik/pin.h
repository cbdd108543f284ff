/* SPDX-License-Identifier: MIT */
/*
 * Pinned memory and physical addresses.
 *
 * Frames.  Kit memory and this process's memory: the host address (or, with
 * scattered frames, a permutation of it inside each 2 MiB).  Pages of files:
 * from UIK_PHYS_FILE on, the same frame for the same (device, inode, page) as
 * long as anybody has it pinned.  MMIO windows: from UIK_PHYS_MMIO on.  Other
 * processes' memory: from UIK_PHYS_FOREIGN on, out of every device's reach.
 *
 * Pinning checks that the memory is there and may be used so; it keeps nothing
 * of this process from going away.  A device that touches a pinned page that
 * the client has unmapped gets a fault where the kernel would still have the
 * page: a stated difference.
 */
#ifndef UIK_PIN_H
#define UIK_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>
#include <uik/mmio.h>

struct file;
struct mm_struct;
struct uik_machine;
struct uik_pin_file;

/**
 * uik_pin_user - check pages of an address space.
 * @mm: whose
 * @va: page-aligned
 * @npages: how many
 * @write: they will be written: copy-on-write pages get their own copy
 *
 * Context: may sleep.  Failure point (UIK_FAIL_PIN) once a call.
 * Return: 0; -EFAULT if any page is not mapped, not readable or not writable
 * as asked, is at or above TASK_SIZE, belongs to a device, or (with @write) is
 * a shared mapping of an ordinary file; or its process is gone.
 * spec/40 section 11.3
 */
int uik_pin_user(struct mm_struct *mm, unsigned long va, size_t npages,
		 bool write) __uik_export;

/**
 * uik_user_pfn - the frame of a user page.
 * @va: any address in the page
 *
 * Return: the frame number.  Foreign address spaces get frames beyond
 * UIK_PHYS_FOREIGN.
 */
uint64_t uik_user_pfn(struct mm_struct *mm, unsigned long va) __uik_export;
/**
 * uik_user_run - frames that follow each other.
 *
 * Return: how many of @npages pages from @va have consecutive frames, >= 1.
 */
size_t uik_user_run(struct mm_struct *mm, unsigned long va, size_t npages)
	__uik_export;

/*
 * A file whose pages can be pinned.  It keeps the file itself open (not the
 * descriptor) and is counted; two opens of one inode share it.
 */
/**
 * uik_pin_file_open - a handle on the file behind a descriptor.
 * @fd: of this process
 *
 * Return: counted for the caller; ERR_PTR(-EBADF), -ENOMEM, -EMFILE.  The kind
 * of file is not looked at.
 */
struct uik_pin_file *uik_pin_file_open(int fd) __uik_export;
void uik_pin_file_get(struct uik_pin_file *file) __uik_export;
void uik_pin_file_put(struct uik_pin_file *file) __uik_export;
/**
 * uik_pin_file - make pages of a file present.
 * @offset: bytes, page-aligned
 *
 * Holes are filled.  Context: may sleep.  Failure point (UIK_FAIL_PIN).
 * Return: 0; -EINVAL not shared memory or hugetlbfs, or the range ends beyond
 * the file's size; -EFAULT; -ENOMEM.  spec/40 section 11.3
 */
int uik_pin_file(struct uik_pin_file *file, uint64_t offset, size_t npages)
	__uik_export;
/** uik_file_pfn - the frame of the page at @offset; always consecutive. */
uint64_t uik_file_pfn(struct uik_pin_file *file, uint64_t offset) __uik_export;
/** uik_file_host - host address of @offset, good while pinned; or NULL. */
void *uik_file_host(struct uik_pin_file *file, uint64_t offset) __uik_export;

/**
 * uik_page_same - whether two frames are one page.
 *
 * Shared mappings of one file page are one page whatever their addresses;
 * finding out reads /proc/self/maps, which is slow.
 */
bool uik_page_same(uint64_t pfn_a, uint64_t pfn_b) __uik_export;

/* What a frame really is; file pages and shared mappings have an inode. */
struct uik_page_identity {
	uint64_t device;	/* 0: private memory of this process */
	uint64_t inode;
	uint64_t index;		/* page of the file, or virtual page */
};
/** uik_page_identify - 0, or -EFAULT if the frame leads to nothing. */
int uik_page_identify(uint64_t pfn, struct uik_page_identity *out) __uik_export;

/*
 * Mappings found on the way, for who identifies many pages in one call: they
 * are as they were when first looked at.  Begins as zeros; caller's memory.
 */
struct uik_page_memo {
	struct {
		uint64_t start, end;	/* end 0: none */
		uint64_t offset, device, inode;
	} seen[4];
	unsigned int next;		/* to be replaced */
};
/** uik_page_identify_with - uik_page_identify() that remembers. */
int uik_page_identify_with(struct uik_page_memo *memo, uint64_t pfn,
			   struct uik_page_identity *out) __uik_export;

/**
 * uik_phys_to_host - where a device's access to memory goes.
 * @machine: whose physical addresses
 *
 * Return: the host address, good for the rest of the page; NULL if nothing a
 * device could reach is there (MMIO, foreign memory).  User memory may still
 * fault: use uik_phys_read() and uik_phys_write() for it.
 */
void *uik_phys_to_host(struct uik_machine *machine, uint64_t phys) __uik_export;
/** uik_phys_read - a device reads memory, crossing pages; 0 or -EFAULT. */
int uik_phys_read(struct uik_machine *machine, uint64_t phys, void *to,
		  size_t size) __uik_export;
/** uik_phys_write - a device writes memory; 0 or -EFAULT. */
int uik_phys_write(struct uik_machine *machine, uint64_t phys,
		   const void *from, size_t size) __uik_export;
/** uik_phys_is_coherent - kit memory: uik_phys_to_host() never faults. */
bool uik_phys_is_kit(struct uik_machine *machine, uint64_t phys, size_t size)
	__uik_export;

/**
 * uik_copy_user_page - bytes of one page of an address space.
 * @va: start; @va + @size must stay in the page
 * @buf: @size bytes
 * @write: store @buf, else fetch into it
 *
 * Return: 0 or -EFAULT (maybe after some of it).
 */
int uik_copy_user_page(struct mm_struct *mm, unsigned long va, void *buf,
		       size_t size, bool write) __uik_export;

/* Who wants to know when users of pages come and go. */
struct uik_pin_watch {
	/* A page got one more user or one less; in any order, any context. */
	void (*changed)(void *arg, uint64_t pfn, bool pinned);
	void *arg;
};
/** uik_pin_watch_set - one at a time; NULL ends it, calls may be under way. */
void uik_pin_watch_set(struct uik_machine *machine,
		       const struct uik_pin_watch *watch) __uik_export;
/** uik_pin_watch_get - the calling task's machine's, or NULL. */
const struct uik_pin_watch *uik_pin_watch_get(void) __uik_export;

/* Who counts pins answers how many a page has. */
struct uik_pin_counter {
	/* Pins of the page @identity; called with no lock held. */
	uint64_t (*count)(struct uik_machine *machine,
			  const struct uik_page_identity *identity);
	struct uik_pin_counter *next;	/* kit's */
};
/** uik_pin_counter_add - for a machine's life; @counter stays borrowed. */
void uik_pin_counter_add(struct uik_machine *machine,
			 struct uik_pin_counter *counter) __uik_export;
/** uik_pin_count - pins of the page that user address @va shows. */
uint64_t uik_pin_count(struct uik_machine *machine, unsigned long va)
	__uik_export;

/*
 * Memory that is taken for huge pages though the system gave ordinary ones:
 * counts of pins do not apply to it.
 */
extern unsigned int uik_huge_areas __uik_export;	/* atomic: how many */
void uik_huge_add(uintptr_t start, size_t length) __uik_export;
/** uik_huge_remove - the range is unmapped, wholly or in part. */
void uik_huge_remove(uintptr_t start, size_t length) __uik_export;
bool uik_huge_covers(uintptr_t at) __uik_export;

#endif
