/* SPDX-License-Identifier: MIT */
/*
 * Faults in user copies: the signal handler, and when to trust it.  When not,
 * usercopy_calls.c does the copying.
 *
 * The handler is a process-wide door, installed at the first copy and never
 * again: whoever replaces it later is left alone, and copies then go by system
 * calls.
 */
#include "kit/usercopy.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <linux/mm_types.h>

#include "kit/fork.h"
#include "kit/poison.h"
#include "kit/snapshot.h"
#include <uik/trust.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

__thread struct fault_state uik_fault_state;

/*
 * What comes after our handler, for each signal.  A handler may be reading the
 * current one, so a new one goes to the next place of a ring.
 */
#define ACTIONS 16
struct chained {
	struct sigaction ring[ACTIONS];
	unsigned int at;		/* atomic */
};
static struct chained after_segv, after_bus;
static pthread_mutex_t actions_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static bool installed;
static bool held;		/* nobody replaces it now */

/* Where systems by default map nothing, vm.mmap_min_addr. */
#define NULL_PAGES 16u

FORK_LOCK(actions_lock)

#if defined(__x86_64__)
#define CONTEXT_PC(context) ((context)->uc_mcontext.gregs[REG_RIP])
#define CONTEXT_FRAME(context) ((context)->uc_mcontext.gregs[REG_RBP])
#elif defined(__aarch64__)
#define CONTEXT_PC(context) ((context)->uc_mcontext.pc)
#define CONTEXT_FRAME(context) ((context)->uc_mcontext.regs[29])
#else
#error "user copies need code for this machine"
#endif

static uintptr_t relative(const int32_t *member)
{
	return (uintptr_t)member + *member;
}

static uintptr_t landing_of(uintptr_t pc)
{
	const struct raw_range *range;

	for (range = uik_raw_table; range < uik_raw_table_end; range++)
		if (pc >= relative(&range->begin) && pc < relative(&range->end))
			return relative(&range->landing);
	return 0;
}

/* What the kernel would have done had we not been there. */
static void by_default(int signal, const siginfo_t *info)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(signal, &action, NULL);
	/* A fault comes again on return; a sent signal must be sent again. */
	if (info->si_code <= 0)
		raise(signal);
}

static struct chained *chained_of(int signal)
{
	return signal == SIGBUS ? &after_bus : &after_segv;
}

static struct sigaction *action_after(int signal)
{
	struct chained *chained = chained_of(signal);

	return &chained->ring[__atomic_load_n(&chained->at, __ATOMIC_ACQUIRE) %
			      ACTIONS];
}

static void action_set(int signal, const struct sigaction *action)
{
	struct chained *chained = chained_of(signal);
	unsigned int at = chained->at + 1;

	chained->ring[at % ACTIONS] = *action;
	__atomic_store_n(&chained->at, at, __ATOMIC_RELEASE);
}

