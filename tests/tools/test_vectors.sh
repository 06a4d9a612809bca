#!/bin/sh
# ganbend tileability, invert and find: tables, libraries, sheets, recipes. usage: test_vectors.sh GANBEND, from the repository root.
. tests/tools/cli.sh

# Checksum of the pixels without the text chunks, which precede the image data.
pixels() { tail -c +"$(grep -aob IDAT "$1" | head -n 1 | cut -d: -f1)" "$1" | cksum; }

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

# ---- invert
at="--at synthesis.b8.conv1 --features-size 64 --steps 3"
# shellcheck disable=SC2086  # options
{
    run 0 "a table" invert "$model" $at --targets 2
    prints "cosine"
    run 0 "a folder" invert "$model" $at --grid-sizes 0..1 --runs 2 -o "$scratch/inverted" --csv
    check "there are four inversions" [ "$(grep -c '^[0-9]' "$scratch/out")" -eq 4 ]
    cp "$scratch/out" "$scratch/first"
    for file in figure.png pictures.png vectors.npz results.npz target0-grid0.png target0-grid1.png; do
        check "there is $file" [ -s "$scratch/inverted/$file" ]
    done
    run 0 "a second time" invert "$model" $at --grid-sizes 0-1 --runs 2 -o "$scratch/inverted" --csv
    check "prints the results that are there" cmp -s "$scratch/first" "$scratch/out"
    run 0 "the picture's recipe" recipe from "$scratch/inverted/target0-grid1.png"
    cp "$scratch/out" "$scratch/again.yaml"
    run 0 "makes it again" render "$model" --bend "$scratch/again.yaml" -o "$scratch/again.png"
    check "with the same pixels" [ "$(pixels "$scratch/again.png")" = "$(pixels "$scratch/inverted/target0-grid1.png")" ]
    run 0 "the library is one" vector list "$scratch/inverted/vectors.npz"
    prints "target0-grid1-rest"
    run 2 "other settings" invert "$model" $at --grid-sizes 0-1 -o "$scratch/inverted"
    complains "other settings"
    run 0 "maps of features" dump "$model" --at synthesis.b8.conv1 --seeds 1 -o "$scratch/maps.npz"
    run 2 "features of another layer" invert "$model" "$scratch/maps.npz" $at
    complains "has no features of that layer"
    run 2 "a range that runs backwards" invert "$model" $at --grid-sizes 5-1
    complains "--grid-sizes takes"
    run 2 "a file instead of a folder" invert "$model" $at -o "$scratch/x.png"
    complains "writes a folder"
}

# ---- find
mask=docs/examples/eyes-mask.png
run 0 "maps" find "$model" --mask $mask --at synthesis.b8.conv1 --count 2 --factor 4 --search-steps 3 --samples 2 --sheet "$scratch/units.png" \
    --seeds 1-2
prints "filter: multiply, factor: \$strength"
prints "times"
cp "$scratch/out" "$scratch/units.yaml"
run 0 "their recipe" render "$model" --bend "$scratch/units.yaml" --set strength=2 -o "$scratch/bent.png"
check "there is a sheet" [ -s "$scratch/units.png" ]
run 0 "a direction" find "$model" --mask $mask --layers 0-2 --search-steps 3 --samples 2 --name eyes -o "$scratch/found.npz" \
    --sheet "$scratch/direction.png"
prints "direction: {name: eyes, amount: \$strength}"
cp "$scratch/out" "$scratch/direction.yaml"
run 0 "its recipe" render "$model" --bend "$scratch/direction.yaml" -o "$scratch/moved.png"
run 0 "the picture's own recipe" recipe from "$scratch/moved.png"
cp "$scratch/out" "$scratch/from.yaml"
run 0 "needs no file" render "$model" --bend "$scratch/from.yaml" -o "$scratch/again.png"
check "and gives the same pixels" [ "$(pixels "$scratch/again.png")" = "$(pixels "$scratch/moved.png")" ]
printf 'directions: found.npz\nbends: [direction: {name: eyes, amount: 2}]\n' >"$scratch/file.yaml"
run 0 "the file's direction" render "$model" --bend "$scratch/file.yaml" -o "$scratch/again.png"
check "is the recipe's" [ "$(pixels "$scratch/again.png")" = "$(pixels "$scratch/moved.png")" ]
run 0 "the picture has it" recipe from "$scratch/again.png"
mkdir "$scratch/elsewhere"
cp "$scratch/out" "$scratch/elsewhere/from.yaml"
run 0 "so its recipe needs no file" render "$model" --bend "$scratch/elsewhere/from.yaml" -o "$scratch/elsewhere/again.png"
check "and gives the same pixels" [ "$(pixels "$scratch/elsewhere/again.png")" = "$(pixels "$scratch/moved.png")" ]
run 0 "as it was written it names the file" recipe from "$scratch/again.png" --text Recipe
prints "directions: found.npz"
run 0 "another one for the file" find "$model" --mask $mask --search-steps 1 --samples 1 --name all -o "$scratch/found.npz"
run 0 "both are there" directions "$model" --from "$scratch/found.npz"
prints "eyes"
prints "all"
run 2 "a name that is there" find "$model" --mask $mask --name all -o "$scratch/found.npz"
complains "already contains"
run 2 "no mask" find "$model"
complains "--mask is missing"
run 2 "maps in a file of directions" find "$model" --mask $mask --at synthesis.b8.conv1 -o "$scratch/found.npz"
complains "belongs to a direction"
run 2 "a range that ends before it begins" find "$model" --mask $mask --layers 2-0
complains "--layers takes a layer or a range"
run 0 "the first layer alone" find "$model" --mask $mask --layers 0 --search-steps 1 --samples 1
prints "layers: 0-0"
run 2 "maps without a layer" find "$model" --mask $mask --count 3
complains "needs --at"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
