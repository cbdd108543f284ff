#!/bin/sh
# SPDX-License-Identifier: MIT
# The same driver file, here and in a kernel tree.
#
#   sh examples/port/check.sh          builds it against include/kernel
#   sh examples/port/check.sh KERNEL   and as a module of that configured tree
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is compiled is what would be given to the kernel: copies, as they are.
cp "$root/examples/own_driver.c" "$root/examples/own_driver.h" "$here/Kbuild" "$work"
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -fno-strict-aliasing -Wall -Werror \
	-I "$root/include/kernel" -I "$root/include" -c "$work/own_driver.c" \
	-o "$work/here.o"
rm "$work/here.o"
echo "own_driver.c builds against include/kernel"

# Nothing of this library is named in it.
if grep -nE 'uiommufd|uik_|<uik/' "$work/own_driver.c"; then
	echo "own_driver.c knows this library" >&2
	exit 1
fi

if [ $# -gt 0 ]; then
	[ -f "$1/Makefile" ] || {
		echo "$1 is no kernel tree" >&2
		exit 2
	}
	make -C "$1" M="$work" modules
	echo "own_driver.c builds in $1"
fi
lines=$(diff "$root/examples/own_driver.c" "$work/own_driver.c" | wc -l)
echo "difference: $lines lines"
[ "$lines" -eq 0 ]
