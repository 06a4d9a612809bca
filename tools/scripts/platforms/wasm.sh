#!/bin/sh
# WebAssembly: compiled with warnings as errors; under node every row is right, plain and with SIMD128, the fixtures equal
# PyTorch in every layer, and plain rows make the pictures of a native program to the last bit; in Chromium the studio works
# without a server. Prints sizes and times.
# Usage, from the repository root: sh tools/scripts/platforms/wasm.sh BUILD-FOLDER
set -eu
out=$(realpath -m "$1")/wasm
sh tools/scripts/packages.sh wasm
sh tools/web/build.sh --out "$out"
# program NAME: a command that runs node/NAME.js
program() {
    printf '#!/bin/sh\nexec node %s/node/%s.js "$@"\n' "'$out'" "$1" >"$out/$1"
    chmod +x "$out/$1"
}
program ganbend
program ganbend-threads

node "$out/node/check_ops.js" --isa plain --rounds 5
node "$out/node/check_ops.js" --isa wasm --rounds 20
node "$out/node/test_activations.js"
FIXTURE_ISAS="plain wasm" FIXTURE_THREADS=1 sh tests/tools/test_fixtures.sh "$out/ganbend"
FIXTURE_ISAS="wasm" FIXTURE_THREADS=2 sh tests/tools/test_fixtures.sh "$out/ganbend-threads"

# ---- pictures of a native program
native=$1/wasm-native
cmake -S . -B "$native" -DCMAKE_BUILD_TYPE=Release -DGANBEND_CUDA=OFF -DGANBEND_OPENBLAS=OFF -DGANBEND_CAIRO=OFF \
    -DGANBEND_STUDIO=OFF -DGANBEND_TESTS=OFF
cmake --build "$native" -j "$(nproc)" --target ganbend
# same ARGUMENTS…: both render the same file
same() {
    GANBEND_ISA=plain "$native/tools/ganbend" render "$@" -o "$out/native.png"
    for ganbend in ganbend ganbend-threads; do
        GANBEND_ISA=plain "$out/$ganbend" render "$@" -o "$out/wasm.png"
        cmp "$out/native.png" "$out/wasm.png"
    done
}
same tests/fixtures/toy-faces-64.gbw --seeds 7
same weights/demo/portraits-128.gbw --seeds 6 --trunc 0.7 --bend docs/examples/wave.yaml
same weights/demo/things-64.gbw --seeds 3 --class 1

# ---- the studio in a browser, beside the native program
sh tools/scripts/packages.sh long
GANBEND_WEB_BUILD=$out sh tests/tools/studio/web.sh "$native/tools/ganbend" "$(command -v node)"

# ---- figures
for module in "$out"/node/*.wasm "$out"/studio/*.wasm; do
    [ -e "$module" ] && echo "$(basename "$module"): $(stat -c %s "$module") bytes, $(gzip -9c "$module" | wc -c) compressed"
done
for isa in plain wasm; do
    GANBEND_ISA=$isa "$out/ganbend" bench tests/fixtures/toy-faces-64.gbw
done
"$out/ganbend" init stylegan2 "$out/256.gbw" --res 256
"$out/ganbend" bench "$out/256.gbw" --runs 3
"$out/ganbend-threads" bench "$out/256.gbw" --runs 3 --threads 2
