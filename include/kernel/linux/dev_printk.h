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
#define dev_err_ratelimited(dev, fmt, ...) \
	uik_dev_limited('3', dev, fmt, ##__VA_ARGS__)
#define dev_warn_ratelimited(dev, fmt, ...) \
	uik_dev_limited('4', dev, fmt, ##__VA_ARGS__)
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
#define dev_err_once(dev, fmt, ...) uik_dev_once('3', dev, fmt, ##__VA_ARGS__)
#define dev_warn_once(dev, fmt, ...) uik_dev_once('4', dev, fmt, ##__VA_ARGS__)
#define dev_info_once(dev, fmt, ...) uik_dev_once('6', dev, fmt, ##__VA_ARGS__)

#define dev_WARN(dev, fmt, ...) \
	WARN(1, "%s: " fmt, dev_name(dev), ##__VA_ARGS__)

/** dev_err_probe - print why probing fails (-EPROBE_DEFER softly); @err. */
int dev_err_probe(const struct device *dev, int err, const char *fmt, ...)
	__uik(dev_err_probe) __attribute__((__format__(__printf__, 3, 4)));

#endif
