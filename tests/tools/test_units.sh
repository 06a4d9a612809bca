#!/bin/sh
# ganbend units: tables, a mask, a sheet. usage: test_units.sh GANBEND, from the repository root.
. tests/tools/cli.sh

model=$scratch/small.gbw
run 0 "a small model" init stylegan2 "$model" --res 16 --channel-max 8 --z-dim 4 --w-dim 4 --mapping-layers 1
at="--at synthesis.b8.conv1 --samples 2"
# shellcheck disable=SC2086  # options
{
    run 0 "a table" units "$model" $at
    prints "attribution"
    check "there are eight units" [ "$(grep -c '^ *[0-9]' "$scratch/out")" -eq 8 ]
    run 0 "the first rows" units "$model" $at --top 3 --sort number
    check "there are three" [ "$(grep -c '^ *[0-9]' "$scratch/out")" -eq 3 ]
    run 0 "a mask and another bend" units "$model" $at --mask docs/examples/eyes-mask.png --with rotate,30 --csv
    prints "rotate angle=30 in mask"
    check "all units are there" [ "$(wc -l <"$scratch/out")" -eq 9 ]
    run 0 "JSON" units "$model" $at --json
    prints '"replaced_by_mean"'
    run 0 "a sheet" units "$model" $at --top 2 -o "$scratch/sheet.png" --seeds 3
    prints "2 units, 4 bends"
    run 2 "no layer" units "$model"
    complains "--at is missing"
    run 2 "a layer without maps" units "$model" --at mapping
    complains "no feature maps"
    run 2 "an order that needs a mask" units "$model" $at --sort overlap
    complains "needs --mask"
    run 2 "a filter that does not exist" units "$model" $at --with rotat
    complains "rotat"
    run 1 "a mask that does not exist" units "$model" $at --mask "$scratch/nothing.png"
    complains "nothing.png"
}

# Going on after an interruption
long="--at synthesis.b8.conv1 --samples 120 --csv"
# shellcheck disable=SC2086  # options
{
    run 0 "the whole" units "$model" $long
    cp "$scratch/out" "$scratch/whole.csv"
    "$ganbend" units "$model" $long --state "$scratch/kept.npz" >"$scratch/out" 2>"$scratch/err" &
    process=$!
    sleep 0.2
    kill -INT $process 2>/dev/null
    wait $process
    stopped=$?
    case $stopped in
    1)
        complains "the same command continues from"
        run 1 "other options" units "$model" $long --state "$scratch/kept.npz" --first-sample 1
        complains "belongs to another model or other options"
        ;;
    0 | 130) ;;      # it had ended, or had not begun
    *) bad "an interrupted command has status $stopped" ;;
    esac
    run 0 "the rest" units "$model" $long --state "$scratch/kept.npz"
    check "gives the same numbers" cmp -s "$scratch/out" "$scratch/whole.csv"
    check "and leaves no state" [ ! -e "$scratch/kept.npz" ]
}

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
