/* SPDX-License-Identifier: MIT */
/* Text from a format with the kernel's pointer conversions. */
#ifndef UIK_KIT_FORMAT_H
#define UIK_KIT_FORMAT_H

#include <linux/compiler_attributes.h>
#include <linux/stdarg.h>
#include <linux/types.h>

/*
 * As vsnprintf(3), and also: %pe error pointer by its name, %pa (%pap, %pad) a
 * physical or DMA address by reference, %pR (%pr) struct resource, %pV struct
 * va_format, %*ph (C, D, N) bytes, %ps (%pS, %pB) function, %pUb (l, B, L) UUID,
 * %px and %pK a bare pointer.  Other letters behind %p are text.
 * Return: the length of the whole text; -1 as vsnprintf(3).
 */
int format_text(char *text, size_t size, const char *format, va_list args)
	__printf(3, 0);

#endif
