#!/bin/sh
# Installs missing Debian or Ubuntu packages, and says what to install elsewhere.
#
#     packages.sh core       needed to build ganbend
#     packages.sh build      also those of its optional parts: studio, OSC, sheets and plots, OpenBLAS (the default)
#     packages.sh check      also those of the tests
#     packages.sh long       also those of the long tests
#     packages.sh arm        to build and test for 64-bit ARM on another Debian machine (tools/scripts/aarch64.cmake)
#     packages.sh platforms  to try an installation in a bare Debian (tools/scripts/platforms/bare.sh)
#     packages.sh musl       to make the smallest build (tools/scripts/platforms/musl.sh)
#     packages.sh wasm       to build for WebAssembly (tools/web/build.sh)
#     packages.sh windows    to build for Windows, and to test that with wine (tools/scripts/windows.sh)
#     packages.sh deb        to make and try Debian packages (tools/scripts/platforms/deb.sh)
#     packages.sh python     to build and try the Python module (tools/scripts/platforms/python.sh)
#     packages.sh slurm      to run a farm on a Slurm of its own (tools/scripts/platforms/slurm.sh)
#     packages.sh lines      prints the commands for other systems
set -u
core="gcc libc6-dev make cmake pkg-config zlib1g-dev libpng-dev libjansson-dev libyaml-dev"
optional="libcairo2-dev libopenblas-dev libwebsockets-dev libturbojpeg0-dev liblo-dev"

lines() {
    cat <<'END'
Debian, Ubuntu: sudo apt-get install --no-install-recommends gcc libc6-dev make cmake pkg-config zlib1g-dev libpng-dev libjansson-dev libyaml-dev
    optional: libcairo2-dev libopenblas-dev libwebsockets-dev libturbojpeg0-dev liblo-dev ffmpeg
Fedora: sudo dnf install gcc make cmake pkgconf-pkg-config zlib-devel libpng-devel jansson-devel libyaml-devel
    optional: cairo-devel openblas-devel libwebsockets-devel turbojpeg-devel liblo-devel ffmpeg-free
Arch: sudo pacman -S --needed gcc make cmake pkgconf zlib libpng jansson libyaml
    optional: cairo openblas libwebsockets libjpeg-turbo liblo ffmpeg
macOS: brew install cmake pkg-config libpng jansson libyaml
    optional: cairo openblas libwebsockets jpeg-turbo liblo ffmpeg
END
}

case ${1-build} in
core) packages=$core ;;
build) packages="$core $optional" ;;
check) packages="$core $optional libcmocka-dev nodejs ffmpeg" ;;
long)
    packages="$core $optional libcmocka-dev nodejs ffmpeg valgrind chromium chromium-driver doxygen groff-base man-db mandoc zsh fish"
    ;;
arm)
    packages="cmake pkg-config gcc-aarch64-linux-gnu qemu-user"
    for library in zlib1g libpng libjansson libyaml libcmocka; do
        packages="$packages $library-dev:arm64"
    done
    ;;
platforms) packages="mmdebstrap git" ;;
musl) packages="musl-tools dpkg-dev time" ;;
wasm) packages="emscripten cmake make pkg-config dpkg-dev nodejs" ;;
windows) packages="mingw-w64 nasm cmake make pkg-config dpkg-dev wine64 wine" ;;
deb) packages="dpkg-dev lintian mmdebstrap" ;;
python)
    packages="$core python3-pip python3-venv python3-setuptools python3-wheel python3-numpy python3-torch jupyter-nbconvert"
    packages="$packages jupyter-client python3-ipykernel mypy"
    ;;
slurm) packages="slurm-wlm munge parallel" ;;
lines)
    lines
    exit
    ;;
*)
    echo "packages.sh: unknown set '$1'; expected core, build, check, long, arm, platforms, musl, wasm, windows, deb, python, slurm or lines" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "packages.sh: not Debian or Ubuntu, so nothing is installed. What the build needs:"
    lines
    exit 0
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "packages.sh: these packages are missing, and only root can install them. Ask for:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
}

install() {
    echo "packages.sh: installing $*"
    # The system's own updates may run at the same time: their end is waited for.
    as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -o DPkg::Lock::Timeout=300 -y -qq --no-install-recommends "$@"
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
