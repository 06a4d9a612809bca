#!/bin/sh
# No subcommand replaces its own input, also by another name or link, or a file of another kind than its output; it does
# replace files of the same kind, and any file with --force. usage: test_overwriting.sh GANBEND, from the repository root.
. tests/tools/cli.sh

"$ganbend" init stylegan2 "$scratch/model.gbw" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 || exit 1
"$ganbend" dump "$scratch/model.gbw" --at z -o "$scratch/z.npz" || exit 1
"$ganbend" render "$scratch/model.gbw" -o "$scratch/picture.png" || exit 1
"$ganbend" dump "$scratch/model.gbw" --at synthesis.b8.img -o "$scratch/maps.npz" || exit 1
cp $fixtures/wild/pti.pt "$scratch/checkpoint.pt"
cp $fixtures/nvlabs-orig-16.pkl "$scratch/checkpoint.pkl"
echo 'bends: [{at: synthesis.b8.conv1, filter: invert}]' >"$scratch/recipe.yaml"
echo 'my notes' >"$scratch/notes.txt"
printf '\223NUMPY\1\0\166\0{%sdescr%s: %s<f4%s, %sfortran_order%s: False, %sshape%s: (1, 1, 4, 4), }' "'" "'" "'" "'" "'" "'" "'" "'" >"$scratch/map.npy"
while [ "$(wc -c <"$scratch/map.npy")" -lt 127 ]; do printf ' ' >>"$scratch/map.npy"; done
printf '\n' >>"$scratch/map.npy"
head -c 64 /dev/zero >>"$scratch/map.npy"

# The files of every kind, to be found unchanged.
# shellcheck disable=SC2086  # several words
kinds="model.gbw z.npz picture.png checkpoint.pt checkpoint.pkl recipe.yaml notes.txt map.npy"
(cd "$scratch" && cksum $kinds >sums)
unchanged() { (cd "$scratch" && cksum $kinds | cmp -s - sums); }

# refuses SENTENCE OUT COMMAND…: with OUT for every output that is not of the kind it writes
refuses() {
    name=$1
    own=$2
    shift 2
    for victim in $kinds; do
        case " $own " in *" $victim "*) continue ;; esac
        for way in plain link; do
            out=$scratch/$victim
            [ $way = link ] && { out=$scratch/link-$victim; ln -sf "$victim" "$out"; }
            "$ganbend" "$@" "$out" >"$scratch/out" 2>"$scratch/err"
            status=$?
            if [ $status -eq 0 ]; then bad "$name does not replace $victim ($way)"; else ok; fi
            if grep -qE 'is not replaced|cannot create this folder|this name stands for' "$scratch/err"; then ok
            else bad "$name says why it does not replace $victim ($way)"; fi
            if unchanged; then ok; else bad "$name leaves $victim alone ($way)"; fi
        done
    done
}
m=$scratch/model.gbw
refuses convert model.gbw convert "$scratch/checkpoint.pt"
refuses init model.gbw init stylegan2 --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8
refuses render picture.png render "$m" -o
refuses "render --grid" picture.png render "$m" --grid 1x1 -o
refuses dump "z.npz map.npy" dump "$m" --at z -o
refuses strip picture.png strip "$m" --filter invert -o
refuses sweep picture.png sweep "$m" --filter multiply --at synthesis.b8.conv1 --x factor=1:2:2 -o
refuses animate "" animate "$m" --seeds 0,1 --frames 2 -o
refuses "vector take" "z.npz" vector take "$m" --at synthesis.b8.conv1 --pixel 0,0 --name v -o
refuses apply map.npy apply invert "$scratch/map.npy"
refuses activations picture.png activations relu -o

# A folder's own files are checked one by one.
mkdir "$scratch/folder"
cp "$scratch/notes.txt" "$scratch/folder/seed0000.png"
cp "$scratch/notes.txt" "$scratch/folder/frame00000.png"
run 2 "a file of notes among the pictures" render "$m" -o "$scratch/folder" --seeds 0
complains "seed0000.png: exists and is not a PNG picture, so it is not replaced"
run 2 "a file of notes among the frames" animate "$m" -o "$scratch/folder" --seeds 0,1 --frames 2
check "the files are unchanged" cmp -s "$scratch/notes.txt" "$scratch/folder/seed0000.png"

# Its own input, by the same name, another name, a symbolic and a hard link.
ln -s map.npy "$scratch/soft.npy"
ln "$scratch/map.npy" "$scratch/hard.npy"
for out in map.npy ../$(basename "$scratch")/map.npy soft.npy hard.npy; do
    run 2 "apply does not replace its input ($out)" apply invert "$scratch/map.npy" "$scratch/$out"
    complains "is read by this command, so it is not replaced"
done
run 2 "dump does not replace its latents" dump "$m" --z "$scratch/z.npz" --at z -o "$scratch/z.npz"
complains "is read by this command"
run 2 "convert does not replace its input" convert "$m" "$m"
run 2 "two checkpoints instead of one and an output" convert "$scratch/checkpoint.pkl" "$scratch/checkpoint.pt"
complains "checkpoint.pt: exists and is not a .gbw model, so it is not replaced; give another name, or --force"
check "everything is as it was" unchanged

# The same kind is replaced, an empty file is filled, and a device is written to.
cp "$m" "$scratch/other.gbw"
run 0 "a model is replaced by a model" convert "$scratch/checkpoint.pt" "$scratch/other.gbw"
cp "$scratch/picture.png" "$scratch/other.png"
run 0 "a picture by a picture" render "$m" -o "$scratch/other.png" --seeds 3
check "it is another now" sh -c "! cmp -s '$scratch/picture.png' '$scratch/other.png'"
: >"$scratch/empty.png"
run 0 "an empty file is filled" render "$m" -o "$scratch/empty.png"
run 0 "a device is written to" dump "$m" --at z -o /dev/null
cp "$scratch/notes.txt" "$scratch/forced.npz"
run 0 "--force replaces another kind" dump "$m" --at z -o "$scratch/forced.npz" --force
check "the file is replaced with --force" sh -c "! cmp -s '$scratch/notes.txt' '$scratch/forced.npz'"
cp "$scratch/z.npz" "$scratch/own.npz"
run 0 "--force replaces its own input" dump "$m" --z "$scratch/own.npz" --at z -o "$scratch/own.npz" --force
for command in convert init render dump strip sweep animate apply activations; do
    run 0 "$command has --force in its help" $command --help
    prints "--force"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
