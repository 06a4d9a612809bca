#!/bin/sh
# What a machine with a GPU is needed for, in one short run that gives the most important answers first: correctness of full
# network shapes; times of a 1024×1024 StyleGAN2, with PyTorch's beside them; counters; all fixtures; bends; compute-sanitizer.
# Each step has its own time limit, and all together have five minutes: steps for which no time is left fail at once.
# usage: sh tools/scripts/gpu.sh [--out DIR] [--pack DIR | --packed DIR | --rehearse BUILD]
#   --out       folder for all output (default: out/gpu); also DIR.tar.gz. The last lines printed are a table
#   --pack      only builds, for another machine that has a GPU but no compilers: the programs and their libraries are
#               copied to DIR. GPU_CAPABILITY is the compute capability of its GPU (default: 90a)
#   --packed    uses the programs copied by --pack; the other files come from this source tree
#   --rehearse  with the emulated GPU in the place of a device: programs from the build folder BUILD, and small networks
# GPU_SECONDS is the time for all steps, without building (default: 300; in a rehearsal none).
set -u
cd "$(dirname "$0")/../.." || exit 1
out='out/gpu'
programs='build-gpu/packed'
mode=all
while [ $# -gt 0 ]; do
    case $1 in
    --out) out=$2; shift ;;
    --pack) mode=pack; programs=$2; shift ;;
    --packed) mode=packed; programs=$2; shift ;;
    --rehearse) mode=rehearse; build=$2; shift ;;
    *) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
    esac
    shift
done
mkdir -p "$out" || exit 1
begun=$(date +%s)
seconds=
summary=$out/summary.txt
: >"$summary"

report() {
    echo "[$(($(date +%s) - begun)) s] $*" | tee -a "$summary"
}

# step SECONDS NAME COMMAND…: runs a command; its output goes to OUT/NAME.log, its status to the summary. It has that many
# seconds, or those that are left for all steps.
step() {
    limit=$1
    step=$2
    shift 2
    [ "$mode" = rehearse ] && limit=300
    if [ "$seconds" ]; then
        left=$((begun + seconds - $(date +%s)))
        [ "$limit" -gt "$left" ] && limit=$left
        [ "$limit" -gt 0 ] || { report "FAILED  $step: the $seconds s for all steps are over"; return 1; }
    fi
    timeout -k 5 "$limit" "$@" >"$out/$step.log" 2>&1
    status=$?
    case $status in
    0) report "ok      $step" ;;
    124 | 137) report "FAILED  $step: not finished after $limit s"; return 1 ;;
    *) report "FAILED  $step (status $status): $(tail -n 1 "$out/$step.log")"; return 1 ;;
    esac
}

# absent WHAT: something that this machine lacks.
absent() {
    report "ABSENT  $*"
}

# Copies a program, and the libraries that another machine may lack, to one folder. Only our programs use these libraries. The
# programs are compressed, because they have to travel; unpack() makes them executable again.
pack() {
    mkdir -p "$programs/bin" "$programs/lib" || return 1
    cp "$1" "$programs/bin/$2" || return 1
    strip "$programs/bin/$2" 2>/dev/null        # saves little, so it may fail
    gzip -f "$programs/bin/$2" || return 1
    ldd "$1" | awk '$3 ~ "^/" && $1 !~ /^(libc|libm|libpthread|libdl|librt|libstdc\+\+|libgcc_s)[.]/ { print $3 }' |
        xargs -I LIBRARY cp -L LIBRARY "$programs/lib/" || return 1
    cat >"$programs/$2" <<'END'
#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$here/bin/$(basename "$0")" "$@"
END
    chmod +x "$programs/$2"
}

