#!/bin/sh
# All fixtures on the emulated GPU, or on a real one if GANBEND has it: every layer and the image compared with PyTorch in
# every precision, rendered from scratch and incrementally; the pictures of the published bending tools; that no step runs on
# the host; and the error messages of machines without a GPU.
# usage: test_fixtures.sh GANBEND, from the repository root; FIXTURE_PRECISIONS selects precisions.
set -u
ganbend=$1
precisions=${FIXTURE_PRECISIONS-"fp32 tf32 half"}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# expect WHAT COMMAND…
expect() {
    what=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 40 "$scratch/log"
    fi
}

# on_device MODEL [OPTIONS…]: succeeds if no step runs on the host.
on_device() {
    "$ganbend" bench "$@" --device cuda --layers --runs 1 --seconds 0 >"$scratch/bench" || return 1
    ! grep "host fallback" "$scratch/bench"
}

# allow PRECISION: sets the tolerance of its images.
allow() {
    case $1 in
    fp32) tolerance=2e-4 ;;
    tf32) tolerance=5e-3 ;;
    *) tolerance=2e-2 ;;
    esac
}

while read -r checkpoint reference config; do
    model=$scratch/$(basename "${checkpoint%.*}").gbw
    # shellcheck disable=SC2086  # no words or two
    "$ganbend" convert "tests/fixtures/$checkpoint" "$model" ${config:+--config tests/fixtures/$config} \
        >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
    for precision in $precisions; do
        allow $precision
        for mode in "" --incremental; do
            # shellcheck disable=SC2086  # no word or one
            expect "$checkpoint against $reference, $precision ${mode:-from scratch}" "$ganbend" compare "$model" \
                "tests/fixtures/$reference" --device cuda --precision $precision --tol $tolerance $mode
        done
    done
done <<'LIST'
nvlabs-skip-64.pkl nvlabs-skip-64.npz
nvlabs-cond-32-clamp.pkl nvlabs-cond-32-clamp.npz
nvlabs-resnet-32.pkl nvlabs-resnet-32.npz
nvlabs-orig-16.pkl nvlabs-orig-16.npz
rosinality-64.pt rosinality-64.npz
biggan-32-cifar.pth biggan-32-cifar.npz biggan-32-cifar.json
biggan/hierarchical.pth biggan/hierarchical.npz
biggan/unshared.pth biggan/unshared.npz
biggan/deep-32.pth biggan/deep-32.npz
biggan/huggingface.bin biggan/huggingface.npz biggan/huggingface-config.json
LIST

# reproduces MODEL REFERENCE KEY RECIPE [OPTIONS…]: checks one bent picture.
recipes=tests/fixtures/recipes
reproduces() {
    model=$1
    reference=$2
    key=$3
    recipe=$4
    shift 4
    for precision in $precisions; do
        # Rounding can move a value across a threshold, so thresholds are checked in float32 only. Bends are the same in
        # tf32 and float32.
        case $key-$precision in *thresh-half | *-tf32) continue ;; esac
        allow $precision
        expect "$reference: $key, $precision $*" "$ganbend" compare "$scratch/$model.gbw" \
            "tests/fixtures/$reference.npz" --image "$key" --bend "$recipe" --clusters $recipes/broad/clusters.yaml \
            --device cuda --precision $precision --tol $tolerance "$@"
    done
}
for recipe in $recipes/pavlov/*.yaml; do
    reproduces rosinality-64 pavlov "$(basename "$recipe" .yaml)" "$recipe"
done
for recipe in $recipes/broad/[0-9]*.yaml $recipes/broad/chain.yaml; do
    reproduces rosinality-64 broad "$(basename "$recipe" .yaml)" "$recipe"
done
reproduces rosinality-64 broad chain $recipes/broad/chain.yaml --incremental
for size in 16 8; do
    for recipe in $recipes/herdt/$size-*.yaml; do
        key=$(basename "$recipe" .yaml)
        reproduces nvlabs-skip-64 herdt-$size "${key#"$size"-}" "$recipe"
    done
done

# Every operation of the networks and every kind of bend has a row on the device.
for model in "$scratch"/*.gbw; do
    expect "$(basename "$model") stays on the device" on_device "$model"
done
expect "bends stay on the device" on_device "$scratch/rosinality-64.gbw" --bend $recipes/broad/chain.yaml \
    --clusters $recipes/broad/clusters.yaml

# Networks that look at pictures: operations without a row on the device run on the host.
looks() {
    name=$1 checkpoint=$2
    shift 2
    model=$scratch/looks.gbw
    expect "convert $checkpoint" "$ganbend" convert "tests/fixtures/understanding/$checkpoint" "$model" --force
    allow fp32
    expect "$checkpoint" "$ganbend" compare "$model" "tests/fixtures/understanding/$name.npz" --device cuda \
        --precision fp32 --tol $tolerance "$@"
}
looks resnet18-narrow resnet18-narrow.pth
looks vgg16-narrow vgg16-narrow.pth
looks monai-resnet18-narrow monai-resnet18-narrow.pt

# fails_with MESSAGE COMMAND…: succeeds if the command fails with that message.
fails_with() {
    message=$1
    shift
    if "$@" >"$scratch/log" 2>&1 || ! grep -q "$message" "$scratch/log"; then
        failed=$((failed + 1))
        echo "FAILED: $* does not print '$message'"
        cat "$scratch/log"
    else
        passed=$((passed + 1))
    fi
}

model=$scratch/nvlabs-orig-16.gbw
if "$ganbend" bench "$model" --device cuda --runs 1 --seconds 0 | grep -q "emulated GPU"; then
    fails_with "no NVIDIA GPU was found" env EMULATED_NO_GPU=1 "$ganbend" render "$model" -o "$scratch/x.png" --device cuda
    fails_with "driver supports CUDA 11.4; this build needs one for CUDA 12.8" env EMULATED_DRIVER=11040 \
        "$ganbend" render "$model" -o "$scratch/x.png" --device cuda
    fails_with "no NVIDIA driver was found; this build needs one for CUDA 12.8" env EMULATED_DRIVER=0 \
        "$ganbend" render "$model" -o "$scratch/x.png" --device cuda
    expect "auto falls back to the processor" env EMULATED_NO_GPU=1 "$ganbend" render "$model" -o "$scratch/x.png" --device auto
    fails_with "GANBEND_WGMMA=1: emulated GPU has compute capability 8.0; 9.0 is needed" env GANBEND_WGMMA=1 \
        "$ganbend" render "$model" -o "$scratch/x.png" --device cuda
    fails_with "GANBEND_WGMMA=1: the NVIDIA driver has no function cuTensorMapEncodeTiled" env GANBEND_WGMMA=1 \
        EMULATED_CAPABILITY=90 EMULATED_NO_TMA=1 "$ganbend" render "$model" -o "$scratch/x.png" --device cuda
    fails_with "out of memory on emulated GPU" env EMULATED_MEMORY=4096 "$ganbend" render "$model" -o "$scratch/x.png" \
        --device cuda
fi
fails_with "half|tf32|fp32" "$ganbend" render "$model" -o "$scratch/x.png" --device cuda --precision double

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
