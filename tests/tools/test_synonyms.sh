#!/bin/sh
# Options by the names that the published scripts give them work, or name the option that is meant.
# usage: test_synonyms.sh GANBEND, from the repository root.
. tests/tools/cli.sh

m=$scratch/model.gbw
"$ganbend" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 || exit 1
"$ganbend" dump "$m" --at mapping -o "$scratch/w.npz" --seeds 5 || exit 1
"$ganbend" render "$m" -o "$scratch/reference.png" --seeds 5 --trunc 0.7 --noise none || exit 1

works() { # works OPTIONS…: they make the reference
    run 0 "$* works" render "$m" "$@"
    check "$* makes the same picture" cmp -s "$scratch/reference.png" "$scratch/other.png"
    rm -f "$scratch/other.png"
}
works -o "$scratch/other.png" --seed 5 --trunc 0.7 --noise none
for option in --truncation --trunc-psi --truncation-psi --truncation_psi --psi; do
    works -o "$scratch/other.png" --seeds 5 $option 0.7 --noise none
    works -o "$scratch/other.png" --seeds 5 $option=0.7 --noise none
done
works -o "$scratch/other.png" --seeds 5 --trunc 0.7 --noise-mode none
works -o "$scratch/other.png" --seeds 5 --trunc 0.7 --noise_mode=none
for option in --out --output --outfile; do
    works $option "$scratch/other.png" --seeds 5 --trunc 0.7 --noise none
done
run 0 "--outdir is a folder" render "$m" --outdir "$scratch/folder" --seeds 5
check "the folder contains the image" [ -s "$scratch/folder/seed0005.png" ]
run 0 "--projected_w is --w" render "$m" --projected_w "$scratch/w.npz" -o "$scratch/other.png"
run 0 "--projected-w too" render "$m" --projected-w="$scratch/w.npz" -o "$scratch/other.png"
run 0 "--cols is --columns" strip "$m" --filter invert --cols 2 -o "$scratch/strip.png"
run 0 "--num-frames is --frames" animate "$m" --seeds 0,1 --num-frames 2 -o "$scratch/frames"
run 2 "an output under another name is protected too" render "$m" --out "$m"
complains "is read by this command, so it is not replaced"

advises() { # advises WORDS OPTIONS…
    words=$1
    shift
    run 2 "$* is answered" render "$m" -o "$scratch/x.png" "$@"
    complains "$words"
}
advises "--grid COLUMNSxROWS" --cols 4
advises "--grid COLUMNSxROWS" --rows 4
advises "give the model without an option" --network "$m"
advises "give the model without an option" --network_pkl="$m"
advises "give the model without an option" --ckpt "$m"
advises "--seeds 0-19" --pics 20
advises "'ganbend grid --rows 85,100 --cols 55,821 --styles 0-6' mixes styles" --row-seeds 1
advises "this is for StyleGAN3" --translate 0.1,0.2
advises "did you mean --seeds?" --sedes 4
run 2 "a synonym of an option that does not exist" bench "$m" --outdir x
complains "unknown option --outdir"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
