#!/bin/sh
# Installs missing Debian or Ubuntu packages: `packages.sh build` those needed to build ganbend, `check` also those of the
# tests, `long` also those of the long tests, `arm` those for building and testing for 64-bit ARM on another Debian machine
# (tools/scripts/aarch64.cmake).
set -u
packages="build-essential cmake pkg-config zlib1g-dev libpng-dev libjansson-dev libyaml-dev libcairo2-dev libopenblas-dev libcmocka-dev"
packages="$packages libwebsockets-dev libturbojpeg0-dev liblo-dev"
case ${1-build} in
check) packages="$packages nodejs ffmpeg" ;;
long) packages="$packages nodejs ffmpeg valgrind chromium chromium-driver doxygen groff-base man-db mandoc zsh fish" ;;
arm)
    packages="cmake pkg-config gcc-aarch64-linux-gnu qemu-user"
    for library in zlib1g libpng libjansson libyaml libcmocka; do
        packages="$packages $library-dev:arm64"
    done
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "packages.sh: not Debian or Ubuntu, so nothing is installed; the build needs $packages"
    exit 0
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "packages.sh: only root can run: $*" >&2
        return 1
    fi
}

install() {
    echo "packages.sh: installing $*"
    as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Asks for the architecture, since a library of another architecture may be installed under the same name.
native=$(dpkg --print-architecture)
missing=
for package in $packages; do
    case $package in *:*) of_one=$package ;; *) of_one=$package:$native ;; esac
    case $(dpkg-query -W -f '${Status}' "$of_one" 2>/dev/null) in
    *" installed") ;;
    *) missing="$missing $package" ;;
    esac
done
if [ -n "$missing" ]; then
    case $missing in
    *:arm64*)
        dpkg --print-foreign-architectures | grep -qx arm64 || as_root dpkg --add-architecture arm64 || exit 1
        ;;
    esac
    # shellcheck disable=SC2086  # one word for each package
    install $missing || exit 1
fi

# Debian has a separate package for npm; elsewhere it is part of nodejs.
if [ "${1-build}" = long ]; then
    command -v npm >/dev/null 2>&1 || install npm || exit 1
fi

# The fuzzers need any version of clang with its runtime library.
if [ "${1-build}" = long ] && ! sh "$(dirname "$0")/fuzzing_clang.sh" >/dev/null; then
    command -v clang >/dev/null 2>&1 || install clang || exit 1
    version=$(clang -dumpversion | cut -d. -f1)
    sh "$(dirname "$0")/fuzzing_clang.sh" >/dev/null || install "libclang-rt-$version-dev" || exit 1
fi
