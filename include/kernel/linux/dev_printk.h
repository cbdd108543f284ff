/* SPDX-License-Identifier: MIT */
/*
 * Messages about a device: "driver device: text".  A driver may define dev_fmt
 * before its first include to prefix its texts.
 */
#ifndef UIK_LINUX_DEV_PRINTK_H
#define UIK_LINUX_DEV_PRINTK_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/printk.h>
#include <uik/abi.h>

struct device;

#ifndef dev_fmt
#define dev_fmt(fmt) fmt
#endif

/** dev_printk_emit_ - print at a kernel level '0' to '7'. */
void uik_dev_printk(char level, const struct device *dev, const char *fmt, ...)
	__uik_export __attribute__((__format__(__printf__, 3, 4)));
#define uik_dev_print(level, dev, fmt, ...) \
	uik_dev_printk(level, (dev), dev_fmt(fmt), ##__VA_ARGS__)
#define dev_emerg(dev, fmt, ...) uik_dev_print('0', dev, fmt, ##__VA_ARGS__)
#define dev_alert(dev, fmt, ...) uik_dev_print('1', dev, fmt, ##__VA_ARGS__)
#define dev_crit(dev, fmt, ...) uik_dev_print('2', dev, fmt, ##__VA_ARGS__)
#define dev_err(dev, fmt, ...) uik_dev_print('3', dev, fmt, ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...) uik_dev_print('4', dev, fmt, ##__VA_ARGS__)
#define dev_notice(dev, fmt, ...) uik_dev_print('5', dev, fmt, ##__VA_ARGS__)
#define dev_info(dev, fmt, ...) uik_dev_print('6', dev, fmt, ##__VA_ARGS__)
#define dev_dbg(dev, fmt, ...) uik_dev_print('7', dev, fmt, ##__VA_ARGS__)

/* Arguments are evaluated only when the message goes out. */
#define uik_dev_limited(level, dev, fmt, ...)                              \
	do {                                                               \
		static struct ratelimit_state uik_limit_;                  \
		if (uik_ratelimit(&uik_limit_))                            \
			uik_dev_print(level, dev, fmt, ##__VA_ARGS__);     \
	} while (0)
#define dev_emerg_ratelimited(dev, fmt, ...) \
	uik_dev_limited('0', dev, fmt, ##__VA_ARGS__)
#define dev_alert_ratelimited(dev, fmt, ...) \
	uik_dev_limited('1', dev, fmt, ##__VA_ARGS__)
#define dev_crit_ratelimited(dev, fmt, ...) \
	uik_dev_limited('2', dev, fmt, ##__VA_ARGS__)
#define dev_err_ratelimited(dev, fmt, ...) \
	uik_dev_limited('3', dev, fmt, ##__VA_ARGS__)
#define dev_warn_ratelimited(dev, fmt, ...) \
	uik_dev_limited('4', dev, fmt, ##__VA_ARGS__)
#define dev_notice_ratelimited(dev, fmt, ...) \
	uik_dev_limited('5', dev, fmt, ##__VA_ARGS__)
#define dev_info_ratelimited(dev, fmt, ...) \
	uik_dev_limited('6', dev, fmt, ##__VA_ARGS__)
#define dev_dbg_ratelimited(dev, fmt, ...) \
	uik_dev_limited('7', dev, fmt, ##__VA_ARGS__)

#define uik_dev_once(level, dev, fmt, ...)                                 \
	do {                                                               \
		static bool uik_done_;                                     \
		if (!__atomic_exchange_n(&uik_done_, true,                 \
					 __ATOMIC_RELAXED))                \
			uik_dev_print(level, dev, fmt, ##__VA_ARGS__);     \
	} while (0)
#define dev_emerg_once(dev, fmt, ...) uik_dev_once('0', dev, fmt, ##__VA_ARGS__)
#define dev_alert_once(dev, fmt, ...) uik_dev_once('1', dev, fmt, ##__VA_ARGS__)
#define dev_crit_once(dev, fmt, ...) uik_dev_once('2', dev, fmt, ##__VA_ARGS__)
#define dev_err_once(dev, fmt, ...) uik_dev_once('3', dev, fmt, ##__VA_ARGS__)
#define dev_warn_once(dev, fmt, ...) uik_dev_once('4', dev, fmt, ##__VA_ARGS__)
#define dev_notice_once(dev, fmt, ...) \
	uik_dev_once('5', dev, fmt, ##__VA_ARGS__)
#define dev_info_once(dev, fmt, ...) uik_dev_once('6', dev, fmt, ##__VA_ARGS__)
#define dev_dbg_once(dev, fmt, ...) uik_dev_once('7', dev, fmt, ##__VA_ARGS__)
/* Checked, and never printed. */
#define dev_vdbg(dev, fmt, ...) \
	do { \
		if (0) \
			uik_dev_print('7', dev, fmt, ##__VA_ARGS__); \
	} while (0)

#define dev_WARN(dev, fmt, ...) \
	WARN(1, "%s: " fmt, dev_name(dev), ##__VA_ARGS__)
#define dev_WARN_ONCE(dev, cond, fmt, ...) \
	WARN_ONCE(cond, "%s: " fmt, dev_name(dev), ##__VA_ARGS__)

/** dev_err_probe - print why probing fails (-EPROBE_DEFER softly); @err. */
int dev_err_probe(const struct device *dev, int err, const char *fmt, ...)
	__uik(dev_err_probe) __attribute__((__format__(__printf__, 3, 4)));
/* The same as a pointer, from one. */
#define dev_err_ptr_probe(dev, err, fmt, ...) \
	ERR_PTR(dev_err_probe(dev, err, fmt, ##__VA_ARGS__))
#define dev_err_cast_probe(dev, err_ptr, fmt, ...) \
	ERR_PTR(dev_err_probe(dev, PTR_ERR(err_ptr), fmt, ##__VA_ARGS__))

#endif
