#!/bin/bash
# SPDX-License-Identifier: MIT
# The builder sets SRC, OUT, WORK, CC, CXX, CFLAGS, CXXFLAGS (sanitizer, coverage)
# and LIB_FUZZING_ENGINE.
set -eu
source=$SRC/uiommufd
build=$WORK/uiommufd

rm -rf "$build"
meson setup "$build" "$source" --buildtype=debugoptimized -Dexamples=false \
	-Dwerror=false -Db_lundef=false -Dfuzzer_engine="$LIB_FUZZING_ENGINE"
targets=$(ninja -C "$build" -t targets all |
	sed -n 's,^tests/fuzz/\(fuzz_[^:]*\)_fuzzer: .*LINKER$,\1,p')
ninja -C "$build" tests/fuzz/seeds \
	$(printf 'tests/fuzz/%s_fuzzer ' $targets)
(cd "$build/tests/fuzz/seeds" && zip -q -r "$WORK/seeds.zip" .)

# Libraries that the runner's image lacks go beside the targets.  RPATH: it is
# good for what the libraries need themselves, which RUNPATH is not.
mkdir -p "$OUT/lib"
for target in $targets; do
	cp "$build/tests/fuzz/${target}_fuzzer" "$OUT/$target"
	cp "$WORK/seeds.zip" "$OUT/${target}_seed_corpus.zip"
	cp "$source/tests/fuzz/fuzz_calls.dict" "$OUT/$target.dict"
	sed "s/^dict = .*/dict = $target.dict/" \
		"$source/tests/fuzz/fuzz_calls.options" >"$OUT/$target.options"
	ldd "$OUT/$target" | awk '/=> \// { print $3 }' |
		grep -vE '/(libc|libm|libdl|librt|libpthread|libgcc_s)\.so' |
		xargs -r cp -t "$OUT/lib"
	patchelf --force-rpath --set-rpath '$ORIGIN/lib' "$OUT/$target"
done
