#!/bin/sh
# Every `ganbend …` command of the documentation: those about the demo models (portraits.gbw and things.gbw) are run in the
# order of the page, in a folder with the demo models, the example recipes, and the files that the page shows (a code block
# whose first line is a comment with a file's name is that file). Commands about the reader's own files, and those that
# measure or serve, are parsed. Commands within a sentence must name a subcommand and options that it has.
# usage: test_doc_commands.sh GANBEND [PAGE…], from the repository root
set -u
# Leaks of system libraries, in a build with the address sanitizer.
LSAN_OPTIONS=${LSAN_OPTIONS:+$LSAN_OPTIONS:}suppressions=$PWD/tests/leaks.txt:print_suppressions=0
export LSAN_OPTIONS
ganbend=$(realpath "$1")
shift
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME
failed=0
ran=0
parsed=0
. tests/docs/pages.sh
[ $# -gt 0 ] && pages=$*
PATH=$(dirname "$ganbend"):$PATH
export PATH

# What stands for a file of the reader's: parsed only.
theirs='(faces|training|online|resnet|vgg|lpips|classifier|model|biggan|big|deep|ours|sg2-[0-9]*|reference|G_ema|pytorch_model|projected_w|tones|weights)[a-z0-9_-]*\.(gbw|pkl|pt|pth|bin|npz|npy|json)'

bad() {
    echo "$page: $1" >&2
    sed 's/^/    /' "$scratch/said" >&2
    failed=$((failed + 1))
}

# parse LINE: every command in it
parse() {
    printf '%s\n' "$1" | grep -oE '(^|[ (])ganbend [-a-z]+( [^|;&>]*|$)' >"$scratch/commands"
    while read -r command; do
        case $command in *…* | *'$'* | 'ganbend --'* | 'ganbend help'*) continue ;; esac
        sh -c "$command --only-parse" >"$scratch/said" 2>&1 </dev/null || bad "wrong usage: $command"
        parsed=$((parsed + 1))
    done <"$scratch/commands"
}

for page in $pages; do
    folder=$scratch/$(echo "$page" | tr / -)
    mkdir "$folder"
    cp "$(ls weights/demo/portraits-*.gbw | sort -V | tail -n 1)" "$folder/portraits.gbw"
    cp "$(ls weights/demo/things-*.gbw | sort -V | tail -n 1)" "$folder/things.gbw"
    cp docs/examples/*.yaml docs/examples/*.png "$folder" 2>/dev/null
    show_files "$page" "$folder"
    code "$page" | grep -E '(^|[ (])ganbend ' >"$scratch/lines"
    while read -r line; do
        measures='^ganbend (studio|bench|moves|project|units|tileability|invert|find) '
        if printf '%s\n' "$line" | grep -qE "^ganbend " && ! printf '%s\n' "$line" | grep -qE "$theirs|$measures" &&
            [ "$line" != 'ganbend studio' ] &&
            { command -v ffmpeg >/dev/null || ! printf '%s\n' "$line" | grep -qE 'ffmpeg|\.(mp4|webm|gif|apng|webp|jpg)( |$)'; }; then
            (cd "$folder" && sh -c "$line") >"$scratch/said" 2>&1 </dev/null || bad "fails: $line"
            ran=$((ran + 1))
        else
            parse "$line"
        fi
    done <"$scratch/lines"
    spans "$page" | grep -E '^ganbend [a-z]' >"$scratch/lines"
    while read -r _ command rest; do
        : >"$scratch/said"
        if ! "$ganbend" "$command" --help-all >"$scratch/help" 2>"$scratch/said"; then
            bad "no subcommand: ganbend $command $rest"
            continue
        fi
        case $rest in check* | from* | take* | list* | show*) "$ganbend" "$command" "${rest%% *}" --help-all >"$scratch/help" ;; esac
        for option in $(printf '%s\n' "$rest" | grep -oE '(^| )--?[a-z][-a-z0-9]*' | tr -d ' '); do
            grep -qE -- "^  $option( |\$)" "$scratch/help" || bad "no option $option: ganbend $command $rest"
        done
        parsed=$((parsed + 1))
    done <"$scratch/lines"
done
# The example recipes fit the portraits, each with a picture of its own.
page=docs/examples
for recipe in docs/examples/*.yaml; do
    "$ganbend" recipe check "$recipe" --model "$folder/portraits.gbw" >"$scratch/said" 2>&1 || bad "wrong: $recipe"
    "$ganbend" render "$folder/portraits.gbw" --bend "$recipe" --seeds 6 -o "$folder/bent.png" >"$scratch/said" 2>&1 ||
        bad "does not render: $recipe"
    ran=$((ran + 2))
done
echo "$ran commands run, $parsed parsed, $failed faults"
[ "$failed" -eq 0 ] && [ $((ran + parsed)) -gt 0 ]
