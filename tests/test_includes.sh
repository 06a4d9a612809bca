#!/bin/sh
# Which folder may include which: the table below. A folder's lines say what it may include beside itself: folders (with
# everything below them) and single headers. Every folder may include the public headers, engine/ganbend*.h. No two files include each other,
# directly or in a circle (a .c and its .h count as one file), except those listed at the end of the table.
# Usage, from the repository root: sh tests/test_includes.sh
set -u
allowed='
engine/platform
engine/base      engine/platform weights/reason.h ops/float_state.h ops/splitmix.h
engine/picture   engine/base
engine/graph     engine/base ops/ops.h ops/device.h ops/bends/filters.h cuda/cuda.h weights
engine/models    engine/base engine/graph
engine/bend      engine/base engine/graph ops/bends
engine/gradient  engine/base engine/graph engine/bend
engine/session   engine/base engine/picture engine/graph engine/bend engine/gradient ops/device.h ops/float_state.h
engine/session   ops/batch_norm.h weights/number_text.h
engine/files     engine/base engine/graph engine/models engine/session weights
engine/recipe    engine/base engine/picture engine/graph engine/bend engine/session ops/bends
engine/recipe    weights/arena.h weights/number_text.h weights/spelling.h
engine/analysis  engine/base engine/picture engine/graph engine/bend engine/session engine/gradient engine/files
engine/analysis  ops/bends/filters.h ops/float_state.h weights/read/torch_write.h
ops
cuda             ops
weights
tools            engine/platform
docs
docs/examples/adding  engine ops cuda weights
circle           weights/read/pickle weights/read/pickle_torch
circle           weights/read/pickle weights/read/pickle_numpy
'
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
find engine ops cuda weights tools docs \( -name '*.c' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \) -print |
    LC_ALL=C sort >"$list" || exit 1

printf '%s' "$allowed" | awk -v list="$list" '
function fail(text) { print text; failures++ }
function folder(path) { sub("/[^/]*$", "", path); return path }
function unit(path) { sub("[.][a-z]*$", "", path); return path }
# The row of the table that governs a folder: its own, or that of the nearest folder above it.
function row(dir) {
    while (!(dir in may) && dir ~ "/") sub("/[^/]*$", "", dir)
    return dir in may ? dir : ""
}
function is_allowed(from, to,   words, n, i, at) {
    if (to ~ "^engine/ganbend(_[a-z]+)?[.]h$") return 1
    at = row(folder(from))
    if (at == "") { fail(from ": its folder is not in the table of allowed includes"); return 1 }
    if (index(to, at "/") == 1 && row(folder(to)) == at) return 1
    n = split(may[at], words, " ")
    for (i = 1; i <= n; i++)
        if (to == words[i] || index(to, words[i] "/") == 1) return 1
    return 0
}
# The file that an include names: beside the including one, from the root, or the public header.
function resolve(from, name,   path) {
    path = folder(from) "/" name
    while (match(path, "[^/]+/[.][.]/")) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
    if (path in exists) return path
    if (name in exists) return name
    if (("engine/" name) in exists) return "engine/" name
    path = from
    while (sub("/[^/]*$", "", path)) if ((path "/" name) in exists) return path "/" name
    return ""
}
NF && $1 == "circle" { circle[$2 " " $3] = circle[$3 " " $2] = 1; next }
NF { may[$1] = may[$1]; for (i = 2; i <= NF; i++) may[$1] = may[$1] " " $i }
END {
    while ((getline file < list) > 0) exists[file] = 1
    for (file in exists) {
        units[unit(file)] = 1
        while ((getline line < file) > 0) {
            if (line !~ "^[ \t]*#[ \t]*include[ \t]*\"") continue
            sub("^[^\"]*\"", "", line); sub("\".*$", "", line)
            to = resolve(file, line)
            if (to == "") continue                      # generated, or of the emulator
            if (!is_allowed(file, to)) fail(file " includes " to ", which its folder may not")
            a = unit(file); b = unit(to)
            if (a != b && !((a " " b) in circle)) edge[a " " b] = 1
            includes++
        }
        close(file)
    }
    # Files that include nothing that is left go, again and again, and so do those that nothing left includes: what
    # remains is in circles or between two.
    do {
        gone = 0
        for (u in units) {
            uses = used = 0
            for (v in units) {
                if ((u " " v) in edge) uses++
                if ((v " " u) in edge) used++
            }
            if (!uses || !used) { delete units[u]; gone++ }
        }
    } while (gone)
    for (u in units) for (v in units) if ((u " " v) in edge) fail("in a circle: " u " includes " v)
    if (includes < 500) fail("only " includes + 0 " includes were found: run this from the repository root")
    print failures + 0 " failures, " includes + 0 " includes"
    exit failures > 0
}'
