#!/bin/sh
# From a fresh clone to pictures: installs missing packages, builds a release in build/, and renders contact sheets and
# single pictures of both demo models (portraits, a StyleGAN2; things, a BigGAN) to out/.
set -eu
cd "$(dirname "$0")/.."
begun=$(date +%s)

sh tools/scripts/packages.sh build
echo "building in build/ …"
mkdir -p build
if ! { cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DGANBEND_TESTS=OFF -DGANBEND_CUDA=OFF &&
    cmake --build build -j "$(nproc)"; } \
    >build/demo.log 2>&1; then
    tail -n 30 build/demo.log >&2
    echo "demo.sh: the build failed; the lines above are the end of build/demo.log" >&2
    exit 1
fi
built=$(date +%s)

portraits=$(ls weights/demo/portraits-*.gbw | sort -V | tail -n 1)
things=$(ls weights/demo/things-*.gbw | sort -V | tail -n 1)
start=$(date +%s%N)
build/tools/ganbend render "$portraits" -o out/portraits --seeds 0-31 --trunc 0.8 --grid 8x4
build/tools/ganbend render "$things" -o out/things --class 0-7 --seeds 0-3 --grid 8x4
end=$(date +%s%N)

echo "contact sheets  out/portraits/sheet.png, out/things/sheet.png"
echo "single images   out/portraits/seed0000.png …, out/things/"
echo "time            $(((end - start) / 1000000)) ms to open two models, render and write 64 images;" \
    "installing and building took $((built - begun)) s before"
echo "bend them live  build/tools/ganbend studio"
