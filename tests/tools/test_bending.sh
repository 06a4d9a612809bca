#!/bin/sh
# Reproduces every experiment of the three published bending tools in the fixtures from a recipe: replaced activations,
# disabled layers and changed noise (pavlov), network-bending's own recipe files (broad), painting (herdt). The tolerance is
# 2e-4, and 1e-5 in plain C; sessions are fresh or incremental. usage: test_bending.sh GANBEND, from the repository root.
. tests/tools/cli.sh
recipes=$fixtures/recipes

run 0 "rosinality's network converts" convert $fixtures/rosinality-64.pt "$scratch/rosinality.gbw"
run 0 "NVIDIA's network converts" convert $fixtures/nvlabs-skip-64.pkl "$scratch/nvidia.gbw"

# reproduces MODEL REFERENCE KEY RECIPE [OPTIONS…]
reproduces() {
    model=$1
    reference=$2
    key=$3
    recipe=$4
    shift 4
    for mode in "" --incremental; do
        # shellcheck disable=SC2086  # no word or one
        run 0 "$reference: $key ${mode:-fresh}" compare "$scratch/$model.gbw" "$fixtures/$reference.npz" --image \
    "$key" \
            --bend "$recipe" --tol 2e-4 "$@" $mode
    done
    GANBEND_ISA=plain
    export GANBEND_ISA
    run 0 "$reference: $key in plain C" compare "$scratch/$model.gbw" "$fixtures/$reference.npz" --image "$key" \
        --bend "$recipe" --tol 1e-5 "$@"
    unset GANBEND_ISA
}

for recipe in "$recipes"/pavlov/*.yaml; do
    reproduces rosinality pavlov "$(basename "$recipe" .yaml)" "$recipe"
done
for recipe in "$recipes"/broad/[0-9]*.yaml "$recipes"/broad/chain.yaml; do
    reproduces rosinality broad "$(basename "$recipe" .yaml)" "$recipe" --clusters "$recipes/broad/clusters.yaml"
done
for size in 16 8; do
    for recipe in "$recipes"/herdt/$size-*.yaml; do
        key=$(basename "$recipe" .yaml)
        reproduces nvidia herdt-$size "${key#"$size"-}" "$recipe"
    done
done

# Every experiment bends the network: no other recipe reproduces its picture.
differs() {
    sentence=$1
    shift
    "$ganbend" compare "$scratch/rosinality.gbw" $fixtures/broad.npz --image chain "$@" >"$scratch/out" 2>"$scratch/err"
    check "$sentence" [ $? -eq 1 ]
    prints "exceeds the tolerance"
}
differs "the unbent network differs"
differs "a network bent by another recipe differs" --bend "$recipes/broad/04-rotate.yaml"
differs "a network bent with other clusters differs" --bend "$recipes/broad/chain.yaml" --clusters "$recipes/clusters.yaml"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
