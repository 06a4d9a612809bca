#!/bin/sh
# Builds with warnings as errors and runs every test: the release, the same under the address and undefined-behaviour
# sanitizers, the fuzzers for a bounded time, and valgrind on convert and render. `--full` adds every instruction set ×
# thread count × sanitizer (threads' too) × valgrind. `--arm` checks 64-bit ARM instead: cross-compiled, under qemu.
# Installs what is missing. Everything built is under build-check/.
set -u
cd "$(dirname "$0")/.." || exit 1
full=no
arm=no
case "${1-}" in
'') ;;
--full) full=yes ;;
--arm) arm=yes ;;
*)
    echo "usage: sh tools/check.sh [--full | --arm]" >&2
    exit 2
    ;;
esac

jobs=$(nproc)
out=build-check
ganbend=$out/release/tools/ganbend
passed=0
failed=0
failures=
begun=$(date +%s)
mkdir -p "$out/logs"

say() {
    echo "[$(($(date +%s) - begun)) s] $*"
}

fail() {
    failed=$((failed + 1))
    failures="$failures
  $1"
    say "FAILED: $1"
}

# step NAME COMMAND…: one thing that must succeed; its output is shown where it does not.
step() {
    name=$1
    log=$out/logs/$(echo "$name" | tr -c 'a-zA-Z0-9\n' '-').log
    shift
    say "$name"
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        tail -n 40 "$log"
        fail "$name (all of its output: $log)"
        return 1
    fi
}

# build DIR OPTIONS…: without kernels for GPUs, which take nvcc minutes, unless the options say otherwise.
build() {
    dir=$out/$1
    shift
    cmake -S . -B "$dir" -DGANBEND_WERROR=ON -DGANBEND_CUDA=OFF "$@" && cmake --build "$dir" -j "$jobs"
}

# run_tests NAME DIR CTEST-OPTIONS…: every test of a build that the options leave and that needs no GPU, each counted.
run_tests() {
    name=$1
    dir=$2
    log=$out/logs/$dir-tests.log
    shift 2
    say "$name"
    ctest --test-dir "$out/$dir" --output-on-failure -j "$jobs" -LE gpu "$@" >"$log" 2>&1
    status=$?
    total=$(sed -n 's/.*tests failed out of \([0-9]*\)$/\1/p' "$log")
    bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of [0-9]*$/\1/p' "$log")
    if [ -z "$total" ] || [ "$total" -eq 0 ]; then
        tail -n 40 "$log"
        fail "$name: no test ran"
        return 1
    fi
    passed=$((passed + total - bad))
    if [ "$status" -ne 0 ]; then
        tail -n 60 "$log"
        fail "$name (all of its output: $log)"
        failed=$((failed + bad - 1))
    fi
}

# The instruction sets this machine and this build have.
isas() {
    for isa in plain avx2 avx512 neon; do
        GANBEND_ISA=$isa "$ganbend" convert tests/fixtures/nvlabs-orig-16.pkl "$out/probe.gbw" \
            >/dev/null 2>&1 && echo "$isa"
    done
    rm -f "$out/probe.gbw"
}

# The fuzz targets by name, fuzz_pickle, …; each starts from its seeds.
fuzzers=$(basename -s .c tests/fuzz/fuzz_*.c)

