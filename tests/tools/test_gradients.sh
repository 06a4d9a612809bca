#!/bin/sh
# Gradients agree with PyTorch's for NVIDIA's, rosinality's and BigGAN-PyTorch's code, with and without a parametric
# activation, and those of weights, on the plain rows and on this processor's.
# usage: test_gradients.sh GANBEND PICK_ARRAYS, from the repository root.
. tests/tools/cli.sh
pick=$2
references=$fixtures/understanding

run 0 "the NVIDIA fixture is converted" convert $fixtures/nvlabs-skip-64.pkl "$scratch/nvlabs.gbw"
run 0 "the rosinality fixture is converted" convert $fixtures/rosinality-64.pt "$scratch/rosinality.gbw"
run 0 "the BigGAN fixture is converted" convert $references/biggan-128-hier.pth "$scratch/biggan.gbw"

# sinlu NODE A B MORE: a recipe
sinlu() {
    printf 'bends:\n  - at: %s\n    activation: sinlu\n    a: %s\n    b: %s\n%s' "$1" "$2" "$3" "$4"
}
sinlu synthesis.b16.conv0 1 3 '' >"$scratch/nvlabs.yaml"
sinlu convs.2 0.8 2.5 '' >"$scratch/rosinality.yaml"
sinlu convs.2 0.8 2.5 '    like: paper
' >"$scratch/paper.yaml"
sinlu blocks.2.0.relu1 1.2 2 '' >"$scratch/biggan.yaml"

# agrees NAME REFERENCE COUNT OPTIONS…: as many arrays agree, to 1e-4 of the largest value of each
agrees() {
    model=$1
    reference=$2
    count=$3
    shift 3
    run 0 "$model $* agrees with PyTorch" compare "$scratch/$model.gbw" $references/$reference.npz --gradients --tol 1e-4 "$@"
    check "$model $*: $count arrays are compared" grep -q "^$count compared" "$scratch/out"
}

for isa in plain ''; do
    [ -z "$isa" ] || { GANBEND_ISA=$isa; export GANBEND_ISA; }
    agrees nvlabs grad-nvlabs-skip-64 17
    agrees nvlabs grad-nvlabs-skip-64 2 --prefix psi
    agrees nvlabs grad-nvlabs-skip-64 10 --prefix sinlu --bend "$scratch/nvlabs.yaml"
    agrees rosinality grad-rosinality-64 16
    agrees rosinality grad-rosinality-64 6 --prefix sinlu-paper --bend "$scratch/paper.yaml"
    agrees biggan grad-biggan-128-hier 7
    agrees biggan grad-biggan-128-hier 5 --prefix sinlu --bend "$scratch/biggan.yaml"
    unset GANBEND_ISA
done
# In this one an activation of b64.conv0 is 2e-8 of the largest: in which of the two slopes it falls depends on the last
# bit of every sum before it, and it makes 1.2e-4 of difference.
run 0 "rosinality's SinLU agrees with PyTorch" compare "$scratch/rosinality.gbw" $references/grad-rosinality-64.npz \
    --gradients --prefix sinlu --bend "$scratch/rosinality.yaml" --tol 5e-4

# ---- weights
run 0 "a small network is written" init stylegan2 "$scratch/small.gbw" --res 8 --channel-base 64 --channel-max 8 --z-dim 6 --w-dim 6 \
    --mapping-layers 2 --seed 3
agrees small grad-weights-8 29
weights=$references/grad-weights-8.npz
refused() {
    "$pick" "$weights" "$scratch/other.npz" z=z R=R "$2" || bad "$1: the file"
    run "$3" "$1" compare "$scratch/small.gbw" "$scratch/other.npz" --gradients
    complains "$4"
}
refused "a weight that has no gradient" grad/mapping.w_avg=grad/mapping.fc0.bias 2 "has no gradient of its weight 'mapping.w_avg'"
refused "a gradient in another shape" grad/mapping.fc0.bias=grad/synthesis.b4.conv1.bias 1 "has shape [8]; expected [6]"
refused "neither a node nor a weight" grad/mapping.fc9.bias=grad/mapping.fc0.bias 2 "is not a node of this model, and no weight"

# ---- refusals
run 2 "a name that is no node" compare "$scratch/nvlabs.gbw" $references/grad-rosinality-64.npz --gradients
complains "is not a node of this model"
run 2 "a parameter without its bend" compare "$scratch/nvlabs.gbw" $references/grad-nvlabs-skip-64.npz --gradients --prefix sinlu
complains "neither a node of this model nor a parameter"
run 1 "a file without R" compare "$scratch/nvlabs.gbw" $fixtures/nvlabs-skip-64.npz --gradients
complains "contains no R"
run 1 "a prefix that is not in the file" compare "$scratch/nvlabs.gbw" $references/grad-nvlabs-skip-64.npz --gradients --prefix none
complains "contains no array none/grad/NAME"
run 2 "a prefix without --gradients" compare "$scratch/nvlabs.gbw" $fixtures/nvlabs-skip-64.npz --prefix psi
complains "is for --gradients"
printf 'bends:\n  - at: synthesis.b16.conv1\n    filter: threshold\n' >"$scratch/threshold.yaml"
run 2 "a filter without a gradient" compare "$scratch/nvlabs.gbw" $references/grad-nvlabs-skip-64.npz --gradients \
    --bend "$scratch/threshold.yaml"
complains "synthesis.b16.conv1: threshold has no gradient"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
