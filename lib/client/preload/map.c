// SPDX-License-Identifier: MIT
/*
 * Mappings: ours end or split when the program maps, unmaps or protects over
 * them, whoever owns the new mapping.
 */
#include <sys/mman.h>
#include <uik/file.h>
#include <uik/pin.h>

#include "client/preload/huge.h"
#include "client/preload/preload.h"

/* A foreign mapping that is not simply the system's. */
static void *map_foreign(void *addr, size_t length, int prot, int flags, int fd,
			 off_t at)
{
	void *where;
	int ret;

	if (flags & MAP_FIXED && uik_vma_covers(addr, length)) {
		ret = uik_munmap(addr, length);
		if (ret) {
			errno = -ret;
			return MAP_FAILED;
		}
	}
	where = NEXT(mmap)(addr, length, prot, flags, fd, at);
	if (uik_unlikely(where == MAP_FAILED && huge_may_help(flags, fd)))
		where = huge_map(addr, length, prot, flags, fd, at);
	else if (uik_unlikely(huge_files) && fd >= 0 && where != MAP_FAILED)
		where = huge_align(where, addr, length, prot, flags, fd, at);
	return where;
}

void *preload_mmap(void *addr, size_t length, int prot, int flags, int fd,
		   off_t at)
{
	if (fd >= 0 && !(flags & MAP_ANONYMOUS) && ours(fd))
		return TRACED(mmap, addr, length, prot, flags, fd, at);
	return map_foreign(addr, length, prot, flags, fd, at);
}

void *preload_mmap64(void *addr, size_t length, int prot, int flags, int fd,
		     off_t at)
{
	return preload_mmap(addr, length, prot, flags, fd, at);
}

int preload_munmap(void *addr, size_t length)
{
	if (uik_unlikely(uik_huge_areas))
		uik_huge_remove((uintptr_t)addr, length);
	if (uik_unlikely(uik_vma_covers(addr, length)))
		return TRACED(munmap, addr, length);
	return NEXT(munmap)(addr, length);
}

void *preload_mremap(void *addr, size_t old_size, size_t new_size, int flags,
		     void *to)
{
	if (uik_unlikely(uik_vma_covers(addr, old_size)))
		return uiommufd_mremap(addr, old_size, new_size, flags, to);
	if (uik_unlikely(flags & MREMAP_FIXED && uik_vma_covers(to, new_size)))
		uiommufd_munmap(to, new_size);
	return NEXT(mremap)(addr, old_size, new_size, flags, to);
}

int preload_mprotect(void *addr, size_t length, int prot)
{
	int ret;

	if (uik_likely(!uik_vma_covers(addr, length)))
		return NEXT(mprotect)(addr, length, prot);
	ret = uik_mprotect(addr, length, prot);
	return ret ? fail_with(-ret) : 0;
}

int preload_memfd_create(const char *name, unsigned int flags)
{
	if (uik_unlikely(flags & MFD_HUGETLB && huge_wanting(flags)))
		return huge_file(name, flags);
	return NEXT(memfd_create)(name, flags);
}

PRELOAD_OWN(memfd_create);
