# shellcheck shell=sh
# What the tests of the program share: a folder of their own, running it, and looking at what it said. Sourced by a test
# whose first argument is the program.
set -u
ganbend=$1
"$ganbend" --version || exit 1
# shellcheck disable=SC2034  # for who sources this
fixtures=tests/fixtures
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
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

# run STATUS SENTENCE ARGUMENTS…: the program ends with that status; a failure is one line on standard error.
run() {
    wanted=$1
    sentence=$2
    shift 2
    "$ganbend" "$@" >"$scratch/out" 2>"$scratch/err"
    got=$?
    if [ $got -ne "$wanted" ]; then
        bad "$sentence" "exit status $got instead of $wanted: ganbend $*"
    elif [ "$wanted" -ne 0 ] && [ "$(wc -l <"$scratch/err")" -ne 1 ]; then
        bad "$sentence" "not one line: ganbend $*"
    elif [ "$wanted" -eq 0 ] && [ -s "$scratch/err" ]; then
        bad "$sentence" "not quiet when piped: ganbend $*"
    else
        ok
    fi
}

# prints TEXT and complains TEXT look at the last run's outputs; check SENTENCE COMMAND… at anything.
prints() { if grep -qF -- "$1" "$scratch/out"; then ok; else bad "it prints '$1'"; fi; }
complains() { if grep -qF -- "$1" "$scratch/err"; then ok; else bad "it complains with '$1'"; fi; }
check() {
    sentence=$1
    shift
    if "$@"; then ok; else bad "$sentence"; fi
}
nothing_left() { [ -z "$(ls -A "$1")" ]; }
same_arrays() { cmp -s "$1" "$2"; }
