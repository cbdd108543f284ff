/* SPDX-License-Identifier: MIT */
/*
 * void uik_fiber_swap(void **save_sp, void *sp): rdi, rsi.
 * The frame at a saved sp, upwards: r15 r14 r13 r12 rbx rbp, return address.
 */
	.text
	.globl uik_fiber_swap
	.hidden uik_fiber_swap
	.type uik_fiber_swap, @function
	.balign 16
uik_fiber_swap:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.size uik_fiber_swap, .-uik_fiber_swap

/* Nobody called it: unwinding ends here. */
	.globl uik_fiber_begin
	.hidden uik_fiber_begin
	.type uik_fiber_begin, @function
	.balign 16
uik_fiber_begin:
	.cfi_startproc
	.cfi_undefined rip
	movq %r15, %rdi
	xorl %ebp, %ebp
	andq $-16, %rsp
	callq *%r14
	ud2
	.cfi_endproc
	.size uik_fiber_begin, .-uik_fiber_begin

	.section .note.GNU-stack, "", @progbits
