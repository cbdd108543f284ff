/* SPDX-License-Identifier: MIT */
/*
 * Bytes for human eyes: digits, and dumps of memory.
 *
 * A line of a dump is made whole in a buffer of its own and then cut to what
 * the caller has room for.
 */
#include <linux/hex.h>

#include <ctype.h>
#include <string.h>
#include <linux/kernel.h>

#define ROW_MAX 32
/* Digits and blanks, then two blanks and the characters, then NUL. */
#define LINE_MAX_BYTES (3 * ROW_MAX + 2 + ROW_MAX + 1)

int hex_to_bin(unsigned char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int hex2bin(u8 *out, const char *text, size_t count)
{
	for (; count; count--, text += 2) {
		int high = hex_to_bin(text[0]);
		int low = high < 0 ? -1 : hex_to_bin(text[1]);

		if (low < 0)
			return -EINVAL;
		*out++ = high << 4 | low;
	}
	return 0;
}

char *bin2hex(char *out, const void *bytes, size_t count)
{
	const u8 *at = bytes;

	while (count--)
		out = hex_byte_pack(out, *at++);
	return out;
}

/* The digits of one group: a number as this processor reads it. */
static char *put_group(char *at, const u8 *bytes, int size)
{
	int i;

	for (i = 0; i < size; i++) {
		bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

		at = hex_byte_pack(at, bytes[little ? size - 1 - i : i]);
	}
	return at;
}

/* A line of @len bytes, @len > 0; its length. */
static int make_line(char *line, const u8 *bytes, int len, int rowsize,
		     int groupsize, bool ascii)
{
	int column = rowsize * 2 + rowsize / groupsize + 1;
	char *at = line;
	int i;

	for (i = 0; i < len; i += groupsize) {
		if (i)
			*at++ = ' ';
		at = put_group(at, bytes + i, groupsize);
	}
	while (ascii && at < line + column)
		*at++ = ' ';
	for (i = 0; ascii && i < len; i++)
		*at++ = bytes[i] < 0x80 && isprint(bytes[i]) ? bytes[i] : '.';
	*at = '\0';
	return at - line;
}

int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize,
		       char *linebuf, size_t linebuflen, bool ascii)
{
	char line[LINE_MAX_BYTES] = "";
	int length = 0;

	if (rowsize != 16 && rowsize != 32)
		rowsize = 16;
	if (len > (size_t)rowsize)
		len = rowsize;
	if (groupsize < 1 || groupsize > 8 || groupsize & (groupsize - 1) ||
	    len % groupsize)
		groupsize = 1;
	if (len)
		length = make_line(line, buf, len, rowsize, groupsize, ascii);
	if (linebuflen)
		strscpy(linebuf, line, linebuflen);
	return length;
}

void print_hex_dump(const char *level, const char *prefix_str, int prefix_type,
		    int rowsize, int groupsize, const void *buf, size_t len,
		    bool ascii)
{
	char line[LINE_MAX_BYTES];
	const u8 *bytes = buf;
	size_t at;

	if (rowsize != 16 && rowsize != 32)
		rowsize = 16;
	for (at = 0; at < len; at += rowsize) {
		hex_dump_to_buffer(bytes + at, min_t(size_t, len - at, rowsize),
				   rowsize, groupsize, line, sizeof(line),
				   ascii);
		if (prefix_type == DUMP_PREFIX_ADDRESS)
			printk("%s%s%p: %s\n", level, prefix_str, bytes + at,
			       line);
		else if (prefix_type == DUMP_PREFIX_OFFSET)
			printk("%s%s%.8zx: %s\n", level, prefix_str, at, line);
		else
			printk("%s%s%s\n", level, prefix_str, line);
	}
}
