#!/bin/sh
# Every picture can be reproduced: the recipe in a PNG, rendered alone, gives the same pixels, for all kinds of bends and
# inputs; and the pictures of a series equal those rendered singly. usage: test_recipe_from.sh GANBEND, from the repository
# root.
. tests/tools/cli.sh
recipes=$fixtures/recipes

# Checksum of the pixels without the text chunks, which precede the image data.
pixels() { tail -c +"$(grep -aob IDAT "$1" | head -n 1 | cut -d: -f1)" "$1" | cksum; }

# again NAME MODEL PNG…: each picture's own recipe reproduces it.
again() {
    name=$1 model=$2
    shift 2
    check "$name: there are pictures" [ -s "$1" ]
    for picture in "$@"; do
        run 0 "$name: the recipe of $(basename "$picture")" recipe from "$picture"
        [ "$remarks" = yes ] || check "$name: nothing is left over in $(basename "$picture")" \
            sh -c "! grep -q '^# also rendered with' '$scratch/out'"
        sed '/^# also rendered with/d' "$scratch/out" >"$scratch/again.yaml"
        run 0 "$name: it is rendered" render "$model" --bend "$scratch/again.yaml" -o "$scratch/again.png"
        check "$name: $(basename "$picture") is the same" [ "$(pixels "$picture")" = "$(pixels "$scratch/again.png")" ]
        run 0 "$name: and says the same of itself" recipe from "$scratch/again.png"
        check "$name: $(basename "$picture") keeps its recipe" cmp -s "$scratch/out" "$scratch/again.yaml"
    done
}

remarks=no      # frames of animations also name their animation

# unlike NAME PNG PNG: the pictures of a series must differ, or the test would show nothing.
unlike() { check "$1: they differ" [ "$(pixels "$2")" != "$(pixels "$3")" ]; }

run 0 "a StyleGAN2" init stylegan2 "$scratch/style.gbw" --res 32 --channel-base 1024 --channel-max 32 --z-dim 16 \
    --w-dim 32 --mapping-layers 2 --classes 3
run 0 "a BigGAN" init biggan "$scratch/big.gbw" --res 32 --channel-width 8 --classes 3 --attention 0
style=$scratch/style.gbw
big=$scratch/big.gbw

cat >"$scratch/all.yaml" <<'RECIPE'
parameters: {angle: {value: 30, low: -180, high: 180}, share: 0.7}
vectors: {nose: [4, 0, -4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7]}
bends:
  - {at: synthesis.b16.conv1, filter: rotate, angle: $angle, features: {random: 0.5}}
  - {at: synthesis.b8.conv1, activation: sinlu, features: {random: 0.3, seed: 4}}
  - {at: synthesis.b16.conv0, paint: {vector: nose, grid: 3}}
  - {at: synthesis.b4.conv1, noise: {factor: 2, seed: 5}}
  - {at: synthesis.b32.conv0, disable: true}
  - {at: synthesis.b8.conv1.affine, set: {4: 4.0}}
  - {w: 1, truncation: 0.3}
  - {w: 2-3, style: {seed: 12, share: $share}}
  - {w: 4, style: {seed: 13, class: 1, truncation: 0.5}}
  - {w: 5-7, style: 9}
RECIPE
all=$scratch/all.yaml

# ---- classes, seeds and noise
run 0 "classes by seeds" render "$style" --bend "$all" --class 0-2 --seeds 3,7 --trunc 0.6 --cutoff 5 --noise random:4 \
    --set angle=33.3 -o "$scratch/classes"
