#!/bin/sh
# Writes the API reference, DIR/index.html, with Doxygen. Fails if Doxygen prints a warning.
# usage: sh tools/scripts/api_reference.sh DIR
set -eu
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
mkdir -p "$out"
version=$(sed -n 's/^#define GB_VERSION_STRING "\(.*\)"$/\1/p' engine/ganbend.h)
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $out"; echo "PROJECT_NUMBER = $version"; } | doxygen -
