#!/bin/sh
# The subcommands for models and pictures from the command line: help, results, wrong usage, and failing files and disks.
# usage: test_cli.sh GANBEND, from the repository root.
. tests/tools/cli.sh

# ---- the program itself
run 0 "the version is printed" --version
prints "ganbend "
run 0 "the overview lists the subcommands" --help
for command in convert info init render dump compare bench moves; do
    prints "  $command"
done
for command in convert info init render dump compare bench moves; do
    run 0 "$command has help" $command --help
    prints "usage: ganbend $command"
    prints "example:"
    check "the example of $command is one of its own" grep -q "^  ganbend $command" "$scratch/out"
    cp "$scratch/out" "$scratch/help"
    run 0 "help $command is $command --help" help $command
    check "both print the same" cmp -s "$scratch/out" "$scratch/help"
done
run 2 "a similar subcommand is suggested" rendr
complains "did you mean 'render'?"
run 2 "a similar subcommand is suggested" help comapre
complains "did you mean 'compare'?"
run 2 "an unknown subcommand" xyzzyplugh
complains "unknown subcommand 'xyzzyplugh'"
"$ganbend" >"$scratch/out" 2>"$scratch/err"
check "no subcommand is wrong usage" [ $? -eq 2 ]
check "the overview is printed" grep -q '^  render' "$scratch/err"

# ---- convert
run 0 "an NVIDIA checkpoint converts" convert $fixtures/nvlabs-skip-64.pkl "$scratch/skip.gbw"
run 0 "a conditional one converts" convert $fixtures/nvlabs-cond-32-clamp.pkl "$scratch/cond.gbw"
run 0 "a rosinality checkpoint converts" convert $fixtures/rosinality-64.pt "$scratch/rosinality.gbw"
run 0 "half precision converts" convert --half $fixtures/nvlabs-skip-64.pkl "$scratch/half.gbw"
check "the file is much smaller" [ $(($(wc -c <"$scratch/half.gbw") * 10)) -lt $(($(wc -c <"$scratch/skip.gbw") * 8)) ]
run 0 "converting again gives the same file" convert $fixtures/nvlabs-skip-64.pkl "$scratch/again.gbw"
check "it is the same byte for byte" cmp -s "$scratch/again.gbw" "$scratch/skip.gbw"
run 0 "one of several networks is selected" convert $fixtures/wild/average-ema-pytorch.pt "$scratch/online.gbw" --network ema.online_model
run 1 "a network that does not exist" convert $fixtures/wild/average-ema-pytorch.pt "$scratch/x.gbw" --network ema.G
complains "--network can choose 'G', 'ema.online_model' and 'ema.ema_model'"
run 1 "a checkpoint that does not exist" convert "$scratch/none.pkl" "$scratch/x.gbw"
complains none.pkl
run 1 "a checkpoint of another network" convert $fixtures/nvlabs-skip-64.npz "$scratch/x.gbw"
run 2 "an operand is missing" convert "$scratch/skip.gbw"
complains "expected IN OUT.gbw"
run 2 "there is one operand too many" convert a b c
complains "unexpected argument 'c'; expected IN OUT.gbw"
run 2 "a misspelt option" convert a b --hlaf
complains "did you mean --half?"
run 2 "a flag takes no value" convert a b --half=yes
run 1 "a configuration that does not exist" convert $fixtures/nvlabs-skip-64.pkl "$scratch/x.gbw" --config "$scratch/none.json"
mkdir "$scratch/empty"
run 1 "a folder in place of the output" convert $fixtures/nvlabs-skip-64.pkl "$scratch/empty"
run 1 "a folder in place of the checkpoint" convert "$scratch/empty" "$scratch/x.gbw"
head -c 100000 $fixtures/nvlabs-skip-64.pkl >"$scratch/cut.pkl"
run 1 "half a checkpoint" convert "$scratch/cut.pkl" "$scratch/empty/x.gbw"
: >"$scratch/nothing.pkl"
run 1 "an empty checkpoint" convert "$scratch/nothing.pkl" "$scratch/empty/x.gbw"
check "no file is left behind" nothing_left "$scratch/empty"
check "no file is left behind" [ ! -e "$scratch/x.gbw" ]
if [ "$(id -u)" != 0 ]; then
    cp $fixtures/nvlabs-orig-16.pkl "$scratch/secret.pkl"
    chmod 0 "$scratch/secret.pkl"
    run 1 "a checkpoint that may not be read" convert "$scratch/secret.pkl" "$scratch/x.gbw"
    mkdir "$scratch/shut"
    chmod 555 "$scratch/shut"
    run 1 "a folder that may not be written" convert $fixtures/nvlabs-orig-16.pkl "$scratch/shut/x.gbw"
