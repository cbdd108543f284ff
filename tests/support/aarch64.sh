#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: kit and core build for aarch64, and their unit tests pass under
# qemu-user.
# usage: aarch64.sh SOURCE BUILD
set -u
source=$1 build=$2
for tool in aarch64-linux-gnu-gcc aarch64-linux-gnu-pkg-config qemu-aarch64; do
	command -v $tool >/dev/null || {
		echo "no $tool"
		exit 77
	}
done

# What one translated thread at a time makes slow; their laws do not depend on
# the machine: models of whole trees, and races to wait for.
slow='kit xarray_model|kit xarray_model narrow'

failed() {
	grep -v '^\[' "$build.log" | tail -60
	echo "aarch64: $1"
	exit 1
}

[ -f "$build/build.ninja" ] ||
	meson setup "$build" "$source" --buildtype=debugoptimized \
		--cross-file "$source/tests/support/aarch64.cross" \
		>"$build.log" 2>&1 || failed 'meson setup failed'
programs=$(ninja -C "$build" -t targets all |
	sed -n 's/^\(tests\/\(kit\|core\)\/[^:]*\): .*LINKER$/\1/p')
[ -n "$programs" ] || failed 'no tests to build'
ninja -C "$build" $programs >"$build.log" 2>&1 || failed 'the build failed'
cd "$build" || exit 1
meson test --no-rebuild --list --suite kit --suite core 2>/dev/null |
	sed -n 's/.* \/ //p' | grep -vxE "$slow" | tr '\n' '\0' |
	xargs -0 meson test --no-rebuild --print-errorlogs -t 10
