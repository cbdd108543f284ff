/* SPDX-License-Identifier: MIT */
/*
 * void uik_fiber_swap(void **save_sp, void *sp): x0, x1.
 * The frame at a saved sp, upwards: x19 to x28, x29, x30, d8 to d15.
 */
	.text
	.globl uik_fiber_swap
	.hidden uik_fiber_swap
	.type uik_fiber_swap, %function
	.balign 16
uik_fiber_swap:
	sub sp, sp, #160
	stp x19, x20, [sp, #0]
	stp x21, x22, [sp, #16]
	stp x23, x24, [sp, #32]
	stp x25, x26, [sp, #48]
	stp x27, x28, [sp, #64]
	stp x29, x30, [sp, #80]
	stp d8, d9, [sp, #96]
	stp d10, d11, [sp, #112]
	stp d12, d13, [sp, #128]
	stp d14, d15, [sp, #144]
	mov x9, sp
	str x9, [x0]
	mov sp, x1
	ldp x19, x20, [sp, #0]
	ldp x21, x22, [sp, #16]
	ldp x23, x24, [sp, #32]
	ldp x25, x26, [sp, #48]
	ldp x27, x28, [sp, #64]
	ldp x29, x30, [sp, #80]
	ldp d8, d9, [sp, #96]
	ldp d10, d11, [sp, #112]
	ldp d12, d13, [sp, #128]
	ldp d14, d15, [sp, #144]
	add sp, sp, #160
	ret
	.size uik_fiber_swap, .-uik_fiber_swap

/* Nobody called it: unwinding ends here. */
	.globl uik_fiber_begin
	.hidden uik_fiber_begin
	.type uik_fiber_begin, %function
	.balign 16
uik_fiber_begin:
	.cfi_startproc
	.cfi_undefined x30
	mov x0, x19
	mov x29, xzr
	mov x30, xzr
	blr x20
	brk #0
	.cfi_endproc
	.size uik_fiber_begin, .-uik_fiber_begin

	.section .note.GNU-stack, "", %progbits
