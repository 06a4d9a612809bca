#!/bin/sh
# ganbend project: its files, going on after an interruption, masks, z and classes, files of other tools.
# usage: test_project.sh GANBEND [all], from the repository root. Without "all" only the most important.
. tests/tools/cli.sh
all=${2-}

# Checksum of the pixels without the text chunks, which precede the image data.
pixels() { tail -c +"$(grep -aob IDAT "$1" | head -n 1 | cut -d: -f1)" "$1" | cksum; }
same_pixels() { [ "$(pixels "$1")" = "$(pixels "$2")" ]; }

understanding=$fixtures/understanding
model=$scratch/small.gbw
photo=docs/examples/eyes-mask.png
run 0 "a small model" init stylegan2 "$model" --res 32 --channel-max 8 --z-dim 4 --w-dim 4 --mapping-layers 1
few="--samples 8 --steps 12"
# shellcheck disable=SC2086  # options
{
    run 0 "a projection" project "$model" $photo -o "$scratch/one" $few
    prints "12 steps"
    for file in projected_w.npz proj.png target.png recipe.yaml stages/step0001.png stages/step0010.png; do
        check "there is $file" [ -s "$scratch/one/$file" ]
    done
    run 0 "its w's" info "$scratch/one/projected_w.npz"
    prints "[1,8,4]"
    check "no state is left" [ ! -e "$scratch/one/state.npz" ]
    run 0 "render reads it" render "$model" --w "$scratch/one/projected_w.npz" -o "$scratch/again.png"
    check "and draws the same file" cmp -s "$scratch/one/proj.png" "$scratch/again.png"
    run 0 "so does the recipe" render "$model" --bend "$scratch/one/recipe.yaml" -o "$scratch/bent.png"
    check "and gives the same pixels" same_pixels "$scratch/one/proj.png" "$scratch/bent.png"

    # Wrong options
    run 2 "no folder" project "$model" $photo
    complains "-o is missing"
    run 2 "w+ with NVIDIA's schedule" project "$model" $photo -o "$scratch/x" --space w+ --schedule nvidia
    complains "one w for all layers"
    run 1 "a photo that is not there" project "$model" "$scratch/nothing.png" -o "$scratch/x"
    complains "nothing.png"
}

# shellcheck disable=SC2086  # options
if [ "$all" = all ]; then
    run 0 "a mask, w's of all layers, and the mean squared error" project "$model" $photo -o "$scratch/plus" $few --space w+ \
        --mask $photo --mse 0.1 --seed 1
    run 0 "a z" project "$model" $photo -o "$scratch/z" $few --space z
    check "there is a z" [ -s "$scratch/z/projected_z.npz" ]
    run 0 "render reads the z" render "$model" --z "$scratch/z/projected_z.npz" -o "$scratch/again.png"
    check "and draws the same file" cmp -s "$scratch/z/proj.png" "$scratch/again.png"

    run 0 "a z by rosinality's schedule" project "$model" $photo -o "$scratch/zr" $few --space z --schedule rosinality
    run 0 "render reads its noise maps" render "$model" --z "$scratch/zr/projected_z.npz" -o "$scratch/again.png"
    check "and draws the same file" cmp -s "$scratch/zr/proj.png" "$scratch/again.png"
    run 0 "without them" render "$model" --z "$scratch/zr/projected_z.npz" --noise none -o "$scratch/none.png"
    check "it is another" [ "$(pixels "$scratch/none.png")" != "$(pixels "$scratch/again.png")" ]

    # The published schedules, by LPIPS
    run 0 "LPIPS" convert $understanding/vgg16-narrow.pth --lpips $understanding/lpips-vgg-narrow.pth "$scratch/lpips.gbw"
    run 0 "NVIDIA's schedule" project "$model" $photo -o "$scratch/nvidia" $few --schedule nvidia --lpips "$scratch/lpips.gbw"
    run 0 "rosinality's" project "$model" $photo -o "$scratch/ros" $few --schedule rosinality --space w+ --as rosinality
    run 0 "render reads its file" render "$model" --w "$scratch/ros/projected.pt" -o "$scratch/again.png"
    check "with its noise maps" same_pixels "$scratch/ros/proj.png" "$scratch/again.png"
    run 0 "network-bending's file" project "$model" $photo -o "$scratch/bending" $few --as networkbending
    run 0 "is read too" info "$scratch/bending/projected.pt"
    prints "latent"
    run 0 "a file of the same kind is replaced" project "$model" $photo -o "$scratch/bending" $few --as rosinality
    echo text >"$scratch/bending/projected.pt"
    run 2 "another file is not" project "$model" $photo -o "$scratch/bending" $few --as rosinality
    complains "is not a torch file"

    # An interrupted projection
    for schedule in fast nvidia; do
        steps="--samples 8 --steps 300 --schedule $schedule"
        run 0 "a whole one, $schedule" project "$model" $photo -o "$scratch/whole" $steps
        "$ganbend" project "$model" $photo -o "$scratch/part" $steps >"$scratch/out" 2>"$scratch/err" &
        process=$!
        tries=0
        while [ ! -e "$scratch/part/stages/step0005.png" ] && [ $tries -lt 600 ]; do
            sleep 0.1
            tries=$((tries + 1))
        done
        kill -INT $process 2>/dev/null
        wait $process
        stopped=$?
        if [ $stopped -eq 1 ]; then
            complains "--resume goes on"
            check "the state is kept" [ -s "$scratch/part/state.npz" ]
            run 1 "another photo's state" project "$model" "$scratch/one/proj.png" -o "$scratch/part" $steps --resume
            complains "belongs to another model"
        else
            check "it ended before it was interrupted" [ $stopped -eq 0 ]
        fi
        run 0 "the rest of it" project "$model" $photo -o "$scratch/part" $steps --resume
        check "the same bits" cmp -s "$scratch/whole/projected_w.npz" "$scratch/part/projected_w.npz"
        rm -rf "$scratch/part" "$scratch/whole"
    done

    # Classes
    classes=$scratch/classes.gbw
    run 0 "a BigGAN" init biggan "$classes" --res 32 --channel-width 8 --classes 3 --z-dim 8 --shared-dim 4
    run 0 "z and a mixture of classes" project "$classes" $photo -o "$scratch/biggan" $few
    run 0 "the same by NVIDIA's schedule" project "$classes" $photo -o "$scratch/mixed" $few --schedule nvidia
    run 0 "its recipe" render "$classes" --bend "$scratch/mixed/recipe.yaml" -o "$scratch/again.png"
    check "gives the same pixels" same_pixels "$scratch/mixed/proj.png" "$scratch/again.png"
    run 0 "one class" project "$classes" $photo -o "$scratch/class" $few --class 2
    run 0 "is in the recipe" recipe check "$scratch/class/recipe.yaml"
    check "with the class" grep -q 'class: "\?2' "$scratch/class/recipe.yaml"
    run 2 "w's of a BigGAN" project "$classes" $photo -o "$scratch/x" --space w
    complains "no w's"
    run 2 "a network that is no distance" project "$model" $photo -o "$scratch/x" --lpips "$model"
    complains "not a distance of two pictures"
    run 2 "z's have no such file" project "$model" $photo -o "$scratch/x" $few --space z --as rosinality
    complains "hold w's"
    if command -v ffmpeg >"$scratch/log" 2>&1; then
        ffmpeg -nostdin -loglevel error -i "$photo" -vf scale=90:60 "$scratch/photo.jpg"
        run 0 "a JPEG" project "$model" "$scratch/photo.jpg" -o "$scratch/jpeg" --samples 8 --steps 4
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
