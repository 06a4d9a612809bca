#!/bin/sh
# Man pages and completions contain every option of --help; man and mandoc, if installed, read the pages without a warning,
# and the shells load the completions. usage: test_reference.sh GANBEND, from the repository root.
. tests/tools/cli.sh
pages=$scratch/man
mkdir "$pages"
run 0 "the man pages are written" --man-pages "$pages"
for shell in bash zsh fish; do
    run 0 "the completions of $shell are printed" --completions $shell
    cp "$scratch/out" "$scratch/completions.$shell"
done
run 2 "an unknown shell" --completions csh
complains "bash, zsh or fish"
run 1 "man pages into a folder that does not exist" --man-pages "$scratch/none"

# Subcommands in order, and those that have some of their own in turn: "render", "recipe check".
"$ganbend" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >"$scratch/commands"
check "there are subcommands" [ "$(wc -l <"$scratch/commands")" -gt 10 ]
: >"$scratch/all"
while read -r command; do
    "$ganbend" "$command" --help >"$scratch/help"
    verbs=$(sed -n "1s/^usage: ganbend $command \[\{0,1\}\([a-z|]*\)\]\{0,1\} …\$/\1/p" "$scratch/help" | tr '|' ' ')
    [ -n "$verbs" ] || echo "$command" >>"$scratch/all"
    for verb in $verbs; do echo "$command $verb" >>"$scratch/all"; done
done <"$scratch/commands"

# options COMMAND…: one option a line
options() {
    "$ganbend" "$@" --help-all | sed -n 's/^  \(-[-a-z0-9]*\).*/\1/p'
}

while read -r command verb; do
    page=$pages/ganbend-$command.1
    check "ganbend-$command has a page" [ -s "$page" ]
    # shellcheck disable=SC2086  # the verb is one word or none
    options $command $verb >"$scratch/options"
    check "$command $verb has options" [ -s "$scratch/options" ]
    while read -r option; do
        check "the page of $command $verb has $option" grep -qxE "\\\\fB$(echo "$option" | sed 's/-/\\\\-/g')\\\\fR.*" "$page"
    done <"$scratch/options"
done <"$scratch/all"
check "the program's page lists every subcommand" \
    [ "$(grep -c '^\.BR ganbend\\-[a-z]* (1)$' "$pages/ganbend.1")" -eq $(($(wc -l <"$scratch/commands") + 1)) ]

if man --version 2>/dev/null | grep -q '^man 2' && command -v groff >/dev/null; then
    for page in "$pages"/*; do
        man --warnings=all -E UTF-8 -l "$page" >/dev/null 2>"$scratch/err"
        check "man reads $(basename "$page") without a warning" [ ! -s "$scratch/err" ]
    done
fi
if command -v mandoc >/dev/null; then
    # The pages have no date: the version says which they are.
    mandoc -T lint -W warning "$pages"/* 2>&1 | grep -v 'missing date' >"$scratch/err"
    check "mandoc reads the pages without a warning" [ ! -s "$scratch/err" ]
fi

# ---- shells: the completions after "--" for each subcommand
if command -v bash >/dev/null; then
    cat >"$scratch/offer.bash" <<'BASH'
source "$1"
shift
COMP_WORDS=(ganbend "$@")
COMP_CWORD=$#
_ganbend
printf '%s\n' "${COMPREPLY[@]}"
BASH
    offers() { bash --norc "$scratch/offer.bash" "$scratch/completions.bash" "$@" 2>"$scratch/err"; }
    offers '' >"$scratch/out"
    while read -r command; do check "bash offers $command" grep -qx "$command" "$scratch/out"; done <"$scratch/commands"
    while read -r command verb; do
        # shellcheck disable=SC2086
        options $command $verb | sort >"$scratch/options"
        # shellcheck disable=SC2086
        offers $command $verb - | sort >"$scratch/out"
        check "bash offers the options of $command $verb" cmp -s "$scratch/options" "$scratch/out"
    done <"$scratch/all"
    offers render --precision b >"$scratch/out"
    check "bash offers the words of an option" [ "$(cat "$scratch/out")" = bf16 ]
    offers render --precision = b >"$scratch/out"
    check "bash offers the words behind '='" [ "$(cat "$scratch/out")" = bf16 ]
    offers strip --filter rot >"$scratch/out"
    check "bash offers filters" [ "$(cat "$scratch/out")" = rotate ]
    offers init styl >"$scratch/out"
    check "bash offers an operand's words" [ "$(cat "$scratch/out")" = stylegan2 ]
    offers recipe ch >"$scratch/out"
    check "bash offers a subcommand's subcommands" [ "$(cat "$scratch/out")" = check ]
    check "bash prints no errors" [ ! -s "$scratch/err" ]
fi
if command -v zsh >/dev/null; then
    check "zsh reads its completions" zsh -n "$scratch/completions.zsh"
fi
if command -v fish >/dev/null; then
    while read -r command verb; do
        # shellcheck disable=SC2086
        options $command $verb | grep '^--' | sort >"$scratch/options"
        fish --no-config -c "source $scratch/completions.fish; complete -C 'ganbend $command $verb --'" |
            cut -f 1 | sort -u >"$scratch/out"
        check "fish offers the options of $command $verb" cmp -s "$scratch/options" "$scratch/out"
    done <"$scratch/all"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
