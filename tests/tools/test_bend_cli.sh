#!/bin/sh
# Bending from the command line: the tables, recipes with every subcommand that runs a network, strips, sweeps, animations,
# vectors, and the errors of each. usage: test_bend_cli.sh GANBEND, from the repository root.
. tests/tools/cli.sh
recipes=$fixtures/recipes

differ() { check "$1" sh -c "! cmp -s '$2' '$3'"; }
same() { check "$1" cmp -s "$2" "$3"; }
# Checksum of the pixels without the text chunks, which precede the image data.
pixels() { tail -c +"$(grep -aob IDAT "$1" | head -n 1 | cut -d: -f1)" "$1" | cksum; }
same_pixels() { check "$1" [ "$(pixels "$2")" = "$(pixels "$3")" ]; }

run 0 "a network with random weights is written" init stylegan2 "$scratch/m.gbw" --res 32 --channel-base 1024 --channel-max 32 --z-dim 16 \
    --w-dim 32 --mapping-layers 2
cat >"$scratch/turn.yaml" <<'RECIPE'
parameters:
  angle: {value: 30, low: -180, high: 180, summary: how far}
bends:
  - at: synthesis.b16.conv1
    filter: rotate
    angle: $angle
    features: {random: 0.5, seed: 3}
RECIPE
model=$scratch/m.gbw
turn=$scratch/turn.yaml

# ---- help
for command in filters activations recipe "recipe check" "recipe from" apply strip sweep animate vector "vector take" "vector list" "vector show"; do
    # shellcheck disable=SC2086  # one word or two
    run 0 "$command has help" $command --help
    prints "usage: ganbend $command"
    prints "example:"
done

# ---- filters and activations
run 0 "the filters are listed" filters
prints "rotate "
prints "opening "
run 0 "a filter is shown" filters binary-thresh
prints "threshold: "
prints "at-least"
documented() { sed -n "/<!-- $1 -->/,/<!-- end -->/p" docs/recipes.md | sed '1d;$d' | cmp -s - "$scratch/out"; }
run 0 "all filters are printed in Markdown" filters --markdown
check "the documentation has the same list" documented filters
prints '| `angle` | 45 |'
run 0 "a filter is printed as JSON" filters rotate --json
for key in alias param_count max_params positional params default_value integer; do
    prints "\"$key\": "
done
run 2 "a misspelt filter" filters rotaet
complains "did you mean 'rotate'?"
run 0 "the activations are listed" activations
prints "sinlu "
run 0 "an activation is shown" activations silu
prints "swish: "
run 0 "all activations are printed in Markdown" activations --markdown
check "the documentation has the same list" documented activations
run 2 "an activation that does not exist" activations xyzzyplugh
run 2 "a parameter without --plot" activations sinlu a=1
if "$ganbend" activations --plot sinlu a=1 b=3 -o "$scratch/curve.png" 2>"$scratch/err"; then
    drawing=yes
    check "a curve is drawn" [ -s "$scratch/curve.png" ]
    run 0 "a curve with other parameters is drawn" activations --plot sinlu a=1 b=1 -o "$scratch/other.png"
    differ "the curves differ" "$scratch/curve.png" "$scratch/other.png"
    run 0 "parameters by position, and a range" activations --plot shilu 2 -1 --from -1 --to 1 -o "$scratch/curve.png"
    check "the title has the parameters' names" grep -qa 'shilu a=2 b=-1' "$scratch/curve.png"
    run 0 "a curve without the original" activations --plot sinlu a=1 b=3 --original none -o "$scratch/alone.png"
    run 0 "with BigGAN's" activations --plot sinlu a=1 b=3 --original relu -o "$scratch/relu.png"
    differ "the original is drawn" "$scratch/alone.png" "$scratch/relu.png"
    run 2 "an original that does not exist" activations --plot sinlu --original xyzzyplugh -o "$scratch/x.png"
    # 250 waves in 557 pixels can be shown; 15,000 cannot, nor can 556 and 88,607, which meet every pixel at the same phase.
    run 0 "a fine curve" activations --plot sine frequency=157 -o "$scratch/fine.png"
    for frequency in 9500 349.35 55674.6; do
        "$ganbend" activations --plot sine frequency=$frequency -o "$scratch/fine.png" >"$scratch/out" 2>"$scratch/err"
        complains "the curve turns more often than its 557 pixels can show"
    done
    run 2 "an empty range" activations --plot shilu --from 1 --to -1 -o "$scratch/x.png"
