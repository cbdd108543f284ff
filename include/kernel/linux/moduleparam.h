/* SPDX-License-Identifier: MIT */
/*
 * Parameters of modules: variables that can be set by name before their
 * module starts, as "module.name=value".
 */
#ifndef UIK_LINUX_MODULEPARAM_H
#define UIK_LINUX_MODULEPARAM_H

#include <linux/types.h>
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

#define uik_param_kind_bool UIK_PARAM_BOOL
#define uik_param_kind__Bool UIK_PARAM_BOOL
#define uik_param_kind_int UIK_PARAM_INT
#define uik_param_kind_uint UIK_PARAM_UINT
#define uik_param_kind_long UIK_PARAM_LONG
#define uik_param_kind_ulong UIK_PARAM_ULONG
#define uik_param_kind_ullong UIK_PARAM_ULONG
#define uik_param_kind_ushort UIK_PARAM_USHORT
#define uik_param_kind_charp UIK_PARAM_CHARP

#define uik_module_param(name_, var_, kind_, perm_)                        \
	static struct uik_param uik_param_##name_ = {                      \
		.module = KBUILD_MODNAME, .file = __FILE__,                \
		.name = #name_, .kind = (kind_), .perm = (perm_),          \
		.size = sizeof(var_), .value = &(var_),                    \
	};                                                                 \
	static __attribute__((constructor)) void                           \
	uik_param_register_##name_(void)                                   \
	{                                                                  \
		uik_param_register(&uik_param_##name_);                    \
	}                                                                  \
	static_assert(sizeof(var_) <= 8, "a parameter is a scalar")

/*
 * module_param(name, type, perm) - type is bool, int, uint, long, ulong,
 * ullong, ushort or charp.
 */
#define module_param(name, type, perm) \
	uik_module_param(name, name, uik_param_kind_##type, perm)
/* The same under another name than the variable's. */
#define module_param_named(name, var, type, perm) \
	uik_module_param(name, var, uik_param_kind_##type, perm)
#define MODULE_PARM_DESC(name, text) \
	static_assert(sizeof(text) > 0, "a text")

#endif
