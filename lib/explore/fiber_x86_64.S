/* SPDX-License-Identifier: MIT */
/*
 * void explore_switch(void **save_sp, void *sp): rdi, rsi.
 * The frame at a saved sp, upwards: r15 r14 r13 r12 rbx rbp, return address.
 */
	.text
	.globl explore_switch
	.hidden explore_switch
	.type explore_switch, @function
	.balign 16
explore_switch:
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
	.size explore_switch, .-explore_switch

/* Nobody called it: unwinding ends here. */
	.globl explore_begin
	.hidden explore_begin
	.type explore_begin, @function
	.balign 16
explore_begin:
	.cfi_startproc
	.cfi_undefined rip
	movq %r15, %rdi
	xorl %ebp, %ebp
	andq $-16, %rsp
	callq *%r14
	ud2
	.cfi_endproc
	.size explore_begin, .-explore_begin

	.section .note.GNU-stack, "", @progbits
