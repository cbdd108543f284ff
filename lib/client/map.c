// SPDX-License-Identifier: MIT
/*
 * Mappings of areas that drivers offer.  The kit keeps the list of mappings and
 * tells their owners; here are the calls.
 */
#include <sys/mman.h>
#include <uik/file.h>
#include <uiommufd/client.h>

#include "client/entry.h"

void *uiommufd_mmap(void *addr, size_t length, int prot, int flags, int fd,
		    off_t offset)
{
	struct entry entry;
	void *where = MAP_FAILED;
	int ret;

	if (!entry_begin(&entry, fd)) {
		errno = EBADF;
		return MAP_FAILED;
	}
	ret = uik_file_mmap(entry.file, addr, length, prot, flags, offset,
			    &where);
	entry_end(&entry);
	if (!ret)
		return where;
	errno = -ret;
	return MAP_FAILED;
}

int uiommufd_munmap(void *addr, size_t length)
{
	return entry_result(uik_munmap(addr, length));
}

void *uiommufd_mremap(void *old_addr, size_t old_size, size_t new_size,
		      int flags, void *new_addr)
{
	void *where = MAP_FAILED;
	int ret = uik_mremap(old_addr, old_size, new_size, flags, new_addr,
			     &where);

	if (!ret)
		return where;
	errno = -ret;
	return MAP_FAILED;
}
