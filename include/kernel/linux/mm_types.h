/* SPDX-License-Identifier: MIT */
/* Address spaces, mappings and pages. */
#ifndef UIK_LINUX_MM_TYPES_H
#define UIK_LINUX_MM_TYPES_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/rwsem.h>

struct file;
struct vm_fault;
struct vm_area_struct;
struct uik_machine;

/*
 * A physical page.  Never read through: a struct page pointer is the frame
 * number in another coat, so that page + n is the page n frames on.
 */
struct page {
	unsigned long opaque_[8];
};

typedef unsigned long vm_flags_t;
typedef struct {
	unsigned long pgprot;
} pgprot_t;

#define __pgprot(x) ((pgprot_t){ (x) })
#define pgprot_val(p) ((p).pgprot)

/*
 * An address space: the process's own, or another process's.  Users hold it
 * by mmgrab() (the structure) or mmget() (the memory, while its process lives);
 * here both are one count.
 */
struct mm_struct {
	atomic_t mm_count;
	bool own;		/* this process's: touched directly */
	int pid;		/* of any thread of its process */
	atomic64_t pinned_vm;	/* pages pinned through this mm */
	unsigned long locked_vm; /* pages charged; mmap_lock */
	struct rw_semaphore mmap_lock;
	u64 start_time;		/* of its process: tells a reused pid */
};

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	int (*mremap)(struct vm_area_struct *vma);
};

/* A mapping of one of our files in this process. */
struct vm_area_struct {
	unsigned long vm_start;		/* page-aligned */
	unsigned long vm_end;		/* exclusive */
	struct mm_struct *vm_mm;	/* counted */
	pgprot_t vm_page_prot;
	vm_flags_t vm_flags;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;		/* pages */
	struct file *vm_file;		/* counted */
	void *vm_private_data;
	struct list_head vm_node_;	/* kit's list of mappings */
	int vm_host_fd_;		/* another process's: what to map there */
	uint64_t vm_host_offset_;	/* bytes in it */
};

#endif
