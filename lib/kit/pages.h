/* SPDX-License-Identifier: MIT */
/* Mappable pages and physical addresses, between pages.c and the others. */
#ifndef KIT_PAGES_H
#define KIT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uik_machine;
struct mm_struct;

struct page_alias {
	uint64_t phys;
	uint64_t bytes;
	char *pages;
	struct page_alias *next;
};

struct alias_space {
	struct page_alias *aliases;	/* owned; under pages.c's lock */
};

void alias_space_fini(struct alias_space *space);

/* The frame of a scattered page, and back. */
uint64_t page_scatter(const struct uik_machine *machine, uint64_t pfn);

/*
 * Where the range can be read with uik_raw_*(), which still may fault.  NULL: not
 * said, uik_phys_read() finds out.
 */
const void *phys_known(struct uik_machine *machine, uint64_t phys,
		       size_t size);

/* mm.c: this process's address space, not counted; number of a foreign one. */
struct mm_struct *mm_own(void);
unsigned int mm_index(const struct mm_struct *mm);

/* user_pages.c: one line of /proc/self/maps. */
struct maps_line {
	uintptr_t start, end;
	uint64_t offset;
	uint64_t device;
	uint64_t inode;
	bool shared;
	char path[256];
};
/* The mapping that holds @at; false if there is none. */
bool maps_find(uintptr_t at, struct maps_line *out);
/* The same by reading the table: what kernels before 6.11 can do. */
bool maps_read(uintptr_t at, struct maps_line *out);

/* pin_file.c */
void *pin_file_host(uint64_t phys);
bool pin_file_identity(uint64_t phys, uint64_t *device, uint64_t *inode,
		       uint64_t *index);

/* vma.c */
bool vma_range_ours(uintptr_t start, uintptr_t end);

#endif
