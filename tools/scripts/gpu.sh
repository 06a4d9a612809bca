#!/bin/sh
# All checks that need a GPU, in one run: builds with CUDA for the GPU of this machine; compares every kernel with plain C,
# every fixture with PyTorch, and incremental sessions with fresh ones, in each precision; looks for invalid accesses and
# races with compute-sanitizer; and measures the times in docs/performance.md, with PyTorch's if torch has CUDA.
# usage: sh tools/scripts/gpu.sh [--quick] [--out DIR] [--pack DIR | --packed DIR]
#   --quick   skips compute-sanitizer and PyTorch
#   --out     folder for all output (default: out/gpu); the last lines printed are the summary
#   --pack    only builds, for another machine that has a GPU but no compilers: the programs and their libraries are copied
#             to DIR. GPU_CAPABILITY is the compute capability of its GPU (default: 90a).
#   --packed  uses the programs copied by --pack
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

report() {
    echo "[$(($(date +%s) - begun)) s] $*" | tee -a "$summary"
}

# step NAME COMMAND…: runs a command; its output goes to OUT/NAME.log, its status to the summary.
step() {
    name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        report "ok      $name"
    else
        report "FAILED  $name (status $?): $(tail -n 1 "$out/$name.log")"
        return 1
    fi
}

# show NAME COMMAND…: the same, with the output in the summary too.
show() {
    step "$@" || return 1
    sed 's/^/            /' "$out/$1.log" | tee -a "$summary"
}

# Copies the programs, and the libraries that another machine may lack, to one folder.
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

# ------------------------------------------------------------------------------------------------ correctness
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

# ------------------------------------------------------------------------------------------------ speed
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
report "$(grep -c '\] ok ' "$summary") steps passed, $(grep -c '\] FAILED ' "$summary") failed; output in $out/"
! grep -q '\] FAILED ' "$summary"
