#!/usr/bin/env python3
"""Writes tests/fixtures/other-tools: latents and directions as other tools write them, by the calls with which they write them.

Run with Debian's python3-torch and python3-numpy from the repository root:
    /usr/bin/python3 tests/reference/make_tool_files.py

Latents fit tests/fixtures/wild/pti.pt: ten layers, w's of 16 values; they are those of wild/wplus-rows.npy. Directions of w have
16 values, those of z the 20 of the demo model of things. Every array of directions holds 0, 1, 2, … in row-major order times 0.5,
minus 3.
"""

import os

import numpy as np
import torch

FIXTURES = os.path.join(os.path.dirname(__file__), '..', 'fixtures')
OUT = os.path.join(FIXTURES, 'other-tools')


def path(name):
    return os.path.join(OUT, name)


def ramp(*shape):
    return (np.arange(int(np.prod(shape)), dtype=np.float32) * 0.5 - 3).reshape(shape)


def ganspace(name, count, width):
    """decomposition.py's call: components of a layer and the latents that belong to them."""
    np.savez_compressed(path(name), **{
        'act_comp': ramp(count, 8, 4, 4), 'act_mean': ramp(1, 8, 4, 4), 'act_stdev': np.ones(count, np.float32),
        'lat_comp': ramp(count, 1, width), 'lat_mean': ramp(1, width), 'lat_stdev': np.arange(1, count + 1, dtype=np.float32),
        'var_ratio': np.full(count, 0.25, np.float32), 'random_stdevs': np.ones(count, np.float32)})


def main():
    os.makedirs(OUT, exist_ok=True)
    w = np.load(os.path.join(FIXTURES, 'wild', 'wplus-rows.npy')).astype(np.float32)

    # Projectors: NVIDIA's, and Autolume's, which writes both
    np.savez(path('projected_w.npz'), w=w[np.newaxis])
    torch.save(torch.from_numpy(w), path('projected_w.pt'))
    np.save(path('projected_w.npy'), w[np.newaxis])

    # Directions
    ganspace('ganspace-w.npz', 3, 16)
    ganspace('ganspace-z.npz', 3, 20)
    torch.save({'ckpt': 'checkpoint/550000.pt', 'eigvec': torch.from_numpy(ramp(16, 16))}, path('factor.pt'))
    np.save(path('faces_xcomp.npy'), ramp(3, 16))
    np.save(path('faces_zcomp.npy'), ramp(3, 16))


if __name__ == '__main__':
    main()
