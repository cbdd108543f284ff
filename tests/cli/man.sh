#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: every manual page can be shown without a warning, every command has one,
# and every option of the command is in it.
# usage: man.sh COMMAND SOURCES [FOLDER...]
command=$1 sources=$2
shift
command -v groff >/dev/null || exit 77
pages=0 failed=0
for page in $(find "$@" -name '*.[1-8]'); do
	pages=$((pages + 1))
	warnings=$(groff -man -Tutf8 -ww -rLL=78n -z "$page" 2>&1)
	[ -z "$warnings" ] && continue
	echo "$warnings"
	failed=1
done
names=$("$command" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
[ -n "$names" ] || failed=1
for name in $names; do
	page=$sources/uiommufd-$name.1
	[ -f "$page" ] || { echo "$name has no page"; failed=1; continue; }
	options=$("$command" "$name" --help-all |
		sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' | grep -v '^--help')
	for option in $options; do
		sed 's/\\//g' "$page" | grep -q -e "$option" && continue
		echo "$page has no $option"
		failed=1
	done
done
[ $pages -gt 100 ] || failed=1
echo "$pages pages"
exit $failed
