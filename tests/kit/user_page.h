/* SPDX-License-Identifier: MIT */
/* User memory of tests: some that is there, and what is not right behind it. */
#ifndef KIT_USER_PAGE_H
#define KIT_USER_PAGE_H

#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul

/* Two pages of which the second cannot be touched; ends at @hole. */
static inline char *page_and_hole(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	memset(p, 0x11, PAGE);
	return p;
}

static inline void page_free(char *p)
{
	munmap(p, 2 * PAGE);
}

#endif
