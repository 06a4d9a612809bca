#!/bin/sh
# The tables in docs/checkpoints.md are those that the program uses.
# usage: test_checkpoint_tables.sh GANBEND, from the repository root. To write them anew:
#     sed '/^## Families/,$d' docs/checkpoints.md >page && ganbend --checkpoint-tables | tail -n +2 >>page && mv page docs/checkpoints.md
set -u
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
"$1" --checkpoint-tables | sed -n '/^## Families/,$p' >"$scratch/tables" || exit 1
sed -n '/^## Families/,$p' docs/checkpoints.md >"$scratch/page"
[ -s "$scratch/tables" ] || { echo "no tables were printed"; exit 1; }
diff "$scratch/page" "$scratch/tables" || { echo "docs/checkpoints.md differs from ganbend --checkpoint-tables"; exit 1; }
