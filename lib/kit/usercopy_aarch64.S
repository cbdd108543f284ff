/* SPDX-License-Identifier: MIT */
/*
 * Copying, clearing and looking at memory that may fault; see usercopy.h.
 *
 * Register use is such that at every instruction that may fault the pointers
 * and the count describe exactly what is left to do.
 */
	.text

	.macro	function name
	.globl	\name
	.hidden	\name
	.type	\name, %function
	.p2align 4
\name:
	.endm

/* x0 to, x1 from, x2 count; goes on at .L<name>_out */
	.macro	copy_body name
	cmp	x2, #16
	b.lo	2f
.L\name\()_words:
1:	ldp	x3, x4, [x1]
	stp	x3, x4, [x0]
	add	x1, x1, #16
	add	x0, x0, #16
	sub	x2, x2, #16
	cmp	x2, #16
	b.hs	1b
2:	tbz	x2, #3, 3f
	ldr	x3, [x1]
	str	x3, [x0]
	add	x1, x1, #8
	add	x0, x0, #8
	sub	x2, x2, #8
3:	tbz	x2, #2, 4f
	ldr	w3, [x1]
	str	w3, [x0]
	add	x1, x1, #4
	add	x0, x0, #4
	sub	x2, x2, #4
.L\name\()_words_end:
4:	cbz	x2, .L\name\()_out
.L\name\()_bytes:
	ldrb	w3, [x1]
	strb	w3, [x0]
	add	x1, x1, #1
	add	x0, x0, #1
	sub	x2, x2, #1
	cbnz	x2, .L\name\()_bytes
.L\name\()_bytes_end:
.L\name\()_out:
	.endm

function uik_raw_copy
	copy_body copy
	mov	x0, x2
	ret
	.size	uik_raw_copy, . - uik_raw_copy

function uik_raw_fetch
	copy_body fetch
	mov	x3, x2
	cbz	x3, 2f
1:	strb	wzr, [x0], #1
	sub	x3, x3, #1
	cbnz	x3, 1b
2:	mov	x0, x2
	ret
	.size	uik_raw_fetch, . - uik_raw_fetch

/*
 * x0 to, x1 from: straight code for each size.  A fault starts over byte by
 * byte, with the count as it is set here.
 */
	.macro	exact n
.Lexact_\n:
	mov	x2, #\n
	.set	at, 0
	.rept	\n / 16
	ldp	x3, x4, [x1, #at]
	stp	x3, x4, [x0, #at]
	.set	at, at + 16
	.endr
	.if	\n & 8
	ldr	x3, [x1, #at]
	str	x3, [x0, #at]
	.set	at, at + 8
	.endif
	.if	\n & 4
	ldr	w3, [x1, #at]
	str	w3, [x0, #at]
	.endif
	mov	x0, #0
	ret
	.endm

.Lexact_begin:
	.irp	n, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96
	exact	\n
	.endr
.Lexact_end:

/* x0 to, x1 count */
function uik_raw_clear
	cmp	x1, #16
	b.lo	2f
.Lclear_words:
1:	stp	xzr, xzr, [x0]
	add	x0, x0, #16
	sub	x1, x1, #16
	cmp	x1, #16
	b.hs	1b
.Lclear_words_end:
2:	cbz	x1, .Lclear_out
.Lclear_bytes:
	strb	wzr, [x0]
	add	x0, x0, #1
	sub	x1, x1, #1
	cbnz	x1, .Lclear_bytes
.Lclear_bytes_end:
.Lclear_out:
	mov	x0, x1
	ret
	.size	uik_raw_clear, . - uik_raw_clear

/* x0 from, x1 count, x2 seen; aligned words never straddle pages */
function uik_raw_scan
.Lscan_begin:
1:	cbz	x1, .Lscan_out
	tst	x0, #7
	b.eq	2f
	ldrb	w3, [x0]
	cbnz	w3, .Lscan_seen
	add	x0, x0, #1
	sub	x1, x1, #1
	b	1b
2:	cmp	x1, #8
	b.lo	3f
	ldr	x3, [x0]
	cbnz	x3, .Lscan_seen
	add	x0, x0, #8
	sub	x1, x1, #8
	b	2b
3:	cbz	x1, .Lscan_out
	ldrb	w3, [x0]
	cbnz	w3, .Lscan_seen
	add	x0, x0, #1
	sub	x1, x1, #1
	b	3b
.Lscan_end:
.Lscan_seen:
	mov	w3, #1
	strb	w3, [x2]
.Lscan_out:
	mov	x0, x1
	ret
	.size	uik_raw_scan, . - uik_raw_scan

/* x0 from, x1 count, w2 first */
function uik_raw_alike
	and	w2, w2, #255
	mov	x3, x0
	mov	x0, #0
	cbz	x1, .Lalike_out
.Lalike_begin:
1:	ldrb	w4, [x3]
	cmp	w4, w2
	b.ne	.Lalike_out
	add	x0, x0, #1
	add	x3, x3, #16
	cmp	x0, x1
	b.lo	1b
.Lalike_end:
.Lalike_out:
	ret
	.size	uik_raw_alike, . - uik_raw_alike

function uik_raw_probe_read
.Lread_begin:
	ldrb	w1, [x0]
.Lread_end:
	mov	x0, #0
	ret
	.size	uik_raw_probe_read, . - uik_raw_probe_read

function uik_raw_probe_write
.Lwrite_begin:
1:	ldxrb	w1, [x0]
	stxrb	w2, w1, [x0]
	cbnz	w2, 1b
.Lwrite_end:
	mov	x0, #0
	ret
.Lprobe_failed:
	mov	x0, #1
	ret
	.size	uik_raw_probe_write, . - uik_raw_probe_write

	.macro	range begin, end, landing
	.word	\begin - .
	.word	\end - .
	.word	\landing - .
	.endm

	.section .rodata
	.p2align 2
	.globl	uik_raw_table
	.globl	uik_raw_table_end
	.hidden	uik_raw_table
	.hidden	uik_raw_table_end
uik_raw_table:
	range	.Lcopy_words, .Lcopy_words_end, .Lcopy_bytes
	range	.Lcopy_bytes, .Lcopy_bytes_end, .Lcopy_out
	range	.Lexact_begin, .Lexact_end, .Lcopy_bytes
	range	.Lfetch_words, .Lfetch_words_end, .Lfetch_bytes
	range	.Lfetch_bytes, .Lfetch_bytes_end, .Lfetch_out
	range	.Lclear_words, .Lclear_words_end, .Lclear_bytes
	range	.Lclear_bytes, .Lclear_bytes_end, .Lclear_out
	range	.Lscan_begin, .Lscan_end, .Lscan_out
	range	.Lalike_begin, .Lalike_end, .Lalike_out
	range	.Lread_begin, .Lread_end, .Lprobe_failed
	range	.Lwrite_begin, .Lwrite_end, .Lprobe_failed
uik_raw_table_end:

	.section .data.rel.ro, "aw", %progbits
	.p2align 3
	.globl	uik_raw_exact
	.hidden	uik_raw_exact
uik_raw_exact:
	.xword	0
	.irp	n, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96
	.xword	.Lexact_\n
	.endr
	.section .note.GNU-stack, "", %progbits
