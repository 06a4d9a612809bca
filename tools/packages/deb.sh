#!/bin/sh
# Makes the Debian packages of this machine's release in OUT: ganbend, libganbend0.1, libganbend-dev, and a list of what they
# are made of, ganbend.spdx.json. Options for CMake may follow: -DGANBEND_CUDA=OFF.
# usage: sh tools/packages/deb.sh OUT [OPTION...]
set -eu
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
out=$(realpath -m "$1")
shift
cd "$(dirname "$0")/../.."
mkdir -p "$out"
# The prefix decides on the folder of libraries: lib/x86_64-linux-gnu.
cmake -S . -B "$out/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DGANBEND_TESTS=OFF "$@"
cmake --build "$out/build" -j "$(nproc)"
(cd "$out/build" && cpack -G DEB -B "$out")
rm -rf "$out/_CPack_Packages"
cp "$out/build/ganbend.spdx.json" "$out"
ls "$out"/*.deb