else
    drawing=no
    check "a build without cairo names the option" grep -q "GANBEND_CAIRO" "$scratch/err"
fi
run 2 "a curve without an output file" activations --plot sinlu
run 2 "a parameter that does not exist" activations --plot sinlu c=1 -o "$scratch/x.png"
complains "it has a, b"
check "no file is left behind" [ ! -e "$scratch/x.png" ]

# ---- recipe check
run 0 "a recipe is described" recipe check "$turn" --model "$model"
prints synthesis.b16.conv1
prints "--set angle=30"
run 0 "a recipe is checked without a model" recipe check "$turn"
run 0 "a recipe of network-bending is described" recipe check $recipes/broad/06-erode.yaml --model "$model"
run 2 "a verb that does not exist" recipe cook "$turn"
run 1 "a recipe that does not exist" recipe check "$scratch/none.yaml"
printf 'bends:\n  - at: synthesis.b16.conv1\n    filtre: rotate\n' >"$scratch/bad.yaml"
run 1 "a recipe with a mistake" recipe check "$scratch/bad.yaml"
complains "bad.yaml:3:5"
printf 'bends:\n  - at: synthesis.b17.conv1\n    filter: rotate\n' >"$scratch/nowhere.yaml"
run 0 "a layer that the model lacks is not an error of the recipe" recipe check "$scratch/nowhere.yaml"
run 1 "it is an error with this model" recipe check "$scratch/nowhere.yaml" --model "$model"
complains "nowhere.yaml:2"
run 0 "a recipe that needs no other file" recipe check $recipes/inline.yaml
prints "inline.yaml: valid"
printf 'bends:\n  - {at: synthesis.b16.conv1, filter: ablate, muted: true}\n' >"$scratch/muted.yaml"
run 0 "a bend that is muted" recipe check "$scratch/muted.yaml" --model "$model"
prints "synthesis.b16.conv1: muted; otherwise ablate"

# ---- inputs of a recipe
cat >"$scratch/made.yaml" <<'RECIPE'
inputs: {seeds: 7, rng: torch, trunc: 0.7, cutoff: 3, noise: "random:5"}
parameters: {angle: {value: 30, low: -180, high: 180}, times: 2}
bends:
  - {at: synthesis.b16.conv1, filter: rotate, angle: $angle, features: {random: 0.5}}
  - {at: synthesis.b8.conv1, noise: off}
  - {w: 0-3, add: {3: 0.5}, times: $times}
RECIPE
made=$scratch/made.yaml
run 0 "a recipe's inputs are printed" recipe check "$made" --model "$model"
prints "inputs: --seeds 7 --rng torch --trunc 0.7 --cutoff 3 --noise random:5"
run 0 "images are rendered from a recipe's inputs" render "$model" --bend "$made" -o "$scratch/made.png"
run 0 "images are rendered from the same options" render "$model" --bend "$made" -o "$scratch/options.png" --seeds 7 --rng torch --trunc 0.7 \
    --cutoff 3 --noise random:5
same "both files are equal" "$scratch/made.png" "$scratch/options.png"
run 0 "the command line takes precedence over recipes" render "$model" --bend "$made" -o "$scratch/options.png" --seeds 8
check "the picture's settings say so" grep -qa -- "--seeds 8 --rng torch --trunc 0.7" "$scratch/options.png"
echo 'inputs: {seeds: 9}' >"$scratch/nine.yaml"
run 0 "the last recipe takes precedence over others" render "$model" --bend "$made" --bend "$scratch/nine.yaml" -o "$scratch/options.png"
check "the picture's settings say so" grep -qa -- "--seeds 9 --rng torch --trunc 0.7" "$scratch/options.png"
run 0 "an array is dumped from a recipe's inputs" dump "$model" --bend "$made" --at z -o "$scratch/made.npz"
run 0 "an array is dumped from the same options" dump "$model" --seeds 7 --rng torch --at z -o "$scratch/options.npz"
same "both files are equal" "$scratch/made.npz" "$scratch/options.npz"
run 0 "latents from a file replace the recipe's seeds" dump "$model" --z "$scratch/made.npz" --at z --bend "$scratch/nine.yaml" \
    -o "$scratch/given.npz"
