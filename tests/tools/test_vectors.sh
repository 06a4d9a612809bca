#!/bin/sh
# ganbend tileability: a table, a library, a sheet. usage: test_vectors.sh GANBEND, from the repository root.
. tests/tools/cli.sh

model=$scratch/small.gbw
run 0 "a small model" init stylegan2 "$model" --res 16 --channel-max 8 --z-dim 4 --w-dim 4 --mapping-layers 1
at="--at synthesis.b8.conv1 --features-size 128 --count 6"
# shellcheck disable=SC2086  # options
{
    run 0 "a table of both ends" tileability "$model" $at --top 2
    prints "tileability"
    check "there are four vectors" [ "$(grep -c '^ *[0-9]' "$scratch/out")" -eq 4 ]
    run 0 "all of them" tileability "$model" $at --csv
    check "there are six" [ "$(wc -l <"$scratch/out")" -eq 7 ]
    check "in order" sh -c "tail -n +2 '$scratch/out' | cut -d, -f5 | sort -c -g -r"
    run 0 "a library and a sheet" tileability "$model" $at -o "$scratch/tiles.npz" --sheet "$scratch/tiles.png" --name sand
    prints "6 vectors"
    run 0 "the library is one" vector list "$scratch/tiles.npz"
    prints "sand0005"
    run 0 "a picture painted with a vector" vector show "$model" "$scratch/tiles.npz" --name sand0000 -o "$scratch/show.png"
    run 2 "no layer" tileability "$model"
    complains "--at is missing"
    run 2 "a layer without pixels" tileability "$model" --at mapping
    complains "no feature maps"
    run 2 "a generator does not look at pictures" tileability "$model" $at --features "$model"
    complains "looks at one picture"
    run 2 "a bad name" tileability "$model" $at --name a/b
    complains "--name takes"
}

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
