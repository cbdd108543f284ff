#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: the Debian source package builds, lintian finds no errors in it, and the
# packages have what they are for.
# usage: debian.sh SOURCE
set -u
source=$1
for tool in dpkg-buildpackage dh lintian; do
	command -v $tool >/dev/null || {
		echo "no $tool"
		exit 77
	}
done
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
tree=$work/uiommufd
mkdir "$tree" || exit 2
tar -C "$source" --exclude=./.git --exclude='./build*' -cf - . |
	tar -C "$tree" -xf - || exit 2
cp -r "$source/examples/packaging/debian" "$tree/debian" || exit 2
cd "$tree" || exit 2
# A cache of compiled objects saves minutes where there is one.
[ -d /usr/lib/ccache ] && PATH=/usr/lib/ccache:$PATH
export HOME="${HOME:-$work}"
DEB_BUILD_OPTIONS="parallel=$(nproc)" dpkg-buildpackage -us -uc \
	>"$work/log" 2>&1 || {
	tail -60 "$work/log"
	echo "dpkg-buildpackage failed"
	exit 1
}
failed=0
lintian --allow-root --fail-on error "$work"/*.changes >"$work/lintian" 2>&1 || failed=1
cat "$work/lintian"
grep '^E:' "$work/lintian" && failed=1
has() {
	dpkg-deb -c "$work"/$1_*.deb >"$work/contents" || failed=1
	grep -q "$2" "$work/contents" && return
	echo "$1 has no $2"
	failed=1
}
has libuiommufd0 'libuiommufd\.so\.0$\|libuiommufd\.so\.0 '
has libuiommufd-dev include/uiommufd/client.h
has libuiommufd-dev pkgconfig/uiommufd-driver.pc
has libuiommufd-dev libuiommufd.a
has libuiommufd-dev man3/uiommufd_open.3
has uiommufd bin/uiommufd
has uiommufd libuiommufd-preload.so
has uiommufd man1/uiommufd-replay.1
ls "$work"/*.dsc >/dev/null || failed=1
exit $failed