same "they are not changed" "$scratch/made.npz" "$scratch/given.npz"
echo 'inputs: {seeds: seven}' >"$scratch/wrong.yaml"
run 1 "seeds that are malformed" recipe check "$scratch/wrong.yaml"
complains "wrong.yaml: inputs: --seeds takes numbers"
run 2 "render reports them too" render "$model" --bend "$scratch/wrong.yaml" -o "$scratch/x.png"
echo 'inputs: {class: 3}' >"$scratch/wrong.yaml"
run 1 "a class for a model without classes" recipe check "$scratch/wrong.yaml" --model "$model"
complains "this model has no classes"

# ---- recipe from
run 0 "a picture is rendered" render "$model" --bend "$made" --set angle=45.5 --trunc 0.5 -o "$scratch/first.png"
run 0 "the picture's recipe is printed" recipe from "$scratch/first.png"
prints 'inputs: {seeds: 7, rng: torch, trunc: 0.5, cutoff: 3, noise: "random:5"}'
prints "  angle: {value: 45.5, low: -180, high: 180}"
prints "- {at: synthesis.b8.conv1, noise: off}"
cp "$scratch/out" "$scratch/again.yaml"
run 0 "the recipe is rendered" render "$model" --bend "$scratch/again.yaml" -o "$scratch/again.png"
same_pixels "it reproduces the picture" "$scratch/first.png" "$scratch/again.png"
run 0 "the new picture's recipe is printed" recipe from "$scratch/again.png"
same "it is the same recipe" "$scratch/out" "$scratch/again.yaml"
run 0 "the recipe's original text is printed" recipe from "$scratch/first.png" --text Recipe
same "it is unchanged" "$scratch/out" "$made"
run 0 "a sheet of unbent images" render "$model" --seeds 0-3 --grid 2x2 -o "$scratch/sheet.png"
run 0 "settings that a recipe cannot express are in a comment" recipe from "$scratch/sheet.png"
prints "# also rendered with --grid 2x2"
prints 'inputs: {seeds: "0-3", rng: numpy, trunc: 1, noise: const}'
run 0 "a picture rendered with two recipes has one that does the same" recipe from "$scratch/options.png"
cp "$scratch/out" "$scratch/again.yaml"
run 0 "it renders" render "$model" --bend "$scratch/again.yaml" -o "$scratch/again.png"
same_pixels "the same picture" "$scratch/again.png" "$scratch/options.png"
run 0 "one of its recipes is printed" recipe from "$scratch/options.png" --text "Recipe 2"
prints "inputs: {seeds: 9}"
run 1 "a text that does not exist" recipe from "$scratch/first.png" --text Poem
run 1 "a file that is not a picture" recipe from "$model"
run 1 "a picture that does not exist" recipe from "$scratch/none.png"

# ---- render
run 0 "an unbent picture" render "$model" -o "$scratch/plain.png" --seeds 3
run 0 "a bent picture" render "$model" -o "$scratch/bent.png" --seeds 3 --bend "$turn"
{ cat "$turn"; head -c 1500000 /dev/zero | tr '\0' '#'; } >"$scratch/long.yaml"
run 0 "a picture bent by a long recipe" render "$model" -o "$scratch/long.png" --seeds 3 --bend "$scratch/long.yaml"
same_pixels "comments do not change it" "$scratch/bent.png" "$scratch/long.png"
head -c 3000000 /dev/zero | tr '\0' '#' >>"$scratch/long.yaml"
run 1 "a recipe that is too long" render "$model" -o "$scratch/long.png" --bend "$scratch/long.yaml"
complains "larger than 4 MiB"
differ "the bent picture differs from the unbent one" "$scratch/plain.png" "$scratch/bent.png"
check "the bent picture contains its recipe" grep -qa "filter: rotate" "$scratch/bent.png"
check "its settings contain the recipe's checksum" grep -qa -- "--bend crc32:" "$scratch/bent.png"
check "it contains no path of the machine" sh -c "! grep -qaF '$scratch' '$scratch/bent.png'"
run 0 "a picture with a parameter set" render "$model" -o "$scratch/less.png" --seeds 3 --bend "$turn" --set angle=10
differ "it differs" "$scratch/less.png" "$scratch/bent.png"
check "its settings contain the parameter" grep -qa -- "--set angle=10" "$scratch/less.png"
run 0 "a picture with the parameter's default value" render "$model" -o "$scratch/again.png" --seeds 3 --bend "$turn" --set angle=30
same_pixels "it is the same" "$scratch/bent.png" "$scratch/again.png"
run 0 "a picture rotated by 0 degrees" render "$model" -o "$scratch/again.png" --seeds 3 --bend "$turn" --set angle=0
same_pixels "it equals the unbent picture" "$scratch/plain.png" "$scratch/again.png"
printf 'bends:\n  - at: synthesis.b16.conv1\n    filter: invert\n' >"$scratch/invert.yaml"
run 0 "two recipes" render "$model" -o "$scratch/both.png" --seeds 3 --bend "$turn" --bend "$scratch/invert.yaml"
differ "both recipes take effect" "$scratch/both.png" "$scratch/bent.png"
check "the picture contains both" grep -qa "Recipe 2" "$scratch/both.png"
run 0 "several images, features drawn for each" render "$model" -o "$scratch/redrawn" --seeds 3,4 --bend "$turn" \
    --redraw
