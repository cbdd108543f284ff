/* SPDX-License-Identifier: MIT */
/* Bytes as pairs of hexadecimal digits. */
#ifndef UIK_LINUX_HEX_H
#define UIK_LINUX_HEX_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <uik/abi.h>

#define hex_asc_lo(x) ("0123456789abcdef"[(x) & 0x0f])
#define hex_asc_hi(x) hex_asc_lo((x) >> 4)
#define hex_asc_upper_lo(x) ("0123456789ABCDEF"[(x) & 0x0f])
#define hex_asc_upper_hi(x) hex_asc_upper_lo((x) >> 4)

/** hex_byte_pack - put two digits at @text.  Return: what follows them. */
static inline char *hex_byte_pack(char *text, u8 byte)
{
	*text++ = hex_asc_hi(byte);
	*text++ = hex_asc_lo(byte);
	return text;
}

/** hex_byte_pack_upper - the same with capital letters. */
static inline char *hex_byte_pack_upper(char *text, u8 byte)
{
	*text++ = hex_asc_upper_hi(byte);
	*text++ = hex_asc_upper_lo(byte);
	return text;
}

/** hex_to_bin - what a digit stands for, either case; -1 for other bytes. */
int hex_to_bin(unsigned char digit) __uik(hex_to_bin);

/**
 * hex2bin - bytes from digits.
 * @out: @count bytes; those before the first bad digit are written
 * @text: two digits for each
 *
 * Context: any.
 * Return: 0; -EINVAL a byte of @text is no digit.
 */
int __must_check hex2bin(u8 *out, const char *text, size_t count)
	__uik(hex2bin);

/**
 * bin2hex - digits from bytes.
 * @out: 2 * @count characters, no NUL is added
 * @bytes: @count of them
 *
 * Context: any.
 * Return: the end of what was written.
 */
char *bin2hex(char *out, const void *bytes, size_t count) __uik(bin2hex);

#endif
