#!/bin/sh
# Builds ganbend with warnings as errors and tests it. Everything built is under build-check/; missing packages are
# installed; ccache is used if it is there.
#
#     sh tools/check.sh              the everyday tier: the release with its tests, unit tests under the address and
#                                    undefined-behaviour sanitizers (about 5 minutes on 2 cores)
#     sh tools/check.sh --long       also the browser, whole networks on an emulated GPU, nvcc, the thread sanitizer,
#                                    valgrind and fuzzing (about 15 minutes)
#     sh tools/check.sh --platforms [NAME...]
#                                    other platforms and installations, with the scripts in
#                                    tools/scripts/platforms/: arm, bare (a bare Debian), prefix,
#                                    switches, reproducible, python, deb, musl, slurm,
#                                    emulated (CUDA kernels under sanitizers), wasm (WebAssembly), windows
set -u
cd "$(dirname "$0")/.." || exit 1
tier=everyday
case "${1-}" in
'') ;;
--help)
    sed -n '2,/^set -u$/s/^# \{0,1\}//p' tools/check.sh
    exit
    ;;
--long) tier=long ;;
--platforms)
    tier=platforms
    shift
    ;;
*)
    echo "usage: sh tools/check.sh [--long | --platforms [NAME...]]" >&2
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

log_of() {
    echo "$out/logs/$(echo "$1" | tr -c 'a-zA-Z0-9\n' '-').log"
}

# judge NAME STATUS: counts a step that has ended; if it failed, the end of its output is printed.
judge() {
    [ "$2" -eq 0 ] && { passed=$((passed + 1)); return; }
    tail -n 40 "$(log_of "$1")"
    fail "$1 (all of its output: $(log_of "$1"))"
    return 1
}

# step NAME COMMAND…: runs a command that must succeed.
step() {
    name=$1
    shift
    say "$name"
    "$@" >"$(log_of "$name")" 2>&1
    judge "$name" $?
}

# begin NAME COMMAND…: the same for a command that keeps one core busy: others run beside it. `finish` waits for them.
beside=
begin() {
    say "$1"
    beside="$beside$1
"
    (
        name=$1
        shift
        "$@" >"$(log_of "$name")" 2>&1
        echo $? >"$(log_of "$name").status"
    ) &
    [ "$(printf %s "$beside" | wc -l)" -lt "$jobs" ] || finish
}

finish() {
    wait
    while read -r name; do
        [ -z "$name" ] || judge "$name" "$(cat "$(log_of "$name").status")"
    done <<END
$beside
END
    beside=
}

launcher=
command -v ccache >/dev/null 2>&1 &&
    launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"

# build DIR TARGET OPTIONS…: configures and builds. nvcc needs minutes for the GPU kernels, so they are built only on request.
build() {
    dir=$out/$1
    target=$2
    shift 2
    # shellcheck disable=SC2086  # two options
    cmake -S . -B "$dir" -DGANBEND_WERROR=ON -DGANBEND_CUDA=OFF $launcher "$@" &&
        cmake --build "$dir" -j "$jobs" --target "$target"
}