differ "other features are drawn" "$scratch/redrawn/seed0003.png" "$scratch/bent.png"
run 0 "one of them alone" render "$model" -o "$scratch/alone.png" --seeds 4 --bend "$turn" --redraw
same_pixels "it is the same" "$scratch/redrawn/seed0004.png" "$scratch/alone.png"
run 0 "clusters" render "$model" -o "$scratch/clusters.png" --bend $recipes/broad/02-scalar-multiply.yaml \
    --clusters $recipes/clusters.yaml
check "the clusters are in the picture" grep -qa "Clusters" "$scratch/clusters.png"
run 2 "a recipe for clusters without any" render "$model" -o "$scratch/x.png" --bend \
    $recipes/broad/02-scalar-multiply.yaml
run 2 "a parameter that does not exist" render "$model" -o "$scratch/x.png" --bend "$turn" --set angel=3
complains "did you mean 'angle'?"
run 2 "a parameter out of its range" render "$model" -o "$scratch/x.png" --bend "$turn" --set angle=300
run 2 "a setting without a recipe" render "$model" -o "$scratch/x.png" --set angle=3
run 2 "a setting without a number" render "$model" -o "$scratch/x.png" --bend "$turn" --set angle=much
run 2 "clusters without a recipe" render "$model" -o "$scratch/x.png" --clusters $recipes/clusters.yaml
run 2 "--redraw without a recipe" render "$model" -o "$scratch/x.png" --redraw
run 1 "a recipe that does not exist" render "$model" -o "$scratch/x.png" --bend "$scratch/none.yaml"
run 1 "a folder in place of a recipe" render "$model" -o "$scratch/x.png" --bend "$scratch"
run 1 "a recipe with a mistake" render "$model" -o "$scratch/x.png" --bend "$scratch/bad.yaml"
check "no file is left behind" [ ! -e "$scratch/x.png" ]

# ---- NaN is traced to its origin
printf 'bends:\n  - at: synthesis.b8.conv1\n    filter: multiply\n    factor: 3e38\n' >"$scratch/nan.yaml"
"$ganbend" render "$model" -o "$scratch/nan.png" --seeds 5 --bend "$scratch/nan.yaml" >"$scratch/out" 2>"$scratch/err"
check "a bend that gives infinity renders" [ $? -eq 0 ]
check "the picture is there" [ -s "$scratch/nan.png" ]
complains "seed0005: "
complains "first appears at synthesis.b8."

# ---- dump, compare, bench
run 0 "a bent layer" dump "$model" --at synthesis.b16.conv1 --seeds 3 --bend "$turn" -o "$scratch/bent.npz"
run 0 "the layer is dumped unbent" dump "$model" --at synthesis.b16.conv1 --seeds 3 -o "$scratch/plain.npz"
differ "the bent layer differs" "$scratch/plain.npz" "$scratch/bent.npz"
run 0 "a layer before it" dump "$model" --at synthesis.b8.conv1 --seeds 3 --bend "$turn" -o "$scratch/before-bent.npz"
run 0 "the layer before it is dumped unbent" dump "$model" --at synthesis.b8.conv1 --seeds 3 -o "$scratch/before.npz"
same "a layer before the bend does not change" "$scratch/before.npz" "$scratch/before-bent.npz"
run 0 "a bent benchmark" bench "$model" --runs 1 --seconds 0 --layers --bend "$turn"
prints filter
run 1 "a recipe with a mistake" bench "$model" --bend "$scratch/bad.yaml"
run 1 "a recipe with a mistake" dump "$model" --at mapping --bend "$scratch/bad.yaml" -o "$scratch/x.npz"
run 1 "a recipe with a mistake" compare "$model" $fixtures/broad.npz --bend "$scratch/bad.yaml"

