#!/bin/sh
# Puts the studio's page, its program and the demo models into a folder of files that any web host serves (docs/web.md).
#
#     sh tools/web/folder.sh [--build DIR] FOLDER
#
# DIR is where tools/web/build.sh has built, build-web if it is not given. FOLDER is replaced if an earlier call made it.
set -eu
usage() {
    echo "usage: sh tools/web/folder.sh [--build DIR] FOLDER" >&2
    exit 2
}
build=build-web
[ "${1-}" != --help ] || { sed -n '2,/^set -eu$/s/^# \{0,1\}//p' "$0" | sed '$d'; exit; }
if [ "${1-}" = --build ]; then
    [ $# -gt 1 ] || usage
    build=$2
    shift 2
fi
[ $# -eq 1 ] && [ -n "$1" ] || usage
folder=$1
source=$(cd "$(dirname "$0")/../.." && pwd)
for file in studio.js studio.wasm studio-threads.js studio-threads.wasm studio-threads.worker.js; do
    [ -f "$build/studio/$file" ] ||
        { echo "folder.sh: there is no $build/studio/$file; 'sh tools/web/build.sh' makes it" >&2; exit 1; }
done
if [ -e "$folder" ]; then
    [ -f "$folder/studio.wasm" ] && [ -f "$folder/storage.js" ] ||
        { echo "folder.sh: $folder exists and is not such a folder" >&2; exit 1; }
    rm -r "$folder"
fi
mkdir -p "$folder/models"
cp -R "$source/tools/studio/page/." "$folder"
cp "$source/tools/web/transport.js" "$folder/state/transport.js"
cp "$source/tools/web/worker.js" "$source/tools/web/storage.js" "$folder"
for name in studio studio-threads; do
    for file in "$build/studio/$name".*; do cp "$file" "$folder"; done
done
cp "$source"/weights/demo/*.gbw "$folder/models"
# The first is shown first.
(cd "$folder/models" && printf '%s\n' *.gbw) | sed 's/.*/"&"/' | paste -sd, - | sed 's/.*/[&]/' >"$folder/models/list.json"

# What the server says of its pages: nothing from other sites, and nothing goes to them.
policy="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
policy="${policy}media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'"
for page in index.html output.html; do
    sed "s|^<meta charset=\"utf-8\">\$|&\\n<meta http-equiv=\"Content-Security-Policy\" content=\"$policy\">|" "$folder/$page" \
        >"$folder/$page.new"
    grep -q Content-Security-Policy "$folder/$page.new" || { echo "folder.sh: $page has no place for its policy" >&2; exit 1; }
    mv "$folder/$page.new" "$folder/$page"
done
# For hosts that read such a file (Netlify, Cloudflare Pages): with these headers the program may have threads.
cat >"$folder/_headers" <<'END'
/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
  Cross-Origin-Resource-Policy: same-origin
  X-Content-Type-Options: nosniff
END
echo "$folder: $(find "$folder" -type f | wc -l) files, $(du -sk "$folder" | cut -f1) KiB"
