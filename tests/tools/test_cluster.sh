#!/bin/sh
# ganbend cluster: listing, writing, drawing, and using a cluster in a recipe. usage: test_cluster.sh GANBEND, from the
# repository root.
. tests/tools/cli.sh

model=weights/demo/portraits-128.gbw
run 0 "it lists clusters" cluster $model --samples 4 --at synthesis.b8.conv1 --clusters 3
prints "synthesis.b8.conv1"
run 0 "it prints JSON" cluster $model --samples 4 --at synthesis.b8.conv1 --json
prints '"cluster_of_map"'
run 0 "it writes and draws them" cluster $model --samples 4 --at 'synthesis.b8.conv?' -o "$scratch/c.yaml" --sheets "$scratch/sheets"
prints "clusters of 2 layers"
check "there are two sheets" [ "$(find "$scratch/sheets" -name '*.png' | wc -l)" -eq 2 ]
check "the file has network-bending's layers" grep -q '^2:$' "$scratch/c.yaml"
run 0 "the same again" cluster $model --samples 4 --at 'synthesis.b8.conv?' -o "$scratch/d.yaml"
check "gives the same file" cmp -s "$scratch/c.yaml" "$scratch/d.yaml"
printf 'clusters: c.yaml\nbends:\n  - {at: synthesis.b8.conv1, filter: invert, features: {cluster: 1}}\n' >"$scratch/bend.yaml"
run 0 "a recipe uses one" render $model --bend "$scratch/bend.yaml" -o "$scratch/bent.png"
run 0 "layers without numbers" cluster weights/demo/things-64.gbw --at blocks.0.0 --samples 3 --clusters 2 -o "$scratch/t.yaml"
printf 'clusters: t.yaml\nbends:\n  - {at: blocks.0.0, filter: invert, features: {cluster: 1}}\n' >"$scratch/thing.yaml"
run 0 "are found by name" render weights/demo/things-64.gbw --class 1 --bend "$scratch/thing.yaml" -o "$scratch/thing.png"

mkdir -p "$scratch/classifiers/3"
cp $fixtures/understanding/clusters-layer3-classifier.pt "$scratch/classifiers/3/classifier3_final.pt"
other="$fixtures/rosinality-64.pt --method published --classifiers $scratch/classifiers"
# shellcheck disable=SC2086  # several words
{
    run 0 "network-bending's method" cluster $other --at convs.2 --samples 2 -o "$scratch/p.yaml"
    check "clusters its layer" grep -q '^3:$' "$scratch/p.yaml"
    run 0 "one image" cluster $other --at convs.2 --for-image --seeds 7 --json
    prints '"clusters": 5'
    run 2 "two images" cluster $other --at convs.2 --for-image --seeds 7,8
    run 0 "training" cluster $other --at convs.0 --train --training-images 2 --epochs 1 --batch 8 --samples 1 -o "$scratch/q.yaml"
    prints "1 classifier to train, about"
    check "leaves a classifier" [ -s "$scratch/classifiers/classifier1_final.gbw" ]
    check "and nothing else" [ "$(find "$scratch/classifiers" -type f | wc -l)" -eq 2 ]
    run 0 "which is used from then on" cluster $other --at convs.0 --train --samples 1 -o "$scratch/r.yaml"
    check "with the same result" cmp -s "$scratch/q.yaml" "$scratch/r.yaml"
    run 1 "a layer without classifier" cluster $other --samples 1
    complains "no 2/classifier2_final.pt"
}
run 0 "effects" cluster $model --samples 4 --at synthesis.b128.conv1 --effects
prints "effects within"
run 2 "training for the other method" cluster $model --train
run 2 "epochs without training" cluster $model --method published --classifiers "$scratch/classifiers" --epochs 3
run 2 "classifiers for the other method" cluster $model --classifiers "$scratch/classifiers"
run 2 "no classifiers" cluster $model --method published
run 2 "no such method" cluster $model --method kmeans

run 2 "a network without numbered layers" cluster weights/demo/things-64.gbw
complains "name the layers"
run 2 "no maps" cluster $model --at 'mapping.*'
complains "no node with feature maps"
run 2 "a picture as output" cluster $model -o "$scratch/c.png"
complains "this command writes clusters"
echo "mine" >"$scratch/mine.yaml"
run 2 "another file" cluster $model --samples 1 --at synthesis.b8.conv1 -o "$scratch/mine.yaml"
complains "--force"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
