# shellcheck shell=sh
# Shared by the tests of the program: a temporary folder, running the program, and checking its output. Sourced by a test
# whose first argument is the program.
set -u
# Leaks of system libraries, in a build with the address sanitizer.
LSAN_OPTIONS=${LSAN_OPTIONS:+$LSAN_OPTIONS:}suppressions=$PWD/tests/leaks.txt:print_suppressions=0
export LSAN_OPTIONS
ganbend=$1
"$ganbend" --version || exit 1
# shellcheck disable=SC2034  # used by the tests
fixtures=tests/fixtures
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
XDG_CACHE_HOME=$scratch/cache      # converted checkpoints
export XDG_CACHE_HOME
passed=0
failed=0

ok() { passed=$((passed + 1)); }

bad() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    shift
    [ $# -gt 0 ] && echo "  $*"
    sed 's/^/  out: /' "$scratch/out" | head -n 8
    sed 's/^/  err: /' "$scratch/err" | head -n 8
}

# run STATUS SENTENCE ARGUMENTS…: checks the program's exit status, and that a failure prints one line on standard error.
run() {
    wanted=$1
    sentence=$2
    shift 2
    "$ganbend" "$@" >"$scratch/out" 2>"$scratch/err"
    got=$?
    sed -i '/^note: this system has no/d' "$scratch/err"      # about the sandbox
    if [ $got -ne "$wanted" ]; then
        bad "$sentence" "exit status $got instead of $wanted: ganbend $*"
    elif [ "$wanted" -ne 0 ] && [ "$(wc -l <"$scratch/err")" -ne 1 ]; then
        bad "$sentence" "standard error is not one line: ganbend $*"
    elif [ "$wanted" -eq 0 ] && [ -s "$scratch/err" ]; then
        bad "$sentence" "standard error is not empty: ganbend $*"
    else
        ok
    fi
}

# prints TEXT and complains TEXT check the last run's standard output and standard error; check SENTENCE COMMAND… checks any
# condition.
prints() { if grep -qF -- "$1" "$scratch/out"; then ok; else bad "it prints '$1'"; fi; }
complains() { if grep -qF -- "$1" "$scratch/err"; then ok; else bad "it reports '$1'"; fi; }
check() {
    sentence=$1
    shift
    if "$@"; then ok; else bad "$sentence"; fi
}
nothing_left() { [ -z "$(ls -A "$1")" ]; }
same_arrays() { cmp -s "$1" "$2"; }