again "classes" "$style" "$scratch"/classes/*.png
unlike "classes" "$scratch/classes/class0000-seed0003.png" "$scratch/classes/class0002-seed0003.png"
echo 'bends: [{w: all, style: 12}]' >"$scratch/style.yaml"
run 0 "a style alone" render "$style" --bend "$scratch/style.yaml" --class 0-1 --seeds 3 -o "$scratch/styles"
again "a style" "$style" "$scratch"/styles/*.png
unlike "a style" "$scratch/styles/class0000-seed0003.png" "$scratch/styles/class0001-seed0003.png"
run 0 "one of them" render "$style" --bend "$scratch/style.yaml" --class 1 --seeds 3 -o "$scratch/single.png"
check "the single picture equals that of the series" [ "$(pixels "$scratch/single.png")" = "$(pixels "$scratch/styles/class0001-seed0003.png")" ]
run 0 "a mixture" render "$style" --bend "$all" --class 0:0.7,2:0.3 -o "$scratch/mixture.png" --rng torch --noise none
again "a mixture" "$style" "$scratch/mixture.png"

# ---- redrawn
run 0 "random features for each" render "$style" --bend "$all" --class 1 --seeds 3,7 --redraw -o "$scratch/redrawn"
again "redrawn" "$style" "$scratch"/redrawn/*.png
run 0 "random features drawn as for another image" render "$style" --bend "$all" --class 1 --seeds 3 --redraw-as 7 -o "$scratch/as.png"
again "drawn as another" "$style" "$scratch/as.png"
unlike "drawn as another" "$scratch/redrawn/seed0003.png" "$scratch/as.png"
run 2 "--redraw with --redraw-as" render "$style" --bend "$all" --class 1 --redraw --redraw-as 7 -o "$scratch/x.png"
run 2 "--redraw-as without a recipe" render "$style" --class 1 --redraw-as 7 -o "$scratch/x.png"

# ---- steps
run 0 "steps in z" render "$style" --bend "$all" --class 1 --seeds 3,7 --steps 3 --noise random -o "$scratch/z"
again "steps in z" "$style" "$scratch"/z/*.png
run 0 "steps in w" render "$style" --bend "$all" --class 1 --seeds 3,7 --steps 3 --space w --trunc 0.5 --redraw \
    -o "$scratch/w"
again "steps in w" "$style" "$scratch"/w/*.png
unlike "steps in w" "$scratch/w/step0000.png" "$scratch/w/step0001.png"
run 0 "steps between classes" render "$style" --bend "$scratch/style.yaml" --class 0,2 --seeds 3 --steps 3 \
    -o "$scratch/between"
again "steps between classes" "$style" "$scratch"/between/*.png
unlike "steps between classes" "$scratch/between/step0000.png" "$scratch/between/step0001.png"
run 0 "the same in w" render "$style" --bend "$scratch/style.yaml" --class 0,2 --seeds 3 --steps 3 --space w \
    -o "$scratch/betweenw"
again "the same in w" "$style" "$scratch"/betweenw/*.png
unlike "the same in w" "$scratch/betweenw/step0000.png" "$scratch/betweenw/step0001.png"
run 0 "one of them" render "$style" --bend "$scratch/style.yaml" --class 0,2 --seeds 3 --steps 3 --image 2 \
    -o "$scratch/single.png"
check "the single picture equals that of the series" [ "$(pixels "$scratch/single.png")" = "$(pixels "$scratch/between/step0001.png")" ]
run 2 "one that that does not exist" render "$style" --class 0,2 --seeds 3 --steps 3 --image 4 -o "$scratch/x.png"
complains "--image 4: the series has 3 images"
run 0 "an image of several seeds" render "$style" --class 0,2 --seeds 3-5 --noise random:9 --image 5 -o "$scratch/five"
check "it is image 5" [ -s "$scratch/five/class0002-seed0004.png" ]
again "an image of several seeds" "$style" "$scratch/five/class0002-seed0004.png"

# ---- z's and w's of files
run 0 "z's and w's are dumped" dump "$style" --class 1 --seeds 3-4 --trunc 0.5 --at z -o "$scratch/z.npz"
run 0 "w's too" dump "$style" --class 1 --seeds 3-4 --trunc 0.5 --at mapping -o "$scratch/w.npz"
cat >"$scratch/unclassed.yaml" <<'RECIPE'
bends:
  - {at: synthesis.b16.conv1, filter: rotate, angle: 20, features: {random: 0.5}}
  - {w: 1, truncation: 0.3}
  - {w: 4, style: {seed: 13, class: 1}}
RECIPE
run 0 "pictures of z's" render "$style" --bend "$all" --class 1-2 --z "$scratch/z.npz" --trunc 0.7 --redraw -o "$scratch/ofz"
again "of z's" "$style" "$scratch"/ofz/*.png
run 0 "steps between z's" render "$style" --bend "$all" --class 1 --z "$scratch/z.npz" --steps 3 -o "$scratch/zsteps"
again "steps between z's" "$style" "$scratch"/zsteps/*.png
run 0 "pictures of w's" render "$style" --bend "$scratch/unclassed.yaml" --w "$scratch/w.npz" --noise random:3 -o "$scratch/ofw"
again "of w's" "$style" "$scratch"/ofw/*.png
unlike "of w's" "$scratch/ofw/w0000.png" "$scratch/ofw/w0001.png"
run 0 "steps between w's" render "$style" --bend "$scratch/unclassed.yaml" --w "$scratch/w.npz" --steps 3 \
    -o "$scratch/wsteps"
again "steps between w's" "$style" "$scratch"/wsteps/*.png
run 2 "a list that is malformed" render "$style" --class 1 --z '[1, [2]]' -o "$scratch/x.png"
complains "--z takes a FILE, a list of numbers"
run 2 "a list that is too short" render "$style" --class 1 --z '[1, 2]' -o "$scratch/x.png"
complains "this model takes [16]"
printf 'inputs: {z: [1, many]}\n' >"$scratch/wrong.yaml"
run 1 "numbers that are malformed" recipe check "$scratch/wrong.yaml"
complains "wrong.yaml:1:17: z is 'many'; expected a number"
printf 'inputs: {z: numbers.npy}\n' >"$scratch/wrong.yaml"
run 1 "files are for the command line" recipe check "$scratch/wrong.yaml"
complains "z: expected a list of numbers"

# ---- sources on the command line replace the recipe's
run 0 "the recipe of a step" recipe from "$scratch/z/step0001.png"
cp "$scratch/out" "$scratch/step.yaml"
run 0 "a seed on the command line replaces the recipe's" render "$style" --bend "$scratch/step.yaml" --seeds 5 -o "$scratch/five.png"
check "the settings contain that seed" grep -qa -- "--seeds 5 --rng numpy --class 1 --trunc 1" "$scratch/five.png"

# ---- several recipes
cat >"$scratch/second.yaml" <<'RECIPE'
summary: more, and "more]}"
parameters: {share: 0.7, more: 2}
vectors: {ear: [4, 0, -4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7]}
bends:
  - {at: synthesis.b8.conv0, filter: multiply, factor: $more, features: {random: 0.5}}
  - {at: synthesis.b32.conv1, filter: rotate, angle: 33.3, features: {random: 0.5}}
RECIPE
run 0 "three recipes" render "$style" --bend "$all" --bend "$scratch/second.yaml" --bend "$scratch/style.yaml" --class 0-1 \
    --seeds 3 --set more=1.5 --set share=0.4 --redraw -o "$scratch/several"
again "several recipes" "$style" "$scratch"/several/*.png
unlike "several recipes" "$scratch/several/class0000-seed0003.png" "$scratch/several/class0001-seed0003.png"
run 0 "they become one" recipe from "$scratch/several/class0000-seed0003.png"
check "with the bends of all" [ "$(grep -c '^- ' "$scratch/out")" -eq 13 ]
prints "  more: 1.5"
prints "angle: 33.3"
sed 's/share: 0.7/share: 0.8/' "$scratch/second.yaml" >"$scratch/clash.yaml"
run 0 "a name with two meanings" render "$style" --bend "$all" --bend "$scratch/clash.yaml" --class 0 -o "$scratch/clash.png"
run 2 "cannot stand in one recipe" recipe from "$scratch/clash.png"
complains "two of them have different parameters 'share'"
run 0 "the published format and another" render "$style" --bend "$recipes/broad/01-invert.yaml" --bend "$scratch/style.yaml" \
    --class 0 -o "$scratch/clash.png"
run 2 "do not mix" recipe from "$scratch/clash.png"
complains "network-bending's format, which does not mix"

# ---- clusters
run 0 "clusters" render "$style" --class 0 --bend "$recipes/broad/02-scalar-multiply.yaml" --clusters \
    "$recipes/clusters.yaml" -o "$scratch/clusters.png"
again "clusters" "$style" "$scratch/clusters.png"

# ---- frames
cat >"$scratch/other.yaml" <<'RECIPE'
bends: [{at: synthesis.b16.conv1, filter: rotate, angle: 80.0, features: {random: 0.5}}, {w: 3, style: 7}]
RECIPE
sed 's/80.0/10.0/' "$scratch/other.yaml" >"$scratch/from.yaml"
frames() { sentence=$1; shift; run 0 "$sentence" animate "$style" --frames 4 "$@"; }
frames "a parameter and the truncation move" --bend "$all" --class 1 --seeds 3 --noise random:6 --move angle=0:100 \
    --move trunc=0.2:0.9 -o "$scratch/moved"
frames "z and class move" --bend "$all" --class 0-1 --seeds 3 --trunc 0.6 -o "$scratch/zmoved"
frames "w moves" --bend "$scratch/unclassed.yaml" --class 1 --seeds 3,5 --through w -o "$scratch/wmoved"
frames "from recipe to recipe" --bend "$scratch/from.yaml" --to "$scratch/other.yaml" --class 1 --seeds 3 \
    -o "$scratch/tomoved"
cat >"$scratch/waves.yaml" <<'RECIPE'
inputs: {trunc: 0.5, class: 1}
parameters: {angle: 30, factor: 1.5}
bends:
  - {at: synthesis.b16.conv1, filter: rotate, angle: $angle}
  - {at: synthesis.b8.conv1, filter: multiply, factor: $factor}
  - {at: synthesis.b8.conv0, filter: blur, sigma: 1}
tempo: 90
modulators:
  - {move: bend/synthesis.b8.conv0/blur/sigma, wave: walk, depth: 0.5, period: 0.1}
  - {move: trunc, wave: sine, depth: 0.4, beats: 1}
  - {move: param/angle, wave: saw, depth: 45, period: 0.3}
  - {move: param/factor, wave: square, depth: 1, period: 0.2}
RECIPE
frames "numbers move along waves" --bend "$scratch/waves.yaml" --fps 10 -o "$scratch/waves"
{ echo "time: 0.2"; cat "$scratch/waves.yaml"; } >"$scratch/still.yaml"
run 0 "the moment of the third frame" render "$style" --bend "$scratch/still.yaml" -o "$scratch/still.png"
check "a recipe with a time is that moment" [ "$(pixels "$scratch/still.png")" = "$(pixels "$scratch/waves/frame00002.png")" ]
run 0 "the same with what is given" render "$style" --bend "$scratch/still.yaml" --trunc 0.8 --set factor=2 -o "$scratch/given.png"
again "a moment with what is given" "$style" "$scratch/given.png"
run 0 "without a time" render "$style" --bend "$scratch/waves.yaml" -o "$scratch/unmoved.png"
unlike "without a time nothing moves" "$scratch/unmoved.png" "$scratch/waves/frame00002.png"
remarks=yes
for folder in moved zmoved wmoved tomoved waves; do
    again "frames ($folder)" "$style" "$scratch/$folder"/*.png
    unlike "frames ($folder)" "$scratch/$folder/frame00000.png" "$scratch/$folder/frame00003.png"
done
remarks=no
frames "several pictures at once" --bend "$all" --class 1 --seeds 3-6 --grid 2x2 --move angle=0:100 --move trunc=0.2:0.9 -o "$scratch/grid"
for frame in 1 3; do
    run 0 "the recipe of a frame of several pictures" recipe from "$scratch/grid/frame0000$frame.png"
    cp "$scratch/out" "$scratch/again.yaml"
    prints "# also rendered with --grid 2x2 (frame $frame of animate"
    run 0 "renders" render "$style" --bend "$scratch/again.yaml" --grid 2x2 -o "$scratch/again.png"
    check "the frame" [ "$(pixels "$scratch/grid/frame0000$frame.png")" = "$(pixels "$scratch/again.png")" ]
done

# ---- BigGAN
printf "bends: [{at: '*', filter: multiply, factor: 1.5, features: {random: 0.3}}]\n" >"$scratch/big.yaml"
run 0 "a BigGAN's" render "$big" --bend "$scratch/big.yaml" --class 0-2 --seeds 3,7 --trunc 0.6 --redraw -o "$scratch/big"
again "a BigGAN's" "$big" "$scratch"/big/*.png
run 0 "steps between its classes" render "$big" --bend "$scratch/big.yaml" --class 0,2 --seeds 3 --steps 3 --trunc 0.4 \
    -o "$scratch/bigsteps"
again "steps between its classes" "$big" "$scratch"/bigsteps/*.png

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