# run_tests NAME DIR CTEST-OPTIONS…: runs the selected tests of a build, of the release one more at a time than there are cores,
# because tests of the studio and of faults wait for other processes most of the time, and counts them.
run_tests() {
    name=$1
    dir=$2
    log=$out/logs/$dir-tests.log
    shift 2
    at_once=$jobs
    [ "$dir" = release ] && at_once=$((jobs + 1))
    say "$name"
    ctest --test-dir "$out/$dir" --output-on-failure -j "$at_once" "$@" >"$log" 2>&1
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

# Names of the fuzz targets: fuzz_pickle and so on. Each has its own seeds.
fuzzers=$(basename -s .c tests/fuzz/fuzz_*.c)

build_fuzzers() {
    # shellcheck disable=SC2086  # one word for each target
    cmake -S . -B "$out/fuzz" -DCMAKE_C_COMPILER="$1" -DCMAKE_BUILD_TYPE=Fuzz -DGANBEND_FUZZ=ON -DGANBEND_CUDA=OFF \
        -DGANBEND_OPENBLAS=OFF $launcher -DGANBEND_SANITIZE=address,undefined,fuzzer-no-link &&
        cmake --build "$out/fuzz" -j "$jobs" --target $fuzzers &&
        rm -rf "$out/seeds" && sh tests/fuzz/seeds.sh "$out/seeds" "$out/release" &&
        cp tests/fixtures/nvlabs-orig-16.pkl tests/fixtures/variants/* tests/fixtures/biggan/*.pth \
            tests/fixtures/biggan/*.bin "$out/seeds/adapt"
}

# fuzz NAME SECONDS: another random seed every time; the log has it. The everyday tier has fixed ones, in test_corpus.
fuzz() {
    target=${1#fuzz_}
    seeds=$out/seeds/$target
    mkdir -p "$seeds"
    [ -d "tests/fuzz/corpus/$target" ] && cp "tests/fuzz/corpus/$target"/* "$seeds"
    case $target in
    bend | recipe) words=recipe ;;
    config | safetensors) words=json ;;
    model | gbw) words=gbw ;;
    png | files) words=png ;;
    studio | unread | guard | osc) words=studio ;;
    *) words=pickle ;;
    esac
    "$(find "$out/fuzz" -type f -name "$1" -perm -u+x)" -seed="$begun" -max_total_time="$2" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$out/logs/" -dict="tests/fuzz/dictionaries/$words" "$seeds"
}

# valgrind_run COMMAND…: fails on errors and leaks. valgrind does not support AVX-512.
valgrind_run() {
    GANBEND_ISA=avx2 valgrind -q --error-exitcode=99 --leak-check=full \
        --errors-for-leak-kinds=definite,indirect,possible "$@"
}

# summary: prints the counts and the failures; its status is 1 if anything failed.
summary() {
    say "done"
    [ -n "$failures" ] && echo "These failed:$failures"
    total=$((passed + failed))
    echo "$((100 * passed / total))% tests passed, $failed tests failed out of $total"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

# ---------------------------------------------------------------------------------------------------- platforms
if [ $tier = platforms ]; then
    for script in tools/scripts/platforms/*.sh; do
        platform=$(basename "$script" .sh)
        case " ${*:-$platform} " in
        *" $platform "*) step "platform: $platform" sh "$script" "$out" ;;
        esac
    done
    summary
    exit
fi

# ---------------------------------------------------------------------------------------------------- everyday
say "packages"
packages=check
[ $tier = long ] && packages=long
sh tools/scripts/packages.sh $packages || {
    echo "check.sh: packages are missing" >&2
    exit 1
}

# In the long tier nvcc, if installed, compiles the kernels for one GPU architecture, and the tests run them on an emulated GPU.
cuda="-DGANBEND_CUDA=OFF -DGANBEND_EMULATED_CUDA=OFF"
[ $tier = long ] && cuda="-DGANBEND_CUDA=AUTO -DGANBEND_CUDA_ARCHITECTURES=80 -DGANBEND_EMULATED_CUDA=ON"
[ $tier = long ] && ! command -v "${CUDACXX-nvcc}" >/dev/null &&
    say "NO NVCC: the CUDA kernels are not compiled, so their registers and spills are not checked"
skip="gpu|long"
[ $tier = long ] && skip="gpu|part"
# shellcheck disable=SC2086  # several options
step "build the release, warnings as errors" build release all -DCMAKE_BUILD_TYPE=Release $cuda &&
    run_tests "test the release" release -LE "$skip"

sanitized=unit_tests
[ $tier = long ] && sanitized=all
step "build with address and undefined-behaviour sanitizers" build sanitize $sanitized -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGANBEND_SANITIZE=address,undefined -DGANBEND_EMULATED_CUDA=OFF && {
    if [ $tier = long ]; then
        run_tests "test under the sanitizers" sanitize -LE "gpu|long"
    else
        run_tests "unit tests under the sanitizers" sanitize -L unit -LE slow
    fi
}
[ $tier = everyday ] && {
    summary
    exit
}

# ---------------------------------------------------------------------------------------------------- long
step "build with the thread sanitizer" build threads threads_tests -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGANBEND_SANITIZE=thread &&
    run_tests "test under the thread sanitizer" threads -L threads

for checkpoint in nvlabs-orig-16.pkl rosinality-64.pt biggan-32-cifar.pth; do
    config=
    [ $checkpoint = biggan-32-cifar.pth ] && config="--config tests/fixtures/biggan-32-cifar.json"
    # shellcheck disable=SC2086  # no words or two
    begin "valgrind: convert $checkpoint" valgrind_run "$ganbend" convert --no-sandbox "tests/fixtures/$checkpoint" \
        "$out/${checkpoint%.*}.gbw" $config
done
finish
# network-bending's recipes are written for rosinality's network.
begin "valgrind: render rosinality-64" valgrind_run "$ganbend" render "$out/rosinality-64.gbw" -o "$out/rosinality.png" --threads 2
begin "valgrind: a bent render" valgrind_run "$ganbend" render "$out/rosinality-64.gbw" -o "$out/bent.png" \
    --bend tests/fixtures/recipes/broad/chain.yaml --clusters tests/fixtures/recipes/broad/clusters.yaml
begin "valgrind: render nvlabs-orig-16" valgrind_run "$ganbend" render "$out/nvlabs-orig-16.gbw" -o "$out/nvlabs.png" --threads 2
begin "valgrind: render biggan-32-cifar" valgrind_run "$ganbend" render "$out/biggan-32-cifar.gbw" -o "$out/biggan.png" --class 3 \
    --threads 2
finish

step "build the fuzzers" build_fuzzers "$(sh tools/scripts/fuzzing_clang.sh)" && {
    for fuzzer in $fuzzers; do
        begin "$fuzzer, 2 s" fuzz "$fuzzer" 2
    done
    finish
}
summary
