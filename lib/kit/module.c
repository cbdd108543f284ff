/* SPDX-License-Identifier: MIT */
/*
 * Modules and their parameters.
 *
 * Process-wide doors, filled by constructors before main() and by libraries
 * loaded later.  Constructors run in the order of linking; a module's init and
 * exit functions are entries of their own that share the source file's name.
 */
#include <uik/module.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/moduleparam.h>

#include "kit/fork.h"

#define PARAM_TEXT_BYTES 4096	/* what a get function may fill */

static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
/* Held over init functions, outer to everything. */
static pthread_mutex_t starting_lock = PTHREAD_MUTEX_INITIALIZER;
static struct uik_module_fn *first_fn, *last_fn;
static struct uik_param *params;	/* under modules_lock; never removed */

FORK_LOCK(modules_lock)

void uik_module_register(struct uik_module_fn *fn)
{
	pthread_mutex_lock(&modules_lock);
	fn->next = NULL;
	if (last_fn)
		last_fn->next = fn;
	else
		first_fn = fn;
	last_fn = fn;
	pthread_mutex_unlock(&modules_lock);
}

void uik_param_register(struct uik_param *param)
{
	pthread_mutex_lock(&modules_lock);
	param->next = params;
	params = param;
	pthread_mutex_unlock(&modules_lock);
}

static struct uik_module_fn *next_to_start(bool builtin_only)
{
	struct uik_module_fn *fn;

	pthread_mutex_lock(&modules_lock);
	for (fn = first_fn; fn; fn = fn->next)
		if (fn->init && !fn->started && (fn->builtin || !builtin_only))
			break;
	pthread_mutex_unlock(&modules_lock);
	return fn;
}

static int start_modules(bool builtin_only)
{
	struct uik_module_fn *fn;
	int rc = 0;

	/* Two threads that make machines: each module starts once. */
	pthread_mutex_lock(&starting_lock);
	while (!rc && (fn = next_to_start(builtin_only))) {
		rc = fn->init();
		if (!rc)
			fn->started = true;
	}
	pthread_mutex_unlock(&starting_lock);
	return rc;
}

int uiommufd_modules_init(void)
{
	return start_modules(false);
}

int uik_modules_init_builtin(void)
{
	return start_modules(true);
}

/* A module with an exit function alone is one that is always started. */
static void end_module(const struct uik_module_fn *started)
{
	struct uik_module_fn *fn;

	for (fn = first_fn; fn; fn = fn->next)
		if (fn->exit && !strcmp(fn->file, started->file) &&
		    !strcmp(fn->module, started->module))
			fn->exit();
}

static struct uik_module_fn *last_started(void)
{
	struct uik_module_fn *fn, *last = NULL;

	pthread_mutex_lock(&modules_lock);
	for (fn = first_fn; fn; fn = fn->next)
		if (fn->started)
			last = fn;
	pthread_mutex_unlock(&modules_lock);
	return last;
}

void uiommufd_modules_exit(void)
{
	struct uik_module_fn *fn;

	while ((fn = last_started())) {
		fn->started = false;
		end_module(fn);
	}
}

/* Names are the same whether written with '-' or with '_'. */
static bool same_name(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char x = a[i] == '-' ? '_' : a[i];
		char y = b[i] == '-' ? '_' : b[i];

		if (x != y || !x)
			return false;
	}
	return !b[n];
}

/* A module is known by its build name, or by its file's name without ".c". */
static bool module_named(const struct uik_param *param, const char *name,
			 size_t n)
{
	const char *file = strrchr(param->file, '/');
	char base[128];
	size_t length;

	if (same_name(name, param->module, n))
		return true;
	file = file ? file + 1 : param->file;
	length = strcspn(file, ".");
	if (length >= sizeof(base))
		return false;
	memcpy(base, file, length);
	base[length] = '\0';
	return same_name(name, base, n);
}

static struct uik_param *param_find(const char *module, size_t module_length,
				    const char *name, size_t name_length)
{
	struct uik_param *param;

	for (param = params; param; param = param->next)
		if (same_name(name, param->name, name_length) &&
		    module_named(param, module, module_length))
			return param;
	return NULL;
}

/* The one that @text names, up to its '=' if it may have one. */
static const struct kernel_param *param_named(const char *text, size_t length)
{
	const char *dot = memchr(text, '.', length);
	struct uik_param *param;

	if (!dot)
		return NULL;
	pthread_mutex_lock(&modules_lock);
	param = param_find(text, dot - text, dot + 1,
			   length - (dot + 1 - text));
	pthread_mutex_unlock(&modules_lock);
	return param ? param->param : NULL;
}

int uik_param_set(const char *assignment)
{
	size_t length = strcspn(assignment, "=");
	const char *value = assignment[length] ? assignment + length + 1 : NULL;
	const struct kernel_param *param = param_named(assignment, length);
	int rc;

	if (!param)
		return -ENOENT;
	if (!param->ops->set)
		return -EPERM;
	if (!value && !(param->ops->flags & KERNEL_PARAM_OPS_FL_NOARG))
		return -EINVAL;
	kernel_param_lock(NULL);
	rc = param->ops->set(value, param);
	kernel_param_unlock(NULL);
	return rc;
}

int uik_param_get(const char *name, char *text, size_t bytes)
{
	const struct kernel_param *param = param_named(name, strlen(name));
	char *buffer;
	int rc;

	if (!param)
		return -ENOENT;
	if (!param->ops->get)
		return -EPERM;
	buffer = calloc(1, PARAM_TEXT_BYTES);
	if (!buffer)
		return -ENOMEM;
	kernel_param_lock(NULL);
	rc = param->ops->get(buffer, param);
	kernel_param_unlock(NULL);
	/* The newline is for files. */
	if (rc > 0 && buffer[rc - 1] == '\n')
		buffer[--rc] = '\0';
	if (rc >= 0)
		snprintf(text, bytes, "%s", buffer);
	free(buffer);
	return rc;
}

void uik_param_each(bool (*visit)(const struct uik_param *param, void *arg),
		    void *arg)
{
	const struct uik_param *param;

	for (param = params; param; param = param->next)
		if (!visit(param, arg))
			return;
}
