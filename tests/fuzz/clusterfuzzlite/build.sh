#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# The builder sets CC, CFLAGS (sanitizer, coverage), LIB_FUZZING_ENGINE, SRC, OUT.
# Libraries that are not in the runner's image go beside the target.
cd "$SRC/uiommufd"
meson setup /work/build --buildtype=debugoptimized -Dexamples=false \
	-Dwerror=false -Db_lundef=false -Dfuzzer_engine="$LIB_FUZZING_ENGINE"
ninja -C /work/build tests/fuzz/fuzz_calls_fuzzer tests/fuzz/seeds
cp /work/build/tests/fuzz/fuzz_calls_fuzzer "$OUT/fuzz_calls"
cp tests/fuzz/fuzz_calls.dict tests/fuzz/fuzz_calls.options "$OUT/"

(cd /work/build/tests/fuzz/seeds && zip -q "$OUT/fuzz_calls_seed_corpus.zip" ./*)

mkdir -p "$OUT/lib"
ldd "$OUT/fuzz_calls" | awk '/=> \/(usr|lib)/ { print $3 }' |
	grep -E 'glib|unwind|pcre|lzma' | xargs -I{} cp {} "$OUT/lib/"
patchelf --set-rpath '$ORIGIN/lib' "$OUT/fuzz_calls"
