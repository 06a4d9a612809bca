#!/bin/sh
# Compiles ganbend to WebAssembly with Debian's emscripten, and zlib, libpng, jansson, libyaml and cmocka from Debian's
# sources.
#
#     sh tools/web/build.sh [--out DIR] [TARGET...]
#
# DIR is build-web if it is not given. Of web.cmake's targets all are built, or those named: ganbend, ganbend_threads,
# check_ops, test_activations, studio_module, studio_threads. `sh tools/scripts/packages.sh wasm` installs what it needs;
# docs/web.md describes what it makes.
set -eu
cd "$(dirname "$0")/../.."
out=build-web
case ${1-} in
--help)
    sed -n '2,/^set -eu$/s/^# \{0,1\}//p' tools/web/build.sh | sed '$d'
    exit
    ;;
--out)
    [ $# -gt 1 ] || { echo "build.sh: --out needs a folder" >&2; exit 2; }
    out=$2
    shift 2
    ;;
-*)
    echo "usage: sh tools/web/build.sh [--out DIR] [TARGET...]" >&2
    exit 2
    ;;
esac
command -v emcc >/dev/null || {
    echo "build.sh: there is no emcc; 'sh tools/scripts/packages.sh wasm' installs it" >&2
    exit 1
}
out=$(realpath -m "$out")
# Where Debian's emscripten looks for the parser that it optimises JavaScript with, if another node comes first in PATH.
[ -d /usr/share/nodejs ] && export NODE_PATH="/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}"

# With -pthread, since objects without cannot be linked with threads; with it they can be linked either way.
CC=emcc AR=emar CFLAGS="-O2 -pthread" sh tools/scripts/libraries.sh "$out/libraries" zlib libpng jansson libyaml cmocka

# The first for emcmake, the second for a configuration that changed files cause.
export EM_PKG_CONFIG_PATH="$out/libraries/lib/pkgconfig" PKG_CONFIG_LIBDIR="$out/libraries/lib/pkgconfig"
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
# shellcheck disable=SC2086  # an option or none
emcmake cmake -S . -B "$out" -DCMAKE_BUILD_TYPE=Release -DGANBEND_WERROR=ON -DGANBEND_HARDENING=OFF -DGANBEND_CUDA=OFF \
    -DGANBEND_OPENBLAS=OFF -DGANBEND_CAIRO=OFF -DGANBEND_STUDIO=OFF -DGANBEND_TESTS=OFF $launcher \
    -DZLIB_LIBRARY="$out/libraries/lib/libz.a" -DZLIB_INCLUDE_DIR="$out/libraries/include" \
    -DPNG_LIBRARY="$out/libraries/lib/libpng.a" -DPNG_PNG_INCLUDE_DIR="$out/libraries/include" \
    -DCMAKE_EXE_LINKER_FLAGS="-L$out/libraries/lib"
cmake --build "$out" -j "$(nproc)" ${1:+--target "$@"}
