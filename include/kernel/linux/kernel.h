/* SPDX-License-Identifier: MIT */
/* The common words: brings in most of the small headers. */
#include_next <linux/kernel.h>

#ifndef UIK_LINUX_KERNEL_H
#define UIK_LINUX_KERNEL_H

#include <stdarg.h>
#include <stdio.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/hex.h>
#include <linux/init.h>
#include <linux/export.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/typecheck.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#define REPEAT_BYTE(x) ((~0ul / 0xff) * (x))

#define u64_to_user_ptr(x) \
	({ \
		u64 uik_address = (x); \
		(void __user *)(unsigned long)uik_address; \
	})
#define ptr_to_u64(x) ((u64)(unsigned long)(x))

/* As snprintf(), but returns what was written, never more than @size - 1. */
int scnprintf(char *text, size_t size, const char *format, ...)
	__uik(scnprintf) __printf(3, 4);
int vscnprintf(char *text, size_t size, const char *format, va_list args)
	__uik(vscnprintf) __printf(3, 0);

/* Reports and ends the process. */
void panic(const char *format, ...)
	__uik(panic) __noreturn __cold __printf(1, 2);

/* Warns when the calling task may not sleep here. */
void __might_sleep(const char *file, int line) __uik(might_sleep);
#define might_sleep() __might_sleep(__FILE__, __LINE__)
#define might_sleep_if(cond) \
	do { \
		if (cond) \
			might_sleep(); \
	} while (0)
#define cant_sleep() ((void)0)

#endif
