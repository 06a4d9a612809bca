#!/bin/sh
# Doxygen makes the API reference from the public headers without a warning; it has their version, and every function that they
# declare. Exit status 77, which CTest counts as skipped, without Doxygen. usage: test_api_reference.sh, from the repository root
set -eu
command -v doxygen >/dev/null || { echo "no doxygen here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh tools/scripts/api_reference.sh "$work"
version=$(sed -n 's/^#define GB_VERSION_STRING "\(.*\)"$/\1/p' engine/ganbend.h)
grep -q "projectnumber\">&#160;$version<" "$work/index.html" || { echo "the reference does not say that it is of $version"; exit 1; }
functions=$(sed -n 's/^GB_API [^(]*[ *]\(gb_[a-z0-9_]*\)(.*/\1/p' engine/ganbend*.h)
count=0
for function in $functions; do
    grep -qE "class=\"memname\">.*[ *;]$function(<|&#160;| )" "$work"/group__*.html "$work"/ganbend*_8h.html ||
        { echo "$function is not in the reference"; exit 1; }
    count=$((count + 1))
done
[ $count -gt 100 ]
echo "$count functions"
