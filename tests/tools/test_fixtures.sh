#!/bin/sh
# Every StyleGAN2 and BigGAN fixture converts and equals PyTorch in every layer: within 1e-5 in plain C and 2e-4 with every
# other instruction set, on one thread and two, in fresh and incremental sessions. The trained models do too (half precision:
# within 3e-3).
# usage: test_fixtures.sh GANBEND, from the repository root. FIXTURE_ISAS and FIXTURE_THREADS select instruction sets and
# numbers of threads; FIXTURE_LARGE is a folder with fixtures of the published code that are too large for the repository.
set -u
ganbend=$1
"$ganbend" --version || exit 1
isas=${FIXTURE_ISAS-"plain avx2 avx512 neon"}
threads=${FIXTURE_THREADS-"1 2"}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# compare MODEL REFERENCE TOLERANCE, with the current instruction set and number of threads
compare() {
    for mode in "" --incremental; do
        # shellcheck disable=SC2086  # no word or one
        if GANBEND_ISA=$isa "$ganbend" compare "$1" "$2" --tol "$3" --threads "$count" $mode >"$scratch/log" 2>&1; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: $(basename "$1") against $(basename "$2"), $isa, $count threads ${mode:-fresh}"
            tail -n 60 "$scratch/log"
        fi
    done
}

# The available instruction sets. plain is always available; any other must be refused as wrong usage.
available=
for isa in $isas; do
    GANBEND_ISA=$isa "$ganbend" init stylegan2 "$scratch/probe.gbw" --res 8 --channel-max 8 >"$scratch/log" 2>&1
    case $? in
    0) available="$available $isa" ;;
    2) [ "$isa" = plain ] && { cat "$scratch/log"; exit 1; } ;;
    *) cat "$scratch/log"; exit 1 ;;
    esac
done
echo "instruction sets:$available"

# check_list FOLDER: reads lines of checkpoint, reference and, if the checkpoint needs one, configuration.
check_list() {
    while read -r checkpoint reference config; do
        model=$scratch/$(basename "${checkpoint%.*}").gbw
        # shellcheck disable=SC2086  # no words or two
        if ! "$ganbend" convert "$1/$checkpoint" "$model" ${config:+--config $1/$config} >"$scratch/log" 2>&1; then
            failed=$((failed + 1))
            echo "FAILED: convert $checkpoint"
            cat "$scratch/log"
            continue
        fi
        for isa in $available; do
            tolerance=2e-4
            [ "$isa" = plain ] && tolerance=1e-5
            for count in $threads; do
                compare "$model" "$1/$reference" $tolerance
            done
        done
    done
}

check_list tests/fixtures <<'LIST'
nvlabs-skip-64.pkl nvlabs-skip-64.npz
nvlabs-cond-32-clamp.pkl nvlabs-cond-32-clamp.npz
nvlabs-resnet-32.pkl nvlabs-resnet-32.npz
nvlabs-orig-16.pkl nvlabs-orig-16.npz
tensorflow-64.pkl nvlabs-skip-64.npz
rosinality-64.pt rosinality-64.npz
rosinality-64-legacy.pt rosinality-64.npz
rosinality-64-train.pt rosinality-64.npz
biggan-32-cifar.pth biggan-32-cifar.npz biggan-32-cifar.json
biggan/hierarchical.pth biggan/hierarchical.npz
biggan/mybn-parallel.pth biggan/hierarchical.npz
biggan/cross-replica-wrapped.pth biggan/hierarchical.npz
biggan/shared-flat.pth biggan/shared-flat.npz
biggan/unshared.pth biggan/unshared.npz
biggan/deep-32.pth biggan/deep-32.npz
biggan/deep-own-channels.pth biggan/deep-own-channels.npz
biggan/huggingface.bin biggan/huggingface.npz biggan/huggingface-config.json
wild/rosinality-wide.pt wild/rosinality-wide.npz
wild/stylegan-human.pkl wild/stylegan-human.npz
wild/grey.pkl wild/grey.npz
wild/pti.pt wild/pti.npz
wild/pti.pt wild/wplus.npz
wild/average-g-avg.pt wild/average.npz
wild/average-ema-pytorch.pt wild/average.npz
wild/module-legacy.pt wild/module-legacy.npz
wild/module-beside-legacy.pt wild/module-legacy.npz
wild/torch2-state.pt wild/torch2.npz
wild/torch2-tpu.pt wild/torch2.npz
wild/torch2-tpu-old.pt wild/torch2.npz
wild/zipped.zip wild/torch2.npz
wild/tensorflow-start-8.pkl wild/tensorflow-start-8.npz
wild/tensorflow-lods.pkl wild/tensorflow.npz
wild/tensorflow-width-height.pkl wild/tensorflow.npz
wild/tensorflow-two-gs.pkl wild/tensorflow.npz
wild/genforce.pth wild/genforce.npz
wild/mmgeneration.pth wild/mmgeneration.npz
wild/bf16.safetensors wild/bf16.npz
wild/multilabel.pkl wild/multilabel.npz
wild/channels-last.pkl wild/channels-last.npz
wild/odd-company.pt wild/odd-company.npz
LIST
[ -z "${FIXTURE_LARGE-}" ] || check_list "$FIXTURE_LARGE" <<'LIST'
biggan-128-hier.pth biggan-128-hier.npz biggan-128-hier.json
biggan-deep-64.pth biggan-deep-64.npz biggan-deep-64.json
hf-biggan-deep-128.bin hf-biggan-deep-128.npz hf-biggan-deep-128-config.json
hf-biggan-deep-128.bin hf-biggan-deep-128-trunc0365.npz hf-biggan-deep-128-config.json
LIST

# Trained models in half precision, against their float32 origins (tools/train; the weights of portraits are half there
# too).
for isa in $available; do :; done       # the best one; plain C takes its time over 64 wide layers
count=2
compare tests/fixtures/toy-faces-64.gbw tests/fixtures/toy-faces-64.npz 3e-3
compare weights/demo/portraits-128.gbw tests/fixtures/portraits-128.npz 2e-4
compare weights/demo/things-64.gbw tests/fixtures/things-64.npz 3e-3

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
