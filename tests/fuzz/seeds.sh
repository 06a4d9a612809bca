#!/bin/sh
# seeds.sh DIR: a starting corpus for each fuzz target, from the small files of tests/fixtures/readers.
set -eu
files=$(dirname "$0")/../fixtures/readers
out=${1:?usage: seeds.sh DIR}
for reader in zip pickle torch safetensors npy checkpoint; do mkdir -p "$out/$reader"; done
cp "$files"/zip-* "$files"/*.npz "$out/zip"
cp "$files"/*.pkl "$out/pickle"
cp "$files"/legacy-* "$out/torch"
cp "$files"/*.safetensors "$out/safetensors"
cp "$files"/*.npy "$out/npy"
cp "$files"/* "$out/checkpoint"
mkdir -p "$out/recipe" && cp "$files"/../recipes/*.yaml "$out/recipe"
if command -v unzip > /dev/null; then
    for f in zip-2 zip-4 zip-untyped; do unzip -p "$files/$f.pt" '*/data.pkl' > "$out/torch/$f.data.pkl"; done
    for f in f32 words text half; do unzip -p "$files/stored.npz" "$f.npy" > "$out/npy/$f.npy"; done
fi
