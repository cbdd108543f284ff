// SPDX-License-Identifier: MIT
/*
 * Signals the user copies depend on.
 *
 * Once the library's handler of SIGSEGV and SIGBUS is there it stays first: the
 * program's actions are kept and come after it, and are what the program sees.
 * A thread that changes its mask is looked at again before the handler is
 * trusted.
 */
#include "client/preload/preload.h"
#include "kit/usercopy.h"

static bool is_watched(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS;
}

int preload_sigaction(int signal, const struct sigaction *action,
		      struct sigaction *old)
{
	if (is_watched(signal) && fault_client_action(signal, action, old))
		return 0;
	return NEXT(sigaction)(signal, action, old);
}

/* What signal() and its kin stand for; false: the system is to be asked. */
static bool set_handler(int signal, sighandler_t handler, int flags,
			sighandler_t *old_handler)
{
	struct sigaction action = { .sa_flags = flags }, old;

	if (!is_watched(signal) || handler == SIG_ERR)
		return false;
	action.sa_handler = handler;
	if (!(flags & SA_NODEFER))
		sigaddset(&action.sa_mask, signal);
	if (!fault_client_action(signal, &action, &old))
		return false;
	*old_handler = old.sa_handler;
	return true;
}

#define DEFINE_SIGNAL(name, flags)                                     \
	sighandler_t preload_##name(int signal, sighandler_t handler)  \
	{                                                              \
		sighandler_t old;                                      \
								       \
		return set_handler(signal, handler, flags, &old) ?     \
			       old : NEXT(name)(signal, handler);      \
	}

DEFINE_SIGNAL(signal, SA_RESTART)
DEFINE_SIGNAL(bsd_signal, SA_RESTART)
DEFINE_SIGNAL(sysv_signal, SA_RESETHAND | SA_NODEFER)
DEFINE_SIGNAL(__sysv_signal, SA_RESETHAND | SA_NODEFER)
DEFINE_SIGNAL(sigset, 0)

int preload_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (set)
		fault_distrust();
	return NEXT(sigprocmask)(how, set, old);
}

int preload_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	if (set)
		fault_distrust();
	return NEXT(pthread_sigmask)(how, set, old);
}
