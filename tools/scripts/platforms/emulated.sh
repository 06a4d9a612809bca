#!/bin/sh
# The CUDA kernels on the emulated GPU under the address and undefined-behaviour sanitizers, in half and in float32, whose loops
# tf32 shares. Usage, from the repository root: sh tools/scripts/platforms/emulated.sh BUILD-FOLDER
set -eu
build=$1/emulated
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DGANBEND_CUDA=OFF -DGANBEND_SANITIZE=address,undefined
cmake --build "$build" -j "$(nproc)" --target emulated_tests
ctest --test-dir "$build" -R 'cuda|check_bends' -LE gpu --output-on-failure -j "$(nproc)"
