#!/bin/sh
# Builds ganbend with warnings as errors and tests it. Everything built is under build-check/; missing packages are
# installed; ccache is used if it is there.
#
#     sh tools/check.sh              the everyday tier: the release with its tests, unit tests under the address and
#                                    undefined-behaviour sanitizers (about 7 minutes on 2 cores)
#     sh tools/check.sh --long       also the browser, whole networks on an emulated GPU, nvcc, the thread sanitizer,
#                                    valgrind and fuzzing (under 20 minutes)
#     sh tools/check.sh --platforms [NAME...]
#                                    other platforms and installations, with the scripts in
#                                    tools/scripts/platforms/: arm, bare (a bare Debian), prefix,
#                                    switches, reproducible, python, deb, musl,
#                                    emulated (CUDA kernels under sanitizers)
set -u
cd "$(dirname "$0")/.." || exit 1
tier=everyday
case "${1-}" in
'') ;;
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

# step NAME COMMAND…: runs a command that must succeed; if it fails, the end of its output is printed.
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

# run_tests NAME DIR CTEST-OPTIONS…: runs the selected tests of a build and counts them.
run_tests() {
    name=$1
    dir=$2
    log=$out/logs/$dir-tests.log
    shift 2
    say "$name"
    ctest --test-dir "$out/$dir" --output-on-failure -j "$jobs" "$@" >"$log" 2>&1
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

# In the long tier nvcc, if installed, compiles the kernels for one GPU architecture; the tests run them on an emulated GPU.
cuda="-DGANBEND_CUDA=OFF"
[ $tier = long ] && cuda="-DGANBEND_CUDA=AUTO -DGANBEND_CUDA_ARCHITECTURES=80"
skip="gpu|long"
[ $tier = long ] && skip=gpu
# shellcheck disable=SC2086  # one or two options
step "build the release, warnings as errors" build release all -DCMAKE_BUILD_TYPE=Release $cuda &&
    run_tests "test the release" release -LE "$skip"

step "build with address and undefined-behaviour sanitizers" build sanitize all -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGANBEND_SANITIZE=address,undefined -DGANBEND_EMULATED_CUDA=OFF && {
    if [ $tier = long ]; then
        run_tests "test under the sanitizers" sanitize -LE "gpu|long"
    else
        run_tests "unit tests under the sanitizers" sanitize -L unit
    fi
}
[ $tier = everyday ] && {
    summary
    exit
}

# ---------------------------------------------------------------------------------------------------- long
step "build with the thread sanitizer" build threads thread_tests -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGANBEND_SANITIZE=thread &&
    run_tests "test under the thread sanitizer" threads -L threads

for checkpoint in nvlabs-orig-16.pkl rosinality-64.pt; do
    step "valgrind: convert $checkpoint" valgrind_run "$ganbend" convert --no-sandbox \
        "tests/fixtures/$checkpoint" "$out/valgrind.gbw" &&
        step "valgrind: render $checkpoint" valgrind_run "$ganbend" render "$out/valgrind.gbw" -o "$out/valgrind.png" \
            --threads 2
done
# valgrind.gbw is now rosinality's network, for which network-bending's recipes are written.
step "valgrind: a bent render" valgrind_run "$ganbend" render "$out/valgrind.gbw" -o "$out/valgrind.png" \
    --bend tests/fixtures/recipes/broad/chain.yaml --clusters tests/fixtures/recipes/broad/clusters.yaml
step "valgrind: convert biggan-32-cifar.pth" valgrind_run "$ganbend" convert --no-sandbox \
    tests/fixtures/biggan-32-cifar.pth "$out/valgrind.gbw" --config tests/fixtures/biggan-32-cifar.json &&
    step "valgrind: render biggan-32-cifar.pth" valgrind_run "$ganbend" render "$out/valgrind.gbw" \
        -o "$out/valgrind.png" --class 3 --threads 2

step "build the fuzzers" build_fuzzers "$(sh tools/scripts/fuzzing_clang.sh)" && {
    for fuzzer in $fuzzers; do
        step "$fuzzer, 2 s" fuzz "$fuzzer" 2
    done
}
summary
