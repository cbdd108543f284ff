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
#include <stdlib.h>
#include <string.h>

#include "kit/fork.h"

static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
/* Held over init functions, outer to everything. */
static pthread_mutex_t starting_lock = PTHREAD_MUTEX_INITIALIZER;
static struct uik_module_fn *first_fn, *last_fn;
static struct uik_param *params;

/* Of the process's life: the texts that were set. */
static struct kept_text {
	struct kept_text *next;
	char text[];
} *kept_texts;			/* under modules_lock */

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

static int parse_bool(const char *text, bool *out)
{
	if (!*text || strchr("1yYtT", *text))
		*out = true;
	else if (strchr("0nNfF", *text))
		*out = false;
	else
		return -EINVAL;
	return 0;
}

static int set_signed(struct uik_param *param, const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	if (param->kind == UIK_PARAM_INT && value != (int)value)
		return -EINVAL;
	memcpy(param->value, &value, param->size);
	return 0;
}

static int set_unsigned(struct uik_param *param, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		return -EINVAL;
	if (param->size < sizeof(value) && value >> (8 * param->size))
		return -EINVAL;
	memcpy(param->value, &value, param->size);
	return 0;
}

/* A module may remember a text that was set before: none goes away. */
static char *keep_text(const char *text)
{
	size_t bytes = strlen(text) + 1;
	struct kept_text *kept = malloc(sizeof(*kept) + bytes);

	if (!kept)
		return NULL;
	kept->next = kept_texts;
	kept_texts = kept;
	return memcpy(kept->text, text, bytes);
}

static int param_assign(struct uik_param *param, const char *text)
{
	char *copy;

	switch (param->kind) {
	case UIK_PARAM_BOOL:
		return parse_bool(text ? text : "1", param->value);
	case UIK_PARAM_CHARP:
		copy = keep_text(text ? text : "");
		if (!copy)
			return -ENOMEM;
		*(char **)param->value = copy;
		return 0;
	case UIK_PARAM_INT:
	case UIK_PARAM_LONG:
		return text ? set_signed(param, text) : -EINVAL;
	case UIK_PARAM_UINT:
	case UIK_PARAM_ULONG:
	case UIK_PARAM_USHORT:
		return text ? set_unsigned(param, text) : -EINVAL;
	}
	return -EINVAL;
}

int uik_param_set(const char *assignment)
{
	const char *dot = strchr(assignment, '.'), *name, *equals;
	struct uik_param *param;
	int rc = -ENOENT;

	if (!dot)
		return -ENOENT;
	name = dot + 1;
	equals = strchr(name, '=');
	pthread_mutex_lock(&modules_lock);
	param = param_find(assignment, dot - assignment, name,
			   equals ? (size_t)(equals - name) : strlen(name));
	if (param)
		rc = param_assign(param, equals ? equals + 1 : NULL);
	pthread_mutex_unlock(&modules_lock);
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
