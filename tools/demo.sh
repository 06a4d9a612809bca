#!/bin/sh
# From a fresh clone to pictures: installs what is missing, builds a release into build/, renders the model that ships
# with the project to a contact sheet and single PNGs under out/.
set -eu
cd "$(dirname "$0")/.."
begun=$(date +%s)

sh tools/scripts/packages.sh build
echo "building into build/ …"
mkdir -p build
if ! { cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DGANBEND_TESTS=OFF -DGANBEND_CUDA=OFF &&
    cmake --build build -j "$(nproc)"; } \
    >build/demo.log 2>&1; then
    tail -n 30 build/demo.log >&2
    echo "demo.sh: the build failed; the lines above are the end of build/demo.log" >&2
    exit 1
fi
built=$(date +%s)

model=weights/demo/toy-faces-64.gbw
images=32
start=$(date +%s%N)
build/tools/ganbend render "$model" -o out --seeds "0-$((images - 1))" --trunc 0.8 --grid 8x4
end=$(date +%s%N)

echo "contact sheet   out/sheet.png"
echo "single images   out/seed0000.png … out/seed00$((images - 1)).png"
echo "time            $(((end - start) / 1000000)) ms to open the model, render and write $images images;" \
    "$((built - begun)) s before that to set up and build"
echo "bend it live    build/tools/ganbend studio"
