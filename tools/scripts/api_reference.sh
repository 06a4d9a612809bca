#!/bin/sh
# Writes the API reference, DIR/index.html, with Doxygen. Fails if Doxygen prints a warning.
# usage: sh tools/scripts/api_reference.sh DIR
set -eu
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
mkdir -p "$out"
version=$(sed -n 's/^project(ganbend VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $out"; echo "PROJECT_NUMBER = $version"; } | doxygen -