fi

# ---- info
run 0 "a model shows its nodes" info "$scratch/skip.gbw"
prints stylegan2
prints synthesis.b64.conv1
run 0 "a rosinality model shows both names" info "$scratch/rosinality.gbw"
prints convs.7
run 0 "a model as JSON" info "$scratch/skip.gbw" --json
prints '"nodes"'
prints '"macs"'
run 0 "a model is verified" info "$scratch/skip.gbw" --verify
prints verified
run 0 "a checkpoint shows its arrays" info $fixtures/rosinality-64.pt
prints g_ema.conv1.conv.weight
prints "[1,32,32,3,3]"
run 0 "an array file shows its arrays" info $fixtures/nvlabs-skip-64.npz
prints tap/mapping.fc0
run 0 "a checkpoint as JSON" info $fixtures/nvlabs-skip-64.pkl --json
prints '"arrays"'
run 2 "only models have checksums" info $fixtures/nvlabs-skip-64.pkl --verify
run 1 "a file that does not exist" info "$scratch/none.gbw"
run 1 "a file of no known kind" info tests/tools/test_cli.sh
head -c 1000 "$scratch/skip.gbw" >"$scratch/cut.gbw"
run 1 "a model cut in its header" info "$scratch/cut.gbw"
head -c 500000 "$scratch/skip.gbw" >"$scratch/cut.gbw"
run 1 "a model cut in its weights" info "$scratch/cut.gbw"
complains cut.gbw
size=$(wc -c <"$scratch/skip.gbw")
{ head -c $((size / 2)) "$scratch/skip.gbw" && printf 'damaged!' && tail -c +$((size / 2 + 9)) "$scratch/skip.gbw"; } \
    >"$scratch/damaged.gbw"
run 1 "a damaged model does not verify" info "$scratch/damaged.gbw" --verify

# ---- init
run 0 "a network with random weights is written" init stylegan2 "$scratch/small.gbw" --res 16 --channel-base 256 --channel-max 32 --z-dim 24 \
    --w-dim 40 --mapping-layers 3 --classes 4 --seed 9
run 0 "it has the requested shape" info "$scratch/small.gbw"
prints "3x16x16"
prints mapping.fc2
run 0 "it renders" render "$scratch/small.gbw" -o "$scratch/small.png" --class 3
run 2 "an unknown architecture" init stylegan9 "$scratch/x.gbw"
complains "expected stylegan2, biggan or biggan-deep"
run 2 "a side that is no power of two" init stylegan2 "$scratch/x.gbw" --res 48
run 2 "a side that is too large" init stylegan2 "$scratch/x.gbw" --res 8192
run 2 "a number that is malformed" init stylegan2 "$scratch/x.gbw" --z-dim 12a
complains "whole number"

# ---- render
run 0 "one image" render "$scratch/skip.gbw" -o "$scratch/one.png" --seeds 7 --trunc 0.7 --cutoff 4
check "it contains the settings that reproduce it" grep -qa -- "--seeds 7 --rng numpy --trunc 0.7" "$scratch/one.png"
check "it contains the version" grep -qa "ganbend [0-9]" "$scratch/one.png"
check "it contains the model's checksum" grep -qa "Model checksum" "$scratch/one.png"
check "it contains no path of the machine" sh -c "! grep -qaF '$scratch' '$scratch/one.png'"
run 0 "the same picture again" render "$scratch/skip.gbw" -o "$scratch/two.png" --seeds 7 --trunc 0.7 --cutoff 4
check "it is the same file" cmp -s "$scratch/one.png" "$scratch/two.png"
run 0 "the same picture on another number of threads" render "$scratch/skip.gbw" -o "$scratch/two.png" --seeds 7 --trunc 0.7 --cutoff 4 \
    --threads 3
check "it is the same file" cmp -s "$scratch/one.png" "$scratch/two.png"
run 0 "other random numbers" render "$scratch/skip.gbw" -o "$scratch/two.png" --seeds 7 --trunc 0.7 --cutoff 4 --rng torch
check "they give another picture" sh -c "! cmp -s '$scratch/one.png' '$scratch/two.png'"
run 0 "rosinality's seeds are torch's" render "$scratch/rosinality.gbw" -o "$scratch/two.png" --seeds 7
check "the picture's settings name them" grep -qa -- "--rng torch" "$scratch/two.png"
run 0 "several images and a sheet" render "$scratch/skip.gbw" -o "$scratch/set/deep" --seeds 0-3,40 --grid 3x2
for name in seed0000 seed0001 seed0002 seed0003 seed0040 sheet; do
    check "$name.png is there" [ -s "$scratch/set/deep/$name.png" ]
