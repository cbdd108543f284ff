/* SPDX-License-Identifier: MIT */
/*
 * Modules linked into the program: their start and end functions and their
 * parameters, registered by constructors.
 */
#ifndef UIK_MODULE_H
#define UIK_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <uik/abi.h>

/* The library's own drivers are built with this set to true. */
#ifndef UIK_MODULE_BUILTIN
#define UIK_MODULE_BUILTIN false
#endif

struct uik_module_fn {
	const char *module;
	const char *file;
	const char *name;
	int (*init)(void);	/* one of the two */
	void (*exit)(void);
	bool builtin;		/* part of the library */
	bool started;
	struct uik_module_fn *next;
};

enum uik_param_kind {
	UIK_PARAM_BOOL,
	UIK_PARAM_INT,
	UIK_PARAM_UINT,
	UIK_PARAM_LONG,
	UIK_PARAM_ULONG,
	UIK_PARAM_USHORT,
	UIK_PARAM_CHARP,	/* the text set is kept for the process's life */
};

struct uik_param {
	const char *module;	/* as the build names it */
	const char *file;
	const char *name;
	enum uik_param_kind kind;
	unsigned short perm;
	size_t size;
	void *value;
	struct uik_param *next;
};

/* By constructors only. */
void uik_module_register(struct uik_module_fn *fn) __uik_export;
void uik_param_register(struct uik_param *param) __uik_export;

/**
 * uiommufd_modules_init - start every module that has not started.
 *
 * In the order of linking.  The first failure ends it: the ones before stay
 * started, the ones after are not tried.
 * Return: 0 or the first error.
 */
int uiommufd_modules_init(void) __uik_export;
/** uik_modules_init_builtin - the same for the library's own modules only. */
int uik_modules_init_builtin(void) __uik_export;
/** uiommufd_modules_exit - end the started ones in reverse order. */
void uiommufd_modules_exit(void) __uik_export;

/**
 * uik_param_set - set a parameter.
 * @assignment: "module.name=value"; a bool may lack "=value" (true); '-' and
 *	'_' are the same in names
 *
 * Return: 0; -ENOENT no such parameter; -EINVAL not a value of its type;
 * -ENOMEM.
 */
int uik_param_set(const char *assignment) __uik_export;
/** uik_param_each - visit all; @visit false stops. */
void uik_param_each(bool (*visit)(const struct uik_param *param, void *arg),
		    void *arg) __uik_export;

#endif
