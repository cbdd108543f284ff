/* SPDX-License-Identifier: MIT */
/*
 * Touching memory that may not be there: the machine code, the handler, and
 * the choice between them and the system calls that cannot fault.
 */
#ifndef KIT_USERCOPY_H
#define KIT_USERCOPY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/compiler_attributes.h>
#include <linux/mm_types.h>
#include <uik/hook.h>
#include <uik/task.h>

#include "kit/poison.h"

struct mm_struct;

/*
 * In usercopy_<arch>.S.  Each returns the bytes not done.  A fault while words
 * are moved makes them go on byte by byte; a fault at a byte makes them return.
 * After a fault the thread trusts nothing any more.
 */
size_t uik_raw_copy(void *to, const void *from, size_t n);
/* The same, and clears what could not be copied. */
size_t uik_raw_fetch(void *to, const void *from, size_t n);
size_t uik_raw_clear(void *to, size_t n);
/* As uik_raw_copy() for one size each: multiples of 4 by a fourth of them. */
#define RAW_EXACT_MAX 96u
extern size_t (*const uik_raw_exact[RAW_EXACT_MAX / 4 + 1])(void *to,
							    const void *from)
	__attribute__((visibility("hidden")));
/* Stops before the first word that is not zero, and sets *@seen to 1. */
size_t uik_raw_scan(const void *from, size_t n, char *seen);
/*
 * How many of @count records of 16 bytes begin with @first, up to the first that
 * does not; a fault ends them, too, perhaps a few records early.
 */
size_t uik_raw_alike(const void *from, size_t count, uint8_t first);
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
 * What a thread knows about its faults; zero: nothing.
 *
 * It may touch memory directly if the handler is ours and its signals are not
 * blocked.  That is believed for the pages listed, which were good when last
 * touched, and for so many copies; then it is looked at again.  The pages are
 * those that access_ok() allows.
 */
#define FAULT_PAGES 8
#define FAULT_TRUST 256
#define FAULT_HOLES 3
enum fault_trust { TRUST_NOTHING, TRUST_WHAT_IS_FOUND, TRUST_FOUND };
struct fault_state {
	uint32_t direct;	/* copies that may still be direct */
	uint32_t careful;	/* copies before the next look, if not direct */
	enum fault_trust trust;	/* of uik_trust_begin() */
	bool holes_known;	/* also by uik_trust_begin() */
	uint32_t hole_count;
	uint64_t looked;	/* pages since then: uik_trust_pages() */
	struct {
		uintptr_t start, end;
	} holes[FAULT_HOLES];	/* of uik_trust_hole() */
	uintptr_t pages[FAULT_PAGES];	/* page number + 1, by its low bits */
};

extern __thread struct fault_state uik_fault_state
	__attribute__((tls_model("initial-exec")));

/*
 * The client changes what SIGSEGV or SIGBUS does.  Once our handler is there it
 * stays; the client's action comes after it.
 * Return: whether that was done: if not, the system is to be asked.
 */
struct sigaction;
bool fault_client_action(int signal, const struct sigaction *action,
			 struct sigaction *old);
/* The calling thread may have blocked them: it looks again. */
static inline void fault_distrust(void)
{
	uik_fault_state.direct = 0;
	uik_fault_state.careful = 0;
}
/* The handler is ours between these two, whoever replaced it before. */
struct fault_hold {
	struct sigaction outer[2];
	bool replaced[2];
};
void fault_handler_hold(struct fault_hold *hold);
void fault_handler_release(const struct fault_hold *hold);

/* Finds out, for pages @first to @last; whether to touch directly. */
bool fault_look(struct fault_state *state, uintptr_t first, uintptr_t last);

/* Whether [@addr, @addr + @n) lies in one page that was found good. */
static __always_inline bool fault_knows(const struct fault_state *state,
					uintptr_t addr, size_t n)
{
	uintptr_t page = addr >> 12;

	return uik_likely(state->pages[page % FAULT_PAGES] == page + 1 &&
			  (addr & 4095) + n <= 4096);
}

