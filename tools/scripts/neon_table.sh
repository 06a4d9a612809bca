#!/bin/sh
# Prints the inner loops of the kernels for 64-bit ARM (ops/simd/neon.c) as a Markdown table: instructions counted in the
# compiled code, and cycles that follow from them. Nothing is run, so it works on any machine with a cross compiler. Fails if
# a register tile of sums is spilled.
# usage: sh tools/scripts/neon_table.sh [ALL]       ALL: also code that none of the names below stands for
# needs aarch64-linux-gnu-gcc (or CC) and its binutils; with llvm-mca there is a column of its estimate
#
# A row is a run of instructions without branches, named after the function in which most of its arithmetic is written.
#   cycles     the least that the units of a Neoverse N1 need: two vector instructions, two loads or stores, and four
#              instructions of any kind a cycle (Arm, "Neoverse N1 Software Optimization Guide")
#   share      cycles that the multiply-adds alone take, divided by that
#   llvm-mca   its estimate for a loop of these instructions. Before LLVM 16 it models the N1 as a Cortex-A57, which has
#              one load and three instructions a cycle.
set -eu
cd "$(dirname "$0")/../.."
cc=${CC-aarch64-linux-gnu-gcc}
names='multiply_tile|conv_sum_tile|wgrad_tile|dot_rows|demodulate_vectors|transform_patch|store_tile|up_transform_patch|up_store_tile|up_smooth|smooth_pixel|sum_pixels|fromrgb_pixels|softmax_row|vexp|fir_'
[ "${1-}" = ALL ] && names=.
for program in "$cc" aarch64-linux-gnu-objdump aarch64-linux-gnu-addr2line; do
    if ! command -v "$program" >/dev/null; then
        echo "neon_table.sh: $program was not found" >&2
        exit 77
    fi
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The options of the build (CMakeLists.txt, ops/CMakeLists.txt).
options="-std=c11 -O3 -ffp-contract=off -fno-math-errno"
"$cc" --version | grep -qi clang || options="$options -fno-schedule-insns"
# shellcheck disable=SC2086
"$cc" $options -g -I. -c ops/simd/neon.c -o "$out/neon.o"
aarch64-linux-gnu-objdump -d --no-show-raw-insn -j .text "$out/neon.o" >"$out/code"

# Divides the code into runs without branches in and out, counts what is in them, and writes each to a file.
awk -v out="$out" '
function counted(op, args,   n) {
    all++
    n = op ~ /^(ldp|stp|ld2|st2)/ ? 2 : 1
    if (args ~ /\[(sp|x29)/ && args ~ /^[qdsv{]/) stack += n
    if (op ~ /^ld/ && args ~ /^[qds{]/) { loads += n; if (op == "ld1r") { broadcasts++; vector++ } }
    else if (op ~ /^st/ && args ~ /^[qds{]/) stores += n
    else if (op ~ /^(fmla|fmls)$/) { fma++; vector++ }
    else if (args ~ /^v[0-9]/) { vector++; if (op == "dup") broadcasts++ }
    else if (op ~ /^f(m?add|m?sub|mul|div|cmp|mov|csel)$/) vector++
}
function finish(   i, file) {
    if (vector >= 8 && fma >= 4) {
        file = out "/" ++blocks ".s"
        for (i = 1; i <= lines; i++) print text[i] >file
        close(file)
        print blocks, middle, fma, vector, broadcasts, loads, stores, stack, all
    }
    lines = fma = vector = broadcasts = loads = stores = stack = all = 0
}
FNR == NR {                     # the first pass finds where branches lead to
    if ($2 ~ /^(b|b\..*|cbn?z|tbn?z)$/)
        for (i = 3; i <= NF; i++) if ($i ~ /^[0-9a-f]+$/) target[$i] = 1
    next
}
/^[0-9a-f]+ <.*>:$/ { finish(); next }
/^ *[0-9a-f]+:\t/ {
    address = $1; sub(/:/, "", address)
    if (address in target) finish()
    line = $0; sub(/^[^\t]*\t/, "", line); sub(/ *(\/\/|<).*/, "", line)
    op = $2; args = line; sub(/^[^\t ]*[\t ]*/, "", args)
    counted(op, args)
    if (op ~ /^(fmla|fmls)$/) middle = address
    if (op ~ /^(b|b\..*|cbn?z|tbn?z|ret|bl|br|blr)$/) { finish(); next }
    if (op != "adrp") text[++lines] = line
}
END { finish() }' "$out/code" "$out/code" >"$out/blocks"

# Names the runs: the innermost of those functions in which the instruction was inlined.
while read -r block middle counts; do
    name=$(aarch64-linux-gnu-addr2line -fi -j .text -e "$out/neon.o" "0x$middle" |
        awk -v names="^($names)" 'NR % 2 && $0 ~ names { print; exit }')
    [ -n "$name" ] || continue
    cycles=-
    if command -v llvm-mca >/dev/null; then
        cycles=$(llvm-mca -march=aarch64 -mcpu=neoverse-n1 -iterations=100 "$out/$block.s" 2>/dev/null |
            awk '/^Total Cycles:/ { printf "%.1f", $3 / 100 }')
    fi
    echo "$name $counts ${cycles:--}"
done <"$out/blocks" | sort | uniq -c >"$out/rows"

awk '
function larger(a, b) { return a > b ? a : b }
{
    fma = $3; vector = $4; least = larger(larger(vector / 2, ($6 + $7) / 2), $9 / 4)
    printf "| `%s`%s | %d | %d | %d | %d | %d | %d | %d | %.1f | %.0f %% | %s |\n", $2, ($1 > 1 ? " (" $1 "×)" : ""), fma,
           vector - fma - $5, $5, $6, $7, $8, $9, least, 100 * fma / 2 / least, $10
    if ($2 ~ /_tile$/ && $2 ~ /^(multiply|conv_sum)/ && $8) spilled = spilled " " $2
}
BEGIN {
    print "| function | multiply-adds | other arithmetic | broadcasts | loads | stores | on the stack | instructions | cycles | share | llvm-mca |"
    print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
}
END { if (spilled) { print "neon_table.sh: spilled:" spilled >"/dev/stderr"; exit 1 } }' "$out/rows"
