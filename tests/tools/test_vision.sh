#!/bin/sh
# Networks that look at pictures: their published files convert, and every layer equals PyTorch's, within 1e-5 in plain C and
# 1e-4 with every other instruction set, as single layers and fused. What cannot be converted says what to do instead.
# usage: test_vision.sh GANBEND PICK_ARRAYS, from the repository root
set -u
ganbend=$1
pick=$2
fixtures=tests/fixtures/understanding
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
passed=0

bad() {
    echo "FAILED: $1"
    tail -n 40 "$scratch/log"
    failed=$((failed + 1))
}

# runs NAME COMMAND…: the command must succeed
runs() {
    what=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then passed=$((passed + 1)); else bad "$what"; fi
}

# refused STATUS TEXT COMMAND…: it must end with that status and a message that contains the text
refused() {
    status=$1 text=$2
    shift 2
    "$@" >"$scratch/log" 2>&1
    [ $? -eq "$status" ] && grep -qF -- "$text" "$scratch/log" && passed=$((passed + 1)) || bad "expected '$text'"
}

model() { echo "$scratch/$1.gbw"; }

convert() {
    into=$1
    shift
    runs "convert $into" "$ganbend" convert "$@" "$(model "$into")"
}

# compare MODEL REFERENCE TOLERANCE OPTION…, with every instruction set that there is
compare() {
    subject=$1 reference=$2 tolerance=$3
    shift 3
    for isa in plain avx2 avx512 neon; do
        GANBEND_ISA=$isa "$ganbend" compare "$(model "$subject")" "$reference" --tol "$tolerance" --threads 2 "$@" \
            >"$scratch/log" 2>&1
        case $? in
        0) passed=$((passed + 1)) ;;
        2) [ $isa != plain ] && grep -q "$isa" "$scratch/log" || bad "$subject, $isa $*" ;;
        *) bad "$subject, $isa $*" ;;
        esac
        tolerance=$(case $tolerance in 1e-5) echo 1e-4 ;; *) echo "$tolerance" ;; esac)
    done
}

for name in resnet18 resnet34 resnet50 vgg16; do
    convert $name $fixtures/$name-narrow.pth
    compare $name $fixtures/$name-narrow.npz 1e-5
done
convert monai $fixtures/monai-resnet18-narrow.pt
compare monai $fixtures/monai-resnet18-narrow.npz 1e-5
convert lpips $fixtures/vgg16-narrow.pth --lpips $fixtures/lpips-vgg-narrow.pth
compare lpips $fixtures/lpips-vgg-narrow.npz 1e-6 --prefix pair0
compare lpips $fixtures/lpips-vgg-narrow.npz 1e-6 --prefix pair1

# Gradients with respect to the picture, before its normalisation
for name in resnet18 resnet34 resnet50; do
    compare $name $fixtures/$name-narrow.npz 1e-4 --gradients
done
compare lpips $fixtures/lpips-vgg-narrow.npz 1e-4 --prefix pair0 --gradients
compare lpips $fixtures/lpips-vgg-narrow.npz 1e-4 --prefix pair1 --gradients

# The classifier in training mode over a batch, with each map's own statistics, and with the stored ones.
convert classifier $fixtures/classifier-layer3-init.pt
runs "arrays in training mode" "$pick" $fixtures/classifier-layer3.npz "$scratch/train.npz" map=batches@0 \
    bottleneck=train/bottleneck logits=train/logits
compare classifier "$scratch/train.npz" 1e-6 --norm batch
runs "rounding errors of both sides in training mode" sh -c "'$ganbend' compare '$(model classifier)' '$scratch/train.npz' --norm batch --float64 |
    grep -q '^worst against float64: [^ ]* [0-9.]*e-0[78] (reference), [^ ]* [0-9.]*e-0[78] (ganbend)$'"
runs "gradients of weights" "$pick" $fixtures/classifier-layer3.npz "$scratch/step.npz" map=batches@0 labels=labels@0 \
    "grad/*=grad/*"
compare classifier "$scratch/step.npz" 1e-4 --norm batch --gradients --abs 2e-8
refused 1 "shuffleLayers.0res.branch2.4.bias    [25]                   " "$ganbend" compare "$(model classifier)" "$scratch/step.npz" \
    --tol 1e-4 --norm batch --gradients
runs "labels that do not fit" "$pick" $fixtures/classifier-layer3.npz "$scratch/wrong.npz" map=batches@0 labels=loss/0 "grad/*=grad/*"
refused 1 "'labels' has 1 values; expected 24" "$ganbend" compare "$(model classifier)" "$scratch/wrong.npz" --gradients
runs "a gradient of nothing" "$pick" $fixtures/classifier-layer3.npz "$scratch/wrong.npz" map=batches@0 labels=labels@0 \
    grad/fc_in.bias=grad/fc_out.bias
