#!/bin/sh
# SPDX-License-Identifier: MIT
# Laws of a library that a distribution optimises while linking: it exports what
# it does otherwise, the main job ends cleanly, and `uiommufd run` still tells a
# program's calls from its own.
# usage: lto.sh SOURCE
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
build=$work/build
# As distributions do it: by the environment, not by Meson's b_lto.
CFLAGS='-O2 -flto=auto' LDFLAGS='-O2 -flto=auto' \
	meson setup "$build" "$1" -Dtests=disabled -Dexamples=false \
	--buildtype=plain >"$work/log" 2>&1 &&
	ninja -C "$build" >>"$work/log" 2>&1 || {
	tail -40 "$work/log"
	echo "the build failed"
	exit 1
}
failed=0
python3 "$1/tests/lint/exports.py" "$build/lib/libuiommufd.so" \
	"$1/tests/lint/exports.txt" || failed=1
"$build/lib/cli/uiommufd" vcmdq >"$work/vcmdq" 2>&1 || {
	tail -20 "$work/vcmdq"
	failed=1
}
cat >"$work/client.py" <<'PYTHON'
import fcntl, os, struct
fd = os.open("/dev/iommu", os.O_RDWR)
ioas = bytearray(struct.pack("III", 12, 0, 0))
fcntl.ioctl(fd, 0x3b81, ioas)
destroy = struct.pack("II", 8, struct.unpack("III", ioas)[2])
fcntl.ioctl(fd, 0x3b80, destroy)
os.close(fd)
PYTHON
timeout 60 "$build/lib/cli/uiommufd" run --leak-check -- \
	python3 "$work/client.py" || {
	echo "a client under run: status $?"
	failed=1
}
exit $failed
