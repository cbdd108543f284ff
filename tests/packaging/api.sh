#!/bin/sh
# SPDX-License-Identifier: MIT
# Laws of the API reference: Doxygen makes it without a warning, every exported
# function of the public headers is in it, and a wrong reference in a header is
# seen (so that silence means something).
# usage: api.sh SOURCE
set -u
command -v doxygen >/dev/null || {
	echo "no doxygen"
	exit 77
}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cp -r "$1/include" "$1/examples" "$work" || exit 2
cd "$work/examples/guide/api" || exit 2
failed=0
export OUT="$work"
doxygen >"$work/log" 2>&1 || failed=1
if [ -s "$work/log" ]; then
	head -40 "$work/log"
	failed=1
fi
missing=0
for name in $(sed -n 's/^UIOMMUFD_API.*[ *]\(uiommufd_[a-z0-9_]*\)(.*/\1/p' \
	"$work"/include/uiommufd/*.h); do
	grep -qr "$name" "$work"/html/*_8h.html || {
		echo "$name is not in the reference"
		missing=$((missing + 1))
	}
done
[ $missing -eq 0 ] || failed=1
printf '\n/** wrong - see \\ref no_such_thing. */\nint uiommufd_wrong(void);\n' \
	>>"$work/include/uiommufd/client.h"
doxygen >"$work/log" 2>&1
grep -q no_such_thing "$work/log" || {
	# The filter takes commands for text; undefine it for this.
	sed -i '/INPUT_FILTER/d' Doxyfile
	doxygen >"$work/log" 2>&1
	grep -q no_such_thing "$work/log" || {
		echo "a wrong reference is not seen"
		failed=1
	}
}
exit $failed
