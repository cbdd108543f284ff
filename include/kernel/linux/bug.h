/* SPDX-License-Identifier: MIT */
/*
 * Reports of bugs in drivers and in the library.
 *
 * A WARN logs place, text and backtrace and is counted in the machine's audit.
 * It does not stop the caller.  Inside an expected-warning scope it is counted
 * there instead; with UIOMMUFD_WARN=abort an unexpected one ends the process.
 * A BUG always does.  User input must never reach either.
 */
#ifndef UIK_LINUX_BUG_H
#define UIK_LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/printk.h>
#include <uik/warn.h>

/* The value of the condition, each time. */
#define WARN_ON(cond) \
	({ \
		bool uik_warned = !!(cond); \
		if (unlikely(uik_warned)) \
			uik_warn(__FILE__, __LINE__, __func__, \
				 "WARN_ON(" #cond ")"); \
		unlikely(uik_warned); \
	})

#define WARN(cond, format, ...) \
	({ \
		bool uik_warned = !!(cond); \
		if (unlikely(uik_warned)) \
			uik_warn_format(__FILE__, __LINE__, __func__, format, \
					##__VA_ARGS__); \
		unlikely(uik_warned); \
	})

/* The report is made once; the value is right every time. */
#define WARN_ON_ONCE(cond) \
	({ \
		bool uik_warned = !!(cond); \
		if (unlikely(uik_warned) && uik_first_time()) \
			uik_warn(__FILE__, __LINE__, __func__, \
				 "WARN_ON_ONCE(" #cond ")"); \
		unlikely(uik_warned); \
	})

#define WARN_ONCE(cond, format, ...) \
	({ \
		bool uik_warned = !!(cond); \
		if (unlikely(uik_warned) && uik_first_time()) \
			uik_warn_format(__FILE__, __LINE__, __func__, format, \
					##__VA_ARGS__); \
		unlikely(uik_warned); \
	})

#define WARN_ON_SMP(cond) WARN_ON(cond)
#define WARN_TAINT(cond, taint, format...) WARN(cond, format)
#define WARN_TAINT_ONCE(cond, taint, format...) WARN_ONCE(cond, format)

#define BUG() uik_bug(__FILE__, __LINE__, __func__, "BUG()")
#define BUG_ON(cond) \
	do { \
		if (unlikely(cond)) \
			uik_bug(__FILE__, __LINE__, __func__, \
				"BUG_ON(" #cond ")"); \
	} while (0)

#endif
