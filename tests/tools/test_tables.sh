#!/bin/sh
# Tables for researchers: compare with --local, --float64 and --json and with NaN, trace, moves, and arrays of one node. usage:
# test_tables.sh GANBEND, from the repository root.
. tests/tools/cli.sh
reference=$fixtures/nvlabs-skip-64.npz
run 0 "a model" convert $fixtures/nvlabs-skip-64.pkl "$scratch/skip.gbw"
run 0 "the same with half weights" convert $fixtures/nvlabs-skip-64.pkl "$scratch/half.gbw" --half
model=$scratch/skip.gbw

# column NAME N: column N of the line of an array in the last table.
column() { awk -v name="$1" -v n="$2" '$1 == name { print $n; exit }' "$scratch/out"; }
# exceeds SENTENCE ARGUMENTS…: a comparison that exceeds the tolerance, which the table shows.
exceeds() {
    sentence=$1
    shift
    "$ganbend" compare "$@" >"$scratch/out" 2>"$scratch/err"
    check "$sentence" [ $? -eq 1 ]
    check "$sentence: no error is printed" [ ! -s "$scratch/err" ]
}
# holds CONDITION: of numbers, in awk.
holds() { awk "BEGIN { exit !($1) }"; }

# ---- compare --local: an error that arises in one layer is not shown as that of the layers after it
exceeds "half weights exceed the tolerance" "$scratch/half.gbw" $reference --local
check "the running picture has the error of the layers before it" holds "$(column synthesis.b64.img 4) > 2e-4"
check "but adds none of its own" holds "$(column synthesis.b64.img 6) < 1e-6"
check "a convolution has one of its own" holds "$(column synthesis.b64.conv1 6) > 1e-4"
check "the image is computed from the last layers" holds "$(column image 6) < 1e-6"
prints "worst of its own synthesis."
run 0 "full weights are equal everywhere" compare "$model" $reference --local
check "ws are computed from the mapping network's output" holds "$(column ws 6) < 1e-6"

# ---- compare --float64: whose rounding error it is
run 0 "reference and program against float64" compare "$model" $reference --float64
prints "worst against float64: reference synthesis."
check "the reference's rounding errors are small, and none is missing" holds "0 < $(column image 5) && $(column image 5) < 5e-6"
check "so are the program's" holds "0 < $(column image 6) && $(column image 6) < 5e-6"
check "ws are among them" holds "0 < $(column ws 6) && $(column ws 6) < 1e-6"
exceeds "half weights against float64" "$scratch/half.gbw" $reference --float64 --local
check "the reference is not what the half weights give" holds "$(column image 7) > 2e-4"
check "but the program computes what they give" holds "$(column image 8) < 5e-6"
check "the arrays' own differences stay in their columns" holds "$(column image 6) < 1e-6"
exceeds "float64 as JSON" "$scratch/half.gbw" $reference --float64 --json
check "both rounding errors are in it" sh -c "tr -d ' \n' <'$scratch/out' | grep -q '\"float64\":{\"magnitude\":[0-9.]*,\"reference\":{\"difference\":[^}]*},\"ganbend\":{\"difference\":'"
prints '"worst_float64": {'
printf 'bends: [{at: synthesis.b16.conv0, filter: rotate, angle: 30}]\n' >"$scratch/rotate.yaml"
run 0 "bends are computed in float64 too" compare "$model" $reference --float64 --tol 9 --bend "$scratch/rotate.yaml"
check "with errors of rounding alone" holds "$(column image 5) > 0.01 && $(column image 6) < 1e-5"
run 2 "gradients have no float64" compare "$model" $reference --gradients --float64

# ---- compare --json
run 0 "a comparison as JSON" compare "$model" $reference --json
prints '"within": true'
prints '"name": "synthesis.b64.img"'
check "it says nothing of the arrays' own differences" sh -c "! grep -q own '$scratch/out'"
exceeds "with the arrays' own differences" "$scratch/half.gbw" $reference --json --local
prints '"worst_own": "synthesis.'
prints '"own": {'
prints '"within": false'