/*
 * Whether [@addr, @addr + @n) lies in one page that may be touched directly
 * for all that is known.  If not, nothing is said.
 */
static inline bool fault_trusts(uintptr_t addr, size_t n)
{
	struct fault_state *state = &uik_fault_state;

	if (!fault_knows(state, addr, n) || uik_unlikely(!state->direct))
		return false;
	state->direct--;
	return true;
}

/* The same, but false also when anybody looks at copies. */
static __always_inline bool fault_trusts_unseen(uintptr_t addr, size_t n)
{
	struct fault_state *state = &uik_fault_state;

	if (!fault_knows(state, addr, n) || uik_none_or_watched(state->direct))
		return false;
	state->direct--;
	return true;
}

/* How many of @n bytes at @addr come before a hole that is known. */
size_t fault_holes_look(const struct fault_state *state, uintptr_t addr,
			size_t n);
static inline size_t fault_before_hole(uintptr_t addr, size_t n)
{
	const struct fault_state *state = &uik_fault_state;

	if (uik_likely(!state->holes_known))
		return n;
	return fault_holes_look(state, addr, n);
}

/* The same for a page that somebody else knows to be good. */
static inline bool fault_trusts_any(void)
{
	struct fault_state *state = &uik_fault_state;

	if (uik_unlikely(!state->direct))
		return false;
	state->direct--;
	return true;
}

/* Whether the calling thread may touch [@addr, @addr + @n), @n > 0. */
static inline bool fault_may_touch(uintptr_t addr, size_t n)
{
	if (uik_likely(fault_trusts(addr, n)))
		return true;
	return fault_look(&uik_fault_state, addr >> 12, (addr + n - 1) >> 12);
}

#ifdef KIT_TSAN
void __tsan_read_range(void *addr, long size);
void __tsan_write_range(void *addr, long size);
#endif

/*
 * The machine code that copies is invisible to the checkers: tell them of our
 * side of it.
 */
static inline void check_ours(const void *buf, size_t n, bool write)
{
#ifdef KIT_ASAN
	const void *bad = poison_is_none((uintptr_t)buf, n) ?
				  NULL :
				  __asan_region_is_poisoned((void *)buf, n);

	if (bad)	/* the access is reported here */
		*(volatile char *)bad;
#endif
#ifdef KIT_TSAN
	if (write)
		__tsan_write_range((void *)buf, n);
	else
		__tsan_read_range((void *)buf, n);
#endif
}

/* The calling task's user memory is that of this process. */
static __always_inline bool user_is_own(void)
{
	const struct task_struct *task = uik_current_task;

	return uik_likely(task) && uik_likely(task->mm->own);
}

/*
 * Copies in line inside of an entry, of a multiple of 4 bytes up to RAW_EXACT_MAX that lies within
 * one page.  False: copy_from_user() or copy_to_user() has to do it.
 *
 * The fetch finds out whether the page is trusted and nobody watches; a store
 * into what the same call has so fetched relies on that unless there was a fault
 * meanwhile.
 */
static __always_inline bool user_fetch_quick(void *to, const void *from,
					     size_t n)
{
	if (uik_unlikely(!uik_current_task->mm->own) ||
	    !fault_trusts_unseen((uintptr_t)from, n))
		return false;
	check_ours(to, n, true);
	return uik_likely(!uik_raw_exact[n / 4](to, from));
}

static __always_inline bool user_store_quick(void *to, const void *from,
					     size_t n)
{
	if (uik_unlikely(!uik_fault_state.direct))
		return false;
	check_ours(from, n, false);
	return uik_likely(!uik_raw_exact[n / 4](to, from));
}

/* By system calls, from or to @mm (of this or another process); bytes left. */
size_t foreign_read(const struct mm_struct *mm, void *buf, uintptr_t from,
		    size_t n);
size_t foreign_write(const struct mm_struct *mm, uintptr_t to, const void *buf,
		     size_t n);

/* Whether a byte can be read or written; it does not change. */
bool user_probe(const struct mm_struct *mm, uintptr_t at, bool write);

#endif
