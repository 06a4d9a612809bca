#!/bin/sh
# The program as the linker made it: position-independent, its tables read-only once it runs, no executable stack, with
# guarded frames and checked copies, and without a path of the machine that built it.
# test_hardening.sh PROGRAM SOURCE-FOLDER BUILD-FOLDER
set -u
program=$1
failed=0

wrong() {
    echo "FAILED: $1"
    failed=1
}

has() { readelf -hldW "$program" | grep -q -- "$1"; }

command -v readelf >/dev/null 2>&1 || {
    echo "test_hardening.sh: needs readelf (binutils)"
    exit 1
}
has 'DYN (Position-Independent' || wrong "it is a position-independent executable"
has 'GNU_RELRO' || wrong "its relocations become read-only"
has 'BIND_NOW' || wrong "its relocations are all made at the start"
readelf -lW "$program" | grep 'GNU_STACK' | grep -q 'RWE' && wrong "its stack is not executable"
readelf -sW --dyn-syms "$program" | grep -q '__stack_chk_fail' || wrong "frames have guards"
readelf -sW --dyn-syms "$program" | grep -q '_chk@' || wrong "copies of known sizes are checked"
for folder in "$2" "$3"; do
    grep -qF "$folder/" "$program" && wrong "it has no path of the build, such as $folder"
done
exit $failed