# ---- NaN is neither a number nor infinite
cat >"$scratch/nan.yaml" <<'RECIPE'
bends:
  - {at: synthesis.b32.conv0, filter: multiply, factor: 1.0e+38}
  - {at: synthesis.b32.conv0, filter: multiply, factor: 1.0e+38}
RECIPE
exceeds "NaN exceeds any tolerance" "$model" $reference --bend "$scratch/nan.yaml" --tol 1e30
check "an infinite difference is infinite" [ "$(column synthesis.b32.conv0 3)" = inf ]
check "a NaN is NaN" [ "$(column synthesis.b64.img 3) $(column synthesis.b64.img 4)" = "nan nan" ]
prints "PSNR nan"
check "NaN is the worst" sh -c "tail -n 1 '$scratch/out' | grep -q 'worst [^ ]* nan\$'"
exceeds "NaN in JSON" "$model" $reference --bend "$scratch/nan.yaml" --json
check "there is no NaN and no infinity" sh -c "! grep -qiE ': *-?(nan|inf)' '$scratch/out'"
prints '"relative": null'

# ---- trace
run 0 "all boundaries" trace "$model" --seeds 7,8
check "a line for each node of each image" [ "$(wc -l <"$scratch/out")" -eq $((1 + 2 * $("$ganbend" info "$model" --json |
    grep -c '"op":'))) ]
check "every line has as many fields" [ "$(sed 's/"[^"]*"//' "$scratch/out" | awk -F, '{ print NF }' | sort -u)" = 12 ]
prints 'seed0007,z,input,"[64]",64,'
cat >"$scratch/known.yaml" <<'RECIPE'
bends:
  - {at: synthesis.b8.conv1, filter: ablate}
  - {at: synthesis.b8.conv1, filter: add, amount: 2.5, features: [0]}
RECIPE
run 0 "known values" trace "$model" --seeds 7 --bend "$scratch/known.yaml" --at synthesis.b8.conv1
# 48 maps of 8×8, one of which is 2.5: the mean is 2.5/48, the deviation 2.5 √47 / 48
prints 'synthesis.b8.conv1,bias_act,"[48,8,8]",3072,0,2.5,0.0520833333,0.357065344'
prints ',3008,0,0'
run 0 "NaN and infinity" trace "$model" --seeds 7 --bend "$scratch/nan.yaml" --at synthesis.b32.conv0 --at synthesis.b64.img
check "infinite values are counted" sh -c "grep -q 'b32.conv0,.*,[1-9][0-9]*\$' '$scratch/out'"
prints 'synthesis.b64.img,add,"[3,64,64]",12288,,,,,0,12288,0'
run 0 "as JSON" trace "$model" --seeds 7 --bend "$scratch/nan.yaml" --at synthesis.b64.img --at mapping --json
prints '"name": "synthesis.b64.img", "op": "add", "shape": [3, 64, 64], "count": 12288, "min": null'
check "the list is closed" [ "$(tail -n 1 "$scratch/out")" = "]" ]
run 2 "a node that does not exist" trace "$model" --at nothing
complains "--at nothing: no node matches"

# ---- moves
run 0 "moves" moves "$model" --moves 2 --at 'synthesis.b8.*'
prints "(median of 2 after 3 to warm up; interactive session"
run 2 "moves of a layer that does not exist" moves "$model" --moves 2 --at synthesis.b9.conv1
complains "--at synthesis.b9.conv1: no node matches"
run 2 "one of two does not exist" moves "$model" --moves 2 --at synthesis.b8.conv1 --at nothing
run 2 "moves of a node that has no activation" moves "$model" --moves 2 --at z
complains "--at z: none of these nodes is an activation of feature maps"

# ---- one array
run 0 "one node as an .npy" dump "$model" --seeds 7-8 --at mapping -o "$scratch/w.npy"
check "it is an .npy" [ "$(head -c 6 "$scratch/w.npy" | tail -c 5)" = NUMPY ]
run 0 "it is read back" info "$scratch/w.npy"
prints "[2,10,64]"
run 2 "several nodes as an .npy" dump "$model" --at 'mapping.*' -o "$scratch/several.npy"
complains "several.npy: an .npy holds one array, and --at names 17 nodes; write an .npz"
check "nothing was written" [ ! -e "$scratch/several.npy" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
