#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: build.sh of clusterfuzzlite/ makes, in surroundings like its container's,
# targets that stand alone in $OUT with seeds, dictionary and options, and run.
# usage: oss_fuzz.sh SOURCE WORK
set -u
source=$1 work=$2
for tool in clang clang++ meson ninja zip unzip patchelf; do
	command -v $tool >/dev/null || {
		echo "no $tool"
		exit 77
	}
done
echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	clang -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null || {
	echo "no libFuzzer"
	exit 77
}

failed() {
	echo "oss_fuzz: $1"
	exit 1
}

rm -rf "$work"
mkdir -p "$work/src/uiommufd" "$work/out" "$work/work" "$work/run" || exit 2
tar -C "$source" --exclude=./.git --exclude='./build*' -cf - . |
	tar -C "$work/src/uiommufd" -xf - || exit 2

export SRC="$work/src" OUT="$work/out" WORK="$work/work"
cache=$(command -v ccache)	# saves minutes where there is one
export CC="$cache clang" CXX="$cache clang++"
export SANITIZER=address FUZZING_ENGINE=libfuzzer
export LIB_FUZZING_ENGINE=-fsanitize=fuzzer
# The image has GLib 2.64: nothing younger may be used.
CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=address
	-fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	-DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_64
	-DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_64
	-Werror=deprecated-declarations"
CFLAGS=$(echo $CFLAGS)
export CFLAGS CXXFLAGS="$CFLAGS"
bash "$source/tests/fuzz/clusterfuzzlite/build.sh" >"$work/log" 2>&1 || {
	grep -v '^\[' "$work/log" | tail -40
	failed 'build.sh failed'
}

# As the runner does: in a directory of its own, from what is in $OUT.
run_target() {
	target=$1
	for file in .dict .options _seed_corpus.zip; do
		[ -s "$OUT/$target$file" ] || failed "no $target$file"
	done
	grep -qx "dict = $target.dict" "$OUT/$target.options" ||
		failed "$target.options names another dictionary"
	ldd "$OUT/$target" | grep -E 'glib|unwind|pcre|lzma' |
		grep -v "=> $OUT/lib/" && failed "$target needs libraries of the system"
	mkdir "$work/run/$target" || exit 2
	unzip -q "$OUT/${target}_seed_corpus.zip" -d "$work/run/$target/seeds" ||
		failed "bad seeds of $target"
	(cd "$work/run/$target" &&
		"$OUT/$target" -seed=1 -runs=1000 -entropic=0 -max_len=1024 \
			-dict="$OUT/$target.dict" seeds) \
		>"$work/run/$target/log" 2>&1 || {
		tail -40 "$work/run/$target/log"
		failed "$target failed"
	}
	grep -E '^Done [0-9]+ runs' "$work/run/$target/log" ||
		failed "$target did not run"
}

targets=$(find "$OUT" -maxdepth 1 -type f -perm -u+x -printf '%f\n' | sort)
[ "$(echo $targets)" = \
	'fuzz_calls fuzz_calls_noiommu fuzz_calls_smmuv3 fuzz_calls_tegra241' ] ||
	failed "other targets: $targets"
# Two at a time: there are two processors at least where this is run.
set -- $targets
while [ $# -gt 0 ]; do
	(run_target "$1") &
	first=$!
	(run_target "$2") || exit 1
	wait $first || exit 1
	shift 2
done
rm -rf "$work"
