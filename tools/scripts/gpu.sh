#!/bin/sh
# Everything that wants a GPU, in one run: builds with CUDA for the GPU that is here, holds every kernel against plain C,
# every fixture against PyTorch and sessions against themselves in each precision, looks for bad accesses and races with
# compute-sanitizer, and takes the times that docs/performance.md tells, beside PyTorch's where its torch has CUDA.
# usage: sh tools/scripts/gpu.sh [--quick] [--out DIR] [--pack DIR | --packed DIR]
#   --quick   without the sanitizer and PyTorch
#   --out     where all output goes (out/gpu); the last lines printed are its summary
#   --pack    only builds, here, for another machine that has a GPU but not what building takes: the programs and their
#             libraries go into DIR. GPU_CAPABILITY says for which GPU (90a).
#   --packed  uses what --pack made
set -u
cd "$(dirname "$0")/../.." || exit 1
out='out/gpu'
programs='build-gpu/packed'
mode=all
quick=no
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --out) out=$2; shift ;;
    --pack) mode=pack; programs=$2; shift ;;
    --packed) mode=packed; programs=$2; shift ;;
    *) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
    esac
    shift
done
mkdir -p "$out" || exit 1
begun=$(date +%s)
summary=$out/summary.txt
: >"$summary"

tell() {
    echo "[$(($(date +%s) - begun)) s] $*" | tee -a "$summary"
}

# step NAME COMMAND…: its output in OUT/NAME.log, its success in the summary.
step() {
    name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        tell "ok      $name"
    else
        tell "FAILED  $name (status $?): $(tail -n 1 "$out/$name.log")"
        return 1
    fi
}

# show NAME COMMAND…: the same, and what it prints goes into the summary.
show() {
    step "$@" || return 1
    sed 's/^/            /' "$out/$1.log" | tee -a "$summary"
}

# The programs, and the libraries that they need and another machine may not have, into one folder.
pack() {
    mkdir -p "$programs/lib" || return 1
    for program in tools/ganbend tests/cuda/check_cuda tests/engine/test_session_walk tests/engine/test_bends; do
        cp "build-gpu/$program" "$programs/" || return 1
        ldd "build-gpu/$program" | awk '$3 ~ "^/" && $1 !~ /^(libc|libm|libpthread|libdl|librt)\./ { print $3 }' |
            xargs -I LIBRARY cp -L LIBRARY "$programs/lib/" || return 1
    done
}

if [ "$mode" != packed ]; then
    capability=${GPU_CAPABILITY-90a}
    if [ "$mode" = all ]; then
        capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d '. ')
        [ "$capability" = 90 ] && capability=90a
    fi
    step configure cmake -S . -B build-gpu -DGANBEND_CUDA=ON "-DGANBEND_CUDA_ARCHITECTURES=$capability" \
        -DGANBEND_STUDIO=OFF -DGANBEND_CAIRO=OFF -DGANBEND_OPENBLAS=OFF || exit 1
    step build cmake --build build-gpu -j "$(nproc)" --target ganbend check_cuda test_session_walk test_bends || exit 1
    step pack pack || exit 1
    [ "$mode" = pack ] && exit 0
fi
LD_LIBRARY_PATH=$programs/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
ganbend=$programs/ganbend
show machine nvidia-smi --query-gpu=name,compute_cap,driver_version,memory.total,clocks.sm --format=csv,noheader || exit 1

# ------------------------------------------------------------------------------------------------ right
for precision in fp32 tf32 half; do
    step "check-$precision" "$programs/check_cuda" --precision $precision --rounds 60
done
step fixtures sh tests/cuda/test_fixtures.sh "$ganbend"
for precision in fp32 half; do
    step "walk-$precision" env GANBEND_DEVICE=cuda GANBEND_PRECISION=$precision "$programs/test_session_walk"
done
step bends env GANBEND_DEVICE=cuda GANBEND_PRECISION=fp32 "$programs/test_bends"
if [ $quick = no ] && command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
        for precision in fp32 half; do
            step "$tool-$precision" compute-sanitizer --tool $tool --error-exitcode 9 \
                "$programs/check_cuda" --precision $precision --rounds 3
        done
    done
fi

# ------------------------------------------------------------------------------------------------ fast
for network in "stylegan2-1024 stylegan2 --res 1024" "stylegan2-256 stylegan2 --res 256" \
    "biggan-deep biggan-deep --res 256 --channel-width 128" "biggan biggan --res 256 --channel-width 96"; do
    # shellcheck disable=SC2086  # a name, a kind and its options
    set -- $network
    name=$1
    kind=$2
    shift 2
    model=$out/$name.gbw
    step "init-$name" "$ganbend" init "$kind" "$model" "$@" || continue
    for precision in half tf32 fp32; do
        show "bench-$name-$precision" "$ganbend" bench "$model" --device cuda --precision $precision --runs 50
    done
    show "bench-$name-half-16" "$ganbend" bench "$model" --device cuda --batch 16 --runs 20
    step "layers-$name" "$ganbend" bench "$model" --device cuda --runs 50 --layers
    show "moves-$name" "$ganbend" moves "$model" --device cuda --moves 30 --at 'synthesis.b256.conv?' \
        --at "synthesis.b${name##*-}.conv?" --at 'generator.layers.1?.*' --at 'blocks.5.0*'
    if [ $quick = no ] && python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
        show "torch-$name" python3 tests/reference/gpu_torch.py "$name"
        show "torch-$name-16" python3 tests/reference/gpu_torch.py "$name" --batch 16 --runs 20
    fi
    rm -f "$model"
done
tell "$(grep -c '\] ok ' "$summary") steps went well, $(grep -c '\] FAILED ' "$summary") failed; output under $out/"
! grep -q '\] FAILED ' "$summary"
