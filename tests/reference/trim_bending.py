#!/usr/bin/python3
"""Copies the published bending tools' pictures (pavlov, broad, herdt) with 17 of 24 bits of their mantissas, a fifth
smaller and within 4e-6 of themselves, and writes the library of vectors that the painting recipes name.

/usr/bin/python3 tests/reference/trim_bending.py FROM tests/fixtures
"""
import os
import sys

import numpy as np

source, target = sys.argv[1:3]


def shortened(values):
    return ((values.view(np.uint32) + np.uint32(64)) & np.uint32(0xFFFFFF80)).view(np.float32)


def trim(name, to, left_out):
    with np.load(os.path.join(source, name)) as arrays:
        kept = {k: shortened(v) if k.startswith("image/") else v for k, v in arrays.items() if k not in left_out}
    np.savez_compressed(os.path.join(target, to), **kept)


beside = {"vector", "vector2", "position", "activation", "image/plain"}
trim("pavlov.npz", "pavlov.npz", set())
trim("broad.npz", "broad.npz", {"image/unbent"})
trim("herdt.npz", "herdt-16.npz", beside)
trim("herdt-8.npz", "herdt-8.npz", beside)

library = {}
for size, name in (("16", "herdt.npz"), ("8", "herdt-8.npz")):
    with np.load(os.path.join(source, name)) as arrays:
        for called, key in (("first", "vector"), ("second", "vector2")):
            library[f"vector/{called}-{size}"] = arrays[key][0]
            layer = f"synthesis.b{size}.conv1".encode()
            library[f"{called}-{size}/layer"] = np.frombuffer(layer, np.uint8).astype(np.float32)
        library[f"first-{size}/pixel"] = arrays["position"].astype(np.float32)
np.savez(os.path.join(target, "recipes/herdt/vectors.npz"), **library)
