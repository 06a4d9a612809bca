#!/bin/sh
# Networks with pictures that are not square, grey or RGBA: every subcommand that renders pictures supports them; for any
# other number of channels the message names the alternatives.
# usage: test_shapes.sh GANBEND, from the repository root.
. tests/tools/cli.sh

# png FILE WIDTH HEIGHT COLOURS: compares the header; COLOURS is 0 for grey, 2 for RGB, 6 for RGBA
png() {
    header=$(head -c 26 "$1" | tail -c 10 | od -An -tu1 | tr -s ' ' | sed 's/^ //')
    [ "$header" = "0 0 $(($2 / 256)) $(($2 % 256)) 0 0 $(($3 / 256)) $(($3 % 256)) 8 $4" ]
}

small="--channel-base 256 --channel-max 8 --z-dim 16 --w-dim 16 --mapping-layers 2"
# shellcheck disable=SC2086  # several words
run 0 "a wide grey network" init stylegan2 "$scratch/grey.gbw" --res 32 --start 3x5 --img-channels 1 $small
# shellcheck disable=SC2086
run 0 "a tall network with alpha" init stylegan2 "$scratch/rgba.gbw" --res 64 --start 4x2 --img-channels 4 $small
# shellcheck disable=SC2086
run 0 "a network with two channels" init stylegan2 "$scratch/two.gbw" --res 16 --img-channels 2 $small
run 2 "a start without a width" init stylegan2 "$scratch/x.gbw" --start 4
complains "HEIGHTxWIDTH"

for model in grey rgba; do
    case $model in
    grey) width=40 height=24 colours=0 channels=1 ;;
    rgba) width=32 height=64 colours=6 channels=4 ;;
    esac
    file=$scratch/$model.gbw
    run 0 "$model: its shape is known" info "$file"
    prints "${channels}x${height}x${width}"
    run 0 "$model: an image" render "$file" -o "$scratch/one.png" --seeds 1
    check "$model: it keeps its shape and channels" png "$scratch/one.png" $width $height $colours
    run 0 "$model: a sheet" render "$file" -o "$scratch/sheet.png" --seeds 0-5 --grid 3x2
    check "$model: it is three wide and two high" png "$scratch/sheet.png" $((3 * width)) $((2 * height)) $colours
    run 0 "$model: steps" render "$file" -o "$scratch/steps.png" --seeds 0,1 --steps 4
    check "$model: they are side by side" png "$scratch/steps.png" $((4 * width)) $height $colours
    run 0 "$model: a strip" strip "$file" -o "$scratch/strip.png" --filter rotate
    run 0 "$model: a sweep" sweep "$file" -o "$scratch/sweep.png" --filter scale --at synthesis.b16.conv1 --x factor=0.5:2:3
    run 0 "$model: frames" animate "$file" -o "$scratch/$model-frames" --seeds 0,1 --frames 2
    check "$model: they keep its channels" png "$scratch/$model-frames/frame00001.png" $width $height $colours
    "$ganbend" animate "$file" -o - --seeds 0,1 --frames 2 >"$scratch/video" 2>"$scratch/err"
    check "$model: raw video is RGB" [ "$(wc -c <"$scratch/video")" -eq $((2 * 3 * width * height)) ]
    run 0 "$model: a vector" vector take "$file" --at synthesis.b16.conv1 --pixel 1,2 --name v -o "$scratch/$model.npz"
    run 0 "$model: a picture of the vector" vector show "$file" "$scratch/$model.npz" -o "$scratch/vectors.png"
    run 0 "$model: the time it takes" bench "$file" --seconds 0.1
    run 0 "$model: the time of moves" moves "$file"
done

run 2 "two channels are not a picture" render "$scratch/two.gbw" -o "$scratch/x.png"
complains "the output has 2 channels; a picture has 1 (grey), 3 (RGB) or 4 (RGBA)"
complains "ganbend dump"
run 2 "nor in a strip" strip "$scratch/two.gbw" -o "$scratch/x.png" --filter invert
run 2 "nor in a sweep" sweep "$scratch/two.gbw" -o "$scratch/x.png" --filter scale --at synthesis.b8.conv1 --x factor=1:2:2
run 2 "nor in frames" animate "$scratch/two.gbw" -o "$scratch/x" --seeds 0,1
run 0 "two channels are dumped as an array" dump "$scratch/two.gbw" --at synthesis.b16.img -o "$scratch/two.npz"
check "no picture was left" [ ! -e "$scratch/x.png" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