done
check "there are no other files" [ "$(find "$scratch/set/deep" -type f | wc -l)" -eq 6 ]
run 0 "a sheet alone" render "$scratch/skip.gbw" -o "$scratch/sheet.png" --seeds 0-3,40 --grid 3x2
check "it is the same sheet" cmp -s "$scratch/sheet.png" "$scratch/set/deep/sheet.png"

cp "$scratch/set/deep/seed0001.png" "$scratch/whole.png"
touch -d '2001-01-01' "$scratch/set/deep/"*.png
head -c 200 "$scratch/whole.png" >"$scratch/set/deep/seed0001.png"
rm "$scratch/set/deep/seed0002.png"
run 0 "resuming" render "$scratch/skip.gbw" -o "$scratch/set/deep" --seeds 0-3,40 --grid 3x2 --resume
check "it renders a truncated image again" cmp -s "$scratch/whole.png" "$scratch/set/deep/seed0001.png"
check "it renders a missing image" [ -s "$scratch/set/deep/seed0002.png" ]
check "it renders nothing else" [ "$(find "$scratch/set/deep" -type f -newermt 2010-01-01 | wc -l)" -eq 2 ]

run 0 "random noise" render "$scratch/skip.gbw" -o "$scratch/noise" --seeds 3,3 --noise random:5
check "its seed is in the picture" grep -qa -- "--noise random:6" "$scratch/noise/seed0003.png"
run 0 "no noise" render "$scratch/skip.gbw" -o "$scratch/none.png" --seeds 3 --noise none
run 0 "a class" render "$scratch/cond.gbw" -o "$scratch/class.png" --class 5
check "it is in the settings" grep -qa -- "--class 5" "$scratch/class.png"
run 2 "a conditional model needs a class" render "$scratch/cond.gbw" -o "$scratch/x.png"
complains "--class, 0 to 5"
run 2 "a class that does not exist" render "$scratch/cond.gbw" -o "$scratch/x.png" --class 6
run 2 "a class for a model without classes" render "$scratch/skip.gbw" -o "$scratch/x.png" --class 0
complains "no classes"
run 0 "a truncation beyond the usual" render "$scratch/skip.gbw" -o "$scratch/wild.png" --trunc -1.5
run 2 "a truncation that is not finite" render "$scratch/skip.gbw" -o "$scratch/x.png" --trunc nan
run 2 "a truncation without a value" render "$scratch/skip.gbw" -o "$scratch/x.png" --trunc
complains "--trunc needs a value"
run 2 "a cutoff without truncation" render "$scratch/skip.gbw" -o "$scratch/x.png" --cutoff 3
run 2 "no output" render "$scratch/skip.gbw"
complains "-o is missing"
run 2 "several images for one file" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 0-3
complains "4 images"
run 2 "too many images for the sheet" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 0-3 --grid 3x1
run 2 "a grid that is malformed" render "$scratch/skip.gbw" -o "$scratch/x.png" --grid 3*1
run 2 "seeds that are malformed" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 3-1
run 2 "seeds that are malformed" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 1,,2
run 2 "a seed that is too large" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 4294967296
run 2 "two sources" render "$scratch/skip.gbw" -o "$scratch/x.png" --seeds 1 --z "$scratch/z.npy"
run 2 "random numbers of no library" render "$scratch/skip.gbw" -o "$scratch/x.png" --rng matlab
complains "numpy|torch"
run 2 "a noise that does not exist" render "$scratch/skip.gbw" -o "$scratch/x.png" --noise loud
run 1 "a model that does not exist" render "$scratch/none.gbw" -o "$scratch/x.png"
run 0 "a checkpoint in place of a model" render $fixtures/nvlabs-skip-64.pkl -o "$scratch/two.png" --seeds 7 --trunc 0.7 --cutoff 4
check "it gives the same picture" cmp -s "$scratch/one.png" "$scratch/two.png"
run 1 "a model cut short" render "$scratch/cut.gbw" -o "$scratch/x.png"
run 1 "a damaged model" render "$scratch/damaged.gbw" -o "$scratch/x.png"
run 1 "a z of another size" render "$scratch/skip.gbw" -o "$scratch/x.png" --z $fixtures/nvlabs-cond-32-clamp.npz
complains "[2,32]"
run 1 "a file instead of the folder" render "$scratch/skip.gbw" -o "$scratch/one.png/deeper"
check "no file is left behind" [ ! -e "$scratch/x.png" ]
GANBEND_ISA=imaginary "$ganbend" render "$scratch/skip.gbw" -o "$scratch/x.png" >"$scratch/out" 2>"$scratch/err"
check "an instruction set that does not exist is wrong usage" [ $? -eq 2 ]
complains imaginary

