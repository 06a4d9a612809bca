#!/bin/sh
# Prints tools/packages/symbols for a shared library: the functions that it exports, as dpkg-shlibdeps and the tests read them.
# A function that disappears from the list, or changes its arguments, needs a new minor version, which is the ABI's.
# usage: sh tools/packages/symbols.sh libganbend.so >tools/packages/symbols
set -eu
abi=$(sed -n 's/^#define GB_VERSION_STRING "\([0-9]*\.[0-9]*\)\..*/\1/p' engine/ganbend.h)
echo "libganbend.so.$abi libganbend$abi"
nm -D --defined-only "$1" | awk -v first="$abi.0" '{ print " " $3 "@Base " first }' | LC_ALL=C sort
