#!/bin/sh
# No name of the plain rows in double is one of those in float: the linker would take either for the other.
# Usage, from the repository root: test_double_names.sh OBJECTS-OF-THE-ROWS-IN-DOUBLE…
set -eu
names=$(nm -g --defined-only "$@" | awk 'NF == 3 && $3 ~ /^_?gb_/ { print $3 }')
[ "$(echo "$names" | grep -c .)" -gt 100 ] || { echo "only a few names were found: $names"; exit 1; }
missing=$(echo "$names" | grep -v '_double$' || true)
[ -z "$missing" ] || { echo "add to ops/double_names.h:"; echo "$missing"; exit 1; }
