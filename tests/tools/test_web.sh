#!/bin/sh
# What WebAssembly needs: the sources that tools/web/sources lists are there, and, if emscripten is installed, the rows for SIMD128
# compile without a warning. Whether they are right, tools/scripts/platforms/wasm.sh checks.
# usage: test_web.sh, from the repository root
set -eu
missing=$(sed '/^#/d; /^$/d' tools/web/sources | while read -r source; do [ -e "$source" ] || echo "$source"; done)
[ -z "$missing" ] || { echo "tools/web/sources lists files that are not there: $missing"; exit 1; }
command -v emcc >/dev/null || {
    echo "NO EMCC: the rows for WebAssembly are not compiled; 'sh tools/scripts/packages.sh wasm' installs it"
    exit 77
}
emcc -std=c11 -O1 -msimd128 -Wall -Wextra -Wshadow -Werror -I . -c ops/simd/wasm.c -fsyntax-only
