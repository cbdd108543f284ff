/* SPDX-License-Identifier: MIT */
/*
 * Schedule points and failure points.
 *
 * Every synchronisation, shared-memory access that matters, allocation, free
 * and user copy of the library passes through uik_point() or uik_fail().  With
 * nothing installed both cost one predictable branch, and nothing where that
 * branch is one that is needed anyway.  An explorer installs struct uik_hooks and
 * then decides who runs next and what fails.
 *
 * Vocabulary: a point is an operation about to happen, with its operand; a
 * site is the address of the code that asked for it; a task is parked when
 * its operation cannot proceed.
 */
#ifndef UIK_HOOK_H
#define UIK_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>

enum uik_point_kind {
	UIK_POINT_LOCK,		/* acquire; may park */
	UIK_POINT_TRYLOCK,
	UIK_POINT_UNLOCK,
	UIK_POINT_WAIT,		/* wait queue, completion; may park */
	UIK_POINT_WAKE,
	UIK_POINT_REF,		/* refcount and kref operation */
	UIK_POINT_ATOMIC,	/* other atomic read-modify-write */
	UIK_POINT_LOAD,		/* READ_ONCE, acquire load, map lookup */
	UIK_POINT_STORE,	/* WRITE_ONCE, release store, map publication */
	UIK_POINT_ALLOC,
	UIK_POINT_FREE,
	UIK_POINT_COPY,		/* user copy */
	UIK_POINT_CALL,		/* public entry: ioctl, read, close, ... */
	UIK_POINT_RETURN,
	UIK_POINT_MMIO,
	UIK_POINT_IRQ,
	UIK_POINT_STEP,		/* a device makes progress */
	UIK_POINT_SLEEP,
	UIK_POINT_NR
};

enum uik_fail_kind {
	UIK_FAIL_ALLOC,		/* slab, page or array allocation */
	UIK_FAIL_COPY,		/* user copy */
	UIK_FAIL_PIN,		/* pinning of user or file pages */
	UIK_FAIL_OP,		/* an operation that may fail by injection */
	UIK_FAIL_NR
};

#define UIK_FAIL_ANY ((1u << UIK_FAIL_NR) - 1)

struct uik_point {
	enum uik_point_kind kind;
	bool write;
	uint32_t size;		/* bytes of the operand, 0 if it has none */
	const void *addr;	/* the operand */
	const void *site;
	/*
	 * LOCK: whether it could be taken now; NULL if that is unknown or the
	 * operation never waits.  No side effects, takes no locks.
	 */
	bool (*ready)(void *arg);
	void *arg;
};

struct task_struct;

struct uik_hooks {
	/* About to perform @p; may run other tasks first. */
	void (*point)(const struct uik_point *p);
	/*
	 * The calling task cannot proceed until ready(arg).  Returns true when
	 * ready, false when the virtual time @deadline_ns was reached first.
	 * ready() is called with every other task stopped.
	 */
	bool (*park)(const struct uik_point *p, bool (*ready)(void *arg),
		     void *arg, uint64_t deadline_ns);
	/* Shall the operation at @site fail?  Asked after the task's fail-nth. */
	bool (*fail)(enum uik_fail_kind kind, const void *site);
	/* A kit thread is born, or ends (fn NULL). */
	void (*thread)(int (*fn)(void *), void *arg);
	/*
	 * Runs main(arg) with @task as its current on a thread of the hooks'
	 * own; 0 or -errno.  NULL: threads are the system's.
	 */
	int (*start)(struct task_struct *task, void *(*main)(void *),
		     void *arg);
	/*
	 * A fault on @addr by code at @pc, which is no user copy; @frame is its
	 * frame pointer.  In the signal's handler; need not return.
	 */
	void (*crash)(const void *addr, const void *pc, const void *frame);
	/* A warning nobody expects; true: dealt with, not reported. */
	bool (*warn)(const char *what, const char *file, int line,
		     const char *function, const char *text);
};

#define UIK_NO_DEADLINE UINT64_MAX

/*
 * The words that every point looks at.  The library's own rooms know where they
 * are; others find them by a table of addresses, and weakly, so that no program
 * is given copies of its own.
 */
