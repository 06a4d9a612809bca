#!/bin/sh
# Builds the same source in two folders and compares the program and the libraries byte by byte. reproducible.sh OUT, from the
# repository root; further arguments are options for CMake.
set -eu
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
for place in one the-other; do
    rm -rf "$out/reproducible/$place"
    mkdir -p "$out/reproducible/$place"
    git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$out/reproducible/$place"
    cmake -S "$out/reproducible/$place" -B "$out/reproducible/$place/build" -DCMAKE_BUILD_TYPE=Release -DGANBEND_CUDA=OFF \
        -DGANBEND_TESTS=OFF "$@"
    cmake --build "$out/reproducible/$place/build" -j "$(nproc)"
done
failed=0
seen=0
for file in engine/libganbend.a engine/libganbend.so tools/ganbend; do
    a=$out/reproducible/one/build/$file
    [ -e "$a" ] || continue
    seen=$((seen + 1))
    cmp "$a" "$out/reproducible/the-other/build/$file" || failed=1
done
echo "$seen files compared"
[ "$seen" -gt 0 ] && [ $failed -eq 0 ]
