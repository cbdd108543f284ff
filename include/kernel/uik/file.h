/* SPDX-License-Identifier: MIT */
/*
 * Files, descriptors and mappings beyond what drivers see.
 *
 * A descriptor number of ours is a real descriptor of the process.  Behind it
 * stands /dev/null, or for a file with readiness an epoll descriptor whose
 * readability follows uik_file_set_readable(): the client's own poll works,
 * raw reads and maps fail.  Descriptors the library keeps for itself are
 * numbered from 512 up where the limit allows.
 *
 * fget() finds files by number without a lock; struct file memory is never
 * given back, so that a late look only sees a count of zero.
 */
#ifndef UIK_FILE_H
#define UIK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>
#include <uik/machine.h>
#include <uik/virtual.h>

struct file;
struct mm_struct;
struct page;
struct vm_area_struct;
struct vm_area_struct;

/** uik_file_set_pollable - give @file an epoll descriptor.
 *
 * Before fd_install().  Return: 0, -EMFILE, -ENFILE or -ENOMEM.
 */
int uik_file_set_pollable(struct file *file) __uik_export;
/** uik_file_set_readable - what the client's poll sees; any context. */
void uik_file_set_readable(struct file *file, bool readable) __uik_export;

/**
 * uik_fd_close - the client closes a descriptor.
 *
 * Return: 0; -EBADF if it is not ours (nothing is closed then).  The file is
 * released here if this was its last user.
 */
int uik_fd_close(int fd) __uik_export;
/**
 * uik_fd_dup - another number for the same file.
 * @min: lowest number wanted; @exact: dup2/dup3: exactly @min, closing it first
 *
 * Return: the number; -EBADF, -EMFILE, -EINVAL.
 */
int uik_fd_dup(int fd, int min, bool exact, bool cloexec) __uik_export;
/** uik_fd_is_ours - whether a number leads to one of our files. */
bool uik_fd_is_ours(int fd) __uik_export;
/*
 * Descriptors of another process, for a task that stands for it.  Numbers are
 * that process's.
 */
struct uik_files {
	int (*reserve)(struct uik_files *files, unsigned int flags);
	void (*release)(struct uik_files *files, unsigned int fd);
	void (*install)(struct uik_files *files, unsigned int fd,
			struct file *file);
	/* Counted; NULL: not ours. */
	struct file *(*get)(struct uik_files *files, unsigned int fd);
	/* A descriptor here of whatever is open there; the caller closes it. */
	int (*host)(struct uik_files *files, int fd);
};
/** uik_fd_host - a descriptor of this process for one of current's.
 *
 * Return: @fd itself, or a copy; -EBADF.  End it with uik_fd_host_put().
 */
int uik_fd_host(int fd) __uik_export;
void uik_fd_host_put(int fd, int host) __uik_export;
/** uik_fd_is_open - whether current's process has it open. */
static inline bool uik_fd_is_open(int fd)
{
	int host = uik_fd_host(fd);

	uik_fd_host_put(fd, host);
	return host >= 0;
}
/** uik_fd_own - fget() in this process's table, whoever current is. */
struct file *uik_fd_own(unsigned int fd) __uik_export;
/** uik_file_share - a file whose readiness is another process's to set.
 *
 * @host_fd: of uik_fd_high(): what the client's poll sees; owned by @file.
 * Before fd_install().
 */
void uik_file_share(struct file *file, int host_fd) __uik_export;

/** uik_fd_each - visit open numbers in order; @visit false stops. */
void uik_fd_each(bool (*visit)(int fd, struct file *file, void *arg), void *arg)
	__uik_export;
/** uik_fd_high - move a descriptor to a high number; consumes @fd.
 *
 * It is the library's own from here on: end it with uik_fd_high_close().
 */
int uik_fd_high(int fd) __uik_export;
/** uik_fd_high_close - close what uik_fd_high() returned. */
void uik_fd_high_close(int fd) __uik_export;
/**
 * uik_fd_forget - a number stops leading to its file, and stays open.
 *
 * For a number that the system is about to close or to reuse.
 * Return: whether it was ours.
 */
bool uik_fd_forget(int fd) __uik_export;

/**
 * uik_file_mmap - the client maps a file.
 * @addr, @length, @prot, @flags, @offset: as in mmap(2)
 * @out: where it is
 *
 * Return: 0; -EINVAL, -ENODEV (no mmap operation), -EACCES, -ENOMEM, -EEXIST,
 * or what the file's mmap operation returned.
 */
