#!/bin/sh
# Classes by number, range, name and mixture, on BigGAN and StyleGAN2; truncation; --steps; and the errors for impossible
# ones. usage: test_cli_biggan.sh GANBEND, from the repository root.
. tests/tools/cli.sh

# arrays FILE RENDER-OPTIONS…: dumps the picture's values, to compare them byte for byte.
arrays() {
    file=$scratch/$1.npz
    shift
    run 0 "dump $*" dump "$@" -o "$file"
}
same() { check "$3" same_arrays "$scratch/$1.npz" "$scratch/$2.npz"; }
differ() { check "$3" sh -c "! cmp -s '$scratch/$1.npz' '$scratch/$2.npz'"; }

# ---- init, info, bench
run 0 "a BigGAN with random weights is written" init biggan "$scratch/standard.gbw" --res 32 --channel-width 8 --seed 2
run 0 "a BigGAN-deep with random weights is written" init biggan-deep "$scratch/deep.gbw" --res 32 --channel-width 8 --attention 16 --z-dim 24
run 0 "a BigGAN with few classes is written" init biggan "$scratch/few.gbw" --res 32 --channel-width 8 --classes 6 --flat --z-dim 16
run 0 "a conditional StyleGAN2 converts" convert $fixtures/nvlabs-cond-32-clamp.pkl "$scratch/cond.gbw"
run 0 "a BigGAN shows its nodes" info "$scratch/standard.gbw"
prints blocks.0.0.bn1.gain
prints "1000: tench … toilet tissue"
run 0 "a BigGAN-deep shows its nodes" info "$scratch/deep.gbw"
prints generator.layers.4.attention
prints "[256,64]"
run 0 "its classes are listed" info "$scratch/deep.gbw" --classes
prints "  207  golden retriever"
check "all of them" [ "$(wc -l <"$scratch/out")" -eq 1000 ]
run 0 "its classes are in the JSON" info "$scratch/deep.gbw" --json
prints '"golden retriever"'
run 0 "classes without names are listed by number" info "$scratch/few.gbw" --classes
check "all of them" [ "$(wc -l <"$scratch/out")" -eq 6 ]
run 0 "a checkpoint's classes" info $fixtures/biggan-32-cifar.pth --classes
run 0 "a BigGAN is measured" bench "$scratch/deep.gbw" --runs 1 --seconds 0 --layers
prints generator.layers.4.mix
run 2 "another architecture's option" init biggan "$scratch/x.gbw" --w-dim 64
complains "--w-dim does not apply to biggan"
run 2 "another architecture's option" init stylegan2 "$scratch/x.gbw" --attention 64
run 2 "a resolution that BigGAN does not have" init biggan "$scratch/x.gbw" --res 1024
complains "expected 32, 64, 128, 256 or 512"
run 2 "attention at a resolution without feature maps" init biggan "$scratch/x.gbw" --res 32 --attention 64
complains "8 to 32"
run 2 "a z that is too short for its chunks" init biggan "$scratch/x.gbw" --res 128 --z-dim 4
check "no file is left behind" [ ! -e "$scratch/x.gbw" ]

# ---- convert, with the port's config.json beside its checkpoint
mkdir "$scratch/port"
cp $fixtures/biggan/huggingface.bin "$scratch/port/pytorch_model.bin"
cp $fixtures/biggan/huggingface-config.json "$scratch/port/config.json"
run 0 "a port's checkpoint converts" convert "$scratch/port/pytorch_model.bin" "$scratch/port.gbw"
prints "the config.json beside the file"
run 0 "the checkpoint converts with --config too" convert $fixtures/biggan/huggingface.bin "$scratch/named.gbw" \
    --config $fixtures/biggan/huggingface-config.json
check "both files are the same" cmp -s "$scratch/port.gbw" "$scratch/named.gbw"
echo '{"n_stats": 7}' >"$scratch/port/config.json"
run 1 "a config.json that contradicts the tensors" convert "$scratch/port/pytorch_model.bin" "$scratch/x.gbw"
complains "n_stats"
complains "the config.json beside it"
echo '{"n_stats": ' >"$scratch/port/config.json"
run 1 "a config.json that is no JSON" convert "$scratch/port/pytorch_model.bin" "$scratch/x.gbw"
complains "config.json"
check "no file is left behind" [ ! -e "$scratch/x.gbw" ]

# ---- classes
run 0 "a class by number" render "$scratch/standard.gbw" -o "$scratch/number.png" --class 207
check "the class is in the settings" grep -qa -- "--seeds 0 --rng torch --class 207 --trunc 1" "$scratch/number.png"
check "the settings do not mention noise" sh -c "! grep -qa -- --noise '$scratch/number.png'"
for name in "golden retriever" "Golden Retriever" " golden retriever " "golden retr"; do
    run 0 "a class by name" render "$scratch/standard.gbw" -o "$scratch/name.png" --class "$name"
    check "'$name' is that class" cmp -s "$scratch/number.png" "$scratch/name.png"