# ---- apply
run 0 "an array" dump "$model" --at synthesis.b8.conv1 -o "$scratch/a.npz"
run 0 "a filter on the one array of an .npz" apply rotate,90 "$scratch/a.npz" "$scratch/b.npy"
run 0 "an activation" apply sinlu,a=1 "$scratch/b.npy" "$scratch/c.npy"
run 2 "a filter that does not exist" apply rotaet "$scratch/b.npy" "$scratch/x.npy"
complains "did you mean 'rotate'?"
run 2 "an activation that does not exist" apply sinlou "$scratch/b.npy" "$scratch/x.npy"
complains "did you mean 'sinlu'?"
run 2 "a parameter too many" apply rotate,1,2,3,4,5 "$scratch/b.npy" "$scratch/x.npy"
run 2 "a parameter out of range" apply rotate,mix=2 "$scratch/b.npy" "$scratch/x.npy"
complains "mix takes a number from 0 to 1"
run 2 "a choice that does not exist" apply rotate,border=nowhere "$scratch/b.npy" "$scratch/x.npy"
complains "zeros, edge, reflect, wrap"
run 1 "an array that does not exist" apply rotate "$scratch/none.npy" "$scratch/x.npy"
run 1 "a folder that does not exist" apply rotate "$scratch/b.npy" "$scratch/nowhere/x.npy"
run 0 "a latent" dump "$model" --at mapping.fc0 -o "$scratch/w.npz"
run 0 "a latent is filtered as one map" apply invert "$scratch/w.npz" "$scratch/x.npy"
rm -f "$scratch/x.npy"

# ---- animate
run 0 "a parameter moves" animate "$model" --bend "$turn" --move angle=0:30 --frames 3 --seeds 3 -o \
    "$scratch/frames"
check "three frames" [ "$(find "$scratch/frames" -type f | wc -l)" -eq 3 ]
same_pixels "the first frame has the first value" "$scratch/frames/frame00000.png" "$scratch/plain.png"
same_pixels "the last frame has the last value" "$scratch/frames/frame00002.png" "$scratch/bent.png"
cp "$scratch/frames/frame00001.png" "$scratch/middle.png"
rm "$scratch/frames/frame00001.png"
head -c 500 "$scratch/middle.png" >"$scratch/frames/frame00002.png"
run 0 "an animation is resumed" animate "$model" --bend "$turn" --move angle=0:30 --frames 3 --seeds 3 -o "$scratch/frames" \
    --resume
same "a missing frame is rendered" "$scratch/frames/frame00001.png" "$scratch/middle.png"
same_pixels "a truncated frame is rendered again" "$scratch/frames/frame00002.png" "$scratch/bent.png"
run 0 "seeds are interpolated" animate "$model" --seeds 3,4 --frames 3 -o "$scratch/seeds"
same_pixels "the first frame is the first seed's" "$scratch/seeds/frame00000.png" "$scratch/plain.png"
run 0 "a picture" render "$model" -o "$scratch/four.png" --seeds 4
same_pixels "the last frame is the last seed's" "$scratch/seeds/frame00002.png" "$scratch/four.png"
run 0 "around, in w" animate "$model" --seeds 3,4 --frames 4 --loop around --ease smooth --through w -o "$scratch/w"
same_pixels "the second seed is reached halfway" "$scratch/w/frame00002.png" "$scratch/four.png"
differ "it returns" "$scratch/w/frame00001.png" "$scratch/w/frame00002.png"
same_pixels "through the same frames" "$scratch/w/frame00001.png" "$scratch/w/frame00003.png"
sed 's/value: 30/value: 30.0/' "$turn" >"$scratch/from.yaml"
sed 's/value: 30/value: 0.0/' "$turn" >"$scratch/to.yaml"
run 0 "two recipes are interpolated" animate "$model" --bend "$scratch/from.yaml" --to "$scratch/to.yaml" --seeds 3 \
    --frames 3 \
    --loop none -o "$scratch/recipes"