unpack() {
    for program in "$programs"/bin/*.gz; do
        [ ! -e "$program" ] || gunzip -f "$program" || return 1
    done
}

# Options are words: the following are not quoted where they are used.
# shellcheck disable=SC2086
resolution=1024
network='--res 1024'
small='--res 256'
runs='--runs 50 --seconds 1'
random='--rounds 20'
bends='--rounds 20'
precisions='half tf32 fp32'
if [ "$mode" = rehearse ]; then
    programs=$out/packed
    resolution=4
    network='--res 16 --channel-base 128 --channel-max 16 --mapping-layers 2'
    small=$network
    runs='--runs 1 --seconds 0'
    random='--rounds 1 --op linear'
    bends='--rounds 1 --filter blur'
    pack "$build/tests/cuda/ganbend_emulated" ganbend && pack "$build/tests/cuda/check_cuda_emulated" check_cuda &&
        pack "$build/tests/cuda/check_bends_emulated" check_bends || exit 1
elif [ "$mode" != packed ]; then
    capability=${GPU_CAPABILITY-90a}
    if [ "$mode" = all ]; then
        capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d '. ')
        [ "$capability" = 90 ] && capability=90a
    fi
    step 600 configure cmake -S . -B build-gpu -DGANBEND_CUDA=ON "-DGANBEND_CUDA_ARCHITECTURES=$capability" \
        -DGANBEND_STUDIO=OFF -DGANBEND_CAIRO=OFF -DGANBEND_OPENBLAS=OFF || exit 1
    step 3000 build cmake --build build-gpu -j "$(nproc)" --target ganbend check_cuda check_bends || exit 1
    pack build-gpu/tools/ganbend ganbend && pack build-gpu/tests/cuda/check_cuda check_cuda &&
        pack build-gpu/tests/cuda/check_bends check_bends || exit 1
    [ "$mode" = pack ] && { report "packed $(du -sk "$programs" | cut -f 1) KB in $programs"; exit 0; }
    begun=$(date +%s)
fi
unpack || exit 1
seconds=${GPU_SECONDS-300}
[ "$mode" = rehearse ] && seconds=${GPU_SECONDS-}
ganbend=$programs/ganbend
case $programs in /*) ;; *) ganbend=$PWD/$ganbend ;; esac

# ------------------------------------------------------------------------------------------------ the machine
if [ "$mode" = rehearse ]; then
    absent "a GPU: this is a rehearsal on the emulated one, with small networks"
else
    step 20 machine nvidia-smi --query-gpu=name,compute_cap,driver_version,memory.total,clocks.sm,clocks.max.sm \
        --format=csv,noheader || exit 1
    tee -a "$summary" <"$out/machine.log"
fi
model=$out/network.gbw
step 60 init "$ganbend" init stylegan2 "$model" $network --force || exit 1

# ------------------------------------------------------------------------------------------------ first answers
step 60 check-half "$programs/check_cuda" --precision half --network $resolution
step 40 check-half-random "$programs/check_cuda" --precision half $random
for precision in $precisions; do
    step 20 "bench-$precision" "$ganbend" bench "$model" --device cuda --precision "$precision" $runs
done
step 30 bench-half-16 "$ganbend" bench "$model" --device cuda --batch 16 $runs
step 20 layers-half "$ganbend" bench "$model" --device cuda $runs --layers
# The same with the products of warpgroups, which compute capability 9.0 has: first whether they are right. If they are not, or
# hang, no time is spent on their speed.
wgmma='env GANBEND_WGMMA=1'
[ "$mode" = rehearse ] && wgmma="$wgmma EMULATED_CAPABILITY=90"
if ! $wgmma "$programs/check_cuda" --op none --rounds 0 >"$out/wgmma.log" 2>&1; then
    wgmma=
    absent "wgmma: $(tail -n 1 "$out/wgmma.log")"
elif step 30 check-wgmma-shapes $wgmma "$programs/check_cuda" --precision half --form wgmma &&
    step 60 check-wgmma $wgmma "$programs/check_cuda" --precision half --network $resolution; then
    step 20 bench-half-wgmma $wgmma "$ganbend" bench "$model" --device cuda $runs
    step 30 bench-half-16-wgmma $wgmma "$ganbend" bench "$model" --device cuda --batch 16 $runs
    step 20 layers-half-wgmma $wgmma "$ganbend" bench "$model" --device cuda $runs --layers
else
    wgmma=
fi
cublas=yes
if grep -q '^NO CUBLAS' "$out/layers-half.log"; then
    cublas=
    absent "cuBLAS: $(grep '^NO CUBLAS' "$out/layers-half.log")"
fi

# The picture and every layer on the CPU, then on the GPU.
step 90 reference "$ganbend" dump "$model" -o "$out/reference.npz" --seed 1 --device cpu --at z \
    --at 'synthesis.b*.conv?' --at 'synthesis.b*.img' --force &&
    for pair in 'half 2e-2' 'tf32 5e-3' 'fp32 2e-4'; do
        step 40 "compare-${pair% *}" "$ganbend" compare "$model" "$out/reference.npz" --device cuda \
            --precision "${pair% *}" --tol "${pair#* }"
    done
[ "$wgmma" ] && [ -f "$out/reference.npz" ] &&
    step 40 compare-half-wgmma $wgmma "$ganbend" compare "$model" "$out/reference.npz" --device cuda --tol 2e-2
rm -f "$out/reference.npz"

if command -v ncu >/dev/null; then
    step 90 counters ncu --csv --metrics gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,\
dram__throughput.avg.pct_of_peak_sustained_elapsed,sm__inst_executed.sum,sm__warps_active.avg.pct_of_peak_sustained_active \
        "$ganbend" render "$model" -o "$out/picture.png" --seed 1 --device cuda --force
else
    absent "ncu: no counters"
fi
if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    step 60 torch-1024 python3 tests/reference/gpu_torch.py stylegan2-1024
    step 40 torch-1024-16 python3 tests/reference/gpu_torch.py stylegan2-1024 --batch 16 --runs 10
else
    absent "PyTorch with CUDA: its times are not measured"
fi

# ------------------------------------------------------------------------------------------------ everything else
if [ "$mode" = rehearse ]; then
    absent "fixtures: test_cuda_fixtures compares them on the emulated GPU"
else
    for precision in $precisions; do
        step 90 "fixtures-$precision" env FIXTURE_PRECISIONS="$precision" sh tests/cuda/test_fixtures.sh "$ganbend" &
    done
    wait
fi
for precision in tf32 fp32; do
    step 60 "check-$precision" "$programs/check_cuda" --precision "$precision" $random
done
step 40 check-bends "$programs/check_bends" --precision half $bends
rm -f "$model"
for name in stylegan2-256 biggan-deep biggan; do
    case $name in
    stylegan2-256) options="stylegan2 $model $small" ;;
    biggan-deep) options="biggan-deep $model --res 256 --channel-width 128" ;;
    biggan) options="biggan $model --res 256 --channel-width 96" ;;
    esac
    [ "$mode" = rehearse ] && [ "$name" != stylegan2-256 ] && continue
    # shellcheck disable=SC2086  # a kind, a file and options
    step 60 "init-$name" "$ganbend" init $options --force || continue
    step 20 "bench-$name" "$ganbend" bench "$model" --device cuda $runs
    step 20 "layers-$name" "$ganbend" bench "$model" --device cuda $runs --layers
    if [ "$cublas" ] && [ "$name" = biggan-deep ]; then
        step 20 "bench-$name-cublas" env GANBEND_CUBLAS=1 "$ganbend" bench "$model" --device cuda $runs
    fi
    rm -f "$model"
done
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do      # without random rounds: one shape for each tile
        step 60 "$tool" compute-sanitizer --tool $tool --error-exitcode 9 "$programs/bin/check_cuda" --precision half \
            --op modulated_conv2d --rounds 0
        [ "$wgmma" ] && step 60 "$tool-wgmma" $wgmma compute-sanitizer --tool $tool --error-exitcode 9 \
            "$programs/bin/check_cuda" --precision half --form wgmma
    done
else
    absent "compute-sanitizer: invalid accesses and races are checked on the emulated GPU only"
fi

# ------------------------------------------------------------------------------------------------ the table
report "$(grep -c '\] ok ' "$summary") steps passed, $(grep -c '\] FAILED ' "$summary") failed, $(grep -c '\] ABSENT ' \
    "$summary") absent; output in $out/"
for log in "$out"/bench-*.log; do
    awk -v name="$(basename "$log" .log)" '/^median/ { median = $2 } /^fastest/ { fastest = $2 }
        END { if (median != "") printf "%-24s median %9.3f ms, fastest %9.3f ms\n", name, 1e3 * median, 1e3 * fastest }' "$log"
done | tee -a "$summary"
cat "$out"/torch-*.log 2>/dev/null | tee -a "$summary"
tar -czf "$out.tar.gz" -C "$(dirname "$out")" --exclude packed "$(basename "$out")"
! grep -q '\] FAILED ' "$summary"
