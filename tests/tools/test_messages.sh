#!/bin/sh
# Messages that name the cause: wrong encodings, 8-bit references, folders that cannot be created.
# usage: test_messages.sh GANBEND, from the repository root.
. tests/tools/cli.sh

m=$scratch/model.gbw
"$ganbend" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 || exit 1

# b\0e\0n\0d\0s\0 and so on, with and without a byte order mark
utf16() { printf 'bends: []\n' | sed 's/./&_/g' | tr '_\n' '\000\000'; }
{ printf '\377\376'; utf16; } >"$scratch/marked.yaml"
utf16 >"$scratch/plain.yaml"
for file in marked plain; do
    run 1 "a recipe in UTF-16 ($file)" recipe check "$scratch/$file.yaml"
    complains "this text is in UTF-16; save it as UTF-8"
    run 1 "the same given to render ($file)" render "$m" --bend "$scratch/$file.yaml" -o "$scratch/x.png"
    complains "UTF-16"
done
printf '\357\273\277bends: []\n' >"$scratch/bom.yaml"
run 0 "a byte order mark of UTF-8 is ignored" recipe check "$scratch/bom.yaml"

# Texts of a recipe that would act on the terminal
printf 'parameters:\n  p: {value: 1, low: 0, high: 2, summary: "\\e]0;owned\\a\\u202Eend"}\nbends: []\n' >"$scratch/escape.yaml"
run 0 "a recipe with escape sequences" recipe check "$scratch/escape.yaml"
prints "--set p=1  (0 to 2)  ?]0;owned????end"
printf 'inputs: {seeds: "1\\e[2J"}\nbends: []\n' >"$scratch/escape.yaml"
run 1 "an escape sequence in a message" recipe check "$scratch/escape.yaml" --model "$m"
check "no escape character is printed" sh -c "! grep -q '$(printf '\033')' '$scratch/out' '$scratch/err'"

# An .npz with z and an 8-bit image
run 0 "a reference" dump "$m" --at z -o "$scratch/z.npz"
run 1 "8-bit values are not a reference" compare "$m" tests/fixtures/wild/eight-bit.npz
complains "'image' holds 8-bit values; a reference needs the network's own float32 output"

mkdir "$scratch/dir"
: >"$scratch/dir/file"
run 1 "a folder inside a file" render "$m" -o "$scratch/dir/file/deeper" --seeds 0
complains "cannot create this folder"
if [ -d /sys ] && ! mkdir /sys/ganbend-test 2>/dev/null; then
    run 1 "a folder that must not be created" render "$m" -o /sys/ganbend-test --seeds 0
    complains "cannot create this folder"
    check "the folder is not reported as missing" sh -c "! grep -q 'No such file' '$scratch/err'"
fi
rmdir /sys/ganbend-test 2>/dev/null

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
