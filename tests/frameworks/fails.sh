#!/bin/sh
# SPDX-License-Identifier: MIT
# Law: a test that is not right fails, by itself and not by a crash that nobody
# meant, and says why.
#	fails.sh PROGRAM TEST TEXT...
program=$1 test=$2
shift 2
output=$("$program" "$test" 2>&1)
status=$?
# Marked, so that who counts failures does not take it for this test's own words.
printf '%s\n' "$output" | sed 's/^/| /'
# GLib's GTest aborts where it fails.
case $status in
0) echo "it passed"; exit 1 ;;
134) printf '%s\n' "$output" | grep -q '^Bail out!' || exit 1 ;;
12[6-9] | 1[3-9][0-9] | 2*) echo "status $status"; exit 1 ;;
esac
for text; do
	printf '%s\n' "$output" | grep -qF -e "$text" || {
		echo "it does not say: $text"
		exit 1
	}
done
