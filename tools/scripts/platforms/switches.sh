#!/bin/sh
# The library built without recipes, PNG, JSON, gradients and analysis. Usage, from the repository root: sh tools/scripts/platforms/switches.sh
set -eu
exec sh tests/tools/test_switches.sh cmake "${CC:-cc}" "$(command -v ccache || true)"