same_pixels "the first frame has the first recipe" "$scratch/recipes/frame00000.png" "$scratch/bent.png"
same_pixels "the last frame has the last recipe" "$scratch/recipes/frame00002.png" "$scratch/plain.png"
check "each frame contains its own recipe" grep -qa "value: 15" "$scratch/recipes/frame00001.png"
run 1 "recipes of two kinds" animate "$model" --bend "$turn" --to "$scratch/invert.yaml" -o "$scratch/x"
complains "differ in more than numbers: line 1"
run 0 "raw video" animate "$model" --seeds 3,4 --frames 5 --loop back -o -
check "it has a byte for every channel of every pixel" [ "$(wc -c <"$scratch/out")" -eq $((5 * 32 * 32 * 3)) ]
run 0 "truncation" animate "$model" --seeds 3 --move trunc=0:1 --frames 2 -o "$scratch/trunc"
same_pixels "moves too" "$scratch/trunc/frame00001.png" "$scratch/plain.png"
run 2 "nothing that moves" animate "$model" --seeds 3 -o "$scratch/x"
run 2 "a parameter that does not exist" animate "$model" --bend "$turn" --move angel=0:1 -o "$scratch/x"
complains "expected one of trunc, angle"
run 2 "one value alone" animate "$model" --bend "$turn" --move angle=3 -o "$scratch/x"
run 2 "a parameter out of its range" animate "$model" --bend "$turn" --move angle=0:300 -o "$scratch/far"
run 2 "resuming a video" animate "$model" --seeds 3,4 -o - --resume
if [ -c /dev/full ]; then
    "$ganbend" animate "$model" --seeds 3,4 -o - >/dev/full 2>"$scratch/err"
    check "a full disk under the video is a failure" [ $? -eq 1 ]
    check "the message is one line" [ "$(wc -l <"$scratch/err")" -eq 1 ]
fi

# ---- vector
nose="vector take $model --seed 3 --at synthesis.b16.conv1 --pixel 5,9 --name nose -o $scratch/library.npz"
# shellcheck disable=SC2086  # several words
run 0 "a vector is taken" $nose
run 0 "a second vector is taken" vector take "$model" --seeds 4 --at synthesis.b8.conv1 --pixel 0,7 --name eye -o \
    "$scratch/library.npz"
# shellcheck disable=SC2086
run 2 "a vector with the same name" $nose
complains "--replace"
# shellcheck disable=SC2086
run 0 "a vector is replaced" $nose --replace
run 0 "the library is listed" vector list "$scratch/library.npz"
check "the list has both vectors" [ "$(wc -l <"$scratch/out")" -eq 3 ]
prints "synthesis.b8.conv1"
prints "5,9"
printf "bends:\n  - at: synthesis.b16.conv1\n    paint: {vector: nose, library: library.npz, grid: 2}\n" \
    >"$scratch/paint.yaml"
run 0 "a recipe paints with it" render "$model" -o "$scratch/painted.png" --seeds 3 --bend "$scratch/paint.yaml"
differ "painting changes the picture" "$scratch/painted.png" "$scratch/plain.png"

# ---- masks of what is painted
run 0 "another vector" vector take "$model" --seed 5 --at synthesis.b16.conv1 --pixel 1,1 --name sky -o "$scratch/library.npz"
cp $recipes/herdt/mask.png "$scratch/mask.png"
printf "vectors: library.npz\nbends:\n  - {at: synthesis.b8.conv1, paint: {vector: eye, grid: 3}}\n\
  - {at: synthesis.b16.conv1, paint: {mask: mask.png, colours: {red: nose, blue: sky, other: keep}}}\n" >"$scratch/two.yaml"
sed 2,3d "$scratch/two.yaml" | sed '1a bends:' >"$scratch/one.yaml"
run 0 "masks are written" render "$model" --seeds 3,4 --bend "$scratch/two.yaml" --masks --layer-masks -o "$scratch/pairs"
prints "2 pictures of 32x32, with masks"
at16=$scratch/pairs/masks-synthesis.b16.conv1/seed0004.png
check "the regions are named" grep -qa "^3: sky" "$at16"
run 0 "a mask has its picture's recipe" recipe from "$scratch/pairs/masks/seed0004.png"
prints "data:image/png"
run 0 "pictures with one painted layer" render "$model" --seeds 4 --bend "$scratch/one.yaml" --masks -o "$scratch/one"
for mask in "$at16" "$scratch/one/masks/seed0004.png"; do
    [ "$mask" = "$at16" ] && first=2 || first=1
    printf "vectors: library.npz\nbends:\n  - {at: synthesis.b16.conv1, paint: {mask: %s, colours: {'#00000%d': keep, \
'#0%d0%d0%d': nose, '#0%d0%d0%d': sky}}}\n" "$mask" 0 $first $first $first $((first + 1)) $((first + 1)) $((first + 1)) >"$scratch/written.yaml"
    run 0 "a written mask paints" render "$model" --seeds 4 --bend "$scratch/written.yaml" -o "$scratch/written.png"
    same_pixels "what was painted" "$scratch/written.png" "$scratch/one/seed0004.png"
