#!/usr/bin/python3
"""Copies reference .npz files, keeping the last sample of the batch: every layer stays, whole.

/usr/bin/python3 tests/reference/trim_fixtures.py FROM TO NAME.npz …
"""
import os
import sys

import numpy as np

source, target, names = sys.argv[1], sys.argv[2], sys.argv[3:]
for name in names:
    with np.load(os.path.join(source, name)) as arrays:
        batch = len(arrays["z"])
        kept = {k: v[batch - 1:] if v.ndim and len(v) == batch else v for k, v in arrays.items()}
    np.savez_compressed(os.path.join(target, name), **kept)
