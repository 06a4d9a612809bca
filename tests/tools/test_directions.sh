#!/bin/sh
# ganbend directions: finding, listing, writing, reading and drawing. usage: test_directions.sh GANBEND, from the repository
# root.
. tests/tools/cli.sh

model=weights/demo/portraits-128.gbw
run 0 "it lists directions" directions $model --samples 50 --count 3
prints "pc2"
check "there are three" [ "$(grep -c '^pc' "$scratch/out")" -eq 3 ]
run 0 "it writes them" directions $model --samples 50 --count 3 -o "$scratch/d.npz"
prints "d.npz: 3 directions"
run 0 "it reads them again, and writes an array" directions $model --from "$scratch/d.npz" -o "$scratch/d.npy"
run 0 "which holds them too" directions $model --from "$scratch/d.npy" --json
prints '"name": "2"'
run 0 "of some layers" directions $model --method sefa --layers 2-5 --count 1
prints "2-5"
run 0 "as rosinality's script finds them" directions $model --method factor --count 2 --json
prints '"factor1"'
run 0 "of z, by a layer" directions weights/demo/things-64.gbw --at blocks.0.0 --samples 12 --count 2
prints " z "
run 0 "it draws a sheet for each" directions $model --from "$scratch/d.npz" --sheets "$scratch/sheets" --seeds 1-2
check "there are three sheets" [ "$(find "$scratch/sheets" -name '*.png' | wc -l)" -eq 3 ]

printf 'directions: d.npz\nbends:\n  - direction: {name: pc1, amount: 0}\n' >"$scratch/still.yaml"
printf 'directions: d.npz\nbends:\n  - direction: {name: pc1, amount: 2}\n' >"$scratch/moved.yaml"
run 0 "a recipe moves along one" render $model --bend "$scratch/moved.yaml" -o "$scratch/moved.png"
run 0 "by nothing" render $model --bend "$scratch/still.yaml" -o "$scratch/still.png"
check "the pictures differ" sh -c "! cmp -s '$scratch/moved.png' '$scratch/still.png'"
run 0 "it says so" recipe check "$scratch/moved.yaml" --model $model
prints "moved by 2 along the direction 'pc1'"

run 2 "a network without w's" directions weights/demo/things-64.gbw
complains "name a layer"
run 2 "an unknown node" directions $model --at nothing
complains "nothing"
run 2 "layers of PCA" directions $model --layers 2-5
complains "--layers needs"
run 2 "layers out of order" directions $model --method sefa --layers 5-2
complains "2-5"
run 2 "finding and reading" directions $model --from "$scratch/d.npz" --count 3
complains "--from"
run 1 "a file of something else" directions $model --from tests/fixtures/nvlabs-skip-64.pkl
complains "no directions"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
