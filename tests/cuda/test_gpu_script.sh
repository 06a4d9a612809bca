#!/bin/sh
# A rehearsal of tools/scripts/gpu.sh: every step runs on the emulated GPU, the picture and the layers agree with the CPU's, and
# a step that fails or does not finish is told. usage: test_gpu_script.sh BUILD, from the repository root
set -u
build=$1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

# check WHAT COMMAND…
check() {
    what=$1
    shift
    "$@" >"$scratch/log" 2>&1 && return
    failed=$((failed + 1))
    echo "FAILED: $what"
    tail -n 30 "$scratch/log"
}

check "the rehearsal" sh tools/scripts/gpu.sh --out "$scratch/out" --rehearse "$build"
summary=$scratch/out/summary.txt
for step in init check-half check-half-random bench-half bench-tf32 bench-fp32 bench-half-16 layers-half \
    check-wgmma-shapes check-wgmma bench-half-wgmma bench-half-16-wgmma layers-half-wgmma reference \
    compare-half compare-tf32 compare-fp32 compare-half-wgmma check-tf32 check-fp32 check-bends bench-stylegan2-256; do
    check "$step is done" grep -q "ok      $step\$" "$summary"
done
check "what is absent is told" grep -q "ABSENT  PyTorch" "$summary"
check "the absence of cuBLAS is told" grep -q "ABSENT  cuBLAS: NO CUBLAS" "$summary"
check "the table has the times" grep -q "^bench-half .*median .* ms" "$summary"
check "the layers were compared" grep -q "^synthesis.b16.conv1 " "$scratch/out/compare-half.log"
check "all logs are in one archive" tar -tzf "$scratch/out.tar.gz" out/summary.txt out/compare-half.log

# memcheck and racecheck run this without random uses.
check "no random uses are no failure" "$build/tests/cuda/check_cuda_emulated" --precision half --op linear --rounds 0

# No time.
GPU_SECONDS=0 sh tools/scripts/gpu.sh --out "$scratch/late" --rehearse "$build" >"$scratch/log" 2>&1
check "steps for which no time is left fail" grep -q "FAILED  init: the 0 s for all steps are over" "$scratch/late/summary.txt"

# A program that fails, in the place of check_cuda.
mkdir -p "$scratch/build/tests/cuda"
cp "$build/tests/cuda/ganbend_emulated" "$build/tests/cuda/check_bends_emulated" "$scratch/build/tests/cuda/"
printf '#!/bin/sh\nexit 1\n' >"$scratch/build/tests/cuda/check_cuda_emulated"
chmod +x "$scratch/build/tests/cuda/check_cuda_emulated"
if sh tools/scripts/gpu.sh --out "$scratch/bad" --rehearse "$scratch/build" >"$scratch/log" 2>&1; then
    failed=$((failed + 1))
    echo "FAILED: a failing step is not told"
fi
check "a failing step is told" grep -q "FAILED  check-half (status 1)" "$scratch/bad/summary.txt"
check "the other steps go on" grep -q "ok      bench-half\$" "$scratch/bad/summary.txt"
exit $((failed > 0))
