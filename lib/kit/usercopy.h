/* SPDX-License-Identifier: MIT */
/*
 * Touching memory that may not be there: the machine code, the handler, and
 * the choice between them and the system calls that cannot fault.
 */
#ifndef KIT_USERCOPY_H
#define KIT_USERCOPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/hook.h>

struct mm_struct;

/*
 * In usercopy_<arch>.S.  Each returns the bytes not done.  A fault while words
 * are moved makes them go on byte by byte; a fault at a byte makes them return.
 */
size_t uik_raw_copy(void *to, const void *from, size_t n);
size_t uik_raw_clear(void *to, size_t n);
/* Stops before the first word that is not zero, and sets *@seen to 1. */
size_t uik_raw_scan(const void *from, size_t n, char *seen);
/* Reads a byte; or writes it without changing it.  0, or 1 after a fault. */
size_t uik_raw_probe_read(const void *at);
size_t uik_raw_probe_write(void *at);

/* Where faults of the code above go on; addresses relative to each member. */
struct raw_range {
	int32_t begin;
	int32_t end;
	int32_t landing;
};
extern const struct raw_range uik_raw_table[], uik_raw_table_end[];

/*
 * What a thread knows about its faults; zero: nothing.  Direct means that the
 * handler is ours and its signals are not blocked.  It is believed for the
 * pages listed, which were there when last touched, and for so many copies.
 */
#define FAULT_PAGES 8
#define FAULT_TRUST 64
struct fault_state {
	uint32_t left;		/* copies until it must be looked at again */
	bool direct;
	uintptr_t pages[FAULT_PAGES];	/* page number + 1, by its low bits */
};

extern __thread struct fault_state uik_fault_state
	__attribute__((tls_model("initial-exec")));

/* Finds out, for pages @first to @last; returns direct. */
bool fault_look(struct fault_state *state, uintptr_t first, uintptr_t last);

/* Whether the calling thread may touch [@addr, @addr + @n), @n > 0. */
static inline bool fault_may_touch(uintptr_t addr, size_t n)
{
	struct fault_state *state = &uik_fault_state;
	uintptr_t first = addr >> 12, last = (addr + n - 1) >> 12;

	if (uik_likely(first == last && state->left > 0 &&
		       state->pages[first % FAULT_PAGES] == first + 1)) {
		state->left--;
		return state->direct;
	}
	return fault_look(state, first, last);
}

/* After a fault: what was believed about pages may be wrong. */
static inline void fault_forget(void)
{
	uik_fault_state.left = 0;
}

/* By system calls, from or to @mm (of this or another process); bytes left. */
size_t foreign_read(const struct mm_struct *mm, void *buf, uintptr_t from,
		    size_t n);
size_t foreign_write(const struct mm_struct *mm, uintptr_t to, const void *buf,
		     size_t n);

/* Whether a byte can be read or written; it does not change. */
bool user_probe(const struct mm_struct *mm, uintptr_t at, bool write);

#endif