static void chain(int signal, siginfo_t *info, void *context)
{
	const struct sigaction copy = *action_after(signal), *previous = &copy;
	const struct sigaction once = { .sa_handler = SIG_DFL };

	if (previous->sa_flags & SA_RESETHAND)
		action_set(signal, &once);
	if (previous->sa_flags & SA_SIGINFO)
		previous->sa_sigaction(signal, info, context);
	else if (previous->sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	else if (previous->sa_handler == SIG_DFL ||
		 previous->sa_handler == SIG_IGN)
		by_default(signal, info);
	else
		previous->sa_handler(signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	const struct uik_hooks *hooks = uik_hooks;
	uintptr_t landing;

	if (signal == SIGSEGV && snapshot_fault(info->si_addr))
		return;
	landing = landing_of(CONTEXT_PC(uc));
	if (!landing) {
		if (hooks && hooks->crash)
			hooks->crash(info->si_addr,
				     (const void *)CONTEXT_PC(uc),
				     (const void *)CONTEXT_FRAME(uc));
		chain(signal, info, context);
		return;
	}
	CONTEXT_PC(uc) = landing;
	/* What was believed about pages may be wrong. */
	uik_fault_state.direct = 0;
}

/* Our handler, with what the signal's own action wants around it. */
static bool put_ours(int signal, const struct sigaction *after)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

	action.sa_sigaction = on_fault;
	action.sa_mask = after->sa_mask;
	action.sa_flags |= after->sa_flags & (SA_NODEFER | SA_RESTART);
	return !sigaction(signal, &action, NULL);
}

static bool take(int signal)
{
	struct sigaction previous;

	if (sigaction(signal, NULL, &previous))
		return false;
	action_set(signal, &previous);
	return put_ours(signal, &previous);
}

static void install(void)
{
	bool both;

	pthread_mutex_lock(&actions_lock);
	both = take(SIGSEGV) && take(SIGBUS);
	__atomic_store_n(&installed, both, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&actions_lock);
}

static bool handler_is_ours(int signal)
{
	struct sigaction now;

	return !sigaction(signal, NULL, &now) &&
	       now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_fault;
}

bool fault_client_action(int signal, const struct sigaction *action,
			 struct sigaction *old)
{
	struct sigaction was;
	bool done;

	if (!__atomic_load_n(&installed, __ATOMIC_ACQUIRE))
		return false;
	pthread_mutex_lock(&actions_lock);
	done = handler_is_ours(signal);
	was = *action_after(signal);
	if (done && action) {
		action_set(signal, action);
		put_ours(signal, action);
	}
	pthread_mutex_unlock(&actions_lock);
	if (done && old)
		*old = was;
	return done;
}

static const int fault_signals[] = { SIGSEGV, SIGBUS };

/* Who was there comes after us while we are needed, and then comes back. */
void fault_handler_hold(struct fault_hold *hold)
{
	pthread_once(&install_once, install);
	pthread_mutex_lock(&actions_lock);
	held = true;
	for (int i = 0; i < 2; i++) {
		hold->replaced[i] = !handler_is_ours(fault_signals[i]);
		hold->outer[i] = *action_after(fault_signals[i]);
		if (hold->replaced[i])
			take(fault_signals[i]);
	}
	pthread_mutex_unlock(&actions_lock);
}

void fault_handler_release(const struct fault_hold *hold)
{
	pthread_mutex_lock(&actions_lock);
	held = false;
	for (int i = 0; i < 2; i++) {
		if (!hold->replaced[i])
			continue;
		sigaction(fault_signals[i], action_after(fault_signals[i]),
			  NULL);
		action_set(fault_signals[i], &hold->outer[i]);
	}
	pthread_mutex_unlock(&actions_lock);
}

static bool signals_arrive(void)
{
	sigset_t blocked;

	return !pthread_sigmask(SIG_BLOCK, NULL, &blocked) &&
	       !sigismember(&blocked, SIGSEGV) && !sigismember(&blocked, SIGBUS);
}

/* All pages are looked at once: what was listed before is forgotten. */
void uik_trust_begin(bool known)
{
	uik_fault_state.direct = 0;
	uik_fault_state.looked = 0;
	uik_fault_state.holes_known = known;
	uik_fault_state.trust = known ? TRUST_FOUND : TRUST_WHAT_IS_FOUND;
}

bool uik_trust_end(void)
{
	bool found = uik_fault_state.trust == TRUST_FOUND;

	uik_fault_state.trust = TRUST_NOTHING;
	uik_fault_state.holes_known = false;
	/* Between, it may have been believed for what was never asked. */
	uik_fault_state.direct = 0;
	return found;
}

void uik_trust_hole(const void *start, size_t bytes)
{
	struct fault_state *state = &uik_fault_state;
	unsigned int i = state->hole_count;

	if (i == FAULT_HOLES)
		return;
	state->holes[i].start = (uintptr_t)start;
	state->holes[i].end = (uintptr_t)start + bytes;
	state->hole_count++;
}

/* A range that begins behind a hole may lead into another one. */
size_t fault_holes_look(const struct fault_state *state, uintptr_t addr,
			size_t n)
{
	for (unsigned int i = 0; i < state->hole_count; i++)
		if (addr < state->holes[i].end &&
		    addr + n > state->holes[i].start)
			n = addr < state->holes[i].start ?
				    state->holes[i].start - addr :
				    0;
	return n;
}

uint64_t uik_trust_pages(void)
{
	return uik_fault_state.looked;
}

static uint64_t bits_of(uintptr_t first, uintptr_t last)
{
	uintptr_t more = last - first;

	if (more >= 63)
		return UINT64_MAX;
	return ((2ull << more) - 1) << first % 64 |
	       ((2ull << more) - 1) >> 1 >> (63 - first % 64);
}

static bool can_be_direct(struct fault_state *state)
{
	if (state->trust == TRUST_FOUND)
		return true;
	if (memcheck_watches())	/* it would report the faults */
		return false;
	if (held)
		return true;
	pthread_once(&install_once, install);
	if (!installed || !signals_arrive() || !handler_is_ours(SIGSEGV) ||
	    !handler_is_ours(SIGBUS))
		return false;
	if (state->trust)
		state->trust = TRUST_FOUND;
	return true;
}

static bool knows_pages(const struct fault_state *state, uintptr_t first,
			uintptr_t last)
{
	uintptr_t page;

	if (!state->direct || last - first >= FAULT_PAGES)
		return false;
	for (page = first; page <= last; page++)
		if (state->pages[page % FAULT_PAGES] != page + 1)
			return false;
	return true;
}

bool fault_look(struct fault_state *state, uintptr_t first, uintptr_t last)
{
	uintptr_t page;

	state->looked |= bits_of(first, last);
	if (knows_pages(state, first, last)) {
		state->direct--;
		return true;
	}
	/* NULL and what is near is hardly ever there: a fault costs more. */
	if (first < NULL_PAGES) {
		if (!memcheck_watches())
			pthread_once(&install_once, install);
		return false;
	}
	if (state->careful) {
		state->careful--;
		return false;
	}
	if (!state->direct)
		memset(state->pages, 0, sizeof(state->pages));
	if (!can_be_direct(state)) {
		state->direct = 0;
		state->careful = FAULT_TRUST;
		return false;
	}
	state->direct = FAULT_TRUST;
	for (page = first; page <= last && page < first + FAULT_PAGES; page++)
		state->pages[page % FAULT_PAGES] = page + 1;
	return true;
}

/* qemu-user says yes to any advice, even to what is none. */
static bool advice_is_taken(uintptr_t page)
{
	static int taken;		/* atomic; 0: not known yet, -1: no */
	int known = __atomic_load_n(&taken, __ATOMIC_RELAXED);

	if (!known) {
		known = madvise((void *)page, 4096, -1) ? 1 : -1;
		__atomic_store_n(&taken, known, __ATOMIC_RELAXED);
	}
	return known > 0;
}

/*
 * Writing a byte back would undo a write that came between; asking the kernel
 * to make the page writable does not.  Kernels before 5.14 cannot be asked, and
 * other processes' pages only so.
 */
static bool foreign_probe(const struct mm_struct *mm, uintptr_t at, bool write)
{
	char byte;

	if (write && mm->own && advice_is_taken(at & ~4095ul)) {
		if (!madvise((void *)(at & ~4095ul), 4096, MADV_POPULATE_WRITE))
			return true;
		if (errno != EINVAL)
			return false;
	}
	if (foreign_read(mm, &byte, at, 1))
		return false;
	return !write || !foreign_write(mm, at, &byte, 1);
}

bool user_probe(const struct mm_struct *mm, uintptr_t at, bool write)
{
	if (!mm->own || !fault_may_touch(at, 1))
		return foreign_probe(mm, at, write);
	return !(write ? uik_raw_probe_write((void *)at) :
			 uik_raw_probe_read((void *)at));
}
