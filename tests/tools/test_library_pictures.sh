#!/bin/sh
# Pictures written by the library carry the texts of those of the program: the recipe in each, rendered, gives the same pixels.
# It also checks what is reported when there is no recipe. usage: test_library_pictures.sh GANBEND LIBRARY_PICTURE, from the repository root.
. tests/tools/cli.sh
library=$2
small="--channel-base 512 --channel-max 16 --z-dim 8 --w-dim 8 --mapping-layers 2"
# shellcheck disable=SC2086  # options
run 0 "a StyleGAN2" init stylegan2 "$scratch/style.gbw" --res 32 $small
# shellcheck disable=SC2086
run 0 "a conditional one" init stylegan2 "$scratch/classes.gbw" --res 16 --classes 3 $small
run 0 "a BigGAN" init biggan "$scratch/big.gbw" --res 32 --channel-width 8 --classes 3 --attention 0
cat >"$scratch/turn.yaml" <<'RECIPE'
parameters: {angle: {value: 30, low: -180, high: 180}, factor: 2}
bends:
  - {at: synthesis.b16.conv1, filter: rotate, angle: $angle, features: {random: 0.5}}
  - {at: synthesis.b8.conv0, noise: {factor: $factor, seed: 5}}
  - {w: 2-3, style: {seed: 12, share: 0.7}}
RECIPE
echo 'bends: [{at: synthesis.b8.conv1, filter: invert}]' >"$scratch/invert.yaml"

# Checksum of the pixels without the text chunks, which precede the image data.
pixels() { tail -c +"$(grep -aob IDAT "$1" | head -n 1 | cut -d: -f1)" "$1" | cksum; }
# picture SENTENCE MODEL STEP…: written by the library.
picture() {
    sentence=$1 model=$scratch/$2.gbw
    shift 2
    "$library" "$model" "$scratch/picture.png" "$@" 2>"$scratch/err"
    check "$sentence" [ $? -eq 0 ]
}
# again SENTENCE MODEL STEP…: its recipe reproduces it.
again() {
    picture "$@"
    run 0 "$sentence: its recipe" recipe from "$scratch/picture.png"
    check "$sentence: nothing is left over" sh -c "! grep -q '^# also' '$scratch/out'"
    cp "$scratch/out" "$scratch/again.yaml"
    run 0 "$sentence: it is rendered" render "$model" --bend "$scratch/again.yaml" -o "$scratch/again.png" -q
    check "$sentence: it is the same" [ "$(pixels "$scratch/picture.png")" = "$(pixels "$scratch/again.png")" ]
}
# says TEXT: in the settings of the last picture.
says() {
    "$ganbend" recipe from "$scratch/picture.png" --text Settings >"$scratch/out"
    prints "$1"
}

again "a seed" style seeds 7
says "--seeds 7 --rng numpy --trunc 1 --noise const"
again "truncation and noise" style seeds 7 trunc 0.6 cutoff 4 noise 11
says "--trunc 0.6 --cutoff 4 --noise random:11"
again "no noise" style torch 8 noise none
says "--seeds 8 --rng torch --trunc 1 --noise none"
again "a recipe" style seeds 7 recipe "$scratch/turn.yaml"
again "a recipe whose parameters have moved" style seeds 7 recipe "$scratch/turn.yaml" update angle=77.5 update factor=0.25
says "--set angle=77.5"
again "an undone move" style seeds 7 recipe "$scratch/turn.yaml" update angle=50 begin - update angle=90 rollback -
says "--set angle=50"
again "features drawn for another image" style seeds 7 recipe "$scratch/turn.yaml" redraw 5
again "a recipe in place of another" style seeds 7 recipe "$scratch/invert.yaml" unbend - recipe "$scratch/turn.yaml"
again "z's" style z 0.5,-1,0.25,2,0.125,-0.3,1,0 trunc 0.7
again "w's" style w 0.5,-1,0.25,2,0.125,-0.3,1,0
again "a class" classes seeds 3 class 2
says "--class 2"
again "a mixture" classes seeds 3 class 0:0.75,2:0.25
says "--class 0:0.75,2:0.25"
again "a BigGAN" big seeds 3 class 1 trunc 0.5

again "two recipes" style seeds 7 recipe "$scratch/invert.yaml" recipe "$scratch/turn.yaml"
run 0 "each can be printed" recipe from "$scratch/picture.png" --text "Recipe 2"
prints '"rotate"'
picture "a bend of the program's own" style seeds 7 bend synthesis.b8.conv1
says "(and bends that no recipe has)"
picture "a bend after a recipe" style seeds 7 recipe "$scratch/turn.yaml" bend synthesis.b8.conv1
says "(and bends that no recipe has)"
picture "none any more" style seeds 7 recipe "$scratch/turn.yaml" bend synthesis.b8.conv1 unbend -
check "bends are not mentioned" sh -c "'$ganbend' recipe from '$scratch/picture.png' --text Settings | grep -vq bend"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
