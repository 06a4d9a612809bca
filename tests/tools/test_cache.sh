#!/bin/sh
# Every subcommand takes a checkpoint: it is converted once, kept in the cache, and found by its contents. The cache is
# bounded, its entries appear whole, damaged ones are made again, and programs that run at the same time do not disturb
# each other. usage: test_cache.sh GANBEND, from the repository root.
. tests/tools/cli.sh

cache=$XDG_CACHE_HOME/ganbend
pkl=$fixtures/nvlabs-orig-16.pkl
"$ganbend" convert $pkl "$scratch/model.gbw" -q || exit 1
"$ganbend" render "$scratch/model.gbw" --seeds 3 -o "$scratch/reference.png" -q || exit 1
entries() { find "$cache" -name '*.gbw' | wc -l; }
entry() { find "$cache" -name '*.gbw'; }

# ---- converted once
run 0 "a checkpoint renders" render $pkl --seeds 3 -o "$scratch/a.png"
check "as the converted model does" cmp -s "$scratch/reference.png" "$scratch/a.png"
check "it is in the cache, under its name" [ "$(entry | sed 's#.*/##; s/-.*//')" = nvlabs ]
check "it is the file that convert writes" cmp -s "$(entry)" "$scratch/model.gbw"
check "only its owner can enter the cache" [ "$(find "$cache" -maxdepth 0 -perm 700)" = "$cache" ]
run 0 "a second time" render $pkl --seeds 3 -o "$scratch/b.png" -v
prints "converted earlier, from the cache"
check "it is the same picture" cmp -s "$scratch/a.png" "$scratch/b.png"
mkdir "$scratch/elsewhere"
cp $pkl "$scratch/elsewhere/renamed.bin"
run 0 "under another name" render "$scratch/elsewhere/renamed.bin" --seeds 3 -o "$scratch/b.png" -v
prints "converted earlier, from the cache"
check "there is still one entry" [ "$(entries)" -eq 1 ]
"$ganbend" render - --seeds 3 -o "$scratch/b.png" <$pkl >"$scratch/out" 2>"$scratch/err"
check "from standard input" cmp -s "$scratch/a.png" "$scratch/b.png"
cp $pkl "$scratch/grown.pkl"
printf x >>"$scratch/grown.pkl"
run 0 "other contents" render "$scratch/grown.pkl" --seeds 3 -o "$scratch/b.png"
check "are another entry" [ "$(entries)" -eq 2 ]

# ---- every subcommand
echo 'bends: [{at: synthesis.b8.conv1, filter: invert}]' >"$scratch/recipe.yaml"
run 0 "dump" dump $pkl --at mapping -o "$scratch/w.npz"
run 0 "animate" animate $pkl --seeds 0,1 --frames 2 -o "$scratch/frames"
run 0 "strip" strip $pkl --filter invert --at synthesis.b8.conv1 -o "$scratch/strip.png"
run 0 "sweep" sweep $pkl --x trunc=0:1:2 -o "$scratch/sweep.png"
run 0 "bench" bench $pkl --runs 1 --seconds 0
run 0 "moves" moves $pkl --at synthesis.b8.conv1 --moves 2
run 0 "vector take" vector take $pkl --at synthesis.b8.conv1 --pixel 1,1 --name v -o "$scratch/v.npz"
run 0 "vector show" vector show $pkl "$scratch/v.npz" -o "$scratch/v.png"
run 0 "recipe check" recipe check "$scratch/recipe.yaml" --model $pkl
run 0 "compare" compare $fixtures/nvlabs-skip-64.pkl $fixtures/nvlabs-skip-64.npz
run 0 "info --model" info $pkl --model
prints synthesis.b16.conv1
run 0 "info prints the checkpoint itself" info $pkl
prints "arrays, "
mkdir "$scratch/biggan"
cp $fixtures/biggan/huggingface.bin "$scratch/biggan/pytorch_model.bin"
cp $fixtures/biggan/huggingface-config.json "$scratch/biggan/config.json"
run 0 "a BigGAN with its configuration beside it" render "$scratch/biggan/pytorch_model.bin" --class 0 -o "$scratch/b.png"
before=$(entries)
echo >>"$scratch/biggan/config.json"
run 0 "another configuration" render "$scratch/biggan/pytorch_model.bin" --class 0 -o "$scratch/b.png"
check "is another entry" [ "$(entries)" -eq $((before + 1)) ]
run 1 "a file that is no checkpoint" render tests/tools/test_cache.sh -o "$scratch/x.png"
run 1 "arrays without a network" render $fixtures/nvlabs-skip-64.npz -o "$scratch/x.png"

