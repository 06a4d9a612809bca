#!/bin/sh
# Trains a demo model from its drawing function and makes a .gbw of it:
#
#   sh tools/train/train.sh portraits        --help lists models and options
#
# Needs Debian's python3-torch, python3-numpy, python3-cairo and python3-pil (PYTHON says which interpreter).
set -eu

# Without these, page faults take most of the time.
export MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_MMAP_THRESHOLD_=33554432
export MALLOC_TOP_PAD_=268435456 GLIBC_TUNABLES=glibc.malloc.hugetlb=1
export PYTHONDONTWRITEBYTECODE=1

exec nice -n 19 "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/train.py" "$@"
