#!/bin/sh
# Prints what the kernels of cuda/ need, as a Markdown table: registers, spills, shared memory and occupancy for every GPU
# architecture, and counts of the instructions that matter, from the PTX for 8.0; of what only 9.0a has, from the PTX for that. Fails
# if a kernel spills registers.
# usage: sh tools/scripts/kernel_table.sh [--out FOLDER] [ARCHITECTURE…]
#   --out          keeps PTX and the compiler's output there, and does not compile again what is there and newer
#   ARCHITECTURE   compute capabilities without the dot (default: 75 80 86 89 90a, and 100 120 if nvcc knows them)
set -eu
cd "$(dirname "$0")/../.."
nvcc=${CUDACXX-nvcc}
out=
if [ "${1-}" = --out ]; then
    out=$2
    shift 2
fi
if ! command -v "$nvcc" >/dev/null; then
    echo "kernel_table.sh: NVCC WAS NOT FOUND: registers and spills of the CUDA kernels are not checked" >&2
    exit 77
fi
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
if [ $# = 0 ]; then
    set -- 75 80 86 89 90a
    "$nvcc" --list-gpu-code | grep -q sm_120 && set -- "$@" 100 120
fi

# The PTX that the build makes (cuda/CMakeLists.txt has the same options), then ptxas's report.
compile() {
    file=$1 architecture=$2
    to=$out/$(basename "$(dirname "$file")").$(basename "$file" .cu).$architecture
    [ -f "$to.txt" ] && [ -z "$(find "$file" cuda/*.cuh -newer "$to.txt")" ] && return
    "$nvcc" -std=c++20 --fmad=false -I. -ptx -arch="compute_$architecture" -o "$to.ptx" "$file" &&
        ptxas -v -arch="sm_$architecture" -o /dev/null "$to.ptx" 2>"$to.txt"
}
export nvcc out
for architecture; do
    for file in cuda/*.cu cuda/bends/*.cu; do
        [ "$architecture" != 90a ] && grep -q 'hopper_ptx' "$file" && continue
        grep -q __global__ "$file" "$(echo "$file" | sed 's/u$/uh/')" 2>/dev/null && echo "$file $architecture"
    done
done >"$out/jobs"
while read -r file architecture; do
    compile "$file" "$architecture"
done <"$out/jobs"

for architecture; do
    for text in "$out"/*."$architecture".txt; do
        echo "@file $text $architecture"
        cat "$text"
    done
done | c++filt | sed 's/(anonymous namespace):://g' >"$out/reports"
cat "$out"/*.80.ptx "$out/cuda.conv_wgmma.90a.ptx" 2>/dev/null | c++filt | sed 's/(anonymous namespace):://g' >"$out/counted" ||
    : >"$out/counted"

awk -v architectures="$*" '
# The function of a demangled name: without the arguments, enums as numbers.
function short(name) {
    sub(/^void /, "", name)
    gsub(/\((gb_precision|bool|int)\)/, "", name)
    sub(/\(.*/, "", name)
    return name
}
# Dynamic shared memory: of convolve_tiles<P, MT, NT, WARPS, TILE_K, STAGES> with 512 styles, of convolve_patches<P, UP, WORDS> with one
# buffer for pixels, of convolve_wgmma with 3×3 taps and 512 styles.
function dynamic(name,   part, up, words, rows, stride) {
    if (name ~ /^convolve_patches</) {
        split(substr(name, index(name, "<") + 1), part, /[,>] */)
        up = part[2] ~ /^(true|1)$/
        words = part[3]
        rows = up && (words > 32 || part[1] == 1) ? 8 : 16
        stride = words + 4
        return 4 * (9 * 32 * stride + (rows + 2 - up) * (18 - up) * stride + \
                    (up ? 64 * rows * (part[1] == 0 ? 20 : 36) : 0))
    }
    if (name == "convolve_wgmma") return 4 * (256 + 2 * 5888 + 3 * 4096 + 256) + 8 * 12
    if (name !~ /^convolve_tiles</) return 0
    split(substr(name, index(name, "<") + 1), part, /[,>] */)
    stride = part[5] == 32 ? 32 : part[5] + 4
    return 4 * (part[6] * (32 * part[2] + part[4] / 2 * 8 * part[3]) * stride + (part[1] == 0 ? 256 : 512))
}
# Warps of a multiprocessor that can be resident, in percent.
function occupancy(a, regs, threads, shared,   warps, blocks, most, by) {
    if (!threads || !regs) return "?"
    warps = int((threads + 31) / 32)
    most = a == 75 ? 32 : a == 80 || a ~ /^(90|100)/ ? 64 : 48
    blocks = int(most / warps)
    by = a == 75 || a == 86 ? 16 : a == 89 || a == 120 ? 24 : 32
    if (by < blocks) blocks = by
    by = int(int(65536 / (int((regs * 32 + 255) / 256) * 256) / 4) * 4 / warps)
    if (by < blocks) blocks = by
    shared += a == 75 ? 0 : 1024
    by = shared ? int((a == 75 ? 64 : a == 80 ? 164 : a ~ /^(90|100)/ ? 228 : 100) * 1024 / shared) : blocks
    if (by < blocks) blocks = by
    return int(100 * blocks * warps / most + 0.5)
}
function loop_of(name,   i, j, best, first, size, at) {
    if (!(name in first_mma)) return
    for (i = 1; i <= branches; i++)
        if (from[i] > to[i] && to[i] <= first_mma[name] && from[i] >= first_mma[name])
            if (!best || from[i] - to[i] < size) { best = i; size = from[i] - to[i] }
    if (!best) return
    for (j = to[best]; j <= from[best]; j++) {
        loop[name, "all"]++
        if (code[j] ~ /mma(\.sync|_async)/) loop[name, "mma"]++
        if (code[j] ~ /ld\.shared|ldmatrix/) loop[name, "shared"]++
        if (code[j] ~ /cp\.async\.(cg|bulk)/) loop[name, "copies"]++
    }
}
FILENAME == ARGV[1] && /^@file/ { architecture = $3; next }
FILENAME == ARGV[1] && /Compiling entry function/ {
    name = $0; sub(/.*entry function ./, "", name); sub(/. for .sm_[0-9a-z]*.$/, "", name); name = short(name)
    if (!(name in known)) { known[name] = ++kernels; names[kernels] = name }
    next
}
# Of the kernel, or of a function that it calls.
FILENAME == ARGV[1] && /bytes spill stores/ {
    for (i = 1; i <= NF; i++) if ($i == "spill") { spills[name, architecture] += $(i - 2); spilled += $(i - 2) }
    next
}
FILENAME == ARGV[1] && /Used [0-9]+ registers/ {
    for (i = 1; i <= NF; i++) {
        if ($i == "registers,") regs[name, architecture] = $(i - 1)
        if ($i ~ /^smem/) shared[name] = $(i - 2)
    }
    next
}
FILENAME == ARGV[1] { next }
/\.entry / { name = $0; sub(/.*\.entry /, "", name); name = short(name); lines = branches = 0; split("", label); next }
/^\.maxntid/ { threads[name] = $2; sub(/,.*/, "", threads[name]); next }
/^}/ && name != "" { for (i = 1; i <= branches; i++) to[i] = label[goal[i]]; loop_of(name); name = ""; next }
name == "" { next }
/^\$L/ { sub(/:.*/, ""); label[$0] = lines + 1; next }
/^\t[@a-z]/ && !/^\t\./ {
    code[++lines] = $0
    if (/ld\.shared|ldmatrix/) loads[name]++
    if (/st\.shared/) stores[name]++
    if (/cp\.async\.(cg|bulk)/) copies[name]++
    if (/ld\.global/) global[name]++
    if (/mma(\.sync|_async)/) { if (!mma[name]++) first_mma[name] = lines }
    all[name]++
    if (/bra/) { goal[++branches] = $NF; sub(/;.*/, "", goal[branches]); from[branches] = lines }
}
END {
    n = split(architectures, a, " ")
    heading = architectures; gsub(/ /, " / ", heading)
    print "| kernel | threads | registers, " heading " | spilled bytes | shared memory, bytes | occupancy in %, " heading \
          " | instructions | tensor products | shared loads | shared stores | asynchronous copies | global loads | a step of the main loop: all, products, shared loads, copies |"
    print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for (i = 1; i <= kernels; i++) {
        k = names[i]; r = o = ""; s = 0
        for (j = 1; j <= n; j++) {
            if (!((k, a[j]) in regs)) { r = r (j > 1 ? " / " : "") "–"; o = o (j > 1 ? " / " : "") "–"; continue }
            r = r (j > 1 ? " / " : "") regs[k, a[j]]
            o = o (j > 1 ? " / " : "") occupancy(a[j], regs[k, a[j]], threads[k], shared[k] + dynamic(k))
            s += spills[k, a[j]]
        }
        step = loop[k, "all"] ? loop[k, "all"] ", " loop[k, "mma"] ", " loop[k, "shared"] + 0 ", " loop[k, "copies"] + 0 : ""
        printf "| `%s` | %s | %s | %d | %d | %s | %d | %d | %d | %d | %d | %d | %s |\n", k, threads[k], r, s,
               shared[k] + dynamic(k), o, all[k], mma[k], loads[k], stores[k], copies[k], global[k], step
    }
    if (spilled) { print "kernel_table.sh: kernels spill registers" >"/dev/stderr"; exit 1 }
}' "$out/reports" "$out/counted"
