// SPDX-License-Identifier: MIT
/*
 * New programs that inherit descriptors of ours.
 *
 * Before the change each number that stays open becomes a ticket, and
 * UIOMMUFD_FDS lists them for the preload object in the new program, which
 * redeems them.  Files whose owner is the very process that changes end with
 * it: the new program finds ENODEV.
 */
#include <linux/file.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>
#include <unistd.h>

#include "client/preload/preload.h"
#include "client/preload/ticket.h"

#define VARIABLE "UIOMMUFD_FDS"
#define FDS_MAX 1024

/* What has been changed, to be undone if the system refuses. */
struct change {
	char text[sizeof(VARIABLE) + FDS_MAX * 6];
	struct {
		int fd;
		int host;	/* a copy of what was there */
	} done[FDS_MAX];
	unsigned int count;
	const char **environment;
};

static bool hand_over(int fd, struct file *file, void *arg)
{
	struct change *change = arg;
	int flags = NEXT(fcntl)(fd, F_GETFD, NULL), host, ticket;
	size_t length = strlen(change->text);

	if (flags & FD_CLOEXEC || change->count == FDS_MAX)
		return true;
	ticket = ticket_for(fd);
	if (ticket < 0)
		return true;
	host = NEXT(fcntl)(fd, F_DUPFD_CLOEXEC, (void *)512);
	NEXT(dup3)(ticket, fd, 0);
	ticket_close(ticket);
	change->done[change->count].fd = fd;
	change->done[change->count++].host = host;
	snprintf(change->text + length, sizeof(change->text) - length, "%s%d",
		 change->text[length - 1] == '=' ? "" : ",", fd);
	return true;
}

/* The program's environment with ours in it. */
static const char **environment_with(const char *const *given,
				     const char *variable)
{
	size_t count = 0, kept = 0;
	const char **made;

	while (given && given[count])
		count++;
	made = calloc(count + 2, sizeof(*made));
	if (!made)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (strncmp(given[i], VARIABLE "=", sizeof(VARIABLE)))
			made[kept++] = given[i];
	made[kept] = variable;
	return made;
}

/* NULL: nothing of ours stays open, and the environment is right as it is. */
static struct change *change_begin(char *const *environment)
{
	struct change *change;

	if (!preload_in_use())
		return NULL;
	change = calloc(1, sizeof(*change));
	if (!change)
		return NULL;
	strcpy(change->text, VARIABLE "=");
	uik_fd_each(hand_over, change);
	if (change->count)
		change->environment = environment_with(
			(const char *const *)environment, change->text);
	return change;
}

static void change_undo(struct change *change)
{
	int error = errno;

	if (!change)
		return;
	while (change->count--) {
		NEXT(dup3)(change->done[change->count].host,
			   change->done[change->count].fd, 0);
		NEXT(close)(change->done[change->count].host);
	}
	free(change->environment);
	free(change);
	errno = error;
}

static char *const *environment_of(const struct change *change,
				   char *const *given)
{
	return change && change->environment ?
		       (char *const *)change->environment : given;
}

/* The program's own fds are redeemed before main(). */
static __attribute__((constructor)) void redeem_all(void)
{
	const char *list = getenv(VARIABLE);
	char *end;

	while (list && *list) {
		long fd = strtol(list, &end, 10);

		if (end == list)
			break;
		ticket_redeem((int)fd);
		list = *end ? end + 1 : end;
	}
	unsetenv(VARIABLE);
}

int preload_execve(const char *path, char *const *argv, char *const *envp)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(execve)(path, argv, environment_of(change, envp));

	change_undo(change);
	return ret;
}

int preload_execv(const char *path, char *const *argv)
{
	return preload_execve(path, argv, environ);
}

int preload_execvpe(const char *file, char *const *argv, char *const *envp)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(execvpe)(file, argv, environment_of(change, envp));

	change_undo(change);
	return ret;
}

int preload_execvp(const char *file, char *const *argv)
{
	return preload_execvpe(file, argv, environ);
}

/* ---- arguments in the call itself ---- */

static size_t args_count(const char *arg, va_list given)
{
	va_list args;
	size_t count = 0;

	va_copy(args, given);
	for (; arg; arg = va_arg(args, const char *))
		count++;
	va_end(args);
	return count;
}

/* With the NULL at their end, behind which @args stands then. */
static void args_take(char **argv, const char *arg, va_list *args)
{
	for (;; arg = va_arg(*args, const char *)) {
		*argv++ = (char *)arg;
		if (!arg)
			return;
	}
}

/* On the caller's stack: who has called vfork() has no other memory. */
#define ARGS(arg, args) \
	__builtin_alloca((args_count(arg, args) + 1) * sizeof(char *))

int preload_execl(const char *path, const char *arg, ...)
{
	va_list args;
	char **argv;

	va_start(args, arg);
	argv = ARGS(arg, args);
	args_take(argv, arg, &args);
	va_end(args);
	return preload_execve(path, argv, environ);
}

int preload_execlp(const char *file, const char *arg, ...)
{
	va_list args;
	char **argv;

	va_start(args, arg);
	argv = ARGS(arg, args);
	args_take(argv, arg, &args);
	va_end(args);
	return preload_execvpe(file, argv, environ);
}

int preload_execle(const char *path, const char *arg, ...)
{
	char **argv, *const *envp;
	va_list args;

	va_start(args, arg);
	argv = ARGS(arg, args);
	args_take(argv, arg, &args);
	envp = va_arg(args, char *const *);
	va_end(args);
	return preload_execve(path, argv, envp);
}

int preload_fexecve(int fd, char *const *argv, char *const *envp)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(fexecve)(fd, argv, environment_of(change, envp));

	change_undo(change);
	return ret;
}

int preload_execveat(int dir, const char *path, char *const *argv,
		     char *const *envp, int flags)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(execveat)(dir, path, argv, environment_of(change, envp),
				 flags);

	change_undo(change);
	return ret;
}

/* The child has copied the descriptors by the time the call returns. */
int preload_posix_spawn(pid_t *pid, const char *path,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const *argv,
			char *const *envp)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(posix_spawn)(pid, path, actions, attributes, argv,
				    environment_of(change, envp));

	change_undo(change);
	return ret;
}

int preload_posix_spawnp(pid_t *pid, const char *file,
			 const posix_spawn_file_actions_t *actions,
			 const posix_spawnattr_t *attributes, char *const *argv,
			 char *const *envp)
{
	struct change *change = change_begin(envp);
	int ret = NEXT(posix_spawnp)(pid, file, actions, attributes, argv,
				     environment_of(change, envp));

	change_undo(change);
	return ret;
}
