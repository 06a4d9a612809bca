#!/bin/sh
# Windows: cross-compiles with warnings as errors, and tests the program under wine. Skipped, loudly, where the compiler cannot be
# installed. Usage, from the repository root: sh tools/scripts/platforms/windows.sh BUILD-FOLDER
set -eu
sh tools/scripts/packages.sh windows || {
    echo "SKIPPED: WINDOWS WAS NOT TESTED, since mingw-w64 and wine cannot be installed here" >&2
    exit 0
}
sh tools/scripts/windows.sh --out "$1/windows" --test
