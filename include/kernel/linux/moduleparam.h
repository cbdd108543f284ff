/* SPDX-License-Identifier: MIT */
/*
 * Parameters of modules: variables that can be set by name before their
 * module starts, as "module.name=value": see uik_param_set().
 *
 * Each has two functions, param_ops_TYPE.  A module may bring its own type with
 * param_ops_ and param_check_ of that name, or its own functions for one
 * parameter with module_param_cb().
 */
#ifndef UIK_LINUX_MODULEPARAM_H
#define UIK_LINUX_MODULEPARAM_H

#include <linux/types.h>
#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/build_bug.h>
#include <uik/abi.h>
#include <uik/module.h>

/* The build gives each module a name; a file without one uses its own. */
#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME __FILE_NAME__
#endif
#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

struct module;
struct kernel_param;

/* The parameter may be given without a value: its set() gets NULL. */
enum {
	KERNEL_PARAM_OPS_FL_NOARG = 1 << 0,
};

struct kernel_param_ops {
	unsigned int flags;
	/* Return: 0 or an error.  NULL: cannot be set. */
	int (*set)(const char *value, const struct kernel_param *kp);
	/* @buffer has 4096 bytes.  Return: length.  NULL: cannot be read. */
	int (*get)(char *buffer, const struct kernel_param *kp);
	void (*free)(void *arg);	/* not called: modules stay */
};

struct kparam_string {
	unsigned int maxlen;		/* bytes of string, with the NUL */
	char *string;
};

struct kparam_array {
	unsigned int max;		/* elements */
	unsigned int elemsize;		/* bytes */
	unsigned int *num;		/* how many are set; or NULL */
	const struct kernel_param_ops *ops;
	void *elem;
};

struct kernel_param {
	const char *name;
	const struct kernel_param_ops *ops;
	u16 perm;
	s8 level;
	u8 flags;
	union {
		void *arg;
		const struct kparam_string *str;
		const struct kparam_array *arr;
	};
};

/**
 * module_param_cb - a parameter with functions of its own.
 * @name: not quoted
 * @ops: struct kernel_param_ops, lives as long as the module
 * @arg: kernel_param's arg
 * @perm: as of a file in sysfs
 *
 * The functions run one at a time with kernel_param_lock() held.
 */
