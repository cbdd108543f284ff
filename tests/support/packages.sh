# SPDX-License-Identifier: MIT
# Sourced by the scripts a newcomer runs: makes sure that the Debian packages
# named as arguments are there.  Root gets them installed; anybody else is told
# what to install.

uiommufd_build_packages='gcc make pkg-config meson ninja-build libglib2.0-dev libunwind-dev libcmocka-dev liblzma-dev libjson-glib-dev libdw-dev'
uiommufd_full_packages='check cmake gdb patch clang llvm libclang-rt-14-dev valgrind g++ cppcheck clang-tidy libjudy-dev liburcu-dev'

uiommufd_long_packages='doxygen dpkg-dev debhelper lintian gcovr'

need_packages() {
	missing=
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'install ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "Please install these Debian packages first:$missing" >&2
		echo "  sudo apt-get install$missing" >&2
		exit 1
	fi
	echo "Installing:$missing"
	apt-get update -qq &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $missing >/dev/null || {
		echo "apt-get could not install:$missing" >&2
		exit 1
	}
}
