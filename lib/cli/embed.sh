#!/bin/sh
# SPDX-License-Identifier: MIT
# Assembly that holds files: embed.sh FILE...  prints, for each file x.y.xz, the
# hidden symbols builtin_y and builtin_y_end.
echo '	.section .rodata'
for file; do
	name=builtin_$(basename "$file" .xz | sed 's/.*\.//')
	printf '\t.balign 16\n\t.globl %s, %s_end\n\t.hidden %s, %s_end\n' \
		"$name" "$name" "$name" "$name"
	printf '%s:\n\t.incbin "%s"\n%s_end:\n' "$name" "$file" "$name"
done
echo '	.section .note.GNU-stack, "", %progbits'
