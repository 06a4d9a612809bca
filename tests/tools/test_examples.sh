#!/bin/sh
# The programs in docs/examples do what the documentation promises. usage: test_examples.sh GANBEND SLIDER CALLBACK UNET TRAIN, from
# the repository root.
. tests/tools/cli.sh
slider=$2
callback=$3
unet=$4
train=$5
run 0 "a network with random weights is written" init stylegan2 "$scratch/small.gbw" --res 32 --channel-base 512 --channel-max 32 \
    --z-dim 32 \
    --w-dim 32 --mapping-layers 2
example() {
    wanted=$1
    sentence=$2
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err"
    status=$?
    check "$sentence" [ "$status" -eq "$wanted" ]
}

example 0 "a slider moves" "$slider" "$scratch/small.gbw" synthesis.b16.conv1 "$scratch/turned"
check "it writes a picture for each value" [ "$(grep -c "steps of" "$scratch/out")" -eq 7 ]
check "the first and the last exist" [ -s "$scratch/turned00.png" ] && [ -s "$scratch/turned06.png" ]
check "they differ" sh -c "! cmp -s '$scratch/turned00.png' '$scratch/turned03.png'"
first=$(sed -n 's/.*: \([0-9]*\) steps of.*/\1/p' "$scratch/out" | head -n 1)
last=$(sed -n 's/.*: \([0-9]*\) steps of.*/\1/p' "$scratch/out" | tail -n 1)
check "a change runs fewer steps than the first picture ($last of $first steps)" [ "$last" -lt "$first" ]
example 1 "a layer that does not exist is reported" "$slider" "$scratch/small.gbw" synthesis.b99 "$scratch/x"
complains synthesis.b99

example 0 "a callback changes a layer" "$callback" "$scratch/small.gbw" synthesis.b16.conv1 0.25 \
    "$scratch/strongest.png"
prints " feature maps kept"
example 0 "one that keeps everything changes nothing" "$callback" "$scratch/small.gbw" synthesis.b16.conv1 1 \
    "$scratch/all.png"
prints "32 of 32 feature maps kept"
run 0 "the unbent picture is rendered" render "$scratch/small.gbw" --seeds 7 -o "$scratch/plain.png"
check "a quarter of the maps gives another picture" sh -c "! cmp -s '$scratch/strongest.png' '$scratch/all.png'"

example 0 "a network is trained" "$train" 60
right=$(sed -n 's/ of 32 new pictures.*//p' "$scratch/out")
check "it names most new pictures rightly ($right of 32)" [ "$right" -ge 29 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