int uik_file_mmap(struct file *file, void *addr, size_t length, int prot,
		  int flags, uint64_t offset, void **out) __uik_export;
/**
 * uik_munmap - the client unmaps a range.
 *
 * Mappings of ours in it end (close), shrink, or split in two (open).  The
 * rest of the range is unmapped too.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int uik_munmap(void *addr, size_t length) __uik_export;
/**
 * uik_mremap - the client moves or shrinks (a part of) a mapping of ours.
 * @flags: MREMAP_MAYMOVE, MREMAP_FIXED; @to: with MREMAP_FIXED
 * @out: where it is
 *
 * Return: 0; -EFAULT (to grow it; the range is not in one mapping of ours),
 * -EINVAL, -ENOMEM.
 */
int uik_mremap(void *addr, size_t old_size, size_t new_size, int flags,
	       void *to, void **out) __uik_export;
/**
 * uik_mprotect - the client changes the protection of a range.
 *
 * Mappings of ours in it split where it begins and ends.
 * Return: 0; -EACCES (writable, but the file is not), -EINVAL, -ENOMEM.
 */
int uik_mprotect(void *addr, size_t length, int prot) __uik_export;
/** uik_vma_end_all - unmap every mapping of ours; how many there were. */
unsigned int uik_vma_end_all(void) __uik_export;
/*
 * Mappings that another process makes of a file here.  They are in no list:
 * whoever made one keeps it.
 */
/**
 * uik_vma_offer - what uik_file_mmap() does, for another address space.
 * @mm: whose; @addr: where it will be there
 *
 * The caller maps vm_host_fd_ at vm_host_offset_ there.
 * Return: 0 and the mapping in @out; errors of uik_file_mmap().
 */
int uik_vma_offer(struct file *file, struct mm_struct *mm, void *addr,
		  size_t length, int prot, int flags, uint64_t offset,
		  struct vm_area_struct **out) __uik_export;
/** uik_vma_inherit - a forked child has a copy of @vma; NULL without memory. */
struct vm_area_struct *uik_vma_inherit(const struct vm_area_struct *vma,
				       struct mm_struct *mm) __uik_export;
/** uik_vma_drop - a mapping of the two functions above ends. */
void uik_vma_drop(struct vm_area_struct *vma) __uik_export;
/**
 * uik_vma_adopt - memory that is mapped already is a mapping of @file.
 * @like: its place, flags, operations and private data are taken; @file gets a
 *	count
 *
 * Return: 0 or -ENOMEM.
 */
int uik_vma_adopt(const struct vm_area_struct *like, struct file *file)
	__uik_export;
/** uik_vma_covers - whether the range touches a mapping of ours. */
bool uik_vma_covers(const void *addr, size_t length) __uik_export;
/**
 * uik_vma_each - visit the mappings of our files in order of address.
 * @visit: false stops; must not map, unmap or close
 */
void uik_vma_each(bool (*visit)(const struct vm_area_struct *vma, void *arg),
		  void *arg) __uik_export;

/**
 * uik_mappable_alloc - cleared pages that can be mapped into clients.
 * @bytes: rounded up to 4096 << n, aligned to that
 *
 * The physical address is the address.  Not a failure point, not a block.
 * Return: NULL without memory.
 */
void *uik_mappable_alloc(struct uik_machine *machine, size_t bytes)
	__uik_export;
void uik_mappable_free(struct uik_machine *machine, void *pages, size_t bytes)
	__uik_export;
/**
 * uik_mappable_alias - mappable pages shown at a physical address.
 * @phys: of an MMIO window, say; @pages: from uik_mappable_alloc()
 *
 * Mapping @phys into a client maps these pages.
 * Return: 0, -EINVAL, -EBUSY, -ENOMEM.
 */
int uik_mappable_alias(struct uik_machine *machine, uint64_t phys, void *pages,
		       size_t bytes) __uik_export;
void uik_mappable_unalias(struct uik_machine *machine, uint64_t phys)
	__uik_export;
/**
 * uik_mappable_fd_offset - what to map to see physical pages.
 * @fd: the machine's memfd, borrowed; @offset: bytes in it
 *
 * Return: 0; -EINVAL if the range is not mappable.
 */
int uik_mappable_fd_offset(struct uik_machine *machine, uint64_t phys,
			   size_t bytes, int *fd, uint64_t *offset)
	__uik_export;

#endif
