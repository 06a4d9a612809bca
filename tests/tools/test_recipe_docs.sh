#!/bin/sh
# test_recipe_docs.sh GANBEND: the lists in docs/recipes.md equal those printed by the program.
set -u
ganbend=$1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
for list in filters activations; do
    "$ganbend" $list --markdown >"$scratch/printed" || failed=1
    sed -n "/^<!-- $list -->\$/,/^<!-- end -->\$/p" docs/recipes.md | sed '1d;$d' >"$scratch/written"
    if [ ! -s "$scratch/printed" ] || ! diff -u "$scratch/written" "$scratch/printed"; then
        echo "docs/recipes.md: the list of $list differs from 'ganbend $list --markdown'" >&2
        failed=1
    fi
done
exit $failed