done
run 0 "a name that is also part of another" render "$scratch/standard.gbw" -o "$scratch/name.png" --class "crane bird"
run 2 "a word of several names" render "$scratch/standard.gbw" -o "$scratch/x.png" --class retriever
complains "205 flat-coated retriever, 206 curly-coated retriever, 207 golden retriever"
run 2 "a part of very many names" render "$scratch/standard.gbw" -o "$scratch/x.png" --class a
complains " more"
run 2 "a misspelt name" render "$scratch/standard.gbw" -o "$scratch/x.png" --class "goldn retriever"
complains "did you mean 207 golden retriever?"
run 2 "a name that does not exist" render "$scratch/standard.gbw" -o "$scratch/x.png" --class xyzzyplugh
complains "ganbend info --classes"
run 2 "no class" render "$scratch/standard.gbw" -o "$scratch/x.png"
complains "--class, 0 to 999 or by name"
run 2 "a class that does not exist" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 3-1000
complains "classes 0 to 999"
run 2 "a class number that is too large for an integer" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 99999999999999999999999
run 2 "a class below zero" render "$scratch/few.gbw" -o "$scratch/x.png" --class=-1
run 2 "a name for a model without class names" render "$scratch/few.gbw" -o "$scratch/x.png" --class dog
complains "no class names; use the numbers 0 to 5"
run 2 "a reversed range" render "$scratch/few.gbw" -o "$scratch/x.png" --class 5-3
run 2 "an empty item" render "$scratch/few.gbw" -o "$scratch/x.png" --class 1,,2
run 2 "a weight that is malformed" render "$scratch/few.gbw" -o "$scratch/x.png" --class 1:0.5,2:half
complains "'half' is not a weight"
run 2 "a mixture with a missing weight" render "$scratch/few.gbw" -o "$scratch/x.png" --class 1:0.5,2
complains "every class of a mixture needs a weight"
run 2 "a weight for a range" render "$scratch/few.gbw" -o "$scratch/x.png" --class 1-3:0.5
run 2 "a class with w's" render "$scratch/cond.gbw" -o "$scratch/x.png" --class 1 --w "$scratch/w.npz"
check "no file is left behind" [ ! -e "$scratch/x.png" ]

run 0 "each class with each seed" render "$scratch/standard.gbw" -o "$scratch/set" --class "88,3-4" --seeds 0-1 \
    --grid 2x3
for name in class0088-seed0000 class0003-seed0001 class0004-seed0000 class0004-seed0001 sheet; do
    check "$name.png is there" [ -s "$scratch/set/$name.png" ]
done
check "there are seven files" [ "$(find "$scratch/set" -type f | wc -l)" -eq 7 ]
check "the sheet contains its settings" grep -qa -- "--seeds 0-1 --rng torch --class 88,3-4 --trunc 1 --grid 2x3" \
    "$scratch/set/sheet.png"
run 0 "one of them alone" render "$scratch/standard.gbw" -o "$scratch/alone.png" --class 4 --seeds 1
check "it is the same file" cmp -s "$scratch/alone.png" "$scratch/set/class0004-seed0001.png"

arrays one "$scratch/standard.gbw" --at tanh --class 207
arrays whole "$scratch/standard.gbw" --at tanh --class 207:1,88:0
same one whole "a mixture of one class is that class"
arrays ab "$scratch/standard.gbw" --at tanh --class 207:0.7,88:0.3
arrays ba "$scratch/standard.gbw" --at tanh --class 88:0.3,207:0.7
same ab ba "the order of a mixture does not matter"
differ ab one "a mixture is another picture"
arrays stylegan "$scratch/cond.gbw" --at synthesis.b32.img --class 2
arrays whole "$scratch/cond.gbw" --at synthesis.b32.img --class 2:1,3:0
same stylegan whole "StyleGAN2's classes mix alike"
run 0 "a mixture is in the settings" render "$scratch/standard.gbw" -o "$scratch/mixed.png" \
    --class "golden retriever:0.7,88:0.3"
check "the settings contain the class numbers" grep -qa -- "--class 207:0.7,88:0.3 " "$scratch/mixed.png"

# ---- truncation and random numbers
run 0 "a truncation between two statistics" render "$scratch/deep.gbw" -o "$scratch/t.png" --class 3 --trunc 0.37
check "the port's random numbers are used" grep -qa -- "--rng truncnorm --class 3 --trunc 0.37" "$scratch/t.png"
for psi in 0 -0.5 1.01; do
    run 2 "a truncation of $psi" render "$scratch/deep.gbw" -o "$scratch/new/deep" --class 3 --trunc $psi
    complains "more than 0 and at most 1"
