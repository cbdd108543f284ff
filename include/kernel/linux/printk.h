/* SPDX-License-Identifier: MIT */
/*
 * Messages.  They go to GLib's structured log, domain "uiommufd": levels 0-3 as
 * critical, 4 as warning, 5 as message, 6 as info, 7 as debug.  pr_debug() is
 * checked but silent unless DEBUG is defined.
 */
#ifndef UIK_LINUX_PRINTK_H
#define UIK_LINUX_PRINTK_H

#include <stdarg.h>
#include <linux/compiler.h>
#include <linux/kern_levels.h>
#include <linux/types.h>
#include <uik/abi.h>

/* A format with its arguments, as one argument for %pV. */
struct va_format {
	const char *fmt;
	va_list *va;
};

/*
 * Formats are those of printf(3), and the kernel's pointers: %pe error pointer by
 * its name, %pa (%pap, %pad) address by reference, %pR (%pr) struct resource, %pV
 * struct va_format, %*ph (C, D, N: what stands between) bytes, %ps (%pS, %pB)
 * function, %pUb (l, B, L) UUID, %px and %pK the bare pointer, as %p is here.
 * They hold for printk(), dev_*(), WARN(), scnprintf() and kasprintf(); snprintf()
 * is libc's.
 */

/* Logs a message that may start with a KERN_ level.  Return: its length. */
int uik_printk(const char *format, ...) __uik_export __printf(1, 2) __cold;
int vprintk(const char *format, va_list args) __uik(vprintk) __printf(1, 0);
/* Logs the calling stack. */
void dump_stack(void) __uik(dump_stack) __cold;

#define printk(format, ...) uik_printk(format, ##__VA_ARGS__)
/* Type-checks its arguments and does nothing. */
#define no_printk(format, ...) \
	({ \
		if (0) \
			uik_printk(format, ##__VA_ARGS__); \
		0; \
	})

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define pr_emerg(fmt, ...) printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(KERN_CONT fmt, ##__VA_ARGS__)
#ifdef DEBUG
#define pr_debug(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_devel(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_debug(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_devel(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/*
 * A flag that is false until its code is first reached, and again after
 * uik_warn_once_reset().  Flags that were raised are chained.
 */
struct uik_once {
	struct uik_once *next;
	bool raised;
};

/* True for the one caller that raises @once. */
bool uik_once_raise(struct uik_once *once) __uik_export __cold;
/* Lowers every raised flag: WARN_ONCE and printk_once speak again. */
void uik_warn_once_reset(void) __uik_export;

#define uik_first_time() \
	({ \
		static struct uik_once uik_once_flag; \
		unlikely(!__atomic_load_n(&uik_once_flag.raised, \
					  __ATOMIC_RELAXED)) && \
			uik_once_raise(&uik_once_flag); \
	})

#define printk_once(fmt, ...) \
	do { \
		if (uik_first_time()) \
			printk(fmt, ##__VA_ARGS__); \
	} while (0)
#define pr_emerg_once(fmt, ...) \
	printk_once(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_once(fmt, ...) \
	printk_once(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_once(fmt, ...) printk_once(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) \
	printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...) \
	printk_once(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#ifdef DEBUG
#define pr_debug_once(fmt, ...) \
	printk_once(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_debug_once(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/*
 * How often a place may speak: all zeroes are ten messages in five seconds of
 * machine time.  <linux/ratelimit.h> makes others.
 */
struct ratelimit_state {
	u64 window_start_ns;
	int printed;
	int missed;
	bool own_limit;		/* interval and burst count */
	int interval;		/* jiffies; 0: no limit */
	int burst;		/* messages in it */
};

/* Whether the place that owns @state may speak now. */
bool uik_ratelimit(struct ratelimit_state *state) __uik_export;
#define __ratelimit(state) uik_ratelimit(state)

#define printk_ratelimited(fmt, ...) \
	do { \
		static struct ratelimit_state uik_limit; \
		if (uik_ratelimit(&uik_limit)) \
			printk(fmt, ##__VA_ARGS__); \
	} while (0)
#define pr_emerg_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#ifdef DEBUG
#define pr_debug_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_debug_ratelimited(fmt, ...) \
	no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/* What each line of a dump begins with, after its prefix text. */
enum {
	DUMP_PREFIX_NONE,
	DUMP_PREFIX_ADDRESS,
	DUMP_PREFIX_OFFSET,
};

/**
 * hex_dump_to_buffer - one line of a dump.
 * @buf: @len bytes, of which a row is taken at most
 * @rowsize: bytes a row: 16 or 32 (others are taken as 16)
 * @groupsize: bytes a number, in the processor's order: 1, 2, 4 or 8 (1 if it
 *	is another, or @len is no multiple of it)
 * @linebuf: @linebuflen bytes: the line without newline, cut, ending in NUL
 * @ascii: characters follow, '.' for what cannot be printed
 *
 * Context: any.
 * Return: the length of the whole line, as snprintf().
 */
int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize,
		       char *linebuf, size_t linebuflen, bool ascii)
	__uik(hex_dump_to_buffer);
/**
 * print_hex_dump - a message for each row of @buf.
 * @level: KERN_*
 * @prefix_str: begins each line
 * @prefix_type: DUMP_PREFIX_*
 *
 * The others are as hex_dump_to_buffer()'s, whatever the @len.
 * Context: any.
 */
void print_hex_dump(const char *level, const char *prefix_str, int prefix_type,
		    int rowsize, int groupsize, const void *buf, size_t len,
		    bool ascii) __uik(print_hex_dump);
/* As pr_debug(): silent unless DEBUG is defined. */
#ifdef DEBUG
#define print_hex_dump_debug(prefix, type, rowsize, groupsize, buf, len, \
			     ascii) \
	print_hex_dump(KERN_DEBUG, prefix, type, rowsize, groupsize, buf, len, \
		       ascii)
#else
#define print_hex_dump_debug(prefix, type, rowsize, groupsize, buf, len, \
			     ascii) \
	do { \
		if (0) \
			print_hex_dump(KERN_DEBUG, prefix, type, rowsize, \
				       groupsize, buf, len, ascii); \
	} while (0)
#endif
#define print_hex_dump_bytes(prefix, type, buf, len) \
	print_hex_dump_debug(prefix, type, 16, 1, buf, len, true)

#endif
