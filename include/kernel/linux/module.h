/* SPDX-License-Identifier: MIT */
/*
 * Modules.  module_init() and module_exit() name functions that
 * uiommufd_modules_init() and uiommufd_modules_exit() run.
 */
#ifndef UIK_LINUX_MODULE_H
#define UIK_LINUX_MODULE_H

#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <uik/module.h>

struct module;

#ifndef THIS_MODULE
#define THIS_MODULE ((struct module *)0)
#endif

#undef module_init
#undef module_exit

#define module_init(fn_)                                              \
	static __attribute__((constructor)) void                      \
	uik_module_register_##fn_(void)                               \
	{                                                             \
		static struct uik_module_fn self = {                  \
			.module = KBUILD_MODNAME, .file = __FILE__,   \
			.name = #fn_, .init = (fn_),                  \
			.builtin = UIK_MODULE_BUILTIN,                \
		};                                                    \
                                                                      \
		uik_module_register(&self);                           \
	}                                                             \
	static_assert(1, "")
#define module_exit(fn_)                                              \
	static __attribute__((constructor)) void                      \
	uik_module_register_##fn_(void)                               \
	{                                                             \
		static struct uik_module_fn self = {                  \
			.module = KBUILD_MODNAME, .file = __FILE__,   \
			.name = #fn_, .exit = (fn_),                  \
			.builtin = UIK_MODULE_BUILTIN,                \
		};                                                    \
                                                                      \
		uik_module_register(&self);                           \
	}                                                             \
	static_assert(1, "")

#define MODULE_INFO(tag, info) static_assert(sizeof(info) > 0, "a text")
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)
#define MODULE_IMPORT_NS(text) MODULE_INFO(import_ns, text)
#define MODULE_SOFTDEP(text) MODULE_INFO(softdep, text)

static inline bool try_module_get(struct module *module)
{
	return true;
}

static inline void module_put(struct module *module)
{
}

static inline void __module_get(struct module *module)
{
}

#define module_driver(drv, reg, unreg)        \
	static int __init drv##_init(void)    \
	{                                     \
		return reg(&(drv));           \
	}                                     \
	module_init(drv##_init);              \
	static void __exit drv##_exit(void)   \
	{                                     \
		unreg(&(drv));                \
	}                                     \
	module_exit(drv##_exit)

#endif
