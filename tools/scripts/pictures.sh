#!/bin/sh
# Makes every picture of README.md and docs/ from the demo models:
#   docs/pictures/NAME.png        what the commands in docs/tutorial.md write into NAME.png
#   docs/pictures/bends.webp      portraits bent by the recipes in docs/examples
#   docs/pictures/animation.webp  four animations side by side (ffmpeg)
#   docs/studio/*.png             screenshots of the studio (node, Chromium and chromedriver)
# docs/pictures/plan.svg is drawn by hand.
# usage: sh tools/scripts/pictures.sh [--no-studio] [GANBEND]
set -eu
cd "$(dirname "$0")/../.."
studio=yes
[ "${1-}" = --no-studio ] && { studio=no; shift; }
ganbend=$(realpath "${1-build/tools/ganbend}")
PATH=$(dirname "$ganbend"):$PATH
export PATH
out=$PWD/docs/pictures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$(ls weights/demo/portraits-*.gbw | sort -V | tail -n 1)" "$work/portraits.gbw"
cp "$(ls weights/demo/things-*.gbw | sort -V | tail -n 1)" "$work/things.gbw"
cp docs/examples/*.yaml "$work"
mkdir -p "$out"

# ---- the tutorial's: its commands, run as they are printed
. tests/docs/pages.sh
show_files docs/tutorial.md "$work"
code docs/tutorial.md | grep '^ganbend ' | grep -vE '^ganbend studio|faces\.(pkl|gbw)' >"$work/commands"
while read -r command; do
    (cd "$work" && sh -c "$command" </dev/null >/dev/null)
done <"$work/commands"
# 256 colours are enough for a contact sheet.
for name in $(sed -n 's/.*](pictures\/\([a-z]*\)\.png).*/\1/p' docs/tutorial.md); do
    ffmpeg -v error -y -i "$work/$name.png" -vf \
        'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a' "$out/$name.png"
done

# ---- docs/units.md, docs/clusters.md and docs/directions.md: one of their sheets each
ganbend units "$work/portraits.gbw" --at synthesis.b32.conv1 --mask docs/examples/eyes-mask.png -o "$work/units.png" --seeds 6 \
    --top 4 >/dev/null
ffmpeg -v error -y -i "$work/units.png" -vf \
    'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a' "$out/units.png"
(cd "$work" && ganbend cluster portraits.gbw --at synthesis.b32.conv1 --sheets clusters --seeds 6 --trunc 0.8 >/dev/null)
ffmpeg -v error -y -i "$work/clusters/synthesis.b32.conv1.png" -vf \
    'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a' "$out/clusters.png"
(cd "$work" && ganbend directions portraits.gbw --count 2 --sheets directions --seeds 1-3 --trunc 0.7 >/dev/null)
ffmpeg -v error -y -i "$work/directions/pc1.png" -vf \
    'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a' "$out/direction.png"

# ---- docs/projection.md
(cd "$work" && ganbend render portraits.gbw --seeds 1003 -o photo.png >/dev/null &&
    ganbend project portraits.gbw photo.png -o found >/dev/null)
ganbend project "$work/portraits.gbw" "$work/photo.png" -o "$work/eyes" --mask docs/examples/eyes-mask.png >/dev/null
for pair in found:projection eyes:projection-mask; do
    ffmpeg -v error -y -i "$work/${pair%:*}/stages.png" -vf \
        'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=sierra2_4a' "$out/${pair#*:}.png"
done

# ---- docs/painted-pairs.md: the sheets of both commands
show_files docs/painted-pairs.md "$work"
cp docs/examples/eyes-mask.png "$work"
code docs/painted-pairs.md | grep '^ganbend ' >"$work/commands"
while read -r command; do
    (cd "$work" && sh -c "$command" </dev/null >/dev/null)
done <"$work/commands"
cp "$work/pairs/sheet.png" "$out/pairs.png"
cp "$work/spots/sheet.png" "$out/pairs-moved.png"

# ---- README: columns of the same portraits, each under another recipe
tile=128
portraits="--seeds 1,6,23,8 --trunc 0.8"
columns=
count=0
for recipe in none slant zoom upside-down eyes glow edges wave turned mixed-styles; do
    bend="--bend $work/$recipe.yaml"
    [ $recipe = none ] && bend=
    # shellcheck disable=SC2086  # options
    ganbend render "$work/portraits.gbw" $portraits --grid 1x4 $bend -o "$work/column-$recipe.png" >/dev/null
    columns="$columns -i $work/column-$recipe.png"
    count=$((count + 1))
done
# shellcheck disable=SC2086
ffmpeg -v error -y $columns -filter_complex "hstack=inputs=$count,scale=$((tile * count)):-1:flags=lanczos" \
    -c:v libwebp -quality 90 "$out/bends.webp"

# ---- README: four animations of the same length, side by side
size() {
    ganbend info "$1" | sed -n '1s/.*, 3x\([0-9]*\)x\([0-9]*\),.*/\2x\1/p'
}

# part NAME MODEL OPTIONS…
part() {
    name=$1
    model=$work/$2.gbw
    shift 2
    ganbend animate "$model" --frames 96 --ease smooth -o - "$@" |
        ffmpeg -v error -y -f rawvideo -pix_fmt rgb24 -s "$(size "$model")" -r 16 -i - \
            -vf "scale=$tile:$tile:flags=lanczos" -c:v ffv1 "$work/$name.mkv"
}
part walk portraits --seeds 3,8,1,6 --through w --trunc 0.8 --loop around
part slant portraits --seeds 6 --trunc 0.8 --bend "$work/slant.yaml" --move slant=-0.7:0.7 --loop back
part wave portraits --seeds 23 --trunc 0.8 --bend "$work/turned.yaml" --move angle=-180:180
part things things --class 2 --seeds 0,3,5,7 --through z --loop around
ffmpeg -v error -y -i "$work/walk.mkv" -i "$work/slant.mkv" -i "$work/wave.mkv" -i "$work/things.mkv" \
    -filter_complex hstack=inputs=4 -c:v libwebp_anim -quality 80 -loop 0 "$out/animation.webp"
[ "$(wc -c <"$out/animation.webp")" -lt 2000000 ] || { echo "animation.webp is larger than 2 MB" >&2; exit 1; }

# ---- the studio
if [ $studio = yes ]; then
    node tests/tools/studio/screenshots.mjs "$ganbend" docs/studio
fi
ls -l "$out" docs/studio