done
check "no file is left behind" [ ! -e "$scratch/new" ]
run 2 "a cutoff without w's" render "$scratch/deep.gbw" -o "$scratch/x.png" --class 3 --trunc 0.5 --cutoff 3
run 2 "noise for a model without noise" render "$scratch/deep.gbw" -o "$scratch/x.png" --class 3 --noise none
complains "this model has no noise"
run 2 "w's for a model without w's" render "$scratch/deep.gbw" -o "$scratch/x.png" --w "$scratch/one.npz"
complains "this model has no w's"
run 0 "z's are dumped" dump "$scratch/deep.gbw" --at z --class 3 --seeds 4-5 --trunc 0.5 -o "$scratch/z.npz"
arrays seeds "$scratch/deep.gbw" --at generator.tanh --class 3 --seeds 4-5 --trunc 0.5
arrays given "$scratch/deep.gbw" --at generator.tanh --class 3 --z "$scratch/z.npz" --trunc 0.5
same seeds given "a z that was scaled and is given is not scaled again"
arrays other "$scratch/deep.gbw" --at generator.tanh --class 3 --seeds 4-5 --trunc 0.5 --rng torch
differ seeds other "other random numbers give other pictures"

# ---- steps
run 0 "a strip" render "$scratch/standard.gbw" -o "$scratch/strip.png" --class 207,88 --steps 5
check "it contains the settings that reproduce it" grep -qa -- "--class 207,88 --steps 5 --space z --trunc 1 --grid 5x1" \
    "$scratch/strip.png"
run 0 "its pictures in a folder" render "$scratch/standard.gbw" -o "$scratch/steps" --class 207,88 --steps 5 --grid 5x1
check "there are five images and the strip" [ "$(find "$scratch/steps" -type f | wc -l)" -eq 6 ]
check "the same strip" cmp -s "$scratch/strip.png" "$scratch/steps/sheet.png"
check "each image contains its own number" grep -qa -- "--steps 5 --space z --image 4" "$scratch/steps/step0003.png"
# Two steps are both ends, so they equal the pictures without steps.
for way in "standard.gbw --at tanh --class 207,88" "deep.gbw --at generator.tanh --class 3 --seeds 4,9 --trunc 0.4" \
    "deep.gbw --at generator.tanh --class 3 --z $scratch/z.npz --trunc 0.4" \
    "cond.gbw --at synthesis.b32.img --class 1 --seeds 2,3 --trunc 0.5 --cutoff 3" \
    "cond.gbw --at synthesis.b32.img --class 1,4 --seeds 2 --noise none"; do
    # shellcheck disable=SC2086  # options
    {
        arrays ends "$scratch/"$way
        arrays steps "$scratch/"$way --steps 2
        same ends steps "both ends are exact: $way"
        arrays three "$scratch/"$way --steps 3
    }
    check "three steps have a middle" [ "$(wc -c <"$scratch/three.npz")" -gt "$(wc -c <"$scratch/steps.npz")" ]
done
arrays middle "$scratch/cond.gbw" --at mapping --class 1 --seeds 2,3 --steps 3
arrays in_w "$scratch/cond.gbw" --at mapping --class 1 --seeds 2,3 --steps 3 --space w
differ middle in_w "interpolating w differs from interpolating z"
for way in "--class 1 --seeds 2,3" "--class 1,4 --seeds 2"; do
    # shellcheck disable=SC2086  # options
    {
        arrays ends "$scratch/cond.gbw" --at synthesis.b32.img --trunc 0.5 $way
        arrays steps "$scratch/cond.gbw" --at synthesis.b32.img --trunc 0.5 $way --steps 2 --space w
        same ends steps "both ends are exact in w: $way"
    }
done
run 0 "w's of a file" dump "$scratch/cond.gbw" --at mapping --class 1 --seeds 2,3 --trunc 0.5 -o "$scratch/ws.npz"
run 0 "w's from a file are interpolated" render "$scratch/cond.gbw" -o "$scratch/ws.png" --w "$scratch/ws.npz" --steps 4
check "the strip contains the settings" grep -qa -- "--steps 4 --space w" "$scratch/ws.png"
run 2 "steps from a single point" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 3 --steps 4
complains "two points, not 1"
run 2 "steps between four points" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 3,4 --seeds 1,2 --steps 4
complains "two points, not 4"
run 2 "a single step" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 3,4 --steps 1
run 2 "steps in w for a model without w's" render "$scratch/standard.gbw" -o "$scratch/x.png" --class 3,4 --steps 4 \
    --space w
run 2 "a space without steps" render "$scratch/cond.gbw" -o "$scratch/x.png" --class 3 --space w
run 2 "steps in z between w's" render "$scratch/cond.gbw" -o "$scratch/x.png" --w "$scratch/ws.npz" --steps 4 \
    --space z
check "no file is left behind" [ ! -e "$scratch/x.png" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
