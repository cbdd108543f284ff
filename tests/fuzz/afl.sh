#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: the harness works under AFL++ as README.md says: persistent, with our
# mutator, a main and a secondary that learn from each other, no crash.
# usage: afl.sh SOURCE WORK MUTATOR [SECONDS]
set -u
source=$1 work=$2 mutator=$3 seconds=${4:-120}
for tool in afl-clang-fast afl-fuzz meson ninja; do
	command -v $tool >/dev/null || {
		echo "no $tool"
		exit 77
	}
done

failed() {
	echo "afl: $1"
	exit 1
}

mkdir -p "$work" || exit 2
build=$work/build
[ -f "$build/build.ninja" ] ||
	CC=afl-clang-fast meson setup "$build" "$source" -Dfuzzer=true \
		--buildtype=debugoptimized >"$work/log" 2>&1 || {
	tail -20 "$work/log"
	failed 'meson setup failed'
}
ninja -C "$build" tests/fuzz/fuzz_calls_fuzzer tests/fuzz/seeds \
	>>"$work/log" 2>&1 || {
	grep -v '^\[' "$work/log" | tail -40
	failed 'the build failed'
}

# A kernel that hands core dumps to a program, or few processors, are no
# reason to stop; a minute is the shortest time between looks at each other.
export AFL_CUSTOM_MUTATOR_LIBRARY="$mutator" AFL_NO_UI=1 AFL_SYNC_TIME=1
export AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1
export AFL_NO_AFFINITY=1 AFL_CUSTOM_MUTATOR_ONLY=1
rm -rf "$work/sync"
fuzz() {
	afl-fuzz -V "$seconds" -i "$build/tests/fuzz/seeds" -o "$work/sync" \
		"$1" "$2" -- "$build/tests/fuzz/fuzz_calls_fuzzer" \
		>"$work/$2.log" 2>&1 || {
		tail -30 "$work/$2.log"
		return 1
	}
}
fuzz -M main &
main=$!
fuzz -S second1 &
second=$!
wait $main || failed 'the main ended badly'
wait $second || failed 'the secondary ended badly'

value() {
	sed -n "s/^$2 *: *//p" "$work/sync/$1/fuzzer_stats"
}
for name in main second1; do
	echo "$name: $(value $name execs_done) inputs," \
		"$(value $name execs_per_sec) a second," \
		"stability $(value $name stability)," \
		"$(value $name corpus_found) found," \
		"$(value $name corpus_imported) imported"
	grep -aq 'Persistent mode binary detected' "$work/$name.log" ||
		failed "$name is not persistent"
	[ "$(value $name execs_done)" -gt 10000 ] || failed "$name hardly ran"
	[ "$(value $name corpus_found)" -gt 0 ] || failed "$name found nothing"
	[ "$(value $name saved_crashes)" = 0 ] || failed "$name found a crash"
	[ "$(value $name saved_hangs)" = 0 ] || failed "$name found a hang"
done
[ "$(value main corpus_imported)" -gt 0 ] ||
	[ "$(value second1 corpus_imported)" -gt 0 ] ||
	failed 'neither learned from the other'
rm -rf "$work/sync"
