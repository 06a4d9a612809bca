#!/bin/sh
# ganbend mix: two models of one architecture. usage: test_mix.sh GANBEND, from the repository root.
. tests/tools/cli.sh

for i in 1 2; do
    run 0 "model $i" init stylegan2 "$scratch/$i.gbw" --res 16 --channel-max 8 --z-dim 4 --w-dim 4 --mapping-layers 1 --seed $i
done
run 0 "layers and tensors" mix "$scratch/1.gbw" "$scratch/2.gbw" --layers 1-2 --layers 3:0.5 --tensors 'mapping.*:0.5' \
    -o "$scratch/mixed.gbw"
prints "mixed.gbw: a .gbw model"
run 0 "the mixture renders" render "$scratch/mixed.gbw" -o "$scratch/mixed.png"
run 0 "all of the second" mix "$scratch/1.gbw" "$scratch/2.gbw" --share 1 -o "$scratch/second.gbw"
for i in second 2; do
    run 0 "the pictures of $i" dump "$scratch/$i.gbw" --at 'synthesis.*' -o "$scratch/$i.npz"
done
check "it draws as the second does" cmp -s "$scratch/second.npz" "$scratch/2.npz"
run 0 "checkpoints" mix tests/fixtures/nvlabs-orig-16.pkl tests/fixtures/nvlabs-orig-16.pkl --share 0.5 -o "$scratch/same.gbw"

run 2 "nothing to mix" mix "$scratch/1.gbw" "$scratch/2.gbw" -o "$scratch/x.gbw"
complains "--layers, --tensors or --share"
run 2 "no output" mix "$scratch/1.gbw" "$scratch/2.gbw" --share 1
complains "-o is missing"
run 2 "layers that it does not have" mix "$scratch/1.gbw" "$scratch/2.gbw" --layers 9 -o "$scratch/x.gbw"
complains "no layers 9 to 9"
run 2 "a share above 1" mix "$scratch/1.gbw" "$scratch/2.gbw" --layers 1:2 -o "$scratch/x.gbw"
complains "0 to 1"
run 2 "another architecture" mix "$scratch/1.gbw" weights/demo/things-64.gbw --share 1 -o "$scratch/x.gbw"
complains "one architecture"
run 2 "its own input" mix "$scratch/1.gbw" "$scratch/2.gbw" --share 1 -o "$scratch/1.gbw"
complains "--force"
check "nothing was written" [ ! -e "$scratch/x.gbw" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
