/* SPDX-License-Identifier: MIT */
/*
 * Formats with the kernel's pointer conversions.
 *
 * Most have none and are libc's work.  Else each conversion is taken apart only
 * as far as to know what type its argument has, and printed by itself.
 */
#include "kit/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "kit/backtrace.h"

#define SPEC_MAX 32
#define BYTES_MAX 64

struct output {
	char *text;
	size_t size;
	size_t length;			/* of all, also what has no room */
	va_list args;
};

/* One conversion: "%-08.*llx", or what fits of it. */
struct spec {
	char text[SPEC_MAX];		/* with numbers in place of '*' */
	size_t length;
	int width;			/* 0: none */
	char size;			/* 'l': long, 'L': long double, else 0 */
	char kind;			/* the letter; 0: the format ended */
};

static void put(struct output *out, const char *format, ...) __printf(2, 3);

static void add_length(struct output *out, int length)
{
	if (length > 0)
		out->length += length;
}

static char *room(const struct output *out, size_t *left)
{
	*left = out->length < out->size ? out->size - out->length : 0;
	return *left ? out->text + out->length : NULL;
}

static void put(struct output *out, const char *format, ...)
{
	va_list args;
	size_t left;
	char *to = room(out, &left);

	va_start(args, format);
	add_length(out, vsnprintf(to, left, format, args));
	va_end(args);
}

/* As text in a field of the conversion's width. */
static void put_text(struct output *out, const struct spec *spec,
		     const char *text)
{
	bool left = memchr(spec->text, '-', spec->length);

	put(out, "%*s", left ? -abs(spec->width) : spec->width, text);
}

/* ---- pointers ------------------------------------------------------------ */

static void put_error(struct output *out, const struct spec *spec,
		      const void *ptr)
{
	char text[32];
	const char *name;

	if (!IS_ERR(ptr)) {
		snprintf(text, sizeof(text), "%p", ptr);
		put_text(out, spec, text);
		return;
	}
	name = PTR_ERR(ptr) == -EPROBE_DEFER ? "EPROBE_DEFER" :
					       strerrorname_np(-PTR_ERR(ptr));
	if (name)
		snprintf(text, sizeof(text), "-%s", name);
	else
		snprintf(text, sizeof(text), "%ld", PTR_ERR(ptr));
	put_text(out, spec, text);
}

static void put_resource(struct output *out, const struct resource *res)
{
	const char *type = "???";

	if (resource_type(res) == IORESOURCE_IO)
		type = "io ";
	else if (resource_type(res) == IORESOURCE_MEM)
		type = "mem";
	else if (resource_type(res) == IORESOURCE_IRQ)
		type = "irq";
	else if (resource_type(res) == IORESOURCE_DMA)
		type = "dma";
	if (resource_type(res) == IORESOURCE_IRQ ||
	    resource_type(res) == IORESOURCE_DMA)
		put(out, "[%s %lld]", type, (long long)res->start);
	else
		put(out, "[%s 0x%08llx-0x%08llx]", type,
		    (unsigned long long)res->start,
		    (unsigned long long)res->end);
}

static void put_bytes(struct output *out, const struct spec *spec,
		      const u8 *bytes, char form)
{
	int count = clamp(spec->width, 1, BYTES_MAX);
	const char *between = form == 'C' ? ":" : form == 'D' ? "-" :
			      form == 'N' ? "" : " ";

	for (int i = 0; i < count; i++)
		put(out, "%s%02x", i ? between : "", bytes[i]);
}

