#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds and runs the tests.  The last line is 'N passed, N failed', counted
# from what the test programs themselves reported.
#
#   sh tests/run.sh                one build, every test but the long ones
#   sh tests/run.sh --quick        one build, without the slow suites
#   sh tests/run.sh --full         gcc and clang, ASan+UBSan, TSan, valgrind, lint
#   sh tests/run.sh --full --long  and the long suites: browsers, packages, ...
#   sh tests/run.sh --full --turn  and one of the long ones, by commit in turn
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/support/packages.sh

mode=normal
long=none
for option; do
	case "$option" in
	--quick) mode=quick ;;
	--full) mode=full ;;
	--long) long=all ;;
	--turn) long=turn ;;
	*)
		echo "usage: tests/run.sh [--quick | --full [--long | --turn]]:" \
			"unknown option '$option'" >&2
		exit 2
		;;
	esac
done
if [ $long != none ] && [ $mode != full ]; then
	echo "tests/run.sh: --long and --turn go with --full" >&2
	exit 2
fi

need_packages $uiommufd_build_packages
[ $mode = full ] && need_packages $uiommufd_full_packages
[ $long = all ] && need_packages $(long_packages)

results=$(mktemp) || exit 2
trap 'rm -f "$results"' EXIT
broken=0

# one NAME 'MESON OPTIONS' 'MESON TEST OPTIONS' [NAME OF ANOTHER, ITS BUILD]
one() {
	name=$1 build=${BUILD:-build}-test-${4:-$1}
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

# One test of the long suites; the next commit gets the next one.
long_test_in_turn() {
	meson test -C "${BUILD:-build}-test-gcc" --no-rebuild --suite long --list \
		2>/dev/null | sed -n 's|.* / ||p' | awk -v \
		turn="$(git rev-list --count HEAD 2>/dev/null || echo 0)" \
		'{ name[NR - 1] = $0 } END { if (NR) print name[turn % NR] }'
}

base='--buildtype=debugoptimized'
case $mode in
quick) one gcc "$base" '--no-suite slow --no-suite long' ;;
normal) one gcc "$base" '--no-suite long' ;;
full)
	one gcc "$base" '--no-suite long'
	CC=clang one clang "$base" '--no-suite slow --no-suite lint --no-suite long'
	one asan "$base -Db_sanitize=address,undefined -Db_lundef=false" \
		'--no-suite lint --no-suite compiler --no-suite consumers
		 --no-suite unchecked --no-suite long -t 4'
	# Suite single: programs of one thread.
	one tsan "$base -Db_sanitize=thread -Db_lundef=false" \
		'--no-suite lint --no-suite compiler --no-suite consumers
		 --no-suite explore --no-suite single --no-suite long -t 4'
	# Rooms with races to wait for take minutes on valgrind's one thread.
	one valgrind "$base" '--suite kit --suite iommu --suite core --suite client
		 --suite objects --no-suite novalgrind --setup valgrind' gcc
	;;
esac
report=${BUILD:-build}-test-gcc/coverage.txt
rm -f "$report"
case $long in
all) one gcc "$base" '--suite long -t 4' ;;
turn)
	turn=$(long_test_in_turn)
	(need_packages $(long_packages "$turn")) || broken=$((broken + 1))
	one gcc "$base" "$turn -t 4"
	;;
esac
if [ -f "$report" ]; then
	echo "== coverage"
	cat "$report"
fi

awk -v broken=$broken '
	{ passed += $1; failed += $2 }
	END { printf "%d passed, %d failed\n", passed, failed + broken
	      exit failed + broken > 0 }' "$results"
