#!/bin/sh
# Builds ganbend for Windows 10 and later on x86-64, on a Debian machine: the program, static, and a zip with it.
#
#     sh tools/scripts/windows.sh [--out DIR]           builds DIR/ganbend-VERSION-windows.zip; DIR is build-windows if not given
#     sh tools/scripts/windows.sh [--out DIR] --test    also tests the program under wine
#
# The libraries are built from Debian's sources and kept in DIR, as is the build. `sh tools/scripts/packages.sh windows` installs the
# compiler, and wine. docs/windows.md says what differs on Windows.
set -eu
cd "$(dirname "$0")/../.."
out=build-windows
test=no
while [ $# -gt 0 ]; do
    case $1 in
    --out)
        [ $# -gt 1 ] || { echo "windows.sh: --out needs a folder" >&2; exit 2; }
        out=$2
        shift
        ;;
    --test) test=yes ;;
    --help)
        sed -n '2,/^set -eu$/s/^# \{0,1\}//p' tools/scripts/windows.sh | sed '$d'
        exit
        ;;
    *)
        echo "usage: sh tools/scripts/windows.sh [--out DIR] [--test]" >&2
        exit 2
        ;;
    esac
    shift
done
command -v x86_64-w64-mingw32-gcc-posix >/dev/null || {
    echo "windows.sh: there is no x86_64-w64-mingw32-gcc-posix; 'sh tools/scripts/packages.sh windows' installs it" >&2
    exit 1
}
out=$(realpath -m "$out")
toolchain=$PWD/tools/scripts/mingw.cmake
mkdir -p "$out"

# ---- the libraries
CC=x86_64-w64-mingw32-gcc-posix AR=x86_64-w64-mingw32-ar CMAKE_TOOLCHAIN_FILE=$toolchain \
    sh tools/scripts/libraries.sh "$out/libraries" zlib libpng jansson libyaml libjpeg-turbo libwebsockets

# ---- the program
export PKG_CONFIG_LIBDIR="$out/libraries/lib/pkgconfig"
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
# shellcheck disable=SC2086  # an option or none
cmake -S . -B "$out/build" -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DCMAKE_BUILD_TYPE=Release -DGANBEND_WERROR=ON -DGANBEND_CUDA=OFF \
    -DGANBEND_OPENBLAS=OFF -DGANBEND_CAIRO=OFF -DGANBEND_OSC=OFF -DGANBEND_TESTS=OFF $launcher \
    -DZLIB_LIBRARY="$out/libraries/lib/libz.a" -DZLIB_INCLUDE_DIR="$out/libraries/include" \
    -DPNG_LIBRARY="$out/libraries/lib/libpng.a" -DPNG_PNG_INCLUDE_DIR="$out/libraries/include"
cmake --build "$out/build" -j "$(nproc)" --target ganbend

# ---- the zip
version=$(sed -n 's/^#define GB_VERSION_STRING "\(.*\)"/\1/p' engine/ganbend.h)
name=ganbend-$version-windows
rm -rf "${out:?}/$name" "$out/$name.zip"
mkdir -p "$out/$name/licenses"
cp "$out/build/tools/ganbend.exe" "$out/$name"
x86_64-w64-mingw32-strip "$out/$name/ganbend.exe"
cp LICENSE docs/windows.md "$out/$name"
for library in zlib libpng jansson libyaml libjpeg-turbo libwebsockets; do
    cp "$out/libraries/sources/$library/debian/copyright" "$out/$name/licenses/$library.txt"
done
(cd "$out" && cmake -E tar cf "$name.zip" --format=zip "$name")
echo "$out/$name.zip: $(stat -c %s "$out/$name.zip") bytes; ganbend.exe: $(stat -c %s "$out/$name/ganbend.exe") bytes"

# What the program loads must be part of Windows.
x86_64-w64-mingw32-objdump -p "$out/$name/ganbend.exe" | sed -n 's/^\tDLL Name: //p' | while read -r dll; do
    case $(echo "$dll" | tr A-Z a-z) in
    advapi32.dll | bcrypt.dll | crypt32.dll | iphlpapi.dll | kernel32.dll | msvcrt.dll | psapi.dll | shell32.dll | user32.dll | \
        userenv.dll | ws2_32.dll) ;;
    *) echo "windows.sh: ganbend.exe needs $dll, which is no part of Windows" >&2; exit 1 ;;
    esac
done

[ $test = no ] || sh tests/tools/windows.sh "$out/$name/ganbend.exe" "$out"