# ---- latents from files
run 0 "z's of a file" render "$scratch/cond.gbw" -o "$scratch/z" --z $fixtures/nvlabs-cond-32-clamp.npz --class 2 --trunc 0.7
check "there is an image for each" [ -s "$scratch/z/z0000.png" ] && [ -s "$scratch/z/z0001.png" ]
run 0 "w's are dumped" dump "$scratch/skip.gbw" --seeds 0-1 --at mapping --trunc 0.7 -o "$scratch/ws.npz"
run 0 "inputs and layers are dumped" dump "$scratch/skip.gbw" --seeds 0-1 --at z --at 'synthesis.b8.*' -o "$scratch/layers.npz"
run 0 "what dump has written is compared" compare "$scratch/skip.gbw" "$scratch/layers.npz" --tol 0
check "with each layer" grep -q "^synthesis.b8.conv1 " "$scratch/out"
run 0 "an image is dumped" dump "$scratch/skip.gbw" --seeds 0-1 --at synthesis.b64.img --trunc 0.7 -o "$scratch/a.npz"
run 0 "the image of the w's is dumped" dump "$scratch/skip.gbw" --w "$scratch/ws.npz" --at synthesis.b64.img -o "$scratch/b.npz"
check "both images are the same" same_arrays "$scratch/a.npz" "$scratch/b.npz"
run 0 "w's render under their own names" render "$scratch/skip.gbw" --w "$scratch/ws.npz" -o "$scratch/w"
check "the files are w0000 and w0001" [ -s "$scratch/w/w0001.png" ]
run 2 "w's are not truncated" render "$scratch/skip.gbw" --w "$scratch/ws.npz" -o "$scratch/w" --trunc 0.5
complains "used without truncation"
run 1 "w's of another model" render "$scratch/small.gbw" --w "$scratch/ws.npz" -o "$scratch/w"
# projected-64.pt is a {latent, noises} file as network-bending saves it, of w's from rosinality-64.npz and maps of zeros.
run 0 "a projection with its noise maps" dump "$scratch/rosinality.gbw" --w $fixtures/projected-64.pt \
    --at synthesis.b64.img -o "$scratch/a.npz"
run 0 "the projection without noise" dump "$scratch/rosinality.gbw" --w $fixtures/projected-64.pt --noise none \
    --at synthesis.b64.img -o "$scratch/b.npz"
check "the projection's zero maps are used" same_arrays "$scratch/a.npz" "$scratch/b.npz"

# ---- dump
run 0 "several boundaries" dump "$scratch/rosinality.gbw" --at 'synthesis.b8.*' --at convs.0 -o "$scratch/d.npz" --seeds 1-2
run 0 "the boundaries are in the file" info "$scratch/d.npz"
prints synthesis.b8.conv0.noise
prints "[2,32,8,8]"
run 2 "a boundary that does not exist" dump "$scratch/skip.gbw" --at 'synthesis.b7.*' -o "$scratch/x.npz"
complains "synthesis.b7"
run 2 "no boundary" dump "$scratch/skip.gbw" -o "$scratch/x.npz"
run 1 "an output in a folder that does not exist" dump "$scratch/skip.gbw" --at mapping -o "$scratch/nowhere/x.npz"
check "no file is left behind" [ ! -e "$scratch/x.npz" ]