#define module_param_cb(name_, ops_, arg_, perm_)                          \
	static const struct kernel_param uik_kernel_param_##name_ = {      \
		.name = #name_, .ops = (ops_), .perm = (perm_),            \
		.level = -1, .arg = (void *)(arg_),                        \
	};                                                                 \
	static struct uik_param uik_param_##name_ = {                      \
		.module = KBUILD_MODNAME, .file = __FILE__,                \
		.name = #name_, .perm = (perm_),                           \
		.param = &uik_kernel_param_##name_,                        \
		.value = (void *)(arg_),                                   \
	};                                                                 \
	static __attribute__((constructor)) void                           \
	uik_param_register_##name_(void)                                   \
	{                                                                  \
		uik_param_register(&uik_param_##name_);                    \
	}                                                                  \
	static_assert(1, "")
#define module_param_cb_unsafe(name, ops, arg, perm) \
	module_param_cb(name, ops, arg, perm)

/*
 * module_param(name, type, perm) - type is bool, invbool (stored negated), bint
 * (an int that is 0 or 1), byte, short, ushort, int, uint, long, ulong, ullong,
 * hexint (a uint that is read in hexadecimal), charp, or one of the module's.
 */
#define module_param(name, type, perm) \
	module_param_named(name, name, type, perm)
#define module_param_unsafe(name, type, perm) module_param(name, type, perm)
/* The same under another name than the variable's. */
#define module_param_named(name, value, type, perm) \
	param_check_##type(name, &(value)); \
	module_param_cb(name, &param_ops_##type, &(value), perm)
#define module_param_named_unsafe(name, value, type, perm) \
	module_param_named(name, value, type, perm)

/*
 * An array of such: the elements that are given go from its start, and their
 * number to *@nump, which may be NULL.
 */
#define module_param_array(name, type, nump, perm) \
	module_param_array_named(name, name, type, nump, perm)
#define module_param_array_named(name, array, type, nump, perm)            \
	param_check_##type(name, &(array)[0]);                             \
	static const struct kparam_array uik_param_array_##name = {        \
		.max = ARRAY_SIZE(array), .elemsize = sizeof((array)[0]),  \
		.num = (nump), .ops = &param_ops_##type, .elem = (array),  \
	};                                                                 \
	module_param_cb(name, &param_array_ops, &uik_param_array_##name, perm)

/* A text of less than @len bytes that is copied to the array @string. */
#define module_param_string(name, string_, len, perm)                      \
	static const struct kparam_string uik_param_string_##name = {      \
		.maxlen = (len), .string = (string_),                      \
	};                                                                 \
	module_param_cb(name, &param_ops_string, &uik_param_string_##name, perm)

/* The former way to give functions; either may be NULL. */
#define module_param_call(name, set_, get_, arg, perm)                     \
	static const struct kernel_param_ops uik_param_ops_##name = {      \
		.set = (set_), .get = (get_),                              \
	};                                                                 \
	module_param_cb(name, &uik_param_ops_##name, arg, perm)

#define MODULE_PARM_DESC(name, text) \
	static_assert(sizeof(text) > 0, "a text")

/* Keeps parameters from changing.  Context: may sleep. */
void kernel_param_lock(struct module *module) __uik(kernel_param_lock);
void kernel_param_unlock(struct module *module) __uik(kernel_param_unlock);

/* For param_check_TYPE: @p points to a @type. */
#define __param_check(name, p, type) \
	static_assert(__builtin_types_compatible_p(typeof(*(p)), type), \
		      #name " is a variable of the type that is given")

/* What the functions of a type are called. */
#define uik_param_type(name) \
	extern const struct kernel_param_ops param_ops_##name \
		__uik(param_ops_##name); \
	int param_set_##name(const char *value, const struct kernel_param *kp) \
		__uik(param_set_##name); \
	int param_get_##name(char *buffer, const struct kernel_param *kp) \
		__uik(param_get_##name)

uik_param_type(byte);
#define param_check_byte(name, p) __param_check(name, p, unsigned char)
uik_param_type(short);
#define param_check_short(name, p) __param_check(name, p, short)
uik_param_type(ushort);
#define param_check_ushort(name, p) __param_check(name, p, unsigned short)
uik_param_type(int);
#define param_check_int(name, p) __param_check(name, p, int)
uik_param_type(uint);
#define param_check_uint(name, p) __param_check(name, p, unsigned int)
uik_param_type(long);
#define param_check_long(name, p) __param_check(name, p, long)
uik_param_type(ulong);
#define param_check_ulong(name, p) __param_check(name, p, unsigned long)
uik_param_type(ullong);
#define param_check_ullong(name, p) __param_check(name, p, unsigned long long)
uik_param_type(hexint);
#define param_check_hexint(name, p) param_check_uint(name, p)
uik_param_type(charp);
#define param_check_charp(name, p) __param_check(name, p, char *)
uik_param_type(bool);
#define param_check_bool(name, p) __param_check(name, p, bool)
uik_param_type(invbool);
#define param_check_invbool(name, p) __param_check(name, p, bool)
/* Where bool is a macro, that is what arrives. */
#define param_ops__Bool param_ops_bool
#define param_check__Bool(name, p) param_check_bool(name, p)

extern const struct kernel_param_ops param_ops_bint __uik(param_ops_bint);
int param_set_bint(const char *value, const struct kernel_param *kp)
	__uik(param_set_bint);
#define param_get_bint param_get_int
#define param_check_bint param_check_int

/* As param_set_uint(); -EINVAL also outside of [@min, @max]. */
int param_set_uint_minmax(const char *value, const struct kernel_param *kp,
			  unsigned int min, unsigned int max)
	__uik(param_set_uint_minmax);

extern const struct kernel_param_ops param_array_ops __uik(param_array_ops);
extern const struct kernel_param_ops param_ops_string __uik(param_ops_string);
int param_set_copystring(const char *value, const struct kernel_param *kp)
	__uik(param_set_copystring);
int param_get_string(char *buffer, const struct kernel_param *kp)
	__uik(param_get_string);

#endif
