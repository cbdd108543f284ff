#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: gdb shows objects, XArrays and registers of a stopped program.
# usage: gdb.sh SCRIPT PROGRAM LIBDIR
command -v gdb >/dev/null || exit 77
out=$(LD_LIBRARY_PATH=$3 timeout 300 gdb -nx -batch \
	-ex 'set breakpoint pending on' -ex 'set debuginfod enabled off' \
	-ex 'break iommufd_objects_teardown' -ex 'run </dev/null' \
	-ex "source $1" -ex 'info iommufd ictx' -ex 'print ictx->objects' \
	-ex 'print ictx->groups' \
	-ex "info registers-of watched_platform->sim->smmu" \
	-ex 'info iommufd' --args "$2" 2>&1)
failed=0
expect() {
	echo "$out" | grep -qE "$1" && return
	echo "no line like '$1' in:"
	echo "$out"
	failed=1
}
expect '^IOAS 1 users 1 wait 1 +\(struct iommufd_ioas \*\) 0x'
expect 'idmap, 1 numbers used'
expect 'xarray of 0'
expect '^CR0\[0\] = 0x[0-9a-f]+ SMMUEN=0x1 '
expect 'info iommufd: an expression'
exit $failed
