#!/bin/sh
# Every test that docs/security.md names is there: a test of CTest, or a test case of one of its programs. Every promise names
# one. Run from the repository root.
set -u
failed=0
seen=0

bad() {
    echo "docs/security.md: $1" >&2
    failed=1
}

exists() {
    case $1 in
    test_studio_*) grep -rqE "transport|protocol" --include=CMakeLists.txt tests/tools/studio ;;
    test_*) [ -n "$(find tests -name "$1.c" -o -name "$1.sh")" ] ;;
    *) grep -rqE "cmocka_unit_test[a-z_]*\($1[,)]" --include='*.c' tests ;;
    esac
}

promises=$(sed -n '/^## Promises/,/^## The sandbox/p' docs/security.md | grep '^| [A-Z`]')
[ -n "$promises" ] || bad "no promises were found"
unheld=$(echo "$promises" | grep -v "\`[a-z_0-9]*\`[^|]*|\$")
[ -z "$unheld" ] || bad "no test holds: $unheld"
for name in $(echo "$promises" | sed 's/.*| \([^|]*\) |$/\1/' | grep -oE '`[a-z_0-9]+`' | tr -d '`'); do
    seen=$((seen + 1))
    exists "$name" || bad "there is no test '$name'"
done
echo "$seen names"
exit $failed