# ---- damage, and places that cannot be written
for entry in $(entry); do printf 'damaged!' | dd of="$entry" bs=1 seek=60000 conv=notrunc 2>"$scratch/err"; done
run 0 "a damaged entry is made again" render $pkl --seeds 3 -o "$scratch/b.png"
check "it is the same picture" cmp -s "$scratch/a.png" "$scratch/b.png"
: >"$scratch/file"
XDG_CACHE_HOME=$scratch/file "$ganbend" render $pkl --seeds 3 -o "$scratch/b.png" -v >"$scratch/out" 2>"$scratch/err"
check "a folder that cannot be made does not matter" cmp -s "$scratch/a.png" "$scratch/b.png"
rm "$scratch/b.png"
env -u XDG_CACHE_HOME -u HOME "$ganbend" render $pkl --seeds 3 -o "$scratch/b.png" >"$scratch/out" 2>"$scratch/err"
check "nor does a missing HOME" cmp -s "$scratch/a.png" "$scratch/b.png"
( trap '' XFSZ && ulimit -f 60 && TMPDIR=$scratch "$ganbend" info $fixtures/nvlabs-skip-64.pkl --model ) >"$scratch/out" 2>"$scratch/err"
check "a full disk leaves no temporary file" [ -z "$(find "$scratch" -name 'ganbend-*' -o -name '.ganbend-*')" ]

# ---- at the same time
"$ganbend" cache clear -q
for i in 1 2 3 4; do
    "$ganbend" render $pkl --seeds 3 -o "$scratch/at-once-$i.png" -q >"$scratch/out-$i" 2>&1 &
done
wait
for i in 1 2 3 4; do check "program $i made the same picture" cmp -s "$scratch/a.png" "$scratch/at-once-$i.png"; done
check "there is one entry" [ "$(entries)" -eq 1 ]

# ---- ganbend cache
run 0 "the cache is listed" cache
prints "1 model, "
run 0 "as JSON without a verb" cache --json
prints '"limit": 10000000000'
run 0 "as JSON" cache list --json
prints '"limit": 10000000000'
prints '"name": "nvlabs-orig-16-'
size=$(wc -c <"$(entry)")
run 0 "other models" render $fixtures/rosinality-64.pt -o "$scratch/b.png"
touch -d 2001-01-01 "$(entry | grep nvlabs)"
run 0 "a limit" cache limit $((size * 100))
prints "at most"
check "removes nothing within it" [ "$(entries)" -eq 2 ]
run 0 "a use counts" render $pkl --seeds 3 -o "$scratch/b.png"
touch -d 2001-01-01 "$(entry | grep rosinality)"
run 0 "a smaller limit" cache limit "$size"
check "removes what was not used for the longest time" [ "$(entry | sed 's#.*/##; s/-.*//')" = nvlabs ]
run 0 "a model larger than the limit renders" render $fixtures/nvlabs-skip-64.pkl -o "$scratch/b.png"
check "the cache is within its limit" [ "$(find "$cache" -name '*.gbw' -exec cat {} + | wc -c)" -le "$size" ]
run 0 "units" cache limit 1.5G
run 0 "the limit is printed" cache limit
prints "at most 1500.0 MB"
run 2 "a size that is malformed" cache limit many
echo notes >"$cache/notes.txt"
run 0 "the cache is cleared" cache clear
check "of models" [ "$(entries)" -eq 0 ]
check "and of nothing else" [ -s "$cache/notes.txt" ]
run 2 "a misspelt subcommand" cache lsit
complains "did you mean 'list'?"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
