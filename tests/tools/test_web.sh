#!/bin/sh
# What WebAssembly needs: the sources that tools/web/sources lists are there, all that the studio's client has, and, if emscripten is installed, the rows for SIMD128
# compile without a warning. Whether they are right, tools/scripts/platforms/wasm.sh checks.
# usage: test_web.sh, from the repository root
set -eu
missing=$(sed '/^#/d; /^$/d' tools/web/sources | while read -r source; do [ -e "$source" ] || echo "$source"; done)
[ -z "$missing" ] || { echo "tools/web/sources lists files that are not there: $missing"; exit 1; }

# The page's module is the studio's client (tools/studio/client.cmake), but for these.
others="tools/studio/claim.c tools/studio/encoder_jpeg.c tools/studio/osc_out.c tools/program/sockets_posix.c"
client=$(sed -n '/set(analyses studio.clusters/,/)$/p; /^add_library(gb_studio_client/,/)$/p' tools/studio/client.cmake |
    sed 's/\${GB_SYSTEM}/posix/g' | grep -oE '[a-z]+/[a-z_0-9]+[.]c' | sed 's|^|tools/|')
[ "$(echo "$client" | wc -l)" -gt 50 ] || { echo "too few sources were found in tools/studio/client.cmake"; exit 1; }
for source in $client; do
    case " $others " in *" $source "*) continue ;; esac
    grep -qxF "$source" tools/web/sources || { echo "tools/web/sources lacks $source"; exit 1; }
done

command -v emcc >/dev/null || {
    echo "NO EMCC: the rows for WebAssembly are not compiled; 'sh tools/scripts/packages.sh wasm' installs it"
    exit 77
}
emcc -std=c11 -O1 -msimd128 -Wall -Wextra -Wshadow -Werror -I . -c ops/simd/wasm.c -fsyntax-only
