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

struct kernel_param;

struct uik_param {
	const char *module;	/* as the build names it */
	const char *file;
	const char *name;
	unsigned short perm;
	const struct kernel_param *param; /* how it is set and read */
	void *value;		/* what param's functions are given */
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
 *	'_' are the same in names; the elements of an array are separated by
 *	commas
 *
 * One parameter is set at a time.  What is refused changes nothing.
 * Context: may sleep; not from a parameter's own functions.
 * Return: 0; -ENOENT no such parameter; -EINVAL not a value of its type, or too
 * many elements; -ERANGE a number that does not fit; -ENOSPC a text that does
 * not fit; -EPERM one that cannot be set; -ENOMEM; what its own function says.
 */
int uik_param_set(const char *assignment) __uik_export;
/**
 * uik_param_get - what a parameter is now.
 * @name: "module.name"
 * @text: @bytes (> 0) bytes: the value, cut, ending in NUL
 *
 * Context: as uik_param_set().
 * Return: the length of the whole value; -ENOENT no such parameter; -EPERM one
 * that cannot be read; -ENOMEM; what its own function says.
 */
int uik_param_get(const char *name, char *text, size_t bytes) __uik_export;
/** uik_param_each - visit all; @visit false stops. */
void uik_param_each(bool (*visit)(const struct uik_param *param, void *arg),
		    void *arg) __uik_export;

#endif
