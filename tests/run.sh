#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds and runs the tests.  The last line is 'N passed, N failed', counted
# from what the test programs themselves reported.
#
#   sh tests/run.sh           one build, every test
#   sh tests/run.sh --quick   one build, without the slow suites
#   sh tests/run.sh --full    gcc and clang, ASan+UBSan, TSan, valgrind, lint
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/support/packages.sh

mode=normal
case "${1-}" in
'') ;;
--quick) mode=quick ;;
--full) mode=full ;;
*)
	echo "usage: tests/run.sh [--quick | --full]: unknown option '$1'" >&2
	exit 2
	;;
esac

need_packages $uiommufd_build_packages
[ $mode = full ] && need_packages $uiommufd_full_packages

results=$(mktemp) || exit 2
trap 'rm -f "$results"' EXIT
broken=0

# one NAME 'MESON OPTIONS' 'MESON TEST OPTIONS'
one() {
	name=$1 build=${BUILD:-build}-test-$1
	echo "== $name"
	[ -f "$build/build.ninja" ] ||
		meson setup "$build" $2 >"$results.log" 2>&1 || {
		cat "$results.log"
		broken=$((broken + 1))
		return
	}
	ninja -C "$build" >"$results.log" 2>&1 || {
		grep -v '^\[' "$results.log" | head -60
		echo "$name: the build failed"
		broken=$((broken + 1))
		return
	}
	meson test -C "$build" --no-rebuild --print-errorlogs $3 >"$results.log" 2>&1
	grep -vE '^ *[0-9]+/[0-9]+ .* (OK|SKIP) ' "$results.log" | grep -v '^$' | head -200
	set -- "$build"/meson-logs/testlog*.json
	python3 tests/support/count.py "$@" >>"$results" || broken=$((broken + 1))
	rm -f "$build"/meson-logs/testlog*.json
	rm -f "$results.log"
}

base='--buildtype=debugoptimized'
case $mode in
quick) one gcc "$base" '--no-suite slow' ;;
normal) one gcc "$base" '' ;;
full)
	one gcc "$base" ''
	CC=clang one clang "$base" '--no-suite slow --no-suite lint'
	one asan "$base -Db_sanitize=address,undefined -Db_lundef=false" \
		'--no-suite lint -t 4'
	one tsan "$base -Db_sanitize=thread -Db_lundef=false" \
		'--no-suite lint --no-suite single -t 4'
	# Rooms with races to wait for take minutes on valgrind's one thread.
	one valgrind "$base" '--suite kit --suite iommu --setup valgrind'
	;;
esac

awk -v broken=$broken '
	{ passed += $1; failed += $2 }
	END { printf "%d passed, %d failed\n", passed, failed + broken
	      exit failed + broken > 0 }' "$results"
