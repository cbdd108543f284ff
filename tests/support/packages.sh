# SPDX-License-Identifier: MIT
# Sourced by the scripts a newcomer runs: makes sure that the Debian packages
# named as arguments are there.  Root gets them installed; anybody else is told
# what to install.

uiommufd_build_packages='gcc make pkg-config meson ninja-build libglib2.0-dev libunwind-dev libcmocka-dev liblzma-dev libjson-glib-dev libdw-dev'
uiommufd_full_packages='check cmake gdb patch clang llvm libclang-rt-14-dev valgrind g++ cppcheck clang-tidy libjudy-dev liburcu-dev'

# Another machine's compiler, libraries and emulator.
uiommufd_arm64_packages='gcc-aarch64-linux-gnu qemu-user pkgconf:arm64 libc6-dev:arm64 libglib2.0-dev:arm64 libunwind-dev:arm64 libcmocka-dev:arm64 liblzma-dev:arm64 libjson-glib-dev:arm64'

# long_packages [TEST]: what a test of the suite long needs besides; all of them.
long_packages() {
	case "${1:-}" in
	aarch64) [ "$(uname -m)" != x86_64 ] || echo "$uiommufd_arm64_packages" ;;
	cli-page) echo chromium ;;
	coverage) echo gcovr ;;
	fuzz-afl) echo afl++ ;;
	fuzz-oss) echo patchelf zip unzip ;;
	packaging-api) echo doxygen ;;
	packaging-debian) echo dpkg-dev debhelper lintian ;;
	'')
		for test in aarch64 cli-page coverage fuzz-afl fuzz-oss packaging-api \
			packaging-debian; do
			long_packages $test
		done
		;;
	esac
}

need_packages() {
	missing=
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'install ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "Please install these Debian packages first:$missing" >&2
		case "$missing" in *:arm64*)
			echo "  sudo dpkg --add-architecture arm64" >&2 ;;
		esac
		echo "  sudo apt-get install$missing" >&2
		exit 1
	fi
	echo "Installing:$missing"
	case "$missing" in *:arm64*) dpkg --add-architecture arm64 ;; esac
	apt-get update -qq &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $missing >/dev/null || {
		echo "apt-get could not install:$missing" >&2
		exit 1
	}
}