build_fuzzers() {
    # shellcheck disable=SC2086  # one word for each target
    cmake -S . -B "$out/fuzz" -DCMAKE_C_COMPILER="$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DGANBEND_FUZZ=ON \
        -DGANBEND_SANITIZE=address,undefined,fuzzer-no-link && cmake --build "$out/fuzz" -j "$jobs" --target $fuzzers &&
        rm -rf "$out/seeds" && sh tests/fuzz/seeds.sh "$out/seeds" && mkdir "$out/seeds/adapt" "$out/seeds/gbw" &&
        cp tests/fixtures/nvlabs-orig-16.pkl tests/fixtures/variants/* tests/fixtures/biggan/*.pth \
            tests/fixtures/biggan/*.bin "$out/seeds/adapt" &&
        "$ganbend" init stylegan2 "$out/seeds/gbw/small.gbw" --res 8 --channel-max 4 --z-dim 4 --w-dim 4 \
            --mapping-layers 1
}

# fuzz NAME SECONDS: the same walk each time, so that a check can be repeated; --full walks another way every time.
fuzz() {
    seeds=$out/seeds/${1#fuzz_}
    seed=1
    [ $full = yes ] && seed=0
    mkdir -p "$seeds"
    "$(find "$out/fuzz" -type f -name "$1" -perm -u+x)" -seed=$seed -max_total_time="$2" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$out/logs/" "$seeds"
}

# valgrind_run ISA COMMAND…: no error and no leak.
valgrind_run() {
    isa=$1
    shift
    GANBEND_ISA=$isa valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
        "$@"
}

# summary: what passed and what did not; false where anything did not.
summary() {
    say "done"
    [ -n "$failures" ] && echo "These failed:$failures"
    total=$((passed + failed))
    echo "$((100 * passed / total))% tests passed, $failed tests failed out of $total"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

say "packages"
packages=check
[ $arm = yes ] && packages=arm
sh tools/scripts/packages.sh $packages || {
    echo "check.sh: packages are missing" >&2
    exit 1
}

# qemu is many times slower than a processor: operations over fewer shapes, the tests of what counts bytes and bits, and
# every fixture.
if [ $arm = yes ]; then
    step "build for 64-bit ARM, warnings as errors" build arm -DCMAKE_TOOLCHAIN_FILE=tools/scripts/aarch64.cmake \
        -DCMAKE_BUILD_TYPE=Release -DGANBEND_OPENBLAS=OFF -DGANBEND_CAIRO=OFF -DGANBEND_STUDIO=OFF && {
        printf '#!/bin/sh\nexec qemu-aarch64 %s "$@"\n' "'$PWD/$out/arm/tools/ganbend'" >"$out/arm/ganbend"
        chmod +x "$out/arm/ganbend"
        step "check_ops, plain" qemu-aarch64 "$out/arm/tests/ops/check_ops" --isa plain --rounds 10
        step "check_ops, neon" qemu-aarch64 "$out/arm/tests/ops/check_ops" --isa neon --rounds 20
        run_tests "test under qemu" arm \
            -R '^test_(ops|activations|filters|random|image|readers|gbw|adapt|file|pool)$'
        step "fixtures, plain and neon" env FIXTURE_ISAS="plain neon" FIXTURE_THREADS=2 \
            sh tests/tools/test_fixtures.sh "$out/arm/ganbend"
    }
    summary
    exit
fi

# Where nvcc is found, kernels for one kind of GPU are compiled; the tests run the same sources on an emulated one.
step "build the release, warnings as errors" build release -DCMAKE_BUILD_TYPE=Release -DGANBEND_CUDA=AUTO \
    -DGANBEND_CUDA_ARCHITECTURES=80 && {
    run_tests "test the release" release
    best=plain
    isas | grep -qx avx2 && best=avx2       # valgrind knows no AVX-512
    for checkpoint in nvlabs-orig-16.pkl rosinality-64.pt; do
        step "valgrind: convert $checkpoint" valgrind_run "$best" "$ganbend" convert "tests/fixtures/$checkpoint" \
            "$out/valgrind.gbw" &&
            step "valgrind: render $checkpoint" valgrind_run "$best" "$ganbend" render "$out/valgrind.gbw" \
                -o "$out/valgrind.png" --threads 2
    done
    # The model that is left is rosinality's, as network-bending's recipes want it.
    step "valgrind: a bent render" valgrind_run "$best" "$ganbend" render "$out/valgrind.gbw" -o "$out/valgrind.png" \
        --bend tests/fixtures/recipes/broad/chain.yaml --clusters tests/fixtures/recipes/broad/clusters.yaml
    step "valgrind: convert biggan-32-cifar.pth" valgrind_run "$best" "$ganbend" convert \
        tests/fixtures/biggan-32-cifar.pth "$out/valgrind.gbw" --config tests/fixtures/biggan-32-cifar.json &&
        step "valgrind: render biggan-32-cifar.pth" valgrind_run "$best" "$ganbend" render "$out/valgrind.gbw" \
            -o "$out/valgrind.png" --class 3 --threads 2
}

step "build with address and undefined-behaviour sanitizers" build sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGANBEND_SANITIZE=address,undefined && run_tests "test under the sanitizers" sanitize

step "build the fuzzers" build_fuzzers "$(sh tools/scripts/fuzzing_clang.sh)" && {
    seconds=10
    [ $full = yes ] && seconds=120
    for fuzzer in $fuzzers; do
        step "$fuzzer, $seconds s" fuzz "$fuzzer" "$seconds"
    done
}

if [ $full = yes ]; then
    step "build with the thread sanitizer" build threads -DCMAKE_BUILD_TYPE=RelWithDebInfo -DGANBEND_SANITIZE=thread
    for isa in $(isas); do
        for kind in release sanitize threads; do
            [ -x "$out/$kind/tools/ganbend" ] || continue
            GANBEND_ISA=$isa
            export GANBEND_ISA
            run_tests "test $kind, $isa" "$kind"
            unset GANBEND_ISA
            step "fixtures, $kind, $isa, 1 to 4 threads" env FIXTURE_ISAS="$isa" FIXTURE_THREADS="1 2 3 4" \
                sh tests/tools/test_fixtures.sh "$out/$kind/tools/ganbend"
        done
        [ "$isa" = avx512 ] && continue
        for threads in 1 2 4; do
            for checkpoint in nvlabs-skip-64.pkl nvlabs-cond-32-clamp.pkl nvlabs-resnet-32.pkl tensorflow-64.pkl \
                rosinality-64-train.pt; do
                case $checkpoint in
                *cond*) class=--class=1 ;;
                *) class=--cutoff=4 ;;
                esac
                step "valgrind: convert $checkpoint, $isa" valgrind_run "$isa" "$ganbend" convert \
                    "tests/fixtures/$checkpoint" "$out/valgrind.gbw" &&
                    step "valgrind: render $checkpoint, $isa, $threads threads" valgrind_run "$isa" "$ganbend" render \
                        "$out/valgrind.gbw" -o "$out/valgrind.png" --threads "$threads" --trunc 0.7 $class
            done
        done
    done
fi

summary