static void put_uuid(struct output *out, const u8 *uuid, char form)
{
	static const u8 big[] = { 0, 1, 2,  3,	4,  5,	6,  7,
				  8, 9, 10, 11, 12, 13, 14, 15 };
	static const u8 little[] = { 3, 2, 1,  0,  5,  4,  7,  6,
				     8, 9, 10, 11, 12, 13, 14, 15 };
	const u8 *order = form == 'l' || form == 'L' ? little : big;
	bool upper = form == 'B' || form == 'L';

	for (unsigned int i = 0; i < ARRAY_SIZE(big); i++)
		put(out, upper ? "%s%02X" : "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    uuid[order[i]]);
}

static void put_nested(struct output *out, const struct va_format *inner)
{
	va_list args;
	size_t left;
	char *to = room(out, &left);

	va_copy(args, *inner->va);
	add_length(out, format_text(to, left, inner->fmt, args));
	va_end(args);
}

/*
 * The unwinder takes an address for one that a call returns to, and names the
 * function before it: one byte on is the same function.
 */
static void put_function(struct output *out, const struct spec *spec,
			 const void *ptr, char form)
{
	char text[160];
	unsigned long offset;
	char *plus;

	backtrace_name((const char *)ptr + 1, text, sizeof(text) - 20);
	plus = strrchr(text, '+');
	if (plus) {
		offset = strtoul(plus + 1, NULL, 16);
		*plus = 0;
		if (form != 's')
			sprintf(plus, "+0x%lx", offset - 1);
	}
	put_text(out, spec, text);
}

/* The letters behind %p that were used. */
static size_t put_pointer(struct output *out, const struct spec *spec,
			  const void *ptr, const char *letters)
{
	char text[32];

	switch (letters[0]) {
	case 'e':
		put_error(out, spec, ptr);
		return 1;
	case 'a':
		put(out, "0x%016llx", *(const unsigned long long *)ptr);
		return letters[1] == 'p' || letters[1] == 'd' ? 2 : 1;
	case 'R':
	case 'r':
		put_resource(out, ptr);
		return 1;
	case 'V':
		put_nested(out, ptr);
		return 1;
	case 'h':
		put_bytes(out, spec, ptr, letters[1]);
		return 1 + (letters[1] && strchr("CDN", letters[1]));
	case 'U':
		put_uuid(out, ptr, letters[1]);
		return 1 + (letters[1] && strchr("bBlL", letters[1]));
	case 's':
	case 'S':
	case 'B':
		put_function(out, spec, ptr, letters[0]);
		return 1;
	}
	snprintf(text, sizeof(text), "%p", ptr);
	put_text(out, spec, text);
	return letters[0] == 'x' || letters[0] == 'K';
}

/* ---- the format ---------------------------------------------------------- */

static void keep(struct spec *spec, char c)
{
	if (spec->length < SPEC_MAX - 1)
		spec->text[spec->length++] = c;
}

/* A width or precision: digits or '*'.  @absent if there is none. */
static int number(struct output *out, const char **at, int absent)
{
	if (**at == '*') {
		(*at)++;
		return va_arg(out->args, int);
	}
	if (**at >= '0' && **at <= '9')
		return strtol(*at, (char **)at, 10);
	return absent;
}

static void keep_number(struct spec *spec, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	for (const char *c = text; *c; c++)
		keep(spec, *c);
}

/* As libc: a negative width means left, a negative precision none. */
static void parse_sizes(struct output *out, struct spec *spec, const char **at)
{
	int precision;

	spec->width = number(out, at, 0);
	if (spec->width)
		keep_number(spec, spec->width);
	if (**at != '.')
		return;
	(*at)++;
	precision = number(out, at, 0);
	if (precision < 0)
		return;
	keep(spec, '.');
	keep_number(spec, precision);
}

static char size_of(const char **at, struct spec *spec)
{
	char size = 0;

	for (; **at && strchr("hlqLzjt", **at); (*at)++) {
		if (**at == 'L')
			size = 'L';
		else if (**at != 'h')
			size = 'l';
		keep(spec, **at);
	}
	return size;
}

static bool is_float(char kind)
{
	return kind && strchr("eEfFgGaA", kind);
}

/* @at is behind the '%'; left behind the letter. */
static void parse(struct output *out, struct spec *spec, const char **at)
{
	*spec = (struct spec){ .text = "%", .length = 1 };
	while (**at && strchr("-+ #0'", **at))
		keep(spec, *(*at)++);
	parse_sizes(out, spec, at);
	spec->size = size_of(at, spec);
	spec->kind = **at;
	if (!spec->kind)
		return;
	if (is_float(spec->kind) && spec->size != 'L')
		keep(spec, 'L');
	keep(spec, *(*at)++);
	spec->text[spec->length] = 0;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_integer(struct output *out, const struct spec *spec)
{
	int narrow;
	long wide;

	_Static_assert(sizeof(long) == sizeof(long long), "two sizes of long");
	if (spec->size == 'l') {
		wide = va_arg(out->args, long);
		put(out, spec->text, wide);
	} else {
		narrow = va_arg(out->args, int);
		put(out, spec->text, narrow);
	}
}

static void put_float(struct output *out, const struct spec *spec)
{
	long double value = spec->size == 'L' ? va_arg(out->args, long double) :
						va_arg(out->args, double);

	put(out, spec->text, value);
}

static void put_plain(struct output *out, const struct spec *spec)
{
	if (spec->kind == '%')
		put(out, "%%");
	else if (spec->kind == 's')
		put(out, spec->text, va_arg(out->args, const char *));
	else if (is_float(spec->kind))
		put_float(out, spec);
	else
		put_integer(out, spec);
}
#pragma GCC diagnostic pop

static void put_all(struct output *out, const char *format)
{
	struct spec spec;

	while (*format) {
		size_t plain = strcspn(format, "%");

		put(out, "%.*s", (int)plain, format);
		format += plain;
		if (!*format)
			break;
		format++;
		parse(out, &spec, &format);
		if (spec.kind == 'p')
			format += put_pointer(out, &spec,
					      va_arg(out->args, void *),
					      format);
		else if (spec.kind)
			put_plain(out, &spec);
	}
}

static bool has_pointer(const char *format)
{
	for (; (format = strchr(format, '%')); format++) {
		format += 1 + strspn(format + 1, "-+ #0123456789.*");
		if (!*format)
			return false;
		if (*format == 'p')
			return true;
	}
	return false;
}

int format_text(char *text, size_t size, const char *format, va_list args)
{
	struct output out = { .text = text, .size = size };

	if (!has_pointer(format))
		return vsnprintf(text, size, format, args);
	if (size)
		*text = 0;
	va_copy(out.args, args);
	put_all(&out, format);
	va_end(out.args);
	return out.length;
}
