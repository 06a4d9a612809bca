#!/bin/sh
# The folder for web hosts in a browser (e2e_web.mjs), made of what tools/web/build.sh has built in build-web, or the folder that
# GANBEND_WEB_BUILD names. That takes minutes, so it is not done here; 'sh tools/check.sh --platforms wasm' does both.
# usage: web.sh GANBEND NODE, from the repository root
set -eu
build=${GANBEND_WEB_BUILD:-build-web}
command -v emcc >/dev/null || {
    echo "NO EMCC: the studio in a browser is not tested; 'sh tools/scripts/packages.sh wasm' installs it"
    exit 77
}
[ -f "$build/studio/studio.wasm" ] || {
    echo "NOT BUILT: the studio in a browser is not tested; 'sh tools/web/build.sh' builds it into $build"
    exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sh tools/web/folder.sh --build "$build" "$scratch/site"
"$2" tests/tools/studio/e2e_web.mjs "$1" "$scratch/site"