done
rm "$scratch/pairs/masks/seed0003.png"
run 0 "masks that are missing" render "$model" --seeds 3,4 --bend "$scratch/two.yaml" --masks --resume -o "$scratch/pairs"
prints "0 pictures"
check "are written beside pictures that are kept" [ -s "$scratch/pairs/masks/seed0003.png" ]
sed 's/, other: keep}/, other: keep}, place: random/' "$scratch/one.yaml" >"$scratch/moved.yaml"
check "a place is random" grep -q 'place: random' "$scratch/moved.yaml"
run 0 "masks of random places" render "$model" --seeds 3-8 --bend "$scratch/moved.yaml" --bend "$scratch/one.yaml" --redraw --masks \
    -o "$scratch/moved"
check "are not all the same" [ "$(for mask in "$scratch"/moved/masks/*.png; do pixels "$mask"; done | sort -u | wc -l)" -gt 1 ]
run 0 "a picture's recipe" recipe from "$scratch/moved/seed0005.png"
cp "$scratch/out" "$scratch/from.yaml"
run 0 "gives it again" render "$model" --bend "$scratch/from.yaml" --masks -o "$scratch/again"
check "with its mask" [ "$(pixels "$scratch/again/masks/seed0005.png")" = "$(pixels "$scratch/moved/masks/seed0005.png")" ]
check "and its pixels" [ "$(pixels "$scratch/again/seed0005.png")" = "$(pixels "$scratch/moved/seed0005.png")" ]
run 2 "masks of a recipe that does not paint" render "$model" --bend "$turn" --masks -o "$scratch/no-pairs"
complains "no recipe paints"
run 2 "masks without a recipe" render "$model" --masks -o "$scratch/no-pairs"
run 2 "masks without a folder" render "$model" --bend "$scratch/two.yaml" --layer-masks -o "$scratch/x.png"

run 2 "a pixel that does not exist" vector take "$model" --at synthesis.b8.conv1 --pixel 8,0 --name x -o "$scratch/x.npz"
complains "only 8 rows"
run 2 "a pixel that is malformed" vector take "$model" --at synthesis.b8.conv1 --pixel 8 --name x -o "$scratch/x.npz"
run 2 "a layer without pixels" vector take "$model" --at mapping.fc0 --pixel 0,0 --name x -o "$scratch/x.npz"
run 2 "a layer that does not exist" vector take "$model" --at synthesis.b9 --pixel 0,0 --name x -o "$scratch/x.npz"
run 2 "a name that is malformed" vector take "$model" --at synthesis.b8.conv1 --pixel 0,0 --name a/b -o "$scratch/x.npz"
run 2 "several images" vector take "$model" --seeds 0-1 --at synthesis.b8.conv1 --pixel 0,0 --name x -o "$scratch/x.npz"
run 2 "no layer" vector take "$model" --pixel 0,0 --name x -o "$scratch/x.npz"
run 1 "a file that is no library" vector list "$scratch/a.npz.none"
run 2 "a verb that does not exist" vector shwo
complains "did you mean 'show'?"
check "no file is left behind" [ ! -e "$scratch/x.npz" ]

