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
	.type	\name, @function
	.p2align 4
\name:
	.endm

/* rdi to, rsi from, rdx count; goes on at .L<name>_out */
	.macro	copy_body name
	cmpq	$64, %rdx
	jb	5f
.L\name\()_words:
0:	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	32(%rsi), %xmm2
	movups	48(%rsi), %xmm3
	movups	%xmm0, (%rdi)
	movups	%xmm1, 16(%rdi)
	movups	%xmm2, 32(%rdi)
	movups	%xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	subq	$64, %rdx
	cmpq	$64, %rdx
	jae	0b
5:	cmpq	$32, %rdx
	jb	2f
1:	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	%xmm0, (%rdi)
	movups	%xmm1, 16(%rdi)
	addq	$32, %rsi
	addq	$32, %rdi
	subq	$32, %rdx
	cmpq	$32, %rdx
	jae	1b
2:	cmpq	$8, %rdx
	jb	4f
3:	movq	(%rsi), %rax
	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	cmpq	$8, %rdx
	jae	3b
4:	testq	%rdx, %rdx
	jz	.L\name\()_out
	testb	$4, %dl
	jz	.L\name\()_bytes
	movl	(%rsi), %eax
	movl	%eax, (%rdi)
	addq	$4, %rsi
	addq	$4, %rdi
	subq	$4, %rdx
	jz	.L\name\()_out
.L\name\()_words_end:
.L\name\()_bytes:
	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	.L\name\()_bytes
.L\name\()_bytes_end:
.L\name\()_out:
	.endm

function uik_raw_copy
	copy_body copy
	movq	%rdx, %rax
	ret
	.size	uik_raw_copy, . - uik_raw_copy

function uik_raw_fetch
	copy_body fetch
	testq	%rdx, %rdx
	jnz	1f
	xorl	%eax, %eax
	ret
1:	movq	%rdx, %rcx
	xorl	%eax, %eax
	rep stosb
	movq	%rdx, %rax
	ret
	.size	uik_raw_fetch, . - uik_raw_fetch

/*
 * rdi to, rsi from: straight code for each size.  A fault starts over byte by
 * byte, with the count as it is set here.
 */
	.macro	exact n
.Lexact_\n:
	movl	$\n, %edx
	.set	at, 0
	.rept	\n / 16
	movups	at(%rsi), %xmm0
	movups	%xmm0, at(%rdi)
	.set	at, at + 16
	.endr
	.if	\n & 8
	movq	at(%rsi), %rax
	movq	%rax, at(%rdi)
	.set	at, at + 8
	.endif
	.if	\n & 4
	movl	at(%rsi), %eax
	movl	%eax, at(%rdi)
	.endif
	xorl	%eax, %eax
	ret
	.endm

.Lexact_begin:
	.irp	n, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96
	exact	\n
	.endr
.Lexact_end:

/* rdi to, rsi count */
function uik_raw_clear
	pxor	%xmm0, %xmm0
	xorl	%eax, %eax
	cmpq	$32, %rsi
	jb	2f
.Lclear_words:
1:	movups	%xmm0, (%rdi)
	movups	%xmm0, 16(%rdi)
	addq	$32, %rdi
	subq	$32, %rsi
	cmpq	$32, %rsi
	jae	1b
.Lclear_words_end:
2:	testq	%rsi, %rsi
	jz	.Lclear_out
.Lclear_bytes:
	movb	%al, (%rdi)
	incq	%rdi
	decq	%rsi
	jnz	.Lclear_bytes
.Lclear_bytes_end:
.Lclear_out:
	movq	%rsi, %rax
	ret
	.size	uik_raw_clear, . - uik_raw_clear

/* rdi from, rsi count, rdx seen; aligned words never straddle pages */
function uik_raw_scan
.Lscan_begin:
1:	testq	%rsi, %rsi
	jz	.Lscan_out
	testb	$7, %dil
	jz	2f
	cmpb	$0, (%rdi)
	jne	.Lscan_seen
	incq	%rdi
	decq	%rsi
	jmp	1b
2:	cmpq	$8, %rsi
	jb	3f
	cmpq	$0, (%rdi)
	jne	.Lscan_seen
	addq	$8, %rdi
	subq	$8, %rsi
	jmp	2b
3:	testq	%rsi, %rsi
	jz	.Lscan_out
	cmpb	$0, (%rdi)
	jne	.Lscan_seen
	incq	%rdi
	decq	%rsi
	jmp	3b
.Lscan_end:
.Lscan_seen:
	movb	$1, (%rdx)
.Lscan_out:
	movq	%rsi, %rax
	ret
	.size	uik_raw_scan, . - uik_raw_scan

/* The first bytes of two records, side by side. */
	.macro	alike_pair at, xmm, other
	movups	\at(%rdi), %\xmm
	movups	\at+16(%rdi), %\other
	punpcklbw %\other, %\xmm
	.endm

/* rdi from, rsi count, dl first: eight at a time, then one by one */
function uik_raw_alike
	movzbl	%dl, %edx
	movabsq	$0x0101010101010101, %rcx
	imulq	%rdx, %rcx
	xorl	%eax, %eax
	cmpq	$8, %rsi
	jb	2f
.Lalike_begin:
1:	alike_pair 0, xmm0, xmm1
	alike_pair 32, xmm2, xmm3
	alike_pair 64, xmm4, xmm5
	alike_pair 96, xmm6, xmm7
	punpcklwd %xmm2, %xmm0
	punpcklwd %xmm6, %xmm4
	punpckldq %xmm4, %xmm0
	movq	%xmm0, %r8
	xorq	%rcx, %r8
	jne	.Lalike_differ
	addq	$8, %rax
	subq	$-128, %rdi
	subq	$8, %rsi
	cmpq	$8, %rsi
	jae	1b
2:	testq	%rsi, %rsi
	jz	.Lalike_out
3:	cmpb	%dl, (%rdi)
	jne	.Lalike_out
	incq	%rax
	addq	$16, %rdi
	decq	%rsi
	jnz	3b
.Lalike_end:
.Lalike_out:
	ret
.Lalike_differ:
	bsfq	%r8, %r8
	shrq	$3, %r8
	addq	%r8, %rax
	ret
	.size	uik_raw_alike, . - uik_raw_alike

function uik_raw_probe_read
.Lread_begin:
	movb	(%rdi), %al
.Lread_end:
	xorl	%eax, %eax
	ret
	.size	uik_raw_probe_read, . - uik_raw_probe_read

function uik_raw_probe_write
.Lwrite_begin:
	lock orb $0, (%rdi)
.Lwrite_end:
	xorl	%eax, %eax
	ret
.Lprobe_failed:
	movl	$1, %eax
	ret
	.size	uik_raw_probe_write, . - uik_raw_probe_write

	.macro	range begin, end, landing
	.long	\begin - .
	.long	\end - .
	.long	\landing - .
	.endm

	.section .rodata
	.p2align 2
	.globl	uik_raw_table, uik_raw_table_end
	.hidden	uik_raw_table, uik_raw_table_end
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

	.section .data.rel.ro, "aw", @progbits
	.p2align 3
	.globl	uik_raw_exact
	.hidden	uik_raw_exact
uik_raw_exact:
	.quad	0
	.irp	n, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96
	.quad	.Lexact_\n
	.endr
	.section .note.GNU-stack, "", @progbits
