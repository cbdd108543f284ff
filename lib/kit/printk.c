/* SPDX-License-Identifier: MIT */
/*
 * Messages over GLib's structured log.
 *
 * Fields besides MESSAGE: PRIORITY by GLib, UIOMMUFD_LEVEL the kernel level.
 * The trailing newline of kernel messages is dropped.
 */
#include <glib.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <uik/log.h>

#include "kit/backtrace.h"
#include "kit/format.h"
#include "kit/log.h"

#define MESSAGE_MAX 4608
#define LIMIT_WINDOW_NS (5 * (u64)NSEC_PER_SEC)
#define LIMIT_BURST 10

int uik_log_level = LOGLEVEL_DEBUG;

static const GLogLevelFlags glib_levels[] = {
	[LOGLEVEL_EMERG] = G_LOG_LEVEL_CRITICAL,
	[LOGLEVEL_ALERT] = G_LOG_LEVEL_CRITICAL,
	[LOGLEVEL_CRIT] = G_LOG_LEVEL_CRITICAL,
	[LOGLEVEL_ERR] = G_LOG_LEVEL_CRITICAL,
	[LOGLEVEL_WARNING] = G_LOG_LEVEL_WARNING,
	[LOGLEVEL_NOTICE] = G_LOG_LEVEL_MESSAGE,
	[LOGLEVEL_INFO] = G_LOG_LEVEL_INFO,
	[LOGLEVEL_DEBUG] = G_LOG_LEVEL_DEBUG,
};

/* Level of a formatted message; the prefix, if any, is skipped. */
static int split_level(const char **text)
{
	int level = LOGLEVEL_WARNING;

	while ((*text)[0] == KERN_SOH_ASCII && (*text)[1]) {
		char c = (*text)[1];

		if (c >= '0' && c <= '7')
			level = c - '0';
		else if (c == 'c')
			level = LOGLEVEL_INFO;
		*text += 2;
	}
	return level;
}

static uint64_t messages;
static bool hushed;

uint64_t uik_log_count(void)
{
	return __atomic_load_n(&messages, __ATOMIC_RELAXED);
}

void uik_log_hush(bool hush)
{
	hushed = hush;
}

static void log_text(int level, const char *text, int length)
{
	char number[2] = { '0' + level, 0 };
	const GLogField fields[] = {
		{ "MESSAGE", text, length },
		{ "GLIB_DOMAIN", "uiommufd", -1 },
		{ "PRIORITY", level <= LOGLEVEL_ERR ? "4" : number, -1 },
		{ "UIOMMUFD_LEVEL", number, -1 },
	};

	__atomic_fetch_add(&messages, 1, __ATOMIC_RELAXED);
	if (hushed || level > uik_log_level)
		return;
	g_log_structured_array(glib_levels[level], fields, ARRAY_SIZE(fields));
}

int vprintk(const char *format, va_list args)
{
	char buffer[MESSAGE_MAX];
	const char *text = buffer;
	int length, level;

	vscnprintf(buffer, sizeof(buffer), format, args);
	level = split_level(&text);
	length = strlen(text);
	while (length && text[length - 1] == '\n')
		length--;
	buffer[text - buffer + length] = 0;
	log_text(level, text, length);
	return length;
}

int uik_printk(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vprintk(format, args);
	va_end(args);
	return length;
}

void dump_stack(void)
{
	void *frames[32];
	char text[4096] = "";

	backtrace_format(frames, backtrace_take(frames, 32, 1), text,
			 sizeof(text));
	printk(KERN_NOTICE "call stack:\n%s\n", text);
}

bool uik_ratelimit(struct ratelimit_state *state)
{
	u64 window_ns = LIMIT_WINDOW_NS;
	int burst = LIMIT_BURST;
	u64 now = uik_now_ns() + 1;	/* 0 is "no window yet" */
	u64 start = READ_ONCE(state->window_start_ns);

	if (state->own_limit) {
		window_ns = state->interval * (NSEC_PER_SEC / HZ);
		burst = state->burst;
		if (!window_ns)
			return true;
	}
	if (!start || now - start >= window_ns) {
		WRITE_ONCE(state->window_start_ns, now);
		__atomic_store_n(&state->printed, 0, __ATOMIC_RELAXED);
	}
	if (__atomic_fetch_add(&state->printed, 1, __ATOMIC_RELAXED) <
	    burst)
		return true;
	__atomic_fetch_add(&state->missed, 1, __ATOMIC_RELAXED);
	return false;
}

int vscnprintf(char *text, size_t size, const char *format, va_list args)
{
	int length = format_text(text, size, format, args);

	if (length < 0 || !size)
		return 0;
	return (size_t)length < size ? length : (int)(size - 1);
}

int scnprintf(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vscnprintf(text, size, format, args);
	va_end(args);
	return length;
}