# ---- labelled sheets
[ "$drawing" = yes ] || {
    run 2 "a strip without cairo" strip "$model" --filter invert -o "$scratch/x.png"
    complains "GANBEND_CAIRO"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
run 0 "a strip" strip "$model" --filter rotate,45 --seeds 3 -o "$scratch/strip.png"
check "it contains its settings" grep -qa -- "--filter rotate,45" "$scratch/strip.png"
check "it has a title" grep -qa "rotate angle=45, at one layer of synthesis at a time" "$scratch/strip.png"
# side FILE AT: a side of the picture, from its header.
side() { od -An -tu1 -j "$2" -N 4 "$1" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4 }'; }
run 0 "a strip with long names" strip "$model" --filter multiply,1 --seeds 3 --at 'mapping.fc0.linear' \
    --at synthesis.b16.conv1.affine --at synthesis.b16.conv1.noise -o "$scratch/long.png"
prints "the bend changes nothing at 3 of them"
run 0 "a strip with short names" strip "$model" --filter multiply,1 --seeds 3 --at 'synthesis.b16.conv1.*' -o "$scratch/short.png"
check "columns are as wide as the names" [ "$(side "$scratch/long.png" 16)" -gt $((4 * (128 + 6) + 60)) ]
check "what names have in common is left out" [ "$(side "$scratch/short.png" 16)" -eq $((6 * (128 + 6) + 10)) ]
run 0 "a folder of a strip" strip "$model" --activation sinlu,1,3 --paper --at 'mapping.fc*' --seeds 3 -o \
    "$scratch/strip"
check "the folder has a picture of each layer and an unbent one" [ "$(find "$scratch/strip" -type f | wc -l)" -eq 3 ]
check "a picture has the name of its layer" [ -s "$scratch/strip/002-mapping.fc1.png" ]
run 0 "layers that can be disabled" strip "$model" --disable --seeds 3 -o "$scratch/disabled.png"
run 0 "some features" strip "$model" --filter ablate --features random:0.5:2 --columns 4 -o "$scratch/some.png"
run 2 "no bend" strip "$model" -o "$scratch/x.png"
run 2 "two bends" strip "$model" --filter rotate --disable -o "$scratch/x.png"
run 2 "no output" strip "$model" --filter rotate
run 2 "several images" strip "$model" --filter rotate --seeds 0-1 -o "$scratch/x.png"
run 2 "an activation at a layer without one" strip "$model" --activation sinlu --at synthesis.b8.img -o "$scratch/x.png"
run 2 "features there are not" strip "$model" --filter rotate --features 900 --at synthesis.b8.conv1 -o "$scratch/x.png"
run 2 "features that are malformed" strip "$model" --filter rotate --features many -o "$scratch/x.png"
run 0 "a sweep of a bend" sweep "$model" --filter rotate --at synthesis.b8.conv1 --x angle=-90:90:5 --seeds 3,4 -o \
    "$scratch/sweep.png"
run 0 "a sweep of two parameters" sweep "$model" --bend "$turn" --x angle=0:90:4 --y trunc=0.2:1:3 -o \
    "$scratch/sweep2.png"
# Titles of columns and rows are values; the names of the parameters are those of the axes.
check "rows have room for short titles only" [ "$(side "$scratch/sweep2.png" 16)" -lt $((4 * (128 + 6) + 100)) ]
differ "the sheets differ" "$scratch/sweep.png" "$scratch/sweep2.png"
check "the sheet contains the recipe" grep -qa "filter: rotate" "$scratch/sweep2.png"
run 2 "a range that is malformed" sweep "$model" --bend "$turn" --x angle=0:90 -o "$scratch/x.png"
run 2 "a parameter that does not exist" sweep "$model" --bend "$turn" --x factor=0:90:3 -o "$scratch/x.png"
complains "expected one of trunc, angle"
run 2 "a bend without a place" sweep "$model" --filter rotate --x angle=0:90:3 -o "$scratch/x.png"
run 2 "two parameters of several images" sweep "$model" --bend "$turn" --x angle=0:9:2 --y trunc=0:1:2 --seeds 0-1 \
    -o "$scratch/x.png"
run 0 "a vector is shown" vector show "$model" "$scratch/library.npz" --name nose --seed 4 -o "$scratch/nose.png"
run 0 "another vector is shown" vector show "$model" "$scratch/library.npz" --name eye --seed 4 -o "$scratch/eye.png"
differ "each is its own" "$scratch/nose.png" "$scratch/eye.png"
run 0 "a file of one bare vector is a library of one" vector show "$model" "$scratch/w.npz" --at synthesis.b16.conv1 \
    --seed 4 -o "$scratch/bare.png"
differ "the bare vector's sheet differs" "$scratch/nose.png" "$scratch/bare.png"
run 2 "a vector without a layer needs --at" vector show "$model" "$scratch/w.npz" -o "$scratch/x.png"
run 2 "a layer of other channels" vector show "$model" "$scratch/w.npz" --at synthesis.b8.img -o "$scratch/x.png"
run 2 "one of two" vector show "$model" "$scratch/library.npz" -o "$scratch/x.png"
run 2 "one that does not exist" vector show "$model" "$scratch/library.npz" --name ear -o "$scratch/x.png"
check "no file is left behind" [ ! -e "$scratch/x.png" ]
mkdir "$scratch/full"
( trap '' XFSZ && ulimit -f 2 && exec "$ganbend" strip "$model" --filter invert -o "$scratch/full/x.png" ) \
    >"$scratch/out" 2>"$scratch/err"
check "a strip without room is a failure" [ $? -eq 1 ]
check "no partial file is left" nothing_left "$scratch/full"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