#ifdef UIK_ROOM
#define uik_word(name) \
	__asm__(#name "_word") __attribute__((visibility("hidden")))
#else
#define uik_word(name) __attribute__((weak)) __uik_export
#endif

/*
 * NULL when off.  Set by uik_hooks_install() only, while no other task is
 * inside the library.
 */
extern const struct uik_hooks *uik_hooks uik_word(uik_hooks);

/* @addr names the operand and is not read: it may not be initialised yet. */
#if defined(__has_attribute) && __has_attribute(access)
#define uik_only_names(index) __attribute__((access(none, index)))
#else
#define uik_only_names(index)
#endif

void uik_point_slow(enum uik_point_kind kind, const void *addr, uint32_t size,
		    bool write, const void *site)
	__uik_export uik_only_names(2);

/* Before a lock is taken; the caller has found uik_hooks set. */
void uik_point_lock(const struct uik_point *point) __uik_export;

/*
 * UIK_ARMED for each armed fail-nth counter in the process, and once more while
 * hooks are installed: 0 says that nobody looks at points of either kind.  A long:
 * compilers compare it in place, and load what is shorter first.  So large a
 * step that whatever is not 0 lies above every address: see uik_none_or_watched().
 */
extern unsigned long uik_fail_armed uik_word(uik_fail_armed);
#define UIK_ARMED (1ul << 48)

/* Counts @more of them, or fewer. */
void uik_fail_arm(int more) __uik_export;

/*
 * Asked after the task's fail-nth and before the hooks; whoever sets it arms
 * (uik_fail_arm()).
 */
extern bool (*uik_fail_more)(enum uik_fail_kind kind, const void *site)
	__uik_export;
bool uik_fail_slow(enum uik_fail_kind kind, const void *site) __uik_export;

#define uik_likely(x) __builtin_expect(!!(x), 1)
#define uik_unlikely(x) __builtin_expect(!!(x), 0)

static inline __attribute__((always_inline)) void
uik_point(enum uik_point_kind kind, const void *addr, uint32_t size, bool write)
{
#ifndef UIK_NO_HOOKS
	if (uik_unlikely(uik_hooks))
		uik_point_slow(kind, addr, size, write,
			       __builtin_return_address(0));
#endif
}

/* An atomic load is one instruction more than a comparison with memory. */
#if defined(__SANITIZE_THREAD__)
#define UIK_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UIK_UNDER_TSAN 1
#endif
#endif

/* uik_fail_armed, as points look at it. */
static inline __attribute__((always_inline)) unsigned long uik_armed(void)
{
#ifdef UIK_NO_HOOKS
	return 0;
#elif defined(UIK_UNDER_TSAN)
	return __atomic_load_n(&uik_fail_armed, __ATOMIC_RELAXED);
#else
	return uik_fail_armed;
#endif
}

/* Whether a schedule or failure point has anybody to tell. */
static inline __attribute__((always_inline)) bool uik_is_watched(void)
{
	return uik_unlikely(uik_armed());
}

/*
 * The same together with a question that is asked anyway, in one comparison: who
 * looks for a way around what is rare goes around points, too.  @word is an
 * address, or another number below UIK_ARMED; the first is true if it is 0, the
 * second if it is not.
 */
static inline __attribute__((always_inline)) bool
uik_none_or_watched(unsigned long word)
{
	return uik_unlikely(word <= uik_armed());
}

static inline __attribute__((always_inline)) bool
uik_some_or_watched(unsigned long word)
{
	return uik_unlikely(word != uik_armed());
}

/*
 * Installs @hooks; NULL: none.  Until they are removed locks are taken and given
 * back, and files looked up, the long way only: their short ways look at limits
 * that are set here, and at no hooks.  A lock that is held meanwhile is given
 * back unseen.
 */
void uik_hooks_install(const struct uik_hooks *hooks) __uik_export;

/* A failure point: true when the operation must fail now. */
static inline __attribute__((always_inline)) bool
uik_fail(enum uik_fail_kind kind)
{
	return uik_is_watched() &&
	       uik_fail_slow(kind, __builtin_return_address(0));
}

#endif