refused 2 "is not a node of this model, and no weight" "$ganbend" compare "$(model classifier)" "$scratch/wrong.npz" --gradients
runs "weights after training" "$pick" $fixtures/classifier-layer3.npz "$scratch/after.npz" "*=after/*"
convert after "$scratch/after.npz"
runs "arrays with stored statistics" "$pick" $fixtures/classifier-layer3.npz "$scratch/eval.npz" map=batches@0 \
    bottleneck=eval/bottleneck logits=eval/logits
compare after "$scratch/eval.npz" 1e-6
runs "arrays of single maps" "$pick" $fixtures/classifier-layer3.npz "$scratch/each.npz" map=maps_raw \
    bottleneck=published_embedding_of_maps_raw
compare after "$scratch/each.npz" 1e-6 --norm each
refused 1 "exceeds the tolerance" "$ganbend" compare "$(model after)" "$scratch/each.npz"

# info, dump of arrays and of pictures, bench
runs "info" "$ganbend" info "$(model resnet50)"
grep -q "layer4.2.conv3 .*conv2d" "$scratch/log" && grep -q "image .*input *\[3,224,224\]" "$scratch/log" || bad "info of ResNet-50"
runs "the picture as an array" "$pick" $fixtures/resnet18-narrow.npz "$scratch/one.npz" image01=image01
runs "dump" "$ganbend" dump "$(model resnet18)" --picture "$scratch/one.npz" --at layer3 --at logits -o "$scratch/dumped.npz"
runs "dump of the picture itself" "$ganbend" dump "$(model resnet18)" --picture "$scratch/one.npz" --at image -o "$scratch/two.npz"
runs "the picture that was dumped" "$pick" "$scratch/two.npz" "$scratch/three.npz" image01=image
cmp "$scratch/one.npz" "$scratch/three.npz" || bad "the picture that the network got is the one in the file"
runs "a picture" "$ganbend" render weights/demo/portraits-128.gbw --seeds 0-1 -o "$scratch/faces/"
runs "dump of a PNG" "$ganbend" dump "$(model vgg16)" --picture "$scratch/faces/seed0000.png" --at features.30 -o "$scratch/a.npz"
runs "shape of what was dumped" "$ganbend" info "$scratch/a.npz"
grep -qF "[1,64,4,4]" "$scratch/log" || bad "the size of the PNG is the network's"
runs "LPIPS of two PNGs" "$ganbend" dump "$(model lpips)" --picture "$scratch/faces/seed0000.png" \
    --picture "$scratch/faces/seed0001.png" --at distance -o "$scratch/distance.npz"
refused 2 "looks at 2 pictures at a time" "$ganbend" dump "$(model lpips)" --picture "$scratch/faces/seed0000.png" \
    --at distance -o "$scratch/x.npz"
runs "bench" "$ganbend" bench "$(model resnet18)" --runs 1 --seconds 0 --size 64x96

# What is refused
refused 1 "'ganbend convert vgg16-397923af.pth --lpips vgg.pth lpips.gbw' joins the two files" \
    "$ganbend" convert $fixtures/lpips-vgg-narrow.pth "$scratch/x.gbw"
refused 1 "LPIPS needs torchvision's VGG-16" "$ganbend" convert $fixtures/resnet18-narrow.pth \
    --lpips $fixtures/lpips-vgg-narrow.pth "$scratch/x.gbw"
refused 1 "not the weights of LPIPS" "$ganbend" convert $fixtures/vgg16-narrow.pth --lpips $fixtures/resnet18-narrow.pth \
    "$scratch/x.gbw"
mkdir "$scratch/v0.0"
cp $fixtures/lpips-vgg-narrow.pth "$scratch/v0.0/vgg.pth"
refused 1 "LPIPS v0.0" "$ganbend" convert $fixtures/vgg16-narrow.pth --lpips "$scratch/v0.0/vgg.pth" "$scratch/x.gbw"
refused 1 "in place of NVIDIA's vgg16.pt, take torchvision's vgg16-397923af.pth" \
    "$ganbend" convert tests/fixtures/readers/torchscript.pt "$scratch/x.gbw"
refused 2 "this network looks at pictures and does not make any" "$ganbend" render "$(model monai)" -o "$scratch/x.png"
refused 2 "it does not look at them" "$ganbend" dump weights/demo/things-64.gbw --picture "$scratch/faces/seed0000.png" \
    --at z -o "$scratch/x.npz"
refused 2 "looks at pictures of 16x16 pixels only" "$ganbend" bench "$(model classifier)" --size 32
refused 2 "--size takes" "$ganbend" bench "$(model resnet18)" --size big
refused 2 "is for generators" "$ganbend" compare "$(model vgg16)" $fixtures/vgg16-narrow.npz --incremental
refused 2 "is for networks that look at pictures" "$ganbend" compare weights/demo/things-64.gbw tests/fixtures/things-64.npz \
    --norm batch

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
