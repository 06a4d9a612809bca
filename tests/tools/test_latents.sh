#!/bin/sh
# Latents in the formats of other tools: one w for each layer with and without a batch, pickled, nested in dicts and lists,
# with noise maps; and ambiguous shapes. usage: test_latents.sh GANBEND, from the repository root.
. tests/tools/cli.sh

wild=$fixtures/wild
model=$scratch/pti.gbw
run 0 "a network with ten layers" convert $wild/pti.pt "$model"
run 0 "its own reference's w's" render "$model" --w $wild/wplus.npz -o "$scratch/reference"
check "they give two images" [ "$(find "$scratch/reference" -name '*.png' | wc -l)" -eq 2 ]

# pixels FILE: the compressed picture without the texts around it
pixels() { LC_ALL=C sed 's/.*IDAT/IDAT/' "$1" | LC_ALL=C grep -a -A100000 IDAT; }
same_picture() { [ "$(pixels "$1" | cksum)" = "$(pixels "$2" | cksum)" ]; }

for file in wplus-rows.npy wplus-batch.npy wplus-pickled.pkl; do
    run 0 "$file is one w for each layer" render "$model" --w "$wild/$file" -o "$scratch/$file-out"
    check "$file is one image" [ "$(find "$scratch/$file-out" -name '*.png' | wc -l)" -eq 1 ]
    check "$file is the reference's first" same_picture "$scratch/$file-out/w0000.png" "$scratch/reference/w0000.png"
done
for file in projected_w.npz projected_w.pt projected_w.npy; do
    run 0 "$file of NVIDIA's or Autolume's projector" render "$model" --w "$fixtures/other-tools/$file" -o "$scratch/other.png"
    check "$file is that picture" same_picture "$scratch/other.png" "$scratch/reference/w0000.png"
done
run 0 "rosinality's projector, with --w_plus" convert $fixtures/rosinality-64.pt "$scratch/rosinality.gbw"
for pt in rosinality networkbending; do
    run 0 "the file of $pt" render "$scratch/rosinality.gbw" --w "$fixtures/understanding/project-result-$pt.pt" -o "$scratch/$pt"
    check "gives pictures" [ -n "$(find "$scratch/$pt" -name '*.png')" ]
done
run 0 "ten rows can be ten w's" render "$model" --w $wild/wplus-rows.npy --w-as rows -o "$scratch/ten"
check "they give ten images" [ "$(find "$scratch/ten" -name '*.png' | wc -l)" -eq 10 ]
run 0 "ReStyle's pickled dict of lists" render "$model" --w $wild/restyle-latents.npy -o "$scratch/restyle"
check "there is an image for each latent" [ "$(find "$scratch/restyle" -name '*.png' | wc -l)" -eq 4 ]
run 0 "the file's format is recognised" info $wild/restyle-latents.npy
prints "npy of pickled objects"
run 0 "rosinality's projector" render "$model" --w $wild/rosinality-projection.pt -o "$scratch/projected"
check "it gives one image" [ "$(find "$scratch/projected" -name '*.png' | wc -l)" -eq 1 ]
run 0 "without its noise maps" render "$model" --w $wild/rosinality-projection.pt --noise none -o "$scratch/no-noise"
check "the noise maps change the image" \
    sh -c "! cmp -s '$scratch/projected/w0000.png' '$scratch/no-noise/w0000.png'"

# lists N WIDTH OPEN CLOSE: N rows of WIDTH numbers, each row between OPEN and CLOSE
lists() {
    awk -v n="$1" -v w="$2" -v open="$3" -v close_="$4" 'BEGIN {
        printf "["
        for (i = 0; i < n; i++) {
            printf "%s%s", i ? ", " : "", open
            for (k = 0; k < w; k++) printf "%s%g", k ? ", " : "", (i * 7 + k) % 5 / 5
            printf "%s", close_
        }
        printf "]"
    }'
}
run 2 "[10,1,16] is ambiguous" render "$model" --w "$(lists 10 16 '[[' ']]')" -o "$scratch/x"
complains "10 w's, or one w for each of the 10 layers? --w-as rows reads the former, --w-as layers the latter"
run 0 "--w-as layers decides" render "$model" --w "$(lists 10 16 '[[' ']]')" --w-as layers -o "$scratch/layers"
run 0 "[10,16] is one w for each of ten layers" render "$model" --w "$(lists 10 16 '[' ']')" -o "$scratch/plus"
check "it is that picture" same_picture "$scratch/layers/w0000.png" "$scratch/plus/w0000.png"
run 0 "--w-as rows decides" render "$model" --w "$(lists 10 16 '[[' ']]')" --w-as rows -o "$scratch/rows"
check "they give ten images" [ "$(find "$scratch/rows" -name '*.png' | wc -l)" -eq 10 ]
run 0 "twenty rows are twenty w's" render "$model" --w "$(lists 20 16 '[' ']')" -o "$scratch/twenty"
check "twenty images" [ "$(find "$scratch/twenty" -name '*.png' | wc -l)" -eq 20 ]
run 0 "twenty rows can be two images of ten layers" render "$model" --w "$(lists 20 16 '[' ']')" --w-as layers -o "$scratch/two"
check "two images" [ "$(find "$scratch/two" -name '*.png' | wc -l)" -eq 2 ]
run 2 "seven rows are not layers" render "$model" --w "$(lists 7 16 '[' ']')" --w-as layers -o "$scratch/x"
run 2 "--w-as needs --w" render "$model" --w-as rows -o "$scratch/x.png"
complains "--w-as needs --w"
run 1 "a file of other arrays" render "$model" --w $fixtures/nvlabs-orig-16.pkl -o "$scratch/x.png"
complains "none of them called 'w', and not all are latents"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
