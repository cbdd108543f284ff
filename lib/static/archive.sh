#!/bin/sh
# SPDX-License-Identifier: MIT
# One object in an archive: whoever links it gets every driver, although nothing
# refers to their constructors.  Hidden names become the object's own: a program
# may use them too, and bring a driver that the library has as well.
# usage: archive.sh OBJCOPY AR OUTPUT ARCHIVE... -- CC...
set -e
objcopy=$1 ar=$2 output=$3
shift 3
archives=
while [ "$1" != -- ]; do
	archives="$archives $1"
	shift
done
shift
object=${output%.a}.o
# shellcheck disable=SC2086 # a list
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive $archives
"$objcopy" --localize-hidden "$object"
rm -f "$output"
"$ar" rcsD "$output" "$object"
rm -f "$object"