# ---- compare
run 0 "a model equals its reference" compare "$scratch/skip.gbw" $fixtures/nvlabs-skip-64.npz
prints "PSNR"
check "the last line names the worst array" sh -c "tail -n 1 '$scratch/out' | grep -q '^[0-9]* compared, worst [^ ]* [0-9.e-]*$'"
"$ganbend" compare "$scratch/skip.gbw" $fixtures/nvlabs-skip-64.npz --tol 1e-12 >"$scratch/out" 2>"$scratch/err"
check "a difference above the tolerance is a failure" [ $? -eq 1 ]
prints "exceeds the tolerance"
"$ganbend" compare "$scratch/half.gbw" $fixtures/nvlabs-skip-64.npz >"$scratch/out" 2>"$scratch/err"
check "half precision differs" [ $? -eq 1 ]
run 0 "half precision is within a larger tolerance" compare "$scratch/half.gbw" $fixtures/nvlabs-skip-64.npz --tol 1e-2
run 0 "one image of several" compare "$scratch/rosinality.gbw" $fixtures/pavlov.npz --image plain
prints image/plain
run 2 "an image that does not exist" compare "$scratch/skip.gbw" $fixtures/nvlabs-skip-64.npz --image other
run 2 "a name that is not a node" compare "$scratch/skip.gbw" $fixtures/rosinality-64.npz
complains "'tap/style.1' is not a node"
run 1 "a reference that does not exist" compare "$scratch/skip.gbw" "$scratch/none.npz"
run 1 "nothing to start from" compare "$scratch/skip.gbw" "$scratch/d.npz"
complains "neither z nor ws"

# ---- bench
run 0 "a benchmark" bench "$scratch/skip.gbw" --runs 2 --seconds 0 --threads 1
prints "multiply-adds"
run 0 "a benchmark of a batch by layers" bench "$scratch/skip.gbw" --runs 1 --seconds 0 --batch 2 --layers
prints synthesis.b64.conv1
run 0 "a benchmark as JSON" bench "$scratch/skip.gbw" --runs 1 --seconds 0 --layers --json
for key in median_s fastest_s runs threads isa peak_rss_bytes macs gflops peak_gflops peak_share nodes; do
    prints "\"$key\""
done
# 3 GB of addresses are enough, whatever the size of the caches. (A program with sanitizers does not start with so few.)
limited() { (ulimit -v 3000000 && "$ganbend" "$@") >"$scratch/out" 2>"$scratch/err"; }
if limited --version; then
    check "a benchmark by layers within 3 GB" limited bench "$scratch/skip.gbw" --runs 1 --seconds 0 --layers --threads 2
    check "the memory's rate is measured" grep -qE '^limits .*, [0-9.]*[1-9][0-9.]* GB/s of memory' "$scratch/out"
fi
run 2 "no runs" bench "$scratch/skip.gbw" --runs 0

# ---- moves
run 0 "moves as JSON" moves "$scratch/skip.gbw" --at 'synthesis.b8.conv?' --moves 2 --json
check "it has both layers" [ "$(grep -c '"name": "synthesis.b8.conv[01]"' "$scratch/out")" -eq 2 ]
check "with the part of a whole image" grep -q '"of_whole_image": [0-9]' "$scratch/out"
if command -v jq >/dev/null; then check "it is JSON" jq -e '.layers | length == 2' "$scratch/out"; fi
run 0 "moves of one layer" moves "$scratch/skip.gbw" --at 'synthesis.b8.conv1' --moves 2
run 2 "an activation that is malformed" moves "$scratch/skip.gbw" --activation sinlou

# ---- a full disk
# A limit on the size of files stops writing in the middle, as a full disk does.
mkdir "$scratch/full"
short_of_room() {
    ( trap '' XFSZ && ulimit -f 2 && exec "$ganbend" "$@" ) >"$scratch/out" 2>"$scratch/err"
    status=$?
    check "$1 without room for its output is a failure" [ $status -eq 1 ]
    check "the message is one line" [ "$(wc -l <"$scratch/err")" -eq 1 ]
    check "no partial file is left" nothing_left "$scratch/full"
}
short_of_room convert $fixtures/nvlabs-orig-16.pkl "$scratch/full/x.gbw"
short_of_room init stylegan2 "$scratch/full/x.gbw" --res 16 --channel-max 16
short_of_room render "$scratch/skip.gbw" -o "$scratch/full/x.png"
short_of_room dump "$scratch/skip.gbw" --at synthesis.b64.img -o "$scratch/full/x.npz"
if [ -c /dev/full ]; then
    "$ganbend" info "$scratch/skip.gbw" >/dev/full 2>"$scratch/err"
    check "a full disk under standard output is a failure" [ $? -eq 1 ]
    complains "No space left"
    for output in "convert $fixtures/nvlabs-skip-64.pkl /dev/full" "render $scratch/skip.gbw -o /dev/full/x.png"; do
        # shellcheck disable=SC2086  # several words
        run 1 "a device in place of a file" $output
    done
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
