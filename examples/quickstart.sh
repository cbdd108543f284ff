#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh Debian machine to a running VCMDQ: installs what is missing,
# builds a release of the command, and runs the main job.  Arguments go to
# `uiommufd vcmdq`.
set -eu
cd "$(dirname "$0")/.."
. tests/support/packages.sh
need_packages $uiommufd_build_packages
build=${BUILD:-build}
if [ ! -f "$build/build.ninja" ]; then
	meson setup "$build" --buildtype=release >/dev/null
fi
ninja -C "$build" lib/cli/uiommufd >"$build/build.log" 2>&1 || {
	cat "$build/build.log"
	exit 1
}
exec "$build/lib/cli/uiommufd" vcmdq "$@"
