#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: every manual page can be shown without a warning.
# usage: man.sh FOLDER...
command -v groff >/dev/null || exit 77
pages=0 failed=0
for page in $(find "$@" -name '*.[1-8]'); do
	pages=$((pages + 1))
	warnings=$(groff -man -Tutf8 -ww -rLL=78n -z "$page" 2>&1)
	[ -z "$warnings" ] && continue
	echo "$warnings"
	failed=1
done
[ $pages -gt 30 ] || failed=1
echo "$pages pages"
exit $failed
